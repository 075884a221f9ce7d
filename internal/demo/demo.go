// Package demo makes an outbreak to look at: a school outbreak like that of Laixi in March 2022, in the real districts of Qingdao, now on
// its eighth day.
//
// Script writes the outbreak as orders in time order; it is pure: no I/O, no clock, its own seeded chance. Play gives them to the real
// commands under a virtual clock, so that every task, fact and duration came about as it would have. Alive keeps it going while somebody
// looks. Testing writes, likewise, the testing of one street: a register of people, a round that was closed and one under way, through the orders and the intake that phones and
// laboratories use. Nothing here writes a table. Every person is invented: names of the register are drawn from common characters, and documents have a form that no real one has.
//
// cmd and tests import it; it imports command and below.
package demo

import (
	"time"

	"firebreak/internal/day"
	"firebreak/internal/lab"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// The outbreak that the demo plays in.
const (
	Outbreak = "laixi-demo"
	Title    = "Laixi school outbreak (demo, invented people)"
	Zone     = "Asia/Shanghai"
	Pack     = "covid19/2021-v8" // the edition in force in March 2022
	City     = "3702"
	Laixi    = "370285"
)

// Step is one order at one instant. Steps name people by code: somebody has one code, as a contact and as a case.
type Step struct {
	At time.Time
	Do Order
}

// Order is one of the orders below; each is a command of internal/command, told without the IDs that only the store knows.
type Order interface{ order() }

// Person is what is known of somebody.
type Person struct {
	Sex  string
	Age  int     // whole years
	Born day.Day // known of few; then Age follows from it
}

// EnterCase enters a case who was no contact.
type EnterCase struct {
	Code   string
	Person Person
	Fields map[string]string
}

// SetCase fills in or corrects fields of a case. The instant fields named in Now are set to the step's own instant.
type SetCase struct {
	Code   string
	Now    string // field that is set to the step's instant; empty for none
	Fields map[string]string
	Reason string
}

// ListContact names a contact of a case, or, with Parent, of a close contact.
type ListContact struct {
	Code, Case, Parent string
	Person             Person
	Fields             map[string]string
}

// SetContact sets an instant field of a contact to the step's instant.
type SetContact struct {
	Code string
	Now  string
}

// Check is a follow-up check.
type Check struct {
	Code        string
	Slot        int
	Seen        bool
	Temperature float64 // °C
	Symptoms    []string
}

// Sample takes a specimen.
type Sample struct {
	Specimen string // label
	Code     string
	Method   lab.Method
}

// Report reports a result, or corrects one when Reason is given.
type Report struct {
	Specimen string
	Result   lab.Result
	Ct       float64 // 0 where not given
	Reason   string
}

// Link says who infected whom.
type Link struct{ From, To, Setting string }

// DecideZone decides the zone of a community.
type DecideZone struct {
	Area   string // the community's code
	State  zone.State
	Reason string
}

// Waive ends an open task by decision.
type Waive struct {
	Code   string // of a contact
	Kind   task.Kind
	Reason string
}

func (EnterCase) order()   {}
func (SetCase) order()     {}
func (ListContact) order() {}
func (SetContact) order()  {}
func (Check) order()       {}
func (Sample) order()      {}
func (Report) order()      {}
func (Link) order()        {}
func (DecideZone) order()  {}
func (Waive) order()       {}
