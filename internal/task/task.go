// Package task is the ledger's vocabulary: everything that must happen is a task with an owner, a deadline and a reason.
//
// No task vanishes. It ends as done (by a fact), waived (by a named person, with a reason) or void (its cause was
// corrected). It does no I/O and reads no clock. It imports the nouns; protocol, response and above may import it.
package task

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// ID names a task.
type ID int64

// Duty is which of the promises to the public a task keeps: all who should be tested are tested, and so on. Coverage is
// counted by duty.
type Duty string

// The five duties of the Now screen, and reporting.
const (
	Tested   Duty = "tested"
	Traced   Duty = "traced"
	Moved    Duty = "moved"
	Isolated Duty = "isolated"
	Treated  Duty = "treated"
	Reported Duty = "reported"
)

// Duties returns every duty in the order in which screens show them.
func Duties() []Duty { return []Duty{Tested, Traced, Moved, Isolated, Treated, Reported} }

// Kind is what is to be done, in the words of docs/glossary.md.
type Kind string

// The kinds of task. Each belongs to one duty (see Kind.Duty).
const (
	ReportCase        Kind = "report_case"        // enter the case in the notification system
	VerifyCase        Kind = "verify_case"        // check the report
	SampleCase        Kind = "sample_case"        // take the specimen that confirms or discards a suspected case
	MoveCase          Kind = "move_case"          // bring the case to a designated hospital or isolation
	AdmitCase         Kind = "admit_case"         // admission by the hospital
	InvestigateCase   Kind = "investigate_case"   // complete the investigation form
	ListContacts      Kind = "list_contacts"      // declare the list of contacts complete
	DecideZone        Kind = "decide_zone"        // decide a proposed zone
	ReviewZone        Kind = "review_zone"        // decide whether a zone is lifted, whose lifting test is met
	DischargeCase     Kind = "discharge_case"     // test and decide discharge
	ReachContact      Kind = "reach_contact"      // find and speak to the contact
	QuarantineContact Kind = "quarantine_contact" // bring under quarantine: site or home, by tier
	CheckContact      Kind = "check_contact"      // the next follow-up check
	SampleContact     Kind = "sample_contact"     // the specimen of a test day, or because of a symptom
	ReleaseContact    Kind = "release_contact"    // end follow-up
	OfferProphylaxis  Kind = "offer_prophylaxis"  // vaccine or immunoglobulin within its window
	CheckOut          Kind = "check_out"          // let somebody go whose stay is over, and turn the room round
	BringHome         Kind = "bring_home"         // a vehicle home for somebody who was let go and asks for one
	HoldPerson        Kind = "hold_person"        // tell somebody in a positive tube to stay where they are, and why
	ResampleSingle    Kind = "resample_single"    // the single specimen of somebody in a positive tube
	SampleAgain       Kind = "sample_again"       // sample somebody anew whose tube told nothing
	SampleSelfTest    Kind = "sample_self_test"   // the PCR after a positive antigen self-test
	AnswerAppeal      Kind = "answer_appeal"      // answer somebody who is held and disagrees
	TellRestriction   Kind = "tell_restriction"   // tell somebody what they are asked, why, until when and how to appeal
	ReviewRestriction Kind = "review_restriction" // look whether a restriction must go on
	MeetNeed          Kind = "meet_need"          // bring what somebody who is restricted asked for
	CheckTube         Kind = "check_tube"         // look for a swapped tube or a missing member
	FindDesk          Kind = "find_desk"          // find the desk of a positive tube that nobody registered
	TransferCase      Kind = "transfer_case"      // bring a case who is too ill for a site or home to a hospital
	MoveToICU         Kind = "move_to_icu"        // from a ward to intensive care
	SampleHome        Kind = "sample_home"        // the specimen of a test day at home after discharge
	MonitorHome       Kind = "monitor_home"       // look after somebody at home after discharge, until the last day
	ReadmitCase       Kind = "readmit_case"       // back to a hospital, because of a positive after discharge
	DecideReserve     Kind = "decide_reserve"     // whether a reserve hospital or site is opened
	OpenReserve       Kind = "open_reserve"       // make a reserve ready that is to open
	ConvertRoom       Kind = "convert_room"       // make a room ready for intensive care, or a ward again
	ContainEvent      Kind = "contain_event"      // an infection in a hospital: who was exposed, and measures
	HandleIncident    Kind = "handle_incident"    // deal with what went wrong at a hospital or site
	CorrectDeficiency Kind = "correct_deficiency" // put right what an inspection found not met at a site
	FindNamed         Kind = "find_named"         // find somebody whom another office named
	QuarantineNamed   Kind = "quarantine_named"   // bring them under quarantine
	MovePerson        Kind = "move_person"        // bring somebody where a person at the transfer desk said, such as to a hospital
)

// Kinds returns every kind, in the order of the response.
func Kinds() []Kind {
	return []Kind{ReportCase, VerifyCase, SampleCase, MoveCase, AdmitCase, InvestigateCase, ListContacts, DecideZone, ReviewZone, DischargeCase,
		ReachContact, OfferProphylaxis, QuarantineContact, CheckContact, SampleContact, ReleaseContact, CheckOut, BringHome,
		HoldPerson, ResampleSingle, AnswerAppeal, CheckTube, SampleAgain, SampleSelfTest,
		TransferCase, MoveToICU, SampleHome, MonitorHome, ReadmitCase, DecideReserve, OpenReserve, ConvertRoom, ContainEvent, HandleIncident, CorrectDeficiency, TellRestriction, ReviewRestriction, MeetNeed, FindDesk, MovePerson, FindNamed, QuarantineNamed}
}

// Duty returns the duty the kind counts for.
func (k Kind) Duty() Duty {
	switch k {
	case SampleCase, SampleContact, ResampleSingle, SampleAgain, SampleSelfTest, CheckTube, FindDesk, SampleHome:
		return Tested
	case InvestigateCase, ListContacts, ReachContact, DecideZone, ReviewZone, FindNamed:
		return Traced
	case MoveCase, TransferCase, MovePerson:
		return Moved
	case QuarantineContact, CheckContact, ReleaseContact, CheckOut, BringHome, HoldPerson, AnswerAppeal, TellRestriction, ReviewRestriction, MeetNeed, QuarantineNamed, HandleIncident, CorrectDeficiency:
		return Isolated
	case AdmitCase, DischargeCase, OfferProphylaxis, MoveToICU, MonitorHome, ReadmitCase, DecideReserve, OpenReserve, ConvertRoom, ContainEvent:
		return Treated
	default:
		return Reported
	}
}

// State is where a task stands.
//
//	open ──> done     by a fact
//	  ├────> waived   by a person, with a reason
//	  └────> void     its cause was corrected
//	done, waived ──> void, and void ──> open, when a correction says so
type State string

// The states of a task.
const (
	Open   State = "open"
	Done   State = "done"
	Waived State = "waived"
	Void   State = "void"
)

// ErrState is wrapped when a task cannot change to the state asked for.
var ErrState = errors.New("task state cannot change that way")

// Move checks a change of state; it is the one place where states change.
func (s State) Move(to State) (State, error) {
	ok := false
	switch s {
	case Open:
		ok = to == Done || to == Waived || to == Void
	case Done, Waived:
		ok = to == Void
	case Void:
		ok = to == Open || to == Done
	}
	if s == to || ok {
		return to, nil
	}
	return s, fmt.Errorf("from %s to %s: %w", s, to, ErrState)
}

// Role is the role that owns a task; the words are those of internal/auth.
type Role string

// The roles that rules give tasks to.
const (
	Investigator      Role = "epidemiologist"
	FollowUpOfficer   Role = "follow-up-officer"
	TransferDesk      Role = "transfer-dispatcher"
	Hospital          Role = "hospital"
	SamplingTeam      Role = "sampler"
	Laboratory        Role = "laboratory"
	ScreeningDesk     Role = "screening-coordinator"
	CommunityWorker   Role = "community-worker"
	CommandPost       Role = "duty-officer"
	ReportingClinic   Role = "hospital"
	QuarantineManager Role = "isolation-staff"
)

// SubjectKind says what a task or a fact is about.
type SubjectKind string

// The subjects.
const (
	OnCase     SubjectKind = "case"
	OnContact  SubjectKind = "contact"
	OnZone     SubjectKind = "zone"
	OnCluster  SubjectKind = "cluster"
	OnOutbreak SubjectKind = "outbreak"
	OnPerson   SubjectKind = "person"
	OnSpecimen SubjectKind = "specimen"
	OnTube     SubjectKind = "tube"
	OnLab      SubjectKind = "laboratory"

	OnReserve    SubjectKind = "reserve"    // a proposal to open a reserve hospital or site
	OnConversion SubjectKind = "conversion" // of a room, into intensive care or back
	OnCareEvent  SubjectKind = "care_event" // an infection in a hospital
	OnIncident   SubjectKind = "incident"   // something that went wrong at a hospital or site
	OnDeficiency SubjectKind = "deficiency" // a standard that a site does not meet
	OnTransfer   SubjectKind = "transfer"   // a request to move somebody
	OnAssistance SubjectKind = "assistance" // a request to another office to find somebody
)

// Subject is what a task or a fact is about.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	ID   int64       `json:"id"`
}

// FactRef points at a fact in the journal: the entry, and for entries that hold a batch the row within it.
type FactRef struct {
	Seq int64 `json:"seq"`
	Row int64 `json:"row,omitzero"` // 1-based row of an import; 0 otherwise
}

// Because is the reason of a task or of an action: which fact, by which rule, under which clause of which pack.
type Because struct {
	Fact   FactRef `json:"fact"`
	Rule   string  `json:"rule"`   // the rule's name: the file in internal/response without on_ and .go
	Clause string  `json:"clause"` // path in the pack: "clocks.move_case"
	Pack   string  `json:"pack"`   // "covid19/2022-v9@1"
}

// Key tells tasks of one subject apart: its kind, and the ordinal where a kind occurs several times (the test day).
type Key struct {
	Kind    Kind
	Ordinal int
}

// Task is one row of the ledger.
type Task struct {
	ID       ID
	Outbreak outbreak.ID
	Subject  Subject
	Key
	State     State
	Owner     Role
	Area      place.AreaID // whose area it falls in; escalation raises Level, not Area
	District  place.AreaID
	NotBefore time.Time // zero: now. A test of day 7 cannot be done on day 1.
	Due       time.Time
	Level     int // times it climbed: 0 is the owner, 1 the level above ...
	Because   Because
	OpenedAt  time.Time
	EndedAt   time.Time // when it ended, by the fact's own time
	EndedBy   FactRef   // the fact that ended it
	EndReason string    // waived: the reason given; void: what was corrected
	Version   int64
}

// Late says whether the task is open past its deadline, or was ended after it.
func (t Task) Late(now time.Time) bool {
	switch t.State {
	case Open:
		return now.After(t.Due)
	case Done:
		return t.EndedAt.After(t.Due)
	default:
		return false
	}
}
