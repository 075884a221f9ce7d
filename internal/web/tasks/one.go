package tasks

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/journal"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/happened"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
	"firebreak/internal/why"
)

// idOf reads the task of the address.
func idOf(q *site.Request) (task.ID, error) {
	n, err := q.Number("task")
	if err != nil {
		return 0, err
	}
	return task.ID(n), nil
}

// Show is GET /o/{outbreak}/tasks/{task}.
func (h *Handler) Show(q *site.Request) error {
	v, _, err := h.view(q)
	if err != nil {
		return err
	}
	return q.Show(h.one, "tasks", v)
}

// view puts the page of a task together.
func (h *Handler) view(q *site.Request) (v View, t task.Task, err error) {
	id, err := idOf(q)
	if err != nil {
		return v, t, err
	}
	err = q.View(func(r *store.Reader) error {
		chain, err := why.Of(r, id, q.Within())
		if err != nil {
			return err
		}
		if t = chain.Task; t.Outbreak != q.Outbreak.ID {
			return fmt.Errorf("task %d: %w", id, store.ErrNotFound)
		}
		who, err := person(q, r, t.Subject)
		if err != nil {
			return err
		}
		v = View{ID: strconv.FormatInt(int64(t.ID), 10), Kind: string(t.Kind), Subject: who, Duty: ui.DutyKind(t.Kind.Duty()), Owner: auth.Role(t.Owner).Title(auth.Lang(q.Lang())),
			Area: q.AreaName(t.Area), Created: t.OpenedAt, Due: t.Due, Status: status(q, t)}
		if to := q.Pack.Escalation.To.Value; t.Level > 0 && t.Level <= len(to) {
			v.EscalatedTo = auth.Role(to[t.Level-1]).Title(auth.Lang(q.Lang()))
		}
		if v.Because, err = steps(q, r, chain); err != nil {
			return err
		}
		v.Timeline, err = history(q, r, t)
		return err
	})
	if err != nil {
		return v, t, err
	}
	h.forms(q, &v, t)
	return v, t, nil
}

// history is what happened to the task itself.
func history(q *site.Request, r *store.Reader, t task.Task) (ui.Timeline, error) {
	out := ui.Timeline{ID: "task-history", Label: i18n.M("case.tab.history")}
	if !t.EndedAt.IsZero() {
		e := ui.Event{At: t.EndedAt, Kind: string(t.State), Text: i18n.M("task.ended." + string(t.State))}
		if t.EndReason != "" {
			e.Text = i18n.M("task.ended_because", "state", i18n.M("task.ended."+string(t.State)), "reason", t.EndReason)
		}
		if t.EndedBy.Seq != 0 {
			entry, err := r.Entry(t.EndedBy.Seq)
			if err != nil {
				return out, err
			}
			e.Who = happened.Who(q, entry.Actor)
		}
		out.Events = append(out.Events, e)
	}
	out.Events = append(out.Events, ui.Event{At: t.OpenedAt, Kind: "created", Text: i18n.M("event.text.task_made")})
	return out, nil
}

// clauseValue says a value of the pack with its unit in the reader's words; nil if it has none, as words and switches.
func clauseValue(c *protocol.Clause) any {
	n, err := strconv.Atoi(c.Value)
	whole := err == nil
	switch {
	case c.Unit == protocol.Minutes && whole:
		return time.Duration(n) * time.Minute
	case c.Unit == protocol.Hours && whole:
		return time.Duration(n) * time.Hour
	case c.Unit == protocol.Days && whole:
		return time.Duration(n) * 24 * time.Hour
	case c.Unit == protocol.PerDay:
		return i18n.M("clause.per_day", "n", c.Value)
	case c.Unit == protocol.TestDays:
		return i18n.M("clause.test_day", "n", c.Value)
	case c.Unit == protocol.Cycles:
		return i18n.M("clause.ct", "n", c.Value)
	}
	if whole {
		return n
	}
	return nil
}

// steps says the chain of reasons in words.
func steps(q *site.Request, r *store.Reader, c why.Chain) ([]Step, error) {
	var out []Step
	for _, s := range c.Steps {
		switch s.Kind {
		case why.Rule:
			out = append(out, Step{Kind: string(s.Kind), Text: i18n.M("rule." + s.Rule), Ref: "response/on_" + s.Rule + ".go"})
		case why.Clause:
			step := Step{Kind: string(s.Kind), Ref: s.Pack + " " + s.Clause.Path, Who: s.Clause.Source}
			if value := clauseValue(s.Clause); value != nil {
				step.Text = i18n.M("because.value", "value", value)
			} else {
				step.Text, step.Code = i18n.M("because.says"), s.Clause.Value
			}
			out = append(out, step)
		case why.Fact:
			e, err := happened.Say(q, r, s.Entry())
			if err != nil {
				return nil, err
			}
			step := Step{Kind: string(s.Kind), Text: e.Text, Ref: "#" + strconv.FormatInt(s.Seq, 10), At: s.At, Who: happened.Who(q, s.Actor), Href: e.Href}
			if s.Row != 0 {
				step.Ref += ":" + strconv.FormatInt(s.Row, 10)
			}
			out = append(out, step)
		}
	}
	return out, nil
}

// instantLayout is what a datetime-local input takes.
const instantLayout = "2006-01-02T15:04"

// forms adds what the person may do with an open task.
func (h *Handler) forms(q *site.Request, v *View, t task.Task) {
	if t.State != task.Open {
		return
	}
	if q.Sees(auth.TaskComplete, t.Area) && command.Completable(t.Kind) {
		now := q.Now.In(q.Zone).Format(instantLayout)
		v.Complete = ui.Form{ID: "complete", Action: q.Path("tasks", v.ID, "complete"), Version: strconv.FormatInt(t.Version, 10), Submit: i18n.M("task.complete"), Hidden: seen(q, t),
			Fields: []ui.Field{{Name: "at", Label: i18n.M("col.at"), Kind: ui.FieldInstant, Value: now, Max: now, Required: true}}}
	} else {
		v.Elsewhere = v.Subject.Href
		switch t.Kind {
		case task.DecideZone:
			v.Elsewhere, v.ZoneHref = "", q.Path("zones", strconv.Itoa(t.Ordinal))
		case task.ReviewZone:
			v.Elsewhere, v.ZoneHref = "", q.Path("zones", strconv.FormatInt(t.Subject.ID, 10))
		default: // the record that it is about
		}
	}
	if q.Sees(auth.TaskWaive, t.Area) {
		v.Waive = &ui.Dialog{ID: "waive", Title: i18n.M("bulk.waive"), Text: i18n.M("task.waive_text"), Form: ui.Form{ID: "waive-form", Action: q.Path("tasks", v.ID, "waive"), Version: strconv.FormatInt(t.Version, 10),
			Submit: i18n.M("bulk.waive"), Danger: true, Cancel: q.Path("tasks", v.ID), Hidden: seen(q, t),
			Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldArea, Required: true}}}}
	}
}

// compared are the fields of a task that somebody else may have changed.
var compared = [...]struct {
	name  string
	label i18n.Msg
	value func(*site.Request, task.Task) string
}{
	{"was_state", i18n.M("col.status"), func(q *site.Request, t task.Task) string { return q.Words().T("task.ended." + string(t.State)) }},
	{"was_due", i18n.M("col.due"), func(q *site.Request, t task.Task) string { return q.Words().DateTime(t.Due) }},
	{"was_owner", i18n.M("col.owner"), func(q *site.Request, t task.Task) string {
		return auth.Role(t.Owner).Title(auth.Lang(q.Lang()))
	}},
	{"was_level", i18n.M("col.level"), func(_ *site.Request, t task.Task) string { return strconv.Itoa(t.Level) }},
}

// seen is the task as the person saw it, sent back with the form to tell what changed.
func seen(q *site.Request, t task.Task) map[string]string {
	out := map[string]string{}
	for _, c := range compared {
		out[c.name] = c.value(q, t)
	}
	return out
}

// Complete is POST /o/{outbreak}/tasks/{task}/complete.
func (h *Handler) Complete(q *site.Request) error {
	return h.change(q, "done", func(id task.ID, version int64, form url.Values) error {
		_, err := h.s.Commands.CompleteTask(q.Context(), q.By(), command.CompleteTask{Task: id, Version: version, At: form.Get("at")})
		return err
	})
}

// Waive is POST /o/{outbreak}/tasks/{task}/waive.
func (h *Handler) Waive(q *site.Request) error {
	return h.change(q, "waived", func(id task.ID, version int64, form url.Values) error {
		_, err := h.s.Commands.WaiveTask(q.Context(), q.By(), command.WaiveTask{Task: id, Version: version, Reason: form.Get("reason")})
		return err
	})
}

// change carries out an order about one task. What is wrong in the form comes back with the form; a conflict comes back with what the other changed.
func (h *Handler) change(q *site.Request, said string, order func(task.ID, int64, url.Values) error) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	id, err := idOf(q)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &command.Invalid{Field: "version", Value: form.Get("version"), Reason: "is not a version"}
	}
	// The bound is asked first: a task outside it is not there, whatever the order would say.
	err = q.View(func(r *store.Reader) error {
		t, err := r.Task(id, q.Within())
		if err == nil && t.Outbreak != q.Outbreak.ID {
			err = fmt.Errorf("task %d: %w", id, store.ErrNotFound)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = order(id, version, form)
	var conflict *store.Conflict
	var invalid *command.Invalid
	switch {
	case err == nil:
		return q.Done(q.Path("tasks", q.PathValue("task")), said, 1)
	case errors.As(err, &conflict), errors.Is(err, task.ErrState), errors.As(err, &invalid):
		v, t, verr := h.view(q)
		if verr != nil {
			return verr
		}
		if errors.As(err, &invalid) && t.State == task.Open {
			problem := i18n.M("form.wrong", "field", invalid.Field, "reason", invalid.Reason)
			if said == "done" && v.Complete.ID != "" {
				v.Complete.Error = problem
				v.Complete.Fields[0].Value = form.Get("at")
			} else if v.Waive != nil {
				v.Waive.Form.Error = problem
				v.Waive.Form.Fields[0].Value = form.Get("reason")
			}
			return q.ShowStatus(http.StatusUnprocessableEntity, h.one, "tasks", v)
		}
		if v.Conflict, err = h.conflict(q, t, form, said); err != nil {
			return err
		}
		return q.ShowStatus(http.StatusConflict, h.one, "tasks", v)
	}
	return err
}

// conflict tells what somebody changed between the person's reading and their order.
func (h *Handler) conflict(q *site.Request, t task.Task, form url.Values, said string) (*ui.Conflict, error) {
	c := &ui.Conflict{At: t.OpenedAt, Reload: q.Path("tasks", strconv.FormatInt(int64(t.ID), 10))}
	err := q.View(func(r *store.Reader) error {
		// What rules did because of somebody's order is not who did it.
		entries, err := r.EntriesOf(t.Subject, 20)
		if i := slices.IndexFunc(entries, func(e journal.Entry) bool { return !strings.HasPrefix(e.Actor, "rule:") }); i >= 0 {
			c.Who, c.At = entries[i].Actor, entries[i].RecordedAt
		}
		return err
	})
	for _, f := range compared {
		was, theirs := form.Get(f.name), f.value(q, t)
		yours := was
		if f.name == "was_state" {
			yours = q.Words().T("task.ended." + said)
		}
		if was != theirs || f.name == "was_state" {
			c.Changes = append(c.Changes, ui.Change{Label: f.label, Was: was, Theirs: theirs, Yours: yours})
		}
	}
	return c, err
}
