package rounds

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/plan/round"
	"firebreak/internal/plan/roundcity"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// latest is the newest plan of a round; nil where there is none.
func (h *Handler) latest(rd *store.Reader, r screening.Round) (*roundplan.Plan, error) {
	if h.s.Plans == nil {
		return nil, nil //nolint:nilnil // a round without a plan is no error
	}
	return h.s.Plans.Latest(rd, r.ID)
}

// cardOf is a plan in short.
func cardOf(q *site.Request, r screening.Round, p *roundplan.Plan) *PlanCard {
	c := &PlanCard{Href: href(q, r, "plan"), Sampling: p.Plan.SamplingAt, Results: p.Plan.ResultsAt, ResultsBy: p.At(p.Plan.Deadline), Whole: p.Plan.Complete, MadeAt: p.Kept.MadeAt}
	c.Late = p.Plan.FinishResults > p.Plan.Deadline+1e-9
	if list := binds(q, p); len(list) > 0 {
		c.Bind = &list[0]
	}
	return c
}

// binds are the bottlenecks of a plan, the largest first.
func binds(q *site.Request, p *roundplan.Plan) []Bind {
	var out []Bind
	names := namesOf(&p.City)
	for _, b := range p.Plan.Bottleneck {
		x := Bind{Resource: b.Resource, N: int64(len(b.IDs)), Of: int64(b.Of), From: p.At(b.From), To: p.At(b.To)}
		const most = 4
		var list []string
		for _, id := range b.IDs[:min(len(b.IDs), most)] {
			list = append(list, names(id))
		}
		x.Names = strings.Join(list, q.Words().T("round.and"))
		if n := len(b.IDs) - most; n > 0 {
			x.Names = q.Words().T("round.areas_more", "areas", x.Names, "n", n)
		}
		if b.HoursSaved > 0 {
			x.Remedy, x.Saved = roundplan.RemedyWords(b.Change, b.Remedy), hours(b.HoursSaved)
		}
		out = append(out, x)
	}
	return out
}

// namesOf gives the names of what a city has, by its codes.
func namesOf(c *round.City) func(string) string {
	names := map[string]string{}
	for _, s := range c.Sites {
		names[s.ID] = s.Name
	}
	for _, l := range c.Labs {
		names[l.ID] = l.Name
	}
	return func(id string) string { return cmp.Or(names[id], id) }
}

func hours(h float64) time.Duration { return time.Duration(math.Round(h*60)) * time.Minute }

// apply is where a remedy can be carried out as far as the program holds what it changes: a form filled in, or the list to change. Of the rest the people who do it decide outside of it.
func (h *Handler) apply(q *site.Request, r screening.Round, p *roundplan.Plan, c round.Change) (i18n.Msg, string) {
	switch c.Key {
	case round.MobileLabs:
		return i18n.M("remedy.do.laboratory"), q.Path("laboratories", "new") + "?" + url.Values{"mobile": {"1"}, "per_hour": {"1250"}, "turnaround": {strconv.Itoa(turnaround(&p.City))}}.Encode()
	case round.LabRate, round.LabClock, round.LabTurnaround:
		return i18n.M("remedy.do.laboratories"), q.Path("laboratories")
	case round.LargerPool:
		if r.State == screening.Planned {
			return i18n.M("remedy.do.pool"), href(q, r, "edit") + "?" + url.Values{"pool": {strconv.FormatInt(c.N, 10)}}.Encode()
		}
	case round.MoreLanes, round.LaneEach, round.OpenAlways, round.OpenLonger:
		return i18n.M("remedy.do.sites"), q.Path("sites")
	default: // not held here
	}
	return i18n.Msg{}, ""
}

// turnaround is what the laboratories of a city take in the middle, in minutes.
func turnaround(c *round.City) int {
	var list []float64
	for _, l := range c.Labs {
		list = append(list, l.Turnaround)
	}
	if len(list) == 0 {
		return int(roundcity.Turnaround / time.Minute)
	}
	slices.Sort(list)
	return int(math.Round(60 * list[len(list)/2]))
}

// ShowPlan is GET /o/{outbreak}/rounds/{round}/plan. With ?part=running it answers how the planning goes, for the page that waits for it.
func (h *Handler) ShowPlan(q *site.Request) error {
	var v PlanView
	err := q.View(func(rd *store.Reader) error {
		r, err := h.read(q, rd)
		if err != nil {
			return err
		}
		if h.s.Plans == nil {
			return fmt.Errorf("plan of round %d: %w", r.Number, store.ErrNotFound)
		}
		v = PlanView{Head: h.head(q, r, "plan"), Make: href(q, r, "plan")}
		v.May = h.writes(q, r) && (r.State == screening.Planned || r.State == screening.Open)
		if j, ok := h.s.Plans.Job(r.ID); ok {
			h.job(q, r, j, &v)
		}
		p, err := h.s.Plans.Latest(rd, r.ID)
		v.Again = p != nil
		if err != nil || q.URL.Query().Get("part") == PartRunning {
			return err
		}
		if p == nil {
			v.Needs, err = h.needs(q, rd, r)
			return err
		}
		v.Plan, err = h.planned(q, rd, r, p)
		return err
	})
	if err != nil {
		return err
	}
	if q.URL.Query().Get("part") == PartRunning && v.Running == nil {
		q.W.Header().Set("HX-Refresh", "true") // it is done: the whole page is another
	}
	return q.Show(h.plan, "screening", v, PartRunning)
}

func (h *Handler) job(q *site.Request, r screening.Round, j roundplan.Job, v *PlanView) {
	stages := []roundplan.Stage{roundplan.Queued, roundplan.Reading, roundplan.Planning, roundplan.Keeping}
	switch i := slices.Index(stages, j.Stage); {
	case i >= 0:
		v.Running = &Running{Stage: string(j.Stage), Step: i, Steps: len(stages), Since: j.Since, Poll: href(q, r, "plan") + "?part=" + PartRunning}
	case errors.Is(j.Err, roundcity.ErrOver):
		v.Failed = i18n.M("plan.failed.over")
	case errors.Is(j.Err, turnout.ErrLoading):
		v.Failed = i18n.M("plan.failed.loading")
	case j.Err != nil:
		v.Failed = i18n.M("plan.failed.other", "reason", j.Err.Error())
	}
}

// needs says what a plan is made of, and what of it is there.
func (h *Handler) needs(q *site.Request, rd *store.Reader, r screening.Round) ([]Need, error) {
	sites, err := rd.Sites(q.Outbreak.ID, store.Everywhere())
	if err != nil {
		return nil, err
	}
	labs, err := rd.Laboratories(q.Outbreak.ID, store.Everywhere())
	if err != nil {
		return nil, err
	}
	var nSites, nLabs int64
	for _, s := range sites {
		if !s.Closed && (q.Tree.Contains(r.Area, s.Area) || q.Tree.Contains(s.Area, r.Area)) {
			nSites++
		}
	}
	for _, l := range labs {
		if !l.Closed && l.Says() {
			nLabs++
		}
	}
	out := []Need{{Text: i18n.M("plan.need.sites", "n", nSites), OK: nSites > 0, Do: i18n.M("site.add"), Href: q.Path("sites", "new")}, {Text: i18n.M("plan.need.laboratories", "n", nLabs), OK: nLabs > 0, Do: i18n.M("remedy.do.laboratory"), Href: q.Path("laboratories", "new")}}
	if !h.writes(q, r) {
		for i := range out {
			out[i].Href = ""
		}
	}
	return out, nil
}

// MakePlan is POST /o/{outbreak}/rounds/{round}/plan: it begins to plan, and the page shows how that goes.
func (h *Handler) MakePlan(q *site.Request) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	r, err := h.one(q)
	if err != nil {
		return err
	}
	if h.s.Plans == nil {
		return fmt.Errorf("plan of round %d: %w", r.Number, store.ErrNotFound)
	}
	switch err := h.s.Plans.Start(q.Context(), q.By(), r.ID); {
	case errors.Is(err, roundplan.ErrBusy): // the page shows how far it is
	case err != nil:
		return err
	}
	return q.Done(href(q, r, "plan"), "planning", 1)
}

// walkKnown says whether ways on foot mean anything: not where every community was put where its site is, or nothing is known of where anything lies.
func walkKnown(notes []roundcity.Note) bool {
	return !slices.ContainsFunc(notes, func(n roundcity.Note) bool {
		return n.Kind == roundcity.NoMap || n.Kind == roundcity.AreasPlaced && n.N == n.Of
	})
}

// planned fills in a plan.
func (h *Handler) planned(q *site.Request, rd *store.Reader, r screening.Round, p *roundplan.Plan) (*Planned, error) {
	v := &Planned{Card: *cardOf(q, r, p), Version: p.Kept.Version, By: happened.Who(q, p.Kept.MadeBy), SamplingBy: r.EndsAt, SamplingLate: p.Plan.SamplingAt.After(r.EndsAt), People: p.Plan.People, Tubes: p.Plan.Tubes,
		WalkKnown: walkKnown(p.Notes), WalkMedian: int64(p.Plan.Walk.Median), WalkP90: int64(p.Plan.Walk.P90), Gap: hours(p.Plan.Gap), Binds: binds(q, p)}
	if p.City.Done.Now > 0 {
		v.AsOf = p.Kept.AsOf
	}
	if f := p.Plan.Frozen; f != nil {
		v.FrozenPeople = f.People
	}
	if h.writes(q, r) {
		if err := changes(q, rd, p, v.Binds); err != nil {
			return nil, err
		}
	}
	v.Stale = stale(r, p)
	v.Short = roundplan.ShortWords(&p.Plan)
	best := map[round.ChangeKey]float64{} // hours saved by each kind of remedy so far
	for _, x := range p.Plan.Remedies {
		if x.HoursSaved <= 0 {
			v.Useless = append(v.Useless, roundplan.RemedyWords(&x.Change, x.Name))
			continue
		}
		key := x.Change.Key
		if (key == round.MobileLabs || key == round.MoreLanes) && best[key] >= x.HoursSaved-1e-9 {
			continue // more of the same for more money, and no sooner
		}
		best[key] = x.HoursSaved
		m := Remedy{Text: roundplan.RemedyWords(&x.Change, x.Name), Results: p.At(x.FinishResults), Saved: hours(x.HoursSaved), Cost: int64(x.Cost), PerHour: int64(x.PerHour)}
		if h.writes(q, r) {
			m.Apply, m.Href = h.apply(q, r, p, x.Change)
		}
		v.Remedies = append(v.Remedies, m)
	}
	placed := false
	for _, n := range p.Notes {
		v.Notes = append(v.Notes, roundplan.NoteWords(n, q.Words().T("round.and")))
		placed = placed || n.Kind == roundcity.AreasPlaced
		if n.Kind == roundcity.NoMap {
			v.MapHint = i18n.M("plan.no_map")
		}
	}
	if v.MapHint.Key == "" {
		if placed {
			v.MapHint = i18n.M("plan.map_assumed")
		}
		v.Map = &ui.Map{ID: "plan-map", Label: i18n.M("plan.map"), Layers: []ui.MapLayer{{Key: "communities", Kind: "point", Href: href(q, r, "plan", "communities.geojson"), Shown: true, Focus: true},
			{Key: "sites", Kind: "site", Href: href(q, r, "plan", "sites.geojson"), Shown: true, Focus: true}, {Key: "laboratories", Kind: "site", Href: href(q, r, "plan", "laboratories.geojson"), Shown: true}}}
		// The ground is drawn by counts of cases; who is not to see those looks at the points alone.
		if q.Sees(auth.RollupRead, 0) {
			v.Map.Layers = slices.Insert(v.Map.Layers, 0, ui.MapLayer{Key: "districts", Kind: "area", Href: q.Path("map", "districts.geojson"), Shown: true})
		}
	}
	for _, kind := range planLists {
		l := h.planList(q, rd, r, p, kind)
		if l == nil {
			continue
		}
		t := l.table(url.Values{"sort": {"from"}}, href(q, r, "plan", kind), firstRows)
		t.Filters, t.Next, t.Export, t.Values, t.Sort = nil, "", nil, nil, ""
		for i := range t.Columns {
			t.Columns[i].Sortable = false
		}
		v.Lists = append(v.Lists, t)
	}
	if whole(q, r) {
		v.City = href(q, r, "plan", "city.json")
	}
	list, err := rd.RoundPlans(r.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		if x.Version != p.Kept.Version {
			v.Versions = append(v.Versions, Version{x.Version, x.MadeAt, happened.Who(q, x.MadeBy), x.SamplingAt, x.ResultsAt, x.InTime})
		}
	}
	return v, nil
}

// changes adds to what binds where it can be given more: the form of a site with a lane more, or that of a laboratory.
func changes(q *site.Request, rd *store.Reader, p *roundplan.Plan, list []Bind) error {
	names, forms := namesOf(&p.City), map[string]string{}
	sites, err := rd.Sites(q.Outbreak.ID, q.WithinFor(auth.ScreeningWrite))
	if err != nil {
		return err
	}
	for _, s := range sites {
		forms["lanes "+s.Code] = q.Path("sites", strconv.FormatInt(int64(s.ID), 10), "edit") + "?" + url.Values{"lanes": {strconv.FormatInt(s.Lanes+1, 10)}}.Encode()
	}
	labs, err := rd.Laboratories(q.Outbreak.ID, q.WithinFor(auth.ScreeningWrite))
	if err != nil {
		return err
	}
	for _, l := range labs {
		forms["laboratories "+l.Code] = q.Path("laboratories", strconv.FormatInt(int64(l.ID), 10), "edit")
	}
	for i, b := range p.Plan.Bottleneck {
		const most = 6
		for _, id := range b.IDs[:min(len(b.IDs), most)] {
			if href := forms[b.Resource+" "+id]; href != "" {
				list[i].Change = append(list[i].Change, Change{names(id), href})
			}
		}
		list[i].More = len(b.IDs) > len(list[i].Change)
	}
	return nil
}

// stale says whether a round was changed since a plan of it was made.
func stale(r screening.Round, p *roundplan.Plan) bool {
	if !p.City.Start.Equal(r.StartsAt) {
		return true
	}
	pools := map[int]bool{r.Pool: true}
	for _, x := range r.Pools {
		pools[x.Pool] = true
	}
	return slices.ContainsFunc(p.City.Classes, func(c round.Class) bool { return !pools[c.Pool] })
}

// PlanCity is GET /o/{outbreak}/rounds/{round}/plan/city.json: what was planned, as firebreak plan round --in reads it.
func (h *Handler) PlanCity(q *site.Request) error {
	p, r, err := h.planOf(q)
	if err != nil {
		return err
	}
	if !whole(q, r) {
		return fmt.Errorf("city of round %d: %w", r.Number, store.ErrNotFound)
	}
	text, err := json.MarshalIndent(p.City, "", "  ")
	if err != nil {
		return fmt.Errorf("write the city of a round: %w", err)
	}
	q.W.Header().Set("Content-Type", "application/json")
	q.W.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="city-%s-%d.json"`, q.Outbreak.Name, r.Number))
	_, _ = q.W.Write(append(text, '\n')) // a reader who went away is no failure of ours
	return nil
}

// planOf reads the plan of the round of the address.
func (h *Handler) planOf(q *site.Request) (p *roundplan.Plan, r screening.Round, err error) {
	err = q.View(func(rd *store.Reader) (err error) {
		if r, err = h.read(q, rd); err != nil {
			return err
		}
		if p, err = h.latest(rd, r); err == nil && p == nil {
			err = fmt.Errorf("plan of round %d: %w", r.Number, store.ErrNotFound)
		}
		return err
	})
	return p, r, err
}
