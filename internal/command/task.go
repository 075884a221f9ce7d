package command

import (
	"context"
	"fmt"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cluster"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// outbreakOf finds the outbreak that a subject belongs to.
func (c *Commands) outbreakOf(ctx context.Context, s task.Subject) (o outbreak.ID, err error) {
	err = c.db.View(ctx, func(r *store.Reader) error {
		switch s.Kind {
		case task.OnCase:
			k, err := r.Case(caseID(s.ID))
			o = k.Outbreak
			return err
		case task.OnContact:
			k, err := r.Contact(contactID(s.ID))
			o = k.Outbreak
			return err
		case task.OnZone:
			z, err := r.Zone(zone.ID(s.ID))
			o = z.Outbreak
			return err
		case task.OnCluster:
			k, err := r.Cluster(cluster.ID(s.ID))
			o = k.Outbreak
			return err
		default: // no other subject is asked for by its number
		}
		return fmt.Errorf("%s %d: %w", s.Kind, s.ID, store.ErrNotFound)
	})
	return o, err
}

// WaiveTask ends a task by a named person's decision.
type WaiveTask struct {
	Task    task.ID
	Version int64
	Reason  string
}

// WaiveTask carries out the order.
func (c *Commands) WaiveTask(ctx context.Context, by By, in WaiveTask) (out task.Task, err error) {
	reason := strings.TrimSpace(in.Reason)
	if reason == "" {
		return out, &Invalid{Field: "reason", Reason: "is needed: a waived task says why"}
	}
	t, err := c.readTask(ctx, in.Task)
	if err != nil {
		return out, err
	}
	if t.Kind == task.AnswerAppeal {
		return out, &Invalid{"task", string(t.Kind), "is not waived: whoever appeals is answered"}
	}
	err = c.inID(ctx, by, t.Outbreak, func(u *unit) error {
		if err := by.may(&u.tx.Reader, u.o, auth.TaskWaive, t.Area, u.now); err != nil {
			return err
		}
		ref, err := u.fact(journal.TaskWaived, t.Subject, t.Area, u.now, map[string]any{"task": t.ID, "kind": t.Kind, "ordinal": t.Ordinal, "reason": reason})
		if err != nil {
			return err
		}
		if out, err = u.tx.WaiveTask(in.Task, in.Version, reason, ref); err != nil {
			return err
		}
		return u.endTransferOf(t)
	})
	return out, err
}

func (c *Commands) readTask(ctx context.Context, id task.ID) (t task.Task, err error) {
	err = c.db.View(ctx, func(r *store.Reader) error {
		t, err = r.Task(id, store.Everywhere())
		return err
	})
	return t, err
}

// taskField is the field whose filling-in does a task.
var taskField = map[task.Kind]string{
	task.ReportCase: "reported_at", task.VerifyCase: "verified_at", task.MoveCase: "isolated_at", task.AdmitCase: "admitted_at",
	task.InvestigateCase: "investigated_at", task.ListContacts: "listed_at",
	task.ReachContact: "reached_at", task.QuarantineContact: "quarantine_at", task.OfferProphylaxis: "prophylaxis_at",
}

// Completable says whether a task is done by saying when it was done (CompleteTask). The others are done by their own facts: a check, a
// specimen, a result, a decision on a zone.
func Completable(k task.Kind) bool {
	return taskField[k] != "" || k == task.HoldPerson || k == task.MonitorHome || k == task.TellRestriction || k == task.MeetNeed
}

// CompleteTask records the fact that does a task. A task has no tick-box of its own: it is done because something happened.
type CompleteTask struct {
	Task    task.ID
	Version int64
	At      string // when it was done; now when empty
}

// CompleteTask carries out the order.
func (c *Commands) CompleteTask(ctx context.Context, by By, in CompleteTask) (out task.Task, err error) {
	t, err := c.readTask(ctx, in.Task)
	if err != nil {
		return out, err
	}
	if t.Version != in.Version {
		return out, &store.Conflict{Noun: "task", ID: int64(t.ID), Have: t.Version, Want: in.Version}
	}
	if err := c.inID(ctx, by, t.Outbreak, func(u *unit) error { return u.completeTask(t, in.At) }); err != nil {
		return out, err
	}
	return c.readTask(ctx, in.Task)
}

func (u *unit) completeTask(t task.Task, when string) error {
	name := taskField[t.Kind]
	if !Completable(t.Kind) {
		return &Invalid{"task", string(t.Kind), "is done by its own fact, not by saying so"}
	}
	if t.State != task.Open {
		return &Invalid{"task", string(t.State), "only an open task can be done"}
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.TaskComplete, t.Area, u.now); err != nil {
		return err
	}
	at, err := u.past("at", when)
	if err != nil {
		return err
	}
	if t.Kind == task.HoldPerson {
		return u.tellHeld(t, at)
	}
	if t.Kind == task.MonitorHome {
		rec, err := u.getCase(caseID(t.Subject.ID))
		if err != nil {
			return err
		}
		return u.endMonitoring(rec, at)
	}
	if t.Kind == task.TellRestriction || t.Kind == task.MeetNeed {
		return u.completeRestriction(t, at)
	}
	set := map[string]string{name: at.Format("2006-01-02T15:04:05.000000Z07:00")}
	kind := caseStep[name]
	switch t.Subject.Kind {
	case task.OnCase:
		rec, err := u.getCase(caseID(t.Subject.ID))
		if err != nil {
			return err
		}
		if _, err := setFields(caseFields, &rec.Case, &rec.Attributes, reading{u.loc, u.tree}, set); err != nil {
			return err
		}
		rec.dirty = true
	case task.OnContact:
		rec, err := u.getContact(contactID(t.Subject.ID))
		if err != nil {
			return err
		}
		if _, err := setFields(contactFields, &rec.Contact, &rec.Attributes, reading{u.loc, u.tree}, set); err != nil {
			return err
		}
		kind = contactStep[name]
		if rec.State == "listed" {
			rec.State = "followed"
		}
		if rec.ReachedAt.IsZero() {
			rec.ReachedAt = at
		}
		rec.dirty = true
	default:
		return &Invalid{"task", string(t.Subject.Kind), "has no fact that a person can record here"}
	}
	ref, err := u.fact(kind, t.Subject, t.Area, at, map[string]any{"changed": map[string]Change{name: {"", set[name]}}, "task": t.ID})
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: kind, Subject: t.Subject, Ref: ref, At: at})
}
