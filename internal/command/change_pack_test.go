package command

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// ledger is every task of a subject by kind and ordinal.
func (s *story) ledger(subject task.Subject) map[task.Key]task.Task {
	s.t.Helper()
	out := map[task.Key]task.Task{}
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.TasksOf(subject)
		for _, k := range list {
			out[k.Key] = k
		}
		return err
	}))
	return out
}

// TestChangePack: an outbreak that began under v8 goes on under v9, as China's did in June 2022: 14 days of quarantine and 7 at home become 7 and 3, and there are
// other test days.
func TestChangePack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2021-v8")
		begin := s.clock.now()
		index, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
		s.must(err)
		listed := func(code string, last string) contact.Contact {
			c, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: code, Case: index.ID, Fields: map[string]string{"last_exposed": last, "area": "370101"}})
			s.must(err)
			return c.Contact
		}
		b := listed("B", "2022-03-05")
		over := listed("OVER", "2022-03-05")
		if b.EndsOn.String() != "2022-03-26" {
			t.Fatalf("under v8 follow-up ends on %s, want 21 days on", b.EndsOn)
		}
		_, err = s.CorrectContact(ctx, by, CorrectContact{Contact: over.ID, Version: over.Version, State: contact.Lost, Reason: "moved away"})
		s.must(err)
		sample := func(d string) task.Key {
			on, err := day.Parse(d)
			s.must(err)
			return task.Key{Kind: task.SampleContact, Ordinal: int(on)}
		}

		// Day 4 of B, in the evening: sampled on day 1, and day 4 is late by tonight.
		s.clock.set(begin.Add(25 * time.Hour))
		_, err = s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(b.ID), Code: "T1"})
		s.must(err)
		s.clock.set(begin.Add(4*24*time.Hour + 20*time.Hour)) // 10 March, 05:00 in the outbreak's zone: day 5
		before := s.ledger(onContact(b.ID))
		if k := before[sample("2022-03-09")]; k.State != task.Open || !k.Due.Before(s.clock.now()) {
			t.Fatalf("the sample of day 4 is %s, due %s; want open and late", k.State, k.Due)
		}
		wasOver, wasCase := s.ledger(onContact(over.ID)), s.ledger(onCase(index.ID))

		// Who may not, and what cannot be.
		order := ChangePack{Outbreak: "o", Pack: "covid19/2022-v9", Reason: "the ninth edition is in force"}
		var invalid *Invalid
		var conflict *store.Conflict
		var forbidden *Forbidden
		for name, tc := range map[string]struct {
			change func(*ChangePack)
			by     By
			as     any
		}{
			"same pack":    {func(o *ChangePack) { o.Pack = "covid19/2021-v8" }, by, &invalid},
			"other virus":  {func(o *ChangePack) { o.Pack = "mers/who" }, by, &invalid},
			"no such pack": {func(o *ChangePack) { o.Pack = "covid19/none" }, by, &invalid},
			"no reason":    {func(o *ChangePack) { o.Reason = " " }, by, &invalid},
			"old version":  {func(o *ChangePack) { o.Version = 99 }, by, &conflict},
			"epi":          {func(*ChangePack) {}, By{Actor: auth.Actor{Login: "e", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: 1}}}}, &forbidden},
		} {
			o := order
			tc.change(&o)
			if _, err := s.ChangePack(ctx, tc.by, o); err == nil || !errors.As(err, tc.as) {
				t.Errorf("%s: %v", name, err)
			}
		}

		preview, err := s.PreviewPack(ctx, by, order)
		s.must(err)
		if preview.From != "covid19/2021-v8@1" || preview.To != "covid19/2022-v9@1" || preview.Cases != 1 || preview.Contacts != 1 || !preview.Whole() || preview.ReleaseOn != 1 || preview.Released != 0 {
			t.Errorf("preview %+v", preview)
		}
		if got := s.ledger(onContact(b.ID)); len(got) != len(before) || s.contact(b.ID).EndsOn != b.EndsOn {
			t.Fatal("a preview changed something")
		}

		changed := s.clock.now()
		order.Version = preview.Version
		o, err := s.ChangePack(ctx, by, order)
		s.must(err)
		if o.Pack != preview.To || len(o.Earlier) != 1 || !o.Earlier[0].Until.Equal(changed) {
			t.Errorf("outbreak %+v", o)
		}
		var did PackEffect
		left, err := s.CarryPack(ctx, o.ID, 1000, func(e PackEffect) { did = e })
		s.must(err)
		if left || did != preview.PackEffect {
			t.Errorf("carried over %+v, the preview said %+v", did, preview.PackEffect)
		}

		after := s.ledger(onContact(b.ID))
		if got := s.contact(b.ID).EndsOn.String(); got != "2022-03-15" {
			t.Errorf("under v9 follow-up ends on %s, want 10 days on", got)
		}
		for name, tc := range map[string]struct {
			key   task.Key
			state task.State
			pack  string
		}{
			"day 1, done under v8":                {sample("2022-03-06"), task.Done, "covid19/2021-v8@1"},
			"day 2, past and no test day then":    {sample("2022-03-07"), "", ""},
			"day 3, past and no test day then":    {sample("2022-03-08"), "", ""},
			"day 4, late, and no test day now":    {sample("2022-03-09"), task.Void, "covid19/2021-v8@1"},
			"day 5, a test day now":               {sample("2022-03-10"), task.Open, "covid19/2022-v9@1"},
			"day 7, as before":                    {sample("2022-03-12"), task.Open, "covid19/2021-v8@1"},
			"day 14, a test day no more":          {sample("2022-03-19"), task.Void, "covid19/2021-v8@1"},
			"release after the last day under v8": {task.Key{Kind: task.ReleaseContact, Ordinal: int(b.EndsOn)}, task.Void, "covid19/2021-v8@1"},
			"release after the last day under v9": {task.Key{Kind: task.ReleaseContact, Ordinal: int(s.contact(b.ID).EndsOn)}, task.Open, "covid19/2022-v9@1"},
		} {
			if k := after[tc.key]; k.State != tc.state || k.Because.Pack != tc.pack {
				t.Errorf("%s: %q under %q, want %q under %q", name, k.State, k.Because.Pack, tc.state, tc.pack)
			}
		}
		for key, k := range after {
			if _, had := before[key]; !had && k.Due.Before(changed) {
				t.Errorf("%s %d is new, and was due %s, before the change", key.Kind, key.Ordinal, k.Due)
			}
			if k.State == task.Open && k.Because.Pack == o.Pack && k.Because.Rule != "pack_changed" {
				t.Errorf("%s: because of rule %s, want pack_changed", key.Kind, k.Because.Rule)
			}
		}
		// Whoever had ended stays as they ended, and so does what was late or done about the case.
		if got := s.ledger(onContact(over.ID)); len(got) != len(wasOver) || s.contact(over.ID).EndsOn != over.EndsOn {
			t.Error("a contact whose follow-up had ended was changed")
		}
		for key, was := range wasCase {
			if now := s.ledger(onCase(index.ID))[key]; was.Due.Before(changed) && (!now.Due.Equal(was.Due) || now.Because != was.Because) {
				t.Errorf("%s of the case was due %s under %s, now %s under %s", key.Kind, was.Due, was.Because.Pack, now.Due, now.Because.Pack)
			}
		}

		// A second look finds nothing to do, and later facts do not bring back what is past.
		ticked, err := s.Tick(ctx)
		s.must(err)
		if ticked.Carrying {
			t.Error("there is more to carry over")
		}
		s.clock.set(changed.Add(time.Hour))
		_, err = s.TakeSpecimen(ctx, by, TakeSpecimen{Of: onContact(b.ID), Code: "T2"})
		s.must(err)
		later := s.ledger(onContact(b.ID))
		if k := later[sample("2022-03-10")]; k.State != task.Done {
			t.Errorf("the sample of day 5 is %s", k.State)
		}
		for _, d := range []string{"2022-03-07", "2022-03-08"} {
			if k, ok := later[sample(d)]; ok {
				t.Errorf("the sample of %s, no test day when it was, is %s", d, k.State)
			}
		}
		// A contact listed now is all v9's.
		c := listed("C", "2022-03-09")
		if c.EndsOn.String() != "2022-03-19" {
			t.Errorf("a new contact's follow-up ends on %s", c.EndsOn)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			counted, err := r.RecountTasks(o.ID)
			if err == nil && len(counted.Wrong) > 0 {
				t.Errorf("counters: %v", counted.Wrong)
			}
			return err
		}))
	})
}

// TestChangePackGoesOn: carrying over is cut off after a chunk, and goes on where it was; the clock does the rest.
func TestChangePackGoesOn(t *testing.T) {
	ctx, by := context.Background(), Owner("test")
	s := newStory(t, storetest.SQLite(t), "covid19/2021-v8")
	index, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03"}})
	s.must(err)
	const n = 2*carryChunk + 10
	var ids []contact.ID
	for i := range n {
		c, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: fmt.Sprint("K", i), Case: index.ID, Fields: map[string]string{"last_exposed": "2022-03-04"}})
		s.must(err)
		ids = append(ids, c.ID)
	}
	o, err := s.ChangePack(ctx, by, ChangePack{Outbreak: "o", Pack: "covid19/2022-v9", Reason: "x"})
	s.must(err)
	done := func() (n int) {
		for _, id := range ids {
			if s.contact(id).EndsOn.String() == "2022-03-14" {
				n++
			}
		}
		return n
	}
	left, err := s.CarryPack(ctx, o.ID, 2, nil) // the case, then one chunk of contacts
	s.must(err)
	if got := done(); !left || got != carryChunk {
		t.Fatalf("after two chunks %d contacts are under v9, want %d", got, carryChunk)
	}
	s.must(s.db.View(ctx, func(r *store.Reader) error {
		c, ok, err := Carrying(r, o.ID)
		if !ok || c.Left != n-carryChunk {
			t.Errorf("carrying %+v, %t: want %d left", c, ok, n-carryChunk)
		}
		return err
	}))
	ticked, err := s.Tick(ctx)
	s.must(err)
	if got := done(); ticked.Carrying || got != n {
		t.Errorf("after the clock %d contacts are under v9, want %d", got, n)
	}
}
