// Package cases is the list of cases and the page of one case.
package cases

import (
	"embed"
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html case.html new.html bulk.html decide.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("cases", files, "page.html") }

// NewCase parses the page of one case.
func NewCase(k *ui.Kit) (*ui.Page, error) { return k.Page("case", files, "case.html") }

// NewForm parses the page on which a case is entered.
func NewForm(k *ui.Kit) (*ui.Page, error) { return k.Page("new", files, "new.html") }

// NewBulk parses the page of a change to many cases.
func NewBulk(k *ui.Kit) (*ui.Page, error) { return k.Page("bulk", files, "bulk.html") }

// FormView is the page on which a case is entered.
type FormView struct {
	Title      i18n.Msg
	Hint       i18n.Msg // what it is for; may be empty
	Clocks     i18n.Msg // by when what follows is to be done; may be empty
	Form       ui.Form
	Duplicates []Likely
	Back       string // where there is nothing to fill in, as Hint says; empty where there is
}

// Likely is a case that the person about to be entered may be already.
type Likely struct {
	Person             ui.Person
	Class, Onset, Area string
	Same               []string // keys: same.<Same>
	// Elsewhere is a case that the reader may not see: it is only said to be there.
	Elsewhere bool
}

// BulkView asks what to change for many cases, and then says what became of them.
type BulkView struct {
	Form          ui.Form
	Count         int
	Total         int64 // of the list, as filtered
	More          bool
	ListHref      string
	Done          bool
	Changed, Same int
	Refused       []Refused
}

// Refused is a case that was left as it is.
type Refused struct{ Code, Href, Reason string }

// ListView is the list of cases.
type ListView struct {
	ui.Listing
	Cases []Row
	// NewHref enters a case by hand; empty if the reader may not.
	NewHref    string
	ImportHref string
	// Write and Export say what the reader may do with the list.
	Write, Export bool
}

// Row is one case in the list.
type Row struct {
	ID       string // what a bulk action is sent
	Person   ui.Person
	Class    string // key: class.<Class>
	Onset    string // ISO day; empty if unknown or without symptoms
	Reported string // ISO day
	Found    string // key: found.<Found>: inside or outside isolation
	Outcome  string // key: outcome.<Outcome>; empty while open
	Area     string
	Contacts int64
	// NextTask is the kind of the next open task (task.kind.<NextTask>); empty if none is open.
	NextTask string
	Due      time.Time
	Status   ui.Status
}

// Classes are the classifications that the list filters by.
func Classes() []string {
	return []string{"confirmed", "asymptomatic", "probable", "suspected", "discarded"}
}

// Filters are the list's filters, filled with the values asked for.
func Filters(areas []ui.Option, values url.Values) []ui.Field {
	return []ui.Field{
		{Name: "q", Label: i18n.M("col.case"), Kind: ui.FieldSearch, Value: values.Get("q")},
		{Name: "class", Label: i18n.M("col.class"), Kind: ui.FieldSelect, Value: values.Get("class"), Options: ui.Choices("class", Classes()...)},
		{Name: "found", Label: i18n.M("col.found"), Kind: ui.FieldSelect, Value: values.Get("found"), Options: ui.Choices("found", "inside", "outside")},
		{Name: "outcome", Label: i18n.M("col.outcome"), Kind: ui.FieldSelect, Value: values.Get("outcome"), Options: ui.Choices("outcome", "open", "recovered", "died", "lost")},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, areas...)},
		{Name: "since", Label: i18n.M("col.reported_since"), Kind: ui.FieldDate, Value: values.Get("since")},
		{Name: "until", Label: i18n.M("col.reported_until"), Kind: ui.FieldDate, Value: values.Get("until")},
		{Name: "onset_from", Label: i18n.M("col.onset_from"), Kind: ui.FieldDate, Value: values.Get("onset_from")},
		{Name: "onset_to", Label: i18n.M("col.onset_to"), Kind: ui.FieldDate, Value: values.Get("onset_to")},
		{Name: "field", Label: i18n.M("field.own_name"), Kind: ui.FieldText, Value: values.Get("field")},
		{Name: "value", Label: i18n.M("field.own_value"), Kind: ui.FieldText, Value: values.Get("value")},
		{Name: "late", Label: i18n.M("filter.late"), Kind: ui.FieldCheck, Checked: values.Get("late") != ""},
	}
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("cases", i18n.M("nav.cases"),
		ui.Column{Key: "case", Label: i18n.M("col.case"), Sortable: true},
		ui.Column{Key: "class", Label: i18n.M("col.class")},
		ui.Column{Key: "onset", Label: i18n.M("col.onset"), Sortable: true},
		ui.Column{Key: "reported", Label: i18n.M("col.reported"), Sortable: true},
		ui.Column{Key: "found", Label: i18n.M("col.found")},
		ui.Column{Key: "outcome", Label: i18n.M("col.outcome")},
		ui.Column{Key: "area", Label: i18n.M("col.area")},
		ui.Column{Key: "contacts", Label: i18n.M("nav.contacts"), Numeric: true},
		ui.Column{Key: "next", Label: i18n.M("col.next")},
		ui.Column{Key: "due", Label: i18n.M("col.due")},
	)
	if v.Export {
		t.Export, t.ExportPath = []string{"csv", "xlsx", "json", "geojson", "epicontacts"}, v.Path+"/export"
	}
	t.Live = "cases"
	if v.Write {
		action := v.Path + "/bulk"
		if enc := v.Values.Encode(); enc != "" {
			action += "?" + enc
		}
		t.Bulk = []ui.BulkAction{{Label: i18n.M("bulk.change"), Action: action}}
	}
	t.Empty = ui.Empty{Title: i18n.M("now.empty"), Hint: i18n.M("now.empty_hint"), Action: i18n.M("nav.imports"), Href: v.ImportHref}
	for _, c := range v.Cases {
		due := ui.Due(c.Due, c.Status)
		if c.NextTask == "" {
			due = ui.Text("")
		}
		t.Rows = append(t.Rows, ui.Row{ID: c.ID, Href: c.Person.Href, Label: c.Person.Code, Status: c.Status, Cells: []ui.Cell{
			ui.Who(c.Person), ui.Enum("class", c.Class), ui.Day(c.Onset), ui.Day(c.Reported), ui.Enum("found", c.Found),
			ui.Enum("outcome", c.Outcome), ui.Text(c.Area), ui.NumberLink(c.Contacts, c.Person.Href+"?tab=contacts"),
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
	ProposalsTab  TabKey = "proposals"
	Samples       TabKey = "samples"
	Chain         TabKey = "chain"
	Orders        TabKey = "orders"
	Restrictions  TabKey = "restrictions"
	History       TabKey = "history"
)

// Tabs lists the tabs with current marked. Counts may hold a number for some of them.
func Tabs(href string, current TabKey, counts map[TabKey]int64) []ui.Tab {
	labels := []struct {
		key   TabKey
		label i18n.Msg
	}{
		{Overview, i18n.M("case.tab.overview")}, {Investigation, i18n.M("case.tab.investigation")},
		{Contacts, i18n.M("nav.contacts")}, {ProposalsTab, i18n.M("case.tab.proposals")}, {Samples, i18n.M("case.tab.samples")}, {Chain, i18n.M("case.tab.chain")},
		{Orders, i18n.M("case.tab.orders")}, {Restrictions, i18n.M("nav.restrictions")}, {History, i18n.M("case.tab.history")},
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
	Names  ui.Names
	// Same are other records of the person, possible and merged.
	Same    ui.Same
	Class   string // key: class.<Class>
	Found   string // key: found.<Found>
	Outcome string // key: outcome.<Outcome>; empty while open
	// Write says that the reader may change the case.
	Write bool
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
	Proposals     *Proposals
	// Part says that the chain is larger than what is drawn; ChainHref shows it among the others.
	Part      bool
	ChainHref string
	// Add is the form below the list, with its title; nil if the reader may add nothing.
	Add      *ui.Form
	AddTitle i18n.Msg
	// Clusters are those that the case belongs to; without an address where the reader may not see one.
	Clusters []ui.Crumb
	// Roles are all that the person is in this outbreak, where it is more than one thing.
	Roles []Role
}

// Role is one thing that a person is: a case, a contact.
type Role struct {
	Kind string // key: role_of.<Kind>
	Code string
	Href string
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
