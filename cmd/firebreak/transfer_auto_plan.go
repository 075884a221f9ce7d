package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type transferAutoPlanCmd struct {
	transferFlags
	Every  int    `xor:"to" placeholder:"MINUTES" help:"Plan by itself, this long after the last plan at the soonest: 1 to 120."`
	Off    bool   `xor:"to" help:"Plan only when somebody asks."`
	Reason string `placeholder:"TEXT" help:"Why; needed for a change."`
}

// Help is shown below the flags.
func (transferAutoPlanCmd) Help() string {
	return "A server plans transfers again where somebody is new or was not met, a vehicle broke down, or a place is full; and each half hour where somebody cannot be fetched in time. Whoever was promised a time keeps it. Without --every and --off it says what is set."
}

// Run says what is set, or changes it.
func (c *transferAutoPlanCmd) Run(ctx context.Context, p *process) error {
	var out api.AutoPlan
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/transfers/auto-plan", c.Outbreak), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, _ time.Time) error {
		a, err := r.AutoPlan(o.ID)
		out = api.AutoPlanOf(a)
		return err
	})
	if err == nil && (c.Every != 0 || c.Off) {
		err = c.set(ctx, p, &out)
	}
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		return p.writeJSON(out)
	case out.Every == 0:
		_, err = fmt.Fprintln(p.Stdout, "Transfers are planned when somebody asks.")
	default:
		_, err = fmt.Fprintf(p.Stdout, "Transfers are planned by themselves, %d minutes after the last plan at the soonest: set by %s (%s).\n", out.Every, out.SetBy, out.Reason)
	}
	return err
}

func (c *transferAutoPlanCmd) set(ctx context.Context, p *process, out *api.AutoPlan) error {
	if c.Every < 0 {
		return misused(errors.New("--every is not 1 to 120 minutes"))
	}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		return at.send(ctx, http.MethodPut, path("/api/outbreaks/%s/transfers/auto-plan", c.Outbreak), api.AutoPlanSet{Version: out.Version, Every: c.Every, Reason: c.Reason}, out)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		a, err := command.New(db, nil).SetAutoPlan(ctx, p.owner(), command.SetAutoPlan{Outbreak: c.Outbreak, Version: out.Version, Every: c.Every, Reason: c.Reason})
		*out = api.AutoPlanOf(a)
		return err
	})
}
