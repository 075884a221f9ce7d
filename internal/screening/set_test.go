package screening

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"firebreak/internal/person"
)

// A Set agrees with a map whatever is done with it.
func TestSetIsASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Map(rapid.Int64Range(-1, 700), func(n int64) person.Number { return person.Number(n) })
		draw := func(name string) (Set, map[person.Number]bool) {
			var s Set
			m := map[person.Number]bool{}
			for _, n := range rapid.SliceOf(number).Draw(t, name) {
				if n%7 == 3 {
					s.Remove(n)
					delete(m, n)
					continue
				}
				if fresh := s.Add(n); fresh != (n > 0 && !m[n]) {
					t.Fatalf("Add(%d) says %v", n, fresh)
				}
				if n > 0 {
					m[n] = true
				}
			}
			return s, m
		}
		a, am := draw("a")
		b, bm := draw("b")
		c, cm := draw("c")
		var ranges []Range
		for at, i := person.Number(0), 0; i < rapid.IntRange(0, 4).Draw(t, "ranges"); i++ {
			first := at + person.Number(rapid.IntRange(0, 200).Draw(t, "gap"))
			at = first + person.Number(rapid.IntRange(0, 200).Draw(t, "length"))
			ranges = append(ranges, Range{first, at})
		}
		in := func(n person.Number) bool {
			return slices.ContainsFunc(ranges, func(r Range) bool { return n >= r.First && n < r.Past })
		}
		var count, both int64
		var without []person.Number
		for _, n := range slices.Sorted(maps.Keys(am)) {
			if !a.Has(n) {
				t.Fatalf("%d is missing", n)
			}
			if !in(n) {
				continue
			}
			count++
			if bm[n] {
				both++
			}
			if !bm[n] && !cm[n] {
				without = append(without, n)
			}
		}
		if got := a.Count(ranges...); got != count {
			t.Errorf("Count %d, want %d", got, count)
		}
		if got := a.CountBoth(&b, ranges...); got != both {
			t.Errorf("CountBoth %d, want %d", got, both)
		}
		if diff := cmp.Diff(without, slices.Collect(a.Without(ranges, &b, &c))); diff != "" {
			t.Error(diff)
		}
		d := a.Clone()
		d.Add(1000)
		if a.Has(1000) || a.Has(-5) || a.Has(1<<40) {
			t.Error("a copy is not its own, or nobody is in")
		}
	})
}
