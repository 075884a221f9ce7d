package disclosure_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/disclosure"
	"firebreak/internal/place"
)

func TestSmall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   place.Jurisdiction
		want bool
	}{
		{"a village", place.Jurisdiction{Level: place.Community, Population: 900}, true},
		{"a small district", place.Jurisdiction{Level: place.District, Population: 20_000}, true},
		{"a large street", place.Jurisdiction{Level: place.Street, Population: 20_001}, false},
		{"a street nobody counted", place.Jurisdiction{Level: place.Street}, true},
		{"a district nobody counted", place.Jurisdiction{Level: place.District}, false},
		{"a level of its country's own", place.Jurisdiction{Level: "ward"}, true},
	} {
		if got := disclosure.Small(c.in); got != c.want {
			t.Errorf("%s: Small = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCoarsen(t *testing.T) {
	t.Parallel()
	tree, err := place.NewTree([]place.Jurisdiction{
		{ID: 1, Code: "1", Name: "city", Level: place.City, Population: 1_000_000},
		{ID: 2, Parent: 1, Code: "12", Name: "street", Level: place.Street, Population: 30_000},
		{ID: 3, Parent: 2, Code: "123", Name: "community", Level: place.Community},
		{ID: 4, Parent: 1, Code: "14", Name: "island", Level: place.District, Population: 800},
		{ID: 5, Code: "5", Name: "camp", Level: "camp"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[place.AreaID]place.AreaID{1: 1, 2: 2, 3: 2, 4: 1, 5: 0, 99: 0} {
		if got := disclosure.Coarsen(tree, id); got != want {
			t.Errorf("Coarsen(%d) = %d, want %d", id, got, want)
		}
	}
}

func TestHide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		counts []int64
		small  []bool
		want   []bool
	}{
		{"nothing small", []int64{3, 1}, []bool{false, false}, []bool{false, false}},
		{"none and many may be told", []int64{0, 5, 70}, []bool{true, true, true}, []bool{false, false, false}},
		{"one is given away by the sum, so another goes", []int64{2, 40, 9}, []bool{true, false, true}, []bool{true, false, true}},
		{"even one of none", []int64{2, 0}, []bool{true, true}, []bool{true, true}},
		{"two hide each other", []int64{2, 3, 9}, []bool{true, true, true}, []bool{true, true, false}},
		{"a part alone", []int64{1}, []bool{true}, []bool{true}},
		{"no parts", nil, nil, []bool{}},
	} {
		if got := disclosure.Hide(c.counts, c.small); !slices.Equal(got, c.want) {
			t.Errorf("%s: Hide(%v) = %v, want %v", c.name, c.counts, got, c.want)
		}
	}
}

// TestHiddenCountsCannotBeWorkedOut plays a reader who knows the sum, and every count that is shown: each that is left out could be another number too.
func TestHiddenCountsCannotBeWorkedOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "parts")
		counts := rapid.SliceOfN(rapid.Int64Range(0, 8), n, n).Draw(t, "counts")
		small := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "small")
		hidden := disclosure.Hide(counts, small)
		var rest int64
		parts := 0
		for i, h := range hidden {
			if h {
				rest += counts[i]
				parts++
			} else if small[i] && counts[i] > 0 && counts[i] < disclosure.Least {
				t.Fatalf("part %d of %v is shown", i, counts)
			}
		}
		// Parts that share a rest above zero can hold it in any way.
		if parts == 1 || parts > 1 && rest == 0 {
			t.Fatalf("%v of %v: the %d left out hold %d", hidden, counts, parts, rest)
		}
	})
}
