package round_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/plan/round"
	"firebreak/internal/plan/samplecity"
)

func city(tb testing.TB, people int64, mixed bool, period int) round.City {
	tb.Helper()
	c, err := samplecity.Make(samplecity.Options{People: people, Seed: 1, Mixed: mixed, Period: period})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func mustMake(tb interface {
	Helper()
	Fatal(...any)
}, c round.City, o round.Options) round.Plan {
	tb.Helper()
	p, err := round.Make(c, o)
	if err != nil {
		tb.Fatal(err)
	}
	if err := round.Check(c, p); err != nil {
		tb.Fatal(err)
	}
	return p
}

func asJSON(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func TestTheSameCityTwiceGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	for _, mixed := range []bool{false, true} {
		c := city(t, 10_000, mixed, 15)
		a, b := mustMake(t, c, round.Options{AllRemedies: true}), mustMake(t, c, round.Options{AllRemedies: true})
		if asJSON(t, a) != asJSON(t, b) {
			t.Errorf("mixed %v: two plans of one city differ", mixed)
		}
		if !a.Complete || a.People != 10_000 {
			t.Errorf("mixed %v: complete %v, %d people, want 10000; short: %v", mixed, a.Complete, a.People, a.Short)
		}
		if len(a.Remedies) < 20 {
			t.Errorf("mixed %v: %d remedies tried", mixed, len(a.Remedies))
		}
	}
}

// drawCity draws a small city in which anything may bind.
func drawCity(t *rapid.T) round.City {
	period := rapid.SampledFrom([]int{15, 30, 60}).Draw(t, "period")
	c := round.City{Name: "drawn", Start: time.Date(2022, 3, 9, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, time.UTC), Period: period, Horizon: 60}
	at := func(name string) (float64, float64) {
		return 36 + float64(rapid.IntRange(0, 60).Draw(t, name+" lat"))/1000, 120 + float64(rapid.IntRange(0, 60).Draw(t, name+" lon"))/1000
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "classes") {
		c.Classes = append(c.Classes, round.Class{ID: fmt.Sprint("k", i), Pool: rapid.SampledFrom([]int{1, 5, 10, 20}).Draw(t, "pool")})
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "zones") {
		z := round.Zone{ID: fmt.Sprint("z", i)}
		z.Lat, z.Lon = at("zone")
		if rapid.Bool().Draw(t, "limited samplers") {
			z.Samplers = []round.Shift{{From: 0, To: 8, Count: rapid.IntRange(0, 3).Draw(t, "day")}, {From: 6, To: 60, Count: rapid.IntRange(1, 3).Draw(t, "night")}}
		}
		if rapid.Bool().Draw(t, "limited couriers") {
			z.Couriers, z.TubesPerTrip = rapid.IntRange(1, 2).Draw(t, "couriers"), rapid.IntRange(1, 30).Draw(t, "load")
		}
		c.Zones = append(c.Zones, z)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "sites") {
		s := round.Site{ID: fmt.Sprint("s", i), Zone: fmt.Sprint("z", rapid.IntRange(0, len(c.Zones)-1).Draw(t, "zone")), Lanes: rapid.IntRange(0, 3).Draw(t, "lanes"), Rate: float64(rapid.IntRange(3, 60).Draw(t, "rate"))}
		s.Lat, s.Lon = at("site")
		if rapid.Bool().Draw(t, "hours") {
			from := float64(rapid.IntRange(0, 40).Draw(t, "from")) / 4
			s.Open = []round.Window{{From: from, To: from + float64(rapid.IntRange(1, 40).Draw(t, "long"))/4}}
		}
		c.Sites = append(c.Sites, s)
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "labs") {
		l := round.Lab{ID: fmt.Sprint("l", i), Turnaround: float64(rapid.IntRange(0, 12).Draw(t, "turnaround")) / 4}
		l.Lat, l.Lon = at("lab")
		from := float64(rapid.IntRange(0, 24).Draw(t, "opens")) / 4
		l.Capacity = []round.Rate{{From: from, To: from + float64(rapid.IntRange(4, 200).Draw(t, "works"))/4, Tubes: float64(rapid.IntRange(0, 30).Draw(t, "tubes"))}}
		c.Labs = append(c.Labs, l)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "communities") {
		m := round.Commune{ID: fmt.Sprint("c", i)}
		m.Lat, m.Lon = at("community")
		for _, k := range c.Classes {
			m.Groups = append(m.Groups, round.Group{Class: k.ID, People: int64(rapid.IntRange(0, 150).Draw(t, "people"))})
		}
		c.Community = append(c.Community, m)
	}
	c.Rules.MaxWalk = rapid.SampledFrom([]float64{0, 2000, 5000}).Draw(t, "walk")
	if rapid.Bool().Draw(t, "begun") {
		c.Done.Now = float64(rapid.IntRange(0, 20).Draw(t, "now")) / 4
		if period > 15 {
			c.Done.Now = math.Floor(c.Done.Now)
		}
		c.Done.Waiting = []round.Waiting{{Zone: "z0", Ready: c.Done.Now, Tubes: 7}, {Lab: "l0", Ready: c.Done.Now + 1, Tubes: 5}}
		c.Done.Sampled = []round.Sampled{{Community: "c0", Class: "k0", People: 20}}
	}
	return c
}

// Every plan passes a checker that shares no code with the planner, whatever binds and whatever is lacking.
func TestEveryPlanPassesTheChecker(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCity(t)
		p := mustMake(t, c, round.Options{NoRemedies: true})
		if !p.Complete && len(p.Short) == 0 {
			t.Fatal("not complete, and nothing said to be short")
		}
		var due int64
		for _, m := range c.Community {
			for _, g := range m.Groups {
				due += g.People
				for _, s := range c.Done.Sampled {
					if s.Community == m.ID && s.Class == g.Class {
						due -= min(g.People, s.People)
					}
				}
			}
		}
		short := int64(0)
		for _, s := range p.Short {
			short += s.People
		}
		if p.People+short != due {
			t.Fatalf("%d planned for, %d short, of %d due", p.People, short, due)
		}
	})
}

// More of anything never makes the smallest deadline of a city with one pool size later.
func TestMoreIsNeverLater(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCity(t)
		c.Classes = c.Classes[:1]
		for i := range c.Community {
			c.Community[i].Groups = c.Community[i].Groups[:1]
		}
		for i := range c.Zones {
			c.Zones[i].Samplers = nil // whole lanes may round either way
		}
		before := mustMake(t, c, round.Options{NoRemedies: true})
		if !before.Complete {
			return
		}
		if before.Gap > 1e-9 {
			t.Fatalf("gap %g where the network is exact", before.Gap)
		}
		i := rapid.IntRange(0, len(c.Labs)-1).Draw(t, "which")
		c.Labs[i].Capacity = append(c.Labs[i].Capacity, round.Rate{From: 0, To: 60, Tubes: 10})
		for i := range c.Sites {
			c.Sites[i].Lanes++
		}
		if after := mustMake(t, c, round.Options{NoRemedies: true}); after.FinishResults > before.FinishResults+1e-9 {
			t.Fatalf("with more of it %g, before %g", after.FinishResults, before.FinishResults)
		}
	})
}

// A checker that passes everything would be worth nothing.
func TestTheCheckerFindsFaults(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	c := city(t, 10_000, true, 15)
	fresh := func() round.Plan { return mustMake(t, c, round.Options{NoRemedies: true}) }
	for name, spoil := range map[string]func(*round.Plan){
		"a person more":             func(p *round.Plan) { p.Assignments[0].People++ },
		"a row less":                func(p *round.Plan) { p.Assignments = p.Assignments[1:] },
		"a tube less":               func(p *round.Plan) { p.Assignments[0].Tubes-- },
		"another way":               func(p *round.Plan) { p.Assignments[0].Walk += 100 },
		"too many in a period":      func(p *round.Plan) { p.Sampling[0].People += 200; p.Sampling[1].People -= 200 },
		"no staff":                  func(p *round.Plan) { p.Staff = p.Staff[1:] },
		"sampled too late":          func(p *round.Plan) { p.Assignments[0].To = p.Assignments[0].From },
		"a delivery less":           func(p *round.Plan) { p.Deliveries = p.Deliveries[1:] },
		"a delivery too fast":       func(p *round.Plan) { p.Deliveries[0].Ready = p.Deliveries[0].Collected },
		"carried before closed":     func(p *round.Plan) { p.Deliveries[0].Collected = 0 },
		"a laboratory too fast":     func(p *round.Plan) { p.Intake[3].Tubes += 500 },
		"a run before the tubes":    func(p *round.Plan) { p.Intake[0].From = 0 },
		"a result too early":        func(p *round.Plan) { p.Intake[0].Result = p.Intake[0].From },
		"an early finish":           func(p *round.Plan) { p.FinishResults -= 0.25 },
		"a bound above the finish":  func(p *round.Plan) { p.LowerBound = p.FinishResults + 1 },
		"in time though it is late": func(p *round.Plan) { p.InTime, p.Deadline = true, 1 },
	} {
		p := fresh()
		spoil(&p)
		if round.Check(c, p) == nil {
			t.Errorf("%s: passed", name)
		}
	}
}

func TestWhatIsShortIsSaid(t *testing.T) {
	t.Parallel()
	c := city(t, 10_000, false, 15)
	t.Run("nobody in reach", func(t *testing.T) {
		d := c
		d.Community = append([]round.Commune(nil), c.Community...)
		d.Community[2].Lat, d.Community[2].Lon = 10, 10
		p := mustMake(t, d, round.Options{})
		if p.Complete || len(p.Short) != 1 || p.Short[0].ID != d.Community[2].ID || p.Short[0].People != d.Community[2].Groups[0].People || p.Short[0].Resource != "sites in reach" {
			t.Errorf("short: %+v", p.Short)
		}
	})
	t.Run("laboratories closed", func(t *testing.T) {
		d := c
		d.Labs = append([]round.Lab(nil), c.Labs...)
		for i := range d.Labs {
			d.Labs[i].Capacity = []round.Rate{{From: 0, To: 12, Tubes: 20}}
		}
		p := mustMake(t, d, round.Options{})
		if p.Complete || len(p.Short) == 0 || p.Short[0].Resource != "laboratories" || p.Short[0].Tubes+p.Short[0].People == 0 {
			t.Errorf("complete %v, short: %+v", p.Complete, p.Short)
		}
		if len(p.Bottleneck) == 0 || p.Bottleneck[0].Resource != "laboratories" {
			t.Errorf("bottleneck: %+v", p.Bottleneck)
		}
	})
	t.Run("too late for the promise", func(t *testing.T) {
		d := c
		d.Deadline = 12
		p := mustMake(t, d, round.Options{})
		if !p.Complete || p.InTime || len(p.Short) != 1 || p.Short[0].By != 12 || p.Short[0].Tubes <= 0 {
			t.Errorf("complete %v, in time %v, short: %+v", p.Complete, p.InTime, p.Short)
		}
	})
	t.Run("no laboratory at all", func(t *testing.T) {
		d := c
		d.Labs = nil
		if p := mustMake(t, d, round.Options{}); p.Complete || len(p.Short) == 0 {
			t.Errorf("short: %+v", p.Short)
		}
	})
}

// Where laboratories bind, more of them save hours and more lanes save none, and the plan says both.
func TestRemediesAreSolvedAgain(t *testing.T) {
	t.Parallel()
	c := city(t, 10_000, false, 15)
	c.Labs = append([]round.Lab(nil), c.Labs...)
	for i := range c.Labs {
		c.Labs[i].Capacity = []round.Rate{{From: 0, To: 240, Tubes: 20}}
	}
	p := mustMake(t, c, round.Options{AllRemedies: true})
	if p.Bottleneck[0].Resource != "laboratories" || p.Bottleneck[0].HoursSaved <= 0 {
		t.Fatalf("bottleneck: %+v", p.Bottleneck[0])
	}
	saved := map[string]float64{}
	last := 0.0
	for _, r := range p.Remedies {
		saved[r.Name] = r.HoursSaved
		if r.HoursSaved > 0 {
			if r.PerHour < last {
				t.Errorf("%s at %g an hour stands after one at %g", r.Name, r.PerHour, last)
			}
			last = r.PerHour
		}
	}
	if saved["pool 20 in precaution"] <= 3 || saved["+2 mobile laboratories"] <= 0 || saved["50 % more lanes"] != 0 {
		t.Errorf("saved: %v", saved)
	}
	// What it says a remedy gives is what the changed city gives.
	d := c
	d.Classes = []round.Class{{ID: "precaution", Pool: 20}}
	if q := mustMake(t, d, round.Options{NoRemedies: true}); math.Abs(p.FinishResults-q.FinishResults-saved["pool 20 in precaution"]) > 1e-9 {
		t.Errorf("pool 20: %g, said to save %g of %g", q.FinishResults, saved["pool 20 in precaution"], p.FinishResults)
	}
}

// What is found beside the search for the cheapest plan is what is found after it, with the plan to begin with.
func TestRemediesBesideThePlan(t *testing.T) {
	t.Parallel()
	n, enough := 0, math.MaxInt
	if testing.Short() { // the two run beside each other in each: a few show a race
		enough = 3
	}
	rapid.Check(t, func(t *rapid.T) {
		if n++; n > enough {
			return
		}
		c := drawCity(t)
		c.Classes = slices.Clone(c.Classes)
		for i := range c.Classes { // of one size: only then they are tried beside it
			c.Classes[i].Pool = c.Classes[0].Pool
		}
		p := mustMake(t, c, round.Options{AllRemedies: true})
		after, err := round.Remedies(c, p)
		if err != nil {
			t.Fatal(err)
		}
		said := func(list []round.Remedy) (out []string) {
			for _, r := range list {
				out = append(out, fmt.Sprint(r.Change, r.Against, r.FinishResults, r.HoursSaved, r.Cost, r.PerHour))
			}
			return out
		}
		if got, want := said(p.Remedies), said(after); !slices.Equal(got, want) {
			t.Fatalf("beside the plan:\n%s\nafter it:\n%s", got, want)
		}
	})
}

// With pools of several sizes a remedy that saves nothing is not solved to its end: it never says that it is later than the plan as it is, and what it saves is what the changed city's own plan does.
func TestRemediesOfSeveralPools(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0.5, 0.75, 1} {
		c := city(t, 10_000, true, 15)
		c.Labs = slices.Clone(c.Labs)
		for i := range c.Labs {
			c.Labs[i].Capacity = slices.Clone(c.Labs[i].Capacity)
			for j := range c.Labs[i].Capacity {
				c.Labs[i].Capacity[j].Tubes *= share
			}
		}
		p := mustMake(t, c, round.Options{AllRemedies: true})
		rates := 0
		for _, r := range p.Remedies {
			if r.FinishResults > p.FinishResults-p.Rounding.Hours+1e-9 || math.Abs(math.Max(0, p.FinishResults-p.Rounding.Hours-r.FinishResults)-r.HoursSaved) > 1e-9 {
				t.Errorf("%g of the laboratories, %s: %g, saves %g of %g", share, r.Name, r.FinishResults, r.HoursSaved, p.FinishResults)
			}
			if r.Change.Key != round.LabRate {
				continue
			}
			rates++
			d := c
			d.Labs = slices.Clone(c.Labs)
			for i := range d.Labs {
				d.Labs[i].Capacity = slices.Clone(c.Labs[i].Capacity)
				for j := range d.Labs[i].Capacity {
					d.Labs[i].Capacity[j].Tubes *= 1.2
				}
			}
			if q := mustMake(t, d, round.Options{NoRemedies: true}); math.Abs(math.Min(q.FinishResults-q.Rounding.Hours, p.FinishResults-p.Rounding.Hours)-r.FinishResults) > 1e-9 {
				t.Errorf("%g of the laboratories, a fifth more: planned by itself %g, said %g", share, q.FinishResults, r.FinishResults)
			}
		}
		if rates != 1 {
			t.Fatalf("%d remedies of the laboratories' rate", rates)
		}
	}
}

// The bound for pools of several sizes holds: no plan that was found another way is earlier.
func TestNoPlanIsEarlierThanTheBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCity(t)
		for i := range c.Sites {
			c.Sites[i].Rate = 4 * math.Ceil(c.Sites[i].Rate/4) // whole people in every period: parts of one may be put into either of two
		}
		for i := range c.Zones {
			c.Zones[i].Samplers = nil // whole lanes may round either way
		}
		if rapid.Bool().Draw(t, "one size") {
			c.Classes = c.Classes[:1]
			c.Classes[0].Pool = 1 // whole tubes may be closed a part of one early
			for i := range c.Community {
				c.Community[i].Groups = c.Community[i].Groups[:1]
			}
		}
		bound, soon, whole, err := round.Bound(c)
		if err != nil {
			t.Fatal(err)
		}
		if soon >= 0 && soon < bound || whole >= 0 && whole < bound {
			t.Fatalf("no plan is said to be earlier than %d periods, others take %d and %d", bound, soon, whole)
		}
	})
}

// Pools of several sizes cost no more than a quarter of an hour over what no plan can beat, whether laboratories bind or lanes do.
func TestMixedPoolsReachTheBound(t *testing.T) {
	t.Parallel()
	binds := map[string]bool{}
	for _, people := range []int64{10_000, 60_000} {
		for _, share := range []float64{1, 0.9, 0.5} {
			c := city(t, people, true, 15)
			for i := range c.Labs {
				c.Labs[i].Capacity[0].Tubes = math.Ceil(c.Labs[i].Capacity[0].Tubes * share)
			}
			p := mustMake(t, c, round.Options{NoRemedies: true})
			if p.Gap > 0.25+1e-9 || share < 1 && p.Bottleneck[0].Resource != "laboratories" {
				t.Errorf("%d people, laboratories at %g: results at %g, bound %g, bottleneck %s", people, share, p.FinishResults, p.LowerBound, p.Bottleneck[0].Resource)
			}
			binds[p.Bottleneck[0].Resource] = true
		}
	}
	if !binds["lanes"] || !binds["laboratories"] {
		t.Errorf("only %v bound", binds)
	}
}

func TestCitiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	good := asJSON(t, city(t, 1000, false, 0))
	if _, err := round.ReadCity(strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct{ from, to, field string }{
		"unknown field": {`"classes"`, `"clases"`, "file"},
		"wrong type":    {`"lanes":2`, `"lanes":"two"`, "sites.lanes"},
		"pool of 30":    {`"pool":10`, `"pool":30`, "classes[0].pool"},
		"no such zone":  {`"zone":"z001"`, `"zone":"z999"`, "sites[1].zone"},
		"twice":         {`"id":"l02"`, `"id":"l01"`, "labs[1].id"},
		"no period":     {`"deadline_hours":24`, `"deadline_hours":24,"period_minutes":20`, "period_minutes"},
		"cut off":       {`}`, ``, "file"},
	} {
		text := strings.Replace(good, x.from, x.to, 1)
		if name == "cut off" {
			text = good[:len(good)/2]
		}
		_, err := round.ReadCity(strings.NewReader(text))
		var field *round.FieldError
		if !errors.As(err, &field) || field.Field != x.field {
			t.Errorf("%s: %v, want field %s", name, err, x.field)
		}
	}
	if _, err := round.ReadCity(strings.NewReader(good + "{}")); err == nil {
		t.Error("a second value was taken")
	}
}

func FuzzReadCity(f *testing.F) {
	f.Add(`{"start":"2022-03-09T06:00:00+08:00","classes":[{"id":"a","pool":10}],"communities":[{"id":"c","groups":[{"class":"a","people":5}]}],"zones":[{"id":"z"}],"sites":[{"id":"s","zone":"z","lanes":1}],"labs":[{"id":"l","turnaround_hours":1,"capacity":[{"from":0,"to":9,"tubes_per_hour":9}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := round.ReadCity(strings.NewReader(text))
		if err != nil || len(c.Community) > 20 || len(c.Sites) > 20 || len(c.Labs) > 20 || len(c.Zones) > 20 {
			return
		}
		c.Horizon = min(c.Horizon, 30)
		p, err := round.Make(c, round.Options{NoRemedies: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := round.Check(c, p); err != nil {
			t.Fatal(err)
		}
	})
}
