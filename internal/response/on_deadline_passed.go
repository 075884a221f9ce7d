package response

import (
	"time"

	"firebreak/internal/protocol"
	"firebreak/internal/task"
)

// Climb is the next step up of a late task.
type Climb struct {
	Level   int       // as Task.Level is to be afterwards
	To      task.Role // who is told at that level
	At      time.Time // when it is due, if the task is still open then
	Because task.Because
}

// NextClimb says where a task goes next if it stays open, and when; false when it has ended or stands at the top.
//
//  1. The first climb comes the pack's time after the deadline, each further one its time after the one before.
//  2. A task climbs a level of the jurisdictions each time; its owner and its deadline stay.
func NextClimb(p *protocol.Pack, t task.Task) (Climb, bool) {
	e := &p.Escalation
	if t.State != task.Open || t.Level < 0 || t.Level >= len(e.To.Value) {
		return Climb{}, false
	}
	at := t.Due
	for _, hours := range e.After.Value[:t.Level+1] {
		at = at.Add(time.Duration(hours) * time.Hour)
	}
	return Climb{
		Level: t.Level + 1, To: e.To.Value[t.Level], At: at,
		Because: task.Because{Fact: t.Because.Fact, Rule: "deadline_passed", Clause: e.After.Path, Pack: p.Ref()},
	}, true
}

// Climbs says which steps a late task has earned by now, lowest first, and when to look at it again; the zero time when it has ended or stands at the
// top. Each step has the instant that the pack gives it, however late it is told: a clock that stood still changes nothing but the telling.
func Climbs(p *protocol.Pack, t task.Task, now time.Time) (steps []Climb, again time.Time) {
	for {
		next, more := NextClimb(p, t)
		switch {
		case !more:
			return steps, time.Time{}
		case next.At.After(now):
			return steps, next.At
		}
		steps = append(steps, next)
		t.Level = next.Level
	}
}
