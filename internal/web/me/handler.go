package me

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/access"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/users"
)

// Handler answers for a person's own account.
type Handler struct {
	s    *site.Site
	page *ui.Page
}

// NewHandler parses the page.
func NewHandler(s *site.Site) (*Handler, error) {
	page, err := New(s.Kit)
	return &Handler{s, page}, err
}

const root = "/me"

// Show is GET /me.
func (h *Handler) Show(q *site.Request) error {
	v, err := h.view(q)
	if err != nil {
		return err
	}
	return q.Show(h.page, "me", v)
}

// errNoSession is for a program's token: it has no account page.
func errNoSession() error {
	return &account.Refused{Action: auth.UserAdmin, Decision: auth.Decision{Denial: auth.DeniedScope, Reason: "an API token has no account page; log in"}}
}

func (h *Handler) view(q *site.Request) (View, error) {
	u, known := access.VisitorFrom(q.Context())
	if !known || q.Actor.Token != nil {
		return View{}, errNoSession()
	}
	lang := auth.Lang(q.Lang())
	v := View{Login: u.Login, Title: u.Title, Area: q.AreaName(u.Area), First: u.OneTime, Issuer: u.Issuer}
	if u.HasPassword {
		v.Password = passwordForm(url.Values{})
	}
	v.Look = h.look(q, u)
	v.Purpose = purposeForm(q)
	for _, g := range u.Grants {
		if g.State != store.GrantInForce {
			continue
		}
		r := users.Role{Title: g.Role.Title(lang), Area: q.AreaName(g.Area), Until: g.Until, Ended: !g.Until.IsZero() && !q.Now.Before(g.Until)}
		for _, p := range auth.PurposesOf(g.Role) {
			r.Purposes = append(r.Purposes, p.Title(lang))
		}
		v.Roles = append(v.Roles, r)
	}
	sessions, err := h.s.Access.Accounts().OwnSessions(q.Context(), q.Actor)
	if err != nil {
		return v, err
	}
	here := h.s.Access.Session(q.Request)
	for _, s := range sessions {
		v.Sessions = append(v.Sessions, Session{ID: hex.EncodeToString(s.Hash[:]), Started: s.StartedAt, Seen: s.SeenAt, This: s.Hash == here, End: root + "/session"})
	}
	tokens, err := h.s.Access.Accounts().OwnTokens(q.Context(), q.Actor)
	if err != nil {
		return v, err
	}
	for _, t := range slices.Backward(tokens) {
		k := users.TokenOf(q, t)
		if t.RevokedAt.IsZero() && q.Now.Before(t.ExpiresAt) {
			k.End = root + "/token/end"
		}
		v.Tokens = append(v.Tokens, k)
	}
	for _, a := range auth.Actions() {
		if auth.MayAnywhere(q.Actor, a, "", q.Now) {
			v.Rights = append(v.Rights, Right{Key: string(a)})
		}
	}
	if len(v.Rights) > 0 {
		v.NewToken = tokenForm(q, url.Values{"until": {day.In(q.Now, q.Zone).Add(90).String()}})
	}
	return v, nil
}

func passwordForm(url.Values) *ui.Form {
	return &ui.Form{ID: "password", Action: root + "/password", Submit: i18n.M("me.change_password"), Fields: []ui.Field{
		{Name: "old", Label: i18n.M("me.old_password"), Kind: ui.FieldPassword, Required: true, Autocomplete: "current-password"},
		{Name: "password", Label: i18n.M("me.new_password"), Kind: ui.FieldPassword, Required: true, Autocomplete: "new-password", Hint: i18n.M("me.new_password_hint")},
		{Name: "again", Label: i18n.M("me.password_again"), Kind: ui.FieldPassword, Required: true, Autocomplete: "new-password"},
	}}
}

func (h *Handler) look(q *site.Request, u store.User) *ui.Form {
	theme := ui.Field{Name: "theme", Label: i18n.M("me.theme"), Kind: ui.FieldSelect, Value: u.Theme, Options: []ui.Option{{Value: "light", Label: i18n.M("me.theme.light")}, {Value: "dark", Label: i18n.M("me.theme.dark")}}}
	if u.Theme == "" {
		theme.Options = append([]ui.Option{{Label: i18n.M("me.theme.device")}}, theme.Options...)
	}
	lang := ui.Field{Name: "lang", Label: i18n.M("layout.language"), Kind: ui.FieldSelect, Value: string(q.Lang())}
	for _, l := range h.s.Kit.Bundle().Languages() {
		lang.Options = append(lang.Options, ui.Option{Value: string(l.Lang), Text: l.Name})
	}
	return &ui.Form{ID: "look", Action: "/preferences", Submit: i18n.M("action.save"), Hidden: map[string]string{"back": root}, Fields: []ui.Field{lang, theme}}
}

// purposeForm asks for what purpose the person works; nil for who has no choice.
func purposeForm(q *site.Request) *ui.Form {
	list := site.PurposesOf(q.Actor, q.Now)
	if len(list) < 2 {
		return nil
	}
	f := ui.Field{Name: "purpose", Label: i18n.M("names.purpose"), Kind: ui.FieldRadio, Value: q.ChosenPurpose(), Required: true}
	for _, p := range list {
		f.Options = append(f.Options, ui.Option{Value: string(p), Text: p.Title(auth.Lang(q.Lang()))})
	}
	if f.Value == "" {
		f.Value = string(list[0])
	}
	return &ui.Form{ID: "purpose", Action: root + "/purpose", Submit: i18n.M("action.save"), Fields: []ui.Field{f}}
}

func tokenForm(q *site.Request, v url.Values) *ui.Form {
	today := day.In(q.Now, q.Zone)
	return &ui.Form{ID: "new-token", Action: root + "/token", Submit: i18n.M("me.make_token"), Fields: []ui.Field{
		{Name: "label", Label: i18n.M("me.token_label"), Kind: ui.FieldText, Value: v.Get("label"), Required: true, Autocomplete: "off", Hint: i18n.M("me.token_label_hint")},
		{Name: "until", Label: i18n.M("me.token_until"), Kind: ui.FieldDate, Value: v.Get("until"), Required: true, Min: today.String(), Max: today.Add(399).String()},
	}}
}

// Password is POST /me/password. All sessions end with it: the person logs in again with the new one.
func (h *Handler) Password(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.view(q)
	if err != nil {
		return err
	}
	if v.Password == nil {
		return account.ErrSignsOnElsewhere
	}
	bad := func(field int, msg i18n.Msg) error {
		v.Password.Fields[field].Error = msg
		return q.ShowStatus(http.StatusUnprocessableEntity, h.page, "me", v)
	}
	switch {
	case form.Get("password") != form.Get("again"):
		return bad(2, i18n.M("me.wrong.again"))
	case form.Get("password") == form.Get("old"):
		return bad(1, i18n.M("me.wrong.same"))
	}
	err = h.s.Access.Accounts().ChangePassword(q.Detached(), q.Actor, form.Get("old"), form.Get("password"), h.s.Access.Address(q.Request))
	var field *account.FieldError
	var tooMany *auth.TooManyAttempts
	switch {
	case err == nil:
		h.s.Access.Ended(q.W)
		http.Redirect(q.W, q.Request, "/login?changed", http.StatusSeeOther)
		return nil
	case errors.Is(err, auth.ErrBadLogin):
		return bad(0, i18n.M("me.wrong.old"))
	case errors.As(err, &tooMany):
		v.Password.Error = i18n.M("login.wait", "wait", max(tooMany.Wait, time.Minute).Round(time.Minute))
		return q.ShowStatus(http.StatusTooManyRequests, h.page, "me", v)
	case errors.As(err, &field):
		return bad(1, users.Wrong(err))
	}
	return err
}

// Purpose is POST /me/purpose: what the person last said they work for. It is kept in the browser; each order and each name read is journalled with it.
func (h *Handler) Purpose(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	p := auth.Purpose(form.Get("purpose"))
	if !slices.Contains(site.PurposesOf(q.Actor, q.Now), p) {
		return &command.Invalid{Field: "purpose", Value: string(p), Reason: "is none of yours"}
	}
	q.ChoosePurpose(p)
	return q.Done(root, "saved", 1)
}

// EndSession is POST /me/session.
func (h *Handler) EndSession(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	b, err := hex.DecodeString(form.Get("session"))
	var hash auth.TokenHash
	if err != nil || copy(hash[:], b) != len(hash) || len(b) != len(hash) {
		return fmt.Errorf("session: %w", store.ErrNotFound)
	}
	if err := h.s.Access.Accounts().EndOwnSession(q.Context(), q.Actor, hash); err != nil {
		return err
	}
	if hash == h.s.Access.Session(q.Request) {
		h.s.Access.Ended(q.W)
		http.Redirect(q.W, q.Request, "/login?out", http.StatusSeeOther)
		return nil
	}
	return q.Done(root, "saved", 1)
}

// NewToken is POST /me/token: the token is shown this once.
func (h *Handler) NewToken(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, err := h.view(q)
	if err != nil {
		return err
	}
	if v.NewToken == nil {
		return &command.Forbidden{Action: "issue token", Decision: auth.Decision{Denial: auth.DeniedAction, Reason: "no role held may do anything"}}
	}
	v.NewToken = tokenForm(q, form)
	var scopes []auth.Action
	for i, r := range v.Rights {
		if slices.Contains(form["right"], r.Key) {
			v.Rights[i].Checked = true
			scopes = append(scopes, auth.Action(r.Key))
		}
	}
	bad := func(field int, msg i18n.Msg) error {
		if field < 0 {
			v.NewToken.Error = msg
		} else {
			v.NewToken.Fields[field].Error = msg
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.page, "me", v)
	}
	for _, r := range form["right"] {
		if !slices.Contains(scopes, auth.Action(r)) {
			return &command.Invalid{Field: "right", Value: r, Reason: "is not an action you may do"}
		}
	}
	until, err := day.Parse(form.Get("until"))
	switch {
	case len(form.Get("label")) == 0 || len(form.Get("label")) > 200:
		return bad(0, i18n.M("me.wrong.label"))
	case err != nil:
		return bad(1, i18n.M("me.wrong.until"))
	case len(scopes) == 0:
		return bad(-1, i18n.M("me.wrong.rights"))
	}
	end := until.Add(1).Start(q.Zone)
	if !q.Now.Before(end) || end.Sub(q.Now) > 400*24*time.Hour {
		return bad(1, i18n.M("me.wrong.until"))
	}
	secret, _, err := h.s.Access.Accounts().IssueToken(q.Detached(), q.Actor, form.Get("label"), scopes, end)
	if err != nil {
		return err
	}
	if v, err = h.view(q); err != nil {
		return err
	}
	v.Secret = secret.Reveal()
	return q.ShowStatus(http.StatusCreated, h.page, "me", v)
}

// EndToken is POST /me/token/end.
func (h *Handler) EndToken(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(form.Get("token"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "token", Value: form.Get("token"), Reason: "is not a number"}
	}
	own, err := h.s.Access.Accounts().OwnTokens(q.Context(), q.Actor)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(own, func(t auth.APIToken) bool { return int64(t.ID) == n }) {
		return fmt.Errorf("token %d: %w", n, store.ErrNotFound)
	}
	if err := h.s.Access.Accounts().EndToken(q.Context(), q.Actor, auth.TokenID(n)); err != nil {
		return err
	}
	return q.Done(root, "saved", 1)
}
