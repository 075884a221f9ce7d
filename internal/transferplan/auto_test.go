package transferplan_test

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/transfer"
)

// TestPlannedByItself: where the outbreak says so, whoever is new is planned without anybody asking, a breakdown and a full place have it planned again, and nothing is planned where nothing happened.
func TestPlannedByItself(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		ctx := t.Context()
		tick := func(after time.Duration) int {
			t.Helper()
			n.now = n.now.Add(after)
			planned, err := n.planner.Tick(ctx)
			n.must(err)
			return planned
		}
		n.household(facility.Case, 2)
		if got := tick(time.Hour); got != 0 {
			t.Errorf("never set: planned %d times", got)
		}
		var wrong *command.Invalid
		for _, in := range []command.SetAutoPlan{{Outbreak: "o", Every: 10}, {Outbreak: "o", Every: 121, Reason: "night"}, {Outbreak: "o", Every: -1, Reason: "night"}} {
			if _, err := n.commands.SetAutoPlan(ctx, by, in); !errors.As(err, &wrong) {
				t.Errorf("%+v: %v", in, err)
			}
		}
		set, err := n.commands.SetAutoPlan(ctx, by, command.SetAutoPlan{Outbreak: "o", Every: 10, Reason: "night"})
		n.must(err)
		var stale *store.Conflict
		if _, err := n.commands.SetAutoPlan(ctx, by, command.SetAutoPlan{Outbreak: "o", Reason: "morning"}); !errors.As(err, &stale) {
			t.Errorf("of what nobody has seen: %v", err)
		}
		if got := tick(0); got != 1 {
			t.Fatalf("somebody waits: planned %d times", got)
		}
		for _, q := range n.requests() {
			if q.State != transfer.Planned {
				t.Errorf("request %d is %s", q.ID, q.State)
			}
		}
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			p, _, err := r.LatestTransferPlan(n.outbreak)
			if p.MadeBy != transfer.AutoPlanner {
				t.Errorf("made by %q", p.MadeBy)
			}
			return err
		}))
		if got := tick(11 * time.Minute); got != 0 {
			t.Errorf("nothing happened: planned %d times", got)
		}
		n.household(facility.Contact, 1)
		if got := tick(0); got != 1 {
			t.Errorf("a new contact: planned %d times", got)
		}
		n.household(facility.Contact, 1)
		if got := tick(9 * time.Minute); got != 0 {
			t.Errorf("too soon: planned %d times", got)
		}
		if got := tick(time.Minute); got != 1 {
			t.Errorf("ten minutes later: planned %d times", got)
		}
		n.now = n.now.Add(time.Minute)
		n.must(n.db.View(ctx, func(r *store.Reader) error {
			trips, err := r.LiveTrips(n.outbreak)
			if err == nil && len(trips) > 0 {
				_, err = n.commands.SetVehicle(ctx, by, command.SetVehicle{Vehicle: trips[0].Vehicle, State: "broken", Reason: "no oil"})
			}
			return err
		}))
		if got := tick(10 * time.Minute); got != 1 {
			t.Errorf("a breakdown: planned %d times", got)
		}
		_, err = n.commands.SetAutoPlan(ctx, by, command.SetAutoPlan{Outbreak: "o", Version: set.Version, Reason: "morning"})
		n.must(err)
		n.household(facility.Contact, 1)
		if got := tick(time.Hour); got != 0 {
			t.Errorf("off: planned %d times", got)
		}
	})
}
