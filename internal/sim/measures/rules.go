package measures

import (
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/response/rehearsal"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
	"firebreak/internal/task"
)

// rules asks the rulebook: every fact of every case and contact goes to it.
type rules struct {
	w   *rehearsal.World
	p   *protocol.Pack
	err error // the first; it ends the run
}

func newRules(p *protocol.Pack) *rules {
	return &rules{w: rehearsal.New(p, time.UTC), p: p}
}

func id(p city.Person) person.ID { return person.ID(p) + 1 }

func (r *rules) to(at sim.Minute) { r.note(r.w.Advance(instant(at))) }

func (r *rules) note(err error) {
	if err != nil && r.err == nil {
		r.err = err
	}
}

func (r *rules) found(p city.Person, taken, reported sim.Minute, onset int, _ []city.Person) caseOrders {
	r.to(reported)
	if r.w.ContactOf(id(p)) != 0 {
		_, err := r.w.Sample(id(p), lab.Specimen{Method: lab.PCR, TakenAt: instant(taken), Result: lab.Positive, ResultAt: instant(reported)})
		r.note(err)
	} else {
		c := cases.Case{Person: id(p), Code: fmt.Sprint(p), Class: cases.Confirmed, Area: 1, District: 1, NotedAt: instant(reported), ConfirmedAt: instant(reported), Sampled: dayOf(taken.Day())}
		switch {
		case onset >= 0:
			c.Onset = dayOf(onset)
		case r.p.Cases.AsymptomaticApart.Value:
			c.Class = cases.Asymptomatic
		}
		_, err := r.w.AddCase(c)
		r.note(err)
	}
	out := caseOrders{move: never, list: never}
	n := r.w.CaseOf(id(p))
	c, ok := r.w.Case(n)
	if !ok {
		r.note(fmt.Errorf("person %d is no case after a positive: %w", p, rehearsal.ErrUnknown))
		return out
	}
	for _, t := range r.w.Tasks(task.Subject{Kind: task.OnCase, ID: int64(n)}) {
		switch {
		case t.State != task.Open:
		case t.Kind == task.MoveCase:
			out.move = minuteOf(t.Due)
		case t.Kind == task.ListContacts:
			out.list = minuteOf(t.Due)
		}
	}
	out.from = numberOf(c.Reference(time.UTC)) - r.p.Cases.LookBack.Value
	return out
}

func (r *rules) met(q, source city.Person, tier contact.Tier, first, last int, at sim.Minute) {
	r.to(at)
	e := rehearsal.Exposure{First: dayOf(first), Last: dayOf(last), Tier: tier}
	if tier == contact.Secondary {
		e.Parent = r.w.ContactOf(id(source))
	} else {
		e.Case = r.w.CaseOf(id(source))
	}
	n := r.w.ContactOf(id(q))
	if n != 0 {
		r.note(r.w.Expose(n, e))
	} else {
		var err error
		n, err = r.w.AddContact(contact.Contact{Person: id(q), Code: fmt.Sprint(q), Tier: tier, ListedAt: instant(at), Area: 1, District: 1}, e)
		r.note(err)
	}
	if c, ok := r.w.Contact(n); ok && !c.Over() && c.ReachedAt.IsZero() { // they are told at once
		r.change(q, at, journal.ContactReached, func(c *contact.Contact) { c.ReachedAt, c.State = instant(at), contact.Followed })
	}
}

func (r *rules) change(q city.Person, at sim.Minute, kind journal.Kind, change func(*contact.Contact)) {
	r.to(at)
	if n := r.w.ContactOf(id(q)); n != 0 {
		r.note(r.w.ChangeContact(n, kind, change))
	}
}

func (r *rules) quarantined(q city.Person, at sim.Minute) {
	r.change(q, at, journal.ContactQuarantined, func(c *contact.Contact) {
		c.QuarantineAt, c.State = instant(at), contact.Followed
	})
}

func (r *rules) negative(q city.Person, taken, reported sim.Minute) {
	r.to(taken)
	_, err := r.w.Sample(id(q), lab.Specimen{Method: lab.PCR, TakenAt: instant(taken), Result: lab.Negative, ResultAt: instant(reported)})
	r.note(err)
}

func (r *rules) symptom(q city.Person, onset int, at sim.Minute) {
	r.change(q, at, journal.ContactSymptom, func(c *contact.Contact) { c.Symptoms, c.SymptomOn = true, dayOf(onset) })
}

func (r *rules) passed(q city.Person, at sim.Minute) {
	r.change(q, at, journal.FollowUpOver, func(*contact.Contact) {})
}

func (r *rules) standing(q city.Person) standing {
	out := standing{test: -1, quarantine: never}
	n := r.w.ContactOf(id(q))
	c, ok := r.w.Contact(n)
	if !ok || c.Over() {
		return out
	}
	out.followed, out.end = true, numberOf(c.EndsOn)
	for _, t := range r.w.Tasks(task.Subject{Kind: task.OnContact, ID: int64(n)}) {
		switch {
		case t.State != task.Open:
		case t.Kind == task.QuarantineContact:
			out.control, out.quarantine = r.p.Tier(c.Tier).Control.Value, minuteOf(t.Due)
		case t.Kind == task.SampleContact && t.Ordinal < 10_000_000: // as the rulebook numbers test days
			if d := numberOf(day.In(t.NotBefore, time.UTC)); out.test < 0 || d < out.test {
				out.test = d
			}
		}
	}
	return out
}
