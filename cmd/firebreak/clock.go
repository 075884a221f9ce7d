package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

type clockCmd struct {
	Begin clockBeginCmd `cmd:"" help:"Make a new, empty store one for a drill, for good, with its clock at an instant."`
	Show  clockShowCmd  `cmd:"" help:"Say whether a store is a drill's, and what its clock shows."`
	Move  clockMoveCmd  `cmd:"" help:"Move the clock of a drill forward; what follows from time alone comes about."`
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
	return c.beside(ctx, p, func(db *store.DB) error { return c.tellDrill(p, api.Drill{Drill: db.Drill(), Clock: db.Now()}) })
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

func (j jsonFlag) tellDrill(p *process, d api.Drill) error {
	if j.JSON {
		return p.writeJSON(d)
	}
	if !d.Drill {
		_, err := fmt.Fprintf(p.Stdout, "This is no drill. It is %s.\n", d.Clock.Format(time.RFC3339))
		return err
	}
	_, err := fmt.Fprintf(p.Stdout, "A drill; its clock shows %s.\n", d.Clock.Format(time.RFC3339))
	if n := d.Passed; n != nil && err == nil {
		_, err = fmt.Fprintf(p.Stdout, "Passed: %d checks missed, %d follow-ups over, %d holds over, %d rounds opened or closed, %d tasks escalated.\n", n.Missed, n.Over, n.LetGo, n.Rounds, n.Escalated)
	}
	return err
}
