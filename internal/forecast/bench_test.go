package forecast

import (
	"testing"
)

// A contained outbreak in a city of a million: 200 courses of 60 days under two packs.
func BenchmarkMillion(b *testing.B) {
	o := options(b, model(b, CityPeople, 1, "omicron-ba2"))
	o.Replicates, o.Days, o.Workers = 200, 60, 1
	s := record()
	s.People = 1_000_000
	for b.Loop() {
		f, err := Make(s, o)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(f.Variants[0].Outgrown, "outgrown")
		b.ReportMetric(f.Variants[0].Of(Infections).All.Median, "infections")
	}
}
