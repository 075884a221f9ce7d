package laboratories

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the laboratories.
type Handler struct {
	s                                                    *site.Site
	list, form, overview, boxes, box, reception, results *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [7]error
	h.list, errs[0] = New(s.Kit)
	h.form, errs[1] = NewForm(s.Kit)
	h.overview, errs[2] = NewOverview(s.Kit)
	h.boxes, errs[3] = NewBoxes(s.Kit)
	h.box, errs[4] = NewBox(s.Kit)
	h.reception, errs[5] = NewReception(s.Kit)
	h.results, errs[6] = NewResults(s.Kit)
	return h, errors.Join(errs[:]...)
}

func hrefOf(q *site.Request, id lab.LaboratoryID, parts ...string) string {
	return q.Path(append([]string{"laboratories", strconv.FormatInt(int64(id), 10)}, parts...)...)
}

// lateBefore is when tubes were closed that should have a result by now; zero where the pack has no clock.
func lateBefore(q *site.Request) time.Time {
	if span := q.Pack.Clocks.TubeResult.Duration(); span > 0 {
		return q.Now.Add(-span)
	}
	return time.Time{}
}

// Rows are the laboratories that the reader sees, those that will be done last first; those not used any more at the end.
func Rows(q *site.Request, rd *store.Reader) ([]State, error) {
	list, err := rd.LabLoads(q.Outbreak.ID, q.WithinFor(auth.SampleRead), q.Now, lateBefore(q))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	unknown, err := rd.UnknownCounts(q.Outbreak.ID)
	if err != nil {
		return nil, err
	}
	out := make([]State, len(list))
	for i, l := range list {
		out[i] = state(q, l, unknown[l.ID])
	}
	never := q.Now.AddDate(1, 0, 0)
	rank := func(s State) (closed int, at time.Time) {
		if s.Closed {
			closed = 1
		}
		if at = s.Clears.At; at.IsZero() && s.InHand > 0 {
			at = never
		}
		return closed, at
	}
	slices.SortStableFunc(out, func(a, b State) int {
		aClosed, aAt := rank(a)
		bClosed, bAt := rank(b)
		return cmp.Or(cmp.Compare(aClosed, bClosed), bAt.Compare(aAt), cmp.Compare(a.Code, b.Code))
	})
	return out, nil
}

func state(q *site.Request, l store.LabLoad, unknown store.UnknownCount) State {
	out := State{LabLoad: l, Href: hrefOf(q, l.ID), Area: q.AreaName(l.Area), Clears: l.Forecast(l.Load, q.Now, q.Zone), Unknown: unknown}
	out.Received, _ = l.Load.PerHour()
	return out
}

// List is GET /o/{outbreak}/laboratories.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	v := ListView{Listing: ui.Listing{Path: q.Path("laboratories"), Values: values}}
	v.Filters = []ui.Field{{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: values.Get("state"), Options: ui.Choices("lab.filter", "late", "unknown", "closed")},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, record.AreaOptions(q)...)}}
	err := q.View(func(rd *store.Reader) (err error) {
		if v.Labs, err = Rows(q, rd); err != nil {
			return err
		}
		if late := lateBefore(q); !late.IsZero() {
			v.Clock = q.Pack.Clocks.TubeResult.String()
			v.Nowhere, err = rd.CountLate(q.Outbreak.ID, q.WithinFor(auth.SampleRead), late)
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Labs = slices.DeleteFunc(v.Labs, func(s State) bool {
		switch values.Get("state") {
		case "late":
			return s.Late == 0
		case "unknown":
			return s.Unknown.Tubes == 0
		case "closed":
			return !s.Closed
		}
		return s.Closed && s.InHand <= 0
	})
	if auth.MayAnywhere(q.Actor, auth.ScreeningWrite, "", q.Now) {
		v.NewHref = q.Path("laboratories", "new")
	}
	return q.Show(h.list, "laboratories", v)
}

func fields(q *site.Request, v url.Values, change bool) []ui.Field {
	list := []ui.Field{
		{Name: "code", Label: i18n.M("lab.code"), Kind: ui.FieldText, Value: v.Get("code"), Required: !change, Disabled: change, Hint: i18n.M("lab.code_hint"), Autocomplete: "off"},
		{Name: "name", Label: i18n.M("lab.name"), Kind: ui.FieldText, Value: v.Get("name"), Autocomplete: "off"},
		record.AreaField(q, "area", v.Get("area")),
		{Name: "per_hour", Label: i18n.M("lab.said"), Kind: ui.FieldNumber, Value: v.Get("per_hour"), Min: "0", Max: "100000", Hint: i18n.M("lab.said_hint")},
		{Name: "rates", Label: i18n.M("lab.rates"), Kind: ui.FieldText, Value: v.Get("rates"), Hint: i18n.M("lab.rates_hint"), Autocomplete: "off"},
		{Name: "turnaround", Label: i18n.M("lab.turnaround"), Kind: ui.FieldNumber, Value: v.Get("turnaround"), Min: "0", Max: "10080", Hint: i18n.M("lab.turnaround_hint")},
		{Name: "opens", Label: i18n.M("lab.opens"), Kind: ui.FieldText, Value: v.Get("opens"), Hint: i18n.M("lab.opens_hint"), Autocomplete: "off"},
		{Name: "closes", Label: i18n.M("lab.closes"), Kind: ui.FieldText, Value: v.Get("closes"), Hint: i18n.M("lab.closes_hint"), Autocomplete: "off"},
		{Name: "mobile", Label: i18n.M("lab.mobile"), Kind: ui.FieldCheck, Checked: v.Get("mobile") != ""},
	}
	list[2].Required = true
	if change {
		list = append(list, ui.Field{Name: "closed", Label: i18n.M("lab.closed"), Kind: ui.FieldCheck, Checked: v.Get("closed") != ""})
	}
	return list
}

// typed reads the fields of a laboratory.
func typed(v url.Values) (f command.LaboratoryFields, err error) {
	f = command.LaboratoryFields{Code: v.Get("code"), Name: v.Get("name"), Area: v.Get("area"), Mobile: v.Get("mobile") != ""}
	whole := func(name string) int64 {
		text := strings.TrimSpace(v.Get(name))
		if text == "" || err != nil {
			return 0
		}
		n, bad := strconv.ParseInt(text, 10, 64)
		if bad != nil {
			err = &command.Invalid{Field: name, Value: text, Reason: "is no whole number"}
		}
		return n
	}
	f.PerHour, f.Turnaround = whole("per_hour"), time.Duration(whole("turnaround"))*time.Minute
	if err != nil {
		return f, err
	}
	if f.Rates, err = lab.ParseRates(v.Get("rates")); err != nil {
		return f, &command.Invalid{Field: "rates", Reason: err.Error()}
	}
	f.Opens, f.Closes, err = record.Hours(v)
	return f, err
}

func newForm(q *site.Request, v url.Values, wrong *command.Invalid) FormView {
	f := ui.Form{ID: "laboratory", Action: q.Path("laboratories"), Submit: i18n.M("lab.add"), Cancel: q.Path("laboratories"), Fields: fields(q, v, false)}
	if wrong != nil {
		_, field, _ := strings.Cut(wrong.Field, "].")
		wrong = &command.Invalid{Field: cmp.Or(field, wrong.Field), Value: wrong.Value, Reason: wrong.Reason}
	}
	record.Mark(&f, wrong)
	return FormView{Title: i18n.M("lab.add"), Form: f}
}

// New is GET /o/{outbreak}/laboratories/new.
func (h *Handler) New(q *site.Request) error {
	v := url.Values{"area": {q.Area.Code}}
	for _, name := range []string{"per_hour", "turnaround", "mobile"} { // a plan proposes them
		v.Set(name, q.URL.Query().Get(name))
	}
	return q.Show(h.form, "laboratories", newForm(q, v, nil))
}

// Add is POST /o/{outbreak}/laboratories.
func (h *Handler) Add(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	f, err := typed(form)
	var list []lab.Laboratory
	if err == nil {
		list, err = h.s.Commands.AddLaboratories(q.Context(), q.By(), command.AddLaboratories{Outbreak: q.Outbreak.Name, Laboratories: []command.LaboratoryFields{f}})
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "laboratories", newForm(q, form, wrong))
	}
	if err != nil {
		return err
	}
	return q.Done(hrefOf(q, list[0].ID), "laboratories", 1)
}

// read reads the laboratory of the address, if the reader sees it under the action.
func (h *Handler) read(q *site.Request, rd *store.Reader) (lab.Laboratory, error) {
	id, err := q.Number("laboratory")
	if err != nil {
		return lab.Laboratory{}, err
	}
	l, err := rd.Laboratory(lab.LaboratoryID(id))
	if err == nil && (l.Outbreak != q.Outbreak.ID || !q.Sees(auth.SampleRead, l.Area)) {
		err = fmt.Errorf("laboratory %d: %w", id, store.ErrNotFound)
	}
	return l, err
}

func (h *Handler) find(q *site.Request) (l lab.Laboratory, err error) {
	err = q.View(func(rd *store.Reader) (err error) { l, err = h.read(q, rd); return err })
	return l, err
}

// head reads what stands over every page of the laboratory of the address.
func (h *Handler) head(q *site.Request, rd *store.Reader, current string) (out Head, err error) {
	l, err := h.read(q, rd)
	if err != nil {
		return out, err
	}
	load, err := rd.LabLoad(l.ID, q.Now, lateBefore(q))
	if err != nil {
		return out, err
	}
	unknown, err := rd.UnknownCounts(q.Outbreak.ID)
	if err != nil {
		return out, err
	}
	out.State = state(q, store.LabLoad{Laboratory: l, Load: load}, unknown[l.ID])
	if q.Sees(auth.ScreeningWrite, l.Area) {
		out.Edit = hrefOf(q, l.ID, "edit")
	}
	tabs := []string{"", "boxes", "results"}
	if writes(q, l) {
		tabs = []string{"", "reception", "boxes", "results"}
	}
	for _, t := range tabs {
		tab := ui.Tab{Label: i18n.M("lab.tab." + cmp.Or(t, "overview")), Href: hrefOf(q, l.ID), Current: t == current}
		if t != "" {
			tab.Href = hrefOf(q, l.ID, t)
		}
		out.Tabs = append(out.Tabs, tab)
	}
	return out, nil
}

// writes says whether the reader works at the laboratory.
func writes(q *site.Request, l lab.Laboratory) bool { return q.Sees(auth.ResultWrite, l.Area) }

// Edit is GET /o/{outbreak}/laboratories/{laboratory}/edit.
func (h *Handler) Edit(q *site.Request) error {
	l, err := h.find(q)
	if err != nil {
		return err
	}
	if !q.Sees(auth.ScreeningWrite, l.Area) {
		return fmt.Errorf("change laboratory %d: %w", l.ID, store.ErrNotFound)
	}
	j, _ := q.Tree.Get(l.Area)
	v := url.Values{"name": {l.Name}, "area": {j.Code}, "rates": {lab.WriteRates(l.Rates)}}
	for name, n := range map[string]int64{"per_hour": l.PerHour, "turnaround": int64(l.Turnaround / time.Minute)} {
		if n != 0 {
			v.Set(name, strconv.FormatInt(n, 10))
		}
	}
	if l.Shuts() {
		v.Set("opens", lab.TimeOfDay(l.Opens))
		v.Set("closes", lab.TimeOfDay(l.Closes))
	}
	for name, on := range map[string]bool{"mobile": l.Mobile, "closed": l.Closed} {
		if on {
			v.Set(name, "1")
		}
	}
	return q.Show(h.form, "laboratories", editForm(q, l, v, nil))
}

func editForm(q *site.Request, l lab.Laboratory, v url.Values, wrong *command.Invalid) FormView {
	v.Set("code", l.Code)
	f := ui.Form{ID: "laboratory", Action: hrefOf(q, l.ID), Submit: i18n.M("form.save"), Cancel: hrefOf(q, l.ID), Version: cmp.Or(v.Get("version"), strconv.FormatInt(l.Version, 10)), Fields: fields(q, v, true)}
	record.Mark(&f, wrong)
	return FormView{Title: i18n.M("lab.change", "lab", l.Code), Form: f}
}

// Save is POST /o/{outbreak}/laboratories/{laboratory}.
func (h *Handler) Save(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	l, err := h.find(q)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a version"}
	}
	f, err := typed(form)
	if err == nil {
		_, err = h.s.Commands.ChangeLaboratory(q.Context(), q.By(), command.ChangeLaboratory{Laboratory: l.ID, Version: version, Closed: form.Get("closed") != "", LaboratoryFields: f})
	}
	var wrong *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &wrong):
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "laboratories", editForm(q, l, form, wrong))
	case errors.As(err, &conflict):
		v := editForm(q, l, form, nil)
		v.Form.Error = i18n.M("round.conflict")
		return q.ShowStatus(http.StatusConflict, h.form, "laboratories", v)
	case err != nil:
		return err
	}
	return q.Done(hrefOf(q, l.ID), "saved", 1)
}

// hoursShown is how many hours the page of a laboratory shows.
const hoursShown = 24

// shownLate is how many late or unknown tubes it lists.
const shownLate = 200

// Show is GET /o/{outbreak}/laboratories/{laboratory}.
func (h *Handler) Show(q *site.Request) error {
	var v OverviewView
	err := q.View(func(rd *store.Reader) (err error) {
		if v.Head, err = h.head(q, rd, ""); err != nil {
			return err
		}
		id := v.Laboratory.ID
		from := q.Now.Truncate(time.Hour).Add((1 - hoursShown) * time.Hour)
		done, err := rd.LabHours(id, from)
		if err != nil {
			return err
		}
		v.hours(from, done)
		if err := h.late(q, rd, &v); err != nil {
			return err
		}
		return h.unknown(q, rd, &v)
	})
	if err != nil {
		return err
	}
	return q.Show(h.overview, "laboratories", v)
}

// hours fills in the hours from the first in which something happened on.
func (v *OverviewView) hours(from time.Time, done []store.HourDone) {
	at := map[int64]store.HourDone{}
	for _, d := range done {
		at[d.From.Unix()] = d
		v.Most = max(v.Most, d.Received, d.Resulted)
	}
	for i := range hoursShown {
		t := from.Add(time.Duration(i) * time.Hour)
		d, ok := at[t.Unix()]
		if v.Most == 0 || !ok && len(v.ByHour) == 0 {
			continue // nothing has happened yet
		}
		in, out := max(0, d.Received), max(0, d.Resulted)
		v.ByHour = append(v.ByHour, Hour{From: t, Received: d.Received, Resulted: d.Resulted, In: float64(in) / float64(v.Most), Out: float64(out) / float64(v.Most)})
	}
}

// late fills in the tubes that should have a result by now.
func (h *Handler) late(q *site.Request, rd *store.Reader, v *OverviewView) error {
	t := ui.Listing{Path: v.Href}.Table("late", i18n.M("lab.late_tubes"), ui.Column{Key: "tube", Label: i18n.M("tube.code")}, ui.Column{Key: "people", Label: i18n.M("tube.people"), Numeric: true},
		ui.Column{Key: "late", Label: i18n.M("lab.how_late")}, ui.Column{Key: "closed", Label: i18n.M("tube.closed")}, ui.Column{Key: "came", Label: i18n.M("lab.came")})
	t.Live = "screening"
	before := lateBefore(q)
	if before.IsZero() {
		t.Empty = ui.Empty{Title: i18n.M("lab.no_clock")}
		v.Late = t
		return nil
	}
	v.Clock = q.Pack.Clocks.TubeResult.String()
	t.Empty = ui.Empty{Title: i18n.M("lab.none_late"), Hint: i18n.M("lab.clock", "clock", v.Clock)}
	list, err := rd.LateTubes(q.Outbreak.ID, store.Everywhere(), v.Laboratory.ID, before, shownLate)
	if err != nil {
		return err
	}
	span := q.Pack.Clocks.TubeResult.Duration()
	for _, x := range list {
		t.Rows = append(t.Rows, ui.Row{ID: x.Code, Label: x.Code, Status: ui.Late, Cells: []ui.Cell{ui.Code(x.Code, tubeHref(q, v.Laboratory.ID, x.Code)), ui.Number(int64(x.People)), ui.Due(x.ClosedAt.Add(span), ui.Late), ui.At(x.ClosedAt), ui.At(x.AtLab)}})
	}
	t.Total = &v.LabLoad.Late
	v.Late = t
	return nil
}

func tubeHref(q *site.Request, id lab.LaboratoryID, code string) string {
	return hrefOf(q, id, "results") + "?" + url.Values{"tube": {code}}.Encode()
}

// unknown fills in the tubes that no desk has registered.
func (h *Handler) unknown(q *site.Request, rd *store.Reader, v *OverviewView) error {
	list, err := rd.UnknownTubes(v.Laboratory.ID)
	if err != nil {
		return err
	}
	t := ui.Listing{Path: v.Href}.Table("unknown", i18n.M("lab.unknown_tubes"), ui.Column{Key: "tube", Label: i18n.M("tube.code")}, ui.Column{Key: "result", Label: i18n.M("lab.result")},
		ui.Column{Key: "since", Label: i18n.M("lab.unknown_since")}, ui.Column{Key: "came", Label: i18n.M("lab.came")}, ui.Column{Key: "why", Label: i18n.M("lab.unknown_why")})
	t.Live = "screening"
	t.Empty = ui.Empty{Title: i18n.M("lab.none_unknown"), Hint: i18n.M("lab.unknown_hint")}
	n := int64(len(list))
	t.Total = &n
	for _, x := range list[:min(len(list), shownLate)] {
		// As long as a desk may be without network it is no wonder; a positive one is looked for at once, and so is one that came and does not fit.
		due := x.Since.Add(unknownLate)
		if x.Result == lab.TubePositive || x.Problem != "" {
			due = x.Since
		}
		status := ui.OnTime
		switch {
		case !q.Now.Before(due):
			status = ui.Late
		case q.Now.After(x.Since.Add(screening.DarkAfter)):
			status = ui.DueSoon
		}
		why := ui.Words(i18n.M("lab.unknown_waits"))
		if x.Problem != "" {
			why = ui.Words(rejectText(x.Problem))
		}
		t.Rows = append(t.Rows, ui.Row{ID: x.Code, Label: x.Code, Status: status, Cells: []ui.Cell{ui.Code(x.Code, tubeHref(q, v.Laboratory.ID, x.Code)), ui.Enum("tube.result", cmp.Or(string(x.Result), "awaited")),
			ui.Due(due, status), ui.At(x.AtLab), why}})
	}
	v.Lost = t
	if len(list) > 0 && writes(q, v.Laboratory) {
		f := ui.Field{Name: "tube", Label: i18n.M("tube.code"), Kind: ui.FieldSelect, Required: true}
		for _, x := range list[:min(len(list), shownLate)] {
			f.Options = append(f.Options, ui.Option{Value: x.Code, Text: x.Code})
		}
		v.Settle = &ui.Form{ID: "settle-unknown", Action: hrefOf(q, v.Laboratory.ID, "unknown"), Submit: i18n.M("lab.settle_unknown"), Fields: []ui.Field{f,
			{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("lab.settle_hint"), Autocomplete: "off"}}}
	}
	return nil
}

// unknownLate is how long a desk may be without network in a shift: what is not registered by then is looked for by hand.
const unknownLate = 8 * time.Hour

// Settle is POST /o/{outbreak}/laboratories/{laboratory}/unknown.
func (h *Handler) Settle(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	l, err := h.find(q)
	if err != nil {
		return err
	}
	if err := h.s.Commands.SettleUnknown(q.Context(), q.By(), command.SettleUnknown{Outbreak: q.Outbreak.Name, Laboratory: l.Code, Tube: form.Get("tube"), Reason: form.Get("reason")}); err != nil {
		return err
	}
	return q.Done(hrefOf(q, l.ID), "settled", 1)
}
