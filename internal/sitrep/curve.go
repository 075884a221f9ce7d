package sitrep

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/protocol"
	"firebreak/internal/situation"
)

// GrowthDays is how many days the growth rate is fitted over: about two generations of the slower diseases, three of the faster.
const GrowthDays = 14

// week is the days that a case reproduction number is given for; the last week ends on the last day of the curve.
const week = 7

// simulated is up to how many cases intervals of the case reproduction number are worked out, from trees simulations each; more take too long to wait for.
const (
	simulated = 20_000
	trees     = 200
)

// CaseR is how many others each case of a week infected. Numbers are null where the week had no case, the interval where there are too many to simulate.
type CaseR struct {
	Start    day.Day  `json:"start"`
	End      day.Day  `json:"end"`
	Mean     *float64 `json:"mean"`
	Q025     *float64 `json:"q025"`
	Q975     *float64 `json:"q975"`
	Observed float64  `json:"observed"` // share of their infections that can be known yet; below about 0.95 the mean will still rise
}

// StepDelay is a delay between two days of the cases.
type StepDelay struct {
	From string `json:"from"`
	To   string `json:"to"`
	situation.Delay
}

func (out *Report) delays(list []situation.Case) {
	for _, p := range [][2]situation.Date{{situation.Onset, situation.Isolation}, {situation.Onset, situation.Report}, {situation.Report, situation.Confirmation}, {situation.Confirmation, situation.Isolation}} {
		out.Delays = append(out.Delays, StepDelay{p[0].String(), p[1].String(), situation.DelayBetween(list, p[0], p[1])})
	}
}

func (out *Report) curve(list []situation.Case, p *protocol.Pack, opts Options, loc *time.Location) error {
	known := 0
	for _, c := range list {
		if !c.Onset.IsZero() {
			known++
		}
	}
	// What the numbers stand on, whatever the curve is drawn by.
	base := ByOnset
	if known == 0 {
		base = ByReport
	}
	out.By = opts.By
	if out.By == "" {
		out.By = base
	}
	curve, err := situation.CurveOf(entries(list, dates[out.By], opts.Split), situation.CurveOptions{})
	if err != nil {
		return fmt.Errorf("epidemic curve: %w", err)
	}
	out.Onset = Span{First: curve.First, Last: curve.Last, PeakDay: curve.PeakDay, Peak: curve.Peak, Known: curve.Total}
	out.Undated = curve.Undated
	if opts.Split != SplitNone {
		out.Series = curve.Series
	}
	out.EpiCurve, out.Rt, out.CaseR = []Bar{}, []Rt{}, []CaseR{}
	for _, b := range curve.Bins {
		bar := Bar{Date: b.Start, N: b.Total}
		if opts.Split != SplitNone {
			bar.By = b.N
		}
		out.EpiCurve = append(out.EpiCurve, bar)
	}
	if base == ByOnset && !opts.Now.IsZero() {
		nowcast, err := situation.NowcastOf(situation.OnsetToReport(list), day.In(opts.Now, loc), situation.NowcastOptions{})
		if err != nil {
			return fmt.Errorf("incomplete days: %w", err)
		}
		if nowcast.Pairs > 0 {
			out.IncompleteFrom = nowcast.IncompleteFrom
		}
	}
	out.SI = UsedSI{Mean: opts.SIMean, SD: opts.SISD, Source: "given"}
	if opts.SIMean == 0 {
		out.SI = UsedSI{Mean: p.Periods.SerialMean.Value, SD: p.Periods.SerialSD.Value, Source: p.Periods.SerialMean.Source}
	}
	if curve, err = situation.CurveOf(entries(list, dates[base], SplitNone), situation.CurveOptions{}); err != nil {
		return fmt.Errorf("epidemic curve: %w", err)
	}
	if curve.Total == 0 {
		return nil
	}
	return out.reproduction(situation.IncidenceOf(curve), opts)
}

// reproduction works out growth and both reproduction numbers.
func (out *Report) reproduction(inc situation.Incidence, opts Options) error {
	var si situation.SI
	var err error
	if out.SI.Mean != 0 {
		if si, err = situation.SIFromMoments(out.SI.Mean, out.SI.SD); err != nil {
			return fmt.Errorf("serial interval: %w", err)
		}
	}
	// Days that are not all in would look like a fall.
	last := inc.Len()
	for last > 0 && !out.IncompleteFrom.IsZero() && inc.Day(last-1) >= out.IncompleteFrom {
		last--
	}
	if last > 0 {
		growth, err := situation.Growth(inc, situation.GrowthOptions{First: max(1, last-GrowthDays+1), Last: last, SI: si})
		if err != nil {
			return fmt.Errorf("growth: %w", err)
		}
		out.Growth = &growth
	}
	if si.IsZero() {
		return nil
	}
	rows, err := situation.Cori(inc, si, situation.CoriOptions{Window: opts.Window})
	if err != nil {
		return fmt.Errorf("reproduction number: %w", err)
	}
	for _, x := range rows {
		out.Rt = append(out.Rt, Rt{x.StartDay, x.EndDay, x.Mean, x.Q025, x.Q975})
	}
	o := situation.CaseROptions{Window: week}
	total := 0
	for t := range inc.Len() {
		total += inc.Total(t)
	}
	if total <= simulated {
		o.Simulations = trees
	}
	// A fixed seed: the same cases give the same report.
	weeks, err := situation.CaseR(inc, si, o, rand.New(rand.NewPCG(717, 2022))) //nolint:gosec // a simulation, no secret
	if err != nil {
		return fmt.Errorf("case reproduction number: %w", err)
	}
	for i, x := range weeks {
		if (len(weeks)-1-i)%week != 0 {
			continue // the windows slide by a day
		}
		out.CaseR = append(out.CaseR, CaseR{x.StartDay, x.EndDay, x.Mean, x.Q025, x.Q975, x.Observed})
	}
	return nil
}

// entries are the cases one by one, for a curve. Where a case was found is taken as recorded, not worked out from its days.
func entries(list []situation.Case, by situation.Date, split Split) iter.Seq[situation.Entry] {
	return func(yield func(situation.Entry) bool) {
		for i := range list {
			e := situation.Entry{Day: list[i].On(by), N: 1}
			switch split {
			case SplitClass:
				e.Series = list[i].Class
			case SplitArea:
				e.Series = list[i].Area
			case SplitFound:
				e.Series = list[i].Setting.String()
			case SplitNone:
			}
			if !yield(e) {
				return
			}
		}
	}
}
