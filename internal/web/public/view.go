// Package public is the site that everybody may open: my result by the code on my card, when it is the turn of where I live, where to be sampled and how long people wait there. There is
// nothing to log in to and nothing to run: pages of a few kilobytes, in plain words, that stay up while the database is away.
//
// cmd puts it at /public/; it imports what the other pages do, and lookup for results.
package public

import (
	"embed"
	"slices"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/results"
	"firebreak/internal/screening"
	"firebreak/internal/web/ui"
)

//go:embed *.html
var files embed.FS

// layout is the template around every page. There are no scripts in it.
const layout = "public"

// NewHome parses the first page.
func NewHome(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-home", files, "layout.html", "home.html")
}

// NewResult parses the page of a result.
func NewResult(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-result", files, "layout.html", "result.html")
}

// NewAreas parses the page of an area: whose turn it is, and its sites.
func NewAreas(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-areas", files, "layout.html", "areas.html")
}

// NewFailed parses the page of what could not be done.
func NewFailed(k *ui.Kit) (*ui.Page, error) {
	return k.Page("public-failed", files, "layout.html", "failed.html")
}

// Home is the first page.
type Home struct {
	Ask      ui.Form
	SelfTest bool // that self-tests may be reported
}

// AskForm is the form for a code. failed is what was wrong with the one before.
func AskForm(lang i18n.Lang, failed i18n.Msg) ui.Form {
	return ui.Form{ID: "ask", Action: "/public/" + string(lang) + "/result", Submit: i18n.M("public.result.submit"), Fields: []ui.Field{
		{Name: "code", Label: i18n.M("public.result.code"), Kind: ui.FieldText, Hint: i18n.M("public.result.hint"), Error: failed, Required: true, Autocomplete: "off"},
	}}
}

// ResultView is what somebody is told.
type ResultView struct {
	Result results.Result
	Failed i18n.Msg // why there is no answer
	Ask    ui.Form
	Appeal *ui.Form // of whoever is held; nil where nothing is to be appealed
}

// MayAppeal says whether somebody is held, and waits for no answer to an appeal.
func (v ResultView) MayAppeal() bool {
	return !v.Result.HeldUntil.IsZero() && (v.Result.Appeal.Filed.IsZero() || v.Result.Appeal.Answer != "")
}

// Bound says whether something is asked of somebody besides, or may be: the page of restrictions tells it.
func (v ResultView) Bound() bool {
	return !v.Result.HeldUntil.IsZero() || v.Result.State == results.Positive
}

// State names what is told: whoever is held stays where they are, whatever their own last sample says.
func (v ResultView) State() string {
	if !v.Result.HeldUntil.IsZero() && v.Result.State != results.Positive {
		return "held"
	}
	return v.Result.State.String()
}

// Steps are what to do now.
func (v ResultView) Steps() []i18n.Msg {
	switch v.State() {
	case "none":
		return []i18n.Msg{i18n.M("public.step.later"), i18n.M("public.step.compare")}
	case "awaited":
		return []i18n.Msg{i18n.M("public.step.later")}
	case "negative":
		return []i18n.Msg{i18n.M("public.step.symptoms")}
	case "checked":
		return []i18n.Msg{i18n.M("public.step.apart"), i18n.M("public.step.called_sampled")}
	case "held":
		return []i18n.Msg{i18n.M("public.step.stay"), i18n.M("public.step.called_sampled"), i18n.M("public.step.help")}
	case "again":
		return []i18n.Msg{i18n.M("public.step.again"), i18n.M("public.step.athome")}
	case "positive":
		return []i18n.Msg{i18n.M("public.step.stay"), i18n.M("public.step.called_doctor"), i18n.M("public.step.help")}
	}
	return nil
}

// AreaView is an area, or the top with no name.
type AreaView struct {
	Name    string
	Crumbs  []ui.Crumb
	Unknown bool // rounds and sites cannot be read just now
	Rounds  []Turn
	Below   []Area
	Sites   []SiteView
	More    int // sites that are not shown
}

// Waits says whether anything is known of how long people wait at any of the sites.
func (v AreaView) Waits() bool {
	return slices.ContainsFunc(v.Sites, func(s SiteView) bool { return s.Queue != string(screening.QueueUnknown) })
}

// Turn is a round in which people of an area are due.
type Turn struct {
	Name        string
	Open, Part  bool // Part: only a part of the area is due
	From, Until time.Time
	Slots       []Slot     // where people of the area go and when, by the plan, the earliest first
	Buildings   []Building // the same by building, where the register has buildings
	Others      []Slot     // of whoever lives in none of them
}

// Building is one with when its people go where; no slot: their time is over.
type Building struct {
	Name  string
	Slots []Slot
}

// Slot is a site at which some of an area's people are awaited.
type Slot struct {
	Site, Code  string
	From, Until time.Time
	SameDay     bool
	Paused      bool
	Queue       string
	Wait        time.Duration
}

// Area is one to choose.
type Area struct {
	Name, Href string
	Sites      int // that are open there
}

// SiteView is where to be sampled.
type SiteView struct {
	Name, Code, Place string
	Lanes             int64
	Paused            bool
	Queue             string
	Wait              time.Duration
}

// FailedView is what could not be done.
type FailedView struct{ Text i18n.Msg }
