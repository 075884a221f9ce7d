// Package rounds is the list of testing rounds and the pages of one: how it goes, who is missing, its tubes, and the account that is signed at its end.
package rounds

import (
	"embed"
	"strings"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/turnout"
	"firebreak/internal/web/ui"
)

//go:embed *.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("rounds", files, "page.html") }

// NewForm parses the page on which a round is planned or changed.
func NewForm(k *ui.Kit) (*ui.Page, error) { return k.Page("round-form", files, "form.html") }

// NewRound parses the page of one round. Its fragments "top", "areas", "sites" and "labs" are what the live refresh asks for with ?part=.
func NewRound(k *ui.Kit) (*ui.Page, error) { return k.Page("round", files, "head.html", "round.html") }

// NewMissing parses the list of who is missing, which is also the door list that is printed.
func NewMissing(k *ui.Kit) (*ui.Page, error) {
	return k.Page("missing", files, "head.html", "missing.html")
}

// NewTubes parses the list of tubes.
func NewTubes(k *ui.Kit) (*ui.Page, error) { return k.Page("tubes", files, "head.html", "tubes.html") }

// NewAccount parses the account of a round.
func NewAccount(k *ui.Kit) (*ui.Page, error) {
	return k.Page("account", files, "head.html", "account.html")
}

// NewPlan parses the plan of a round. Its fragment "running" is what the page asks for while a plan is made.
func NewPlan(k *ui.Kit) (*ui.Page, error) { return k.Page("plan", files, "head.html", "plan.html") }

// NewPlanList parses a list of a plan by itself.
func NewPlanList(k *ui.Kit) (*ui.Page, error) {
	return k.Page("plan-list", files, "head.html", "planlist.html")
}

// PartRunning is the part of a plan's page that tells how the planning goes.
const PartRunning = "running"

// Parts of the page of a round that refresh themselves.
const (
	PartTop   = "top"
	PartAreas = "areas"
	PartSites = "sites"
	PartLabs  = "labs"
)

// ListView is the list of rounds.
type ListView struct {
	ui.Listing
	Rounds    []Row
	NewHref   string // empty where the reader plans none
	SitesHref string
	Tabs      []ui.Tab
	Loading   bool // who is sampled is still being read
}

// Row is one round.
type Row struct {
	Href   string
	Number int64
	Name   string // empty: only its number
	State  string // key: round.state.<State>
	Areas  string
	Starts time.Time
	Ends   time.Time
	Counts *turnout.Counts // nil where it is not counted
	Late   bool            // open after its end
}

// Title is what a round is called.
func Title(number int64, name string) i18n.Msg {
	if name == "" {
		return i18n.M("round.number", "n", number)
	}
	return i18n.M("round.titled", "n", number, "name", name)
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("rounds", i18n.M("round.list"),
		ui.Column{Key: "round", Label: i18n.M("round.round")}, ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "areas", Label: i18n.M("round.areas")},
		ui.Column{Key: "starts", Label: i18n.M("round.starts")}, ui.Column{Key: "ends", Label: i18n.M("round.ends")},
		ui.Column{Key: "sampled", Label: i18n.M("round.sampled")}, ui.Column{Key: "missing", Label: i18n.M("round.missing"), Numeric: true})
	t.Live = "screening"
	t.Empty = ui.Empty{Title: i18n.M("round.none"), Hint: i18n.M("round.none_hint"), Action: i18n.M("round.plan"), Href: v.NewHref}
	if v.NewHref == "" {
		t.Empty.Hint = i18n.M("round.none_reader")
	}
	for _, r := range v.Rounds {
		status := map[string]ui.Status{string(screening.Open): ui.OnTime, string(screening.Closed): ui.Done, string(screening.Cancelled): ui.Void}[r.State]
		if r.Late {
			status = ui.Late
		}
		sampled, missing := ui.Text(""), ui.Text("")
		if r.Counts != nil {
			sampled, missing = ui.Part(r.Counts.Sampled, r.Counts.Due), ui.NumberLink(r.Counts.Missing, r.Href+"/missing")
		}
		t.Rows = append(t.Rows, ui.Row{ID: r.Href, Href: r.Href, Label: r.Name, Status: status, Cells: []ui.Cell{
			ui.WordsLink(Title(r.Number, r.Name), r.Href), ui.Enum("round.state", r.State), ui.Text(r.Areas), ui.At(r.Starts), ui.At(r.Ends), sampled, missing}})
	}
	return t
}

// FormView is a round being planned or changed.
type FormView struct {
	Title i18n.Msg
	Form  ui.Form
}

// Head is what stands over every page of a round.
type Head struct {
	Href   string
	Number int64
	Name   string
	State  string // key: round.state.<State>
	Where  string // the names of its areas; not Areas, which on some pages is the table of them
	Starts time.Time
	Ends   time.Time
	Pool   int64
	Opened time.Time
	Closed time.Time
	Tabs   []ui.Tab
}

// Title is what the round is called.
func (h Head) Title() i18n.Msg { return Title(h.Number, h.Name) }

// View is how a round goes.
type View struct {
	Head
	Path string // of this page with the area asked for, for the live refresh of its parts
	// Counts is nil where the round is not counted: it has not begun, or ended long ago; Loading says that it soon will be.
	Counts  *turnout.Counts
	Loading bool
	Beyond  bool // it ended too long ago to be kept in memory
	// DeskOnly are people who were sampled and are in no register; Samples and Tubes are swabs and tubes of the whole round.
	Whole                    bool // the reader sees the whole round, so that what is counted only of the whole is shown
	DeskOnly, Samples, Tubes int64
	Aside                    int64 // tubes set aside that nobody has settled
	Finish                   turnout.Finish
	FinishLate               bool // it is likelier than not that the end comes too late
	Burn                     *ui.BurnDown
	Plan                     *PlanCard // nil where the round has no plan
	Areas                    *ui.Table // nil where nothing lies below
	Sites                    SitesPart
	Labs                     *LabsPart // nil where the reader sees no laboratory
	Missing                  string    // address of who is missing in the area in view
	Edit                     string
	Do                       []ui.Dialog // steps that are asked about first
}

// SitesPart are the sites of a round, those that somebody should look at first.
type SitesPart struct {
	Table ui.Table
	Dark  int64
	All   string // address of all of them
	N     int64  // how many there are
}

// LabsPart are the laboratories, those that will be done last first.
type LabsPart struct {
	Table ui.Table
	All   string // address of all of them
	N     int64
}

// PartHref is the address of one part alone, as the live refresh asks for it.
func (v View) PartHref(part string) string {
	if strings.Contains(v.Path, "?") {
		return v.Path + "&part=" + part
	}
	return v.Path + "?part=" + part
}

// Share is who is sampled or need not be, of those due.
func (v View) Share() float64 {
	if v.Counts == nil || v.Counts.Due == 0 {
		return 0
	}
	return 1 - float64(v.Counts.Missing)/float64(v.Counts.Due)
}

// ForecastText says when the round will be done, as far as anybody can.
func (v View) ForecastText() i18n.Msg {
	f := v.Finish
	switch {
	case f.Outlook != turnout.Expected:
		return i18n.M("finish." + string(f.Outlook))
	case f.High.IsZero():
		return i18n.M("finish.open_end", "at", f.At, "low", f.Low)
	}
	return i18n.M("finish.expected", "at", f.At, "low", f.Low, "high", f.High)
}

// MissingView is who is missing in an area.
type MissingView struct {
	Head
	Area   string // in view
	Counts turnout.Counts
	Areas  *ui.Table // the areas below it, worst first; nil where there are none
	// Buildings are those of a small area in which somebody is missing; Building is the one asked for, and Whole the address of all of them.
	Buildings *ui.Table
	Building  string
	Whole     string
	Doors     []Door // who is missing, one block a community or building
	From      int64  // how many of the missing stand before this page
	Shown     int64
	Next      string // address of the next page
	First     string // address of the first page, where this is not it
	Names     *ui.Form
	Named     bool // names are shown
	Stand     *ui.Form
	File      string // address of the list as a file, without names
	Printed   time.Time
	Loading   bool

	numbers []person.Number
	areas   []place.AreaID           // of the page, in order
	order   map[place.BuildingID]int // as people read their names
	names   map[place.BuildingID]string
}

// Door is a block of a door list.
type Door struct {
	Where  string
	People []Resident
}

// Resident is somebody who is missing.
type Resident struct {
	ID     int64
	Code   string // the one that people carry
	At     string // building and door, where known
	Age    *int
	Sex    string // key: sex.<Sex>
	Home   string // household, so that a door is knocked at once
	Name   string
	Phone  string
	Person ui.Person
	Pick   bool // that the reader may say that they are exempt or refused
}

// TubesView is a list about a round: its tubes, those that were not taken, or who is exempt or refused.
type TubesView struct {
	Head
	Tables []ui.Table
	Accept *ui.Form // takes a tube that was set aside, corrected
	Settle *ui.Form // settles one of the list, or takes one back
}

// AccountView is what became of everybody and of every tube.
type AccountView struct {
	Head
	Account  screening.Account
	Lines    []Line
	Open     []LooseEnd
	Ready    bool // it can be signed now
	Why      i18n.Msg
	Sign     *ui.Form
	Signed   *Signed
	Changed  bool // tubes were reported since it was signed
	Loading  bool
	Partial  bool // the reader sees only a part of the round, and signs nothing
	Unkept   bool
	Conflict i18n.Msg
}

// Line is a sum: a whole and its parts.
type Line struct {
	Title i18n.Msg
	Whole Figure
	Parts []Figure
}

// Figure is a number, what it counts, and the list behind it.
type Figure struct {
	Label i18n.Msg
	N     int64
	Href  string
}

// LooseEnd is what the account does not explain.
type LooseEnd struct {
	Text i18n.Msg
	Href string
}

// Signed is the signature under an account.
type Signed struct {
	Signer string
	By     string
	At     time.Time
	Note   string
	Digest string
}
