package store

import (
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// The readers here give for many records what one query each gives for one, in the same order: an order that changes thousands of records asks them first.

// gather reads the rows that belong to many keys, a query for each 500 of them, and returns them by key. Rows are in the order of the query.
func gather[K comparable, V any](ids []int64, read func(in string) ([]V, error), key func(V) K) (map[K][]V, error) {
	out := make(map[K][]V, len(ids))
	err := inChunks(ids, func(part []int64) error {
		list, err := read(numbers(part))
		for _, v := range list {
			k := key(v)
			out[k] = append(out[k], v)
		}
		return err
	})
	return out, err
}

func plainIDs[T ~int64](ids []T) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

// ContactsByID returns those of the contacts that are known, in the order of the IDs.
func (r *Reader) ContactsByID(ids []contact.ID) ([]contact.Contact, error) {
	return r.contactsByID(plainIDs(ids))
}

// ContactsOfMany is ContactsOf for many cases.
func (r *Reader) ContactsOfMany(ids []cases.ID) (map[cases.ID][]contact.Contact, error) {
	return gather(plainIDs(ids), func(in string) ([]contact.Contact, error) {
		return r.contacts(`SELECT ` + contactColumns + ` FROM contact WHERE case_id IN (` + in + `) AND case_id > 0 AND merged_into = 0 ORDER BY id`)
	}, func(c contact.Contact) cases.ID { return c.Case })
}

// SecondaryContactsOfMany is SecondaryContacts for many close contacts.
func (r *Reader) SecondaryContactsOfMany(parents []contact.ID) (map[contact.ID][]contact.Contact, error) {
	return gather(plainIDs(parents), func(in string) ([]contact.Contact, error) {
		return r.contacts(`SELECT ` + contactColumns + ` FROM contact WHERE parent IN (` + in + `) AND parent > 0 AND merged_into = 0 ORDER BY id`)
	}, func(c contact.Contact) contact.ID { return c.Parent })
}

// ContactsBecame is ContactBecame for many people: those who were contacts.
func (r *Reader) ContactsBecame(people []person.ID, o outbreak.ID) (map[person.ID]contact.Contact, error) {
	all, err := gather(plainIDs(people), func(in string) ([]contact.Contact, error) {
		return r.contacts(`SELECT `+contactColumns+` FROM contact WHERE person IN (`+in+`) AND outbreak = $1 AND merged_into = 0 ORDER BY id`, int64(o))
	}, func(c contact.Contact) person.ID { return c.Person })
	out := make(map[person.ID]contact.Contact, len(all))
	for p, list := range all {
		out[p] = list[0]
	}
	return out, err
}

// SpecimensOfMany is SpecimensOf for many people.
func (r *Reader) SpecimensOfMany(people []person.ID, o outbreak.ID) (map[person.ID][]lab.Specimen, error) {
	return gather(plainIDs(people), func(in string) ([]lab.Specimen, error) {
		return r.specimens(`SELECT `+specimenColumns+` FROM specimen WHERE person IN (`+in+`) AND outbreak = $1 ORDER BY taken_at, id`, int64(o))
	}, func(s lab.Specimen) person.ID { return s.Person })
}

// ChecksOfMany is Checks for many contacts.
func (r *Reader) ChecksOfMany(ids []contact.ID) (map[contact.ID][]contact.Check, error) {
	return gather(plainIDs(ids), func(in string) ([]contact.Check, error) {
		return r.checks(`SELECT ` + checkColumns + ` FROM contact_check WHERE contact IN (` + in + `) ORDER BY on_day, slot`)
	}, func(c contact.Check) contact.ID { return c.Contact })
}

// ZonesOfMany is ZonesOf for many cases.
func (r *Reader) ZonesOfMany(ids []cases.ID) (map[cases.ID][]zone.Zone, error) {
	return gather(plainIDs(ids), func(in string) ([]zone.Zone, error) {
		return r.zones(`SELECT ` + zoneColumns + ` FROM zone WHERE case_id IN (` + in + `) ORDER BY id`)
	}, func(z zone.Zone) cases.ID { return z.Case })
}

// TasksOfMany is TasksOf for many subjects of one kind, by their ID.
func (r *Reader) TasksOfMany(kind task.SubjectKind, ids []int64) (map[int64][]task.Task, error) {
	out, err := gather(ids, func(in string) ([]task.Task, error) {
		rows, err := r.tasks(`SELECT `+taskColumns+` FROM task WHERE subject_kind = $1 AND subject_id IN (`+in+`) ORDER BY id`, string(kind))
		return plain(rows), err
	}, func(t task.Task) int64 { return t.Subject.ID })
	if err != nil {
		return nil, fmt.Errorf("read tasks of many: %w", err)
	}
	return out, nil
}
