package protocol

import (
	"regexp"
	"strconv"
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
