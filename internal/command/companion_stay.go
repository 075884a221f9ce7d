package command

import (
	"errors"
	"slices"
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/task"
)

// alongFacts are the stays of somebody for the sake of a child, as the rules see them.
func (w *world) alongFacts(p person.ID) (out []response.AlongFacts, err error) {
	mine, err := w.staysOf(p)
	if err != nil {
		return nil, err
	}
	follows := slices.ContainsFunc(mine, func(s *facility.Stay) bool { return s.State == facility.Booked })
	for _, s := range mine {
		if !s.Companion || s.AtHome() || s.InAt.IsZero() || s.Leaving == facility.LeftError {
			continue
		}
		x := response.AlongFacts{Stay: *s}
		if s.State != facility.In || !follows {
			if x.Over, err = w.childLeft(s); err != nil {
				return nil, err
			}
		}
		if s.State == facility.In || s.LeftAt.After(x.Over) && !x.Over.IsZero() { // else they left together, or before
			out = append(out, x)
		}
	}
	return out, nil
}

// childLeft is when the child for whose sake a stay is was where it is no more; zero while it is there or to come. Of a child who never came they were there for nobody.
func (w *world) childLeft(s *facility.Stay) (time.Time, error) {
	child, err := w.childOf(s)
	if err != nil {
		return time.Time{}, err
	}
	list, err := w.staysOf(child)
	if err != nil {
		return time.Time{}, err
	}
	over := s.InAt
	for _, x := range list {
		switch {
		case x.Facility != s.Facility:
		case x.State == facility.In || x.State == facility.Booked:
			return time.Time{}, nil
		case x.State == facility.Left && x.Leaving != facility.LeftError:
			over = latestOf(over, x.LeftAt)
		}
	}
	return over, nil
}

// childOf is the child for whose sake somebody stays.
func (w *world) childOf(s *facility.Stay) (person.ID, error) {
	if s.CaseOf != 0 {
		c, err := w.getCase(s.CaseOf)
		if err != nil {
			return 0, err
		}
		return c.Person, nil
	}
	c, err := w.getContact(s.ContactOf)
	if err != nil {
		return 0, err
	}
	return c.Person, nil
}

// besides are those who are in a facility for the sake of whoever has, or had, a stay there.
func (u *unit) besides(s *facility.Stay) (out []*facility.Stay, err error) {
	if s.AtHome() || s.Companion {
		return nil, nil
	}
	b, err := u.bookOf(s.Facility)
	if err != nil {
		return nil, err
	}
	for _, o := range b.all() {
		if o.Companion && o.State == facility.In && o.CaseOf == s.CaseOf && o.ContactOf == s.ContactOf {
			out = append(out, o)
		}
	}
	return out, nil
}

// goesOn says whether whoever is somewhere for the sake of a child who leaves stays on:
//
//  1. As a case, who they have become.
//  2. For the sake of another child of the household in the same room.
//  3. As a contact in quarantine of their own, where contacts are kept.
func (u *unit) goesOn(o *facility.Stay, at time.Time, gone []*facility.Stay) (bool, error) {
	if is, err := u.staysAsCase(o); is || err != nil {
		return is, err
	}
	if is, err := u.withSibling(o, gone); is || err != nil {
		return is, err
	}
	return u.ownQuarantine(o, at)
}

// withSibling has whoever is somewhere for the sake of a child stay for another one of the household who is in the same room.
func (u *unit) withSibling(o *facility.Stay, gone []*facility.Stay) (bool, error) {
	if o.Household == 0 {
		return false, nil
	}
	b, err := u.bookOf(o.Facility)
	if err != nil {
		return false, err
	}
	for _, x := range b.stays[o.Room] {
		if x == o || x.Companion || x.State != facility.In || x.Household != o.Household || !b.people[x.Person].Child || slices.Contains(gone, x) {
			continue
		}
		o.CaseOf, o.ContactOf = x.CaseOf, x.ContactOf
		if err := u.tx.UpdateStay(o); err != nil {
			return false, err
		}
		delete(u.ahead.stays, o.Person)
		_, err := u.fact(journal.StayWithSibling, onStay(o.ID), o.Area, u.now, map[string]any{"case": o.CaseOf, "contact": o.ContactOf})
		return true, err
	}
	return false, nil
}

// followed is the contact that somebody is, while they are followed up; nil for none.
func (w *world) followed(p person.ID) (*contactRecord, error) {
	found, err := w.tx.ContactsOfPeople([]person.ID{p}, w.o.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range found[p] {
		rec, err := w.getContact(c.ID)
		if err != nil {
			return nil, err
		}
		if rec.MergedInto == 0 && !rec.Over() {
			return rec, nil
		}
	}
	return nil, nil
}

// ownQuarantine makes the stay of whoever is among contacts for the sake of a child, and is one, their own.
func (u *unit) ownQuarantine(o *facility.Stay, at time.Time) (bool, error) {
	if o.Class != facility.Contact {
		return false, nil
	}
	rec, err := u.followed(o.Person)
	if err != nil || rec == nil {
		return false, err
	}
	if err := u.own(o, rec); err != nil {
		return false, err
	}
	ref, err := u.fact(journal.StayAsContact, onStay(o.ID), o.Area, at, map[string]any{"contact": rec.ID})
	if err != nil {
		return false, err
	}
	since := *o // quarantine that was not theirs until now begins now
	since.InAt = at
	return true, u.quarantinedAs(rec, &since, ref)
}

// own makes a stay for the sake of a child a contact's own.
func (w *world) own(s *facility.Stay, rec *contactRecord) error {
	s.CaseOf, s.ContactOf, s.Companion = 0, rec.ID, false
	if err := w.tx.UpdateStay(s); err != nil {
		return err
	}
	delete(w.ahead.stays, s.Person)
	return nil
}

// stayAsContact carries out what the rules order of somebody who is listed while they are somewhere for the sake of a child.
func (w *world) stayAsContact(a response.StayAsContact) (out []response.Trigger, err error) {
	s, err := w.stay(a.Stay)
	if err != nil || !s.Companion || s.State != facility.In {
		return nil, err
	}
	rec, err := w.getContact(a.Contact)
	if err != nil {
		return nil, err
	}
	if s.Class == facility.Contact {
		if err := w.own(s, rec); err != nil {
			return nil, err
		}
		t, err := w.byRule(journal.StayAsContact, onStay(s.ID), s.Area, a.At, a.Because, map[string]any{"contact": rec.ID})
		if err != nil {
			return nil, err
		}
		out = append(out, response.Trigger{Kind: journal.StayBegan, Subject: onContact(rec.ID), Ref: t.Ref, At: a.At})
	}
	if rec.QuarantineAt.IsZero() {
		rec.QuarantineAt, rec.ReachedAt, rec.dirty = a.At, earliestOf(rec.ReachedAt, a.At), true
		if rec.State == contact.Listed {
			rec.State = contact.Followed
		}
		t, err := w.byRule(journal.ContactQuarantined, onContact(rec.ID), rec.Area, a.At, a.Because, map[string]any{"stay": s.ID})
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func earliestOf(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// stayBehind looks after those who were somewhere for the sake of people who are there no more, however those left: they go on there in their own right, or it is somebody's task to let them go. Who has a bed kept elsewhere is
// on their way to it, with the child.
func (u *unit) stayBehind(l leave, list []*facility.Stay, ended []task.FactRef) error {
	for i, s := range list {
		others, err := u.besides(s)
		if err != nil {
			return err
		}
		for _, o := range others {
			if slices.Contains(list, o) {
				continue
			}
			mine, err := u.staysOf(o.Person)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(mine, func(x *facility.Stay) bool { return x.State == facility.Booked }) {
				continue
			}
			if on, err := u.goesOn(o, l.At, list); on || err != nil {
				if err != nil {
					return err
				}
				continue
			}
			if err := u.lookAtCompanion(o.Person, ended[i], l.At); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookAtCompanion has the rules look at somebody who is, or was, somewhere for the sake of a child.
func (u *unit) lookAtCompanion(p person.ID, ref task.FactRef, at time.Time) error {
	return u.react(response.Trigger{Kind: journal.StayEnded, Subject: onPerson(p), Ref: ref, At: at})
}

// companionLeft writes what follows when the stay of somebody who was there for the sake of a child has ended: letting them go is done, and one who is a contact and goes nowhere else where they are kept apart is asked to quarantine again.
func (u *unit) companionLeft(l leave, s *facility.Stay, ref task.FactRef) error {
	if err := u.lookAtCompanion(s.Person, ref, l.At); err != nil || l.Arrived {
		return err
	}
	rec, err := u.followed(s.Person)
	if err != nil || rec == nil {
		return err
	}
	rec.QuarantineAt, rec.dirty = time.Time{}, true
	return u.react(response.Trigger{Kind: journal.StayEnded, Subject: onContact(rec.ID), Ref: ref, At: l.At})
}

// moveTogether gives people other beds, and with a child whoever is in its room for its sake, where the other room takes them too.
func (u *unit) moveTogether(list []*facility.Stay, code, reason string) error {
	all := list
	for _, s := range list {
		others, err := u.besides(s)
		if err != nil {
			return err
		}
		for _, o := range others {
			if o.Room == s.Room && !slices.Contains(all, o) {
				all = append(slices.Clip(all), o)
			}
		}
	}
	err := u.moveRoom(all, code, reason)
	var no *NoBed
	if len(all) > len(list) && errors.As(err, &no) { // found before anything is written
		return u.moveRoom(list, code, reason)
	}
	return err
}
