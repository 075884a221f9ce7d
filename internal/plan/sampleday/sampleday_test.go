package sampleday_test

import (
	"encoding/json"
	"os"
	"testing"

	"firebreak/internal/plan/sampleday"
	"firebreak/internal/plan/trip"
)

func TestTheSameOptionsGiveTheSameDay(t *testing.T) {
	t.Parallel()
	var texts []string
	for range 2 {
		d, err := sampleday.Make(sampleday.Options{Households: 120, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text(t, d))
	}
	if texts[0] != texts[1] {
		t.Error("two days of the same options differ")
	}
}

func TestEverybodyCanBeMoved(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	for _, n := range []int{1, 30, 300} {
		d, err := sampleday.Make(sampleday.Options{Households: n, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		p, err := trip.Make(d, trip.Options{Seed: 1, Budget: trip.Steps(6000)})
		if err != nil {
			t.Fatal(err)
		}
		if err := trip.Check(d, p, nil); err != nil {
			t.Fatal(err)
		}
		if !p.InTime {
			t.Errorf("%d households: %d left out, late: %v", n, len(p.Unserved), p.Late)
		}
	}
	for _, n := range []int{0, 20_001} {
		if _, err := sampleday.Make(sampleday.Options{Households: n}); err == nil {
			t.Errorf("%d households: no error", n)
		}
	}
}

func TestTheExampleIsThatDay(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../../docs/examples/day-60.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := trip.ReadDay(f)
	if err != nil {
		t.Fatal(err)
	}
	want, err := sampleday.Make(sampleday.Options{Households: 60, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if text(t, got) != text(t, want) {
		t.Error("docs/examples/day-60.json is not what plan example-day --households 60 prints")
	}
}

func text(tb testing.TB, v any) string {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}
