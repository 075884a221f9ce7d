package contacts

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// exposures is whom the contact met, with the forms to add one and to take one back.
func (h *Handler) exposures(q *site.Request, r *store.Reader, c contact.Contact, v *OneView) error {
	href := q.Path("contacts", c.Code)
	list, err := r.Exposures(c.ID)
	if err != nil {
		return err
	}
	t := ui.Listing{Path: href}.Table("exposures", i18n.M("exposures.title"),
		ui.Column{Key: "met", Label: i18n.M("exposures.met")}, ui.Column{Key: "tier", Label: i18n.M("col.tier")}, ui.Column{Key: "first", Label: i18n.M("exposures.first")},
		ui.Column{Key: "last", Label: i18n.M("col.last_exposure")}, ui.Column{Key: "certainty", Label: i18n.M("exposures.certainty")}, ui.Column{Key: "setting", Label: i18n.M("col.setting")},
		ui.Column{Key: "by", Label: i18n.M("exposures.said_by")}, ui.Column{Key: "ended", Label: i18n.M("exposures.ended")})
	t.Empty = ui.Empty{Title: i18n.M("exposures.none")}
	var stand []ui.Option
	for _, e := range list {
		code, met, err := h.met(q, r, e)
		if err != nil {
			return err
		}
		certainty, ended := ui.Text(""), ui.Text("")
		if e.Certainty != cases.CertaintyUnknown {
			certainty = ui.Enum("certainty", string(e.Certainty))
		}
		if e.Stands() {
			stand = append(stand, ui.Option{Value: fmt.Sprintf("%d.%d", e.ID, e.Version), Text: strings.TrimSpace(code + " " + e.Last.String())})
		} else {
			ended = ui.Text(e.EndReason)
		}
		t.Rows = append(t.Rows, ui.Row{ID: strconv.FormatInt(int64(e.ID), 10), Label: code, Cells: []ui.Cell{met, ui.Enum("tier", string(e.Tier)), ui.Day(e.First.String()), ui.Day(e.Last.String()),
			certainty, ui.Text(e.Setting), ui.Text(happened.Who(q, e.SaidBy)), ended}})
	}
	v.Exposures = t
	if !q.Sees(auth.ContactWrite, c.Area) {
		return nil
	}
	today := day.In(q.Now, q.Zone).String()
	v.Expose = &ui.Form{ID: "expose", Action: href + "/exposures", Submit: i18n.M("exposures.add"), Fields: []ui.Field{
		{Name: "case", Label: i18n.M("exposures.met"), Kind: ui.FieldText, Required: true, Hint: i18n.M("exposures.met_hint"), Autocomplete: "off"},
		{Name: "first", Label: i18n.M("exposures.first"), Kind: ui.FieldDate, Max: today},
		{Name: "last", Label: i18n.M("col.last_exposure"), Kind: ui.FieldDate, Required: true, Max: today},
		{Name: "tier", Label: i18n.M("col.tier"), Kind: ui.FieldSelect, Value: "close", Options: ui.Choices("tier", Tiers()...)[1:]},
		{Name: "certainty", Label: i18n.M("exposures.certainty"), Kind: ui.FieldSelect, Options: certainties()},
		{Name: "setting", Label: i18n.M("col.setting"), Kind: ui.FieldText},
		{Name: "said_by", Label: i18n.M("exposures.said_by"), Kind: ui.FieldText},
	}}
	if len(stand) > 0 {
		v.Unexpose = &ui.Form{ID: "unexpose", Action: href + "/exposures/end", Submit: i18n.M("exposures.end"), Danger: true, Fields: []ui.Field{
			{Name: "exposure", Label: i18n.M("exposures.met"), Kind: ui.FieldSelect, Value: stand[0].Value, Options: stand},
			{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true},
		}}
	}
	return nil
}

func certainties() []ui.Option {
	return append([]ui.Option{{Label: i18n.M("form.unknown")}}, ui.Choices("certainty", "possible", "probable", "confirmed")[1:]...)
}

// met is the one whom a contact met, as far as the reader may know.
func (h *Handler) met(q *site.Request, r *store.Reader, e contact.Exposure) (string, ui.Cell, error) {
	switch {
	case e.Case != 0:
		k, err := r.Case(e.Case)
		if err != nil || !q.Sees(auth.CaseRead, k.Area) {
			return "", ui.Text(""), err
		}
		return k.Code, ui.Link(k.Code, q.Path("cases", k.Code)), nil
	case e.Parent != 0:
		k, err := r.Contact(e.Parent)
		if err != nil || !q.Sees(auth.ContactRead, k.Area) {
			return "", ui.Text(""), err
		}
		return k.Code, ui.Link(k.Code, q.Path("contacts", k.Code)), nil
	}
	return e.SourceCode, ui.Text(e.SourceCode + " ?"), nil
}

// source finds the case, or the contact, of a code that a person typed.
func source(q *site.Request, code string, in *command.AddExposure) error {
	return q.View(func(r *store.Reader) error {
		k, err := r.CaseByCode(q.Outbreak.ID, code)
		if err == nil && q.Sees(auth.CaseRead, k.Area) {
			in.Case = k.GoesOn()
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		found, err := r.ContactsByCodes(q.Outbreak.ID, []string{code})
		if err != nil {
			return err
		}
		if p, ok := found[code]; ok && q.Sees(auth.ContactRead, p.Area) {
			in.Parent = p.GoesOn()
			return nil
		}
		return &command.Invalid{Field: "case", Value: code, Reason: "is the code of no case and no contact here"}
	})
}

// AddExposure is POST /o/{outbreak}/contacts/{contact}/exposures.
func (h *Handler) AddExposure(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	in := command.AddExposure{Contact: c.ID, First: form.Get("first"), Last: form.Get("last"), Tier: form.Get("tier"), Certainty: form.Get("certainty"), Setting: form.Get("setting"), SaidBy: form.Get("said_by")}
	if err = source(q, strings.TrimSpace(form.Get("case")), &in); err == nil {
		_, err = h.s.Commands.AddExposure(q.Context(), q.By(), in)
	}
	return h.after(q, err, func(v *OneView) *ui.Form { return v.Expose }, form)
}

// EndExposure is POST /o/{outbreak}/contacts/{contact}/exposures/end.
func (h *Handler) EndExposure(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	c, err := h.read(q)
	if err != nil {
		return err
	}
	in, err := exposureFrom(form)
	if err == nil {
		err = q.View(func(r *store.Reader) error {
			e, err := r.Exposure(in.Exposure)
			if err == nil && e.Contact != c.ID {
				err = fmt.Errorf("exposure %d: %w", in.Exposure, store.ErrNotFound)
			}
			return err
		})
	}
	if err == nil {
		_, err = h.s.Commands.EndExposure(q.Context(), q.By(), in)
	}
	return h.after(q, err, func(v *OneView) *ui.Form { return v.Unexpose }, form)
}

func exposureFrom(form url.Values) (in command.EndExposure, err error) {
	in.Reason = form.Get("reason")
	id, version, _ := strings.Cut(form.Get("exposure"), ".")
	n, errID := strconv.ParseInt(id, 10, 64)
	in.Exposure = contact.ExposureID(n)
	if in.Version, err = strconv.ParseInt(version, 10, 64); err != nil || errID != nil {
		return in, &command.Invalid{Field: "exposure", Value: form.Get("exposure"), Reason: "is no exposure of this contact"}
	}
	return in, nil
}
