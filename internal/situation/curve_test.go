package situation_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/day"
	"firebreak/internal/situation"
)

func ExampleCurve() {
	d := day.MustParse("2022-03-04")
	cases := []situation.Case{
		{Onset: d, Confirmed: d.Add(2)},
		{Onset: d.Add(2), Confirmed: d.Add(4), Quarantined: d.Add(3)},
		{Onset: d.Add(2), Confirmed: d.Add(4)},
		{Confirmed: d.Add(5)},
	}
	c, err := situation.Curve(cases, situation.Onset, situation.SplitFound, situation.CurveOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Series, "undated:", c.Undated, "peak:", c.Peak, "on", c.PeakDay)
	for _, b := range c.Bins {
		fmt.Println(b.Start, b.N)
	}
	// Output:
	// [community isolated] undated: 1 peak: 2 on 2022-03-06
	// 2022-03-04 [1 0]
	// 2022-03-05 [0 0]
	// 2022-03-06 [1 1]
}

func TestCurveOfRealData(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name              string
		set               func(testing.TB) *set
		by                situation.Date
		n, peak           int
		first, last, high string
	}{
		{"MERS", mers, situation.Onset, 135, 16, "2015-05-11", "2015-06-15", "2015-06-01"},
		{"Ebola", ebola, situation.Onset, 5829, 55, "2014-04-07", "2015-04-30", "2014-09-20"},
		{"Singapore", singapore, situation.Confirmation, 93, 9, "2020-01-23", "2020-02-26", "2020-02-13"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := tc.set(t)
			c, err := situation.Curve(s.cases, tc.by, situation.SplitNone, situation.CurveOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if c.Total != tc.n || c.Undated != len(s.cases)-tc.n || c.Peak != tc.peak {
				t.Errorf("total %d, undated %d, peak %d; want %d, %d, %d", c.Total, c.Undated, c.Peak, tc.n, len(s.cases)-tc.n, tc.peak)
			}
			if c.First.String() != tc.first || c.Last.String() != tc.last || c.PeakDay.String() != tc.high {
				t.Errorf("%s .. %s, peak on %s; want %s .. %s, %s", c.First, c.Last, c.PeakDay, tc.first, tc.last, tc.high)
			}
			if len(c.Bins) != c.Last.Sub(c.First)+1 {
				t.Errorf("%d bars for %s .. %s", len(c.Bins), c.First, c.Last)
			}
			if inc := situation.IncidenceOf(c); inc.Len() != len(c.Bins) || inc.Start != c.First {
				t.Errorf("incidence of %d days from %s", inc.Len(), inc.Start)
			}
		})
	}
	t.Run("Singapore by cluster", func(t *testing.T) {
		t.Parallel()
		c, err := situation.Curve(singapore(t).cases, situation.Confirmation, situation.SplitArea, situation.CurveOptions{BinDays: 7})
		if err != nil {
			t.Fatal(err)
		}
		k := slices.Index(c.Series, "Grace Assembly of God")
		n := 0
		for _, b := range c.Bins {
			n += b.N[k]
		}
		if n != 23 {
			t.Errorf("Grace Assembly of God has %d cases, want 23", n)
		}
	})
}

func TestCurveWindow(t *testing.T) {
	t.Parallel()
	d := day.MustParse("2022-03-04")
	stray := []situation.Case{{Onset: d}, {Onset: d.Add(1)}, {Onset: day.MustParse("1922-03-04")}, {Onset: day.MustParse("2202-03-04")}}
	if _, err := situation.Curve(stray, situation.Onset, situation.SplitNone, situation.CurveOptions{}); !errors.Is(err, situation.ErrSpan) {
		t.Errorf("a typing error in a year: %v, want ErrSpan", err)
	}
	c, err := situation.Curve(stray, situation.Onset, situation.SplitNone, situation.CurveOptions{From: d.Add(-1), To: d.Add(5), BinDays: 2})
	if err != nil {
		t.Fatal(err)
	}
	if c.Outside != 2 || c.Total != 2 || len(c.Bins) != 4 || c.First != d.Add(-1) || c.Bins[0].Total != 1 || c.Bins[1].Total != 1 {
		t.Errorf("got %+v", c)
	}
	c.MarkIncomplete(d.Add(2))
	for i, want := range []bool{false, true, true, true} { // the bar of d+1 and d+2 reaches into it
		if c.Bins[i].Incomplete != want {
			t.Errorf("bar %d incomplete = %v", i, c.Bins[i].Incomplete)
		}
	}
	c.MarkIncomplete(0)
	if c.Bins[3].Incomplete {
		t.Error("no day is incomplete, yet a bar is marked")
	}
	for _, o := range []situation.CurveOptions{{BinDays: -1}, {BinDays: 1 << 40}} {
		if _, err := situation.Curve(stray, situation.Onset, situation.SplitNone, o); !errors.Is(err, situation.ErrArgument) {
			t.Errorf("%+v: %v, want ErrArgument", o, err)
		}
	}
	empty, err := situation.Curve(nil, situation.Onset, situation.SplitClass, situation.CurveOptions{})
	if err != nil || len(empty.Bins) != 0 || !empty.First.IsZero() {
		t.Errorf("no cases: %+v, %v", empty, err)
	}
}

// TestCurveProperties: nothing is lost, and the order of cases does not matter.
func TestCurveProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cases := rapid.SliceOf(rapid.Custom(func(rt *rapid.T) situation.Case {
			c := situation.Case{Class: rapid.SampledFrom([]string{"confirmed", "probable", ""}).Draw(rt, "class")}
			if rapid.IntRange(0, 9).Draw(rt, "known") > 0 {
				c.Onset = day.MustParse("2020-01-01").Add(rapid.IntRange(0, 100).Draw(rt, "onset"))
			}
			return c
		})).Draw(rt, "cases")
		opts := situation.CurveOptions{BinDays: rapid.IntRange(1, 9).Draw(rt, "bin")}
		if rapid.Bool().Draw(rt, "clip") {
			opts.From = day.MustParse("2020-01-20")
			opts.To = day.MustParse("2020-02-20")
		}
		a, err := situation.Curve(cases, situation.Onset, situation.SplitClass, opts)
		if err != nil {
			rt.Fatal(err)
		}
		in := 0
		for i, b := range a.Bins {
			s := 0
			for _, n := range b.N {
				s += n
			}
			if s != b.Total || b.Start != a.First.Add(i*opts.BinDays) || b.Total > a.Peak {
				rt.Fatalf("bar %d: %+v", i, b)
			}
			in += s
		}
		if in != a.Total || a.Total+a.Undated+a.Outside != len(cases) {
			rt.Fatalf("%d cases: %d drawn, %d undated, %d outside", len(cases), in, a.Undated, a.Outside)
		}
		slices.Reverse(cases)
		b, err := situation.Curve(cases, situation.Onset, situation.SplitClass, opts)
		if err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			rt.Fatalf("order matters: %v, %v, %v", a, b, err)
		}
	})
}

func TestDelays(t *testing.T) {
	t.Parallel()
	m := mers(t)
	si := situation.SerialInterval(m.links, m.onset)
	if si.N != 98 || m.unresolved != 0 {
		t.Errorf("MERS serial interval of %d pairs, %d unresolved; want 98, 0", si.N, m.unresolved)
	}
	is(t, "MERS mean", si.Mean, 14.47, 0.0005)
	is(t, "MERS sd", si.SD, 5.20, 0.001)
	e := ebola(t)
	si = situation.SerialInterval(e.links, e.onset)
	if si.N != 2116 {
		t.Errorf("Ebola serial interval of %d pairs, want 2116", si.N)
	}
	is(t, "Ebola mean", si.Mean, 11.06, 0.0005)
	is(t, "Ebola sd", si.SD, 8.08, 0.001)
}

func ExampleDelayBetween() {
	d := day.MustParse("2022-03-04")
	cases := []situation.Case{
		{Onset: d, Report: d.Add(1)}, {Onset: d, Report: d.Add(2)}, {Onset: d, Report: d.Add(4)}, {Onset: d, Report: d.Add(9)}, {Onset: d},
	}
	r := situation.DelayBetween(cases, situation.Onset, situation.Report)
	fmt.Printf("n %d, unknown %d, median %.1f (quartiles %.2f and %.2f), mean %.1f, sd %.2f\n", r.N, r.Unknown, *r.Median, *r.Q1, *r.Q3, *r.Mean, *r.SD)
	// Output: n 4, unknown 1, median 3.0 (quartiles 1.75 and 5.25), mean 4.0, sd 3.56
}

func TestDelayEdges(t *testing.T) {
	t.Parallel()
	d := day.MustParse("2022-03-04")
	none := situation.DelayBetween([]situation.Case{{Onset: d}}, situation.Onset, situation.Isolation)
	if none.N != 0 || none.Unknown != 1 || none.Mean != nil || none.Median != nil {
		t.Errorf("no pair: %+v", none)
	}
	one := situation.DelayBetween([]situation.Case{{Report: d, Isolated: d.Add(-2)}}, situation.Report, situation.Isolation)
	if one.N != 1 || one.Negative != 1 || one.SD != nil || *one.Median != -2 || *one.Q1 != -2 {
		t.Errorf("one pair: %+v", one)
	}
	if s := situation.SerialInterval([]situation.Link{{From: 0, To: 7}, {From: -1, To: 0}}, []day.Day{d}); s.Unknown != 2 || s.N != 0 {
		t.Errorf("links to cases not on the list: %+v", s)
	}
}

func BenchmarkCurve(b *testing.B) {
	cases := make([]situation.Case, 1_000_000)
	d := day.MustParse("2020-01-01")
	for i := range cases {
		cases[i] = situation.Case{Onset: d.Add(i % 700), Report: d.Add(i%700 + i%9), Confirmed: d.Add(i%700 + 2), Area: fmt.Sprint(i % 10)}
	}
	b.Run("cases=1e6", func(b *testing.B) {
		for b.Loop() {
			if _, err := situation.Curve(cases, situation.Onset, situation.SplitArea, situation.CurveOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("delays=1e6", func(b *testing.B) {
		for b.Loop() {
			situation.DelayBetween(cases, situation.Onset, situation.Report)
		}
	})
	b.Run("nowcast=1e6", func(b *testing.B) {
		for b.Loop() {
			if _, err := situation.NowcastOf(situation.OnsetToReport(cases), d.Add(690), situation.NowcastOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
