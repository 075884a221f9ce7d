package clusters

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/i18n"
	"firebreak/internal/journal"
	"firebreak/internal/situation"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the clusters.
type Handler struct {
	s               *site.Site
	list, form, one *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [3]error
	h.list, errs[0] = New(s.Kit)
	h.form, errs[1] = NewForm(s.Kit)
	h.one, errs[2] = NewCluster(s.Kit)
	return h, errors.Join(errs[:]...)
}

// pageRows is how many clusters a page of the list has, exportPart how many are read at a time for a file.
const (
	pageRows   = 50
	exportPart = 1_000
)

func filter(q *site.Request) (f store.ClusterFilter, err error) {
	v := q.URL.Query()
	f = store.ClusterFilter{Outbreak: q.Outbreak.ID, Within: q.Within()}
	switch s := cluster.State(v.Get("state")); s {
	case "", cluster.Open, cluster.Closed:
		f.State = s
	default:
		return f, &command.Invalid{Field: "state", Value: string(s), Reason: "is no state of a cluster"}
	}
	if k := v.Get("kind"); k != "" {
		if f.Kind, err = cluster.ParseKind(k); err != nil {
			return f, &command.Invalid{Field: "kind", Value: k, Reason: cluster.ErrKind.Error()}
		}
	}
	if after := v.Get("after"); after != "" {
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil || n <= 0 {
			return f, fmt.Errorf("list of clusters after %q: %w", after, store.ErrCursor)
		}
		f.Before = cluster.ID(n)
	}
	return f, nil
}

// List is GET /o/{outbreak}/clusters.
func (h *Handler) List(q *site.Request) error {
	f, err := filter(q)
	if err != nil {
		return err
	}
	return h.show(q, f, http.StatusOK, nil)
}

func (h *Handler) show(q *site.Request, f store.ClusterFilter, status int, wrong *command.Invalid) error {
	values := q.URL.Query()
	v := ListView{Listing: ui.Listing{Path: q.Path("clusters"), Values: values}}
	v.Filters = filters(values)
	err := q.View(func(r *store.Reader) error {
		list, err := r.ClusterList(f, pageRows+1)
		if err != nil {
			return err
		}
		if len(list) > pageRows {
			list = list[:pageRows]
			v.Next = strconv.FormatInt(int64(list[pageRows-1].ID), 10)
		}
		for _, k := range list {
			v.Clusters = append(v.Clusters, row(q, k))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if auth.MayAnywhere(q.Actor, auth.CaseWrite, q.Purpose(auth.CaseWrite), q.Now) {
		v.NewHref = q.Path("clusters", "new")
	}
	if q.Sees(auth.CaseWrite, 0) {
		v.FromField = &ui.Form{ID: "from-field", Action: q.Path("clusters", "from-field"), Submit: i18n.M("cluster.gather"), Fields: []ui.Field{
			{Name: "field", Label: i18n.M("cluster.field"), Kind: ui.FieldText, Value: "cluster", Required: true, Autocomplete: "off"}, kindField(string(cluster.Other))}}
		mark(v.FromField, wrong)
	}
	return q.ShowStatus(status, h.list, "clusters", v)
}

func filters(values url.Values) []ui.Field {
	kinds := make([]string, 0, 9)
	for _, k := range cluster.Kinds() {
		kinds = append(kinds, string(k))
	}
	return []ui.Field{
		{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: values.Get("state"), Options: ui.Choices("cluster.state", string(cluster.Open), string(cluster.Closed))},
		{Name: "kind", Label: i18n.M("cluster.shared"), Kind: ui.FieldSelect, Value: values.Get("kind"), Options: ui.Choices("cluster.kind", kinds...)},
	}
}

func row(q *site.Request, k store.ClusterCount) Row {
	out := Row{Href: q.Path("clusters", k.Code), Code: k.Code, Name: k.Name, Kind: string(k.Kind), Area: q.AreaName(k.Area), Members: k.Members, Exposed: k.Exposed, First: k.First.String(), Last: k.Last.String(), Closed: k.State == cluster.Closed}
	if r, ok := cluster.AttackRate(k.Counted, k.Exposed); ok {
		out.Rate = &r
	}
	return out
}

// FromField is POST /o/{outbreak}/clusters/from-field.
func (h *Handler) FromField(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	done, err := h.s.Commands.ClustersFromField(q.Context(), q.By(), command.ClustersFromField{Outbreak: q.Outbreak.Name, Field: form.Get("field"), Kind: cluster.Kind(form.Get("kind"))})
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		f, err := filter(q)
		if err != nil {
			return err
		}
		return h.show(q, f, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("clusters"), "gathered", done.Opened)
}

// Export is GET /o/{outbreak}/clusters/export: the list as CSV.
func (h *Handler) Export(q *site.Request) error {
	f, err := filter(q)
	if err != nil {
		return err
	}
	f.Within = q.WithinFor(auth.Export)
	var rows [][]exchange.Value
	err = q.View(func(r *store.Reader) error {
		for f.Before = 0; ; {
			list, err := r.ClusterList(f, exportPart)
			for _, k := range list {
				f.Before = k.ID
				if q.Sees(auth.CaseRead, k.Area) {
					rows = append(rows, line(q, k))
				}
			}
			if err != nil || len(list) < exportPart {
				return err
			}
		}
	})
	if err != nil {
		return err
	}
	return record.SendCSV(q, "clusters", []string{"cluster", "name", "kind", "setting", "area", "first_day", "last_day", "cases", "counted", "exposed", "attack_rate", "low", "high", "state"}, rows)
}

// line is a cluster as a line of the file.
func line(q *site.Request, k store.ClusterCount) []exchange.Value {
	j, _ := q.Tree.Get(k.Area)
	out := []exchange.Value{exchange.Text(k.Code), exchange.Text(k.Name), exchange.Text(string(k.Kind)), exchange.Text(k.Setting), exchange.Text(j.Code), exchange.Date(k.First), exchange.Date(k.Last),
		exchange.Int(int(k.Members)), exchange.Int(int(k.Counted)), {}, {}, {}, {}, exchange.Text(string(k.State))}
	if k.Exposed > 0 {
		out[9] = exchange.Int(int(k.Exposed))
	}
	if rate, ok := cluster.AttackRate(k.Counted, k.Exposed); ok {
		for i, x := range []float64{rate.Share, rate.Low, rate.High} {
			out[10+i] = exchange.Text(strconv.FormatFloat(x, 'f', 4, 64))
		}
	}
	return out
}

func kindField(value string) ui.Field {
	f := ui.Field{Name: "kind", Label: i18n.M("cluster.shared"), Kind: ui.FieldSelect, Value: value, Required: true}
	for _, k := range cluster.Kinds() {
		f.Options = append(f.Options, ui.Option{Value: string(k), Label: i18n.M("cluster.kind." + string(k))})
	}
	return f
}

// fields are the fields of a cluster, filled from texts.
func fields(q *site.Request, value func(string) string) []ui.Field {
	today := day.In(q.Now, q.Zone).String()
	return []ui.Field{
		{Name: "name", Label: i18n.M("cluster.name"), Kind: ui.FieldText, Value: value("name"), Required: true, Hint: i18n.M("cluster.name_hint"), Autocomplete: "off"},
		kindField(value("kind")),
		{Name: "setting", Label: i18n.M("col.setting"), Kind: ui.FieldText, Value: value("setting"), Autocomplete: "off"},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldText, Value: value("area"), Hint: i18n.M("cluster.area_hint"), Autocomplete: "off"},
		{Name: "first_day", Label: i18n.M("cluster.first_day"), Kind: ui.FieldDate, Value: value("first_day"), Max: today},
		{Name: "last_day", Label: i18n.M("cluster.last_day"), Kind: ui.FieldDate, Value: value("last_day"), Max: today},
		{Name: "exposed", Label: i18n.M("cluster.exposed"), Kind: ui.FieldNumber, Value: value("exposed"), Min: "1", Hint: i18n.M("cluster.exposed_hint")},
		{Name: "note", Label: i18n.M("cluster.note"), Kind: ui.FieldArea, Value: value("note")},
	}
}

// mark puts what is wrong beside its field; of a list of cases it says which.
func mark(f *ui.Form, wrong *command.Invalid) {
	if name, _, one := strings.Cut(fieldOf(wrong), "["); one {
		wrong = &command.Invalid{Field: name, Reason: wrong.Value + " " + wrong.Reason}
	}
	record.Mark(f, wrong)
}

func fieldOf(wrong *command.Invalid) string {
	if wrong == nil {
		return ""
	}
	return wrong.Field
}

// codes reads the codes of cases as people type or paste them.
func codes(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;，；、", r) })
}

func newForm(q *site.Request, v url.Values, wrong *command.Invalid) ui.Form {
	f := ui.Form{ID: "new", Action: q.Path("clusters"), Submit: i18n.M("cluster.open"), Cancel: q.Path("clusters"), Fields: append(fields(q, v.Get),
		ui.Field{Name: "cases", Label: i18n.M("col.cases"), Kind: ui.FieldArea, Value: v.Get("cases"), Hint: i18n.M("cluster.cases_hint")})}
	mark(&f, wrong)
	return f
}

// New is GET /o/{outbreak}/clusters/new. ?case= names its first case.
func (h *Handler) New(q *site.Request) error {
	v := url.Values{"kind": {string(cluster.Household)}, "cases": {q.URL.Query().Get("case")}, "area": {q.Area.Code}}
	return q.Show(h.form, "clusters", FormView{newForm(q, v, nil)})
}

// Open is POST /o/{outbreak}/clusters.
func (h *Handler) Open(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	in := command.OpenCluster{Outbreak: q.Outbreak.Name, Fields: map[string]string{}, Cases: codes(form.Get("cases"))}
	for _, name := range command.ClusterFieldNames() {
		in.Fields[name] = form.Get(name)
	}
	k, err := h.s.Commands.OpenCluster(q.Context(), q.By(), in)
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "clusters", FormView{newForm(q, form, wrong)})
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("clusters", k.Code), "saved", 1)
}

// read reads the cluster of the address, if the person may see it.
func (h *Handler) read(q *site.Request, r *store.Reader) (store.ClusterCount, error) {
	k, err := r.ClusterByCode(q.Outbreak.ID, q.PathValue("cluster"))
	if err == nil && !q.Sees(auth.CaseRead, k.Area) {
		err = fmt.Errorf("cluster %q: %w", q.PathValue("cluster"), store.ErrNotFound)
	}
	return k, err
}

// Show is GET /o/{outbreak}/clusters/{cluster}.
func (h *Handler) Show(q *site.Request) error {
	v, _, err := h.view(q)
	if err != nil {
		return err
	}
	return q.Show(h.one, "clusters", v)
}

func (h *Handler) view(q *site.Request) (v View, k store.ClusterCount, err error) {
	err = q.View(func(r *store.Reader) error {
		if k, err = h.read(q, r); err != nil {
			return err
		}
		line := row(q, k)
		v = View{Code: k.Code, Name: k.Name, Kind: line.Kind, Setting: k.Setting, Area: line.Area, First: line.First, Last: line.Last, Exposed: k.Exposed, Members: k.Members, Counted: k.Counted, Rate: line.Rate,
			TooMany: k.Exposed > 0 && k.Counted > k.Exposed, Note: k.Note, Closed: line.Closed, ClosedAt: k.ClosedAt, Reason: k.Reason}
		if err := h.members(q, r, k, &v); err != nil {
			return err
		}
		v.Timeline, err = history(q, r, k.ID)
		return err
	})
	if err == nil && len(v.Cases.Rows) > 0 && auth.MayAnywhere(q.Actor, auth.ContactRead, q.Purpose(auth.ContactRead), q.Now) {
		v.Shared = q.Path("shared") + "?cluster=" + url.QueryEscape(k.Code)
	}
	if err == nil && q.Sees(auth.CaseWrite, k.Area) {
		h.forms(q, k, &v)
	}
	return v, k, err
}

// members fills in the cases that the reader may see, and their curve.
func (h *Handler) members(q *site.Request, r *store.Reader, k store.ClusterCount, v *View) error {
	list, err := r.ClusterMembers(k.ID)
	if err != nil {
		return err
	}
	var ids []cases.ID
	by := map[cases.ID]cluster.Member{}
	for _, m := range list {
		if _, there := by[m.Case]; !there && m.Stands() {
			ids, by[m.Case] = append(ids, m.Case), m
		}
	}
	found, err := r.CasesByID(ids)
	if err != nil {
		return err
	}
	t := ui.Listing{Path: q.Path("clusters", k.Code)}.Table("members", i18n.M("col.cases"),
		ui.Column{Key: "case", Label: i18n.M("col.case")}, ui.Column{Key: "class", Label: i18n.M("col.class")}, ui.Column{Key: "onset", Label: i18n.M("col.onset")}, ui.Column{Key: "area", Label: i18n.M("col.area")},
		ui.Column{Key: "added", Label: i18n.M("cluster.added")}, ui.Column{Key: "by", Label: i18n.M("cluster.added_by")})
	t.Empty = ui.Empty{Title: i18n.M("cluster.no_cases")}
	var counted []situation.Case
	for _, id := range ids {
		c, ok := found[id]
		if !ok || !q.Sees(auth.CaseRead, c.Area) {
			v.Beyond++
			continue
		}
		if cluster.Counts(c.Class) {
			counted = append(counted, situation.Case{Onset: c.Onset})
		}
		m := by[id]
		href := q.Path("cases", c.Code)
		t.Rows = append(t.Rows, ui.Row{ID: c.Code, Href: href, Label: c.Code, Cells: []ui.Cell{ui.Link(c.Code, href), ui.Enum("class", string(c.Class)), ui.Day(c.Onset.String()), ui.Text(q.AreaName(c.Area)), ui.At(m.AddedAt), ui.Text(happened.Who(q, m.AddedBy))}})
	}
	v.Cases, v.Curve = t, curve(counted)
	return nil
}

// curve draws the members by day of onset; nil where none has one, or where they lie too far apart for no typing error to be among them.
func curve(list []situation.Case) *ui.StackCurve {
	drawn, err := situation.Curve(list, situation.Onset, situation.SplitNone, situation.CurveOptions{})
	if err != nil || drawn.Total == 0 {
		return nil
	}
	c := ui.StackCurve{ID: "curve", Label: i18n.M("cluster.curve"), ByWhat: "onset", Stacks: []ui.Stack{{Name: i18n.M("col.cases")}}}
	for _, b := range drawn.Bins {
		c.Days = append(c.Days, b.Start.String())
		c.Stacks[0].N = append(c.Stacks[0].N, b.Total)
	}
	return &c
}

// shownFacts is how many facts of a cluster its page tells.
const shownFacts = 100

func history(q *site.Request, r *store.Reader, id cluster.ID) (ui.Timeline, error) {
	out := ui.Timeline{ID: "cluster-history", Label: i18n.M("case.tab.history")}
	list, err := r.EntriesOf(task.Subject{Kind: task.OnCluster, ID: int64(id)}, shownFacts)
	for _, e := range list {
		var said struct {
			Cases   []string `json:"cases"`
			Case    string   `json:"case"`
			Reason  string   `json:"reason"`
			Changed map[string]command.Change
		}
		if err := json.Unmarshal(e.Payload, &said); err != nil {
			return out, fmt.Errorf("journal entry %d: %w", e.Seq, err)
		}
		text := i18n.M("cluster.event."+strings.TrimPrefix(string(e.Kind), "cluster."), "reason", said.Reason)
		switch e.Kind {
		case journal.ClusterJoined:
			text = i18n.M("cluster.event.joined", "n", len(said.Cases))
		case journal.ClusterLeft:
			// A cluster reaches over districts; a code is told to those who read the case.
			code := "–"
			if c, err := r.CaseByCode(q.Outbreak.ID, said.Case); err == nil && q.Sees(auth.CaseRead, c.Area) {
				code = c.Code
			}
			text = i18n.M("cluster.event.left", "case", code, "reason", said.Reason)
		default:
		}
		out.Events = append(out.Events, ui.Event{At: e.RecordedAt, Kind: string(e.Kind), Text: text, Who: happened.Who(q, e.Actor)})
	}
	return out, err
}

// forms adds what the reader may do.
func (h *Handler) forms(q *site.Request, k store.ClusterCount, v *View) {
	href := q.Path("clusters", k.Code)
	texts := command.ClusterFields(k.Cluster, q.Zone, q.Tree)
	was := map[string]string{}
	for name, text := range texts {
		was["was_"+name] = text
	}
	v.Edit = &ui.Form{ID: "edit", Action: href, Submit: i18n.M("form.save"), Version: strconv.FormatInt(k.Version, 10), Hidden: was, Fields: append(fields(q, func(name string) string { return texts[name] }),
		ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText})}
	v.State = &ui.Form{ID: "state", Action: href + "/state", Submit: i18n.M("cluster.close"), Version: strconv.FormatInt(k.Version, 10), Hidden: map[string]string{"state": string(cluster.Closed)},
		Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true}}}
	if k.State == cluster.Closed {
		v.State.Submit, v.State.Hidden["state"] = i18n.M("cluster.reopen"), string(cluster.Open)
	} else {
		v.Join = &ui.Form{ID: "join", Action: href + "/cases", Submit: i18n.M("cluster.join"), Fields: []ui.Field{
			{Name: "cases", Label: i18n.M("col.cases"), Kind: ui.FieldText, Required: true, Hint: i18n.M("cluster.cases_hint"), Autocomplete: "off"}}}
	}
	if len(v.Cases.Rows) > 0 {
		out := ui.Field{Name: "case", Label: i18n.M("col.case"), Kind: ui.FieldSelect, Required: true}
		for _, each := range v.Cases.Rows {
			out.Options = append(out.Options, ui.Option{Value: each.ID, Text: each.Label})
		}
		out.Value = out.Options[0].Value
		v.Leave = &ui.Form{ID: "leave", Action: href + "/leave", Submit: i18n.M("cluster.leave"), Danger: true, Fields: []ui.Field{out, {Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true}}}
	}
}

// change reads the form and the cluster, gives the order, and shows the page again: as it is then, or with what is wrong.
func (h *Handler) change(q *site.Request, which func(*View) *ui.Form, order func(form url.Values, version int64, k store.ClusterCount) error) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	var k store.ClusterCount
	if err := q.View(func(r *store.Reader) (err error) { k, err = h.read(q, r); return err }); err != nil {
		return err
	}
	var version int64
	if text := form.Get("version"); text != "" {
		if version, err = strconv.ParseInt(text, 10, 64); err != nil {
			return &command.Invalid{Field: "version", Value: text, Reason: "is not a version"}
		}
	}
	err = order(form, version, k)
	var conflict *store.Conflict
	var wrong *command.Invalid
	if err == nil {
		return q.Done(q.Path("clusters", k.Code), "saved", 1)
	}
	if !errors.As(err, &conflict) && !errors.As(err, &wrong) {
		return err
	}
	v, k, viewed := h.view(q)
	if viewed != nil {
		return viewed
	}
	f := which(&v)
	if f == nil { // somebody closed it in between
		return err
	}
	status := http.StatusUnprocessableEntity
	if conflict != nil {
		status = http.StatusConflict
		v.Conflict = h.conflict(q, form, k, &v)
	}
	for i := range f.Fields {
		if form.Has(f.Fields[i].Name) {
			f.Fields[i].Value = form.Get(f.Fields[i].Name)
		}
	}
	mark(f, wrong)
	return q.ShowStatus(status, h.one, "clusters", v)
}

// conflict tells what somebody else changed since the person opened the form; what they typed is kept.
func (h *Handler) conflict(q *site.Request, form url.Values, k store.ClusterCount, v *View) *ui.Conflict {
	now := command.ClusterFields(k.Cluster, q.Zone, q.Tree)
	c := &ui.Conflict{Reload: q.Path("clusters", k.Code)}
	for _, e := range v.Timeline.Events[:min(1, len(v.Timeline.Events))] {
		c.Who, c.At = e.Who, e.At
	}
	for _, f := range fields(q, form.Get) {
		if !form.Has("was_" + f.Name) {
			continue
		}
		if was := form.Get("was_" + f.Name); was != now[f.Name] || was != f.Value {
			c.Changes = append(c.Changes, ui.Change{Label: f.Label, Was: was, Theirs: now[f.Name], Yours: f.Value})
		}
	}
	return c
}

// Correct is POST /o/{outbreak}/clusters/{cluster}.
func (h *Handler) Correct(q *site.Request) error {
	return h.change(q, func(v *View) *ui.Form { return v.Edit }, func(form url.Values, version int64, k store.ClusterCount) error {
		in := command.CorrectCluster{Cluster: k.ID, Version: version, Fields: map[string]string{}, Reason: form.Get("reason")}
		for _, name := range command.ClusterFieldNames() {
			if form.Has(name) {
				in.Fields[name] = form.Get(name)
			}
		}
		_, err := h.s.Commands.CorrectCluster(q.Context(), q.By(), in)
		return err
	})
}

// Join is POST /o/{outbreak}/clusters/{cluster}/cases.
func (h *Handler) Join(q *site.Request) error {
	return h.change(q, func(v *View) *ui.Form { return v.Join }, func(form url.Values, _ int64, k store.ClusterCount) error {
		list := codes(form.Get("cases"))
		if len(list) == 0 {
			return &command.Invalid{Field: "cases", Reason: "name one case at least"}
		}
		_, err := h.s.Commands.JoinCluster(q.Context(), q.By(), command.JoinCluster{Cluster: k.ID, Cases: list})
		return err
	})
}

// Leave is POST /o/{outbreak}/clusters/{cluster}/leave.
func (h *Handler) Leave(q *site.Request) error {
	return h.change(q, func(v *View) *ui.Form { return v.Leave }, func(form url.Values, _ int64, k store.ClusterCount) error {
		return h.s.Commands.LeaveCluster(q.Context(), q.By(), command.LeaveCluster{Cluster: k.ID, Case: form.Get("case"), Reason: form.Get("reason")})
	})
}

// SetState is POST /o/{outbreak}/clusters/{cluster}/state.
func (h *Handler) SetState(q *site.Request) error {
	return h.change(q, func(v *View) *ui.Form { return v.State }, func(form url.Values, version int64, k store.ClusterCount) error {
		_, err := h.s.Commands.SetClusterState(q.Context(), q.By(), command.SetClusterState{Cluster: k.ID, Version: version, State: cluster.State(form.Get("state")), Reason: form.Get("reason")})
		return err
	})
}
