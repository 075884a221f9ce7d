package transferplan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// Tick plans the transfers of each outbreak again that says that they are planned by themselves, where something happened since the last plan. It returns how many it planned.
func (p *Planner) Tick(ctx context.Context) (planned int, err error) {
	var due []outbreak.ID
	err = p.o.DB.View(ctx, func(r *store.Reader) error {
		list, err := r.Outbreaks()
		if err != nil {
			return err
		}
		for _, o := range list {
			set, err := r.AutoPlan(o.ID)
			if err != nil {
				return err
			}
			if !set.On() {
				continue
			}
			news, err := r.TransferNews(o.ID)
			if err != nil {
				return err
			}
			if set.Due(p.o.DB.Now(), news) {
				due = append(due, o.ID)
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("plan transfers by themselves: %w", err)
	}
	for _, id := range due { // what cannot be planned in one keeps no other waiting
		switch _, failed := p.Make(ctx, command.Owner(transfer.AutoPlanner), id); {
		case failed == nil:
			planned++
		case errors.Is(failed, ErrBusy), errors.Is(failed, ErrMoved): // the next tick looks again
		default:
			err = errors.Join(err, fmt.Errorf("plan the transfers of outbreak %d by themselves: %w", id, failed))
		}
	}
	return planned, err
}

// Run ticks until ctx ends, every interval; failed gets each error. The clock of a drill is moved by whoever plays it, who ticks too: there it does nothing.
func (p *Planner) Run(ctx context.Context, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if p.o.DB.Drill() {
			continue
		}
		if _, err := p.Tick(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrClosed) {
			failed(err)
		}
	}
}
