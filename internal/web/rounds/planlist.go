package rounds

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/exchange"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// The lists of a plan.
const (
	listAssignments = "assignments" // who goes where and when
	listStaff       = "staff"       // who must be at a site, hour by hour
	listTubes       = "tubes"       // to which laboratory tubes go, hour by hour
)

var planLists = []string{listAssignments, listStaff, listTubes}

const (
	firstRows = 6  // of a list on the page of the plan
	pageRows  = 50 // of a list by itself
)

// planRow is a row of a list: its cells, what each sorts by, and what each is in a file.
type planRow struct {
	cells []ui.Cell
	keys  []any // string, int64 or float64, one a column
	file  []exchange.Value
}

// planTable is a list of a plan whole, in memory.
type planTable struct {
	kind    string
	columns []ui.Column
	rows    []planRow
}

// table is a page of the list, as it was asked for.
func (l *planTable) table(v url.Values, path string, size int) ui.Table {
	find := strings.ToLower(strings.TrimSpace(v.Get("find")))
	var rows []planRow
	for _, r := range l.rows {
		if find == "" || slices.ContainsFunc(r.keys, func(k any) bool { s, ok := k.(string); return ok && strings.Contains(strings.ToLower(s), find) }) {
			rows = append(rows, r)
		}
	}
	x := ui.Listing{Path: path, Values: v}
	if key := v.Get("sort"); key != "" {
		x.Sort, x.Desc = strings.TrimPrefix(key, "-"), strings.HasPrefix(key, "-")
	}
	if i := slices.IndexFunc(l.columns, func(c ui.Column) bool { return c.Key == x.Sort }); i >= 0 {
		slices.SortStableFunc(rows, func(a, b planRow) int {
			n := compare(a.keys[i], b.keys[i])
			if x.Desc {
				return -n
			}
			return n
		})
	}
	total := int64(len(rows))
	x.Total = &total
	from, _ := strconv.Atoi(cmp.Or(v.Get("after"), v.Get("before")))
	from = min(max(0, from), len(rows))
	to := min(from+size, len(rows))
	if to < len(rows) {
		x.Next = strconv.Itoa(to)
	}
	if from > 0 {
		x.Prev = strconv.Itoa(max(0, from-size))
	}
	x.Filters = []ui.Field{{Name: "find", Label: i18n.M("plan.find." + l.kind), Kind: ui.FieldSearch, Value: v.Get("find")}}
	t := x.Table("plan-"+l.kind, i18n.M("plan.list."+l.kind), slices.Clone(l.columns)...)
	t.Export, t.Empty = []string{"csv"}, ui.Empty{Title: i18n.M("plan.none." + l.kind)}
	for i, r := range rows[from:to] {
		t.Rows = append(t.Rows, ui.Row{ID: strconv.Itoa(from + i), Cells: r.cells})
	}
	return t
}

func compare(a, b any) int {
	switch x := a.(type) {
	case string:
		return cmp.Compare(x, b.(string)) //nolint:forcetypeassert // keys of a column are of one kind
	case int64:
		return cmp.Compare(x, b.(int64)) //nolint:forcetypeassert // as above
	case float64:
		return cmp.Compare(x, b.(float64)) //nolint:forcetypeassert // as above
	}
	return 0
}

// seen says which places of a plan the reader sees, by their codes: communities of theirs, and sites that stand there.
type seen struct {
	q     *site.Request
	whole bool
	mine  []place.AreaID
	sites map[string]screening.Site
}

func (h *Handler) seen(q *site.Request, rd *store.Reader, r screening.Round) (seen, error) {
	s := seen{q: q, whole: whole(q, r), mine: due(q, r), sites: map[string]screening.Site{}}
	list, err := rd.Sites(q.Outbreak.ID, store.Everywhere())
	for _, x := range list {
		s.sites[x.Code] = x
	}
	return s, err
}

func (s seen) community(code string) bool {
	if s.whole {
		return true
	}
	j, ok := s.q.Tree.ByCode(code)
	return ok && slices.ContainsFunc(s.mine, func(a place.AreaID) bool { return s.q.Tree.Contains(a, j.ID) })
}

// site says whether the reader sees a site, and where its page is; a site that was made up for a remedy, or is gone, has none.
func (s seen) site(code string) (href string, ok bool) {
	x, known := s.sites[code]
	if known && s.q.Sees(auth.ScreeningRead, x.Area) {
		return s.q.Path("sites", strconv.FormatInt(int64(x.ID), 10)), true
	}
	return "", s.whole
}

// planList is one of a plan's lists, as far as the reader sees it; nil where they see nothing of it.
func (h *Handler) planList(q *site.Request, rd *store.Reader, r screening.Round, p *roundplan.Plan, kind string) *planTable {
	s, err := h.seen(q, rd, r)
	if err != nil {
		return nil
	}
	switch kind {
	case listAssignments:
		return assignments(q, s, p)
	case listStaff:
		return staff(q, s, p)
	case listTubes:
		if !s.whole {
			return nil
		}
		return tubes(q, p)
	}
	return nil
}

func siteCell(s seen, names func(string) string, code string) ui.Cell {
	if href, _ := s.site(code); href != "" {
		return ui.Link(names(code), href)
	}
	return ui.Text(names(code))
}

func column(key string, numeric bool) ui.Column {
	return ui.Column{Key: key, Label: i18n.M("plan.col." + key), Sortable: true, Numeric: numeric}
}

func assignments(q *site.Request, s seen, p *roundplan.Plan) *planTable {
	l := &planTable{kind: listAssignments, columns: []ui.Column{column("community", false), column("site", false), column("from", false), column("to", false), column("people", true), column("tubes", true), column("walk", true)}}
	names := namesOf(&p.City)
	for _, a := range p.Plan.Assignments {
		if !s.community(a.Community) {
			continue
		}
		area := a.Community
		if j, ok := q.Tree.ByCode(a.Community); ok {
			area = q.AreaName(j.ID)
		}
		walk := int64(a.Walk)
		l.rows = append(l.rows, planRow{[]ui.Cell{ui.Text(area), siteCell(s, names, a.Site), ui.At(p.At(a.From)), ui.At(p.At(a.To)), ui.Number(a.People), ui.Number(a.Tubes), ui.Number(walk)},
			[]any{area, names(a.Site), a.From, a.To, a.People, a.Tubes, walk},
			[]exchange.Value{exchange.Text(a.Community), exchange.Text(area), exchange.Text(a.Site), exchange.Text(names(a.Site)), stamp(p, a.From), stamp(p, a.To), exchange.Int(int(a.People)), exchange.Int(int(a.Tubes)), exchange.Int(int(walk))}})
	}
	slices.SortStableFunc(l.rows, func(a, b planRow) int {
		return cmp.Or(compare(a.keys[2], b.keys[2]), compare(a.keys[0], b.keys[0]))
	})
	return l
}

// stamp is an hour of the round as an instant in a file.
func stamp(p *roundplan.Plan, hour float64) exchange.Value {
	return exchange.Text(p.At(hour).Format("2006-01-02T15:04Z07:00"))
}

func staff(_ *site.Request, s seen, p *roundplan.Plan) *planTable {
	l := &planTable{kind: listStaff, columns: []ui.Column{column("site", false), column("from", false), column("to", false), column("lanes", true), column("samplers", true), column("registrars", true), column("people", true)}}
	names := namesOf(&p.City)
	type at struct {
		site string
		hour int
	}
	people := map[at]int64{}
	for _, x := range p.Plan.Sampling {
		people[at{x.Site, int(x.From + 1e-9)}] += x.People
	}
	for _, x := range p.Plan.Staff {
		if _, ok := s.site(x.Site); !ok {
			continue
		}
		n := people[at{x.Site, int(x.From + 1e-9)}]
		l.rows = append(l.rows, planRow{[]ui.Cell{siteCell(s, names, x.Site), ui.At(p.At(x.From)), ui.At(p.At(x.To)), ui.Number(int64(x.Lanes)), ui.Number(int64(x.Samplers)), ui.Number(int64(x.Registrars)), ui.Number(n)},
			[]any{names(x.Site), x.From, x.To, int64(x.Lanes), int64(x.Samplers), int64(x.Registrars), n},
			[]exchange.Value{exchange.Text(x.Site), exchange.Text(names(x.Site)), stamp(p, x.From), stamp(p, x.To), exchange.Int(x.Lanes), exchange.Int(x.Samplers), exchange.Int(x.Registrars), exchange.Int(int(n))}})
	}
	return l
}

// tubes sums up by the hour what couriers bring to each laboratory, and what it takes into runs.
func tubes(_ *site.Request, p *roundplan.Plan) *planTable {
	l := &planTable{kind: listTubes, columns: []ui.Column{column("laboratory", false), column("from", false), column("arrive", true), column("run", true), column("waiting", true), column("result", false)}}
	names := namesOf(&p.City)
	type at struct {
		lab  string
		hour int
	}
	type sums struct {
		arrive, run int64
		result      float64
	}
	by := map[at]*sums{}
	put := func(lab string, hour float64) *sums {
		k := at{lab, int(hour + 1e-9)}
		if by[k] == nil {
			by[k] = &sums{}
		}
		return by[k]
	}
	for _, w := range p.City.Done.Waiting {
		if w.Lab != "" {
			put(w.Lab, w.Ready).arrive += w.Tubes
		}
	}
	for _, d := range p.Plan.Deliveries {
		put(d.Lab, d.Ready).arrive += d.Tubes
	}
	for _, x := range p.Plan.Intake {
		s := put(x.Lab, x.From)
		s.run += x.Tubes
		s.result = max(s.result, x.Result)
	}
	keys := make([]at, 0, len(by))
	for k := range by {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b at) int { return cmp.Or(cmp.Compare(a.lab, b.lab), cmp.Compare(a.hour, b.hour)) })
	waiting := map[string]int64{}
	for _, k := range keys {
		s, from := by[k], float64(k.hour)
		waiting[k.lab] += s.arrive - s.run
		result := ui.Text("")
		text := exchange.Value{}
		if s.run > 0 {
			result, text = ui.At(p.At(s.result)), stamp(p, s.result)
		}
		l.rows = append(l.rows, planRow{[]ui.Cell{ui.Text(names(k.lab)), ui.At(p.At(from)), ui.Number(s.arrive), ui.Number(s.run), ui.Number(waiting[k.lab]), result},
			[]any{names(k.lab), from, s.arrive, s.run, waiting[k.lab], s.result},
			[]exchange.Value{exchange.Text(k.lab), exchange.Text(names(k.lab)), stamp(p, from), exchange.Int(int(s.arrive)), exchange.Int(int(s.run)), exchange.Int(int(waiting[k.lab])), text}})
	}
	return l
}

// headers of the files of the lists.
var planHeaders = map[string][]string{
	listAssignments: {"community", "community_name", "site", "site_name", "from", "to", "people", "tubes", "walk_m"},
	listStaff:       {"site", "site_name", "from", "to", "lanes", "samplers", "registrars", "people"},
	listTubes:       {"laboratory", "laboratory_name", "from", "tubes_arriving", "tubes_into_runs", "tubes_waiting", "results_by"},
}

// PlanList is GET /o/{outbreak}/rounds/{round}/plan/{list}: a list of the plan whole, or with ?format=csv as a file.
func (h *Handler) PlanList(q *site.Request) error {
	kind := q.PathValue("list")
	p, r, err := h.planOf(q)
	if err != nil {
		return err
	}
	var l *planTable
	if err := q.View(func(rd *store.Reader) error { l = h.planList(q, rd, r, p, kind); return nil }); err != nil {
		return err
	}
	if l == nil {
		return fmt.Errorf("list %q of the plan of round %d: %w", kind, r.Number, store.ErrNotFound)
	}
	if q.URL.Query().Get("format") == "csv" {
		rows := make([][]exchange.Value, len(l.rows))
		for i, x := range l.rows {
			rows[i] = x.file
		}
		return record.SendCSV(q, "plan-"+kind, planHeaders[kind], rows)
	}
	v := PlanListView{Head: h.head(q, r, "plan"), Table: l.table(q.URL.Query(), q.URL.Path, pageRows), Back: href(q, r, "plan")}
	return q.Show(h.planLists, "screening", v)
}

// PlanLayer is GET /o/{outbreak}/rounds/{round}/plan/{layer}.geojson: sites, communities or laboratories as the plan has them.
func (h *Handler) PlanLayer(layer string) site.Handle {
	return func(q *site.Request) error {
		p, r, err := h.planOf(q)
		if err != nil {
			return err
		}
		var s seen
		if err := q.View(func(rd *store.Reader) (err error) { s, err = h.seen(q, rd, r); return err }); err != nil {
			return err
		}
		text, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": points(q, s, p, layer)})
		if err != nil {
			return fmt.Errorf("write a layer of the plan: %w", err)
		}
		q.W.Header().Set("Content-Type", "application/geo+json")
		_, _ = q.W.Write(text) // a reader who went away is no failure of ours
		return nil
	}
}

type feature struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Geometry   map[string]any `json:"geometry"`
}

// points are the places of a plan on the map. What binds is shown as what is late, what is used as working.
func points(q *site.Request, s seen, p *roundplan.Plan, layer string) []feature {
	out := []feature{}
	add := func(lon, lat float64, properties map[string]any) {
		out = append(out, feature{"Feature", properties, map[string]any{"type": "Point", "coordinates": []float64{lon, lat}}})
	}
	binds := map[string]bool{}
	for _, b := range p.Plan.Bottleneck {
		for _, id := range b.IDs {
			binds[b.Resource+" "+id] = true
		}
	}
	status := func(bound, used bool) ui.Status {
		switch {
		case bound:
			return ui.Late
		case used:
			return ui.OnTime
		}
		return ui.Void
	}
	switch layer {
	case "sites":
		people := map[string]int64{}
		for _, x := range p.Plan.Sampling {
			people[x.Site] += x.People
		}
		for _, x := range p.City.Sites {
			href, ok := s.site(x.ID)
			if !ok {
				continue
			}
			add(x.Lon, x.Lat, map[string]any{"name": x.Name, "n": people[x.ID], "status": status(binds["lanes "+x.ID], people[x.ID] > 0), "href": href})
		}
	case "laboratories":
		tubes := map[string]int64{}
		for _, x := range p.Plan.Intake {
			tubes[x.Lab] += x.Tubes
		}
		for _, x := range p.City.Labs {
			if s.whole {
				add(x.Lon, x.Lat, map[string]any{"name": x.Name, "n": tubes[x.ID], "status": status(binds["laboratories "+x.ID], tubes[x.ID] > 0)})
			}
		}
	case "communities":
		const each = 100 // people: one of the units in which a point grows
		for _, x := range p.City.Community {
			if !s.community(x.ID) {
				continue
			}
			var n int64
			for _, g := range x.Groups {
				n += g.People
			}
			add(x.Lon, x.Lat, map[string]any{"name": x.Name, "n": float64(n) / each, "inside": true})
		}
	}
	return out
}
