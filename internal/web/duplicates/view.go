// Package duplicates is the pages where records that may be of one person are compared: made one, told apart, or made two again.
package duplicates

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html pair.html merge.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("duplicates", files, "page.html") }

// NewPair parses the page of two people side by side.
func NewPair(k *ui.Kit) (*ui.Page, error) { return k.Page("pair", files, "pair.html") }

// NewMerge parses the page of one merge.
func NewMerge(k *ui.Kit) (*ui.Page, error) { return k.Page("merge", files, "merge.html") }

// ListView is a page of the pairs that may be one person, and on the first one the newest merges.
type ListView struct {
	ui.Listing
	Pairs  []Row
	Read   int64 // people who were compared for this page
	Merges []Merge
}

// Row is one pair.
type Row struct {
	A, B         ui.Person
	Href         string
	Likely       string   // likely.<Likely>: sure, likely, possible
	Same, Differ []string // same.<sign>
	Area         string
}

// Table is the list.
func (v ListView) Table() ui.Table {
	t := v.Listing.Table("duplicates", i18n.M("duplicates.list"),
		ui.Column{Key: "who", Label: i18n.M("duplicates.two")}, ui.Column{Key: "likely", Label: i18n.M("duplicates.likely")},
		ui.Column{Key: "same", Label: i18n.M("duplicates.same")}, ui.Column{Key: "differ", Label: i18n.M("duplicates.differ")},
		ui.Column{Key: "area", Label: i18n.M("col.area")}, ui.Column{Key: "compare", Label: i18n.M("duplicates.look")})
	t.Empty = ui.Empty{Title: i18n.M("duplicates.empty"), Hint: i18n.M("duplicates.empty_hint")}
	for _, r := range v.Pairs {
		t.Rows = append(t.Rows, ui.Row{Href: r.Href, Label: r.A.Code + " " + r.B.Code, Cells: []ui.Cell{
			ui.People(r.A, r.B), ui.Enum("likely", r.Likely), ui.List("same", r.Same...), ui.List("same", r.Differ...), ui.Text(r.Area), ui.WordsLink(i18n.M("duplicates.compare"), r.Href)}})
	}
	return t
}

// MergeTable lists the newest merges.
func (v ListView) MergeTable() ui.Table {
	t := ui.Listing{Path: v.Path}.Table("merges", i18n.M("duplicates.merges"),
		ui.Column{Key: "who", Label: i18n.M("duplicates.goes_on")}, ui.Column{Key: "gone", Label: i18n.M("duplicates.merged_in")}, ui.Column{Key: "at", Label: i18n.M("col.at")},
		ui.Column{Key: "by", Label: i18n.M("col.who")}, ui.Column{Key: "reason", Label: i18n.M("col.reason")}, ui.Column{Key: "undo", Label: i18n.M("duplicates.look")})
	for _, m := range v.Merges {
		t.Rows = append(t.Rows, ui.Row{Href: m.Href, Label: m.Kept.Code, Cells: []ui.Cell{ui.Who(m.Kept), ui.Text(m.Codes()), ui.At(m.At), ui.Text(m.By), ui.Text(m.Reason), ui.WordsLink(i18n.M("duplicates.undo_see"), m.Href)}})
	}
	return t
}

// Merge is one merge that stands.
type Merge struct {
	Kept   ui.Person
	Gone   []string // the codes of the records that went
	At     time.Time
	By     string
	Reason string
	Href   string
}

// Codes are the codes of the records that went, in one text.
func (m Merge) Codes() string { return ui.Codes(m.Gone) }

// PairView is two people side by side.
type PairView struct {
	ListHref     string
	A, B         Side
	Likely       string // likely.<Likely>; empty where the two are not alike enough to be proposed
	Same, Differ []string
	Apart        bool // they were told apart
	Groups       []Group
	Keep         string // "a" or "b": the record that goes on, as chosen so far
	Names        ui.Names
	Merge        *MergeForm // nil where the reader may not
	Tell         ui.Form
	Conflict     *ui.Conflict
	Gone         *Merge // the two were made one meanwhile
}

// Side is one of the two.
type Side struct {
	Person ui.Person
	Roles  []Role
	Who    *ui.Identity // nil until the reader said why they need it
}

// Role is one record of a person.
type Role struct {
	Kind, Code, Href string // role_of.<Kind>
}

// Group is some rows of the comparison with their heading.
type Group struct {
	Title i18n.Msg
	Rows  []Field
}

// Field is one line of the comparison.
type Field struct {
	Name   string // posted as the name of the choice; empty where there is nothing to choose
	Label  i18n.Msg
	A, B   string   // as a person reads it; empty is not known
	MsgA   i18n.Msg // in place of A and B, words
	MsgB   i18n.Msg
	Differ bool
	Fixed  bool   // nothing is to be chosen: the surer of the two counts
	Chosen string // "a" or "b"
}

// MergeForm is where the choice is posted to.
type MergeForm struct {
	Action        string
	Version, Seen string
	Reason        ui.Field
	Error         i18n.Msg
}

// MergeView is one merge, with the form that takes it back.
type MergeView struct {
	ListHref string
	Merge    Merge
	Undone   bool
	UndoneAt time.Time
	UndoneBy string
	Form     *ui.Form // nil once it is undone
}
