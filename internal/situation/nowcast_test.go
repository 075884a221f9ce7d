package situation_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"firebreak/internal/day"
	"firebreak/internal/situation"
)

// TestNowcastBacktest nowcasts the past of the simulated Ebola outbreak, whose list is complete today: the estimates must be nearer to
// the truth than the counts as they stood, and the intervals must hold what they say.
func TestNowcastBacktest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		set      func(testing.TB) *set
		from, to string
		step     int
		better   float64 // at most this part of the error of the counts as they stood
		cover    float64
	}{
		{"Ebola", ebola, "2014-08-01", "2015-03-01", 7, 0.6, 0.90},
		{"MERS", mers, "2015-05-30", "2015-06-08", 1, 0.85, 0.85},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := tc.set(t)
			truth := map[day.Day]int{}
			for _, c := range s.cases {
				if !c.Onset.IsZero() && !c.Report.IsZero() {
					truth[c.Onset]++
				}
			}
			var raw, now float64
			days, inside := 0, 0
			for asOf := day.MustParse(tc.from); asOf <= day.MustParse(tc.to); asOf = asOf.Add(tc.step) {
				nc, err := situation.NowcastOf(situation.OnsetToReport(s.cases), asOf, situation.NowcastOptions{})
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range nc.Days {
					if !d.Incomplete {
						continue
					}
					want := truth[d.Day]
					raw += float64(want - d.Observed)
					now += abs(d.Estimate - float64(want))
					days++
					if d.Low <= want && want <= d.High {
						inside++
					}
				}
			}
			t.Logf("%d incomplete days: mean error as reported %.2f, nowcast %.2f; %.1f %% inside the 95 %% interval",
				days, raw/float64(days), now/float64(days), 100*float64(inside)/float64(days))
			if days < 20 || now > tc.better*raw || float64(inside) < tc.cover*float64(days) {
				t.Errorf("%d days, error %.2f against %.2f, %d inside", days, now, raw, inside)
			}
		})
	}
}

func abs(x float64) float64 { return max(x, -x) }

// TestNowcastRecovers draws an outbreak from a known delay and checks that the share reported is found again.
func TestNowcastRecovers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	asOf := day.MustParse("2022-05-01")
	delay := []float64{0.1, 0.3, 0.3, 0.2, 0.1} // after 0 .. 4 days
	var cases []situation.Case
	for age := range 60 {
		for range 40 {
			u, d := rng.Float64(), 0
			for u > delay[d] && d < 4 {
				u -= delay[d]
				d++
			}
			onset := asOf.Add(-age)
			cases = append(cases, situation.Case{Onset: onset, Report: onset.Add(d)})
		}
	}
	nc, err := situation.NowcastOf(situation.OnsetToReport(cases), asOf, situation.NowcastOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{0.1, 0.4, 0.7, 0.9, 1}
	for d, w := range want {
		if abs(nc.Reported[d]-w) > 0.05 {
			t.Errorf("share reported after %d days: %.3f, want about %v", d, nc.Reported[d], w)
		}
	}
	if nc.IncompleteFrom != asOf.Add(-3) {
		t.Errorf("incomplete from %s, want %s", nc.IncompleteFrom, asOf.Add(-3))
	}
	for _, d := range nc.Days {
		if d.Estimate < float64(d.Observed) || d.Low < d.Observed || float64(d.High) < d.Estimate-1 {
			t.Errorf("%s: observed %d, estimate %.1f (%d to %d)", d.Day, d.Observed, d.Estimate, d.Low, d.High)
		}
		if d.Low > 40 || d.High < 40 {
			t.Errorf("%s: 40 is not in %d to %d", d.Day, d.Low, d.High)
		}
	}
}

func TestNowcastEdges(t *testing.T) {
	t.Parallel()
	asOf := day.MustParse("2022-05-01")
	nc, err := situation.NowcastOf(situation.OnsetToReport(nil), asOf, situation.NowcastOptions{})
	if err != nil || nc.Reported != nil || len(nc.Days) != 31 || nc.IncompleteFrom != nc.Days[0].Day {
		t.Errorf("no cases: %+v, %v", nc, err)
	}
	// One case; one reported before onset; one after asOf, which must not count.
	one := []situation.Case{{Onset: asOf.Add(-3), Report: asOf}, {Onset: asOf, Report: asOf.Add(-1)}, {Onset: asOf, Report: asOf.Add(1)}, {Onset: asOf.Add(-900), Report: asOf}}
	nc, err = situation.NowcastOf(situation.OnsetToReport(one), asOf, situation.NowcastOptions{})
	if err != nil || nc.Pairs != 2 || nc.Days[30].Observed != 1 {
		t.Errorf("two cases: %+v, %v", nc, err)
	}
	for _, o := range []situation.NowcastOptions{{MaxDelay: -1}, {MaxDelay: 1000}, {Window: -1}, {Level: 2}, {Complete: -0.1}} {
		if _, err := situation.NowcastOf(situation.OnsetToReport(one), asOf, o); !errors.Is(err, situation.ErrArgument) {
			t.Errorf("%+v: %v, want ErrArgument", o, err)
		}
	}
	if _, err := situation.NowcastOf(situation.OnsetToReport(one), 0, situation.NowcastOptions{}); !errors.Is(err, situation.ErrArgument) {
		t.Errorf("unknown day: %v, want ErrArgument", err)
	}
}

func ExampleNowcastOf() {
	asOf := day.MustParse("2022-03-20")
	var cases []situation.Case
	for age := range 20 { // ten cases a day; half are reported the next day, half after three
		for k := range 10 {
			onset := asOf.Add(-age)
			cases = append(cases, situation.Case{Onset: onset, Report: onset.Add(1 + 2*(k%2))})
		}
	}
	nc, err := situation.NowcastOf(situation.OnsetToReport(cases), asOf, situation.NowcastOptions{MaxDelay: 7})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range nc.Days[4:] {
		fmt.Printf("%s: %2d reported, %4.1f expected (%d to %d)\n", d.Day, d.Observed, d.Estimate, d.Low, d.High)
	}
	// Output:
	// 2022-03-17: 10 reported, 10.0 expected (10 to 10)
	// 2022-03-18:  5 reported, 10.0 expected (6 to 17)
	// 2022-03-19:  5 reported, 10.0 expected (6 to 17)
	// 2022-03-20:  0 reported,  9.8 expected (0 to 29)
}
