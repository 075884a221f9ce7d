package users

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

func idOf(q *site.Request) (auth.UserID, error) {
	n, err := q.Number("user")
	if err != nil {
		return 0, err
	}
	return auth.UserID(n), nil
}

// Show is GET /admin/users/{user}.
func (h *Handler) Show(q *site.Request) error {
	id, err := idOf(q)
	if err != nil {
		return err
	}
	v, _, err := h.view(q, id)
	if err != nil {
		return err
	}
	return q.Show(h.one, "users", v)
}

// view puts the page of an account together.
func (h *Handler) view(q *site.Request, id auth.UserID) (View, account.Details, error) {
	d, err := h.s.Access.Accounts().User(q.Context(), q.Actor, id)
	if err != nil {
		return View{}, d, err
	}
	own := id == q.Actor.UserID
	v := View{Login: d.Login, Title: d.Title, Area: q.AreaName(d.Area), State: stateOf(d.User), Created: d.CreatedAt, Issuer: d.Issuer, List: root, Own: own,
		Sessions: d.Sessions, Version: strconv.FormatInt(d.Version, 10)}
	for _, g := range d.Grants {
		v.Roles = append(v.Roles, h.role(q, d, g, own))
	}
	if !own {
		f := grantForm(q, id, url.Values{})
		v.Grant = &f
	}
	if d.MayChange {
		f := h.accountForm(q, d.User, url.Values{"title": {d.Title}, "area": {code(q, d.User)}})
		v.Account = &f
		if d.Sessions > 0 {
			v.EndSessions = href(id, "sessions")
		}
		switch {
		case d.Disabled:
			v.Enable = href(id, "enable")
		case !own:
			v.Disable = href(id, "disable")
		}
	}
	if d.MaySetPassword {
		v.NewPassword = href(id, "password")
	}
	for _, t := range d.Tokens {
		k := TokenOf(q, t)
		if t.RevokedAt.IsZero() && q.Now.Before(t.ExpiresAt) && d.MayChange {
			k.End = href(id, "token")
		}
		v.Tokens = append(v.Tokens, k)
	}
	v.Timeline = ui.Timeline{ID: "user-history", Label: i18n.M("case.tab.history")}
	for _, e := range d.History {
		v.Timeline.Events = append(v.Timeline.Events, ui.Event{At: e.RecordedAt, Kind: string(e.Kind), Who: e.Actor, Text: Change(q, e.Payload)})
	}
	return v, d, nil
}

// TokenOf shows an API token.
func TokenOf(q *site.Request, t auth.APIToken) Token {
	out := Token{ID: int64(t.ID), Label: t.Label, Expires: t.ExpiresAt, Ended: t.RevokedAt}
	for _, a := range t.Scopes {
		out.Rights = append(out.Rights, q.Words().Enum("right", string(a)))
	}
	return out
}

func code(q *site.Request, u store.User) string {
	j, _ := q.Tree.Get(u.Area)
	return j.Code
}

func (h *Handler) role(q *site.Request, d account.Details, g store.UserGrant, own bool) Role {
	lang := auth.Lang(q.Lang())
	r := Role{Title: g.Role.Title(lang), Area: q.AreaName(g.Area), Until: g.Until, Ended: !g.Until.IsZero() && !q.Now.Before(g.Until), Waits: g.State == store.GrantProposed, Provider: g.Source == store.FromClaims, RoleKey: string(g.Role)}
	for _, p := range auth.PurposesOf(g.Role) {
		r.Purposes = append(r.Purposes, p.Title(lang))
	}
	j, _ := q.Tree.Get(g.Area)
	r.AreaKey = j.Code
	if g.Source == store.FromAdministrator && q.Sees(auth.UserAdmin, g.Area) {
		r.Revoke = href(d.ID, "revoke")
		if r.Waits && !own && g.GivenBy != q.Actor.UserID {
			r.Confirm = href(d.ID, "confirm")
		}
	}
	if g.GivenBy != 0 {
		if by, err := h.s.Access.Accounts().Open(q.Context(), g.GivenBy); err == nil {
			r.By = by.Login
		}
	}
	return r
}

func grantForm(q *site.Request, id auth.UserID, v url.Values) ui.Form {
	return ui.Form{ID: "grant", Action: href(id, "grant"), Submit: i18n.M("user.grant_submit"), Fields: []ui.Field{
		roleField(q, v.Get("role")), area(q, "area", v.Get("area"), i18n.M("user.over")), untilField(v.Get("until")),
	}}
}

func (h *Handler) accountForm(q *site.Request, u store.User, v url.Values) ui.Form {
	return ui.Form{ID: "account", Action: href(u.ID), Submit: i18n.M("action.save"), Version: strconv.FormatInt(u.Version, 10), Hidden: map[string]string{"was_title": u.Title, "was_area": code(q, u)}, Fields: []ui.Field{
		{Name: "title", Label: i18n.M("user.title"), Kind: ui.FieldText, Value: v.Get("title"), Required: true, Autocomplete: "off"}, area(q, "area", v.Get("area"), i18n.M("user.area")),
	}}
}

// Save is POST /admin/users/{user}: title and area.
func (h *Handler) Save(q *site.Request) error {
	return h.step(q, func(id auth.UserID, form url.Values) error {
		at, err := areaOf(q, form.Get("area"))
		if err != nil {
			return err
		}
		version, err := version(form)
		if err != nil {
			return err
		}
		title := form.Get("title")
		_, err = h.s.Access.Accounts().ChangeUser(q.Context(), q.Actor, id, version, account.UserChange{Title: &title, Area: &at})
		return err
	}, func(v *View, d account.Details, form url.Values, err error) bool {
		var conflict *store.Conflict
		if v.Account == nil {
			return false
		}
		for i := range v.Account.Fields {
			v.Account.Fields[i].Value = form.Get(v.Account.Fields[i].Name)
		}
		if !errors.As(err, &conflict) {
			return mark(v.Account, err)
		}
		c := &ui.Conflict{At: q.Now, Reload: href(d.ID), Changes: []ui.Change{
			{Label: i18n.M("user.title"), Was: form.Get("was_title"), Theirs: d.Title, Yours: form.Get("title")},
			{Label: i18n.M("user.area"), Was: form.Get("was_area"), Theirs: code(q, d.User), Yours: form.Get("area")},
		}}
		if len(d.History) > 0 {
			c.Who, c.At = d.History[0].Actor, d.History[0].RecordedAt
		}
		v.Conflict = c
		return true
	})
}

func version(form url.Values) (int64, error) {
	n, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return 0, &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a version"}
	}
	return n, nil
}

// Grant is POST /admin/users/{user}/grant.
func (h *Handler) Grant(q *site.Request) error {
	return h.step(q, func(id auth.UserID, form url.Values) error {
		at, err := areaOf(q, form.Get("area"))
		if err != nil {
			return err
		}
		until, err := untilOf(q, form.Get("until"))
		if err != nil {
			return err
		}
		_, err = h.s.Access.Accounts().Grant(q.Context(), q.Actor, id, auth.Grant{Role: auth.Role(form.Get("role")), Area: at, Until: until})
		return err
	}, func(v *View, d account.Details, form url.Values, err error) bool {
		if v.Grant == nil {
			return false
		}
		f := grantForm(q, d.ID, form)
		v.Grant = &f
		return mark(v.Grant, err)
	})
}

// Confirm is POST /admin/users/{user}/confirm: the second of the two people who make an administrator.
func (h *Handler) Confirm(q *site.Request) error {
	return h.onGrant(q, func(id auth.UserID, g auth.Grant) error {
		return h.s.Access.Accounts().ConfirmGrant(q.Context(), q.Actor, id, g.Role, g.Area)
	})
}

// Revoke is POST /admin/users/{user}/revoke.
func (h *Handler) Revoke(q *site.Request) error {
	return h.onGrant(q, func(id auth.UserID, g auth.Grant) error {
		return h.s.Access.Accounts().Revoke(q.Context(), q.Actor, id, g.Role, g.Area)
	})
}

func (h *Handler) onGrant(q *site.Request, do func(auth.UserID, auth.Grant) error) error {
	return h.step(q, func(id auth.UserID, form url.Values) error {
		at, err := areaOf(q, form.Get("area"))
		if err != nil {
			return err
		}
		return do(id, auth.Grant{Role: auth.Role(form.Get("role")), Area: at})
	}, nil)
}

// EndSessions is POST /admin/users/{user}/sessions.
func (h *Handler) EndSessions(q *site.Request) error {
	return h.step(q, func(id auth.UserID, _ url.Values) error {
		return h.s.Access.Accounts().EndSessions(q.Context(), q.Actor, id)
	}, nil)
}

// Disable is POST /admin/users/{user}/disable, and Enable the way back.
func (h *Handler) Disable(q *site.Request) error { return h.able(q, true) }

// Enable is POST /admin/users/{user}/enable.
func (h *Handler) Enable(q *site.Request) error { return h.able(q, false) }

func (h *Handler) able(q *site.Request, disabled bool) error {
	return h.step(q, func(id auth.UserID, form url.Values) error {
		version, err := version(form)
		if err != nil {
			return err
		}
		_, err = h.s.Access.Accounts().ChangeUser(q.Context(), q.Actor, id, version, account.UserChange{Disabled: &disabled})
		return err
	}, nil)
}

// EndToken is POST /admin/users/{user}/token: a token of the account is revoked.
func (h *Handler) EndToken(q *site.Request) error {
	return h.step(q, func(id auth.UserID, form url.Values) error {
		n, err := strconv.ParseInt(form.Get("token"), 10, 64)
		if err != nil {
			return &command.Invalid{Field: "token", Value: form.Get("token"), Reason: "is not a number"}
		}
		return h.s.Access.Accounts().EndToken(q.Context(), q.Actor, auth.TokenID(n))
	}, nil)
}

// Password is POST /admin/users/{user}/password: a one-time password, shown this once.
func (h *Handler) Password(q *site.Request) error {
	id, err := idOf(q)
	if err != nil {
		return err
	}
	of, err := h.s.Access.Accounts().User(q.Context(), q.Actor, id)
	if err != nil {
		return err
	}
	password := auth.MadePassword(of.Login)
	err = h.s.Access.Accounts().SetPassword(q.Context(), q.Actor, id, password)
	v, d, verr := h.view(q, id)
	if verr != nil {
		return verr
	}
	if err != nil {
		if v.Problem = wrong(err); v.Problem.IsZero() {
			return err
		}
		return q.ShowStatus(site.Status(err), h.one, "users", v)
	}
	v.Secret = &Secret{d.Login, password}
	return q.Show(h.one, "users", v)
}

// step gives an order about an account and shows the account. What was refused is said on the page: beside its field where place finds one.
func (h *Handler) step(q *site.Request, order func(auth.UserID, url.Values) error, place func(*View, account.Details, url.Values, error) bool) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	id, err := idOf(q)
	if err != nil {
		return err
	}
	// The bound is asked first: an account outside it is not there, whatever the order would say.
	if _, _, err := h.view(q, id); err != nil {
		return err
	}
	err = order(id, form)
	if err == nil {
		return q.Done(href(id), "saved", 1)
	}
	problem := wrong(err)
	if problem.IsZero() {
		return err
	}
	v, d, verr := h.view(q, id)
	if verr != nil {
		return verr
	}
	if place == nil || !place(&v, d, form, err) {
		v.Problem = problem
	}
	status := site.Status(err)
	if status >= http.StatusInternalServerError {
		status = http.StatusUnprocessableEntity // a rule of package account, which the page says in words
	}
	return q.ShowStatus(status, h.one, "users", v)
}
