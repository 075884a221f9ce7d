package transferplan_test

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
)

// lives says in which household somebody lives, and how old they are.
func (n *town) lives(p person.ID, house person.HouseholdID, age person.Age) {
	n.must(n.db.Update(n.t.Context(), func(tx *store.Tx) error {
		x, err := tx.Person(p)
		if err != nil {
			return err
		}
		x.Household, x.Age, x.Sex = house, age, person.Female
		return tx.UpdatePerson(&x)
	}))
}

// confirmed adds a case of a household and an age.
func (n *town) confirmed(code string, house person.HouseholdID, age person.Age) transfer.Request {
	ctx := n.t.Context()
	c, err := n.commands.AddCase(ctx, by, command.AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": "discarded", "onset": "2022-03-08", "area": "370101"}})
	n.must(err)
	n.lives(c.Person, house, age)
	_, err = n.commands.CorrectCase(ctx, by, command.CorrectCase{Case: c.ID, Version: c.Version, Fields: map[string]string{"class": "confirmed"}})
	n.must(err)
	return n.requestOf(c.Person)
}

func (n *town) requestOf(p person.ID) (q transfer.Request) {
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) error {
		live, err := r.LiveRequestsOf(n.outbreak, []person.ID{p})
		q = live[p]
		return err
	}))
	return q
}

func (n *town) adults(q transfer.Request) (out []transferplan.Adult) {
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) error {
		o, err := r.Outbreak(n.outbreak)
		if err != nil {
			return err
		}
		out, err = transferplan.Adults(r, o, &q, n.now)
		return err
	}))
	return out
}

func (n *town) staysOf(p person.ID) (out []facility.Stay) {
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) error {
		list, err := r.StaysOf([]person.ID{p})
		out = list[p]
		return err
	}))
	return out
}

// TestSomebodyChosenGoesAlong: both parents are cases, or nobody is known to live with the child. An adult from elsewhere goes along, whom its family has chosen; by nobody's word but theirs and the family's.
func TestSomebodyChosenGoesAlong(t *testing.T) {
	t.Parallel()
	for name, house := range map[string]person.HouseholdID{"of a household": 900, "of nobody known": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, open storetest.Open) {
				n := newTown(t, open)
				ctx := t.Context()
				child, aunt := n.confirmed("K1", house, 3), n.confirmed("K2", 901, 40)
				if p := n.plan(); len(p.Orders.Unserved) != 1 || p.Orders.Unserved[0].Party != child.Party || p.Orders.Unserved[0].Short != "guardian" {
					t.Fatalf("not fetched are %+v", p.Orders.Unserved)
				}
				m, err := n.commands.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: "M1", Case: aunt.CaseOf, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "370101"}})
				n.must(err)
				n.lives(m.Person, 902, 60)
				var wrong *command.Invalid
				for field, in := range map[string]command.Accompany{
					"agreed":    {Transfer: child.ID, Person: m.Person, ChosenBy: "mother"},
					"chosen_by": {Transfer: child.ID, Person: m.Person, Agreed: true},
					"person":    {Transfer: child.ID, Person: aunt.Person, Agreed: true, ChosenBy: "mother"}, // is a case
				} {
					if _, err := n.commands.Accompany(ctx, by, in); !errors.As(err, &wrong) || wrong.Field != field {
						t.Errorf("want %s refused: %v", field, err)
					}
				}
				along, err := n.commands.Accompany(ctx, by, command.Accompany{Transfer: child.ID, Person: m.Person, Agreed: true, ChosenBy: "mother, by phone"})
				n.must(err)
				if !along.Companion || along.Party != child.Party || along.Household == 0 {
					t.Fatalf("whoever goes along has %+v", along)
				}
				if p := n.plan(); len(p.Orders.Unserved) != 0 {
					t.Fatalf("not fetched are %+v", p.Orders.Unserved)
				}
				n.drive()
				var rooms [2]facility.RoomID
				for i, p := range []person.ID{child.Person, m.Person} {
					for _, s := range n.staysOf(p) {
						if s.State == facility.In {
							rooms[i] = s.Room
						}
					}
				}
				if rooms[0] == 0 || rooms[0] != rooms[1] {
					t.Fatalf("the child is in room %d, whoever was chosen in room %d", rooms[0], rooms[1])
				}
			})
		})
	}
}

// TestAnAdultGoesAlong: a child who is a case is fetched by nobody alone. Their mother, a contact, chooses to go along: one vehicle, one room; by that she is in quarantine, and she leaves with the child.
func TestAnAdultGoesAlong(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		child := n.confirmed("K1", 900, 8)
		m, err := n.commands.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: "M1", Case: child.CaseOf, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "370101"}})
		n.must(err)
		n.lives(m.Person, 900, 40)
		stranger := n.confirmed("K2", 901, 40)

		p := n.plan()
		if len(p.Orders.Unserved) != 1 || p.Orders.Unserved[0].Party != child.Party || p.Orders.Unserved[0].Short != "guardian" {
			t.Fatalf("not fetched are %+v, want the child, for want of an adult", p.Orders.Unserved)
		}
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			o, err := r.Outbreak(n.outbreak)
			if err != nil {
				return err
			}
			b, err := transferplan.ReadBoard(r, o, store.Everywhere(), n.now)
			if !b.Alone[child.ID] || len(b.Alone) != 1 {
				t.Errorf("alone are %v, want the child", b.Alone)
			}
			return err
		}))
		if list := n.adults(child); len(list) != 1 || list[0].Person != m.Person || list[0].Not != "" || list[0].Age != 40 {
			t.Fatalf("the adults are %+v", list)
		}
		for name, in := range map[string]command.Accompany{
			"not asked":        {Transfer: child.ID, Person: m.Person},
			"of another house": {Transfer: child.ID, Person: stranger.Person, Agreed: true},
			"with an adult":    {Transfer: stranger.ID, Person: m.Person, Agreed: true},
		} {
			var wrong *command.Invalid
			if _, err := n.commands.Accompany(ctx, by, in); !errors.As(err, &wrong) {
				t.Errorf("%s: %v, want it refused", name, err)
			}
		}
		along, err := n.commands.Accompany(ctx, by, command.Accompany{Transfer: child.ID, Person: m.Person, Agreed: true})
		n.must(err)
		if !along.Companion || along.Party != child.Party || along.Class != facility.Case || !along.Deadline.Equal(child.Deadline) {
			t.Fatalf("whoever goes along has %+v", along)
		}
		if q := n.requestOf(m.Person); q.ID != along.ID {
			t.Fatalf("the mother is still moved by request %d of a %s", q.ID, q.Class)
		}
		if p = n.plan(); len(p.Orders.Unserved) != 0 {
			t.Fatalf("not fetched are %+v", p.Orders.Unserved)
		}
		n.drive()
		in := func(p person.ID) (s facility.Stay) {
			for _, x := range n.staysOf(p) {
				if x.State == facility.In {
					s = x
				}
			}
			return s
		}
		a, b := in(child.Person), in(m.Person)
		if a.Facility != n.sites["I1"].ID || b.Facility != a.Facility || b.Room != a.Room || b.Bed == a.Bed || !b.Companion || a.Companion {
			t.Fatalf("the child has bed %d of room %d, the mother bed %d of room %d", a.Bed, a.Room, b.Bed, b.Room)
		}
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			c, err := r.Contact(m.ID)
			if !c.QuarantineAt.Equal(b.InAt) {
				t.Errorf("the mother's quarantine began at %v, want when she came: %v", c.QuarantineAt, b.InAt)
			}
			return err
		}))
		if q := n.requestOf(m.Person); q.ID != 0 {
			t.Errorf("the mother is to be moved again: %+v", q)
		}
		n.now = n.now.Add(time.Hour)
		_, err = n.commands.CheckOut(ctx, by, command.CheckOut{Stays: []facility.StayID{a.ID}, Leaving: facility.LeftMoved})
		n.must(err)
		if s := in(m.Person); s.ID != 0 {
			t.Errorf("the child has left, and the mother is still there: %+v", s)
		}
	})
}

// TestWhoGoesAlongMayThinkBetter: who does not go along any more is moved for their own sake.
func TestWhoGoesAlongMayThinkBetter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		child := n.confirmed("K1", 900, 8)
		m, err := n.commands.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: "M1", Case: child.CaseOf, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "370101"}})
		n.must(err)
		n.lives(m.Person, 900, 40)
		along, err := n.commands.Accompany(ctx, by, command.Accompany{Transfer: child.ID, Person: m.Person, Agreed: true})
		n.must(err)
		_, err = n.commands.CancelTransfer(ctx, by, along.ID, 0, "works tomorrow")
		n.must(err)
		if q := n.requestOf(m.Person); q.Class != facility.Contact || q.Companion || q.Purpose != transfer.ToQuarantine {
			t.Errorf("the mother is moved by %+v, want as a contact", q)
		}
		if q := n.requestOf(child.Person); q.State != transfer.Open {
			t.Errorf("the child's request is %s", q.State)
		}
	})
}

// TestAChildComesToItsMother: an adult of theirs is in a room with a free bed; a child who is listed later is brought there.
func TestAChildComesToItsMother(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		mother := n.confirmed("K1", 900, 40)
		n.plan()
		n.drive()
		child := n.confirmed("K2", 900, 8)
		if p := n.plan(); len(p.Orders.Unserved) != 0 {
			t.Fatalf("not fetched are %+v", p.Orders.Unserved)
		}
		n.drive()
		a, b := n.staysOf(mother.Person), n.staysOf(child.Person)
		if len(a) == 0 || len(b) == 0 || b[len(b)-1].State != facility.In || b[len(b)-1].Room != a[len(a)-1].Room {
			t.Errorf("the mother is in %+v, the child in %+v", a, b)
		}
	})
}

// TestAChildIsAloneWhereNoBedIsFreeBesideItsMother: the room in which the mother is kept is full, so that the child cannot come to her, and another adult has to be asked.
func TestAChildIsAloneWhereNoBedIsFreeBesideItsMother(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		n.confirmed("K1", 900, 40)
		n.plan()
		n.drive()
		first := n.confirmed("K2", 900, 8)
		if n.alone()[first.ID] {
			t.Error("the first child is alone, and a bed is free beside its mother")
		}
		n.plan()
		n.drive()
		second := n.confirmed("K3", 900, 5)
		if p := n.plan(); len(p.Orders.Unserved) != 1 || p.Orders.Unserved[0].Party != second.Party {
			t.Fatalf("not fetched are %+v, want the second child", p.Orders.Unserved)
		}
		if !n.alone()[second.ID] {
			t.Error("the second child is not alone, and no bed is free beside its mother")
		}
	})
}

// TestAChildIsAloneWhoseMotherIsWithAnother: their mother went along with a child of another family, which had chosen her. Her own child cannot come to a room that is the other
// family's, free beds or not: another adult has to be asked.
func TestAChildIsAloneWhoseMotherIsWithAnother(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		n.must(n.db.Update(ctx, func(tx *store.Tx) error {
			rooms, err := tx.RoomsOf([]facility.ID{n.sites["I1"].ID})
			for _, m := range rooms[n.sites["I1"].ID] {
				if m.Beds = 4; err == nil {
					err = tx.UpdateRoom(&m)
				}
			}
			return err
		}))
		first := n.confirmed("K1", 900, 3)
		m, err := n.commands.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: "M1", Case: first.CaseOf, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "370101"}})
		n.must(err)
		n.lives(m.Person, 901, 30)
		_, err = n.commands.Accompany(ctx, by, command.Accompany{Transfer: first.ID, Person: m.Person, Agreed: true, ChosenBy: "mother, by phone"})
		n.must(err)
		n.plan()
		n.drive()
		own := n.confirmed("K2", 901, 4)
		if p := n.plan(); len(p.Orders.Unserved) != 1 || p.Orders.Unserved[0].Party != own.Party {
			t.Fatalf("not fetched are %+v, want her own child", p.Orders.Unserved)
		}
		if !n.alone()[own.ID] {
			t.Error("her own child is not alone, and she is with another family's")
		}
	})
}

func (n *town) alone() (out map[transfer.RequestID]bool) {
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) error {
		o, err := r.Outbreak(n.outbreak)
		if err != nil {
			return err
		}
		b, err := transferplan.ReadBoard(r, o, store.Everywhere(), n.now)
		out = b.Alone
		return err
	}))
	return out
}
