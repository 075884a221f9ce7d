package store_test

import (
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// TestPlansFollowGrowth: PostgreSQL looks at its tables after many rows, not after few; what it has not looked at yet it holds to have -1 rows.
func TestPlansFollowGrowth(t *testing.T) {
	t.Parallel()
	open := storetest.Postgres(t)
	var o store.Options
	db := open(func(opts *store.Options) { o = *opts })
	raw := storetest.SQL(t, o)
	held := func() (n float64) {
		t.Helper()
		if err := raw.QueryRowContext(t.Context(), `SELECT reltuples FROM pg_class WHERE relname = 'cluster_member'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	at := startOutbreak(t, db, "o")
	join := func(n int) {
		t.Helper()
		k := cluster.Cluster{Outbreak: at, Name: "x", Kind: cluster.Other, State: cluster.Open, OpenedAt: taskNoon}
		update(t, db, func(tx *store.Tx) error {
			if err := tx.AddCluster(&k); err != nil {
				return err
			}
			list := make([]cases.ID, n)
			for i := range list {
				list[i] = cases.ID(i + 1)
			}
			return tx.JoinCluster(k.ID, list, "test")
		})
	}
	join(100)
	update(t, db, func(*store.Tx) error { return nil }) // the look after the first would be over by now
	if n := held(); n != -1 {
		t.Errorf("after few rows it holds memberships to be %g rows, want no look", n)
	}
	join(5_000) // the first look asks what there was before; it may not be worth it yet
	join(10_000)
	deadline := time.Now().Add(30 * time.Second)
	for held() == -1 {
		if time.Now().After(deadline) {
			t.Fatal("after many rows nobody has looked at the tables")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
