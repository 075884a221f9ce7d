package response

import (
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/protocol"
	"firebreak/internal/task"
)

// AssistanceFacts is what is known of a request of one office to another.
type AssistanceFacts struct {
	Assistance contact.Assistance
	Source     cases.Case       // that they met
	Contact    *contact.Contact // of the office that accepted; nil while none did
	Earlier    []Era
}

// MoveAssistance orders that a request is as far as the contact's own facts say. A World answers it with the fact of its new state, which no rule answers.
type MoveAssistance struct {
	As      contact.Assistance
	Because task.Because
}

func (MoveAssistance) action() {}

func onAssisted(id contact.AssistanceID) task.Subject {
	return task.Subject{Kind: task.OnAssistance, ID: int64(id)}
}

// onAssistance answers: an office asked another to find somebody who lives in its area, that office answered, or something about the contact changed since.
//
//  1. They are found by the clock, from when it was asked: whether the office has accepted or not.
//  2. They are under quarantine by the clock, where their tier asks for it.
//  3. Found, and under quarantine, is what the contact's own record says.
//  4. The case turned out to be none before anybody accepted: nobody is asked any more.
//  5. Sent back, withdrawn, or follow-up over: nothing but what was done.
func onAssistance(a ask, f AssistanceFacts) []Action {
	var out []Action
	clause := a.p.Tier(f.Assistance.Tier).Control.Path // under a pack that sets no such clock
	if c := &a.p.Clocks.AssistanceFind; c.Set() {
		clause = c.Path
	}
	as := f.Assistance
	switch {
	case f.Contact != nil:
		as = as.Progress(*f.Contact, apart(a.p, f.Contact.Tier), a.now)
	case as.State == contact.AssistanceAsked && f.Source.Class == cases.Discarded:
		as.State, as.AnsweredAt, as.AnsweredBy, as.EndedAt = contact.AssistanceWithdrawn, a.now, "rule:"+a.rule, a.now
	}
	if as.State != f.Assistance.State {
		out = append(out, MoveAssistance{As: as, Because: a.because(clause)})
	}
	tier := as.Tier
	if f.Contact != nil {
		tier = f.Contact.Tier
	}
	wanted := func(a ask) []task.Want {
		w := wants{ask: a, subject: task.Want{Area: as.Area, District: as.District}}
		find, hold := &a.p.Clocks.AssistanceFind, &a.p.Clocks.AssistanceHold
		w.add(find, want(task.FindNamed, 0, task.FollowUpOfficer, as.AskedAt, find, as.FoundAt))
		if apart(a.p, tier) {
			w.add(hold, want(task.QuarantineNamed, 0, task.FollowUpOfficer, as.AskedAt, hold, as.QuarantinedAt))
		}
		if as.State.Over() {
			w.list = done(w.list)
		}
		return w.list
	}
	return append(out, Stand{Subject: onAssisted(as.ID), Tasks: judged(a, f.Earlier, wanted(a), 0, wanted), Because: a.because(clause)})
}

// apart says whether a tier is kept apart.
func apart(p *protocol.Pack, t contact.Tier) bool {
	c := p.Tier(t).Control.Value
	return c == protocol.Site || c == protocol.Home
}
