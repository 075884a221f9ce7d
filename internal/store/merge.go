package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// Merge is one person found to be another: who goes on, who does not, and how to take it back.
type Merge struct {
	ID       int64
	Kept     person.ID
	Gone     person.ID
	District place.AreaID
	At       time.Time
	By       string
	Reason   string
	Seq      int64     // the journal entry that tells of it
	UndoneAt time.Time // zero while it stands
	UndoneBy string
	Undo     []byte // JSON of the way back; the command that merged reads it
}

// Stands says whether the two are one person.
func (m Merge) Stands() bool { return m.UndoneAt.IsZero() }

const mergeColumns = `id, kept, gone, district, merged_at, merged_by, reason, seq, undone_at, undone_by, undo`

func (r *Reader) merges(text string, args ...any) ([]Merge, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read merges: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Merge
	for rows.Next() {
		var m Merge
		var at, undone int64
		var undo string
		if err := rows.Scan(&m.ID, &m.Kept, &m.Gone, &m.District, &at, &m.By, &m.Reason, &m.Seq, &undone, &m.UndoneBy, &undo); err != nil {
			return nil, fmt.Errorf("read merges: %w", err)
		}
		m.At, m.UndoneAt, m.Undo = when(at), when(undone), []byte(undo)
		out = append(out, m)
	}
	return out, rows.Err()
}

// Merge returns one merge.
func (r *Reader) Merge(id int64) (Merge, error) {
	list, err := r.merges(`SELECT `+mergeColumns+` FROM person_merge WHERE id = $1`, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("merge %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Merge{}, err
	}
	return list[0], nil
}

// MergesOf returns the merges that stand and name a person, on either side, newest first.
func (r *Reader) MergesOf(p person.ID) ([]Merge, error) {
	return r.merges(`SELECT `+mergeColumns+` FROM person_merge WHERE kept = $1 AND undone_at = 0
UNION ALL SELECT `+mergeColumns+` FROM person_merge WHERE gone = $2 AND undone_at = 0 ORDER BY 1 DESC`, int64(p), int64(p))
}

// AddMerge writes a merge that has been carried out and gives it its ID.
func (tx *Tx) AddMerge(m *Merge) error {
	id, err := tx.nextIDs("person_merge", 1)
	if err != nil {
		return err
	}
	m.ID = id
	if _, err := tx.exec(`INSERT INTO person_merge (`+mergeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		id, int64(m.Kept), int64(m.Gone), int64(m.District), instant(m.At), m.By, m.Reason, m.Seq, instant(m.UndoneAt), m.UndoneBy, string(m.Undo)); err != nil {
		return fmt.Errorf("insert merge of person %d into %d: %w", m.Gone, m.Kept, err)
	}
	return nil
}

// EndMerge marks a merge as taken back. A second time is a Conflict.
func (tx *Tx) EndMerge(id int64, by string) error {
	n, err := tx.exec(`UPDATE person_merge SET undone_at = $1, undone_by = $2 WHERE id = $3 AND undone_at = 0`, instant(tx.now), by, id)
	if err != nil {
		return fmt.Errorf("end merge %d: %w", id, err)
	}
	if n == 0 {
		return &Conflict{Noun: "merge", ID: id, Have: 1}
	}
	return nil
}

// MergedInto returns the person that one was merged into; 0 for one of their own.
func (r *Reader) MergedInto(p person.ID) (into person.ID, err error) {
	err = r.row(`SELECT merged_into FROM person WHERE id = $1`, int64(p)).Scan(&into)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("person %d: %w", p, ErrNotFound)
	}
	return into, err
}

// PairVersion is the sum of the versions of all records of two people. Versions only grow, so it is the same only while nobody changed, added or
// merged anything of either: what a person saw when they decided that the two are one.
func (r *Reader) PairVersion(a, b person.ID) (int64, error) {
	var n int64
	for _, table := range []string{"cases", "contact", "specimen"} {
		var k int64
		if err := r.row(`SELECT COALESCE(SUM(version), 0) FROM `+table+` WHERE person IN ($1, $2)`, int64(a), int64(b)).Scan(&k); err != nil {
			return 0, fmt.Errorf("read versions of people %d and %d: %w", a, b, err)
		}
		n += k
	}
	var k int64
	if err := r.row(`SELECT COALESCE(SUM(version), 0) FROM person WHERE id IN ($1, $2)`, int64(a), int64(b)).Scan(&k); err != nil {
		return 0, fmt.Errorf("read versions of people %d and %d: %w", a, b, err)
	}
	return n + k, nil
}

// SetMergedPerson writes that a person is another one, or with 0 that they are not.
func (tx *Tx) SetMergedPerson(gone, into person.ID) error {
	_, err := tx.exec(`UPDATE person SET merged_into = $1, version = version + 1 WHERE id = $2`, int64(into), int64(gone))
	return wrap(err, "merge person", int64(gone))
}

func wrap(err error, what string, id int64) error {
	if err != nil {
		return fmt.Errorf("%s %d: %w", what, id, err)
	}
	return nil
}

// MoveSpecimens gives the specimens of one person to another.
func (tx *Tx) MoveSpecimens(from, to person.ID) error {
	_, err := tx.exec(`UPDATE specimen SET person = $1, version = version + 1 WHERE person = $2`, int64(to), int64(from))
	return wrap(err, "move specimens of person", int64(from))
}

// MoveCase gives a case to another person.
func (tx *Tx) MoveCase(id cases.ID, to person.ID) error {
	_, err := tx.exec(`UPDATE cases SET person = $1, version = version + 1 WHERE id = $2`, int64(to), int64(id))
	return wrap(err, "move case", int64(id))
}

// MoveContact gives a contact to another person.
func (tx *Tx) MoveContact(id contact.ID, to person.ID) error {
	_, err := tx.exec(`UPDATE contact SET person = $1, version = version + 1 WHERE id = $2`, int64(to), int64(id))
	return wrap(err, "move contact", int64(id))
}

// MergeCase turns what hangs on one case to another of the same outbreak: its contacts, links, zones and the cases merged into it before. Links that
// would then lie within one case, or say again what another says, are set aside under the mark.
func (tx *Tx) MergeCase(o outbreak.ID, gone, kept cases.ID, mark int64) error {
	for _, text := range []string{
		`UPDATE contact SET case_id = $1, version = version + 1 WHERE case_id = $2`,
		`UPDATE zone SET case_id = $1, version = version + 1 WHERE case_id = $2`,
		`UPDATE link SET from_case = $1 WHERE from_case = $2`,
		`UPDATE link SET to_case = $1 WHERE to_case = $2`,
		`UPDATE cases SET merged_into = $1, version = version + 1 WHERE merged_into = $2`,
		`UPDATE cases SET merged_into = $1, version = version + 1 WHERE id = $2`,
	} {
		if _, err := tx.exec(text, int64(kept), int64(gone)); err != nil {
			return fmt.Errorf("merge case %d into %d: %w", gone, kept, err)
		}
	}
	// Of links that now say the same, the first stays.
	const within = `UPDATE link SET aside = $1 WHERE aside = 0 AND from_case = $2 AND to_case = $3`
	const again = `UPDATE link SET aside = $1 WHERE aside = 0 AND outbreak = $2 AND (from_case = $3 OR to_case = $4) AND from_case > 0 AND to_case > 0
AND EXISTS (SELECT 1 FROM link l WHERE l.outbreak = link.outbreak AND l.from_case = link.from_case AND l.to_case = link.to_case AND l.kind = link.kind AND l.aside = 0 AND l.id < link.id)`
	if _, err := tx.exec(within, mark, int64(kept), int64(kept)); err != nil {
		return fmt.Errorf("merge links of case %d: %w", gone, err)
	}
	if _, err := tx.exec(again, mark, int64(o), int64(kept), int64(kept)); err != nil {
		return fmt.Errorf("merge links of case %d: %w", gone, err)
	}
	return nil
}

// MergeContact turns what hangs on one contact to another of the same outbreak: those who met them, and the checks of a day and slot that the other has
// none of. The rest of the checks stay where they are.
func (tx *Tx) MergeContact(gone, kept contact.ID) error {
	for _, text := range []string{
		`UPDATE contact SET parent = $1, version = version + 1 WHERE parent = $2`,
		`UPDATE contact SET merged_into = $1, version = version + 1 WHERE merged_into = $2`,
		`UPDATE contact SET merged_into = $1, version = version + 1 WHERE id = $2`,
	} {
		if _, err := tx.exec(text, int64(kept), int64(gone)); err != nil {
			return fmt.Errorf("merge contact %d into %d: %w", gone, kept, err)
		}
	}
	_, err := tx.exec(`UPDATE contact_check SET contact = $1 WHERE contact = $2
AND NOT EXISTS (SELECT 1 FROM contact_check k WHERE k.contact = $3 AND k.on_day = contact_check.on_day AND k.slot = contact_check.slot)`, int64(kept), int64(gone), int64(kept))
	return wrap(err, "move checks of contact", int64(gone))
}

// TieTo lists the rows that a merge of two people touches by itself, by table: what Image is taken of before and after.
func (r *Reader) TieTo(kept, gone person.ID) (Rows, error) {
	out := Rows{}
	pair := strconv.FormatInt(int64(kept), 10) + "," + strconv.FormatInt(int64(gone), 10)
	collect := func(table, where string) error {
		rows, err := r.query(`SELECT id FROM ` + table + ` WHERE ` + where)
		if err != nil {
			return fmt.Errorf("read %s of a merge: %w", table, err)
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return fmt.Errorf("read %s of a merge: %w", table, err)
			}
			out.Add(table, id)
		}
		return rows.Err()
	}
	theirs := ` IN (SELECT id FROM cases WHERE person IN (` + pair + `))`
	contacts := ` IN (SELECT id FROM contact WHERE person IN (` + pair + `))`
	for _, t := range [][2]string{
		{"person", `id IN (` + pair + `)`},
		{"cases", `person IN (` + pair + `)`}, {"cases", `merged_into > 0 AND merged_into` + theirs},
		{"contact", `person IN (` + pair + `)`}, {"contact", `case_id > 0 AND case_id` + theirs}, {"contact", `parent > 0 AND parent` + contacts},
		{"contact", `merged_into > 0 AND merged_into` + contacts},
		{"specimen", `person IN (` + pair + `)`},
		{"link", `from_case > 0 AND from_case` + theirs}, {"link", `to_case > 0 AND to_case` + theirs},
		{"zone", `case_id` + theirs},
		{"exposure", `contact` + contacts}, {"exposure", `case_id > 0 AND case_id` + theirs}, {"exposure", `parent > 0 AND parent` + contacts},
		{"contact_check", `contact` + contacts},
		{"hold", `person IN (` + pair + `)`}, {"self_test", `person IN (` + pair + `)`}, {"appeal", `person IN (` + pair + `)`},
		{"stay", `person IN (` + pair + `)`}, {"severity", `case_id` + theirs}, {"admission", `person IN (` + pair + `)`}, {"admission", `case_id` + theirs},
	} {
		if err := collect(t[0], t[1]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
