// Package outbreak holds the incident itself, kept thin: its area, its time zone, and the protocol pack in force.
//
// It does no I/O and reads no clock. It imports place; nouns above may import it.
package outbreak

import (
	"time"

	"firebreak/internal/place"
)

// ID names an outbreak.
type ID int64

// Phase is how far the response has come.
type Phase string

// The phases of a response.
const (
	Active Phase = "active"
	// Watch: community zero was reached and the pack's days of watching run.
	Watch Phase = "watch"
	// Ended: nothing new is opened; what is open still has to end.
	Ended Phase = "ended"
)

// Outbreak is one incident.
type Outbreak struct {
	ID        ID
	Name      string // unique, typed by people: "laixi-2022"
	Title     string // shown: "Laixi, March 2022"
	Area      place.AreaID
	Zone      string // IANA time zone: days are counted in it
	Pack      string // the pack in force, "covid19/2022-v9@1"
	Earlier   []Era  // the packs in force before it, in their order
	Phase     Phase
	StartedAt time.Time
	Version   int64
}

// Era is a time in which another pack was in force.
type Era struct {
	Pack  string
	Until time.Time // when the next one came into force
}

// Location returns the outbreak's time zone.
func (o Outbreak) Location() (*time.Location, error) { return time.LoadLocation(o.Zone) }
