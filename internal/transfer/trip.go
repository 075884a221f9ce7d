package transfer

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// TripID names a trip.
type TripID int64

// TripState is where a trip stands.
//
//	planned ──> started ──> done
//	   └───────────┴──────> dropped       (planned anew, or the vehicle broke down)
type TripState string

// The states of a trip.
const (
	TripPlanned TripState = "planned"
	TripStarted TripState = "started"
	TripDone    TripState = "done"
	TripDropped TripState = "dropped"
)

// ErrTripState is wrapped by ParseTripState and Move.
var ErrTripState = errors.New("trip state cannot change that way")

// ParseTripState reads the stored word.
func ParseTripState(s string) (TripState, error) {
	switch v := TripState(s); v {
	case TripPlanned, TripStarted, TripDone, TripDropped:
		return v, nil
	}
	return "", fmt.Errorf("trip state %q is unknown: %w", s, ErrTripState)
}

// Over says whether nothing is left of the trip.
func (s TripState) Over() bool { return s == TripDone || s == TripDropped }

// Move checks a change of state; it is the one place where states change.
func (s TripState) Move(to TripState) (TripState, error) {
	if s == to || s == TripPlanned && (to == TripStarted || to == TripDropped) || s == TripStarted && (to == TripDone || to == TripDropped) {
		return to, nil
	}
	return s, fmt.Errorf("from %s to %s: %w", s, to, ErrTripState)
}

// Trip is what a vehicle does at a stretch: it fetches parties of one class and lets them off at one place.
type Trip struct {
	ID        TripID
	Outbreak  outbreak.ID
	Vehicle   VehicleID
	Shift     ShiftID
	Class     facility.Class
	Facility  facility.ID // where all get off; 0: at home
	Area      place.AreaID
	District  place.AreaID
	State     TripState
	From, To  time.Time // leaves, and is free for the next, by the plan
	Delay     time.Duration
	DelayNote string
	StartedAt time.Time
	DoneAt    time.Time
	Version   int64
	Stops     []Stop // in order; the last is where all get off
}

// StopID names a stop.
type StopID int64

// Outcome is what came of a stop.
type Outcome string

// The outcomes of a stop.
const (
	ToCome     Outcome = ""
	HandedOver Outcome = "handed-over"
	NobodyHome Outcome = "no-show"
	WouldNot   Outcome = "refused"
	NotNeeded  Outcome = "not-needed" // nobody is left to be fetched there
)

// Stop is a door at which a party gets in, or the place where all get off.
type Stop struct {
	ID       StopID
	Trip     TripID
	Place    int64       // in the trip, from 1
	Party    RequestID   // who gets in; 0 where all get off
	Facility facility.ID // where that is one
	Lon, Lat float64
	Arrive   time.Time // by the plan, as it now is
	Begin    time.Time
	Done     time.Time
	CameAt   time.Time // arrived; zero while not
	DoneAt   time.Time // and was done with
	Outcome  Outcome
}

// Off says whether it is the stop at which all get off.
func (s *Stop) Off() bool { return s.Party == 0 }

// Next is the first stop that is still to come; nil where none is.
func (t *Trip) Next() *Stop {
	for i := range t.Stops {
		if t.Stops[i].DoneAt.IsZero() {
			return &t.Stops[i]
		}
	}
	return nil
}

// End says which end of a ride a hand-over is at.
type End string

// The ends.
const (
	In  End = "in"  // into the vehicle
	Out End = "out" // out of it, into the facility
)

// Means is how a hand-over is signed.
type Means string

// The means.
const (
	Drawn    Means = "drawn" // strokes of a finger
	Code     Means = "code"  // typed
	Unsigned Means = "none"  // said by the crew alone
)

// ErrMeans is wrapped by ParseMeans.
var ErrMeans = errors.New("is drawn, code or none")

// ParseMeans reads the stored word; empty is unsigned.
func ParseMeans(s string) (Means, error) {
	switch v := Means(s); v {
	case "":
		return Unsigned, nil
	case Drawn, Code, Unsigned:
		return v, nil
	}
	return "", fmt.Errorf("means %q: %w", s, ErrMeans)
}

// HandOverID names a hand-over.
type HandOverID int64

// HandOver is that a party went from one hand into the next.
type HandOver struct {
	ID       HandOverID
	Outbreak outbreak.ID
	Trip     TripID
	Stop     StopID
	Request  RequestID // the person's
	End      End
	Gave     string // who gave them over, and who took them: the name of a post or a desk
	Took     string
	At       time.Time
	ToldAt   time.Time // when the server was told
	ToldBy   string
	Means    Means
	Sealed   []byte // strokes or code; nil where unsigned
}
