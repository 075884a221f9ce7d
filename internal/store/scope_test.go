package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/auth"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// scopedQuery is a query that must keep to a bound. found are the IDs it returned; want are those that it must return, by the definition of sees. Every list
// of the store belongs into scopedQueries.
type scopedQuery struct {
	name string
	run  func(t *rapid.T, db *store.DB, l *ledger, w store.Within) (found, want []int64)
}

var scopedQueries = []scopedQuery{
	{"Tasks", listTasks},
	{"Task", eachTask},
}

func eachTask(t *rapid.T, db *store.DB, l *ledger, w store.Within) (found, want []int64) {
	for _, k := range l.all {
		if sees(l.tree, w, k.Area) {
			want = append(want, int64(k.ID))
		}
		_ = db.View(t.Context(), func(r *store.Reader) error {
			if got, err := r.Task(k.ID, w); err == nil {
				found = append(found, int64(got.ID))
			}
			return nil
		})
	}
	return found, want
}

// listTasks walks all pages of a random list, there and back.
func listTasks(t *rapid.T, db *store.DB, l *ledger, w store.Within) (found, want []int64) {
	f := store.TaskFilter{Outbreak: l.o, Within: w}
	order := rapid.SampledFrom([]store.TaskOrder{store.ByDue, store.ByOpened}).Draw(t, "order")
	page := store.Page{Limit: rapid.IntRange(1, 7).Draw(t, "limit"), Desc: rapid.Bool().Draw(t, "desc")}
	keep := []func(task.Task) bool{func(k task.Task) bool { return sees(l.tree, w, k.Area) }}
	if rapid.Bool().Draw(t, "by state") {
		f.States = rapid.SliceOfNDistinct(rapid.SampledFrom([]task.State{task.Open, task.Done, task.Waived, task.Void}), 1, 3, rapid.ID).Draw(t, "states")
		keep = append(keep, func(k task.Task) bool { return slices.Contains(f.States, k.State) })
	}
	if rapid.IntRange(0, 3).Draw(t, "by duty") == 0 {
		f.Duty = rapid.SampledFrom(task.Duties()).Draw(t, "duty")
		keep = append(keep, func(k task.Task) bool { return k.Kind.Duty() == f.Duty })
	}
	if rapid.IntRange(0, 3).Draw(t, "by kind") == 0 {
		f.Kinds = rapid.SliceOfN(rapid.SampledFrom(task.Kinds()), 1, 5).Draw(t, "kinds")
		keep = append(keep, func(k task.Task) bool { return slices.Contains(f.Kinds, k.Kind) })
	}
	if rapid.IntRange(0, 3).Draw(t, "by owner") == 0 {
		f.Owner = rapid.SampledFrom(owners).Draw(t, "owner")
		keep = append(keep, func(k task.Task) bool { return k.Owner == f.Owner })
	}
	if rapid.IntRange(0, 3).Draw(t, "late only") == 0 {
		f.LateAt = anyTime(t, "late at")
		keep = append(keep, func(k task.Task) bool { return k.State == task.Open && k.Late(f.LateAt) })
	}
	if rapid.IntRange(0, 3).Draw(t, "by deadline") == 0 {
		f.DueFrom, f.DueBefore = anyTime(t, "due from"), anyTime(t, "due before")
		keep = append(keep, func(k task.Task) bool { return !k.Due.Before(f.DueFrom) && k.Due.Before(f.DueBefore) })
	}
	if len(l.all) > 0 && rapid.IntRange(0, 5).Draw(t, "by subject") == 0 {
		f.Subject = rapid.SampledFrom(l.all).Draw(t, "of").Subject
		keep = append(keep, func(k task.Task) bool { return k.Subject == f.Subject })
	}
	chosen := slices.DeleteFunc(slices.Clone(l.all), func(k task.Task) bool {
		return slices.ContainsFunc(keep, func(ok func(task.Task) bool) bool { return !ok(k) })
	})
	slices.SortFunc(chosen, func(a, b task.Task) int {
		if page.Desc {
			a, b = b, a
		}
		if order == store.ByOpened {
			return cmp.Compare(a.ID, b.ID)
		}
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	for _, k := range chosen {
		want = append(want, int64(k.ID))
	}
	var pages [][]task.Task
	var last store.TaskPage
	get := func(cursor string) {
		page.Cursor = cursor
		err := db.View(t.Context(), func(r *store.Reader) (err error) {
			last, err = r.Tasks(f, order, page)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for get(""); ; get(last.Next) {
		pages = append(pages, last.Tasks)
		for _, k := range last.Tasks {
			found = append(found, int64(k.ID))
		}
		if last.Next == "" || len(pages) > len(l.all) {
			break
		}
	}
	for i := len(pages) - 2; i >= 0; i-- {
		if last.Prev == "" {
			t.Fatalf("page %d of %d has no page before it", i+2, len(pages))
		}
		if get(last.Prev); !slices.Equal(last.Tasks, pages[i]) {
			t.Fatalf("going back to page %d gives\n%+v\nwant\n%+v", i+1, last.Tasks, pages[i])
		}
	}
	if last.Prev != "" {
		t.Fatal("the first page has one before it")
	}
	return found, want
}

// TestNothingOutsideScope: whatever the tree, the grants, the rows and the query, a caller gets exactly the rows of its own subtrees.
func TestNothingOutsideScope(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		const mostForests = 40
		forests, subject := 0, int64(1)
		rapid.Check(t, func(t *rapid.T) {
			// A random tree grows by itself: each case adds a few areas below any that are there. The work of a case grows with the tree, so that
			// rapid's usual hundred would take a quarter of an hour under the race detector.
			if forests == mostForests {
				return
			}
			forests++
			mustUpdate(t, db, func(tx *store.Tx) error {
				old, err := tx.Tree()
				if err != nil {
					return err
				}
				codes := []string{""}
				for _, j := range old.All() {
					codes = append(codes, j.Code)
				}
				var list []place.NewJurisdiction
				for i := range rapid.IntRange(1, 3).Draw(t, "new areas") {
					parent := codes[len(codes)-1]
					if rapid.IntRange(0, 3).Draw(t, "elsewhere") > 0 {
						parent = rapid.SampledFrom(codes).Draw(t, "parent")
					}
					code := fmt.Sprintf("%d.%d", forests, i)
					codes = append(codes, code)
					list = append(list, place.NewJurisdiction{Jurisdiction: place.Jurisdiction{Code: code, Name: code}, ParentCode: parent})
				}
				_, _, _, err = tx.PutAreas(list, nil, int64(forests))
				return err
			})
			tree, err := db.Tree(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			l := &ledger{o: outbreak.ID(forests), tree: tree, first: subject, next: subject}
			defer func() { subject = l.next }()
			for range 3 {
				l.step(t, db)
			}
			for range 4 {
				var w store.Within
				for range rapid.IntRange(0, 3).Draw(t, "grants") {
					w.Scope.Roots = append(w.Scope.Roots, rapid.SampledFrom(tree.All()).Draw(t, "grant").ID)
				}
				if rapid.IntRange(0, 5).Draw(t, "everything") == 0 {
					w.Scope.Roots = tree.Roots()
				}
				if rapid.IntRange(0, 2).Draw(t, "narrowed") == 0 {
					w.Area = rapid.SampledFrom(tree.All()).Draw(t, "area").ID
				}
				slices.Sort(w.Scope.Roots)
				w.Scope = auth.Scope{Roots: slices.Compact(w.Scope.Roots)}
				for _, q := range scopedQueries {
					found, want := q.run(t, db, l, w)
					if !slices.Equal(found, want) {
						t.Fatalf("%s within %+v found %v, want %v", q.name, w, found, want)
					}
				}
			}
		})
	})
}
