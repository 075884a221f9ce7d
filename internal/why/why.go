// Package why walks from a task back to the first fact: which rule ordered it, under which clause of the pack, because of which fact, and what
// had brought that fact about. Screens, the API and "firebreak why" show the same chain.
//
// It only reads. web, api and cmd import it; it imports store, protocol and the nouns.
package why

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// StepKind is what a step of the chain is.
type StepKind string

// The kinds of step.
const (
	Rule   StepKind = "rule"   // of the rulebook: internal/response/on_<name>.go
	Clause StepKind = "clause" // of the pack that was in force
	Fact   StepKind = "fact"   // of the journal
)

// Step is one link of the chain.
type Step struct {
	Kind StepKind `json:"kind"`

	Rule string `json:"rule,omitempty"`
	Pack string `json:"pack,omitempty"`
	// Clause is the value that gave the deadline or the order, as its pack has it; nil where the rule stands on no value, or the pack of that time
	// is not in this build.
	Clause *protocol.Clause `json:"clause,omitempty"`

	Seq        int64           `json:"seq,omitempty"` // of the journal entry
	Row        int64           `json:"row,omitempty"` // of the imported file, for a batch
	FactKind   journal.Kind    `json:"fact,omitempty"`
	Subject    *task.Subject   `json:"subject,omitempty"`
	At         time.Time       `json:"at,omitzero"`
	RecordedAt time.Time       `json:"recorded_at,omitzero"`
	Actor      string          `json:"actor,omitempty"`
	Payload    json.RawMessage `json:"payload,omitempty"`

	entry journal.Entry
}

// Entry is the fact of a Fact step.
func (s Step) Entry() journal.Entry { return s.entry }

// Chain is a task and its reasons, nearest first; the last is the first fact.
type Chain struct {
	Task  task.Task
	Steps []Step
}

// most bounds the facts of a chain. A cause always stands before its effect in the journal, so a chain ends; this one only keeps a page readable.
const most = 50

// Reader is what the walk needs of a store.Reader.
type Reader interface {
	Task(task.ID, store.Within) (task.Task, error)
	Entry(seq int64) (journal.Entry, error)
}

// Of walks back from a task within the bound. Errors: wrapping store.ErrNotFound.
func Of(r Reader, id task.ID, w store.Within) (Chain, error) {
	t, err := r.Task(id, w)
	if err != nil {
		return Chain{}, err
	}
	c := Chain{Task: t}
	c.reason(t.Because.Rule, t.Because.Clause, t.Because.Pack)
	ref := t.Because.Fact
	for n := 0; ref.Seq != 0 && n < most; n++ {
		e, err := r.Entry(ref.Seq)
		if err != nil {
			return Chain{}, fmt.Errorf("reasons of task %d: %w", id, err)
		}
		c.fact(e, ref.Row)
		if e.Cause.Seq >= e.Seq {
			return Chain{}, fmt.Errorf("reasons of task %d: journal entry %d names the later entry %d as its cause: %w", id, e.Seq, e.Cause.Seq, errOrder)
		}
		if e.Cause.Seq != 0 {
			c.reason(e.Rule, e.Clause, e.Pack)
		}
		ref = e.Cause
	}
	return c, nil
}

// errOrder is wrapped where a fact stands before what brought it about.
var errOrder = errors.New("a cause must come first")

// reason adds the rule and the clause that an order stands on.
func (c *Chain) reason(rule, clause, pack string) {
	if rule != "" {
		c.Steps = append(c.Steps, Step{Kind: Rule, Rule: rule, Pack: pack})
	}
	if clause == "" {
		return
	}
	s := Step{Kind: Clause, Pack: pack, Clause: &protocol.Clause{Path: clause}}
	if p, err := protocol.Load(pack); err == nil {
		if v, ok := p.Clause(clause); ok {
			s.Clause = &v
		}
	}
	c.Steps = append(c.Steps, s)
}

func (c *Chain) fact(e journal.Entry, row int64) {
	subject := e.Subject
	c.Steps = append(c.Steps, Step{Kind: Fact, Seq: e.Seq, Row: row, FactKind: e.Kind, Subject: &subject, At: e.At, RecordedAt: e.RecordedAt, Actor: e.Actor, Payload: e.Payload, entry: e})
}

// Root is the first fact; ok is false where the task names none.
func (c Chain) Root() (journal.Entry, bool) {
	for i := len(c.Steps) - 1; i >= 0; i-- {
		if c.Steps[i].Kind == Fact {
			return c.Steps[i].entry, true
		}
	}
	return journal.Entry{}, false
}
