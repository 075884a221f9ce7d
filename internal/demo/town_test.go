package demo_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/demo"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// TestSameTown: the testing of the street is the same wherever it is built, and lies before now in order.
func TestSameTown(t *testing.T) {
	t.Parallel()
	city, _ := setting(t)
	digest := func(seed uint64) string {
		steps, err := demo.Testing(city, friday, seed, demo.LeastResidents)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		for i, s := range steps {
			if s.At.After(friday) || i > 0 && s.At.Before(steps[i-1].At) {
				t.Fatalf("step %d at %s is out of order", i, s.At)
			}
			fmt.Fprintf(h, "%s %T %+v\n", s.At, s.Do, s.Do)
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	first, again := digest(1), digest(1)
	if first != again {
		t.Error("the same seed gave two towns")
	}
	if first == digest(2) {
		t.Error("two seeds gave the same town")
	}
}

// TestPlayTown: a small street is tested through the real orders. None is refused, and the screens have every state to show.
func TestPlayTown(t *testing.T) {
	if raceDetector || testing.Short() {
		t.Skip("a thousand orders take a minute under the race detector; make test runs this test once more without it")
	}
	t.Parallel()
	ctx := t.Context()
	city, areas := setting(t)
	steps, err := demo.Testing(city, friday, 3, demo.LeastResidents)
	if err != nil {
		t.Fatal(err)
	}
	clock := &demo.Clock{}
	clock.Set(steps[0].At)
	db, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Now: clock.Now, Unflushed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, nil, 1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cmds := command.New(db, ids)
	o, err := demo.Start(ctx, cmds, clock, steps[0].At)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Play(ctx, cmds, clock, steps, nil); err != nil {
		t.Fatal(err)
	}
	clock.Set(friday)
	if v, err := db.VerifyJournal(ctx); err != nil || !v.Intact {
		t.Errorf("journal: %+v, %v", v, err)
	}
	seen := map[string]int{}
	for _, s := range steps {
		switch x := s.Do.(type) {
		case demo.ReadTubes:
			for _, r := range x.Rows {
				seen[r.Result]++
			}
		case demo.HandOver:
			seen[string(x.Step)]++
		case demo.ExcuseTown:
			seen[string(x.Standing)]++
		}
	}
	for _, what := range []string{string(lab.TubeNegative), string(lab.TubePositive), string(lab.TubeInvalid), string(lab.TubeLost), string(lab.TubeLeaked), string(lab.Collected), string(lab.Delivered),
		string(lab.Received), string(screening.Exempt), string(screening.Refuses)} {
		if seen[what] == 0 {
			t.Errorf("nothing %q to show: %v", what, seen)
		}
	}
	err = db.View(ctx, func(r *store.Reader) error {
		rounds, err := r.Rounds(o.ID)
		if err != nil {
			return err
		}
		states := map[screening.State]int{}
		for _, x := range rounds {
			states[x.State]++
		}
		if states[screening.Open] != 1 || states[screening.Closed] != 1 {
			t.Errorf("rounds: %v, want one open and one closed", states)
		}
		// Tubes that nobody settled, somebody held, and somebody whom a single specimen let go or proved to be a case.
		for _, x := range rounds {
			_, open, err := r.AsideCount(x.ID)
			if err != nil {
				return err
			}
			seen["aside"] += int(open)
		}
		pools, err := r.PositivePools(o.ID, store.Everywhere(), 0, 100)
		if err != nil {
			return err
		}
		var list []screening.TubeID
		for _, x := range pools {
			list = append(list, x.ID)
		}
		holds, err := r.HoldsOfTubes(list)
		for _, of := range holds {
			for _, h := range of {
				seen["hold "+string(h.Lifted)]++
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
