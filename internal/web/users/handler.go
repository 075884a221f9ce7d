package users

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// Handler answers for the accounts of an administrator's areas.
type Handler struct {
	s               *site.Site
	list, form, one *ui.Page
}

// NewHandler parses the pages.
func NewHandler(s *site.Site) (*Handler, error) {
	h := &Handler{s: s}
	var errs [3]error
	h.list, errs[0] = New(s.Kit)
	h.form, errs[1] = NewForm(s.Kit)
	h.one, errs[2] = NewUser(s.Kit)
	return h, errors.Join(errs[:]...)
}

const (
	root     = "/admin/users"
	pageRows = 50
	// batch is how many accounts are read at a time while a filter is looked for.
	batch = 500
)

// List is GET /admin/users.
func (h *Handler) List(q *site.Request) error {
	values := q.URL.Query()
	v := ListView{NewHref: root + "/new", Listing: ui.Listing{Path: root, Values: values, Filters: Filters(q.Lang(), values)}}
	role, state, text := auth.Role(values.Get("role")), values.Get("state"), auth.NormalLogin(values.Get("q"))
	if role != "" && !role.Valid() {
		return &command.Invalid{Field: "role", Value: string(role), Reason: "is no role"}
	}
	if state != "" && !slices.Contains(States(), state) {
		return &command.Invalid{Field: "state", Value: state, Reason: "is no state of an account"}
	}
	var after auth.UserID
	if s := values.Get("after"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("list of users after %q: %w", s, store.ErrCursor)
		}
		after = auth.UserID(n)
	}
	var last auth.UserID
	for more := true; more; {
		list, err := h.s.Access.Accounts().ListUsers(q.Context(), q.Actor, after, batch)
		if err != nil {
			return err
		}
		more = len(list) == batch
		for _, u := range list {
			after = u.ID
			if state != "" && stateOf(u) != state || !u.Named(text) {
				continue
			}
			if role != "" && !slices.ContainsFunc(u.Grants, func(g store.UserGrant) bool { return g.Role == role }) {
				continue
			}
			if len(v.Users) == pageRows {
				v.Next, more = strconv.FormatInt(int64(last), 10), false
				break
			}
			last = u.ID
			var roles []string
			for _, g := range u.Grants {
				roles = append(roles, g.Role.Title(auth.Lang(q.Lang()))+" · "+q.AreaName(g.Area))
			}
			v.Users = append(v.Users, Row{Href: href(u.ID), Login: u.Login, Title: u.Title, Area: q.AreaName(u.Area), Roles: strings.Join(roles, "; "), State: stateOf(u)})
		}
	}
	return q.Show(h.list, "users", v)
}

func href(id auth.UserID, step ...string) string {
	return strings.Join(append([]string{root, strconv.FormatInt(int64(id), 10)}, step...), "/")
}

// stateOf is an account's state in one word; what somebody has to act on comes first.
func stateOf(u store.User) string {
	switch {
	case u.Disabled:
		return "disabled"
	case slices.ContainsFunc(u.Grants, func(g store.UserGrant) bool { return g.State == store.GrantProposed }):
		return "waits"
	case u.OneTime:
		return "onetime"
	}
	return "active"
}

// New is GET /admin/users/new.
func (h *Handler) New(q *site.Request) error {
	return q.Show(h.form, "users", FormView{Form: newForm(q, url.Values{}), List: root})
}

func newForm(q *site.Request, v url.Values) ui.Form {
	f := ui.Form{ID: "new", Action: root, Submit: i18n.M("user.add"), Cancel: root, Fields: []ui.Field{
		{Name: "login", Label: i18n.M("user.login"), Kind: ui.FieldText, Value: v.Get("login"), Required: true, Autofocus: true, Autocomplete: "off", Hint: i18n.M("user.login_hint")},
		{Name: "title", Label: i18n.M("user.title"), Kind: ui.FieldText, Value: v.Get("title"), Required: true, Autocomplete: "off", Hint: i18n.M("user.title_hint")},
		area(q, "area", v.Get("area"), i18n.M("user.area")),
	}}
	role := roleField(q, v.Get("role"))
	role.Required, role.Hint = false, i18n.M("user.role_later")
	f.Fields = append(f.Fields, role)
	f.Fields = append(f.Fields, untilField(v.Get("until")))
	return f
}

func area(q *site.Request, name, code string, label i18n.Msg) ui.Field {
	f := record.AreaField(q, name, code)
	f.Label, f.Required = label, true
	if f.Kind == ui.FieldText && f.Value == "" {
		f.Hint = i18n.M("user.area_hint")
	}
	if f.Kind == ui.FieldSelect {
		f.Options = f.Options[1:] // an account belongs somewhere
	}
	return f
}

func roleField(q *site.Request, value string) ui.Field {
	f := ui.Field{Name: "role", Label: i18n.M("col.role"), Kind: ui.FieldSelect, Value: value, Required: true, Options: []ui.Option{{Label: i18n.M("user.choose_role")}}}
	for _, r := range auth.Roles() {
		var why []string
		for _, p := range auth.PurposesOf(r) {
			why = append(why, p.Title(auth.Lang(q.Lang())))
		}
		f.Options = append(f.Options, ui.Option{Value: string(r), Text: r.Title(auth.Lang(q.Lang())) + " – " + strings.Join(why, ", ")})
	}
	return f
}

func untilField(value string) ui.Field {
	return ui.Field{Name: "until", Label: i18n.M("user.until_day"), Kind: ui.FieldDate, Value: value, Hint: i18n.M("user.until_hint")}
}

// areaOf reads an area by its code, or by a name that only one has.
func areaOf(q *site.Request, code string) (place.AreaID, error) {
	code = strings.TrimSpace(code)
	j, ok := q.Tree.ByCode(code)
	if !ok {
		if list := q.Tree.ByName(code); len(list) == 1 {
			return list[0], nil
		}
		return 0, &command.Invalid{Field: "area", Value: code, Reason: "is not the code of a known jurisdiction"}
	}
	return j.ID, nil
}

// untilOf reads the last day of a role: it ends with that day.
func untilOf(q *site.Request, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	d, err := day.Parse(text)
	if err != nil {
		return time.Time{}, &command.Invalid{Field: "until", Value: text, Reason: "is not a day"}
	}
	return d.Add(1).Start(q.Zone), nil
}

// Add is POST /admin/users: an account with a one-time password, shown on its page this once.
func (h *Handler) Add(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	again := func(err error) error {
		f := newForm(q, form)
		if !mark(&f, err) {
			return err
		}
		return q.ShowStatus(http.StatusUnprocessableEntity, h.form, "users", FormView{Form: f, List: root})
	}
	at, err := areaOf(q, form.Get("area"))
	if err != nil {
		return again(err)
	}
	until, err := untilOf(q, form.Get("until"))
	if err != nil {
		return again(err)
	}
	role := auth.Role(form.Get("role"))
	if role != "" && !role.Valid() {
		return again(&command.Invalid{Field: "role", Value: string(role), Reason: "is no role"})
	}
	if role != "" && !until.IsZero() && !q.Now.Before(until) {
		return again(&account.FieldError{Field: "until", Err: errors.New("has passed")})
	}
	n := account.NewUser{Login: form.Get("login"), Title: form.Get("title"), Area: at, Password: auth.MadePassword(form.Get("login")), OneTime: true}
	accounts := h.s.Access.Accounts()
	u, err := accounts.AddUser(q.Context(), q.Actor, n)
	if err != nil {
		return again(err)
	}
	if role != "" {
		// The account is there: what is wrong with the role is said on its page.
		_, err = accounts.Grant(q.Context(), q.Actor, u.ID, auth.Grant{Role: role, Area: at, Until: until})
	}
	v, _, verr := h.view(q, u.ID)
	if verr != nil {
		return verr
	}
	v.Secret = &Secret{u.Login, n.Password}
	if err != nil {
		v.Problem = wrong(err)
	}
	return q.ShowStatus(http.StatusCreated, h.one, "users", v)
}

// problems are what the orders refuse, in words.
var problems = [...]struct {
	err error
	msg i18n.Msg
}{
	{auth.ErrPasswordShort, i18n.M("user.wrong.password_short")},
	{auth.ErrPasswordLong, i18n.M("user.wrong.password_long")},
	{auth.ErrPasswordText, i18n.M("user.wrong.password_text")},
	{auth.ErrPasswordCommon, i18n.M("user.wrong.password_common")},
	{auth.ErrPasswordMonotone, i18n.M("user.wrong.password_monotone")},
	{auth.ErrPasswordLogin, i18n.M("user.wrong.password_login")},
	{account.ErrOwnGrant, i18n.M("user.wrong.own_grant")},
	{account.ErrSamePerson, i18n.M("user.wrong.same_person")},
	{account.ErrNotProposed, i18n.M("user.wrong.not_proposed")},
	{account.ErrSelf, i18n.M("user.wrong.self")},
	{account.ErrSignsOnElsewhere, i18n.M("user.wrong.elsewhere")},
	{store.ErrTaken, i18n.M("user.wrong.taken")},
}

// Wrong says in words why an order about an account was refused; zero where the error is none that a person can mend.
func Wrong(err error) i18n.Msg { return wrong(err) }

func wrong(err error) i18n.Msg {
	for _, p := range problems {
		if errors.Is(err, p.err) {
			return p.msg
		}
	}
	var field *account.FieldError
	var invalid *command.Invalid
	var refused *account.Refused
	var conflict *store.Conflict
	switch {
	case errors.As(err, &field):
		switch field.Field {
		case "login":
			return i18n.M("user.wrong.login")
		case "title":
			return i18n.M("user.wrong.title")
		case "until":
			return i18n.M("user.wrong.until")
		}
		return i18n.M("user.wrong.field", "field", field.Field, "reason", field.Err.Error())
	case errors.As(err, &invalid):
		if invalid.Field == "area" {
			return i18n.M("user.wrong.area")
		}
		return i18n.M("user.wrong.field", "field", invalid.Field, "reason", invalid.Reason)
	case errors.As(err, &refused):
		return i18n.M("user.wrong.refused")
	case errors.As(err, &conflict):
		return i18n.M("user.wrong.conflict")
	}
	return i18n.Msg{}
}

// mark puts what is wrong beside its field; false where it is nothing that the form can mend.
func mark(f *ui.Form, err error) bool {
	msg := wrong(err)
	if msg.IsZero() {
		return false
	}
	name := ""
	var field *account.FieldError
	var invalid *command.Invalid
	switch {
	case errors.As(err, &field):
		name = field.Field
	case errors.As(err, &invalid):
		name = invalid.Field
	case errors.Is(err, store.ErrTaken):
		name = "login"
	}
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			f.Fields[i].Error = msg
			return true
		}
	}
	f.Error = msg
	return true
}
