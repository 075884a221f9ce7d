// Package assistance is the list of requests between offices and the page of one: somebody who met a case of one district lives in another, whose office is asked to find them.
//
// Each side sees how far a request is. Records of the other side are shown to those alone who may read them there.
package assistance

import (
	"embed"
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html one.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("assistance", files, "page.html") }

// NewOne parses the page of one request.
func NewOne(k *ui.Kit) (*ui.Page, error) { return k.Page("assistance-one", files, "one.html") }

// ListView is the list: what is asked of offices in the reader's areas, and what they asked.
type ListView struct {
	ui.Listing
	All        bool // those for which nobody waits, too
	AllHref    string
	OpenHref   string
	In, Out    []Row
	Find, Hold time.Duration // the pack's clocks; 0 where it sets none
}

// Row is one request.
type Row struct {
	Code, Href  string
	State       string // key: assistance.state.<State>
	Tier        string // key: tier.<Tier>
	From, To    string // the districts
	AskedAt     time.Time
	Find, Hold  Clock
	Reason      string
	Outcome     string // key: follow.<Outcome>
	CaseIsNone  bool
	ContactCode string // where the reader may see it
	ContactHref string
}

// Clock is one deadline of a request, and how it stands; the zero one is not set.
type Clock struct {
	Due    time.Time
	DoneAt time.Time
	Status ui.Status
	Href   string // of the task, for those who may see it
}

func (c Clock) cell() ui.Cell {
	if c.Due.IsZero() {
		return ui.Text("")
	}
	return ui.Due(c.Due, c.Status)
}

// status is that of the first thing that is still to be done.
func (r Row) status() ui.Status {
	for _, c := range []Clock{r.Find, r.Hold} {
		if !c.Due.IsZero() && (c.Status == ui.Late || c.Status == ui.DueSoon || c.Status == ui.OnTime) {
			return c.Status
		}
	}
	if contact.AssistanceState(r.State).Over() {
		return ui.Done
	}
	return ""
}

// Tables are both sides.
func (v ListView) Tables() []ui.Table {
	return []ui.Table{v.table("in", i18n.M("assistance.in"), i18n.M("assistance.in_none"), v.In), v.table("out", i18n.M("assistance.out"), i18n.M("assistance.out_none"), v.Out)}
}

func (v ListView) table(id string, caption, none i18n.Msg, rows []Row) ui.Table {
	n := int64(len(rows))
	other := i18n.M("assistance.from")
	if id == "out" {
		other = i18n.M("assistance.to")
	}
	t := ui.Listing{Path: v.Path, Total: &n}.Table(id, caption, ui.Column{Key: "code", Label: i18n.M("assistance.request")}, ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "tier", Label: i18n.M("col.tier")},
		ui.Column{Key: "other", Label: other}, ui.Column{Key: "find", Label: i18n.M("assistance.find")}, ui.Column{Key: "hold", Label: i18n.M("assistance.hold")}, ui.Column{Key: "asked", Label: i18n.M("assistance.asked_at")}, ui.Column{Key: "contact", Label: i18n.M("col.contact")})
	t.Live = "tasks" // each step makes or ends one
	t.Empty = ui.Empty{Title: none, Hint: i18n.M("assistance.none_hint")}
	for _, r := range rows {
		district, made := r.From, ui.Text("")
		if id == "out" {
			district = r.To
		}
		if r.ContactCode != "" {
			made = ui.Link(r.ContactCode, r.ContactHref)
		}
		t.Rows = append(t.Rows, ui.Row{ID: id + "-" + r.Code, Href: r.Href, Label: r.Code, Status: r.status(), Cells: []ui.Cell{
			ui.Link(r.Code, r.Href), ui.Enum("assistance.state", r.State), ui.Enum("tier", r.Tier), ui.Text(district), r.Find.cell(), r.Hold.cell(), ui.Ago(r.AskedAt), made}})
	}
	return t
}

// View is the page of one request.
type View struct {
	Row
	Case, CaseHref string // empty where the reader may not see it
	Together       time.Duration
	FirstAt        time.Time // zero where only days are known
	LastAt         time.Time
	First, Last    string // ISO days
	Setting        string
	Clause, Pack   string
	AskedBy        string
	Note           string
	AnsweredAt     time.Time
	AnsweredBy     string
	FoundAt        time.Time
	QuarantinedAt  time.Time
	EndedAt        time.Time
	Names          ui.Names
	// Accept, SendBack and Withdraw are what the reader may do; nil where not.
	Accept, SendBack, Withdraw *ui.Form
	Tasks                      *ui.Table // of the office that is asked; nil where the reader may not see them
	Timeline                   ui.Timeline
}
