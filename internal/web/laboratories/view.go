// Package laboratories is the list of laboratories, with what each has in hand and when it will be read, and the pages of one: its backlog, its boxes, reception, and results.
package laboratories

import (
	"embed"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/lab"
	"firebreak/internal/store"
	"firebreak/internal/web/ui"
)

//go:embed *.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("laboratories", files, "page.html") }

// NewForm parses the page on which a laboratory is entered or changed.
func NewForm(k *ui.Kit) (*ui.Page, error) { return k.Page("laboratory-form", files, "form.html") }

// NewOverview parses the page of one laboratory.
func NewOverview(k *ui.Kit) (*ui.Page, error) {
	return k.Page("laboratory", files, "head.html", "overview.html")
}

// NewBoxes parses the boxes of a laboratory, and those on their way.
func NewBoxes(k *ui.Kit) (*ui.Page, error) {
	return k.Page("laboratory-boxes", files, "head.html", "boxes.html")
}

// NewBox parses the page of one box.
func NewBox(k *ui.Kit) (*ui.Page, error) {
	return k.Page("laboratory-box", files, "head.html", "box.html")
}

// NewReception parses the page on which boxes and tubes are taken in.
func NewReception(k *ui.Kit) (*ui.Page, error) {
	return k.Page("reception", files, "head.html", "reception.html")
}

// NewResults parses the page on which results are given, by file and tube by tube.
func NewResults(k *ui.Kit) (*ui.Page, error) {
	return k.Page("tube-results", files, "head.html", "results.html")
}

// State is a laboratory with what it has to do.
type State struct {
	store.LabLoad
	Href     string
	Area     string
	Clears   lab.Forecast
	Received float64 // tubes an hour, over the last hours
	Unknown  store.UnknownCount
}

// Status is how the laboratory is marked.
func (s State) Status() ui.Status {
	switch {
	case s.Closed:
		return ui.Void
	case s.Late > 0, s.Unknown.Positive > 0:
		return ui.Late
	case s.InHand > 0 && s.Clears.At.IsZero(), s.Clears.Growing, s.Unknown.Tubes > 0:
		return ui.DueSoon
	case s.InHand > 0:
		return ui.OnTime
	}
	return ""
}

// ClearsText says when what it has will have been read.
func (s State) ClearsText() i18n.Msg {
	switch f := s.Clears; {
	case s.InHand <= 0:
		return i18n.M("lab.nothing")
	case f.At.IsZero():
		return i18n.M("lab.never")
	case f.Assumed:
		return i18n.M("lab.clears_said", "at", f.At)
	case f.Growing:
		return i18n.M("lab.clears_growing", "at", f.At)
	default:
		return i18n.M("lab.clears_at", "at", f.At)
	}
}

// Hours says when it is open.
func (s State) Hours() i18n.Msg {
	if !s.Shuts() {
		return i18n.M("lab.always")
	}
	return i18n.M("lab.hours_of", "opens", lab.TimeOfDay(s.Opens), "closes", lab.TimeOfDay(s.Closes))
}

// RateTexts say what it reads in parts of the day, where it has said that this is another number.
func (s State) RateTexts() []i18n.Msg {
	var out []i18n.Msg
	for _, r := range s.Rates {
		text := i18n.M("lab.rate_of", "from", lab.TimeOfDay(r.From), "until", lab.TimeOfDay(r.Until), "n", r.PerHour)
		if r.PerHour == 0 {
			text = i18n.M("lab.rate_none", "from", lab.TimeOfDay(r.From), "until", lab.TimeOfDay(r.Until))
		}
		out = append(out, text)
	}
	return out
}

// perHour is the rate that its forecast reckons with.
func (s State) perHour() int64 { return int64(s.Clears.PerHour + 0.5) }

// columns are those of a table of laboratories that stands beside others.
func columns() []ui.Column {
	return []ui.Column{{Key: "lab", Label: i18n.M("lab.lab")}, {Key: "hand", Label: i18n.M("lab.in_hand"), Numeric: true}, {Key: "rate", Label: i18n.M("lab.per_hour"), Numeric: true}, {Key: "clears", Label: i18n.M("lab.clears")}}
}

// Short is such a table, of some laboratories.
func Short(path string, list []State) ui.Table {
	t := ui.Listing{Path: path}.Table("labs-part", i18n.M("lab.labs"), columns()...)
	for _, s := range list {
		t.Rows = append(t.Rows, s.row())
	}
	return t
}

func (s State) row() ui.Row {
	return ui.Row{ID: s.Code, Href: s.Href, Label: s.Code, Status: s.Status(), Cells: []ui.Cell{ui.Link(s.Code, s.Href), ui.Number(s.InHand), ui.Number(s.perHour()), ui.Words(s.ClearsText())}}
}

// ListView is the list of laboratories.
type ListView struct {
	ui.Listing
	Labs    []State
	NewHref string // empty where the reader enters none
	Nowhere int64  // late tubes that no laboratory has
	Clock   string // the pack's, from closing to result; empty where it has none
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("laboratories", i18n.M("lab.by_backlog"), append(columns(), ui.Column{Key: "backlog", Label: i18n.M("lab.backlog"), Numeric: true}, ui.Column{Key: "late", Label: i18n.M("lab.late"), Numeric: true},
		ui.Column{Key: "unknown", Label: i18n.M("lab.unknown"), Numeric: true}, ui.Column{Key: "hours", Label: i18n.M("lab.hours")}, ui.Column{Key: "name", Label: i18n.M("lab.name")}, ui.Column{Key: "area", Label: i18n.M("col.area")})...)
	t.Live = "screening"
	t.Empty = ui.Empty{Title: i18n.M("lab.none"), Hint: i18n.M("lab.none_hint"), Action: i18n.M("lab.add"), Href: v.NewHref}
	if v.NewHref == "" {
		t.Empty.Hint = i18n.M("lab.none_reader")
	}
	for _, s := range v.Labs {
		row := s.row()
		row.Cells = append(row.Cells, ui.Words(s.BacklogText()), ui.NumberLink(s.Late, s.Href+"#late"), ui.NumberLink(s.Unknown.Tubes, s.Href+"#unknown"), ui.Words(s.Hours()), ui.Text(s.Name), ui.Text(s.Area))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// BacklogText is what it has in hand, in hours of its work.
func (s State) BacklogText() i18n.Msg {
	if s.Clears.Takes <= 0 {
		return i18n.M("lab.no_backlog")
	}
	return i18n.M("lab.backlog_of", "d", s.Clears.Takes.Round(time.Minute))
}

// FormView is a laboratory being entered or changed.
type FormView struct {
	Title i18n.Msg
	Form  ui.Form
}

// Head is what stands over every page of a laboratory.
type Head struct {
	State
	Edit string // empty where the reader may not
	Tabs []ui.Tab
}

// OverviewView is what a laboratory has to do.
type OverviewView struct {
	Head
	Clock  string
	ByHour []Hour // newest last
	Most   int64  // tubes in the busiest of them
	Late   ui.Table
	Lost   ui.Table // unknown tubes
	Settle *ui.Form // settles one of them
}

// Hour is what came in and was read in an hour.
type Hour struct {
	From               time.Time
	Received, Resulted int64
	In, Out            float64 // of the most of any hour
}

// BoxesView is the boxes of a laboratory, and those that are on their way to any.
type BoxesView struct {
	Head
	Boxes  ui.Table
	Moving ui.Table
}

// BoxView is one box.
type BoxView struct {
	Head
	Code     string
	StateKey string // key: box.state.<StateKey>
	Site     string
	Packed   int64
	Counted  int64
	Came     int64
	Note     string
	Missing  []string
	Steps    []Step
	Tubes    ui.Table
}

// Step is one hand through which a box went.
type Step struct {
	Step    string // key: box.state.<Step>
	At      time.Time
	Who     string
	Counted int64
	Note    string
}

// ReceptionView is a reception, and what came of the last one.
type ReceptionView struct {
	Head
	Form  ui.Form
	Came  *command.Received // nil before anything was taken in
	Box   string            // address of the box's page
	Exact bool              // all that was packed came, and nothing else
}

// ResultsView is the page on which results are given.
type ResultsView struct {
	Head
	Upload *ui.Form
	One    *ui.Form
	Find   ui.Form
	File   *FileReport // of the file that was just sent
	Tube   *TubeView   // that was asked for, or of which a result was just given
	Absent string      // label that was asked for and that nobody has heard of
}

// FileReport is what became of a file.
type FileReport struct {
	Name string
	command.TubeFileReported
	Results []Count
	Broken  i18n.Msg // why it was not taken to its end
	Shown   []command.RejectedTube
}

// Count is how many tubes have a result.
type Count struct {
	Result string // key: tube.result.<Result>
	N      int
}

// TubeView is where a tube is and what was told of it.
type TubeView struct {
	Code    string
	Unknown bool // no desk has registered it
	People  int64
	Closed  time.Time
	Box     string
	BoxHref string
	Lab     string
	AtLab   time.Time
	Result  string // key: tube.result.<Result>
	Reports []Report
}

// Report is one result as it was told.
type Report struct {
	Result   string // key: tube.result.<Result>
	At       time.Time
	Ct       float64
	Run      string
	Reason   string
	Lab      string
	Told     time.Time
	By       string
	Standing bool
}

// Reason says in the reader's words why a row was not taken.
func (ResultsView) Reason(r command.RejectedTube) i18n.Msg { return rejection(r) }
