// Package measures lets a health office act in an outbreak by a protocol pack: people with symptoms are tested at clinics, cases are taken away and asked whom they met,
// contacts are quarantined, tested and let go, each when the rulebook says so.
//
// What is to be done comes from the rulebook (package response), which runs in memory; how well and how fast it is done comes from parameters. It does no I/O and
// reads no clock. It imports sim, response and what they import; drills, forecasts and cmd import it.
package measures

import (
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// book is whoever decides: the rulebook itself (rules.go), or its answers from the numbers of the pack (numbers.go). A test holds that both decide the same.
// Facts reach it in the order of time.
type book interface {
	// found tells of a positive PCR that proves an infection. onset is the day of the first symptom, where one is known; -1 for none. children are those
	// who were listed for having met p as a contact.
	found(p city.Person, taken, reported sim.Minute, onset int, children []city.Person) caseOrders
	// met tells that somebody met a case, or a close contact, from one day to another, and was told so.
	met(q, source city.Person, tier contact.Tier, first, last int, at sim.Minute)
	quarantined(q city.Person, at sim.Minute)
	negative(q city.Person, taken, reported sim.Minute)
	symptom(q city.Person, onset int, at sim.Minute)
	// passed tells that the last day of a contact's follow-up has passed.
	passed(q city.Person, at sim.Minute)
	// standing says what stands for a contact now.
	standing(q city.Person) standing
}

// caseOrders is what is to be done because of a case.
type caseOrders struct {
	move, list sim.Minute // by when; never where the pack has no clock for it
	from       int        // the first day on which whom they met counts
}

// never is when nothing is wanted.
const never = sim.Forever

// standing is what stands for a contact.
type standing struct {
	followed   bool
	control    protocol.Control // what they are to be brought into, by quarantine; empty where nothing is wanted
	quarantine sim.Minute       // by when
	test       int              // the first test day that is still open; -1 for none
	end        int              // the last day of follow-up
}

// start is the first instant of day 0: a Monday.
var start = time.Date(2022, 3, 7, 0, 0, 0, 0, time.UTC)

func instant(m sim.Minute) time.Time { return start.Add(time.Duration(m) * time.Minute) }

func minuteOf(t time.Time) sim.Minute { return sim.Minute(t.Sub(start) / time.Minute) }

func dayOf(d int) day.Day { return day.In(start, time.UTC).Add(d) }

func numberOf(d day.Day) int { return d.Sub(day.In(start, time.UTC)) }
