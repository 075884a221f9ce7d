package rounds

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// taken says what became of a tube that was set aside.
func taken(t store.AsideTube) ui.Cell {
	if t.Tube != 0 {
		return ui.Words(i18n.M("aside.taken"))
	}
	return ui.Words(i18n.M("aside.discarded"))
}

// typedInstant is how a field of a form holds an instant.
const typedInstant = "2006-01-02T15:04"

// asideView reads a tube that was set aside, with the form by which it is taken. form is what was typed; nil before.
func (h *Handler) asideView(q *site.Request, form url.Values) (v TubesView, t store.AsideTube, tube screening.Tube, err error) {
	r, err := h.one(q)
	if err != nil {
		return v, t, tube, err
	}
	id, err := q.Number("tube")
	if err != nil {
		return v, t, tube, err
	}
	t, tube, err = h.s.Commands.Aside(q.Context(), q.By(), id)
	var unreadable *command.Invalid
	if err != nil && !errors.As(err, &unreadable) {
		return v, t, tube, err
	}
	if t.Round != r.ID || !t.SettledAt.IsZero() {
		return v, t, tube, fmt.Errorf("tube %d set aside: %w", id, store.ErrNotFound)
	}
	v = TubesView{Head: h.head(q, r, "aside")}
	v.Settle = &ui.Form{ID: "settle", Action: href(q, r, "aside"), Submit: i18n.M("aside.discard"), Hidden: map[string]string{"tube": strconv.FormatInt(t.ID, 10)}, Fields: []ui.Field{
		{Name: "note", Label: i18n.M("tube.note"), Kind: ui.FieldText, Required: true, Hint: i18n.M("tube.note_hint"), Autocomplete: "off"}}}
	if unreadable != nil {
		return v, t, tube, nil
	}
	return v, t, tube, h.asideForm(q, r, t, tube, form, &v)
}

// asideForm fills in who is in the tube, and what may be corrected.
func (h *Handler) asideForm(q *site.Request, r screening.Round, t store.AsideTube, tube screening.Tube, form url.Values, v *TubesView) error {
	if form == nil {
		form = url.Values{"code": {tube.Code}, "closed_at": {tube.ClosedAt.In(q.Zone).Format(typedInstant)}}
	}
	f := &ui.Form{ID: "accept", Action: href(q, r, "aside", strconv.FormatInt(t.ID, 10)), Submit: i18n.M("aside.accept"), Fields: []ui.Field{
		{Name: "code", Label: i18n.M("aside.label"), Kind: ui.FieldText, Value: form.Get("code"), Required: true, Autocomplete: "off", Hint: i18n.M("aside.label_hint")},
		{Name: "closed_at", Label: i18n.M("tube.closed"), Kind: ui.FieldInstant, Value: form.Get("closed_at"), Hint: i18n.M("aside.closed_hint")}}}
	table := ui.Listing{Path: f.Action}.Table("members", i18n.M("aside.members", "tube", t.Code, "why", i18n.M("refusal."+string(t.Reason))), ui.Column{Key: "n", Label: i18n.M("aside.place"), Numeric: true}, ui.Column{Key: "who", Label: i18n.M("round.person")}, ui.Column{Key: "at", Label: i18n.M("aside.swabbed")})
	err := q.View(func(rd *store.Reader) error {
		code, err := happened.PersonCodes(q, rd)
		if err != nil {
			return err
		}
		for i, m := range tube.Members {
			who := ui.Words(i18n.M("aside.by_document"))
			switch {
			case m.Person != 0:
				who = ui.Code(code(m.Person), "")
			case m.Unknown != "":
				who = ui.Words(i18n.M("aside.nobody", "code", m.Unknown))
				name := "person_" + strconv.Itoa(i)
				f.Fields = append(f.Fields, ui.Field{Name: name, Label: i18n.M("aside.who", "n", i+1, "code", m.Unknown), Kind: ui.FieldText, Value: form.Get(name), Autocomplete: "off", Hint: i18n.M("aside.who_hint")})
			}
			n := strconv.Itoa(i + 1)
			table.Rows = append(table.Rows, ui.Row{ID: n, Label: n, Cells: []ui.Cell{ui.Number(int64(i + 1)), who, ui.At(m.At)}})
		}
		return nil
	})
	f.Fields = append(f.Fields, ui.Field{Name: "note", Label: i18n.M("aside.note"), Kind: ui.FieldText, Value: form.Get("note"), Required: true, Autocomplete: "off", Hint: i18n.M("aside.note_hint")})
	v.Tables, v.Accept = []ui.Table{table}, f
	return err
}

// AsideTube is GET /o/{outbreak}/rounds/{round}/aside/{tube}.
func (h *Handler) AsideTube(q *site.Request) error {
	v, _, _, err := h.asideView(q, nil)
	if err != nil {
		return err
	}
	return q.Show(h.tubes, "screening", v)
}

// Accept is POST /o/{outbreak}/rounds/{round}/aside/{tube}: the tube is taken, corrected.
func (h *Handler) Accept(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, t, tube, err := h.asideView(q, form)
	if err != nil {
		return err
	}
	in := command.AcceptAside{Tube: t.ID, Code: form.Get("code"), Note: form.Get("note"), People: map[int]string{}}
	// The field has no seconds: what was not changed is not moved by them.
	if text := form.Get("closed_at"); text != "" && text != tube.ClosedAt.In(q.Zone).Format(typedInstant) {
		if in.ClosedAt, err = time.ParseInLocation(typedInstant, text, q.Zone); err != nil {
			return &command.Invalid{Field: "closed_at", Value: text, Reason: "is no instant"}
		}
	}
	for i, m := range tube.Members {
		if m.Unknown != "" {
			in.People[i] = form.Get("person_" + strconv.Itoa(i))
		}
	}
	_, err = h.s.Commands.AcceptAside(q.Context(), q.By(), in)
	var wrong *command.Invalid
	var conflict *store.Conflict
	list := q.Path("rounds", q.PathValue("round"), "aside")
	switch {
	case errors.As(err, &wrong) && v.Accept != nil:
		if place, ok := strings.CutPrefix(wrong.Field, "people["); ok {
			wrong = &command.Invalid{Field: "person_" + strings.TrimSuffix(place, "]"), Value: wrong.Value, Reason: wrong.Reason}
		}
		record.Mark(v.Accept, wrong)
		return q.ShowStatus(http.StatusUnprocessableEntity, h.tubes, "screening", v)
	case errors.As(err, &conflict):
		return q.Done(list, "none", 0)
	case err != nil:
		return err
	}
	return q.Done(list, "taken", 1)
}
