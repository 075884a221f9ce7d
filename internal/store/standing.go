package store

import (
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
)

// StandingCases returns the cases of an outbreak that have not ended, were not discarded and not merged, by ID from the one after, at most limit.
func (r *Reader) StandingCases(o outbreak.ID, after cases.ID, limit int) ([]cases.ID, error) {
	return standing[cases.ID](r, "read cases that have not ended", `SELECT id FROM cases WHERE outbreak = $1 AND id > $2 AND outcome = '' AND class <> 'discarded' AND merged_into = 0 ORDER BY id LIMIT $3`, o, int64(after), limit)
}

// StandingContacts returns the contacts of an outbreak who are followed up, by ID from the one after, at most limit.
func (r *Reader) StandingContacts(o outbreak.ID, after contact.ID, limit int) ([]contact.ID, error) {
	return standing[contact.ID](r, "read contacts who are followed up", `SELECT id FROM contact WHERE outbreak = $1 AND id > $2 AND state IN ('listed', 'followed') AND merged_into = 0 ORDER BY id LIMIT $3`, o, int64(after), limit)
}

func standing[T ~int64](r *Reader, op, text string, o outbreak.ID, after int64, limit int) ([]T, error) {
	rows, err := r.query(text, int64(o), after, limit)
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

// CountStanding counts the cases and the contacts of an outbreak that StandingCases and StandingContacts return.
func (r *Reader) CountStanding(o outbreak.ID) (n, contacts int, err error) {
	err = r.row(`SELECT (SELECT COUNT(*) FROM cases WHERE outbreak = $1 AND outcome = '' AND class <> 'discarded' AND merged_into = 0),
(SELECT COUNT(*) FROM contact WHERE outbreak = $2 AND state IN ('listed', 'followed') AND merged_into = 0)`, int64(o), int64(o)).Scan(&n, &contacts)
	if err != nil {
		return 0, 0, fmt.Errorf("count what has not ended: %w", err)
	}
	return n, contacts, nil
}

// CountStandingAfter counts those beyond a case and a contact: what is left of a walk over them.
func (r *Reader) CountStandingAfter(o outbreak.ID, c cases.ID, k contact.ID) (n int, err error) {
	err = r.row(`SELECT (SELECT COUNT(*) FROM cases WHERE outbreak = $1 AND id > $2 AND outcome = '' AND class <> 'discarded' AND merged_into = 0) +
(SELECT COUNT(*) FROM contact WHERE outbreak = $3 AND id > $4 AND state IN ('listed', 'followed') AND merged_into = 0)`, int64(o), int64(c), int64(o), int64(k)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what has not ended: %w", err)
	}
	return n, nil
}
