package trace

import (
	"sync"
	"testing"
)

// Readers ask while visits come in: each view is of whole blocks, and one that was taken stays what it was.
func TestViewsStandWhileVisitsComeIn(t *testing.T) {
	t.Parallel()
	const blocks, size = 200, 50
	ix := NewIndex(0)
	first := ix.View()
	rules := &Rules{Clauses: []Clause{{Name: "minute", Tier: "close", Kinds: EveryKind, AtLeast: 60}}, Encounter: 60, EncounterKinds: EveryKind}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				v := ix.View()
				found := v.Contacts(rules, Case{Person: 0, Window: Window{noon, noon + secondsOfDay}})
				n := v.Visits()
				// Each block brings one visit of the case and 49 people who are with them.
				if n%size != 0 || len(found.List) != n/size*(size-1) {
					t.Errorf("%d contacts in %d visits", len(found.List), n)
					return
				}
			}
		})
	}
	person := Person(1)
	for b := range blocks {
		visits := []Visit{{0, Place(b), noon + Instant(b)*120, noon + Instant(b)*120 + 60}}
		for range size - 1 {
			visits = append(visits, Visit{person, Place(b), noon + Instant(b)*120, noon + Instant(b)*120 + 60})
			person++
		}
		if err := ix.Add(Block{Visits: visits}); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
	if first.Visits() != 0 || ix.View().Visits() != blocks*size {
		t.Errorf("the first view has %d visits, the last %d", first.Visits(), ix.View().Visits())
	}
	if n := ix.Purge(epoch.Add(30_000)); n != blocks*size || ix.View().Visits() != 0 {
		t.Errorf("purged %d, left %d", n, ix.View().Visits())
	}
}

func TestAddRefusesWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	ok := Visit{1, 1, noon, noon + 60}
	for name, b := range map[string]Block{
		"person":  {Visits: []Visit{ok, {MaxPerson, 1, noon, noon}}},
		"place":   {Visits: []Visit{ok, {1, MaxPlace, noon, noon}}},
		"end":     {Visits: []Visit{ok, {1, 1, noon, noon - 1}}},
		"too old": {Visits: []Visit{ok, {1, 1, 5, 60}}},
		"long":    {Visits: []Visit{ok, {1, 1, noon, noon + MaxStay + 1}}},
		"spots":   {Visits: []Visit{ok}, Spots: []Spot{}},
	} {
		ix := NewIndex(0)
		if err := ix.Add(b); err == nil || ix.View().Visits() != 0 {
			t.Errorf("%s: taken (%v)", name, err)
		}
	}
}
