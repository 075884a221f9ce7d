package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// fill writes rows of several types: text in two scripts, numbers, bytes and fractions.
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		areas := []place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "3702", Name: "青岛市", NameEN: "Qingdao", Level: place.City, Population: 10_000_000}},
			{Jurisdiction: place.Jurisdiction{Code: "370285", Name: "莱西市", NameEN: "Laixi", Level: place.District, Population: 720_000}, ParentCode: "3702"},
		}
		if _, _, _, err := tx.PutAreas(areas, map[string]string{"3702": `{"type":"Point","coordinates":[120.3,36.0]}`}, 1); err != nil {
			return err
		}
		if err := tx.Exec("INSERT INTO identity (person, field, sealed) VALUES ($1, $2, $3)", int64(1), "name", []byte{0, 255, 1, 128}); err != nil {
			return err
		}
		return tx.Exec("INSERT INTO place (id, kind, name, area, district, lon, lat, located, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			int64(1)<<53+1, "school", "it's \"7\" 学校\n", int64(1), int64(1), 120.0, -0.1, int64(1), int64(1))
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, fmt.Sprintf("m%d", i)) }); err != nil {
			t.Fatal(err)
		}
	}
}

// contents reads every row of every table that both engines have, so that two databases can be compared.
func contents(t *testing.T, o store.Options) map[string][]string {
	t.Helper()
	raw := storetest.SQL(t, o)
	list := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	if o.URL != "" {
		list = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	}
	out := map[string][]string{}
	for _, row := range queryAny(t, raw, list) {
		name := fmt.Sprint(row[0])
		if slices.Contains([]string{"goose_db_version", "goose_lock", "writer_turn"}, name) {
			continue
		}
		out[name] = []string{}
		columns := fmt.Sprintf("SELECT name FROM pragma_table_info('%s') ORDER BY name", name)
		if o.URL != "" {
			columns = fmt.Sprintf("SELECT column_name FROM information_schema.columns WHERE table_name = '%s' ORDER BY column_name COLLATE \"C\"", name)
		}
		text := "SELECT 1"
		for _, c := range queryAny(t, raw, columns) {
			text += fmt.Sprintf(", %v", c[0])
		}
		for _, row := range queryAny(t, raw, text+" FROM "+name) {
			out[name] = append(out[name], fmt.Sprintf("%#v", row))
		}
		slices.Sort(out[name])
	}
	return out
}

func queryAny(t *testing.T, db *sql.DB, text string) (out [][]any) {
	t.Helper()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, at := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBackupRestoresIntoEitherEngine(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		var from store.Options
		db := open(func(o *store.Options) { from = *o })
		fill(t, db)
		file := filepath.Join(t.TempDir(), "city.fbk")
		made, err := db.Backup(t.Context(), file, store.BackupOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if made.JournalSeq != 20 || made.Engine != db.Engine() {
			t.Errorf("manifest says entry %d on %s, want 20 on %s", made.JournalSeq, made.Engine, db.Engine())
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		want := contents(t, from)
		for _, engine := range []string{"sqlite", "postgresql"} {
			t.Run("into_"+engine, func(t *testing.T) {
				to := store.Options{Dir: filepath.Join(t.TempDir(), "restored")}
				if engine == "postgresql" {
					to.URL = storetest.NewPostgres(t)
				}
				got, err := store.Restore(t.Context(), file, to)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(made, got); diff != "" {
					t.Errorf("manifest (-made +read):\n%s", diff)
				}
				if diff := cmp.Diff(want, contents(t, to)); diff != "" {
					t.Errorf("rows (-original +restored):\n%s", diff)
				}
				// The restored store goes on where the other was: the chain and the IDs continue.
				again := storetest.At(t, to)
				if err := again.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, "after") }); err != nil {
					t.Fatal(err)
				}
				if n := len(marks(t, again)); n != 21 {
					t.Errorf("%d entries, want 21", n)
				}
				if _, err := store.Restore(t.Context(), file, to); !errors.Is(err, store.ErrNotEmpty) {
					t.Errorf("restore over it: got %v, want not empty", err)
				}
				if to.URL != "" {
					to.Dir = ""
					if _, err := store.Restore(t.Context(), file, to); !errors.Is(err, store.ErrNotEmpty) {
						t.Errorf("restore into the database again: got %v, want not empty", err)
					}
				}
			})
		}
	})
}

func TestBackupWhileWritingIsOneMoment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		fill(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		start := db.Head()
		for g := range 8 {
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					if err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, fmt.Sprintf("g%d.%d", g, n)) }); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		defer wg.Wait()
		defer cancel()
		before := start
		for i := range 3 {
			for db.Head() <= before+10 { // the writers are at work
				time.Sleep(time.Millisecond)
			}
			file := filepath.Join(t.TempDir(), "busy.fbk")
			m, err := db.Backup(t.Context(), file, store.BackupOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if m.JournalSeq <= before {
				t.Errorf("backup %d ends at entry %d, want more than %d: nothing was written meanwhile", i, m.JournalSeq, before)
			}
			before = m.JournalSeq
			to := store.Options{Dir: filepath.Join(t.TempDir(), "to")}
			if _, err := store.Restore(t.Context(), file, to); err != nil {
				t.Fatal(err)
			}
			if n := int64(len(marks(t, storetest.At(t, to)))); n != m.JournalSeq {
				t.Errorf("restored %d entries, the manifest says %d", n, m.JournalSeq)
			}
		}
	})
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	open := storetest.SQLite(t)
	var from store.Options
	db := open(func(o *store.Options) { from = *o })
	fill(t, db)
	backup := func(t *testing.T) []byte {
		t.Helper()
		file := filepath.Join(t.TempDir(), "x.fbk")
		if _, err := db.Backup(t.Context(), file, store.BackupOptions{}); err != nil {
			t.Fatal(err)
		}
		all, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	whole := backup(t)
	flipped := bytes.Clone(whole)
	for i := range 64 { // one bit alone may say the same in another way: a copy of zeros from elsewhere
		flipped[len(flipped)/2+i] ^= 1
	}
	raw := storetest.SQL(t, from)
	if _, err := raw.Exec("UPDATE journal SET actor = 'somebody else' WHERE seq = 7"); err != nil {
		t.Fatal(err)
	}
	tampered := backup(t)
	if _, err := raw.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	newer := backup(t)
	tests := []struct {
		name string
		file []byte
		want error
	}{
		{"whole", whole, nil},
		{"bits flipped", flipped, store.ErrDamaged},
		{"a byte short", whole[:len(whole)-1], store.ErrDamaged},
		{"cut off", whole[:len(whole)/3], store.ErrDamaged},
		{"empty", nil, store.ErrDamaged},
		{"something else", []byte("date,I\n2020-01-01,5\n"), store.ErrDamaged},
		{"journal altered before the backup", tampered, store.ErrDamaged},
		{"schema of a newer program", newer, store.ErrNewerSchema},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file, to := filepath.Join(dir, "x.fbk"), filepath.Join(dir, "to")
			if err := os.WriteFile(file, tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := store.Restore(t.Context(), file, store.Options{Dir: to})
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			left, rerr := os.ReadDir(to)
			if rerr != nil {
				t.Fatal(rerr)
			}
			if want := map[bool]int{true: 1, false: 0}[tt.want == nil]; len(left) != want {
				t.Errorf("the folder then holds %v, want %d files", left, want)
			}
		})
	}
}

func TestBackupHoldsTheKeyOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	open := storetest.SQLite(t)
	db := open()
	fill(t, db)
	key := filepath.Join(t.TempDir(), store.MasterKeyFile)
	if err := os.WriteFile(key, []byte("a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, with := range []string{"", key} {
		dir := t.TempDir()
		file, to := filepath.Join(dir, "x.fbk"), filepath.Join(dir, "to")
		if _, err := db.Backup(t.Context(), file, store.BackupOptions{KeyFile: with}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Restore(t.Context(), file, store.Options{Dir: to}); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(to, store.MasterKeyFile))
		if with == "" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("without the key: got %v, want no such file", err)
		}
		if with != "" && (err != nil || string(got) != "a key") {
			t.Errorf("with the key: got %q, %v", got, err)
		}
	}
}
