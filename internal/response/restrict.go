package response

import (
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/task"
)

// Restrict orders that a restriction is as it says from now on: made, changed or ended. A World writes what it changed into the journal. It answers an end with RestrictionEnded on the person, where an
// appeal of theirs waits for an answer: it may need none any more.
type Restrict struct{ As restriction.Restriction }

func (Restrict) action() {}

// onRestriction answers: somebody was told of a restriction, it was looked at again, two people changed it, its last moment has passed, something that is owed was asked for or brought, or an
// appeal against it was answered.
//
//  1. What the facts ask for stands, as far as two people did not agree on less, or on a later end.
//  2. An end that has passed is an end, whatever is known by then: nobody is kept because somebody forgot.
//  3. The tasks: tell them, look at it again, bring what is owed.
func onCaseRestriction(a ask, f CaseFacts) []Action { return a.standCase(f) }

func onContactRestriction(a ask, f ContactFacts) []Action { return a.standContact(f) }

// restrict appends the order that brings a restriction where the rules want it, and returns it as it is then; nil for none.
func (a ask) restrict(have *restriction.Restriction, w restriction.Want, out []Action) (*restriction.Restriction, []Action) {
	next, changed := restriction.Follow(have, w, a.now)
	if !changed {
		return have, out
	}
	return &next, append(out, Restrict{As: next})
}

// restrictContact says what a contact is asked, by all that is known of them:
//
//  1. By tier: quarantine at a site, and at home after it; at home; or monitoring. It ends with the last day of follow-up at the latest, whether or not somebody has released them by then.
//  2. Until they are where they are to be brought, they wait to be fetched.
//  3. Released, a case by now, lost, listed in error, or without a ground: nothing.
func (a ask) restrictContact(f *ContactFacts, u *followUp) restriction.Want {
	c := &f.Contact
	clause := u.tier.Control.Path
	w := restriction.Want{Outbreak: c.Outbreak, Cause: restriction.OfContact(c.ID), Area: c.Area, District: c.District, Because: a.because(clause)}
	r := &a.p.Restrictions
	switch {
	case c.MergedInto != 0:
		w.Why = restriction.EndedMerged
	case c.State == contact.BecameCase:
		w.Why = restriction.EndedCase
	case c.State == contact.Lost:
		w.Why = restriction.EndedLost
	case c.State == contact.Dropped, groundless(f), c.State == contact.Released && c.EndedBy == ruleGroundless:
		w.Why = restriction.EndedCorrected
	case c.State == contact.Released:
		w.Why = restriction.EndedReleased
	case !r.Set(), !u.tier.Followed():
		w.Why = restriction.EndedPack
	case u.pointless():
		w.Why = restriction.EndedCorrected
	}
	if w.Why != restriction.NotEnded {
		return w
	}
	since := latest(first(c.ListedAt, a.t.At, a.now), c.TierAt)
	if last := c.LastExposed.Start(u.loc); !c.LastExposed.IsZero() && last.After(since) {
		since = last
	}
	w.Since = arose(since, u.loc)
	t := restriction.Terms{Until: lastOf(u.end, u.loc)}
	switch u.tier.Control.Value {
	case protocol.Site:
		t.Kind, t.Moving = restriction.QuarantineSite, c.QuarantineAt.IsZero()
		if u.tier.HomeDays.Value > 0 {
			t.Then, t.ThenAt = r.HomeDaysAs.Value, u.end.Add(1-u.tier.HomeDays.Value).Start(u.loc)
		}
	case protocol.Home:
		t.Kind = restriction.QuarantineHome
	default:
		t.Kind = restriction.HomeMonitoring
	}
	t.Review = reviewAt(f.Restriction, since, &r.ReviewQuarantine)
	w.Terms = t
	return w
}

// restrictCase says what a case is asked, by all that is known of it:
//
//  1. Proven or probable, and suspected where the pack moves those: isolation. It ends as long after its newest proof, or the last time somebody looked, as the pack allows; somebody looks before.
//  2. The tests of discharge are met: it ends when discharge is due at the latest.
//  3. Until they are isolated or admitted, they wait to be fetched.
//  4. Ended, discarded, or goes on in another record: nothing.
func (a ask) restrictCase(f *CaseFacts) restriction.Want {
	c, r := &f.Case, &a.p.Restrictions
	loc := zoneOf(f.Loc)
	w := restriction.Want{Outbreak: c.Outbreak, Cause: restriction.OfCase(c.ID), Area: c.Area, District: c.District, Because: a.because(r.IsolationLongest.Path)}
	proven := c.Class.Infected() || c.Class == cases.Probable
	switch {
	case c.MergedInto != 0:
		w.Why = restriction.EndedMerged
	case c.Class == cases.Discarded, !proven && !a.p.Cases.MoveSuspected.Value:
		w.Why = restriction.EndedCorrected
	case c.Outcome == cases.Died:
		w.Why = restriction.EndedDied
	case c.Outcome == cases.LostToFollowUp:
		w.Why = restriction.EndedLost
	case c.Outcome != cases.Open:
		w.Why = restriction.EndedRecovered
	case !r.Set():
		w.Why, w.Because.Clause = restriction.EndedPack, a.p.Cases.Classes.Path
	}
	if w.Why != restriction.NotEnded {
		if w.Because.Clause == "" {
			w.Because.Clause = a.p.Cases.Classes.Path
		}
		return w
	}
	proof := a.proofOf(f, loc)
	w.Since = arose(proof, loc)
	from := proof
	if f.Restriction != nil {
		from = latest(from, f.Restriction.ReviewedAt)
	}
	t := restriction.Terms{Kind: restriction.Isolation, Until: from.Add(r.IsolationLongest.Duration()), Review: reviewAt(f.Restriction, proof, &r.ReviewIsolation)}
	t.Moving = a.p.Clocks.MoveCase.Set() && movedAt(a.p, f).IsZero()
	if d := &a.p.Discharge; d.Negatives.Value > 0 && c.Class.Infected() {
		if at, met := dischargeable(a.p, *f, loc); met {
			if until := at.Add(a.p.Clocks.DischargeCase.Duration()); until.Before(t.Until) {
				t.Until, w.Because.Clause = until, d.Negatives.Path
			}
		}
	}
	w.Terms = t
	return w
}

// proofOf is when the newest reason to isolate a case arose: its proof, or a later specimen that is still positive.
func (a ask) proofOf(f *CaseFacts, loc *time.Location) time.Time {
	c := &f.Case
	out := first(c.ConfirmedAt, c.ReportedAt, c.NotedAt, c.AdmittedAt)
	if c.Class == cases.Suspected {
		out = first(c.NotedAt, c.ReportedAt)
	}
	if out.IsZero() {
		if ref := c.Reference(loc); !ref.IsZero() {
			out = lastOf(ref, loc)
		} else if f.Restriction != nil {
			out = f.Restriction.MadeAt
		} else {
			out = a.now
		}
	}
	for _, s := range f.Specimens {
		if s.Result == lab.Positive && !counts(a.p, s) {
			out = latest(out, s.ResultAt)
		}
	}
	return out
}

// arose is when a reason arose at the earliest. One that is known by its day only is kept as the last moment of that day, so that no clock runs too soon; what two people
// agreed on during that day must not be undone by it.
func arose(at time.Time, loc *time.Location) time.Time {
	if d := day.In(at, loc); at.Equal(lastOf(d, loc)) {
		return d.Start(loc)
	}
	return at
}

// reviewAt is when somebody next looks: the pack's days after the reason arose, or after they last looked.
func reviewAt(r *restriction.Restriction, since time.Time, every *protocol.Value[int]) time.Time {
	if r != nil {
		since = latest(since, r.ReviewedAt)
	}
	return since.Add(every.Duration())
}

// byHand says how two people bent a restriction: ended it, or to which kind; no kind where they did not.
func byHand(r *restriction.Restriction) (ended bool, kind restriction.Kind) {
	if r == nil {
		return false, ""
	}
	if r.Ended == restriction.EndedAgreed || r.Ended == restriction.EndedAppeal {
		return true, ""
	}
	if v := r.Now(); r.Stands() {
		kind = v.Kind
	}
	return false, kind
}

// restriction wants what goes with a restriction, once it is there:
//
//  1. Somebody tells them of each version, and why.
//  2. Somebody looks at it again by its review date, unless it ends by then.
//  3. What they asked for and is owed is brought, while it stands.
func (w *wants) restriction(r *restriction.Restriction, teller, reviewer, carer task.Role, loc *time.Location) {
	if r == nil {
		return
	}
	c := &w.p.Clocks
	tell := func(n int, doneAt time.Time) {
		w.add(&c.TellRestriction, want(task.TellRestriction, n, teller, r.Versions[n-1].At, &c.TellRestriction, doneAt))
	}
	if n := r.ToldOf; n > 0 && n <= len(r.Versions) {
		for i := n; i > 0; i-- {
			if r.Versions[i-1].Change.Told() {
				tell(i, r.ToldAt)
				break
			}
		}
	}
	if n := r.ToTell(); n > 0 {
		tell(n, time.Time{})
	}
	review := func(due time.Time, doneAt time.Time) {
		clause := &w.p.Restrictions.ReviewIsolation
		if r.Cause.Contact() != 0 {
			clause = &w.p.Restrictions.ReviewQuarantine
		}
		w.under(clause.Path, task.Want{Key: task.Key{Kind: task.ReviewRestriction, Ordinal: int(day.In(due, loc))}, Owner: reviewer, NotBefore: due.Add(-24 * time.Hour), Due: due, DoneAt: doneAt})
	}
	if !r.ReviewedDue.IsZero() {
		review(r.ReviewedDue, r.ReviewedAt)
	}
	if r.NeedsReview() {
		review(r.Terms().Review, time.Time{})
	}
	for _, n := range r.Needs {
		if r.Stands() || !n.Open() {
			w.add(&c.MeetNeed, want(task.MeetNeed, int(n.ID), carer, n.AskedAt, &c.MeetNeed, n.MetAt))
		}
	}
}
