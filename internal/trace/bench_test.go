package trace_test

import (
	"sync"
	"testing"

	"firebreak/internal/contact"
	"firebreak/internal/trace"
	"firebreak/internal/trace/traffic"
)

// benchCity is 300,000 people over 14 days: 17 million visits.
var benchCity = sync.OnceValue(func() (b struct {
	city     *traffic.City
	day      []trace.Visit
	index    *trace.Index
	cases    []trace.Case
	isolated map[trace.Person]trace.Instant
	until    trace.Instant
}) {
	const days, from = 14, trace.Instant(1646611200)
	b.city = traffic.New(traffic.Spec{People: 300_000, Days: days, Seed: 2022, From: from})
	b.index = trace.NewIndex(0)
	b.index.SetKinds(b.city.Kinds())
	b.index.SetHomes(trace.NewHomes(b.city.Homes()))
	for d := range days {
		b.day = b.city.Day(d, b.day[:0])
		if err := b.index.Add(trace.Block{Visits: b.day}); err != nil {
			panic(err)
		}
	}
	cases := b.city.Cases(1000)
	b.isolated = b.city.Isolated(cases)
	for _, c := range cases {
		b.cases = append(b.cases, c.Case)
	}
	b.until = from + days*86400
	return b
})

var benchRules = &trace.Rules{
	Clauses:   []trace.Clause{{Name: "fifteen minutes", Tier: contact.Close, Kinds: trace.EveryKind, AtLeast: 15 * 60}},
	Household: "household", Rates: traffic.Rates, Encounter: 15 * 60, EncounterKinds: trace.EveryKind,
}

func BenchmarkContacts300k(b *testing.B) {
	c := benchCity()
	v := c.index.View()
	for i := 0; b.Loop(); i++ {
		v.Contacts(benchRules, c.cases[i%len(c.cases)])
	}
}

func BenchmarkBatch300k(b *testing.B) {
	c := benchCity()
	v := c.index.View()
	for b.Loop() {
		v.Batch(benchRules, c.cases)
	}
}

func BenchmarkSecondaries300k(b *testing.B) {
	c := benchCity()
	v := c.index.View()
	first := v.Contacts(benchRules, c.cases[0])
	batch := v.Batch(benchRules, c.cases)
	for _, x := range []struct {
		name    string
		sources []trace.Source
		known   []trace.Person
	}{{"top50", first.Sources(50, c.isolated), nil}, {"all", first.Sources(-1, c.isolated), nil}, {"batch", batch.Sources(c.isolated), batch.Known()}} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				v.Secondaries(benchRules, x.sources, x.known, c.until)
			}
		})
	}
	b.Run("ranked", func(b *testing.B) {
		for b.Loop() {
			v.Ranked(benchRules, batch.Sources(c.isolated), batch.Known(), c.until, 1000)
		}
	})
}

func BenchmarkShared300k(b *testing.B) {
	c := benchCity()
	v := c.index.View()
	for b.Loop() {
		v.Shared(c.cases[:200], 300_000)
	}
}

func BenchmarkBuild300k(b *testing.B) {
	c := benchCity()
	for b.Loop() {
		if err := trace.NewIndex(0).Add(trace.Block{Visits: c.day}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(c.day))/b.Elapsed().Seconds(), "visits/s")
}

func BenchmarkIngest300k(b *testing.B) {
	c := benchCity()
	for b.Loop() {
		ix := trace.NewIndex(0)
		for at := 0; at < len(c.day); at += 500 {
			if err := ix.Add(trace.Block{Visits: c.day[at:min(at+500, len(c.day))]}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N*len(c.day))/b.Elapsed().Seconds(), "visits/s")
}
