package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/dustin/go-humanize"

	"firebreak/internal/place/qingdao"
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/measures"
	"firebreak/internal/sim/params"
)

type simCmd struct {
	jsonFlag
	People  int     `default:"100000" placeholder:"N" help:"People of the city, at least 100."`
	Days    int     `default:"100" placeholder:"D" help:"Days that it runs."`
	Seeds   int     `default:"10" placeholder:"K" help:"People infected on day 0."`
	Imports float64 `default:"0" placeholder:"X" help:"People infected from outside on each later day, on average."`
	Params  string  `default:"omicron-ba2" placeholder:"NAME" help:"How the disease spreads: covid19-ancestral, ebola, influenza, measles, omicron-ba2."`
	Policy  string  `default:"none" placeholder:"PACK" help:"Protocol pack that a health office acts by, as covid19/2022-v9; or none: nothing is done."`
	Ask     bool    `help:"Ask the rulebook about every fact, in place of the numbers of the pack. It decides the same, and is slow: for thousands of people."`
	Seed    uint64  `default:"1" placeholder:"S" help:"Another seed makes another city and another outbreak."`
	Workers int     `default:"1" placeholder:"W" help:"Threads; the outbreak is the same with any number."`
	Area    string  `placeholder:"CODE" help:"Only this jurisdiction of Qingdao, as 370285 for Laixi."`
	Daily   bool    `help:"Show each day, too."`
}

// Help is shown below the flags.
func (simCmd) Help() string {
	return "The city is made up from Qingdao's districts, streets and communities, scaled to the number of people. The same seed makes the same city and the same outbreak, with any number of threads: digest is of all " +
		"infections. cpu_s is of the outbreak and its policy, without the making of the city (city_cpu_s) and the fitting of the disease to it (fit_cpu_s); agent_days_per_cpu_s are people times days over it. " +
		"A policy is a protocol pack: people with symptoms are tested at clinics, cases taken away and asked whom they met, contacts quarantined, tested and let go, as the rulebook says; how many are found and named, and how fast, are parameters. " +
		"What the numbers are from stands in docs/sim.md."
}

// simReport is the result. Its first fields are a contract with checks outside of this repository.
type simReport struct {
	People    int     `json:"people"`
	Infected  int     `json:"infected"`
	Found     int     `json:"found"`
	Isolated  int     `json:"isolated"`
	Peak      int     `json:"peak_infectious"`
	AgentDays float64 `json:"agent_days_per_cpu_s"`
	CPU       float64 `json:"cpu_s"`
	Memory    int64   `json:"rss_bytes"` // the most that was ever resident
	Digest    string  `json:"digest"`

	CityCPU   float64 `json:"city_cpu_s"`
	FitCPU    float64 `json:"fit_cpu_s"`
	CityBytes int     `json:"city_bytes_per_person"`
	Params    string  `json:"params"`
	Seed      uint64  `json:"seed"`
	Days      int     `json:"days"`

	Policy string          `json:"policy"`
	Done   measures.Counts `json:"done"` // by the policy

	Daily []simDay `json:"daily,omitempty"` // only with --daily
}

// simDay is one day of an outbreak.
type simDay struct {
	Day        int     `json:"day"`
	Infected   int     `json:"infected"` // on this day
	Infectious int     `json:"infectious"`
	Found      int     `json:"found"`
	CPU        float64 `json:"cpu_ms"`
}

// Run builds, runs and prints.
func (c *simCmd) Run(ctx context.Context, p *process) error {
	if c.Days < 1 || c.Days > 10_000 {
		return misused(fmt.Errorf("--days: %d is not 1 to 10,000", c.Days))
	}
	if c.Workers < 1 || c.Workers > 1024 {
		return misused(fmt.Errorf("--workers: %d is not 1 to 1,024", c.Workers))
	}
	disease, err := params.Load(c.Params)
	if err != nil {
		return misused(fmt.Errorf("--params: %w", err))
	}
	how, err := params.LoadResponse()
	if err != nil {
		return err
	}
	var pack *protocol.Pack
	if c.Policy != "none" {
		if pack, err = protocol.Load(c.Policy); err != nil {
			return misused(fmt.Errorf("--policy: %w", err))
		}
	}
	// One heap that grows to what is needed: the collector finds little to free here.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	r := &simReport{Params: c.Params, Policy: c.Policy, Seed: c.Seed, Days: c.Days}
	before := cpuOf(syscall.RUSAGE_SELF)
	lap := func() float64 {
		now := cpuOf(syscall.RUSAGE_SELF)
		took := now - before
		before = now
		return took.Seconds()
	}
	made, err := c.build()
	if err != nil {
		return err
	}
	r.People, r.CityBytes, r.CityCPU = made.People(), (made.Bytes()+made.People()-1)/made.People(), lap()
	model, err := sim.Fit(made, disease)
	if err != nil {
		return err
	}
	r.FitCPU = lap()
	w, err := sim.New(sim.Options{Model: model, Seed: c.Seed, Seeds: c.Seeds, Imports: c.Imports, Workers: c.Workers, Compliance: how.Compliance.Value})
	if err != nil {
		return misused(err)
	}
	day := func() error { w.End(); return nil }
	var office *measures.Office
	if pack != nil {
		if office, err = measures.New(w, measures.Options{Pack: pack, Response: how, Ask: c.Ask}, c.Seed); err != nil {
			return err
		}
		r.Policy, day = pack.Ref(), office.Day
	}
	r.CPU = lap()
	known, found := 0, 0
	for w.Today() < c.Days {
		if err := ctx.Err(); err != nil {
			return err
		}
		today := w.Today()
		if err := day(); err != nil {
			return err
		}
		took := lap()
		r.CPU += took
		if office != nil {
			r.Done = office.Counts()
		}
		if c.Daily {
			r.Daily = append(r.Daily, simDay{today, w.Infected() - known, w.Infectious(), r.Done.Found - found, took * 1000})
		}
		known, found = w.Infected(), r.Done.Found
	}
	r.Found = r.Done.Found
	r.Infected, r.Isolated, r.Peak, r.Digest = w.Infected(), w.Isolated(), w.Peak(), w.Digest()
	r.AgentDays = float64(r.People) * float64(c.Days) / max(r.CPU, 1e-6)
	r.Memory = peakMemory()
	if c.JSON {
		return p.writeJSON(r)
	}
	return r.write(p)
}

// build makes the city.
func (c *simCmd) build() (*city.City, error) {
	tree, err := qingdao.Tree()
	if err != nil {
		return nil, err
	}
	outlines, err := qingdao.Outlines()
	if err != nil {
		return nil, err
	}
	how, err := params.LoadCity()
	if err != nil {
		return nil, err
	}
	o := city.Options{Tree: tree, Outlines: outlines, People: c.People, Seed: c.Seed, Params: how, Port: "370211"}
	if c.Area != "" {
		j, ok := tree.ByCode(c.Area)
		if !ok {
			return nil, misused(fmt.Errorf("--area: no jurisdiction of Qingdao has the code %q", c.Area))
		}
		o.Root = j.ID
	}
	made, err := city.Build(o)
	if err != nil {
		return nil, misused(fmt.Errorf("--people: %w", err))
	}
	runtime.GC()
	return made, nil
}

func (r *simReport) write(p *process) error {
	n := func(x int) string { return humanize.Comma(int64(x)) }
	t := newTable("what", "value")
	t.alignRight(1)
	t.add("people", n(r.People))
	t.add("days", n(r.Days))
	t.add("infected", n(r.Infected))
	t.add("policy", r.Policy)
	t.add("found", n(r.Found))
	t.add("found when kept apart already", n(r.Done.InIsolation))
	t.add("contacts listed", n(r.Done.Listed))
	t.add("kept apart", n(r.Isolated))
	t.add("rooms at once, at most", n(r.Done.PeakRooms))
	t.add("tests", n(r.Done.Tests))
	t.add("infectious at once, at most", n(r.Peak))
	t.add("city", fmt.Sprintf("%.2f CPU s, %d bytes a person", r.CityCPU, r.CityBytes))
	t.add("fitting the disease", fmt.Sprintf("%.3f CPU s", r.FitCPU))
	t.add("outbreak", fmt.Sprintf("%.3f CPU s", r.CPU))
	t.add("people times days", n(int(r.AgentDays))+" a CPU second")
	t.add("memory at most", humanize.IBytes(uint64(r.Memory)))
	t.add("digest", r.Digest[:16])
	if err := t.write(p.Stdout); err != nil || len(r.Daily) == 0 {
		return err
	}
	if _, err := fmt.Fprintln(p.Stdout); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	d := newTable("day", "infected", "infectious", "found", "CPU ms")
	d.alignRight(0, 1, 2, 3, 4)
	for _, x := range r.Daily {
		d.add(n(x.Day), n(x.Infected), n(x.Infectious), n(x.Found), fmt.Sprintf("%.2f", x.CPU))
	}
	return d.write(p.Stdout)
}

// peakMemory is the most that this process ever had resident, in bytes.
func peakMemory() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss * 1024
}
