package forecast

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"testing"

	"firebreak/internal/day"
	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/measures"
	"firebreak/internal/sim/params"
)

func model(t testing.TB, people int, seed uint64, disease string) *sim.Model {
	t.Helper()
	list, err := qingdao.Jurisdictions()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := place.Numbered(list)
	if err != nil {
		t.Fatal(err)
	}
	how, err := params.LoadCity()
	if err != nil {
		t.Fatal(err)
	}
	c, err := city.Build(city.Options{Tree: tree, People: people, Seed: seed, Params: how})
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

func pack(t testing.TB, name string) *protocol.Pack {
	t.Helper()
	p, err := protocol.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func options(t testing.TB, m *sim.Model) Options {
	t.Helper()
	how, err := params.LoadResponse()
	if err != nil {
		t.Fatal(err)
	}
	prior, err := params.LoadForecast()
	if err != nil {
		t.Fatal(err)
	}
	v9 := pack(t, "covid19/2022-v9")
	return Options{Model: m, Response: how, Prior: prior, InForce: v9, A: v9, B: pack(t, "covid19/2021-v8"), Workers: runtime.GOMAXPROCS(0)}
}

// truth is an outbreak in the simulator at its full: in another and larger city, with people who come to clinics for other reasons, and false positives.
type truth struct {
	found      []measures.Finding
	first      int   // day of the first case; -1 for none
	infections []int // by day
	factor     float64
	over       bool // it grew to the largest size before its last day
}

// largest is how many infected a true outbreak is followed up to.
const largest = 4000

func outbreak(t testing.TB, o Options, key chance.Key, days int) truth {
	t.Helper()
	d := drawn(key, o.Prior, o.Response, int(o.Prior.Seeds.Value))
	w, err := sim.New(sim.Options{Model: o.Model, Seed: uint64(key), Seeds: d.seeds, Compliance: d.how.Compliance.Value})
	if err != nil {
		t.Fatal(err)
	}
	level := d.after
	tr := truth{first: -1, factor: d.before * d.after}
	office, err := measures.New(w, measures.Options{Pack: o.InForce, Response: &d.how, Found: func(f measures.Finding) {
		if tr.first < 0 {
			tr.first = f.At.Day()
		}
		tr.found = append(tr.found, f)
	}}, uint64(key))
	if err != nil {
		t.Fatal(err)
	}
	for {
		if tr.first < 0 && (w.Over() || w.Today() > int(o.Prior.Unfound.Value) || w.Infected() > largest) {
			tr.first = -1
			return tr
		}
		if w.Infected() > largest { // more than that: how many more would take long to know
			tr.over = true
			return tr
		}
		if tr.first >= 0 && w.Today() >= tr.first+days {
			return tr
		}
		factor := d.before
		if k := w.Today() - tr.first; tr.first >= 0 && k > 0 {
			if k%7 == 0 {
				level *= wobbled(key, k/7, o.Prior.Wobble.Value)
			}
			factor *= level
		}
		if err := w.Outside(factor); err != nil {
			t.Fatal(err)
		}
		was := w.Infected()
		if err := office.Day(); err != nil {
			t.Fatal(err)
		}
		tr.infections = append(tr.infections, w.Infected()-was)
	}
}

// start is a Monday, as day 0 of the simulator is.
var start = day.Day(19993)

// state is what is on record of it after some days.
func (tr truth) state(days int) State {
	s := State{Outbreak: "made-up", AsOf: start.Add(tr.first + days - 1), Pack: "covid19/2022-v9@1", People: 300_000, Found: make([]FoundDay, days)}
	for i := range s.Found {
		s.Found[i].Day = start.Add(tr.first + i)
	}
	for _, f := range tr.found {
		k := f.At.Day() - tr.first
		if k >= days {
			continue
		}
		if f.Apart {
			s.Found[k].Apart++
			continue
		}
		s.Found[k].Community++
		if f.Onset >= 0 && k >= days-Recent {
			s.Onsets = append(s.Onsets, f.At.Day()-f.Onset)
		}
	}
	return s
}

func TestCover(t *testing.T) {
	m := model(t, 100_000, 1, "omicron-ba2")
	o := options(t, m)
	big := o
	big.Model = model(t, 300_000, 7, "omicron-ba2")
	o.Draws, _ = strconv.Atoi(os.Getenv("DRAWS"))
	o.Replicates, o.Days = o.Draws/4, 21
	want, _ := strconv.Atoi(os.Getenv("TRUTHS"))
	n := 0
	inside := map[string][3]int{}
	width := map[string]float64{}
	for i := uint64(0); n < want; i++ {
		key := chance.Key(99).Of(i)
		at := 5 + int(key.Below(77, 16))
		tr := outbreak(t, big, key, at+21)
		if tr.first < 0 || len(tr.infections) < tr.first+at {
			continue
		}
		s := tr.state(at)
		if k := sum(s); k > 150 || k < 5 {
			continue
		}
		n++
		o.Seed = i
		f, err := Make(s, o)
		if err != nil {
			fmt.Println(i, short(s), err)
			continue
		}
		real := map[string]float64{}
		from := tr.first + at
		for _, x := range tr.infections[from:] {
			real["infections"] += float64(x)
		}
		known := map[city.Person]bool{}
		for _, x := range tr.found {
			if x.At.Day() < from {
				known[x.Person] = true
				continue
			}
			if x.At.Day() < from+21 {
				real["found"]++
				if x.At.Day() < from+7 {
					real["found7"]++
				}
				if !x.Apart {
					real["community"]++
				}
			}
		}
		check := func(name string, r Range) {
			x := inside[name]
			x[2]++
			if v := real[name]; (v >= r.Low90 || tr.over) && v <= r.High90 {
				x[0]++
			} else if name == "infections" || name == "found7" {
				fmt.Println("  out", i, name, v, r, sum(s), at, short(s), tr.factor, f.Estimate.Factor)
			}
			if v := real[name]; (v >= r.Low50 || tr.over) && v <= r.High50 {
				x[1]++
			}
			inside[name] = x
			width[name] += math.Log((r.High90 + 1) / (r.Low90 + 1))
		}
		v := &f.Variants[0]
		check("infections", v.Of(Infections).All)
		check("found", v.Of(Found).All)
		check("community", v.Of(Community).All)
	}
	for name, x := range inside {
		fmt.Println(name, x, width[name]/float64(x[2]))
	}
}

func short(s State) (out [][2]int) {
	for _, f := range s.Found {
		out = append(out, [2]int{f.Community, f.Apart})
	}
	return out
}

func sum(s State) (n int) {
	for _, f := range s.Found {
		n += f.Total()
	}
	return n
}
