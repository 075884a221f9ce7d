package roundcity_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/plan/round"
	"firebreak/internal/plan/roundcity"
	"firebreak/internal/screening"
)

// city draws a round of which some is known: a city with two or three streets and their communities, some on the map, some sites and laboratories, and what has come in.
func city(t *rapid.T) roundcity.Facts {
	list := []place.Jurisdiction{{ID: 1, Code: "37", Name: "市", Level: place.City}}
	id := place.AreaID(1)
	var communities []place.AreaID
	f := roundcity.Facts{Zone: time.FixedZone("", 8*3600), Outlines: map[place.AreaID]roundcity.Ground{}}
	for s := range rapid.IntRange(1, 3).Draw(t, "streets") {
		id++
		street := id
		list = append(list, place.Jurisdiction{ID: street, Parent: 1, Code: fmt.Sprintf("37%d", s), Name: "街", Level: place.Street})
		for range rapid.IntRange(1, 4).Draw(t, "communities") {
			id++
			list = append(list, place.Jurisdiction{ID: id, Parent: street, Code: fmt.Sprintf("37%d-%d", s, id), Name: "居", Level: place.Community})
			communities = append(communities, id)
		}
	}
	tree, err := place.NewTree(list)
	if err != nil {
		t.Fatal(err)
	}
	f.Tree = tree
	for a := place.AreaID(1); a <= id; a++ {
		if rapid.Bool().Draw(t, "on the map") {
			f.Outlines[a] = roundcity.Ground{Lat: 36 + float64(a)/200, Lon: 120, Reach: 800}
		}
	}
	start := time.Date(2022, 3, 9, 7, 0, 0, 0, f.Zone)
	f.Round = screening.Round{ID: 1, Number: 1, State: screening.Planned, Areas: []place.AreaID{1}, Area: 1, StartsAt: start, EndsAt: start.Add(24 * time.Hour), Pool: 10}
	if rapid.Bool().Draw(t, "pools") {
		f.Round.Pools = []screening.AreaPool{{Area: communities[0], Pool: 1}}
	}
	f.Result = time.Duration(rapid.IntRange(0, 6).Draw(t, "clock")) * time.Hour
	f.Now = start.Add(time.Duration(rapid.IntRange(-600, 1800).Draw(t, "now")) * time.Minute)
	for _, a := range communities {
		d := roundcity.Due{Area: a, People: int64(rapid.IntRange(0, 400).Draw(t, "due"))}
		if f.Now.After(start) {
			d.Sampled = int64(rapid.IntRange(0, int(d.People)).Draw(t, "sampled"))
			f.Done.Swabs += d.Sampled
		}
		f.Due = append(f.Due, d)
	}
	f.Done.Tubes = (f.Done.Swabs + 9) / 10
	clock := func(name string) time.Duration {
		return time.Duration(rapid.IntRange(0, 24).Draw(t, name)) * time.Hour
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "sites") {
		at := communities[rapid.IntRange(0, len(communities)-1).Draw(t, "at")]
		s := screening.Site{ID: screening.SiteID(i + 1), Code: fmt.Sprintf("S%d", i), Area: at, Lanes: int64(rapid.IntRange(1, 3).Draw(t, "lanes")), Closed: rapid.IntRange(0, 4).Draw(t, "closed") == 0, Opens: clock("opens"), Closes: clock("closes")}
		if s.Located = rapid.Bool().Draw(t, "located"); s.Located {
			s.Lat, s.Lon = 36+float64(at)/200, 120.01
		}
		f.Sites = append(f.Sites, s)
		if f.Done.Tubes > 0 {
			if f.Done.Waiting == nil {
				f.Done.Waiting = map[screening.SiteID]int64{}
			}
			f.Done.Waiting[s.ID] = int64(rapid.IntRange(0, 5).Draw(t, "waiting"))
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "labs") {
		l := roundcity.Laboratory{Laboratory: lab.Laboratory{ID: lab.LaboratoryID(i + 1), Code: fmt.Sprintf("L%d", i), Area: 1, PerHour: int64(rapid.IntRange(0, 30).Draw(t, "per hour")),
			Turnaround: clock("turnaround") / 4, Closed: rapid.IntRange(0, 4).Draw(t, "closed") == 0, Opens: clock("opens"), Closes: clock("closes")}, Measured: float64(rapid.IntRange(0, 20).Draw(t, "measured"))}
		if f.Done.Tubes > 0 {
			l.InHand = int64(rapid.IntRange(0, 8).Draw(t, "in hand"))
		}
		f.Laboratories = append(f.Laboratories, l)
	}
	if f.Now.After(start) && rapid.Bool().Draw(t, "open") {
		f.Round.State = screening.Open
	}
	return f
}

// TestEveryRoundCanBePlanned holds that whatever is known or missing, there is a city, its plan is right, and what cannot be done is told as what is short.
func TestEveryRoundCanBePlanned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := city(t)
		c, notes, err := roundcity.Build(f)
		if err != nil {
			t.Fatal(err)
		}
		var want, got, sampled, wasSampled int64
		for _, d := range f.Due {
			want += d.People
			wasSampled += d.Sampled
		}
		for _, m := range c.Community {
			for _, g := range m.Groups {
				got += g.People
			}
		}
		for _, s := range c.Done.Sampled {
			sampled += s.People
		}
		if got != want || sampled != wasSampled {
			t.Fatalf("%d people due, %d sampled; the city has %d and %d", want, wasSampled, got, sampled)
		}
		plan, err := round.Make(c, round.Options{NoRemedies: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := round.Check(c, plan); err != nil {
			t.Fatal(err)
		}
		if left := want - wasSampled; left > 0 && (len(c.Sites) == 0 || len(c.Labs) == 0) && (plan.Complete || len(plan.Short) == 0) {
			t.Fatalf("%d people to sample with %d sites and %d laboratories: complete %v, short %v", left, len(c.Sites), len(c.Labs), plan.Complete, plan.Short)
		}
		if has := slices.ContainsFunc(notes, func(n roundcity.Note) bool { return n.Kind == roundcity.NoSites }); has != (len(c.Sites) == 0) {
			t.Fatalf("%d sites, and the notes are %v", len(c.Sites), notes)
		}
	})
}

// TestOrderOfFactsDoesNotMatter: the same round makes the same city, however its facts were read.
func TestOrderOfFactsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := city(t)
		one, _, err := roundcity.Build(f)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(uint64(rapid.Uint32().Draw(t, "seed")), 1))
		g := f
		g.Due, g.Sites, g.Laboratories = slices.Clone(f.Due), slices.Clone(f.Sites), slices.Clone(f.Laboratories)
		rng.Shuffle(len(g.Due), func(i, j int) { g.Due[i], g.Due[j] = g.Due[j], g.Due[i] })
		rng.Shuffle(len(g.Sites), func(i, j int) { g.Sites[i], g.Sites[j] = g.Sites[j], g.Sites[i] })
		rng.Shuffle(len(g.Laboratories), func(i, j int) { g.Laboratories[i], g.Laboratories[j] = g.Laboratories[j], g.Laboratories[i] })
		two, _, err := roundcity.Build(g)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(one, two) {
			t.Fatalf("in another order:\n%+v\n%+v", one, two)
		}
	})
}

// known is a small round of which everything is known but where its two communities lie.
func known(t *testing.T) roundcity.Facts {
	tree, err := place.NewTree([]place.Jurisdiction{
		{ID: 1, Code: "37", Name: "市", Level: place.City}, {ID: 2, Parent: 1, Code: "3701", Name: "东街", Level: place.Street}, {ID: 3, Parent: 1, Code: "3702", Name: "西街", Level: place.Street},
		{ID: 4, Parent: 2, Code: "370101", Name: "甲", Level: place.Community}, {ID: 5, Parent: 2, Code: "370102", Name: "乙", Level: place.Community}, {ID: 6, Parent: 3, Code: "370201", Name: "丙", Level: place.Community},
	})
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("", 8*3600)
	start := time.Date(2022, 3, 9, 7, 0, 0, 0, zone)
	return roundcity.Facts{
		Tree: tree, Zone: zone, Now: start.Add(-time.Hour), Result: 6 * time.Hour,
		Round:    screening.Round{Number: 3, State: screening.Planned, Areas: []place.AreaID{1}, Area: 1, StartsAt: start, EndsAt: start.Add(24 * time.Hour), Pool: 20, Pools: []screening.AreaPool{{Area: 5, Pool: 1}}},
		Due:      []roundcity.Due{{Area: 4, People: 500}, {Area: 5, People: 20}, {Area: 6, People: 300}},
		Outlines: map[place.AreaID]roundcity.Ground{2: {Lat: 36.1, Lon: 120.1, Reach: 2000}, 3: {Lat: 36.2, Lon: 120.3, Reach: 2000}},
		Sites: []screening.Site{{ID: 1, Code: "甲-1", Area: 4, Lanes: 2, Located: true, Lat: 36.101, Lon: 120.101, Opens: 22 * time.Hour, Closes: 6 * time.Hour},
			{ID: 2, Code: "丙-1", Area: 6, Lanes: 1, Opens: 8 * time.Hour, Closes: 20 * time.Hour}, {ID: 3, Code: "关", Area: 6, Lanes: 9, Closed: true}},
		Laboratories: []roundcity.Laboratory{{Laboratory: lab.Laboratory{ID: 1, Code: "L1", Area: 2, PerHour: 40, Turnaround: 3 * time.Hour}}, {Laboratory: lab.Laboratory{ID: 2, Code: "L2", Area: 3}}},
	}
}

func TestWhatIsKnownIsInTheCity(t *testing.T) {
	t.Parallel()
	f := known(t)
	c, notes, err := roundcity.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	if c.Deadline != 30 || c.Period != 15 || c.Start.Hour() != 7 {
		t.Errorf("deadline %g, period %d, start %s", c.Deadline, c.Period, c.Start)
	}
	if want := []round.Class{{ID: "tubes-of-20", Pool: 20}, {ID: "tubes-of-1", Pool: 1}}; !slices.Equal(c.Classes, want) {
		t.Errorf("classes %v, want %v", c.Classes, want)
	}
	// Over midnight: what is left of the night before is too early, and each night on is a window.
	if got, want := c.Sites[0].Open[0], (round.Window{From: 15, To: 23}); got != want {
		t.Errorf("a site open from 22 to 6 opens at %v, want %v", got, want)
	}
	if got, want := c.Sites[1].Open[0], (round.Window{From: 1, To: 13}); got != want {
		t.Errorf("a site open from 8 to 20 opens at %v, want %v", got, want)
	}
	if len(c.Sites) != 2 || c.Sites[1].Zone != "3702" || len(c.Zones) != 2 {
		t.Errorf("sites %+v in zones %+v", c.Sites, c.Zones)
	}
	if c.Sites[1].Lat != c.Community[2].Lat {
		t.Error("a site without coordinates does not stand in the middle of its area")
	}
	// 甲 has a located site, 乙 lies beside it in the same street and not in the other.
	if at := c.Community[1]; at.Lat > 36.15 || at.Lat == c.Community[0].Lat {
		t.Errorf("乙 lies at %g %g", at.Lat, at.Lon)
	}
	// Of the city itself nothing is known but what lies in it: nothing is a day's drive away.
	f.Laboratories[0].Area = 1
	if moved, _, err := roundcity.Build(f); err != nil || moved.Labs[0].Lat < 36 || moved.Labs[0].Lon < 120 {
		t.Errorf("a laboratory of the city lies at %+v, %v", moved.Labs, err)
	}
	if len(c.Labs) != 1 || c.Labs[0].Turnaround != 3 {
		t.Errorf("laboratories %+v", c.Labs)
	}
	got := map[roundcity.Kind]int64{}
	for _, n := range notes {
		got[n.Kind] = n.N
	}
	want := map[roundcity.Kind]int64{roundcity.AreasPlaced: 3, roundcity.SitesPlaced: 1, roundcity.LabsPlaced: 1, roundcity.LabsLeftOut: 1, roundcity.AsManyAsNeeded: 1}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("notes %v, want %v", got, want)
	}
}

// TestLaboratoriesByHour: what a laboratory reads by the hour of the day is what it is planned with, and one rate is one.
func TestLaboratoriesByHour(t *testing.T) {
	t.Parallel()
	f := known(t) // from 7 o'clock on
	f.Laboratories[0].Rates = []lab.Rate{{From: 12 * time.Hour, Until: 13 * time.Hour}, {From: 22 * time.Hour, Until: 6 * time.Hour, PerHour: 10}}
	f.Laboratories[1].Opens, f.Laboratories[1].Closes, f.Laboratories[1].Rates = 6*time.Hour, 18*time.Hour, []lab.Rate{{From: 17 * time.Hour, Until: 20 * time.Hour, PerHour: 5}}
	c, _, err := roundcity.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	if want := []round.Rate{{From: 0, To: 5, Tubes: 40}, {From: 6, To: 15, Tubes: 40}, {From: 15, To: 23, Tubes: 10}, {From: 23, To: 29, Tubes: 40}}; len(c.Labs) != 2 || !slices.Equal(c.Labs[0].Capacity[:4], want) {
		t.Errorf("laboratories %+v, the first from %v on", c.Labs, want)
	}
	if want := []round.Rate{{From: 10, To: 11, Tubes: 5}, {From: 34, To: 35, Tubes: 5}}; !slices.Equal(c.Labs[1].Capacity[:2], want) {
		t.Errorf("the second reads %v, want from %v on", c.Labs[1].Capacity, want)
	}
	fast, err := round.Make(c, round.Options{NoRemedies: true})
	if err != nil {
		t.Fatal(err)
	}
	f.Laboratories[0].Rates[1].PerHour = 0
	if c, _, err = roundcity.Build(f); err != nil {
		t.Fatal(err)
	}
	slow, err := round.Make(c, round.Options{NoRemedies: true})
	if err != nil {
		t.Fatal(err)
	}
	if slow.FinishResults < fast.FinishResults {
		t.Errorf("results by %g with nothing read at night, by %g with a little", slow.FinishResults, fast.FinishResults)
	}

	f = known(t)
	if c, _, err = roundcity.Build(f); err != nil || !slices.Equal(c.Labs[0].Capacity, []round.Rate{{From: 0, To: c.Horizon, Tubes: 40}}) {
		t.Errorf("one rate, day and night: %v, %v", c.Labs[0].Capacity, err)
	}
}

func TestWhatHasHappenedStays(t *testing.T) {
	t.Parallel()
	f := known(t)
	f.Round.State, f.Now = screening.Open, f.Round.StartsAt.Add(5*time.Hour)
	f.Due[0].Sampled = 480
	f.Done = roundcity.Done{Tubes: 24, Swabs: 480, Last: f.Now.Add(-time.Hour), Waiting: map[screening.SiteID]int64{1: 4, 3: 2}}
	f.Laboratories[0].InHand, f.Laboratories[1].InHand = 10, 5
	c, _, err := roundcity.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	want := []round.Waiting{{Zone: "3701", Ready: 5, Tubes: 4}, {Zone: "3702", Ready: 5, Tubes: 7}, {Lab: "L1", Ready: 5, Tubes: 10}}
	if !slices.Equal(c.Done.Waiting, want) {
		t.Errorf("waiting %+v, want %+v", c.Done.Waiting, want)
	}
	plan, err := round.Make(c, round.Options{NoRemedies: true})
	if err != nil {
		t.Fatal(err)
	}
	if plan.People != 340 || plan.Frozen.People != 480 || plan.Frozen.Sampling != 4 {
		t.Errorf("%d people planned, %d before, the last at hour %g", plan.People, plan.Frozen.People, plan.Frozen.Sampling)
	}
}

func TestOnlyWhatCanBePlannedIs(t *testing.T) {
	t.Parallel()
	f := known(t)
	f.Now = f.Round.StartsAt.Add(11 * 24 * time.Hour)
	if _, _, err := roundcity.Build(f); !errors.Is(err, roundcity.ErrOver) {
		t.Errorf("after eleven days: %v", err)
	}
	f = known(t)
	f.Round.State = screening.Closed
	if _, _, err := roundcity.Build(f); !errors.Is(err, roundcity.ErrState) {
		t.Errorf("of a closed round: %v", err)
	}
	f = known(t)
	f.Round.EndsAt = f.Round.StartsAt.Add(14 * 24 * time.Hour)
	c, notes, err := roundcity.Build(f)
	if err != nil || c.Deadline != 240 || c.Period != 60 || notes[0].Kind != roundcity.Endless {
		t.Errorf("of two weeks: deadline %g, period %d, %v, %v", c.Deadline, c.Period, notes, err)
	}
}
