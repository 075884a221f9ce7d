// Package contact holds the contact: a person who may have been infected by a case, and their follow-up.
//
// It does no I/O and reads no clock. It imports cases and what cases imports; protocol, response and above may import it.
package contact

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// ID names a contact: one person as a contact in one outbreak. Each exposure is an Exposure of it.
type ID int64

// Tier is how near the contact was. What each tier means, and what follows, is in the pack.
type Tier string

// The tiers, nearest first.
const (
	Close     Tier = "close"     // met a case
	Secondary Tier = "secondary" // met a close contact
	General   Tier = "general"   // same transport, workplace or place, without the above
)

// ErrTier is wrapped by ParseTier.
var ErrTier = errors.New("tier is close, secondary or general")

// ParseTier reads the stored word.
func ParseTier(s string) (Tier, error) {
	switch v := Tier(s); v {
	case Close, Secondary, General:
		return v, nil
	}
	return "", fmt.Errorf("tier %q: %w", s, ErrTier)
}

// Nearer says whether t is a nearer tier than u. Rules may only bring a contact nearer; moving one away is a person's order.
func (t Tier) Nearer(u Tier) bool { return t.rank() < u.rank() }

func (t Tier) rank() int {
	switch t {
	case Close:
		return 0
	case Secondary:
		return 1
	default:
		return 2
	}
}

// State is where the follow-up of a contact stands.
//
//	listed ──> followed ──> released
//	   │           ├──────> became_case
//	   │           ├──────> lost
//	   └───────────┴──────> dropped        (listed in error)
type State string

// The states of a contact.
const (
	Listed     State = "listed"      // named, not yet reached
	Followed   State = "followed"    // reached; under quarantine, monitoring or follow-up
	Released   State = "released"    // follow-up over by rule
	BecameCase State = "became_case" // now a case; the case's clocks run
	Lost       State = "lost"        // could not be found; a person decided so
	Dropped    State = "dropped"     // was never a contact
)

// ErrState is wrapped by ParseState and Move.
var ErrState = errors.New("contact state cannot change that way")

// ParseState reads the stored word.
func ParseState(s string) (State, error) {
	switch v := State(s); v {
	case Listed, Followed, Released, BecameCase, Lost, Dropped:
		return v, nil
	}
	return "", fmt.Errorf("contact state %q is unknown: %w", s, ErrState)
}

// Over says whether follow-up has ended.
func (s State) Over() bool { return s != Listed && s != Followed }

// Move checks a change of state; it is the one place where states change. A lost or released contact can be taken up
// again by a new exposure; a dropped one as well, since the error may have been the dropping.
func (s State) Move(to State) (State, error) {
	ok := false
	switch s {
	case Listed:
		ok = to == Followed || to == Released || to == BecameCase || to == Lost || to == Dropped
	case Followed:
		ok = to == Released || to == BecameCase || to == Lost || to == Dropped
	case Released, Lost, Dropped:
		ok = to == Listed || to == Followed || to == BecameCase
	case BecameCase:
		ok = to == Followed // the case was discarded
	}
	if s == to || ok {
		return to, nil
	}
	return s, fmt.Errorf("from %s to %s: %w", s, to, ErrState)
}

// Contact is one person under follow-up in an outbreak.
type Contact struct {
	ID       ID
	Outbreak outbreak.ID
	Person   person.ID
	Code     string // unique in the outbreak
	Tier     Tier
	TierAt   time.Time // since when in this tier; zero: since listed
	State    State
	Area     place.AreaID
	District place.AreaID

	Case   cases.ID // the case they met; 0 for a secondary contact
	Parent ID       // the close contact they met; 0 for a close contact
	// SourceCode is what an import calls the case they met, while no case of that code is known; empty otherwise.
	SourceCode string

	FirstExposed day.Day
	LastExposed  day.Day   // the day the pack's clock starts from
	ListedAt     time.Time // named as a contact
	ReachedAt    time.Time // first spoken to
	QuarantineAt time.Time // from when they met nobody outside, in the place their tier asks for; zero while not
	// ProphylaxisAt is when vaccine or immunoglobulin was given.
	ProphylaxisAt time.Time
	EndsOn        day.Day // the last day of follow-up, by the pack in force
	Symptoms      bool    // has reported a symptom since listed
	SymptomOn     day.Day
	LookedOn      day.Day   // the day on which release was last considered, once EndsOn has passed
	EndedAt       time.Time // when follow-up ended, however it ended; zero while it runs
	EndedBy       string    // the rule that ended it; empty when a person did

	BecameCase cases.ID // the case this contact became; 0 otherwise
	Relation   string   // household, classmate, nurse ... as told
	Setting    string   // where they met, as told
	Attributes map[string]string
	Version    int64

	MergedInto ID // the record of the same person that goes on instead; 0 for one of its own
}

// Over says whether nothing more is to be done for this record: follow-up has ended, or goes on in another one.
func (c Contact) Over() bool { return c.State.Over() || c.MergedInto != 0 }

// GoesOn returns the record that goes on for the person: this one, or the one it was merged into.
func (c Contact) GoesOn() ID {
	if c.MergedInto != 0 {
		return c.MergedInto
	}
	return c.ID
}

// CheckID names a follow-up check.
type CheckID int64

// NotMade is the note of a check that the clock recorded as missed: nobody made it by its deadline. Screens say it in the reader's words.
const NotMade = "not made by its deadline"

// Check is one follow-up visit or call: what was due and what was found.
type Check struct {
	ID          CheckID
	Contact     ID
	On          day.Day
	Slot        int // 0-based count within the day
	At          time.Time
	Seen        bool    // false: nobody there, no answer
	Temperature float64 // °C; 0 where not taken
	Symptoms    []string
	Note        string
	Self        bool `json:",omitzero"` // they answered for themselves, by their link; nobody saw them
}

// Symptomatic says whether the check found something that a rule must answer.
func (c Check) Symptomatic() bool { return len(c.Symptoms) > 0 }
