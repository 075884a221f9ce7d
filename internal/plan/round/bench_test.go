package round_test

import (
	"os"
	"testing"

	"firebreak/internal/plan/round"
)

func benchmarkMake(b *testing.B, people int64, mixed bool, period int, o round.Options) {
	c := city(b, people, mixed, period)
	for b.Loop() {
		p, err := round.Make(c, o)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(p.FinishResults, "h-results")
		b.ReportMetric(p.Gap, "h-gap")
		if os.Getenv("FIREBREAK_CHECK_PLANS") != "" {
			b.StopTimer()
			if err := round.Check(c, p); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	for _, x := range []struct {
		name   string
		people int64
		mixed  bool
		period int
	}{
		{"1M/15min", 1e6, false, 15}, {"1M/60min", 1e6, false, 60}, {"1M/mixed", 1e6, true, 15},
		{"10M/60min", 1e7, false, 60}, {"10M/15min", 1e7, false, 15}, {"10M/mixed", 1e7, true, 15},
	} {
		b.Run(x.name, func(b *testing.B) { benchmarkMake(b, x.people, x.mixed, x.period, round.Options{}) })
	}
}
