package api

import (
	"errors"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/drill/pace"
	"firebreak/internal/store"
)

// Drill says whether what the server holds is played, and what its clock shows.
type Drill struct {
	Drill  bool          `json:"drill" doc:"False: all this is real, and the clock cannot be moved."`
	Clock  time.Time     `json:"clock" doc:"What the server takes for now."`
	Play   *DrillPlay    `json:"play,omitempty" doc:"How the drill is played; left out where no made-up city was opened to people."`
	Passed *DrillOutcome `json:"passed,omitempty" doc:"What the time that passed brought about."`
}

// DrillPlay is how a drill in which people play roles goes on.
type DrillPlay struct {
	State string     `json:"state" enum:"running,paused,over,broken-off" doc:"Broken off: the program that played the city ended before the drill did."`
	Speed int        `json:"speed" doc:"Seconds of the drill in a real one: 1 to 60."`
	Ticks bool       `json:"ticks" doc:"The clock runs at this moment. While the city acts, at each step of ten minutes, it waits."`
	Until *time.Time `json:"until,omitempty" doc:"The city's next step, which the clock does not pass before."`
	Ahead *time.Time `json:"ahead,omitempty" doc:"What somebody has asked to step to; the city goes there as fast as it can."`
	Day   int        `json:"day" doc:"Days since the first case."`
	Ends  time.Time  `json:"ends"`
	Zone  string     `json:"zone" doc:"Time zone of the drill's place."`
	Held  []string   `json:"held" doc:"Roles that people hold: nobody of the made-up offices does their tasks."`
}

// DrillOf says how the drill of a store goes.
func DrillOf(db *store.DB) Drill {
	p, now := db.Pace(), db.Now()
	out := Drill{Drill: db.Drill(), Clock: now}
	if p.State == pace.Unpaced {
		return out
	}
	out.Play = &DrillPlay{State: string(p.State), Speed: p.Speed, Ticks: p.Runs() && now.Before(p.Until), Day: p.Day(now), Ends: p.Ends, Zone: p.Zone, Held: append([]string{}, p.Held...)}
	if p.Until.After(now) {
		out.Play.Until = &p.Until
	}
	if p.Ahead.After(now) {
		out.Play.Ahead = &p.Ahead
	}
	return out
}

// DrillOutcome counts what time alone brought about.
type DrillOutcome struct {
	Missed    int `json:"missed_checks"`
	Over      int `json:"follow_ups_over"`
	LetGo     int `json:"holds_over"`
	Rounds    int `json:"rounds" doc:"Of standing rounds, opened or closed."`
	Escalated int `json:"tasks_escalated"`
}

// NewClock moves the clock.
type NewClock struct {
	To  time.Time `json:"to" doc:"The instant it shows from now on; not before what it shows."`
	Run bool      `json:"run,omitempty" doc:"For whoever plays the made-up city of a drill that people play in: the clock goes there at its pace. It answers when it shows that, or after some seconds with what it shows; then ask again."`
}

// NewPace is what whoever controls a drill asks.
type NewPace struct {
	Do    string     `json:"do" enum:"pause,go-on,speed,step,hold"`
	Speed int        `json:"speed,omitempty" doc:"Of speed: seconds of the drill in a real one, 1 to 60."`
	To    *time.Time `json:"to,omitempty" doc:"Of step: the instant that the drill goes on to as fast as it can."`
	Held  []string   `json:"held,omitempty" doc:"Of hold: all roles that people hold from now on; none gives all back."`
}

// mostWait is how long the player of a city waits in one request.
const mostWait = 10 * time.Second

func (s *server) drill() {
	type none struct{ Asked }
	operation(s, "show-drill", http.MethodGet, "/api/drill", "Say whether this is a drill, what its clock shows, and how it goes", 200, func(c *call, _ *none) (out Drill, err error) {
		return DrillOf(s.o.DB), nil
	})
	type move struct {
		Asked
		Body NewClock
	}
	operation(s, "move-drill-clock", http.MethodPut, "/api/drill/clock", "Move the clock of a drill forward; answers when all that follows from time alone has come about", 200, func(c *call, in *move) (out Drill, err error) {
		if err := c.everywhere(auth.OutbreakAdmin); err != nil {
			return out, err
		}
		switch played := c.o.DB.Pace().Played(); {
		case in.Body.Run:
			if err := c.o.Commands.RunClock(c.ctx, in.Body.To); err != nil {
				return out, clockError(in.Body.To, err)
			}
			there, err := c.o.DB.AwaitClock(c.ctx, in.Body.To, mostWait)
			if err != nil || !there {
				return DrillOf(s.o.DB), clockError(in.Body.To, err)
			}
		case played:
			return out, clockError(in.Body.To, pace.ErrPlayed)
		}
		if c.o.Settle != nil {
			if err := c.o.Settle(c.ctx); err != nil {
				return out, err
			}
		}
		t, err := c.o.Commands.MoveClock(c.ctx, in.Body.To)
		if err != nil {
			return out, clockError(in.Body.To, err)
		}
		if c.o.Transfers != nil {
			if _, err := c.o.Transfers.Tick(c.ctx); err != nil {
				return out, err
			}
		}
		out = DrillOf(s.o.DB)
		out.Passed = &DrillOutcome{Missed: t.Missed, Over: t.Over, LetGo: t.LetGo, Rounds: t.Rounds, Escalated: t.Climbed}
		return out, nil
	})
	type order struct {
		Asked
		Body NewPace
	}
	operation(s, "pace-drill", http.MethodPost, "/api/drill/pace", "Pause a drill that people play in, have it go on, change its speed, step it to a time, or say which roles people hold", 200, func(c *call, in *order) (out Drill, err error) {
		ask := command.PaceDrill{Do: in.Body.Do, Speed: in.Body.Speed, Held: in.Body.Held}
		if in.Body.To != nil {
			ask.To = *in.Body.To
		}
		if err := c.o.Commands.PaceDrill(c.ctx, c.by(), ask); err != nil {
			return out, err
		}
		return DrillOf(s.o.DB), nil
	})
}

// clockError says that the clock cannot be moved to an instant as a fault of the instant.
func clockError(to time.Time, err error) error {
	for _, wrong := range []error{store.ErrNoDrill, store.ErrClockBack, pace.ErrPlayed, pace.ErrNotPlayed, pace.ErrOver} {
		if errors.Is(err, wrong) {
			return &command.Invalid{Field: "to", Value: to.Format(time.RFC3339), Reason: err.Error()}
		}
	}
	return err
}
