package tasks

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the list of tasks and the page of one.
type Handler struct {
	s                *site.Site
	list, one, waive *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [3]error
	h.list, errs[0] = New(s.Kit)
	h.one, errs[1] = NewTask(s.Kit)
	h.waive, errs[2] = NewWaive(s.Kit)
	return h, errors.Join(errs[:]...)
}

// pageRows is how many tasks a page of the list has.
const pageRows = 50

// List is GET /o/{outbreak}/tasks.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	f, err := h.filter(q, values)
	if err != nil {
		return err
	}
	order, page := store.ByDue, store.Page{Limit: pageRows, Cursor: values.Get("after")}
	if before := values.Get("before"); before != "" {
		page.Cursor = before
	}
	v := ListView{CasesHref: q.Path("cases"), Listing: ui.Listing{Path: q.Path("tasks"), Values: values, Sort: "due"}}
	switch s := values.Get("sort"); s {
	case "", "due":
	case "-due":
		page.Desc, v.Desc = true, true
	default:
		return &command.Invalid{Field: "sort", Value: s, Reason: "is no order of this list"}
	}
	var kinds []string
	for _, k := range task.Kinds() {
		kinds = append(kinds, string(k))
	}
	v.Filters = Filters(kinds, h.areaOptions(q), values)
	err = q.View(func(r *store.Reader) error {
		if subject := strings.TrimSpace(values.Get("q")); subject != "" {
			found, ok, err := subjectOf(q, r, subject)
			if err != nil {
				return err
			}
			if !ok {
				return nil // nothing is called so: the list is empty
			}
			f.Subject = found
		}
		got, err := r.Tasks(f, order, page)
		if err != nil {
			return err
		}
		v.Next, v.Prev = got.Next, got.Prev
		for _, t := range got.Tasks {
			row, err := h.row(q, r, t)
			if err != nil {
				return err
			}
			v.Tasks = append(v.Tasks, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.Show(h.list, "tasks", v)
}

// filter reads the list's filters.
func (h *Handler) filter(q *site.Request, v url.Values) (store.TaskFilter, error) {
	f := store.TaskFilter{Outbreak: q.Outbreak.ID, Within: q.Within()}
	open := []task.State{task.Open}
	status := v.Get("status")
	if v.Get("late") != "" {
		status = "late"
	}
	switch status {
	case "":
		f.States = open
	case "all":
	case "late":
		f.LateAt = q.Now
	case "duesoon":
		f.States, f.DueFrom, f.DueBefore = open, q.Now, q.Now.Add(site.Soon)
	case "ontime":
		f.States, f.DueFrom = open, q.Now.Add(site.Soon)
	case "done", "waived", "void":
		f.States = []task.State{task.State(status)}
	default:
		return f, &command.Invalid{Field: "status", Value: status, Reason: "is no state of a task"}
	}
	if d := task.Duty(v.Get("duty")); d != "" {
		if !slices.Contains(task.Duties(), d) {
			return f, &command.Invalid{Field: "duty", Value: string(d), Reason: "is no duty"}
		}
		f.Duty = d
	}
	if k := task.Kind(v.Get("kind")); k != "" {
		if !slices.Contains(task.Kinds(), k) {
			return f, &command.Invalid{Field: "kind", Value: string(k), Reason: "is no kind of task"}
		}
		f.Kinds = []task.Kind{k}
	}
	if o := v.Get("owner"); o != "" {
		if !auth.Role(o).Valid() {
			return f, &command.Invalid{Field: "owner", Value: o, Reason: "is no role"}
		}
		f.Owner = task.Role(o)
	}
	if v.Get("mine") != "" {
		for _, g := range q.Actor.Grants {
			f.Owners = append(f.Owners, task.Role(g.Role))
		}
	}
	return f, nil
}

// areaOptions are the areas below those the person may see, to narrow the list to.
func (h *Handler) areaOptions(q *site.Request) []ui.Option {
	var out []ui.Option
	if q.Area.ID != 0 {
		out = append(out, ui.Option{Value: q.Area.Code, Text: q.AreaName(q.Area.ID)})
	}
	for _, j := range q.Parts(q.Tops(q.Action)) {
		out = append(out, ui.Option{Value: j.Code, Text: q.AreaName(j.ID)})
	}
	return out
}

// subjectOf finds what the person calls by a code: a case, else a contact, else a zone by its number. A record that they may not see is not found.
func subjectOf(q *site.Request, r *store.Reader, code string) (task.Subject, bool, error) {
	c, err := r.CaseByCode(q.Outbreak.ID, code)
	if err == nil && q.Sees(q.Action, c.Area) {
		return task.Subject{Kind: task.OnCase, ID: int64(c.ID)}, true, nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return task.Subject{}, false, err
	}
	contacts, err := r.ContactsByCodes(q.Outbreak.ID, []string{code})
	if err != nil {
		return task.Subject{}, false, err
	}
	if k, ok := contacts[code]; ok && q.Sees(q.Action, k.Area) {
		return task.Subject{Kind: task.OnContact, ID: int64(k.ID)}, true, nil
	}
	if number, isZone := strings.CutPrefix(code, "Z"); isZone {
		if id, err := strconv.ParseInt(number, 10, 64); err == nil {
			return task.Subject{Kind: task.OnZone, ID: id}, true, nil
		}
	}
	return task.Subject{}, false, nil
}

// row is one line of the list. Its ID carries the version that the person saw, so that a bulk step finds out when somebody was quicker.
func (h *Handler) row(q *site.Request, r *store.Reader, t task.Task) (Row, error) {
	who, err := person(q, r, t.Subject)
	if err != nil {
		return Row{}, err
	}
	href := q.Path("tasks", strconv.FormatInt(int64(t.ID), 10))
	return Row{
		ID: ref(t), Href: href, Kind: string(t.Kind), Subject: who,
		Owner: auth.Role(t.Owner).Title(auth.Lang(q.Lang())), Area: q.AreaName(t.Area), Due: t.Due, Status: status(q, t),
		Because: ui.Because{Text: i18n.M("rule." + t.Because.Rule), Href: href + "#why"},
	}, nil
}

func ref(t task.Task) string { return fmt.Sprintf("%d.%d", t.ID, t.Version) }

// parseRef reads what ref wrote.
func parseRef(s string) (task.ID, int64, error) {
	id, version, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(id, 10, 64)
	v, err2 := strconv.ParseInt(version, 10, 64)
	if !ok || err != nil || err2 != nil {
		return 0, 0, &command.Invalid{Field: "id", Value: s, Reason: "is not a task and its version"}
	}
	return task.ID(n), v, nil
}

// person is what a task is about, as far as the reader may know.
func person(q *site.Request, r *store.Reader, s task.Subject) (ui.Person, error) {
	about, href, err := happened.Subject(q, r, s)
	if err != nil {
		return ui.Person{}, err
	}
	p := ui.Person{Href: href}
	switch a := about.(type) {
	case string:
		p.Code = a
	case i18n.Msg:
		// Who owns the task knows whom by its number: the name of the record is for those who may read it.
		p.Code = q.Words().Msg(a)
	}
	return p, nil
}

// status is how a task stands now.
func status(q *site.Request, t task.Task) ui.Status {
	switch t.State {
	case task.Done:
		return ui.Done
	case task.Waived:
		return ui.Waived
	case task.Void:
		return ui.Void
	case task.Open: // by its deadline, below
	}
	return ui.StatusOf(t.Due, q.Now, site.Soon)
}
