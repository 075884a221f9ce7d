package now

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/board"
	"firebreak/internal/care"
	"firebreak/internal/day"
	"firebreak/internal/disclosure"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the Now screen.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s, page}, err
}

// curveDays is how many days the curve shows.
const curveDays = 21

// shownEvents is how many facts "just happened" lists.
const shownEvents = 12

// lateHolders is how many holders of late work are listed.
const lateHolders = 12

// Show is GET /o/{outbreak}/now. With ?part= it answers one part, read alone, for the live refresh.
func (h *Handler) Show(q *site.Request) error {
	v := View{Path: q.Path("now"), LateHref: q.Path("tasks") + "?status=late"}
	if asked := q.Area; q.Widen() {
		v.Narrow = i18n.M("now.narrow", "area", q.AreaName(asked.ID), "floor", disclosure.Floor)
	}
	if q.Area.Code != "" {
		v.Path += "?area=" + q.Area.Code
	}
	part := q.URL.Query().Get("part")
	tops := q.Tops(auth.RollupRead)
	var b *board.Board
	if part == "" || part == TopicFigures {
		var err error
		if b, err = h.s.Boards.Of(q.Context(), q.Outbreak.ID); err != nil {
			return err
		}
		if err := figures(q, &v, b, tops); err != nil {
			return err
		}
	}
	err := q.View(func(r *store.Reader) error {
		if part == "" || part == TopicDuties || part == TopicLate {
			cover, err := r.Coverage(q.Outbreak.ID, q.WithinFor(auth.RollupRead), time.Time{}, time.Time{}, q.Now)
			if err != nil {
				return err
			}
			soon, err := r.Coverage(q.Outbreak.ID, q.WithinFor(auth.RollupRead), q.Now, q.Now.Add(site.Soon), q.Now)
			if err != nil {
				return err
			}
			v.Duties = duties(q, cover, soon)
			for i := range v.Duties {
				var err error
				switch v.Duties[i].Kind {
				case ui.Tested:
					err = tested(q, r, &v.Duties[i])
				case ui.Treated:
					err = treated(q, r, &v.Duties[i])
				default:
				}
				if err != nil {
					return err
				}
			}
			v.Late = holders(q, cover)
			if part == "" {
				h.areas(q, &v, b, tops, cover)
			}
		}
		if part == "" || part == TopicEvents {
			var err error
			v.Events, err = happened.Latest(q, r, shownEvents)
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	if part == "" && b != nil && b.Figures(0).Total == 0 && len(v.Late) == 0 && !slices.ContainsFunc(v.Duties, func(d ui.Duty) bool { return d.Total > 0 }) {
		v.Empty = &ui.Empty{Title: i18n.M("now.empty"), Hint: i18n.M("now.empty_hint"), Action: i18n.M("nav.imports"), Href: q.Path("imports")}
	}
	return q.Show(h.page, "now", v, TopicFigures, TopicDuties, TopicLate, TopicEvents)
}

// figures fills in the numbers at the top and the curve.
func figures(q *site.Request, v *View, b *board.Board, tops []place.AreaID) error {
	today := day.In(q.Now, q.Zone)
	// A curve by day is made of small counts; who may read only counts, and those of a small area, gets none of it.
	for _, a := range tops {
		if q.Told(a) != a {
			hidden := i18n.M("told.hidden")
			v.Days = ui.Figure{Label: i18n.M("now.days_since"), Why: hidden}
			v.Inside, v.Outside = ui.Figure{Label: i18n.M("now.inside"), Why: hidden}, ui.Figure{Label: i18n.M("now.outside"), Why: hidden}
			return nil
		}
	}
	f := b.Figures(tops...)
	incomplete, err := b.IncompleteFrom(today)
	if err != nil {
		return err
	}
	cases := q.Path("cases")
	if v.Days, err = daysSince(f, today, cases); err != nil {
		return err
	}
	var on board.Cell
	if n := len(f.New); n > 0 {
		if i, ok := slices.BinarySearchFunc(f.New, today, func(d board.Day, t day.Day) int { return cmp.Compare(d.Day, t) }); ok {
			on = f.New[i].Cell
		}
	}
	inside, outside := int64(on.Inside), int64(on.Outside)
	v.Inside = ui.Figure{Label: i18n.M("now.inside"), Value: &inside, Href: cases + "?found=inside&reported=today"}
	v.Outside = ui.Figure{Label: i18n.M("now.outside"), Value: &outside, Href: cases + "?found=outside&reported=today", Alarm: outside > 0}
	if on.Unknown > 0 {
		v.Outside.Sub = i18n.M("now.unknown", "n", on.Unknown)
	}
	if v.Rt, v.RtEarly, err = estimate(f.Ill, today, incomplete, q.Pack.Periods.SerialMean.Value, q.Pack.Periods.SerialSD.Value); err != nil {
		return err
	}
	v.RtHref = q.Path("chains")
	v.Curve = curve(f.Ill, today, incomplete)
	v.Curve.Href = cases
	return nil
}

// duties are the five cards: what is done, of that and all that is late or due soon. Reporting is a duty too; its late work stands among the late.
func duties(q *site.Request, cover, soon []store.Coverage) []ui.Duty {
	var out []ui.Duty
	for _, kind := range []ui.DutyKind{ui.Tested, ui.Traced, ui.Moved, ui.Isolated, ui.Treated} {
		list := q.Path("tasks") + "?duty=" + string(kind)
		if q.Area.Code != "" {
			list += "&area=" + q.Area.Code
		}
		d := ui.Duty{Kind: kind, Unit: "tasks", Href: list + "&status=all", LateHref: list + "&status=late"}
		for _, c := range soon {
			if c.Duty == task.Duty(kind) {
				d.DueSoon = c.Open
			}
		}
		for _, c := range cover {
			if c.Duty != task.Duty(kind) {
				continue
			}
			// What is due later than soon is not asked for yet; what a person waived never is.
			d.Done, d.Late = c.Done, c.Late
			d.Total = c.Done + c.Late + d.DueSoon
			if c.Timed > 0 {
				d.Median = &c.MedianToDone
			}
			if len(c.HeldBy) > 0 {
				d.HeldBy = holderName(q, c.HeldBy[0].Owner, q.Told(c.HeldBy[0].Area))
			}
		}
		out = append(out, d)
	}
	return out
}

// treated adds how many beds of intensive care are left, to the duty of treating.
func treated(q *site.Request, r *store.Reader, d *ui.Duty) error {
	left, any, err := care.ICULeft(r, q.Outbreak, q.WithinFor(auth.RollupRead))
	if err == nil && any {
		d.Note = i18n.M("duty.icu", "n", left)
	}
	return err
}

func holderName(q *site.Request, owner task.Role, area place.AreaID) string {
	role := auth.Role(owner).Title(auth.Lang(q.Lang()))
	if name := q.AreaName(area); name != "" {
		return name + " · " + role
	}
	return role
}

// holders are those who hold late work, over all duties, who holds most first.
func holders(q *site.Request, cover []store.Coverage) []Holder {
	type key struct {
		owner task.Role
		area  place.AreaID
	}
	late := map[key]*store.Holder{}
	var order []key
	for _, c := range cover {
		for _, h := range c.HeldBy {
			k := key{h.Owner, q.Told(h.Area)}
			if late[k] == nil {
				late[k] = &store.Holder{Owner: h.Owner, Area: k.area, OldestDue: h.OldestDue}
				order = append(order, k)
			}
			late[k].Late += h.Late
			if h.OldestDue.Before(late[k].OldestDue) {
				late[k].OldestDue = h.OldestDue
			}
		}
	}
	slices.SortStableFunc(order, func(a, b key) int {
		return cmp.Or(-cmp.Compare(late[a].Late, late[b].Late), late[a].OldestDue.Compare(late[b].OldestDue))
	})
	var out []Holder
	for _, k := range order[:min(len(order), lateHolders)] {
		l := late[k]
		href := q.Path("tasks") + "?status=late&owner=" + string(l.Owner)
		if j, ok := q.Tree.Get(l.Area); ok {
			href += "&area=" + j.Code
		}
		// The counters know the hour in which the oldest fell due, not the minute.
		out = append(out, Holder{Name: holderName(q, l.Owner, l.Area), Status: ui.Late, Count: l.Late, Oldest: q.Now.Sub(l.OldestDue).Truncate(time.Hour), Href: href})
	}
	return out
}

// areas fills in the map and the table that says the same.
func (h *Handler) areas(q *site.Request, v *View, b *board.Board, tops []place.AreaID, cover []store.Coverage) {
	query := ""
	if q.Area.Code != "" {
		query = "?area=" + q.Area.Code
	}
	v.Map = ui.Map{ID: "map", Label: i18n.M("map.title"), Layers: []ui.MapLayer{{Key: "districts", Kind: "area", Href: q.Path("map", "districts.geojson") + query, Shown: true}}}
	// A layer that the reader would be refused is not offered: its absence would cost them the whole map.
	if !auth.ScopeOf(q.Actor, auth.ZoneRead, q.Purpose(auth.ZoneRead), q.Now).Empty() {
		v.Map.Layers = append(v.Map.Layers, ui.MapLayer{Key: "zones", Kind: "zone", Href: q.Path("map", "zones.geojson") + query, Shown: true})
	}
	v.Map.Layers = append(v.Map.Layers, ui.MapLayer{Key: "cases", Kind: "point", Href: q.Path("map", "cases.geojson") + query, Shown: true})
	late := map[place.AreaID]int64{}
	for _, c := range cover {
		for _, holder := range c.HeldBy {
			late[holder.Area] += holder.Late
		}
	}
	counts := h.count(q, b, tops)
	for i, j := range counts.areas {
		for id, n := range late {
			if q.Tree.Contains(j.ID, id) {
				counts.late[i] += n
			}
		}
	}
	noCases, noNew, noLate := q.Hide(counts.areas, counts.total), q.Hide(counts.areas, counts.fresh), q.Hide(counts.areas, counts.late)
	told := func(n int64, hidden bool) *int64 {
		if hidden {
			v.Map.Protected = i18n.M("map.protected", "least", disclosure.Least, "floor", disclosure.Floor)
			return nil
		}
		return &n
	}
	for i, j := range counts.areas {
		a := ui.MapArea{Code: j.Code, Name: q.AreaName(j.ID), Cases: told(counts.total[i], noCases[i]), New: told(counts.fresh[i], noNew[i]), Late: told(counts.late[i], noLate[i])}
		if q.Told(j.ID) == j.ID {
			a.Href = q.AreaHref(j.ID)
		}
		v.Map.Areas = append(v.Map.Areas, a)
	}
	// What is left out stands where none would stand, so that the order does not give it away.
	n := func(count *int64) int64 {
		if count == nil {
			return 0
		}
		return *count
	}
	slices.SortStableFunc(v.Map.Areas, func(a, b ui.MapArea) int {
		return cmp.Or(-cmp.Compare(n(a.Late), n(b.Late)), -cmp.Compare(n(a.New), n(b.New)), -cmp.Compare(n(a.Cases), n(b.Cases)))
	})
}
