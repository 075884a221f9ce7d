package protocol

import (
	"slices"
	"strconv"

	"firebreak/internal/screening"
	"firebreak/internal/zone"
)

// Screening says how everybody of an area, or of a group, is tested. A pack that leaves the section out knows no such rounds; see Set.
type Screening struct {
	RoundLength      Value[int] `yaml:"round_length" unit:"h" optional:"yes"`            // in which everybody of the area is to be sampled
	PeoplePerSampler Value[int] `yaml:"people_per_sampler" unit:"people" optional:"yes"` // one sampler is held ready for so many inhabitants
	PeoplePerSiteMin Value[int] `yaml:"people_per_site_min" unit:"people" optional:"yes"`
	PeoplePerSiteMax Value[int] `yaml:"people_per_site_max" unit:"people" optional:"yes"`
	PeoplePerLane    Value[int] `yaml:"people_per_lane_hour" unit:"people" optional:"yes"` // that one lane samples in an hour
	// Pool is how many people a tube holds where nothing below says otherwise.
	Pool Value[int] `yaml:"pool" unit:"people" optional:"yes"`
	// FreeWhenFound: somebody in a positive tube who is singly negative is let go as soon as another is proven to be the positive. Else they are let go when all are negative, or at the hold's end.
	FreeWhenFound Value[bool]      `yaml:"free_when_found" unit:"switch" optional:"yes"`
	Zones         []ScreeningZone  `yaml:"zones"`
	Groups        []ScreeningGroup `yaml:"groups"`
	Stop          StopRule         `yaml:"stop"`
}

// Set says whether the pack has the section.
func (s *Screening) Set() bool { return s.Pool.Set() }

// ScreeningZone is what a tube holds in zones of one level.
type ScreeningZone struct {
	Level zone.Level `yaml:"level"`
	Pool  Value[int] `yaml:"pool" unit:"people"`
}

// ScreeningGroup is a group of people who are tested in their own way: in smaller tubes, and again and again. One rhythm or none: so many times a week, or every so many days.
type ScreeningGroup struct {
	Name  screening.Group `yaml:"name"`
	Title Text            `yaml:"title"`
	Pool  Value[int]      `yaml:"pool" unit:"people" optional:"yes"`
	Every Value[int]      `yaml:"every" unit:"d" optional:"yes"`
	Times Value[int]      `yaml:"times" unit:"per week" optional:"yes"`
	Apart Value[int]      `yaml:"apart" unit:"h" optional:"yes"` // at least, from one test to the next
}

// Rhythm returns how often the group is tested; false where the pack names none.
func (g *ScreeningGroup) Rhythm() (screening.Rhythm, bool) {
	r := screening.Rhythm{EveryDays: g.Every.Value, TimesAWeek: g.Times.Value, Apart: g.Apart.Duration()}
	return r, g.Every.Set() || g.Times.Set()
}

// StopRule says when rounds may end. Where a case was found in the community so many clean rounds are needed, then a wait and one more; elsewhere fewer steps.
type StopRule struct {
	Clean     Value[int] `yaml:"clean_rounds" unit:"count" optional:"yes"` // in a row, without a community case
	Wait      Value[int] `yaml:"wait" unit:"d" optional:"yes"`             // after them
	Once      Value[int] `yaml:"once_more" unit:"count" optional:"yes"`    // clean rounds after the wait
	Elsewhere Value[int] `yaml:"clean_rounds_elsewhere" unit:"count" optional:"yes"`
}

// Rule returns the rule as package screening reads it; false where the pack has none.
func (s *StopRule) Rule() (screening.StopRule, bool) {
	r := screening.StopRule{Clean: s.Clean.Value, Wait: s.Wait.Duration(), OnceMore: s.Once.Value, Elsewhere: s.Elsewhere.Value}
	if !s.Elsewhere.Set() {
		r.Elsewhere = r.Clean
	}
	return r, s.Clean.Set()
}

// Pools returns the pool sizes of the section as package screening reads them.
func (s *Screening) Pools() screening.PoolRule {
	r := screening.PoolRule{Else: s.Pool.Value, Zones: map[string]int{}, Groups: map[screening.Group]int{}}
	for _, z := range s.Zones {
		r.Zones[string(z.Level)] = z.Pool.Value
	}
	for _, g := range s.Groups {
		if g.Pool.Set() {
			r.Groups[g.Name] = g.Pool.Value
		}
	}
	return r
}

// Group returns what the section says of a group.
func (s *Screening) Group(name screening.Group) (*ScreeningGroup, bool) {
	for i := range s.Groups {
		if s.Groups[i].Name == name {
			return &s.Groups[i], true
		}
	}
	return nil, false
}

func (c *checker) screening(s *Screening, levels []ZoneLevel) {
	const at = "screening"
	if !s.Set() {
		if s.RoundLength.Set() || s.Stop.Clean.Set() || len(s.Zones)+len(s.Groups) > 0 {
			c.bad(at+".pool", "is needed where there is a screening section")
		}
		return
	}
	if !s.RoundLength.Set() {
		c.bad(at+".round_length", "is needed where there is a screening section")
	}
	pool := func(path string, v Value[int]) {
		if !v.Set() {
			return
		}
		if err := screening.CheckPool(v.Value); err != nil {
			c.bad(path, "%d %v", v.Value, err)
		}
	}
	above := func(path string, v Value[int]) {
		if v.Set() && v.Value < 1 {
			c.bad(path, "must be 1 or more")
		}
	}
	pool(at+".pool", s.Pool)
	above(at+".round_length", s.RoundLength)
	above(at+".people_per_sampler", s.PeoplePerSampler)
	above(at+".people_per_site_min", s.PeoplePerSiteMin)
	above(at+".people_per_lane_hour", s.PeoplePerLane)
	if s.PeoplePerSiteMax.Value < s.PeoplePerSiteMin.Value {
		c.bad(at+".people_per_site_max", "is less than people_per_site_min")
	}
	var seen []zone.Level
	for i, z := range s.Zones {
		path := at + ".zones." + strconv.Itoa(i)
		if !slices.ContainsFunc(levels, func(l ZoneLevel) bool { return l.Name == z.Level }) {
			c.bad(path+".level", "%q is none of the levels", z.Level)
		}
		if slices.Contains(seen, z.Level) {
			c.bad(path+".level", "%q is used twice", z.Level)
		}
		seen = append(seen, z.Level)
		pool(path+".pool", z.Pool)
	}
	var groups []screening.Group
	for i := range s.Groups {
		g := &s.Groups[i]
		path := at + ".groups." + strconv.Itoa(i)
		if !g.Name.Valid() || slices.Contains(groups, g.Name) {
			c.bad(path+".name", "%q is not small letters, digits and hyphens, or is used twice", g.Name)
		}
		groups = append(groups, g.Name)
		c.text(path+".title", g.Title)
		pool(path+".pool", g.Pool)
		if r, ok := g.Rhythm(); ok {
			if err := r.Check(); err != nil {
				c.bad(path, "%v", err)
			}
		} else if g.Apart.Set() {
			c.bad(path+".apart", "needs a rhythm: every or times")
		}
	}
	above(at+".stop.clean_rounds", s.Stop.Clean)
	above(at+".stop.clean_rounds_elsewhere", s.Stop.Elsewhere)
	if !s.Stop.Clean.Set() && (s.Stop.Wait.Set() || s.Stop.Once.Set() || s.Stop.Elsewhere.Set()) {
		c.bad(at+".stop.clean_rounds", "is needed where there is a stop rule")
	}
	if s.Stop.Wait.Set() && !s.Stop.Once.Set() {
		c.bad(at+".stop.once_more", "is needed where there is a wait")
	}
}
