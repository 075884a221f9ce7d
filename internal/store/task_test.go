package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

var taskNoon = time.Date(2022, 3, 4, 12, 0, 0, 0, time.UTC)

// city writes a tree of one city with the given numbers of districts, streets in each and communities in each of those, and returns it.
func city(t testing.TB, db *store.DB, districts, streets, communities int) *place.Tree {
	t.Helper()
	var list []place.NewJurisdiction
	add := func(code, parent string, level place.Level) {
		list = append(list, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: code, Name: code, Level: level}, ParentCode: parent})
	}
	add("1", "", place.City)
	for d := range districts {
		dc := fmt.Sprintf("1%02d", d)
		add(dc, "1", place.District)
		for s := range streets {
			sc := fmt.Sprintf("%s%03d", dc, s)
			add(sc, dc, place.Street)
			for c := range communities {
				add(fmt.Sprintf("%s%03d", sc, c), sc, place.Community)
			}
		}
	}
	update(t, db, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(list, nil, 1)
		return err
	})
	tree, err := db.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func update(t testing.TB, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, db *store.DB, fn func(*store.Reader) error) {
	t.Helper()
	if err := db.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// newTask is an open task as task.Reconcile gives it.
func newTask(subject int64, kind task.Kind, tree *place.Tree, area place.AreaID, due time.Time) task.Task {
	return task.Task{
		Subject: task.Subject{Kind: task.OnContact, ID: subject}, Key: task.Key{Kind: kind}, State: task.Open, Owner: task.FollowUpOfficer, Area: area, District: tree.District(area),
		Due: due, OpenedAt: taskNoon, Because: task.Because{Fact: task.FactRef{Seq: 1}, Rule: "contact_listed", Clause: "clocks.reach", Pack: "covid19/2022-v9@1"},
	}
}

func clockAt(now *time.Time) func(*store.Options) {
	return func(o *store.Options) { o.Now = func() time.Time { return *now } }
}

func TestTaskLife(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		now := taskNoon
		db := open(clockAt(&now))
		tree := city(t, db, 2, 2, 2)
		area, _ := tree.ByCode("100001001")
		const o = outbreak.ID(7)
		subject := task.Subject{Kind: task.OnContact, ID: 42}
		read := func() (list []task.Task) {
			view(t, db, func(r *store.Reader) (err error) {
				list, err = r.TasksOf(subject)
				return err
			})
			return list
		}
		apply := func(c ...task.Change) error {
			return db.Update(t.Context(), func(tx *store.Tx) error { return tx.ApplyTaskChanges(o, c) })
		}
		late := func(at time.Time) (list []task.Task) {
			view(t, db, func(r *store.Reader) (err error) {
				list, err = r.LateToClimb(at, 10)
				return err
			})
			return list
		}
		due := taskNoon.Add(2 * time.Hour)
		if err := apply(task.Change{Kind: task.OpenNew, Task: newTask(42, task.ReachContact, tree, area.ID, due.Add(300*time.Nanosecond))},
			task.Change{Kind: task.OpenNew, Task: newTask(42, task.QuarantineContact, tree, area.ID, due)}); err != nil {
			t.Fatal(err)
		}
		got := read()
		want := newTask(42, task.ReachContact, tree, area.ID, due)
		want.ID, want.Outbreak, want.Version = 1, o, 1
		if len(got) != 2 || got[0] != want {
			t.Fatalf("got %+v\nwant %+v first of 2", got, want)
		}
		first, second := got[0], got[1]
		if err := apply(task.Change{Kind: task.OpenNew, Task: newTask(42, task.ReachContact, tree, area.ID, due)}); err == nil {
			t.Error("the same task of the same subject was opened twice")
		}

		if l := late(due.Add(-time.Microsecond)); len(l) != 0 {
			t.Errorf("before the deadline %d tasks climb, want 0", len(l))
		}
		if l := late(due); len(l) != 2 || l[0].ID != first.ID {
			t.Errorf("at the deadline %+v climb, want both", l)
		}
		up := first
		up.Level = 1
		update(t, db, func(tx *store.Tx) error { return tx.Climb(up, due.Add(6*time.Hour)) })
		if l := late(due.Add(5 * time.Hour)); len(l) != 1 || l[0].ID != second.ID {
			t.Errorf("after the climb %+v climb, want the second only", l)
		}
		if l := late(due.Add(6 * time.Hour)); len(l) != 2 || l[1].Level != 1 || l[1].Version != 2 {
			t.Errorf("six hours on %+v climb, want the first again, from level 1", l)
		}

		// The first was read before it climbed: its change must not be lost under another.
		ended := first
		ended.State, ended.EndedAt, ended.EndedBy = task.Done, due.Add(time.Minute), task.FactRef{Seq: 9, Row: 3}
		err := apply(task.Change{Kind: task.Finish, Task: ended})
		var conflict *store.Conflict
		if !errors.As(err, &conflict) || *conflict != (store.Conflict{Noun: "task", ID: int64(first.ID), Have: 2, Want: 1}) {
			t.Errorf("finishing an old version: %v, want a conflict of version 1 with 2", err)
		}
		ended.Version, ended.Level = 2, 1
		if err := apply(task.Change{Kind: task.Finish, Task: ended}); err != nil {
			t.Fatal(err)
		}
		ended.Version = 3
		if got := read()[0]; got != ended {
			t.Errorf("after finishing\ngot  %+v\nwant %+v", got, ended)
		}
		again := ended
		again.State, again.EndedAt, again.EndedBy = task.Open, time.Time{}, task.FactRef{}
		if err := apply(task.Change{Kind: task.Amend, Task: again}); !errors.Is(err, task.ErrState) {
			t.Errorf("done to open: %v, want ErrState", err)
		}

		waive := func(id task.ID, version int64, reason string) error {
			return db.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.WaiveTask(id, version, reason, task.FactRef{Seq: 11})
				return err
			})
		}
		if err := waive(second.ID, 1, "  "); !errors.Is(err, store.ErrNoReason) {
			t.Errorf("waive without a reason: %v", err)
		}
		if err := waive(second.ID, 2, "left the country"); !errors.As(err, &conflict) {
			t.Errorf("waive on a wrong version: %v, want a conflict", err)
		}
		if err := waive(99, 1, "left the country"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("waive what is not there: %v", err)
		}
		if err := waive(second.ID, 1, "left the country"); err != nil {
			t.Fatal(err)
		}
		if err := waive(second.ID, 2, "left the country"); !errors.Is(err, task.ErrState) {
			t.Errorf("waive twice: %v, want ErrState", err)
		}
		if got := read()[1]; got.State != task.Waived || got.EndReason != "left the country" || !got.EndedAt.Equal(taskNoon) || got.EndedBy.Seq != 11 || got.Version != 2 {
			t.Errorf("waived task is %+v", got)
		}
		if l := late(due.Add(1000 * time.Hour)); len(l) != 0 {
			t.Errorf("ended tasks climb: %+v", l)
		}

		view(t, db, func(r *store.Reader) error {
			other, _ := tree.ByCode("101")
			if _, err := r.Task(first.ID, store.Within{Scope: auth.Scope{Roots: []place.AreaID{other.ID}}}); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another district reads the task: %v", err)
			}
			got, err := r.Task(first.ID, store.Within{Scope: auth.Scope{Roots: []place.AreaID{area.Parent}}})
			if err != nil || got != ended {
				t.Errorf("its street reads %+v, %v", got, err)
			}
			return nil
		})
	})
}
