package command

import (
	"context"
	"errors"
	"testing"
	"time"

	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestStandingRoundsOpenByThemselves(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := context.Background(), Owner("test")
		loc := time.FixedZone("CST", 8*3600)
		at := func(d, h int) { s.clock.set(time.Date(2022, 3, d, h, 5, 0, 0, loc)) }
		at(5, 6)
		series, err := s.StandingRound(ctx, by, StandingRound{Outbreak: "o", Group: "crowd-worker", At: "07:00"})
		s.must(err)
		if series.Rhythm != (screening.Rhythm{TimesAWeek: 2, Apart: 48 * time.Hour}) || series.Length != 24*time.Hour || series.Since.String() != "2022-03-05" || series.Name != "crowd-worker" {
			t.Errorf("by the pack: %+v", series)
		}
		rounds := func() (out []screening.Round) {
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				o, err := r.OutbreakByName("o")
				if err == nil {
					out, err = r.Rounds(o.ID)
				}
				return err
			}))
			return out
		}
		tick := func(want int, states ...screening.State) {
			t.Helper()
			got, err := s.Tick(ctx)
			s.must(err)
			if got.Rounds != want {
				t.Errorf("at %s: %d rounds opened or closed, want %d", s.clock.now().In(loc), got.Rounds, want)
			}
			list := rounds()
			if len(list) != len(states) {
				t.Fatalf("at %s: %d rounds, want %v", s.clock.now().In(loc), len(list), states)
			}
			for i, r := range list {
				if r.State != states[i] || r.Series != series.ID || r.Group != "crowd-worker" || r.Pool != 20 || !r.ByPack {
					t.Errorf("at %s: round %d is %s: %+v; want %s", s.clock.now().In(loc), r.Number, r.State, r, states[i])
				}
			}
		}
		tick(0)
		at(5, 7)
		tick(1, screening.Open)
		tick(0, screening.Open)
		at(6, 7)
		tick(1, screening.Closed)
		at(8, 8) // the server was late by an hour
		tick(1, screening.Open, screening.Closed)
		if r := rounds()[0]; r.Name != "crowd-worker 2022-03-08" || r.StartsAt.In(loc).Hour() != 7 || r.EndsAt.Sub(r.StartsAt) != 24*time.Hour {
			t.Errorf("the second: %+v", r)
		}
		at(13, 12) // it stood still over the third's whole time
		tick(1, screening.Closed, screening.Closed)
		at(15, 8)
		tick(1, screening.Open, screening.Closed, screening.Closed)
		var unsaid *Invalid
		if _, err := s.EndStandingRound(ctx, by, series.ID, 0, " "); !errors.As(err, &unsaid) || unsaid.Field != "reason" {
			t.Errorf("ended without a reason: %v", err)
		}
		series, err = s.EndStandingRound(ctx, by, series.ID, 0, "staff are tested elsewhere")
		s.must(err)
		if series.EndedAt.IsZero() {
			t.Error("it has not ended")
		}
		again, err := s.EndStandingRound(ctx, by, series.ID, 0, "staff are tested elsewhere")
		if err != nil || again.Version != series.Version {
			t.Errorf("ended again: %+v, %v", again, err)
		}
		at(19, 8)
		tick(1, screening.Closed, screening.Closed, screening.Closed)
		for field, in := range map[string]StandingRound{
			"every": {At: "07:00"}, "at": {At: "25:00", Every: 1}, "group": {At: "07:00", Every: 1, Group: "Port!"}, "runs": {At: "07:00", Every: 1, Runs: 30 * time.Hour}, "pool": {At: "07:00", Every: 1, Pool: 7},
			"until": {At: "07:00", Every: 1, Until: 1}, "areas[0]": {At: "07:00", Every: 1, Areas: []string{"99"}},
		} {
			in.Outbreak = "o"
			var bad *Invalid
			if _, err := s.StandingRound(ctx, by, in); !errors.As(err, &bad) || bad.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}
