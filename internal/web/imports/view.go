// Package imports is the way of a file into the outbreak: upload, what it was recognised as, preview,
// dry run, progress, and counts that reconcile.
package imports

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page. Its fragment "running" is what the running job asks for again, "jobs" the list.
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
	List string // address of the list of imports

	Upload  ui.Form  // at Upload
	NoPlace bool     // at Upload: files cannot be kept on this server
	KeepFor int      // days that a file is kept
	Jobs    []Job    // at Upload: all imports, the newest first
	Older   string   // at Upload: the next page of them
	Part    string   // at Upload: where the list is asked for again
	Empty   ui.Empty // at Upload: where there are none

	Facts  *Facts   // beyond Upload
	Format *Format  // at Columns
	Doubts []Doubt  // at Columns: what a person should check before going on
	Sample []string // at Columns: header of the preview
	Rows   [][]PreviewCell
	// Action is where Columns is posted to, Back where the columns are.
	Action, Back string

	Progress ui.Progress // at Running, and at DryRun while it is tried

	Counts     *Counts // at DryRun and Result
	Failure    string  // key: import.failure.<Failure>; empty where all went well
	Detail     i18n.Msg
	Rejections []Rejection
	More       bool // there are more than Rejections
	// ErrorsHref is the file with one line per rejected row and doubt.
	ErrorsHref string
	// CasesHref and UnresolvedHref lead on from the result.
	CasesHref, UnresolvedHref string

	// Run, Resume and Cancel are posted to, where they can be done now.
	Run, Resume, Cancel string
}

// Job is an import in the list.
type Job struct {
	File, Href, State string // State key: job.<State>
	Kind              string // key: format.<Kind>; empty while unknown
	At                ui.Event
	Rows, Total       int64
	Created, Updated  int64
	Unchanged         int64
	Rejected          int64
	Working           bool
}

// Facts say whose file it is and how long it is kept.
type Facts struct {
	Who      string
	At       time.Time
	Area     string // that it is bound to; empty = all of the outbreak's
	Size     int64  // bytes
	KeptTill time.Time
	Deleted  time.Time
	Same     string    // earlier import of the same content: its address; empty without
	SameAt   time.Time // and when
	SameWho  string
}

// KiB is the size for people.
func (f Facts) KiB() int64 { return (f.Size + 1023) / 1024 }

// Format is what the file was recognised as, and how each column will be read.
type Format struct {
	Kind    string // key: format.<Kind>
	Title   string // of the recognised layout, in its own words; empty where none is
	MapName string // of the saved map in use
	Percent int    // how sure the recognition is
	Version int64  // of the job
	// Reading are the choices about the file as a whole: kind, encoding, separator, sheet, header row.
	Reading []ui.Field
	// Maps are the layouts and saved maps that can be taken instead.
	Maps    []ui.Option
	Columns []Column
}

// Sureness says how far a column is to be trusted.
type Sureness string

// The kinds of sureness, by how much a person should look.
const (
	Choose Sureness = "choose" // a choice is needed: dates that read both ways
	Check  Sureness = "check"  // some of its first values cannot be read, or the layout is not sure
	Sure   Sureness = "sure"
	Kept   Sureness = "kept" // not used: kept beside the record as it is
	Left   Sureness = "left" // left out
)

// Column is one column of the file and the field it goes to.
type Column struct {
	Name    string   // as in the file
	Values  []string // the first ones that are filled
	Field   string   // value of the chosen option; empty keeps the column beside the record, "-" leaves it out
	Options []ui.Option
	Order   string      // of day and month; of columns of dates
	Orders  []ui.Option // none for columns that are no dates
	Sure    Sureness
}

// Doubt is something to check.
type Doubt struct{ Text i18n.Msg }

// PreviewCell is one value as it is in the file.
type PreviewCell struct {
	Text string
	Bad  bool // cannot be read as the field's kind
}

// Counts say what became of every row. Unresolved are links to people not in the register; they are
// kept beside the rows, and are not among them.
type Counts struct {
	Rows, Created, Updated, Unchanged, Rejected, Unresolved, Warnings int64
}

// Reconciles tells whether every row is accounted for.
func (c Counts) Reconciles() bool {
	return c.Rows == c.Created+c.Updated+c.Unchanged+c.Rejected
}

// Rejection is one row that was not taken, or taken with a doubt.
type Rejection struct {
	Row    int64 // as a spreadsheet numbers it, the header being 1; 0 is the file as a whole
	Column string
	Value  string
	Reason i18n.Msg
	Doubt  bool
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
