package round_test

import (
	"os"
	"testing"

	"firebreak/internal/plan/round"
)

// Benchmarks plan the made-up cities that `firebreak plan example` writes. With FIREBREAK_CHECK_PLANS each plan is checked too, outside the time.

func checked(b *testing.B, c round.City, p round.Plan) {
	b.Helper()
	b.ReportMetric(p.FinishResults, "h-results")
	b.ReportMetric(p.Gap, "h-gap")
	if os.Getenv("FIREBREAK_CHECK_PLANS") == "" {
		return
	}
	b.StopTimer()
	defer b.StartTimer()
	if err := round.Check(c, p); err != nil {
		b.Fatal(err)
	}
}

var sizes = []struct {
	name   string
	people int64
	mixed  bool
	period int
}{
	{"1M-15min", 1e6, false, 15}, {"1M-60min", 1e6, false, 60}, {"1M-mixed", 1e6, true, 15},
	{"10M-15min", 1e7, false, 15}, {"10M-60min", 1e7, false, 60}, {"10M-mixed", 1e7, true, 15},
}

// BenchmarkPlan goes from city to proven deadline, cheapest plan and bottleneck with its remedy.
func BenchmarkPlan(b *testing.B) {
	for _, x := range sizes {
		b.Run(x.name, func(b *testing.B) {
			c := city(b, x.people, x.mixed, x.period)
			for b.Loop() {
				p, err := round.Make(c, round.Options{})
				if err != nil {
					b.Fatal(err)
				}
				checked(b, c, p)
			}
		})
	}
}

// BenchmarkReplan loses the largest laboratory and a hundred sites at hour 6, and plans the rest from the plan before, as a server does, without looking for remedies.
func BenchmarkReplan(b *testing.B) {
	for _, x := range sizes {
		b.Run(x.name, func(b *testing.B) {
			c := city(b, x.people, x.mixed, x.period)
			before, err := round.Make(c, round.Options{NoRemedies: true})
			if err != nil {
				b.Fatal(err)
			}
			e := round.Events{Now: 6, LabsDown: map[string]float64{}, SitesClosed: map[string]float64{}}
			largest := c.Labs[0]
			for _, l := range c.Labs {
				if l.Capacity[0].Tubes > largest.Capacity[0].Tubes {
					largest = l
				}
			}
			e.LabsDown[largest.ID] = 6
			for i := range 100 {
				e.SitesClosed[c.Sites[i*len(c.Sites)/100].ID] = 6
			}
			for b.Loop() {
				rest, err := round.Continue(c, before, e)
				if err != nil {
					b.Fatal(err)
				}
				p, err := round.Make(rest, round.Options{NoRemedies: true, Before: &before})
				if err != nil {
					b.Fatal(err)
				}
				checked(b, rest, p)
			}
		})
	}
}

// BenchmarkRemedies tries all remedies, each by solving again.
func BenchmarkRemedies(b *testing.B) {
	for _, x := range sizes {
		b.Run(x.name, func(b *testing.B) {
			c := city(b, x.people, x.mixed, x.period)
			plan, err := round.Make(c, round.Options{NoRemedies: true})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				list, err := round.Remedies(c, plan)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(list)), "remedies")
			}
		})
	}
}
