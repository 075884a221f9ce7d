package response

import (
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
)

// onContactBecameCase answers: a contact is a case now.
//
//  1. What was open for them as a contact is void; the case's tasks stand instead.
//  2. Those who met them are looked at again: while this contact seemed to be none, they were let go or taken for a farther tier.
//  3. They are linked to each case they met: as probable where there is one, as possible where there are several. Who infected whom is not claimed.
//  4. Once the infection is proven, those who met them are close contacts, live: their tasks and last day follow. Left out
//     are those who met them before they could infect, and those whose days as a close contact would be over as well.
func onContactBecameCase(a ask, f ContactFacts, children []ContactFacts) []Action {
	out := a.standContact(f)
	for i := range children {
		c := &children[i].Contact
		letGo := c.State == contact.Released && c.EndedBy == ruleGroundless
		// Once: two who met each other and are both cases would have each other looked at again for ever.
		if letGo || a.t.Kind == journal.ContactBecameCase && c.State != contact.Dropped && (!c.State.Over() || c.EndedBy != "") {
			out = append(out, Revisit{Contact: c.ID, Because: a.because(a.p.Cases.Classes.Path)})
		}
	}
	became := f.Became
	if !inChain(became) {
		return out
	}
	out = a.linkSources(out, &f)
	loc := zoneOf(f.Loc)
	from := infectsFrom(a.p, became, loc)
	for i := range children {
		c := children[i].settled()
		switch {
		case c.State == contact.Dropped || !contact.Close.Nearer(c.Tier):
		case !c.LastExposed.IsZero() && c.LastExposed < from:
			if a.t.Kind != journal.ContactBecameCase && !c.State.Over() { // their release waits for this contact no more
				out = append(out, Revisit{Contact: c.ID, Because: a.because(a.p.Cases.LookBack.Path)})
			}
		case c.State.Over() && c.State != contact.BecameCase && !c.LastExposed.IsZero() && c.LastExposed.Add(a.p.Tiers.Close.FollowUpDays()) < day.In(a.now, loc):
		default:
			at := first(became.ConfirmedAt, a.t.At, a.now)
			if !sameSettled(c, children[i].Contact) { // they have the tier of a meeting that was none: it would be taken for this one's
				out = append(out, Settle{As: c, At: at, Because: a.because(a.p.Cases.LookBack.Path)})
			}
			out = append(out, SetTier{Contact: c.ID, Tier: contact.Close, Case: became.ID, At: at, Because: a.because(a.p.Cases.LookBack.Path)})
		}
	}
	return out
}

// inChain says whether what a contact became is part of a chain. While the case is only suspected nothing is known of one.
func inChain(became *cases.Case) bool {
	return became != nil && (became.Class.Infected() || became.Class == cases.Probable)
}

// linkSources links a contact who became a case to those they met.
func (a ask) linkSources(out []Action, f *ContactFacts) []Action {
	became := f.Became
	if !inChain(became) {
		return out
	}
	var met []LinkCases
	list := f.exposures()
	for i := range list {
		if e := &list[i]; e.Source != nil && e.Holds() && e.Source.GoesOn() != became.GoesOn() {
			met = append(met, LinkCases{From: e.Source.GoesOn(), To: became.GoesOn(), Setting: e.Setting, Certainty: cases.Likely, Because: a.because(a.p.Cases.LookBack.Path)})
		}
	}
	for _, l := range met {
		if len(met) > 1 {
			l.Certainty = cases.Possible
		}
		out = append(out, l)
	}
	return out
}
