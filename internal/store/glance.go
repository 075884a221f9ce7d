package store

import (
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/person"
	"firebreak/internal/task"
)

// What the rows of one page of a list show beside themselves, read for the whole page in one query each. None takes a bound: the page
// was read within one.

// PeopleByID returns those of the people that are known.
func (r *Reader) PeopleByID(ids []person.ID) (map[person.ID]person.Person, error) {
	out := make(map[person.ID]person.Person, len(ids))
	err := inChunks(ids, func(part []person.ID) error {
		rows, err := r.query(`SELECT ` + personColumns + ` FROM person WHERE id IN (` + numbers(part) + `)`)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			p, err := scanPerson(rows)
			if err != nil {
				return err
			}
			out[p.ID] = p
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return out, nil
}

// CasesByID returns those of the cases that are known.
func (r *Reader) CasesByID(ids []cases.ID) (map[cases.ID]cases.Case, error) {
	list, err := r.casesByID(plainIDs(ids))
	if err != nil {
		return nil, err
	}
	out := make(map[cases.ID]cases.Case, len(list))
	for _, c := range list {
		out[c.ID] = c
	}
	return out, nil
}

// ContactCounts returns how many contacts each of the cases has; cases without any are left out.
func (r *Reader) ContactCounts(of []cases.ID) (map[cases.ID]int64, error) {
	out := map[cases.ID]int64{}
	err := inChunks(of, func(part []cases.ID) error {
		rows, err := r.query(`SELECT case_id, COUNT(*) FROM exposure WHERE case_id > 0 AND case_id IN (` + numbers(part) + `) AND aside = 0 AND ended_at = 0 GROUP BY case_id`)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var id cases.ID
			var n int64
			if err := rows.Scan(&id, &n); err != nil {
				return err
			}
			out[id] = n
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("count contacts of cases: %w", err)
	}
	return out, nil
}

// NextTasks returns, for each of the subjects of one kind that has an open task, the one that is due first.
func (r *Reader) NextTasks(kind task.SubjectKind, ids []int64) (map[int64]task.Task, error) {
	out := map[int64]task.Task{}
	err := inChunks(ids, func(part []int64) error {
		rows, err := r.tasks(`SELECT `+taskColumns+` FROM task WHERE subject_kind = $1 AND subject_id IN (`+numbers(part)+`) AND state = 'open'`, string(kind))
		if err != nil {
			return err
		}
		for _, t := range rows {
			was, ok := out[t.Subject.ID]
			if !ok || t.Due.Before(was.Due) || t.Due.Equal(was.Due) && t.ID < was.ID {
				out[t.Subject.ID] = t.Task
			}
		}
		return nil
	})
	return out, err
}

// Codes returns the codes of those of the cases, contacts and tubes that are known; other subjects have none.
func (r *Reader) Codes(about []task.Subject) (map[task.Subject]string, error) {
	out := make(map[task.Subject]string, len(about))
	for kind, text := range map[task.SubjectKind]string{task.OnCase: `SELECT id, code FROM cases WHERE id IN (`, task.OnContact: `SELECT id, code FROM contact WHERE id IN (`,
		task.OnTube: `SELECT id, code FROM tube WHERE id IN (`} {
		var ids []int64
		for _, s := range about {
			if s.Kind == kind {
				ids = append(ids, s.ID)
			}
		}
		err := inChunks(ids, func(part []int64) error {
			rows, err := r.query(text + numbers(part) + `)`)
			if err != nil {
				return err
			}
			defer rows.Close() //nolint:errcheck // rows.Err tells
			for rows.Next() {
				s, code := task.Subject{Kind: kind}, ""
				if err := rows.Scan(&s.ID, &code); err != nil {
					return err
				}
				out[s] = code
			}
			return rows.Err()
		})
		if err != nil {
			return nil, fmt.Errorf("read codes: %w", err)
		}
	}
	return out, nil
}
