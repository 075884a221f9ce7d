package command

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// TestZoneIsReviewed: when the days of its lifting test are over, the clock puts a zone before the command post, once; a case in its area puts that off, and what is decided does it.
func TestZoneIsReviewed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("post")
		tick := func(day, hour int) int {
			t.Helper()
			s.clock.set(time.Date(2022, 3, day, hour, 0, 0, 0, time.FixedZone("", 8*3600)))
			done, err := s.Tick(ctx)
			s.must(err)
			return done.Zones
		}
		s.caseIn("A", "confirmed", "370101") // on the 5th
		var z zone.Zone
		read := func() zone.Zone {
			t.Helper()
			s.must(s.db.View(ctx, func(r *store.Reader) (err error) {
				z, err = r.Zone(1)
				return err
			}))
			return z
		}
		decide := func(to zone.State, level zone.Level) error {
			_, err := s.DecideZone(ctx, by, DecideZone{Zone: read().ID, Version: z.Version, State: to, Level: level, Reason: "because"})
			return err
		}
		review := func() task.Task { t.Helper(); return s.tasks(onZone(1))[task.ReviewZone] }

		if n := tick(6, 1); n != 0 {
			t.Errorf("a proposal: %d zones are due", n)
		}
		s.must(decide(zone.InForce, ""))
		if n := tick(12, 23); n != 0 {
			t.Errorf("before the days are over: %d zones are due", n)
		}
		if n := tick(13, 2); n != 1 {
			t.Errorf("seven days without a case: %d zones are due, want 1", n)
		}
		if n := tick(13, 3); n != 0 {
			t.Errorf("an hour later: %d zones are due anew", n)
		}
		if k := review(); k.State != task.Open || k.Owner != task.CommandPost || k.Because.Clause != "clocks.review_zone" || !k.Due.Equal(time.Date(2022, 3, 13, 16, 0, 0, 0, time.UTC)) {
			t.Errorf("due: %+v", k)
		}

		// Somebody else of the community is found ill.
		s.caseIn("B", "confirmed", "370101")
		if n := tick(13, 4); n != 1 || review().State != task.Void {
			t.Errorf("a case: %d zones have news, %+v", n, review())
		}
		if n := tick(20, 23); n != 0 || review().State != task.Void {
			t.Errorf("seven days are not over: %d zones have news, %+v", n, review())
		}
		if n := tick(21, 1); n != 1 || review().State != task.Open {
			t.Errorf("they are: %d zones have news, %+v", n, review())
		}

		// It steps down: that review is done, and the days of the new level begin.
		s.must(decide(zone.InForce, "medium"))
		if k := review(); k.State != task.Done || k.Late(s.clock.now()) {
			t.Errorf("stepped down: %+v", k)
		}
		if n := tick(28, 23); n != 0 {
			t.Errorf("seven days of the new level are not over: %d zones have news", n)
		}
		if n := tick(29, 1); n != 1 || review().State != task.Open {
			t.Errorf("they are: %d zones have news, %+v", n, review())
		}
		var stale *store.Conflict
		if _, err := s.DecideZone(ctx, by, DecideZone{Zone: 1, Version: z.Version - 1, State: zone.Lifted, Reason: "because"}); !errors.As(err, &stale) {
			t.Errorf("a decision on what somebody else has decided: %v", err)
		}
		s.must(decide(zone.Lifted, ""))
		if k := review(); k.State != task.Done {
			t.Errorf("lifted: %+v", k)
		}
		if n := tick(30, 1); n != 0 {
			t.Errorf("a zone that is lifted: %d zones have news", n)
		}
	})
}

// TestWaivedReviewStaysWaived: that a zone goes on although it might end is a person's decision, which the clock does not ask for again.
func TestWaivedReviewStaysWaived(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("post")
		s.caseIn("A", "confirmed", "370101")
		_, err := s.DecideZone(ctx, by, DecideZone{Zone: 1, Version: 1, State: zone.InForce, Reason: "because"})
		s.must(err)
		s.clock.set(s.clock.now().AddDate(0, 0, 9))
		_, err = s.Tick(ctx)
		s.must(err)
		k := s.tasks(onZone(1))[task.ReviewZone]
		_, err = s.WaiveTask(ctx, by, WaiveTask{Task: k.ID, Version: k.Version, Reason: "the tests of day 7 are not there yet"})
		s.must(err)
		s.clock.set(s.clock.now().AddDate(0, 0, 1))
		done, err := s.Tick(ctx)
		s.must(err)
		if got := s.tasks(onZone(1))[task.ReviewZone]; done.Zones != 0 || got.State != task.Waived {
			t.Errorf("a day later: %d zones have news, %+v", done.Zones, got)
		}
	})
}
