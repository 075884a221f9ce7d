package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/why"
)

type whyCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	ID int64 `arg:"" name:"id" help:"Number of the task."`
}

// whyResult is a task and the chain of its reasons as the command prints them.
type whyResult struct {
	Task    taskRow    `json:"task"`
	Because []why.Step `json:"because"` // nearest first; the last is the first fact
}

// Run walks from a task back to the first fact.
func (c *whyCmd) Run(ctx context.Context, p *process) error {
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		var t api.Task
		if err := r.get(ctx, "/api/tasks/"+strconv.FormatInt(c.ID, 10), nil, &t); err != nil {
			return err
		}
		_, zone, err := r.outbreak(ctx, t.Outbreak)
		if err != nil {
			return err
		}
		return c.tell(p, whyResult{taskAt(t, zone), t.Why})
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		var out whyResult
		err := db.View(ctx, func(r *store.Reader) error {
			chain, err := why.Of(r, task.ID(c.ID), store.Everywhere())
			if err != nil {
				return err
			}
			rows, err := newTaskRows(r, db.Now())
			if err != nil {
				return err
			}
			if out.Task, err = rows.of(chain.Task); err != nil {
				return err
			}
			out.Because = chain.Steps
			return nil
		})
		if err != nil {
			return err
		}
		return c.tell(p, out)
	})
}

func (c *whyCmd) tell(p *process, out whyResult) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("step", "what", "reference", "when", "who")
	t.add("task", out.Task.Kind+" "+out.Task.Code, strconv.FormatInt(out.Task.ID, 10), "due "+out.Task.Due, out.Task.Owner)
	for _, s := range out.Because {
		t.add(stepCells(s)...)
	}
	return t.write(p.Stdout)
}

func stepCells(s why.Step) []string {
	switch s.Kind {
	case why.Rule:
		return []string{"rule", s.Rule, "internal/response/on_" + s.Rule + ".go", "", ""}
	case why.Clause:
		return []string{"clause", strings.TrimSpace(s.Clause.Value + " " + s.Clause.Unit), s.Pack + " " + s.Clause.Path, "", s.Clause.Source}
	case why.Fact: // below
	}
	ref := "#" + strconv.FormatInt(s.Seq, 10)
	if s.Row != 0 {
		ref += fmt.Sprintf(" row %d", s.Row)
	}
	return []string{"fact", fmt.Sprintf("%s, %s %d", s.FactKind, s.Subject.Kind, s.Subject.ID), ref, s.At.Format(time.RFC3339), s.Actor}
}
