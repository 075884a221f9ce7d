// Package transfer holds how people are moved: who has to be brought where by when, and which vehicle fetches them.
//
//	Request   one person to be moved; people of a household move together, as one party
//	Vehicle   seats on wheels, with the shifts of its crew
//	Trip      what a vehicle does between two disinfections or less: it fetches parties of one class and lets them off at one place
//	Stop      a door of a trip, or the place where all get off
//	HandOver  a person went from one hand into the next, at a door or at a facility
//	Report    what a driver's phone says: arrived, handed over, no one home, late
//
// Nobody has two requests at a time: the table says so itself. It does no I/O and reads no clock. It imports the nouns below it; plan/transferday, store, command and
// everything above may import it.
package transfer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// RequestID names a request.
type RequestID int64

// Purpose is what somebody is moved for.
type Purpose string

// The purposes.
const (
	ToIsolation  Purpose = "isolation"  // a case, to an isolation site or, where there is none, a hospital
	ToQuarantine Purpose = "quarantine" // a contact, to a quarantine site
	ToHospital   Purpose = "hospital"
	ToHome       Purpose = "home"
)

// Released is how people ride whom nothing keeps apart any more: nobody rides with them who is a case or a contact, nor a vehicle that carried either and was not disinfected since.
const Released facility.Class = "released"

// ErrPurpose is wrapped by ParsePurpose.
var ErrPurpose = errors.New("is isolation, quarantine, hospital or home")

// Purposes returns every purpose.
func Purposes() []Purpose { return []Purpose{ToIsolation, ToQuarantine, ToHospital, ToHome} }

// ParsePurpose reads the stored word.
func ParsePurpose(s string) (Purpose, error) {
	if p := Purpose(s); slices.Contains(Purposes(), p) {
		return p, nil
	}
	return "", fmt.Errorf("purpose %q: %w", s, ErrPurpose)
}

// State is where a request stands. Everybody who has one is in exactly one of them.
//
//	open ──> planned ──> aboard ──> arrived
//	  ^         │ └──> no-show, refused ──> open        (asked again)
//	  └─────────┴────────── aboard                      (the plan was given up; the vehicle broke down)
//	all but aboard and arrived ──> cancelled            (the task ended otherwise)
type State string

// The states of a request.
const (
	Open      State = "open"
	Planned   State = "planned" // a vehicle comes at the promised time, and a bed is booked
	Aboard    State = "aboard"
	Arrived   State = "arrived" // let off and taken in
	NoShow    State = "no-show" // nobody was there
	Refused   State = "refused" // they would not come
	Cancelled State = "cancelled"
)

// ErrState is wrapped by ParseState and Move.
var ErrState = errors.New("request state cannot change that way")

// States returns every state, in the order in which screens show them.
func States() []State { return []State{Open, Planned, Aboard, Arrived, NoShow, Refused, Cancelled} }

// ParseState reads the stored word.
func ParseState(s string) (State, error) {
	if v := State(s); slices.Contains(States(), v) {
		return v, nil
	}
	return "", fmt.Errorf("request state %q is unknown: %w", s, ErrState)
}

// Over says whether nothing more is to be done for the request.
func (s State) Over() bool { return s == Arrived || s == Cancelled }

// Move checks a change of state; it is the one place where states change.
func (s State) Move(to State) (State, error) {
	ok := s == to
	switch s {
	case Open:
		ok = ok || to == Planned || to == Aboard || to == NoShow || to == Refused || to == Cancelled
	case Planned:
		ok = ok || to == Open || to == Aboard || to == NoShow || to == Refused || to == Cancelled
	case Aboard:
		ok = ok || to == Arrived || to == Open
	case NoShow, Refused:
		ok = ok || to == Open || to == Aboard || to == Cancelled || to == NoShow || to == Refused
	case Arrived, Cancelled:
	}
	if !ok {
		return s, fmt.Errorf("from %s to %s: %w", s, to, ErrState)
	}
	return to, nil
}

// Seat is how somebody sits or lies.
type Seat string

// The seats.
const (
	Sitting    Seat = "seat"
	Wheelchair Seat = "wheelchair"
	Stretcher  Seat = "stretcher"
)

// ICU is the need of care of whoever gets a bed of intensive care.
const ICU = "icu"

// ErrSeat is wrapped by ParseSeat.
var ErrSeat = errors.New("is seat, wheelchair or stretcher")

// ParseSeat reads the stored word; empty is a seat.
func ParseSeat(s string) (Seat, error) {
	switch v := Seat(s); v {
	case "":
		return Sitting, nil
	case Sitting, Wheelchair, Stretcher:
		return v, nil
	}
	return "", fmt.Errorf("seat %q: %w", s, ErrSeat)
}

// Request is one person who has to be moved. The people of a household who are moved for the same purpose are one party: they get into one vehicle, and its lead is
// the request that was there first.
type Request struct {
	ID        RequestID
	Outbreak  outbreak.ID
	Party     RequestID // the lead's; the same for everybody of the party
	Person    person.ID
	Class     facility.Class
	CaseOf    cases.ID   // that they are moved as; 0 for a contact
	ContactOf contact.ID // that they are moved as; 0 for a case
	Companion bool       // an adult who chose to go along with a child of the party: CaseOf, ContactOf and Task are the child's
	Released  bool       // nothing keeps them apart any more: CaseOf or ContactOf is what they were
	Household person.HouseholdID
	Tier      contact.Tier // of a contact
	Purpose   Purpose
	Task      task.Subject // whose task asks for it: a case, a contact, or the request itself where somebody made it by hand
	TaskKey   task.Key
	From      facility.ID // where they are; 0: at home, or where Lon and Lat say
	To        facility.ID // the only place they may go; 0: whichever takes them
	Area      place.AreaID
	District  place.AreaID
	Lon, Lat  float64
	Located   bool
	Seat      Seat
	Care      []string // what the room has to have, such as oxygen or barrier_free; sorted
	Note      string   // for the crew: a dog, no lift
	NotBefore time.Time
	Deadline  time.Time
	State     State
	StateAt   time.Time
	Reason    string    // of no-show, refused and cancelled
	Promised  time.Time // when they were told that they will be fetched; zero while not
	Trip      TripID    // that fetches them, or fetched them; 0 while none
	Stay      facility.StayID
	FetchedAt time.Time
	ArrivedAt time.Time
	FoundAt   time.Time // when the positive result was known, or the contact was listed: minutes to the bed are counted from here
	MadeAt    time.Time
	MadeBy    string
	Version   int64
}

// Late says whether the deadline has passed, or passed before they arrived.
func (r *Request) Late(now time.Time) bool {
	switch {
	case r.State == Cancelled:
		return false
	case r.State == Arrived:
		return r.ArrivedAt.After(r.Deadline)
	}
	return now.After(r.Deadline)
}

// ToBed is how long it took from the result to the bed; false while it has not.
func (r *Request) ToBed() (time.Duration, bool) {
	if r.State != Arrived || r.FoundAt.IsZero() || r.ArrivedAt.Before(r.FoundAt) {
		return 0, false
	}
	return r.ArrivedAt.Sub(r.FoundAt), true
}

// Rides is the class of people among whom somebody rides.
func (r *Request) Rides() facility.Class {
	if r.Released {
		return Released
	}
	return r.Class
}

// Together says whether two requests move as one party: the same household, class, purpose and places, and both or neither to intensive care.
func (r *Request) Together(o *Request) bool {
	return r.Household != 0 && r.Household == o.Household && r.Rides() == o.Rides() && r.Purpose == o.Purpose && r.From == o.From && r.To == o.To && slices.Contains(r.Care, ICU) == slices.Contains(o.Care, ICU) && !r.byHand() && !o.byHand()
}

// byHand says whether somebody at a desk asked for it. The way home is asked for by the end of a stay.
func (r *Request) byHand() bool { return r.Task.Kind == task.OnTransfer && r.Purpose != ToHome }

// Fixed says whether somebody is moved in a way that going along with a child does not take the place of: in a vehicle already, as a case, along with another, or asked for by hand.
func (r *Request) Fixed() bool {
	return r.State == Aboard || r.Companion || r.Class == facility.Case || r.Task.Kind == task.OnTransfer
}

// ErrCare is wrapped by ParseCare.
var ErrCare = errors.New("is a word of small letters, digits and _, such as oxygen")

// ParseCare reads needs of care: words, sorted, each once.
func ParseCare(words []string) ([]string, error) {
	var out []string
	for _, w := range words {
		w = strings.ToLower(strings.TrimSpace(w))
		if w == "" {
			continue
		}
		const longest = 40
		if len(w) > longest || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, fmt.Errorf("need %q: %w", w, ErrCare)
		}
		out = append(out, w)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
