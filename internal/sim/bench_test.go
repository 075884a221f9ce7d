package sim

import "testing"

// A day early in an outbreak: some hundreds of infected people in a city of a million.
func BenchmarkEarly(b *testing.B) {
	c := realCity(b, 1_000_000)
	m := fit(b, c, disease(b, "influenza", nil))
	b.ReportAllocs()
	days := 0
	for b.Loop() {
		w := begin(b, Options{Model: m, Seed: 1, Seeds: 300})
		for range 10 {
			w.End()
			days++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(days), "us/day")
}

// A day with about one in a hundred infectious.
func BenchmarkOnePercent(b *testing.B) {
	c := realCity(b, 1_000_000)
	m := fit(b, c, disease(b, "influenza", nil))
	w := begin(b, Options{Model: m, Seed: 1, Seeds: 10_000})
	for range 2 {
		w.End()
	}
	sum := 0
	b.ReportAllocs()
	for b.Loop() {
		found, n := w.meet(nil, w.past, len(w.list))
		sum += len(found) + n
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(w.list)), "ns/infectious")
}
