package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"firebreak/internal/sitrep"
	"firebreak/internal/situation"
	"firebreak/internal/store"
)

type situationCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string  `required:"" placeholder:"NAME" help:"Outbreak to report on."`
	Area     string  `placeholder:"CODE" help:"Only what lies in this jurisdiction."`
	Window   int     `default:"7" placeholder:"N" help:"Days of the sliding window of Rt."`
	SIMean   float64 `name:"si-mean" placeholder:"X" help:"Mean serial interval in days, in place of the pack's."`
	SISD     float64 `name:"si-sd" placeholder:"Y" help:"Standard deviation of the serial interval in days."`
	By       string  `enum:",onset,report,confirmation" default:"" placeholder:"DAY" help:"Day that the curve is drawn by: onset, report or confirmation. Onset where it is known of any case, else report."`
	Split    string  `enum:",class,area,found" default:"" placeholder:"PART" help:"What the curve is stacked by: class, area (district) or found (where)."`
}

// Run prints the situation of an outbreak.
func (c *situationCmd) Run(ctx context.Context, p *process) error {
	if (c.SIMean == 0) != (c.SISD == 0) {
		return misused(fmt.Errorf("--si-mean and --si-sd go together"))
	}
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		rep := &sitrep.Report{}
		query := url.Values{"window": {strconv.Itoa(c.Window)}}
		for key, value := range map[string]string{"area": c.Area, "by": c.By, "split": c.Split} {
			if value != "" {
				query.Set(key, value)
			}
		}
		if c.SIMean != 0 {
			query.Set("si_mean", strconv.FormatFloat(c.SIMean, 'g', -1, 64))
			query.Set("si_sd", strconv.FormatFloat(c.SISD, 'g', -1, 64))
		}
		if err := r.get(ctx, path("/api/outbreaks/%s/situation", c.Outbreak), query, rep); err != nil {
			return err
		}
		return c.tell(p, rep)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		var rep *sitrep.Report
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			opts := sitrep.Options{Window: c.Window, SIMean: c.SIMean, SISD: c.SISD, By: sitrep.By(c.By), Split: sitrep.Split(c.Split), Now: db.Now()}
			if c.Area != "" {
				tree, err := r.Tree()
				if err != nil {
					return err
				}
				j, ok := tree.ByCode(c.Area)
				if !ok {
					return fmt.Errorf("jurisdiction %q: %w", c.Area, store.ErrNotFound)
				}
				opts.Area = j.ID
			}
			rep, err = sitrep.Read(r, o, store.Everywhere(), opts)
			return err
		})
		if err != nil {
			return err
		}
		return c.tell(p, rep)
	})
}

func (c *situationCmd) tell(p *process, rep *sitrep.Report) error {
	if c.JSON {
		return p.writeJSON(rep)
	}
	return c.print(p, rep)
}

func (c *situationCmd) print(p *process, r *sitrep.Report) error {
	t := newTable("figure", "value")
	t.add("outbreak", r.Outbreak+" ("+r.Pack+")")
	t.add("cases", strconv.Itoa(r.Cases))
	t.add("deaths", strconv.Itoa(r.Deaths))
	t.add("links", fmt.Sprintf("%d (%d with an end on no list)", r.Links, r.Unresolved))
	largest := "none"
	if len(r.Chains) > 0 {
		largest = strconv.Itoa(r.Chains[0])
	}
	t.add("chains of two or more", fmt.Sprintf("%d, the largest %s", len(r.Chains), largest))
	t.add("first and last "+string(r.By), r.Onset.First.String()+" to "+r.Onset.Last.String())
	t.add("peak", fmt.Sprintf("%d on %s", r.Onset.Peak, r.Onset.PeakDay))
	for i := len(r.Rt) - 1; i >= 0; i-- {
		if x := r.Rt[i]; x.Mean != nil {
			t.add("Rt, "+x.Start.String()+" to "+x.End.String(), fmt.Sprintf("%.2f (%.2f to %.2f)", *x.Mean, *x.Q025, *x.Q975))
			break
		}
	}
	if r.Serial.Mean != nil && r.Serial.SD != nil {
		t.add("serial interval observed", fmt.Sprintf("%.2f d, sd %.2f, of %d pairs", *r.Serial.Mean, *r.Serial.SD, r.Serial.N))
	}
	if r.FoundInIsolation != nil {
		t.add("found in isolation", fmt.Sprintf("%.1f %% (%d of %d)", 100**r.FoundInIsolation, r.FoundIsolated, r.FoundKnown))
	}
	if x := r.Incidents; x.Day+x.Open > 0 {
		t.add("incidents at hospitals and sites", fmt.Sprintf("%d in the last 24 h, %d open", x.Day, x.Open))
	}
	if g := r.Growth; g != nil && g.Rate != nil {
		t.add("growth a day, "+g.FirstDay.String()+" to "+g.LastDay.String(), fmt.Sprintf("%+.1f %% (%+.1f to %+.1f)", 100**g.Rate, 100**g.Low, 100**g.High))
	}
	for _, d := range r.Delays {
		if d.Median != nil {
			t.add("days from "+d.From+" to "+d.To, fmt.Sprintf("median %g, quartiles %g and %g, of %d cases", *d.Median, *d.Q1, *d.Q3, d.N))
		}
	}
	for _, s := range []struct {
		name string
		step situation.Step717
	}{{"detected within 7 days", r.Targets.S717.Detect}, {"reported within 1 day", r.Targets.S717.Notify}, {"early response within 7 days", r.Targets.S717.Respond}} {
		t.add(s.name, judged(s.step))
	}
	if c := r.Targets.Tracing.Cases; c.Share != nil {
		t.add("contacts in quarantine within 72 h", fmt.Sprintf("of %d of %d cases; the target is %.0f %%", c.Met, c.Known, 100*c.Target))
	}
	return t.write(p.Stdout)
}

// judged says a step of 7-1-7 in a word, and how long it took.
func judged(s situation.Step717) string {
	switch {
	case s.Met == nil:
		return "not decided yet"
	case s.Days == nil:
		return "missed: not on record"
	case *s.Met:
		return fmt.Sprintf("met: %d days", *s.Days)
	}
	return fmt.Sprintf("missed: %d days", *s.Days)
}
