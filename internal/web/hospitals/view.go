// Package hospitals is the care screen: hospitals with their beds, who waits for one, and each patient with what is still missing for discharge.
package hospitals

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/treatment"
	"firebreak/internal/web/ui"
)

//go:embed *.html
var files embed.FS

// New parses the screen.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("care", files, "page.html") }

// NewPatient parses the page of one patient.
func NewPatient(k *ui.Kit) (*ui.Page, error) { return k.Page("patient", files, "patient.html") }

// View is how cases are treated.
type View struct {
	Beds      []Count
	Waiting   ui.Table
	Houses    ui.Table
	Events    ui.Table
	Proposals []Proposal
}

// Count is the beds of one kind.
type Count struct {
	Label       i18n.Msg
	Free, Beds  int64
	Convertible int64 // to intensive care within a day, beside these
	Reserve     int64
	Status      ui.Status
}

// Proposal is a reserve that a rule proposes to open.
type Proposal struct {
	Name      string
	Kind      string // key: facility_kind.<Kind>
	ReadyIn   time.Duration
	Beds      int64
	Occupied  int64
	Projected int64
	At        time.Time
	Decide    *ui.Form // nil where the reader may not
}

// PatientView is one patient.
type PatientView struct {
	Code      string
	CaseHref  string
	Severity  string // key: severity.<Severity>
	Needs     string // key: setting.<Needs>
	Clause    string
	Hospital  string
	Level     string // key: bed_level.<Level>; empty in no hospital
	Since     time.Time
	First     string // who would discharge them before the criteria are met
	Reason    string
	Ended     string // key: admission.<Ended>
	Criteria  []Criterion
	Met       bool
	StepDown  string // ward or isolation-site: to which less care they may go. key: care.step_<StepDown>
	Steps     ui.Timeline
	Specimens ui.Table
	Forms     []Form
}

// Criterion is one condition of discharge.
type Criterion struct {
	Key        string // key: criterion.<Key>
	Clause     string
	Have, Want int64
	Met        bool
	Since      time.Time
	NotBefore  time.Time
}

// Form is what the reader may do, under a heading.
type Form struct {
	Title i18n.Msg
	ui.Form
}

func severityKey(s treatment.Severity) string {
	if s == treatment.Unassessed {
		return "unassessed"
	}
	return string(s)
}
