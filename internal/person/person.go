// Package person holds people and households as the response needs them: without names, which live in the vault.
//
// It does no I/O and reads no clock. It imports day and place; any package above may import it.
package person

import (
	"errors"
	"fmt"

	"firebreak/internal/day"
	"firebreak/internal/place"
)

// ID names a person for good. It says nothing about where they live.
type ID int64

// HouseholdID names the people who live together; they are moved, housed and quarantined together.
type HouseholdID int64

// Number is a person's dense number. Numbers are handed out community by community in blocks, so that an area is a small
// set of ranges and "who of this area is missing" is a set difference on bitmaps. A move gives a new number.
type Number int64

// Sex as registered; Unknown is the zero value.
type Sex string

// The sexes a register can hold.
const (
	SexUnknown Sex = ""
	Female     Sex = "female"
	Male       Sex = "male"
	OtherSex   Sex = "other"
)

// ErrSex is wrapped by ParseSex.
var ErrSex = errors.New("sex is female, male, other or empty")

// ParseSex reads the stored word.
func ParseSex(s string) (Sex, error) {
	switch v := Sex(s); v {
	case SexUnknown, Female, Male, OtherSex:
		return v, nil
	}
	return "", fmt.Errorf("sex %q: %w", s, ErrSex)
}

// Age in whole years. A line list often gives an age and no birth date, so both are kept.
type Age int16

// AgeUnknown is the Age of a person whose age nobody gave.
const AgeUnknown Age = -1

// Person is one member of the population. Names, documents and telephone numbers are not here: they are sealed in the vault.
type Person struct {
	ID        ID
	Number    Number // 0 until the person is placed in a community
	Area      place.AreaID
	District  place.AreaID
	Household HouseholdID      // 0 where unknown
	Building  place.BuildingID // 0 where unknown; the door is in the vault
	Register  int64            // keyed digest of what the register last said of them; 0: it never did
	Sex       Sex
	Born      day.Day // unknown where only an age is known
	Age       Age     // at registration, when Born is unknown
	AgeClass  string  // as given ("60-69") when neither is known
	Version   int64
}

// AgeAt returns the age in whole years on a day, or AgeUnknown.
func (p Person) AgeAt(d day.Day) Age {
	if p.Born.IsZero() || d.IsZero() {
		return p.Age
	}
	by, bm, bd := p.Born.Date()
	y, m, dd := d.Date()
	years := y - by
	if m < bm || m == bm && dd < bd {
		years--
	}
	if years < 0 {
		return AgeUnknown
	}
	return Age(years)
}
