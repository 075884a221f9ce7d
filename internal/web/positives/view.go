// Package positives is the page of positive tubes: who is held until when, what single specimens say, who is late, who stood and lives beside them.
//
// People are named by the code that they carry. Names are read where a task about them is, with a purpose.
package positives

import (
	"embed"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("positives", files, "page.html") }

// View is the page.
type View struct {
	Tubes    []Tube
	Longest  time.Duration // that a hold may last under the pack in force; 0 where it holds nobody
	Clause   string        // of the pack
	Pack     string
	NextHref string // of older tubes; empty at the end
	Appeals  []Appeal
	Ask      *ui.Form // before what the people wrote; nil where the reader may not, or nobody wrote anything
}

// Appeal is one that waits for its answer.
type Appeal struct {
	Code       string // of the person
	Area       string
	Ground     string // key: appeal.ground.<Ground>
	Worded     bool   // they wrote some words
	Words      string // read, with a purpose
	FiledAt    time.Time
	FiledBy    string // "public" for themselves
	Until      time.Time
	Due        time.Time // zero where the pack in force sets no deadline
	Status     ui.Status
	Owner      string
	Href       string // of the task
	SecondedBy string // who would let them go; empty while nobody has said so
	SecondedAt time.Time
	Second     string   // what that one says
	Answer     *ui.Form // nil where the reader may not
}

// Tube is one positive tube.
type Tube struct {
	ID          string // of the section
	Code        string
	Household   bool   // its people live together
	Site, Desk  string // where it was closed
	Area        string
	ClosedAt    time.Time
	ResultAt    time.Time
	People      int
	Held, Late  int
	Settled     bool
	Members     []Member
	Before      *Neighbour
	After       *Neighbour
	Check       *Check
	Finding     string
	FindingBy   string
	FindingAt   time.Time
	RecordCheck *ui.Form // nil where the reader may not, or nothing asks for it
	FileAppeal  *ui.Form // for somebody who is held; nil where the reader may not, or nobody is
}

// Member is one of the people in it.
type Member struct {
	Code      string
	Area      string
	SwabbedAt time.Time
	Standing  string // key: positive.standing.<Standing>
	Hold      i18n.Msg
	HoldHref  string // its task
	Until     time.Time
	Held      bool
	Due       time.Time // of the single specimen; zero where none is wanted
	Status    ui.Status
	Owner     string
	Href      string // of the task to sample them
	Home      []string
}

// Neighbour is the tube before or after at the same desk.
type Neighbour struct {
	Code     string
	People   int
	ClosedAt time.Time
	Result   string // key: tube.result.<Result>; empty while awaited
}

// Check is the task to look for a swapped tube or a missing member.
type Check struct {
	Href   string
	Owner  string
	Due    time.Time
	Status ui.Status
}

// Home is who lives with members of a tube who live together.
type Home struct {
	Who  string // codes of the members
	With []string
}

// Homes are the members' homes, each once.
func (t Tube) Homes() []Home {
	var out []Home
	at := map[string]int{}
	for _, m := range t.Members {
		if len(m.Home) == 0 {
			continue
		}
		key := strings.Join(m.Home, " ")
		i, known := at[key]
		if !known {
			at[key] = len(out)
			out = append(out, Home{m.Code, m.Home})
			continue
		}
		out[i].Who += " " + m.Code
	}
	return out
}

// Table is the people of a tube as a table.
func (t Tube) Table() ui.Table {
	out := ui.Table{ID: t.ID + "-people", Caption: i18n.M("positive.people", "tube", t.Code), Columns: []ui.Column{
		{Key: "person", Label: i18n.M("positive.person")}, {Key: "standing", Label: i18n.M("positive.single")}, {Key: "hold", Label: i18n.M("positive.hold")}, {Key: "until", Label: i18n.M("positive.until")},
		{Key: "sample", Label: i18n.M("positive.sample")}, {Key: "owner", Label: i18n.M("col.owner")}, {Key: "area", Label: i18n.M("col.area")}, {Key: "swabbed", Label: i18n.M("positive.swabbed")},
		{Key: "home", Label: i18n.M("positive.home"), Numeric: true},
	}}
	for i, m := range t.Members {
		until, sample := ui.Text(""), ui.Text("")
		if m.Held {
			until = ui.At(m.Until)
		}
		if !m.Due.IsZero() {
			sample = ui.Due(m.Due, m.Status)
		}
		status := m.Status
		if m.Due.IsZero() {
			status = ""
		}
		out.Rows = append(out.Rows, ui.Row{ID: t.ID + "-" + strconv.Itoa(i), Href: m.Href, Label: m.Code, Status: status, Cells: []ui.Cell{
			ui.Code(m.Code, m.Href), ui.Enum("positive.standing", m.Standing), ui.WordsLink(m.Hold, m.HoldHref), until, sample, ui.Text(m.Owner), ui.Text(m.Area), ui.At(m.SwabbedAt), ui.Number(int64(len(m.Home))),
		}})
	}
	return out
}
