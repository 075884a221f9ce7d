package store_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

func TestRecountFindsWrongCounters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		tree := city(t, db, 2, 1, 1)
		street, _ := tree.ByCode("100000")
		var changes []task.Change
		for i := range 5 {
			due := taskNoon.Add(time.Duration(i) * time.Hour)
			changes = append(changes, task.Change{Kind: task.OpenNew, Task: newTask(int64(i+1), task.ReachContact, tree, street.ID, due)})
		}
		update(t, db, func(tx *store.Tx) error { return tx.ApplyTaskChanges(1, changes) })
		for _, tt := range []struct{ name, break_, says string }{
			{"nothing", "", ""},
			{"one open too many", "UPDATE coverage SET n_open = n_open + 1 WHERE area = 0 AND hour = (SELECT MIN(hour) FROM coverage)", `coverage of area ""`},
			{"an hour late", "UPDATE coverage SET hour = hour + 100 WHERE area = 0", `coverage of area ""`},
			{"a row gone", "DELETE FROM coverage WHERE area <> 0", "duty traced"},
			{"a total wrong", "UPDATE task_total SET n_done = 1", "the total of area"},
			{"a task gone", "DELETE FROM task WHERE subject_id = 3", "the tasks are"},
		} {
			if tt.break_ != "" {
				update(t, db, func(tx *store.Tx) error { return tx.Exec(tt.break_) })
			}
			recount := func() (found store.Recount) {
				view(t, db, func(r *store.Reader) (err error) {
					found, err = r.RecountTasks(1)
					return err
				})
				return found
			}
			if got := strings.Join(recount().Wrong, "; "); (got == "") != (tt.says == "") || !strings.Contains(got, tt.says) {
				t.Errorf("%s: found %q, want %q", tt.name, got, tt.says)
			}
			update(t, db, func(tx *store.Tx) error { return tx.RecountCoverage(1) })
			if got := recount().Wrong; len(got) > 0 {
				t.Errorf("%s: after the repair: %q", tt.name, got)
			}
		}
	})
}

func TestStrayRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		stray := func() (got string) {
			view(t, db, func(r *store.Reader) error {
				list, err := r.StrayRows()
				got = strings.Join(list, "; ")
				return err
			})
			return got
		}
		if got := stray(); got != "" {
			t.Errorf("in an empty store: %q", got)
		}
		update(t, db, func(tx *store.Tx) error {
			if err := tx.Exec("INSERT INTO identity (person, field, sealed) VALUES ($1, $2, $3)", int64(7), "name", []byte{1}); err != nil {
				return err
			}
			return tx.Exec("INSERT INTO person (id, number, area, district, household, sex, born, age, age_class, merged_into, version) VALUES (9, 1, 0, 0, 0, '', '', 0, '', 0, 1)")
		})
		if got, want := stray(), "1 sealed names of nobody; the next ID of person is 1, and 9 is there already"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestBesideAServer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		var o store.Options
		db := open(func(got *store.Options) { o = *got })
		fill(t, db)
		beside, err := store.OpenBeside(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := beside.Update(t.Context(), func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("a change: got %v, want %v", err, store.ErrReadOnly)
		}
		v, err := beside.VerifyJournal(t.Context())
		if err != nil || !v.Intact || v.Entries != 20 {
			t.Errorf("journal: %+v, %v", v, err)
		}
		update(t, db, func(tx *store.Tx) error { return mark(tx, "meanwhile") })
		file := filepath.Join(t.TempDir(), "x.fbk")
		m, err := beside.Backup(t.Context(), file, store.BackupOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if m.JournalSeq != 21 || m.Counts["journal"] != 21 || !m.NamesSealed || m.Broken != "" {
			t.Errorf("manifest: %+v", m)
		}
		if err := beside.Close(); err != nil {
			t.Error(err)
		}
		update(t, db, func(tx *store.Tx) error { return mark(tx, "after") })
	})
	if _, err := store.OpenBeside(t.Context(), store.Options{Dir: t.TempDir()}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an empty folder: got %v, want not found", err)
	}
}

func TestTwoBackupsToOneFile(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)()
	fill(t, db)
	file := filepath.Join(t.TempDir(), "x.fbk")
	inner := errors.New("not tried")
	_, err := db.Backup(t.Context(), file, store.BackupOptions{Seen: func(s store.Stage, _, _ int64) {
		if s == store.StagePack {
			_, inner = db.Backup(t.Context(), file, store.BackupOptions{})
		}
	}})
	if err != nil || !errors.Is(inner, store.ErrBackupRuns) {
		t.Errorf("the first: %v; the second meanwhile: %v, want %v", err, inner, store.ErrBackupRuns)
	}
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)()
	check := func(o store.KeyOptions) (found store.KeyFound, err error) {
		verr := db.View(t.Context(), func(r *store.Reader) error {
			found, err = r.CheckKey(o)
			return nil
		})
		return found, errors.Join(err, verr)
	}
	if got, err := check(store.KeyOptions{}); got.Keyring || err == nil {
		t.Errorf("before first use: %+v, %v", got, err)
	}
	if _, err := db.OpenIdentities(t.Context(), store.KeyOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, err := check(store.KeyOptions{}); !got.Keyring || got.CheckValue == "" || err != nil {
		t.Errorf("with its key: %+v, %v", got, err)
	}
	if got, err := check(store.KeyOptions{MasterKey: vault.NewMasterKey().Text()}); !got.Keyring || !errors.Is(err, vault.ErrWrongMasterKey) {
		t.Errorf("with another key: %+v, %v", got, err)
	}
	if got, err := check(store.KeyOptions{Dir: t.TempDir()}); !got.Keyring || err == nil {
		t.Errorf("without a key: %+v, %v", got, err)
	}
}
