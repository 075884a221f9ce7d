package api

import (
	"errors"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

// Drill says whether what the server holds is played, and what its clock shows.
type Drill struct {
	Drill  bool          `json:"drill" doc:"False: all this is real, and the clock cannot be moved."`
	Clock  time.Time     `json:"clock" doc:"What the server takes for now."`
	Passed *DrillOutcome `json:"passed,omitempty" doc:"What the time that passed brought about."`
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
	To time.Time `json:"to" doc:"The instant it shows from now on; not before what it shows."`
}

func (s *server) drill() {
	type none struct{ Asked }
	operation(s, "show-drill", http.MethodGet, "/api/drill", "Say whether this is a drill, and what its clock shows", 200, func(c *call, _ *none) (out Drill, err error) {
		return Drill{Drill: c.o.DB.Drill(), Clock: c.o.DB.Now()}, nil
	})
	type move struct {
		Asked
		Body NewClock
	}
	operation(s, "move-drill-clock", http.MethodPut, "/api/drill/clock", "Move the clock of a drill forward; answers when all that follows from time alone has come about", 200, func(c *call, in *move) (out Drill, err error) {
		if err := c.everywhere(auth.OutbreakAdmin); err != nil {
			return out, err
		}
		if c.o.Settle != nil {
			if err := c.o.Settle(c.ctx); err != nil {
				return out, err
			}
		}
		t, err := c.o.Commands.MoveClock(c.ctx, in.Body.To)
		if errors.Is(err, store.ErrNoDrill) || errors.Is(err, store.ErrClockBack) {
			return out, &command.Invalid{Field: "to", Value: in.Body.To.Format(time.RFC3339), Reason: err.Error()}
		}
		if err != nil {
			return out, err
		}
		return Drill{Drill: true, Clock: c.o.DB.Now(), Passed: &DrillOutcome{Missed: t.Missed, Over: t.Over, LetGo: t.LetGo, Rounds: t.Rounds, Escalated: t.Climbed}}, nil
	})
}
