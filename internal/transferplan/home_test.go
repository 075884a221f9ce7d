package transferplan_test

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
)

// recovered says that a case has recovered, so that it may be let go.
func (n *town) recovered(id cases.ID) {
	n.correct(id, map[string]string{"outcome": "recovered", "outcome_on": "2022-03-10"})
}

func (n *town) correct(id cases.ID, fields map[string]string) {
	var c cases.Case
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) (err error) { c, err = r.Case(id); return err }))
	_, err := n.commands.CorrectCase(n.t.Context(), by, command.CorrectCase{Case: id, Version: c.Version, Fields: fields})
	n.must(err)
}

func (n *town) tasksOf(s task.Subject) (out []task.Task) {
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) (err error) { out, err = r.TasksOf(s); return err }))
	return out
}

func (n *town) taskOf(s task.Subject, k task.Kind) (out task.Task) {
	for _, t := range n.tasksOf(s) {
		if t.Kind == k {
			out = t
		}
	}
	return out
}

// positive takes a specimen of somebody, which is positive.
func (n *town) positive(of task.Subject) {
	s, err := n.commands.TakeSpecimen(n.t.Context(), by, command.TakeSpecimen{Of: of, Code: "S1"})
	n.must(err)
	_, err = n.commands.ReportResult(n.t.Context(), by, command.ReportResult{Specimen: s.ID, Result: "positive"})
	n.must(err)
}

// TestGoingHome: whoever is let go is brought home by the clock unless they go by themselves, rides with nobody who is a case or a contact, and is waited for by nobody who does not want to be.
func TestGoingHome(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		pair := n.household(facility.Case, 2)
		lone := n.household(facility.Case, 1)[0]
		n.plan()
		n.drive()
		in := func(q transfer.Request) facility.Stay {
			list := n.staysOf(q.Person)
			return list[len(list)-1]
		}
		for _, q := range append(pair, lone) {
			n.recovered(q.CaseOf)
		}
		for name, wrong := range map[string]command.CheckOut{
			"a way that is none":      {Leaving: facility.LeftRelease, Going: command.Going{WayHome: "aeroplane"}},
			"of who is not let go":    {Leaving: facility.LeftMoved, Going: command.Going{WayHome: "own"}},
			"taken by, and a vehicle": {Leaving: facility.LeftRelease, Going: command.Going{WayHome: "transport", TakenBy: "family"}},
		} {
			wrong.Stays = []facility.StayID{in(lone).ID}
			var bad *command.Invalid
			if _, err := n.commands.CheckOut(ctx, by, wrong); !errors.As(err, &bad) {
				t.Errorf("%s: %v, want it refused", name, err)
			}
		}
		_, err := n.commands.SetWayHome(ctx, by, command.SetWayHome{Stays: []facility.StayID{in(lone).ID}, Going: command.Going{WayHome: "own", TakenBy: "family"}})
		n.must(err)
		left, err := n.commands.CheckOut(ctx, by, command.CheckOut{Stays: []facility.StayID{in(pair[0]).ID, in(pair[1]).ID, in(lone).ID}, Leaving: facility.LeftRelease})
		n.must(err)
		if left[0].WayHome != facility.WayTransport || left[2].WayHome != facility.WayOwn || left[2].TakenBy != "family" {
			t.Errorf("the ways home are %q, %q by %q", left[0].WayHome, left[2].WayHome, left[2].TakenBy)
		}
		if q := n.requestOf(lone.Person); q.ID != 0 {
			t.Errorf("who goes by themselves is to be fetched: %+v", q)
		}
		a, b := n.requestOf(pair[0].Person), n.requestOf(pair[1].Person)
		if a.Purpose != transfer.ToHome || !a.Released || a.Rides() != transfer.Released || a.Party != b.Party || a.From != n.sites["I1"].ID || !a.Deadline.Equal(n.now.Add(6*time.Hour)) {
			t.Fatalf("the way home is %+v", a)
		}
		if k := n.taskOf(a.Task, task.BringHome); k.State != task.Open || k.Owner != task.TransferDesk || k.Due != a.Deadline || k.Kind.Duty() == task.Moved {
			t.Errorf("the task of the way home is %+v", k)
		}
		n.household(facility.Contact, 2)
		p := n.plan()
		if len(p.Orders.Unserved) != 0 {
			t.Fatalf("not fetched are %+v", p.Orders.Unserved)
		}
		home := 0
		for _, x := range n.trips() {
			if x.Class != transfer.Released {
				continue
			}
			home++
			if x.Facility != 0 || len(x.Stops) != 2 {
				t.Errorf("the trip home is %+v", x)
			}
		}
		if home != 1 {
			t.Fatalf("%d trips go home, want one for the household", home)
		}
		n.drive()
		if k := n.taskOf(a.Task, task.BringHome); k.State != task.Done {
			t.Errorf("the way home is %s after they came", k.State)
		}
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			list, err := r.Vehicles(n.outbreak, store.Everywhere())
			for _, v := range list {
				if v.Last == transfer.Released {
					t.Errorf("vehicle %s is to be disinfected after people who were released", v.Code)
				}
			}
			return err
		}))
	})
}

// TestNobodyIsHeldForAVehicle: whoever waits for one may go by themselves at any time, or ask for one after all; who is a contact again is moved as that.
func TestNobodyIsHeldForAVehicle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		q := n.household(facility.Case, 1)[0]
		n.plan()
		n.drive()
		n.recovered(q.CaseOf)
		stays := n.staysOf(q.Person)
		ids := []facility.StayID{stays[len(stays)-1].ID}
		_, err := n.commands.CheckOut(ctx, by, command.CheckOut{Stays: ids, Leaving: facility.LeftRelease})
		n.must(err)
		first := n.requestOf(q.Person)
		n.plan()
		_, err = n.commands.SetWayHome(ctx, by, command.SetWayHome{Stays: ids, Going: command.Going{WayHome: "own"}})
		n.must(err)
		if x := n.requestOf(q.Person); x.ID != 0 {
			t.Errorf("they went, and are to be fetched: %+v", x)
		}
		if k := n.taskOf(first.Task, task.BringHome); k.State != task.Void {
			t.Errorf("their way home is %s", k.State)
		}
		n.now = n.now.Add(time.Hour)
		_, err = n.commands.SetWayHome(ctx, by, command.SetWayHome{Stays: ids, Going: command.Going{WayHome: "transport"}})
		n.must(err)
		again := n.requestOf(q.Person)
		if again.ID == first.ID || !again.Deadline.Equal(n.now.Add(6*time.Hour)) {
			t.Errorf("asked for after all: %+v", again)
		}
		// They turn out to be a contact of somebody else: the order on them comes first.
		index, err := n.commands.AddCase(ctx, by, command.AddCase{Outbreak: "o", Code: "X1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-09"}})
		n.must(err)
		_, err = n.commands.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: "X1C", Case: index.ID, Person: command.PersonFields{ID: q.Person}, Fields: map[string]string{"last_exposed": "2022-03-10", "area": "370101"}})
		n.must(err)
		if x := n.requestOf(q.Person); x.Purpose != transfer.ToQuarantine || x.Released {
			t.Errorf("a contact who waits for a vehicle home is moved by %+v", x)
		}
		if k := n.taskOf(again.Task, task.BringHome); k.State != task.Void {
			t.Errorf("their way home is %s", k.State)
		}
	})
}

// TestACompanionBecomesACase: a mother who is with her child at a site for cases is positive. She stays there as a case of her own: she is moved nowhere, and does not leave with the child.
func TestACompanionBecomesACase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		child := n.confirmed("K1", 900, 8)
		m, err := n.commands.ListContact(ctx, by, command.ListContact{Outbreak: "o", Code: "M1", Case: child.CaseOf, Fields: map[string]string{"last_exposed": "2022-03-09", "area": "370101"}})
		n.must(err)
		n.lives(m.Person, 900, 40)
		_, err = n.commands.Accompany(ctx, by, command.Accompany{Transfer: child.ID, Person: m.Person, Agreed: true})
		n.must(err)
		n.plan()
		n.drive()
		n.now = n.now.Add(time.Hour)
		n.positive(task.Subject{Kind: task.OnContact, ID: int64(m.ID)})
		var sick cases.ID
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			c, err := r.Contact(m.ID)
			sick = c.BecameCase
			return err
		}))
		stays := n.staysOf(m.Person)
		mine := stays[len(stays)-1]
		if sick == 0 || mine.State != facility.In || mine.Companion || mine.CaseOf != sick || mine.Facility != n.sites["I1"].ID {
			t.Fatalf("the mother is case %d, and stays as %+v", sick, mine)
		}
		of := task.Subject{Kind: task.OnCase, ID: int64(sick)}
		n.correct(sick, map[string]string{"class": "confirmed", "onset": "2022-03-09"})
		if k := n.taskOf(of, task.MoveCase); k.State == task.Open || n.requestOf(m.Person).ID != 0 {
			t.Errorf("she is where cases are, and her move is %s", k.State)
		}
		if k := n.taskOf(of, task.AdmitCase); k.State != task.Open {
			t.Errorf("nobody knows how ill she is, and admitting her is %q", k.State)
		}
		_, err = n.commands.RecordSeverity(ctx, by, command.RecordSeverity{Case: sick, Severity: "mild"})
		n.must(err)
		if k := n.taskOf(of, task.AdmitCase); k.State != task.Void {
			t.Errorf("she is mildly ill at a site that is for such, and admitting her is %s", k.State)
		}
		n.recovered(child.CaseOf)
		stays = n.staysOf(child.Person)
		_, err = n.commands.CheckOut(ctx, by, command.CheckOut{Stays: []facility.StayID{stays[len(stays)-1].ID}, Leaving: facility.LeftRelease})
		n.must(err)
		stays = n.staysOf(m.Person)
		if s := stays[len(stays)-1]; s.State != facility.In {
			t.Errorf("the child was let go, and the mother, who is a case, is %s", s.State)
		}
	})
}

// TestACaseOnTheBus: a contact is positive while they are in the vehicle to quarantine. They are not taken in among contacts; they wait at that door, and a vehicle that takes cases is sent there.
func TestACaseOnTheBus(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		q := n.household(facility.Contact, 1)[0]
		n.plan()
		x := n.trips()[0]
		n.tell(command.TellTrip{Trip: x.ID, Party: q.Party, What: transfer.ToldIn, Gave: "door", Took: "crew"})
		n.now = n.now.Add(5 * time.Minute)
		n.positive(task.Subject{Kind: task.OnContact, ID: int64(q.ContactOf)})
		if now := n.requestOf(q.Person); now.ID != q.ID || now.State != transfer.Aboard {
			t.Fatalf("who is in a vehicle is brought somewhere: their request is %+v", now)
		}
		n.tell(command.TellTrip{Trip: x.ID, What: transfer.ToldOff, Gave: "crew", Took: "site"})
		for _, s := range n.staysOf(q.Person) {
			if s.State == facility.In {
				t.Errorf("a case was taken in among contacts: %+v", s)
			}
		}
		moved := n.requestOf(q.Person)
		if moved.Class != facility.Case || moved.State != transfer.Open || moved.From != x.Facility || moved.Purpose != transfer.ToIsolation {
			t.Fatalf("who waits at the door is moved by %+v", moved)
		}
		p := n.plan()
		if len(p.Orders.Unserved) != 0 {
			t.Fatalf("not fetched are %+v", p.Orders.Unserved)
		}
		n.drive()
		stays := n.staysOf(q.Person)
		if s := stays[len(stays)-1]; s.State != facility.In || s.Class != facility.Case || s.Facility != n.sites["I1"].ID {
			t.Errorf("in the end they are %+v", s)
		}
	})
}
