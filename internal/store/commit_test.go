package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// mark is a small change that leaves three rows: a journal entry and two cursors of its name.
func mark(tx *store.Tx, name string) error {
	ref, err := tx.Append(journal.Entry{Kind: journal.TaskWaived, Actor: name})
	if err != nil {
		return err
	}
	if err := tx.SetCursor(name+"/a", ref.Seq); err != nil {
		return err
	}
	return tx.SetCursor(name+"/b", ref.Seq)
}

// marks reads the journal back and returns how often each name is in it; it fails the test when a mark is half there or the journal is broken.
func marks(t *testing.T, db *store.DB) map[string]int {
	t.Helper()
	got := map[string]int{}
	err := db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.EntriesAfter(0, 1<<30)
		if err != nil {
			return err
		}
		for _, e := range list {
			got[e.Actor]++
			a, err := r.Cursor(e.Actor + "/a")
			if err != nil {
				return err
			}
			b, err := r.Cursor(e.Actor + "/b")
			if err != nil {
				return err
			}
			if a != e.Seq || b != e.Seq {
				return fmt.Errorf("%s: entry %d, cursors %d and %d: a half change was kept", e.Actor, e.Seq, a, b)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := db.VerifyJournal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !v.Intact {
		t.Errorf("journal is not intact: %s", v.Broken)
	}
	return got
}

func TestUpdateKeepsEveryAcknowledgedChangeOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		const callers, each = 200, 5
		var ids sync.Map
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for j := range each {
					name := fmt.Sprintf("c%d.%d", i, j)
					var id int64
					err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
						if id, err = tx.NextIDs("task", 3); err != nil {
							return err
						}
						return mark(tx, name)
					})
					if err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
					for k := range int64(3) {
						if other, taken := ids.LoadOrStore(id+k, name); taken {
							t.Errorf("ID %d was given to %s and %s", id+k, other, name)
						}
					}
				}
			})
		}
		wg.Wait()
		got := marks(t, db)
		for i := range callers {
			for j := range each {
				if name := fmt.Sprintf("c%d.%d", i, j); got[name] != 1 {
					t.Errorf("%s is in the journal %d times, want once", name, got[name])
				}
			}
		}
		if s := db.Stats(); s.Commits >= callers*each {
			t.Errorf("%d changes took %d commits, want fewer: they should share", callers*each, s.Commits)
		}
	})
}

func TestFailuresStayWithTheirCaller(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("own failure")
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		var wg sync.WaitGroup
		var ids sync.Map
		for i := range 120 {
			name := fmt.Sprintf("n%d", i)
			wg.Go(func() {
				switch i % 6 {
				case 0: // fails after it has written
					err := db.Update(t.Context(), func(tx *store.Tx) error {
						_, err := tx.NextIDs("task", 1)
						return errors.Join(err, mark(tx, name), errOwn)
					})
					if !errors.Is(err, errOwn) {
						t.Errorf("%s: got %v, want its own failure", name, err)
					}
				case 1: // panics after it has written
					func() {
						defer func() {
							if recover() != name {
								t.Errorf("%s: the panic did not come back to its caller", name)
							}
						}()
						_ = db.Update(t.Context(), func(tx *store.Tx) error {
							_ = mark(tx, name)
							panic(name)
						})
					}()
				case 2: // ends its goroutine, as t.FailNow does
					done := make(chan struct{})
					go func() {
						defer close(done)
						_ = db.Update(t.Context(), func(tx *store.Tx) error {
							_ = mark(tx, name)
							runtime.Goexit()
							return nil
						})
						t.Errorf("%s: Update returned", name)
					}()
					<-done
				case 3: // the engine refuses a statement
					err := db.Update(t.Context(), func(tx *store.Tx) error {
						return errors.Join(mark(tx, name), tx.Exec("INSERT INTO cursor (name, seq) VALUES ($1, $2)", name+"/a", int64(1)))
					})
					if err == nil {
						t.Errorf("%s: a duplicate key was accepted", name)
					}
				case 4: // fails with an error that looks like a lost connection, but is not
					err := db.Update(t.Context(), func(tx *store.Tx) error {
						return errors.Join(mark(tx, name), context.DeadlineExceeded)
					})
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%s: got %v, want deadline exceeded", name, err)
					}
				default:
					err := db.Update(t.Context(), func(tx *store.Tx) error {
						id, err := tx.NextIDs("task", 1)
						if err != nil {
							return err
						}
						if other, taken := ids.LoadOrStore(id, name); taken && other != name {
							t.Errorf("ID %d was given to %s and %s", id, other, name)
						}
						return mark(tx, name)
					})
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			})
		}
		wg.Wait()
		got := marks(t, db)
		for i := range 120 {
			name := fmt.Sprintf("n%d", i)
			want := 0
			if i%6 == 5 {
				want = 1
			}
			if got[name] != want {
				t.Errorf("%s is in the journal %d times, want %d", name, got[name], want)
			}
		}
	})
}

func TestSwallowedStatementErrorIsNotKept(t *testing.T) {
	t.Parallel()
	// PostgreSQL gives a transaction up after a failed statement; the change must then fail even when fn says all is well.
	db := storetest.Postgres(t)()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		if err := mark(tx, "swallows"); err != nil {
			return err
		}
		_ = tx.Exec("INSERT INTO cursor (name, seq) VALUES ($1, $2)", "swallows/a", int64(1))
		return nil
	})
	if err == nil {
		t.Error("got no error, want one: the engine had given the change up")
	}
	if got := marks(t, db); len(got) != 0 {
		t.Errorf("kept %v, want nothing", got)
	}
}

func TestCancelledBeforeItsTurnDoesNotRun(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		busy, goOn := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := db.Update(t.Context(), func(tx *store.Tx) error {
				close(busy)
				<-goOn
				return mark(tx, "first")
			}); err != nil {
				t.Errorf("first: %v", err)
			}
		})
		<-busy
		ctx, cancel := context.WithCancel(t.Context())
		var ran atomic.Bool
		wg.Go(func() {
			err := db.Update(ctx, func(tx *store.Tx) error {
				ran.Store(true)
				return mark(tx, "second")
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("second: got %v, want canceled", err)
			}
		})
		for db.Stats().Waiting == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
		close(goOn)
		wg.Wait()
		if ran.Load() {
			t.Error("the cancelled change ran")
		}
		if got := marks(t, db); got["first"] != 1 || got["second"] != 0 {
			t.Errorf("kept %v, want first alone", got)
		}
	})
}

func TestLostAnswerToCommit(t *testing.T) {
	t.Parallel()
	for _, kept := range []bool{true, false} {
		t.Run(fmt.Sprintf("kept=%t", kept), func(t *testing.T) {
			t.Parallel()
			db := storetest.Postgres(t)()
			if err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, "before") }); err != nil {
				t.Fatal(err)
			}
			db.BreakNextCommit(kept, io.ErrUnexpectedEOF)
			runs := 0
			// This change writes nothing to the journal, so the chain cannot tell whether it was kept.
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				runs++
				return tx.Exec("INSERT INTO cursor (name, seq) VALUES ($1, $2)", "quiet", int64(7))
			})
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 1, false: 2}[kept]; runs != want {
				t.Errorf("the change ran %d times, want %d", runs, want)
			}
			err = db.View(t.Context(), func(r *store.Reader) error {
				if seq, err := r.Cursor("quiet"); err != nil || seq != 7 {
					t.Errorf("cursor is %d (%v), want 7", seq, err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			marks(t, db)
		})
	}
}

func TestCloseWhileChangesWait(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		for range 5 {
			db := open()
			var kept sync.Map
			var wg sync.WaitGroup
			started := make(chan struct{}, 100)
			for i := range 100 {
				wg.Go(func() {
					for j := range 1000 {
						name := fmt.Sprintf("w%d.%d.%p", i, j, db)
						err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, name) })
						if errors.Is(err, store.ErrClosed) {
							return
						}
						if err != nil {
							t.Errorf("%s: %v", name, err)
							return
						}
						kept.Store(name, true)
						if j == 0 {
							started <- struct{}{}
						}
					}
				})
			}
			<-started
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			wg.Wait() // it hangs here when a change is forgotten
			db = open()
			got := marks(t, db)
			kept.Range(func(name, _ any) bool {
				if got[name.(string)] != 1 {
					t.Errorf("acknowledged %s is in the journal %d times, want once", name, got[name.(string)])
				}
				return true
			})
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestViewIsASnapshot(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, "one") }); err != nil {
			t.Fatal(err)
		}
		count := func(r *store.Reader) int {
			list, err := r.EntriesAfter(0, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		err := db.View(t.Context(), func(r *store.Reader) error {
			if got := count(r); got != 1 {
				t.Errorf("first look: %d entries, want 1", got)
			}
			if err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, "two") }); err != nil {
				return err
			}
			if got := count(r); got != 1 {
				t.Errorf("second look in the same view: %d entries, want 1", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// A view whose context ends must not leave its snapshot in the pool.
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			_ = db.View(ctx, func(r *store.Reader) error {
				count(r)
				cancel()
				_, err := r.EntriesAfter(0, 10)
				return err
			})
		}
		if err := db.View(t.Context(), func(r *store.Reader) error {
			if got := count(r); got != 2 {
				t.Errorf("new view: %d entries, want 2", got)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWatchTellsOfGrowth(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		grew, stop := db.Watch()
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, "x") }); err != nil {
			t.Fatal(err)
		}
		select {
		case <-grew:
		case <-time.After(10 * time.Second):
			t.Fatal("no word of the commit")
		}
		if got := db.Head(); got != 1 {
			t.Errorf("head is %d, want 1", got)
		}
		stop()
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, "y") }); err != nil {
			t.Fatal(err)
		}
		select {
		case <-grew:
			t.Error("told after stop")
		default:
		}
	})
}
