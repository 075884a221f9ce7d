// Package facility holds where people are kept apart: isolation sites, quarantine sites and hospitals, their rooms, and who stays where.
//
//	Facility   a hotel, a makeshift hospital, a designated hospital
//	Room       a room or ward of one: its beds, the lift or corridor that it shares, what care it has
//	Stay       one person in one bed, or at home: booked, then in, then left
//
// Nobody has two beds and no bed has two people: the tables say so themselves. It does no I/O and reads no clock. It imports the nouns below it; isolation,
// treatment, transfer and everything above may import it.
package facility

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// ID names a facility. Zero, in a stay, is the person's own home.
type ID int64

// Kind is what a facility is.
type Kind string

// The kinds of facility.
const (
	QuarantineSite Kind = "quarantine-site" // for contacts
	IsolationSite  Kind = "isolation-site"  // for cases who need no hospital: a makeshift hospital, a hotel
	Hospital       Kind = "hospital"        // for cases who do
)

// ErrKind is wrapped by ParseKind.
var ErrKind = errors.New("is quarantine-site, isolation-site or hospital")

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{QuarantineSite, IsolationSite, Hospital} }

// ParseKind reads the stored word.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds() {
		if string(k) == s {
			return k, nil
		}
	}
	return "", fmt.Errorf("kind %q: %w", s, ErrKind)
}

// Takes returns the class of people that the kind is for.
func (k Kind) Takes() Class {
	if k == QuarantineSite {
		return Contact
	}
	return Case
}

// Class parts people who never share a vehicle, a room or a lift: those who are infected, and those who may be.
type Class string

// The classes.
const (
	Case    Class = "case"
	Contact Class = "contact"
)

// ErrClass is wrapped by ParseClass.
var ErrClass = errors.New("is case or contact")

// ParseClass reads the stored word.
func ParseClass(s string) (Class, error) {
	if c := Class(s); c == Case || c == Contact {
		return c, nil
	}
	return "", fmt.Errorf("class %q: %w", s, ErrClass)
}

// State is whether a facility can be used.
//
//	reserve ──> opening ──> open ──> closing ──> reserve
//	opening ──> reserve     closing ──> open
type State string

// The states of a facility.
const (
	Reserve State = "reserve" // on the list; usable ReadyIn after the order to open it
	Opening State = "opening"
	Open    State = "open"
	Closing State = "closing" // takes nobody more; reserve again when the last has left
)

// ErrState is wrapped by ParseState and Move.
var ErrState = errors.New("facility state cannot change that way")

// ParseState reads the stored word.
func ParseState(s string) (State, error) {
	switch v := State(s); v {
	case Reserve, Opening, Open, Closing:
		return v, nil
	}
	return "", fmt.Errorf("facility state %q is unknown: %w", s, ErrState)
}

// Move checks a change of state; it is the one place where states change.
func (s State) Move(to State) (State, error) {
	ok := s == to
	switch s {
	case Reserve:
		ok = ok || to == Opening || to == Open
	case Opening:
		ok = ok || to == Open || to == Reserve
	case Open:
		ok = ok || to == Closing
	case Closing:
		ok = ok || to == Open || to == Reserve
	}
	if !ok {
		return s, fmt.Errorf("from %s to %s: %w", s, to, ErrState)
	}
	return to, nil
}

// Facility is where people are kept apart.
type Facility struct {
	ID       ID
	Outbreak outbreak.ID
	Code     string // unique in the outbreak
	Name     string
	Kind     Kind
	State    State
	StateAt  time.Time // since when
	Area     place.AreaID
	District place.AreaID
	Lon, Lat float64
	Located  bool
	ReadyIn  time.Duration // from the order to open it until it can be used: 24, 48 or 72 h by the plan of reserves; 0: at once
	Unload   time.Duration // that a vehicle stands there
	Bays     int64         // vehicles that are unloaded at once; 0: any number
	Opens    time.Duration // since midnight in the outbreak's zone: when it receives people; Opens == Closes: day and night
	Closes   time.Duration
	Tier     contact.Tier // the only tier of contacts it takes; empty: any
	Phone    string       // of its desk, not of a person
	Version  int64
}

// RoomID names a room.
type RoomID int64

// Use is who may share a room.
type Use string

// The uses of a room.
const (
	Private Use = "private" // one person, or one household
	Shared  Use = "shared"  // people of several households, of one sex
	Ward    Use = "ward"    // everybody of one class
)

// ErrUse is wrapped by ParseUse.
var ErrUse = errors.New("is private, shared or ward")

// ParseUse reads the stored word.
func ParseUse(s string) (Use, error) {
	switch v := Use(s); v {
	case Private, Shared, Ward:
		return v, nil
	}
	return "", fmt.Errorf("use %q: %w", s, ErrUse)
}

// Level is how much care a bed gives.
type Level string

// The levels of care. A room of an isolation or quarantine site has none.
const (
	NoLevel   Level = ""
	WardLevel Level = "ward"
	ICU       Level = "icu"
)

// ErrLevel is wrapped by ParseLevel.
var ErrLevel = errors.New("is ward, icu or empty")

// ParseLevel reads the stored word.
func ParseLevel(s string) (Level, error) {
	switch v := Level(s); v {
	case NoLevel, WardLevel, ICU:
		return v, nil
	}
	return "", fmt.Errorf("level %q: %w", s, ErrLevel)
}

// RoomState is whether a room can be given to somebody.
type RoomState string

// The states of a room.
const (
	Ready    RoomState = "ready"
	Cleaning RoomState = "cleaning" // the last stay has ended; end-of-stay swabs and disinfection come first
	Broken   RoomState = "broken"   // not used until somebody says otherwise
)

// ErrRoomState is wrapped by ParseRoomState.
var ErrRoomState = errors.New("is ready, cleaning or broken")

// ParseRoomState reads the stored word.
func ParseRoomState(s string) (RoomState, error) {
	switch v := RoomState(s); v {
	case Ready, Cleaning, Broken:
		return v, nil
	}
	return "", fmt.Errorf("room state %q: %w", s, ErrRoomState)
}

// Room is a room or a ward of a facility. Its beds are numbered from 1.
type Room struct {
	ID          RoomID
	Facility    ID
	Outbreak    outbreak.ID
	District    place.AreaID
	Code        string // on its door; unique in the facility
	Group       string // the lift or corridor that it shares with others: cases or contacts, never both
	Beds        int64
	Use         Use
	Level       Level
	Convertible bool     // can be made a room of intensive care within 24 h
	Care        []string // the needs that it meets, such as barrier_free or oxygen; sorted
	State       RoomState
	StateAt     time.Time
	Version     int64
}

// StayID names a stay.
type StayID int64

// StayState is where a stay stands.
//
//	booked ──> in ──> left
//	   └──> dropped           (the booking was given up)
type StayState string

// The states of a stay.
const (
	Booked  StayState = "booked"
	In      StayState = "in"
	Left    StayState = "left"
	Dropped StayState = "dropped"
)

// ErrStayState is wrapped by ParseStayState and Move.
var ErrStayState = errors.New("stay state cannot change that way")

// ParseStayState reads the stored word.
func ParseStayState(s string) (StayState, error) {
	switch v := StayState(s); v {
	case Booked, In, Left, Dropped:
		return v, nil
	}
	return "", fmt.Errorf("stay state %q is unknown: %w", s, ErrStayState)
}

// Move checks a change of state; it is the one place where states change.
func (s StayState) Move(to StayState) (StayState, error) {
	if s == to || s == Booked && (to == In || to == Dropped) || s == In && to == Left {
		return to, nil
	}
	return s, fmt.Errorf("from %s to %s: %w", s, to, ErrStayState)
}

// Over says whether the stay holds no bed any more.
func (s StayState) Over() bool { return s == Left || s == Dropped }

// Leaving is why a stay ended.
type Leaving string

// Why stays end.
const (
	NotLeft     Leaving = ""
	LeftRelease Leaving = "released" // the time is up, by rule
	LeftMoved   Leaving = "moved"    // to another bed, or home, or to a hospital: a stay there goes on
	LeftDied    Leaving = "died"
	LeftWithout Leaving = "without-leave" // went, and nobody let them
	LeftError   Leaving = "error"         // entered by mistake
)

// ErrLeaving is wrapped by ParseLeaving.
var ErrLeaving = errors.New("is released, moved, died, without-leave, error or empty")

// ParseLeaving reads the stored word.
func ParseLeaving(s string) (Leaving, error) {
	switch v := Leaving(s); v {
	case NotLeft, LeftRelease, LeftMoved, LeftDied, LeftWithout, LeftError:
		return v, nil
	}
	return "", fmt.Errorf("leaving %q: %w", s, ErrLeaving)
}

// Stay is one person in one bed of a facility, or at home, from when until when. While it is booked the bed is kept for them.
type Stay struct {
	ID        StayID
	Outbreak  outbreak.ID
	Person    person.ID
	Class     Class
	CaseOf    cases.ID   // that they stay as; 0 for a contact
	ContactOf contact.ID // that they stay as; 0 for a case
	Companion bool       // an adult who chose to be with a child: CaseOf and ContactOf are the child's
	Household person.HouseholdID
	Facility  ID // 0: at home
	Room      RoomID
	Bed       int64        // of the room, from 1; 0 at home
	Area      place.AreaID // of the facility, or of the home
	District  place.AreaID
	State     StayState
	BookedAt  time.Time
	InAt      time.Time
	LeftAt    time.Time
	Leaving   Leaving
	WayHome   WayHome // of whoever is released, or is to be
	TakenBy   string  // who takes them, of those who go by themselves: such as family, or a taxi
	BookedBy  string  // who gave the bed: a login, or the rule
	Version   int64
}

// AtHome says whether the stay is at the person's own home.
func (s Stay) AtHome() bool { return s.Facility == 0 }
