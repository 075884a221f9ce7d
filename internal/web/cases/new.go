package cases

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/vault"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// newFields are the fields of the form that a new case is entered with; the rest follows in the investigation.
var newFields = []string{"class", "area", "onset", "sampled", "reported_at", "found", "setting"}

// New is GET /o/{outbreak}/cases/new.
func (h *Handler) New(q *site.Request) error {
	return q.Show(h.form, "cases", FormView{Title: i18n.M("cases.new"), Form: newForm(q, url.Values{"class": {"suspected"}}, nil)})
}

func newForm(q *site.Request, v url.Values, wrong *command.Invalid) ui.Form {
	today := day.In(q.Now, q.Zone).String()
	f := ui.Form{ID: "new", Action: q.Path("cases"), Submit: i18n.M("cases.enter"), Cancel: q.Path("cases"), Fields: []ui.Field{
		{Name: "code", Label: i18n.M("field.code"), Kind: ui.FieldText, Value: v.Get("code"), Hint: i18n.M("field.code_hint"), Autocomplete: "off"},
		{Name: "sex", Label: i18n.M("field.sex"), Kind: ui.FieldSelect, Value: v.Get("sex"), Options: []ui.Option{{Label: i18n.M("form.unknown")}, {Value: "female", Label: i18n.M("sex.f")}, {Value: "male", Label: i18n.M("sex.m")}, {Value: "other", Label: i18n.M("sex.o")}}},
		{Name: "born", Label: i18n.M("field.born"), Kind: ui.FieldDate, Value: v.Get("born"), Max: today},
		{Name: "age", Label: i18n.M("field.age"), Kind: ui.FieldNumber, Value: v.Get("age"), Min: "0", Max: "130", Hint: i18n.M("field.age_hint")},
	}}
	identity := record.IdentityFields(ui.Identity{Name: v.Get("name"), Document: v.Get("document"), Phone: v.Get("phone")})
	identity[0].Section = i18n.M("section.person")
	f.Fields = append(identity, f.Fields...)
	for i, name := range newFields {
		field := inputOf(q, name, v.Get(name))
		if i == 0 {
			field.Section = i18n.M("section.illness")
		}
		f.Fields = append(f.Fields, field)
	}
	record.Mark(&f, wrong)
	return f
}

// Add is POST /o/{outbreak}/cases. Likely duplicates are shown first; with sure=1 the person has looked at them.
func (h *Handler) Add(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if form.Get("sure") == "" {
		found, err := h.duplicates(q, form)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			v := FormView{Title: i18n.M("cases.new"), Duplicates: found, Form: newForm(q, form, nil)}
			v.Form.Fields = append(v.Form.Fields, ui.Field{Name: "sure", Label: i18n.M("cases.sure"), Kind: ui.FieldCheck})
			return q.ShowStatus(http.StatusConflict, h.form, "cases", v)
		}
	}
	in := command.AddCase{Outbreak: q.Outbreak.Name, Code: form.Get("code"), Person: command.PersonFields{Sex: form.Get("sex"), Born: form.Get("born"), Age: form.Get("age"), Identity: record.IdentityFrom(form)}, Fields: map[string]string{}}
	for _, name := range newFields {
		if s := strings.TrimSpace(form.Get(name)); s != "" {
			in.Fields[name] = s
		}
	}
	c, err := h.s.Commands.AddCase(q.Context(), q.By(), in)
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "cases", FormView{Title: i18n.M("cases.new"), Form: newForm(q, form, wrong)})
	}
	if err != nil {
		return err
	}
	if c.Known {
		return q.Done(q.Path("cases", c.Code), "known_case", 1)
	}
	return q.Done(q.Path("cases", c.Code), "saved", 1)
}

// duplicates are the cases that the person about to be entered may be already. What cannot be read is compared with nobody; the order itself
// says what is wrong with it.
func (h *Handler) duplicates(q *site.Request, form url.Values) ([]Likely, error) {
	l := store.Likeness{Outbreak: q.Outbreak.ID, Code: strings.TrimSpace(form.Get("code")), Age: person.AgeUnknown}
	l.Sex, _ = person.ParseSex(form.Get("sex"))
	l.Born, _ = day.Parse(form.Get("born"))
	l.Onset, _ = day.Parse(form.Get("onset"))
	if n, err := strconv.Atoi(form.Get("age")); err == nil && n >= 0 && n <= 130 {
		l.Age = person.Age(n)
	}
	if j, ok := q.Tree.ByCode(form.Get("area")); ok {
		l.Area = j.ID
	}
	var out []Likely
	err := q.View(func(r *store.Reader) error {
		// The blind index answers whose document it is without opening anything.
		if ids := h.s.Commands.Identities(); ids != nil && strings.TrimSpace(form.Get("document")) != "" {
			var err error
			if l.People, err = ids.Find(r, vault.FieldDocument, vault.NewSecret(strings.TrimSpace(form.Get("document")))); err != nil {
				return err
			}
		}
		list, err := r.Duplicates(l, q.Within())
		if err != nil {
			return err
		}
		ids := make([]person.ID, 0, len(list))
		for _, d := range list {
			ids = append(ids, d.Case.Person)
		}
		who, err := r.PeopleByID(ids)
		if err != nil {
			return err
		}
		for _, d := range list {
			if !d.Within {
				out = append(out, Likely{Elsewhere: true, Same: d.Same})
				continue
			}
			out = append(out, Likely{Person: record.Person(q, who[d.Case.Person], d.Case.Code, q.Path("cases", d.Case.Code)), Class: string(d.Case.Class), Onset: d.Case.Onset.String(), Area: q.AreaName(d.Case.Area), Same: d.Same})
		}
		return nil
	})
	return out, err
}

// inputOf is the input for one field of a case.
func inputOf(q *site.Request, name, value string) ui.Field {
	f := ui.Field{Name: name, Label: record.FieldLabel(name), Kind: ui.FieldText, Value: value}
	switch name {
	case "onset", "sampled", "exposed_from", "exposed_to", "outcome_on":
		f.Kind, f.Max = ui.FieldDate, day.In(q.Now, q.Zone).String()
	case "noted_at", "reported_at", "verified_at", "confirmed_at", "isolated_at", "admitted_at", "investigated_at", "listed_at":
		f.Kind, f.Max = ui.FieldInstant, record.Local(q.Now, q.Zone)
	case "class":
		f.Kind, f.Options, f.Hint = ui.FieldSelect, ui.Choices("class", Classes()...)[1:], i18n.M("field.class_hint")
	case "found":
		f.Kind, f.Options = ui.FieldSelect, []ui.Option{{Label: i18n.M("form.unknown")}, {Value: "isolation", Label: i18n.M("found.inside")}, {Value: "community", Label: i18n.M("found.outside")}}
	case "outcome":
		f.Kind, f.Options = ui.FieldSelect, []ui.Option{{Label: i18n.M("outcome.open")}, {Value: "recovered", Label: i18n.M("outcome.recovered")}, {Value: "died", Label: i18n.M("outcome.died")}, {Value: "lost", Label: i18n.M("outcome.lost")}}
	case "area":
		return record.AreaField(q, name, value)
	}
	return f
}
