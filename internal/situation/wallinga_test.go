package situation_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/situation"
)

func ExampleCaseR() {
	si, err := situation.ParseSI("0,0.6,0.4")
	if err != nil {
		fmt.Println(err)
		return
	}
	inc := situation.Incidence{Local: []int{1, 2, 3, 0, 1}}
	rows, err := situation.CaseR(inc, si, situation.CaseROptions{Simulations: 500}, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range rows {
		if r.Mean == nil {
			fmt.Printf("day %d: %s\n", r.Start, r.Why)
			continue
		}
		fmt.Printf("day %d: each case infected %.2f others; %.0f %% of them can be seen yet\n", r.Start, *r.Mean, 100*r.Observed)
	}
	// Output:
	// day 1: each case infected 2.75 others; 100 % of them can be seen yet
	// day 2: each case infected 1.12 others; 100 % of them can be seen yet
	// day 3: each case infected 0.33 others; 100 % of them can be seen yet
	// day 4: no case fell ill in the window
	// day 5: each case infected 0.00 others; 0 % of them can be seen yet
}

// NaN marks days without a case; the others were computed apart from this code with 40 digits.
var (
	fluCaseR = []float64{2.52430263730975, 2.85287810441124, math.NaN(), 2.51579662659274, 1.2304150172784, 1.22816010360042, 1.41788846158645,
		1.36777781915984, 1.46830328861223, 1.93831737706565, 1.98405680608457, 1.56075302821407, 1.17046820590257, 0.965836998684376,
		0.814637272993943, 0.649251148941724, 0.538520455794467, 0.524995088890834, 0.4146599142795, 0.283865674218494, 0.284418358241343,
		0.457657141988701, math.NaN(), 0.607072401177007, math.NaN(), math.NaN(), math.NaN(), math.NaN(), 0.938775797173857, math.NaN(), 0, math.NaN()}
	wavyCaseR = []float64{1.13888888888889, 1.57070707070707, math.NaN(), 1.96117424242424, 1.28261784511785, 2.1951745014245, math.NaN(),
		2.33035365369805, 1.95244562524414, 1.96427242496643, 1.12127865109335, 0.238341968911917, 0}
)

func TestCaseRGolden(t *testing.T) {
	t.Parallel()
	check := func(name string, inc situation.Incidence, si situation.SI, want []float64) {
		rows, err := situation.CaseR(inc, si, situation.CaseROptions{}, nil)
		if err != nil || len(rows) != inc.Len() {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		for i, w := range want {
			if math.IsNaN(w) {
				if rows[i].Mean != nil || rows[i].Why != situation.NoCases {
					t.Errorf("%s: day %d has a value without cases", name, i+1)
				}
				continue
			}
			is(t, fmt.Sprintf("%s: day %d", name, i+1), rows[i].Mean, w, 1e-11)
			if rows[i].SD != nil || rows[i].Q025 != nil {
				t.Errorf("%s: day %d has an interval without simulations", name, i+1)
			}
		}
	}
	weights, err := situation.ParseSI("0,0.2,0.5,0.2,0.1")
	if err != nil {
		t.Fatal(err)
	}
	check("weights", wavy(), weights, wavyCaseR)
	check("flu", readIncidence(t, dataFile(t, "flu2009_school/incidence.csv")), moments(t, 2.6, 1.5), fluCaseR)
}

func TestCaseRSimulated(t *testing.T) {
	t.Parallel()
	inc := wavy()
	for i := range inc.Local {
		inc.Local[i] *= 40 // large days go through the binomial's other branch
	}
	si := moments(t, 3.2, 1.4)
	run := func(seed uint64) []situation.CaseRRow {
		rows, err := situation.CaseR(inc, si, situation.CaseROptions{Window: 2, Simulations: 800}, rand.New(rand.NewPCG(seed, 7)))
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	a, b := run(1), run(1)
	for i := range a {
		if a[i].Mean == nil {
			continue
		}
		if *a[i].Q025 != *b[i].Q025 || *a[i].SD != *b[i].SD {
			t.Errorf("day %d: the same seed gave two answers", i+1)
		}
		if !(*a[i].Q025 <= *a[i].Median && *a[i].Median <= *a[i].Q975) {
			t.Errorf("day %d: quantiles out of order: %v %v %v", i+1, *a[i].Q025, *a[i].Median, *a[i].Q975)
		}
		// The trees scatter around the exact mean: their median lies within a standard deviation of it.
		if math.Abs(*a[i].Median-*a[i].Mean) > *a[i].SD+1e-9 {
			t.Errorf("day %d: median %v, mean %v, sd %v", i+1, *a[i].Median, *a[i].Mean, *a[i].SD)
		}
	}
}

func TestCaseRRefused(t *testing.T) {
	t.Parallel()
	si := moments(t, 3, 1)
	rng := rand.New(rand.NewPCG(1, 1))
	for name, f := range map[string]func() ([]situation.CaseRRow, error){
		"window": func() ([]situation.CaseRRow, error) {
			return situation.CaseR(wavy(), si, situation.CaseROptions{Window: -2}, rng)
		},
		"too many": func() ([]situation.CaseRRow, error) {
			return situation.CaseR(wavy(), si, situation.CaseROptions{Simulations: 1e6}, rng)
		},
		"no source": func() ([]situation.CaseRRow, error) {
			return situation.CaseR(wavy(), si, situation.CaseROptions{Simulations: 5}, nil)
		},
		"no interval": func() ([]situation.CaseRRow, error) {
			return situation.CaseR(wavy(), situation.SI{}, situation.CaseROptions{}, nil)
		},
	} {
		if _, err := f(); !errors.Is(err, situation.ErrArgument) {
			t.Errorf("%s: %v, want ErrArgument", name, err)
		}
	}
}

// TestCaseRAccountsForEveryCase: every case that could have been infected by an earlier one is attributed exactly once.
func TestCaseRAccountsForEveryCase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		local := rapid.SliceOfN(rapid.IntRange(0, 30), 1, 50).Draw(rt, "local")
		si, err := situation.ParseSI("0,0.3,0.4,0.2,0.1")
		if err != nil {
			rt.Fatal(err)
		}
		rows, err := situation.CaseR(situation.Incidence{Local: local}, si, situation.CaseROptions{}, nil)
		if err != nil {
			rt.Fatal(err)
		}
		attributed, infectable := 0.0, 0
		for t, n := range local {
			if rows[t].Mean != nil {
				attributed += *rows[t].Mean * float64(n)
			}
			for k := 1; k <= min(t, 4); k++ {
				if local[t-k] > 0 {
					infectable += n
					break
				}
			}
		}
		if !near(attributed, float64(infectable), 1e-9) {
			rt.Fatalf("attributed %v of %d", attributed, infectable)
		}
	})
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	inc := readIncidence(t, dataFile(t, "flu2009_school/incidence.csv"))
	up, err := situation.Growth(inc, situation.GrowthOptions{Last: 14, SI: moments(t, 2.6, 1.5)})
	if err != nil {
		t.Fatal(err)
	}
	// Coefficients of a generalised linear model (Poisson, log link), computed apart from this code.
	const rate, se = 0.196862482297902, 0.036546161745365
	is(t, "rate", up.Rate, rate, 1e-12)
	is(t, "low", up.Low, rate-1.959963984540054*se, 1e-12)
	is(t, "high", up.High, rate+1.959963984540054*se, 1e-12)
	is(t, "first day", &up.StartCases, math.Exp(-0.0412426211597381), 1e-12)
	is(t, "dispersion", up.Dispersion, 0.816978191448257, 1e-12)
	is(t, "doubling", &up.Doubling.Days, math.Ln2/rate, 1e-12)
	if up.Halving != nil || *up.Doubling.Low > up.Doubling.Days || *up.Doubling.High < up.Doubling.Days {
		t.Errorf("doubling %+v, halving %+v", up.Doubling, up.Halving)
	}
	if up.FirstDay.String() != "2009-04-27" || up.LastDay.String() != "2009-05-10" || up.Cases != 65 {
		t.Errorf("fitted %s to %s, %d cases", up.FirstDay, up.LastDay, up.Cases)
	}
	if !(*up.RLow < *up.R && *up.R < *up.RHigh && *up.RLow > 1) {
		t.Errorf("R = %v (%v to %v)", *up.R, *up.RLow, *up.RHigh)
	}
	down, err := situation.Growth(inc, situation.GrowthOptions{First: 15, Last: 22})
	if err != nil {
		t.Fatal(err)
	}
	is(t, "falling rate", down.Rate, -0.248341877664589, 1e-12)
	if down.Doubling != nil || down.Halving == nil || down.R != nil || *down.Halving.Low > down.Halving.Days || *down.Halving.High < down.Halving.Days {
		t.Errorf("falling: doubling %+v, halving %+v, R %v", down.Doubling, down.Halving, down.R)
	}
}

func ExampleGrowth() {
	inc := situation.Incidence{Local: []int{1, 2, 4, 8, 16, 32}}
	g, err := situation.Growth(inc, situation.GrowthOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f a day; cases double in %.2f days\n", *g.Rate, g.Doubling.Days)
	// Output: 0.693 a day; cases double in 1.00 days
}

func TestGrowthWithoutAnswer(t *testing.T) {
	t.Parallel()
	for name, counts := range map[string][]int{
		"two days": {1, 2}, "no cases": {0, 0, 0, 0}, "one day with cases": {0, 0, 9, 0}, "nothing": {},
	} {
		g, err := situation.Growth(situation.Incidence{Local: counts}, situation.GrowthOptions{})
		if err != nil || g.Rate != nil || g.Doubling != nil {
			t.Errorf("%s: %+v, %v; want no rate", name, g, err)
		}
	}
	for _, o := range []situation.GrowthOptions{{First: 5, Last: 2}, {Last: 99}, {First: -1}, {Level: 1.5}} {
		if _, err := situation.Growth(wavy(), o); !errors.Is(err, situation.ErrArgument) {
			t.Errorf("%+v: %v, want ErrArgument", o, err)
		}
	}
}

// TestGrowthProperties: time reversed changes the sign; any counts give a finite rate.
func TestGrowthProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 1000), 3, 80).Draw(rt, "counts")
		g, err := situation.Growth(situation.Incidence{Local: counts}, situation.GrowthOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		back := make([]int, len(counts))
		for i, n := range counts {
			back[len(counts)-1-i] = n
		}
		h, err := situation.Growth(situation.Incidence{Local: back}, situation.GrowthOptions{})
		if err != nil || (g.Rate == nil) != (h.Rate == nil) {
			rt.Fatalf("reversed: %v, %v", h, err)
		}
		if g.Rate == nil {
			return
		}
		if math.IsNaN(*g.Rate) || math.IsInf(*g.Rate, 0) || !near(*g.Rate, -*h.Rate, 1e-9) || !(*g.Low <= *g.Rate && *g.Rate <= *g.High) {
			rt.Fatalf("rate %v (%v to %v), reversed %v", *g.Rate, *g.Low, *g.High, *h.Rate)
		}
	})
}

func BenchmarkCaseR(b *testing.B) {
	local := make([]int, 70) // about the size of Shanghai's spring of 2022: 600,000 cases
	for i := range local {
		local[i] = int(27000 * math.Exp(-math.Pow(float64(i-45)/12, 2)))
	}
	si := moments(b, 2.6, 1.5)
	for b.Loop() {
		if _, err := situation.CaseR(situation.Incidence{Local: local}, si, situation.CaseROptions{Simulations: 100}, rand.New(rand.NewPCG(1, 1))); err != nil {
			b.Fatal(err)
		}
	}
}
