// Package sites is the list of sampling sites, on a map and as a table, and the page of one: how it stands, its devices, and the invitations by which phones enrol.
package sites

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/web/ui"
)

//go:embed *.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("sites", files, "page.html") }

// NewForm parses the page on which a site is entered or changed, or many are.
func NewForm(k *ui.Kit) (*ui.Page, error) { return k.Page("site-form", files, "form.html") }

// NewSite parses the page of one site.
func NewSite(k *ui.Kit) (*ui.Page, error) { return k.Page("site", files, "site.html") }

// NewInvite parses the sheet of invitations.
func NewInvite(k *ui.Kit) (*ui.Page, error) { return k.Page("invite", files, "invite.html") }

// State is a site as it stands while a round is open.
type State struct {
	Site       screening.Site
	Href       string
	Area       string
	Round      bool // a round is open that the rest is about
	Samples    int64
	PerHour    float64
	Heard      time.Time // when its last tube came in
	Dark       bool      // open, and not heard from for longer than it should be
	Never      bool      // nothing came from it in this round
	Paused     bool
	Queue      screening.Queue
	Wait       time.Duration
	Counted    int64 // people who wait, as somebody said; -1 where nobody did
	ReportedAt time.Time
	ReportedBy string
}

// Status is how the site is marked.
func (s State) Status() ui.Status {
	switch {
	case s.Site.Closed, s.Paused:
		return ui.Void
	case s.Dark:
		return ui.Late
	case s.Long():
		return ui.DueSoon
	case s.Round && !s.Never:
		return ui.OnTime
	}
	return ""
}

// Long says that people wait, or may well.
func (s State) Long() bool {
	const long = 45 * time.Minute
	return s.Queue == screening.QueueFull || s.Queue == screening.QueueReported && s.Wait >= long
}

// rank puts what somebody should look at first.
func (s State) rank() int {
	switch {
	case s.Site.Closed:
		return 6
	case s.Dark && !s.Never:
		return 0
	case s.Dark:
		return 1
	case s.Long():
		return 2
	case s.Paused:
		return 4
	case s.Never:
		return 5
	}
	return 3
}

// Words says how the site stands.
func (s State) Words() i18n.Msg {
	switch {
	case s.Site.Closed:
		return i18n.M("site.state.closed")
	case s.Paused:
		return i18n.M("site.state.paused")
	case !s.Round:
		return i18n.M("site.state.idle")
	case s.Dark && s.Never:
		return i18n.M("site.state.nothing")
	case s.Dark:
		return i18n.M("site.state.dark")
	case s.Never:
		return i18n.M("site.state.waiting")
	}
	return i18n.M("site.state.working")
}

// Waiting says how long people wait, and how that is known.
func (s State) Waiting() i18n.Msg {
	if s.Site.Closed || s.Paused || !s.Round {
		return i18n.M("queue.none")
	}
	if s.Queue == screening.QueueReported {
		return i18n.M("queue.reported", "d", s.Wait, "n", s.Counted)
	}
	return i18n.M("queue." + string(s.Queue))
}

// Columns are those of a table of sites.
func Columns() []ui.Column {
	return []ui.Column{{Key: "site", Label: i18n.M("site.site")}, {Key: "state", Label: i18n.M("col.state")}, {Key: "rate", Label: i18n.M("site.per_hour"), Numeric: true},
		{Key: "queue", Label: i18n.M("site.queue")}, {Key: "heard", Label: i18n.M("site.heard")}}
}

// Row is the site as a row of that table.
func (s State) Row() ui.Row {
	rate := ui.Text("")
	if s.Round {
		rate = ui.Number(int64(s.PerHour + 0.5))
	}
	return ui.Row{ID: s.Site.Code, Href: s.Href, Label: s.Site.Code, Status: s.Status(), Cells: []ui.Cell{ui.Code(s.Site.Code, s.Href), ui.Words(s.Words()), rate, ui.Words(s.Waiting()), ui.Ago(s.Heard)}}
}

// ListView is the list of sites.
type ListView struct {
	ui.Listing
	Sites              []State
	Map                *ui.Map // nil where no site's place is known
	NewHref, ImportAll string  // empty where the reader enters none
	Dark               int64
	Round              bool
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("sites", i18n.M("site.by_need"), append(Columns(), ui.Column{Key: "name", Label: i18n.M("site.name")}, ui.Column{Key: "area", Label: i18n.M("col.area")}, ui.Column{Key: "lanes", Label: i18n.M("site.lanes"), Numeric: true}, ui.Column{Key: "samples", Label: i18n.M("site.samples"), Numeric: true})...)
	t.Live = "screening"
	t.Empty = ui.Empty{Title: i18n.M("site.none"), Hint: i18n.M("site.none_hint"), Action: i18n.M("site.add"), Href: v.NewHref}
	if v.NewHref == "" {
		t.Empty.Hint = i18n.M("site.none_reader")
	}
	for _, s := range v.Sites {
		row := s.Row()
		row.Cells = append(row.Cells, ui.Text(s.Site.Name), ui.Text(s.Area), ui.Number(s.Site.Lanes), ui.Number(s.Samples))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// FormView is a site being entered or changed, or many.
type FormView struct {
	Title i18n.Msg
	Hint  i18n.Msg
	Form  ui.Form
}

// View is the page of a site.
type View struct {
	State
	Report  *ui.Form // what somebody there says of it
	Edit    string
	Devices ui.Table
	Invite  *ui.Form
	Revoke  *ui.Form
}

// Hours says when the site is open; zero for one that always is.
func (s State) Hours() i18n.Msg {
	if s.Site.Opens == s.Site.Closes {
		return i18n.Msg{}
	}
	return i18n.M("lab.hours_of", "opens", lab.TimeOfDay(s.Site.Opens), "closes", lab.TimeOfDay(s.Site.Closes))
}

// InviteView is a sheet of invitations, to be printed and cut.
type InviteView struct {
	Site    string
	Name    string
	Href    string
	EnrolBy time.Time
	Cards   []Card
	Local   bool // the address is one that only this machine knows
}

// Card is one invitation.
type Card struct {
	Desk string
	URL  string
	Size int    // of the code, modules
	Path string // of its dark modules, as SVG
}
