// Package packs shows the protocol packs, each value with its unit, source and status, so that an epidemiologist can check what decides.
package packs

import (
	"embed"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html pack.html change.html
var files embed.FS

// New parses the list.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("packs", files, "page.html") }

// NewPack parses the page of one pack.
func NewPack(k *ui.Kit) (*ui.Page, error) { return k.Page("pack", files, "pack.html") }

// ListView is the list of packs.
type ListView struct {
	Packs   []Row
	Changes []Settings // of outbreaks whose settings the reader may change
}

// Row is one pack.
type Row struct {
	Ref, Href, Title, Pathogen, Area string
	From                             string // ISO day; empty where the guidance names none
	UsedBy                           []Use
	Assumed, Values                  int64
}

// Use is an outbreak that a pack is in force in.
type Use struct{ Name, Href string }

// Settings are where what decides in an outbreak is changed: its pack, and who becomes a contact by setting.
type Settings struct{ Name, Pack, AutoAccept string }

// Table is the list as a table.
func (v ListView) Table() ui.Table {
	t := ui.Listing{Path: root}.Table("packs", i18n.M("nav.packs"),
		ui.Column{Key: "pack", Label: i18n.M("pack.name")},
		ui.Column{Key: "title", Label: i18n.M("pack.title")},
		ui.Column{Key: "pathogen", Label: i18n.M("pack.pathogen")},
		ui.Column{Key: "area", Label: i18n.M("pack.area")},
		ui.Column{Key: "from", Label: i18n.M("pack.from")},
		ui.Column{Key: "assumed", Label: i18n.M("pack.assumed_of")},
		ui.Column{Key: "used", Label: i18n.M("pack.used_by")},
	)
	for _, p := range v.Packs {
		used := ""
		for i, u := range p.UsedBy {
			if i > 0 {
				used += ", "
			}
			used += u.Name
		}
		t.Rows = append(t.Rows, ui.Row{ID: p.Ref, Href: p.Href, Label: p.Ref, Cells: []ui.Cell{
			ui.Code(p.Ref, p.Href), ui.Text(p.Title), ui.Text(p.Pathogen), ui.Enum("pack.area", p.Area), ui.Day(p.From), ui.Part(p.Assumed, p.Values), ui.Text(used),
		}})
	}
	return t
}

// View is one pack.
type View struct {
	Row
	List       string
	Supersedes string
	Sections   []Section
	Sources    []Source
}

// Section is a part of a pack.
type Section struct {
	Key    string // key: pack.section.<Key>
	Values []Value
}

// Value is one value of a pack.
type Value struct {
	Path   string
	Value  string
	Switch bool   // yes or no, by Value
	Text   bool   // a text for people, in the page's language
	Unit   string // key: pack.unit.<Unit>; empty for a word
	Source string
	Refs   []string // numbers of sources, without brackets
	Status string   // key: pack.status.<Status>
}

// Source is one entry of the pathogen's list of sources.
type Source struct{ Number, Text string }
