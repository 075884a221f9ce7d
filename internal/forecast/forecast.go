// Package forecast works out what may come of an outbreak, from what is known of it today and under one pack or another: how many will be infected and found, when the last
// one outside isolation, and what rooms, beds, tubes and people that takes, as ranges. Later it scores what it said.
//
// It makes up many outbreaks in a made-up city (package sim) under the pack in force (package sim/measures), keeps those whose course so far is like the one on record, and
// lets each go on under each pack with the same luck. docs/forecast.md says why. It does no I/O, reads no clock, and uses no global randomness. It imports sim and the
// folders below it, protocol and situation; outlook, web, api and cmd import it.
//
// The vocabulary, on one screen:
//
//	State     what is known of an outbreak on a day (state.go)
//	draw      what is not known, drawn: how it began, how people meet since, how well cases are found (draw.go)
//	course    what happens in one made-up outbreak (course.go)
//	Forecast  what all kept courses say (this file, make.go)
//	Score     what happened, held against a forecast (score.go)
package forecast

import (
	"slices"

	"firebreak/internal/day"
)

// Quantity is what a forecast has a range of for each day.
type Quantity string

// The quantities. Of the first four a day's number is what is new on it, of the others what is wanted on it.
const (
	Infections Quantity = "infections" // people infected
	Found      Quantity = "found"      // cases found, in isolation or not
	Community  Quantity = "community"  // cases found outside isolation
	Tubes      Quantity = "tubes"      // single swabs of contacts and of people with symptoms; rounds are not among them
	Rooms      Quantity = "rooms"      // of quarantine sites, one a contact
	Beds       Quantity = "beds"       // for cases who need no hospital
	Ward       Quantity = "ward"       // hospital beds but for intensive care
	ICU        Quantity = "icu"        // intensive care
	Staff      Quantity = "staff"      // people at work on the day
)

var quantities = [...]Quantity{Infections, Found, Community, Tubes, Rooms, Beds, Ward, ICU, Staff}

// Quantities returns all, in the order in which they are shown.
func Quantities() []Quantity { return quantities[:] }

// place is the place of a quantity among all.
func (q Quantity) place() int { return slices.Index(quantities[:], q) }

// Flow says whether a day's number is what is new on it: whether adding days up makes sense.
func (q Quantity) Flow() bool {
	return q == Infections || q == Found || q == Community || q == Tubes
}

// Range is where a number lies: in the middle half of the courses between Low50 and High50, in 9 of 10 between Low90 and High90.
type Range struct {
	Low90  float64 `json:"low90"`
	Low50  float64 `json:"low50"`
	Median float64 `json:"median"`
	High50 float64 `json:"high50"`
	High90 float64 `json:"high90"`
}

// Series is one quantity, day by day.
type Series struct {
	Quantity Quantity `json:"quantity"`
	Days     []Range  `json:"days"` // from Forecast.From
	All      Range    `json:"all"`  // of what is new: all days together; of what is wanted: the day with the most
}

// When is the first day from which on nobody is found outside isolation, in days after AsOf: 0 where that is so already. Nil: later than the days that are looked at.
type When struct {
	Share  float64 `json:"share"` // of courses that come to it
	Low90  *int    `json:"low90"`
	Low50  *int    `json:"low50"`
	Median *int    `json:"median"`
	High50 *int    `json:"high50"`
	High90 *int    `json:"high90"`
}

// Variant is what may come under one policy.
type Variant struct {
	Key      string   `json:"key"` // a, b, lifted
	Pack     string   `json:"pack"`
	Series   []Series `json:"series"`
	Zero     When     `json:"zero"`
	Outgrown float64  `json:"outgrown"` // share of courses that grew beyond what is modelled: their numbers stay where they were then, so upper ends are too low
}

// Of returns the series of a quantity.
func (v *Variant) Of(q Quantity) Series {
	for _, s := range v.Series {
		if s.Quantity == q {
			return s
		}
	}
	return Series{Quantity: q}
}

// Difference is A less B, course by course: both meet the same luck, so that it is of the policy alone.
type Difference struct {
	Quantity Quantity `json:"quantity"` // as Series.All; zero: days until the last one is found outside isolation
	Range    Range    `json:"range"`
	Less     float64  `json:"less"` // share of courses in which A is less; those in which both are the same count half
}

// Zero is the quantity of a Difference that is days until nobody is found outside isolation any more.
const Zero Quantity = "zero"

// Estimate is what is taken to be true on AsOf, beyond what is on record.
type Estimate struct {
	Unfound Range      `json:"unfound"` // infected, not found yet, and able to infect today or later
	Free    Range      `json:"free"`    // of these, not kept apart
	Days    []Nowcast  `json:"days"`    // the last days up to AsOf
	Factor  Range      `json:"factor"`  // how well meetings outside the home infect since the first case, beside the disease's own
	Fit     []Fit      `json:"fit"`
	Pairs   [2]float64 `json:"contacts_per_case"` // on record, and in the model
}

// Nowcast is how many were infected on one day, those not found yet included.
type Nowcast struct {
	Day        day.Day `json:"day"`
	Infections Range   `json:"infections"`
	Found      int     `json:"found"` // on record as found on this day
}

// Fit is how the courses that were kept compare with what is on record of some days: where the record lies outside the range, the forecast stands on feet of clay.
type Fit struct {
	From     day.Day  `json:"from"`
	To       day.Day  `json:"to"`
	Quantity Quantity `json:"quantity"` // Found, Community
	Record   int      `json:"record"`
	Courses  Range    `json:"courses"`
	Outside  bool     `json:"outside"` // of the range of 9 in 10
}

// Note is something that was not known, and what was taken in its place.
type Note string

// The notes.
const (
	NoPopulation Note = "no-population" // of the outbreak's area; a made-up city of the usual size
	NoContacts   Note = "no-contacts"   // on record: as many for each case as in the model
	NoSetting    Note = "no-setting"    // of most cases: where they were found
	LongRecord   Note = "long-record"   // only its last weeks are looked at
	PoorFit      Note = "poor-fit"      // no made-up course is much like the record
	NoSeverity   Note = "no-severity"   // of cases on record: beds as the parameters say
)

// Forecast is what may come.
type Forecast struct {
	Outbreak   string       `json:"outbreak"`
	AsOf       day.Day      `json:"as_of"` // the last day of the record that is looked at
	From       day.Day      `json:"from"`  // the first day forecast
	Length     int          `json:"length"`
	Disease    string       `json:"params"`
	InForce    string       `json:"in_force"` // the pack so far
	Seed       uint64       `json:"seed"`
	Replicates int          `json:"replicates"` // courses kept
	Draws      int          `json:"draws"`      // courses made up
	Digest     string       `json:"digest"`     // SHA-256 of the state and of what else it was made from
	People     int          `json:"people"`     // of the area; 0 where not known
	Estimate   Estimate     `json:"estimate"`
	Variants   []Variant    `json:"variants"`
	Difference []Difference `json:"difference"`
	Notes      []Note       `json:"notes"`
}
