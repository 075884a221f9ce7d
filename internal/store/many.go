package store

import (
	"fmt"
	"slices"

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

// exposedMany returns the contacts who met any of many cases or contacts, by whom they met, each by ID.
func (r *Reader) exposedMany(column string, ids []int64) (map[int64][]contact.Contact, error) {
	met, err := gather(ids, func(in string) ([][2]int64, error) {
		return r.pairs(`SELECT ` + column + `, contact FROM exposure WHERE ` + column + ` IN (` + in + `) AND ` + column + ` > 0 AND aside = 0 AND ended_at = 0 ORDER BY contact`)
	}, func(p [2]int64) int64 { return p[0] })
	if err != nil {
		return nil, fmt.Errorf("read exposures: %w", err)
	}
	var all []int64
	for _, pairs := range met {
		for _, p := range pairs {
			all = append(all, p[1])
		}
	}
	slices.Sort(all)
	list, err := r.contactsByID(slices.Compact(all))
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]contact.Contact, len(list))
	for _, c := range list {
		if c.MergedInto == 0 {
			byID[int64(c.ID)] = c
		}
	}
	out := make(map[int64][]contact.Contact, len(met))
	for id, pairs := range met {
		for _, p := range pairs {
			if c, ok := byID[p[1]]; ok {
				out[id] = append(out[id], c)
			}
		}
	}
	return out, nil
}

func (r *Reader) pairs(text string, args ...any) (out [][2]int64, err error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var p [2]int64
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func typed[K ~int64, V any](m map[int64]V) map[K]V {
	out := make(map[K]V, len(m))
	for k, v := range m {
		out[K(k)] = v
	}
	return out
}

// ContactsOfMany is ContactsOf for many cases.
func (r *Reader) ContactsOfMany(ids []cases.ID) (map[cases.ID][]contact.Contact, error) {
	out, err := r.exposedMany("case_id", plainIDs(ids))
	return typed[cases.ID](out), err
}

// SecondaryContactsOfMany is SecondaryContacts for many close contacts.
func (r *Reader) SecondaryContactsOfMany(parents []contact.ID) (map[contact.ID][]contact.Contact, error) {
	out, err := r.exposedMany("parent", plainIDs(parents))
	return typed[contact.ID](out), err
}

// ExposuresOfMany is Exposures for many contacts.
func (r *Reader) ExposuresOfMany(ids []contact.ID) (map[contact.ID][]contact.Exposure, error) {
	return gather(plainIDs(ids), func(in string) ([]contact.Exposure, error) {
		return r.exposures(`SELECT ` + exposureColumns + ` FROM exposure WHERE contact IN (` + in + `) AND aside = 0 ORDER BY id`)
	}, func(e contact.Exposure) contact.ID { return e.Contact })
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

// TasksByID returns those of the tasks that are known, of any area.
func (r *Reader) TasksByID(ids []task.ID) (map[task.ID]task.Task, error) {
	rows, err := r.storedTasks(ids)
	out := make(map[task.ID]task.Task, len(rows))
	for id, t := range rows {
		out[id] = t.Task
	}
	return out, err
}

// SpecimensByID returns those of the specimens that are known.
func (r *Reader) SpecimensByID(ids []lab.SpecimenID) (map[lab.SpecimenID]lab.Specimen, error) {
	all, err := gather(plainIDs(ids), func(in string) ([]lab.Specimen, error) {
		return r.specimens(`SELECT ` + specimenColumns + ` FROM specimen WHERE id IN (` + in + `)`)
	}, func(s lab.Specimen) lab.SpecimenID { return s.ID })
	out := make(map[lab.SpecimenID]lab.Specimen, len(all))
	for id, list := range all {
		out[id] = list[0]
	}
	return out, err
}

// scanned reads every row of a query.
func scanned[T any](r *Reader, op, text string, args []any, read func(scan func(...any) error) (T, error)) (out []T, err error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		v, err := read(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return out, nil
}
