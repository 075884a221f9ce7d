package sites

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the sites and their devices.
type Handler struct {
	s                       *site.Site
	list, form, one, invite *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [4]error
	h.list, errs[0] = New(s.Kit)
	h.form, errs[1] = NewForm(s.Kit)
	h.one, errs[2] = NewSite(s.Kit)
	h.invite, errs[3] = NewInvite(s.Kit)
	return h, errors.Join(errs[:]...)
}

func hrefOf(q *site.Request, id screening.SiteID, parts ...string) string {
	return q.Path(append([]string{"sites", strconv.FormatInt(int64(id), 10)}, parts...)...)
}

// Rows are the sites that the reader sees, as they stand in a round; those that somebody should look at come first. A round whose ID is 0 is none.
func Rows(q *site.Request, rd *store.Reader, round screening.Round) ([]State, error) {
	list, err := rd.Sites(q.Outbreak.ID, q.WithinFor(auth.ScreeningRead))
	if err != nil {
		return nil, err
	}
	reports, err := rd.SiteReports(q.Outbreak.ID)
	if err != nil {
		return nil, err
	}
	var flow turnout.Flow
	counted := round.ID != 0 && q.Site.Turnout != nil
	if counted {
		flow, err = q.Site.Turnout.Flow(round.ID)
		if errors.Is(err, turnout.ErrLoading) || errors.Is(err, turnout.ErrNotKept) {
			counted, err = false, nil
		}
		if err != nil {
			return nil, err
		}
	}
	out := make([]State, len(list))
	for i, s := range list {
		out[i] = state(q, s, reports, round, flow.Sites[s.ID], counted)
	}
	slices.SortStableFunc(out, func(a, b State) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), -cmp.Compare(a.Wait, b.Wait), cmp.Compare(a.Site.Code, b.Site.Code))
	})
	return out, nil
}

func state(q *site.Request, s screening.Site, reports map[screening.SiteID]store.SiteReport, round screening.Round, flow turnout.Site, counted bool) State {
	out := State{Site: s, Href: hrefOf(q, s.ID), Area: q.AreaName(s.Area), Round: counted, Counted: -1}
	if r, ok := reports[s.ID]; ok {
		out.Paused, out.Counted, out.ReportedAt, out.ReportedBy = r.Paused, r.Queue, r.ReportedAt, r.ReportedBy
	}
	if !counted {
		return out
	}
	out.Samples, out.Heard, out.Never = flow.Samples, flow.Heard, flow.Heard.IsZero()
	out.PerHour = flow.PerHour(q.Now)
	// A site is silent from when it was last heard, or from when it should have begun.
	since := flow.Heard
	for _, t := range []*screening.Round{&round} {
		if t.OpenedAt.After(since) {
			since = t.OpenedAt
		}
		if t.StartsAt.After(since) {
			since = t.StartsAt
		}
	}
	opened, open := s.OpenSince(q.Now, q.Zone)
	if opened.After(since) {
		since = opened
	}
	out.Dark = open && !s.Closed && !out.Paused && q.Now.Sub(since) > screening.DarkAfter
	out.Queue, out.Wait = screening.WaitAt(s, out.Counted, out.ReportedAt, out.PerHour, out.Heard, q.Now)
	return out
}

// openRound is the newest round that is open, of those whose area the reader sees a part of; its ID is 0 where there is none.
func openRound(q *site.Request, rd *store.Reader) (screening.Round, error) {
	list, err := rd.Rounds(q.Outbreak.ID)
	tops := q.Tops(auth.ScreeningRead)
	for _, r := range list {
		if r.State == screening.Open && slices.ContainsFunc(tops, func(top place.AreaID) bool {
			return top == 0 || slices.ContainsFunc(r.Areas, func(a place.AreaID) bool { return q.Tree.Contains(top, a) || q.Tree.Contains(a, top) })
		}) {
			return r, err
		}
	}
	return screening.Round{}, err
}

func writesAnywhere(q *site.Request) bool {
	return auth.MayAnywhere(q.Actor, auth.ScreeningWrite, "", q.Now)
}

// List is GET /o/{outbreak}/sites.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	v := ListView{Listing: ui.Listing{Path: q.Path("sites"), Values: values}}
	v.Filters = []ui.Field{{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: values.Get("state"), Options: ui.Choices("site.filter", "dark", "long", "closed")},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, record.AreaOptions(q)...)}}
	err := q.View(func(rd *store.Reader) error {
		round, err := openRound(q, rd)
		if err != nil {
			return err
		}
		v.Sites, err = Rows(q, rd, round)
		return err
	})
	if err != nil {
		return err
	}
	located := false
	for _, s := range v.Sites {
		located = located || s.Site.Located
		v.Round = v.Round || s.Round
		if s.Dark {
			v.Dark++
		}
	}
	v.Sites = slices.DeleteFunc(v.Sites, func(s State) bool {
		switch values.Get("state") {
		case "dark":
			return !s.Dark
		case "long":
			return !s.Long()
		case "closed":
			return !s.Site.Closed
		}
		return s.Site.Closed
	})
	if located {
		query := ""
		if q.Area.Code != "" {
			query = "?" + url.Values{"area": {q.Area.Code}}.Encode()
		}
		v.Map = &ui.Map{ID: "sites-map", Label: i18n.M("site.map"), Layers: []ui.MapLayer{{Key: "sites", Kind: "site", Href: q.Path("sites.geojson") + query, Shown: true, Focus: true}}}
		// The ground is drawn by counts of cases; who is not to see those looks at the points alone.
		if q.Sees(auth.RollupRead, 0) {
			v.Map.Layers = slices.Insert(v.Map.Layers, 0, ui.MapLayer{Key: "districts", Kind: "area", Href: q.Path("map", "districts.geojson") + query, Shown: true})
		}
	}
	if writesAnywhere(q) {
		v.NewHref, v.ImportAll = q.Path("sites", "new"), q.Path("sites", "import")
	}
	return q.Show(h.list, "sites", v)
}

// Points is GET /o/{outbreak}/sites.geojson.
func (h *Handler) Points(q *site.Request) error {
	type feature struct {
		Type       string         `json:"type"`
		Properties map[string]any `json:"properties"`
		Geometry   map[string]any `json:"geometry"`
	}
	list := []feature{}
	err := q.View(func(rd *store.Reader) error {
		round, err := openRound(q, rd)
		if err != nil {
			return err
		}
		rows, err := Rows(q, rd, round)
		for _, s := range rows {
			if s.Site.Located && !s.Site.Closed {
				list = append(list, feature{"Feature", map[string]any{"name": s.Site.Code, "status": s.Status(), "href": s.Href, "n": s.Site.Lanes},
					map[string]any{"type": "Point", "coordinates": []float64{s.Site.Lon, s.Site.Lat}}})
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": list})
	if err != nil {
		return fmt.Errorf("write the layer of sites: %w", err)
	}
	q.W.Header().Set("Content-Type", "application/geo+json")
	_, _ = q.W.Write(text) // a reader who went away is no failure of ours
	return nil
}

func fields(q *site.Request, v url.Values, change bool) []ui.Field {
	list := []ui.Field{
		{Name: "code", Label: i18n.M("site.code"), Kind: ui.FieldText, Value: v.Get("code"), Required: true, Hint: i18n.M("site.code_hint"), Autocomplete: "off", Disabled: change},
		{Name: "name", Label: i18n.M("site.name"), Kind: ui.FieldText, Value: v.Get("name"), Autocomplete: "off"},
		record.AreaField(q, "area", v.Get("area")),
		{Name: "lanes", Label: i18n.M("site.lanes"), Kind: ui.FieldNumber, Value: v.Get("lanes"), Min: "1", Max: "500", Required: true, Hint: i18n.M("site.lanes_hint")},
		{Name: "opens", Label: i18n.M("lab.opens"), Kind: ui.FieldText, Value: v.Get("opens"), Hint: i18n.M("lab.opens_hint"), Autocomplete: "off"},
		{Name: "closes", Label: i18n.M("lab.closes"), Kind: ui.FieldText, Value: v.Get("closes"), Hint: i18n.M("lab.closes_hint"), Autocomplete: "off"},
		{Name: "lon", Label: i18n.M("site.lon"), Kind: ui.FieldText, Value: v.Get("lon"), Autocomplete: "off", Hint: i18n.M("site.lon_hint")},
		{Name: "lat", Label: i18n.M("site.lat"), Kind: ui.FieldText, Value: v.Get("lat"), Autocomplete: "off"},
	}
	list[2].Required = true
	if change {
		list[0].Required = false
		list = append(list, ui.Field{Name: "closed", Label: i18n.M("site.closed"), Kind: ui.FieldCheck, Checked: v.Get("closed") != ""})
	}
	return list
}

// typed reads the fields of a site.
func typed(v url.Values) (f command.SiteFields, err error) {
	f = command.SiteFields{Code: v.Get("code"), Name: v.Get("name"), Area: v.Get("area")}
	if f.Lanes, err = strconv.ParseInt(strings.TrimSpace(v.Get("lanes")), 10, 64); err != nil {
		return f, &command.Invalid{Field: "lanes", Value: v.Get("lanes"), Reason: "is a number from 1 to 500"}
	}
	if f.Opens, f.Closes, err = record.Hours(v); err != nil {
		return f, err
	}
	lon, lat := strings.TrimSpace(v.Get("lon")), strings.TrimSpace(v.Get("lat"))
	if lon == "" && lat == "" {
		return f, nil
	}
	f.Located = true
	if f.Lon, err = strconv.ParseFloat(lon, 64); err != nil {
		return f, &command.Invalid{Field: "lon", Value: lon, Reason: "is not a number of degrees"}
	}
	if f.Lat, err = strconv.ParseFloat(lat, 64); err != nil {
		return f, &command.Invalid{Field: "lat", Value: lat, Reason: "is not a number of degrees"}
	}
	return f, nil
}

func newForm(q *site.Request, v url.Values, wrong *command.Invalid) ui.Form {
	f := ui.Form{ID: "site", Action: q.Path("sites"), Submit: i18n.M("site.add"), Cancel: q.Path("sites"), Fields: fields(q, v, false)}
	if wrong != nil {
		_, field, _ := strings.Cut(wrong.Field, "].")
		wrong = &command.Invalid{Field: cmp.Or(field, wrong.Field), Value: wrong.Value, Reason: wrong.Reason}
	}
	record.Mark(&f, wrong)
	return f
}

// New is GET /o/{outbreak}/sites/new.
func (h *Handler) New(q *site.Request) error {
	return q.Show(h.form, "sites", FormView{Title: i18n.M("site.add"), Form: newForm(q, url.Values{"lanes": {"4"}, "area": {q.Area.Code}}, nil)})
}

// Add is POST /o/{outbreak}/sites.
func (h *Handler) Add(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	f, err := typed(form)
	var list []screening.Site
	if err == nil {
		list, err = h.s.Commands.AddSites(q.Context(), q.By(), command.AddSites{Outbreak: q.Outbreak.Name, Sites: []command.SiteFields{f}})
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "sites", FormView{Title: i18n.M("site.add"), Form: newForm(q, form, wrong)})
	}
	if err != nil {
		return err
	}
	return q.Done(hrefOf(q, list[0].ID), "sites", 1)
}

func importForm(q *site.Request, text string, wrong *command.Invalid) FormView {
	f := ui.Form{ID: "sites", Action: q.Path("sites", "import"), Submit: i18n.M("site.import"), Cancel: q.Path("sites"),
		Fields: []ui.Field{{Name: "rows", Label: i18n.M("site.rows"), Kind: ui.FieldArea, Value: text, Required: true, Hint: i18n.M("site.rows_hint")}}}
	if wrong != nil {
		f.Fields[0].Error = i18n.M("form.invalid_field", "field", wrong.Field, "reason", strings.TrimSpace(wrong.Value+" "+wrong.Reason))
	}
	return FormView{Title: i18n.M("site.import"), Hint: i18n.M("site.import_hint"), Form: f}
}

// ImportForm is GET /o/{outbreak}/sites/import.
func (h *Handler) ImportForm(q *site.Request) error {
	return q.Show(h.form, "sites", importForm(q, "", nil))
}

// Import is POST /o/{outbreak}/sites/import: many sites as rows, all or none.
func (h *Handler) Import(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	text := form.Get("rows")
	list, lines, err := ReadRows(text)
	if err == nil {
		_, err = h.s.Commands.AddSites(q.Context(), q.By(), command.AddSites{Outbreak: q.Outbreak.Name, Sites: list})
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		// The order counts its rows from 0; whoever pasted them counts lines.
		var i int
		var field string
		if n, _ := fmt.Sscanf(wrong.Field, "sites[%d].%s", &i, &field); n == 2 && i < len(lines) {
			wrong = &command.Invalid{Field: q.Words().T("site.line", "n", lines[i], "field", field), Value: wrong.Value, Reason: wrong.Reason}
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "sites", importForm(q, text, wrong))
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("sites"), "sites", len(list))
}

// read reads the site of the address, if the reader sees it.
func (h *Handler) read(q *site.Request, rd *store.Reader) (screening.Site, error) {
	id, err := q.Number("site")
	if err != nil {
		return screening.Site{}, err
	}
	s, err := rd.Site(screening.SiteID(id))
	if err == nil && (s.Outbreak != q.Outbreak.ID || !q.Sees(auth.ScreeningRead, s.Area)) {
		err = fmt.Errorf("site %d: %w", id, store.ErrNotFound)
	}
	return s, err
}

func (h *Handler) find(q *site.Request) (s screening.Site, err error) {
	err = q.View(func(rd *store.Reader) (err error) { s, err = h.read(q, rd); return err })
	return s, err
}

// Show is GET /o/{outbreak}/sites/{site}.
func (h *Handler) Show(q *site.Request) error {
	v, err := h.view(q)
	if err != nil {
		return err
	}
	return q.Show(h.one, "sites", v)
}

func (h *Handler) view(q *site.Request) (v View, err error) {
	err = q.View(func(rd *store.Reader) error {
		s, err := h.read(q, rd)
		if err != nil {
			return err
		}
		round, err := openRound(q, rd)
		if err != nil {
			return err
		}
		reports, err := rd.SiteReports(q.Outbreak.ID)
		if err != nil {
			return err
		}
		var flow turnout.Site
		counted := false
		if round.ID != 0 && h.s.Turnout != nil {
			if all, err := h.s.Turnout.Flow(round.ID); err == nil {
				flow, counted = all.Sites[s.ID], true
			}
		}
		v.State = state(q, s, reports, round, flow, counted)
		if v.ReportedBy != "" {
			v.ReportedBy = happened.Who(q, v.ReportedBy)
		}
		writes := q.Sees(auth.ScreeningWrite, s.Area)
		return h.devices(q, rd, s, writes, &v)
	})
	if err != nil {
		return v, err
	}
	s := v.State.Site
	if (q.Sees(auth.ScreeningWrite, s.Area) || q.Sees(auth.SampleWrite, s.Area)) && !s.Closed {
		queue := ""
		if v.Counted >= 0 {
			queue = strconv.FormatInt(v.Counted, 10)
		}
		v.Report = &ui.Form{ID: "report", Action: hrefOf(q, s.ID, "state"), Submit: i18n.M("site.report"), Fields: []ui.Field{
			{Name: "queue", Label: i18n.M("site.queue_now"), Kind: ui.FieldNumber, Value: queue, Min: "0", Max: "20000", Hint: i18n.M("site.queue_hint")},
			{Name: "paused", Label: i18n.M("site.paused"), Kind: ui.FieldCheck, Checked: v.Paused}}}
	}
	if q.Sees(auth.ScreeningWrite, s.Area) {
		v.Edit = hrefOf(q, s.ID, "edit")
	}
	return v, nil
}

// Edit is GET /o/{outbreak}/sites/{site}/edit.
func (h *Handler) Edit(q *site.Request) error {
	s, err := h.find(q)
	if err != nil {
		return err
	}
	if !q.Sees(auth.ScreeningWrite, s.Area) {
		return fmt.Errorf("change site %d: %w", s.ID, store.ErrNotFound)
	}
	j, _ := q.Tree.Get(s.Area)
	v := url.Values{"code": {s.Code}, "name": {s.Name}, "area": {j.Code}, "lanes": {strconv.FormatInt(s.Lanes, 10)}}
	if s.Located {
		v.Set("lon", strconv.FormatFloat(s.Lon, 'f', -1, 64))
		v.Set("lat", strconv.FormatFloat(s.Lat, 'f', -1, 64))
	}
	if s.Closed {
		v.Set("closed", "1")
	}
	if s.Opens != s.Closes {
		v.Set("opens", lab.TimeOfDay(s.Opens))
		v.Set("closes", lab.TimeOfDay(s.Closes))
	}
	for _, name := range []string{"lanes", "opens", "closes"} { // a plan proposes them
		if text := q.URL.Query().Get(name); text != "" {
			v.Set(name, text)
		}
	}
	return q.Show(h.form, "sites", editForm(q, s, v, nil))
}

func editForm(q *site.Request, s screening.Site, v url.Values, wrong *command.Invalid) FormView {
	v.Set("code", s.Code)
	f := ui.Form{ID: "site", Action: hrefOf(q, s.ID), Submit: i18n.M("form.save"), Cancel: hrefOf(q, s.ID), Version: strconv.FormatInt(s.Version, 10), Fields: fields(q, v, true)}
	record.Mark(&f, wrong)
	return FormView{Title: i18n.M("site.change", "site", s.Code), Form: f}
}

// Save is POST /o/{outbreak}/sites/{site}.
func (h *Handler) Save(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	s, err := h.find(q)
	if err != nil {
		return err
	}
	f, err := typed(form)
	if err == nil {
		version, _ := strconv.ParseInt(form.Get("version"), 10, 64)
		_, err = h.s.Commands.ChangeSite(q.Context(), q.By(), command.ChangeSite{Site: s.ID, Version: version, SiteFields: f, Closed: form.Get("closed") != ""})
	}
	var wrong *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &wrong):
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "sites", editForm(q, s, form, wrong))
	case errors.As(err, &conflict):
		view := editForm(q, s, form, nil)
		view.Form.Error = i18n.M("round.conflict")
		return q.ShowStatus(http.StatusConflict, h.form, "sites", view)
	case err != nil:
		return err
	}
	return q.Done(hrefOf(q, s.ID), "saved", 1)
}

// Report is POST /o/{outbreak}/sites/{site}/state: how long the queue is, or that nobody is sampled for a while.
func (h *Handler) Report(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	s, err := h.find(q)
	if err != nil {
		return err
	}
	in := command.SetSiteState{Site: s.ID, Paused: form.Get("paused") != "", Queue: -1}
	if text := strings.TrimSpace(form.Get("queue")); text != "" {
		if in.Queue, err = strconv.ParseInt(text, 10, 64); err != nil || in.Queue < 0 {
			return &command.Invalid{Field: "queue", Value: text, Reason: "is no number of people"}
		}
	}
	by := q.By()
	by.Purpose = q.Purpose(auth.SampleWrite)
	if err := h.s.Commands.SetSiteState(q.Context(), by, in); err != nil {
		return err
	}
	return q.Done(hrefOf(q, s.ID), "reported", 1)
}
