package response

import (
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/task"
)

// ruleGroundless is what a contact was ended by when nothing is left that made them one.
const ruleGroundless = "contact_groundless"

// onContactListed answers: somebody was named as a contact.
//
//  1. The last day of follow-up is set from the last exposure and the tier.
//  2. Its tasks stand: reach, prophylaxis, quarantine, the next check, the test days, release.
//  3. A tier that the pack does not follow, or whose days had passed before the listing, is released at once.
//  4. Who is at a site for the sake of a child is in quarantine there, and is not moved elsewhere.
//  5. A contact whom they met is a case by now: those who met that one are looked at, as when it became one.
func onContactListed(a ask, f ContactFacts) []Action {
	out := a.metCases(a.standContact(f), &f)
	for _, s := range f.Stays {
		if s.Companion && s.State == facility.In && !s.AtHome() && !f.Contact.State.Over() {
			out = append(out, StayAsContact{Stay: s.ID, Contact: f.Contact.ID, At: first(a.t.At, a.now), Because: a.because(a.p.Tier(f.Contact.Tier).Control.Path)})
		}
	}
	return out
}

// metCases has the contacts whom somebody met looked at again who are cases by now, but for those who could infect nobody then.
func (a ask) metCases(out []Action, f *ContactFacts) []Action {
	list := f.exposures()
	for i := range list {
		if e := &list[i]; e.Parent != nil && e.Holds() && inChain(e.ParentBecame) && !e.tooEarly(a.p, e.ParentBecame, zoneOf(f.Loc)) {
			out = append(out, Revisit{Contact: e.Parent.ID, Because: a.because(a.p.Cases.LookBack.Path)})
		}
	}
	return out
}

// standContact orders all that a contact's facts ask for, whichever fact came last:
//
//  1. Tier, days and source are what all exposures that hold make them.
//  2. Nothing left that made them a contact: follow-up ends, and their own contacts are looked at again.
//  3. It was ended for that, and there is reason again: it goes on. So it does when a rule had ended it and an exposure that holds again makes it longer.
//  4. The last day of follow-up, when it moved.
//  5. Release, when it is due and nothing stands in its way (on_followup_due.go).
//  6. The restriction (restrict.go), and the tasks.
//  7. The office that asked for assistance is told how far this is (on_assistance.go).
func (a ask) standContact(f ContactFacts) []Action {
	c := &f.Contact
	order := Settle{As: f.settled(), At: first(a.t.At, a.now)}
	was := frame(a, &f)
	moved, _ := order.SettleInto(c)
	u := frame(a, &f)
	by := a.because(u.clause())
	out := make([]Action, 0, 3)
	if moved {
		order.Because = by
		out = append(out, order)
	}
	longer := moved && c.State == contact.Released && c.EndedBy != "" && !u.pointless() && (was.pointless() || was.end < u.end) && day.In(a.now, u.loc) <= u.end
	switch {
	case c.MergedInto != 0: // goes on in another record
	case groundless(&f) && !c.State.Over():
		by = task.Because{Fact: a.t.Ref, Rule: ruleGroundless, Clause: a.p.Cases.Classes.Path, Pack: a.p.Ref()}
		out = append(out, a.end(&f, by))
		for _, child := range f.Children {
			out = append(out, Revisit{Contact: child, Because: by})
		}
	case !groundless(&f) && c.State == contact.Released && (c.EndedBy == ruleGroundless || longer):
		out = append(out, Resume{Contact: c.ID, At: first(a.t.At, a.now), Because: by})
		for _, child := range f.Children {
			out = append(out, Revisit{Contact: child, Because: by})
		}
		return out // what resuming brings about sets the tasks, for a contact whose follow-up is not over
	case !c.State.Over():
		if u.tier.Followed() && c.EndsOn != u.end {
			out = append(out, SetFollowUp{Contact: c.ID, EndsOn: u.end, Because: by})
		}
		if clause, ok := a.releasable(&f, &u); ok {
			out = append(out, a.end(&f, a.because(clause)))
		}
	}
	f.Restriction, out = a.restrict(f.Restriction, a.restrictContact(&f, &u), out)
	last := 0
	if len(u.tests) > 0 {
		last = int(u.tests[len(u.tests)-1])
	}
	tasks := judged(a, f.Earlier, contactTasks(a, f), last, func(b ask) []task.Want { return contactTasks(b, f) })
	out = append(out, Stand{Subject: task.Subject{Kind: task.OnContact, ID: int64(c.ID)}, Tasks: tasks, Because: by})
	for _, id := range f.Assistance {
		out = append(out, LookAgain{Trigger{Kind: journal.AssistanceAccepted, Subject: onAssisted(id), Ref: a.t.Ref, At: first(a.t.At, a.now)}})
	}
	return out
}

func (a ask) end(f *ContactFacts, by task.Because) Action {
	return Release{Contact: f.Contact.ID, At: first(a.t.At, a.now), Because: by}
}
