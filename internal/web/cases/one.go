package cases

import (
	"fmt"
	"net/http"
	"strings"

	"firebreak/internal/auth"
	noun "firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/chains"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// caseOf reads the case of the address. One that the person may not see is not there.
func caseOf(q *site.Request, r *store.Reader) (noun.Case, error) {
	code := q.PathValue("case")
	c, err := r.CaseByCode(q.Outbreak.ID, code)
	if err == nil && !q.Sees(q.Action, c.Area) {
		err = fmt.Errorf("case %q: %w", code, store.ErrNotFound)
	}
	return c, err
}

// Show is GET /o/{outbreak}/cases/{case}?tab=.
func (h *Handler) Show(q *site.Request) error {
	v, c, err := h.view(q, TabKey(q.URL.Query().Get("tab")))
	if err != nil {
		return err
	}
	if c.MergedInto != 0 {
		return h.onward(q, c)
	}
	return q.Show(h.one, "cases", v)
}

// onward sends who asks for a merged case to the one that goes on. Not for good: the merge may be taken back.
func (h *Handler) onward(q *site.Request, c noun.Case) error {
	var into noun.Case
	err := q.View(func(r *store.Reader) (err error) {
		into, err = r.Case(c.MergedInto)
		return err
	})
	if err != nil {
		return err
	}
	if !q.Sees(q.Action, into.Area) {
		return fmt.Errorf("case %q, merged into another: %w", c.Code, store.ErrNotFound)
	}
	http.Redirect(q.W, q.Request, q.Path("cases", into.Code), http.StatusSeeOther)
	return nil
}

// view puts the page together; only the tab asked for is read.
func (h *Handler) view(q *site.Request, tab TabKey) (v View, c noun.Case, err error) {
	err = q.View(func(r *store.Reader) error {
		if c, err = caseOf(q, r); err != nil {
			return err
		}
		v, err = h.head(q, r, c, tab)
		if err != nil {
			return err
		}
		return h.tab(q, r, c, &v)
	})
	return v, c, err
}

func onCase(c noun.Case) task.Subject { return task.Subject{Kind: task.OnCase, ID: int64(c.ID)} }

// head is what stands above the tabs.
func (h *Handler) head(q *site.Request, r *store.Reader, c noun.Case, tab TabKey) (View, error) {
	href := q.Path("cases", c.Code)
	p, err := r.Person(c.Person)
	if err != nil && c.Person != 0 {
		return View{}, err
	}
	v := View{Person: record.Person(q, p, c.Code, href), Class: string(c.Class), Found: found(c.Found), Outcome: string(c.Outcome), Area: q.AreaName(c.Area), Where: c.Hospital, Tab: Overview, Write: q.Sees(auth.CaseWrite, c.Area), Names: record.Names(q, c.Area, href)}
	if n, ok := day.Between(c.Onset, day.In(q.Now, q.Zone)); ok && c.Outcome == noun.Open && n >= 0 {
		v.IllnessDay = n + 1
	}
	if v.Same, err = record.Same(q, r, c.Person); err != nil {
		return v, err
	}
	shared, err := r.ClustersOf(c.ID)
	if err != nil {
		return v, err
	}
	for _, k := range shared {
		one := ui.Crumb{Name: k.Code + " " + k.Name}
		if q.Sees(auth.CaseRead, k.Area) {
			one.Href = q.Path("clusters", k.Code)
		}
		v.Clusters = append(v.Clusters, one)
	}
	for _, k := range []TabKey{Investigation, Contacts, ProposalsTab, Samples, Chain, Orders, Restrictions, History} {
		if tab == k {
			v.Tab = k
		}
	}
	list, err := r.TasksOf(onCase(c))
	if err != nil {
		return v, err
	}
	counts := map[TabKey]int64{}
	var next *task.Task
	for i, k := range list {
		if k.State != task.Open {
			continue
		}
		counts[Orders]++
		if next == nil || k.Due.Before(next.Due) {
			next = &list[i]
		}
		v.Tasks = append(v.Tasks, taskRow(q, k))
	}
	if next != nil {
		row := taskRow(q, *next)
		v.Next = &row
	}
	n, err := r.CountContactsOf(c.ID)
	if err != nil {
		return v, err
	}
	counts[Contacts] = int64(n)
	if q.Sees(auth.ContactRead, c.Area) {
		if counts[ProposalsTab], err = r.CountProposed(c.ID); err != nil {
			return v, err
		}
	}
	if q.Sees(auth.SampleRead, c.Area) {
		samples, err := r.SpecimensOf(c.Person, q.Outbreak.ID)
		if err != nil {
			return v, err
		}
		counts[Samples] = int64(len(samples))
	}
	v.Tabs = Tabs(href, v.Tab, counts)
	return v, nil
}

func taskRow(q *site.Request, k task.Task) Task {
	return Task{Kind: string(k.Kind), Href: record.TaskHref(q, k.ID), Owner: record.Owner(q, k), Due: k.Due, Status: record.Status(q, k), Because: record.Because(q, k)}
}

func (h *Handler) tab(q *site.Request, r *store.Reader, c noun.Case, v *View) (err error) {
	href := q.Path("cases", c.Code)
	switch v.Tab {
	case Investigation:
		v.Investigation, err = h.investigation(q, r, c, nil)
	case Contacts:
		err = h.contacts(q, r, c, v, nil, nil)
	case ProposalsTab:
		err = h.proposals(q, r, c, v)
	case Samples:
		err = h.samples(q, r, c, v)
	case Chain:
		v.Graph, v.Part, err = chains.OfCase(q, r, c.ID)
		v.ChainHref = q.Path("chains") + "?case=" + c.Code
	case Orders:
		var list []task.Task
		if list, err = r.TasksOf(onCase(c)); err == nil {
			v.List = record.Orders(q, href, list)
		}
	case Restrictions:
		list, err := r.RestrictionsOf(c.Person, q.Outbreak.ID)
		if err != nil {
			return err
		}
		v.List, err = record.RestrictionsOf(q, r, href, list)
		return err
	case History:
		facts, err := record.Facts(r, onCase(c))
		if err != nil {
			return err
		}
		v.List, err = record.History(q, r, href, facts)
		return err
	default:
		return h.overview(q, r, c, v)
	}
	return err
}

// roles are the subjects that one person is in this outbreak: facts about any of them are part of the person's story.
func roles(q *site.Request, r *store.Reader, p person.ID) ([]task.Subject, []Role, error) {
	if p == 0 {
		return nil, nil, nil
	}
	var subjects []task.Subject
	var out []Role
	list, err := r.CasesOf(p)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range list {
		if c.Outbreak == q.Outbreak.ID && q.Sees(auth.CaseRead, c.Area) {
			subjects = append(subjects, onCase(c))
			out = append(out, Role{Kind: "case", Code: c.Code, Href: q.Path("cases", c.Code)})
		}
	}
	contacts, err := r.ContactsOfPerson(p)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range contacts {
		if k.Outbreak == q.Outbreak.ID && q.Sees(auth.ContactRead, k.Area) {
			subjects = append(subjects, task.Subject{Kind: task.OnContact, ID: int64(k.ID)})
			out = append(out, Role{Kind: "contact", Code: k.Code, Href: q.Path("contacts", k.Code)})
		}
	}
	return subjects, out, nil
}

func (h *Handler) overview(q *site.Request, r *store.Reader, c noun.Case, v *View) error {
	subjects, who, err := roles(q, r, c.Person)
	if err != nil {
		return err
	}
	if len(subjects) == 0 {
		subjects = []task.Subject{onCase(c)}
	}
	if len(who) > 1 {
		v.Roles = who
	}
	facts, err := record.Facts(r, subjects...)
	if err != nil {
		return err
	}
	var open []task.Task
	for _, s := range subjects {
		list, err := r.TasksOf(s)
		if err != nil {
			return err
		}
		open = append(open, list...)
	}
	if v.Timeline, err = record.Timeline(q, r, facts, open); err != nil {
		return err
	}
	if q.Sees(auth.SampleRead, c.Area) {
		samples, err := r.SpecimensOf(c.Person, q.Outbreak.ID)
		if err != nil {
			return err
		}
		for _, e := range record.SpecimenEvents(q, samples) {
			v.Timeline.Events = insert(v.Timeline.Events, e)
		}
	}
	if !c.Onset.IsZero() {
		v.Timeline.Events = insert(v.Timeline.Events, ui.Event{At: c.Onset.Start(q.Zone), Day: c.Onset.String(), Kind: "onset", Text: i18n.M("event.text.onset")})
	}
	contacts, err := r.ContactsOf(c.ID)
	if err != nil {
		return err
	}
	for _, tier := range []contact.Tier{contact.Close, contact.Secondary, contact.General} {
		t := Tier{Tier: string(tier), Href: q.Path("contacts") + "?case=" + c.Code + "&tier=" + string(tier)}
		for _, k := range contacts {
			if k.Tier == tier {
				t.Total++
				if !k.QuarantineAt.IsZero() || k.State.Over() {
					t.Placed++
				}
			}
		}
		if t.Total > 0 {
			v.Tiers = append(v.Tiers, t)
		}
	}
	return nil
}

// insert puts an event where it belongs in a timeline, newest first.
func insert(list []ui.Event, e ui.Event) []ui.Event {
	for i, k := range list {
		if !k.At.After(e.At) {
			return append(list[:i:i], append([]ui.Event{e}, list[i:]...)...)
		}
	}
	return append(list, e)
}

// contacts is the tab of the case's contacts, with the form to list one.
func (h *Handler) contacts(q *site.Request, r *store.Reader, c noun.Case, v *View, typed map[string]string, bad func(*ui.Form)) error {
	href := q.Path("cases", c.Code)
	list, err := r.ContactsOf(c.ID)
	if err != nil {
		return err
	}
	exposures, err := r.ExposuresTo(c.ID)
	if err != nil {
		return err
	}
	met := map[contact.ID]contact.Exposure{}
	for _, e := range exposures {
		met[e.Contact] = e
	}
	ids := make([]person.ID, 0, len(list))
	for _, k := range list {
		ids = append(ids, k.Person)
	}
	who, err := r.PeopleByID(ids)
	if err != nil {
		return err
	}
	t := ui.Listing{Path: href}.Table("contacts", i18n.M("nav.contacts"),
		ui.Column{Key: "contact", Label: i18n.M("col.contact")}, ui.Column{Key: "tier", Label: i18n.M("col.tier")}, ui.Column{Key: "exposure", Label: i18n.M("col.last_exposure")},
		ui.Column{Key: "relation", Label: i18n.M("field.relation")}, ui.Column{Key: "setting", Label: i18n.M("col.setting")}, ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "ends", Label: i18n.M("col.ends")})
	t.Empty = ui.Empty{Title: i18n.M("case.no_contacts")}
	for _, k := range list {
		if !q.Sees(auth.ContactRead, k.Area) {
			continue
		}
		p := record.Person(q, who[k.Person], k.Code, q.Path("contacts", k.Code))
		t.Rows = append(t.Rows, ui.Row{ID: k.Code, Href: p.Href, Label: k.Code, Cells: []ui.Cell{ui.Who(p), ui.Enum("tier", string(k.Tier)), ui.Day(met[k.ID].Last.String()), ui.Text(k.Relation), ui.Text(met[k.ID].Setting),
			ui.Enum("follow", string(k.State)), ui.Day(k.EndsOn.String())}})
	}
	v.List = t
	if !q.Sees(auth.ContactWrite, c.Area) {
		return nil
	}
	area, _ := q.Tree.Get(c.Area)
	get := func(name, otherwise string) string {
		if typed == nil {
			return otherwise
		}
		return typed[name]
	}
	today := day.In(q.Now, q.Zone).String()
	f := ui.Form{ID: "add-contact", Action: href + "/contacts", Submit: i18n.M("contacts.list_one"), Fields: []ui.Field{
		{Name: "last_exposed", Section: i18n.M("section.exposure"), Label: i18n.M("col.last_exposure"), Kind: ui.FieldDate, Value: get("last_exposed", ""), Required: true, Max: today},
		{Name: "tier", Label: i18n.M("col.tier"), Kind: ui.FieldSelect, Value: get("tier", "close"), Options: ui.Choices("tier", "close", "secondary", "general")[1:]},
		{Name: "relation", Label: i18n.M("field.relation"), Kind: ui.FieldText, Value: get("relation", "")},
		{Name: "setting", Label: i18n.M("col.setting"), Kind: ui.FieldText, Value: get("setting", "")},
		{Name: "sex", Section: i18n.M("section.person"), Label: i18n.M("field.sex"), Kind: ui.FieldSelect, Value: get("sex", ""), Options: []ui.Option{{Label: i18n.M("form.unknown")}, {Value: "female", Label: i18n.M("sex.f")}, {Value: "male", Label: i18n.M("sex.m")}, {Value: "other", Label: i18n.M("sex.o")}}},
		{Name: "age", Label: i18n.M("field.age"), Kind: ui.FieldNumber, Value: get("age", ""), Min: "0", Max: "130"},
		record.AreaField(q, "area", get("area", area.Code)),
		{Name: "code", Label: i18n.M("field.code"), Kind: ui.FieldText, Value: get("code", ""), Hint: i18n.M("field.code_hint"), Autocomplete: "off"},
	}}
	f.Fields = append(f.Fields, record.IdentityFields(ui.Identity{Name: get("name", ""), Document: get("document", ""), Phone: get("phone", "")})...)
	if bad != nil {
		bad(&f)
	}
	v.Add, v.AddTitle = &f, i18n.M("contacts.add")
	return nil
}

// samples is the tab of the case's specimens: take one, report or correct a result.
func (h *Handler) samples(q *site.Request, r *store.Reader, c noun.Case, v *View) error {
	href := q.Path("cases", c.Code)
	var list []lab.Specimen
	if q.Sees(auth.SampleRead, c.Area) {
		var err error
		if list, err = r.SpecimensOf(c.Person, q.Outbreak.ID); err != nil {
			return err
		}
	}
	v.List = record.Specimens(href, list, func(s lab.Specimen) string { return href + "?tab=samples&specimen=" + s.Code + "#result" })
	v.Add, v.AddTitle = record.SampleForm(q, c.Area, href, list, q.URL.Query().Get("specimen"))
	return nil
}

// words are the values of a form's fields that a person typed.
func words(form map[string][]string) map[string]string {
	out := map[string]string{}
	for k, v := range form {
		if len(v) > 0 {
			out[k] = strings.TrimSpace(v[0])
		}
	}
	return out
}
