package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/task"
)

// NewContact is a contact to insert, with where it came from.
type NewContact struct {
	contact.Contact
	Origin task.FactRef
	Digest []byte // of the imported row; nil when typed in
}

const contactColumns = `id, outbreak, person, code, tier, state, area, district, case_id, parent, first_exposed, last_exposed, listed_at, reached_at, tier_at, quarantine_at, prophylaxis_at, ended_at, ended_by, ends_on, looked_on,
symptoms, symptom_on, became_case, source_code, relation, setting, attributes, version, merged_into`

func scanContact(s interface{ Scan(...any) error }, more ...any) (c contact.Contact, err error) {
	var listed, reached, tier, quarantine, prophylaxis, ended, symptoms int64
	var attributes string
	into := []any{&c.ID, &c.Outbreak, &c.Person, &c.Code, &c.Tier, &c.State, &c.Area, &c.District, &c.Case, &c.Parent, &c.FirstExposed, &c.LastExposed, &listed, &reached, &tier, &quarantine,
		&prophylaxis, &ended, &c.EndedBy, &c.EndsOn, &c.LookedOn, &symptoms, &c.SymptomOn, &c.BecameCase, &c.SourceCode, &c.Relation, &c.Setting, &attributes, &c.Version, &c.MergedInto}
	if err := s.Scan(append(into, more...)...); err != nil {
		return c, err
	}
	c.ListedAt, c.ReachedAt, c.TierAt, c.QuarantineAt = when(listed), when(reached), when(tier), when(quarantine)
	c.ProphylaxisAt, c.EndedAt, c.Symptoms = when(prophylaxis), when(ended), symptoms != 0
	c.Attributes, err = readAttributes(attributes)
	return c, err
}

// ContactIDs hands out n consecutive IDs for contacts that AddContacts will insert, and returns the first.
func (tx *Tx) ContactIDs(n int) (contact.ID, error) {
	first, err := tx.nextIDs("contact", int64(n))
	return contact.ID(first), err
}

// AddContacts inserts contacts whose IDs ContactIDs gave. The codes must be new in the outbreak.
func (tx *Tx) AddContacts(list []*NewContact) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]any, len(list))
	for i, c := range list {
		c.Version = 1
		attributes, err := writeAttributes(c.Attributes)
		if err != nil {
			return fmt.Errorf("contact %q: %w", c.Code, err)
		}
		digest := c.Digest
		if digest == nil {
			digest = []byte{}
		}
		rows[i] = []any{int64(c.ID), int64(c.Outbreak), int64(c.Person), c.Code, string(c.Tier), string(c.State), int64(c.Area), int64(c.District), int64(c.Case), int64(c.Parent),
			c.FirstExposed.String(), c.LastExposed.String(), instant(c.ListedAt), instant(c.ReachedAt), instant(c.TierAt), instant(c.QuarantineAt), instant(c.ProphylaxisAt), instant(c.EndedAt), c.EndedBy, c.EndsOn.String(), c.LookedOn.String(), flag(c.Symptoms),
			c.SymptomOn.String(), int64(c.BecameCase), c.SourceCode, c.Relation, c.Setting, attributes, c.Origin.Seq, c.Origin.Row, digest, c.Version}
	}
	const text = `INSERT INTO contact (id, outbreak, person, code, tier, state, area, district, case_id, parent, first_exposed, last_exposed, listed_at, reached_at, tier_at, quarantine_at, prophylaxis_at, ended_at, ended_by, ends_on, looked_on,
symptoms, symptom_on, became_case, source_code, relation, setting, attributes, origin_seq, origin_row, digest, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("insert contacts: %w", err)
	}
	return nil
}

// UpdateContact writes what is known of a contact now. The version must be the one stored; it is counted up.
func (tx *Tx) UpdateContact(c *contact.Contact, digest []byte) error {
	attributes, err := writeAttributes(c.Attributes)
	if err != nil {
		return fmt.Errorf("contact %q: %w", c.Code, err)
	}
	const text = `UPDATE contact SET tier = $1, state = $2, area = $3, district = $4, case_id = $5, parent = $6, first_exposed = $7, last_exposed = $8, listed_at = $9, reached_at = $10,
tier_at = $11, quarantine_at = $12, prophylaxis_at = $13, ended_at = $14, ended_by = $15, ends_on = $16, looked_on = $17, symptoms = $18, symptom_on = $19, became_case = $20, source_code = $21,
relation = $22, setting = $23, attributes = $24, version = version + 1 WHERE id = $25 AND version = $26`
	n, err := tx.exec(text, string(c.Tier), string(c.State), int64(c.Area), int64(c.District), int64(c.Case), int64(c.Parent), c.FirstExposed.String(), c.LastExposed.String(),
		instant(c.ListedAt), instant(c.ReachedAt), instant(c.TierAt), instant(c.QuarantineAt), instant(c.ProphylaxisAt), instant(c.EndedAt), c.EndedBy, c.EndsOn.String(), c.LookedOn.String(), flag(c.Symptoms), c.SymptomOn.String(), int64(c.BecameCase), c.SourceCode, c.Relation, c.Setting,
		attributes, int64(c.ID), c.Version)
	if err != nil {
		return fmt.Errorf("update contact %q: %w", c.Code, err)
	}
	if n == 0 {
		now, err := tx.Contact(c.ID)
		if err != nil {
			return err
		}
		return &Conflict{Noun: "contact", ID: int64(c.ID), Have: now.Version, Want: c.Version}
	}
	if digest != nil {
		if _, err := tx.exec(`UPDATE contact SET digest = $1 WHERE id = $2`, digest, int64(c.ID)); err != nil {
			return fmt.Errorf("update contact %q: %w", c.Code, err)
		}
	}
	c.Version++
	return nil
}

func (r *Reader) contacts(text string, args ...any) ([]contact.Contact, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []contact.Contact
	for rows.Next() {
		c, err := scanContact(rows)
		if err != nil {
			return nil, fmt.Errorf("read contacts: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// Contact returns one contact. The caller has checked that its area may be read.
func (r *Reader) Contact(id contact.ID) (contact.Contact, error) {
	c, err := scanContact(r.row(`SELECT `+contactColumns+` FROM contact WHERE id = $1`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("contact %d: %w", id, ErrNotFound)
	}
	return c, err
}

// ContactOrigin returns the fact that brought a contact.
func (r *Reader) ContactOrigin(id contact.ID) (task.FactRef, error) {
	var f task.FactRef
	err := r.row(`SELECT origin_seq, origin_row FROM contact WHERE id = $1`, int64(id)).Scan(&f.Seq, &f.Row)
	return f, err
}

// StoredContact is a contact as an import finds it.
type StoredContact struct {
	contact.Contact
	Digest []byte
}

// ContactsByCodes returns those of the codes that are known, by code.
func (r *Reader) ContactsByCodes(o outbreak.ID, codes []string) (map[string]StoredContact, error) {
	out := make(map[string]StoredContact, len(codes))
	err := inChunks(codes, func(part []string) error {
		args := []any{int64(o)}
		rows, err := r.query(`SELECT `+contactColumns+`, digest FROM contact WHERE outbreak = $1 AND code IN (`+placeholders(&args, part)+`)`, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var s StoredContact
			if s.Contact, err = scanContact(rows, &s.Digest); err != nil {
				return err
			}
			out[s.Code] = s
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look up contacts by code: %w", err)
	}
	return out, nil
}

// exposedTo says, of a contact, that an exposure of theirs to a case or a contact stands. What the partial index leaves out is said once more: SQLite takes
// the index only then.
func exposedTo(column, id string) string {
	return `id IN (SELECT contact FROM exposure WHERE ` + column + ` = ` + id + ` AND ` + column + ` > 0 AND aside = 0 AND ended_at = 0)`
}

// ContactsOf returns the contacts who met a case, by ID: by exposures that stand.
func (r *Reader) ContactsOf(c cases.ID) ([]contact.Contact, error) {
	return r.contacts(`SELECT `+contactColumns+` FROM contact WHERE `+exposedTo("case_id", "$1")+` AND merged_into = 0 ORDER BY id`, int64(c))
}

// ContactsOfPerson returns a person's rows as a contact, one per outbreak.
func (r *Reader) ContactsOfPerson(p person.ID) ([]contact.Contact, error) {
	return r.contacts(`SELECT `+contactColumns+` FROM contact WHERE person = $1 ORDER BY id`, int64(p))
}

// ContactBecame returns the contact that became the case, if it was one.
func (r *Reader) ContactBecame(p person.ID, o outbreak.ID) (*contact.Contact, error) {
	list, err := r.contacts(`SELECT `+contactColumns+` FROM contact WHERE person = $1 AND outbreak = $2 AND merged_into = 0 ORDER BY id LIMIT 1`, int64(p), int64(o))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// SecondaryContacts returns the contacts who met a close contact, by ID.
func (r *Reader) SecondaryContacts(parent contact.ID) ([]contact.Contact, error) {
	return r.contacts(`SELECT `+contactColumns+` FROM contact WHERE `+exposedTo("parent", "$1")+` AND merged_into = 0 ORDER BY id`, int64(parent))
}

// CountContactsOf returns how many contacts met a case.
func (r *Reader) CountContactsOf(c cases.ID) (n int, err error) {
	err = r.row(`SELECT COUNT(*) FROM exposure WHERE case_id = $1 AND case_id > 0 AND aside = 0 AND ended_at = 0`, int64(c)).Scan(&n)
	return n, err
}

// FollowUpsOver returns up to limit contacts under follow-up whose last day lies before today and who were not looked at today.
func (r *Reader) FollowUpsOver(o outbreak.ID, today day.Day, limit int) ([]contact.ID, error) {
	rows, err := r.query(`SELECT id FROM contact WHERE outbreak = $1 AND ends_on < $2 AND ends_on <> '' AND state IN ('listed', 'followed') AND looked_on < $3 AND merged_into = 0 ORDER BY ends_on, id LIMIT $4`,
		int64(o), today.String(), today.String(), limit)
	if err != nil {
		return nil, fmt.Errorf("read contacts whose follow-up is over: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []contact.ID
	for rows.Next() {
		var id contact.ID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read contacts whose follow-up is over: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// EachContact calls fn for every contact of an outbreak, by ID, in constant memory. Merged ones are left out.
func (r *Reader) EachContact(o outbreak.ID, fn func(contact.Contact) error) error {
	after := int64(0)
	for {
		page, err := r.contacts(`SELECT `+contactColumns+` FROM contact WHERE outbreak = $1 AND id > $2 AND merged_into = 0 ORDER BY id LIMIT 2000`, int64(o), after)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, c := range page {
			after = int64(c.ID)
			if err := fn(c); err != nil {
				return err
			}
		}
	}
}

// PutCheck writes a follow-up check; a second one for the same day and slot replaces the first (a phone sends again after a lost answer).
func (tx *Tx) PutCheck(c *contact.Check, district int64, seq int64) error {
	id, err := tx.nextIDs("contact_check", 1)
	if err != nil {
		return err
	}
	c.ID = contact.CheckID(id)
	symptoms, err := json.Marshal(c.Symptoms)
	if err != nil {
		return fmt.Errorf("write check of contact %d: %w", c.Contact, err)
	}
	const text = `INSERT INTO contact_check (id, contact, district, on_day, slot, at, seen, temperature, symptoms, note, by_self, journal_seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (contact, on_day, slot) DO UPDATE SET at = excluded.at, seen = excluded.seen, temperature = excluded.temperature, symptoms = excluded.symptoms, note = excluded.note, by_self = excluded.by_self, journal_seq = excluded.journal_seq`
	if _, err := tx.exec(text, id, int64(c.Contact), district, c.On.String(), c.Slot, instant(c.At), flag(c.Seen), c.Temperature, string(symptoms), c.Note, flag(c.Self), seq); err != nil {
		return fmt.Errorf("write check of contact %d: %w", c.Contact, err)
	}
	return nil
}

const checkColumns = `id, contact, on_day, slot, at, seen, temperature, symptoms, note, by_self`

// Checks returns the checks of a contact in order.
func (r *Reader) Checks(id contact.ID) ([]contact.Check, error) {
	return r.checks(`SELECT `+checkColumns+` FROM contact_check WHERE contact = $1 ORDER BY on_day, slot`, int64(id))
}

func (r *Reader) checks(text string, args ...any) ([]contact.Check, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []contact.Check
	for rows.Next() {
		var c contact.Check
		var at, seen, self int64
		var symptoms string
		if err := rows.Scan(&c.ID, &c.Contact, &c.On, &c.Slot, &at, &seen, &c.Temperature, &symptoms, &c.Note, &self); err != nil {
			return nil, fmt.Errorf("read checks: %w", err)
		}
		c.At, c.Seen, c.Self = when(at), seen != 0, self != 0
		if err := json.Unmarshal([]byte(symptoms), &c.Symptoms); err != nil {
			return nil, fmt.Errorf("read check %d of contact %d: symptoms: %w", c.ID, c.Contact, err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
