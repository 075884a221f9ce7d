package contact

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// ProposalID names a proposal.
type ProposalID int64

// Standing is what became of a proposal.
//
//	proposed ──> confirmed
//	   └───────> rejected
//	confirmed, rejected ──> proposed   (visits show them in a nearer tier than the one that was decided on)
type Standing string

// The standings.
const (
	Proposed  Standing = "proposed"
	Confirmed Standing = "confirmed"
	Rejected  Standing = "rejected"
)

// ErrStanding is wrapped by ParseStanding.
var ErrStanding = errors.New("a proposal is proposed, confirmed or rejected")

// ParseStanding reads the stored word.
func ParseStanding(s string) (Standing, error) {
	switch v := Standing(s); v {
	case Proposed, Confirmed, Rejected:
		return v, nil
	}
	return "", fmt.Errorf("%q: %w", s, ErrStanding)
}

// Proposal is that visits showed somebody to have been with a case. Nobody is a contact by it: a person decides.
type Proposal struct {
	ID       ProposalID
	Outbreak outbreak.ID
	Case     cases.ID
	Visitor  int64     // their number in visits
	Person   person.ID // 0 where nobody knows who it is
	Area     place.AreaID
	District place.AreaID

	Tier    Tier
	Clause  string // of the pack, that makes them one
	Pack    string
	Lives   bool          // with the case
	Seconds int64         // together in all; Untimed where nobody knows how long, 0 where they live together
	Dose    time.Duration // the same, weighed by the kind of place: what they are ranked by
	First   time.Time
	Last    time.Time
	Places  []int64 // numbers of places of visits

	State       Standing
	ProposedAt  time.Time
	DecidedAt   time.Time
	DecidedBy   string
	DecidedTier Tier // as the one who decided has it; that of the proposal where it was rejected
	Reason      string
	Contact     ID
	Fact        int64 // journal entry of the question that showed it last
	Version     int64
}

// Again returns the proposal as another question about the same two shows it. What was decided stands, unless they are nearer now than was thought.
func (p Proposal) Again(o Proposal) Proposal {
	o.ID, o.Version, o.State, o.ProposedAt = p.ID, p.Version, p.State, p.ProposedAt
	o.DecidedAt, o.DecidedBy, o.DecidedTier, o.Reason, o.Contact = p.DecidedAt, p.DecidedBy, p.DecidedTier, p.Reason, p.Contact
	if o.Person == 0 {
		o.Person = p.Person
	}
	if p.State != Proposed && o.Tier.Nearer(p.DecidedTier) {
		o.State, o.DecidedAt, o.DecidedBy, o.DecidedTier, o.Reason = Proposed, time.Time{}, "", "", ""
	}
	return o
}

// Untimed is the length of time together of those of whom nobody knows it: the second that stands for it.
const Untimed = 1
