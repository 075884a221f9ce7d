package command

import (
	"fmt"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

func dayOf(t time.Time, loc *time.Location) day.Day { return day.In(t, loc) }

// endOf is the last microsecond of a day in the outbreak's zone: the instant of what is known only to the day (see cases.Case).
func endOf(d day.Day, loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.Add(1).Start(loc).Add(-time.Microsecond).UTC()
}

// flush writes what the order changed: new records in bulk, changed ones each under its version, then the ledger.
func (w *world) flush() error {
	var newCases []*store.NewCase
	for _, id := range w.caseOrder {
		c := w.cases[id]
		switch {
		case c.fresh != nil:
			c.fresh.Case = c.Case
			newCases = append(newCases, c.fresh)
		case c.dirty:
			if err := w.tx.UpdateCase(&c.Case, c.digest); err != nil {
				return err
			}
		}
	}
	if err := w.tx.AddCases(newCases); err != nil {
		return err
	}
	var newContacts []*store.NewContact
	for _, id := range w.contOrder {
		c := w.contacts[id]
		switch {
		case c.fresh != nil:
			c.fresh.Contact = c.Contact
			newContacts = append(newContacts, c.fresh)
		case c.dirty:
			if err := w.tx.UpdateContact(&c.Contact, c.digest); err != nil {
				return err
			}
		}
	}
	if err := w.tx.AddContacts(newContacts); err != nil {
		return err
	}
	if err := w.flushExposures(); err != nil {
		return err
	}
	if err := w.flushHolds(); err != nil {
		return err
	}
	if err := w.flushRestrictions(); err != nil {
		return err
	}
	changes, err := w.taskChanges()
	if err != nil {
		return err
	}
	if err := w.tx.ApplyTaskChanges(w.o.ID, changes); err != nil {
		return fmt.Errorf("change the ledger: %w", err)
	}
	return w.flushTransfers(changes)
}

// taskChanges compares the ledger with what the rules have ordered.
func (w *world) taskChanges() ([]task.Change, error) {
	if err := w.tasksOfTubes(); err != nil {
		return nil, err
	}
	var changes []task.Change
	for _, s := range w.standing {
		var existing []task.Task
		if !w.isFresh(s.Subject) {
			var err error
			if existing, err = w.tasksOf(s.Subject); err != nil {
				return nil, err
			}
		}
		changes = append(changes, task.Reconcile(existing, s.Tasks, s.Subject, s.Because, w.now)...)
	}
	return changes, nil
}

// tasksOfTubes reads the tasks of all people and tubes that rules spoke of, which are thousands when hundreds of tubes are reported.
func (w *world) tasksOfTubes() error {
	ids := map[task.SubjectKind][]int64{}
	for _, s := range w.standing {
		if _, read := w.ahead.tasks[s.Subject]; !read && (s.Subject.Kind == task.OnPerson || s.Subject.Kind == task.OnTube) {
			ids[s.Subject.Kind] = append(ids[s.Subject.Kind], s.Subject.ID)
		}
	}
	for _, kind := range []task.SubjectKind{task.OnPerson, task.OnTube} {
		if len(ids[kind]) == 0 {
			continue
		}
		w.ahead.prepare()
		if err := w.ahead.readTasks(w, kind, ids[kind]); err != nil {
			return err
		}
	}
	return nil
}

// isFresh says whether a subject came into being with this order, so that the ledger holds nothing for it yet.
func (w *world) isFresh(s task.Subject) bool {
	switch s.Kind {
	case task.OnCase:
		c := w.cases[caseID(s.ID)]
		return c != nil && c.fresh != nil
	case task.OnContact:
		c := w.contacts[contactID(s.ID)]
		return c != nil && c.fresh != nil
	default: // an order makes no other subjects in memory
	}
	return false
}
