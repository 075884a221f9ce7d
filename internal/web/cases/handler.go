package cases

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"firebreak/internal/auth"
	noun "firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/linelist"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the list of cases and the page of one.
type Handler struct {
	s                    *site.Site
	list, one, form, all *ui.Page
	decide               *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [5]error
	h.list, errs[0] = New(s.Kit)
	h.one, errs[1] = NewCase(s.Kit)
	h.form, errs[2] = NewForm(s.Kit)
	h.all, errs[3] = NewBulk(s.Kit)
	h.decide, errs[4] = NewDecide(s.Kit)
	return h, errors.Join(errs[:]...)
}

// pageRows is how many cases a page of the list has.
const pageRows = 50

// orders are the columns that the list sorts by, and the order of the store behind each.
var orders = map[string]store.CaseOrder{"case": store.CasesByCode, "onset": store.CasesByOnset, "reported": store.CasesByReported, "entered": store.CasesByID}

// List is GET /o/{outbreak}/cases.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	f, err := filter(q, values)
	if err != nil {
		return err
	}
	v := ListView{Listing: ui.Listing{Path: q.Path("cases"), Values: values, Filters: Filters(record.AreaOptions(q), values)}, ImportHref: q.Path("imports")}
	if auth.MayAnywhere(q.Actor, auth.CaseWrite, "", q.Now) {
		v.NewHref = q.Path("cases", "new")
		v.Write = true
	}
	v.Export = auth.MayAnywhere(q.Actor, auth.Export, "", q.Now)
	order, page, err := asked(values, &v.Listing)
	if err != nil {
		return err
	}
	err = q.View(func(r *store.Reader) error {
		got, err := r.Cases(f, order, page)
		if err != nil {
			return err
		}
		v.Next, v.Prev = got.Next, got.Prev
		total, err := r.CountCases(f)
		if err != nil {
			return err
		}
		v.Total, v.More = &total.N, total.More
		v.Cases, err = rows(q, r, got.Cases)
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.list, "cases", v)
}

// asked reads the order and the place in the list. Without a choice the newest cases come first.
func asked(values url.Values, l *ui.Listing) (store.CaseOrder, store.Page, error) {
	page := store.Page{Limit: pageRows, Cursor: values.Get("after")}
	if before := values.Get("before"); before != "" {
		page.Cursor = before
	}
	sort := values.Get("sort")
	if sort == "" {
		sort = "-reported"
	}
	key, desc := strings.CutPrefix(sort, "-")
	order, ok := orders[key]
	if !ok {
		return "", page, &command.Invalid{Field: "sort", Value: sort, Reason: "is no order of this list"}
	}
	l.Sort, l.Desc, page.Desc = key, desc, desc
	return order, page, nil
}

// filter reads the list's filters.
func filter(q *site.Request, v url.Values) (store.CaseFilter, error) {
	f := store.CaseFilter{Outbreak: q.Outbreak.ID, Within: q.Within(), Code: strings.TrimSpace(v.Get("q"))}
	for _, s := range v["class"] {
		if s == "" {
			continue
		}
		c, err := noun.ParseClass(s)
		if err != nil {
			return f, &command.Invalid{Field: "class", Value: s, Reason: noun.ErrClass.Error()}
		}
		f.Classes = append(f.Classes, c)
	}
	switch s := v.Get("outcome"); s {
	case "":
	case "open":
		f.Outcomes = []noun.Outcome{noun.Open}
	default:
		o, err := noun.ParseOutcome(s)
		if err != nil {
			return f, &command.Invalid{Field: "outcome", Value: s, Reason: noun.ErrOutcome.Error()}
		}
		f.Outcomes = []noun.Outcome{o}
	}
	switch s := v.Get("found"); s {
	case "":
	case "inside":
		f.Found = []noun.Found{noun.FoundInIsolation}
	case "outside":
		f.Found = []noun.Found{noun.FoundCommunity}
	default:
		return f, &command.Invalid{Field: "found", Value: s, Reason: "is inside or outside"}
	}
	var err error
	days := func(name string, into *day.Day) {
		if s := v.Get(name); s != "" && err == nil {
			if *into, err = day.Parse(s); err != nil {
				err = &command.Invalid{Field: name, Value: s, Reason: "is not a day (YYYY-MM-DD)"}
			}
		}
	}
	var since, until day.Day
	days("since", &since)
	days("until", &until)
	days("onset_from", &f.OnsetOn.From)
	days("onset_to", &f.OnsetOn.To)
	if err != nil {
		return f, err
	}
	if !since.IsZero() {
		f.Reported.From = since.Start(q.Zone)
	}
	if !until.IsZero() {
		f.Reported.Before = until.Add(1).Start(q.Zone)
	}
	if field := strings.TrimSpace(v.Get("field")); field != "" {
		f.Attribute, f.Value = strings.TrimPrefix(field, "x."), v.Get("value")
	}
	if v.Get("late") != "" {
		f.LateAt = q.Now
	}
	return f, nil
}

// rows are the lines of the list, with what each shows beside the case.
func rows(q *site.Request, r *store.Reader, list []noun.Case) ([]Row, error) {
	var people []person.ID
	var ids []noun.ID
	var plain []int64
	for _, c := range list {
		people, ids, plain = append(people, c.Person), append(ids, c.ID), append(plain, int64(c.ID))
	}
	who, err := r.PeopleByID(people)
	if err != nil {
		return nil, err
	}
	contacts, err := r.ContactCounts(ids)
	if err != nil {
		return nil, err
	}
	next, err := r.NextTasks(task.OnCase, plain)
	if err != nil {
		return nil, err
	}
	out := make([]Row, 0, len(list))
	for _, c := range list {
		row := Row{ID: ref(c), Person: record.Person(q, who[c.Person], c.Code, q.Path("cases", c.Code)), Class: string(c.Class), Onset: c.Onset.String(), Reported: day.In(c.ReportedAt, q.Zone).String(),
			Found: found(c.Found), Outcome: string(c.Outcome), Area: q.AreaName(c.Area), Contacts: contacts[c.ID]}
		if t, ok := next[int64(c.ID)]; ok {
			row.NextTask, row.Due, row.Status = string(t.Kind), t.Due, record.Status(q, t)
		}
		out = append(out, row)
	}
	return out, nil
}

// found is where a case was found, in the words of the screens.
func found(f noun.Found) string {
	switch f {
	case noun.FoundInIsolation:
		return "inside"
	case noun.FoundCommunity:
		return "outside"
	case noun.FoundUnknown: // left empty
	}
	return ""
}

// ExportFile is GET /o/{outbreak}/cases/export?format=: the list, as filtered, as a file, written as it is read.
func (h *Handler) ExportFile(q *site.Request) error {
	values := q.URL.Query()
	f, err := filter(q, values)
	if err != nil {
		return err
	}
	format := linelist.Format(values.Get("format"))
	if format == "" {
		format = linelist.CSV
	}
	if !slices.Contains(linelist.CaseFormats(), format) {
		return &command.Invalid{Field: "format", Value: string(format), Reason: linelist.ErrFormat.Error()}
	}
	f.Within = record.Both(q, auth.Export, auth.CaseRead)
	record.SendFile(q, "cases", format)
	n, err := linelist.Cases(q.Context(), h.s.DB, f, q.W, linelist.Options{Format: format, Zone: q.Zone, BOM: q.Lang() == "zh"})
	return record.Sent(q, "cases", format, n, values, err)
}
