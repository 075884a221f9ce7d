package demo_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/demo"
	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// friday is the demo's day 8 in tests: 11 March 2022, 21:40 in Qingdao.
var friday = time.Date(2022, 3, 11, 13, 40, 0, 0, time.UTC)

func setting(t testing.TB) (demo.Setting, []place.NewJurisdiction) {
	t.Helper()
	areas, err := qingdao.Jurisdictions()
	if err != nil {
		t.Fatal(err)
	}
	outlines, err := qingdao.Outlines()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]place.AreaID{}
	list := make([]place.Jurisdiction, len(areas))
	for i, a := range areas {
		ids[a.Code] = place.AreaID(i + 1)
		list[i] = a.Jurisdiction
		list[i].ID, list[i].Parent = ids[a.Code], ids[a.ParentCode]
	}
	tree, err := place.NewTree(list)
	if err != nil {
		t.Fatal(err)
	}
	return demo.Setting{Tree: tree, Outlines: outlines}, areas
}

// TestSameSeedSameScript: the demo is the same wherever it is built, and another seed makes another one.
func TestSameSeedSameScript(t *testing.T) {
	city, _ := setting(t)
	digest := func(seed uint64) string {
		steps, err := demo.Script(city, friday, seed, 60)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		for i, s := range steps {
			if s.At.After(friday) {
				t.Fatalf("step %d lies after now: %s", i, s.At)
			}
			if i > 0 && s.At.Before(steps[i-1].At) {
				t.Fatalf("step %d lies before the one it follows", i)
			}
			fmt.Fprintf(h, "%s %T %+v\n", s.At, s.Do, s.Do)
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	a, b, c := digest(1), digest(1), digest(2)
	if a != b {
		t.Error("the same seed gave two scripts")
	}
	if a == c {
		t.Error("two seeds gave the same script")
	}
}

// TestPlay: the smallest demo is played through the real orders; none is refused, the journal is intact, and every case has tasks.
func TestPlay(t *testing.T) {
	if raceDetector || testing.Short() {
		t.Skip("thousands of orders take minutes under the race detector; make test runs this test once more without it")
	}
	ctx := context.Background()
	city, areas := setting(t)
	clock := &demo.Clock{}
	db, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	steps, err := demo.Script(city, friday, 7, 40)
	if err != nil {
		t.Fatal(err)
	}
	clock.Set(steps[0].At.Add(-time.Hour))
	if err := db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, nil, 1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	cmds := command.New(db, nil)
	o, err := demo.Start(ctx, cmds, clock, steps[0].At.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Play(ctx, cmds, clock, steps, nil); err != nil {
		t.Fatal(err)
	}
	v, err := db.VerifyJournal(ctx)
	if err != nil || !v.Intact {
		t.Errorf("journal: %+v, %v", v, err)
	}
	err = db.View(ctx, func(r *store.Reader) error {
		n := 0
		err := r.EachCase(o.ID, nil, func(c cases.Case) error {
			n++
			tasks, err := r.TasksOf(task.Subject{Kind: task.OnCase, ID: int64(c.ID)})
			if len(tasks) == 0 && c.Class != cases.Discarded {
				t.Errorf("case %s has no task", c.Code)
			}
			return err
		})
		if n < 40 {
			t.Errorf("%d cases, want at least 40", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
