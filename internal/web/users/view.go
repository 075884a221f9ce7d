// Package users is where an administrator says who may come in, in which role and where: the list of accounts, a new one, and the page of one.
package users

import (
	"embed"
	"net/url"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html new.html user.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("users", files, "page.html") }

// NewForm parses the page of a new account.
func NewForm(k *ui.Kit) (*ui.Page, error) { return k.Page("users-new", files, "new.html") }

// NewUser parses the page of one account.
func NewUser(k *ui.Kit) (*ui.Page, error) { return k.Page("user", files, "user.html") }

// ListView is the list of accounts.
type ListView struct {
	ui.Listing
	Users   []Row
	NewHref string
}

// Row is one account.
type Row struct {
	Href  string
	Login string
	Title string
	Area  string
	Roles string // in words, with their areas
	State string // key: user.state.<State>
}

// States are what an account's state can be, beside active.
func States() []string { return []string{"active", "waits", "onetime", "disabled"} }

// Filters are the list's filters, filled with the values asked for.
func Filters(lang i18n.Lang, values url.Values) []ui.Field {
	roles := []ui.Option{{Label: i18n.M("form.any")}}
	for _, r := range auth.Roles() {
		roles = append(roles, ui.Option{Value: string(r), Text: r.Title(auth.Lang(lang))})
	}
	return []ui.Field{
		{Name: "q", Label: i18n.M("user.search"), Kind: ui.FieldSearch, Value: values.Get("q")},
		{Name: "role", Label: i18n.M("col.role"), Kind: ui.FieldSelect, Value: values.Get("role"), Options: roles},
		{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: values.Get("state"), Options: ui.Choices("user.state", States()...)},
	}
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("users", i18n.M("nav.users"),
		ui.Column{Key: "login", Label: i18n.M("user.login")},
		ui.Column{Key: "title", Label: i18n.M("user.title")},
		ui.Column{Key: "roles", Label: i18n.M("user.roles")},
		ui.Column{Key: "area", Label: i18n.M("user.area")},
		ui.Column{Key: "state", Label: i18n.M("col.state")},
	)
	t.Empty = ui.Empty{Title: i18n.M("user.none"), Hint: i18n.M("user.none_hint"), Action: i18n.M("user.new"), Href: v.NewHref}
	for _, u := range v.Users {
		status := ui.Status("")
		switch u.State {
		case "waits":
			status = ui.DueSoon
		case "disabled":
			status = ui.Void
		}
		t.Rows = append(t.Rows, ui.Row{ID: u.Href, Href: u.Href, Label: u.Login, Status: status, Cells: []ui.Cell{
			ui.Code(u.Login, u.Href), ui.Text(u.Title), ui.Text(u.Roles), ui.Text(u.Area), ui.Enum("user.state", u.State),
		}})
	}
	return t
}

// FormView is the page of a new account.
type FormView struct {
	Form ui.Form
	List string
}

// Secret is a one-time password, shown once.
type Secret struct {
	Login, Password string
}

// View is the page of one account.
type View struct {
	Login   string
	Title   string
	Area    string
	State   string // key: user.state.<State>
	Created time.Time
	Issuer  string // of the provider that the person signs on at; empty for a local account
	List    string
	Own     bool    // the reader's own account: nobody gives themselves a role
	Secret  *Secret // just made
	Problem i18n.Msg

	Account *ui.Form // title and area; nil where the reader may not change them
	Roles   []Role
	Grant   *ui.Form
	Tokens  []Token
	// Sessions is how many hold. The buttons post to their addresses; empty ones are not there.
	Sessions                                  int
	EndSessions, NewPassword, Disable, Enable string
	Version                                   string
	Conflict                                  *ui.Conflict
	Timeline                                  ui.Timeline
}

// Role is one grant.
type Role struct {
	Title    string
	Area     string
	Purposes []string // in words
	Until    time.Time
	Ended    bool
	Waits    bool // for a second administrator
	Provider bool // given by the sign-on provider, and taken away there
	By       string
	// Confirm and Revoke are posted to, with role and area; empty where the reader may not.
	Confirm, Revoke  string
	RoleKey, AreaKey string
}

// Token is one API token of the account.
type Token struct {
	ID      int64
	Label   string
	Rights  []string
	Expires time.Time
	Ended   time.Time
	End     string // posted to; empty where it has ended
}
