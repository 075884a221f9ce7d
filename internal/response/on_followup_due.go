package response

import (
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
)

// onFollowUpDue answers: the last day of a contact's follow-up has passed.
//
//  1. Release, when nothing stands in its way.
//  2. Otherwise the task to release stays; it is late soon, and climbs.
func onFollowUpDue(a ask, f ContactFacts) []Action { return a.standContact(f) }

// releasable says whether a contact is to be released now, and under which clause. Release waits for:
//
//  1. the last day to have passed; a contact who was never followed for want of days or of a tier is released at once;
//  2. the contact to have been reached, and seen at the last check;
//  3. a negative of the last test day (both, where two are taken), nothing positive, and no result awaited;
//  4. a negative since the last symptom;
//  5. linked release: each close contact they met to have the pack's number of negatives, and to be no case, unless they met before that case could infect.
//
// A later negative stands for an earlier test day that was missed.
func (a ask) releasable(f *ContactFacts, u *followUp) (clause string, ok bool) {
	c := &f.Contact
	if u.pointless() {
		return u.clause(), true
	}
	if day.In(a.now, u.loc) <= u.end || c.State != contact.Followed && c.ReachedAt.IsZero() {
		return "", false
	}
	if n := len(f.Checks); n > 0 && !f.Checks[n-1].Seen {
		return "", false
	}
	if !testedClean(f, u) || !symptomAnswered(f, u) || !parentClean(a.p, f, u.loc) {
		return "", false
	}
	if u.tier.LinkedTests.Value > 0 {
		return u.tier.LinkedTests.Path, true
	}
	return u.clause(), true
}

func testedClean(f *ContactFacts, u *followUp) bool {
	for _, s := range f.Specimens {
		if d := day.In(s.TakenAt, u.loc); d > u.start && (s.Result == lab.Positive || s.Result == lab.Awaited) {
			return false
		}
	}
	if len(u.tests) == 0 {
		return true
	}
	if on := u.tier.DoubleOn; on.Set() && negativesSince(f.Specimens, u.start.Add(on.Value), u.loc) < 2 {
		return false
	}
	return negativesSince(f.Specimens, u.tests[len(u.tests)-1], u.loc) > 0
}

func symptomAnswered(f *ContactFacts, u *followUp) bool {
	on := symptomDay(f, u)
	return on.IsZero() || negativesSince(f.Specimens, on, u.loc) > 0
}

// parentClean is the linked release: a secondary contact waits for the tests of every close contact they met.
func parentClean(p *protocol.Pack, f *ContactFacts, loc *time.Location) bool {
	needed := p.Tier(f.Contact.Tier).LinkedTests.Value
	if needed == 0 {
		return true
	}
	list := f.exposures()
	for i := range list {
		if e := &list[i]; e.Parent != nil && e.Holds() && !cleanParent(p, e, needed, loc) {
			return false
		}
	}
	return true
}

func cleanParent(p *protocol.Pack, e *ExposureFacts, needed int, loc *time.Location) bool {
	if e.Parent.State == contact.BecameCase {
		return inChain(e.ParentBecame) && e.tooEarly(p, e.ParentBecame, loc)
	}
	negatives := 0
	for _, s := range e.ParentSpecimens {
		switch s.Result {
		case lab.Positive:
			return false
		case lab.Negative:
			negatives++
		case lab.Awaited, lab.Inconclusive, lab.Invalid: // they say nothing
		}
	}
	return negatives >= needed
}

func negativesSince(all []lab.Specimen, from day.Day, loc *time.Location) int {
	n := 0
	for _, s := range all {
		if s.Result == lab.Negative && day.In(s.TakenAt, loc) >= from {
			n++
		}
	}
	return n
}
