package trip_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/sampleday"
	"firebreak/internal/plan/trip"
)

type failer interface {
	Helper()
	Fatal(...any)
}

func mustMake(tb failer, d trip.Day, o trip.Options) trip.Plan {
	tb.Helper()
	p, err := trip.Make(d, o)
	if err != nil {
		tb.Fatal(err)
	}
	if err := trip.Check(d, p, o.Roads); err != nil {
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

func sample(tb testing.TB, households int) trip.Day {
	tb.Helper()
	d, err := sampleday.Make(sampleday.Options{Households: households, Seed: 1})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// drawDay draws a small day in which anything may be short.
func drawDay(t *rapid.T) trip.Day {
	d := trip.Day{Name: "drawn", Start: time.Date(2022, 3, 9, 6, 0, 0, 0, time.UTC)}
	at := func(name string) (float64, float64) {
		return 36 + float64(rapid.IntRange(0, 100).Draw(t, name+" lat"))/1000, 120 + float64(rapid.IntRange(0, 100).Draw(t, name+" lon"))/1000
	}
	need := []string{"oxygen", "barrier_free"}
	for i := range rapid.IntRange(1, 4).Draw(t, "sites") {
		s := bed.Site{ID: fmt.Sprint("s", i), Bays: rapid.IntRange(0, 2).Draw(t, "bays"), PersonMinutes: float64(rapid.IntRange(0, 2).Draw(t, "each"))}
		s.Lat, s.Lon = at("site")
		if rapid.IntRange(0, 3).Draw(t, "hours") == 0 {
			s.Open = &bed.Window{From: 60, To: float64(rapid.IntRange(120, 900).Draw(t, "closes"))}
		}
		for j := range rapid.IntRange(1, 4).Draw(t, "rooms") {
			r := bed.Rooms{ID: fmt.Sprint("r", j), Group: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "group"), Count: rapid.IntRange(0, 4).Draw(t, "count"), Beds: rapid.IntRange(1, 5).Draw(t, "beds")}
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				r.Shared, r.Female, r.Male = true, rapid.IntRange(0, 2).Draw(t, "f"), rapid.IntRange(0, 2).Draw(t, "m")
			case 1:
				r.Ward = true
			}
			r.Takes = rapid.SampledFrom([]string{"", "", "case", "contact"}).Draw(t, "takes")
			if rapid.Bool().Draw(t, "care") {
				r.Care = need
			}
			s.Rooms = append(s.Rooms, r)
		}
		d.Sites = append(d.Sites, s)
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "vehicles") {
		v := trip.Vehicle{ID: fmt.Sprint("v", i), Seats: rapid.IntRange(1, 8).Draw(t, "seats"), Wheelchairs: rapid.IntRange(0, 1).Draw(t, "wheelchairs")}
		v.Lat, v.Lon = at("depot")
		if rapid.Bool().Draw(t, "shifts") {
			v.Shifts = []bed.Window{{From: 0, To: 240}, {From: 240, To: float64(rapid.IntRange(300, 800).Draw(t, "end"))}}
		}
		v.Takes = rapid.SampledFrom([]string{"", "", "", "case"}).Draw(t, "only")
		d.Vehicles = append(d.Vehicles, v)
	}
	for i := range rapid.IntRange(0, 9).Draw(t, "requests") {
		d.Requests = append(d.Requests, drawRequest(t, fmt.Sprint("q", i), at, need))
	}
	return d
}

func drawRequest(t *rapid.T, id string, at func(string) (float64, float64), need []string) trip.Request {
	q := trip.Request{Party: bed.Party{ID: id, Class: rapid.SampledFrom([]string{bed.Case, bed.Contact}).Draw(t, "class")}}
	q.Lat, q.Lon = at("home")
	for j := range rapid.IntRange(1, 5).Draw(t, "people") {
		p := bed.Person{ID: fmt.Sprint(id, "-", j), Sex: rapid.SampledFrom([]string{"f", "m", ""}).Draw(t, "sex"), Child: rapid.IntRange(0, 3).Draw(t, "child") == 0}
		if rapid.IntRange(0, 9).Draw(t, "chair") == 0 {
			p.Seat = "wheelchair"
		}
		if rapid.IntRange(0, 5).Draw(t, "sick") == 0 {
			p.Needs = []string{rapid.SampledFrom(need).Draw(t, "need")}
		}
		q.People = append(q.People, p)
	}
	q.Ready = float64(rapid.IntRange(0, 400).Draw(t, "ready"))
	q.Deadline = q.Ready + float64(rapid.IntRange(20, 240).Draw(t, "within"))
	if rapid.IntRange(0, 4).Draw(t, "soon") == 0 {
		by := q.Ready + 60
		q.PickupBy = &by
	}
	return q
}

func TestPlansPassTheCheck(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t)
		mustMake(t, d, trip.Options{Seed: rapid.Uint64().Draw(t, "seed"), Budget: trip.Steps(rapid.SampledFrom([]int{0, 64, 400}).Draw(t, "steps"))})
	})
}

// TestWhoYieldsKeepsNobodyWaiting plans a day without and with people who are released and go home: whoever was fetched is fetched all the same, and comes no later than their deadline, or than without them.
func TestWhoYieldsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	brought := 0
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t)
		for i := range d.Sites {
			d.Sites[i].Bays = 0 // a queue at a site is no promise of the plan
		}
		before := mustMake(t, d, trip.Options{})
		with := d
		with.Sites, with.Requests = slices.Clone(d.Sites), slices.Clone(d.Requests)
		for i := range rapid.IntRange(1, 4).Draw(t, "released") {
			q := drawRequest(t, fmt.Sprint("home", i), func(string) (float64, float64) { return 36.05, 120.05 }, []string{"oxygen"})
			q.Class, q.Yields, q.To, q.Risk, q.PickupBy = bed.Released, true, q.ID, q.ID, nil
			for j := range q.People {
				q.People[j].Child, q.People[j].Needs = false, nil
			}
			with.Sites = append(with.Sites, bed.Site{ID: q.ID, Lat: 36.02, Lon: 120.02, Risks: []string{q.ID}, UnloadMinutes: 5, Rooms: []bed.Rooms{{ID: "home", Group: "home", Count: 1, Beds: len(q.People), Ward: true}}})
			with.Requests = append(with.Requests, q)
		}
		after := mustMake(t, with, trip.Options{})
		left := map[string]bool{}
		for _, u := range before.Unserved {
			left[u.Party] = true
		}
		late := map[string]float64{}
		for _, l := range before.Late {
			late[l.Request] = l.Minutes
		}
		for _, u := range after.Unserved {
			if !left[u.Party] && !strings.HasPrefix(u.Party, "home") {
				t.Fatalf("%s is not fetched, because of somebody who goes home", u.Party)
			}
		}
		for _, l := range after.Late {
			if !strings.HasPrefix(l.Request, "home") && l.Minutes > late[l.Request]+0.05 {
				t.Fatalf("%s is %g minutes late, and %g without those who go home", l.Request, l.Minutes, late[l.Request])
			}
		}
		brought += after.Requests - before.Requests
	})
	if brought == 0 {
		t.Error("nobody was brought home in any day that was drawn")
	}
}

func TestContinuedPlansPassTheCheck(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t)
		p := mustMake(t, d, trip.Options{Budget: trip.Steps(128)})
		now := 0.0
		for i := range rapid.IntRange(1, 3).Draw(t, "times") {
			now += float64(rapid.IntRange(0, 200).Draw(t, "later"))
			e := trip.Events{Now: now}
			if rapid.Bool().Draw(t, "breakdown") {
				e.Down = []string{rapid.SampledFrom(d.Vehicles).Draw(t, "down").ID}
			}
			if rapid.Bool().Draw(t, "full") {
				e.Full = []string{rapid.SampledFrom(d.Sites).Draw(t, "site").ID}
			}
			if rapid.Bool().Draw(t, "urgent") {
				e.New = []trip.Request{drawRequest(t, fmt.Sprint("new", i), func(string) (float64, float64) { return 36.05, 120.05 }, []string{"oxygen"})}
			}
			next, err := trip.Continue(d, p, e)
			if err != nil {
				t.Fatal(err)
			}
			if len(next.Vehicles) == 0 {
				return
			}
			before := p
			d, p = next, mustMake(t, next, trip.Options{Budget: trip.Steps(rapid.SampledFrom([]int{0, 128}).Draw(t, "steps"))})
			if len(e.Down)+len(e.Full) == 0 {
				promisesKept(t, d, before, p)
			}
		}
	})
}

// promisesKept fails if somebody who was promised a time is in another vehicle now.
func promisesKept(t failer, d trip.Day, before, after trip.Plan) {
	t.Helper()
	was, is, late := vehicles(before), vehicles(after), over(before)
	for _, q := range d.Requests {
		if q.Promised != nil && !late[q.ID] && was[q.ID] != "" && was[q.ID] != is[q.ID] {
			t.Fatal(q.ID, "was promised vehicle", was[q.ID], "and is in", is[q.ID])
		}
	}
}

func vehicles(p trip.Plan) map[string]string {
	out := map[string]string{}
	for _, r := range p.Routes {
		for _, v := range r.Visits {
			if v.Request != "" {
				out[v.Request] = r.Vehicle
			}
		}
	}
	return out
}

// over is who comes to a site after its hours, behind others at its bays: the plan says so, and cannot be held to it.
func over(p trip.Plan) map[string]bool {
	out := map[string]bool{}
	for _, r := range p.Routes {
		var aboard []string
		for _, v := range r.Visits {
			if v.Request != "" {
				aboard = append(aboard, v.Request)
				continue
			}
			for _, id := range aboard {
				out[id] = v.Over > 0
			}
			aboard = nil
		}
	}
	return out
}

func TestTheSameSeedGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	d := sample(t, 80)
	o := trip.Options{Seed: 7, Budget: trip.Steps(2000)}
	a, b := mustMake(t, d, o), mustMake(t, d, o)
	if asJSON(t, a) != asJSON(t, b) {
		t.Error("two plans of one day and seed differ")
	}
	first := mustMake(t, d, trip.Options{Seed: 7})
	if !a.InTime || a.Travel > 0.9*first.Travel {
		t.Errorf("in time %v, %g minutes driven, %g in the first plan", a.InTime, a.Travel, first.Travel)
	}
}

func TestABreakdownMovesOnlyWhoWasInThatVehicle(t *testing.T) {
	t.Parallel()
	d := sample(t, 200)
	p := mustMake(t, d, trip.Options{Budget: trip.Steps(4000)})
	down := p.Routes[0].Vehicle
	now := (p.Routes[0].From + p.Routes[0].To) / 2
	d2, err := trip.Continue(d, p, trip.Events{Now: now, Down: []string{down}})
	if err != nil {
		t.Fatal(err)
	}
	p2 := mustMake(t, d2, trip.Options{Budget: trip.Steps(1000)})
	was, is := vehicles(p), vehicles(p2)
	moved := 0
	for _, q := range d2.Requests {
		if q.Stay != nil {
			continue
		}
		if was[q.ID] == down {
			moved++
		} else if was[q.ID] != is[q.ID] {
			t.Errorf("%s was in %s and is in %s", q.ID, was[q.ID], is[q.ID])
		}
	}
	if moved == 0 || !p2.Complete {
		t.Errorf("%d moved from the vehicle that is down; complete: %v", moved, p2.Complete)
	}
}

func TestTheCheckFindsErrors(t *testing.T) {
	t.Parallel()
	d := sample(t, 60)
	p := mustMake(t, d, trip.Options{Budget: trip.Steps(1000)})
	for name, spoil := range map[string]func(*trip.Plan){
		"somebody left out": func(p *trip.Plan) { p.Routes[0].Visits = p.Routes[0].Visits[1:] },
		"too fast":          func(p *trip.Plan) { p.Routes[0].Visits[1].Arrive -= 30 },
		"fetched before":    func(p *trip.Plan) { p.Routes[0].Visits[0].Begin = 0 },
		"another site": func(p *trip.Plan) {
			p.Beds[0].Site = d.Sites[(slices.IndexFunc(d.Sites, func(s bed.Site) bool { return s.ID == p.Beds[0].Site })+1)%len(d.Sites)].ID
		},
		"a bed twice":         func(p *trip.Plan) { p.Beds[1] = p.Beds[0] },
		"a shift twice":       func(p *trip.Plan) { p.Routes[1].Vehicle, p.Routes[1].Shift = p.Routes[0].Vehicle, p.Routes[0].Shift },
		"less driving":        func(p *trip.Plan) { p.Travel -= 100 },
		"an untold lateness":  func(p *trip.Plan) { p.LateMin = 5 },
		"after the shift":     func(p *trip.Plan) { p.Routes[0].To = 3000; p.Routes[0].Shift = 0 },
		"leaves before shift": func(p *trip.Plan) { p.Routes[0].From = 0 },
	} {
		var spoilt trip.Plan
		if err := json.Unmarshal([]byte(asJSON(t, p)), &spoilt); err != nil {
			t.Fatal(err)
		}
		spoil(&spoilt)
		if name != "after the shift" && trip.Check(d, spoilt, nil) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}
