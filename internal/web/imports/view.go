// Package imports is the way of a file into the outbreak: upload, what it was recognised as, preview,
// dry run, progress, and counts that reconcile.
package imports

import (
	"embed"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page. Its fragment "progress" is what the running job asks for again.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("imports", files, "page.html") }

// Step is where a file is on its way.
type Step string

// The steps, in order.
const (
	Upload  Step = "upload"
	Columns Step = "columns" // what the file was recognised as, with a preview
	DryRun  Step = "dryrun"  // what would happen
	Running Step = "running"
	Result  Step = "result"
)

// Steps lists the steps, in order.
func Steps() []Step { return []Step{Upload, Columns, DryRun, Running, Result} }

// View is the import page at one step.
type View struct {
	Step Step
	File string // name of the file; empty before upload

	Upload ui.Form // at Upload
	Past   []Past  // at Upload: earlier imports

	Format *Format // at Columns
	// Action is where Columns and DryRun are posted to, Back where the step before is.
	Action, Back string

	Progress ui.Progress // at Running

	Counts     *Counts // at DryRun and Result
	Rejections []Rejection
	// ErrorsHref is the file with one line per rejected row.
	ErrorsHref string
	// CasesHref leads on from the result.
	CasesHref string
}

// Past is an earlier import.
type Past struct {
	File, Href, State string // State key: job.<State>
	At                ui.Event
	Rows              int64
}

// Format is what the file was recognised as, and how each column will be read.
type Format struct {
	Kind      string // key: format.<Kind>
	Encoding  string
	Separator string // key: separator.<Separator>
	DateOrder string // key: dateorder.<DateOrder>
	Rows      int64
	// Doubts are what a person should check before going on.
	Doubts  []i18n.Msg
	Columns []Column
	Preview [][]PreviewCell // the first rows, in the order of Columns
}

// Column is one column of the file and the field it goes to.
type Column struct {
	Name    string // as in the file
	Field   string // value of the chosen option; empty ignores the column
	Options []ui.Option
}

// PreviewCell is one value as it is in the file.
type PreviewCell struct {
	Text string
	Bad  bool // cannot be read as the field's kind
}

// Counts say what became of every row. Unresolved are links to people not in the register; they are
// kept beside the rows, and are not among them.
type Counts struct {
	Rows, Created, Updated, Unchanged, Rejected, Unresolved int64
}

// Reconciles tells whether every row is accounted for.
func (c Counts) Reconciles() bool {
	return c.Rows == c.Created+c.Updated+c.Unchanged+c.Rejected
}

// Rejection is one row that was not taken.
type Rejection struct {
	Row    int64 // as a spreadsheet numbers it, the header being 1
	Column string
	Value  string
	Reason i18n.Msg
}

// Ahead tells whether step comes after the present one; Behind whether it is past.
func (v View) Ahead(step Step) bool { return v.index(step) > v.index(v.Step) }

// Behind tells whether step is past.
func (v View) Behind(step Step) bool { return v.index(step) < v.index(v.Step) }

func (v View) index(step Step) int {
	for i, s := range Steps() {
		if s == step {
			return i
		}
	}
	return -1
}

// Steps lists the steps for the page's head.
func (v View) Steps() []Step { return Steps() }
