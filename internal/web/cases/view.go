// Package cases is the list of cases and the page of one case.
package cases

import (
	"embed"
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html case.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("cases", files, "page.html") }

// NewCase parses the page of one case.
func NewCase(k *ui.Kit) (*ui.Page, error) { return k.Page("case", files, "case.html") }

// ListView is the list of cases.
type ListView struct {
	ui.Listing
	Cases []Row
	// NewHref enters a case by hand; empty if the reader may not.
	NewHref string
}

// Row is one case in the list.
type Row struct {
	Person   ui.Person
	Class    string // key: class.<Class>
	Onset    string // ISO day; empty if unknown or without symptoms
	Reported string // ISO day
	Found    string // key: found.<Found>: inside or outside isolation
	Where    string // where the person is now
	Area     string
	Contacts int64
	// NextTask is the kind of the next open task (task.kind.<NextTask>); empty if none is open.
	NextTask string
	Due      time.Time
	Status   ui.Status
}

// Classes are the classifications that the list filters by.
func Classes() []string {
	return []string{"confirmed", "asymptomatic", "probable", "suspected", "excluded"}
}

// Filters are the list's filters, filled with the values asked for.
func Filters(areas []ui.Option, values url.Values) []ui.Field {
	return []ui.Field{
		{Name: "q", Label: i18n.M("col.case"), Kind: ui.FieldSearch, Value: values.Get("q")},
		{Name: "class", Label: i18n.M("col.class"), Kind: ui.FieldSelect, Value: values.Get("class"), Options: ui.Choices("class", Classes()...)},
		{Name: "found", Label: i18n.M("col.found"), Kind: ui.FieldSelect, Value: values.Get("found"), Options: ui.Choices("found", "inside", "outside")},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, areas...)},
		{Name: "since", Label: i18n.M("col.reported_since"), Kind: ui.FieldDate, Value: values.Get("since")},
		{Name: "late", Label: i18n.M("filter.late"), Kind: ui.FieldCheck, Checked: values.Get("late") != ""},
	}
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("cases", i18n.M("nav.cases"),
		ui.Column{Key: "case", Label: i18n.M("col.case"), Sortable: true},
		ui.Column{Key: "class", Label: i18n.M("col.class"), Sortable: true},
		ui.Column{Key: "onset", Label: i18n.M("col.onset"), Sortable: true},
		ui.Column{Key: "reported", Label: i18n.M("col.reported"), Sortable: true},
		ui.Column{Key: "found", Label: i18n.M("col.found")},
		ui.Column{Key: "where", Label: i18n.M("col.where")},
		ui.Column{Key: "area", Label: i18n.M("col.area"), Sortable: true},
		ui.Column{Key: "contacts", Label: i18n.M("nav.contacts"), Sortable: true, Numeric: true},
		ui.Column{Key: "next", Label: i18n.M("col.next")},
		ui.Column{Key: "due", Label: i18n.M("col.due"), Sortable: true},
	)
	t.Export = []string{"csv", "xlsx", "json"}
	t.Live = "cases"
	t.Bulk = []ui.BulkAction{
		{Label: i18n.M("bulk.assign"), Action: v.Path + "/assign"},
		{Label: i18n.M("bulk.print"), Action: v.Path + "/print"},
	}
	t.Empty = ui.Empty{Title: i18n.M("now.empty"), Hint: i18n.M("now.empty_hint"), Action: i18n.M("nav.imports"), Href: "/imports"}
	for _, c := range v.Cases {
		due := ui.Due(c.Due, c.Status)
		if c.NextTask == "" {
			due = ui.Text("")
		}
		t.Rows = append(t.Rows, ui.Row{ID: c.Person.Code, Href: c.Person.Href, Label: c.Person.Code, Status: c.Status, Cells: []ui.Cell{
			ui.Who(c.Person), ui.Enum("class", c.Class), ui.Day(c.Onset), ui.Day(c.Reported), ui.Enum("found", c.Found),
			ui.Text(c.Where), ui.Text(c.Area), ui.NumberLink(c.Contacts, c.Person.Href+"?tab=contacts"),
			ui.Enum("task.kind", c.NextTask), due,
		}})
	}
	return t
}

// TabKey names a tab of the page of a case.
type TabKey string

// The tabs, in order.
const (
	Overview      TabKey = "overview"
	Investigation TabKey = "investigation"
	Contacts      TabKey = "contacts"
	Samples       TabKey = "samples"
	Chain         TabKey = "chain"
	Orders        TabKey = "orders"
	History       TabKey = "history"
)

// Tabs lists the tabs with current marked. Counts may hold a number for some of them.
func Tabs(href string, current TabKey, counts map[TabKey]int64) []ui.Tab {
	labels := []struct {
		key   TabKey
		label i18n.Msg
	}{
		{Overview, i18n.M("case.tab.overview")}, {Investigation, i18n.M("case.tab.investigation")},
		{Contacts, i18n.M("nav.contacts")}, {Samples, i18n.M("case.tab.samples")}, {Chain, i18n.M("case.tab.chain")},
		{Orders, i18n.M("case.tab.orders")}, {History, i18n.M("case.tab.history")},
	}
	var out []ui.Tab
	for _, l := range labels {
		tab := ui.Tab{Label: l.label, Href: href + "?tab=" + string(l.key), Current: l.key == current}
		if n, ok := counts[l.key]; ok {
			tab.Count = &n
		}
		out = append(out, tab)
	}
	return out
}

// View is the page of one case. What belongs to tabs other than the current one may be left empty.
type View struct {
	Person ui.Person
	Class  string // key: class.<Class>
	Found  string // key: found.<Found>
	// IllnessDay is 1 on the day of onset; 0 if unknown.
	IllnessDay int
	Where      string
	Area       string
	// Next is the next deadline; nil if nothing is open.
	Next *Task
	// Editing names others who have this case open now.
	Editing []string
	Tab     TabKey
	Tabs    []ui.Tab

	// Overview
	Timeline ui.Timeline
	Tasks    []Task
	Tiers    []Tier
	Places   []Place

	Investigation ui.Form  // Investigation
	List          ui.Table // Contacts, Samples, Orders, History
	Graph         ui.Graph // Chain
}

// Task is one task of the case.
type Task struct {
	Kind    string // key: task.kind.<Kind>
	Href    string
	Owner   string
	Due     time.Time
	Status  ui.Status
	Because ui.Because
}

// Tier counts the contacts of one tier.
type Tier struct {
	Tier  string // key: tier.<Tier>
	Total int64
	// Placed are those in quarantine or under monitoring as the pack asks.
	Placed int64
	Href   string
}

// Place is where the case was in the look-back, with the time there.
type Place struct {
	Name        string
	Href        string
	From, Until time.Time
	Contacts    int64
}
