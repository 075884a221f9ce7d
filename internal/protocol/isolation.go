package protocol

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/facility"
)

// Isolation says how people are kept apart at sites, and how many rooms are held ready for it. A pack may leave out any of it: a rule that it does not have is not asked.
type Isolation struct {
	// ChildUntil is the last age, in whole years, at which somebody is not left without an adult of their household.
	ChildUntil Value[int] `yaml:"child_until" unit:"years" optional:"yes"`
	// TurnRoom is how long a room is out of use after a stay: end-of-stay swabs and disinfection.
	TurnRoom Value[int] `yaml:"turn_room" unit:"min|h|d" optional:"yes"`
	// RoomsPer10000 is how many rooms are held, in use or in reserve, for 10,000 inhabitants.
	RoomsPer10000 Value[int] `yaml:"rooms_per_10000" unit:"rooms" optional:"yes"`
	// The shares of them that can be used so many hours after the order.
	Ready24 Value[float64] `yaml:"ready_24h" unit:"share" optional:"yes"`
	Ready48 Value[float64] `yaml:"ready_48h" unit:"share" optional:"yes"`
	Ready72 Value[float64] `yaml:"ready_72h" unit:"share" optional:"yes"`
	// InspectEvery is after how long a site is to be inspected anew against the whole list of standards.
	InspectEvery Value[int] `yaml:"inspect_every" unit:"d" optional:"yes"`
	// Standards are what an isolation or quarantine site is held to, in the order in which an inspection goes through them.
	Standards []Standard `yaml:"standards"`
	// Staff is how many staff facilities have on duty, and how those work who go where people stay.
	Staff Staff `yaml:"staff"`
}

// Staff is how many staff facilities have on duty, and how those work who go where people stay. A pack may leave out any of it.
type Staff struct {
	// DayFrom and NightFrom are when day and night begin, in hours since midnight.
	DayFrom   Value[int] `yaml:"day_from" unit:"h" optional:"yes"`
	NightFrom Value[int] `yaml:"night_from" unit:"h" optional:"yes"`
	// TestEvery is how often those are tested who work in the contaminated zone.
	TestEvery Value[int] `yaml:"test_every" unit:"d" optional:"yes"`
	// Apart is how long they stay apart after they last worked there, before they go out.
	Apart Value[int]  `yaml:"apart" unit:"d" optional:"yes"`
	Norms []StaffNorm `yaml:"norms"`
}

// StaffNorm is how many of a role are on duty at once, at some kinds of facility: at least so many as soon as anybody stays there, and one for each so many people begun.
// What is left out is not asked. Beds bounds it to those who stay in beds of a level of a hospital; what the norms of a role ask for ward and intensive care is added up.
type StaffNorm struct {
	Role       facility.Role   `yaml:"role"`
	At         []facility.Kind `yaml:"at"`
	Beds       facility.Level  `yaml:"beds"`
	DayLeast   Value[int]      `yaml:"day_least" unit:"people" optional:"yes"`
	DayEach    Value[int]      `yaml:"day_each" unit:"people" optional:"yes"`
	NightLeast Value[int]      `yaml:"night_least" unit:"people" optional:"yes"`
	NightEach  Value[int]      `yaml:"night_each" unit:"people" optional:"yes"`
}

// values are the clauses of a norm, by day and then by night.
func (n *StaffNorm) values() []Value[int] {
	return []Value[int]{n.DayLeast, n.DayEach, n.NightLeast, n.NightEach}
}

// Assumed says whether a clause of the norm stands in no text that makes the rule, and in no report.
func (n *StaffNorm) Assumed() bool {
	return slices.ContainsFunc(n.values(), func(v Value[int]) bool { return v.Status == Assumed })
}

// Of returns how many staff a kind of facility has on duty; without norms where the pack asks for none.
func (s *Staff) Of(k facility.Kind) facility.Staffing {
	out := facility.Staffing{DayFrom: time.Duration(s.DayFrom.Value) * time.Hour, NightFrom: time.Duration(s.NightFrom.Value) * time.Hour}
	for i := range s.Norms {
		if n := &s.Norms[i]; slices.Contains(n.At, k) {
			out.Norms = append(out.Norms, facility.Norm{Role: n.Role, Level: n.Beds, Day: facility.Share{Least: int64(n.DayLeast.Value), Each: int64(n.DayEach.Value)}, Night: facility.Share{Least: int64(n.NightLeast.Value), Each: int64(n.NightEach.Value)}})
		}
	}
	return out
}

// Assumed says whether anything that is asked of a role at a kind of facility is assumed.
func (s *Staff) Assumed(k facility.Kind, r facility.Role) bool {
	return slices.ContainsFunc(s.Norms, func(n StaffNorm) bool { return n.Role == r && slices.Contains(n.At, k) && n.Assumed() })
}

// staff checks that norms are of roles and kinds that there are, one of a role at a kind or, in a hospital, one for each level of its beds, in which a number grows from somewhere; and that day and night begin where there are any.
func (c *checker) staff(p *Pack) {
	type at struct {
		facility.Role
		facility.Kind
		facility.Level
	}
	seen := map[at]bool{}
	s := &p.Isolation.Staff
	for i := range s.Norms {
		n := &s.Norms[i]
		path := "isolation.staff.norms." + strconv.Itoa(i)
		if _, err := facility.ParseRole(string(n.Role)); err != nil {
			c.bad(path+".role", "%v", err)
		}
		if len(n.At) == 0 {
			c.bad(path+".at", "is needed: the kinds of facility")
		}
		for _, k := range n.At {
			if _, err := facility.ParseKind(string(k)); err != nil {
				c.bad(path+".at", "%v", err)
			}
			if n.Beds != facility.NoLevel && k != facility.Hospital {
				c.bad(path+".beds", "%s has no beds of a level", k)
			}
			if seen[at{n.Role, k, n.Beds}] || n.Beds == facility.NoLevel && (seen[at{n.Role, k, facility.WardLevel}] || seen[at{n.Role, k, facility.ICU}]) || n.Beds != facility.NoLevel && seen[at{n.Role, k, facility.NoLevel}] {
				c.bad(path+".at", "%s has a norm of %s twice", k, n.Role)
			}
			seen[at{n.Role, k, n.Beds}] = true
		}
		if _, err := facility.ParseLevel(string(n.Beds)); err != nil {
			c.bad(path+".beds", "%v", err)
		}
		any := false
		for _, v := range n.values() {
			if v.Set() && v.Value < 1 {
				c.bad(path, "%d is not 1 or more", v.Value)
			}
			any = any || v.Set()
		}
		if !any {
			c.bad(path, "asks for nobody")
		}
	}
	for _, v := range []struct {
		path string
		of   Value[int]
	}{{"isolation.staff.day_from", s.DayFrom}, {"isolation.staff.night_from", s.NightFrom}} {
		if len(s.Norms) > 0 && !v.of.Set() {
			c.bad(v.path, "is needed where there are norms")
		}
		if v.of.Set() && (v.of.Value < 0 || v.of.Value > 23) {
			c.bad(v.path, "%d is no hour of the day from 0 to 23", v.of.Value)
		}
	}
	if s.DayFrom.Set() && s.NightFrom.Set() && s.DayFrom.Value == s.NightFrom.Value {
		c.bad("isolation.staff.night_from", "is when day begins")
	}
}

// Standard is one thing that an isolation or quarantine site is held to.
type Standard struct {
	ID       string      `yaml:"id"`
	Words    Value[Text] `yaml:"words" unit:"text"`
	Critical Value[bool] `yaml:"critical" unit:"switch"` // where it is not met, people can come to grave harm, or the disease gets out
}

// Standard returns one of the standards by its ID.
func (i *Isolation) Standard(id string) (*Standard, bool) {
	for n := range i.Standards {
		if i.Standards[n].ID == id {
			return &i.Standards[n], true
		}
	}
	return nil, false
}

var standardForm = regexp.MustCompile(`^[a-z][a-z_]{1,39}$`)

// standards checks that each has an ID of its own, and that a pack which has a list says by when a site is inspected anew and by when what is found is put right.
func (c *checker) standards(p *Pack) {
	seen := map[string]bool{}
	for n := range p.Isolation.Standards {
		s := &p.Isolation.Standards[n]
		path := "isolation.standards." + strconv.Itoa(n)
		if !standardForm.MatchString(s.ID) {
			c.bad(path+".id", "%q is not of small letters and _, from 2 to 40", s.ID)
		}
		if seen[s.ID] {
			c.bad(path+".id", "%q is used twice", s.ID)
		}
		seen[s.ID] = true
	}
	if len(seen) == 0 {
		return
	}
	if p.Isolation.InspectEvery.Value < 1 {
		c.bad("isolation.inspect_every", "is needed, of 1 day or more, where there are standards")
	}
	if !p.Clocks.Deficiency.Set() || !p.Clocks.DeficiencyGrave.Set() {
		c.bad("clocks.deficiency", "and deficiency_critical are needed where there are standards")
	}
}
