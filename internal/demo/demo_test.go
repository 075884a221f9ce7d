package demo_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/demo"
	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/store"
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

func TestPlaySpeed(t *testing.T) {
	city, areas := setting(t)
	start := time.Now()
	steps, err := demo.Script(city, friday, 1, demo.DefaultCases)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("script: %d steps in %s", len(steps), time.Since(start))
	kinds := map[string]int{}
	for _, s := range steps {
		kinds[typeName(s.Do)]++
	}
	t.Log(kinds)
	clock := &demo.Clock{}
	db, err := store.Open(context.Background(), store.Options{Dir: t.TempDir(), Now: clock.Now, Unflushed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c := command.New(db, nil)
	start = time.Now()
	clock.Set(steps[0].At.Add(-2 * time.Hour))
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, nil, 1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Start(t.Context(), c, clock, steps[0].At.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	t.Logf("start: %s", time.Since(start))
	start = time.Now()
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Second)
	defer stop()
	last := 0
	if err := demo.Play(ctx, c, clock, steps, func(n, _ int) { last = n }); err != nil {
		t.Fatal(last, err)
	}
	t.Logf("play: %s", time.Since(start))
}

func typeName(o demo.Order) string { return fmt.Sprintf("%T", o) }
