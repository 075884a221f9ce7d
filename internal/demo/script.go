package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// Setting is where the story happens.
type Setting struct {
	Tree     *place.Tree
	Outlines []place.Outline // for points on the map; may be empty
}

// Bounds of the number of cases.
const (
	DefaultCases = 300
	leastCases   = 40
	mostCases    = 2000
)

// Script writes the outbreak as orders in time order, all of them at or before now. n is the number of infections found so far, from 40 to 2,000.
// The same arguments give the same script. It fails when the tree lacks the districts that the story happens in.
func Script(city Setting, now time.Time, seed uint64, n int) ([]Step, error) {
	if n < leastCases || n > mostCases {
		return nil, fmt.Errorf("write demo script: %d cases: must be from %d to %d", n, leastCases, mostCases)
	}
	loc, err := time.LoadLocation(Zone)
	if err != nil {
		return nil, fmt.Errorf("write demo script: %w", err)
	}
	s := &story{Rand: rand.New(rand.NewPCG(seed, 0x1a)), city: city, now: now.UTC().Truncate(time.Second), loc: loc, today: day.In(now, loc), zones: map[string]bool{}}
	if err := s.settle(); err != nil {
		return nil, fmt.Errorf("write demo script: %w", err)
	}
	s.sites(n)
	s.infect(n)
	s.suspects()
	wrong := s.mistaken()
	chance := rand.New(rand.NewPCG(seed, 0x2b))
	chosen := s.enteredTwice(chance)
	for k, i := range s.infected {
		s.found(i, k < 3, i == wrong)
		s.respond(i, k)
		s.contactsOf(i, k, chance)
	}
	s.again(chance, chosen)
	s.askElsewhere(rand.New(rand.NewPCG(seed, 0x3c)))
	s.clusters()
	s.visited(rand.New(rand.NewPCG(seed, 0x4d)))
	s.siteLife()
	s.roster()
	return s.sorted(), nil
}

// found writes how an infection came to be known.
func (s *story) found(i *infection, clinic, wrong bool) {
	if i.found == cases.FoundInIsolation {
		s.foundAsContact(i)
		return
	}
	tube := s.tube()
	fields := map[string]string{"area": i.area, "found": string(cases.FoundCommunity), "sampled": day.In(i.at.Add(-6*time.Hour), s.loc).String()}
	i.describe(fields)
	if !clinic && !wrong {
		fields["class"] = string(cases.Asymptomatic)
		if !i.onset.IsZero() {
			fields["class"] = string(cases.Confirmed)
		}
		s.add(i.at, EnterCase{i.code, i.who(), fields})
		return
	}
	// At the fever clinic: suspected first, and proven by the result.
	fields["class"] = string(cases.Suspected)
	delete(fields, "sampled")
	noted := i.at.Add(-hours(s.between(3.5, 6)))
	s.add(noted, EnterCase{i.code, i.who(), fields})
	s.add(noted.Add(20*time.Minute), Sample{tube, i.code, lab.PCR})
	s.add(i.at, Report{Specimen: tube, Result: lab.Positive, Ct: s.ct()})
	if wrong {
		s.correct(i, noted, tube)
	}
}

func (i *infection) describe(fields map[string]string) {
	if !i.onset.IsZero() {
		fields["onset"] = i.onset.String()
	}
	if i.setting != "" {
		fields["setting"] = i.setting
	}
	if i.located {
		fields["lon"], fields["lat"] = strconv.FormatFloat(i.lon, 'f', -1, 64), strconv.FormatFloat(i.lat, 'f', -1, 64)
	}
}

func (p *someone) who() Person { return Person{p.sex, p.age, p.birth} }

func (s *story) ct() float64 { return round(s.between(15, 34), 1) }

func (s *story) tube() string {
	s.tubes++
	return fmt.Sprintf("T-%05d", s.tubes)
}

// mistaken chooses the case that turns out to be none, as one did in Qingdao on 22 March: a community case of day 4 whose tube was confused.
func (s *story) mistaken() *infection {
	for _, i := range s.infected {
		if i.found != cases.FoundCommunity || day.In(i.at, s.loc) < s.dayAt(4) {
			continue
		}
		infects := false
		for _, k := range s.infected {
			infects = infects || k.infector == i
		}
		if !infects && i.at.Add(40*time.Hour).Before(s.now) {
			i.discarded = i.at.Add(34 * time.Hour)
			i.infector = nil
			return i
		}
	}
	return nil
}

// correct withdraws a case: a second specimen a day later is negative, the laboratory corrects the first, and two negatives rule the case out.
func (s *story) correct(i *infection, noted time.Time, first string) {
	second := s.tube()
	s.add(noted.Add(26*time.Hour), Sample{second, i.code, lab.PCR})
	s.add(i.discarded.Add(-time.Hour), Report{Specimen: first, Result: lab.Negative, Reason: "two tubes were confused in the rack; the specimen was examined again"})
	s.add(i.discarded, Report{Specimen: second, Result: lab.Negative})
}

// suspects writes the suspected cases that two negatives rule out.
func (s *story) suspects() {
	for k := range ruledOutCases {
		p := s.person(other, pick(s, s.homes[Laixi]))
		at := s.dayAt(2 + k).Start(s.loc).Add(hours(s.between(9, 16)))
		fields := map[string]string{"class": string(cases.Suspected), "area": p.area, "onset": day.In(at, s.loc).Add(-1).String()}
		s.add(at, EnterCase{p.code, p.who(), fields})
		s.add(at.Add(hours(s.between(0.3, 1.5))), SetCase{Code: p.code, Now: "reported_at"})
		s.add(at.Add(hours(s.between(0.5, 1.8))), SetCase{Code: p.code, Now: "isolated_at"})
		for _, after := range []float64{s.between(1, 4), s.between(27, 30)} {
			tube := s.tube()
			s.add(at.Add(hours(after)), Sample{tube, p.code, lab.PCR})
			s.add(at.Add(hours(after+s.between(4, 5.8))), Report{Specimen: tube, Result: lab.Negative})
		}
	}
}

// after draws when something is done that is due within limit hours: in time, or late now and then; the second result is false for the few that
// are left undone.
func (s *story) after(from time.Time, limit float64) (time.Time, bool) {
	x := s.Float64()
	switch {
	case x < neverDone:
		return time.Time{}, false
	case x < neverDone+doneLate:
		return from.Add(hours(limit * s.between(1.05, 2.5))), true
	}
	return from.Add(hours(limit * s.between(0.2, 0.95))), true
}

// respond writes what is done about a case, by the clocks of the 8th edition: report 2 h, check of the report 2 h after it, move 2 h, admission 4 h,
// investigation and list of contacts 24 h, zone 4 h.
func (s *story) respond(i *infection, k int) {
	over := func(at time.Time) bool { return !i.discarded.IsZero() && at.After(i.discarded) }
	do := func(field string, from time.Time, limit float64) (time.Time, bool) {
		at, ok := s.after(from, limit)
		return at, ok && !over(at) && s.add(at, SetCase{Code: i.code, Now: field})
	}
	if at, ok := do("reported_at", i.at, 2); ok {
		do("verified_at", at, 2)
	}
	moved, ok := i.at, true
	if i.free {
		moved, ok = do("isolated_at", i.at, 2)
	}
	if ok {
		at, ok := s.after(i.at, 4)
		if at = later(at, moved.Add(20*time.Minute)); ok && !over(at) && s.add(at, Admit{i.code, hospitalCode(s.IntN(len(hospitals)))}) {
			s.stay(i, at, k)
		}
	}
	if at, ok := do("investigated_at", i.at, 24); ok && i.infector != nil {
		// A link can only be told once the infector is known as a case, which an infector found later is not yet.
		s.add(later(at, i.infector.at.Add(time.Hour)), Link{i.infector.code, i.code, i.setting})
	}
	do("listed_at", i.at, 24)
	s.zone(i)
}

// stay writes the hospital stay: the asymptomatic who fall ill, and the first to recover after two negatives a day apart.
func (s *story) stay(i *infection, admitted time.Time, k int) {
	if !i.discarded.IsZero() {
		return
	}
	if i.onset.IsZero() && s.chance(0.05) {
		at := i.at.Add(hours(s.between(20, 50)))
		s.add(at, SetCase{Code: i.code, Fields: map[string]string{"class": string(cases.Confirmed), "onset": day.In(at, s.loc).String()}, Reason: "fell ill: converted from asymptomatic to confirmed"})
	}
	if k >= 9 || k%3 == 1 {
		return
	}
	first := later(s.dayAt(7).Start(s.loc).Add(-hours(s.between(16, 20))), admitted.Add(24*time.Hour))
	for _, at := range []time.Time{first, first.Add(25 * time.Hour)} {
		tube := s.tube()
		s.add(at, Sample{tube, i.code, lab.PCR})
		s.add(at.Add(5*time.Hour), Report{Specimen: tube, Result: lab.Negative})
	}
	if at := first.Add(25*time.Hour + hours(s.between(7, 16))); !at.After(s.now) {
		s.add(at, Discharge{i.code}) // after two negatives, a day apart
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// zone decides the zone that the first case of a community makes the rulebook propose.
func (s *story) zone(i *infection) {
	if s.zones[i.area] || i.found == cases.FoundInIsolation {
		return
	}
	s.zones[i.area] = true
	n := len(s.zones)
	from := i.at
	switch {
	case n%9 == 0: // left open: the zone stands proposed, and its decision is late
	case n%6 == 0:
		s.add(from.Add(hours(s.between(1, 3.5))), DecideZone{i.area, zone.Declined, "lives at the school; nobody else of the community was met"})
	default:
		at, ok := s.after(from, 4)
		if !ok || !s.add(at, DecideZone{i.area, zone.InForce, "the case's home and its busy surroundings"}) {
			return
		}
		if lift := i.discarded.Add(5 * time.Hour); !i.discarded.IsZero() && lift.After(at) {
			s.add(lift, DecideZone{i.area, zone.Lifted, "the case that gave cause was ruled out"})
		}
	}
}

// waive ends one task that cannot be done, by a person's decision.
func (s *story) waive(at time.Time, code string) {
	s.add(at, Waive{code, task.QuarantineContact, "nurses a newborn: quarantined at home, approved by the command post"})
}
