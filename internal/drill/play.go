package drill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/sim"
)

// People is how people come into a drill that was played by itself until then.
type People struct {
	// Day, counted from the first case, is the day on which they come in, at nine in the morning.
	Day int
	// Open lets them in, and has the clock run by itself from then on: first is when the first case was known, and ends the end of the drill.
	Open func(ctx context.Context, first, ends time.Time) error
}

// comeIn is when on their first day people come in.
const comeIn = 9 * 60

// ErrNobodyFound is returned where people wait to come in and the drill ends before: no case was found, or their day lies behind the end.
var ErrNobodyFound = errors.New("the drill ended before people could come in")

// played is what a drill in which people play roles keeps about them.
type played struct {
	open bool            // people are in
	held map[role]bool   // roles that they hold
	wait map[int64]asked // tasks that they have to do
}

// asked is a task that waits for whoever holds its role, and what follows in the city once it was done.
type asked struct {
	task api.Task
	who  role
	then func(at sim.Minute) error
}

// hold leaves a task to people where they hold its role, and says whether it did.
func (d *Drill) hold(t api.Task, who role, then func(at sim.Minute) error) bool {
	if !d.played.held[who] {
		return false
	}
	d.played.wait[t.ID] = asked{t, who, then}
	return true
}

// letIn lets people in when their time has come.
func (d *Drill) letIn() error {
	if d.In == nil || d.played.open || d.first == never || d.now < sim.At(d.first.Day()+d.In.Day, comeIn) {
		return nil
	}
	d.played.open = true
	return d.In.Open(d.ctx, d.clock(d.first), d.clock(d.end))
}

// await waits until the clock, which runs at its pace, has come to an instant, or somebody wants to be beyond it. Then what follows from time alone has come about.
func (d *Drill) await(at sim.Minute) error {
	for {
		var out api.Drill
		if err := d.c.as(d.ctx, admin, "PUT drill/clock", http.MethodPut, "/api/drill/clock", api.NewClock{To: d.clock(at), Run: true}, &out); err != nil {
			return err
		}
		if out.Play != nil {
			if err := d.holders(out.Play.Held); err != nil {
				return err
			}
		}
		if out.Passed != nil {
			return nil
		}
	}
}

// holders takes over who plays what. Roles that people give back are played again: their tasks are taken up where they stand. What a made-up office meant to do later, and people have taken since, waits for them, too.
func (d *Drill) holders(held []string) error {
	now := map[role]bool{}
	for _, a := range Accounts() {
		if slices.Contains(held, a.Role) {
			now[role(a.Login)] = true
		}
	}
	d.played.held = now
	var back []api.Task
	for _, x := range d.played.wait {
		if !now[x.who] {
			back = append(back, x.task)
		}
	}
	slices.SortFunc(back, func(a, b api.Task) int { return int(a.ID - b.ID) })
	for _, t := range back {
		delete(d.played.wait, t.ID)
		if err := d.pass(d.take(t)); err != nil {
			return err
		}
	}
	return nil
}

// seeDone looks which of the tasks that wait for people were done on the screens: what follows in the city follows.
func (d *Drill) seeDone() error {
	if len(d.played.wait) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(d.played.wait))
	for id := range d.played.wait {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	open, err := d.openTasks()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if open[id] {
			continue
		}
		x := d.played.wait[id]
		delete(d.played.wait, id)
		var t api.Task
		if err := d.c.as(d.ctx, duty, "GET tasks/{}", http.MethodGet, "/api/tasks/"+itoa(id), nil, &t); err != nil {
			return err
		}
		if t.State != "done" {
			continue
		}
		d.tasks.Done++
		if x.then == nil {
			continue
		}
		at := d.now
		if t.EndedAt != nil {
			at = min(at, d.minute(*t.EndedAt))
		}
		if err := x.then(at); err != nil {
			return err
		}
	}
	return nil
}

// pass lets what went wrong pass where people play: they may do at any time what somebody of the city was about to do, and whom they enter by hand nobody of the city is.
func (d *Drill) pass(err error) error {
	if !d.played.open || err == nil {
		return err
	}
	var unknown *nobodyError
	var odd *oddError
	if errors.As(err, &unknown) || errors.As(err, &odd) {
		d.refused[err.Error()]++
		d.Said(d.clock(d.now).Format("01-02 15:04 ") + err.Error())
		return nil
	}
	return d.try(err)
}

// nobodyError is returned for somebody of the system who lives in no house of the city.
type nobodyError struct{ person int64 }

func (e *nobodyError) Error() string {
	return fmt.Sprintf("person %d of the system is nobody of the city", e.person)
}

// oddError is returned for an answer that is not the one that the city's people count on.
type oddError struct{ text string }

func (e *oddError) Error() string { return e.text }
