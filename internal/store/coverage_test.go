package store_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/auth"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// contextTB is what *testing.T and *rapid.T have in common here.
type contextTB interface {
	Helper()
	Fatal(...any)
	Context() context.Context
}

// ledger is a task ledger filled at random, and what is known of it without asking the store for counts or lists.
type ledger struct {
	o           outbreak.ID
	tree        *place.Tree
	all         []task.Task
	first, next int64 // subjects
}

var owners = []task.Role{task.Investigator, task.FollowUpOfficer, task.Hospital}

// anywhere draws an area, now and then none or one that no tree holds.
func anywhere(t *rapid.T, tree *place.Tree) place.AreaID {
	if rapid.IntRange(0, 19).Draw(t, "unknown area") == 0 {
		return rapid.SampledFrom([]place.AreaID{0, 99_999}).Draw(t, "unknown")
	}
	return rapid.SampledFrom(tree.All()).Draw(t, "area").ID
}

func anyTime(t *rapid.T, label string) time.Time {
	// A few hours in minutes, so that hours are shared and cut; and now and then far away.
	d := time.Duration(rapid.IntRange(-300, 300).Draw(t, label)) * time.Minute
	if rapid.IntRange(0, 9).Draw(t, label+" far") == 0 {
		d *= 100
	}
	return taskNoon.Add(d)
}

// step makes one random change of the ledger, or of a few tasks at once.
func (l *ledger) step(t *rapid.T, db *store.DB) {
	var changes []task.Change
	touched := map[task.ID]bool{}
	for range rapid.IntRange(1, 6).Draw(t, "changes") {
		if len(l.all) == 0 || rapid.Bool().Draw(t, "new") {
			n := newTask(l.next, rapid.SampledFrom(task.Kinds()).Draw(t, "kind"), l.tree, anywhere(t, l.tree), anyTime(t, "due"))
			l.next++
			n.Owner = rapid.SampledFrom(owners).Draw(t, "owner")
			if rapid.Bool().Draw(t, "not before") {
				n.NotBefore = anyTime(t, "from")
			}
			if rapid.IntRange(0, 3).Draw(t, "done at once") == 0 {
				n.State, n.EndedAt = task.Done, anyTime(t, "ended")
			}
			changes = append(changes, task.Change{Kind: task.OpenNew, Task: n})
			continue
		}
		c := rapid.SampledFrom(l.all).Draw(t, "task")
		if touched[c.ID] {
			continue
		}
		touched[c.ID] = true
		to := rapid.SampledFrom([]task.State{task.Open, task.Done, task.Waived, task.Void}).Draw(t, "to")
		if _, err := c.State.Move(to); err != nil {
			continue
		}
		if to != c.State {
			c.EndedAt = time.Time{}
			if to != task.Open {
				c.EndedAt = anyTime(t, "ended")
			}
		}
		c.State = to
		if rapid.Bool().Draw(t, "moves") {
			c.Due, c.Area, c.Owner = anyTime(t, "due"), anywhere(t, l.tree), rapid.SampledFrom(owners).Draw(t, "owner")
		}
		changes = append(changes, task.Change{Kind: task.Amend, Task: c})
	}
	mustUpdate(t, db, func(tx *store.Tx) error { return tx.ApplyTaskChanges(l.o, changes) })
	l.read(t, db)
}

// read takes the tasks from the table subject by subject, which no list and no counter has a part in.
func (l *ledger) read(t contextTB, db *store.DB) {
	l.all = nil
	err := db.View(t.Context(), func(r *store.Reader) error {
		for id := l.first; id < l.next; id++ {
			list, err := r.TasksOf(task.Subject{Kind: task.OnContact, ID: id})
			if err != nil {
				return err
			}
			l.all = append(l.all, list...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func mustUpdate(t contextTB, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// sees says by the definition whether a bound holds an area: below a root of the scope and below the area asked for; everything, unknown areas
// included, when every root of the tree is held and no narrower area was asked for.
func sees(tree *place.Tree, w store.Within, a place.AreaID) bool {
	below := func(root place.AreaID) bool {
		return tree.Contains(root, a) && (w.Area == 0 || tree.Contains(w.Area, a))
	}
	whole := true
	for _, root := range tree.Roots() {
		whole = whole && slices.ContainsFunc(w.Scope.Roots, func(s place.AreaID) bool { return s == root }) && (w.Area == 0 || len(tree.Roots()) == 1 && w.Area == root)
	}
	return whole || slices.ContainsFunc(w.Scope.Roots, below)
}

// bruteCoverage counts by going through all tasks.
func bruteCoverage(l *ledger, w store.Within, from, to, now time.Time) []store.Coverage {
	var out []store.Coverage
	for _, duty := range task.Duties() {
		c := store.Coverage{Duty: duty}
		var took []time.Duration
		for _, k := range l.all {
			if k.Kind.Duty() != duty || k.State == task.Void || !sees(l.tree, w, k.Area) || !from.IsZero() && k.Due.Before(from) || !to.IsZero() && !k.Due.Before(to) {
				continue
			}
			c.Due++
			switch k.State {
			case task.Open:
				c.Open++
				if k.Late(now) {
					c.Late++
					if c.OldestLate.IsZero() || k.Due.Before(c.OldestLate) {
						c.OldestLate = k.Due
					}
				}
			case task.Waived:
				c.Waived++
			case task.Done:
				c.Done++
				if k.Late(now) {
					c.DoneLate++
				}
				start := k.OpenedAt
				if k.NotBefore.After(start) {
					start = k.NotBefore
				}
				if !k.EndedAt.Before(start) {
					d := k.EndedAt.Sub(start).Truncate(time.Minute)
					if d >= 24*time.Hour {
						d = min(d.Truncate(time.Hour), 60*24*time.Hour) + 30*time.Minute
					}
					took = append(took, d)
				}
			case task.Void: // counts nowhere
			}
		}
		if c.Due == 0 {
			continue
		}
		if n := len(took); n > 0 {
			slices.Sort(took)
			c.Timed, c.MedianToDone = int64(n), (took[(n-1)/2]+took[n/2])/2
		}
		out = append(out, c)
	}
	return out
}

// bruteHolders counts who holds the late tasks of a duty, with areas told apart below the one root of the bound.
func bruteHolders(l *ledger, w store.Within, root place.AreaID, duty task.Duty, from, to, now time.Time) []store.Holder {
	type key struct {
		owner task.Role
		area  place.AreaID
	}
	held := map[key]store.Holder{}
	for _, k := range l.all {
		if k.Kind.Duty() != duty || k.State != task.Open || !k.Late(now) || !sees(l.tree, w, k.Area) || !from.IsZero() && k.Due.Before(from) || !to.IsZero() && !k.Due.Before(to) {
			continue
		}
		part := root
		for _, child := range l.tree.Children(root) {
			if l.tree.Contains(child.ID, k.Area) {
				part = child.ID
			}
		}
		h := held[key{k.Owner, part}]
		h.Owner, h.Area = k.Owner, part
		h.Late++
		if hour := k.Due.Truncate(time.Hour); h.OldestDue.IsZero() || hour.Before(h.OldestDue) {
			h.OldestDue = hour
		}
		held[key{k.Owner, part}] = h
	}
	var out []store.Holder
	for _, h := range held {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b store.Holder) int {
		return cmp.Or(-cmp.Compare(a.Late, b.Late), a.OldestDue.Compare(b.OldestDue), cmp.Compare(a.Area, b.Area), cmp.Compare(a.Owner, b.Owner))
	})
	return out
}

func (l *ledger) checkCoverage(t *rapid.T, db *store.DB) {
	root := rapid.SampledFrom(l.tree.All()).Draw(t, "root").ID
	w := store.Within{Scope: auth.Scope{Roots: []place.AreaID{root}}}
	if rapid.Bool().Draw(t, "two roots") {
		w.Scope.Roots = append(w.Scope.Roots, rapid.SampledFrom(l.tree.All()).Draw(t, "second root").ID)
	}
	now := anyTime(t, "now")
	var from, to time.Time
	if rapid.Bool().Draw(t, "bounded") {
		from, to = anyTime(t, "from"), anyTime(t, "to")
	}
	var got []store.Coverage
	err := db.View(t.Context(), func(r *store.Reader) (err error) {
		got, err = r.Coverage(l.o, w, from, to, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := bruteCoverage(l, w, from, to, now)
	for i := range got {
		if len(w.Scope.Roots) == 1 && i < len(want) {
			want[i].HeldBy = bruteHolders(l, w, root, got[i].Duty, from, to, now)
			continue
		}
		var held int64
		for _, h := range got[i].HeldBy {
			held += h.Late
		}
		if held != got[i].Late {
			t.Errorf("%s: holders hold %d late tasks of %d", got[i].Duty, held, got[i].Late)
		}
		got[i].HeldBy = nil
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("coverage of %v from %v to %v at %v\ngot  %+v\nwant %+v", w.Scope.Roots, from, to, now, got, want)
	}
	err = db.View(t.Context(), func(r *store.Reader) error {
		found, err := r.RecountTasks(l.o)
		if len(found.Wrong) > 0 {
			t.Errorf("the recount finds counters wrong that are right: %q", found.Wrong)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCoverageEqualsCount holds the counters against the tasks after any changes, and after a recount.
func TestCoverageEqualsCount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		tree := city(t, db, 2, 2, 2)
		nextOutbreak, nextSubject := outbreak.ID(1), int64(1)
		rapid.Check(t, func(t *rapid.T) {
			l := &ledger{o: nextOutbreak, tree: tree, first: nextSubject, next: nextSubject}
			nextOutbreak++
			defer func() { nextSubject = l.next }()
			for range rapid.IntRange(1, 5).Draw(t, "steps") {
				l.step(t, db)
				l.checkCoverage(t, db)
			}
			mustUpdate(t, db, func(tx *store.Tx) error { return tx.RecountCoverage(l.o) })
			l.checkCoverage(t, db)
		})
	})
}

// TestMedianOfMany adds times one by one until the stored lists have been put in order several times.
func TestMedianOfMany(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		tree := city(t, db, 1, 1, 1)
		l := &ledger{o: 1, tree: tree, first: 1, next: 1}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 4 {
			var changes []task.Change
			for range 700 {
				n := newTask(l.next, task.ReachContact, tree, tree.All()[rng.IntN(tree.Len())].ID, taskNoon.Add(time.Hour))
				l.next++
				n.State, n.EndedAt = task.Done, taskNoon.Add(time.Duration(rng.IntN(6000))*time.Minute)
				changes = append(changes, task.Change{Kind: task.OpenNew, Task: n})
			}
			update(t, db, func(tx *store.Tx) error { return tx.ApplyTaskChanges(1, changes) })
		}
		l.read(t, db)
		w := store.Within{Scope: auth.Scope{Roots: tree.Roots()}}
		view(t, db, func(r *store.Reader) error {
			got, err := r.Coverage(1, w, time.Time{}, time.Time{}, taskNoon)
			if want := bruteCoverage(l, w, time.Time{}, time.Time{}, taskNoon); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			return err
		})
	})
}

// TestAreasMoveUnderTasks moves a street to another district: the counters must follow.
func TestAreasMoveUnderTasks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		tree := city(t, db, 2, 1, 1)
		street, _ := tree.ByCode("100000")
		var changes []task.Change
		for i := range 5 {
			changes = append(changes, task.Change{Kind: task.OpenNew, Task: newTask(int64(i+1), task.ReachContact, tree, street.ID, taskNoon)})
		}
		update(t, db, func(tx *store.Tx) error { return tx.ApplyTaskChanges(1, changes) })
		street.ID, street.Parent = 0, 0
		update(t, db, func(tx *store.Tx) error {
			_, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: street, ParentCode: "101"}}, nil, 2)
			return err
		})
		for code, want := range map[string]int64{"100": 0, "101": 5, "1": 5} {
			a, _ := tree.ByCode(code)
			view(t, db, func(r *store.Reader) error {
				w := store.Everywhere().At(a.ID)
				got, err := r.Coverage(1, w, time.Time{}, time.Time{}, taskNoon.Add(time.Hour))
				var late int64
				for _, c := range got {
					late += c.Late
				}
				page, perr := r.Tasks(store.TaskFilter{Outbreak: 1, Within: w}, store.ByDue, store.Page{})
				if late != want || int64(len(page.Tasks)) != want {
					t.Errorf("area %s: %d late and %d listed, want %d", code, late, len(page.Tasks), want)
				}
				return cmp.Or(err, perr)
			})
		}
	})
}
