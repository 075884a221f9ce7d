package demo

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/place"
)

// role is what somebody is in this outbreak.
type role int

const (
	other role = iota
	pupil
	teacher
)

// someone is a person of the story.
type someone struct {
	code     string
	sex      string
	age      int
	birth    day.Day // known of few
	role     role
	area     string // community
	lon, lat float64
	located  bool
}

// infection is a person who is found infected.
type infection struct {
	someone
	at        time.Time // confirmed
	reference day.Day   // onset, or the day of the sample
	onset     day.Day   // unknown for the asymptomatic
	found     cases.Found
	infector  *infection // nil: unknown
	setting   string
	weight    float64 // how many they infect, against others
	listed    time.Time
	free      bool // entered as a case, not found by a contact's result
	discarded time.Time
}

// story is the state of writing a script.
type story struct {
	*rand.Rand
	city     Setting
	now      time.Time
	loc      *time.Location
	today    day.Day
	homes    map[string][]string // communities by district
	points   map[string][2]float64
	infected []*infection
	people   int
	tubes    int
	metTwice []traced // contacts whom two teams list
	steps    []Step
	zones    map[string]bool // communities with a zone proposed
}

func (s *story) dayAt(n int) day.Day { return s.today.Add(n - len(curve)) }

// between draws uniformly from [lo, hi).
func (s *story) between(lo, hi float64) float64 { return lo + (hi-lo)*s.Float64() }

func hours(h float64) time.Duration {
	return time.Duration(h * float64(time.Hour)).Truncate(time.Second)
}

func (s *story) chance(p float64) bool { return s.Float64() < p }

func pick[T any](s *story, list []T) T { return list[s.IntN(len(list))] }

// nextCode is the code of the next person: what they are called as a contact and as a case.
func (s *story) nextCode() string {
	s.people++
	return fmt.Sprintf("LX-%04d", s.people)
}

// settle chooses the communities that the story happens in.
func (s *story) settle() error {
	s.homes, s.points = map[string][]string{}, map[string][2]float64{}
	centres := map[string][2]float64{}
	for _, o := range s.city.Outlines {
		centres[o.Code] = o.Centre
	}
	take := func(code string, n int) error {
		d, ok := s.city.Tree.ByCode(code)
		if !ok {
			return fmt.Errorf("district %s is not in the tree", code)
		}
		var all []string
		for _, j := range s.city.Tree.Subtree(d.ID) {
			if j.Level == place.Community {
				all = append(all, j.Code)
			}
		}
		if len(all) < n {
			return fmt.Errorf("district %s has %d communities, %d are needed", code, len(all), n)
		}
		s.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		s.homes[code] = all[:n]
		for _, c := range all[:n] {
			if at, ok := centres[code]; ok {
				// About 3 km around the middle of the district: the set has no outlines of communities.
				s.points[c] = [2]float64{at[0] + 0.03*s.NormFloat64(), at[1] + 0.025*s.NormFloat64()}
			}
		}
		return nil
	}
	if err := take(Laixi, communities); err != nil {
		return err
	}
	for _, e := range elsewhere {
		if err := take(e.code, 2); err != nil {
			return err
		}
	}
	return nil
}

// home draws a community: in Laixi most, and there the nearer to the school the likelier.
func (s *story) home() string {
	if s.chance(inLaixi) {
		list := s.homes[Laixi]
		return list[int(float64(len(list))*math.Pow(s.Float64(), 1.8))]
	}
	x := s.Float64()
	for _, e := range elsewhere {
		if x -= e.share; x < 0 {
			return pick(s, s.homes[e.code])
		}
	}
	return pick(s, s.homes[elsewhere[0].code])
}

// person makes somebody up.
func (s *story) person(r role, area string) someone {
	p := someone{code: s.nextCode(), role: r, area: area, sex: pick(s, []string{"female", "male"})}
	switch r {
	case pupil:
		p.age = 12 + s.IntN(4)
	case teacher:
		p.age = 24 + s.IntN(34)
	default:
		p.age = 2 + s.IntN(78)
	}
	if at, ok := s.points[area]; ok {
		p.located, p.lon, p.lat = true, round(at[0]+0.003*s.NormFloat64(), 5), round(at[1]+0.003*s.NormFloat64(), 5)
	}
	return p
}

func round(f float64, digits int) float64 {
	m := math.Pow10(digits)
	return math.Round(f*m) / m
}

// infect draws who is found infected, when, and by whom, in the order in which they are found.
func (s *story) infect(n int) {
	for _, at := range s.times(n) {
		i := &infection{at: at, weight: math.Exp(1.1 * s.NormFloat64())}
		d := day.In(at, s.loc)
		nth := d.Sub(s.dayAt(1)) // 0 for day 1
		lag := s.IntN(3)
		if nth == 0 {
			lag = 1 + s.IntN(2) // the first were ill before they were found
		}
		i.reference = d
		ill := nth == 0 || s.chance(symptomatic)
		if ill {
			i.reference = d.Add(-lag)
			i.onset = i.reference
		}
		i.found = cases.FoundCommunity
		if s.chance(foundInIsolation[nth]) {
			// Whom they met must have been known long enough for them to be listed, quarantined and tested.
			if by := s.infector(i, at.Add(-18*time.Hour), at.Add(-72*time.Hour)); by != nil {
				i.found, i.infector = cases.FoundInIsolation, by
			}
		}
		if i.infector == nil && nth > 0 && s.chance(known) {
			i.infector = s.infector(i, at.Add(-time.Minute), at.Add(-120*time.Hour))
		}
		s.place(i, nth)
		i.free = i.found == cases.FoundCommunity
		s.infected = append(s.infected, i)
	}
}

// times draws when cases are found: by the curve, in waking hours, and today up to now.
func (s *story) times(n int) []time.Time {
	var sum float64
	for _, c := range curve {
		sum += c
	}
	var out []time.Time
	for k := range n {
		// The k-th of n stands where the curve has passed k/n of its whole: the same shape at every size.
		x, nth := (float64(k)+0.5)/float64(n)*sum, 0
		for nth < len(curve)-1 && x >= curve[nth] {
			x -= curve[nth]
			nth++
		}
		if k < 3 {
			nth = 0
		}
		start := s.dayAt(nth + 1).Start(s.loc)
		from, to := start.Add(6*time.Hour), start.Add(23*time.Hour)
		if nth == 0 {
			from, to = start.Add(18*time.Hour), start.Add(21*time.Hour) // Laixi: found at the fever clinic, call-out at 21:00
		}
		if last := s.now.Add(-10 * time.Minute); to.After(last) {
			to = last
			if !from.Before(to) {
				from = to.Add(-6 * time.Hour)
			}
		}
		out = append(out, from.Add(time.Duration(s.Float64()*float64(to.Sub(from)))).Truncate(time.Second))
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// infector draws who infected somebody among those found in a window of time, with their first day of infection before.
func (s *story) infector(of *infection, latest, earliest time.Time) *infection {
	var list []*infection
	var sum float64
	for _, k := range s.infected {
		if k.at.After(latest) || k.at.Before(earliest) || k.reference >= of.reference || !k.discarded.IsZero() {
			continue
		}
		list, sum = append(list, k), sum+k.weight
	}
	for x := s.Float64() * sum; len(list) > 0; list = list[1:] {
		if x -= list[0].weight; x <= 0 || len(list) == 1 {
			return list[0]
		}
	}
	return nil
}

// place says who they are and where they were infected.
func (s *story) place(i *infection, nth int) {
	r, x := other, s.Float64()
	switch {
	case nth == 0 || x < pupils:
		r = pupil
	case x < pupils+teachers:
		r = teacher
	}
	area := s.home()
	by := i.infector
	if by != nil && by.role == other {
		r = other // from a household the chain goes on in households
	}
	switch {
	case r == other && by != nil:
		i.setting, area = "household", by.area
	case r == other:
	case r == teacher:
		i.setting = "classroom"
	default:
		i.setting = s.atSchool()
	}
	i.someone = s.person(r, area)
}

func (s *story) atSchool() string {
	x := s.Float64()
	switch {
	case x < inClassroom:
		return "classroom"
	case x < inClassroom+inDormitory:
		return "dormitory"
	}
	return "canteen"
}

// add appends a step. Steps after now are not yet.
func (s *story) add(at time.Time, o Order) bool {
	at = at.UTC().Truncate(time.Second)
	if at.After(s.now) {
		return false
	}
	s.steps = append(s.steps, Step{at, o})
	return true
}

func (s *story) sorted() []Step {
	slices.SortStableFunc(s.steps, func(a, b Step) int { return cmp.Compare(a.At.UnixMicro(), b.At.UnixMicro()) })
	return s.steps
}
