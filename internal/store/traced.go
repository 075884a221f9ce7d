package store

import (
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
)

// Traced is one meeting of a case with a close contact, and what became of the contact.
type Traced struct {
	Case         cases.ID
	QuarantineAt time.Time // since when they were kept apart; zero if they never were
	BecameCase   cases.ID  // the case that the contact turned out to be; 0 for none
}

// EachTraced calls fn for every exposure of a close contact to a known case of an outbreak that stands, in no order, in constant memory. Contacts listed in error are
// left out. It takes no bound: who shows counts made from it bounds those by the case.
func (r *Reader) EachTraced(o outbreak.ID, fn func(Traced)) error {
	// Release ends a quarantine, and the contact tells of it no more; the task of bringing them there does.
	rows, err := r.query(`SELECT e.case_id, CASE WHEN c.quarantine_at = 0 AND c.state = 'released' THEN COALESCE((SELECT MIN(t.ended_at) FROM task t
WHERE t.subject_kind = 'contact' AND t.subject_id = c.id AND t.kind = 'quarantine_contact' AND t.state = 'done'), 0) ELSE c.quarantine_at END, c.became_case FROM contact c JOIN exposure e ON e.contact = c.id
WHERE c.outbreak = $1 AND c.merged_into = 0 AND c.state <> 'dropped' AND e.tier = 'close' AND e.case_id > 0 AND e.aside = 0 AND e.ended_at = 0`, int64(o))
	if err != nil {
		return fmt.Errorf("read traced contacts: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var t Traced
		var at int64
		if err := rows.Scan(&t.Case, &at, &t.BecameCase); err != nil {
			return fmt.Errorf("read traced contacts: %w", err)
		}
		t.QuarantineAt = when(at)
		fn(t)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read traced contacts: %w", err)
	}
	return nil
}
