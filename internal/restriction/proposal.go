package restriction

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/task"
)

// Ground is why two people change a restriction by hand. Each is about the outbreak or about the person's need; there is no other.
type Ground string

// The grounds.
const (
	GroundCare       Ground = "care"        // they need care, or somebody needs theirs
	GroundConditions Ground = "conditions"  // where they are they have not what they need
	GroundEvidence   Ground = "evidence"    // what it stands on is weaker than it was
	GroundAwaited    Ground = "awaited"     // a result that decides is not there yet
	GroundSymptoms   Ground = "symptoms"    // they have symptoms
	GroundMissedTest Ground = "missed-test" // a test that release hangs on was not taken
)

// Grounds are those on which a change can stand: nobody is kept longer for want of a bed, and nobody is let go because a result is awaited.
func Grounds(c Change) []Ground {
	if c == Longer {
		return []Ground{GroundAwaited, GroundSymptoms, GroundMissedTest}
	}
	return []Ground{GroundCare, GroundConditions, GroundEvidence}
}

// ErrGround is wrapped where a ground does not fit the change.
var ErrGround = errors.New("is no ground for that change")

// ParseGround reads a ground for a change.
func ParseGround(c Change, s string) (Ground, error) {
	if g := Ground(s); slices.Contains(Grounds(c), g) {
		return g, nil
	}
	return "", fmt.Errorf("ground %q: %w", s, ErrGround)
}

// Proposal is a change by hand that waits for a second person; the zero Proposal is none.
type Proposal struct {
	Change Change // milder, shorter, longer, or ended
	Kind   Kind   // of a milder one
	Until  time.Time
	Ground Ground
	Words  string // that the person is told
	By     string
	At     time.Time
}

// Waits says whether there is one.
func (p Proposal) Waits() bool { return p.Change != "" }

// The errors of Propose and Agree. Nothing was changed.
var (
	ErrEnded   = errors.New("it has ended")
	ErrHold    = errors.New("a hold is lifted by what is found, or in answer to an appeal")
	ErrChange  = errors.New("is milder, shorter, longer or ended")
	ErrOption  = errors.New("is not milder than what is asked now")
	ErrUntil   = errors.New("is not an end that the change can have")
	ErrPending = errors.New("another proposal waits for its second person")
	ErrNone    = errors.New("nothing waits for a second person")
	ErrSame    = errors.New("two people must agree, and you are the first")
	ErrWords   = errors.New("a reason is needed: the person is told it")
)

// Propose enters what one person would change, and changes nothing by that. longest is how far an end may be moved by hand, from now; 0 for not at all.
func (r *Restriction) Propose(p Proposal, longest time.Duration, now time.Time) (Restriction, error) {
	t := r.Terms()
	switch {
	case r.Cause.Tube() != 0:
		return *r, ErrHold
	case !r.Stands():
		return *r, ErrEnded
	case r.Proposal.Waits():
		return *r, ErrPending
	case p.By == "" || p.Words == "":
		return *r, ErrWords
	case !slices.Contains(Grounds(p.Change), p.Ground):
		return *r, ErrGround
	}
	switch p.Change {
	case Milder:
		if !slices.Contains(t.Kind.Options(), p.Kind) || !p.Kind.Milder(t.InForce(now)) {
			return *r, ErrOption
		}
		p.Until = t.Until
	case Shorter:
		if !p.Until.After(now) || !p.Until.Before(t.Until) {
			return *r, ErrUntil
		}
	case Longer:
		if !p.Until.After(t.Until) || p.Until.After(now.Add(longest)) {
			return *r, ErrUntil
		}
	case Over:
		p.Until = now
	default:
		return *r, ErrChange
	}
	if p.Change != Milder {
		p.Kind = t.Kind
	}
	p.At = now
	out := r.copy()
	out.Proposal = p
	return out, nil
}

// Withdraw takes a proposal back, by whoever made it or by whoever would have been the second.
func (r *Restriction) Withdraw() (Restriction, error) {
	if !r.Proposal.Waits() {
		return *r, ErrNone
	}
	out := r.copy()
	out.Proposal = Proposal{}
	return out, nil
}

// Agree makes the proposal the newest version, if the second person is another than the first. by is the order in the journal, under the clause that the restriction stands on.
func (r *Restriction) Agree(second string, by task.Because, now time.Time) (Restriction, error) {
	p := r.Proposal
	switch {
	case !p.Waits():
		return *r, ErrNone
	case !r.Stands():
		return *r, ErrEnded
	case second == "" || second == p.By:
		return *r, ErrSame
	case p.Change != Over && !p.Until.After(now):
		return *r, ErrUntil
	}
	return r.byHand(p, second, EndedAgreed, by, now), nil
}

// LiftOnAppeal ends it because they appealed, and two people agreed.
func (r *Restriction) LiftOnAppeal(first, second, words string, by task.Because, now time.Time) (Restriction, error) {
	switch {
	case !r.Stands():
		return *r, ErrEnded
	case first == "" || second == "" || first == second:
		return *r, ErrSame
	}
	return r.byHand(Proposal{Change: Over, Ground: GroundEvidence, Words: words, By: first}, second, EndedAppeal, by, now), nil
}

func (r *Restriction) byHand(p Proposal, second string, ended Ended, by task.Because, now time.Time) Restriction {
	out := r.copy()
	t := r.Terms()
	switch p.Change {
	case Milder:
		t.Kind, t.Moving = p.Kind, false
		out.Offer = Offer{Kind: p.Kind, Offered: true}
	case Over:
		out.Ended, out.EndedAt = ended, now
	default:
		t.Until = p.Until
	}
	out.Proposal = Proposal{}
	out.add(Version{At: now, Change: p.Change, Terms: t.whole(), Because: by, By: p.By, Second: second, Ground: p.Ground, Words: p.Words})
	return out
}
