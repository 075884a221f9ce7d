package contacts

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/linelist"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the list of contacts and the page of one.
type Handler struct {
	s         *site.Site
	list, one *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [2]error
	h.list, errs[0] = New(s.Kit)
	h.one, errs[1] = NewContact(s.Kit)
	return h, errors.Join(errs[:]...)
}

const pageRows = 50

var orders = map[string]store.ContactOrder{"contact": store.ContactsByCode, "listed": store.ContactsByListed, "ends": store.ContactsByEnd}

// List is GET /o/{outbreak}/contacts.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	v := View{Listing: ui.Listing{Path: q.Path("contacts"), Values: values, Filters: Filters(record.AreaOptions(q), values)}, CasesHref: q.Path("cases"), Export: auth.MayAnywhere(q.Actor, auth.Export, "", q.Now)}
	page := store.Page{Limit: pageRows, Cursor: values.Get("after")}
	if before := values.Get("before"); before != "" {
		page.Cursor = before
	}
	sort := values.Get("sort")
	if sort == "" {
		sort = "-listed"
	}
	key, desc := strings.CutPrefix(sort, "-")
	order, ok := orders[key]
	if !ok {
		return &command.Invalid{Field: "sort", Value: sort, Reason: "is no order of this list"}
	}
	v.Sort, v.Desc, page.Desc = key, desc, desc
	err := q.View(func(r *store.Reader) error {
		f, none, err := filter(q, r, values)
		if err != nil || none {
			return err
		}
		got, err := r.Contacts(f, order, page)
		if err != nil {
			return err
		}
		v.Next, v.Prev = got.Next, got.Prev
		total, err := r.CountContacts(f)
		if err != nil {
			return err
		}
		v.Total, v.More = &total.N, total.More
		v.Contacts, err = rows(q, r, got.Contacts)
		return err
	})
	if err != nil {
		return err
	}
	return q.Show(h.list, "contacts", v)
}

// filter reads the list's filters; none says that nothing can match.
func filter(q *site.Request, r *store.Reader, v url.Values) (f store.ContactFilter, none bool, err error) {
	f = store.ContactFilter{Outbreak: q.Outbreak.ID, Within: q.Within(), Code: strings.TrimSpace(v.Get("q"))}
	if s := v.Get("tier"); s != "" {
		t, err := contact.ParseTier(s)
		if err != nil {
			return f, false, &command.Invalid{Field: "tier", Value: s, Reason: contact.ErrTier.Error()}
		}
		f.Tiers = []contact.Tier{t}
	}
	if s := v.Get("state"); s != "" {
		st, err := contact.ParseState(s)
		if err != nil {
			return f, false, &command.Invalid{Field: "state", Value: s, Reason: "is no state of a contact"}
		}
		f.States = []contact.State{st}
	}
	if code := strings.TrimSpace(v.Get("case")); code != "" {
		c, err := r.CaseByCode(q.Outbreak.ID, code)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && !q.Sees(auth.CaseRead, c.Area):
			return f, true, nil
		case err != nil:
			return f, false, err
		}
		f.Case = c.ID
	}
	for name, into := range map[string]*day.Day{"ends_from": &f.EndsOn.From, "ends_to": &f.EndsOn.To} {
		if s := v.Get(name); s != "" {
			if *into, err = day.Parse(s); err != nil {
				return f, false, &command.Invalid{Field: name, Value: s, Reason: "is not a day (YYYY-MM-DD)"}
			}
		}
	}
	if v.Get("late") != "" {
		f.LateAt = q.Now
	}
	return f, false, nil
}

func rows(q *site.Request, r *store.Reader, list []contact.Contact) ([]Row, error) {
	var people []person.ID
	var of []cases.ID
	var plain []int64
	for _, c := range list {
		people, plain = append(people, c.Person), append(plain, int64(c.ID))
		if c.Case != 0 {
			of = append(of, c.Case)
		}
	}
	who, err := r.PeopleByID(people)
	if err != nil {
		return nil, err
	}
	met, err := r.CasesByID(of)
	if err != nil {
		return nil, err
	}
	next, err := r.NextTasks(task.OnContact, plain)
	if err != nil {
		return nil, err
	}
	out := make([]Row, 0, len(list))
	for _, c := range list {
		row := Row{ID: c.Code, Person: record.Person(q, who[c.Person], c.Code, q.Path("contacts", c.Code)), Tier: string(c.Tier), LastExposure: c.LastExposed.String(), Setting: c.Setting, State: string(c.State),
			Area: q.AreaName(c.Area), EndsOn: c.EndsOn.String(), Status: ui.OnTime}
		if m, ok := met[c.Case]; ok && q.Sees(auth.CaseRead, m.Area) {
			row.Case = ui.Person{Code: m.Code, Href: q.Path("cases", m.Code)}
		}
		if t, ok := next[int64(c.ID)]; ok {
			row.NextTask, row.Due, row.Status = string(t.Kind), t.Due, record.Status(q, t)
		} else if c.State.Over() {
			row.Status = ui.Done
		}
		out = append(out, row)
	}
	return out, nil
}

// ExportFile is GET /o/{outbreak}/contacts/export?format=: the list, as filtered, as a file.
func (h *Handler) ExportFile(q *site.Request) error {
	values := q.URL.Query()
	format := linelist.Format(values.Get("format"))
	if format == "" {
		format = linelist.CSV
	}
	if !slices.Contains(linelist.ContactFormats(), format) {
		return &command.Invalid{Field: "format", Value: string(format), Reason: "is csv, xlsx or json"}
	}
	var f store.ContactFilter
	var none bool
	err := q.View(func(r *store.Reader) (err error) {
		f, none, err = filter(q, r, values)
		return err
	})
	if err != nil {
		return err
	}
	f.Within = record.Both(q, auth.Export, auth.ContactRead)
	if none {
		f.Within = store.Within{} // sees nothing: the file has its header alone
	}
	record.SendFile(q, "contacts", format)
	n, err := linelist.Contacts(q.Context(), h.s.DB, f, q.W, linelist.Options{Format: format, Zone: q.Zone, BOM: q.Lang() == "zh"})
	return record.Sent(q, "contacts", format, n, values, err)
}
