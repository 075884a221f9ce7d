package protocol

import (
	"fmt"
	"time"
)

// Status says how far a value can be trusted.
type Status string

// The statuses of a value.
const (
	Official Status = "official" // in a text of the body that makes the rule
	Measured Status = "measured" // in a study or a field report
	Assumed  Status = "assumed"  // neither: common practice, or chosen so that a task has a deadline
)

// Units of values.
const (
	Hours    = "h"
	Days     = "d"
	Minutes  = "min"
	TestDays = "test day" // days after the last exposure, counted from 1
	PerDay   = "per day"
	PerWeek  = "per week"
	People   = "people"
	Share    = "share" // 0 to 1
	Count    = "count"
	Cycles   = "Ct"
	Metres   = "m"
	Celsius  = "celsius"
	Rows     = "rows" // of seats
	Rooms    = "rooms"
	Years    = "years"
	Word     = "word"   // one of a closed set of words
	Weight   = "weight" // beside 1
	Switch   = "switch"
	Words    = "text" // for people, in both languages
)

// Value is one number, word or switch of a pack, with what is needed to defend it.
type Value[T any] struct {
	Value  T      `yaml:"value"`
	Unit   string `yaml:"unit"`
	Source string `yaml:"source"` // "[48]" is an entry of the pathogen's SOURCES.md; a note may follow
	Status Status `yaml:"status"`
	// Path is where the value stands in the pack: "clocks.move_case". Rules cite it as their clause.
	Path string `yaml:"-"`
}

// Set says whether the pack gives the value at all. A rule orders nothing under a clause that its pack does not have.
func (v Value[T]) Set() bool { return v.Status != "" }

// Duration returns a value in min, h or d as a duration (a day has 24 hours: use day arithmetic for calendar days); 0 for
// other units and for values that are not whole numbers.
func (v Value[T]) Duration() time.Duration {
	n, ok := any(v.Value).(int)
	if !ok {
		return 0
	}
	switch v.Unit {
	case Minutes:
		return time.Duration(n) * time.Minute
	case Hours:
		return time.Duration(n) * time.Hour
	case Days:
		return time.Duration(n) * 24 * time.Hour
	}
	return 0
}

// String says the value with its unit: "2 h".
func (v Value[T]) String() string {
	if !v.Set() {
		return ""
	}
	switch v.Unit {
	case Word, Switch:
		return fmt.Sprint(v.Value)
	}
	return fmt.Sprint(v.Value) + " " + v.Unit
}

// holder is implemented by every *Value: what the walk over a pack needs of it.
type holder interface {
	place(path string)
	meta() (unit, source string, status Status)
	content() any
}

func (v *Value[T]) place(path string) { v.Path = path }

func (v *Value[T]) meta() (unit, source string, status Status) { return v.Unit, v.Source, v.Status }

func (v *Value[T]) content() any { return v.Value }
