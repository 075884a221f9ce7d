package store_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestNodesOpenTogether(t *testing.T) {
	t.Parallel()
	o := store.Options{URL: storetest.NewPostgres(t)}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			db, err := store.Open(t.Context(), o)
			if err != nil {
				t.Errorf("node %d: %v", i, err)
				return
			}
			if err := db.Close(); err != nil {
				t.Errorf("node %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// TestTwoNodesKeepOneChain writes from two nodes while their connections are cut, again and again.
func TestTwoNodesKeepOneChain(t *testing.T) {
	t.Parallel()
	open := storetest.Postgres(t)
	var o store.Options
	one := open(func(got *store.Options) { o = *got })
	two := open()
	grew, stop := one.Watch()
	defer stop()
	raw := storetest.SQL(t, o)

	var ids sync.Map
	var wg sync.WaitGroup
	const callers, each, most = 20, 15, 5000
	var cuts atomic.Int64
	var kept [callers]int // how many each has written: at least so many, and on until a connection was cut
	for i := range callers {
		db := []*store.DB{one, two}[i%2]
		wg.Go(func() {
			for j := 0; j < each || j < most && cuts.Load() == 0; j++ {
				kept[i] = j + 1
				name := fmt.Sprintf("n%d.%d", i, j)
				var id int64
				err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
					if id, err = tx.NextIDs("task", 7); err != nil {
						return err
					}
					return mark(tx, name)
				})
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				for k := range int64(7) {
					if other, taken := ids.LoadOrStore(id+k, name); taken {
						t.Errorf("ID %d was given to %s and %s", id+k, other, name)
					}
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	over := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(over)
		cutConnections(t, raw, done, &cuts)
	}()
	wg.Wait()
	close(done)
	if <-over; cuts.Load() == 0 {
		t.Error("no connection was cut, so nothing was tested")
	}
	for _, db := range []*store.DB{one, two} {
		got := marks(t, db)
		for i := range callers {
			for j := range kept[i] {
				if name := fmt.Sprintf("n%d.%d", i, j); got[name] != 1 {
					t.Errorf("%s is in the journal %d times, want once", name, got[name])
				}
			}
		}
	}
	// A node that did not write hears of the other's commit.
	for len(grew) > 0 {
		<-grew
	}
	want := two.Head() + 1
	if err := two.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, "late") }); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(20 * time.Second)
	for one.Head() < want {
		select {
		case <-grew:
		case <-deadline:
			t.Fatalf("node one still thinks the journal ends at %d, want %d", one.Head(), want)
		}
	}
}

// cutConnections ends the server side of the nodes' connections until done, and counts in n how many it ended.
func cutConnections(t *testing.T, raw *sql.DB, done <-chan struct{}, n *atomic.Int64) {
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Duration(20+rand.IntN(150)) * time.Millisecond): // now and then long enough for a commit to get through
		}
		var cut int
		err := raw.QueryRow(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'firebreak' AND state <> 'idle'`).Scan(&cut)
		if err != nil {
			t.Errorf("cut connections: %v", err)
			return
		}
		n.Add(int64(cut))
	}
}

// TestSerialisationFailureIsRunAgain makes PostgreSQL refuse a change, by a deadlock with a transaction from outside.
func TestSerialisationFailureIsRunAgain(t *testing.T) {
	t.Parallel()
	open := storetest.Postgres(t)
	var o store.Options
	db := open(func(got *store.Options) { o = *got })
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.SetCursor("left", 1); err != nil {
			return err
		}
		return tx.SetCursor("right", 1)
	}); err != nil {
		t.Fatal(err)
	}
	raw := storetest.SQL(t, o)
	other, err := raw.Begin()
	if err != nil {
		t.Fatal(err)
	}
	// The outsider's patience is longer, so the store is the one that PostgreSQL gives up.
	for _, text := range []string{"SET LOCAL deadlock_timeout = '60s'", "UPDATE cursor SET seq = 2 WHERE name = 'right'"} {
		if _, err := other.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	var once sync.Once
	blocked := make(chan error, 1)
	runs := 0
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		runs++
		if err := tx.SetCursor("left", 3); err != nil {
			return err
		}
		once.Do(func() {
			go func() {
				_, err := other.Exec("UPDATE cursor SET seq = 2 WHERE name = 'left'")
				if err == nil {
					err = other.Commit()
				}
				blocked <- err
			}()
			waitUntilBlocked(t, raw)
		})
		if err := tx.SetCursor("right", 3); err != nil {
			return err
		}
		return mark(tx, "deadlocked")
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-blocked; err != nil {
		t.Fatalf("the transaction from outside: %v", err)
	}
	if runs < 2 {
		t.Errorf("the change ran %d times, want at least 2: nothing was tested", runs)
	}
	if got := marks(t, db); got["deadlocked"] != 1 {
		t.Errorf("the change is in the journal %d times, want once", got["deadlocked"])
	}
	if err := db.View(t.Context(), func(r *store.Reader) error {
		for _, name := range []string{"left", "right"} {
			if seq, err := r.Cursor(name); err != nil || seq != 3 {
				t.Errorf("%s is %d (%v), want 3", name, seq, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// waitUntilBlocked returns when some backend of this database waits for a lock.
func waitUntilBlocked(t *testing.T, raw *sql.DB) {
	for range 2000 {
		var n int
		if err := raw.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n); err != nil {
			t.Errorf("look for a blocked backend: %v", err)
			return
		}
		if n > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("nobody waited for a lock")
}
