package command

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// clock is a virtual clock that a test moves.
type clock struct{ us atomic.Int64 }

func (c *clock) now() time.Time  { return time.UnixMicro(c.us.Load()) }
func (c *clock) set(t time.Time) { c.us.Store(t.UnixMicro()) }

// story is an outbreak under v9 in a small tree, with a clock.
type story struct {
	*Commands
	t     testing.TB
	clock *clock
	o     string // name of the outbreak
}

func newStory(t testing.TB, open storetest.Open, pack string) *story {
	t.Helper()
	s := &story{t: t, clock: &clock{}, o: "o"}
	s.clock.set(time.Date(2022, 3, 5, 1, 0, 0, 0, time.UTC))
	db := open(func(o *store.Options) { o.Now = s.clock.now })
	s.Commands = New(db, nil)
	err := db.Update(context.Background(), func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "37", Name: "Province", Level: place.Province}},
			{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "District", Level: place.District}, ParentCode: "37"},
			{Jurisdiction: place.Jurisdiction{Code: "370101", Name: "Community", Level: place.Community}, ParentCode: "3701"},
		}, nil, 1)
		return err
	})
	s.must(err)
	_, err = s.StartOutbreak(context.Background(), Owner("test"), StartOutbreak{Name: "o", Pack: pack, Zone: "Asia/Shanghai", Area: "37"})
	s.must(err)
	return s
}

func (s *story) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) tasks(subject task.Subject) map[task.Kind]task.Task {
	s.t.Helper()
	out := map[task.Kind]task.Task{}
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.TasksOf(subject)
		for _, t := range list {
			if have, ok := out[t.Kind]; !ok || have.State != task.Open {
				out[t.Kind] = t
			}
		}
		return err
	}))
	return out
}

func (s *story) contact(id contact.ID) contact.Contact {
	s.t.Helper()
	c, err := s.readContact(context.Background(), id)
	s.must(err)
	return c
}

// TestPromotionLive: a close contact turns positive in quarantine; they become a case found in isolation, and whoever met them becomes a close contact of
// that case at once, with tasks of their own.
func TestPromotionLive(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		index, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
		s.must(err)
		k := s.tasks(onCase(index.ID))
		if move := k[task.MoveCase]; move.State != task.Open || !move.Due.Equal(s.clock.now().Add(2*time.Hour)) {
			t.Errorf("move_case is %s, due %s; want open, due two hours after confirmation", move.State, move.Due)
		}
		b, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "B", Case: index.ID, Fields: map[string]string{"last_exposed": "2022-03-04"}})
		s.must(err)
		c, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "C", Parent: b.ID, Fields: map[string]string{"last_exposed": "2022-03-04"}})
		s.must(err)
		if c.Tier != contact.Secondary {
			t.Fatalf("C is %s, want secondary", c.Tier)
		}
		s.clock.set(s.clock.now().Add(3 * time.Hour))
		if _, err = s.CorrectContact(ctx, by, CorrectContact{Contact: b.ID, Version: b.Version, Fields: map[string]string{"quarantine_at": s.clock.now().Format(time.RFC3339)}}); err != nil {
			t.Fatal(err)
		}
		s.clock.set(s.clock.now().Add(20 * time.Hour))
		sp, err := s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(b.ID), Code: "T1"})
		s.must(err)
		s.clock.set(s.clock.now().Add(4 * time.Hour))
		_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: "positive"})
		s.must(err)

		now := s.contact(b.ID)
		if now.State != contact.BecameCase || now.BecameCase == 0 {
			t.Fatalf("B is %s", now.State)
		}
		made, err := s.readCase(ctx, now.BecameCase)
		s.must(err)
		if made.Found != cases.FoundInIsolation || !made.Class.Infected() {
			t.Errorf("B's case: %s, found %q; want an infection found in isolation", made.Class, made.Found)
		}
		promoted := s.contact(c.ID)
		if promoted.Tier != contact.Close || promoted.Case != made.ID {
			t.Errorf("C is %s of case %d, want close of case %d", promoted.Tier, promoted.Case, made.ID)
		}
		if q := s.tasks(onContact(c.ID))[task.QuarantineContact]; q.State != task.Open || q.Because.Rule == "" {
			t.Errorf("C's quarantine: %+v", q)
		}

		// The laboratory takes it back: the case is none, the follow-up of B goes on.
		_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: "negative", Reason: "tubes were swapped"})
		s.must(err)
		made, err = s.readCase(ctx, made.ID)
		s.must(err)
		if made.Class.Infected() {
			t.Errorf("after the correction B's case is still %s", made.Class)
		}
		v, err := s.db.VerifyJournal(ctx)
		s.must(err)
		if !v.Intact {
			t.Error(v.Broken)
		}
	})
}

// TestTwoPeopleOneRecord: the second is told, nothing is overwritten.
func TestTwoPeopleOneRecord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		c, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Fields: map[string]string{"class": "confirmed"}})
		s.must(err)
		_, err = s.CorrectCase(ctx, by, CorrectCase{Case: c.ID, Version: c.Version, Fields: map[string]string{"hospital": "First"}})
		s.must(err)
		_, err = s.CorrectCase(ctx, by, CorrectCase{Case: c.ID, Version: c.Version, Fields: map[string]string{"hospital": "Second"}})
		var conflict *store.Conflict
		if !errors.As(err, &conflict) || conflict.Have != c.Version+1 {
			t.Fatalf("second change: %v", err)
		}
		now, err := s.readCase(ctx, c.ID)
		s.must(err)
		if now.Hospital != "First" {
			t.Errorf("hospital is %q", now.Hospital)
		}
	})
}

// TestTick: time alone makes a check missed, a late task climb, and follow-up end; ticking again at once does nothing.
func TestTick(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		index, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03"}})
		s.must(err)
		b, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Case: index.ID, Fields: map[string]string{"last_exposed": "2022-03-04"}})
		s.must(err)
		s.clock.set(s.clock.now().AddDate(0, 0, 30))
		got, err := s.Tick(ctx)
		s.must(err)
		if got.Missed != 1 || got.Over != 1 || got.Climbed == 0 {
			t.Errorf("tick a month later: %+v", got)
		}
		if climbed := s.tasks(onCase(index.ID))[task.MoveCase]; climbed.Level != 3 {
			t.Errorf("the move a month late stands at level %d after one tick, want the top, 3", climbed.Level)
		}
		told := 0
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			entries, err := r.EntriesOf(onCase(index.ID), 1000)
			for _, e := range entries {
				if e.Kind == journal.TaskEscalated && strings.Contains(string(e.Payload), `"kind":"move_case"`) {
					told++
				}
			}
			return err
		}))
		if told != 3 {
			t.Errorf("%d steps of the move are told, want one for each level", told)
		}
		again, err := s.Tick(ctx)
		s.must(err)
		if again != (Ticked{}) {
			t.Errorf("tick again: %+v", again)
		}
		if s.contact(b.ID).State.Over() {
			t.Error("a contact nobody ever reached was released by time alone")
		}
	})
}

func TestInvalidFieldsAreNamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		for field, value := range map[string]string{"onset": "3 March", "class": "ill", "area": "99", "lon": "200", "confirmed_at": "noon", "nonsense": "x", "exposed_from": "2099-01-01"} {
			fields := map[string]string{"class": "confirmed", field: value}
			_, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Fields: fields})
			var invalid *Invalid
			if !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%s=%s: %v", field, value, err)
			}
		}
	})
}
