package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

type tasksCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak whose tasks are listed."`
	Late     bool   `help:"Only open tasks past their deadline."`
	All      bool   `help:"Done, waived and void tasks too; without it, open ones."`
	Area     string `placeholder:"CODE" help:"Only what lies in this jurisdiction."`
	Duty     string `placeholder:"DUTY" help:"Only one duty: tested, traced, moved, isolated, treated or reported."`
}

// taskRow is one task as commands print it. Instants are RFC 3339 in the outbreak's time zone.
type taskRow struct {
	ID        int64            `json:"id"`
	Kind      string           `json:"kind"`
	Ordinal   int              `json:"ordinal,omitempty"` // the test day, say, where a kind occurs several times
	Duty      string           `json:"duty"`
	State     string           `json:"state"`
	Late      bool             `json:"late"` // open past its deadline, or done after it
	About     task.SubjectKind `json:"about"`
	Code      string           `json:"code"` // of the case or contact; of a tube, its label
	Owner     string           `json:"owner"`
	Area      string           `json:"area"` // code; empty where unknown
	Due       string           `json:"due"`
	Level     int              `json:"level"` // times it climbed
	OpenedAt  string           `json:"opened_at"`
	EndedAt   string           `json:"ended_at,omitempty"`
	EndReason string           `json:"end_reason,omitempty"`
	Because   task.Because     `json:"because"`
	Version   int64            `json:"version"`
}

// taskRows makes rows of tasks: it knows areas and the outbreaks' time zones.
type taskRows struct {
	r     *store.Reader
	tree  *place.Tree
	now   time.Time
	zones map[outbreak.ID]*time.Location
}

func newTaskRows(r *store.Reader, now time.Time) (*taskRows, error) {
	tree, err := r.Tree()
	return &taskRows{r, tree, now, map[outbreak.ID]*time.Location{}}, err
}

func (w *taskRows) of(t task.Task) (taskRow, error) {
	zone := w.zones[t.Outbreak]
	if zone == nil {
		o, err := w.r.Outbreak(t.Outbreak)
		if err != nil {
			return taskRow{}, err
		}
		if zone, err = o.Location(); err != nil {
			return taskRow{}, fmt.Errorf("outbreak %q: time zone: %w", o.Name, err)
		}
		w.zones[t.Outbreak] = zone
	}
	area, _ := w.tree.Get(t.Area)
	instant := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(zone).Format(time.RFC3339)
	}
	out := taskRow{ID: int64(t.ID), Kind: string(t.Kind), Ordinal: t.Ordinal, Duty: string(t.Kind.Duty()), State: string(t.State), Late: t.Late(w.now), About: t.Subject.Kind, Owner: string(t.Owner),
		Area: area.Code, Due: instant(t.Due), Level: t.Level, OpenedAt: instant(t.OpenedAt), EndedAt: instant(t.EndedAt), EndReason: t.EndReason, Because: t.Because, Version: t.Version}
	codes, err := w.r.Codes([]task.Subject{t.Subject})
	out.Code = codes[t.Subject]
	return out, err
}

// Run streams the tasks in order of deadline, a page of the store at a time, so that memory stays the same however many there are.
func (c *tasksCmd) Run(ctx context.Context, p *process) error {
	if c.Duty != "" && !slices.Contains(task.Duties(), task.Duty(c.Duty)) {
		return misused(fmt.Errorf("duty %q is unknown; there are %v", c.Duty, task.Duties()))
	}
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		return c.tell(p, func(fn func(taskRow) error) error { return c.eachAt(ctx, r, fn) })
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		return db.View(ctx, func(r *store.Reader) error {
			f, err := c.filter(r, db.Now())
			if err != nil {
				return err
			}
			rows, err := newTaskRows(r, db.Now())
			if err != nil {
				return err
			}
			return c.tell(p, func(fn func(taskRow) error) error { return c.each(r, f, rows, fn) })
		})
	})
}

// tell writes what each gives.
func (c *tasksCmd) tell(p *process, each func(func(taskRow) error) error) error {
	if c.JSON {
		return c.stream(p, each)
	}
	t := newTable("task", "kind", "about", "owner", "area", "due", "state")
	n := 0
	err := each(func(row taskRow) error {
		state := row.State
		if row.Late {
			state += ", late"
		}
		n++
		t.add(fmt.Sprint(row.ID), row.Kind, row.Code, row.Owner, row.Area, row.Due, state)
		return nil
	})
	if err != nil {
		return err
	}
	if n == 0 {
		_, err := fmt.Fprintln(p.Stdout, "There is no such task.")
		return err
	}
	return t.write(p.Stdout)
}

// eachAt reads the pages of a server.
func (c *tasksCmd) eachAt(ctx context.Context, r *remote, fn func(taskRow) error) error {
	_, zone, err := r.outbreak(ctx, c.Outbreak)
	if err != nil {
		return err
	}
	query := url.Values{"limit": {"1000"}}
	if !c.All {
		query.Set("state", string(task.Open))
	}
	if c.Late {
		query.Set("late", "true")
	}
	if c.Area != "" {
		query.Set("area", c.Area)
	}
	if c.Duty != "" {
		query.Set("duty", c.Duty)
	}
	for {
		var page api.Tasks
		if err := r.get(ctx, path("/api/outbreaks/%s/tasks", c.Outbreak), query, &page); err != nil {
			return err
		}
		for _, t := range page.Items {
			if err := fn(taskAt(t, zone)); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		query.Set("cursor", page.Next)
	}
}

// taskAt is a task as a server tells it.
func taskAt(t api.Task, zone *time.Location) taskRow {
	instant := func(at *time.Time) string {
		if at == nil {
			return ""
		}
		return at.In(zone).Format(time.RFC3339)
	}
	return taskRow{ID: t.ID, Kind: t.Kind, Ordinal: t.Ordinal, Duty: t.Duty, State: t.State, Late: t.Late, About: t.Subject.Kind, Code: t.Code, Owner: t.Owner, Area: t.Area, Due: instant(t.Due), Level: t.Level,
		OpenedAt: instant(t.OpenedAt), EndedAt: instant(t.EndedAt), EndReason: t.EndReason, Because: t.Because, Version: t.Version}
}

func (c *tasksCmd) filter(r *store.Reader, now time.Time) (f store.TaskFilter, err error) {
	o, err := r.OutbreakByName(c.Outbreak)
	if err != nil {
		return f, err
	}
	f = store.TaskFilter{Outbreak: o.ID, Within: store.Everywhere(), Duty: task.Duty(c.Duty)}
	if !c.All {
		f.States = []task.State{task.Open}
	}
	if c.Late {
		f.LateAt = now
	}
	if c.Area != "" {
		tree, err := r.Tree()
		if err != nil {
			return f, err
		}
		j, ok := tree.ByCode(c.Area)
		if !ok {
			return f, fmt.Errorf("jurisdiction %q: %w", c.Area, store.ErrNotFound)
		}
		f.Within = f.Within.At(j.ID)
	}
	return f, nil
}

func (c *tasksCmd) each(r *store.Reader, f store.TaskFilter, rows *taskRows, fn func(taskRow) error) error {
	page := store.Page{Limit: 1000}
	for {
		got, err := r.Tasks(f, store.ByDue, page)
		if err != nil {
			return err
		}
		for _, t := range got.Tasks {
			row, err := rows.of(t)
			if err != nil {
				return err
			}
			if err := fn(row); err != nil {
				return err
			}
		}
		if page.Cursor = got.Next; page.Cursor == "" {
			return nil
		}
	}
}

// stream writes {"tasks":[...]} row by row.
func (c *tasksCmd) stream(p *process, each func(func(taskRow) error) error) error {
	w := bufio.NewWriter(p.Stdout)
	sep := "{\"tasks\":[\n"
	write := func(row taskRow) error {
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		_, err = w.WriteString(sep + string(text))
		sep = ",\n"
		return err
	}
	if err := each(write); err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	if sep == ",\n" {
		sep = "\n"
	}
	if _, err := w.WriteString(sep + "]}\n"); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
