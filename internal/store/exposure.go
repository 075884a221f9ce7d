package store

import (
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
)

const exposureColumns = `id, outbreak, contact, district, case_id, parent, source_code, first_day, last_day, tier, certainty, setting, said_by, ended_at, ended_by, end_reason, from_at, to_at, seconds, version`

func (r *Reader) exposures(text string, args ...any) ([]contact.Exposure, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read exposures: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []contact.Exposure
	for rows.Next() {
		var e contact.Exposure
		var ended, from, to int64
		if err := rows.Scan(&e.ID, &e.Outbreak, &e.Contact, &e.District, &e.Case, &e.Parent, &e.SourceCode, &e.First, &e.Last, &e.Tier, &e.Certainty, &e.Setting, &e.SaidBy,
			&ended, &e.EndedBy, &e.EndReason, &from, &to, &e.Seconds, &e.Version); err != nil {
			return nil, fmt.Errorf("read exposures: %w", err)
		}
		e.EndedAt, e.From, e.To = when(ended), when(from), when(to)
		out = append(out, e)
	}
	return out, rows.Err()
}

// Exposures returns the exposures of a contact, by ID, those taken back included.
func (r *Reader) Exposures(id contact.ID) ([]contact.Exposure, error) {
	return r.exposures(`SELECT `+exposureColumns+` FROM exposure WHERE contact = $1 AND aside = 0 ORDER BY id`, int64(id))
}

// Exposure returns one exposure. The error wraps ErrNotFound when there is none, or when another says the same since a merge.
func (r *Reader) Exposure(id contact.ExposureID) (contact.Exposure, error) {
	list, err := r.exposures(`SELECT `+exposureColumns+` FROM exposure WHERE id = $1 AND aside = 0`, int64(id))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("exposure %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return contact.Exposure{}, err
	}
	return list[0], nil
}

// ExposuresTo returns the exposures to a case that stand, by contact.
func (r *Reader) ExposuresTo(c cases.ID) ([]contact.Exposure, error) {
	return r.exposures(`SELECT `+exposureColumns+` FROM exposure WHERE case_id = $1 AND case_id > 0 AND aside = 0 AND ended_at = 0 ORDER BY contact`, int64(c))
}

// ExposuresOf returns the exposures of contacts that stand, by ID.
func (r *Reader) ExposuresOf(list []contact.Contact) (map[contact.ID][]contact.Exposure, error) {
	ids := make([]contact.ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	out := map[contact.ID][]contact.Exposure{}
	err := inChunks(ids, func(part []contact.ID) error {
		found, err := r.exposures(`SELECT ` + exposureColumns + ` FROM exposure WHERE contact IN (` + numbers(part) + `) AND aside = 0 AND ended_at = 0 ORDER BY id`)
		for _, e := range found {
			out[e.Contact] = append(out[e.Contact], e)
		}
		return err
	})
	return out, err
}

// ExposureIDs hands out n consecutive IDs for exposures that AddExposures will insert, and returns the first.
func (tx *Tx) ExposureIDs(n int) (contact.ExposureID, error) {
	first, err := tx.nextIDs("exposure", int64(n))
	return contact.ExposureID(first), err
}

// AddExposures inserts exposures whose IDs ExposureIDs gave. A contact has one to each person they met.
func (tx *Tx) AddExposures(list []*contact.Exposure) error {
	rows := make([][]any, len(list))
	for i, e := range list {
		e.Version = 1
		rows[i] = []any{int64(e.ID), int64(e.Outbreak), int64(e.Contact), int64(e.District), int64(e.Case), int64(e.Parent), e.SourceCode, e.First.String(), e.Last.String(), string(e.Tier),
			string(e.Certainty), e.Setting, e.SaidBy, instant(e.EndedAt), e.EndedBy, e.EndReason, 0, instant(e.From), instant(e.To), e.Seconds, e.Version}
	}
	const text = `INSERT INTO exposure (id, outbreak, contact, district, case_id, parent, source_code, first_day, last_day, tier, certainty, setting, said_by, ended_at, ended_by, end_reason, aside, from_at, to_at, seconds, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("insert exposures: %w", err)
	}
	return nil
}

// UpdateExposure writes what is known of an exposure now. The version must be the one stored; it is counted up.
func (tx *Tx) UpdateExposure(e *contact.Exposure) error {
	const text = `UPDATE exposure SET case_id = $1, parent = $2, source_code = $3, first_day = $4, last_day = $5, tier = $6, certainty = $7, setting = $8, said_by = $9, ended_at = $10,
ended_by = $11, end_reason = $12, contact = $13, from_at = $14, to_at = $15, seconds = $16, version = version + 1 WHERE id = $17 AND version = $18`
	n, err := tx.exec(text, int64(e.Case), int64(e.Parent), e.SourceCode, e.First.String(), e.Last.String(), string(e.Tier), string(e.Certainty), e.Setting, e.SaidBy, instant(e.EndedAt),
		e.EndedBy, e.EndReason, int64(e.Contact), instant(e.From), instant(e.To), e.Seconds, int64(e.ID), e.Version)
	if err != nil {
		return fmt.Errorf("update exposure %d: %w", e.ID, err)
	}
	if n == 0 {
		now, err := tx.Exposure(e.ID)
		if err != nil {
			return err
		}
		return &Conflict{Noun: "exposure", ID: int64(e.ID), Have: now.Version, Want: e.Version}
	}
	e.Version++
	return nil
}

// Sides are the two records that a merge makes one; zero where it makes none of that kind one.
type Sides struct {
	GoneCase, KeptCase       cases.ID
	GoneContact, KeptContact contact.ID
	Self                     cases.ID // the case that the kept contact's person is: nobody is a contact of themselves
}

// MergeExposures turns the exposures of and to one record to the other. Of those that would then say the same, one stays and says what both said; the others
// are set aside under the mark.
func (tx *Tx) MergeExposures(s Sides, mark int64) error {
	list, err := tx.exposures(`SELECT `+exposureColumns+` FROM exposure WHERE aside = 0 AND (contact IN ($1, $2) OR case_id > 0 AND case_id IN ($3, $4) OR parent > 0 AND parent IN ($5, $6)) ORDER BY id`,
		int64(s.GoneContact), int64(s.KeptContact), int64(s.GoneCase), int64(s.KeptCase), int64(s.GoneContact), int64(s.KeptContact))
	if err != nil {
		return err
	}
	type key struct {
		contact, parent contact.ID
		of              cases.ID
		code            string
	}
	keyOf := func(e contact.Exposure) key { return key{e.Contact, e.Parent, e.Case, e.SourceCode} }
	turned := func(e contact.Exposure) contact.Exposure {
		if s.GoneContact != 0 && s.KeptContact != 0 {
			if e.Contact == s.GoneContact {
				e.Contact = s.KeptContact
			}
			if e.Parent == s.GoneContact {
				e.Parent = s.KeptContact
			}
		}
		if s.GoneCase != 0 && s.KeptCase != 0 && e.Case == s.GoneCase {
			e.Case = s.KeptCase
		}
		return e
	}
	stays := map[key]int{} // index in list of the row that stays: one that need not be turned before others, so that taking back never meets itself
	for pass := range 2 {
		for i, e := range list {
			k := keyOf(turned(e))
			if _, there := stays[k]; !there && (pass == 1 || k == keyOf(e)) {
				stays[k] = i
			}
		}
	}
	joined := map[int]contact.Exposure{}
	for i, e := range list {
		t := turned(e)
		at := stays[keyOf(t)]
		self := t.Parent != 0 && t.Parent == t.Contact || s.Self != 0 && t.Case == s.Self && t.Contact == s.KeptContact
		if at != i || self {
			if _, err := tx.exec(`UPDATE exposure SET aside = $1, version = version + 1 WHERE id = $2`, mark, int64(e.ID)); err != nil {
				return fmt.Errorf("set exposure %d aside: %w", e.ID, err)
			}
		}
		if self {
			continue
		}
		have, ok := joined[at]
		if !ok {
			have = turned(list[at])
		}
		if at != i {
			have = have.Join(t)
			have.Contact, have.Outbreak, have.District = t.Contact, list[at].Outbreak, list[at].District
		}
		joined[at] = have
	}
	for i := range list {
		e, ok := joined[i]
		if !ok || e == list[i] {
			continue
		}
		if err := tx.UpdateExposure(&e); err != nil {
			return err
		}
	}
	return nil
}

// SetExposuresAside sets exposures aside under a mark: what brought them about was taken back.
func (tx *Tx) SetExposuresAside(ids []int64, mark int64) error {
	return inChunks(ids, func(part []int64) error {
		if _, err := tx.exec(`UPDATE exposure SET aside = $1, version = version + 1 WHERE id IN (`+numbers(part)+`)`, mark); err != nil {
			return fmt.Errorf("set exposures aside: %w", err)
		}
		return nil
	})
}
