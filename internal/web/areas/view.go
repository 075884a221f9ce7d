// Package areas is where an administrator keeps the tree of jurisdictions: a look at it branch by branch, and files of jurisdictions and boundaries brought in after
// a preview of what they would change.
package areas

import (
	"embed"
	"regexp"
	"strings"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html preview.html
var files embed.FS

// New parses the tree's page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("areas", files, "page.html") }

// NewPreview parses the page of what files would change.
func NewPreview(k *ui.Kit) (*ui.Page, error) { return k.Page("areas-preview", files, "preview.html") }

// View is one branch of the tree, or what a search found in it.
type View struct {
	ui.Listing
	Root   string
	Path   []Step // from the top down to the branch
	Areas  []Row
	Total  int64 // jurisdictions in the reader's areas
	Drawn  int64 // of Total: with a boundary
	Found  bool  // Areas are what a search found
	More   bool  // a search found more than are shown
	Upload ui.Form
	Done   *Counts // of files just brought in
}

// Step is a jurisdiction above the branch.
type Step struct{ Name, Href string }

// Row is one jurisdiction.
type Row struct {
	Code, Name string
	Other      string // the name in the other language
	OtherLang  string // which that is
	Level      string
	Up         string // what it lies in
	Href       string // what lies in it; empty where nothing does
	Population int64  // 0 where unknown
	Below      int64  // directly below it
	Boundary   bool
}

// Counts are the totals of files.
type Counts struct {
	Created, Updated, Moved, Unchanged, Rejected, Outlines, Drawn int64
}

// levels are the levels that have words; others are shown as they are.
var levels = [...]string{"nation", "province", "city", "district", "street", "community"}

// Filters are the search over the tree.
func Filters(q string) []ui.Field {
	return []ui.Field{{Name: "q", Label: i18n.M("area.search"), Kind: ui.FieldSearch, Value: q}}
}

func levelCell(level string) ui.Cell {
	for _, l := range levels {
		if l == level {
			return ui.Enum("area.level", level)
		}
	}
	return ui.Text(level)
}

// Table is the branch as a table.
func (v View) Table() ui.Table {
	columns := []ui.Column{
		{Key: "code", Label: i18n.M("area.code")}, {Key: "name", Label: i18n.M("area.name")}, {Key: "other", Label: i18n.M("area.other_name")}, {Key: "level", Label: i18n.M("area.level")},
		{Key: "population", Label: i18n.M("area.population"), Numeric: true}, {Key: "below", Label: i18n.M("area.below"), Numeric: true}, {Key: "boundary", Label: i18n.M("area.boundary")},
	}
	if v.Found {
		columns = append(columns, ui.Column{Key: "up", Label: i18n.M("area.field.parent")})
	}
	t := v.Listing.Table("areas", i18n.M("nav.areas"), columns...)
	t.Empty = ui.Empty{Title: i18n.M("area.none"), Hint: i18n.M("area.none_hint")}
	for _, a := range v.Areas {
		name := ui.Text(a.Name)
		if a.Href != "" {
			name = ui.Link(a.Name, a.Href)
		}
		population := ui.Text("")
		if a.Population > 0 {
			population = ui.Number(a.Population)
		}
		boundary := ui.Words(i18n.M("area.not_drawn"))
		if a.Boundary {
			boundary = ui.Words(i18n.M("area.drawn"))
		}
		row := ui.Row{ID: a.Code, Href: a.Href, Label: a.Name, Cells: []ui.Cell{
			ui.Text(a.Code), name, ui.InLang(a.Other, a.OtherLang), levelCell(a.Level), population, ui.Number(a.Below), boundary,
		}}
		if v.Found {
			row.Cells = append(row.Cells, ui.Text(a.Up))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Preview is what files would change.
type Preview struct {
	Root    string
	Files   []string
	Counts  Counts
	Changes []Change
	More    int64   // changes beyond those shown
	Apply   *Apply  // nil where a row is rejected or nothing would change
	Stale   bool    // the tree has changed since the preview was agreed to: this is what the files would do now
	Problem ui.Form // to send other files
}

// Apply is the form that brings the files in.
type Apply struct {
	Action, Payload, Seen string
}

// Change is a row of a file that changes something or is rejected.
type Change struct {
	File       string
	Row        int64
	Outline    bool
	Code, Name string
	Fate       string // key: area.fate.<Fate>
	Fields     []Field
	Records    int64
	Column     string
	Reason     i18n.Msg
}

// Field is a field that changes; Name is a key: area.field.<Name>.
type Field struct{ Name, From, To string }

// reasons are the sentences of packages place and command about a row, and the texts area.reason.* that say the same: the order says them in English, as it does to
// programs. A sentence that is not here is shown as it is.
var reasons = [...]struct{ has, key string }{
	{"is neither in the file nor known", "parent"},
	{"leads round in a circle", "circle"},
	{"lies outside the areas that you administer", "outside"},
	{"you do not administer both", "move"},
	{"would come to lie in another district", "district"},
	{"no jurisdiction has this code", "unknown"},
	{"the row of this jurisdiction is rejected", "row"},
	{"is empty", "empty"},
	{"is its own parent", "own"},
	{"already", "twice"},
	{"is not a whole number", "number"},
	{"wrong number of fields", "cells"},
	{"property code is missing", "no_code"},
	{"no geometry", "no_geometry"},
	{"not GeoJSON", "geojson"},
	{"no column ", "column"},
	{"Polygon or MultiPolygon", "polygon"},
	{"is not closed", "open_ring"},
	{"WGS 84", "degrees"},
	{"a file of jurisdictions or one of boundaries", "needed"},
}

var digits = regexp.MustCompile(`\d+`)

// Reason says a sentence about a row in the reader's words.
func Reason(text string) i18n.Msg {
	for _, r := range reasons {
		if strings.Contains(text, r.has) {
			return i18n.M("area.reason."+r.key, "text", text, "n", digits.FindString(text))
		}
	}
	return i18n.M("area.reason.other", "text", text)
}
