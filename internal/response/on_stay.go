package response

import (
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/protocol"
	"firebreak/internal/task"
)

// onCaseStay answers: a case was checked in somewhere, or has left.
//
//  1. Its tasks stand: one who is among contacts, or has gone without leave, is still to be moved; one whose time is up is to be let go.
func onCaseStay(a ask, f CaseFacts) []Action { return a.standCase(f) }

// onContactStay answers the same for a contact, or for somebody who was one when they came.
//
//  1. All that their facts ask for is ordered anew: the checks of the site, finding one who went without leave, letting go one whose time is up.
//  2. One who is a case now: the case's tasks stand.
func onContactStay(a ask, f ContactFacts) []Action {
	out := a.standContact(f)
	if f.Became != nil {
		out = append(out, LookAgain{Trigger: Trigger{Kind: a.t.Kind, Subject: task.Subject{Kind: task.OnCase, ID: int64(f.Became.GoesOn())}, Ref: a.t.Ref, At: a.t.At}})
	}
	return out
}

// onCompanionStay answers: the stay of somebody who is at a site for the sake of a child has ended, or that of the child.
//
//  1. What must be done for them stands: to let them go once the child is there no more.
func onCompanionStay(a ask, f PersonFacts) []Action { return a.standPerson(f) }

// goneOrdinal sets apart finding or moving somebody who left a stay without leave, by the stay.
const goneOrdinal = 40_000_000

// movedAt is when a case was where cases are kept: not while they are among contacts, or wait at home as one, and since they came where they stay now. A case without stays was
// moved when somebody said so.
func movedAt(p *protocol.Pack, f *CaseFacts) time.Time {
	c := &f.Case
	noted := first(c.ConfirmedAt, c.NotedAt)
	told := earliest(c.IsolatedAt, c.AdmittedAt)
	home := f.From != nil && quarantinedAtHome(p, f.From) && !c.IsolatedAt.After(noted)
	among := home
	for _, s := range f.Stays {
		switch {
		case s.State == facility.Booked || s.State == facility.Dropped || s.Leaving == facility.LeftError:
		case s.Class == facility.Contact:
			among = home || s.State == facility.In || s.LeftAt.After(noted)
		case among && s.CaseOf == c.ID:
			return latest(told, s.InAt)
		}
	}
	if among {
		return c.AdmittedAt
	}
	return told
}

// quarantinedAtHome says whether a contact was in quarantine, and at home, as far as their tier says: one who came nearer in tier since, and goes to a site now, was not there yet.
func quarantinedAtHome(p *protocol.Pack, c *contact.Contact) bool {
	control := p.Tier(c.Tier).Control.Value
	return !c.QuarantineAt.IsZero() && (control != protocol.Site || p.Tiers.Secondary.Control.Value != control && c.QuarantineAt.Before(c.TierAt))
}

// gone wants people found, or moved again, who left without leave: done when they stay somewhere again.
func (w *wants) gone(stays []facility.Stay, kind task.Kind, owner task.Role, clock *protocol.Value[int], mine func(facility.Stay) bool) {
	for i, s := range stays {
		if s.Leaving != facility.LeftWithout || !mine(s) {
			continue
		}
		var back time.Time
		for _, later := range stays[i+1:] {
			if !later.InAt.IsZero() && later.Leaving != facility.LeftError {
				back = later.InAt
				break
			}
		}
		w.add(clock, want(kind, goneOrdinal+int(s.ID), owner, s.LeftAt, clock, back))
	}
}

// checkOut wants somebody let go from a facility whose time there is over, from an instant on: by those of the facility, where it is.
func (w *wants) checkOut(stays []facility.Stay, over, notBefore time.Time, mine func(facility.Stay) bool) {
	clock := &w.p.Clocks.CheckOut
	if over.IsZero() {
		return
	}
	for _, s := range stays {
		if s.AtHome() || !mine(s) || s.InAt.IsZero() || s.Leaving == facility.LeftError || s.Leaving == facility.LeftWithout {
			continue
		}
		from := latest(over, s.InAt)
		if s.State == facility.Left && s.Leaving != facility.LeftRelease && s.LeftAt.Before(from) {
			continue // they went on elsewhere before it was over
		}
		t := want(task.CheckOut, int(s.ID), task.QuarantineManager, from, clock, s.LeftAt)
		t.NotBefore = notBefore
		was := w.subject
		w.subject.Area, w.subject.District = s.Area, s.District
		w.add(clock, t)
		w.subject = was
	}
}

// siteOver is when a contact's time at a site is over: when follow-up ended, or, where the rest of it is spent at home, after the days at the site.
func (u *followUp) siteOver(c *contact.Contact) (over, notBefore time.Time) {
	switch {
	case c.State == contact.BecameCase || c.MergedInto != 0:
		return time.Time{}, time.Time{}
	case c.Over():
		return c.EndedAt, time.Time{}
	}
	if u.tier.Control.Value == protocol.Site && u.tier.HomeDays.Set() && u.tier.HomeDays.Value > 0 {
		at := u.start.Add(u.tier.Days.Value + 1).Start(u.loc)
		return at, at
	}
	return time.Time{}, time.Time{}
}
