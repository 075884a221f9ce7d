// Package trace answers who was where with whom: contacts and secondary contacts of cases, and the places that a set of cases shares, from visits, rides,
// shifts and stays of up to ten million people.
//
// The words of it: a Visit is one stay of a person in a place. An Index holds the visits of some weeks in memory, and takes more of them while it is asked;
// it is derived from the blocks that the store keeps, and can be made again from them. A View is the index as it stood at one moment; every question is put to
// a View and gives the same answer however the visits came. Rules say what makes a contact, and come from the protocol pack.
//
// People and places are dense numbers here: no name enters. The package does no I/O, reads no clock and starts no goroutine. It imports the nouns and protocol;
// store, command and above may import it. docs/tracing.md says how it works and what it costs.
package trace

import (
	"errors"
	"fmt"
	"time"
)

// Person is the dense number of a person, below MaxPerson.
type Person uint32

// Place is the dense number of a place, below MaxPlace: as small a place as the data allow, the car of a train rather than the line.
type Place uint32

// Kind is what sort of place it is; the rules give kinds a meaning. A place of which nothing is known is of kind 0.
type Kind uint8

// MaxKinds bounds Kind: sets of kinds are 64 bits.
const MaxKinds = 64

// Instant is a moment in whole Unix seconds, which lasts until the year 2106.
type Instant uint32

// Never is an instant that does not come: the isolation of somebody who is free.
const Never = ^Instant(0)

// At returns the instant of a time, without its fraction of a second. A time outside of 1970 to 2106 is brought to the nearest end.
func At(t time.Time) Instant {
	return Instant(min(max(t.Unix(), 0), int64(Never)-1))
}

// Time returns the instant in UTC.
func (i Instant) Time() time.Time { return time.Unix(int64(i), 0).UTC() }

// Limits of what an index holds.
const (
	MaxPerson = 1 << personBits
	MaxPlace  = 1 << 28
	// MaxStay is the longest visit, in seconds: 12 days. A longer stay is given in several.
	MaxStay = 12 * secondsOfDay
)

// Visit is one stay of a person in a place, from Start until before End.
type Visit struct {
	Person     Person
	Place      Place
	Start, End Instant
}

// ErrVisit is wrapped by Check.
var ErrVisit = errors.New("not a visit that can be kept")

// Check says what is wrong with a visit.
func (v Visit) Check() error {
	switch {
	case v.Person >= MaxPerson:
		return fmt.Errorf("person %d is not below %d: %w", v.Person, MaxPerson, ErrVisit)
	case v.Place >= MaxPlace:
		return fmt.Errorf("place %d is not below %d: %w", v.Place, MaxPlace, ErrVisit)
	case v.Start < secondsOfDay:
		return fmt.Errorf("start is before 1970-01-02: %w", ErrVisit)
	case v.End < v.Start:
		return fmt.Errorf("end is before start: %w", ErrVisit)
	case v.End-v.Start > MaxStay:
		return fmt.Errorf("lasts longer than 12 days: %w", ErrVisit)
	}
	return nil
}

// Spot is where in the place a visit was, as far as that is known: a seat by row and column, or a point in metres. The zero value knows neither.
type Spot struct {
	Row, Column int16 // counted from 1; 0 where no seat is known
	Point       bool  // whether X and Y are known
	X, Y        float32
}

// Known says whether anything is known of the spot.
func (s Spot) Known() bool { return s != Spot{} }

// Block is what comes in at a time: visits, late and out of order as they may be.
type Block struct {
	Visits []Visit
	// Spots has the spot of each visit, or is nil where none is known.
	Spots []Spot
}

// Window is a span of time, from From until before To.
type Window struct{ From, To Instant }

// secondsOfDay is the length of a day of the index. Days are cut by one offset from UTC, in summer and winter: they say which visits are dropped together, and no answer
// depends on them.
const secondsOfDay = 24 * 60 * 60

// A record is a visit in its segment, which knows the day, beside the others of its place: as numbers, records order by start, then length, then person.
//
//	start within the day, 17 bits | length, 20 bits | person, 27 bits
type record uint64

const (
	personBits = 27
	lengthBits = 20
	startShift = personBits + lengthBits
	personMask = 1<<personBits - 1
	lengthMask = 1<<lengthBits - 1
)

func recordOf(start, length uint32, p Person) record {
	return record(start)<<startShift | record(length)<<personBits | record(p)
}

func (r record) start() uint32  { return uint32(r >> startShift) }
func (r record) length() uint32 { return uint32(r>>personBits) & lengthMask }
func (r record) end() uint32    { return r.start() + r.length() }
func (r record) person() Person { return Person(r & personMask) }
