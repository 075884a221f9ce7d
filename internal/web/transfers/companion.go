package transfers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// along offers to note that an adult goes along with a child of the party, or does not after all: one of the household or, where none of it can, somebody whom its family has chosen.
func (h *Handler) along(q *site.Request, r *store.Reader, list []transfer.Request, v *RequestView) error {
	h.stays(q, list, v)
	for i := range list {
		x := &list[i]
		child, err := transferplan.IsChild(r, q.Outbreak, x, q.Now)
		if err != nil {
			return err
		}
		if !child || x.State.Over() || x.State == transfer.Aboard {
			continue
		}
		adults, err := transferplan.Adults(r, q.Outbreak, x, q.Now)
		if err != nil {
			return err
		}
		options := []ui.Option{}
		for _, a := range adults {
			if a.Not != "" {
				continue
			}
			sex := i18n.M("transfer.adult_word")
			switch a.Sex {
			case person.Female:
				sex = i18n.M("transfer.adult_female")
			case person.Male:
				sex = i18n.M("transfer.adult_male")
			default:
			}
			label := i18n.M("transfer.adult_of", "sex", sex, "age", int(a.Age))
			if a.Age == person.AgeUnknown {
				label = i18n.M("transfer.adult", "sex", sex)
			}
			options = append(options, ui.Option{Value: strconv.FormatInt(int64(a.Person), 10), Label: label})
		}
		if len(options) == 0 {
			v.None = v.Alone
		}
		if !q.Sees(auth.TransferWrite, x.Area) || len(options) == 0 && !v.Alone {
			continue
		}
		agreed := ui.Field{Name: "agreed", Label: i18n.M("transfer.agreed"), Kind: ui.FieldCheck, Hint: i18n.M("transfer.agreed_hint")}
		var fields []ui.Field
		if len(options) > 0 {
			fields = []ui.Field{{Name: "person", Label: i18n.M("transfer.who_goes"), Kind: ui.FieldSelect, Value: options[0].Value, Options: options}, agreed}
		} else {
			fields = []ui.Field{
				{Name: "document", Label: i18n.M("transfer.chosen_document"), Kind: ui.FieldText, Required: true, Autocomplete: "off", Hint: i18n.M("transfer.chosen_hint")},
				{Name: "name", Label: i18n.M("transfer.chosen_name"), Kind: ui.FieldText, Required: true, Autocomplete: "off"},
				{Name: "chosen_by", Label: i18n.M("transfer.chosen_by"), Kind: ui.FieldText, Required: true, Autocomplete: "off", Hint: i18n.M("transfer.chosen_by_hint")}, agreed}
		}
		v.Along = &ui.Form{ID: "along", Action: v.Href + "/companions", Submit: i18n.M("transfer.goes_along"), Fields: fields}
		v.child = x.ID
		return nil
	}
	return nil
}

// Along is POST /o/{outbreak}/transfers/{transfer}/companions: an adult goes along with the child.
func (h *Handler) Along(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.requestView(q)
	if err != nil {
		return err
	}
	if v.Along == nil {
		return &command.Invalid{Field: "transfer", Value: q.PathValue("transfer"), Reason: "is not of a child whom an adult can go along with"}
	}
	in := command.Accompany{Transfer: v.child, Document: form.Get("document"), Name: form.Get("name"), Agreed: form.Get("agreed") != "", ChosenBy: form.Get("chosen_by")}
	if form.Has("person") {
		var who int64
		who, err = number("person", form.Get("person"))
		in.Person = person.ID(who)
	}
	if err == nil {
		_, err = h.s.Commands.Accompany(q.Context(), q.By(), in)
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) {
		for i := range v.Along.Fields {
			f := &v.Along.Fields[i]
			if f.Kind == ui.FieldText {
				f.Value = form.Get(f.Name)
			}
			if f.Name == wrong.Field {
				f.Error = i18n.M("form.invalid", "reason", wrong.Reason)
			}
		}
		if slices.ContainsFunc(v.Along.Fields, func(f ui.Field) bool { return f.Name == wrong.Field }) {
			return q.ShowStatus(http.StatusUnprocessableEntity, h.one, "transfers", v)
		}
	}
	if err != nil {
		return err
	}
	return q.Done(v.Href, "saved", 1)
}

// stays offers to note that an adult of the party does not go along after all.
func (h *Handler) stays(q *site.Request, list []transfer.Request, v *RequestView) {
	options := []ui.Option{}
	for i := range list {
		x := &list[i]
		if x.Companion && !x.State.Over() && x.State != transfer.Aboard && q.Sees(auth.TransferWrite, x.Area) {
			options = append(options, ui.Option{Value: strconv.FormatInt(int64(x.ID), 10), Label: i18n.M("transfer.companion_n", "code", v.Who[i].Code, "n", len(options)+1)})
		}
	}
	if len(options) == 0 {
		return
	}
	reason := ui.Field{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldText, Required: true, Autocomplete: "off", Hint: i18n.M("transfer.stays_hint")}
	v.Stays = &ui.Form{ID: "stays", Action: v.Href + "/companions/cancel", Submit: i18n.M("transfer.stays_submit"), Fields: []ui.Field{{Name: "transfer", Label: i18n.M("transfer.who_stays"), Kind: ui.FieldSelect, Value: options[0].Value, Options: options}, reason}}
}

// StaysBehind is POST /o/{outbreak}/transfers/{transfer}/companions/cancel: an adult of the party does not go along after all; whoever they went with is still moved.
func (h *Handler) StaysBehind(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.requestView(q)
	if err != nil {
		return err
	}
	if v.Stays == nil || !slices.ContainsFunc(v.Stays.Fields[0].Options, func(o ui.Option) bool { return o.Value == form.Get("transfer") }) {
		return &command.Invalid{Field: "transfer", Value: form.Get("transfer"), Reason: "is not of somebody who goes along here"}
	}
	id, err := number("transfer", form.Get("transfer"))
	if err == nil {
		_, err = h.s.Commands.CancelTransfer(q.Context(), q.By(), transfer.RequestID(id), 0, form.Get("reason"))
	}
	var wrong *command.Invalid
	if errors.As(err, &wrong) && wrong.Field == "reason" {
		v.Stays.Fields[1].Value, v.Stays.Fields[1].Error = form.Get("reason"), i18n.M("form.invalid", "reason", wrong.Reason)
		return q.ShowStatus(http.StatusUnprocessableEntity, h.one, "transfers", v)
	}
	if err != nil {
		return h.failed(q, err)
	}
	return q.Done(q.Path("transfers"), "saved", 1)
}
