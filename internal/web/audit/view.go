// Package audit is the journal for who checks what was done: who looked at what and why, and whether the record is intact.
package audit

import (
	"embed"
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/journal"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page. Its fragment "check" is the check of the chain, asked for again while it runs.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("audit", files, "page.html") }

// View is a page of the journal.
type View struct {
	ui.Listing
	Entries []Entry
	// SearchedBack is the entry that the search has come to without filling the page; 0 where the page is full, or the journal was searched to its start.
	SearchedBack int64
	More         string // where the search goes on
	Check        Check
}

// Entry is one fact.
type Entry struct {
	Seq    int64
	At     time.Time
	Kind   string // key: event.<Kind>
	About  i18n.Msg
	Who    string
	Area   string
	Detail ui.Cell
}

// Check is the check of the chain.
type Check struct {
	Action   string      // posted to, to begin
	Progress ui.Progress // while it runs; no ID otherwise
	Result   *Result     // of the last one
}

// Result is what a check found.
type Result struct {
	At      time.Time
	Entries int64
	Head    string
	Intact  bool
	Broken  string
}

// Filters are the filters, filled with the values asked for.
func Filters(values url.Values) []ui.Field {
	var kinds []string
	for _, k := range journal.Kinds() {
		kinds = append(kinds, string(k))
	}
	return []ui.Field{
		{Name: "kind", Label: i18n.M("col.kind"), Kind: ui.FieldSelect, Value: values.Get("kind"), Options: ui.Choices("event", kinds...)},
		{Name: "who", Label: i18n.M("audit.who"), Kind: ui.FieldSearch, Value: values.Get("who")},
		{Name: "about", Label: i18n.M("audit.about_code"), Kind: ui.FieldSearch, Value: values.Get("about")},
		{Name: "from", Label: i18n.M("audit.from"), Kind: ui.FieldDate, Value: values.Get("from")},
		{Name: "until", Label: i18n.M("audit.until"), Kind: ui.FieldDate, Value: values.Get("until")},
	}
}

// Table is the page as a table.
func (v View) Table() ui.Table {
	t := v.Listing.Table("audit", i18n.M("audit.entries"),
		ui.Column{Key: "kind", Label: i18n.M("col.fact")},
		ui.Column{Key: "at", Label: i18n.M("col.at")},
		ui.Column{Key: "who", Label: i18n.M("col.who")},
		ui.Column{Key: "about", Label: i18n.M("col.about")},
		ui.Column{Key: "detail", Label: i18n.M("audit.detail")},
		ui.Column{Key: "area", Label: i18n.M("col.area")},
		ui.Column{Key: "seq", Label: i18n.M("audit.no"), Numeric: true},
	)
	t.Empty = ui.Empty{Title: i18n.M("audit.none"), Hint: i18n.M("audit.none_hint")}
	for _, e := range v.Entries {
		t.Rows = append(t.Rows, ui.Row{Label: e.Kind, Cells: []ui.Cell{
			ui.Enum("event", e.Kind), ui.At(e.At), ui.Code(e.Who, ""), ui.Words(e.About), e.Detail, ui.Text(e.Area), ui.Number(e.Seq),
		}})
	}
	return t
}
