// Package contacts is the list of contacts.
package contacts

import (
	"embed"
	"net/url"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("contacts", files, "page.html") }

// View is the list of contacts.
type View struct {
	ui.Listing
	Contacts []Row
}

// Row is one contact of one case.
type Row struct {
	ID     string // of the exposure, as bulk actions are sent it
	Person ui.Person
	Case   ui.Person
	Tier   string // key: tier.<Tier>
	// LastExposure is an ISO day.
	LastExposure string
	Setting      string // key: setting.<Setting>: household, vehicle, ...
	State        string // key: follow.<State>
	Area         string
	// FollowUpDone of FollowUpDue daily checks so far.
	FollowUpDone, FollowUpDue int64
	// EndsOn is the ISO day follow-up ends.
	EndsOn string
	Status ui.Status
}

// Tiers are the tiers of contacts; a pack may use fewer.
func Tiers() []string { return []string{"close", "secondary", "general"} }

// States are the states of follow-up.
func States() []string {
	return []string{"listed", "quarantine", "home_quarantine", "monitoring", "lost", "became_case", "released"}
}

// Filters are the list's filters, filled with the values asked for.
func Filters(areas []ui.Option, values url.Values) []ui.Field {
	return []ui.Field{
		{Name: "q", Label: i18n.M("col.contact"), Kind: ui.FieldSearch, Value: values.Get("q")},
		{Name: "tier", Label: i18n.M("col.tier"), Kind: ui.FieldSelect, Value: values.Get("tier"), Options: ui.Choices("tier", Tiers()...)},
		{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: values.Get("state"), Options: ui.Choices("follow", States()...)},
		{Name: "area", Label: i18n.M("col.area"), Kind: ui.FieldSelect, Value: values.Get("area"), Options: append([]ui.Option{{Label: i18n.M("form.any")}}, areas...)},
		{Name: "late", Label: i18n.M("filter.late"), Kind: ui.FieldCheck, Checked: values.Get("late") != ""},
	}
}

// Table is the list as a table. A case's page shows the same table of its own contacts.
func (v View) Table() ui.Table {
	t := v.Listing.Table("contacts", i18n.M("nav.contacts"),
		ui.Column{Key: "contact", Label: i18n.M("col.contact"), Sortable: true},
		ui.Column{Key: "tier", Label: i18n.M("col.tier"), Sortable: true},
		ui.Column{Key: "case", Label: i18n.M("col.case"), Sortable: true},
		ui.Column{Key: "exposure", Label: i18n.M("col.last_exposure"), Sortable: true},
		ui.Column{Key: "setting", Label: i18n.M("col.setting")},
		ui.Column{Key: "state", Label: i18n.M("col.state"), Sortable: true},
		ui.Column{Key: "area", Label: i18n.M("col.area"), Sortable: true},
		ui.Column{Key: "checks", Label: i18n.M("col.checks")},
		ui.Column{Key: "ends", Label: i18n.M("col.ends"), Sortable: true},
		ui.Column{Key: "status", Label: i18n.M("col.status")},
	)
	t.Export = []string{"csv", "xlsx", "json"}
	t.Live = "contacts"
	t.Bulk = []ui.BulkAction{
		{Label: i18n.M("bulk.confirm"), Action: v.Path + "/confirm"},
		{Label: i18n.M("bulk.tier"), Action: v.Path + "/tier"},
		{Label: i18n.M("bulk.assign"), Action: v.Path + "/assign"},
		{Label: i18n.M("bulk.transfer"), Action: v.Path + "/transfer"},
	}
	t.Empty = ui.Empty{Title: i18n.M("contacts.empty"), Hint: i18n.M("contacts.empty_hint"), Action: i18n.M("nav.cases"), Href: "/cases"}
	for _, c := range v.Contacts {
		t.Rows = append(t.Rows, ui.Row{ID: c.ID, Href: c.Person.Href, Label: c.Person.Code, Status: c.Status, Cells: []ui.Cell{
			ui.Who(c.Person), ui.Enum("tier", c.Tier), ui.Link(c.Case.Code, c.Case.Href), ui.Day(c.LastExposure),
			ui.Enum("setting", c.Setting), ui.Enum("follow", c.State), ui.Text(c.Area),
			ui.Part(c.FollowUpDone, c.FollowUpDue), ui.Day(c.EndsOn), ui.Badge(c.Status),
		}})
	}
	return t
}
