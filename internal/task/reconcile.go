package task

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/place"
)

// Want is one task that must stand for a subject, as the rulebook sees it now.
type Want struct {
	Key
	Owner     Role
	Area      place.AreaID
	District  place.AreaID
	NotBefore time.Time
	Due       time.Time
	Because   Because
	DoneAt    time.Time // not zero: the facts say it has been done already, at this instant
}

// ChangeKind says what reconciling does to one task.
type ChangeKind int

// The changes.
const (
	OpenNew   ChangeKind = iota // Task.ID is 0: insert it (State may already be Done)
	Amend                       // deadline, owner, area or reason changed
	Finish                      // done by a fact
	Withdraw                    // void
	Reinstate                   // was void, stands again
)

// Change is one change of the ledger.
type Change struct {
	Kind ChangeKind
	Task Task // as it must be afterwards
}

// Reconcile compares the tasks that exist for one subject with those the rulebook wants, and returns what must change.
//
//  1. A wanted task that does not exist is opened (done at once when the facts say so).
//  2. A wanted task that is open is finished when the facts say so, amended when its deadline, owner or area moved.
//  3. A wanted task that was void stands again.
//  4. An open task that is no longer wanted is void.
//  5. A task that is done or waived is left as it ended; a person's waiver is not undone by a rule.
//
// Calling it again with its own result changes nothing.
func Reconcile(existing []Task, wanted []Want, subject Subject, by Because, now time.Time) []Change {
	have := make(map[Key]Task, len(existing))
	for _, t := range existing {
		have[t.Key] = t
	}
	var out []Change
	seen := make(map[Key]bool, len(wanted))
	for _, w := range wanted {
		if seen[w.Key] {
			continue
		}
		seen[w.Key] = true
		t, exists := have[w.Key]
		switch {
		case !exists:
			t = Task{Subject: subject, Key: w.Key, State: Open, OpenedAt: now}
			w.put(&t)
			t.Because = w.Because
			if !w.DoneAt.IsZero() {
				t.State, t.EndedAt, t.EndedBy = Done, w.DoneAt, by.Fact
			}
			out = append(out, Change{OpenNew, t})
		case t.State == Void:
			w.put(&t)
			t.Because = w.Because
			t.State, t.EndedAt, t.EndedBy, t.EndReason, t.Level = Open, time.Time{}, FactRef{}, "", 0
			if !w.DoneAt.IsZero() {
				t.State, t.EndedAt, t.EndedBy = Done, w.DoneAt, by.Fact
			}
			out = append(out, Change{Reinstate, t})
		case t.State == Open && !w.DoneAt.IsZero():
			t.State, t.EndedAt, t.EndedBy = Done, w.DoneAt, by.Fact
			out = append(out, Change{Finish, t})
		case t.State == Open && w.differs(t):
			if !w.Due.Equal(t.Due) {
				t.Because, t.Level = w.Because, 0
			}
			w.put(&t)
			out = append(out, Change{Amend, t})
		}
	}
	for _, t := range existing {
		if t.State == Open && !seen[t.Key] {
			t.State, t.EndedAt, t.EndedBy, t.EndReason = Void, now, by.Fact, by.Rule
			out = append(out, Change{Withdraw, t})
		}
	}
	// Withdrawals come out in a fixed order whatever order the store gave.
	slices.SortStableFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(boolInt(a.Kind == Withdraw), boolInt(b.Kind == Withdraw)), cmpWithdrawn(a, b))
	})
	return out
}

func cmpWithdrawn(a, b Change) int {
	if a.Kind != Withdraw || b.Kind != Withdraw {
		return 0
	}
	return cmp.Or(cmp.Compare(a.Task.Kind, b.Task.Kind), cmp.Compare(a.Task.Ordinal, b.Task.Ordinal))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (w Want) put(t *Task) {
	t.Owner, t.Area, t.District, t.NotBefore, t.Due = w.Owner, w.Area, w.District, w.NotBefore, w.Due
}

func (w Want) differs(t Task) bool {
	return w.Owner != t.Owner || w.Area != t.Area || w.District != t.District || !w.Due.Equal(t.Due) || !w.NotBefore.Equal(t.NotBefore)
}
