// Package response is the rulebook: for each thing that can happen, what must happen next.
//
// One file per trigger: on_<trigger>.go holds one function (pack, now, facts) -> actions, each action with its reason. Rules
// are pure: they do no I/O, read no clock and use no chance, so the city, the forecast and the drill all run this same code.
// It imports the nouns and protocol; command and sim run it through React.
//
// The vocabulary, on one screen:
//
//	Facts      what is known of a case or a contact when the rule runs (this file), of a tube or a person (tubes.go), of care, beds and hospitals (care.go, on_house.go)
//	Action     what the rule orders: Stand, OpenCase, Confirm, SetTier, Settle, SetFollowUp, Release, Resume, ProposeZone, LinkCases (this file); HoldPerson, LiftHold, ShortenHold, OpenCaseOf, LookAgain (tubes.go); ProposeReserve, WithdrawReserve (on_beds_counted.go); Restrict (restrict.go); StayAsCase, StayAsContact (this file); MoveAssistance (on_assistance.go)
//	Trigger    a fact that rules answer (this file)
//	World      where facts are read from and actions applied: the store, or memory in rehearsals (react.go)
//	React      runs rules and what they bring about, until nothing more follows (react.go)
package response

import (
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/restriction"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// Trigger is a fact that rules answer. Ref is where the journal holds it.
type Trigger struct {
	Kind    journal.Kind
	Subject task.Subject
	Ref     task.FactRef
	At      time.Time // when it happened
}

// CaseFacts is what is known of a case when a rule runs.
type CaseFacts struct {
	Case      cases.Case
	Specimens []lab.Specimen // of the person, by TakenAt
	Contacts  int            // contacts listed for it
	Zones     []zone.Zone    // proposed or in force because of it
	From      *contact.Contact
	Stays     []facility.Stay // of the person, the oldest first
	InTubes   bool            // the person is in a tube that the rules look at
	Loc       *time.Location  // the outbreak's time zone
	// Restriction is the one that the case is the cause of; nil for none.
	Restriction *restriction.Restriction
	Earlier     []Era     // the packs that were in force before, in their order; none where there was one only
	Care        CareFacts // how they are treated
}

// ContactFacts is what is known of a contact when a rule runs.
type ContactFacts struct {
	Contact         contact.Contact
	Exposures       []ExposureFacts          // all of them, those taken back included; none in old data: then Source and Parent are the one
	Source          *cases.Case              // the case they met; nil for a secondary contact
	Parent          *contact.Contact         // the close contact they met; nil for a close contact
	ParentSpecimens []lab.Specimen           // of the parent, by TakenAt
	ParentBecame    *cases.Case              // the case that the parent is now, where they are one
	Children        []contact.ID             // secondary contacts who met this contact
	Specimens       []lab.Specimen           // of the person, by TakenAt
	Checks          []contact.Check          // by On, Slot
	Stays           []facility.Stay          // of the person, the oldest first
	Became          *cases.Case              // the case this contact became; nil while none
	Restriction     *restriction.Restriction // that the contact is the cause of; nil for none
	Loc             *time.Location
	Earlier         []Era // as of a case
	// Assistance are the requests of other offices that the contact was listed by, and for which somebody waits.
	Assistance []contact.AssistanceID
}

// Action is what a rule orders. The set is closed: a new kind of order is a new type here and a line in every World.
type Action interface{ action() }

// Stand says which tasks must stand for a subject from now on; what else is open for it is void. The ledger keeps those
// that have ended as they ended (task.Reconcile).
type Stand struct {
	Subject task.Subject
	Tasks   []task.Want
	Because task.Because
}

// OpenCase orders that a contact's person becomes a case. It is already so when the person has a case that is not discarded,
// or when a case was opened on the same specimen before. A World answers it with CaseConfirmed or CaseSuspected on the case and
// ContactBecameCase on the contact.
type OpenCase struct {
	Contact  contact.ID
	Class    cases.Class
	Specimen lab.SpecimenID // what proved it; 0 for a case by symptoms only
	At       time.Time
	Found    cases.Found
	Because  task.Because
}

// Confirm orders that a case changes class, up by a result that proves it or down when it is ruled out. At becomes
// ConfirmedAt when the class is a proven one. A World answers it with CaseConfirmed, or CaseCorrected on the way down.
type Confirm struct {
	Case     cases.ID
	Class    cases.Class
	Onset    day.Day // known now, where the case had none; unknown: as it is
	Specimen lab.SpecimenID
	At       time.Time
	Because  task.Because
}

// SetTier orders a nearer tier for a contact, because of a case that they now count as having met: that is an exposure like others, and the days are
// those on which they met the person. Rules never order a farther one, but by Settle. A contact whose follow-up had ended is listed
// again, or followed when reached before; one who is a case by now stays that.
type SetTier struct {
	Contact contact.ID
	Tier    contact.Tier
	Case    cases.ID // the case they now count as having met
	At      time.Time
	Because task.Because
}

// SetFollowUp orders the last day of follow-up.
type SetFollowUp struct {
	Contact contact.ID
	EndsOn  day.Day
	Because task.Because
}

// Release orders that follow-up is over, and quarantine with it: QuarantineAt is zero again.
type Release struct {
	Contact contact.ID
	At      time.Time
	Because task.Because
}

// ProposeZone orders that a zone be proposed where a case lives; a person decides it.
type ProposeZone struct {
	Case    cases.ID
	Level   zone.Level
	Because task.Because
}

// LinkCases orders that two cases are linked as having met, because one of them was listed as a contact of the other. Two cases that are linked already, and
// two whose link a person removed, stay as they are.
type LinkCases struct {
	From, To  cases.ID
	Setting   string
	Certainty cases.Certainty
	Because   task.Because
}

// Resume orders that the follow-up of a contact goes on, because what ended it was corrected: the case they became is none,
// or the case they met is one after all.
type Resume struct {
	Contact contact.ID
	At      time.Time // becomes TierAt: quarantine is wanted anew from then
	Because task.Because
}

// RevisitContacts orders that the rules of every contact of a case run again because the case changed.
type RevisitContacts struct {
	Case    cases.ID
	Because task.Because
}

// StayAsCase orders that somebody who is at a site for cases for the sake of a child stays there as a case of their own: they do not leave with the child. A World answers it with CaseIsolated where they were not isolated before.
type StayAsCase struct {
	Stay    facility.StayID
	Case    cases.ID
	At      time.Time // when they became one
	Because task.Because
}

// StayAsContact orders that somebody who is at a site for the sake of a child, and is a contact by now, is in quarantine there. Where contacts are kept the stay is their own from then on: they do not leave with the child.
// A World answers it with ContactQuarantined where they were not in quarantine before.
type StayAsContact struct {
	Stay    facility.StayID
	Contact contact.ID
	At      time.Time // when they were listed
	Because task.Because
}

// Revisit orders that the rules of another contact run again because something they depend on changed: a secondary
// contact's release depends on the close contact's tests.
type Revisit struct {
	Contact contact.ID
	Because task.Because
}

func (Stand) action()           {}
func (OpenCase) action()        {}
func (Confirm) action()         {}
func (SetTier) action()         {}
func (SetFollowUp) action()     {}
func (Release) action()         {}
func (ProposeZone) action()     {}
func (Revisit) action()         {}
func (Resume) action()          {}
func (LinkCases) action()       {}
func (RevisitContacts) action() {}
func (StayAsCase) action()      {}
func (StayAsContact) action()   {}
