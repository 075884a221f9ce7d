package store

import (
	"fmt"
	"strconv"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
)

const assistanceColumns = `id, outbreak, case_id, proposal, person, from_area, from_district, area, district, tier, clause, first_day, last_day, first_at, last_at, seconds, setting, state, asked_at, asked_by, note,
answered_at, answered_by, reason, contact, found_at, quarantined_at, ended_at, outcome, version`

func (r *Reader) assistance(text string, args ...any) ([]contact.Assistance, error) {
	rows, err := r.query(`SELECT `+assistanceColumns+` FROM assistance WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read requests for assistance: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []contact.Assistance
	for rows.Next() {
		var a contact.Assistance
		var first, last, asked, answered, found, quarantined, ended int64
		if err := rows.Scan(&a.ID, &a.Outbreak, &a.Case, &a.Proposal, &a.Person, &a.From, &a.FromDistrict, &a.Area, &a.District, &a.Tier, &a.Clause, &a.First, &a.Last, &first, &last, &a.Seconds, &a.Setting, &a.State, &asked, &a.AskedBy, &a.Note,
			&answered, &a.AnsweredBy, &a.Reason, &a.Contact, &found, &quarantined, &ended, &a.Outcome, &a.Version); err != nil {
			return nil, fmt.Errorf("read requests for assistance: %w", err)
		}
		a.FirstAt, a.LastAt, a.AskedAt, a.AnsweredAt, a.FoundAt, a.QuarantinedAt, a.EndedAt = when(first), when(last), when(asked), when(answered), when(found), when(quarantined), when(ended)
		out = append(out, a)
	}
	return out, rows.Err()
}

// Assistance returns one request. It wraps ErrNotFound.
func (r *Reader) Assistance(id contact.AssistanceID) (contact.Assistance, error) {
	list, err := r.assistance(`id = $1`, int64(id))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("request for assistance %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return contact.Assistance{}, err
	}
	return list[0], nil
}

// AssistanceOfCase returns what was asked of other offices about those who met a case, the oldest first.
func (r *Reader) AssistanceOfCase(c cases.ID) ([]contact.Assistance, error) {
	return r.assistance(`case_id = $1 ORDER BY id`, int64(c))
}

// AssistanceOfContact returns the requests that a contact was listed by, the oldest first.
func (r *Reader) AssistanceOfContact(c contact.ID) ([]contact.Assistance, error) {
	return r.assistance(`contact = $1 AND contact > 0 ORDER BY id`, int64(c))
}

// HasAssistance says whether anything was ever asked of another office in an outbreak.
func (r *Reader) HasAssistance(o outbreak.ID) (has bool, err error) {
	var n int
	err = r.row(`SELECT COUNT(*) FROM (SELECT 1 FROM assistance WHERE outbreak = $1 LIMIT 1) AS any_of`, int64(o)).Scan(&n)
	return n > 0, err
}

// AssistanceFilter narrows a list of requests. In and Out are the two sides: what was asked of offices within the bound, and what those within it asked. With neither, both are listed.
type AssistanceFilter struct {
	Outbreak outbreak.ID
	Within   Within
	In, Out  bool
	Open     bool                 // only those for which somebody waits
	Before   contact.AssistanceID // only older ones; 0: from the newest on
}

// AssistanceList returns requests, the newest first.
func (r *Reader) AssistanceList(f AssistanceFilter, limit int) ([]contact.Assistance, error) {
	s, err := r.reach(f.Within)
	if err != nil || s.empty() {
		return nil, err
	}
	text := `outbreak = $1`
	switch {
	case f.In && !f.Out:
		text += s.gathered("area")
	case f.Out && !f.In:
		text += s.gathered("from_area")
	case !s.all:
		text += ` AND (1 = 1` + s.gathered("area") + ` OR 1 = 1` + s.gathered("from_area") + `)`
	}
	if f.Open {
		text += ` AND ended_at = 0`
	}
	args := []any{int64(f.Outbreak)}
	if f.Before != 0 {
		args = append(args, int64(f.Before))
		text += ` AND id < $2`
	}
	args = append(args, limit)
	return r.assistance(text+` ORDER BY id DESC LIMIT $`+strconv.Itoa(len(args)), args...)
}

// AddAssistance inserts a request and gives it its ID.
func (tx *Tx) AddAssistance(a *contact.Assistance) error {
	id, err := tx.nextIDs("assistance", 1)
	if err != nil {
		return err
	}
	a.ID, a.Version = contact.AssistanceID(id), 1
	_, err = tx.exec(`INSERT INTO assistance (`+assistanceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)`,
		id, int64(a.Outbreak), int64(a.Case), int64(a.Proposal), int64(a.Person), int64(a.From), int64(a.FromDistrict), int64(a.Area), int64(a.District), string(a.Tier), a.Clause, a.First.String(), a.Last.String(), instant(a.FirstAt), instant(a.LastAt), a.Seconds,
		a.Setting, string(a.State), instant(a.AskedAt), a.AskedBy, a.Note, instant(a.AnsweredAt), a.AnsweredBy, a.Reason, int64(a.Contact), instant(a.FoundAt), instant(a.QuarantinedAt), instant(a.EndedAt), string(a.Outcome), a.Version)
	if err != nil {
		return fmt.Errorf("add a request for assistance: %w", err)
	}
	return nil
}

// UpdateAssistance writes a request; its version must be the one stored. Who it is about, and who was asked, stay as they were asked.
func (tx *Tx) UpdateAssistance(a *contact.Assistance) error {
	n, err := tx.exec(`UPDATE assistance SET tier = $1, clause = $2, first_day = $3, last_day = $4, first_at = $5, last_at = $6, seconds = $7, setting = $8, state = $9, note = $10, answered_at = $11, answered_by = $12, reason = $13,
contact = $14, found_at = $15, quarantined_at = $16, ended_at = $17, outcome = $18, version = version + 1 WHERE id = $19 AND version = $20`,
		string(a.Tier), a.Clause, a.First.String(), a.Last.String(), instant(a.FirstAt), instant(a.LastAt), a.Seconds, a.Setting, string(a.State), a.Note, instant(a.AnsweredAt), a.AnsweredBy, a.Reason,
		int64(a.Contact), instant(a.FoundAt), instant(a.QuarantinedAt), instant(a.EndedAt), string(a.Outcome), int64(a.ID), a.Version)
	if err != nil {
		return fmt.Errorf("update request for assistance %d: %w", a.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "assistance", ID: int64(a.ID), Want: a.Version}
	}
	a.Version++
	return nil
}
