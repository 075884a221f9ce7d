package rounds

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
	"firebreak/internal/web/laboratories"
	"firebreak/internal/web/site"
	"firebreak/internal/web/sites"
	"firebreak/internal/web/ui"
)

// shownSites is how many sites the page of a round lists: those that somebody should look at first.
const shownSites = 12

// Show is GET /o/{outbreak}/rounds/{round}. With ?part= it answers one part, read alone, for the live refresh.
func (h *Handler) Show(q *site.Request) error {
	part := q.URL.Query().Get("part")
	var v View
	err := q.View(func(rd *store.Reader) error {
		r, err := h.read(q, rd)
		if err != nil {
			return err
		}
		mine, plan := due(q, r), (*roundplan.Plan)(nil)
		v = View{Head: h.head(q, r, "live"), Path: href(q, r), Whole: whole(q, r) && q.Area.ID == 0, Missing: href(q, r, "missing")}
		if q.Area.Code != "" {
			query := "?" + url.Values{"area": {q.Area.Code}}.Encode()
			v.Path, v.Missing = v.Path+query, v.Missing+query
		}
		if r.State.Takes() && h.s.Turnout != nil {
			if plan, err = h.latest(rd, r); err != nil {
				return err
			}
			if err := h.counted(q, r, mine, plan, &v); err != nil {
				return err
			}
		}
		if v.Counts != nil && (part == "" || part == PartAreas) {
			if v.Areas, err = h.areas(q, r, plan, mine, "missing", false); err != nil {
				return err
			}
		}
		if r.State == screening.Open && (part == "" || part == PartSites) {
			if err := h.sites(q, rd, r, mine, &v); err != nil {
				return err
			}
		}
		if r.State == screening.Open && (part == "" || part == PartLabs) {
			if err := h.labs(q, rd, &v); err != nil {
				return err
			}
		}
		if part == "" || part == PartTop {
			if _, v.Aside, err = rd.AsideCount(r.ID); err != nil {
				return err
			}
		}
		if h.writes(q, r) && (r.State == screening.Planned || r.State == screening.Open) {
			v.Edit = href(q, r, "edit")
		}
		missing := int64(0)
		if v.Counts != nil {
			missing = v.Counts.Missing
		}
		v.Do = h.dialogs(q, r, missing)
		return nil
	})
	if err != nil {
		return err
	}
	return q.Show(h.round, "screening", v, PartTop, PartAreas, PartSites, PartLabs)
}

// counted fills in what the turnout knows.
func (h *Handler) counted(q *site.Request, r screening.Round, mine []place.AreaID, plan *roundplan.Plan, v *View) error {
	n, err := h.s.Turnout.Count(r.ID, q.Tree, mine...)
	switch {
	case errors.Is(err, turnout.ErrLoading):
		v.Loading = true
		return nil
	case errors.Is(err, turnout.ErrNotKept):
		v.Beyond = true
		return nil
	case err != nil:
		return err
	}
	flow, err := h.s.Turnout.Flow(r.ID)
	if err != nil {
		return err
	}
	came, err := h.s.Turnout.Pace(r.ID, q.Tree, mine...)
	if err != nil {
		return err
	}
	v.Counts, v.DeskOnly, v.Samples, v.Tubes = &n, n.DeskOnly, flow.Samples, flow.Tubes
	if r.State == screening.Open {
		v.Finish = Forecast(r, came, n, q.Now)
		v.FinishLate = v.Finish.Outlook == turnout.Expected && v.Finish.At.After(r.EndsAt) || v.Finish.Outlook == turnout.Beyond
	}
	planned, planEnd := straight(r, n), r.EndsAt
	if plan != nil {
		planned = plan.Curve(q.Tree, mine, whole(q, r) && q.Area.ID == 0).Left
		v.Plan, planEnd = cardOf(q, r, plan), plan.Plan.SamplingAt
	}
	if v.Burn = burnDown(r, came, n, v.Finish, planned, planEnd, q.Now); v.Burn != nil {
		v.Burn.Planned = plan != nil
	}
	return nil
}

// straight is the plan of a round that has none: a straight line from all who are due at its start to nobody at its end.
func straight(r screening.Round, n turnout.Counts) func(time.Time) (float64, bool) {
	return func(t time.Time) (float64, bool) {
		return float64(n.Due) * r.EndsAt.Sub(t).Hours() / r.EndsAt.Sub(r.StartsAt).Hours(), !t.Before(r.StartsAt) && !t.After(r.EndsAt)
	}
}

// Forecast tells when a round will be done; everybody who asks within the same quarter of an hour is played the same futures.
func Forecast(r screening.Round, came []turnout.Came, n turnout.Counts, now time.Time) turnout.Finish {
	seed := uint64(now.Unix() / int64(turnout.Step/time.Second)) //nolint:gosec // it is after 1970
	return turnout.Forecast(rand.New(rand.NewPCG(uint64(r.ID), seed)), came, n.Due, n.Missing, now)
}

// burnDown draws who is still to come: what was, how many should be by the plan, and the forecast as a band.
func burnDown(r screening.Round, came []turnout.Came, n turnout.Counts, f turnout.Finish, planned func(time.Time) (float64, bool), planEnd, now time.Time) *ui.BurnDown {
	if n.Due == 0 {
		return nil
	}
	begin, end := r.StartsAt, r.EndsAt
	if len(came) > 0 && came[0].At.Before(begin) {
		begin = came[0].At
	}
	past := now // what has been drawn of what was
	if r.State == screening.Closed && r.ClosedAt.Before(now) {
		past = r.ClosedAt
	}
	for _, t := range []time.Time{past, planEnd, f.At, f.High} {
		if t.After(end) {
			end = t
		}
	}
	const longest = 72 * time.Hour
	if end.Sub(begin) > longest {
		end = begin.Add(longest)
		if past.After(end) {
			begin, end = past.Add(-longest/2), past.Add(longest/2)
		}
	}
	step := turnout.Step
	if end.Sub(begin) > 30*time.Hour {
		step = time.Hour
	}
	b := &ui.BurnDown{ID: "burn", Label: i18n.M("burn.title"), Forecast: f.Outlook == turnout.Expected}
	begin = begin.Truncate(step)
	spared := float64(n.Exempt + n.Refused)
	target := (1 - turnout.Enough) * float64(n.Due)
	missing := float64(n.Missing)
	line := func(t, until time.Time) float64 { // from who is missing now to the target, straight
		if until.IsZero() {
			until = now.Add(48 * time.Hour)
		}
		return max(target, missing-(missing-target)*t.Sub(now).Hours()/max(until.Sub(now).Hours(), 0.01))
	}
	i, sampled := 0, float64(n.DeskOnly) // when those came is not kept
	for t := begin; !t.After(end.Add(step - 1)); t = t.Add(step) {
		p := ui.BurnPoint{At: t, Left: -1, Plan: -1, Low: -1, High: -1}
		for ; i < len(came) && !came[i].At.Add(turnout.Step).After(t); i++ {
			sampled += float64(came[i].People)
		}
		if !t.After(past) {
			// Who was exempt or refused is not among those to come, whenever that was said.
			p.Left = float64(n.Due) - spared - sampled
		}
		if left, ok := planned(t); ok {
			p.Plan = left
		}
		switch {
		case !b.Forecast:
		case t.After(now):
			p.Low, p.High = line(t, f.Low), line(t, f.High)
		case t.Add(step).After(now):
			p.Low, p.High = missing, missing
		}
		b.Points = append(b.Points, p)
	}
	return b
}

// below are the areas that a page of a round tells apart.
func below(q *site.Request, mine []place.AreaID) []place.AreaID {
	if len(mine) != 1 {
		return mine
	}
	at := mine[0]
	for {
		children := q.Tree.Children(at)
		if len(children) != 1 {
			var out []place.AreaID
			for _, j := range children {
				out = append(out, j.ID)
			}
			return out
		}
		at = children[0].ID
	}
}

// areas is the table of the areas below those in view, those first of which most are missing; nil where there are none. list says that the page is that of who is missing.
func (h *Handler) areas(q *site.Request, r screening.Round, plan *roundplan.Plan, mine []place.AreaID, id string, list bool) (*ui.Table, error) {
	areas := below(q, mine)
	if len(areas) == 0 || len(areas) == 1 && q.Area.ID == areas[0] {
		return nil, nil //nolint:nilnil // nothing to tell apart is no error
	}
	counts, err := h.s.Turnout.ByArea(r.ID, q.Tree, areas)
	if err != nil {
		return nil, err
	}
	order := make([]int, 0, len(areas))
	for i := range areas {
		if counts[i].Due > 0 {
			order = append(order, i)
		}
	}
	if len(order) == 0 {
		return nil, nil //nolint:nilnil // as above
	}
	share := func(i int) float64 { return float64(counts[i].Missing) / float64(counts[i].Due) }
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(-cmp.Compare(share(a), share(b)), -cmp.Compare(counts[a].Missing, counts[b].Missing))
	})
	planned := plannedIn(q, r, plan, areas, counts)
	t := ui.Listing{Path: q.URL.Path}.Table("areas-"+id, i18n.M("round.by_area"), ui.Column{Key: "area", Label: i18n.M("col.area")}, ui.Column{Key: "sampled", Label: i18n.M("round.done")},
		ui.Column{Key: "missing", Label: i18n.M("round.missing"), Numeric: true}, ui.Column{Key: "behind", Label: i18n.M("round.behind"), Numeric: true})
	page := href(q, r)
	if list {
		page += "/missing"
	}
	for _, i := range order {
		j, _ := q.Tree.Get(areas[i])
		query := "?" + url.Values{"area": {j.Code}}.Encode()
		behind := counts[i].Missing - int64(math.Round(planned[i]))
		status, lag := ui.OnTime, ui.Text("")
		switch {
		case counts[i].Missing == 0:
			status = ui.Done
		case behind > 0 && float64(behind) > 0.1*float64(counts[i].Due):
			status, lag = ui.Late, ui.Number(behind)
		case behind > 0:
			status, lag = ui.DueSoon, ui.Number(behind)
		}
		t.Rows = append(t.Rows, ui.Row{ID: j.Code, Href: page + query, Label: q.AreaName(j.ID), Status: status, Cells: []ui.Cell{
			ui.Link(q.AreaName(j.ID), page+query), ui.Part(counts[i].Due-counts[i].Missing, counts[i].Due), ui.NumberLink(counts[i].Missing, href(q, r, "missing")+query), lag}})
	}
	return &t, nil
}

// plannedIn is how many people of each of the areas should be missing by now: by the plan, or, where there is none, by a straight line from start to end.
func plannedIn(q *site.Request, r screening.Round, plan *roundplan.Plan, areas []place.AreaID, counts []turnout.Counts) []float64 {
	if plan != nil {
		if left, ok := plan.LeftIn(q.Tree, areas, q.Now); ok {
			return left
		}
	}
	share := min(1, max(0, r.EndsAt.Sub(q.Now).Hours()/r.EndsAt.Sub(r.StartsAt).Hours()))
	out := make([]float64, len(areas))
	for i := range out {
		out[i] = share * float64(counts[i].Due)
	}
	return out
}

// sites fills in the sites: those that are silent first, then those where people may wait.
func (h *Handler) sites(q *site.Request, rd *store.Reader, r screening.Round, mine []place.AreaID, v *View) error {
	rows, err := sites.Rows(q, rd, r)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(s sites.State) bool {
		return q.Area.ID != 0 && !slices.ContainsFunc(mine, func(a place.AreaID) bool { return q.Tree.Contains(a, s.Site.Area) })
	})
	v.Sites.N, v.Sites.All = int64(len(rows)), q.Path("sites")
	for _, s := range rows {
		if s.Dark {
			v.Sites.Dark++
		}
	}
	t := ui.Listing{Path: q.URL.Path}.Table("sites-part", i18n.M("site.sites"), sites.Columns()...)
	t.Empty = ui.Empty{Title: i18n.M("site.none_short")}
	if h.writes(q, r) {
		t.Empty.Hint, t.Empty.Action, t.Empty.Href = i18n.M("site.none_hint"), i18n.M("site.add"), q.Path("sites", "new")
	}
	for _, s := range rows[:min(len(rows), shownSites)] {
		t.Rows = append(t.Rows, s.Row())
	}
	v.Sites.Table = t
	return nil
}

// labs fills in the laboratories that the reader sees; nothing for whoever sees none.
func (h *Handler) labs(q *site.Request, rd *store.Reader, v *View) error {
	rows, err := laboratories.Rows(q, rd)
	if err != nil || len(rows) == 0 {
		return err
	}
	v.Labs = &LabsPart{Table: laboratories.Short(q.URL.Path, rows[:min(len(rows), shownSites)]), All: q.Path("laboratories"), N: int64(len(rows))}
	return nil
}
