package command

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// guest is somebody who is to be given a bed.
type guest struct {
	facility.Occupant
	caseOf    cases.ID
	contactOf contact.ID
	code      string       // of the case or contact
	area      place.AreaID // where they live
	room      string       // asked for
}

// occupant is a person as the rules of a room see them.
func (w *world) occupant(p person.Person, class facility.Class) facility.Occupant {
	age := p.AgeAt(dayOf(w.now, w.loc))
	until := w.pack.Isolation.ChildUntil
	return facility.Occupant{Person: p.ID, Class: class, Household: p.Household, Sex: p.Sex, Child: until.Set() && age != person.AgeUnknown && int(age) <= until.Value}
}

// guest reads who is to be given a bed. A contact who is a case by now is one, whatever they were called.
func (u *unit) guest(in Guest) (g guest, err error) {
	switch {
	case (in.Case == 0) == (in.Contact == 0):
		return g, &Invalid{Field: "case", Reason: "or contact is needed, and not both"}
	case in.Contact != 0:
		c, err := u.getContact(in.Contact)
		if err != nil {
			return g, err
		}
		if c.State == contact.BecameCase && c.Contact.BecameCase != 0 {
			return u.guest(Guest{Case: c.Contact.BecameCase, Room: in.Room})
		}
		if c.Over() {
			return g, &Invalid{"contact", c.Code, "is not followed up any more"}
		}
		p, err := u.tx.Person(c.Person)
		if err != nil {
			return g, err
		}
		g = guest{Occupant: u.occupant(p, facility.Contact), contactOf: c.ID, code: c.Code, area: c.Area, room: in.Room}
		g.Tier = c.Tier
		return g, nil
	default:
		c, err := u.getCase(in.Case)
		if err != nil {
			return g, err
		}
		if c.Closed() {
			return g, &Invalid{"case", c.Code, "has ended"}
		}
		p, err := u.tx.Person(c.Person)
		if err != nil {
			return g, err
		}
		return guest{Occupant: u.occupant(p, facility.Case), caseOf: c.ID, code: c.Code, area: c.Area, room: in.Room}, nil
	}
}

// guestOf reads who has a bed. Whoever goes along with a child is a guest as the child is.
func (u *unit) guestOf(s *facility.Stay) (guest, error) {
	g, err := u.guest(Guest{Case: s.CaseOf, Contact: s.ContactOf})
	if err != nil || !s.Companion {
		return g, err
	}
	p, err := u.tx.Person(s.Person)
	if err != nil {
		return g, err
	}
	tier := g.Tier
	g.Occupant = u.occupant(p, g.Class)
	g.Household, g.Tier = s.Household, tier
	return g, nil
}

// party reads a party. With together, those whose household nobody knows belong to that of the others, or, where nobody's is known, to one of their own, which is
// named by the person with the smallest number below zero: a household as told, not as registered.
func (u *unit) party(list []Guest, together bool) ([]guest, error) {
	if n := len(list); n == 0 || n > mostInParty {
		return nil, &Invalid{"guests", strconv.Itoa(n), fmt.Sprintf("are from 1 to %d at once", mostInParty)}
	}
	out := make([]guest, len(list))
	seen := map[person.ID]bool{}
	var people []person.ID
	var house person.HouseholdID
	for i, in := range list {
		g, err := u.guest(in)
		if err == nil && seen[g.Person] {
			err = &Invalid{"code", g.code, "is there twice"}
		}
		if err != nil {
			return nil, inRow("guests", i, err)
		}
		seen[g.Person] = true
		people = append(people, g.Person)
		if house == 0 {
			house = g.Household
		}
		out[i] = g
	}
	if err := u.tx.LockPeople(people); err != nil {
		return nil, err
	}
	if together {
		if house == 0 {
			house = person.HouseholdID(-slices.Min(people))
		}
		for i := range out {
			out[i].Household = cmp.Or(out[i].Household, house)
		}
	}
	return out, nil
}

// keepStay returns the one copy of a stay that the order works on.
func (w *world) keepStay(s *facility.Stay) *facility.Stay {
	if known := w.stays[s.ID]; known != nil {
		return known
	}
	if w.stays == nil {
		w.stays = map[facility.StayID]*facility.Stay{}
	}
	w.stays[s.ID] = s
	return s
}

// stay reads a stay of the outbreak.
func (w *world) stay(id facility.StayID) (*facility.Stay, error) {
	if s := w.stays[id]; s != nil {
		return s, nil
	}
	s, err := w.tx.Stay(id)
	if err != nil {
		return nil, err
	}
	if s.Outbreak != w.o.ID {
		return nil, fmt.Errorf("stay %d of outbreak %q: %w", id, w.o.Name, store.ErrNotFound)
	}
	return w.keepStay(&s), nil
}

// staysOf returns the stays of somebody in the outbreak, the oldest first.
func (w *world) staysOf(p person.ID) ([]*facility.Stay, error) {
	list, ok := w.ahead.stays[p]
	if !ok {
		found, err := w.tx.StaysOf([]person.ID{p})
		if err != nil {
			return nil, err
		}
		list = found[p]
	}
	var out []*facility.Stay
	for i := range list {
		if list[i].Outbreak == w.o.ID {
			out = append(out, w.keepStay(&list[i]))
		}
	}
	return out, nil
}

// stayFacts are the stays as rules see them.
func (w *world) stayFacts(p person.ID) ([]facility.Stay, error) {
	list, err := w.staysOf(p)
	return staysNow(list), err
}

// bookStays keeps beds of a facility for a party: rooms that were asked for, and for the others the smallest room that holds them all, or else several. The caller
// has checked that beds may be given there.
func (u *unit) bookStays(b *book, party []guest) ([]*facility.Stay, error) {
	for i, g := range party {
		field := fmt.Sprintf("guests[%d]", i)
		if err := b.Takes(g.Occupant); err != nil {
			return nil, misfit(field, g.code, err)
		}
		have, err := u.staysOf(g.Person)
		if err != nil {
			return nil, err
		}
		for _, s := range have {
			switch {
			case s.State == facility.Booked:
				return nil, &Invalid{field, g.code, "has a bed kept already: give that one up first"}
			case s.State == facility.In && s.Facility == b.ID:
				return nil, &Invalid{field, g.code, "is in this facility already: move them to another room"}
			}
		}
	}
	rooms, err := u.choose(b, party)
	if err != nil {
		return nil, err
	}
	out := make([]*facility.Stay, len(party))
	taken := map[facility.RoomID]int{}
	for i, g := range party {
		m := rooms[i]
		free := b.free(m)
		out[i] = &facility.Stay{Outbreak: u.o.ID, Person: g.Person, Class: g.Class, CaseOf: g.caseOf, ContactOf: g.contactOf, Household: g.Household, Facility: b.ID, Room: m.ID, Bed: free[taken[m.ID]],
			Area: b.Area, District: b.District, State: facility.Booked, BookedAt: u.now, BookedBy: u.by.Name()}
		taken[m.ID]++
	}
	if err := u.tx.AddStays(out); err != nil {
		return nil, err
	}
	for i, s := range out {
		u.keepStay(s)
		delete(u.ahead.stays, s.Person)
		b.stays[s.Room] = append(b.stays[s.Room], s)
		b.people[s.Person] = party[i].Occupant
		if _, err := u.fact(journal.StayBooked, onStay(s.ID), s.Area, u.now, stayFact(b, s, party[i].code)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func stayFact(b *book, s *facility.Stay, code string) map[string]any {
	out := map[string]any{"class": s.Class}
	if code != "" {
		out["of"] = code
	}
	if s.Companion {
		out["companion"] = true
	}
	if b == nil {
		out["home"] = true
		return out
	}
	out["facility"] = b.Code
	if m := b.roomByID(s.Room); m != nil {
		out["room"], out["bed"] = m.Code, s.Bed
	}
	return out
}

// checkIn says that somebody has come for whom a bed is kept. It is the end of where they stayed before. Quarantine or isolation begins with it, and the rulebook
// answers: what asked for it is done, and the checks of the site begin.
func (u *unit) checkIn(s *facility.Stay, at time.Time) error {
	if _, err := s.State.Move(facility.In); err != nil || s.State == facility.In {
		return &Invalid{"stay", strconv.FormatInt(int64(s.ID), 10), "is " + string(s.State) + ": only a booked one can begin"}
	}
	b, err := u.bookOf(s.Facility)
	if err != nil {
		return err
	}
	g, err := u.guestOf(s)
	switch {
	case err != nil:
		return err
	case g.Class != s.Class:
		return &NoBed{"stay", g.code, &facility.Misfit{Rule: facility.RuleClass, Person: s.Person}}
	case b.State != facility.Open:
		return &NoBed{"facility", b.Code, &facility.Misfit{Rule: facility.RuleState, Person: s.Person}}
	}
	if m := b.roomByID(s.Room); m.State != facility.Ready {
		return &NoBed{"room", m.Code, &facility.Misfit{Rule: facility.RuleRoomState, Person: s.Person, Room: m.Code}}
	}
	if err := u.endBefore(s, at); err != nil {
		return err
	}
	s.State, s.InAt = facility.In, at
	return u.began(b, s, g)
}

// endBefore ends where somebody stayed before they came.
func (u *unit) endBefore(s *facility.Stay, at time.Time) error {
	have, err := u.staysOf(s.Person)
	if err != nil {
		return err
	}
	for _, before := range have {
		if before.ID == s.ID || before.State != facility.In {
			continue
		}
		if at.Before(before.InAt) {
			return &Invalid{"at", at.In(u.loc).Format(time.RFC3339), "lies before they came to where they were: " + before.InAt.In(u.loc).Format(time.RFC3339)}
		}
		if err := u.checkOut(leave{Why: facility.LeftMoved, At: at, Arrived: true}, before); err != nil {
			return err
		}
	}
	return nil
}

// began writes that a stay has begun, and what follows for the case or contact. b is nil at home.
func (u *unit) began(b *book, s *facility.Stay, g guest) error {
	if err := u.tx.UpdateStay(s); err != nil {
		return err
	}
	delete(u.ahead.stays, s.Person)
	ref, err := u.fact(journal.StayBegan, onStay(s.ID), s.Area, s.InAt, stayFact(b, s, g.code))
	if err != nil {
		return err
	}
	switch {
	case s.Companion:
		return u.accompanied(s, ref)
	case s.Class == facility.Case:
		return u.isolated(s, ref)
	}
	return u.quarantined(s, ref)
}

func (u *unit) isolated(s *facility.Stay, ref task.FactRef) error {
	rec, err := u.getCase(s.CaseOf)
	if err != nil {
		return err
	}
	u.askAgain = append(u.askAgain, onCase(rec.ID)) // who is fetched from where they were is fetched from here
	if rec.IsolatedAt.IsZero() {
		rec.IsolatedAt, rec.dirty = s.InAt, true
		kind := journal.CaseIsolated
		told, err := u.fact(kind, onCase(rec.ID), rec.Area, s.InAt, map[string]any{"stay": s.ID})
		if err != nil {
			return err
		}
		return u.react(response.Trigger{Kind: kind, Subject: onCase(rec.ID), Ref: told, At: s.InAt})
	}
	return u.react(response.Trigger{Kind: journal.StayBegan, Subject: onCase(rec.ID), Ref: ref, At: s.InAt})
}

func (u *unit) quarantined(s *facility.Stay, ref task.FactRef) error {
	rec, err := u.getContact(s.ContactOf)
	if err != nil {
		return err
	}
	if err := u.quarantinedAs(rec, s, ref); err != nil {
		return err
	}
	// One who stays among contacts is not moved as the case they are, whether or not it has anything to do with what they are there for.
	also, err := u.casesOf(s.Person, response.Trigger{Kind: journal.StayBegan, Ref: ref, At: s.InAt})
	if err != nil {
		return err
	}
	return u.react(also...)
}

// casesOf makes a trigger one for each case that somebody is.
func (u *unit) casesOf(p person.ID, t response.Trigger) (out []response.Trigger, err error) {
	list, err := u.tx.CasesOf(p)
	for _, k := range list {
		if k.Outbreak == u.o.ID {
			t.Subject = onCase(k.ID)
			out = append(out, t)
		}
	}
	return out, err
}

// quarantinedAs writes what follows for a contact when a stay of theirs has begun.
func (u *unit) quarantinedAs(rec *contactRecord, s *facility.Stay, ref task.FactRef) error {
	if rec.State == contact.Listed {
		rec.State, rec.dirty = contact.Followed, true
	}
	if rec.ReachedAt.IsZero() {
		rec.ReachedAt, rec.dirty = s.InAt, true
	}
	tier := u.pack.Tier(rec.Tier)
	// At home somebody waits whose tier asks for a site, unless the time there is up and they are watched at home afterwards.
	atPlace := !s.AtHome() || tier.Control.Value != protocol.Site || !rec.QuarantineAt.IsZero()
	if atPlace && (rec.QuarantineAt.IsZero() || rec.QuarantineAt.Before(rec.TierAt)) {
		rec.QuarantineAt, rec.dirty = s.InAt, true
		kind := journal.ContactQuarantined
		told, err := u.fact(kind, onContact(rec.ID), rec.Area, s.InAt, map[string]any{"stay": s.ID})
		if err != nil {
			return err
		}
		return u.react(response.Trigger{Kind: kind, Subject: onContact(rec.ID), Ref: told, At: s.InAt})
	}
	return u.react(response.Trigger{Kind: journal.StayBegan, Subject: onContact(rec.ID), Ref: ref, At: s.InAt})
}

// startHome says that somebody stays at home from an instant on. It is the end of where they stayed before, and of a bed that was kept for them.
func (u *unit) startHome(g guest, at time.Time) (*facility.Stay, error) {
	have, err := u.staysOf(g.Person)
	if err != nil {
		return nil, err
	}
	for _, s := range have {
		if s.State == facility.In && s.AtHome() && s.Class == g.Class {
			return nil, &Invalid{"code", g.code, "stays at home already"}
		}
	}
	s := &facility.Stay{Outbreak: u.o.ID, Person: g.Person, Class: g.Class, CaseOf: g.caseOf, ContactOf: g.contactOf, Household: g.Household, Area: g.area, District: u.tree.District(g.area),
		State: facility.Booked, BookedAt: u.now, BookedBy: u.by.Name()}
	if err := u.endBefore(s, at); err != nil {
		return nil, err
	}
	for _, before := range have {
		if before.State == facility.Booked {
			if err := u.dropBooking(before, "stays at home"); err != nil {
				return nil, err
			}
		}
	}
	if err := u.tx.AddStays([]*facility.Stay{s}); err != nil {
		return nil, err
	}
	u.keepStay(s)
	s.State, s.InAt = facility.In, at
	return s, u.began(nil, s, g)
}

// moveRoom gives people other beds of their facility: all of them in one room.
func (u *unit) moveRoom(list []*facility.Stay, code, reason string) error {
	b, err := u.bookOf(list[0].Facility)
	if err != nil {
		return err
	}
	m := b.room(code)
	if m == nil {
		return &Invalid{"room", code, "is not the code of a room of this facility"}
	}
	list = slices.DeleteFunc(slices.Clone(list), func(s *facility.Stay) bool { return s.Room == m.ID && s.Facility == b.ID })
	var come []facility.Occupant
	from := map[*facility.Room]bool{}
	for _, s := range list {
		if s.Facility != b.ID || s.AtHome() {
			return &Invalid{"stay", strconv.FormatInt(int64(s.ID), 10), "is not of facility " + b.Code}
		}
		if s.State.Over() {
			return &Invalid{"stay", strconv.FormatInt(int64(s.ID), 10), "is over"}
		}
		come = append(come, b.people[s.Person])
		from[b.roomByID(s.Room)] = true
	}
	if len(list) == 0 {
		return nil
	}
	if err := m.Fits(b.group(m, list...), b.in(m), come); err != nil {
		return misfit("room", code, err)
	}
	for old := range from {
		if alone := old.LeftAlone(b.in(old), b.in(old, list...)); len(alone) > 0 {
			return &NoBed{"room", old.Code, &facility.Misfit{Rule: facility.RuleChild, Person: alone[0], Room: old.Code}}
		}
	}
	free := b.free(m)
	for i, s := range list {
		old := b.roomByID(s.Room)
		b.leave(s)
		was := s.Bed
		s.Room, s.Bed = m.ID, free[i]
		b.stays[m.ID] = append(b.stays[m.ID], s)
		if err := u.tx.UpdateStay(s); err != nil {
			return err
		}
		delete(u.ahead.stays, s.Person)
		payload := map[string]any{"facility": b.Code, "from": old.Code, "from_bed": was, "room": m.Code, "bed": s.Bed, "reason": reason}
		if _, err := u.fact(journal.StayMoved, onStay(s.ID), s.Area, u.now, payload); err != nil {
			return err
		}
		if s.State == facility.In {
			if err := u.toClean(b, old); err != nil {
				return err
			}
		}
	}
	return nil
}

// toClean has a room cleaned once nobody is in it. Bookings of it stay: they begin when it is ready.
func (w *world) toClean(b *book, m *facility.Room) error {
	if m == nil || m.State != facility.Ready || slices.ContainsFunc(b.stays[m.ID], func(s *facility.Stay) bool { return s.State == facility.In }) {
		return nil
	}
	m.State, m.StateAt = facility.Cleaning, w.now
	return w.tx.UpdateRoom(m)
}
