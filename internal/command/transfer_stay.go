package command

import (
	"strconv"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/transfer"
)

// giveUpBed gives up a bed that is kept for somebody who is not brought there.
func (w *world) giveUpBed(id facility.StayID) error {
	s, err := w.tx.Stay(id)
	if err != nil || s.State != facility.Booked {
		return err
	}
	s.State = facility.Dropped
	return w.tx.UpdateStay(&s)
}

// comeToBed says that somebody has come to the bed that is kept for them. What they were brought for begins with it, and the rulebook answers.
func (u *unit) comeToBed(q *transfer.Request, at time.Time) error {
	s, err := u.tx.Stay(q.Stay)
	if err != nil {
		return err
	}
	if s.State != facility.Booked {
		return &Invalid{"stay", strconv.FormatInt(int64(s.ID), 10), "is " + string(s.State) + ": no bed is kept"}
	}
	before, err := u.tx.StaysOf([]person.ID{q.Person})
	if err != nil {
		return err
	}
	for _, b := range before[q.Person] {
		if b.State == facility.In && b.Outbreak == u.o.ID {
			b.State, b.LeftAt, b.Leaving = facility.Left, at, facility.LeftMoved
			if err := u.tx.UpdateStay(&b); err != nil {
				return err
			}
		}
	}
	s.State, s.InAt = facility.In, at
	if err := u.tx.UpdateStay(&s); err != nil {
		return err
	}
	if q.Class == facility.Case {
		c, err := u.getCase(q.CaseOf)
		if err != nil || !c.IsolatedAt.IsZero() {
			return err
		}
		c.IsolatedAt, c.dirty = at, true
		ref, err := u.fact(journal.CaseIsolated, onCase(c.ID), c.Area, at, map[string]any{"transfer": q.ID})
		if err != nil {
			return err
		}
		return u.react(response.Trigger{Kind: journal.CaseIsolated, Subject: onCase(c.ID), Ref: ref, At: at})
	}
	c, err := u.getContact(q.ContactOf)
	if err != nil {
		return err
	}
	if c.State == "listed" {
		c.State, c.dirty = "followed", true
	}
	if c.ReachedAt.IsZero() {
		c.ReachedAt, c.dirty = at, true
	}
	if !c.QuarantineAt.IsZero() && !c.QuarantineAt.Before(c.TierAt) {
		return nil
	}
	c.QuarantineAt, c.dirty = at, true
	ref, err := u.fact(journal.ContactQuarantined, onContact(c.ID), c.Area, at, map[string]any{"transfer": q.ID})
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: journal.ContactQuarantined, Subject: onContact(c.ID), Ref: ref, At: at})
}
