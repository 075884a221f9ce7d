package rounds

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Account is GET /o/{outbreak}/rounds/{round}/account: what became of everybody who was due and of every tube; at the end of a round it is signed.
func (h *Handler) Account(q *site.Request) error {
	v, _, err := h.accountView(q)
	if err != nil {
		return err
	}
	return q.Show(h.accountPage, "screening", v)
}

func (h *Handler) accountView(q *site.Request) (v AccountView, r screening.Round, err error) {
	err = q.View(func(rd *store.Reader) error {
		if r, err = h.read(q, rd); err != nil {
			return err
		}
		v = AccountView{Head: h.head(q, r, "account"), Partial: !whole(q, r)}
		if v.Partial || !r.State.Takes() {
			return nil
		}
		signed, ok, err := rd.Signature(r.ID)
		if err != nil {
			return err
		}
		if v.Account.Tubes, err = rd.TubeTally(r.ID); err != nil {
			return err
		}
		if ok {
			v.Signed = &Signed{Signer: signed.Signer, By: happened.Who(q, signed.SignedBy), At: signed.SignedAt, Note: signed.Note, Digest: signed.Digest}
			now := v.Account.Tubes
			if err := json.Unmarshal([]byte(signed.Counts), &v.Account); err != nil {
				return fmt.Errorf("read the account of round %d: %w", r.Number, err)
			}
			v.Changed = now != v.Account.Tubes
			return nil
		}
		return h.people(q, r, &v)
	})
	if err != nil {
		return v, r, err
	}
	v.Lines, v.Open = lines(q, r, v.Account), ends(q, r, v.Account)
	switch {
	case v.Partial || v.Signed != nil || v.Loading || v.Unkept:
	case r.State != screening.Closed:
		v.Why = i18n.M("account.not_closed")
	case h.writes(q, r):
		v.Ready = true
		text, err := json.Marshal(v.Account)
		if err != nil {
			return v, r, fmt.Errorf("write the account of round %d: %w", r.Number, err)
		}
		v.Sign = &ui.Form{ID: "sign", Action: href(q, r, "account"), Submit: i18n.M("account.sign"), Version: strconv.FormatInt(r.Version, 10), Hidden: map[string]string{"account": string(text)}, Fields: []ui.Field{
			{Name: "signer", Label: i18n.M("account.signer"), Kind: ui.FieldText, Required: true, Hint: i18n.M("account.signer_hint"), Autocomplete: "name"},
			{Name: "note", Label: i18n.M("account.note"), Kind: ui.FieldArea, Required: len(v.Open) > 0, Hint: i18n.M("account.note_hint")}}}
	}
	return v, r, nil
}

// people fills in what the turnout knows of a round.
func (h *Handler) people(q *site.Request, r screening.Round, v *AccountView) error {
	if h.s.Turnout == nil {
		v.Unkept = true
		return nil
	}
	n, err := h.s.Turnout.Count(r.ID, q.Tree, r.Areas...)
	switch {
	case errors.Is(err, turnout.ErrLoading):
		v.Loading = true
		return nil
	case errors.Is(err, turnout.ErrNotKept):
		v.Unkept = true
		return nil
	case err != nil:
		return err
	}
	v.Account.Due, v.Account.Sampled, v.Account.Exempt, v.Account.Refused, v.Account.Missing, v.Account.DeskOnly = n.Due, n.Sampled, n.Exempt, n.Refused, n.Missing, n.DeskOnly
	return nil
}

// lines are the sums of the account, each number with the list behind it.
func lines(q *site.Request, r screening.Round, a screening.Account) []Line {
	at := func(state string) string { return href(q, r, "tubes") + "?state=" + state }
	f := func(key string, n int64, href string) Figure { return Figure{i18n.M("account." + key), n, href} }
	t := a.Tubes
	standings := href(q, r, "standings") + "?standing="
	return []Line{
		{i18n.M("account.people"), f("due", a.Due, href(q, r)), []Figure{f("sampled", a.Sampled, href(q, r, "tubes")), f("exempt", a.Exempt, standings+"exempt"), f("refused", a.Refused, standings+"refused"), f("missing", a.Missing, href(q, r, "missing"))}},
		{i18n.M("account.packing"), f("registered", t.Registered, href(q, r, "tubes")), []Figure{f("packed", t.Packed, ""), f("unpacked", t.Registered-t.Packed, at("loose"))}},
		{i18n.M("account.transport"), f("registered", t.Registered, href(q, r, "tubes")), []Figure{f("received", t.Received, ""), f("moving", t.Moving, at("moving")), f("loose", t.Loose, at("loose")), f("never_came", t.NeverCame, at("failed"))}},
		{i18n.M("account.results"), f("received", t.Received, ""), []Figure{f("negative", t.Negative, at("resulted")), f("positive", t.Positive, at("positive")), f("failed", t.Failed, at("failed")), f("waiting", t.Waiting, at("waiting"))}},
	}
}

// ends are what the account does not explain, each with the list behind it.
func ends(q *site.Request, r screening.Round, a screening.Account) []LooseEnd {
	to := map[string]string{"missing": href(q, r, "missing"), "aside": href(q, r, "aside")}
	for _, state := range []string{"loose", "moving", "waiting", "failed"} {
		to[state] = href(q, r, "tubes") + "?state=" + state
	}
	to["never_came"] = to["failed"]
	var out []LooseEnd
	for _, e := range a.LooseEnds() {
		out = append(out, LooseEnd{i18n.M("account.end."+e.Kind, "n", e.N), to[e.Kind]})
	}
	return out
}

// Sign is POST /o/{outbreak}/rounds/{round}/account.
func (h *Handler) Sign(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, r, err := h.accountView(q)
	if err != nil {
		return err
	}
	if v.Sign == nil {
		return q.Done(href(q, r, "account"), "none", 0)
	}
	var seen screening.Account
	if err := json.Unmarshal([]byte(form.Get("account")), &seen); err != nil {
		return &command.Invalid{Field: "account", Reason: "cannot be read"}
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a version"}
	}
	v.Sign.Fields[0].Value, v.Sign.Fields[1].Value = form.Get("signer"), form.Get("note")
	if seen != v.Account {
		v.Sign.Error = i18n.M("account.overtaken")
		return q.ShowStatus(http.StatusConflict, h.accountPage, "screening", v)
	}
	_, err = h.s.Commands.SignRound(q.Context(), q.By(), command.SignRound{Round: r.ID, Version: version, Signer: form.Get("signer"), Note: form.Get("note"), Account: v.Account})
	var wrong *command.Invalid
	var conflict *store.Conflict
	switch {
	case errors.As(err, &wrong):
		for i := range v.Sign.Fields {
			if v.Sign.Fields[i].Name == wrong.Field {
				v.Sign.Fields[i].Error = i18n.M("account.wrong." + wrong.Field)
			}
		}
		if wrong.Field != "signer" && wrong.Field != "note" {
			v.Sign.Error = i18n.M("account.overtaken")
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.accountPage, "screening", v)
	case errors.As(err, &conflict):
		return q.Done(href(q, r, "account"), "none", 0)
	case err != nil:
		return err
	}
	return q.Done(href(q, r, "account"), "signed", 1)
}
