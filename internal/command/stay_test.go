package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// site enters an open facility with rooms.
func (s *story) site(code string, kind facility.Kind, rooms ...RoomFields) facility.Facility {
	s.t.Helper()
	list, err := s.AddFacilities(context.Background(), Owner("test"), AddFacilities{Outbreak: s.o, Facilities: []FacilityFields{{Code: code, Kind: kind, Area: "3701", Open: true}}})
	s.must(err)
	_, err = s.AddRooms(context.Background(), Owner("test"), AddRooms{Facility: list[0].ID, Rooms: rooms})
	s.must(err)
	return list[0]
}

func (s *story) index() cases.Case {
	s.t.Helper()
	c, err := s.AddCase(context.Background(), Owner("test"), AddCase{Outbreak: s.o, Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
	s.must(err)
	return c.Case
}

func (s *story) met(of cases.ID, code string, p PersonFields) contact.Contact {
	s.t.Helper()
	c, err := s.ListContact(context.Background(), Owner("test"), ListContact{Outbreak: s.o, Code: code, Case: of, Person: p, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
	s.must(err)
	return c.Contact
}

func (s *story) room(f facility.ID, code string) facility.Room {
	s.t.Helper()
	var out facility.Room
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.RoomsOf([]facility.ID{f})
		for _, m := range list[f] {
			if m.Code == code {
				out = m
			}
		}
		return err
	}))
	return out
}

func ids(list []facility.Stay) []facility.StayID {
	out := make([]facility.StayID, len(list))
	for i, s := range list {
		out[i] = s.ID
	}
	return out
}

func brokenRule(err error) facility.Rule {
	var m *facility.Misfit
	if errors.As(err, &m) {
		return m.Rule
	}
	return ""
}

// TestARoomIsTurnedForWhoIsBooked: one of two who share a room leaves before the other has come. The room is cleaned for the one who comes, and cannot be set aside meanwhile.
func TestARoomIsTurnedForWhoIsBooked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a := s.index()
		b, c := s.met(a.ID, "B", PersonFields{Sex: "female", Age: "40"}), s.met(a.ID, "C", PersonFields{Sex: "male", Age: "45"})
		q := s.site("q1", facility.QuarantineSite, RoomFields{Code: "101", Beds: 2})
		stays, err := s.BookStays(ctx, by, BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: b.ID}, {Contact: c.ID}}, Together: true})
		s.must(err)
		_, err = s.CheckIn(ctx, by, CheckIn{Stays: ids(stays[:1])})
		s.must(err)
		room := s.room(q.ID, "101").ID
		if _, err := s.TurnRoom(ctx, by, TurnRoom{Room: room, Disinfected: true}); err == nil {
			t.Error("a room was turned round with somebody in it")
		}
		_, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(stays[:1]), Leaving: facility.LeftError, Reason: "another site"})
		s.must(err)
		if _, err := s.CheckIn(ctx, by, CheckIn{Stays: ids(stays[1:])}); brokenRule(err) != facility.RuleRoomState {
			t.Errorf("into a room that is being cleaned: %v", err)
		}
		if _, err := s.TurnRoom(ctx, by, TurnRoom{Room: room, Broken: true, Note: "no water"}); err == nil {
			t.Error("a booked room was set aside")
		}
		m, err := s.TurnRoom(ctx, by, TurnRoom{Room: room, Disinfected: true})
		s.must(err)
		if m.State != facility.Ready {
			t.Errorf("the room is %s", m.State)
		}
		_, err = s.CheckIn(ctx, by, CheckIn{Stays: ids(stays[1:])})
		s.must(err)
	})
}

// TestAmongContactsIsNotIsolated: a suspected case who is isolated at home, and is then taken in as somebody's contact, is not isolated as the case any more: they are to be
// moved again, and are told so.
func TestAmongContactsIsNotIsolated(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a := s.index()
		b, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Person: PersonFields{Sex: "female", Age: "40"}, Fields: map[string]string{"class": "suspected", "area": "370101"}})
		s.must(err)
		k, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Case: a.ID, Person: PersonFields{ID: b.Person}, Fields: map[string]string{"last_exposed": "2022-03-04", "tier": "close"}})
		s.must(err)
		moving := func() bool {
			r := s.restriction(restriction.OfCase(b.ID))
			return r.Now().Moving
		}
		if _, err = s.StartHomeStay(ctx, by, StartHomeStay{Outbreak: "o", Guests: []Guest{{Case: b.ID}}}); err != nil || moving() {
			t.Errorf("a suspected case who is isolated at home is to be moved: %v", err)
		}
		if _, err = s.StartHomeStay(ctx, by, StartHomeStay{Outbreak: "o", Guests: []Guest{{Contact: k.ID}}}); err != nil || !moving() {
			t.Errorf("who waits as a contact is isolated as a case: %v", err)
		}
	})
}

// TestWhoIsFreeIsNotKeptByAChild: in a hall a child whose adult went keeps nobody else from leaving or coming; and whoever is free leaves their own child only with somebody
// who looks after it.
func TestWhoIsFreeIsNotKeptByAChild(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a := s.index()
		hall := RoomFields{Code: "hall", Beds: 8, Use: facility.Ward}
		s.site("q1", facility.QuarantineSite, hall)
		home := func(code, adult, child string) (out []contact.Contact) {
			t.Helper()
			out = append(out, s.met(a.ID, code+"1", PersonFields{Sex: "female", Age: adult}), s.met(a.ID, code+"2", PersonFields{Sex: "male", Age: child}))
			return out
		}
		in := func(who ...contact.Contact) (out []facility.Stay) {
			t.Helper()
			var guests []Guest
			for _, c := range who {
				guests = append(guests, Guest{Contact: c.ID})
			}
			out, err := s.WalkIn(ctx, by, WalkIn{BookStays: BookStays{Outbreak: "o", Facility: "q1", Guests: guests, Together: len(guests) > 1}})
			s.must(err)
			return out
		}
		gone, whole := home("G", "40", "9"), home("W", "35", "6")
		g, w := in(gone...), in(whole...)
		_, err := s.CheckOut(ctx, by, CheckOut{Stays: ids(g[:1]), Leaving: facility.LeftWithout, Reason: "went at night"})
		s.must(err)

		single := s.met(a.ID, "S", PersonFields{Sex: "male", Age: "50"})
		one := in(single) // comes, though a child is alone there
		s.clock.set(s.clock.now().Add(time.Hour))
		_, err = s.CorrectCase(ctx, by, CorrectCase{Case: a.ID, Version: a.Version, Fields: map[string]string{"class": "discarded"}}) // and so they are all free
		s.must(err)
		_, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(one), Leaving: facility.LeftRelease})
		s.must(err)

		var wrong *Invalid
		if _, err := s.CheckOut(ctx, by, CheckOut{Stays: ids(w[:1]), Leaving: facility.LeftRelease}); !errors.As(err, &wrong) || wrong.Field != "cared_by" {
			t.Errorf("a mother is released, her son stays: %v", err)
		}
		_, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(w[:1]), Leaving: facility.LeftRelease, CaredBy: "grandmother, who came at nine"})
		s.must(err)
		_, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(w[1:]), Leaving: facility.LeftRelease})
		s.must(err)
		if _, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(g[1:]), Leaving: facility.LeftMoved, CaredBy: "x"}); !errors.As(err, &wrong) || wrong.Field != "cared_by" {
			t.Errorf("who is moved is asked where to: %v", err)
		}
		_, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(g[1:]), Leaving: facility.LeftRelease})
		s.must(err)
	})
}

// TestACaseThatWasNeverMovedIsLetGo: a contact in a site turns positive, no vehicle comes, they recover there. They are let go from where they are, by a task of their own.
func TestACaseThatWasNeverMovedIsLetGo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a := s.index()
		b := s.met(a.ID, "B", PersonFields{Sex: "female", Age: "40"})
		s.site("q1", facility.QuarantineSite, RoomFields{Code: "101", Beds: 1})
		stays, err := s.WalkIn(ctx, by, WalkIn{BookStays: BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: b.ID}}}})
		s.must(err)
		sp, err := s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(b.ID), Code: "T1"})
		s.must(err)
		s.clock.set(s.clock.now().Add(20 * time.Hour))
		_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: "positive"})
		s.must(err)
		sick := s.contact(b.ID).BecameCase
		if _, err := s.CheckOut(ctx, by, CheckOut{Stays: ids(stays), Leaving: facility.LeftRelease}); err == nil {
			t.Error("a case was released as a contact")
		}
		s.clock.set(s.clock.now().Add(9 * 24 * time.Hour))
		var k cases.Case
		s.must(s.db.View(ctx, func(r *store.Reader) (err error) { k, err = r.Case(sick); return err }))
		_, err = s.CorrectCase(ctx, by, CorrectCase{Case: sick, Version: k.Version, Fields: map[string]string{"outcome": "recovered", "outcome_on": "2022-03-15"}})
		s.must(err)
		if k := s.tasks(onCase(sick))[task.CheckOut]; k.State != task.Open {
			t.Fatalf("letting them go is %q", k.State)
		}
		_, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(stays), Leaving: facility.LeftRelease})
		s.must(err)
		if k := s.tasks(onCase(sick))[task.CheckOut]; k.State != task.Done {
			t.Errorf("letting them go is %q after they left", k.State)
		}
	})
}

// TestAContactIsKeptAndLetGo: a bed is kept, the contact comes, which ends the task of quarantine; one turns positive and has to leave; the other is released, and goes home.
func TestAContactIsKeptAndLetGo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a := s.index()
		b, c := s.met(a.ID, "B", PersonFields{Sex: "female", Age: "40"}), s.met(a.ID, "C", PersonFields{Sex: "male", Age: "9"})
		q := s.site("q1", facility.QuarantineSite, RoomFields{Code: "101", Group: "east", Beds: 2}, RoomFields{Code: "102", Group: "east", Beds: 1})
		h := s.site("h1", facility.Hospital, RoomFields{Code: "W1", Beds: 3, Use: facility.Ward, Level: facility.WardLevel})

		if _, err := s.BookStays(ctx, by, BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: c.ID}}}); brokenRule(err) != facility.RuleChild {
			t.Errorf("a child alone: %v", err)
		}
		if _, err := s.BookStays(ctx, by, BookStays{Outbreak: "o", Facility: "h1", Guests: []Guest{{Contact: b.ID}}}); brokenRule(err) != facility.RuleClass {
			t.Errorf("a contact in hospital: %v", err)
		}
		stays, err := s.BookStays(ctx, by, BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: c.ID}, {Contact: b.ID}}, Together: true})
		s.must(err)
		if m := s.room(q.ID, "101"); stays[0].Room != m.ID || stays[1].Room != m.ID || stays[0].Bed == stays[1].Bed {
			t.Errorf("mother and son are in rooms %d and %d", stays[0].Room, stays[1].Room)
		}
		if _, err := s.BookStays(ctx, by, BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: b.ID}}}); err == nil {
			t.Error("a second bed was kept for one person")
		}
		s.clock.set(s.clock.now().Add(2 * time.Hour))
		if _, err := s.CheckIn(ctx, by, CheckIn{Stays: ids(stays), Welcome: Welcome{Needs: []string{"a sauna"}}}); err == nil || !strings.Contains(err.Error(), "needs[0]") {
			t.Errorf("a need that nobody knows: %v", err)
		}
		stays, err = s.CheckIn(ctx, by, CheckIn{Stays: ids(stays), Welcome: Welcome{Explained: true, Needs: []string{"medicine"}}})
		s.must(err)
		if r := s.restriction(restriction.OfContact(b.ID)); r.ToldHow != restriction.InPerson || r.ToTell() != 0 || len(r.Needs) != 1 || r.Needs[0].Kind != restriction.Medicine {
			t.Errorf("told %q, still to tell %d, needs %+v", r.ToldHow, r.ToTell(), r.Needs)
		}
		if k := s.tasks(onContact(b.ID)); k[task.TellRestriction].State == task.Open || k[task.MeetNeed].State != task.Open {
			t.Errorf("telling them is %q, the medicine %q", k[task.TellRestriction].State, k[task.MeetNeed].State)
		}
		if got := s.contact(b.ID); !got.QuarantineAt.Equal(s.clock.now()) || got.State != contact.Followed {
			t.Errorf("in quarantine since %s, %s", got.QuarantineAt, got.State)
		}
		if k := s.tasks(onContact(b.ID)); k[task.QuarantineContact].State != task.Done || k[task.CheckContact].Owner != task.QuarantineManager {
			t.Errorf("quarantine is %s, checks are for %s", k[task.QuarantineContact].State, k[task.CheckContact].Owner)
		}
		if k := s.tasks(onContact(b.ID))[task.CheckOut]; k.State != task.Open || !k.NotBefore.Equal(time.Date(2022, 3, 11, 16, 0, 0, 0, time.UTC)) {
			t.Errorf("leaving the site is %s, from %s; want after seven days", k.State, k.NotBefore)
		}
		if _, err := s.CheckOut(ctx, by, CheckOut{Stays: ids(stays[1:]), Leaving: facility.LeftRelease}); err == nil {
			t.Error("a contact was released before their time")
		}

		// The mother is positive: she is a case among contacts and must be moved; nobody but her.
		sp, err := s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(b.ID), Code: "T1"})
		s.must(err)
		s.clock.set(s.clock.now().Add(20 * time.Hour))
		_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: "positive"})
		s.must(err)
		sick := s.contact(b.ID).BecameCase
		if move := s.tasks(onCase(sick))[task.MoveCase]; move.State != task.Open {
			t.Fatalf("the move of a case among contacts is %q", move.State)
		}
		s.clock.set(s.clock.now().Add(time.Hour))
		in, err := s.WalkIn(ctx, by, WalkIn{BookStays: BookStays{Outbreak: "o", Facility: "h1", Guests: []Guest{{Contact: b.ID}}}})
		s.must(err)
		if in[0].Class != facility.Case || in[0].CaseOf != sick {
			t.Errorf("in hospital as %s of case %d", in[0].Class, in[0].CaseOf)
		}
		if move := s.tasks(onCase(sick))[task.MoveCase]; move.State != task.Done || !move.EndedAt.Equal(s.clock.now()) {
			t.Errorf("the move is %s at %s", move.State, move.EndedAt)
		}
		if held := s.standing(q.ID); len(held) != 1 || held[0].ContactOf != c.ID {
			t.Errorf("at the site are still %+v", held)
		}
		_ = h

		// The son, whom nobody of his household is with any more, ends his time there: seven days, then home.
		s.clock.set(time.Date(2022, 3, 12, 1, 0, 0, 0, time.UTC))
		_, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(stays[:1]), Leaving: facility.LeftMoved, Home: true})
		s.must(err)
		if m := s.room(q.ID, "101"); m.State != facility.Cleaning {
			t.Errorf("the room is %s after the last has left", m.State)
		}
		if k := s.tasks(onContact(c.ID))[task.CheckOut]; k.State != task.Done {
			t.Errorf("leaving is %s", k.State)
		}
		if _, err = s.TurnRoom(ctx, by, TurnRoom{Room: s.room(q.ID, "101").ID, Disinfected: true, Swab: SwabPositive}); err != nil {
			t.Fatal(err)
		}
		if m := s.room(q.ID, "101"); m.State != facility.Cleaning {
			t.Errorf("the room is %s after a positive swab", m.State)
		}
		if _, err = s.TurnRoom(ctx, by, TurnRoom{Room: s.room(q.ID, "101").ID, Disinfected: true, Swab: SwabNegative}); err != nil {
			t.Fatal(err)
		}
		if m := s.room(q.ID, "101"); m.State != facility.Ready {
			t.Errorf("the room is %s after disinfection", m.State)
		}
		home := s.staysOf(c.Person)
		if last := home[len(home)-1]; !last.AtHome() || last.State != facility.In || last.Area == 0 {
			t.Errorf("at home: %+v", last)
		}
	})
}

func (s *story) standing(f facility.ID) []facility.Stay {
	s.t.Helper()
	var out []facility.Stay
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.StaysIn([]facility.ID{f})
		out = list[f]
		return err
	}))
	return out
}

func (s *story) staysOf(p person.ID) []facility.Stay {
	s.t.Helper()
	var out []facility.Stay
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.StaysOf([]person.ID{p})
		out = list[p]
		return err
	}))
	return out
}

// TestGoneWithoutLeave: the search is a task until they stay somewhere again.
func TestGoneWithoutLeave(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		b := s.met(s.index().ID, "B", PersonFields{})
		s.site("q1", facility.QuarantineSite, RoomFields{Code: "101", Beds: 1}, RoomFields{Code: "102", Beds: 1})
		stays, err := s.WalkIn(ctx, by, WalkIn{BookStays: BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: b.ID}}}})
		s.must(err)
		s.clock.set(s.clock.now().Add(3 * time.Hour))
		if _, err := s.CheckOut(ctx, by, CheckOut{Stays: ids(stays), Leaving: facility.LeftWithout}); err == nil {
			t.Error("no reason was asked for")
		}
		_, err = s.CheckOut(ctx, by, CheckOut{Stays: ids(stays), Leaving: facility.LeftWithout, Reason: "over the wall"})
		s.must(err)
		if k := s.tasks(onContact(b.ID))[task.ReachContact]; k.State != task.Open || !k.Due.Equal(s.clock.now().Add(2*time.Hour)) {
			t.Errorf("finding them is %s, due %s", k.State, k.Due)
		}
		if !s.contact(b.ID).QuarantineAt.IsZero() {
			t.Error("still in quarantine")
		}
		_, err = s.WalkIn(ctx, by, WalkIn{BookStays: BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: b.ID}}}})
		s.must(err)
		for _, k := range s.tasks(onContact(b.ID)) {
			if k.Kind == task.ReachContact && k.State == task.Open {
				t.Errorf("still to be found: %+v", k)
			}
		}
	})
}

// TestTheLastBed: of two orders at once, one gets it.
func TestTheLastBed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		a := s.index()
		q := s.site("q1", facility.QuarantineSite, RoomFields{Code: "101", Beds: 1})
		var guests []contact.Contact
		for i := range 6 {
			guests = append(guests, s.met(a.ID, fmt.Sprintf("K%d", i), PersonFields{}))
		}
		var wg sync.WaitGroup
		errs := make([]error, len(guests))
		for i, g := range guests {
			wg.Add(1)
			go func() {
				defer wg.Done()
				_, errs[i] = s.BookStays(ctx, by, BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: g.ID}}})
			}()
		}
		wg.Wait()
		got := 0
		for _, err := range errs {
			switch {
			case err == nil:
				got++
			case brokenRule(err) != facility.RuleFull:
				t.Errorf("refused by %v", err)
			}
		}
		if held := s.standing(q.ID); got != 1 || len(held) != 1 {
			t.Errorf("%d were given the last bed, %d hold it", got, len(held))
		}
	})
}

// TestOnlyThoseOfTheSite: another role and another district are refused, and nothing changes.
func TestOnlyThoseOfTheSite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := context.Background()
		s := newStory(t, open, "covid19/2022-v9")
		a := s.index()
		b := s.met(a.ID, "B", PersonFields{})
		q := s.site("q1", facility.QuarantineSite, RoomFields{Code: "101", Beds: 1})
		var other place.AreaID
		s.must(s.db.Update(ctx, func(tx *store.Tx) error {
			_, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "3702", Name: "Other", Level: place.District}, ParentCode: "37"}}, nil, 2)
			if err != nil {
				return err
			}
			tree, err := tx.Tree()
			j, _ := tree.ByCode("3702")
			other = j.ID
			return err
		}))
		actor := func(role auth.Role, area place.AreaID, p auth.Purpose) By {
			return By{Actor: auth.Actor{UserID: 1, Login: "x", Grants: []auth.Grant{{Role: role, Area: area}}}, Purpose: p}
		}
		book := BookStays{Outbreak: "o", Facility: "q1", Guests: []Guest{{Contact: b.ID}}}
		for _, c := range []struct {
			name  string
			by    By
			books bool
			in    bool
			opens bool
		}{
			{"staff of the district", actor(auth.RoleIsolationStaff, q.District, auth.PurposeIsolation), true, true, true},
			{"staff of another district", actor(auth.RoleIsolationStaff, other, auth.PurposeIsolation), false, false, false},
			{"dispatcher", actor(auth.RoleTransferDispatcher, q.District, auth.PurposeTransfer), true, false, false},
			{"follow-up officer", actor(auth.RoleFollowUpOfficer, q.District, auth.PurposeContactTracing), false, false, false},
			{"hospital", actor(auth.RoleHospital, q.District, auth.PurposeCare), false, false, true},
			{"without a purpose", actor(auth.RoleIsolationStaff, q.District, ""), false, false, true},
			{"duty officer", actor(auth.RoleDutyOfficer, q.District, auth.PurposeCommand), false, false, true},
		} {
			var no *Forbidden
			stays, err := s.BookStays(ctx, c.by, book)
			if (err == nil) != c.books || err != nil && !errors.As(err, &no) {
				t.Errorf("%s books: %v", c.name, err)
			}
			if err == nil {
				_, err = s.DropBookings(ctx, Owner("test"), DropBookings{Stays: ids(stays), Reason: "test"})
				s.must(err)
			}
			stays, err = s.WalkIn(ctx, c.by, WalkIn{BookStays: book})
			if (err == nil) != c.in || err != nil && !errors.As(err, &no) {
				t.Errorf("%s checks in: %v", c.name, err)
			}
			if err == nil {
				_, err = s.CheckOut(ctx, Owner("test"), CheckOut{Stays: ids(stays), Leaving: facility.LeftError, Reason: "test"})
				s.must(err)
				_, err = s.TurnRoom(ctx, Owner("test"), TurnRoom{Room: stays[0].Room, Disinfected: true})
				s.must(err)
			}
			_, err = s.MoveFacility(ctx, c.by, MoveFacility{Facility: q.ID, State: facility.Closing})
			if (err == nil) != c.opens || err != nil && !errors.As(err, &no) {
				t.Errorf("%s closes: %v", c.name, err)
			}
			_, err = s.MoveFacility(ctx, Owner("test"), MoveFacility{Facility: q.ID, State: facility.Open})
			s.must(err)
		}
	})
}

// TestStaysKeepTheirPromises gives random orders to a small city, and looks after each whether the promises hold: nobody has two beds, no bed two people, no room more
// than its beds, no lift both classes, no child is alone but by what nobody could refuse, everybody who is listed is in one state, and every stay has a cause.
func TestStaysKeepTheirPromises(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		n, failed := 0, false
		rapid.Check(t, func(rt *rapid.T) {
			if n++; n > 8 && !failed { // each is some thirty orders on a real database
				return
			}
			defer func() { failed = failed || rt.Failed() }()
			s.o = fmt.Sprintf("o%d", n)
			_, err := s.StartOutbreak(t.Context(), Owner("test"), StartOutbreak{Name: s.o, Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
			s.must(err)
			keepPromises(s, rt)
		})
	})
}

func keepPromises(s *story, rt *rapid.T) {
	ctx, by := context.Background(), Owner("test")
	a := s.index()
	guests := []Guest{{Case: a.ID}}
	for i := range 7 {
		c := s.met(a.ID, fmt.Sprintf("K%d", i), PersonFields{Sex: rapid.SampledFrom([]string{"female", "male", ""}).Draw(rt, "sex"), Age: strconv.Itoa(rapid.SampledFrom([]int{8, 30, 50}).Draw(rt, "age"))})
		guests = append(guests, Guest{Contact: c.ID})
	}
	rooms := []RoomFields{{Code: "1", Group: "e", Beds: 1}, {Code: "2", Group: "e", Beds: 2}, {Code: "3", Group: "w", Beds: 3, Use: facility.Shared}, {Code: "4", Beds: 2, Use: facility.Ward}}
	places := []facility.Facility{s.site("q", facility.QuarantineSite, rooms...), s.site("i", facility.IsolationSite, rooms...), s.site("h", facility.Hospital, rooms[3])}
	for range rapid.IntRange(1, 14).Draw(rt, "orders") {
		s.clock.set(s.clock.now().Add(time.Hour))
		f := rapid.SampledFrom(places).Draw(rt, "facility")
		party := rapid.SliceOfNDistinct(rapid.SampledFrom(guests), 1, 3, func(g Guest) Guest { return g }).Draw(rt, "party")
		room := rapid.SampledFrom([]string{"", "", "1", "2", "3", "4"}).Draw(rt, "room")
		for i := range party {
			party[i].Room = room
		}
		var all []facility.Stay
		for _, p := range places {
			all = append(all, s.standing(p.ID)...)
		}
		some := []facility.StayID{1}
		if len(all) > 0 {
			some = ids(rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, min(2, len(all)), func(x facility.Stay) facility.StayID { return x.ID }).Draw(rt, "stays"))
		}
		book := BookStays{Outbreak: s.o, Facility: f.Code, Guests: party, Together: rapid.Bool().Draw(rt, "together")}
		// What is refused changes nothing; what is taken must keep the promises.
		switch rapid.IntRange(0, 9).Draw(rt, "order") {
		case 0, 1:
			_, _ = s.BookStays(ctx, by, book)
		case 2, 3:
			_, _ = s.WalkIn(ctx, by, WalkIn{BookStays: book})
		case 4:
			_, _ = s.CheckIn(ctx, by, CheckIn{Stays: some})
		case 5:
			_, _ = s.MoveRoom(ctx, by, MoveRoom{Stays: some, Room: room})
		case 6:
			_, _ = s.CheckOut(ctx, by, CheckOut{Stays: some, Leaving: rapid.SampledFrom([]facility.Leaving{facility.LeftMoved, facility.LeftRelease, facility.LeftWithout, facility.LeftError}).Draw(rt, "leaving"), Reason: "x"})
		case 7:
			_, _ = s.DropBookings(ctx, by, DropBookings{Stays: some, Reason: "x"})
		case 8:
			_, _ = s.StartHomeStay(ctx, by, StartHomeStay{Outbreak: s.o, Guests: party})
		case 9:
			g := rapid.SampledFrom(guests[1:]).Draw(rt, "positive")
			if !s.contact(g.Contact).Over() {
				sp, err := s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(g.Contact)})
				s.must(err)
				_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: "positive"})
				s.must(err)
			}
		}
		for _, p := range places {
			for _, m := range []string{"1", "2", "3", "4"} {
				if r := s.room(p.ID, m); r.State == facility.Cleaning {
					_, _ = s.TurnRoom(ctx, by, TurnRoom{Room: r.ID, Disinfected: true})
				}
			}
		}
		s.promises(rt, places)
	}
}

// promises looks at the store alone.
func (s *story) promises(rt *rapid.T, places []facility.Facility) {
	type bed struct {
		room facility.RoomID
		bed  int64
	}
	people, beds := map[person.ID]map[facility.StayState]int{}, map[bed]bool{}
	lifts := map[string]facility.Class{}
	for _, p := range places {
		var rooms []facility.Room
		s.must(s.db.View(context.Background(), func(r *store.Reader) error {
			list, err := r.RoomsOf([]facility.ID{p.ID})
			rooms = list[p.ID]
			return err
		}))
		for _, x := range s.standing(p.ID) {
			i := slices.IndexFunc(rooms, func(m facility.Room) bool { return m.ID == x.Room })
			m := rooms[i]
			if x.Bed < 1 || x.Bed > m.Beds || beds[bed{m.ID, x.Bed}] {
				rt.Fatalf("bed %d of room %s of %s is given twice, or not there", x.Bed, m.Code, p.Code)
			}
			beds[bed{m.ID, x.Bed}] = true
			if people[x.Person] == nil {
				people[x.Person] = map[facility.StayState]int{}
			}
			if people[x.Person][x.State]++; people[x.Person][x.State] > 1 {
				rt.Fatalf("person %d has two beds", x.Person)
			}
			lift := fmt.Sprint(p.ID, "/", m.Group)
			if m.Group == "" {
				lift = fmt.Sprint(p.ID, "/", m.Group, "/", m.ID)
			}
			if was, ok := lifts[lift]; ok && was != x.Class {
				rt.Fatalf("lift %s has both cases and contacts", lift)
			}
			lifts[lift] = x.Class
			if p.Kind.Takes() != x.Class {
				rt.Fatalf("a %s stays at a %s", x.Class, p.Kind)
			}
			if x.CaseOf == 0 && x.ContactOf == 0 || (x.CaseOf == 0) == (x.Class == facility.Case) {
				rt.Fatalf("stay %d has no cause: %+v", x.ID, x)
			}
			if x.State == facility.Booked && x.ContactOf != 0 && s.contact(x.ContactOf).Over() {
				rt.Fatalf("a bed is kept for a contact who is none any more")
			}
		}
	}
}
