// Package contacts is the list of contacts.
package contacts

import (
	"embed"
	"net/url"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html contact.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("contacts", files, "page.html") }

// NewContact parses the page of one contact.
func NewContact(k *ui.Kit) (*ui.Page, error) { return k.Page("contact", files, "contact.html") }

// OneView is the page of one contact.
type OneView struct {
	Person ui.Person
	Names  ui.Names
	// Same are other records of the person, possible and merged.
	Same                                          ui.Same
	Tier, State                                   string // keys: tier.<Tier>, follow.<State>
	Area, Relation, Setting                       string
	LastExposed, EndsOn                           string      // ISO days
	Source, Parent, Became                        ui.Person   // the case and the close contact they met, the case they became; zero where there is none
	Children                                      []ui.Person // secondary contacts whom they met
	Tasks, Checks, Samples, History, Restrictions ui.Table
	Exposures                                     ui.Table // whom they met, those found to be none included
	Check, Sample, Correct                        *ui.Form // nil where the reader may not
	Expose, Unexpose                              *ui.Form // the same; Unexpose also where nothing stands
	MaySamples                                    bool     // the reader may see specimens
	SampleTitle                                   i18n.Msg
}

// View is the list of contacts.
type View struct {
	ui.Listing
	Contacts  []Row
	CasesHref string
	Export    bool // the reader may take the list out
}

// Row is one contact of one case.
type Row struct {
	ID     string // of the exposure, as bulk actions are sent it
	Person ui.Person
	Case   ui.Person
	Tier   string // key: tier.<Tier>
	// LastExposure is an ISO day.
	LastExposure string
	Setting      string // where they met, as told
	State        string // key: follow.<State>
	Area         string
	// NextTask is the kind of the next open task (task.kind.<NextTask>); empty if none is open.
	NextTask string
	Due      time.Time
	// EndsOn is the ISO day follow-up ends.
	EndsOn string
	Status ui.Status
}

// Tiers are the tiers of contacts; a pack may use fewer.
func Tiers() []string { return []string{"close", "secondary", "general"} }

// States are the states of follow-up.
func States() []string {
	return []string{"listed", "followed", "released", "became_case", "lost", "dropped"}
}

// Filters are the list's filters, filled with the values asked for.
func Filters(areas []ui.Option, values url.Values) []ui.Field {
	return []ui.Field{
		{Name: "q", Label: i18n.M("col.contact"), Kind: ui.FieldSearch, Value: values.Get("q")},
		{Name: "tier", Label: i18n.M("col.tier"), Kind: ui.FieldSelect, Value: values.Get("tier"), Options: ui.Choices("tier", Tiers()...)},
		{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: values.Get("state"), Options: ui.Choices("follow", States()...)},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, areas...)},
		{Name: "case", Label: i18n.M("col.case"), Kind: ui.FieldText, Value: values.Get("case")},
		{Name: "ends_from", Label: i18n.M("col.ends_from"), Kind: ui.FieldDate, Value: values.Get("ends_from")},
		{Name: "ends_to", Label: i18n.M("col.ends_to"), Kind: ui.FieldDate, Value: values.Get("ends_to")},
		{Name: "late", Label: i18n.M("filter.late"), Kind: ui.FieldCheck, Checked: values.Get("late") != ""},
	}
}

// Table is the list as a table. A case's page shows the same table of its own contacts.
func (v View) Table() ui.Table {
	t := v.Listing.Table("contacts", i18n.M("nav.contacts"),
		ui.Column{Key: "contact", Label: i18n.M("col.contact"), Sortable: true},
		ui.Column{Key: "tier", Label: i18n.M("col.tier")},
		ui.Column{Key: "case", Label: i18n.M("col.case")},
		ui.Column{Key: "exposure", Label: i18n.M("col.last_exposure")},
		ui.Column{Key: "setting", Label: i18n.M("col.setting")},
		ui.Column{Key: "state", Label: i18n.M("col.state")},
		ui.Column{Key: "area", Label: i18n.M("col.area")},
		ui.Column{Key: "next", Label: i18n.M("col.next")},
		ui.Column{Key: "ends", Label: i18n.M("col.ends"), Sortable: true},
		ui.Column{Key: "due", Label: i18n.M("col.due")},
	)
	if v.Export {
		t.Export, t.ExportPath = []string{"csv", "xlsx", "json"}, v.Path+"/export"
	}
	t.Live = "contacts"
	t.Empty = ui.Empty{Title: i18n.M("contacts.empty"), Hint: i18n.M("contacts.empty_hint"), Action: i18n.M("nav.cases"), Href: v.CasesHref}
	for _, c := range v.Contacts {
		of, due := ui.Text(""), ui.Badge(c.Status)
		if c.Case.Code != "" {
			of = ui.Link(c.Case.Code, c.Case.Href)
		}
		if c.NextTask != "" {
			due = ui.Due(c.Due, c.Status)
		}
		t.Rows = append(t.Rows, ui.Row{ID: c.ID, Href: c.Person.Href, Label: c.Person.Code, Status: c.Status, Cells: []ui.Cell{
			ui.Who(c.Person), ui.Enum("tier", c.Tier), of, ui.Day(c.LastExposure),
			ui.Text(c.Setting), ui.Enum("follow", c.State), ui.Text(c.Area),
			ui.Enum("task.kind", c.NextTask), ui.Day(c.EndsOn), due,
		}})
	}
	return t
}
