package api

import (
	"net/http"
	"slices"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/why"
)

// Task is something that must happen.
type Task struct {
	ID        int64        `json:"id"`
	Kind      string       `json:"kind"`
	Ordinal   int          `json:"ordinal,omitempty"`
	Duty      string       `json:"duty"`
	Outbreak  string       `json:"outbreak" doc:"Its name."`
	Subject   task.Subject `json:"subject"`
	Code      string       `json:"code,omitempty" doc:"Of the case or contact it is about; of a tube, its label."`
	State     string       `json:"state"`
	Owner     string       `json:"owner" doc:"Role that has to do it."`
	Area      string       `json:"area"`
	NotBefore *time.Time   `json:"not_before,omitempty"`
	Due       *time.Time   `json:"due,omitempty"`
	Late      bool         `json:"late"`
	Level     int          `json:"level" doc:"How often it climbed."`
	Because   task.Because `json:"because"`
	OpenedAt  *time.Time   `json:"opened_at,omitempty"`
	EndedAt   *time.Time   `json:"ended_at,omitempty"`
	EndReason string       `json:"end_reason,omitempty"`
	Complete  bool         `json:"completable" doc:"It is done by saying when; the others are done by their own facts."`
	Version   int64        `json:"version"`
	Why       []why.Step   `json:"why,omitempty" doc:"The reasons, nearest first, back to the first fact."`
}

func (in *inside) taskView(t task.Task, code string, now time.Time) Task {
	return Task{ID: int64(t.ID), Kind: string(t.Kind), Ordinal: t.Ordinal, Duty: string(t.Kind.Duty()), Outbreak: in.o.Name, Subject: t.Subject, Code: code, State: string(t.State), Owner: string(t.Owner), Area: in.code(t.Area),
		NotBefore: clock(t.NotBefore), Due: clock(t.Due), Late: t.Late(now), Level: t.Level, Because: t.Because, OpenedAt: clock(t.OpenedAt), EndedAt: clock(t.EndedAt), EndReason: t.EndReason,
		Complete: command.Completable(t.Kind), Version: t.Version}
}

// taskViews shows tasks with the codes of what they are about.
func (in *inside) taskViews(list []task.Task, now time.Time) ([]Task, error) {
	about := make([]task.Subject, len(list))
	for i, t := range list {
		about[i] = t.Subject
	}
	codes, err := in.Codes(about)
	out := make([]Task, len(list))
	for i, t := range list {
		out[i] = in.taskView(t, codes[t.Subject], now)
	}
	return out, err
}

// Tasks is a page.
type Tasks struct {
	Items []Task `json:"items"`
	Next  string `json:"next,omitempty"`
	Prev  string `json:"prev,omitempty"`
}

// tasksOf lists all tasks of a subject that lie where the caller may read tasks.
func (in *inside) tasksOf(c *call, s task.Subject) (out Tasks, err error) {
	w, err := c.within(auth.TaskRead)
	if err != nil {
		return out, err
	}
	in.within = w
	list, err := in.TasksOf(s)
	if err != nil {
		return out, err
	}
	var seen []task.Task
	for _, t := range list {
		ok, err := in.sees(t.Area)
		if err != nil {
			return out, err
		}
		if ok {
			seen = append(seen, t)
		}
	}
	out.Items, err = in.taskViews(seen, c.now)
	return out, err
}

// Completion says when a task was done.
type Completion struct {
	Version int64  `json:"version"`
	At      string `json:"at,omitempty" doc:"Now when left out."`
}

// Waiver ends a task by decision.
type Waiver struct {
	Version int64  `json:"version"`
	Reason  string `json:"reason" maxLength:"2000"`
}

// taskFor shows one task, with its reasons where told, to a caller who may do the action on it.
func (c *call) taskFor(action auth.Action, id int64, reasons bool) (out Task, err error) {
	var t task.Task
	err = c.record(action, "task", id, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
		var err error
		t, err = r.Task(task.ID(id), store.Everywhere()) // record asks whether the caller may see it
		return t.Outbreak, t.Area, err
	}, func(in *inside) error {
		shown, err := in.taskViews([]task.Task{t}, c.now)
		if err != nil {
			return err
		}
		if out = shown[0]; !reasons {
			return nil
		}
		chain, err := why.Of(in.Reader, t.ID, store.Everywhere())
		if err != nil {
			return err
		}
		out.Why = chain.Steps
		return in.hide(c, out.Why)
	})
	return out, err
}

// hide takes out of the reasons what a fact says of a person whom the caller may not read: who drives learns why and by when, not the
// course of the illness.
func (in *inside) hide(c *call, steps []why.Step) error {
	for i := range steps {
		s := &steps[i]
		if s.Kind != why.Fact {
			continue
		}
		action := auth.AuditRead // nobody's, who asks about a task
		switch s.Subject.Kind {
		case task.OnCase:
			action = auth.CaseRead
		case task.OnContact, task.OnAssistance:
			action = auth.ContactRead
		case task.OnSpecimen, task.OnTube, task.OnLab:
			action = auth.SampleRead
		case task.OnZone:
			action = auth.ZoneRead
		case task.OnTransfer:
			action = auth.TransferRead
		case task.OnCluster:
			action = auth.CaseRead
		case task.OnReserve, task.OnConversion, task.OnCareEvent:
			action = auth.CareRead
		case task.OnIncident, task.OnDeficiency:
			action = auth.IsolationRead
		case task.OnOutbreak, task.OnPerson:
		}
		area := s.Entry().Area
		if area == 0 {
			area = in.o.Area
		}
		ok, err := in.Reader.Sees(store.Within{Scope: auth.ScopeOf(c.actor, action, c.purpose, c.now)}, area)
		if err != nil {
			return err
		}
		if !ok {
			s.Payload = nil
		}
	}
	return nil
}

type taskList struct {
	Listed
	Sort    string   `query:"sort" enum:"due,opened" default:"due"`
	State   []string `query:"state" enum:"open,done,waived,void" doc:"Parted by commas."`
	Duty    string   `query:"duty" enum:"tested,traced,moved,isolated,treated,reported"`
	Kind    []string `query:"kind" doc:"Such as move_case, parted by commas."`
	Owner   string   `query:"owner" doc:"Role."`
	Late    bool     `query:"late" doc:"Only open ones past their deadline now."`
	DueFrom string   `query:"due_from" format:"date-time"`
	DueTo   string   `query:"due_to" format:"date-time" doc:"Not included."`
}

func (l *taskList) filter(now time.Time) (f store.TaskFilter, err error) {
	f.Duty, f.Owner = task.Duty(l.Duty), task.Role(l.Owner)
	for _, s := range l.State {
		f.States = append(f.States, task.State(s))
	}
	for _, s := range l.Kind {
		if !slices.Contains(task.Kinds(), task.Kind(s)) {
			return f, &command.Invalid{Field: "query.kind", Value: s, Reason: "is no kind of task"}
		}
		f.Kinds = append(f.Kinds, task.Kind(s))
	}
	if l.Late {
		f.LateAt = now
	}
	if f.DueFrom, err = command.ParseInstant(l.DueFrom, time.UTC); err != nil {
		return f, &command.Invalid{Field: "query.due_from", Value: l.DueFrom, Reason: err.Error()}
	}
	if f.DueBefore, err = command.ParseInstant(l.DueTo, time.UTC); err != nil {
		return f, &command.Invalid{Field: "query.due_to", Value: l.DueTo, Reason: err.Error()}
	}
	return f, nil
}

func (s *server) tasks() {
	operation(s, "list-tasks", http.MethodGet, "/api/outbreaks/{outbreak}/tasks", "List tasks", 200, func(c *call, in *taskList) (out Tasks, err error) {
		f, err := in.filter(c.now)
		if err != nil {
			return out, err
		}
		return out, c.view(auth.TaskRead, in.Outbreak, in.Area, func(v *inside) error {
			f.Outbreak, f.Within = v.o.ID, v.within
			p, err := v.Tasks(f, store.TaskOrder(in.Sort), in.page())
			if err != nil {
				return err
			}
			out = Tasks{Next: p.Next, Prev: p.Prev}
			out.Items, err = v.taskViews(p.Tasks, c.now)
			return err
		})
	})
	operation(s, "get-task", http.MethodGet, "/api/tasks/{id}", "A task, and why it is there", 200, func(c *call, in *Record) (Task, error) {
		return c.taskFor(auth.TaskRead, in.ID, true)
	})
	type complete struct {
		Record
		Body Completion
	}
	operation(s, "complete-task", http.MethodPost, "/api/tasks/{id}/complete", "Record the fact that does a task", 200, func(c *call, in *complete) (out Task, err error) {
		if _, err := c.taskFor(auth.TaskComplete, in.ID, false); err != nil {
			return out, err
		}
		if _, err := c.o.Commands.CompleteTask(c.ctx, c.by(), command.CompleteTask{Task: task.ID(in.ID), Version: in.Body.Version, At: in.Body.At}); err != nil {
			return out, err
		}
		return c.taskFor(auth.TaskComplete, in.ID, false)
	})
	type waive struct {
		Record
		Body Waiver
	}
	operation(s, "waive-task", http.MethodPost, "/api/tasks/{id}/waive", "End a task by decision, with a reason", 200, func(c *call, in *waive) (out Task, err error) {
		if _, err := c.taskFor(auth.TaskWaive, in.ID, false); err != nil {
			return out, err
		}
		if _, err := c.o.Commands.WaiveTask(c.ctx, c.by(), command.WaiveTask{Task: task.ID(in.ID), Version: in.Body.Version, Reason: in.Body.Reason}); err != nil {
			return out, err
		}
		return c.taskFor(auth.TaskWaive, in.ID, false)
	})
}
