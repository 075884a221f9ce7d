// Package zones is the list of zones and the page of one: what it means for people, why it was proposed, when the pack lets it be lifted, and the
// decision of a person.
package zones

import (
	"embed"
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
	"firebreak/internal/zone"
)

//go:embed page.html zone.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("zones", files, "page.html") }

// NewZone parses the page of one zone.
func NewZone(k *ui.Kit) (*ui.Page, error) { return k.Page("zone", files, "zone.html") }

// ListView is the list of zones.
type ListView struct {
	ui.Listing
	Zones []Row
	Draws bool    // the pack in force has levels of zones
	Map   *ui.Map // nil where no outline of a zone is known
}

// Row is one zone.
type Row struct {
	Href   string
	Area   string
	Within string // the district
	Level  string // the pack's title of its level
	State  string // key: zone.state.<State>
	Since  time.Time
	End    i18n.Msg // when it can be lifted; what was decided, where it is over
	Met    bool     // it can be lifted now
	Clause string   // of the pack, under which it was proposed
}

// Filters are the list's filters, filled with the values asked for.
func Filters(areas []ui.Option, values url.Values) []ui.Field {
	states := make([]string, 0, 4)
	for _, s := range zone.States() {
		states = append(states, string(s))
	}
	options := ui.Choices("zone.state", states...)
	options[0].Label = i18n.M("zone.standing")
	return []ui.Field{
		{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: values.Get("state"), Options: append(options, ui.Option{Value: "all", Label: i18n.M("form.any")})},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, areas...)},
	}
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("zones", i18n.M("nav.zones"),
		ui.Column{Key: "area", Label: i18n.M("col.area")},
		ui.Column{Key: "level", Label: i18n.M("zone.level")},
		ui.Column{Key: "state", Label: i18n.M("col.state")},
		ui.Column{Key: "since", Label: i18n.M("col.since")},
		ui.Column{Key: "end", Label: i18n.M("zone.end")},
		ui.Column{Key: "within", Label: i18n.M("zone.within")},
		ui.Column{Key: "clause", Label: i18n.M("zone.clause")},
	)
	t.Live = "tasks" // a proposal makes a task, and a decision ends it
	t.Empty = ui.Empty{Title: i18n.M("zone.none"), Hint: i18n.M("zone.none_hint")}
	if !v.Draws {
		t.Empty.Hint = i18n.M("zone.no_levels")
	}
	for _, z := range v.Zones {
		status := ui.Status("")
		switch {
		case z.State == string(zone.Proposed), z.Met:
			status = ui.DueSoon
		case z.State == string(zone.Lifted), z.State == string(zone.Declined):
			status = ui.Done
		}
		t.Rows = append(t.Rows, ui.Row{ID: z.Href, Href: z.Href, Label: z.Area, Status: status, Cells: []ui.Cell{
			ui.Link(z.Area, z.Href), ui.Text(z.Level), ui.Enum("zone.state", z.State), ui.At(z.Since), ui.Words(z.End), ui.Text(z.Within), ui.Code(z.Clause, ""),
		}})
	}
	return t
}

// View is the page of one zone.
type View struct {
	ID         int64
	Area       string
	Path       []ui.Crumb // from the outbreak's area down to it
	Population int64      // of the area; 0 where unknown
	Level      string
	Conduct    string // what people in it are asked to do, in the pack's words
	State      string // key: zone.state.<State>
	Since      time.Time
	Proposed   time.Time
	Task       *Task // nil where the reader may not see it
	// Because is the chain of reasons of the proposal: rule, clause, case.
	Because []Reason
	Lifting *Lifting // nil where the pack has no test, or nothing is left to lift
	Reason  string   // of the last decision
	// Withdrawn says that what gave cause was corrected before anybody decided.
	Withdrawn bool
	// Decide is the decision; nil where there is none left, or the reader has none to take.
	Decide   *ui.Form
	Conflict *ui.Conflict
	Timeline ui.Timeline
}

// Task is the one that the decision does.
type Task struct {
	Kind   string // key: task.kind.<Kind>
	Href   string
	Due    time.Time
	Status ui.Status
	Owner  string
}

// Reason is one link of the chain of reasons.
type Reason struct {
	Kind string // key: because.step.<Kind>
	Text i18n.Msg
	Ref  string
	Href string
	At   time.Time
}

// Lifting is when a pack lets a zone be lifted.
type Lifting struct {
	From, Until string // ISO days
	Met         bool
	To          string // title of the level that it steps down to; empty: lifted
	Clauses     []Clause
}

// Clause is one value of the pack.
type Clause struct {
	What   string // key: zone.clause.<What>
	Value  string
	Unit   string // key: unit.<Unit>
	Path   string
	Source string
	Status string // key: pack.status.<Status>
}
