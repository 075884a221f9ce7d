package command

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/drill/pace"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// MoveClock moves the clock of a drill forward and brings about what follows from time alone, until nothing more does. Whoever calls it has checked who asks.
//
// Errors: store.ErrNoDrill; wrapping store.ErrClockBack for an instant that has passed.
func (c *Commands) MoveClock(ctx context.Context, to time.Time) (Ticked, error) {
	if err := c.db.MoveClock(ctx, to); err != nil {
		return Ticked{}, err
	}
	all := Ticked{Carrying: true}
	for all.Carrying {
		t, err := c.Tick(ctx)
		if err != nil {
			return all, err
		}
		all.Missed, all.Over, all.LetGo, all.Joined = all.Missed+t.Missed, all.Over+t.Over, all.LetGo+t.LetGo, all.Joined+t.Joined
		all.Sampled, all.Rounds, all.Climbed, all.Purged, all.Carrying = all.Sampled+t.Sampled, all.Rounds+t.Rounds, all.Climbed+t.Climbed, all.Purged+t.Purged, t.Carrying
	}
	return all, nil
}

// OpenDrill opens a drill to people: from here on its clock runs by itself, from one step of its made-up city to the next.
type OpenDrill struct {
	Scenario    string
	Seed        uint64
	Speed       int      // seconds of the drill in a real one
	Held        []string // roles that people hold
	Zone        string
	First, Ends time.Time // when the first case was known, and when the drill ends
}

// OpenDrill carries out the order. Only who holds the data folder gives it.
//
// Errors: store.ErrNoDrill; *Invalid.
func (c *Commands) OpenDrill(ctx context.Context, by By, in OpenDrill) error {
	return c.changePace(ctx, by, journal.DrillOpened, map[string]any{"scenario": in.Scenario, "seed": in.Seed, "speed": in.Speed, "held": in.Held, "ends": in.Ends}, func(p pace.Pace, _ time.Time) (pace.Pace, error) {
		p.First, p.Ends, p.Zone = in.First, in.Ends, in.Zone
		p, err := p.Open(in.Speed)
		if err != nil {
			return p, err
		}
		return p.Hold(in.Held)
	})
}

// PaceDrill is what whoever controls a drill may ask: one of Do, with what it needs.
type PaceDrill struct {
	Do    string    // pause, go-on, speed, step, hold
	Speed int       // of speed
	To    time.Time // of step
	Held  []string  // of hold: all roles that people hold from now on
}

// PaceDrill carries out the order: for whoever may control a drill, wherever that is, since there is one clock.
//
// Errors: store.ErrNoDrill; *Forbidden; *Invalid.
func (c *Commands) PaceDrill(ctx context.Context, by By, in PaceDrill) error {
	switch in.Do {
	case "pause":
		return c.changePace(ctx, by, journal.DrillPaused, nil, pace.Pace.Pause)
	case "go-on":
		return c.changePace(ctx, by, journal.DrillResumed, nil, pace.Pace.GoOn)
	case "speed":
		return c.changePace(ctx, by, journal.DrillSped, map[string]any{"speed": in.Speed}, func(p pace.Pace, real time.Time) (pace.Pace, error) { return p.SetSpeed(in.Speed, real) })
	case "step":
		to := in.To.UTC().Truncate(time.Microsecond)
		return c.changePace(ctx, by, journal.DrillStepped, map[string]any{"to": to}, func(p pace.Pace, real time.Time) (pace.Pace, error) { return p.StepTo(to, real) })
	case "hold":
		return c.changePace(ctx, by, journal.DrillHeld, map[string]any{"held": in.Held}, func(p pace.Pace, _ time.Time) (pace.Pace, error) { return p.Hold(in.Held) })
	}
	return &Invalid{Field: "do", Value: in.Do, Reason: "want pause, go-on, speed, step or hold"}
}

// RunClock is the player's: the made-up city has acted, and the clock may run to its next step. It leaves no fact: a drill takes one every ten minutes.
func (c *Commands) RunClock(ctx context.Context, next time.Time) error {
	return c.db.ChangePace(ctx, func(_ *store.Tx, p pace.Pace, real time.Time) (pace.Pace, error) { return p.RunTo(next.UTC(), real) })
}

// EndDrill has the clock of a drill stand for good: it is over, or broken off. One that nobody plays, or that has ended, stays as it is.
func (c *Commands) EndDrill(ctx context.Context, by By, s pace.State) error {
	if !c.db.Pace().Played() {
		return nil
	}
	return c.changePace(ctx, by, journal.DrillOver, map[string]any{"state": s}, func(p pace.Pace, real time.Time) (pace.Pace, error) { return p.End(s, real) })
}

// changePace changes how the clock goes, on record. What changes nothing is not put on record.
func (c *Commands) changePace(ctx context.Context, by By, kind journal.Kind, payload map[string]any, change func(pace.Pace, time.Time) (pace.Pace, error)) error {
	if now := c.db.Now(); !by.IsOwner() && !auth.MayAnywhere(by.Actor, auth.DrillControl, "", now) {
		return &Forbidden{Action: auth.DrillControl, Decision: auth.May(by.Actor, auth.DrillControl, nil, "", now)}
	}
	err := c.db.ChangePace(ctx, func(tx *store.Tx, p pace.Pace, real time.Time) (pace.Pace, error) {
		next, err := change(p, real)
		if err != nil {
			return p, err
		}
		b, err := json.Marshal(payload)
		if payload == nil {
			b = []byte("{}")
		}
		if err != nil {
			return p, err
		}
		_, err = tx.Append(journal.Entry{Kind: kind, Actor: by.Name(), Payload: b})
		return next, err
	})
	var role *pace.RoleError
	switch {
	case errors.As(err, &role):
		return &Invalid{Field: "held", Value: role.Role, Reason: err.Error()}
	case errors.Is(err, pace.ErrSpeed):
		speed, _ := payload["speed"].(int)
		return &Invalid{Field: "speed", Value: strconv.Itoa(speed), Reason: pace.ErrSpeed.Error()}
	case errors.Is(err, pace.ErrBack), errors.Is(err, pace.ErrTooFar):
		return &Invalid{Field: "to", Reason: err.Error()}
	case errors.Is(err, pace.ErrNotPlayed), errors.Is(err, pace.ErrOver), errors.Is(err, store.ErrNoDrill):
		return &Invalid{Field: "do", Reason: err.Error()}
	}
	return err
}
