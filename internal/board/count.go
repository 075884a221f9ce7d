package board

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Cell is the number of cases of one day.
type Cell struct {
	Inside  int // found already isolated or in quarantine
	Outside int // found in the community
	Unknown int // where they were found is not on record
}

// Total is all of them.
func (c Cell) Total() int { return c.Inside + c.Outside + c.Unknown }

// Day is the count of one day.
type Day struct {
	Day day.Day
	Cell
}

// record is what a board keeps of a case, to take it out of the counts again when it changes.
type record struct {
	id      cases.ID
	area    place.AreaID
	ill     day.Day // onset, or what comes nearest to it; see illDay
	new     day.Day // the day it was found; see newDay
	found   cases.Found
	counted bool
}

// countedClass says which classes are cases in figures: suspected ones are not yet, discarded ones are none.
func countedClass(c cases.Class) bool { return c != cases.Suspected && c != cases.Discarded }

// illDay is the day a case is drawn on in the curve: onset; for those without symptoms the day of the sample that proved it.
func illDay(f store.CaseFigure, loc *time.Location) day.Day {
	return cmp.Or(f.Onset, f.Sampled, day.In(f.ConfirmedAt, loc), day.In(f.ReportedAt, loc), day.In(f.NotedAt, loc))
}

// newDay is the day a case became known: confirmation, or report where that is not on record.
func newDay(f store.CaseFigure, loc *time.Location) day.Day {
	return cmp.Or(day.In(f.ConfirmedAt, loc), day.In(f.ReportedAt, loc), day.In(f.NotedAt, loc))
}

func recordOf(f store.CaseFigure, loc *time.Location) record {
	r := record{id: f.ID, area: f.Area, ill: illDay(f, loc), new: newDay(f, loc), found: f.Found, counted: countedClass(f.Class) && !f.Merged}
	return r
}

// series counts by day, in order of days.
type series struct{ days []Day }

func (s *series) add(d day.Day, found cases.Found, n int) {
	if d.IsZero() {
		return
	}
	i, ok := slices.BinarySearchFunc(s.days, d, func(x Day, d day.Day) int { return cmp.Compare(x.Day, d) })
	if !ok {
		s.days = slices.Insert(s.days, i, Day{Day: d})
	}
	c := &s.days[i].Cell
	switch found {
	case cases.FoundInIsolation:
		c.Inside += n
	case cases.FoundCommunity:
		c.Outside += n
	default:
		c.Unknown += n
	}
	if *c == (Cell{}) {
		s.days = slices.Delete(s.days, i, i+1)
	}
}

// counts are those of one area with everything below it.
type counts struct {
	total int
	ill   series // by day of falling ill
	new   series // by day of becoming known
}

func (c *counts) add(r record, n int) {
	c.total += n
	c.ill.add(r.ill, r.found, n)
	c.new.add(r.new, r.found, n)
}

// pair is how long a case took from falling ill to becoming known.
type pair struct{ ill, new day.Day }
