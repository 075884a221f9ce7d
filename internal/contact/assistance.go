package contact

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// AssistanceID names a request for assistance.
type AssistanceID int64

// Code is what people call it.
func (id AssistanceID) Code() string { return "A-" + strconv.FormatInt(int64(id), 10) }

// AssistanceState is where a request for assistance stands.
//
//	asked ──> accepted ──> found ──> quarantined
//	  │           └──────────┴─────> ended        (follow-up was over before)
//	  ├─────> sent_back                           (by the office that was asked, with a reason)
//	  └─────> withdrawn                           (by the office that asked, with a reason)
type AssistanceState string

// The states of a request.
const (
	AssistanceAsked       AssistanceState = "asked"
	AssistanceAccepted    AssistanceState = "accepted" // the office that was asked has listed the contact
	AssistanceFound       AssistanceState = "found"    // somebody has spoken to them
	AssistanceQuarantined AssistanceState = "quarantined"
	AssistanceSentBack    AssistanceState = "sent_back"
	AssistanceWithdrawn   AssistanceState = "withdrawn"
	AssistanceEnded       AssistanceState = "ended" // their follow-up was over before all was done, or asks for no quarantine
)

// AssistanceStates lists the states, in their order.
func AssistanceStates() []AssistanceState {
	return []AssistanceState{AssistanceAsked, AssistanceAccepted, AssistanceFound, AssistanceQuarantined, AssistanceSentBack, AssistanceWithdrawn, AssistanceEnded}
}

// ErrAssistance is wrapped when a request cannot change to the state asked for, and by ParseAssistanceState.
var ErrAssistance = errors.New("a request for assistance cannot change that way")

// ParseAssistanceState reads the stored word.
func ParseAssistanceState(s string) (AssistanceState, error) {
	for _, v := range AssistanceStates() {
		if string(v) == s {
			return v, nil
		}
	}
	return "", fmt.Errorf("state %q of a request is unknown: %w", s, ErrAssistance)
}

// Over says whether nobody waits for anything any more.
func (s AssistanceState) Over() bool {
	return s != AssistanceAsked && s != AssistanceAccepted && s != AssistanceFound
}

// Move checks a change of state; it is the one place where states change.
func (s AssistanceState) Move(to AssistanceState) (AssistanceState, error) {
	ok := false
	switch s {
	case AssistanceAsked:
		ok = to == AssistanceAccepted || to == AssistanceSentBack || to == AssistanceWithdrawn
	case AssistanceAccepted:
		ok = to == AssistanceFound || to == AssistanceQuarantined || to == AssistanceEnded
	case AssistanceFound:
		ok = to == AssistanceQuarantined || to == AssistanceEnded
	default: // the others are the end
	}
	if s == to || ok {
		return to, nil
	}
	return s, fmt.Errorf("from %s to %s: %w", s, to, ErrAssistance)
}

// Assistance is the request of one office to another, in whose area somebody lives who met a case: find them, and bring them under quarantine. It tells the office that is asked how they met the case; it
// tells the office that asks how far the other has come, and nothing of the other's records.
type Assistance struct {
	ID       AssistanceID
	Outbreak outbreak.ID
	Case     cases.ID   // they met
	Proposal ProposalID // of visits that it came from; 0 where the case told of them
	Person   person.ID

	From         place.AreaID // of the case
	FromDistrict place.AreaID
	Area         place.AreaID // where they live: the office that is asked
	District     place.AreaID

	Tier    Tier
	Clause  string    // of the pack, that made them one; empty where the case told of them
	First   day.Day   // they met the case; unknown where only the last is told
	Last    day.Day   //
	FirstAt time.Time // when they were together first, where visits show it; zero where only days are known
	LastAt  time.Time
	Seconds int64
	Setting string // where they met

	State      AssistanceState
	AskedAt    time.Time
	AskedBy    string
	Note       string    // of who asked
	AnsweredAt time.Time // accepted, sent back or withdrawn
	AnsweredBy string
	Reason     string // sent back or withdrawn: why

	Contact       ID // of the office that accepted
	FoundAt       time.Time
	QuarantinedAt time.Time
	EndedAt       time.Time // nobody waits for anything since
	Outcome       State     // ended: what became of the contact's follow-up
	Version       int64
}

// Progress returns the request as the contact's own facts make it; quarantine says whether their tier asks for it. A request that nobody accepted, or that is over, stays as it is.
func (a Assistance) Progress(c Contact, quarantine bool, now time.Time) Assistance {
	if a.State != AssistanceAccepted && a.State != AssistanceFound {
		return a
	}
	if found := earlier(c.ReachedAt, c.QuarantineAt); a.FoundAt.IsZero() && !found.IsZero() {
		a.State, a.FoundAt = AssistanceFound, later(found, a.AskedAt)
	}
	switch {
	case !c.QuarantineAt.IsZero() && quarantine:
		a.State, a.QuarantinedAt = AssistanceQuarantined, later(c.QuarantineAt, a.AskedAt)
		a.EndedAt = a.QuarantinedAt
	case c.State.Over():
		a.State, a.Outcome, a.EndedAt = AssistanceEnded, c.State, c.EndedAt
		if a.EndedAt.IsZero() {
			a.EndedAt = now
		}
	case a.State == AssistanceFound && !quarantine:
		a.State, a.Outcome, a.EndedAt = AssistanceEnded, c.State, a.FoundAt
	}
	return a
}

// earlier is the earlier of two instants that are known.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
