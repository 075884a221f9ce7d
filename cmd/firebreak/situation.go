package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"firebreak/internal/sitrep"
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
		if c.Area != "" {
			query.Set("area", c.Area)
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
			opts := sitrep.Options{Window: c.Window, SIMean: c.SIMean, SISD: c.SISD}
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
	t.add("first and last "+r.By, r.Onset.First.String()+" to "+r.Onset.Last.String())
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
	return t.write(p.Stdout)
}
