package situation

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/sitrep"
	"firebreak/internal/situation"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the situation.
type Handler struct{ page *ui.Page }

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{page}, err
}

// rtDays and weeks bound what is drawn and listed; the API has all of it.
const (
	rtDays = 120
	weeks  = 12
)

// Show is GET /o/{outbreak}/situation. ?by= and ?split= say how the curve is drawn.
func (h *Handler) Show(q *site.Request) error {
	query := q.URL.Query()
	opts := sitrep.Options{By: sitrep.By(query.Get("by")), Split: sitrep.Split(query.Get("split")), Now: q.Now}
	var rep *sitrep.Report
	err := q.View(func(r *store.Reader) (err error) {
		rep, err = sitrep.Read(r, q.Outbreak, q.Within(), opts)
		return err
	})
	var wrong *sitrep.OptionError
	if errors.As(err, &wrong) {
		return &command.Invalid{Field: wrong.Option, Value: wrong.Value, Reason: "is not " + wrong.Want}
	}
	if err != nil {
		return err
	}
	return q.Show(h.page, "situation", h.view(q, rep, opts))
}

func (h *Handler) view(q *site.Request, rep *sitrep.Report, opts sitrep.Options) View {
	v := View{Path: q.Path("situation")}
	hidden := map[string]string{}
	if q.Area.ID != 0 {
		v.Area, hidden["area"] = q.AreaName(q.Area.ID), q.Area.Code
	}
	if rep.Cases == 0 {
		v.Empty = &ui.Empty{Title: i18n.M("now.empty"), Hint: i18n.M("now.empty_hint"), Action: i18n.M("nav.imports"), Href: q.Path("imports")}
		return v
	}
	v.Cut = ui.Form{ID: "cut", Submit: i18n.M("situation.draw"), Hidden: hidden, Fields: []ui.Field{
		{Name: "by", Label: i18n.M("situation.by"), Kind: ui.FieldSelect, Value: string(rep.By), Options: ui.Choices("curve", string(sitrep.ByOnset), string(sitrep.ByReport), string(sitrep.ByConfirmation))[1:]},
		{Name: "split", Label: i18n.M("situation.split"), Kind: ui.FieldSelect, Value: string(opts.Split), Options: []ui.Option{
			{Value: "", Label: i18n.M("situation.split_none")}, {Value: string(sitrep.SplitClass), Label: i18n.M("col.class")}, {Value: string(sitrep.SplitArea), Label: i18n.M("col.area")}, {Value: string(sitrep.SplitFound), Label: i18n.M("col.found")}}},
	}}
	v.Figures = figures(q, rep)
	v.Curve, v.Undated = curve(q, rep, opts), rep.Undated
	v.Rt = rt(rep)
	v.Serial = i18n.M("situation.serial", "mean", q.Words().Decimal(rep.SI.Mean, 1), "sd", q.Words().Decimal(rep.SI.SD, 1))
	v.SerialSource = rep.SI.Source
	v.Growth = growth(q, rep)
	for _, w := range rep.CaseR[max(0, len(rep.CaseR)-weeks):] {
		v.Weeks = append(v.Weeks, Week{Start: w.Start.String(), End: w.End.String(), R: w.Mean, Low: w.Q025, High: w.Q975, Rising: w.Observed < 0.95})
	}
	for _, d := range rep.Delays {
		v.Delays = append(v.Delays, Delay{From: d.From, To: d.To, N: d.N, Unknown: d.Unknown, Median: d.Median, Q1: d.Q1, Q3: d.Q3, Negative: d.Negative})
	}
	v.Targets = targets(rep)
	m := rep.Targets.Milestones
	for _, each := range []struct {
		key string
		day interface {
			IsZero() bool
			String() string
		}
	}{{"emerged", m.Emerged}, {"detected", m.Detected}, {"notified", m.Notified}, {"responded", m.Responded}} {
		day := ""
		if !each.day.IsZero() {
			day = each.day.String()
		}
		v.Milestones = append(v.Milestones, Milestone{each.key, day})
	}
	return v
}

func figures(q *site.Request, rep *sitrep.Report) []ui.Figure {
	list := q.Path("cases")
	n, deaths, largest := int64(rep.Cases), int64(rep.Deaths), int64(0)
	if len(rep.Chains) > 0 {
		largest = int64(rep.Chains[0])
	}
	out := []ui.Figure{
		{Label: i18n.M("nav.cases"), Value: &n, Href: list},
		{Label: i18n.M("situation.deaths"), Value: &deaths},
		{Label: i18n.M("situation.largest"), Value: &largest, Href: q.Path("chains")},
	}
	if rep.CountSum > 0 {
		out[0].Sub = i18n.M("situation.counts", "n", rep.CountSum)
	}
	if rep.FoundInIsolation != nil {
		inside := int64(rep.FoundIsolated)
		out = append(out, ui.Figure{Label: i18n.M("situation.inside"), Value: &inside, Href: list + "?found=inside",
			Sub: i18n.M("situation.share", "share", i18n.Share(*rep.FoundInIsolation), "n", rep.FoundKnown)})
	}
	if rep.Incidents.Day+rep.Incidents.Open > 0 {
		lately := rep.Incidents.Day
		out = append(out, ui.Figure{Label: i18n.M("situation.incidents"), Value: &lately, Sub: i18n.M("situation.incidents_open", "n", rep.Incidents.Open)})
	}
	return out
}

// most is how many parts a bar has; the rest is put together.
const most = 6

func curve(q *site.Request, rep *sitrep.Report, opts sitrep.Options) ui.StackCurve {
	c := ui.StackCurve{ID: "curve", Label: i18n.M("situation.curve"), ByWhat: string(rep.By)}
	for _, b := range rep.EpiCurve {
		c.Days = append(c.Days, b.Date.String())
		if rep.By == sitrep.ByOnset && !rep.IncompleteFrom.IsZero() && b.Date >= rep.IncompleteFrom {
			c.Incomplete++
		}
	}
	if opts.Split == sitrep.SplitNone {
		one := ui.Stack{Name: i18n.M("nav.cases")}
		for _, b := range rep.EpiCurve {
			one.N = append(one.N, b.N)
		}
		c.Stacks = []ui.Stack{one}
		return c
	}
	totals := make([]int, len(rep.Series))
	for _, b := range rep.EpiCurve {
		for i, n := range b.By {
			totals[i] += n
		}
	}
	rest := ui.Stack{Name: i18n.M("situation.rest"), N: make([]int, len(rep.EpiCurve))}
	for _, i := range largest(totals) {
		into := &rest
		if len(c.Stacks) < most-1 || len(totals) <= most {
			c.Stacks = append(c.Stacks, ui.Stack{Name: series(q, opts.Split, rep.Series[i]), N: make([]int, len(rep.EpiCurve))})
			into = &c.Stacks[len(c.Stacks)-1]
		}
		for t, b := range rep.EpiCurve {
			into.N[t] += b.By[i]
		}
	}
	if len(totals) > most {
		c.Stacks = append(c.Stacks, rest)
	}
	return c
}

// largest gives the places of a list, that of the largest number first.
func largest(n []int) []int {
	out := make([]int, len(n))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(n[b], n[a]) })
	return out
}

// series is the name of a part in the reader's words.
func series(q *site.Request, split sitrep.Split, name string) i18n.Msg {
	switch split {
	case sitrep.SplitClass:
		if name != "" {
			return i18n.M("class." + name)
		}
	case sitrep.SplitFound:
		return i18n.M("found_as." + name)
	case sitrep.SplitArea:
		if j, ok := q.Tree.ByCode(name); ok {
			return i18n.M("situation.name", "text", q.AreaName(j.ID))
		}
	case sitrep.SplitNone:
	}
	return i18n.M("situation.unknown")
}

func rt(rep *sitrep.Report) ui.RtCurve {
	c := ui.RtCurve{ID: "rt", Label: i18n.M("rt.mean")}
	number := func(x *float64) float64 {
		if x == nil {
			return math.NaN()
		}
		return *x
	}
	for _, r := range rep.Rt[max(0, len(rep.Rt)-rtDays):] {
		// A week that is not all in has no number yet: it would say that the outbreak shrinks.
		if !rep.IncompleteFrom.IsZero() && r.End >= rep.IncompleteFrom {
			break
		}
		c.Days = append(c.Days, r.End.String())
		c.Mean, c.Low, c.High = append(c.Mean, number(r.Mean)), append(c.Low, number(r.Q025)), append(c.High, number(r.Q975))
	}
	return c
}

func growth(q *site.Request, rep *sitrep.Report) (out Growth) {
	g := rep.Growth
	if g == nil || g.Rate == nil {
		return out
	}
	out = Growth{First: g.FirstDay.String(), Last: g.LastDay.String(), Rate: &ui.Estimate{Mean: *g.Rate, Low: *g.Low, High: *g.High}}
	days := func(x *float64) string {
		if x == nil {
			return "∞"
		}
		return q.Words().Decimal(*x, 1)
	}
	switch {
	case g.Doubling != nil:
		out.Time = i18n.M("situation.doubles", "days", days(&g.Doubling.Days), "low", days(g.Doubling.Low), "high", days(g.Doubling.High))
	case g.Halving != nil:
		out.Time = i18n.M("situation.halves", "days", days(&g.Halving.Days), "low", days(g.Halving.Low), "high", days(g.Halving.High))
	}
	if g.R != nil {
		out.R = &ui.Estimate{Mean: *g.R, Low: *g.RLow, High: *g.RHigh}
	}
	return out
}

// targets are 7-1-7 step by step, and tracing within 72 hours.
func targets(rep *sitrep.Report) []Target {
	e := rep.Targets.S717
	step := func(label string, took situation.Step717) Target {
		t := judged(i18n.M(label), took.Met)
		if took.Days != nil {
			t.Found = i18n.M("situation.took", "n", *took.Days)
		}
		return t
	}
	out := []Target{step("situation.detect", e.Detect), step("situation.notify", e.Notify), step("situation.respond", e.Respond)}
	t := rep.Targets.Tracing
	var met *bool
	if t.Cases.Share != nil {
		met = new(t.Cases.Reached())
	}
	traced := judged(i18n.M("situation.traced"), met)
	traced.Found = i18n.M("situation.traced_of", "met", t.Cases.Met, "n", t.Cases.Known, "pending", t.Pending)
	return append(out, traced)
}

// judged is a target that was met, was missed, or still has time.
func judged(label i18n.Msg, met *bool) Target {
	switch {
	case met == nil:
		return Target{Label: label, Status: ui.OnTime, Word: i18n.M("situation.open")}
	case *met:
		return Target{Label: label, Status: ui.Done, Word: i18n.M("situation.met")}
	}
	return Target{Label: label, Status: ui.Late, Word: i18n.M("situation.missed")}
}
