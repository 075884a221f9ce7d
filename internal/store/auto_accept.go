package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
)

// AutoAccept returns the setting of an outbreak that is in force; one that was never set is off.
func (r *Reader) AutoAccept(o outbreak.ID) (contact.AutoAccept, error) {
	a := contact.AutoAccept{Outbreak: o}
	var tiers string
	var at int64
	err := r.row(`SELECT version, tiers, most, set_at, set_by, reason FROM auto_accept WHERE outbreak = $1 ORDER BY version DESC LIMIT 1`, int64(o)).Scan(&a.Version, &tiers, &a.Most, &at, &a.SetBy, &a.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("read what is accepted by itself: %w", err)
	}
	a.SetAt = when(at)
	for t := range strings.SplitSeq(tiers, ",") {
		if t != "" {
			a.Tiers = append(a.Tiers, contact.Tier(t))
		}
	}
	return a, nil
}

// AddAutoAccept puts a setting in force; its version is one more than that of the one before.
func (tx *Tx) AddAutoAccept(a *contact.AutoAccept) error {
	words := make([]string, len(a.Tiers))
	for i, t := range a.Tiers {
		words[i] = string(t)
	}
	a.Version++
	_, err := tx.exec(`INSERT INTO auto_accept (outbreak, version, tiers, most, set_at, set_by, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)`, int64(a.Outbreak), a.Version, strings.Join(words, ","), a.Most, instant(a.SetAt), a.SetBy, a.Reason)
	if err != nil {
		return fmt.Errorf("set what is accepted by itself: %w", err)
	}
	return nil
}

// ToAutoTrace returns cases that are proven since an instant and were not asked about by themselves, or of whom nothing was known when that was asked before retry: the oldest first.
func (r *Reader) ToAutoTrace(o outbreak.ID, since, retry time.Time, limit int) ([]cases.ID, error) {
	rows, err := r.query(`SELECT c.id FROM cases c LEFT JOIN auto_trace t ON t.case_id = c.id WHERE c.outbreak = $1 AND c.confirmed_at >= $2 AND c.class IN ('confirmed', 'asymptomatic') AND c.merged_into = 0
AND (t.case_id IS NULL OR t.state = 'unknown' AND t.at < $3) ORDER BY c.confirmed_at, c.id LIMIT $4`, int64(o), instant(since), instant(retry), limit)
	if err != nil {
		return nil, fmt.Errorf("read cases to be asked about: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []cases.ID
	for rows.Next() {
		var id cases.ID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read cases to be asked about: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// AutoTraceOf returns what came of a case that was asked about by itself; false where it was not.
func (r *Reader) AutoTraceOf(c cases.ID) (t contact.AutoTrace, ok bool, err error) {
	var at int64
	err = r.row(`SELECT case_id, outbreak, at, state, found, accepted, most FROM auto_trace WHERE case_id = $1`, int64(c)).Scan(&t.Case, &t.Outbreak, &at, &t.State, &t.Found, &t.Accepted, &t.Most)
	if errors.Is(err, sql.ErrNoRows) {
		return t, false, nil
	}
	if err != nil {
		return t, false, fmt.Errorf("read what came of case %d: %w", c, err)
	}
	t.At = when(at)
	return t, true, nil
}

// PutAutoTrace writes what came of a case.
func (tx *Tx) PutAutoTrace(t contact.AutoTrace) error {
	_, err := tx.exec(`INSERT INTO auto_trace (case_id, outbreak, at, state, found, accepted, most) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (case_id) DO UPDATE SET at = excluded.at, state = excluded.state, found = excluded.found, accepted = excluded.accepted, most = excluded.most`,
		int64(t.Case), int64(t.Outbreak), instant(t.At), string(t.State), t.Found, t.Accepted, t.Most)
	if err != nil {
		return fmt.Errorf("write what came of case %d: %w", t.Case, err)
	}
	return nil
}
