package store_test

import (
	"fmt"
	"strings"
	"testing"

	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	const copied = `INSERT INTO journal SELECT %d, recorded_at, at, actor, outbreak, area, kind, subject_kind, subject_id, cause_seq, cause_row, rule, clause, pack, payload, hash FROM journal WHERE seq = 10`
	tests := []struct {
		name   string
		tamper []string
		want   string // part of what Verify says; empty = intact
	}{
		{"untouched", nil, ""},
		{"payload altered", []string{`UPDATE journal SET payload = '{"n":2}' WHERE seq = 4`}, "entry 4 "},
		{"actor altered", []string{`UPDATE journal SET actor = 'somebody else' WHERE seq = 1`}, "entry 1 "},
		{"time altered", []string{`UPDATE journal SET at = at + 1 WHERE seq = 10`}, "entry 10 "},
		{"hash shortened", []string{`UPDATE journal SET hash = payload_cast WHERE seq = 5`}, "entry after 4 "},
		{"two entries swapped", []string{
			`UPDATE journal SET seq = -1 WHERE seq = 3`, `UPDATE journal SET seq = 3 WHERE seq = 4`, `UPDATE journal SET seq = 4 WHERE seq = -1`,
		}, "entry 3 "},
		{"first removed", []string{`DELETE FROM journal WHERE seq = 1`}, "entry 2 follows entry 0"},
		{"middle removed", []string{`DELETE FROM journal WHERE seq = 5`}, "entry 6 follows entry 4"},
		{"middle removed, the rest renumbered", []string{`DELETE FROM journal WHERE seq = 9`, `UPDATE journal SET seq = 9 WHERE seq = 10`}, "entry 9 "},
		{"last removed", []string{`DELETE FROM journal WHERE seq = 10`}, "ends at entry 9"},
		{"all removed", []string{`DELETE FROM journal`}, "ends at entry 0"},
		{"inserted before the start", []string{fmt.Sprintf(copied, 0)}, "entry 0 follows entry 0"},
		{"inserted at the end", []string{fmt.Sprintf(copied, 11)}, "entry 11 "},
		{"head moved back with the end", []string{
			`DELETE FROM journal WHERE seq = 10`, `UPDATE journal_head SET seq = 9`,
		}, "ends at entry 9"},
		{"head removed", []string{`DELETE FROM journal_head`}, "head was removed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, open storetest.Open) {
				var o store.Options
				db := open(func(got *store.Options) { o = *got })
				for i := range 10 {
					if err := db.Update(t.Context(), func(tx *store.Tx) error { return mark(tx, fmt.Sprintf("m%d", i)) }); err != nil {
						t.Fatal(err)
					}
				}
				raw := storetest.SQL(t, o)
				for _, text := range tt.tamper {
					cast := "CAST(payload AS BLOB)"
					if o.URL != "" {
						cast = "CAST(payload AS BYTEA)"
					}
					if _, err := raw.Exec(strings.ReplaceAll(text, "payload_cast", cast)); err != nil {
						t.Fatalf("%s: %v", text, err)
					}
				}
				got, err := db.VerifyJournal(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if got.Intact != (tt.want == "") || !strings.Contains(got.Broken, tt.want) {
					t.Errorf("got intact %t, %q; want %q", got.Intact, got.Broken, tt.want)
				}
				if got.Intact && got.Entries != 10 {
					t.Errorf("got %d entries, want 10", got.Entries)
				}
			})
		})
	}
}
