package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"firebreak/internal/situation"
)

type rtCmd struct {
	Incidence string   `required:"" placeholder:"FILE" help:"Daily counts with a header row: date (or day) and I (or cases), or date, local and imported; - for stdin."`
	SIMean    *float64 `name:"si-mean" placeholder:"DAYS" help:"Mean of the serial interval, above 1."`
	SISD      *float64 `name:"si-sd" placeholder:"DAYS" help:"Its standard deviation."`
	SI        string   `name:"si" placeholder:"w0,w1,..." help:"Serial interval as the probabilities of 0, 1, 2 ... days, in place of mean and sd."`
	PriorMean float64  `default:"5" help:"Mean of the gamma prior of R."`
	PriorSD   float64  `default:"5" help:"Its standard deviation."`
	Window    int      `default:"7" placeholder:"DAYS" help:"Length of the sliding window."`
	FillGaps  bool     `help:"Count days that the file leaves out as days without cases; else they are an error."`
	jsonFlag
}

// rtRow is one window as the command prints it.
type rtRow struct {
	Start  any               `json:"start"` // ISO date where the file has dates, else the day's number from 1
	End    any               `json:"end"`
	TStart int               `json:"t_start"` // 1 = first day of the file
	TEnd   int               `json:"t_end"`
	Mean   *float64          `json:"mean"`
	SD     *float64          `json:"sd"`
	Q025   *float64          `json:"q025"`
	Median *float64          `json:"median"`
	Q975   *float64          `json:"q975"`
	Why    situation.NoValue `json:"why,omitempty"`
}

// Help is shown below the flags.
func (rtCmd) Help() string {
	return "Cori et al. 2013, as EpiEstim computes it: one row for each window of days. Numbers are null where R is undefined."
}

// Run reads the file, estimates and prints one row per window.
func (c *rtCmd) Run(_ context.Context, p *process) (err error) {
	si, err := c.serialInterval()
	if err != nil {
		return misused(err)
	}
	switch { // the estimator takes zero for its default
	case c.Window < 1:
		return misused(fmt.Errorf("--window: %d is not at least 1", c.Window))
	case !(c.PriorMean > 0):
		return misused(fmt.Errorf("--prior-mean: %g is not above 0", c.PriorMean))
	case !(c.PriorSD > 0):
		return misused(fmt.Errorf("--prior-sd: %g is not above 0", c.PriorSD))
	}
	f, err := p.openInput(c.Incidence)
	if err != nil {
		return fmt.Errorf("--incidence: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	inc, err := situation.ReadIncidence(f, situation.ReadOptions{FillMissing: c.FillGaps})
	if err != nil {
		return fmt.Errorf("%s: %w", c.Incidence, err)
	}
	list, err := situation.Cori(inc, si, situation.CoriOptions{Window: c.Window, PriorMean: c.PriorMean, PriorSD: c.PriorSD})
	if err != nil {
		return err
	}
	rows := make([]rtRow, len(list))
	for i, r := range list {
		rows[i] = rtRow{r.Start, r.End, r.Start, r.End, r.Mean, r.SD, r.Q025, r.Median, r.Q975, r.Why}
		if !inc.Start.IsZero() {
			rows[i].Start, rows[i].End = r.StartDay, r.EndDay
		}
	}
	if c.JSON {
		return p.writeJSON(struct {
			Rt []rtRow `json:"rt"`
		}{rows})
	}
	t := newTable("start", "end", "mean", "sd", "2.5 %", "median", "97.5 %", "")
	t.alignRight(2, 3, 4, 5, 6)
	for _, r := range rows {
		t.add(fmt.Sprint(r.Start), fmt.Sprint(r.End), decimal(r.Mean), decimal(r.SD), decimal(r.Q025), decimal(r.Median), decimal(r.Q975), string(r.Why))
	}
	return t.write(p.Stdout)
}

func (c *rtCmd) serialInterval() (situation.SI, error) {
	moments := c.SIMean != nil || c.SISD != nil
	switch {
	case moments && c.SI != "":
		return situation.SI{}, errors.New("give --si, or --si-mean and --si-sd, not both")
	case c.SI != "":
		return situation.ParseSI(c.SI)
	case c.SIMean == nil || c.SISD == nil:
		return situation.SI{}, errors.New("the serial interval is missing: --si-mean and --si-sd, or --si")
	}
	return situation.SIFromMoments(*c.SIMean, *c.SISD)
}

// decimal shows a number that may be missing.
func decimal(v *float64) string {
	if v == nil {
		return "-"
	}
	return strconv.FormatFloat(*v, 'f', 3, 64)
}
