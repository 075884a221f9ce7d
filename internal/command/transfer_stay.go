package command

import (
	"errors"
	"slices"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/transfer"
)

// giveUpBed gives up a bed that is kept for somebody who is not brought there. One that was given up already, with their follow-up, stays so.
func (w *world) giveUpBed(id facility.StayID) error {
	s, err := w.stay(id)
	if err != nil || s.State != facility.Booked {
		return err
	}
	return w.drop(s, func(payload map[string]any) error {
		payload["reason"] = "transfer"
		_, err := w.append(journal.Entry{Kind: journal.StayDropped, Subject: onStay(s.ID), Area: s.Area, At: w.now, Actor: "rule:" + ruleTransfer, Rule: ruleTransfer, Pack: w.pack.Ref()}, payload)
		return err
	})
}

// comeToBed says that somebody has come to the bed that is kept for them. Where the place cannot take them into it (it closes, the room is being cleaned, they became a case on the way, their follow-up is over), they are there all the
// same: the bed stays kept, and its desk checks them in by hand.
func (u *unit) comeToBed(q *transfer.Request, at time.Time) (in bool, err error) {
	s, err := u.stay(q.Stay)
	if err != nil || s.State != facility.Booked {
		return false, err
	}
	err = u.checkIn(s, at)
	var no *NoBed
	var wrong *Invalid
	if errors.As(err, &no) || errors.As(err, &wrong) { // each is found before anything is written
		return false, nil
	}
	return err == nil, err
}

// rehouse gives those who have come other beds of the place where the room that was kept is not ready: whoever was in it left meanwhile, and it is being cleaned. Where no other holds them they keep the one they have.
func (u *unit) rehouse(list []transfer.Request) error {
	byRoom := map[facility.RoomID][]*facility.Stay{}
	var order []facility.RoomID
	for i := range list {
		if list[i].Stay == 0 {
			continue
		}
		s, err := u.stay(list[i].Stay)
		if err != nil {
			return err
		}
		if s.State != facility.Booked || s.AtHome() {
			continue
		}
		if byRoom[s.Room] == nil {
			order = append(order, s.Room)
		}
		byRoom[s.Room] = append(byRoom[s.Room], s)
	}
	for _, id := range order {
		if err := u.rehouseFrom(byRoom[id]); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) rehouseFrom(stays []*facility.Stay) error {
	b, err := u.bookOf(stays[0].Facility)
	if err != nil {
		return err
	}
	old := b.roomByID(stays[0].Room)
	if old == nil || old.State == facility.Ready {
		return nil
	}
	var party []guest
	var come []*facility.Stay
	for _, s := range stays {
		g, err := u.guestOf(s)
		var wrong *Invalid
		if errors.As(err, &wrong) || err == nil && g.Class != s.Class {
			continue // not one who is taken in
		}
		if err != nil {
			return err
		}
		g.Household = s.Household
		party, come = append(party, g), append(come, s)
	}
	for _, s := range come {
		b.leave(s)
	}
	rooms, err := u.choose(b, party)
	var no *NoBed
	if len(party) == 0 || errors.As(err, &no) {
		for _, s := range come {
			b.stays[s.Room] = append(b.stays[s.Room], s)
		}
		return nil
	}
	if err != nil {
		return err
	}
	for i, s := range come {
		m := rooms[i]
		was := s.Bed
		s.Room, s.Bed = m.ID, b.free(m)[0]
		b.stays[m.ID] = append(b.stays[m.ID], s)
		if err := u.tx.UpdateStay(s); err != nil {
			return err
		}
		delete(u.ahead.stays, s.Person)
		payload := map[string]any{"facility": b.Code, "from": old.Code, "from_bed": was, "room": m.Code, "bed": s.Bed, "reason": "room " + string(old.State)}
		if _, err := u.fact(journal.StayMoved, onStay(s.ID), s.Area, u.now, payload); err != nil {
			return err
		}
	}
	return nil
}

// bedsAtDoor gives beds of the place to those who have come and for whom none was kept: they joined a party after its trip was planned, and got in with it. Where it has none for them they are there all the same, and its desk checks them in.
func (u *unit) bedsAtDoor(list []transfer.Request, at facility.ID) error {
	var who []*transfer.Request
	for i := range list {
		if q := &list[i]; q.Stay == 0 && at != 0 && q.Purpose != transfer.ToHome {
			who = append(who, q)
		}
	}
	if len(who) == 0 {
		return nil
	}
	b, err := u.bookOf(at)
	if err != nil {
		return err
	}
	var party []guest
	var come []*transfer.Request
	for _, q := range who {
		have, err := u.staysOf(q.Person)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(have, func(s *facility.Stay) bool { return s.State == facility.Booked }) {
			continue // somebody else has kept a bed for them
		}
		g, err := u.guestOf(&facility.Stay{Person: q.Person, CaseOf: q.CaseOf, ContactOf: q.ContactOf, Companion: q.Companion, Household: q.Household})
		var wrong *Invalid
		if errors.As(err, &wrong) || err == nil && (g.Class != q.Class || b.Takes(g.Occupant) != nil) {
			continue
		}
		if err != nil {
			return err
		}
		party, come = append(party, g), append(come, q)
	}
	if len(party) == 0 {
		return nil
	}
	rooms, err := u.choose(b, party)
	var no *NoBed
	if errors.As(err, &no) {
		return nil
	}
	if err != nil {
		return err
	}
	for i, q := range come {
		m, g := rooms[i], party[i]
		s := &facility.Stay{Outbreak: u.o.ID, Person: q.Person, Class: q.Class, CaseOf: q.CaseOf, ContactOf: q.ContactOf, Companion: q.Companion, Household: q.Household, Facility: b.ID, Room: m.ID, Bed: b.free(m)[0], Area: b.Area, District: b.District,
			State: facility.Booked, BookedAt: u.now, BookedBy: u.by.Name()}
		if err := u.tx.AddStays([]*facility.Stay{s}); err != nil {
			return err
		}
		u.keepStay(s)
		delete(u.ahead.stays, s.Person)
		b.stays[s.Room] = append(b.stays[s.Room], s)
		b.people[s.Person] = g.Occupant
		if _, err := u.fact(journal.StayBooked, onStay(s.ID), s.Area, u.now, stayFact(b, s, g.code)); err != nil {
			return err
		}
		q.Stay = s.ID
	}
	return nil
}
