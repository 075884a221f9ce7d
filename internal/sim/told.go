package sim

import (
	"cmp"
	"slices"

	"firebreak/internal/sim/city"
)

// Told is all that somebody and one other have met over some days, as far as it is told.
type Told struct {
	With        city.Person
	First, Last int // days
	Minutes     int
	Layer       city.Layer // the nearest one
}

// Together makes one of all that is told of the same person, in place, by number.
func Together(list []Told) []Told {
	slices.SortFunc(list, func(a, b Told) int { return cmp.Or(cmp.Compare(a.With, b.With), cmp.Compare(a.First, b.First)) })
	n := 0
	for _, m := range list {
		if n > 0 && list[n-1].With == m.With {
			list[n-1].Last, list[n-1].Minutes, list[n-1].Layer = m.Last, list[n-1].Minutes+m.Minutes, min(m.Layer, list[n-1].Layer)
			continue
		}
		list[n] = m
		n++
	}
	return list[:n]
}
