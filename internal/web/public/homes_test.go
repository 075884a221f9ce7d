package public

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/disclosure"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

func clockAt(hour, minute int) time.Time {
	return time.Date(2022, 3, 10, hour, minute, 0, 0, shanghai)
}

// TestDivide: buildings stand in one line, and the plan's slots take from its head what they have room for.
func TestDivide(t *testing.T) {
	t.Parallel()
	long := []slot{{"S", clockAt(8, 0), clockAt(12, 0), 400}}
	two := []slot{{"A", clockAt(8, 0), clockAt(10, 0), 300}, {"B", clockAt(8, 0), clockAt(9, 0), 100}}
	for name, c := range map[string]struct {
		slots []slot
		homes []home
		want  []string
	}{
		"hours of one site":              {long, []home{{"1", 100}, {"2", 200}, {"", 100}}, []string{"S 08:00-09:00", "S 09:00-11:00", "S 11:00-12:00"}},
		"sites at the same time":         {two, []home{{"1", 150}, {"2", 150}, {"", 100}}, []string{"A 08:00-09:00", "A 09:00-10:00", "B 08:00-09:00"}},
		"half hours, within the slot":    {[]slot{{"S", clockAt(8, 10), clockAt(10, 10), 120}}, []home{{"1", 25}, {"2", 60}, {"", 35}}, []string{"S 08:10-09:00", "S 08:30-10:00", "S 09:30-10:10"}},
		"a few go with the others":       {two, []home{{"1", 290}, {"2", 110}, {"", 0}}, []string{"A 08:00-10:00", "B 08:00-09:00", ""}},
		"a large building, at both":      {two, []home{{"1", 400}, {"2", 0}, {"", 0}}, []string{"A 08:00-10:00 B 08:00-09:00", "", ""}},
		"nothing to divide":              {[]slot{{"S", clockAt(8, 0), clockAt(9, 0), 400}}, []home{{"1", 1}, {"2", 1}, {"", 1}}, nil},
		"no buildings":                   {long, nil, nil},
		"another number in the register": {long, []home{{"1", 10}, {"2", 20}, {"", 10}}, []string{"S 08:00-09:00", "S 09:00-11:00", "S 11:00-12:00"}},
	} {
		var got []string
		for _, own := range divide(c.slots, c.homes) {
			text := ""
			for _, x := range own {
				text += fmt.Sprintf(" %s %s-%s", x.site, x.from.Format("15:04"), x.till.Format("15:04"))
			}
			got = append(got, text[min(1, len(text)):])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestNobodyIsPointedAt: a building of very few people is told under no name, and where no two are left the area is told as one.
func TestNobodyIsPointedAt(t *testing.T) {
	t.Parallel()
	of := func(id int, n int64) store.BuildingCount {
		return store.BuildingCount{Building: place.Building{ID: place.BuildingID(id), Name: fmt.Sprint(id)}, Due: n}
	}
	got := named([]store.BuildingCount{of(0, 7), of(1, 40), of(2, disclosure.Least-1), of(3, disclosure.Least)})
	if want := []home{{"1", 40}, {"3", disclosure.Least}, {"", 7 + disclosure.Least - 1}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := named([]store.BuildingCount{of(0, 7), of(1, 40), of(2, 1)}); got != nil {
		t.Errorf("one building is left: %v", got)
	}
}

// TestDivideProperties: everybody has a time within the plan's, no site is told to more people at a time than the plan sends there but for the rounding, and the order of time is that of the names.
func TestDivideProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var slots []slot
		for i := range rapid.IntRange(1, 4).Draw(t, "slots") {
			from := clockAt(6, 15*rapid.IntRange(0, 40).Draw(t, "from"))
			slots = join(slots, slot{fmt.Sprint("S", i/2), from, from.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "long")) * 15 * time.Minute), int64(rapid.IntRange(1, 2000).Draw(t, "people"))})
		}
		slices.SortFunc(slots, func(a, b slot) int { return a.from.Compare(b.from) })
		var homes []home
		for i := range rapid.IntRange(2, 30).Draw(t, "homes") {
			homes = append(homes, home{fmt.Sprint(i), int64(rapid.IntRange(disclosure.Least, 400).Draw(t, "lives"))})
		}
		homes = append(homes, home{"", int64(rapid.IntRange(0, 50).Draw(t, "others"))})
		got := divide(slots, homes)
		if got == nil {
			if len(slots) > 1 || slots[0].till.Sub(slots[0].from) > wholeSlot {
				t.Fatal("nothing was divided")
			}
			return
		}
		for i, own := range got {
			if homes[i].people > 0 && len(own) == 0 {
				t.Fatalf("%v has no time", homes[i])
			}
			for _, x := range own {
				if !x.till.After(x.from) || !slices.ContainsFunc(slots, func(s slot) bool { return s.site == x.site && !x.from.Before(s.from) && !x.till.After(s.till) }) {
					t.Fatalf("%v is told %v, and the plan has %v", homes[i], x, slots)
				}
			}
		}
		if again := divide(slots, homes); fmt.Sprint(again) != fmt.Sprint(got) {
			t.Fatal("divided again, it is another plan")
		}
		if len(slots) > 1 {
			return
		}
		// On one slot: each has as long as its people take, and at most the rounding more.
		people := int64(0)
		for _, h := range homes {
			people += h.people
		}
		for i, own := range got {
			if homes[i].people == 0 {
				continue
			}
			need := time.Duration(float64(homes[i].people) / float64(people) * float64(slots[0].till.Sub(slots[0].from)))
			if long := own[0].till.Sub(own[0].from); long < need-time.Second || long > need+2*step || i > 0 && own[0].from.Before(got[i-1][0].from) {
				t.Fatalf("%v is told %v, of %v, and needs %s", homes[i], own, slots, need)
			}
		}
	})
}
