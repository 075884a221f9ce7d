package scorecard

import (
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/place/qingdao"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
)

func model(t *testing.T) *sim.Model {
	t.Helper()
	tree, err := qingdao.Tree()
	if err != nil {
		t.Fatal(err)
	}
	how, err := params.LoadCity()
	if err != nil {
		t.Fatal(err)
	}
	c, err := city.Build(city.Options{Tree: tree, People: 2000, Seed: 1, Params: how})
	if err != nil {
		t.Fatal(err)
	}
	d, err := params.Load("omicron-ba2")
	if err != nil {
		t.Fatal(err)
	}
	m, err := sim.Fit(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Whatever was told, and in whatever order, the figures of a card hold each other.
func TestTheFiguresOfACardHoldEachOther(t *testing.T) {
	t.Parallel()
	m := model(t)
	rapid.Check(t, func(t *rapid.T) {
		w, err := sim.New(sim.Options{Model: m, Seed: rapid.Uint64Range(0, 20).Draw(t, "seed"), Seeds: 5, Compliance: 1})
		if err != nil {
			t.Fatal(err)
		}
		truth := &Truth{}
		days := rapid.IntRange(1, 12).Draw(t, "days")
		for day := range days {
			for range rapid.IntRange(0, 30).Draw(t, "n") {
				p := city.Person(rapid.IntRange(0, 1999).Draw(t, "p"))
				at := sim.At(day, rapid.IntRange(0, sim.DayLength-1).Draw(t, "at"))
				switch rapid.IntRange(0, 4).Draw(t, "what") {
				case 0:
					truth.Find(w, p, at, at, rapid.Bool().Draw(t, "apart"))
					if !truth.Began {
						truth.First, truth.Began, truth.Then = at, true, w.Infected()
					}
				case 1:
					truth.Apart(p, rapid.Bool().Draw(t, "is"), at)
				case 2:
					truth.List(p)
				case 3:
					truth.Moved(rapid.Bool().Draw(t, "in time"))
				default: // one of the infected is found
					w.Infections(func(i sim.Infection) {
						if i.Person%7 == p%7 && i.At <= at {
							truth.Find(w, i.Person, at, at, p%2 == 0)
						}
					})
				}
			}
			w.End()
		}
		var c Card
		truth.Score(w, sim.At(days, 0), &c)
		for name, ok := range map[string]bool{
			"found among the infected":         c.Found <= c.TrueInfected,
			"found before, among the found":    c.FoundBefore <= c.Found,
			"in isolation, among the found":    c.FoundInIsolation <= c.Found,
			"ill, among the contacts":          c.ContactsIll <= c.Contacts,
			"in time, among the transfers":     c.TransfersInTime <= c.Transfers,
			"without need, among all":          c.WithoutNeed <= c.Restricted,
			"isolated, among the found":        c.ToIsolation.N <= c.ToKnown.N && c.ToKnown.N == c.Found,
			"medians are not above nine tenth": c.ToKnown.Median <= c.ToKnown.P90 && c.ToIsolation.Median <= c.ToIsolation.P90,
			"nobody is found before infection": c.ToKnown.Median >= 0,
			"zero is a day of the drill":       c.CommunityZero == nil || *c.CommunityZero >= 0 && *c.CommunityZero < days,
		} {
			if !ok {
				t.Errorf("%s: %+v", name, c)
			}
		}
	})
}

func TestCommunityZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, last, end, want int }{
		{4, 4, 20, 1},   // found outside isolation on the first day alone
		{4, 15, 20, 12}, // the twelfth day is clean, and all after it
		{4, 20, 20, -1}, // somebody was found on the last day
		{4, -1, 20, 0},  // nobody ever
	} {
		got := Zero(c.first, c.last, c.end)
		if (got == nil) != (c.want < 0) || got != nil && *got != c.want {
			t.Errorf("first %d, last %d, end %d: %v, want %d", c.first, c.last, c.end, got, c.want)
		}
	}
}
