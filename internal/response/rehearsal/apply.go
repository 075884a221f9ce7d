package rehearsal

import (
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/response"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// Apply implements response.World.
func (w *World) Apply(action response.Action) ([]response.Trigger, error) {
	switch a := action.(type) {
	case response.Stand:
		w.stand(a)
		return nil, nil
	case response.OpenCase:
		return w.openCase(a)
	case response.Confirm:
		return w.confirm(a)
	case response.SetTier:
		return w.setTier(a)
	case response.Settle:
		return w.applySettle(a)
	case response.LinkCases:
		w.link(a)
		return nil, nil
	case response.SetFollowUp:
		if c := w.contacts[a.Contact-1]; c.EndsOn != a.EndsOn {
			c.EndsOn = a.EndsOn
			w.changes++
		}
		return nil, nil
	case response.Release:
		return w.release(a)
	case response.Resume:
		return w.resume(a)
	case response.ProposeZone:
		return w.proposeZone(a)
	case response.Restrict:
		return w.restrict(a)
	case response.Revisit:
		return []response.Trigger{w.again(a.Contact, a.Because)}, nil
	case response.StayAsCase, response.StayAsContact: // nobody of a rehearsal goes along with a child
		return nil, nil
	case response.RevisitContacts:
		var out []response.Trigger
		for _, id := range w.cases[a.Case-1].contacts {
			out = append(out, w.again(id, a.Because))
		}
		return out, nil
	}
	if out, ok := w.applyToCare(action); ok {
		return out, nil
	}
	return w.applyToTubes(action)
}

// again is a trigger without a fact of its own: nothing happened to the contact, the rules are only to look again.
func (w *World) again(id contact.ID, by task.Because) response.Trigger {
	return response.Trigger{Kind: journal.ContactCorrected, Subject: onContact(id), Ref: by.Fact, At: w.now}
}

func (w *World) stand(a response.Stand) {
	have := w.ledger[a.Subject]
	for _, c := range task.Reconcile(have, a.Tasks, a.Subject, a.Because, w.now) {
		w.changes++
		if c.Kind == task.OpenNew {
			have = append(have, c.Task)
			continue
		}
		for i := range have {
			if have[i].Key == c.Task.Key {
				have[i] = c.Task
			}
		}
	}
	w.ledger[a.Subject] = have
}

func (w *World) openCase(a response.OpenCase) ([]response.Trigger, error) {
	c := w.contacts[a.Contact-1]
	if id := w.caseOf[c.Person]; id != 0 && w.cases[id-1].Class != cases.Discarded {
		return nil, nil
	}
	if a.Specimen != 0 && w.answered[a.Specimen] != 0 {
		return nil, nil
	}
	state, err := c.State.Move(contact.BecameCase)
	if err != nil {
		return nil, fmt.Errorf("contact %s: %w", c.Code, err)
	}
	k := cases.Case{Person: c.Person, Code: c.Code, Class: a.Class, Area: c.Area, District: c.District, NotedAt: a.At, Found: a.Found, Onset: c.SymptomOn}
	if a.Class.Infected() {
		k.ConfirmedAt = a.At
	}
	for _, s := range w.specimens[c.Person] {
		if s.ID == a.Specimen {
			k.Sampled = day.In(s.TakenAt, w.loc)
		}
	}
	if a.Found == cases.FoundInIsolation {
		k.IsolatedAt = c.QuarantineAt
	}
	id := w.addCase(k)
	w.cases[id-1].from = a.Contact
	if a.Specimen != 0 {
		w.answered[a.Specimen] = id
	}
	c.State, c.BecameCase, c.EndedAt, c.EndedBy = state, id, a.At, a.Because.Rule
	return []response.Trigger{w.enter(classKind(a.Class), onCase(id), a.Because), w.enter(journal.ContactBecameCase, onContact(a.Contact), a.Because)}, nil
}

func (w *World) addCase(c cases.Case) cases.ID {
	c.ID = cases.ID(len(w.cases) + 1)
	w.cases = append(w.cases, &caseRow{Case: c})
	w.caseOf[c.Person] = c.ID
	return c.ID
}

// classKind is the fact that a case of the class is.
func classKind(c cases.Class) journal.Kind {
	if c == cases.Suspected {
		return journal.CaseSuspected
	}
	return journal.CaseConfirmed
}

func (w *World) confirm(a response.Confirm) ([]response.Trigger, error) {
	c := w.cases[a.Case-1]
	if c.Class == a.Class {
		return nil, nil
	}
	c.Class = a.Class
	if c.Onset.IsZero() {
		c.Onset = a.Onset
	}
	if !a.Class.Infected() {
		return []response.Trigger{w.enter(journal.CaseCorrected, onCase(a.Case), a.Because)}, nil
	}
	c.ConfirmedAt = a.At
	if a.Specimen != 0 {
		w.answered[a.Specimen] = a.Case
		for _, s := range w.specimens[c.Person] {
			if s.ID == a.Specimen {
				c.Sampled = day.In(s.TakenAt, w.loc)
			}
		}
	}
	return []response.Trigger{w.enter(journal.CaseConfirmed, onCase(a.Case), a.Because)}, nil
}

func (w *World) setTier(a response.SetTier) ([]response.Trigger, error) {
	c := w.contacts[a.Contact-1]
	if c.Tier.Nearer(a.Tier) {
		return nil, fmt.Errorf("contact %s from %s to %s by %s: %w", c.Code, c.Tier, a.Tier, a.Because.Rule, ErrFarther)
	}
	if c.Tier == a.Tier {
		return nil, nil
	}
	c.Tier, c.TierAt = a.Tier, a.At
	w.join(a.Contact, Exposure{Case: a.Case, First: c.FirstExposed, Last: c.LastExposed, Tier: a.Tier, Certainty: cases.Likely})
	if c.State.Over() && c.State != contact.BecameCase {
		state, err := c.State.Move(takenUp(c.Contact))
		if err != nil {
			return nil, fmt.Errorf("contact %s: %w", c.Code, err)
		}
		c.State, c.EndedAt, c.EndedBy = state, time.Time{}, ""
	}
	return []response.Trigger{w.enter(journal.ContactTierChanged, onContact(a.Contact), a.Because)}, nil
}

func (w *World) link(a response.LinkCases) {
	for _, l := range w.links {
		if l.From == a.From && l.To == a.To || l.From == a.To && l.To == a.From {
			return
		}
	}
	w.changes++
	w.links = append(w.links, cases.Link{ID: cases.LinkID(len(w.links) + 1), From: a.From, To: a.To, Kind: cases.Direct, Setting: a.Setting, Certainty: a.Certainty})
}

func (w *World) applySettle(a response.Settle) ([]response.Trigger, error) {
	changed, tier := a.SettleInto(&w.contacts[a.As.ID-1].Contact)
	if changed {
		w.changes++
	}
	if !tier {
		return nil, nil
	}
	return []response.Trigger{w.enter(journal.ContactTierChanged, onContact(a.As.ID), a.Because)}, nil
}

// takenUp is the state of a contact whose follow-up goes on after it had ended.
func takenUp(c contact.Contact) contact.State {
	if c.State == contact.BecameCase || !c.ReachedAt.IsZero() {
		return contact.Followed
	}
	return contact.Listed
}

func (w *World) release(a response.Release) ([]response.Trigger, error) {
	c := w.contacts[a.Contact-1]
	if c.State.Over() {
		return nil, nil
	}
	state, err := c.State.Move(contact.Released)
	if err != nil {
		return nil, fmt.Errorf("contact %s: %w", c.Code, err)
	}
	c.State, c.EndedAt, c.EndedBy, c.QuarantineAt = state, a.At, a.Because.Rule, time.Time{}
	return []response.Trigger{w.enter(journal.ContactReleased, onContact(a.Contact), a.Because)}, nil
}

func (w *World) resume(a response.Resume) ([]response.Trigger, error) {
	c := w.contacts[a.Contact-1]
	if !c.State.Over() {
		return nil, nil
	}
	state, err := c.State.Move(takenUp(c.Contact))
	if err != nil {
		return nil, fmt.Errorf("contact %s: %w", c.Code, err)
	}
	if c.BecameCase != 0 { // what was positive until now is answered by the case that was none
		for _, s := range w.specimens[c.Person] {
			if s.Result == lab.Positive {
				w.answered[s.ID] = c.BecameCase
			}
		}
	}
	c.State, c.BecameCase, c.EndedAt, c.EndedBy, c.TierAt = state, 0, time.Time{}, "", a.At
	return []response.Trigger{w.enter(journal.ContactCorrected, onContact(a.Contact), a.Because)}, nil
}

func (w *World) proposeZone(a response.ProposeZone) ([]response.Trigger, error) {
	c := w.cases[a.Case-1]
	if len(c.zones) > 0 {
		return nil, nil
	}
	z := zone.Zone{ID: zone.ID(len(w.zones) + 1), Area: c.Area, District: c.District, Level: a.Level, State: zone.Proposed, Case: a.Case, ProposedAt: w.now, Version: 1}
	w.zones = append(w.zones, z)
	c.zones = append(c.zones, z.ID)
	return []response.Trigger{w.enter(journal.ZoneProposed, onCase(a.Case), a.Because)}, nil
}
