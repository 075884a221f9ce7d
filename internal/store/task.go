package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/task"
)

const taskColumns = `id, outbreak, subject_kind, subject_id, kind, ordinal, state, owner, area, district, not_before, due, level, climb_at,
because_seq, because_row, rule, clause, pack, opened_at, ended_at, ended_seq, ended_row, end_reason, version`

// taskRow is a task as it lies in the table.
type taskRow struct {
	task.Task
	climbAt time.Time
}

func scanTask(s interface{ Scan(...any) error }) (taskRow, error) {
	var t taskRow
	var notBefore, due, climb, opened, ended int64
	err := s.Scan(&t.ID, &t.Outbreak, &t.Subject.Kind, &t.Subject.ID, &t.Kind, &t.Ordinal, &t.State, &t.Owner, &t.Area, &t.District, &notBefore, &due, &t.Level, &climb,
		&t.Because.Fact.Seq, &t.Because.Fact.Row, &t.Because.Rule, &t.Because.Clause, &t.Because.Pack, &opened, &ended, &t.EndedBy.Seq, &t.EndedBy.Row, &t.EndReason, &t.Version)
	t.NotBefore, t.Due, t.climbAt, t.OpenedAt, t.EndedAt = when(notBefore), when(due), when(climb), when(opened), when(ended)
	return t, err
}

// tasks runs a query for whole task rows.
func (r *Reader) tasks(text string, args ...any) ([]taskRow, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []taskRow
	for rows.Next() {
		t, err := scanTask(rows)
		if err != nil {
			return nil, fmt.Errorf("read tasks: %w", err)
		}
		out = append(out, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return out, nil
}

func plain(rows []taskRow) []task.Task {
	out := make([]task.Task, len(rows))
	for i, t := range rows {
		out[i] = t.Task
	}
	return out
}

// TasksOf returns every task of one subject, whatever its state, in the order in which they were opened: what the rulebook reconciles. It takes no
// bound: whoever shows them has asked for the subject within one.
func (r *Reader) TasksOf(s task.Subject) ([]task.Task, error) {
	rows, err := r.tasks(`SELECT `+taskColumns+` FROM task WHERE subject_kind = $1 AND subject_id = $2 ORDER BY id`, string(s.Kind), s.ID)
	return plain(rows), err
}

// Task returns one task; ErrNotFound is wrapped when there is none, or none within the bound.
func (r *Reader) Task(id task.ID, w Within) (task.Task, error) {
	t, err := r.storedTask(id)
	if err != nil {
		return task.Task{}, err
	}
	s, err := r.reach(w)
	if err != nil {
		return task.Task{}, err
	}
	if !s.holds(t.Area) {
		return task.Task{}, fmt.Errorf("task %d: %w", id, ErrNotFound)
	}
	return t.Task, nil
}

func (r *Reader) storedTask(id task.ID) (taskRow, error) {
	t, err := scanTask(r.row(`SELECT `+taskColumns+` FROM task WHERE id = $1`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return t, fmt.Errorf("task %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return t, fmt.Errorf("read task %d: %w", id, err)
	}
	return t, nil
}

const insertTask = `INSERT INTO task (` + taskColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`

// What a change may alter; subject, key and outbreak of a task never change.
const updateTask = `UPDATE task SET state = $1, owner = $2, area = $3, district = $4, not_before = $5, due = $6, level = $7, climb_at = $8,
because_seq = $9, because_row = $10, rule = $11, clause = $12, pack = $13, ended_at = $14, ended_seq = $15, ended_row = $16, end_reason = $17, version = $18
WHERE id = $19`

func (t taskRow) insertArgs() []any {
	return []any{int64(t.ID), int64(t.Outbreak), string(t.Subject.Kind), t.Subject.ID, string(t.Kind), int64(t.Ordinal), string(t.State), string(t.Owner), int64(t.Area), int64(t.District),
		instant(t.NotBefore), instant(t.Due), int64(t.Level), instant(t.climbAt), t.Because.Fact.Seq, t.Because.Fact.Row, t.Because.Rule, t.Because.Clause, t.Because.Pack,
		instant(t.OpenedAt), instant(t.EndedAt), t.EndedBy.Seq, t.EndedBy.Row, t.EndReason, t.Version}
}

func (t taskRow) updateArgs() []any {
	return []any{string(t.State), string(t.Owner), int64(t.Area), int64(t.District), instant(t.NotBefore), instant(t.Due), int64(t.Level), instant(t.climbAt),
		t.Because.Fact.Seq, t.Because.Fact.Row, t.Because.Rule, t.Because.Clause, t.Because.Pack, instant(t.EndedAt), t.EndedBy.Seq, t.EndedBy.Row, t.EndReason, t.Version, int64(t.ID)}
}

// ApplyTaskChanges carries out what task.Reconcile found, for any number of subjects of one outbreak, and keeps the counters of coverage in step.
//
// Each change of an existing task must carry the version that was read: a Conflict is returned otherwise. A change of state that
// task.State.Move forbids wraps task.ErrState. New tasks (OpenNew) are written without reading anything first, so an import of new subjects
// costs its inserts only; give it thousands of changes at a time.
//
// An open task climbs first at its deadline: see LateToClimb. Instants are cut to the microsecond.
func (tx *Tx) ApplyTaskChanges(o outbreak.ID, changes []task.Change) error {
	if len(changes) == 0 {
		return nil
	}
	var fresh int64
	var ids []task.ID
	for _, c := range changes {
		if c.Kind == task.OpenNew {
			fresh++
		} else {
			ids = append(ids, c.Task.ID)
		}
	}
	stored, err := tx.storedTasks(ids)
	if err != nil {
		return err
	}
	var next int64
	if fresh > 0 {
		if next, err = tx.nextIDs("task", fresh); err != nil {
			return err
		}
	}
	tree, err := tx.Tree()
	if err != nil {
		return err
	}
	delta := newTaskDelta(tree)
	inserts := make([][]any, 0, min(fresh, insertPart))
	updates := make([][]any, 0, len(ids))
	for _, c := range changes {
		t := taskRow{Task: c.Task}
		t.Outbreak = o
		if c.Kind == task.OpenNew {
			t.ID, t.Version = task.ID(next), 1
			next++
			if t.OpenedAt.IsZero() {
				t.OpenedAt = tx.now
			}
			t.cut()
			t.setClimb(taskRow{})
			delta.add(t.Task, 1)
			if inserts = append(inserts, t.insertArgs()); len(inserts) == insertPart {
				// The first are written while the next are made.
				if err := tx.bulk(insertTask, inserts); err != nil {
					return fmt.Errorf("open tasks: %w", err)
				}
				inserts = make([][]any, 0, insertPart)
			}
			continue
		}
		was := stored[t.ID]
		if was == nil || was.Outbreak != o {
			return fmt.Errorf("change task %d of outbreak %d: %w", t.ID, o, ErrNotFound)
		}
		if err := t.follow(*was); err != nil {
			return err
		}
		delta.add(was.Task, -1)
		delta.add(t.Task, 1)
		updates = append(updates, t.updateArgs())
		*was = t
	}
	if err := tx.bulk(insertTask, inserts); err != nil {
		return fmt.Errorf("open tasks: %w", err)
	}
	if err := tx.bulk(updateTask, updates); err != nil {
		return fmt.Errorf("change tasks: %w", err)
	}
	return tx.count(o, delta)
}

// insertPart is how many new tasks are written at a time.
const insertPart = 500

// follow makes t the successor of the stored task: state and version are checked, and what never changes is kept.
func (t *taskRow) follow(was taskRow) error {
	if t.Version != was.Version {
		return &Conflict{Noun: "task", ID: int64(t.ID), Have: was.Version, Want: t.Version}
	}
	if _, err := was.State.Move(t.State); err != nil {
		return fmt.Errorf("task %d: %w", t.ID, err)
	}
	t.Outbreak, t.Subject, t.Key, t.OpenedAt, t.Version = was.Outbreak, was.Subject, was.Key, was.OpenedAt, was.Version+1
	t.cut()
	t.setClimb(was)
	return nil
}

// cut makes the instants those that will be read back, so that what is counted is what is stored.
func (t *taskRow) cut() {
	for _, at := range []*time.Time{&t.NotBefore, &t.Due, &t.OpenedAt, &t.EndedAt} {
		*at = when(instant(*at))
	}
}

// setClimb keeps the instant of the next climb while the deadline stands, and starts again at a new one.
func (t *taskRow) setClimb(was taskRow) {
	switch {
	case t.State != task.Open:
		t.climbAt = time.Time{}
	case was.State == task.Open && was.Due.Equal(t.Due):
		t.climbAt = was.climbAt
	default:
		t.climbAt = t.Due
	}
}

// storedTasks reads the tasks as they are now.
func (r *Reader) storedTasks(ids []task.ID) (map[task.ID]*taskRow, error) {
	out := make(map[task.ID]*taskRow, len(ids))
	const most = 500
	for start := 0; start < len(ids); start += most {
		rows, err := r.tasks(`SELECT ` + taskColumns + ` FROM task WHERE id IN (` + numbers(ids[start:min(start+most, len(ids))]) + `)`)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			out[rows[i].ID] = &rows[i]
		}
	}
	return out, nil
}

// put writes the successor of one stored task.
func (tx *Tx) put(was, t taskRow) error {
	if _, err := tx.exec(updateTask, t.updateArgs()...); err != nil {
		return fmt.Errorf("change task %d: %w", t.ID, err)
	}
	tree, err := tx.Tree()
	if err != nil {
		return err
	}
	delta := newTaskDelta(tree)
	delta.add(was.Task, -1)
	delta.add(t.Task, 1)
	return tx.count(t.Outbreak, delta)
}

// ErrNoReason is returned when a task is waived without a reason.
var ErrNoReason = errors.New("a reason is needed to waive a task")

// WaiveTask ends an open task without its being done: by is the journal entry that names the person, reason is what that person gave. version is the one
// the person saw; a Conflict is returned when the task changed since.
func (tx *Tx) WaiveTask(id task.ID, version int64, reason string, by task.FactRef) (task.Task, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return task.Task{}, fmt.Errorf("task %d: %w", id, ErrNoReason)
	}
	was, err := tx.storedTask(id)
	if err != nil {
		return task.Task{}, err
	}
	t := was
	t.Version = version
	t.State, t.EndedAt, t.EndedBy, t.EndReason = task.Waived, tx.now, by, reason
	if err := t.follow(was); err != nil {
		return task.Task{}, err
	}
	if was.State == task.Waived {
		// The version was the right one, so the person has seen that it is waived already.
		return task.Task{}, fmt.Errorf("task %d is waived already: %w", id, task.ErrState)
	}
	return t.Task, tx.put(was, t)
}

// LateToClimb returns up to limit open tasks of any outbreak whose next look is due at now, the longest due first. The first look is at the deadline itself; the
// rulebook answers each with the level the task must have and the instant of the next look, which Climb stores.
func (r *Reader) LateToClimb(now time.Time, limit int) ([]task.Task, error) {
	rows, err := r.tasks(`SELECT `+taskColumns+` FROM task WHERE climb_at > 0 AND climb_at <= $1 ORDER BY climb_at, id LIMIT $2`, instant(now), limit)
	return plain(rows), err
}

// Climb stores the level of a late open task and the instant of the next look; zero means never again. t is as it was read, with its version, and with
// the new Level: the same one means that it was only looked at. A level never falls while the deadline stands.
func (tx *Tx) Climb(t task.Task, next time.Time) error {
	was, err := tx.storedTask(t.ID)
	if err != nil {
		return err
	}
	if t.Version != was.Version {
		return &Conflict{Noun: "task", ID: int64(t.ID), Have: was.Version, Want: t.Version}
	}
	if was.State != task.Open || t.Level < was.Level {
		return fmt.Errorf("task %d climbs from level %d to %d while %s: %w", t.ID, was.Level, t.Level, was.State, task.ErrState)
	}
	_, err = tx.exec(`UPDATE task SET level = $1, climb_at = $2, version = $3 WHERE id = $4`, int64(t.Level), instant(next), was.Version+1, int64(t.ID))
	if err != nil {
		return fmt.Errorf("climb task %d: %w", t.ID, err)
	}
	return nil
}

// ChecksNotMade returns up to limit open follow-up checks of an outbreak whose deadline has passed and which are not recorded as missed yet, the longest due first.
func (r *Reader) ChecksNotMade(o outbreak.ID, now time.Time, limit int) ([]task.Task, error) {
	rows, err := r.tasks(`SELECT `+taskColumns+` FROM task WHERE outbreak = $1 AND state = 'open' AND kind = 'check_contact' AND due < $2
AND NOT EXISTS (SELECT 1 FROM contact_check k WHERE k.contact = task.subject_id AND k.at = task.due) ORDER BY due, id LIMIT $3`, int64(o), instant(now), limit)
	return plain(rows), err
}
