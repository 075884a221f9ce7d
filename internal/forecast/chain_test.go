package forecast

import (
	"math"
	"testing"

	"firebreak/internal/sim"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/measures"
)

// what is the size of outbreaks, and what is known of them, two weeks after the first case.
type what struct {
	n                     int
	size, infected, found float64
	apart                 float64
}

// told are the mean of the logarithm of sizes, the share that is found, and of these the share found in isolation.
func (w what) told() [3]float64 {
	return [3]float64{w.size / float64(w.n), w.found / w.infected, w.apart / w.found}
}

// Chains grow and are found as outbreaks of the whole simulator are, of the same numbers: with everything that the pack does, and with nothing.
func TestChainsRunAsTheSimulatorDoes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	const many = 160
	o := options(t, model(t, 300_000, 7, "omicron-ba2"))
	s := record()
	s.People = 300_000
	m, err := newMaker(s, o)
	if err != nil {
		t.Fatal(err)
	}
	const days, unfound, most = 15, 18, 3000
	for _, c := range []struct {
		name  string
		named float64
	}{{"contacts are named", 1}, {"nobody is named", 0}} {
		var chains, agents what
		for i := range uint64(many) {
			key := chance.Key(5).Of(i)
			d := drawn(key, o.Prior, o.Response, 1)
			d.before, d.after, d.seeds = 0.6, 0.2, 1
			d.how.NamedHome.Value *= c.named
			d.how.NamedGroup.Value *= c.named
			d.how.NamedSite.Value *= c.named
			d.how.NamedLine.Value *= c.named
			d.how.NamedShop.Value *= c.named
			d.how.NamedLeisure.Value *= c.named

			x := &chain{d: d, first: -1, level: d.after, salt: key}
			m.infect(x, key.Of(forPeople), 0, -1, city.Home)
			for len(x.people) < most && (x.first < 0 && x.today < unfound || x.first >= 0 && x.today < x.first+days) {
				m.step(x, &m.inForce)
			}
			if x.first >= 0 {
				chains.n++
				chains.size += math.Log(float64(len(x.people)))
				chains.infected += float64(len(x.people))
				for k := range x.people {
					if p := &x.people[k]; p.found > 0 && p.found.Day() < x.today {
						chains.found++
						if p.inside {
							chains.apart++
						}
					}
				}
			}

			w, err := sim.New(sim.Options{Model: o.Model, Seed: uint64(key), Seeds: d.seeds, Compliance: d.how.Compliance.Value})
			if err != nil {
				t.Fatal(err)
			}
			first, found, apart := -1, 0, 0
			office, err := measures.New(w, measures.Options{Pack: o.InForce, Response: &d.how, Found: func(f measures.Finding) {
				if first < 0 {
					first = f.At.Day()
				}
				found++
				if f.Apart {
					apart++
				}
			}}, uint64(key))
			if err != nil {
				t.Fatal(err)
			}
			for w.Infected() < most && (first < 0 && w.Today() < unfound || first >= 0 && w.Today() < first+days) {
				factor := d.before
				if first >= 0 && w.Today() > first {
					factor *= d.after
				}
				if err := w.Outside(factor); err != nil {
					t.Fatal(err)
				}
				if err := office.Day(); err != nil {
					t.Fatal(err)
				}
			}
			if first >= 0 {
				agents.n++
				agents.size += math.Log(float64(w.Infected()))
				agents.infected += float64(w.Infected())
				agents.found += float64(found)
				agents.apart += float64(apart)
			}
		}
		if chains.n < many/2 || agents.n < many/2 {
			t.Fatalf("%s: only %d and %d outbreaks were found", c.name, chains.n, agents.n)
		}
		a, b := agents.told(), chains.told()
		t.Logf("%s: log size, share found, in isolation: agents %.2f, chains %.2f, of %d and %d outbreaks", c.name, a, b, agents.n, chains.n)
		// Sizes differ from one outbreak to another by a log sd of about 1.8: means of so many are 0.25 apart by chance. Chains are traced somewhat less well, because agents live in
		// one part of the city and are contacts of several cases (docs/forecast.md): of their infections 0.13 fewer are found after two weeks.
		for k, most := range [3]float64{0.7, 0.17, 0.12} {
			if c.named == 0 && k == 2 {
				continue
			}
			if math.Abs(a[k]-b[k]) > most {
				t.Errorf("%s: %d: agents %.3f, chains %.3f", c.name, k, a[k], b[k])
			}
		}
	}
}
