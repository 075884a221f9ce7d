package transferplan_test

import (
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// met lists a close contact of a case, of a household and an age that are on record before they are moved.
func (n *town) met(code string, of cases.ID, house person.HouseholdID, age person.Age) contact.Contact {
	n.t.Helper()
	p := n.stranger(house, age)
	k, err := n.commands.ListContact(n.t.Context(), by, command.ListContact{Outbreak: "o", Code: code, Case: of, Person: command.PersonFields{ID: p}, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "370101"}})
	n.must(err)
	return k.Contact
}

func (n *town) contact(id contact.ID) (out contact.Contact) {
	n.t.Helper()
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) (err error) {
		out, err = r.Contact(id)
		return err
	}))
	return out
}

// isIn is the stay of somebody who is somewhere.
func (n *town) isIn(p person.ID) (s facility.Stay) {
	n.t.Helper()
	for _, x := range n.staysOf(p) {
		if x.State == facility.In {
			s = x
		}
	}
	return s
}

// stranger adds somebody whom nothing concerns.
func (n *town) stranger(house person.HouseholdID, age person.Age) person.ID {
	n.t.Helper()
	area, _ := n.tree.ByCode("370101")
	list := []person.Person{{Household: house, Age: age, Sex: person.Female, Area: area.ID, District: n.tree.District(area.ID)}}
	n.must(n.db.Update(n.t.Context(), func(tx *store.Tx) error { return tx.AddPeople(list) }))
	return list[0].ID
}

// brought has a child in quarantine with whoever goes along, and returns the stays of both.
func (n *town) brought(child contact.Contact, along person.ID) (a, b facility.Stay) {
	n.t.Helper()
	q := n.requestOf(child.Person)
	if _, err := n.commands.Accompany(n.t.Context(), by, command.Accompany{Transfer: q.ID, Person: along, Agreed: true}); err != nil {
		n.t.Fatal(err)
	}
	if p := n.plan(); len(p.Orders.Unserved) != 0 {
		n.t.Fatalf("not fetched are %+v", p.Orders.Unserved)
	}
	n.drive()
	a, b = n.isIn(child.Person), n.isIn(along)
	if a.ID == 0 || a.Class != facility.Contact || !b.Companion || b.Room != a.Room {
		n.t.Fatalf("the child is in %+v, whoever goes along in %+v", a, b)
	}
	return a, b
}

func (n *town) index() cases.Case {
	n.t.Helper()
	c, err := n.commands.AddCase(n.t.Context(), by, command.AddCase{Outbreak: "o", Code: "I", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "isolated_at": "2022-03-09T12:00:00+08:00"}})
	n.must(err)
	return c.Case
}

// leave has somebody leave in some way.
func (n *town) leave(s facility.Stay, why facility.Leaving) {
	n.t.Helper()
	n.now = n.now.Add(time.Hour)
	_, err := n.commands.CheckOut(n.t.Context(), by, command.CheckOut{Stays: []facility.StayID{s.ID}, Leaving: why, Reason: "told by the desk"})
	n.must(err)
}

func personOf(p person.ID) task.Subject { return task.Subject{Kind: task.OnPerson, ID: int64(p)} }

// TestWhoStaysBehindIsLetGo: the child is taken to a hospital. Their grandmother, whom nothing restricts, is left at the site: it is somebody's task to let her go, by the pack's clock, until she has left. While the child was there nobody was asked
// to.
func TestWhoStaysBehindIsLetGo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		child := n.met("K1", n.index().ID, 900, 5)
		grandmother := n.stranger(900, 66)
		a, b := n.brought(child, grandmother)
		if list := n.tasksOf(personOf(grandmother)); len(list) != 0 {
			t.Fatalf("while the child is there: %+v", list)
		}
		n.leave(a, facility.LeftWithout)
		got := n.taskOf(personOf(grandmother), task.CheckOut)
		if got.State != task.Open || got.Owner != task.QuarantineManager || !got.Due.After(n.now) || got.Area != b.Area {
			t.Fatalf("to let her go: %+v", got)
		}
		if s := n.isIn(grandmother); s.ID != b.ID || !s.Companion {
			t.Errorf("she is in %+v", s)
		}
		n.leave(b, facility.LeftRelease)
		if got = n.taskOf(personOf(grandmother), task.CheckOut); got.State != task.Done || !got.EndedAt.Equal(n.now) {
			t.Errorf("she has left: %+v", got)
		}
	})
}

// TestWhoIsBroughtOnWithTheChild: a child in quarantine becomes a case and is brought to an isolation site, or isolated at home. With the grandmother in the same vehicle nobody is asked to let her go; left behind, somebody is.
func TestWhoIsBroughtOnWithTheChild(t *testing.T) {
	t.Parallel()
	for name, along := range map[string]bool{"along": true, "left behind": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, open storetest.Open) {
				n := newTown(t, open)
				ctx := t.Context()
				child := n.met("K1", n.index().ID, 900, 5)
				grandmother := n.stranger(900, 66)
				_, b := n.brought(child, grandmother)
				n.positive(task.Subject{Kind: task.OnContact, ID: int64(child.ID)})
				became := n.contact(child.ID).BecameCase
				if became == 0 {
					t.Fatal("the child is no case")
				}
				if along {
					q := n.requestOf(child.Person)
					_, err := n.commands.Accompany(ctx, by, command.Accompany{Transfer: q.ID, Person: grandmother, Agreed: true})
					n.must(err)
					if p := n.plan(); len(p.Orders.Unserved) != 0 {
						t.Fatalf("not fetched are %+v", p.Orders.Unserved)
					}
					n.drive()
					c, s := n.isIn(child.Person), n.isIn(grandmother)
					if c.Facility != n.sites["I1"].ID || s.Facility != c.Facility || s.Room != c.Room || !s.Companion || s.CaseOf != became {
						t.Fatalf("the child is in %+v, she in %+v", c, s)
					}
					if list := n.tasksOf(personOf(grandmother)); len(list) != 0 {
						t.Errorf("of her is asked %+v", list)
					}
					return
				}
				_, err := n.commands.StartHomeStay(ctx, by, command.StartHomeStay{Outbreak: "o", Guests: []command.Guest{{Case: became}}})
				n.must(err)
				if c := n.isIn(child.Person); !c.AtHome() {
					t.Fatalf("the child is in %+v", c)
				}
				if got := n.taskOf(personOf(grandmother), task.CheckOut); got.State != task.Open {
					t.Errorf("to let her go: %+v", got)
				}
				if s := n.isIn(grandmother); s.ID != b.ID {
					t.Errorf("she is in %+v", s)
				}
			})
		})
	}
}

// TestAContactGoesOnInQuarantine: a mother who is a contact too stays on in quarantine of her own when her child goes, however it goes; listed while she was with her child, she is in quarantine from then on and moved nowhere else.
func TestAContactGoesOnInQuarantine(t *testing.T) {
	t.Parallel()
	for name, listed := range map[string]bool{"known before": true, "listed there": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, open storetest.Open) {
				n := newTown(t, open)
				ctx := t.Context()
				index := n.index().ID
				child := n.met("K1", index, 900, 5)
				var mother person.ID
				var k contact.ID
				if listed {
					m := n.met("M1", index, 900, 36)
					mother, k = m.Person, m.ID
				} else {
					mother = n.stranger(900, 36)
				}
				a, b := n.brought(child, mother)
				if !listed {
					m, err := n.commands.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: "M1", Case: index, Person: command.PersonFields{ID: mother}, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "370101"}})
					n.must(err)
					k = m.ID
					if s := n.isIn(mother); s.ID != b.ID || s.Companion || s.ContactOf != k {
						t.Fatalf("listed, she is in %+v", s)
					}
					if q := n.requestOf(mother); q.ID != 0 {
						t.Errorf("she is to be moved: %+v", q)
					}
				}
				n.leave(a, facility.LeftMoved)
				s := n.isIn(mother)
				if s.ID != b.ID || s.Companion || s.ContactOf != k || s.CaseOf != 0 {
					t.Fatalf("she is in %+v", s)
				}
				if list := n.tasksOf(personOf(mother)); len(list) != 0 {
					t.Errorf("she is asked to leave: %+v", list)
				}
				if c := n.contact(k); c.QuarantineAt.IsZero() || c.State != contact.Followed {
					t.Errorf("the contact is %+v", c)
				}
				if q := n.requestOf(mother); q.ID != 0 {
					t.Errorf("she is to be moved: %+v", q)
				}
				if _, err := n.commands.CheckOut(ctx, by, command.CheckOut{Stays: []facility.StayID{s.ID}, Leaving: facility.LeftRelease}); err == nil {
					t.Error("she is released before her follow-up is over")
				}
			})
		})
	}
}

// TestOneStaysForTheOtherChild: of two children in a room one leaves; the grandmother who came with both stays for the other.
func TestOneStaysForTheOtherChild(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		index := n.index().ID
		child := n.met("K1", index, 900, 5)
		grandmother := n.stranger(900, 66)
		a, b := n.brought(child, grandmother)
		// Their room has two beds: the other child comes into one with three.
		_, err := n.commands.AddRooms(ctx, by, command.AddRooms{Facility: a.Facility, Rooms: []command.RoomFields{{Code: "900", Beds: 3, Use: facility.Private}}})
		n.must(err)
		_, err = n.commands.MoveRoom(ctx, by, command.MoveRoom{Stays: []facility.StayID{a.ID}, Room: "900"})
		n.must(err)
		if s := n.isIn(grandmother); s.Room == b.Room || s.Room != n.isIn(child.Person).Room {
			t.Fatalf("the child is in another room, and she in %+v", s)
		}
		sibling := n.met("K2", index, 900, 7)
		site := ""
		for code, f := range n.sites {
			if f.ID == a.Facility {
				site = code
			}
		}
		_, err = n.commands.WalkIn(ctx, by, command.WalkIn{BookStays: command.BookStays{Outbreak: "o", Facility: site, Guests: []command.Guest{{Contact: sibling.ID, Room: "900"}}, Together: true}})
		n.must(err)
		n.leave(a, facility.LeftMoved)
		if s := n.isIn(grandmother); s.ID != b.ID || !s.Companion || s.ContactOf != sibling.ID {
			t.Fatalf("she is in %+v", s)
		}
		if list := n.tasksOf(personOf(grandmother)); len(list) != 0 {
			t.Errorf("she is asked to leave: %+v", list)
		}
		n.leave(n.isIn(sibling.Person), facility.LeftDied)
		if got := n.taskOf(personOf(grandmother), task.CheckOut); got.State != task.Open {
			t.Errorf("to let her go: %+v", got)
		}
	})
}
