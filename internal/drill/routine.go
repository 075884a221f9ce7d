package drill

import (
	"slices"

	"firebreak/internal/drill/scenario"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// routine is who is tested on certain days without a reason of their own, because of where they work, live or learn.
type routine struct {
	people [][]city.Person // by rule of the scenario: who is at such sites
	Tests  int
}

// routineReady finds who each rule is about.
func (d *Drill) routineReady() {
	c := d.city
	d.routine.people = make([][]city.Person, len(d.s.Routine))
	for site := range uint32(c.Sites()) {
		people, kind := c.AtSite(site)
		for i, r := range d.s.Routine {
			if kind.String() == r.Site {
				for _, p := range people {
					d.routine.people[i] = append(d.routine.people[i], city.Person(p))
				}
			}
		}
	}
	for _, list := range d.routine.people {
		slices.Sort(list)
	}
}

// swabRoutine puts down the swabs of a day: everybody of a site once in so many days, spread over them, at the hour at which contacts are swabbed too. Only those are followed of whom the test says yes.
func (d *Drill) swabRoutine(day int) {
	for i, r := range d.s.Routine {
		every := uint64(r.Every.Value)
		for _, p := range d.routine.people[i] {
			if (uint64(day)+uint64(p))%every != 0 || !d.chance(r.Share, ofRoutine+100*uint64(i), uint64(p)<<16|uint64(day)) {
				continue
			}
			d.agenda.put(sim.At(day, 0)+hours(d.s.Sampling.Round), func(at sim.Minute) error { return d.swabOne(r, p, at) })
		}
	}
}

func (d *Drill) swabOne(r scenario.Routine, p city.Person, at sim.Minute) error {
	if d.apart.why[p]&^zoned != 0 || d.caseOf[p] != nil {
		return nil // is tested where they are kept
	}
	d.routine.Tests++
	if d.w.Test(p, at, sim.PCR) {
		d.agenda.put(at+hours(r.Result)+hours(d.s.Clinics.Report), func(now sim.Minute) error { return d.reportCase(p, at, now) })
	}
	return nil
}
