package cases

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	noun "firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// AddContact is POST /o/{outbreak}/cases/{case}/contacts: somebody is named as a contact.
func (h *Handler) AddContact(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	typed := words(form)
	in := command.ListContact{Outbreak: q.Outbreak.Name, Case: c.ID, Code: typed["code"], Person: command.PersonFields{Sex: typed["sex"], Age: typed["age"], Identity: record.IdentityFrom(form)}, Fields: map[string]string{}}
	for _, name := range []string{"last_exposed", "tier", "relation", "setting", "area"} {
		if typed[name] != "" {
			in.Fields[name] = typed[name]
		}
	}
	listed, err := h.s.Commands.ListContact(q.Context(), q.By(), in)
	if err == nil && listed.Known {
		return q.Done(q.Path("cases", c.Code)+"?tab="+string(Contacts), "known_person", 1)
	}
	return h.after(q, c, Contacts, err, typed)
}

// Names is POST /o/{outbreak}/cases/{case}/names: the reader said why they need to know who it is.
func (h *Handler) Names(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, c, err := h.view(q, Overview)
	if err != nil {
		return err
	}
	if v.Names, err = record.OpenNames(q, form, q.Path("cases", c.Code), auth.CaseWrite, c.Area, onCase(c)); err != nil {
		return err
	}
	return q.Show(h.one, "cases", v)
}

// Identify is POST /o/{outbreak}/cases/{case}/identity: what the vault holds of the person is corrected.
func (h *Handler) Identify(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	err = h.s.Commands.Identify(q.Context(), q.By(), command.Identify{Of: onCase(c), Fields: record.IdentityFrom(form)})
	return h.after(q, c, Overview, err, nil)
}

// TakeSample is POST /o/{outbreak}/cases/{case}/samples.
func (h *Handler) TakeSample(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	in, typed := record.TakeFrom(form)
	in.Of = onCase(c)
	_, err = h.s.Commands.TakeSpecimen(q.Context(), q.By(), in)
	return h.after(q, c, Samples, err, typed)
}

// ReportSample is POST /o/{outbreak}/cases/{case}/samples/{specimen}: its result, or a correction.
func (h *Handler) ReportSample(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	in, typed, err := record.ResultFrom(q.PathValue("specimen"), form)
	if err == nil {
		err = h.ofPerson(q, in.Specimen, c)
	}
	if err == nil {
		_, err = h.s.Commands.ReportResult(q.Context(), q.By(), in)
	}
	return h.after(q, c, Samples, err, typed)
}

// ofPerson refuses a specimen of somebody else.
func (h *Handler) ofPerson(q *site.Request, id lab.SpecimenID, c noun.Case) error {
	return q.View(func(r *store.Reader) error {
		s, err := r.Specimen(id)
		if err == nil && (s.Person != c.Person || s.Outbreak != q.Outbreak.ID) {
			err = fmt.Errorf("specimen %d: %w", id, store.ErrNotFound)
		}
		return err
	})
}

func (h *Handler) read(q *site.Request) (c noun.Case, err error) {
	err = q.View(func(r *store.Reader) error {
		c, err = caseOf(q, r)
		return err
	})
	return c, err
}

// after shows the tab again: as it is now, or with what is wrong in what was typed.
func (h *Handler) after(q *site.Request, c noun.Case, tab TabKey, err error, typed map[string]string) error {
	if err == nil {
		return q.Done(q.Path("cases", c.Code)+"?tab="+string(tab), "saved", 1)
	}
	var wrong *command.Invalid
	if !errors.As(err, &wrong) {
		return err
	}
	v, _, err := h.view(q, tab)
	if err != nil {
		return err
	}
	if v.Add == nil {
		return wrong
	}
	for i, f := range v.Add.Fields {
		if s, ok := typed[f.Name]; ok {
			v.Add.Fields[i].Value = s
		}
	}
	record.Mark(v.Add, wrong)
	return q.ShowStatus(http.StatusUnprocessableEntity, h.one, "cases", v)
}

// ref is a case and the version that the person saw, so that a bulk step finds out when somebody was quicker.
func ref(c noun.Case) string { return fmt.Sprintf("%d.%d", c.ID, c.Version) }

func parseRef(s string) (command.CaseRef, error) {
	id, version, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(id, 10, 64)
	v, err2 := strconv.ParseInt(version, 10, 64)
	if !ok || err != nil || err2 != nil {
		return command.CaseRef{}, &command.Invalid{Field: "id", Value: s, Reason: "is not a case and its version"}
	}
	return command.CaseRef{Case: noun.ID(n), Version: v}, nil
}

// bulkFields are the fields that can be changed for many cases at a time.
var bulkFields = []string{"area", "class", "found", "outcome", "outcome_on", "reported_at", "verified_at", "isolated_at", "hospital", "setting"}

// errEnough ends the reading of a list that is longer than a bulk step takes.
var errEnough = errors.New("enough")

// Bulk is POST /o/{outbreak}/cases/bulk: from the list it asks what to change; then it changes it, and says what became of each case. With all=1 every case of the
// list, as filtered in the address, is meant.
func (h *Handler) Bulk(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	ids := form["id"]
	if all := form.Get("ids"); all != "" {
		ids = strings.Split(all, ",")
	}
	refs := make([]command.CaseRef, 0, len(ids))
	for _, s := range ids {
		k, err := parseRef(s)
		if err != nil {
			return err
		}
		refs = append(refs, k)
	}
	values := q.URL.Query()
	f, err := filter(q, values)
	if err != nil {
		return err
	}
	v := BulkView{Count: len(refs), ListHref: q.Path("cases")}
	if enc := values.Encode(); enc != "" {
		v.ListHref += "?" + enc
	}
	field, own := form.Get("field"), strings.TrimSpace(form.Get("own"))
	if own != "" {
		field = "x." + strings.TrimPrefix(own, "x.")
	}
	if field == "" {
		err := q.View(func(r *store.Reader) error {
			t, err := r.CountCases(f)
			v.Total, v.More = t.N, t.More
			return err
		})
		if err != nil {
			return err
		}
		v.Form = bulkForm(q, values.Encode(), ids)
		return q.Show(h.all, "cases", v)
	}
	if form.Get("all") != "" {
		refs = refs[:0]
		err := q.View(func(r *store.Reader) error {
			return r.EachCaseOf(f, func(c noun.Case) error {
				if refs = append(refs, command.CaseRef{Case: c.ID, Version: c.Version}); len(refs) > command.MostInBulk {
					return errEnough
				}
				return nil
			})
		})
		if errors.Is(err, errEnough) {
			err = &command.Invalid{Field: "all", Reason: "are more than 10,000 cases; narrow the list"}
		}
		if err != nil {
			return err
		}
	}
	if len(refs) == 0 {
		return q.Done(v.ListHref, "none", 0)
	}
	// What was begun is finished, whether or not the person waits for the answer.
	out, err := h.s.Commands.CorrectCases(q.Detached(), q.By(), command.CorrectCases{Outbreak: q.Outbreak.ID, Cases: refs, Fields: map[string]string{field: form.Get("value")}, Reason: form.Get("reason")})
	if err != nil {
		return err
	}
	v.Done, v.Count = true, len(out)
	for _, o := range out {
		switch {
		case o.Err != nil:
			v.Refused = append(v.Refused, Refused{Code: o.Code, Href: q.Path("cases", o.Code), Reason: o.Err.Error()})
		case o.Changed:
			v.Changed++
		default:
			v.Same++
		}
	}
	return q.Show(h.all, "cases", v)
}

func bulkForm(q *site.Request, query string, ids []string) ui.Form {
	f := ui.Form{ID: "bulk", Action: q.Path("cases", "bulk"), Submit: i18n.M("bulk.change"), Cancel: q.Path("cases"), Hidden: map[string]string{"ids": strings.Join(ids, ",")}}
	if query != "" {
		f.Action += "?" + query
	}
	choice := ui.Field{Name: "field", Label: i18n.M("bulk.field"), Kind: ui.FieldSelect, Value: "area", Autofocus: true}
	for _, name := range bulkFields {
		choice.Options = append(choice.Options, ui.Option{Value: name, Label: record.FieldLabel(name)})
	}
	f.Fields = []ui.Field{choice, {Name: "own", Label: i18n.M("field.own_name"), Kind: ui.FieldText, Hint: i18n.M("bulk.own_hint")},
		{Name: "value", Label: i18n.M("bulk.value"), Kind: ui.FieldText, Hint: i18n.M("bulk.value_hint")},
		{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText}, {Name: "all", Label: i18n.M("bulk.all"), Kind: ui.FieldCheck}}
	return f
}
