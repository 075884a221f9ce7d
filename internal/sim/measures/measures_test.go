package measures

import (
	"fmt"
	"slices"
	"testing"

	"firebreak/internal/place/qingdao"
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
)

func model(t testing.TB, people int, disease string) *sim.Model {
	t.Helper()
	tree, err := qingdao.Tree()
	if err != nil {
		t.Fatal(err)
	}
	how, err := params.LoadCity()
	if err != nil {
		t.Fatal(err)
	}
	c, err := city.Build(city.Options{Tree: tree, People: people, Seed: 1, Params: how})
	if err != nil {
		t.Fatal(err)
	}
	d, err := params.Load(disease)
	if err != nil {
		t.Fatal(err)
	}
	m, err := sim.Fit(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// outbreak is one to act in.
type outbreak struct {
	m           *sim.Model
	seed        uint64
	seeds, days int
	pack        string // empty: nothing is done
	ask         bool
	change      func(*params.Response)
}

func (o outbreak) run(t testing.TB) (*sim.World, *Office) {
	t.Helper()
	how, err := params.LoadResponse()
	if err != nil {
		t.Fatal(err)
	}
	if o.change != nil {
		o.change(how)
	}
	w, err := sim.New(sim.Options{Model: o.m, Seed: o.seed, Seeds: o.seeds, Compliance: how.Compliance.Value})
	if err != nil {
		t.Fatal(err)
	}
	if o.pack == "" {
		for range o.days {
			w.End()
		}
		return w, nil
	}
	p, err := protocol.Load(o.pack)
	if err != nil {
		t.Fatal(err)
	}
	office, err := New(w, Options{Pack: p, Response: how, Ask: o.ask}, o.seed)
	if err != nil {
		t.Fatal(err)
	}
	for range o.days {
		if err := office.Day(); err != nil {
			t.Fatal(err)
		}
	}
	return w, office
}

// The numbers of the pack decide as the rulebook does: the same people are kept apart at the same minutes, let go at the same minutes, and so the same are infected.
func TestNumbersDecideAsTheRulebook(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	packs := []string{"covid19/2022-v9", "covid19/2021-v8", "covid19/2022-11", "covid19/2022-12", "covid19/who"}
	const people, days = 2500, 22
	for _, pack := range packs {
		t.Run(pack, func(t *testing.T) {
			t.Parallel()
			m := model(t, people, "omicron-ba2")
			for seed := range uint64(2) {
				more := func(r *params.Response) { r.Cases.Value = 2000; r.Sites.Value = 60_000 }
				fast, a := outbreak{m: m, seed: seed, seeds: 4, days: days, pack: pack, change: more}.run(t)
				slow, b := outbreak{m: m, seed: seed, seeds: 4, days: days, pack: pack, change: more, ask: true}.run(t)
				if a.Counts() != b.Counts() {
					t.Errorf("seed %d: numbers %+v, rulebook %+v", seed, a.Counts(), b.Counts())
				}
				if a.Counts().Found < 5 || a.Counts().Listed < 60 {
					t.Errorf("seed %d: %+v shows little", seed, a.Counts())
				}
				wrong := 0
				for p := range city.Person(people) {
					x, y := fast.Stays(p), slow.Stays(p)
					if !slices.Equal(x, y) {
						if wrong++; wrong < 4 {
							t.Errorf("seed %d: %d is kept apart %v by numbers, %v by the rulebook\n%s", seed, p, x, y, told(a, b, p))
						}
					}
				}
				if wrong > 0 {
					t.Errorf("seed %d: %d people differ", seed, wrong)
				}
				if fast.Digest() != slow.Digest() {
					t.Errorf("seed %d: other people are infected", seed)
				}
			}
		})
	}
}

// told says what both know of somebody.
func told(a, b *Office, p city.Person) string {
	n, r := a.book.(*numbers), b.book.(*rules)
	s := ""
	if f := n.of(p); f != nil {
		s = fmt.Sprintf("numbers: %+v %v %+v", *f, n.exposures[n.at[p]-1], n.standing(p))
	}
	if k := r.w.ContactOf(id(p)); k != 0 {
		c, _ := r.w.Contact(k)
		s += fmt.Sprintf("\nrulebook: %+v %v %+v", c, r.w.Exposures(k), r.standing(p))
	}
	return s
}

// Nobody is kept apart where nothing is done, and a pack for which there is nobody to ask keeps no contacts.
func TestWithoutTracing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	m := model(t, 10_000, "omicron-ba2")
	w, _ := outbreak{m: m, seeds: 10, days: 20}.run(t)
	if w.Isolated() != 0 {
		t.Errorf("%d are kept apart, and nothing is done", w.Isolated())
	}
	_, o := outbreak{m: m, seeds: 10, days: 20, pack: "covid19/2022-v9", change: func(r *params.Response) { r.Tested.Value = 0 }}.run(t)
	if c := o.Counts(); c != (Counts{}) {
		t.Errorf("nobody is tested at clinics, and yet %+v", c)
	}
	w, o = outbreak{m: m, seeds: 10, days: 20, pack: "covid19/2022-v9", change: func(r *params.Response) {
		r.NamedHome.Value, r.NamedGroup.Value, r.NamedSite.Value, r.NamedLine.Value, r.NamedShop.Value, r.NamedLeisure.Value = 0, 0, 0, 0, 0, 0
	}}.run(t)
	if c := o.Counts(); c.Found == 0 || c.Listed != 0 || w.Isolated() == 0 || w.Isolated() > c.Found {
		t.Errorf("nobody is named, and yet %+v, %d are kept apart", c, w.Isolated())
	}
}

// More coverage, less delay and more compliance never make it worse, over a few outbreaks that meet the same luck.
func TestMoreIsBetter(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	m := model(t, 12_000, "covid19-ancestral")
	const seeds = 3
	infected := func(change func(*params.Response)) (sum int) {
		for seed := range uint64(seeds) {
			w, _ := outbreak{m: m, seed: seed, seeds: 15, days: 42, pack: "covid19/2022-v9", change: func(r *params.Response) {
				r.Cases.Value, r.Sites.Value, r.Tested.Value = 1000, 0, 0.6 // no rooms: contacts are at home
				r.Pace.Value = 2
				change(r)
			}}.run(t)
			sum += w.Infected()
		}
		return sum
	}
	nothing := 0
	for seed := range uint64(seeds) {
		w, _ := outbreak{m: m, seed: seed, seeds: 15, days: 42}.run(t)
		nothing += w.Infected()
	}
	for _, c := range []struct {
		name   string
		values []float64 // from bad to good
		set    func(r *params.Response, x float64)
	}{
		{"share tested at clinics", []float64{0, 0.3, 1}, func(r *params.Response, x float64) { r.Tested.Value = x }},
		{"share of contacts named", []float64{0, 0.5, 1}, func(r *params.Response, x float64) {
			r.NamedHome.Value, r.NamedGroup.Value, r.NamedSite.Value, r.NamedLine.Value, r.NamedShop.Value, r.NamedLeisure.Value = x, x, x, x, x, x
		}},
		{"pace", []float64{6, 2, 0.2}, func(r *params.Response, x float64) { r.Pace.Value = x }},
		{"hours to a result", []float64{96, 24, 2}, func(r *params.Response, x float64) { r.Result.Value = x }},
		{"compliance", []float64{0, 0.5, 1}, func(r *params.Response, x float64) { r.Compliance.Value = x }},
	} {
		last := nothing + nothing/50
		var all []int
		for _, x := range c.values {
			got := infected(func(r *params.Response) { c.set(r, x) })
			all = append(all, got)
			// Luck is the same, but a chain cut here may free somebody for a longer one there: a fiftieth is let pass.
			if got > last+last/50 {
				t.Errorf("%s %v: %v infected, want ever fewer (nothing done: %d)", c.name, c.values, all, nothing)
			}
			last = got
		}
		t.Logf("%s %v: %v infected, nothing done: %d", c.name, c.values, all, nothing)
		if all[2] > all[0]*95/100 {
			t.Errorf("%s %v: %v infected, want it to matter", c.name, c.values, all)
		}
	}
}

// The response of any number of workers is the same.
func TestResponseWithWorkers(t *testing.T) {
	t.Parallel()
	m := model(t, 20_000, "omicron-ba2")
	var want string
	for _, workers := range []int{1, 2} {
		how, err := params.LoadResponse()
		if err != nil {
			t.Fatal(err)
		}
		p, err := protocol.Load("covid19/2022-v9")
		if err != nil {
			t.Fatal(err)
		}
		w, err := sim.New(sim.Options{Model: m, Seed: 3, Seeds: 600, Workers: workers, Compliance: 0.9})
		if err != nil {
			t.Fatal(err)
		}
		o, err := New(w, Options{Pack: p, Response: how}, 3)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if err := o.Day(); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprint(w.Digest(), o.Counts()); want == "" {
			want = got
		} else if got != want {
			t.Errorf("%d workers: %s, want %s", workers, got, want)
		}
	}
}
