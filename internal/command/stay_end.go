package command

import (
	"cmp"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
)

// leave is how people leave.
type leave struct {
	Why    facility.Leaving
	At     time.Time
	Reason string
	Going  going // of those who are released
	Home   bool  // with moved: they go on at home
	// CaredBy is who looks after children whom those leave behind who are released, or go on at home.
	CaredBy string
	// Arrived: they are known to be elsewhere by now, so that nothing can be refused.
	Arrived bool
}

// checkOut says that people have left together. It refuses:
//
//  1. to release somebody whom neither a rule nor a person has released;
//  2. to leave a child without an adult, unless it is too late to ask: they went, died, are elsewhere, or became a case, who must leave. Who is released is free to go: there it
//     only asks who looks after the child.
//
// Whoever is there for the sake of a child who leaves, leaves with them, unless they go on there in their own right (companion_stay.go). Who is released goes home as they say (way_home.go).
func (u *unit) checkOut(l leave, list ...*facility.Stay) error {
	if l.Why != facility.LeftError && l.Why != facility.LeftDied && !l.Arrived {
		for _, s := range list { // a contact leaves as one
			if s.Companion && s.State == facility.In {
				if _, err := u.ownQuarantine(s, l.At); err != nil {
					return err
				}
			}
		}
	}
	if (l.Why == facility.LeftRelease || l.Why == facility.LeftMoved) && !l.Arrived {
		var err error
		if list, err = u.companionsOf(list, l.At); err != nil {
			return err
		}
	}
	for _, s := range list {
		id := strconv.FormatInt(int64(s.ID), 10)
		switch {
		case s.State != facility.In:
			return &Invalid{"stay", id, "is " + string(s.State) + ": nobody can leave"}
		case l.At.Before(s.InAt):
			return &Invalid{"at", l.At.In(u.loc).Format(time.RFC3339), "lies before they came: " + s.InAt.In(u.loc).Format(time.RFC3339)}
		}
		if l.Why == facility.LeftRelease {
			if err := u.mayBeReleased(s); err != nil {
				return err
			}
		}
	}
	for _, s := range list {
		if err := u.leftBehind(l, s, list); err != nil {
			return err
		}
	}
	goes := l.Why == facility.LeftRelease && !l.Arrived
	if goes {
		u.sayWay(l.Going, list)
	}
	ended := make([]task.FactRef, len(list))
	for i, s := range list {
		var err error
		if ended[i], err = u.left(l, s); err != nil {
			return err
		}
	}
	if err := u.stayBehind(l, list, ended); err != nil {
		return err
	}
	if goes {
		return u.goHome(list, l.At)
	}
	return nil
}

func (u *unit) mayBeReleased(s *facility.Stay) error {
	if s.Companion {
		return nil // nothing but their own choice keeps them there
	}
	if s.Class == facility.Case {
		c, err := u.getCase(s.CaseOf)
		if err == nil && !c.Closed() {
			err = &Invalid{"leaving", string(facility.LeftRelease), "is too early: the case " + c.Code + " has not ended"}
		}
		return err
	}
	c, err := u.getContact(s.ContactOf)
	if err != nil {
		return err
	}
	over := c.Over()
	if c.State == contact.BecameCase { // nobody moved them as the case that they were
		k, err := u.getCase(c.BecameCase)
		if err != nil {
			return err
		}
		over = k.Closed()
	}
	if !over {
		return &Invalid{"leaving", string(facility.LeftRelease), "is too early: the follow-up of " + c.Code + " has not ended by a release"}
	}
	return nil
}

func (u *unit) leftBehind(l leave, s *facility.Stay, gone []*facility.Stay) error {
	if s.AtHome() || l.Arrived || l.Why != facility.LeftMoved && l.Why != facility.LeftRelease {
		return nil
	}
	if s.Class == facility.Contact {
		c, err := u.getContact(s.ContactOf)
		if err != nil {
			return err
		}
		if c.State == contact.BecameCase {
			return nil
		}
	}
	b, err := u.bookOf(s.Facility)
	if err != nil {
		return err
	}
	m := b.roomByID(s.Room)
	alone := m.LeftAlone(b.in(m), b.in(m, gone...))
	switch {
	case len(alone) == 0 || l.CaredBy != "":
		return nil
	case l.Why == facility.LeftRelease || l.Home:
		return &Invalid{Field: "cared_by", Reason: "is needed: a child stays behind in room " + m.Code + " without an adult of its household; say who looks after it, or let the adult stay on with it"}
	}
	return &NoBed{"room", m.Code, &facility.Misfit{Rule: facility.RuleChild, Person: alone[0], Room: m.Code}}
}

// left writes that one stay is over, and what follows for the case or contact.
func (u *unit) left(l leave, s *facility.Stay) (task.FactRef, error) {
	ref, err := u.end(s, l, func(kind journal.Kind, payload map[string]any) (task.FactRef, error) {
		return u.fact(kind, onStay(s.ID), s.Area, l.At, payload)
	})
	if err != nil {
		return ref, err
	}
	if s.Companion {
		return ref, u.companionLeft(l, s, ref)
	}
	ended := []response.Trigger{{Kind: journal.StayEnded, Subject: onCase(s.CaseOf), Ref: ref, At: l.At}}
	if s.Class == facility.Contact {
		ended[0].Subject = onContact(s.ContactOf)
		c, err := u.getContact(s.ContactOf)
		if err != nil {
			return ref, err
		}
		// Who went without leave meets people again; who was never there was not kept apart by it.
		if l.Why == facility.LeftWithout || l.Why == facility.LeftError && c.QuarantineAt.Equal(s.InAt) {
			c.QuarantineAt, c.dirty = time.Time{}, true
		}
		also, err := u.casesOf(s.Person, ended[0]) // letting them go may be asked for with the case
		if err != nil {
			return ref, err
		}
		ended = append(ended, also...)
	} else {
		c, err := u.getCase(s.CaseOf)
		if err != nil {
			return ref, err
		}
		if l.Why == facility.LeftError && c.IsolatedAt.Equal(s.InAt) {
			c.IsolatedAt, c.dirty = time.Time{}, true
		}
		if err := u.endAdmission(s, l); err != nil {
			return ref, err
		}
	}
	return ref, u.react(ended...)
}

// endAdmission ends the admission whose bed a stay was: who has left a hospital is no patient there. Who ended the admission first (a discharge, another hospital) finds none open.
func (u *unit) endAdmission(s *facility.Stay, l leave) error {
	a, err := u.admissionOf(s)
	if err != nil || a == nil {
		return err
	}
	how := treatment.Moved
	switch l.Why {
	case facility.LeftRelease: // the case has ended in another way, such as by being ruled out
		how = treatment.Discharged
	case facility.LeftDied:
		how = treatment.Died
	case facility.LeftError:
		how = treatment.Mistaken
	case facility.LeftMoved, facility.LeftWithout, facility.NotLeft:
	}
	if err := a.End(how, l.At, u.by.Name(), cmp.Or(l.Reason, "left: "+string(l.Why))); err != nil {
		return err
	}
	u.cares(s.CaseOf)
	return u.tx.UpdateAdmission(a)
}

// leaves ends an admission, the stay with it, and the case.
func (u *unit) leaves(rec *caseRecord, a *treatment.Admission, how treatment.Ending, at time.Time, reason string, home going) error {
	if err := a.End(how, at, u.by.Name(), reason); err != nil {
		return err
	}
	if err := u.tx.UpdateAdmission(a); err != nil {
		return err
	}
	u.cares(rec.ID)
	why := facility.LeftRelease
	rec.Outcome = cases.Recovered
	if how == treatment.Died {
		why, rec.Outcome = facility.LeftDied, cases.Died
	}
	rec.OutcomeOn, rec.dirty = dayOf(at, u.loc), true
	stay, err := u.stay(a.Stay)
	if err != nil || stay.State != facility.In {
		return err
	}
	return u.checkOut(leave{Why: why, At: at, Going: home}, stay)
}

// admissionOf finds the open admission whose bed a stay is; nil where there is none.
func (w *world) admissionOf(s *facility.Stay) (*treatment.Admission, error) {
	if s.CaseOf == 0 || s.Companion || s.AtHome() {
		return nil, nil
	}
	list, err := w.tx.AdmissionsOf([]cases.ID{s.CaseOf})
	for _, a := range list[s.CaseOf] {
		if a.Open() && a.Stay == s.ID {
			return &a, err
		}
	}
	return nil, err
}

// end writes that a stay is over, and sets its room to be cleaned.
func (w *world) end(s *facility.Stay, l leave, tell func(journal.Kind, map[string]any) (task.FactRef, error)) (ref task.FactRef, err error) {
	s.State, s.LeftAt, s.Leaving = facility.Left, l.At, l.Why
	if err := w.tx.UpdateStay(s); err != nil {
		return ref, err
	}
	delete(w.ahead.stays, s.Person)
	var b *book
	var payload map[string]any
	if !s.AtHome() {
		if b, err = w.bookOf(s.Facility); err != nil {
			return ref, err
		}
		m := b.roomByID(s.Room)
		payload = stayFact(b, s, "")
		before := b.in(m)
		b.leave(s)
		if err := w.toClean(b, m); err != nil {
			return ref, err
		}
		if alone := m.LeftAlone(before, b.in(m)); len(alone) > 0 {
			payload["children_alone"] = alone
			if l.CaredBy != "" {
				payload["cared_by"] = l.CaredBy
			}
		}
	} else {
		payload = stayFact(nil, s, "")
	}
	payload["leaving"] = l.Why
	if l.Reason != "" {
		payload["reason"] = l.Reason
	}
	if s.WayHome != facility.WayUnsaid {
		payload["way_home"] = s.WayHome
	}
	return tell(journal.StayEnded, payload)
}

// dropBooking gives up a bed that is kept.
func (u *unit) dropBooking(s *facility.Stay, reason string) error {
	var ref task.FactRef
	err := u.drop(s, func(payload map[string]any) (err error) {
		payload["reason"] = reason
		ref, err = u.fact(journal.StayDropped, onStay(s.ID), s.Area, u.now, payload)
		return err
	})
	if err != nil || !s.Companion {
		return err
	}
	return u.lookAtCompanion(s.Person, ref, u.now) // they may be where the child is no more
}

func (w *world) drop(s *facility.Stay, tell func(map[string]any) error) error {
	if s.State != facility.Booked {
		return &Invalid{"stay", strconv.FormatInt(int64(s.ID), 10), "is " + string(s.State) + ": no bed is kept"}
	}
	b, err := w.bookOf(s.Facility)
	if err != nil {
		return err
	}
	payload := stayFact(b, s, "")
	s.State = facility.Dropped
	if err := w.tx.UpdateStay(s); err != nil {
		return err
	}
	delete(w.ahead.stays, s.Person)
	b.leave(s)
	return tell(payload)
}

// overAsContact ends what follow-up held for a contact: beds that are kept for them, and, where they are released, their stay at home.
func (w *world) overAsContact(c *contactRecord, at time.Time, b task.Because, released bool) error {
	list, err := w.staysOf(c.Person)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.ContactOf != c.ID {
			continue
		}
		rule := func(kind journal.Kind, at time.Time, payload map[string]any) (task.FactRef, error) {
			t, err := w.byRule(kind, onStay(s.ID), s.Area, at, b, payload)
			return t.Ref, err
		}
		switch {
		case s.State == facility.Booked:
			err = w.drop(s, func(payload map[string]any) error {
				_, err := rule(journal.StayDropped, w.now, payload)
				return err
			})
		case s.State == facility.In && s.AtHome() && released:
			l := leave{Why: facility.LeftRelease, At: latestOf(at, s.InAt)}
			_, err = w.end(s, l, func(kind journal.Kind, payload map[string]any) (task.FactRef, error) {
				return rule(kind, l.At, payload)
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// overByDecision ends the same when a person has closed a case, or has found a contact lost or none.
func (u *unit) overByDecision(p person.ID, mine func(*facility.Stay) bool, reason string) error {
	list, err := u.staysOf(p)
	if err != nil {
		return err
	}
	for _, s := range list {
		switch {
		case !mine(s):
		case s.State == facility.Booked:
			err = u.dropBooking(s, reason)
		case s.State == facility.In && s.AtHome():
			at := latestOf(u.now, s.InAt)
			_, err = u.end(s, leave{Why: facility.LeftRelease, At: at, Reason: reason}, func(kind journal.Kind, payload map[string]any) (task.FactRef, error) {
				return u.fact(kind, onStay(s.ID), s.Area, at, payload)
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func latestOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
