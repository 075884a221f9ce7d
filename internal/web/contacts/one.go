package contacts

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// contactOf reads the contact of the address. One that the person may not see is not there.
func contactOf(q *site.Request, r *store.Reader) (contact.Contact, error) {
	code := q.PathValue("contact")
	found, err := r.ContactsByCodes(q.Outbreak.ID, []string{code})
	if err != nil {
		return contact.Contact{}, err
	}
	c, ok := found[code]
	if !ok || !q.Sees(q.Action, c.Area) {
		return contact.Contact{}, fmt.Errorf("contact %q: %w", code, store.ErrNotFound)
	}
	return c.Contact, nil
}

func onContact(c contact.Contact) task.Subject {
	return task.Subject{Kind: task.OnContact, ID: int64(c.ID)}
}

// Show is GET /o/{outbreak}/contacts/{contact}.
func (h *Handler) Show(q *site.Request) error {
	v, c, err := h.view(q)
	if err != nil {
		return err
	}
	if c.MergedInto != 0 {
		return h.onward(q, c)
	}
	return q.Show(h.one, "contacts", v)
}

// onward sends who asks for a merged record to the one that goes on. Not for good: the merge may be taken back.
func (h *Handler) onward(q *site.Request, c contact.Contact) error {
	var into contact.Contact
	err := q.View(func(r *store.Reader) (err error) {
		into, err = r.Contact(c.MergedInto)
		return err
	})
	if err != nil {
		return err
	}
	if !q.Sees(q.Action, into.Area) {
		return fmt.Errorf("contact %q, merged into another: %w", c.Code, store.ErrNotFound)
	}
	http.Redirect(q.W, q.Request, q.Path("contacts", into.Code), http.StatusSeeOther)
	return nil
}

func (h *Handler) view(q *site.Request) (v OneView, c contact.Contact, err error) {
	err = q.View(func(r *store.Reader) error {
		if c, err = contactOf(q, r); err != nil {
			return err
		}
		v, err = h.page(q, r, c)
		return err
	})
	return v, c, err
}

func (h *Handler) page(q *site.Request, r *store.Reader, c contact.Contact) (OneView, error) {
	href := q.Path("contacts", c.Code)
	v := OneView{Tier: string(c.Tier), State: string(c.State), Area: q.AreaName(c.Area), EndsOn: c.EndsOn.String(), LastExposed: c.LastExposed.String(), Relation: c.Relation, Setting: c.Setting}
	p, err := r.Person(c.Person)
	if err != nil && c.Person != 0 {
		return v, err
	}
	v.Person, v.Names = record.Person(q, p, c.Code, href), record.Names(q, c.Area, href)
	if v.Same, err = record.Same(q, r, c.Person); err != nil {
		return v, err
	}
	if err := h.kin(q, r, c, &v); err != nil {
		return v, err
	}
	if err := h.exposures(q, r, c, &v); err != nil {
		return v, err
	}
	tasks, err := r.TasksOf(onContact(c))
	if err != nil {
		return v, err
	}
	v.Tasks = record.Orders(q, href, tasks)
	bound, err := r.RestrictionsOf(c.Person, q.Outbreak.ID)
	if err != nil {
		return v, err
	}
	if v.Restrictions, err = record.RestrictionsOf(q, r, href, bound); err != nil {
		return v, err
	}
	checks, err := r.Checks(c.ID)
	if err != nil {
		return v, err
	}
	v.Checks = checkTable(q, href, checks)
	if !c.State.Over() && q.Sees(auth.FollowUpWrite, c.Area) {
		v.Check = checkForm(q, href)
	}
	var samples []lab.Specimen
	if q.Sees(auth.SampleRead, c.Area) {
		if samples, err = r.SpecimensOf(c.Person, q.Outbreak.ID); err != nil {
			return v, err
		}
		v.MaySamples = true
	}
	v.Samples = record.Specimens(href, samples, func(s lab.Specimen) string { return href + "?specimen=" + s.Code + "#result" })
	v.Sample, v.SampleTitle = record.SampleForm(q, c.Area, href, samples, q.URL.Query().Get("specimen"))
	if q.Sees(auth.ContactWrite, c.Area) {
		f := correctForm(q, c)
		v.Correct = &f
	}
	facts, err := record.Facts(r, onContact(c))
	if err != nil {
		return v, err
	}
	v.History, err = record.History(q, r, href, facts)
	return v, err
}

// kin are the case and the close contact that this one met, those whom this one met, and the case that this one became.
func (h *Handler) kin(q *site.Request, r *store.Reader, c contact.Contact, v *OneView) error {
	if c.Case != 0 {
		k, err := r.Case(c.Case)
		if err != nil {
			return err
		}
		if q.Sees(auth.CaseRead, k.Area) {
			v.Source = ui.Person{Code: k.Code, Href: q.Path("cases", k.Code)}
		}
	}
	if c.BecameCase != 0 {
		k, err := r.Case(c.BecameCase)
		if err != nil {
			return err
		}
		if q.Sees(auth.CaseRead, k.Area) {
			v.Became = ui.Person{Code: k.Code, Href: q.Path("cases", k.Code)}
		}
	}
	if c.Parent != 0 {
		k, err := r.Contact(c.Parent)
		if err != nil {
			return err
		}
		if q.Sees(auth.ContactRead, k.Area) {
			v.Parent = ui.Person{Code: k.Code, Href: q.Path("contacts", k.Code)}
		}
	}
	children, err := r.SecondaryContacts(c.ID)
	if err != nil {
		return err
	}
	for _, k := range children {
		if q.Sees(auth.ContactRead, k.Area) {
			v.Children = append(v.Children, ui.Person{Code: k.Code, Href: q.Path("contacts", k.Code)})
		}
	}
	return nil
}

func checkTable(q *site.Request, href string, checks []contact.Check) ui.Table {
	t := ui.Listing{Path: href}.Table("checks", i18n.M("contacts.checks"),
		ui.Column{Key: "at", Label: i18n.M("col.at")}, ui.Column{Key: "found", Label: i18n.M("contacts.found")}, ui.Column{Key: "temperature", Label: i18n.M("field.temperature"), Numeric: true}, ui.Column{Key: "note", Label: i18n.M("field.note")})
	t.Empty = ui.Empty{Title: i18n.M("contacts.no_checks")}
	for i := len(checks) - 1; i >= 0; i-- {
		k := checks[i]
		found, status := "well", ui.Done
		switch {
		case !k.Seen:
			found, status = "unreached", ui.DueSoon
		case k.Symptomatic():
			found, status = "symptoms", ui.Late
		}
		temperature := ui.Text("")
		if k.Temperature != 0 {
			temperature = ui.Text(strconv.FormatFloat(k.Temperature, 'f', 1, 64))
		}
		note := record.SymptomsSaid(q.Words(), k.Symptoms)
		if k.Self {
			note = strings.TrimPrefix(note+" · "+q.Words().T("checks.self"), " · ")
		}
		said := k.Note
		if said == contact.NotMade {
			said = q.Words().T("contacts.not_made")
		}
		if said != "" {
			note = strings.TrimPrefix(note+" · "+said, " · ")
		}
		t.Rows = append(t.Rows, ui.Row{ID: strconv.FormatInt(int64(k.ID), 10), Label: k.On.String(), Status: status, Cells: []ui.Cell{ui.At(k.At), ui.Enum("visit", found), temperature, ui.Text(note)}})
	}
	return t
}

func checkForm(q *site.Request, href string) *ui.Form {
	return &ui.Form{ID: "check", Action: href + "/checks", Submit: i18n.M("contacts.check"), Fields: []ui.Field{
		{Name: "result", Label: i18n.M("contacts.found"), Kind: ui.FieldRadio, Value: "well", Required: true, Options: ui.Choices("visit", "well", "symptoms", "unreached")[1:]},
		{Name: "symptoms", Label: i18n.M("visit.symptoms"), Kind: ui.FieldText, Hint: i18n.M("contacts.symptoms_hint")},
		{Name: "temperature", Label: i18n.M("field.temperature"), Kind: ui.FieldText},
		{Name: "slot", Label: i18n.M("contacts.slot"), Kind: ui.FieldSelect, Value: "0", Options: []ui.Option{{Value: "0", Label: i18n.M("contacts.slot_first")}, {Value: "1", Label: i18n.M("contacts.slot_second")}}},
		{Name: "at", Label: i18n.M("col.at"), Kind: ui.FieldInstant, Value: record.Local(q.Now, q.Zone)},
		{Name: "note", Label: i18n.M("field.note"), Kind: ui.FieldText},
	}}
}

func correctForm(q *site.Request, c contact.Contact) ui.Form {
	f := ui.Form{ID: "correct", Action: q.Path("contacts", c.Code), Version: strconv.FormatInt(c.Version, 10), Submit: i18n.M("action.save")}
	values := command.ContactFields(c, q.Zone, q.Tree)
	for _, name := range command.ContactFieldNames() {
		f.Fields = append(f.Fields, input(q, name, atMinute(q, name, values[name])))
	}
	f.Fields = append(f.Fields,
		ui.Field{Name: "state", Label: i18n.M("contacts.end"), Kind: ui.FieldSelect, Options: []ui.Option{{Label: i18n.M("contacts.keep")}, {Value: "lost", Label: i18n.M("follow.lost")}, {Value: "dropped", Label: i18n.M("follow.dropped")}}, Hint: i18n.M("contacts.end_hint")},
		ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText})
	return f
}

func input(q *site.Request, name, value string) ui.Field {
	f := ui.Field{Name: name, Label: record.FieldLabel(name), Kind: ui.FieldText, Value: value}
	switch {
	case name == "area":
		return record.AreaField(q, name, value)
	case name == "tier":
		f.Kind, f.Options = ui.FieldSelect, ui.Choices("tier", Tiers()...)[1:]
	case strings.HasSuffix(name, "_at"):
		f.Kind = ui.FieldInstant
	case strings.HasSuffix(name, "_exposed"), strings.HasSuffix(name, "_on"):
		f.Kind = ui.FieldDate
	}
	return f
}

func atMinute(q *site.Request, name, v string) string {
	if !strings.HasSuffix(name, "_at") || v == "" {
		return v
	}
	t, err := command.ParseInstant(v, q.Zone)
	if err != nil {
		return v
	}
	return record.Local(t, q.Zone)
}

// Names is POST /o/{outbreak}/contacts/{contact}/names: the reader said why they need to know who it is.
func (h *Handler) Names(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, c, err := h.view(q)
	if err != nil {
		return err
	}
	if v.Names, err = record.OpenNames(q, form, q.Path("contacts", c.Code), auth.ContactWrite, c.Area, onContact(c)); err != nil {
		return err
	}
	return q.Show(h.one, "contacts", v)
}

// Identify is POST /o/{outbreak}/contacts/{contact}/identity: what the vault holds of the person is corrected.
func (h *Handler) Identify(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	if err := h.s.Commands.Identify(q.Context(), q.By(), command.Identify{Of: onContact(c), Fields: record.IdentityFrom(form)}); err != nil {
		return err
	}
	return q.Done(q.Path("contacts", c.Code), "saved", 1)
}

// Save is POST /o/{outbreak}/contacts/{contact}: fields, or the end of follow-up by decision.
func (h *Handler) Save(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not the version of a record"}
	}
	in := command.CorrectContact{Contact: c.ID, Version: version, State: contact.State(form.Get("state")), Reason: form.Get("reason"), Fields: map[string]string{}}
	values := command.ContactFields(c, q.Zone, q.Tree)
	for _, name := range command.ContactFieldNames() {
		if v := strings.TrimSpace(form.Get(name)); form.Has(name) && v != atMinute(q, name, values[name]) {
			in.Fields[name] = v
		}
	}
	_, err = h.s.Commands.CorrectContact(q.Context(), q.By(), in)
	return h.after(q, err, func(v *OneView) *ui.Form { return v.Correct }, form)
}

// Check is POST /o/{outbreak}/contacts/{contact}/checks.
func (h *Handler) Check(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	in := command.RecordCheck{Contact: c.ID, At: form.Get("at"), Seen: form.Get("result") != "unreached", Note: strings.TrimSpace(form.Get("note"))}
	in.Slot, _ = strconv.Atoi(form.Get("slot")) // no slot is the first
	in.Temperature, err = record.Temperature(form.Get("temperature"))
	if form.Get("result") == "symptoms" {
		in.Symptoms = Symptoms(form.Get("symptoms"))
	}
	if err == nil {
		_, err = h.s.Commands.RecordCheck(q.Context(), q.By(), in)
	}
	return h.after(q, err, func(v *OneView) *ui.Form { return v.Check }, form)
}

// Symptoms reads a list of symptoms as people write it; nothing said is "unspecified", so that the rule is told all the same.
func Symptoms(s string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;，、；", r) }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	if out == nil {
		out = []string{"unspecified"}
	}
	return out
}

// TakeSample is POST /o/{outbreak}/contacts/{contact}/samples.
func (h *Handler) TakeSample(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	in, _ := record.TakeFrom(form)
	in.Of = onContact(c)
	_, err = h.s.Commands.TakeSpecimen(q.Context(), q.By(), in)
	return h.after(q, err, func(v *OneView) *ui.Form { return v.Sample }, form)
}

// ReportSample is POST /o/{outbreak}/contacts/{contact}/samples/{specimen}.
func (h *Handler) ReportSample(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	in, _, err := record.ResultFrom(q.PathValue("specimen"), form)
	if err == nil {
		err = q.View(func(r *store.Reader) error {
			s, err := r.Specimen(in.Specimen)
			if err == nil && (s.Person != c.Person || s.Outbreak != q.Outbreak.ID) {
				err = fmt.Errorf("specimen %d: %w", in.Specimen, store.ErrNotFound)
			}
			return err
		})
	}
	if err == nil {
		_, err = h.s.Commands.ReportResult(q.Context(), q.By(), in)
	}
	return h.after(q, err, func(v *OneView) *ui.Form { return v.Sample }, form)
}

func (h *Handler) read(q *site.Request) (c contact.Contact, err error) {
	err = q.View(func(r *store.Reader) error {
		c, err = contactOf(q, r)
		return err
	})
	return c, err
}

// after shows the page again: as it is now, or with what is wrong in what was typed, or with the record as somebody else made it meanwhile.
func (h *Handler) after(q *site.Request, err error, of func(*OneView) *ui.Form, typed map[string][]string) error {
	if err == nil {
		return q.Done(q.Path("contacts", q.PathValue("contact")), "saved", 1)
	}
	var wrong *command.Invalid
	var conflict *store.Conflict
	if !errors.As(err, &wrong) && !errors.As(err, &conflict) {
		return err
	}
	v, c, errView := h.view(q)
	if errView != nil {
		return errView
	}
	f := of(&v)
	if f == nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if conflict != nil {
		status = http.StatusConflict
		if f.Conflict, err = h.conflict(q, c, f, typed); err != nil {
			return err
		}
	}
	for i, field := range f.Fields {
		if s, ok := typed[field.Name]; ok && len(s) > 0 {
			f.Fields[i].Value = s[0]
		}
	}
	record.Mark(f, wrong)
	return q.ShowStatus(status, h.one, "contacts", v)
}

// conflict says what the last one who changed the contact made of it.
func (h *Handler) conflict(q *site.Request, c contact.Contact, f *ui.Form, typed map[string][]string) (*ui.Conflict, error) {
	out := &ui.Conflict{Reload: q.Path("contacts", c.Code)}
	err := q.View(func(r *store.Reader) error {
		facts, err := record.Facts(r, onContact(c))
		if err != nil || len(facts) == 0 {
			return err
		}
		out.Who, out.At = facts[0].Actor, facts[0].RecordedAt
		return nil
	})
	for _, field := range f.Fields {
		if s, ok := typed[field.Name]; ok && len(s) > 0 && s[0] != field.Value {
			out.Changes = append(out.Changes, ui.Change{Label: field.Label, Theirs: field.Value, Yours: s[0]})
		}
	}
	return out, err
}
