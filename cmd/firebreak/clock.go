package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

type clockCmd struct {
	Begin clockBeginCmd `cmd:"" help:"Make a new, empty store one for a drill, for good, with its clock at an instant."`
	Show  clockShowCmd  `cmd:"" help:"Say whether a store is a drill's, and what its clock shows."`
	Move  clockMoveCmd  `cmd:"" help:"Move the clock of a drill forward; what follows from time alone comes about."`
	Pause clockPauseCmd `cmd:"" help:"Pause a drill that people play in."`
	GoOn  clockGoOnCmd  `cmd:"" help:"Have a drill that was paused go on."`
	Speed clockSpeedCmd `cmd:"" help:"Change how fast a drill that people play in goes."`
	Step  clockStepCmd  `cmd:"" help:"Have a drill that people play in go on to a time as fast as it can."`
	Hold  clockHoldCmd  `cmd:"" help:"Say which roles people hold in a drill; nobody of the made-up offices does their tasks."`
}

type clockBeginCmd struct {
	dataFlags
	jsonFlag
	At time.Time `arg:"" help:"What the clock shows at first, such as 2022-03-04T20:00:00+08:00."`
}

// Help is shown below the flags.
func (clockBeginCmd) Help() string {
	return "The clock of a drill stands until it is moved, so that hours pass in seconds and every deadline can be tried. All screens say that it is a drill. What is real and what is played never share a store: an empty one is wanted, and nothing makes it a real one again."
}

// Run marks the store.
func (c *clockBeginCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, true, func(db *store.DB) error {
		if err := db.BeginDrill(ctx, c.At); err != nil {
			if errors.Is(err, store.ErrNotNew) {
				return rejected(err)
			}
			return err
		}
		return c.tellDrill(p, api.Drill{Drill: true, Clock: db.Now()})
	})
}

type clockShowCmd struct {
	dataFlags
	serverFlags
	jsonFlag
}

// Run says what the clock shows.
func (c *clockShowCmd) Run(ctx context.Context, p *process) error {
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		var out api.Drill
		if err := r.get(ctx, "/api/drill", nil, &out); err != nil {
			return err
		}
		return c.tellDrill(p, out)
	}
	return c.beside(ctx, p, func(db *store.DB) error { return c.tellDrill(p, api.DrillOf(db)) })
}

type clockMoveCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	To time.Time     `placeholder:"TIME" help:"What it shows from now on."`
	By time.Duration `placeholder:"SPAN" help:"In place of --to: how far it goes, such as 90m."`
}

// Run moves the clock.
func (c *clockMoveCmd) Run(ctx context.Context, p *process) error {
	if c.To.IsZero() == (c.By == 0) || c.By < 0 {
		return misused(errors.New("say --to TIME, or --by SPAN"))
	}
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		var out api.Drill
		if c.By > 0 {
			if err := r.get(ctx, "/api/drill", nil, &out); err != nil {
				return err
			}
			c.To = out.Clock.Add(c.By)
		}
		if err := r.send(ctx, http.MethodPut, "/api/drill/clock", api.NewClock{To: c.To}, &out); err != nil {
			return err
		}
		return c.tellDrill(p, out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		if c.By > 0 {
			c.To = db.Now().Add(c.By)
		}
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
		if err != nil {
			return err
		}
		if db.Pace().Played() {
			return rejected(playedBefore(c.Data, db.Pace()))
		}
		t, err := command.New(db, ids).MoveClock(ctx, c.To)
		switch {
		case errors.Is(err, store.ErrNoDrill), errors.Is(err, store.ErrClockBack):
			return rejected(err)
		case err != nil:
			return err
		}
		return c.tellDrill(p, api.Drill{Drill: true, Clock: db.Now(), Passed: &api.DrillOutcome{Missed: t.Missed, Over: t.Over, LetGo: t.LetGo, Rounds: t.Rounds, Escalated: t.Climbed}})
	})
}

// paceFlags are those of the commands that control a drill which is being played: its program holds the folder, so they ask its server.
type paceFlags struct {
	serverFlags
	jsonFlag
}

func (f *paceFlags) ask(ctx context.Context, p *process, order func(clock time.Time) api.NewPace) error {
	r, err := f.at(p, dataFlags{})
	if err != nil {
		return err
	}
	if r == nil {
		return misused(errors.New("--url: a drill that is being played is controlled through its server"))
	}
	var out api.Drill
	if err := r.get(ctx, "/api/drill", nil, &out); err != nil {
		return err
	}
	if err := r.send(ctx, http.MethodPost, "/api/drill/pace", order(out.Clock), &out); err != nil {
		return err
	}
	return f.tellDrill(p, out)
}

type clockPauseCmd struct{ paceFlags }

// Run pauses it.
func (c *clockPauseCmd) Run(ctx context.Context, p *process) error {
	return c.ask(ctx, p, func(time.Time) api.NewPace { return api.NewPace{Do: "pause"} })
}

type clockGoOnCmd struct{ paceFlags }

// Run has it go on.
func (c *clockGoOnCmd) Run(ctx context.Context, p *process) error {
	return c.ask(ctx, p, func(time.Time) api.NewPace { return api.NewPace{Do: "go-on"} })
}

type clockSpeedCmd struct {
	paceFlags
	Speed int `arg:"" help:"Seconds of the drill in a real one, 1 to 60."`
}

// Run changes the speed.
func (c *clockSpeedCmd) Run(ctx context.Context, p *process) error {
	return c.ask(ctx, p, func(time.Time) api.NewPace { return api.NewPace{Do: "speed", Speed: c.Speed} })
}

type clockStepCmd struct {
	paceFlags
	To time.Time     `placeholder:"TIME" help:"Where it goes to; then it runs on, or stands, as before."`
	By time.Duration `placeholder:"SPAN" help:"In place of --to: how far it goes, such as 90m."`
}

// Run steps it.
func (c *clockStepCmd) Run(ctx context.Context, p *process) error {
	if c.To.IsZero() == (c.By == 0) || c.By < 0 {
		return misused(errors.New("say --to TIME, or --by SPAN"))
	}
	return c.ask(ctx, p, func(clock time.Time) api.NewPace {
		to := c.To
		if c.By > 0 {
			to = clock.Add(c.By)
		}
		return api.NewPace{Do: "step", To: &to}
	})
}

type clockHoldCmd struct {
	paceFlags
	Roles []string `arg:"" optional:"" help:"All roles that people hold from now on; none gives all back."`
}

// Run says who holds what.
func (c *clockHoldCmd) Run(ctx context.Context, p *process) error {
	return c.ask(ctx, p, func(time.Time) api.NewPace { return api.NewPace{Do: "hold", Held: c.Roles} })
}

func (j jsonFlag) tellDrill(p *process, d api.Drill) error {
	if j.JSON {
		return p.writeJSON(d)
	}
	if !d.Drill {
		_, err := fmt.Fprintf(p.Stdout, "This is no drill. It is %s.\n", d.Clock.Format(time.RFC3339))
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "A drill; its clock shows %s.\n", d.Clock.Format(time.RFC3339))
	if x := d.Play; x != nil && err == nil {
		held := "none"
		if len(x.Held) > 0 {
			held = strings.Join(x.Held, ", ")
		}
		_, err = fmt.Fprintf(p.Stdout, "Day %d since the first case; %s, %d times as fast as the world, until %s. Roles that people hold: %s.\n", x.Day, x.State, x.Speed, x.Ends.Format(time.RFC3339), held)
		if x.Ahead != nil && err == nil {
			_, err = fmt.Fprintf(p.Stdout, "It goes on to %s as fast as it can.\n", x.Ahead.Format(time.RFC3339))
		}
	}
	if n := d.Passed; n != nil && err == nil {
		_, err = fmt.Fprintf(p.Stdout, "Passed: %d checks missed, %d follow-ups over, %d holds over, %d rounds opened or closed, %d tasks escalated.\n", n.Missed, n.Over, n.LetGo, n.Rounds, n.Escalated)
	}
	return err
}
