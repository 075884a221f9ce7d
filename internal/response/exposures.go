package response

import (
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/task"
)

// ExposureFacts is one exposure of a contact, with what is known of the one they met.
type ExposureFacts struct {
	contact.Exposure
	Source          *cases.Case      // nil while the case is not known, and for a close contact
	Parent          *contact.Contact // nil for a case
	ParentSpecimens []lab.Specimen   // of the parent, by TakenAt
	ParentBecame    *cases.Case      // the case that the parent is now, where they are one
}

// Holds says whether the exposure makes a contact: it was not taken back, and the one they met is still what they were taken for.
func (e *ExposureFacts) Holds() bool {
	switch {
	case !e.Stands():
		return false
	case e.Parent != nil:
		return e.Parent.State != contact.Dropped && e.Parent.EndedBy != ruleGroundless
	default:
		return e.Source == nil || e.Source.Class != cases.Discarded
	}
}

// tooEarly says whether the exposure was over before whoever became that case could infect.
func (e *ExposureFacts) tooEarly(p *protocol.Pack, became *cases.Case, loc *time.Location) bool {
	return !e.Last.IsZero() && e.Last < infectsFrom(p, became, loc)
}

// infectsFrom is the first day on which whoever is a case now could infect.
func infectsFrom(p *protocol.Pack, became *cases.Case, loc *time.Location) day.Day {
	return became.Reference(loc).Add(-p.Cases.LookBack.Value)
}

// exposures are the exposures of a contact. Where none are told one by one, as in old data, they are those that the contact itself names.
func (f *ContactFacts) exposures() []ExposureFacts {
	if len(f.Exposures) > 0 {
		return f.Exposures
	}
	c := &f.Contact
	one := contact.Exposure{Contact: c.ID, First: c.FirstExposed, Last: c.LastExposed, Tier: c.Tier}
	var out []ExposureFacts
	if f.Source != nil {
		e := one
		e.Case = f.Source.ID
		out = append(out, ExposureFacts{Exposure: e, Source: f.Source})
	}
	if f.Parent != nil {
		e := one
		e.Parent = f.Parent.ID
		out = append(out, ExposureFacts{Exposure: e, Parent: f.Parent, ParentSpecimens: f.ParentSpecimens, ParentBecame: f.ParentBecame})
	}
	return out
}

// SettleContact returns the contact as its exposures make it now; see contact.Settle.
func SettleContact(c contact.Contact, list []ExposureFacts) contact.Contact {
	plain := make([]contact.Exposure, len(list))
	for i := range list {
		plain[i] = list[i].Exposure
	}
	return contact.Settle(c, plain, func(e contact.Exposure) bool {
		for i := range list {
			if list[i].SameSource(e) {
				return list[i].Holds()
			}
		}
		return false
	})
}

// settled returns the contact as what is known now makes it, which may not have been ordered yet.
func (f *ContactFacts) settled() contact.Contact {
	if len(f.Exposures) == 0 || f.Contact.MergedInto != 0 {
		return f.Contact
	}
	return SettleContact(f.Contact, f.Exposures)
}

// Settle orders that a contact is what their exposures make them: who they met, from when to when, and how near. The tier may be a farther one, when the
// exposure that made it nearer is found to be none. A World that changes the tier answers with ContactTierChanged.
type Settle struct {
	As      contact.Contact // of it: Case, Parent, SourceCode, FirstExposed, LastExposed and Tier
	At      time.Time
	Because task.Because
}

func (Settle) action() {}

// SettleInto writes into c what Settle orders, and says whether that changed anything, and whether the tier.
func (a Settle) SettleInto(c *contact.Contact) (changed, tier bool) {
	if sameSettled(*c, a.As) {
		return false, false
	}
	if tier = c.Tier != a.As.Tier; tier {
		c.Tier, c.TierAt = a.As.Tier, a.At
	}
	c.Case, c.Parent, c.SourceCode = a.As.Case, a.As.Parent, a.As.SourceCode
	c.FirstExposed, c.LastExposed = a.As.FirstExposed, a.As.LastExposed
	return true, tier
}

func sameSettled(a, b contact.Contact) bool {
	return a.Tier == b.Tier && a.Case == b.Case && a.Parent == b.Parent && a.SourceCode == b.SourceCode && a.FirstExposed == b.FirstExposed && a.LastExposed == b.LastExposed
}
