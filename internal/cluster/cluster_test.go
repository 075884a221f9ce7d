package cluster_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/cluster"
)

// The intervals are those of Newcombe 1998 (Stat Med 17:857), table I, method 3 (score without continuity correction).
func TestAttackRate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, exposed int64
		low, high  float64
	}{
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0, 0.1611},
		{1, 29, 0.0061, 0.1718},
		{29, 29, 0.8830, 1},
	} {
		r, ok := cluster.AttackRate(c.n, c.exposed)
		if !ok || math.Abs(r.Low-c.low) > 5e-5 || math.Abs(r.High-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.n, c.exposed, r.Low, r.High, c.low, c.high)
		}
	}
	for _, c := range [][2]int64{{1, 0}, {5, 4}, {-1, 4}} {
		if r, ok := cluster.AttackRate(c[0], c[1]); ok {
			t.Errorf("%d of %d: %+v, want none", c[0], c[1], r)
		}
	}
}

func TestAttackRateHoldsItsShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		exposed := rapid.Int64Range(1, 1_000_000).Draw(t, "exposed")
		n := rapid.Int64Range(0, exposed).Draw(t, "cases")
		r, ok := cluster.AttackRate(n, exposed)
		if !ok || !(0 <= r.Low && r.Low <= r.Share && r.Share <= r.High && r.High <= 1) {
			t.Fatalf("%d of %d: %+v", n, exposed, r)
		}
		// More people, the same share: surer.
		if wider, _ := cluster.AttackRate(n*10, exposed*10); wider.High-wider.Low >= r.High-r.Low {
			t.Fatalf("%d of %d: %+v, ten times as many %+v", n, exposed, r, wider)
		}
	})
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, k := range cluster.Kinds() {
		if got, err := cluster.ParseKind(string(k)); err != nil || got != k {
			t.Errorf("%s: %s, %v", k, got, err)
		}
	}
	if _, err := cluster.ParseKind("party"); !errors.Is(err, cluster.ErrKind) {
		t.Errorf("party: %v", err)
	}
	for class, want := range map[cases.Class]bool{cases.Confirmed: true, cases.Asymptomatic: true, cases.Probable: true, cases.Suspected: false, cases.Discarded: false} {
		if got := cluster.Counts(class); got != want {
			t.Errorf("%s counts: %v, want %v", class, got, want)
		}
	}
}
