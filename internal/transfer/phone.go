package transfer

import (
	"time"

	"firebreak/internal/outbreak"
)

// PhoneID names a crew's phone.
type PhoneID int64

// Phone is a phone in a vehicle: it is told the vehicle's trips, and tells what became of each stop. It names itself with a key and numbers what it tells.
type Phone struct {
	ID        PhoneID
	Outbreak  outbreak.ID
	Vehicle   VehicleID
	Crew      string
	Key       [32]byte
	EnrolBy   time.Time // a phone that was not enrolled by then has to be invited again
	Enrolled  time.Time // zero while the invitation waits
	RevokedAt time.Time
	Version   int64
}
