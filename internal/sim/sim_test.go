package sim

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
)

func realCity(t testing.TB, people int) *city.City {
	t.Helper()
	tree, err := qingdao.Tree()
	if err != nil {
		t.Fatal(err)
	}
	p, err := params.LoadCity()
	if err != nil {
		t.Fatal(err)
	}
	return built(t, city.Options{Tree: tree, People: people, Seed: 1, Params: p, Port: "370211"})
}

func built(t testing.TB, o city.Options) *city.City {
	t.Helper()
	c, err := city.Build(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mixed is a city in which everybody lives alone and meets the same number of others, drawn from all.
func mixed(t testing.TB, people int) *city.City {
	t.Helper()
	p, err := params.LoadCity()
	if err != nil {
		t.Fatal(err)
	}
	p.Households.Value, p.Elders.Value, p.Children.Value = []float64{1}, []float64{0}, []float64{0}
	p.Employed.Value, p.EmployedElder.Value, p.CareHome.Value = 0, 0, 0
	p.Shop.Share.Value = 0
	p.Leisure.Share.Value, p.Leisure.Rounds.Value = 1, 60
	tree, err := place.NewTree([]place.Jurisdiction{{ID: 1, Code: "1", Name: "town", Level: place.City, Population: int64(people)}})
	if err != nil {
		t.Fatal(err)
	}
	return built(t, city.Options{Tree: tree, People: people, Seed: 1, Params: p})
}

func disease(t testing.TB, name string, change func(*params.Disease)) *params.Disease {
	t.Helper()
	d, err := params.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(d)
	}
	return d
}

func fit(t testing.TB, c *city.City, d *params.Disease) *Model {
	t.Helper()
	m, err := Fit(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func begin(t testing.TB, o Options) *World {
	t.Helper()
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// dense runs the same outbreak the slow way: it looks at every meeting of everybody on every day, from the side of whoever might be infected, and keeps
// what it knows in maps.
func dense(w *World, days int, order func(day int)) map[city.Person]Infection {
	known := map[city.Person]infection{}
	for i := range w.list {
		known[city.Person(w.list[i].person)] = w.list[i]
	}
	slot := func(p, q city.Person, x city.Contact, day int) int { // which meeting it is for q
		for _, y := range w.c.Contacts(nil, q, day) {
			if y.With == p && y.Layer == x.Layer && (x.Layer <= city.Group || y.Slot == x.Slot) {
				return y.Slot
			}
		}
		return -1
	}
	var meetings []city.Contact
	for day := range days {
		w.day = day
		if order != nil {
			order(day)
		}
		type hit struct {
			at Minute
			by infection
			x  city.Contact
		}
		fresh := map[city.Person]hit{}
		for p := range city.Person(w.c.People()) {
			meetings = w.c.Contacts(meetings[:0], p, day)
			if _, ill := known[p]; ill || w.immune(p) {
				continue
			}
			for _, x := range meetings {
				by, ill := known[x.With]
				if !ill {
					continue
				}
				g := w.m.infectiousness(&by, day-by.at.Day())
				h := w.m.outside * g * float64(by.nu) * w.m.weight[x.Layer]
				if x.Layer == city.Home {
					h = w.m.home * g
				}
				if g <= 0 || h < negligible {
					continue
				}
				u := w.keys.transmission.Of(uint64(x.With)).Of(uint64(day)).Draw(uint64(x.Layer)<<16 | uint64(slot(p, x.With, x, day)))
				at := At(day, x.Start)
				if u >= chance.Threshold(1-math.Exp(-h)) || w.Apart(p, x.Layer, at) || w.Apart(x.With, x.Layer, at) {
					continue
				}
				was, twice := fresh[p]
				if !twice || cmp.Or(cmp.Compare(at, was.at), cmp.Compare(by.person, was.by.person), cmp.Compare(x.Layer, was.x.Layer)) < 0 {
					fresh[p] = hit{at, by, x}
				}
			}
		}
		for p, f := range fresh {
			known[p] = w.m.nature(w.keys.nature.Of(uint64(p)), infection{person: uint32(p), by: f.by.person, at: f.at, layer: uint8(f.x.Layer)})
		}
	}
	out := map[city.Person]Infection{}
	for p, x := range known {
		out[p] = Infection{Person: p, By: city.Person(x.by), Layer: city.Layer(x.layer), At: x.at, Onset: x.at.Day() + int(x.incubation), Symptomatic: !x.asymptomatic, Visit: x.visit}
	}
	return out
}

// Only infected people do work, and yet it is the outbreak that one gets by looking at every meeting of everybody. People are kept apart in between.
func TestEventsEqualEveryMeeting(t *testing.T) {
	t.Parallel()
	people, days := 20_000, 14
	if testing.Short() {
		people, days = 5_000, 10
	}
	c := realCity(t, people)
	o := Options{Model: fit(t, c, disease(t, "omicron-ba2", nil)), Seed: 5, Seeds: 12, Compliance: 0.7}
	orders := func(w *World) func(day int) {
		return func(day int) {
			for p := range city.Person(c.People()) {
				if inf, ok := w.Infection(p); ok && inf.Imported() {
					continue
				}
				// By number only, so that both see the same: some at home for a while, some taken away, some let go.
				var err error
				switch k := (int(p)*7919 + day) % 97; k {
				case 3:
					err = w.Isolate(p, AtHome, At(day, 600))
				case 5:
					err = w.Isolate(p, Away, At(day, 900))
				case 9:
					err = w.Release(p, At(day, 300))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	w := begin(t, o)
	order := orders(w)
	for day := range days {
		order(day)
		w.End()
	}
	slow := begin(t, o)
	want := dense(slow, days, orders(slow))
	if len(want) < 100 {
		t.Fatalf("only %d were infected: it shows little", len(want))
	}
	if w.Infected() != len(want) {
		t.Errorf("%d infected, want %d", w.Infected(), len(want))
	}
	w.Infections(func(x Infection) {
		if y := want[x.Person]; y != x {
			t.Errorf("got %+v, want %+v", x, y)
		}
	})
}

func TestAnyNumberOfWorkers(t *testing.T) {
	t.Parallel()
	c := realCity(t, 40_000)
	m := fit(t, c, disease(t, "omicron-ba2", nil))
	var want string
	for _, workers := range []int{1, 2, 5} {
		w := begin(t, Options{Model: m, Seed: 3, Seeds: 100, Imports: 2, Workers: workers})
		for range 25 {
			w.End()
		}
		if w.Infected() < 5_000 {
			t.Fatalf("only %d were infected", w.Infected())
		}
		if want == "" {
			want = w.Digest()
		}
		if got := w.Digest(); got != want {
			t.Errorf("%d workers: digest %s, want %s", workers, got, want)
		}
	}
	w := begin(t, Options{Model: m, Seed: 4, Seeds: 100, Imports: 2})
	for range 25 {
		w.End()
	}
	if w.Digest() == want {
		t.Error("another seed gave the same outbreak")
	}
}

func TestWhoSeesADoctor(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	c := realCity(t, 50_000)
	d := disease(t, "omicron-ba2", nil)
	w := begin(t, Options{Model: fit(t, c, d), Seed: 3, Seeds: 200})
	onsets, visits := map[city.Person]Minute{}, map[city.Person]Minute{}
	for range 40 {
		last := Minute(0)
		for _, e := range w.Begin() {
			if e.At < last || e.At.Day() != w.Today() {
				t.Fatalf("event at %d on day %d after one at %d", e.At, w.Today(), last)
			}
			last = e.At
			if e.Kind == Onset {
				onsets[e.Person] = e.At
				continue
			}
			visits[e.Person] = e.At
			if on, ok := onsets[e.Person]; !ok || on > e.At {
				t.Fatalf("%d comes at %d, and fell ill at %d", e.Person, e.At, on)
			}
		}
		w.End()
	}
	ill, came := 0, 0
	w.Infections(func(x Infection) {
		if x.Symptomatic && x.Onset < 30 {
			if ill++; x.Visit > 0 {
				came++
			}
			if on, ok := onsets[x.Person]; !ok || on.Day() != x.Onset {
				t.Fatalf("onset of %d was told on day %d, want %d", x.Person, on.Day(), x.Onset)
			}
		}
	})
	share(t, "of the ill go to a clinic", came, ill, d.Care.Share.Value)
	others := 0
	w.Others(func(city.Person, Minute) { others++ })
	if others != 100 {
		t.Errorf("%d others come, want 0.2 %% of 50,000", others)
	}
}

func TestOrdersAboutYesterdayAreRefused(t *testing.T) {
	t.Parallel()
	c := mixed(t, 1000)
	w := begin(t, Options{Model: fit(t, c, disease(t, "influenza", func(d *params.Disease) { d.Household.Value = 0 }))})
	w.End()
	if err := w.Isolate(3, Away, At(0, 1439)); err == nil {
		t.Error("yesterday was taken")
	}
	if err := w.Isolate(2000, Away, At(1, 0)); err == nil {
		t.Error("nobody was taken away")
	}
	for _, at := range []int{10, 20} {
		if err := w.Isolate(3, AtHome, At(1, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Isolate(3, Away, At(1, 60)); err != nil {
		t.Fatal(err)
	}
	if err := w.Release(3, At(1, 90)); err != nil {
		t.Fatal(err)
	}
	want := []Stay{{At(1, 10), At(1, 60), AtHome}, {At(1, 60), At(1, 90), Away}}
	if got := w.Stays(3); !slices.Equal(got, want) {
		t.Errorf("stays are %v, want %v", got, want)
	}
	if w.Isolated() != 1 {
		t.Errorf("%d were kept apart, want 1", w.Isolated())
	}
}

// share fails where a share of what was drawn is further from what it should be than luck allows: five standard errors.
func share(t *testing.T, what string, hits, of int, want float64) {
	t.Helper()
	if of < 50 {
		t.Fatalf("%s: only %d", what, of)
	}
	got := float64(hits) / float64(of)
	if bound := 5 * math.Sqrt(want*(1-want)/float64(of)); math.Abs(got-want) > bound+1e-9 {
		t.Errorf("%.4f %s (of %d), want %.4f within %.4f", got, what, of, want, bound)
	}
}
