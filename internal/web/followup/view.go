// Package followup is the day's list of a follow-up officer, made for a phone: whom to call or visit,
// and one tap for the answer.
package followup

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed *.html
var files embed.FS

// New parses the page. Its fragment "visit" is one card, sent back after an answer.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("followup", files, "page.html") }

// View is one officer's day.
type View struct {
	Officer string
	Day     string // ISO
	Visits  []Visit
	// Open and Done count the visits of the day that are to be made and that are answered; the page lists the first of them.
	Open, Done int64
	More       bool // there are more open ones than the page lists
	// Ask asks why the officer needs names and telephones; nil where they may not, or have them open.
	Ask *ui.Form
	// DoorsHref is the list of those at home, building by building.
	DoorsHref string
}

// Visit is one person to follow up today.
type Visit struct {
	ID     string
	Person ui.Person
	Tier   string // key: tier.<Tier>
	// Day of Days of the follow-up.
	Day, Days int
	Address   string       // as much as the officer needs to find the door
	Who       *ui.Identity // nil until the officer said why they need it
	Due       time.Time
	Status    ui.Status
	Result    string // key: visit.<Result> once answered: well, symptoms, unreached
	At        time.Time
	// Action is posted to with result=<Result>. FormHref is the long form (temperature, needs).
	Action   string
	FormHref string
	Because  ui.Because
	Told     i18n.Msg // what follows from the answer just given
}

// Total counts all of the day's visits.
func (v View) Total() int64 { return v.Open + v.Done }
