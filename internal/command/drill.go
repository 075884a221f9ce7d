package command

import (
	"context"
	"time"
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
