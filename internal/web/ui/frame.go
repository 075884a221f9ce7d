package ui

import (
	"time"

	"firebreak/internal/i18n"
)

// Theme is the person's choice of colours; the empty theme follows the device.
type Theme string

// The themes.
const (
	ThemeDevice Theme = ""
	ThemeLight  Theme = "light"
	ThemeDark   Theme = "dark"
)

// Frame is what every page shows around its own content, and in which language and zone.
type Frame struct {
	Lang i18n.Lang
	Zone *time.Location // of the outbreak; UTC if nil
	Now  time.Time      // of this rendering: the header's clock and all relative times
	// Theme is the person's saved choice.
	Theme Theme
	// User is nil before log-in: no navigation, no search.
	User *User
	// Outbreak is nil where the page is not inside one.
	Outbreak *Outbreak
	// Nav lists the screens that exist for this person, in order.
	Nav []NavItem
	// Crumbs is the jurisdiction in view, from the top down to it.
	Crumbs []Crumb
	// Path is the address of this page, to come back to after a change of language.
	Path string
	// Paper is the address of this page as a PDF; empty where it is not made to be printed.
	Paper string
	// Token is sent back by every form, where the server wants one.
	Token string
	// Live is the address of the event stream; empty if the page does not refresh itself.
	Live string
	// Search is the address that the Ctrl K palette asks (?q=), answering a fragment; empty hides it.
	Search string
	// Preferences is the address that language and theme are posted to.
	Preferences string
	// Toasts are messages of the step just done.
	Toasts []Toast
	// Drill says that nothing here is real: people, places and the clock are played.
	Drill bool
	// Play is how a drill goes that people play in; nil where none is.
	Play *Play
	// Wide lets a wall page use the whole screen.
	Wide bool
}

// Play is a drill that people play in: its clock, and what whoever controls it may do.
type Play struct {
	State   string // key: drill.state.<State>
	Day     int    // since the first case
	Clock   time.Time
	Until   time.Time // what the clock does not pass before the made-up city has acted; zero while it stands
	Speed   int       // seconds of the drill in a real one
	Goes    bool      // on: it is neither over nor broken off
	Ahead   time.Time // what it is stepped to
	Control bool      // the reader controls it
	Roles   []PlayRole
}

// PlayRole is a role that people can hold.
type PlayRole struct {
	Role  string
	Title string
	Held  bool
}

// Speeds are those that the bar offers.
func (Play) Speeds() []int { return []int{1, 2, 5, 10, 30, 60} }

// Steps are how far the bar offers to step, minutes.
func (Play) Steps() []int { return []int{10, 60, 180, 720, 1440} }

// Held counts the roles that people hold.
func (p Play) Held() int {
	n := 0
	for _, r := range p.Roles {
		if r.Held {
			n++
		}
	}
	return n
}

// Minutes is a number of minutes as a span.
func (Play) Minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// User is the person at the screen.
type User struct {
	Name string // a post or a name, as the person is known to colleagues
	Role string // key: role.<Role>
	Area string
	Href string // own settings
	Out  string // where logging out is posted
}

// Outbreak is the incident in view.
type Outbreak struct {
	Name string // "Laixi 2022 · Omicron"
	Pack string // "covid19/2021-v8@3"
	Href string
}

// NavItem is one screen in the navigation.
type NavItem struct {
	Key     string // nav.<Key>: the word
	Href    string
	Current bool
	Late    int // late tasks behind it; 0 shows nothing
	// Apart is a screen of the whole installation, shown after those of the outbreak.
	Apart bool
}

// Screens are the keys of the sixteen screens of the design, in order. A handler builds Nav from
// those it serves.
func Screens() []string {
	return []string{"now", "cases", "chains", "screening", "transfers", "isolation", "care", "zones",
		"supplies", "borders", "keyplaces", "directives", "bulletins", "forecast", "drill", "admin"}
}

// Crumb is one step of a path.
type Crumb struct {
	Name string
	Href string // empty for the place itself
}

// Toast is a short message about the step just done.
type Toast struct {
	Text  i18n.Msg
	Error bool
	// Undo is where the step can be taken back, if it can.
	Undo string
}
