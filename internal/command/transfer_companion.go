package command

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
)

// Accompany says that an adult goes along with a child who is to be moved: in the same vehicle, to a bed in the same room. It is one of their household or, where both parents are ill, say, somebody
// whom the family has chosen, who comes to the child's door. Nobody is made to; whoever chooses to is neither a case nor a contact by it.
type Accompany struct {
	Transfer transfer.RequestID // of the child
	Version  int64              // that the caller has seen; 0 is whatever stands
	Person   person.ID          // who goes along; or
	Document string             // number of a document, with
	Name     string
	Agreed   bool   // they said so themselves
	ChosenBy string // who of the child's family has chosen somebody who lives elsewhere, and how they said so
}

// Accompany carries out the order and returns the request of whoever goes along. Refused is:
//
//  1. where they did not say so themselves;
//  2. who is to be moved is no child by the pack, is not waiting any more, or goes to a hospital or home: a hospital has its own carers;
//  3. whoever goes along is a child, is a case, stays somewhere else than the child, or is in a vehicle, goes along already, or was asked for by hand;
//  4. they live elsewhere, and nobody of the child's family has chosen them.
//
// Who was to be moved as a contact is moved with the child instead.
func (c *Commands) Accompany(ctx context.Context, by By, in Accompany) (out transfer.Request, err error) {
	_, err = c.onRequest(ctx, by, in.Transfer, in.Version, func(u *unit, q *transfer.Request) error {
		in.ChosenBy = strings.TrimSpace(in.ChosenBy)
		switch {
		case !in.Agreed:
			return &Invalid{"agreed", "false", "is needed: nobody is made to go along"}
		case len(in.ChosenBy) > longestReason:
			return &Invalid{Field: "chosen_by", Reason: "is longer than 2,000 bytes"}
		}
		if in.Person == 0 {
			var err error
			if in.Person, err = u.carried("", IdentityFields{Document: in.Document, Name: in.Name}); err != nil {
				return err
			}
		}
		from, err := u.mayAccompany(q, in.Person, in.ChosenBy)
		if err != nil {
			return err
		}
		if q.Household == 0 { // the rules of rooms know by it that they belong together
			q.Household = person.HouseholdID(-q.Person)
			if err := u.tx.UpdateRequest(q); err != nil {
				return err
			}
		}
		live, err := u.tx.LiveRequestsOf(u.o.ID, []person.ID{in.Person})
		if err != nil {
			return err
		}
		if old, is := live[in.Person]; is {
			if old.Fixed() {
				return &Invalid{"person", strconv.FormatInt(int64(in.Person), 10), "is moved otherwise: change that first"}
			}
			if err := u.cancelRequest(&old, "companion"); err != nil {
				return err
			}
		}
		out = transfer.Request{Outbreak: q.Outbreak, Party: q.Party, Person: in.Person, Class: q.Class, CaseOf: q.CaseOf, ContactOf: q.ContactOf, Companion: true, Household: q.Household, Tier: q.Tier, Purpose: q.Purpose, Task: q.Task, TaskKey: q.TaskKey,
			From: from, To: q.To, Area: q.Area, District: q.District, Lon: q.Lon, Lat: q.Lat, Located: q.Located, Seat: transfer.Sitting, NotBefore: q.NotBefore, Deadline: q.Deadline, State: transfer.Open, StateAt: u.now, FoundAt: u.now,
			MadeAt: u.now, MadeBy: by.Name()}
		if out.ID, err = u.tx.RequestIDs(1); err != nil {
			return err
		}
		if err := u.tx.AddRequests([]*transfer.Request{&out}); err != nil {
			return err
		}
		told := map[string]any{"companion": out.ID, "agreed": true}
		if in.ChosenBy != "" {
			told["chosen_by"] = in.ChosenBy
		}
		_, err = u.fact(journal.TransferAccompanied, onTransfer(q.ID), q.Area, u.now, told)
		return err
	})
	return out, err
}

// mayAccompany checks who may go along with whom, and says where they are.
func (u *unit) mayAccompany(q *transfer.Request, id person.ID, chosenBy string) (from facility.ID, err error) {
	who := strconv.FormatInt(int64(id), 10)
	switch {
	case q.State != transfer.Open && q.State != transfer.Planned && q.State != transfer.NoShow && q.State != transfer.Refused:
		return 0, &Invalid{"transfer", string(q.State), "is not one of somebody who waits"}
	case q.Purpose != transfer.ToIsolation && q.Purpose != transfer.ToQuarantine:
		return 0, &Invalid{"transfer", string(q.Purpose), "is not one that somebody goes along with"}
	}
	people, err := u.tx.PeopleByID([]person.ID{q.Person, id})
	if err != nil {
		return 0, err
	}
	adult, known := people[id]
	switch {
	case !u.occupant(people[q.Person], q.Class).Child:
		return 0, &Invalid{"transfer", strconv.FormatInt(int64(q.ID), 10), "is not of a child: an adult goes along with a child only"}
	case !known || id == q.Person:
		return 0, &Invalid{"person", who, "is nobody who could go along"}
	case chosenBy == "" && (adult.Household == 0 || adult.Household != people[q.Person].Household):
		return 0, &Invalid{"chosen_by", "", "is needed: they are nobody of the child's household; say who of its family has chosen them"}
	case u.occupant(adult, q.Class).Child:
		return 0, &Invalid{"person", who, "is a child too"}
	}
	sick, err := u.tx.CasesOfPeople([]person.ID{id}, u.o.ID)
	if err != nil {
		return 0, err
	}
	for _, k := range sick[id] {
		if !k.Closed() {
			return 0, &Invalid{"person", who, "is a case: they are moved as one"}
		}
	}
	stays, err := u.tx.StaysOf([]person.ID{id})
	if err != nil {
		return 0, err
	}
	stay := false
	for _, s := range stays[id] {
		if s.State == facility.In && s.Outbreak == u.o.ID {
			from, stay = s.Facility, true
		}
	}
	if chosenBy != "" && !stay { // they come to where the child is
		return q.From, nil
	}
	if from != q.From {
		return 0, &Invalid{"person", who, "is not where the child is"}
	}
	return from, nil
}

// cancelCompanions cancels the requests of those who go along with somebody who is not moved any more. They are moved for their own sake where something asks for it.
func (w *world) cancelCompanions(q *transfer.Request, reason string) error {
	list, err := w.tx.LiveRequestsByTask(q.Task.Kind, []int64{q.Task.ID})
	if err != nil {
		return err
	}
	for _, o := range list[q.Task.ID] {
		if !o.Companion || o.ID == q.ID {
			continue
		}
		if err := w.cancelRequest(&o, reason); err != nil {
			return err
		}
		w.askAgainFor(o.Person)
	}
	return nil
}

// askAgainFor has it looked at, when the order ends, whether somebody is to be moved as a contact.
func (w *world) askAgainFor(p person.ID) { w.freed = append(w.freed, p) }

// ownMove is what asks for somebody to be moved as a contact, who went along with a child until now.
func (w *world) ownMove(p person.ID) (out []asked, err error) {
	found, err := w.tx.ContactsOfPeople([]person.ID{p}, w.o.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range found[p] {
		list, err := w.tx.TasksOf(onContact(c.ID))
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			if t.State != task.Open || !moves(&t) {
				continue
			}
			a, err := w.askedOf(t)
			if err != nil {
				return nil, err
			}
			return []asked{a}, nil
		}
	}
	return nil, nil
}

// accompanied says that somebody who goes along has come. One who is a contact is in quarantine by it: they meet nobody but the child.
func (u *unit) accompanied(s *facility.Stay, ref task.FactRef) error {
	found, err := u.tx.ContactsOfPeople([]person.ID{s.Person}, u.o.ID)
	if err != nil {
		return err
	}
	for _, c := range found[s.Person] {
		if c.State != contact.Listed && c.State != contact.Followed {
			continue
		}
		rec, err := u.getContact(c.ID)
		if err != nil {
			return err
		}
		if err := u.quarantinedAs(rec, s, ref); err != nil {
			return err
		}
	}
	return nil
}

// stayAsCase makes the stay of whoever was there for the sake of a child, and is a case now, their own.
func (w *world) stayAsCase(a response.StayAsCase) ([]response.Trigger, error) {
	s, err := w.stay(a.Stay)
	if err != nil || !s.Companion || s.State != facility.In {
		return nil, err
	}
	c, err := w.getCase(a.Case)
	if err != nil {
		return nil, err
	}
	s.CaseOf, s.ContactOf, s.Companion = a.Case, 0, false
	if err := w.tx.UpdateStay(s); err != nil {
		return nil, err
	}
	delete(w.ahead.stays, s.Person)
	first, err := w.byRule(journal.StayAsCase, onStay(s.ID), s.Area, a.At, a.Because, map[string]any{"case": a.Case})
	if err != nil || !c.IsolatedAt.IsZero() {
		return []response.Trigger{first}, err
	}
	c.IsolatedAt, c.dirty = a.At, true
	second, err := w.byRule(journal.CaseIsolated, onCase(c.ID), c.Area, a.At, a.Because, map[string]any{"stay": s.ID})
	return []response.Trigger{first, second}, err
}

// companionsOf are those who leave: those of the list, and who is somewhere for their sake and does not go on there.
func (u *unit) companionsOf(list []*facility.Stay, at time.Time) ([]*facility.Stay, error) {
	out := list
	for _, s := range list {
		others, err := u.besides(s)
		if err != nil {
			return nil, err
		}
		for _, o := range others {
			if slices.Contains(out, o) {
				continue
			}
			on, err := u.goesOn(o, at, list)
			if err != nil {
				return nil, err
			}
			if !on {
				out = append(slices.Clip(out), o)
			}
		}
	}
	return out, nil
}

// staysAsCase says whether whoever is there for the sake of a child has become a case meanwhile: they do not leave with the child. Where cases are kept their stay is their own from now on.
func (u *unit) staysAsCase(s *facility.Stay) (bool, error) {
	sick, err := u.tx.CasesOfPeople([]person.ID{s.Person}, u.o.ID)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(sick[s.Person], func(k cases.Case) bool { return k.Class.Infected() && !k.Closed() })
	if i < 0 {
		return false, nil
	}
	if s.Class != facility.Case {
		return true, nil // is moved as a case
	}
	s.CaseOf, s.ContactOf, s.Companion = sick[s.Person][i].ID, 0, false
	if err := u.tx.UpdateStay(s); err != nil {
		return false, err
	}
	_, err = u.fact(journal.StayAsCase, onStay(s.ID), s.Area, u.now, map[string]any{"case": s.CaseOf})
	return true, err
}
