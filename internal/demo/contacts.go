package demo

import (
	"math/rand/v2"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/lab"
)

// testDays of the 8th edition, after the last exposure (guidance 2.2); the 14th lies ahead of the story.
var (
	closeTests     = []int{1, 4, 7}
	secondaryTests = closeTests
)

// traced is a contact under way: what the story must know to go on with it.
type traced struct {
	someone
	listed      time.Time
	quarantined time.Time // zero: not yet
	until       time.Time // when nothing more is done: they became a case, the case they met was ruled out, or now
	last        day.Day   // last exposure
}

// foundAsContact writes the path of a contact who turns positive: listed, quarantined, tested, and made a case by the rulebook.
func (s *story) foundAsContact(i *infection) {
	gap := i.at.Sub(i.infector.at)
	most := min(12, gap.Hours()-13)
	c := traced{someone: i.someone, until: i.at.Add(-5 * time.Hour)}
	c.listed = i.infector.at.Add(hours(s.between(1.5, max(2, most))))
	c.last = day.In(i.infector.at, s.loc)
	if on := day.In(c.listed, s.loc); c.last > on {
		c.last = on
	}
	s.list(&c, i.infector.code, "", i.infector.reference, i.setting)
	// Both within six hours, so that quarantine always comes before the specimen that proves the infection.
	s.add(c.listed.Add(hours(s.between(0.2, 1.9))), SetContact{c.code, "reached_at"})
	c.quarantined = c.listed.Add(hours(s.between(2, 6)))
	s.takeIn(&c, c.quarantined)
	s.follow(&c)
	s.tested(&c, closeTests)
	if !i.onset.IsZero() {
		s.add(c.until.Add(5*time.Minute), Check{c.code, s.slot(c.until), true, round(s.between(37.4, 38.9), 1), []string{pick(s, symptoms)}})
	}
	tube := s.tube()
	s.add(c.until.Add(30*time.Minute), Sample{tube, c.code, lab.PCR})
	s.add(i.at, Report{Specimen: tube, Result: lab.Positive, Ct: s.ct()})
	i.listed = c.listed
	// Those they met: secondary contacts, until the result makes them close ones.
	if day.In(c.quarantined, s.loc) <= s.dayAt(5) {
		s.secondaries(&c, 1, i.reference)
	}
}

// contactsOf writes the contacts of a case who are not found infected so far.
func (s *story) contactsOf(i *infection, k int, chance *rand.Rand) {
	n := s.IntN(2)
	switch {
	case k < earlyCases:
		n = earlyLeast + s.IntN(earlyMost-earlyLeast+1)
	case k < tracedCases:
		n = 1 + s.IntN(3)
	}
	for j := range n {
		r, relation, setting, area := pupil, "classmate", s.atSchool(), s.home()
		switch {
		case i.role == other || s.chance(0.2):
			r, relation, setting, area = other, "household", "household", i.area
		case s.chance(0.06):
			r, relation, setting = teacher, "teacher", "classroom"
		}
		c := traced{someone: s.person(r, area), until: s.now, last: i.reference}
		if on := day.In(i.at, s.loc); setting == "household" || on < i.reference || k < earlyCases {
			c.last = on
		}
		if !i.discarded.IsZero() {
			c.until = i.discarded
		}
		c.listed = i.at.Add(hours(s.between(1.5, 10)))
		if k >= earlyCases {
			c.listed = i.at.Add(hours(s.between(2, 26)))
		}
		if c.listed.After(c.until) {
			continue
		}
		if k == 0 && len(s.metTwice) < twice && i.discarded.IsZero() && setting != "household" {
			c.birth = s.born(chance, c.age)
			s.metTwice = append(s.metTwice, c)
		}
		s.list(&c, i.code, "", i.reference, setting, relation)
		s.control(&c, 8, k == 1 && j == 2)
		s.follow(&c)
		s.tested(&c, closeTests)
		if k < earlyCases && i.discarded.IsZero() {
			s.secondaries(&c, 2+s.IntN(2), 0)
		}
	}
}

// secondaries writes whom a contact met. Families of boarders met them last at the weekend before the outbreak was found.
func (s *story) secondaries(c *traced, n int, after day.Day) {
	from := c.quarantined
	if from.IsZero() {
		from = c.listed.Add(4 * time.Hour)
	}
	for range n {
		k := traced{someone: s.person(other, c.area), until: s.now, listed: from.Add(hours(s.between(1, 10)))}
		if k.listed.After(s.now) {
			continue
		}
		k.last = day.In(from, s.loc)
		if c.role == pupil && k.last <= s.dayAt(2) && after.IsZero() {
			k.last = s.dayAt(0).Add(-s.IntN(2))
		}
		s.list(&k, "", c.code, 0, "household", "family")
		s.control(&k, 8, false)
		s.follow(&k)
		s.tested(&k, secondaryTests)
	}
}

// list writes that a contact is named.
func (s *story) list(c *traced, ofCase, parent string, from day.Day, setting string, relation ...string) {
	fields := map[string]string{"area": c.area, "last_exposed": c.last.String(), "setting": setting}
	if !from.IsZero() {
		// From two days before the onset: the look-back of the 8th edition.
		if first := from.Add(-s.IntN(3)); first <= c.last {
			fields["first_exposed"] = first.String()
		}
	}
	for _, r := range relation {
		fields["relation"] = r
	}
	s.add(c.listed, ListContact{Code: c.code, Case: ofCase, Parent: parent, Person: c.who(), Fields: fields})
}

// control writes that a contact is reached (within 2 h) and brought under quarantine (within limit hours).
func (s *story) control(c *traced, limit float64, waived bool) {
	reached, ok := s.after(c.listed, 2)
	if !ok || reached.After(c.until) {
		return
	}
	s.add(reached, SetContact{c.code, "reached_at"})
	if waived {
		s.waive(reached.Add(time.Hour), c.code)
		c.quarantined = reached
		return
	}
	at, ok := s.after(c.listed, limit)
	if at = later(at, reached.Add(15*time.Minute)); ok && !at.After(c.until) && s.takeIn(c, at) {
		c.quarantined = at
	}
}

// takeIn writes that a contact comes to the site, or, as a child whose adults are not named, stays at home by decision.
func (s *story) takeIn(c *traced, at time.Time) bool {
	if c.age > ageWithAdult {
		return s.add(at, TakeIn{c.code, siteCode})
	}
	return s.add(at, SetContact{c.code, "quarantine_at"}) && s.add(at, TakeIn{Code: c.code})
}

func (s *story) slot(at time.Time) int {
	if at.In(s.loc).Hour() < 12 {
		return 0
	}
	return 1
}

// follow writes the checks, morning and evening from the day of quarantine on.
func (s *story) follow(c *traced) {
	if c.quarantined.IsZero() {
		return
	}
	first := c.quarantined.Add(10 * time.Minute)
	if first.Before(c.until) {
		s.add(first, Check{Code: c.code, Slot: s.slot(first), Seen: true, Temperature: s.well()})
	}
	for d := day.In(c.quarantined, s.loc); d <= s.today; d++ {
		start := d.Start(s.loc)
		for slot, at := range []time.Time{start.Add(hours(s.between(7.5, 11.5))), start.Add(hours(s.between(16.5, 22)))} {
			if !at.After(first) || !at.Before(c.until) || s.chance(neverDone) {
				continue
			}
			if s.chance(nobodyHome) {
				s.add(at, Check{Code: c.code, Slot: slot})
				if again := at.Add(hours(s.between(0.7, 3.5))); again.Before(c.until) {
					s.add(again, Check{Code: c.code, Slot: slot, Seen: true, Temperature: s.well()})
				}
				continue
			}
			s.add(at, Check{Code: c.code, Slot: slot, Seen: true, Temperature: s.well()})
		}
	}
}

func (s *story) well() float64 { return round(s.between(36.1, 37.1), 1) }

// tested writes the specimens of the test days, negative all.
func (s *story) tested(c *traced, days []int) {
	if c.quarantined.IsZero() {
		return
	}
	for _, n := range days {
		d := c.last.Add(n)
		if d < day.In(c.listed, s.loc) || s.chance(neverDone) {
			continue
		}
		at := d.Start(s.loc).Add(hours(s.between(8, 15)))
		if d == day.In(c.quarantined, s.loc) {
			at = later(at, c.quarantined.Add(time.Hour))
		} else if d < day.In(c.quarantined, s.loc) {
			at = c.quarantined.Add(time.Hour)
		}
		result := at.Add(hours(s.between(5, 9)))
		if n == days[len(days)-1] {
			result = later(result, d.Add(1).Start(s.loc).Add(hours(s.between(0.5, 5)))) // read overnight, so that release follows at once
		}
		if !at.Before(c.until) || !result.Before(c.until) && c.until.Before(s.now) {
			continue
		}
		tube := s.tube()
		s.add(at, Sample{tube, c.code, lab.PCR})
		s.add(result, Report{Specimen: tube, Result: lab.Negative})
	}
}
