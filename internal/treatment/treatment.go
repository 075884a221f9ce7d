// Package treatment holds what hospitals do for cases: how ill somebody is, the bed that they have because of it, and how it ends.
//
//	SeverityChange  how ill a case was found to be, when, by whom
//	Admission       a case in one hospital: from arrival until discharge, transfer or death
//	BedMove         from one bed of the hospital to another, with the level of care
//	Event           an infection that was caught, or may have been, in a hospital or at a site
//	Proposal        a reserve hospital or site that a rule proposes to open
//
// It does no I/O and reads no clock. It imports the nouns below it; protocol, response and everything above may import it.
package treatment

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// Severity is how ill somebody is, in the words of treatment plans.
type Severity string

// The severities, from the least. Which care each asks for is the pack's business.
const (
	Unassessed   Severity = ""
	Asymptomatic Severity = "asymptomatic"
	Mild         Severity = "mild"
	Moderate     Severity = "moderate" // "ordinary" (普通型) in Chinese plans: pneumonia without want of oxygen
	Severe       Severity = "severe"
	Critical     Severity = "critical"
)

// ErrSeverity is wrapped by ParseSeverity.
var ErrSeverity = errors.New("is asymptomatic, mild, moderate, severe or critical")

// Severities returns every severity, from the least.
func Severities() []Severity { return []Severity{Asymptomatic, Mild, Moderate, Severe, Critical} }

// ParseSeverity reads the stored word.
func ParseSeverity(s string) (Severity, error) {
	for _, v := range Severities() {
		if string(v) == s {
			return v, nil
		}
	}
	return "", fmt.Errorf("severity %q: %w", s, ErrSeverity)
}

// Worse says whether s is worse than o.
func (s Severity) Worse(o Severity) bool { return s.rank() > o.rank() }

func (s Severity) rank() int {
	for i, v := range Severities() {
		if v == s {
			return i + 1
		}
	}
	return 0
}

// Setting is where a case is to be treated.
type Setting string

// The settings, from the least care.
const (
	AtHome Setting = "home"
	AtSite Setting = "isolation-site" // a makeshift hospital or a hotel with nurses
	InWard Setting = "ward"
	InICU  Setting = "icu"
)

// ErrSetting is wrapped by ParseSetting.
var ErrSetting = errors.New("is home, isolation-site, ward or icu")

// ParseSetting reads the stored word.
func ParseSetting(s string) (Setting, error) {
	switch v := Setting(s); v {
	case AtHome, AtSite, InWard, InICU:
		return v, nil
	}
	return "", fmt.Errorf("setting %q: %w", s, ErrSetting)
}

// Hospital says whether the setting is in a hospital.
func (s Setting) Hospital() bool { return s == InWard || s == InICU }

// More returns the setting with more care.
func (s Setting) More(o Setting) Setting {
	rank := map[Setting]int{AtHome: 1, AtSite: 2, InWard: 3, InICU: 4}
	if rank[o] > rank[s] {
		return o
	}
	return s
}

// SeverityID names a record of severity.
type SeverityID int64

// SeverityChange is how ill a case was found to be. Records are never changed: the newest by At, and of one instant the last told, is what holds.
type SeverityChange struct {
	ID       SeverityID
	Outbreak outbreak.ID
	Case     cases.ID
	Area     place.AreaID
	District place.AreaID
	Severity Severity
	AtRisk   bool // of severe illness: age, another illness, pregnancy
	At       time.Time
	Note     string
	By       string // who told it: a login
	ToldAt   time.Time
}

// AdmissionID names an admission.
type AdmissionID int64

// Ending is how an admission ended.
type Ending string

// How admissions end.
const (
	NotEnded   Ending = ""
	Discharged Ending = "discharged"
	Moved      Ending = "transferred" // to another hospital, where an admission follows this one, or out of hospital without a discharge
	Died       Ending = "died"
	Mistaken   Ending = "error" // entered by mistake
)

// ErrEnding is wrapped by ParseEnding, and by End where an admission cannot end again.
var ErrEnding = errors.New("an admission ends once: discharged, transferred, died or error")

// ParseEnding reads the stored word.
func ParseEnding(s string) (Ending, error) {
	switch v := Ending(s); v {
	case NotEnded, Discharged, Moved, Died, Mistaken:
		return v, nil
	}
	return "", fmt.Errorf("ending %q: %w", s, ErrEnding)
}

// Ground is why somebody was admitted.
type Ground string

// The grounds.
const (
	BySeverity Ground = "severity" // the pack treats somebody so ill in a hospital
	ByRisk     Ground = "risk"     // at risk of severe illness
	BySite     Ground = "place"    // no other place takes them
	ByOther    Ground = "other"
)

// ErrGround is wrapped by ParseGround.
var ErrGround = errors.New("is severity, risk, place or other")

// Grounds returns every ground.
func Grounds() []Ground { return []Ground{BySeverity, ByRisk, BySite, ByOther} }

// ParseGround reads the stored word.
func ParseGround(s string) (Ground, error) {
	switch v := Ground(s); v {
	case BySeverity, ByRisk, BySite, ByOther:
		return v, nil
	}
	return "", fmt.Errorf("ground %q: %w", s, ErrGround)
}

// Admission is a case in one hospital. Its bed is that of its stay.
//
//	in ──> discharged   by the pack's criteria, or by two people
//	  ├──> transferred  another admission follows
//	  ├──> died
//	  └──> error
type Admission struct {
	ID       AdmissionID
	Outbreak outbreak.ID
	Case     cases.ID
	Person   person.ID
	Facility facility.ID
	Stay     facility.StayID
	Area     place.AreaID // of the hospital
	District place.AreaID
	Level    facility.Level // of the bed
	LevelAt  time.Time      // since when
	Ground   Ground
	Why      string
	From     AdmissionID // the admission in another hospital before this one; 0 for none

	AdmittedAt time.Time
	AdmittedBy string
	EndedAt    time.Time
	Ended      Ending
	EndedBy    string
	EndReason  string
	// Before the criteria are met two people must agree on a discharge: the first of them is kept here.
	FirstAt     time.Time
	FirstBy     string
	FirstReason string
	MonitoredAt time.Time // when monitoring at home after discharge was over
	Version     int64
}

// Open says whether the case is still in this hospital.
func (a Admission) Open() bool { return a.Ended == NotEnded }

// End ends the admission; it is the one place where admissions end.
func (a *Admission) End(how Ending, at time.Time, by, reason string) error {
	if a.Ended != NotEnded || how == NotEnded {
		return fmt.Errorf("from %q to %q: %w", a.Ended, how, ErrEnding)
	}
	a.Ended, a.EndedAt, a.EndedBy, a.EndReason = how, at, by, reason
	return nil
}

// BedMove is a move within a hospital: from one bed to another. The first of an admission comes from nowhere.
type BedMove struct {
	ID        int64
	Outbreak  outbreak.ID
	Admission AdmissionID
	District  place.AreaID
	At        time.Time
	FromRoom  string // its code; empty for the first
	FromLevel facility.Level
	Room      string
	Bed       int64
	Level     facility.Level
	Why       string
	By        string
}

// ConversionID names a conversion.
type ConversionID int64

// Conversion is a room that is being made intensive care, or a ward again.
type Conversion struct {
	ID        ConversionID
	Outbreak  outbreak.ID
	Facility  facility.ID
	Room      facility.RoomID
	Code      string // of the room
	Area      place.AreaID
	District  place.AreaID
	From, To  facility.Level
	StartedAt time.Time
	StartedBy string
	DoneAt    time.Time
	DoneBy    string
	Version   int64
}

// EventID names an infection-control event.
type EventID int64

// EventKind is what may have gone wrong.
type EventKind string

// The kinds of event.
const (
	Nosocomial  EventKind = "nosocomial"  // a patient or companion was infected in the hospital
	StaffCase   EventKind = "staff"       // somebody of the staff is infected
	Breach      EventKind = "breach"      // protective equipment failed, or zones were crossed
	Environment EventKind = "environment" // a surface or the air of a clean zone is positive
)

// ErrEventKind is wrapped by ParseEventKind.
var ErrEventKind = errors.New("is nosocomial, staff, breach or environment")

// EventKinds returns every kind.
func EventKinds() []EventKind { return []EventKind{Nosocomial, StaffCase, Breach, Environment} }

// ParseEventKind reads the stored word.
func ParseEventKind(s string) (EventKind, error) {
	for _, k := range EventKinds() {
		if string(k) == s {
			return k, nil
		}
	}
	return "", fmt.Errorf("kind %q: %w", s, ErrEventKind)
}

// EventState is where an event stands.
//
//	open ──> contained ──> closed
//	  ^          │
//	  └──────────┘  it was not contained after all
type EventState string

// The states of an event.
const (
	EventOpen      EventState = "open"
	EventContained EventState = "contained" // measures are in place; who was exposed is known
	EventClosed    EventState = "closed"    // nobody was infected by it any more
)

// ErrEventState is wrapped by ParseEventState and Move.
var ErrEventState = errors.New("event state cannot change that way")

// ParseEventState reads the stored word.
func ParseEventState(s string) (EventState, error) {
	switch v := EventState(s); v {
	case EventOpen, EventContained, EventClosed:
		return v, nil
	}
	return "", fmt.Errorf("event state %q is unknown: %w", s, ErrEventState)
}

// Move checks a change of state; it is the one place where states change.
func (s EventState) Move(to EventState) (EventState, error) {
	if s == to || s == EventOpen && to == EventContained || s == EventContained && (to == EventOpen || to == EventClosed) {
		return to, nil
	}
	return s, fmt.Errorf("from %s to %s: %w", s, to, ErrEventState)
}

// Event is an infection-control event at a facility. It names nobody: who is concerned stands as a case by its code.
type Event struct {
	ID              EventID
	Outbreak        outbreak.ID
	Facility        facility.ID
	Area            place.AreaID
	District        place.AreaID
	Kind            EventKind
	Where           string   // ward, room, or zone of the house
	Case            cases.ID // the first who is infected; 0 where nobody is, or nobody known
	ExposedStaff    int64
	ExposedPatients int64
	Measures        string
	Note            string
	State           EventState
	HappenedAt      time.Time
	NotedAt         time.Time
	NotedBy         string
	ContainedAt     time.Time
	ClosedAt        time.Time
	Version         int64
}

// ProposalID names a proposal to open a reserve.
type ProposalID int64

// ProposalState is where a proposal stands.
//
//	proposed ──> accepted   a person opens the reserve
//	   ├───────> declined   a person says why not
//	   └───────> withdrawn  beds are not short any more
type ProposalState string

// The states of a proposal.
const (
	Proposed  ProposalState = "proposed"
	Accepted  ProposalState = "accepted"
	Declined  ProposalState = "declined"
	Withdrawn ProposalState = "withdrawn"
)

// ErrProposal is wrapped by ParseProposal and Move.
var ErrProposal = errors.New("proposal cannot change that way")

// ParseProposal reads the stored word.
func ParseProposal(s string) (ProposalState, error) {
	switch v := ProposalState(s); v {
	case Proposed, Accepted, Declined, Withdrawn:
		return v, nil
	}
	return "", fmt.Errorf("proposal %q is unknown: %w", s, ErrProposal)
}

// Move checks a change of state; it is the one place where states change.
func (s ProposalState) Move(to ProposalState) (ProposalState, error) {
	if s == to || s == Proposed && (to == Accepted || to == Declined || to == Withdrawn) {
		return to, nil
	}
	return s, fmt.Errorf("from %s to %s: %w", s, to, ErrProposal)
}

// Proposal is a reserve that a rule proposes to open because beds are short, or will be.
type Proposal struct {
	ID         ProposalID
	Outbreak   outbreak.ID
	Facility   facility.ID
	Area       place.AreaID
	District   place.AreaID
	State      ProposalState
	Beds       int64 // of the kind that were open when it was proposed
	Occupied   int64
	Projected  int64 // occupied a day later, as things went
	ProposedAt time.Time
	DecidedAt  time.Time
	DecidedBy  string
	Reason     string
	Version    int64
}

// Newest returns the record of severity that holds: the newest by At, and of one instant the last told. list is in that order; nil where there is none.
func Newest(list []SeverityChange) *SeverityChange {
	if len(list) == 0 {
		return nil
	}
	return &list[len(list)-1]
}
