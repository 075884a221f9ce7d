// Package autoaccept shows and sets which proposals become contacts of an outbreak without anybody deciding, with what the setting would have done before it is made.
package autoaccept

import (
	"embed"
	"time"

	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("auto-accept", files, "page.html") }

// View is the setting in force, and what another would do.
type View struct {
	List   string
	Now    *Setting // nil where nothing was ever set
	Saved  bool     // it was set just now
	Choose ui.Form
	Effect *Effect // of what was chosen
	Apply  ui.Form
}

// Setting is one that is or was in force. Tiers are none where it is off.
type Setting struct {
	Tiers   []string
	Most    int64
	At      time.Time
	By, Why string
}

// Effect is what a setting would have done with the cases that visits were asked about.
type Effect struct {
	Tiers                                []string
	Most                                 int64
	Cases, Accepted, Of, Beyond, Waiting int64
}
