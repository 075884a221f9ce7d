package trip

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestNeighboursAreThoseThatFitBest compares the lists of neighbours with all other requests put in order: scattered, in one spot, in a row, far abroad.
func TestNeighboursAreThoseThatFitBest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 400).Draw(t, "requests")
		wide := rapid.SampledFrom([]float64{0, 0.0001, 0.3, 60}).Draw(t, "wide")
		high := rapid.SampledFrom([]float64{0, 0.3, 60}).Draw(t, "high")
		seed := random{rapid.Uint64().Draw(t, "seed")}
		p := &problem{}
		var places []Point
		for range n {
			ready := seed.below(36_000)
			p.requests = append(p.requests, request{ready: ready, due: ready + seed.below(36_000), service: 300, class: int8(seed.below(2)), aboard: -1, vehicle: -1})
			places = append(places, Point{Lat: 10 + high*(seed.unit()-0.5), Lon: 120 + wide*(seed.unit()-0.5)})
		}
		p.place = ways(places, Straight{1.3, 30})
		p.place.table, p.place.back = nil, nil // as where there are many
		s := newSearch(p, 1)
		s.neighbours()
		for i := range int32(n) {
			var fits, nearby []scored
			for j := range int32(n) {
				if i == j {
					continue
				}
				a, b := &p.requests[i], &p.requests[j]
				there, back := p.place.time(i, j), p.place.time(j, i)
				nearby = append(nearby, scored{int64(min(there, back)), j})
				if a.class == b.class {
					fits = append(fits, scored{min(unfit(a, b, there), unfit(b, a, back)), j})
				}
			}
			var near []scored
			for _, x := range s.near[i] {
				near = append(near, scored{other: x.stop})
			}
			var close []scored
			for _, j := range s.closeTo(i) {
				close = append(close, scored{other: j})
			}
			compare(t, "fit beside", i, near, fits, beside)
			compare(t, "are near", i, close, nearby, closest)
		}
	})
}

func compare(t *rapid.T, what string, i int32, got, all []scored, limit int) {
	t.Helper()
	slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.other, b.other)) })
	all = all[:min(limit, len(all))]
	same := slices.EqualFunc(got, all, func(a, b scored) bool { return a.other == b.other })
	if !same {
		t.Fatalf("%s request %d: got %v, want %v", what, i, got, all)
	}
}
