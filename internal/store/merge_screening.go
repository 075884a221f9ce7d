package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/screening"
)

// keyed are the tables in which a merge of two people moves rows that have no ID: what tells a row apart beside its person.
func keyed() []struct{ table, key string } {
	return []struct{ table, key string }{{"tube_member", "tube"}, {"screening_standing", "round"}, {"person_group", "people_group"}}
}

// KeyedRow is one row of such a table: its columns as text and numbers.
type KeyedRow map[string]Value

// KeyedWas is a row before a merge and after it; nil where there was none.
type KeyedWas struct {
	Table  string   `json:"table"`
	Before KeyedRow `json:"before,omitempty"`
	After  KeyedRow `json:"after,omitempty"`
}

func (r KeyedRow) equal(o KeyedRow) bool {
	if len(r) != len(o) {
		return false
	}
	for k, v := range r {
		if !v.equal(o[k]) {
			return false
		}
	}
	return true
}

// KeyedRows are the rows of two people, by table and key.
type KeyedRows map[string]map[string]KeyedRow

// KeyedRows reads the rows of two people in the tables whose rows have no ID.
func (r *Reader) KeyedRows(kept, gone person.ID) (KeyedRows, error) {
	out := KeyedRows{}
	for _, t := range keyed() {
		out[t.table] = map[string]KeyedRow{}
		rows, err := r.rows(`SELECT * FROM `+t.table+` WHERE person IN ($1, $2)`, int64(kept), int64(gone))
		if err != nil {
			return nil, fmt.Errorf("read %s of a merge: %w", t.table, err)
		}
		for _, row := range rows {
			key := row[t.key]
			out[t.table][fmt.Sprint(key.arg())+"/"+strconv.FormatInt(*row["person"].N, 10)] = row
		}
	}
	return out, nil
}

// Diff lists the rows that differ from a to b, in a fixed order.
func (a KeyedRows) Diff(b KeyedRows) []KeyedWas {
	var out []KeyedWas
	for _, t := range keyed() {
		var keys []string
		for _, side := range []KeyedRows{a, b} {
			for k := range side[t.table] {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range slices.Compact(keys) {
			if before, after := a[t.table][k], b[t.table][k]; !before.equal(after) {
				out = append(out, KeyedWas{t.table, before, after})
			}
		}
	}
	return out
}

// PutKeyedBack makes rows what they were before, where they still are as a merge left them; what has been changed since is left.
func (tx *Tx) PutKeyedBack(kept, gone person.ID, list []KeyedWas) error {
	now, err := tx.KeyedRows(kept, gone)
	if err != nil {
		return err
	}
	for _, t := range keyed() {
		key := func(r KeyedRow) string {
			return fmt.Sprint(r[t.key].arg()) + "/" + strconv.FormatInt(*r["person"].N, 10)
		}
		for _, w := range list {
			if w.Table != t.table {
				continue
			}
			some := w.Before
			if some == nil {
				some = w.After
			}
			if !now[t.table][key(some)].equal(w.After) {
				continue
			}
			if _, err := tx.exec(`DELETE FROM `+t.table+` WHERE `+t.key+` = $1 AND person = $2`, some[t.key].arg(), some["person"].arg()); err != nil {
				return fmt.Errorf("put back %s: %w", t.table, err)
			}
			if w.Before == nil {
				continue
			}
			var names, marks []string
			var args []any
			for name, v := range w.Before {
				args = append(args, v.arg())
				names, marks = append(names, name), append(marks, "$"+strconv.Itoa(len(args)))
			}
			if _, err := tx.exec(`INSERT INTO `+t.table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, args...); err != nil {
				return fmt.Errorf("put back %s: %w", t.table, err)
			}
		}
	}
	return nil
}

// MergeScreening gives what testing rounds know of one person to another: the tubes that they were in, their self-tests and appeals, what was said of them in a round and the groups that they belong
// to, where the other has none of that round or group. seq is the journal entry of the merge. Holds are joined by JoinHolds, which knows which end counts.
func (tx *Tx) MergeScreening(gone, kept person.ID, seq int64) error {
	for _, q := range []struct {
		text string
		args []any
	}{
		{`UPDATE tube_member SET person = $1 WHERE person = $2 AND NOT EXISTS (SELECT 1 FROM tube_member m WHERE m.tube = tube_member.tube AND m.person = $3)`, []any{int64(kept), int64(gone), int64(kept)}},
		{`DELETE FROM tube_member WHERE person = $1`, []any{int64(gone)}}, // they were twice in one tube: once is what they are
		{`UPDATE screening_standing SET person = $1 WHERE person = $2 AND NOT EXISTS (SELECT 1 FROM screening_standing s WHERE s.round = screening_standing.round AND s.person = $3)`, []any{int64(kept), int64(gone), int64(kept)}},
		{`DELETE FROM screening_standing WHERE person = $1`, []any{int64(gone)}},
		{`INSERT INTO person_group (people_group, person, district, member, changed_seq) SELECT g.people_group, p.id, p.district, 1, CAST($1 AS BIGINT) FROM person_group g JOIN person p ON p.id = $2
WHERE g.person = $3 AND g.member = 1 AND NOT EXISTS (SELECT 1 FROM person_group o WHERE o.people_group = g.people_group AND o.person = $4)`, []any{seq, int64(kept), int64(gone), int64(kept)}},
		{`UPDATE person_group SET member = 0, changed_seq = $1 WHERE person = $2 AND member = 1`, []any{seq, int64(gone)}},
		{`UPDATE self_test SET person = $1 WHERE person = $2`, []any{int64(kept), int64(gone)}},
		{`UPDATE appeal SET person = $1, version = version + 1 WHERE person = $2`, []any{int64(kept), int64(gone)}},
	} {
		if _, err := tx.exec(q.text, q.args...); err != nil {
			return fmt.Errorf("merge what rounds know of person %d: %w", gone, err)
		}
	}
	return nil
}

// OutbreaksOfTubes returns the outbreaks of the tubes that a person is in, as far as the rulebook looks at them, and of their self-tests.
func (r *Reader) OutbreaksOfTubes(p person.ID) ([]outbreak.ID, error) {
	return walk[outbreak.ID](r, "read the outbreaks of a person's tubes", `SELECT outbreak FROM tube_member WHERE person = $1 UNION SELECT outbreak FROM hold WHERE person = $2 UNION SELECT outbreak FROM self_test WHERE person = $3
ORDER BY outbreak`, int64(p), int64(p), int64(p))
}

// GiveHold makes a hold another person's. That person has none for the tube.
func (tx *Tx) GiveHold(id int64, to person.ID) error {
	_, err := tx.exec(`UPDATE hold SET person = $1 WHERE id = $2`, int64(to), id)
	return wrap(err, "move hold", id)
}

// HoldsOfPeople returns the holds of people in all outbreaks, whether they stand or not.
func (r *Reader) HoldsOfPeople(ids []person.ID) (map[person.ID][]screening.Hold, error) {
	return gatherIDs(ids, func(in string) ([]screening.Hold, error) { return r.holds(`person IN (` + in + `) ORDER BY id`) }, func(h screening.Hold) person.ID { return h.Person })
}
