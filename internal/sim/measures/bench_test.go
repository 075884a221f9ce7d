package measures

import (
	"testing"

	"firebreak/internal/sim/params"
)

// A million people for 100 days with testing and tracing.
func BenchmarkMillion(b *testing.B) {
	m := model(b, 1_000_000, "covid19-ancestral")
	for b.Loop() {
		w, o := outbreak{m: m, seed: 1, seeds: 1000, days: 100, pack: "covid19/2022-v9", change: func(r *params.Response) { r.Tested.Value = 0.6 }}.run(b)
		b.ReportMetric(float64(w.Infected()), "infected")
		b.ReportMetric(float64(o.Counts().Listed), "contacts")
		b.ReportMetric(float64(o.Counts().Found), "found")
	}
}
