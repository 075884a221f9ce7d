package store

import (
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/screening"
)

// StandingCases returns the cases of an outbreak that have not ended, were not discarded and not merged, by ID from the one after, at most limit.
func (r *Reader) StandingCases(o outbreak.ID, after cases.ID, limit int) ([]cases.ID, error) {
	return walk[cases.ID](r, "read cases that have not ended", `SELECT id FROM cases WHERE outbreak = $1 AND id > $2 AND outcome = '' AND class <> 'discarded' AND merged_into = 0 ORDER BY id LIMIT $3`, int64(o), int64(after), limit)
}

// StandingContacts returns the contacts of an outbreak who are followed up, by ID from the one after, at most limit.
func (r *Reader) StandingContacts(o outbreak.ID, after contact.ID, limit int) ([]contact.ID, error) {
	return walk[contact.ID](r, "read contacts who are followed up", `SELECT id FROM contact WHERE outbreak = $1 AND id > $2 AND state IN ('listed', 'followed') AND merged_into = 0 ORDER BY id LIMIT $3`, int64(o), int64(after), limit)
}

// walk reads a column of IDs.
func walk[T ~int64](r *Reader, op, text string, args ...any) ([]T, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []T
	for rows.Next() {
		var id T
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// Those who are held, or still to be told, sampled or answered, because of tubes or self-tests; and the tubes that somebody is to look at.
const (
	standingPeople = `SELECT person AS id FROM hold WHERE outbreak = $1 AND lifted_at = 0 AND person > $2 UNION SELECT subject_id FROM task WHERE outbreak = $3 AND state = 'open'
AND kind IN ('hold_person', 'resample_single', 'sample_again', 'sample_self_test', 'answer_appeal') AND subject_kind = 'person' AND subject_id > $4`
	standingTubes = `SELECT DISTINCT subject_id AS id FROM task WHERE outbreak = $1 AND state = 'open' AND kind = 'check_tube' AND subject_id > $2`
)

// StandingPeople returns the people of an outbreak who are held, or for whom something is to be done because of tubes or self-tests, by ID from the one after, at most limit.
func (r *Reader) StandingPeople(o outbreak.ID, after person.ID, limit int) ([]person.ID, error) {
	return walk[person.ID](r, "read who is held or to be sampled", standingPeople+` ORDER BY id LIMIT $5`, int64(o), int64(after), int64(o), int64(after), limit)
}

// StandingTubes returns the tubes of an outbreak in which somebody is to look for a swap, by ID from the one after, at most limit.
func (r *Reader) StandingTubes(o outbreak.ID, after screening.TubeID, limit int) ([]screening.TubeID, error) {
	return walk[screening.TubeID](r, "read tubes to be looked at", standingTubes+` ORDER BY id LIMIT $3`, int64(o), int64(after), limit)
}

// StandingCounts counts what has not ended in an outbreak: what StandingCases, StandingContacts, StandingPeople and StandingTubes return.
type StandingCounts struct{ Cases, Contacts, People, Tubes int }

// Sum is all of them.
func (c StandingCounts) Sum() int { return c.Cases + c.Contacts + c.People + c.Tubes }

// StandingAt is how far a walk over them has come: the last that was looked at of each.
type StandingAt struct {
	Case    cases.ID
	Contact contact.ID
	Person  person.ID
	Tube    screening.TubeID
}

// CountStanding counts what is left of a walk over what has not ended; from the zero value, all of it.
func (r *Reader) CountStanding(o outbreak.ID, at StandingAt) (c StandingCounts, err error) {
	for _, q := range []struct {
		into *int
		text string
		args []any
	}{
		{&c.Cases, `SELECT COUNT(*) FROM cases WHERE outbreak = $1 AND id > $2 AND outcome = '' AND class <> 'discarded' AND merged_into = 0`, []any{int64(o), int64(at.Case)}},
		{&c.Contacts, `SELECT COUNT(*) FROM contact WHERE outbreak = $1 AND id > $2 AND state IN ('listed', 'followed') AND merged_into = 0`, []any{int64(o), int64(at.Contact)}},
		{&c.People, `SELECT COUNT(*) FROM (` + standingPeople + `) p`, []any{int64(o), int64(at.Person), int64(o), int64(at.Person)}},
		{&c.Tubes, `SELECT COUNT(*) FROM (` + standingTubes + `) t`, []any{int64(o), int64(at.Tube)}},
	} {
		if err := r.row(q.text, q.args...).Scan(q.into); err != nil {
			return c, fmt.Errorf("count what has not ended: %w", err)
		}
	}
	return c, nil
}
