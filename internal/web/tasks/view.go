// Package tasks is the list of tasks and the page of one task with the chain of its reasons.
package tasks

import (
	"embed"
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html task.html waive.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("tasks", files, "page.html") }

// NewTask parses the page of one task.
func NewTask(k *ui.Kit) (*ui.Page, error) { return k.Page("task", files, "task.html") }

// NewWaive parses the page that asks for the reason when several tasks are waived.
func NewWaive(k *ui.Kit) (*ui.Page, error) { return k.Page("waive", files, "waive.html") }

// WaiveView asks for one reason for several tasks.
type WaiveView struct {
	Count int
	Form  ui.Form
}

// ListView is the list of tasks.
type ListView struct {
	ui.Listing
	Tasks     []Row
	CasesHref string // where to go from an empty list
}

// Row is one task.
type Row struct {
	ID      string
	Href    string
	Kind    string // key: task.kind.<Kind>
	Subject ui.Person
	Owner   string // who holds it
	Area    string
	Due     time.Time
	Status  ui.Status
	Because ui.Because
}

// Filters are the list's filters, filled with the values asked for. kinds are the kinds of task that
// the pack in force makes.
func Filters(kinds []string, areas []ui.Option, values url.Values) []ui.Field {
	return []ui.Field{
		{Name: "q", Label: i18n.M("col.about"), Kind: ui.FieldSearch, Value: values.Get("q")},
		{Name: "duty", Label: i18n.M("col.duty"), Kind: ui.FieldSelect, Value: values.Get("duty"), Options: ui.Choices("duty", "tested", "traced", "moved", "isolated", "treated")},
		{Name: "kind", Label: i18n.M("col.task"), Kind: ui.FieldSelect, Value: values.Get("kind"), Options: ui.Choices("task.kind", kinds...)},
		{Name: "status", Label: i18n.M("col.status"), Kind: ui.FieldSelect, Value: values.Get("status"), Options: statusOptions()},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, areas...)},
		{Name: "mine", Label: i18n.M("filter.mine"), Kind: ui.FieldCheck, Checked: values.Get("mine") != ""},
	}
}

// statusOptions begins with what most people look for: work that is still open.
func statusOptions() []ui.Option {
	options := ui.Choices("status", "late", "duesoon", "ontime", "done", "waived", "void")
	options[0].Label = i18n.M("tasks.open")
	return append(options, ui.Option{Value: "all", Label: i18n.M("form.any")})
}

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("tasks", i18n.M("nav.tasks"),
		ui.Column{Key: "kind", Label: i18n.M("col.task")},
		ui.Column{Key: "due", Label: i18n.M("col.due"), Sortable: true},
		ui.Column{Key: "about", Label: i18n.M("col.about")},
		ui.Column{Key: "owner", Label: i18n.M("col.owner")},
		ui.Column{Key: "area", Label: i18n.M("col.area")},
		ui.Column{Key: "because", Label: i18n.M("col.because")},
	)
	t.Live = "tasks"
	t.Bulk = []ui.BulkAction{
		{Label: i18n.M("bulk.done"), Action: v.Path + "/done"},
		{Label: i18n.M("bulk.waive"), Action: v.Path + "/waive", Danger: true},
	}
	t.Empty = ui.Empty{Title: i18n.M("tasks.empty"), Hint: i18n.M("tasks.empty_hint"), Action: i18n.M("nav.cases"), Href: v.CasesHref}
	for _, k := range v.Tasks {
		kind := ui.Enum("task.kind", k.Kind)
		kind.Href = k.Href
		t.Rows = append(t.Rows, ui.Row{ID: k.ID, Href: k.Href, Label: k.ID, Status: k.Status, Cells: []ui.Cell{
			kind, ui.Due(k.Due, k.Status), ui.Who(k.Subject), ui.Text(k.Owner), ui.Text(k.Area), ui.Why(k.Because),
		}})
	}
	return t
}

// View is the page of one task.
type View struct {
	ID      string
	Kind    string // key: task.kind.<Kind>
	Subject ui.Person
	Duty    ui.DutyKind // empty if it serves none
	Owner   string
	Area    string
	Created time.Time
	Due     time.Time
	Status  ui.Status
	// EscalatedTo is the level that also sees the task since it is late; empty if none does.
	EscalatedTo string
	// Because is the chain of reasons, from the task back to the first fact.
	Because []Step
	// Conflict says what somebody else changed meanwhile; nil if nobody did.
	Conflict *ui.Conflict
	// Elsewhere is where the fact is recorded that does the task, where saying so here does not; empty if Complete does.
	Elsewhere string
	// ZoneHref is the page that decides the zone that the task is about; empty for any other task.
	ZoneHref string
	// Complete marks the task done by the fact it asks for; a zero form (no ID) if it is not open.
	Complete ui.Form
	// Waive asks a reason and ends the task without work.
	Waive *ui.Dialog
	// Assign gives the task to another owner.
	Assign   *ui.Dialog
	Timeline ui.Timeline
}

// Step is one link of the chain of reasons.
type Step struct {
	Kind string // key: because.step.<Kind>: fact, rule, clause
	Text i18n.Msg
	Code string // a value of the pack that is a word, as programs write it
	// Ref identifies it: the fact's number, the rule's file, the clause's path in the pack.
	Ref  string
	At   time.Time // zero for a clause
	Who  string
	Href string
}

// Open tells whether there is still work to do.
func (v View) Open() bool {
	return v.Status != ui.Done && v.Status != ui.Waived && v.Status != ui.Void
}
