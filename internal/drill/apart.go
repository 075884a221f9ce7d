package drill

import (
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// reason is why somebody is kept apart.
type reason uint8

// The reasons.
const (
	waiting reason = 1 << iota // at a clinic, for a result
	staying                    // at a site, in hospital, or in a vehicle on the way
	told                       // as a case or contact, to stay at home
	held                       // because of a positive tube
	zoned                      // because of a zone
)

// away are the reasons by which somebody meets nobody at all.
const away = waiting | staying

// apart keeps the reasons of everybody. Of several the stricter counts; who has none left goes about again.
type apart struct {
	why  map[city.Person]reason
	last map[city.Person]sim.Minute // latest order about them
}

// keep adds a reason from a minute on.
func (d *Drill) keep(p city.Person, r reason, at sim.Minute) error {
	return d.setApart(p, d.apart.why[p]|r, at)
}

// let takes reasons away.
func (d *Drill) let(p city.Person, r reason, at sim.Minute) error {
	return d.setApart(p, d.apart.why[p]&^r, at)
}

func (d *Drill) setApart(p city.Person, to reason, at sim.Minute) error {
	was := d.apart.why[p]
	if was == to {
		return nil
	}
	if to == 0 {
		delete(d.apart.why, p)
	} else {
		d.apart.why[p] = to
	}
	d.truth.Apart(p, to&^zoned != 0, at)
	kind := func(r reason) int {
		switch {
		case r&away != 0:
			return 2
		case r != 0:
			return 1
		}
		return 0
	}
	if kind(was) == kind(to) {
		return nil
	}
	// What was told late is true from when it happened, but a day that has ended has ended.
	at = max(at, sim.At(d.w.Today(), 0), d.apart.last[p])
	d.apart.last[p] = at
	switch kind(to) {
	case 2:
		return d.w.Isolate(p, sim.Away, at)
	case 1:
		return d.w.Isolate(p, sim.AtHome, at)
	}
	return d.w.Release(p, at)
}

// isApart says whether somebody is kept apart as somebody the system knows: not by a zone, and not because they wait at a clinic.
func (d *Drill) isApart(p city.Person) bool { return d.apart.why[p]&^zoned&^waiting != 0 }
