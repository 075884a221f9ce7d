package sim

import (
	"errors"
	"fmt"
	"math"

	"firebreak/internal/sim/city"
)

// StayKind is how somebody is kept apart.
type StayKind uint8

// The kinds of stays.
const (
	AtHome StayKind = iota // meets nobody outside, where they comply
	Away                   // at a site or in hospital: meets nobody
)

// Forever is the end of a stay that has none yet.
const Forever = Minute(math.MaxInt32)

// Stay is a time in which somebody is kept apart.
type Stay struct {
	From, To Minute
	Kind     StayKind
}

// Errors of orders about people.
var (
	// ErrPast is returned for an order about a day that has ended.
	ErrPast = errors.New("that day has ended")
	// ErrPerson is returned for somebody who is not of the city.
	ErrPerson = errors.New("not one of the city's people")
)

func (w *World) orderable(p city.Person, at Minute) error {
	switch {
	case int(p) >= w.c.People():
		return fmt.Errorf("person %d: %w", p, ErrPerson)
	case at < At(w.day, 0):
		return fmt.Errorf("minute %d, today is day %d: %w", at, w.day, ErrPast)
	}
	return nil
}

// Isolate keeps somebody apart from a minute of today or later on, until Release. Who is at home can be taken away, and who is away sent home. Another order about them must not be for an
// earlier minute than the last.
func (w *World) Isolate(p city.Person, kind StayKind, at Minute) error {
	if err := w.orderable(p, at); err != nil {
		return err
	}
	if w.stays == nil {
		w.stays = make([]Stay, w.c.People())
	}
	s := &w.stays[p]
	switch {
	case w.flags[p]&hasStay == 0:
		w.nStays++
	case s.To > at && s.Kind == kind:
		s.To = Forever
		return nil
	default:
		s.To = min(s.To, at)
		if s.To > s.From {
			w.former[p] = append(w.former[p], *s)
			w.flags[p] |= hasFormer
		}
	}
	*s = Stay{From: at, To: Forever, Kind: kind}
	w.flags[p] |= hasStay
	return nil
}

// Release lets somebody go at a minute of today or later. Who is not kept apart stays as they are.
func (w *World) Release(p city.Person, at Minute) error {
	if err := w.orderable(p, at); err != nil {
		return err
	}
	if w.flags[p]&hasStay != 0 {
		if s := &w.stays[p]; s.To > at {
			s.To = max(at, s.From)
		}
	}
	return nil
}

// Isolated returns how many were ever kept apart.
func (w *World) Isolated() int { return w.nStays }

// Stays returns the times in which somebody was or is kept apart, in their order.
func (w *World) Stays(p city.Person) []Stay {
	if w.flags[p]&hasStay == 0 {
		return nil
	}
	return append(append([]Stay(nil), w.former[p]...), w.stays[p])
}

// Apart says whether somebody who is kept apart misses a meeting of a layer at a minute.
func (w *World) Apart(p city.Person, l city.Layer, at Minute) bool {
	if w.flags[p]&hasStay == 0 {
		return false
	}
	if w.misses(&w.stays[p], p, l, at) {
		return true
	}
	if w.flags[p]&hasFormer != 0 {
		list := w.former[p]
		for i := range list {
			if w.misses(&list[i], p, l, at) {
				return true
			}
		}
	}
	return false
}

func (w *World) misses(s *Stay, p city.Person, l city.Layer, at Minute) bool {
	if at < s.From || at >= s.To {
		return false
	}
	return s.Kind == Away || l != city.Home && w.complies(p, at.Day())
}

// complies says whether somebody who should stay at home does so on a day.
func (w *World) complies(p city.Person, day int) bool {
	return w.o.Compliance >= 1 || w.keys.home.Of(uint64(day)).Float(uint64(p)) < w.o.Compliance
}

func (w *World) awayAllDay(p city.Person) bool {
	s := &w.stays[p]
	return s.Kind == Away && s.From <= At(w.day, 0) && s.To >= At(w.day+1, 0)
}

// Contacts appends whom somebody really met on a day that has ended, or today as things stand: without the meetings that one of the two missed. Asked later it
// is the same list.
func (w *World) Contacts(to []city.Contact, p city.Person, day int) []city.Contact {
	return w.Meetings(to, p, day, city.Leisure)
}

// Meetings appends the same of the layers up to last.
func (w *World) Meetings(to []city.Contact, p city.Person, day int, last city.Layer) []city.Contact {
	first := len(to)
	to = w.c.Meetings(to, p, day, last)
	kept := to[:first]
	for _, x := range to[first:] {
		at := At(day, x.Start)
		if !w.Apart(p, x.Layer, at) && !w.Apart(x.With, x.Layer, at) {
			kept = append(kept, x)
		}
	}
	return kept
}
