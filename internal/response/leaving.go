package response

import (
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/protocol"
)

// ContactLeaves is when a contact is expected to have left a site, as the rules release them; zero where nobody can say:
//
//  1. Follow-up is over: by the clock of letting them go. One who became a case leaves when a case is to be moved.
//  2. Part of it is spent at home: when the days at the site are over; otherwise when the last day is. The clock of letting them go comes on top.
//
// The tests of release may still hold them; nobody can know that before.
func ContactLeaves(p *protocol.Pack, c contact.Contact, now time.Time, loc *time.Location) time.Time {
	clocks := &p.Clocks
	if c.State == contact.BecameCase {
		return first(c.EndedAt, now).Add(clocks.MoveCase.Duration())
	}
	f := ContactFacts{Contact: c, Loc: loc}
	u := frame(ask{p: p, now: now}, &f)
	over, _ := u.siteOver(&c)
	switch {
	case !over.IsZero():
	case c.Over(), !u.tier.Followed():
		return time.Time{} // goes on in another record, or is not followed under this pack: no rule lets them go
	default:
		over = u.end.Add(1).Start(u.loc)
	}
	return over.Add(clocks.CheckOut.Duration())
}

// CaseLeaves is when a case is expected to have left a hospital or site; zero where nobody can say, because what is still to be found decides it:
//
//  1. The case is closed: by the clock of letting them go.
//  2. Otherwise when the last condition of discharge can be met, as far as that has a day, and by the clock of discharge.
func CaseLeaves(p *protocol.Pack, f CaseFacts, now time.Time) time.Time {
	if f.Case.Closed() {
		return now.Add(p.Clocks.CheckOut.Duration())
	}
	list := Criteria(p, f, now)
	if len(list) == 0 {
		return time.Time{}
	}
	var at time.Time
	for _, c := range list {
		switch {
		case c.Met:
			at = latest(at, c.Since)
		case c.NotBefore.IsZero():
			return time.Time{}
		default:
			at = latest(at, latest(c.NotBefore, now))
		}
	}
	return at.Add(p.Clocks.DischargeCase.Duration())
}
