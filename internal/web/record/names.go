package record

import (
	"errors"
	"net/url"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Names is the closed panel before what identifies a person: for what purpose and why the reader needs it. href is the page of the record.
func Names(q *site.Request, area place.AreaID, href string) ui.Names {
	if q.Site.Commands.Identities() == nil || !q.Sees(auth.NameRead, area) {
		return ui.Names{}
	}
	f := namesForm(q, href+"/names")
	return ui.Names{Ask: &f}
}

func namesForm(q *site.Request, action string) ui.Form {
	return whyForm(q, action, auth.NameRead)
}

// whyForm asks for what purpose and why somebody has to read what is sealed; right is what they need for it.
func whyForm(q *site.Request, action string, right auth.Action) ui.Form {
	f := ui.Form{ID: "names", Action: action, Submit: i18n.M("names.show"), Fields: []ui.Field{
		{Name: "purpose", Label: i18n.M("names.purpose"), Kind: ui.FieldSelect, Value: string(q.Purpose(right)), Required: true},
		{Name: "reason", Label: i18n.M("names.reason"), Kind: ui.FieldText, Required: true, Hint: i18n.M("names.reason_hint"), Autocomplete: "off"},
	}}
	for _, p := range auth.PurposesFor(q.Actor, right, q.Now) {
		f.Fields[0].Options = append(f.Fields[0].Options, ui.Option{Value: string(p), Text: p.Title(auth.Lang(q.Lang()))})
	}
	return f
}

// AskNames is the closed panel for all the people of a page at once.
func AskNames(q *site.Request, action string) *ui.Form {
	if q.Site.Commands.Identities() == nil || !auth.MayAnywhere(q.Actor, auth.NameRead, q.Purpose(auth.NameRead), q.Now) {
		return nil
	}
	f := namesForm(q, action)
	return &f
}

// ReadNames opens what identifies people, for the purpose and the reason that were typed. What is wrong with those is said in the form that
// comes back; then nothing was read.
func ReadNames(q *site.Request, form url.Values, action string, about ...task.Subject) ([]ui.Identity, *ui.Form, error) {
	return readNames(q, form, action, []vault.Field{vault.FieldName, vault.FieldDocument, vault.FieldPhone}, about)
}

// ReadVisits is ReadNames for whoever goes to people's doors: the door in place of the document.
func ReadVisits(q *site.Request, form url.Values, action string, about ...task.Subject) ([]ui.Identity, *ui.Form, error) {
	return readNames(q, form, action, []vault.Field{vault.FieldName, vault.FieldPhone, vault.FieldDoor}, about)
}

func readNames(q *site.Request, form url.Values, action string, fields []vault.Field, about []task.Subject) ([]ui.Identity, *ui.Form, error) {
	in := store.NameRequest{By: q.Actor, Purpose: auth.Purpose(form.Get("purpose")), Reason: strings.TrimSpace(form.Get("reason")), About: about, Fields: fields}
	f := namesForm(q, action)
	f.Fields[0].Value, f.Fields[1].Value = string(in.Purpose), in.Reason
	if in.Reason == "" {
		f.Fields[1].Error = i18n.M("names.no_reason")
		return nil, &f, nil
	}
	ids := q.Site.Commands.Identities()
	if ids == nil {
		f.Error = i18n.M("names.no_vault")
		return nil, &f, nil
	}
	list, err := ids.Read(q.Context(), in)
	var refused *store.NameRefused
	switch {
	case errors.Is(err, store.ErrNameRequest):
		f.Error = i18n.M("names.no_reason")
		return nil, &f, nil
	case errors.As(err, &refused):
		return nil, nil, &command.Forbidden{Action: auth.NameRead, Decision: refused.Decision}
	case err != nil:
		return nil, nil, err
	}
	if q.ChosenPurpose() != string(in.Purpose) {
		q.ChoosePurpose(in.Purpose) // it is what the next form offers first
	}
	out := make([]ui.Identity, len(list))
	for i, x := range list {
		out[i] = ui.Identity{Name: x.Name.Reveal(), Document: x.Document.Reveal(), Phone: x.Number.Reveal(), Door: x.Door.Reveal()}
	}
	return out, nil, nil
}

// ReadDoors opens the doors, names and telephones of people who are due in a round of testing, by their numbers, for the purpose and the reason that were typed. What is
// wrong with those is said in the form that comes back; then nothing was read.
func ReadDoors(q *site.Request, form url.Values, action string, round screening.RoundID, numbers []person.Number) ([]store.Door, *ui.Form, error) {
	in := store.DoorRequest{By: q.Actor, Purpose: auth.Purpose(form.Get("purpose")), Reason: strings.TrimSpace(form.Get("reason")), Round: round, Numbers: numbers}
	f := namesForm(q, action)
	f.Fields[0].Value, f.Fields[1].Value = string(in.Purpose), in.Reason
	if in.Reason == "" {
		f.Fields[1].Error = i18n.M("names.no_reason")
		return nil, &f, nil
	}
	list, err := q.Site.Commands.Identities().Doors(q.Context(), in)
	var refused *store.NameRefused
	switch {
	case errors.Is(err, store.ErrNameRequest):
		f.Error = i18n.M("names.no_reason")
		return nil, &f, nil
	case errors.As(err, &refused):
		return nil, nil, &command.Forbidden{Action: auth.NameRead, Decision: refused.Decision}
	case err != nil:
		return nil, nil, err
	}
	if q.ChosenPurpose() != string(in.Purpose) {
		q.ChoosePurpose(in.Purpose)
	}
	return list, nil, nil
}

// AskWords is the closed panel before what people wrote in their appeals.
func AskWords(q *site.Request, action string) *ui.Form {
	if q.Site.Commands.Identities() == nil || !auth.MayAnywhere(q.Actor, auth.AppealAnswer, q.Purpose(auth.AppealAnswer), q.Now) {
		return nil
	}
	f := whyForm(q, action, auth.AppealAnswer)
	return &f
}

// ReadWords opens what people wrote in appeals that the reader may answer, for the purpose and the reason that were typed. What is wrong with those is said in the form that comes back; then
// nothing was read.
func ReadWords(q *site.Request, form url.Values, action string, appeals []screening.AppealID) (map[screening.AppealID]vault.Secret, *ui.Form, error) {
	in := store.AppealWordsRequest{By: q.Actor, Purpose: auth.Purpose(form.Get("purpose")), Reason: strings.TrimSpace(form.Get("reason")), Appeals: appeals}
	f := whyForm(q, action, auth.AppealAnswer)
	f.Fields[0].Value, f.Fields[1].Value = string(in.Purpose), in.Reason
	if in.Reason == "" {
		f.Fields[1].Error = i18n.M("names.no_reason")
		return nil, &f, nil
	}
	ids := q.Site.Commands.Identities()
	if ids == nil {
		f.Error = i18n.M("names.no_vault")
		return nil, &f, nil
	}
	words, err := ids.AppealWords(q.Context(), in)
	var refused *store.NameRefused
	switch {
	case errors.Is(err, store.ErrNameRequest):
		f.Error = i18n.M("names.no_reason")
		return nil, &f, nil
	case errors.As(err, &refused):
		return nil, nil, &command.Forbidden{Action: auth.AppealAnswer, Decision: refused.Decision}
	case err == nil && q.ChosenPurpose() != string(in.Purpose):
		q.ChoosePurpose(in.Purpose)
	}
	return words, nil, err
}

// OpenNames is the panel of one record after the reader said why: open, or closed with what was wrong. href is the page of the record; write is the
// right that correcting needs.
func OpenNames(q *site.Request, form url.Values, href string, write auth.Action, area place.AreaID, of task.Subject) (ui.Names, error) {
	list, bad, err := ReadNames(q, form, href+"/names", of)
	if err != nil || bad != nil {
		return ui.Names{Ask: bad}, err
	}
	n := ui.Names{Read: &list[0]}
	if q.Sees(write, area) {
		n.Correct = &ui.Form{ID: "identity", Action: href + "/identity", Submit: i18n.M("action.save"), Fields: IdentityFields(list[0])}
	}
	return n, nil
}

// IdentityFields are the inputs for what only the vault keeps.
func IdentityFields(has ui.Identity) []ui.Field {
	return []ui.Field{
		{Name: "name", Label: i18n.M("names.name"), Kind: ui.FieldText, Value: has.Name, Autocomplete: "off"},
		{Name: "document", Label: i18n.M("names.document"), Kind: ui.FieldText, Value: has.Document, Autocomplete: "off", Hint: i18n.M("names.document_hint")},
		{Name: "phone", Label: i18n.M("names.phone"), Kind: ui.FieldText, Value: has.Phone, Autocomplete: "off"},
	}
}

// IdentityFrom reads what was typed into them.
func IdentityFrom(form url.Values) command.IdentityFields {
	return command.IdentityFields{Name: form.Get("name"), Document: form.Get("document"), Phone: form.Get("phone")}
}
