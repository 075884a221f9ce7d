package forecast

import (
	"fmt"
	"os"
	"sort"
	"testing"

	"firebreak/internal/sim"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/measures"
	"firebreak/internal/sim/params"
)

func TestCompare(t *testing.T) {
	md := model(t, 300_000, 1, "omicron-ba2")
	o := options(t, md)
	s := State{AsOf: start.Add(3), Pack: "x", Found: []FoundDay{{Day: start, Community: 1}, {Day: start.Add(1), Community: 10}, {Day: start.Add(2), Community: 30}, {Day: start.Add(3), Community: 1}}, People: 300_000}
	mk, err := newMaker(s, o)
	if err != nil {
		t.Fatal(err)
	}
	const D = 15
	var A, B [8]float64
	var fa, fb []float64
	var LA, LB [8][2]float64
	na, nb := 0, 0
	for i := uint64(0); i < 500; i++ {
		key := chance.Key(5).Of(i)
		d := drawn(key, o.Prior, o.Response, 12)
		d.after = 0.12
		d.seeds = 1
		d.before, d.after = 0.6, 0.3
		switch os.Getenv("MODE") {
		case "none":
			for _, x := range []*params.Number{&d.how.NamedHome, &d.how.NamedGroup, &d.how.NamedSite, &d.how.NamedLine, &d.how.NamedShop, &d.how.NamedLeisure} {
				x.Value = 0
			}
		case "home":
			for _, x := range []*params.Number{&d.how.NamedGroup, &d.how.NamedSite, &d.how.NamedLine, &d.how.NamedShop, &d.how.NamedLeisure} {
				x.Value = 0
			}
			d.how.Second.Value = 0
		case "group":
			for _, x := range []*params.Number{&d.how.NamedSite, &d.how.NamedLine, &d.how.NamedShop, &d.how.NamedLeisure} {
				x.Value = 0
			}
			d.how.Second.Value = 0
		case "second":
			d.how.Second.Value = 0
		}
		// chain
		c := &chain{d: d, first: -1, level: d.after, salt: key}
		for k := range d.seeds {
			mk.infect(c, key.Of(forPeople).Of(uint64(k)), 0, -1, 0)
		}
		atFirst := 0
		for c.today < 18 && c.first < 0 && len(c.people) < 1500 {
			mk.step(c, &mk.inForce)
		}
		if c.first >= 0 && len(c.people) < 1500 {
			atFirst = len(c.people)
			f := c.first
			for c.today < f+D && len(c.people) < 30000 {
				mk.step(c, &mk.inForce)
			}
			if len(c.people) < 30000 {
				nb++
				B[0] += float64(atFirst)
				B[1] += float64(f)
				B[2] += float64(len(c.people))
				for k := range c.people {
					if pp := &c.people[k]; pp.by >= 0 {
						z := 0
						if pp.at.Day() > f {
							z = 1
						}
						LB[pp.layer][z]++
					}
					if p := &c.people[k]; p.found > 0 && p.found.Day() < f+D {
						B[3]++
						if p.inside {
							B[4]++
						}
						B[6] += float64(p.taken.Day() - p.at.Day())
					}
					if c.people[k].layer == 0 && c.people[k].by >= 0 {
						B[7]++
					}
				}
				for k := range c.days {
					B[5] += c.days[k].taken
				}
				fb = append(fb, float64(len(c.people)))
			}
		}
		w, _ := sim.New(sim.Options{Model: md, Seed: uint64(key), Seeds: d.seeds, Compliance: d.how.Compliance.Value})
		first := -1
		var found []measures.Finding
		office, _ := measures.New(w, measures.Options{Pack: o.InForce, Response: &d.how, Found: func(x measures.Finding) {
			if first < 0 {
				first = x.At.Day()
			}
			found = append(found, x)
		}}, uint64(key))
		for first < 0 && w.Today() < 18 && w.Infected() < 1500 {
			w.Outside(d.before)
			office.Day()
		}
		if first < 0 || w.Infected() >= 1500 {
			continue
		}
		atFirst = w.Infected()
		for w.Today() < first+D && w.Infected() < 30000 {
			w.Outside(d.before * d.after)
			office.Day()
		}
		if w.Infected() >= 30000 {
			continue
		}
		na++
		A[0] += float64(atFirst)
		A[1] += float64(first)
		A[2] += float64(w.Infected())
		for _, x := range found {
			A[3]++
			if x.Apart {
				A[4]++
			}
			inf, _ := w.Infection(x.Person)
			A[6] += float64(x.Taken.Day() - inf.At.Day())
		}
		w.Infections(func(x sim.Infection) {
			if x.Layer == 0 && x.At > 0 && x.By != x.Person {
				A[7]++
			}
		})
		w.Infections(func(x sim.Infection) {
			z := 0
			if x.At.Day() > first {
				z = 1
			}
			LA[x.Layer][z]++
		})
		A[5] += float64(office.Counts().Listed)
		fa = append(fa, float64(w.Infected()))
	}
	for i, n := range []string{"infected at first", "day of first", "infected", "found", "apart", "listed", "sum delay", "at home"} {
		fmt.Printf("%-20s agents %8.2f  chains %8.2f\n", n, A[i]/float64(na), B[i]/float64(nb))
	}
	for l := range LA {
		fmt.Printf("layer %d agents %.1f %.1f chains %.1f %.1f\n", l, LA[l][0]/float64(na), LA[l][1]/float64(na), LB[l][0]/float64(nb), LB[l][1]/float64(nb))
	}
	sort.Float64s(fa)
	sort.Float64s(fb)
	for _, p := range []float64{0.1, 0.25, 0.5, 0.75, 0.9} {
		fmt.Println(p, quantile(fa, p), quantile(fb, p))
	}
	fmt.Println(na, nb, A[6]/A[3], B[6]/B[3])
}
