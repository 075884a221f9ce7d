package command

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/person"
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

// mostTogether is how many rows share what an order reads and writes.
const mostTogether = 100

// rows are the rows of one request.
type rows struct {
	n int
	// ahead reads what some rows will ask of the store, in a few queries; may be nil. about then says whom one of them is about, 0 where nobody can tell.
	ahead func(u *unit, list []int) error
	about func(u *unit, i int) (person.ID, error)
	// row carries one out.
	row func(u *unit, i int) error
}

// many carries out rows, many in one change: each as an order of its own, which knows what those before it have done about the same person.
//
// Rows about different people share one world, which reads what they ask for together and writes once. A row about somebody whom an earlier one of them has touched, by
// itself or by a rule, waits until all that is written, and begins with it; rows about others do not wait for it.
//
// A row that is refused is refused alone. Mostly it was before it wrote anything; otherwise nothing of its change is kept, the rows before it are carried out again
// without it, and it is tried once more behind them. It stops at the first error that is no refusal; what was carried out until then is kept.
func (c *Commands) many(ctx context.Context, by By, outbreak string, list rows) (refused []Refused, err error) {
	var here []Refused // of the change under way
	run := func(from, to int) error {
		return c.db.Update(ctx, func(tx *store.Tx) error {
			here = nil // a change may be run again
			o, err := tx.OutbreakByName(outbreak)
			if err != nil {
				return err
			}
			left := make([]int, 0, to-from)
			for i := from; i < to; i++ {
				left = append(left, i)
			}
			for together := mostTogether; len(left) > 0; {
				n := min(len(left), together)
				var waiting []int
				var not *Refused
				if err := c.run(tx, by, o, func(u *unit) (err error) {
					waiting, not, err = list.together(u, left[:n])
					return err
				}); err != nil {
					return err
				}
				if not != nil {
					here = append(here, *not)
				}
				// What was read for rows that then had to wait is read again: no more is read than was of use before.
				together = min(mostTogether, 2*(n-len(waiting)))
				left = slices.Concat(waiting, left[n:])
			}
			return nil
		})
	}
	for from, to := 0, min(list.n, manyAtOnce); from < list.n; {
		err := run(from, to)
		var one *errRow
		switch {
		case err == nil:
			refused = append(refused, here...)
			from = to
		case !errors.As(err, &one) || !isRefusal(one.err):
			slices.SortFunc(refused, func(a, b Refused) int { return a.Row - b.Row })
			return refused, err
		case one.row > from:
			to = one.row
			continue
		default:
			refused = append(refused, Refused{from, one.err})
			from++
		}
		to = min(list.n, from+manyAtOnce)
	}
	slices.SortFunc(refused, func(a, b Refused) int { return a.Row - b.Row })
	return refused, nil
}

// together carries out rows that are about different people, up to one that is refused, and returns those that are left.
func (list *rows) together(u *unit, now []int) (left []int, not *Refused, err error) {
	if list.ahead != nil {
		if err := list.ahead(u, now); err != nil {
			return nil, nil, err
		}
	}
	seen := map[person.ID]bool{}
	for k, i := range now {
		who, err := list.about(u, i)
		if err != nil && !isRefusal(err) { // who is not there the row will say
			return nil, nil, err
		}
		if who == 0 && k > 0 {
			return append(left, now[k:]...), nil, nil
		}
		if seen[who] || u.touched(who) {
			seen[who] = true // nobody's later row comes before an earlier one
			left = append(left, i)
			continue
		}
		seen[who] = true
		wrote, changed := u.tx.Wrote(), u.changed()
		if err := list.row(u, i); err != nil {
			if !isRefusal(err) || u.tx.Wrote() != wrote || u.changed() != changed || u.touched(who) {
				return nil, nil, &errRow{i, err}
			}
			// It may have left a field in a record that will not be written: the rows behind it begin with what is.
			return append(left, now[k+1:]...), &Refused{i, err}, nil
		}
		if who == 0 {
			return now[k+1:], nil, nil
		}
	}
	return left, nil, nil
}

// changed counts what the order will write at its end, beside records.
func (w *world) changed() int {
	return len(w.standing) + len(w.restricted.order) + len(w.restricted.facts) + len(w.pool.held) + len(w.pool.facts) + len(w.linked) + len(w.askAgain)
}

// touched says whether the order has changed anything about somebody that is not written yet.
func (w *world) touched(p person.ID) bool {
	of := func(s task.Subject) bool {
		switch s.Kind {
		case task.OnCase:
			k := w.cases[caseID(s.ID)]
			return k != nil && k.Person == p
		case task.OnContact:
			k := w.contacts[contactID(s.ID)]
			return k != nil && k.Person == p
		case task.OnPerson:
			return s.ID == int64(p)
		default: // tubes, facilities: what is asked about people is asked about them
		}
		return false
	}
	for s := range w.stands {
		if of(s) {
			return true
		}
	}
	for _, cause := range w.restricted.order {
		if of(cause.Subject()) {
			return true
		}
	}
	for _, k := range w.pool.held {
		if k.person == p {
			return true
		}
	}
	for _, id := range w.caseOrder {
		if k := w.cases[id]; k.Person == p && (k.dirty || k.fresh != nil) {
			return true
		}
	}
	for _, id := range w.contOrder {
		k := w.contacts[id]
		if k.Person == p && (k.dirty || k.fresh != nil || slices.ContainsFunc(k.exposures, func(e *exposureRecord) bool { return e.fresh || e.dirty })) {
			return true
		}
	}
	return false
}

// personOf says who a case, a contact or a person is; 0 for other subjects.
func (u *unit) personOf(s task.Subject) (person.ID, error) {
	switch s.Kind {
	case task.OnCase:
		k, err := u.getCase(caseID(s.ID))
		if err != nil {
			return 0, err
		}
		return k.Person, nil
	case task.OnContact:
		k, err := u.getContact(contactID(s.ID))
		if err != nil {
			return 0, err
		}
		return k.Person, nil
	case task.OnPerson:
		return person.ID(s.ID), nil
	default:
		return 0, nil
	}
}

// lookAtSubjects reads what the rulebook asks when these change.
func (w *world) lookAtSubjects(list []task.Subject) error {
	of, met, who := byNoun(list)
	return w.lookAtMany(sortedSet(of), sortedSet(met), who)
}

// Done is one task of many that was done.
type Done struct {
	Task task.ID
	At   string // instant; now when empty
}

// CompleteTasks completes many tasks of one outbreak, whatever their version. A task that is not open any more is refused.
func (c *Commands) CompleteTasks(ctx context.Context, by By, outbreak string, list []Done) ([]Refused, error) {
	var tasks map[task.ID]task.Task
	mine := func(u *unit, i int) (task.Task, error) {
		t, ok := tasks[list[i].Task]
		if !ok || t.Outbreak != u.o.ID {
			return t, fmt.Errorf("task %d of outbreak %q: %w", list[i].Task, outbreak, store.ErrNotFound)
		}
		return t, nil
	}
	return c.many(ctx, by, outbreak, rows{n: len(list),
		ahead: func(u *unit, now []int) (err error) {
			ids := make([]task.ID, 0, len(now))
			for _, i := range now {
				ids = append(ids, list[i].Task)
			}
			if tasks, err = u.tx.TasksByID(ids); err != nil { // of any area: the order asks who may
				return err
			}
			of := make([]task.Subject, 0, len(tasks))
			for _, id := range ids {
				if t, ok := tasks[id]; ok && t.State == task.Open {
					of = append(of, t.Subject)
				}
			}
			return u.lookAtSubjects(of)
		},
		about: func(u *unit, i int) (person.ID, error) {
			t, err := mine(u, i)
			if err != nil {
				return 0, err
			}
			return u.personOf(t.Subject)
		},
		row: func(u *unit, i int) error {
			t, err := mine(u, i)
			if err != nil {
				return err
			}
			return u.completeTask(t, list[i].At)
		}})
}

// ListContacts names many people as contacts. The result has one contact a row; that of a refused row is empty.
func (c *Commands) ListContacts(ctx context.Context, by By, outbreak string, list []ListContact) (out []Listed, refused []Refused, err error) {
	out = make([]Listed, len(list))
	refused, err = c.many(ctx, by, outbreak, rows{n: len(list),
		about: func(*unit, int) (person.ID, error) { return 0, nil }, // who is new meets others in the store alone
		row: func(u *unit, i int) (err error) {
			out[i], err = u.listContact(list[i])
			return err
		}})
	for _, r := range refused {
		out[r.Row] = Listed{}
	}
	return out, refused, err
}

// RecordChecks records many follow-up checks of one outbreak.
func (c *Commands) RecordChecks(ctx context.Context, by By, outbreak string, list []RecordCheck) ([]Refused, error) {
	ahead := func(u *unit, now []int) error {
		of := make([]task.Subject, 0, len(now))
		for _, i := range now {
			of = append(of, onContact(list[i].Contact))
		}
		return u.lookAtSubjects(of)
	}
	about := func(u *unit, i int) (person.ID, error) { return u.personOf(onContact(list[i].Contact)) }
	return c.many(ctx, by, outbreak, rows{n: len(list), ahead: ahead, about: about, row: func(u *unit, i int) error {
		k, err := u.getContact(list[i].Contact)
		if err == nil && k.Outbreak != u.o.ID {
			err = fmt.Errorf("contact %d of outbreak %q: %w", list[i].Contact, outbreak, store.ErrNotFound)
		}
		if err != nil {
			return err
		}
		_, err = u.recordCheck(list[i])
		return err
	}})
}

// TakeSpecimens records that many specimens were taken. The result has one a row; that of a refused row is empty.
func (c *Commands) TakeSpecimens(ctx context.Context, by By, outbreak string, list []TakeSpecimen) (out []lab.Specimen, refused []Refused, err error) {
	out = make([]lab.Specimen, len(list))
	ahead := func(u *unit, now []int) error {
		of := make([]task.Subject, 0, len(now))
		for _, i := range now {
			of = append(of, list[i].Of)
		}
		return u.lookAtSwabbed(of)
	}
	about := func(u *unit, i int) (person.ID, error) { return u.personOf(list[i].Of) }
	refused, err = c.many(ctx, by, outbreak, rows{n: len(list), ahead: ahead, about: about, row: func(u *unit, i int) (err error) {
		if err := u.mineToo(list[i].Of); err != nil {
			return err
		}
		out[i], err = u.takeSpecimen(list[i])
		return err
	}})
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
	var known map[lab.SpecimenID]lab.Specimen
	mine := func(u *unit, i int) (lab.Specimen, error) {
		s, ok := known[list[i].Specimen]
		if !ok || s.Outbreak != u.o.ID {
			return s, fmt.Errorf("specimen %d of outbreak %q: %w", list[i].Specimen, outbreak, store.ErrNotFound)
		}
		return s, nil
	}
	return c.many(ctx, by, outbreak, rows{n: len(list),
		ahead: func(u *unit, now []int) (err error) {
			ids := make([]lab.SpecimenID, 0, len(now))
			for _, i := range now {
				ids = append(ids, list[i].Specimen)
			}
			if known, err = u.tx.SpecimensByID(ids); err != nil {
				return err
			}
			var of []task.Subject
			for _, id := range ids {
				if s, ok := known[id]; ok {
					of = append(of, onPerson(s.Person))
				}
			}
			return u.lookAtSwabbed(of)
		},
		about: func(u *unit, i int) (person.ID, error) {
			s, err := mine(u, i)
			return s.Person, err
		},
		row: func(u *unit, i int) error {
			if _, err := mine(u, i); err != nil {
				return err
			}
			_, err := u.reportResult(list[i])
			return err
		}})
}
