package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// IdentityValue is one name or number of a person, on its way into the vault.
type IdentityValue struct {
	Person person.ID
	Field  vault.Field
	Value  vault.Secret // zero: there is none
}

// cellOf is where a value is sealed to. It must never change: it is bound into every ciphertext.
func cellOf(p person.ID, field string) vault.Cell {
	return vault.Cell{Table: "identity", Column: field, Row: strconv.FormatInt(int64(p), 10)}
}

// sealedRow is one row of table identity.
type sealedRow struct {
	person person.ID
	field  string
	sealed vault.Sealed
}

func (r *Reader) sealedRows(text string, args ...any) ([]sealedRow, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []sealedRow
	for rows.Next() {
		var s sealedRow
		var b []byte
		if err := rows.Scan(&s.person, &s.field, &b); err != nil {
			return nil, fmt.Errorf("read identities: %w", err)
		}
		s.sealed = vault.SealedFrom(b)
		out = append(out, s)
	}
	return out, rows.Err()
}

// Add seals values of people who have none of those fields yet: an import. Thousands in one transaction are made for it; zero values are
// passed over. One journal entry tells of the whole batch.
func (ids *Identities) Add(tx *Tx, actor string, list []IdentityValue) error {
	o, err := ids.at(&tx.Reader)
	if err != nil {
		return fmt.Errorf("seal identities: %w", err)
	}
	sealed, index := make([][]any, 0, len(list)), make([][]any, 0, len(list))
	for _, v := range list {
		if v.Value.IsZero() {
			continue
		}
		s, x, err := seal(o.vault, v)
		if err != nil {
			return err
		}
		sealed = append(sealed, s)
		if x != nil {
			index = append(index, x)
		}
	}
	if len(sealed) == 0 {
		return nil
	}
	if err := tx.bulk(`INSERT INTO identity (person, field, sealed) VALUES ($1, $2, $3)`, sealed); err != nil {
		return fmt.Errorf("seal identities: %w", err)
	}
	if err := tx.bulk(insertIndex, index); err != nil {
		return fmt.Errorf("index identities: %w", err)
	}
	if err := knownVisitors(tx, o.vault, actor, list); err != nil {
		return err
	}
	payload, err := json.Marshal(map[string]int{"values": len(sealed)})
	if err != nil {
		return err
	}
	_, err = tx.Append(journal.Entry{Kind: journal.NameSealed, Actor: actor, Payload: payload})
	return err
}

const insertIndex = `INSERT INTO identity_index (field, digest, person) VALUES ($1, $2, $3)`

func seal(v *vault.Vault, value IdentityValue) (sealed, index []any, err error) {
	field := value.Field.String()
	s, err := v.Seal(cellOf(value.Person, field), value.Value)
	if err != nil {
		return nil, nil, fmt.Errorf("seal %s of person %d: %w", field, value.Person, err)
	}
	sealed = []any{int64(value.Person), field, s.Bytes()}
	if x, ok := v.Index(value.Field, value.Value); ok {
		index = []any{field, x[:], int64(value.Person)}
	}
	return sealed, index, nil
}

// Set replaces one value of a person, or with a zero value removes it: a correction. The journal says whose and which field.
func (ids *Identities) Set(tx *Tx, actor string, value IdentityValue) error {
	o, err := ids.at(&tx.Reader)
	if err != nil {
		return fmt.Errorf("seal identity: %w", err)
	}
	field := value.Field.String()
	for _, text := range []string{`DELETE FROM identity WHERE person = $1 AND field = $2`, `DELETE FROM identity_index WHERE person = $1 AND field = $2`} {
		if _, err := tx.exec(text, int64(value.Person), field); err != nil {
			return fmt.Errorf("replace %s of person %d: %w", field, value.Person, err)
		}
	}
	if !value.Value.IsZero() {
		sealed, index, err := seal(o.vault, value)
		if err != nil {
			return err
		}
		if _, err := tx.exec(`INSERT INTO identity (person, field, sealed) VALUES ($1, $2, $3)`, sealed...); err != nil {
			return fmt.Errorf("seal %s of person %d: %w", field, value.Person, err)
		}
		if index != nil {
			if _, err := tx.exec(insertIndex, index...); err != nil {
				return fmt.Errorf("index %s of person %d: %w", field, value.Person, err)
			}
		}
		if err := knownVisitors(tx, o.vault, actor, []IdentityValue{value}); err != nil {
			return err
		}
	}
	payload, err := json.Marshal(map[string]any{"field": field, "removed": value.Value.IsZero()})
	if err != nil {
		return err
	}
	_, err = tx.Append(journal.Entry{Kind: journal.NameSealed, Actor: actor, Subject: task.Subject{Kind: task.OnPerson, ID: int64(value.Person)}, Payload: payload})
	return err
}

// Replace seals values of people in place of those of the same fields that they had; zero values take away. One journal entry tells of the whole batch: a register that says it otherwise.
func (ids *Identities) Replace(tx *Tx, actor string, list []IdentityValue) error {
	gone, index := make([][]any, len(list)), make([][]any, len(list))
	for i, v := range list {
		gone[i] = []any{int64(v.Person), v.Field.String()}
	}
	copy(index, gone)
	if err := tx.bulk(`DELETE FROM identity WHERE person = $1 AND field = $2`, gone); err != nil {
		return fmt.Errorf("replace identities: %w", err)
	}
	if err := tx.bulk(`DELETE FROM identity_index WHERE person = $1 AND field = $2`, index); err != nil {
		return fmt.Errorf("replace identities: %w", err)
	}
	return ids.Add(tx, actor, list)
}

// IdentityFields returns which values are kept of somebody. Nothing is opened, so nothing is journalled.
func (r *Reader) IdentityFields(p person.ID) (map[vault.Field]bool, error) {
	list, err := r.sealedRows(`SELECT person, field, sealed FROM identity WHERE person = $1`, int64(p))
	if err != nil {
		return nil, err
	}
	out := map[vault.Field]bool{}
	for _, row := range list {
		for _, f := range []vault.Field{vault.FieldName, vault.FieldDocument, vault.FieldPhone} {
			if row.field == f.String() {
				out[f] = true
			}
		}
	}
	return out, nil
}

// Find returns the people who have exactly this value, in any spelling that vault.Normalise makes equal, by ID. Nothing is opened, so nothing is
// journalled. Of people who were merged, it returns the one who is left. The caller must check that each may be seen.
func (ids *Identities) Find(r *Reader, field vault.Field, value vault.Secret) ([]person.ID, error) {
	found, err := ids.FindMany(r, field, []vault.Secret{value})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// FindMany is Find for many values of one field at a time: what an import asks of each chunk. The result has one list per value.
func (ids *Identities) FindMany(r *Reader, field vault.Field, values []vault.Secret) ([][]person.ID, error) {
	o, err := ids.at(r)
	if err != nil {
		return nil, fmt.Errorf("look up identities: %w", err)
	}
	out := make([][]person.ID, len(values))
	at := make(map[vault.Index][]int, len(values)) // a value may be asked for twice
	var ask []vault.Index
	for i, v := range values {
		x, ok := o.vault.Index(field, v)
		if !ok {
			continue
		}
		if len(at[x]) == 0 {
			ask = append(ask, x)
		}
		at[x] = append(at[x], i)
	}
	err = inChunks(ask, func(part []vault.Index) error {
		return r.findIndexes(field, part, func(x vault.Index, p person.ID) {
			for _, i := range at[x] {
				out[i] = append(out[i], p)
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("look up identities: %w", err)
	}
	if err := r.survivors(out); err != nil {
		return nil, err
	}
	return out, nil
}

func (r *Reader) findIndexes(field vault.Field, part []vault.Index, found func(vault.Index, person.ID)) error {
	args := []any{field.String()}
	text := `SELECT digest, person FROM identity_index WHERE field = $1 AND digest IN (`
	for i := range part {
		if i > 0 {
			text += ", "
		}
		args = append(args, part[i][:])
		text += "$" + strconv.Itoa(len(args))
	}
	rows, err := r.query(text+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var b []byte
		var p person.ID
		if err := rows.Scan(&b, &p); err != nil {
			return err
		}
		if len(b) != len(vault.Index{}) {
			return fmt.Errorf("blind index of person %d has %d bytes", p, len(b))
		}
		found(vault.Index(b), p)
	}
	return rows.Err()
}

// Survivors follows merges to who is left of each person, in place; each list comes back sorted, each person once.
func (r *Reader) Survivors(lists [][]person.ID) error { return r.survivors(lists) }

// survivors follows merges to who is left of each person, and leaves each list sorted, each person once.
func (r *Reader) survivors(lists [][]person.ID) error {
	into := map[person.ID]person.ID{}
	var ask []person.ID
	for _, list := range lists {
		ask = append(ask, list...)
	}
	for round := 0; len(ask) > 0 && round < maxMerges; round++ {
		slices.Sort(ask)
		var next []person.ID
		err := inChunks(slices.Compact(ask), func(part []person.ID) error {
			found, err := r.pairs(`SELECT id, merged_into FROM person WHERE id IN (` + numbers(part) + `) AND merged_into > 0`)
			for _, p := range found {
				into[person.ID(p[0])] = person.ID(p[1])
				next = append(next, person.ID(p[1]))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("follow merges of people: %w", err)
		}
		ask = next
	}
	for i, list := range lists {
		for k := range list {
			for range maxMerges {
				further, ok := into[list[k]]
				if !ok {
					break
				}
				list[k] = further
			}
		}
		slices.Sort(list)
		lists[i] = slices.Compact(list)
	}
	return nil
}

// maxMerges bounds how often one person is merged on, so that a damaged row cannot hang a look-up.
const maxMerges = 32

// ErrNothingToMove is returned by Unmove for a field that the person it was moved to no longer has.
var ErrNothingToMove = errors.New("there is nothing to move back")

// Move gives the values of one person to another, when the two are found to be one, and returns the fields moved: the merge's journal entry keeps them
// for the way back. Where both have a value, each keeps its own: the one who is left shows theirs, and the other's is still found by
// Find. Nothing is opened for anybody to see.
func (ids *Identities) Move(tx *Tx, from, to person.ID) ([]vault.Field, error) {
	list, err := tx.sealedRows(`SELECT person, field, sealed FROM identity WHERE person = $1 AND field NOT IN (SELECT field FROM identity WHERE person = $2) ORDER BY field`,
		int64(from), int64(to))
	if err != nil {
		return nil, err
	}
	var moved []vault.Field
	for _, it := range list {
		field, ok := fieldNamed(it.field)
		if !ok {
			return nil, fmt.Errorf("identity of person %d: unknown field %q", from, it.field)
		}
		if err := ids.moveRow(tx, it, to); err != nil {
			return nil, err
		}
		moved = append(moved, field)
	}
	return moved, nil
}

// Unmove gives fields back that Move took: the merge is undone.
func (ids *Identities) Unmove(tx *Tx, from, to person.ID, fields []vault.Field) error {
	for _, f := range fields {
		list, err := tx.sealedRows(`SELECT person, field, sealed FROM identity WHERE person = $1 AND field = $2`, int64(to), f.String())
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("%s of person %d: %w", f, to, ErrNothingToMove)
		}
		if err := ids.moveRow(tx, list[0], from); err != nil {
			return err
		}
	}
	return nil
}

func (ids *Identities) moveRow(tx *Tx, it sealedRow, to person.ID) error {
	o, err := ids.at(&tx.Reader)
	if err != nil {
		return err
	}
	s, err := o.vault.Move(cellOf(it.person, it.field), cellOf(to, it.field), it.sealed)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE identity SET person = $1, sealed = $2 WHERE person = $3 AND field = $4`, int64(to), s.Bytes(), int64(it.person), it.field)
	if err == nil {
		_, err = tx.exec(`UPDATE identity_index SET person = $1 WHERE person = $2 AND field = $3`, int64(to), int64(it.person), it.field)
	}
	if err != nil {
		return fmt.Errorf("move %s of person %d to %d: %w", it.field, it.person, to, err)
	}
	return nil
}

// identityFields are the fields of table identity.
func identityFields() []vault.Field {
	return []vault.Field{vault.FieldName, vault.FieldDocument, vault.FieldPhone, vault.FieldDoor}
}

func fieldNamed(s string) (vault.Field, bool) {
	for _, f := range identityFields() {
		if f.String() == s {
			return f, true
		}
	}
	return 0, false
}
