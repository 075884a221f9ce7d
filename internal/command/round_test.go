package command

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/zone"
)

// draw puts a zone in force on the area of a code.
func (s *story) draw(code string, level zone.Level) {
	s.t.Helper()
	s.must(s.db.Update(context.Background(), func(tx *store.Tx) error {
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		j, _ := tree.ByCode(code)
		o, err := tx.OutbreakByName("o")
		if err != nil {
			return err
		}
		return tx.AddZone(&zone.Zone{Outbreak: o.ID, Area: j.ID, District: tree.District(j.ID), Level: level, State: zone.InForce, ProposedAt: tx.Now(), DecidedAt: tx.Now()})
	}))
}

func (s *story) plan(in PlanRound) screening.Round {
	s.t.Helper()
	in.Outbreak = "o"
	if in.StartsAt.IsZero() {
		in.StartsAt = s.clock.now().Add(time.Hour)
	}
	if len(in.Areas) == 0 {
		in.Areas = []string{"37"}
	}
	r, err := s.PlanRound(context.Background(), Owner("test"), in)
	s.must(err)
	return r
}

func TestARoundsPoolsFollowThePack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := context.Background(), Owner("test")
		r := s.plan(PlanRound{})
		if r.Pool != 20 || !r.ByPack || len(r.Pools) != 0 || r.EndsAt.Sub(r.StartsAt) != 24*time.Hour {
			t.Errorf("without zones: pool %d, %v, by the pack %v, %s long", r.Pool, r.Pools, r.ByPack, r.EndsAt.Sub(r.StartsAt))
		}
		s.draw("370101", "high")
		r, err := s.OpenRound(ctx, by, r.ID, 0)
		s.must(err)
		tree, err := s.db.Tree(ctx)
		s.must(err)
		locked, _ := tree.ByCode("370101")
		around, _ := tree.ByCode("3701")
		if r.Pool != 20 || r.PoolIn(tree, locked.ID) != 1 || r.PoolIn(tree, around.ID) != 20 {
			t.Errorf("opened with a locked community: pool %d, %v", r.Pool, r.Pools)
		}
		var stored screening.Round
		s.must(s.db.View(ctx, func(rd *store.Reader) (err error) { stored, err = rd.Round(r.ID); return err }))
		if stored.Pool != r.Pool || !slices.Equal(stored.Pools, r.Pools) || !stored.ByPack {
			t.Errorf("stored %+v, want %+v", stored, r)
		}
		if asked := s.plan(PlanRound{Pool: 10}); asked.Pool != 10 || asked.ByPack || len(asked.Pools) != 0 {
			t.Errorf("10 were asked for: %+v", asked)
		}
		if group := s.plan(PlanRound{Group: "port-worker"}); group.Pool != 1 || group.Group != "port-worker" {
			t.Errorf("port workers: %+v", group)
		}
		for field, in := range map[string]PlanRound{"pool": {Pool: 30}, "group": {Group: "Port Workers"}, "ends_at": {EndsAt: s.clock.now()}} {
			in.Outbreak, in.Areas, in.StartsAt = "o", []string{"37"}, s.clock.now().Add(time.Hour)
			var bad *Invalid
			if _, err := s.PlanRound(ctx, by, in); !errors.As(err, &bad) || bad.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

func TestAPackWithoutTestingOfEverybodyWantsAPool(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-12")
		var bad *Invalid
		in := PlanRound{Outbreak: "o", Areas: []string{"37"}, StartsAt: s.clock.now(), EndsAt: s.clock.now().Add(time.Hour)}
		if _, err := s.PlanRound(context.Background(), Owner("test"), in); !errors.As(err, &bad) || bad.Field != "pool" {
			t.Errorf("no pool: %v", err)
		}
		in.Pool = 10
		if _, err := s.PlanRound(context.Background(), Owner("test"), in); err != nil {
			t.Errorf("a pool of ten: %v", err)
		}
	})
}

func TestChangeRound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := context.Background(), Owner("test")
		r := s.plan(PlanRound{Name: "first"})
		facts := func() int {
			n := 0
			s.must(s.db.View(ctx, func(rd *store.Reader) error {
				list, err := rd.EntriesOfKinds(store.RoundSubject(r.ID), journal.RoundChanged)
				n = len(list)
				return err
			}))
			return n
		}
		name, start, ten, zero := "the town", s.clock.now().Add(2*time.Hour), 10, 0
		got, err := s.ChangeRound(ctx, by, ChangeRound{Round: r.ID, Version: r.Version, Name: &name, StartsAt: &start, Areas: []string{"370101"}, Pool: &ten})
		s.must(err)
		if got.Name != name || !got.StartsAt.Equal(start) || got.Pool != 10 || got.ByPack || len(got.Areas) != 1 || got.Version != r.Version+1 || facts() != 1 {
			t.Errorf("changed: %+v, %d facts", got, facts())
		}
		if same, err := s.ChangeRound(ctx, by, ChangeRound{Round: r.ID, Name: &name}); err != nil || same.Version != got.Version || facts() != 1 {
			t.Errorf("the same again: version %d, %d facts, %v", same.Version, facts(), err)
		}
		var old *store.Conflict
		if _, err := s.ChangeRound(ctx, by, ChangeRound{Round: r.ID, Version: r.Version, Name: &name}); !errors.As(err, &old) {
			t.Errorf("an old version: %v", err)
		}
		if got, err = s.ChangeRound(ctx, by, ChangeRound{Round: r.ID, Pool: &zero}); err != nil || !got.ByPack || got.Pool != 20 {
			t.Errorf("by the pack again: %+v, %v", got, err)
		}
		_, err = s.OpenRound(ctx, by, r.ID, 0)
		s.must(err)
		end := got.EndsAt.Add(6 * time.Hour)
		if got, err = s.ChangeRound(ctx, by, ChangeRound{Round: r.ID, EndsAt: &end}); err != nil || !got.EndsAt.Equal(end) {
			t.Errorf("a later end: %+v, %v", got, err)
		}
		early := got.StartsAt.Add(-time.Hour)
		for what, in := range map[string]ChangeRound{"areas": {Areas: []string{"37"}}, "start": {StartsAt: &start}, "pool": {Pool: &ten}, "end": {EndsAt: &early}} {
			var bad *Invalid
			in.Round = r.ID
			if _, err := s.ChangeRound(ctx, by, in); !errors.As(err, &bad) {
				t.Errorf("open, %s: %v", what, err)
			}
		}
		_, err = s.CloseRound(ctx, by, r.ID, 0)
		s.must(err)
		var bad *Invalid
		if _, err := s.ChangeRound(ctx, by, ChangeRound{Round: r.ID, Name: &name}); !errors.As(err, &bad) {
			t.Errorf("closed: %v", err)
		}
	})
}
