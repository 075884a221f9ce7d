// Package login is the page where a person logs in.
package login

import (
	"embed"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("login", files, "page.html") }

// View is the log-in page.
type View struct {
	Form ui.Form
	// Providers are other ways in (OIDC).
	Providers []Provider
	// Notice says why one is here: logged out, session ended.
	Notice i18n.Msg
	// Demo lists accounts of a demonstration; nil on a real installation.
	Demo []DemoAccount
}

// Provider is an organisation's own log-in.
type Provider struct{ Name, Href string }

// DemoAccount is a made-up person to try the program as.
type DemoAccount struct {
	// Titles say who it is in each language; Role is a key (role.<Role>), for a language that Titles does not have.
	Titles               map[i18n.Lang]string
	Role, Name, Password string
}

// Form is the form for a name and password. failed tells that the last try did; it says not which
// of the two was wrong.
func Form(action, next, name string, failed bool) ui.Form {
	f := ui.Form{ID: "login", Action: action, Submit: i18n.M("login.submit"), Fields: []ui.Field{
		{Name: "name", Label: i18n.M("login.name"), Kind: ui.FieldText, Value: name, Required: true, Autocomplete: "username", Autofocus: true},
		{Name: "password", Label: i18n.M("login.password"), Kind: ui.FieldPassword, Required: true, Autocomplete: "current-password"},
	}}
	if next != "" {
		f.Hidden = map[string]string{"next": next}
	}
	if failed {
		f.Error = i18n.M("login.failed")
	}
	return f
}
