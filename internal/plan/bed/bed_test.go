package bed_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/plan/bed"
)

func drawSites(t *rapid.T) []bed.Site {
	var out []bed.Site
	for i := range rapid.IntRange(1, 3).Draw(t, "sites") {
		s := bed.Site{ID: fmt.Sprint("s", i), Lat: 36, Lon: 120 + float64(rapid.IntRange(0, 50).Draw(t, "lon"))/1000}
		if rapid.IntRange(0, 3).Draw(t, "risky") == 0 {
			s.Risks = []string{"close"}
		}
		for j := range rapid.IntRange(1, 4).Draw(t, "rooms") {
			r := bed.Rooms{ID: fmt.Sprint("r", j), Group: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "group"), Count: rapid.IntRange(0, 4).Draw(t, "count"), Beds: rapid.IntRange(1, 5).Draw(t, "beds")}
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				r.Shared, r.Female, r.Male = true, rapid.IntRange(0, 2).Draw(t, "f"), rapid.IntRange(0, 2).Draw(t, "m")
			case 1:
				r.Ward = true
			}
			r.Takes = rapid.SampledFrom([]string{"", "", "case"}).Draw(t, "takes")
			r.Holds = rapid.SampledFrom([]string{"", "", "", "contact"}).Draw(t, "holds")
			if rapid.Bool().Draw(t, "care") {
				r.Care = []string{"oxygen"}
			}
			s.Rooms = append(s.Rooms, r)
		}
		out = append(out, s)
	}
	return out
}

func drawParties(t *rapid.T, most int) []bed.Party {
	var out []bed.Party
	for i := range rapid.IntRange(0, most).Draw(t, "parties") {
		p := bed.Party{ID: fmt.Sprint("p", i), Lat: 36, Lon: 120 + float64(rapid.IntRange(0, 50).Draw(t, "lon"))/1000, Class: rapid.SampledFrom([]string{bed.Case, bed.Contact}).Draw(t, "class"), Risk: rapid.SampledFrom([]string{"", "close"}).Draw(t, "risk")}
		for j := range rapid.IntRange(1, 5).Draw(t, "people") {
			m := bed.Person{ID: fmt.Sprint(j), Sex: rapid.SampledFrom([]string{"f", "m", ""}).Draw(t, "sex"), Child: rapid.IntRange(0, 2).Draw(t, "child") == 0}
			if rapid.IntRange(0, 4).Draw(t, "sick") == 0 {
				m.Needs = []string{"oxygen"}
			}
			p.People = append(p.People, m)
		}
		out = append(out, p)
	}
	return out
}

func TestAssignmentsPassTheCheck(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sites, parties := drawSites(t), drawParties(t, 8)
		p := bed.Assign(sites, parties, bed.Options{Bound: true})
		if err := bed.Check(sites, parties, p.Beds); err != nil {
			t.Fatal(err)
		}
		if len(p.Beds)+len(p.Unplaced) != len(parties) || p.Complete != (len(p.Unplaced) == 0) {
			t.Fatalf("%d of %d have a bed, %d have not", len(p.Beds), len(parties), len(p.Unplaced))
		}
		if p.Km < p.Bound-0.001*float64(p.People+1) {
			t.Fatalf("%g person-km, bound %g", p.Km, p.Bound)
		}
		// Whoever is there stays there when the rest is asked again.
		held := map[string]bed.Assignment{}
		for i, a := range p.Beds {
			if i%2 == 0 {
				held[a.Party] = a
			}
		}
		again := bed.Assign(sites, parties, bed.Options{Held: held})
		if err := bed.Check(sites, parties, again.Beds); err != nil {
			t.Fatal(err)
		}
		for _, a := range again.Beds {
			if h, is := held[a.Party]; is && fmt.Sprint(h) != fmt.Sprint(a) {
				t.Fatalf("%v was there and is at %v", h, a)
			}
		}
	})
}

func TestLedgerIsUndone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sites, parties := drawSites(t), drawParties(t, 8)
		l := bed.NewLedger(sites, parties)
		state := func() string {
			text := ""
			for p := range parties {
				if l.Mark(p) < 0 {
					for s := range sites {
						text += fmt.Sprint(l.Fits(p, s))
					}
				}
			}
			return text + fmt.Sprint(l.Assignments())
		}
		before := state()
		for p := range parties {
			for s := range sites {
				fits := l.Fits(p, s)
				if put := l.Put(p, s); put != fits {
					t.Fatalf("%d fits at %d: %v, was put: %v", p, s, fits, put)
				}
				if fits {
					break
				}
			}
		}
		for p := range parties {
			l.Take(p)
		}
		if after := state(); after != before {
			t.Fatalf("%s, then %s", before, after)
		}
	})
}

// most is how many of the parties can have a bed, by trying everything: the oracle for tiny questions.
func most(sites []bed.Site, parties []bed.Party, l *bed.Ledger, p int) int {
	if p == len(parties) {
		return 0
	}
	best := most(sites, parties, l, p+1)
	for s := range sites {
		if l.Put(p, s) {
			best = max(best, 1+most(sites, parties, l, p+1))
			l.Take(p)
		}
	}
	return best
}

func TestFewAreLeftOut(t *testing.T) {
	t.Parallel()
	left, asked := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		sites, parties := drawSites(t), drawParties(t, 5)
		p := bed.Assign(sites, parties, bed.Options{})
		could := most(sites, parties, bed.NewLedger(sites, parties), 0)
		if p.Parties < could-1 {
			t.Fatalf("%d have a bed, %d could", p.Parties, could)
		}
		asked += could
		left += could - p.Parties
	})
	if left*20 > asked {
		t.Errorf("of %d who could have a bed %d have none", asked, left)
	}
}

func TestRefusalsSayWhatIsShort(t *testing.T) {
	t.Parallel()
	rooms := []bed.Rooms{{ID: "twin", Group: "A", Count: 1, Beds: 2}}
	site := []bed.Site{{ID: "s", Risks: []string{"close"}, Rooms: rooms}}
	adult, child := bed.Person{ID: "a"}, bed.Person{ID: "b", Child: true}
	for want, p := range map[string]bed.Party{
		bed.ShortGuardian: {Class: bed.Contact, Risk: "close", People: []bed.Person{child}},
		bed.ShortSite:     {Class: bed.Contact, Risk: "secondary", People: []bed.Person{adult}},
		bed.ShortCare:     {Class: bed.Contact, Risk: "close", People: []bed.Person{{ID: "a", Needs: []string{"oxygen"}}}},
		bed.ShortTogether: {Class: bed.Contact, Risk: "close", People: []bed.Person{adult, {ID: "c"}, {ID: "d"}}},
		"":                {Class: bed.Contact, Risk: "close", People: []bed.Person{adult, child}},
	} {
		p.ID = "p"
		got := bed.Assign(site, []bed.Party{p}, bed.Options{})
		short := ""
		if len(got.Unplaced) > 0 {
			short = got.Unplaced[0].Short
			if got.Unplaced[0].Meaning == "" {
				t.Errorf("%s: no meaning", short)
			}
		}
		if short != want {
			t.Errorf("got %q, want %q", short, want)
		}
	}
	two := []bed.Party{{ID: "p", Class: bed.Contact, Risk: "close", People: []bed.Person{adult}}, {ID: "q", Class: bed.Contact, Risk: "close", People: []bed.Person{adult}}}
	if got := bed.Assign(site, two, bed.Options{}); len(got.Unplaced) != 1 || got.Unplaced[0].Short != bed.ShortRooms {
		t.Errorf("two for one room: %v", got.Unplaced)
	}
}
