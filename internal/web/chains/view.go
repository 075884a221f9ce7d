// Package chains is the transmission chains: graph over time, clusters and links.
package chains

import (
	"embed"
	"strings"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("chains", files, "page.html") }

// View is the chains of an outbreak.
type View struct {
	// Cases, Linked and Unlinked count what the graph is made of: unlinked cases have no known
	// source and nobody they infected.
	Cases, Linked, Unlinked ui.Figure
	Graph                   ui.Graph
	// Chains are those of two cases and more, the largest first.
	Chains []Chain
	// Path is this page's address; ?chain= shows one.
	Path string
	// Unresolved counts links to people who are not in the register; they are kept and listed.
	Unresolved     int64
	UnresolvedHref string
	// Only says what the graph is narrowed to: a case's code, or a chain's number.
	Only string
	// Note says that not everything is drawn.
	Note i18n.Msg
	// Unlist shows List, the unresolved links, alone.
	Unlist  bool
	List    ui.Table
	Resolve *ui.Form // settles one of them; nil where the reader may not
}

// Chain is the cases joined by links.
type Chain struct {
	ID          string
	Href        string
	Root        ui.Person // the first case; zero if there are several
	Size        int64
	Generations int64
	First, Last string // ISO days of onset
	// Largest is how many one case infected.
	Largest int64
	Places  string
}

// Table is the chains as a table.
func (v View) Table() ui.Table {
	t := ui.Listing{Path: v.Path}.Table("chain-list", i18n.M("chains.list"),
		ui.Column{Key: "chain", Label: i18n.M("col.chain")},
		ui.Column{Key: "root", Label: i18n.M("col.root")},
		ui.Column{Key: "size", Label: i18n.M("col.cases"), Numeric: true},
		ui.Column{Key: "generations", Label: i18n.M("col.generations"), Numeric: true},
		ui.Column{Key: "largest", Label: i18n.M("col.largest"), Numeric: true},
		ui.Column{Key: "first", Label: i18n.M("col.first_onset")},
		ui.Column{Key: "last", Label: i18n.M("col.last_onset")},
		ui.Column{Key: "places", Label: i18n.M("col.place")},
	)
	t.Export, t.ExportPath = []string{"csv"}, v.Path+"/export"
	t.Empty = ui.Empty{Title: i18n.M("chains.empty"), Hint: i18n.M("chains.empty_hint"), Action: i18n.M("nav.cases"), Href: strings.TrimSuffix(v.Path, "chains") + "cases"}
	for _, c := range v.Chains {
		root := ui.Text("")
		if c.Root.Code != "" {
			root = ui.Who(c.Root)
		}
		t.Rows = append(t.Rows, ui.Row{ID: c.ID, Href: c.Href, Label: c.ID, Cells: []ui.Cell{
			ui.Link(c.ID, c.Href), root, ui.Number(c.Size), ui.Number(c.Generations), ui.Number(c.Largest),
			ui.Day(c.First), ui.Day(c.Last), ui.Text(c.Places),
		}})
	}
	return t
}
