package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func openIntake(t *testing.T, db *store.DB) *store.Intake {
	t.Helper()
	in, err := db.OpenIntake(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

func arrival(device, seq int, body string) store.Arrival {
	return store.Arrival{Device: screening.DeviceID(device), Seq: int64(seq), Outbreak: 1, ReceivedAt: time.Date(2022, 3, 5, 7, 0, seq, 0, time.UTC), Digest: sha256.Sum256([]byte(body)), Answer: "answer to " + body, Sealed: []byte(body)}
}

// project takes everything that waits, and returns how often each batch was given.
func project(t *testing.T, in *store.Intake, got map[string]int) {
	t.Helper()
	for {
		var part []string
		n, err := in.Project(t.Context(), 7, func(tx *store.Tx, list []store.Arrival) error {
			part = part[:0]
			for _, a := range list {
				part = append(part, string(a.Sealed))
			}
			return tx.KeepBatches(list, 1)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range part {
			got[s]++
		}
		if n == 0 {
			return
		}
	}
}

func TestIntakeKeepsEachBatchOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		in := openIntake(t, db)
		const devices, batches = 20, 15
		var wg sync.WaitGroup
		for d := range devices {
			wg.Go(func() {
				for b := range batches {
					body := fmt.Sprintf("%d/%d", d, b)
					for range 1 + (d+b)%3 { // some are sent again, as after a lost answer
						answer, err := in.Append(t.Context(), arrival(d+1, b+1, body))
						if err != nil || answer != "answer to "+body {
							t.Errorf("%s: %q, %v", body, answer, err)
						}
					}
				}
			})
		}
		wg.Wait()
		got := map[string]int{}
		project(t, in, got)
		// Again, now that they are projected.
		for d := range devices {
			if _, err := in.Append(t.Context(), arrival(d+1, 1, fmt.Sprintf("%d/0", d))); err != nil {
				t.Error(err)
			}
		}
		project(t, in, got)
		if len(got) != devices*batches {
			t.Errorf("%d batches projected, want %d", len(got), devices*batches)
		}
		for body, n := range got {
			if n != 1 {
				t.Errorf("%s projected %d times", body, n)
			}
		}
		if n, err := db.IntakeBacklog(t.Context()); n != 0 || err != nil {
			t.Errorf("backlog %d, %v", n, err)
		}
	})
}

func TestIntakeKnows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		in := openIntake(t, db)
		first, other := arrival(3, 9, "first"), arrival(3, 9, "other")
		known := func(a store.Arrival) (string, error) { return in.Known(t.Context(), a.Device, a.Seq, a.Digest) }
		if _, err := known(first); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		if _, err := in.Append(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		for _, where := range []string{"waiting", "projected"} {
			if answer, err := known(first); err != nil || answer != first.Answer {
				t.Errorf("%s: %q, %v", where, answer, err)
			}
			if _, err := known(other); !errors.Is(err, store.ErrSeqTaken) {
				t.Errorf("%s, another body: %v", where, err)
			}
			if where == "waiting" {
				if _, err := in.Append(t.Context(), other); !errors.Is(err, store.ErrSeqTaken) {
					t.Errorf("another body is taken: %v", err)
				}
				project(t, in, map[string]int{})
			}
		}
	})
}

// What was acknowledged and not projected is there after a restart, and in a backup that is restored on either engine.
func TestIntakeOutlivesTheServer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		in, err := db.OpenIntake(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{}
		add := func(in *store.Intake, seq int) {
			body := fmt.Sprintf("batch %d", seq)
			if _, err := in.Append(t.Context(), arrival(1, seq, body)); err != nil {
				t.Fatal(err)
			}
			want[body] = 1
		}
		add(in, 1)
		got := map[string]int{}
		project(t, in, got)
		add(in, 2)
		add(in, 3)
		file := filepath.Join(t.TempDir(), "backup")
		if _, err := db.Backup(t.Context(), file, store.BackupOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(in.Close(), db.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Append(context.Background(), arrival(1, 4, "late")); !errors.Is(err, store.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		in = openIntake(t, open())
		add(in, 5)
		project(t, in, got)
		for body := range want {
			if got[body] != 1 {
				t.Errorf("%s projected %d times", body, got[body])
			}
		}

		for engine, o := range map[string]store.Options{"sqlite": {Dir: filepath.Join(t.TempDir(), "restored")}, "postgresql": {URL: storetest.NewPostgres(t)}} {
			if _, err := store.Restore(t.Context(), file, o); err != nil {
				t.Fatalf("%s: %v", engine, err)
			}
			restored, err := store.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			in, err := restored.OpenIntake(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			add(in, 6)
			project(t, in, got)
			if len(got) != 3 || got["batch 2"] != 1 || got["batch 3"] != 1 || got["batch 6"] != 1 {
				t.Errorf("restored on %s: %v", engine, got)
			}
			if answer, err := in.Known(t.Context(), 1, 1, sha256.Sum256([]byte("batch 1"))); err != nil || answer != "answer to batch 1" {
				t.Errorf("restored on %s, projected before: %q, %v", engine, answer, err)
			}
			if err := errors.Join(in.Close(), restored.Close()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// When batches come faster than they can be projected, devices are asked to wait; nothing that was answered is lost by it.
func TestIntakeAsksToWait(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		in := openIntake(t, open())
		var taken, busy atomic.Int64
		var wg sync.WaitGroup
		for d := range 250 {
			wg.Go(func() {
				for b := range 20 {
					switch _, err := in.Append(t.Context(), arrival(d+1, b+1, fmt.Sprintf("%d/%d", d, b))); {
					case err == nil:
						taken.Add(1)
					case errors.Is(err, store.ErrBusy):
						busy.Add(1)
					default:
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if taken.Load() < 4000 || busy.Load() == 0 {
			t.Errorf("%d taken and %d asked to wait, of 5000", taken.Load(), busy.Load())
		}
		got := map[string]int{}
		project(t, in, got)
		if int64(len(got)) != taken.Load() {
			t.Errorf("%d projected, %d taken", len(got), taken.Load())
		}
		if _, err := in.Append(t.Context(), arrival(251, 1, "after")); err != nil {
			t.Errorf("after all was projected: %v", err)
		}
	})
}
