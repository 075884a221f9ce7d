package ui

import (
	"net/url"
	"time"

	"firebreak/internal/i18n"
)

// Table is a list that people work in: it filters, sorts, pages by keyset, selects and exports.
// Everything is a link or a form, so it works without scripts; js/table.js adds the keyboard.
type Table struct {
	ID      string
	Caption i18n.Msg
	// Path and Values are the list's own address; links for sorting and paging keep the rest of it.
	Path   string
	Values url.Values

	Columns []Column
	Rows    []Row
	Filters []Field
	// Sort is the key of the column in force.
	Sort string
	Desc bool
	// Total is nil where counting would cost more than it tells; More says that there are more than that.
	Total *int64
	More  bool
	// Next and Prev are the cursors of the neighbouring pages; empty at the ends.
	Next, Prev string
	Bulk       []BulkAction
	Export     []string // formats: csv, xlsx, json, geojson, epicontacts
	ExportPath string   // where exports are asked for; Path when empty
	Empty      Empty
	// Live names the event after which the list asks for itself again.
	Live string
}

// Listing is what a handler knows of the page of a list it has fetched; views of lists embed it.
type Listing struct {
	Path   string     // the list's address
	Values url.Values // its query as asked
	Sort   string     // the key of the column in force
	Desc   bool
	Total  *int64 // nil where counting costs too much
	More   bool   // there are more than Total
	// Next and Prev are the cursors of the neighbouring pages; empty at the ends.
	Next, Prev string
	Filters    []Field
}

// Table starts the table of the listing.
func (l Listing) Table(id string, caption i18n.Msg, columns ...Column) Table {
	return Table{ID: id, Caption: caption, Path: l.Path, Values: l.Values, Sort: l.Sort, Desc: l.Desc,
		Total: l.Total, More: l.More, Next: l.Next, Prev: l.Prev, Filters: l.Filters, Columns: columns}
}

// Column is one column. The first column names the row.
type Column struct {
	Key      string
	Label    i18n.Msg
	Sortable bool
	Numeric  bool
}

// Row is one record.
type Row struct {
	ID     string // what a bulk action is sent
	Href   string // what Enter opens
	Label  string // names the row to a screen reader
	Status Status // drawn as a mark on the row's edge; may be empty
	Cells  []Cell
}

// BulkAction is posted with the ids of the selected rows as "id". It shows when rows are selected.
type BulkAction struct {
	Label  i18n.Msg
	Action string
	Danger bool
}

// Filtered tells whether any filter is set, which changes what an empty list says.
func (t Table) Filtered() bool {
	for _, f := range t.Filters {
		if f.Value != "" || f.Checked {
			return true
		}
	}
	return false
}

// FilterForm is the filters as a form that keeps the order in force.
func (t Table) FilterForm() Form {
	f := Form{ID: t.ID + "-filter", Action: t.Path, Get: true, Fields: t.Filters, Hidden: map[string]string{}}
	if t.Sort != "" {
		f.Hidden["sort"] = t.sortValue(t.Sort, t.Desc)
	}
	return f
}

func (t Table) sortValue(key string, desc bool) string {
	if desc {
		return "-" + key
	}
	return key
}

// href is the list's address with some values changed; an empty value removes the key.
func (t Table) href(changes ...string) string {
	v := url.Values{}
	for key, vals := range t.Values {
		v[key] = vals
	}
	for i := 0; i+1 < len(changes); i += 2 {
		v.Del(changes[i])
		if changes[i+1] != "" {
			v.Set(changes[i], changes[i+1])
		}
	}
	if len(v) == 0 {
		return t.Path
	}
	return t.Path + "?" + v.Encode()
}

// SortHref sorts by the column, or turns the order round if it is in force already.
func (t Table) SortHref(c Column) string {
	return t.href("sort", t.sortValue(c.Key, t.Sort == c.Key && !t.Desc), "after", "", "before", "")
}

// SelfHref is this page of the list, as the live refresh asks for it.
func (t Table) SelfHref() string { return t.href() }

// NextHref and PrevHref are the neighbouring pages.
func (t Table) NextHref() string { return t.href("after", t.Next, "before", "") }

// PrevHref is the page before.
func (t Table) PrevHref() string { return t.href("before", t.Prev, "after", "") }

// ExportHref is the whole list, as filtered, as a file.
func (t Table) ExportHref(format string) string {
	if t.ExportPath != "" {
		t.Path = t.ExportPath
	}
	return t.href("format", format, "after", "", "before", "")
}

// ClearHref is the list without filters.
func (t Table) ClearHref() string {
	changes := []string{"after", "", "before", ""}
	for _, f := range t.Filters {
		changes = append(changes, f.Name, "")
	}
	return t.href(changes...)
}

// CellKind says how a cell's value is shown.
type CellKind string

// Cell is one value of a row. Make one with the functions below.
type Cell struct {
	Kind    CellKind
	Text    string
	Prefix  string // of an enumeration
	Href    string
	Message i18n.Msg
	Number  int64
	Of      int64
	At      time.Time
	Status  Status
	Person  *Person
	People  []Person
	Words   []string // of the enumeration Prefix
	Because *Because
	Under   i18n.Msg // said in small letters below it, where there is anything
}

// With says something in small letters below a cell.
func (c Cell) With(under i18n.Msg) Cell {
	c.Under = under
	return c
}

// Blank tells that there is nothing in the cell but a dash: a card on a phone leaves it out.
func (c Cell) Blank() bool {
	switch c.Kind {
	case "text", "code", "inlang", "enum", "day":
		return c.Text == ""
	case "at":
		return c.At.IsZero()
	default:
		return false
	}
}

// Text is text from the record itself, such as a place's name.
func Text(s string) Cell { return Cell{Kind: "text", Text: s} }

// Code is a name that programs and documents use as it stands in every language: a rule, a pack, a field. It may lead somewhere.
func Code(s, href string) Cell { return Cell{Kind: "code", Text: s, Href: href} }

// InLang is text from the record itself in another language than the page's, such as a place's second name.
func InLang(s, lang string) Cell { return Cell{Kind: "inlang", Text: s, Prefix: lang} }

// Link is text that leads somewhere.
func Link(s, href string) Cell { return Cell{Kind: "link", Text: s, Href: href} }

// Words is a text of the catalogues.
func Words(m i18n.Msg) Cell { return Cell{Kind: "words", Message: m} }

// Enum is a value of a closed set, said by the message prefix.value.
func Enum(prefix, value string) Cell { return Cell{Kind: "enum", Prefix: prefix, Text: value} }

// Number is a whole number.
func Number(n int64) Cell { return Cell{Kind: "number", Number: n} }

// NumberLink is a count that leads to the list behind it.
func NumberLink(n int64, href string) Cell { return Cell{Kind: "number", Number: n, Href: href} }

// Part is "done of total" with a bar.
func Part(done, total int64) Cell { return Cell{Kind: "part", Number: done, Of: total} }

// At is an instant, shown as day and time.
func At(t time.Time) Cell { return Cell{Kind: "at", At: t} }

// Ago is an instant, shown as how long ago it was.
func Ago(t time.Time) Cell { return Cell{Kind: "ago", At: t} }

// Day is an ISO day.
func Day(iso string) Cell { return Cell{Kind: "day", Text: iso} }

// Due is a deadline and how it stands.
func Due(t time.Time, s Status) Cell { return Cell{Kind: "due", At: t, Status: s} }

// Badge is a status.
func Badge(s Status) Cell { return Cell{Kind: "badge", Status: s} }

// Who is a person, masked.
func Who(p Person) Cell { return Cell{Kind: "person", Person: &p} }

// People are several, one below the other.
func People(list ...Person) Cell { return Cell{Kind: "people", People: list} }

// List is several values of a closed set, said by the messages prefix.value.
func List(prefix string, values ...string) Cell {
	return Cell{Kind: "list", Prefix: prefix, Words: values}
}

// WordsLink is a text of the catalogues that leads somewhere.
func WordsLink(m i18n.Msg, href string) Cell { return Cell{Kind: "words", Message: m, Href: href} }

// Signed is words, one of ours, with the sign of a status before them; they lead somewhere.
func Signed(s Status, m i18n.Msg, href string) Cell {
	return Cell{Kind: "signed", Status: s, Message: m, Href: href}
}

// Why is the reason of a task.
func Why(b Because) Cell { return Cell{Kind: "because", Because: &b} }
