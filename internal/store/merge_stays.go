package store

import (
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
)

// MoveStays gives the stays of one person to another, in all outbreaks. Of the two, one at most is anywhere, and a bed is kept for one at most.
func (tx *Tx) MoveStays(from, to person.ID) error {
	_, err := tx.exec(`UPDATE stay SET person = $1, version = version + 1 WHERE person = $2`, int64(to), int64(from))
	return wrap(err, "move stays of person", int64(from))
}

// MoveContactStays makes the stays of one contact another's.
func (tx *Tx) MoveContactStays(from, to contact.ID) error {
	_, err := tx.exec(`UPDATE stay SET contact_of = $1, version = version + 1 WHERE contact_of = $2`, int64(to), int64(from))
	return wrap(err, "move stays of contact", int64(from))
}

// MoveCare makes the stays, severities and admissions of one case another's. Of the two, one at most lies in a hospital.
func (tx *Tx) MoveCare(from, to cases.ID) error {
	for _, text := range []string{
		`UPDATE stay SET case_of = $1, version = version + 1 WHERE case_of = $2`,
		`UPDATE severity SET case_id = $1 WHERE case_id = $2`,
		`UPDATE admission SET case_id = $1, version = version + 1 WHERE case_id = $2`,
	} {
		if _, err := tx.exec(text, int64(to), int64(from)); err != nil {
			return fmt.Errorf("move care of case %d: %w", from, err)
		}
	}
	return nil
}

// MoveAdmissions gives the admissions of one person in an outbreak to another.
func (tx *Tx) MoveAdmissions(o outbreak.ID, from, to person.ID) error {
	_, err := tx.exec(`UPDATE admission SET person = $1, version = version + 1 WHERE person = $2 AND outbreak = $3`, int64(to), int64(from), int64(o))
	return wrap(err, "move admissions of person", int64(from))
}

// BedTaken says whether somebody else has the bed that a stay had.
func (r *Reader) BedTaken(id facility.StayID) (bool, error) {
	var n int64
	err := r.row(`SELECT COUNT(*) FROM stay s JOIN stay o ON o.room = s.room AND o.bed = s.bed AND o.id <> s.id AND o.state IN ('booked', 'in') WHERE s.id = $1 AND s.room > 0`, int64(id)).Scan(&n)
	return n > 0, wrap(err, "read the bed of stay", int64(id))
}
