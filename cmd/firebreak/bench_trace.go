package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"

	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/trace"
	"firebreak/internal/trace/traffic"
)

type benchTraceCmd struct {
	jsonFlag
	People  int    `default:"100000" placeholder:"N" help:"People of the city; each makes about four visits a day."`
	Days    int    `default:"14" placeholder:"D" help:"Days of visits."`
	Seed    uint64 `default:"2022" placeholder:"N" help:"Another seed makes another city."`
	Compare bool   `help:"Ask SQLite the same, and PostgreSQL where --db names one, on this city: choose a small one."`
	DB      string `name:"db" placeholder:"URL" help:"PostgreSQL database (postgres://...) with nothing else in it, to make visits durable in, in place of a folder that is made and removed."`
}

// Help is shown below the flags.
func (benchTraceCmd) Help() string {
	return "Makes a city of visits up from its seed, takes it in, and asks what an outbreak asks. Questions are timed in seconds of the processor, warm, and without the making of the city. q1: the ranked contacts " +
		"of one case; q2: secondary contacts of its 50 riskiest contacts, and of all; q3: the contacts of 1,000 cases, and the whole second ring of them with time and via whom; q4: the places that 200 cases share. " +
		"ingest_per_s is by the clock, in batches of 500, each of them durable and in the index. 10 million people over 14 days want 12 GB of memory."
}

// traceReport is the result. Its fields are a contract with checks outside of this repository.
type traceReport struct {
	Visits        int     `json:"visits"`
	IngestPerS    float64 `json:"ingest_per_s"`
	BuildPerCPUS  float64 `json:"build_per_cpu_s"`
	BytesPerVisit float64 `json:"bytes_per_visit"`
	Q1            float64 `json:"q1_ms"`
	Q2Top50       float64 `json:"q2_top50_ms"`
	Q2All         float64 `json:"q2_all_ms"`
	Q3Links       float64 `json:"q3_links_ms"`
	Q3Ring2       float64 `json:"q3_ring2_ms"`
	Q4            float64 `json:"q4_ms"`

	Compared []traceCompared `json:"compared,omitempty"` // only with --compare

	// What the questions found, for people.
	contacts, second50, secondAll, links, distinct, ring2, shared int
	ranked                                                        time.Duration
	purge                                                         time.Duration
	idle, busy                                                    float64
}

// benchTraceRules are those of the workload: fifteen minutes together anywhere.
func benchTraceRules() *trace.Rules {
	return &trace.Rules{
		Clauses:   []trace.Clause{{Name: "fifteen minutes", Tier: contact.Close, Kinds: trace.EveryKind, AtLeast: 15 * 60}},
		Household: "household", Rates: traffic.Rates, Encounter: 15 * 60, EncounterKinds: trace.EveryKind,
	}
}

// Run makes the city, takes it in and asks.
func (c *benchTraceCmd) Run(ctx context.Context, p *process) error {
	if c.People < 1000 || c.Days < 1 {
		return misused(errors.New("a city has at least 1,000 people, and one day"))
	}
	r, err := c.measure(ctx, p)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(r)
	}
	t := newTable("what", "took", "found")
	t.alignRight(1, 2)
	ms := func(x float64) string { return fmt.Sprintf("%.3f ms", x) }
	n := func(x int) string { return humanize.Comma(int64(x)) }
	t.add("visits", "", n(r.Visits))
	t.add("ingest, batches of 500", n(int(r.IngestPerS))+" a second", "")
	t.add("build", n(int(r.BuildPerCPUS))+" a CPU second", "")
	t.add("memory", fmt.Sprintf("%.2f bytes a visit", r.BytesPerVisit), "")
	t.add("q1: contacts of a case", ms(r.Q1), n(r.contacts))
	t.add("q2: secondary contacts of the 50 riskiest", ms(r.Q2Top50), n(r.second50))
	t.add("q2: secondary contacts of all", ms(r.Q2All), n(r.secondAll))
	t.add("q3: contacts of 1,000 cases", ms(r.Q3Links), n(r.links)+" links, "+n(r.distinct)+" people")
	t.add("q3: their second ring", ms(r.Q3Ring2), n(r.ring2))
	t.add("q3: the same ranked by dose", ms(1000*r.ranked.Seconds()), n(r.ring2))
	t.add("q4: shared places of 200 cases", ms(r.Q4), n(r.shared))
	t.add("slowest hundredth of q1, by the clock", ms(r.idle), "")
	t.add("the same while 20,000 visits a second come in", ms(r.busy), "")
	t.add("purge of a day", ms(1000*r.purge.Seconds()), "")
	for _, x := range r.Compared {
		same := "the same answers"
		if !x.Same {
			same = "other answers"
		}
		t.add(x.Engine+": load and index", n(int(x.Load))+" a second", same)
		t.add(x.Engine+": q1", ms(x.Q1), fmt.Sprintf("%.0f times ours", x.Q1/r.Q1))
		t.add(x.Engine+": q2 of the 50 riskiest", ms(x.Q2Top), fmt.Sprintf("%.0f times ours", x.Q2Top/r.Q2Top50))
		if x.Q4 >= 0 {
			t.add(x.Engine+": q4", ms(x.Q4), fmt.Sprintf("%.0f times ours", x.Q4/r.Q4))
		}
	}
	return t.write(p.Stdout)
}

func (c *benchTraceCmd) measure(ctx context.Context, p *process) (*traceReport, error) {
	// The index is most of what is held and none of it garbage: collect when a part of it has been added, not when it has doubled.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	r := &traceReport{}
	from := day.Of(2022, 3, 7)
	city := traffic.New(traffic.Spec{People: c.People, Days: c.Days, Seed: c.Seed, From: trace.At(from.Start(time.UTC))})
	ix := trace.NewIndex(0)
	ix.SetKinds(city.Kinds())
	ix.SetHomes(trace.NewHomes(city.Homes()))
	progress := p.progress("make the city", "visits")
	var build time.Duration
	var visits, all []trace.Visit
	for d := range c.Days {
		if err := ctx.Err(); err != nil {
			progress.close()
			return nil, err
		}
		visits = city.Day(d, visits[:0])
		before := cpuOf(syscall.RUSAGE_SELF)
		if err := ix.Add(trace.Block{Visits: visits}); err != nil {
			progress.close()
			return nil, err
		}
		build += cpuOf(syscall.RUSAGE_SELF) - before
		r.Visits += len(visits)
		if c.Compare {
			all = append(all, visits...)
		}
		progress.set(int64(r.Visits), int64(len(visits)*c.Days))
	}
	progress.close()
	r.BuildPerCPUS = float64(r.Visits) / build.Seconds()
	r.BytesPerVisit = float64(ix.View().Bytes()) / float64(ix.View().Visits())
	last := from.Add(c.Days - 1)
	var err error
	if r.IngestPerS, err = c.ingest(ctx, p, visits, last); err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	cases := city.Cases(1000)
	c.ask(ix.View(), cases, city.Isolated(cases), from, r)
	list := make([]trace.Case, len(cases))
	for i, x := range cases {
		list[i] = x.Case
	}
	if c.Compare {
		if r.Compared, err = c.compare(ctx, all, ix.View(), list, trace.At(from.Add(c.Days).Start(time.UTC))); err != nil {
			return nil, err
		}
	}
	if !c.JSON {
		r.idle, r.busy = busy(ix, benchTraceRules(), list, visits)
	}
	before := cpuOf(syscall.RUSAGE_SELF)
	ix.Purge(from.Add(1))
	r.purge = cpuOf(syscall.RUSAGE_SELF) - before
	return r, nil
}

// ask asks every question once to warm it up, then as often as its figure wants.
func (c *benchTraceCmd) ask(v *trace.View, cases []traffic.Case, isolated map[trace.Person]trace.Instant, from day.Day, r *traceReport) {
	rules := benchTraceRules()
	until := trace.At(from.Add(c.Days).Start(time.UTC))
	list := make([]trace.Case, len(cases))
	for i, x := range cases {
		list[i] = x.Case
	}
	timed := func(times int, f func(i int)) float64 {
		for i := range min(times, 3) {
			f(i)
		}
		runtime.GC()
		before := cpuOf(syscall.RUSAGE_SELF)
		for i := range times {
			f(i)
		}
		return 1000 * (cpuOf(syscall.RUSAGE_SELF) - before).Seconds() / float64(times)
	}
	at := func(i int) trace.Case { return list[i%len(list)] }

	for i := range list { // warm
		r.contacts += len(v.Contacts(rules, list[i]).List)
	}
	r.contacts /= max(1, len(list))
	r.Q1 = timed(len(list), func(i int) { v.Contacts(rules, at(i)) })

	firsts := make([]*trace.Contacts, 20)
	for i := range firsts {
		firsts[i] = v.Contacts(rules, at(i*7))
	}
	second := func(f *trace.Contacts, n int) int {
		return len(v.Secondaries(rules, f.Sources(n, isolated), []trace.Person{f.Case.Person}, until))
	}
	r.Q2Top50 = timed(len(firsts), func(i int) { r.second50 = second(firsts[i], 50) })
	r.Q2All = timed(5, func(i int) { r.secondAll = second(firsts[i], -1) })

	var batch *trace.Batch
	r.Q3Links = timed(3, func(int) { batch = v.Batch(rules, list) })
	r.links, r.distinct = len(batch.Links), len(batch.Contacts)
	sources, known := batch.Sources(isolated), batch.Known()
	r.Q3Ring2 = timed(2, func(int) { r.ring2 = len(v.Secondaries(rules, sources, known, until)) })
	if !c.JSON {
		before := cpuOf(syscall.RUSAGE_SELF)
		v.Ranked(rules, sources, known, until, 1000)
		r.ranked = cpuOf(syscall.RUSAGE_SELF) - before
	}
	shared := list[:min(len(list), 200)]
	r.Q4 = timed(50, func(int) { r.shared = len(v.Shared(shared, c.People)) })
}
