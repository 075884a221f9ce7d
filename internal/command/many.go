package command

import (
	"context"
	"errors"
	"fmt"

	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// manyAtOnce is how many rows of one request are one change: some tenths of a second, so that others' orders wait no longer than that.
const manyAtOnce = 200

// Refused says why one row of many was not carried out; the others were.
type Refused struct {
	Row    int // counted from 0
	Reason error
}

// errRow is one row's refusal inside a change of many.
type errRow struct {
	row int
	err error
}

func (e *errRow) Error() string { return fmt.Sprintf("row %d: %v", e.row, e.err) }
func (e *errRow) Unwrap() error { return e.err }

// isRefusal says whether an error is an answer to an order, and not a failure of the program.
func isRefusal(err error) bool {
	var invalid *Invalid
	var forbidden *Forbidden
	var conflict *store.Conflict
	var merged *Merged
	var misfit *facility.Misfit
	return errors.As(err, &invalid) || errors.As(err, &forbidden) || errors.As(err, &conflict) || errors.As(err, &merged) || errors.As(err, &misfit) || errors.Is(err, store.ErrNotFound)
}

// many carries out n rows, many in one change: each as an order of its own, which reads what those before it have written.
//
// A row that is refused is refused alone. Nothing of a change is kept in which one is: its rows are carried out again, each in a change of its own. It stops at the
// first error that is no refusal; what was carried out until then is kept.
func (c *Commands) many(ctx context.Context, by By, outbreak string, n int, row func(*unit, int) error) (refused []Refused, err error) {
	run := func(from, to int) error {
		return c.db.Update(ctx, func(tx *store.Tx) error {
			o, err := tx.OutbreakByName(outbreak)
			if err != nil {
				return err
			}
			for i := from; i < to; i++ {
				if err := c.run(tx, by, o, func(u *unit) error { return row(u, i) }); err != nil {
					return &errRow{i, err}
				}
			}
			return nil
		})
	}
	for from := 0; from < n; from += manyAtOnce {
		to := min(n, from+manyAtOnce)
		err := run(from, to)
		var one *errRow
		if !errors.As(err, &one) || !isRefusal(one.err) {
			if err != nil {
				return refused, err
			}
			continue
		}
		for i := from; i < to; i++ {
			err := run(i, i+1)
			if errors.As(err, &one) && isRefusal(one.err) {
				refused = append(refused, Refused{i, one.err})
			} else if err != nil {
				return refused, err
			}
		}
	}
	return refused, nil
}

// Done is one task of many that was done.
type Done struct {
	Task task.ID
	At   string // instant; now when empty
}

// CompleteTasks completes many tasks of one outbreak, whatever their version. A task that is not open any more is refused.
func (c *Commands) CompleteTasks(ctx context.Context, by By, outbreak string, list []Done) ([]Refused, error) {
	return c.many(ctx, by, outbreak, len(list), func(u *unit, i int) error {
		t, err := u.tx.Task(list[i].Task, store.Everywhere()) // the order asks who may
		if err != nil {
			return err
		}
		if t.Outbreak != u.o.ID {
			return fmt.Errorf("task %d of outbreak %q: %w", t.ID, outbreak, store.ErrNotFound)
		}
		return u.completeTask(t, list[i].At)
	})
}

// ListContacts names many people as contacts. The result has one contact a row; that of a refused row is empty.
func (c *Commands) ListContacts(ctx context.Context, by By, outbreak string, list []ListContact) (out []contact.Contact, refused []Refused, err error) {
	out = make([]contact.Contact, len(list))
	refused, err = c.many(ctx, by, outbreak, len(list), func(u *unit, i int) (err error) {
		out[i], err = u.listContact(list[i])
		return err
	})
	for _, r := range refused {
		out[r.Row] = contact.Contact{}
	}
	return out, refused, err
}

// RecordChecks records many follow-up checks of one outbreak.
func (c *Commands) RecordChecks(ctx context.Context, by By, outbreak string, list []RecordCheck) ([]Refused, error) {
	return c.many(ctx, by, outbreak, len(list), func(u *unit, i int) error {
		k, err := u.getContact(list[i].Contact)
		if err == nil && k.Outbreak != u.o.ID {
			err = fmt.Errorf("contact %d of outbreak %q: %w", list[i].Contact, outbreak, store.ErrNotFound)
		}
		if err != nil {
			return err
		}
		_, err = u.recordCheck(list[i])
		return err
	})
}

// TakeSpecimens records that many specimens were taken. The result has one a row; that of a refused row is empty.
func (c *Commands) TakeSpecimens(ctx context.Context, by By, outbreak string, list []TakeSpecimen) (out []lab.Specimen, refused []Refused, err error) {
	out = make([]lab.Specimen, len(list))
	refused, err = c.many(ctx, by, outbreak, len(list), func(u *unit, i int) (err error) {
		if err := u.mineToo(list[i].Of); err != nil {
			return err
		}
		out[i], err = u.takeSpecimen(list[i])
		return err
	})
	for _, r := range refused {
		out[r.Row] = lab.Specimen{}
	}
	return out, refused, err
}

// mineToo refuses a case or contact of another outbreak.
func (u *unit) mineToo(of task.Subject) error {
	switch of.Kind {
	case task.OnCase:
		k, err := u.getCase(caseID(of.ID))
		if err == nil && k.Outbreak != u.o.ID {
			err = fmt.Errorf("case %d of outbreak %q: %w", of.ID, u.o.Name, store.ErrNotFound)
		}
		return err
	case task.OnContact:
		k, err := u.getContact(contactID(of.ID))
		if err == nil && k.Outbreak != u.o.ID {
			err = fmt.Errorf("contact %d of outbreak %q: %w", of.ID, u.o.Name, store.ErrNotFound)
		}
		return err
	default: // people belong to no outbreak
	}
	return nil
}

// ReportResults reports the results of many specimens of one outbreak.
func (c *Commands) ReportResults(ctx context.Context, by By, outbreak string, list []ReportResult) ([]Refused, error) {
	return c.many(ctx, by, outbreak, len(list), func(u *unit, i int) error {
		s, err := u.tx.Specimen(list[i].Specimen)
		if err == nil && s.Outbreak != u.o.ID {
			err = fmt.Errorf("specimen %d of outbreak %q: %w", list[i].Specimen, outbreak, store.ErrNotFound)
		}
		if err != nil {
			return err
		}
		_, err = u.reportResult(list[i])
		return err
	})
}
