// Package me is a person's own account: password, language, theme, purpose, devices, API tokens, and which roles they hold.
package me

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/users"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("me", files, "page.html") }

// View is the page of one's own account.
type View struct {
	Login, Title, Area string
	Roles              []users.Role
	// First says that the password is one that somebody else gave: nothing else opens before it is changed.
	First    bool
	Password *ui.Form // nil for who signs on elsewhere
	Issuer   string
	Look     *ui.Form
	Purpose  *ui.Form // nil for who has no choice
	Sessions []Session
	Tokens   []users.Token
	Secret   string   // of the token just made
	NewToken *ui.Form // nil for who may do nothing
	Rights   []Right  // to choose from for a new token
	Problem  i18n.Msg
}

// Session is one log-in on one device.
type Session struct {
	ID      string
	Started time.Time
	Seen    time.Time
	This    bool
	End     string // posted to
}

// Right is one action that a token may be for.
type Right struct {
	Key     string // key: right.<Key>
	Checked bool
}
