package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/auth"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func (s *story) visits(text string) (VisitsResult, []exchange.Problem) {
	s.t.Helper()
	var told []exchange.Problem
	text = "person,place,start,end,seat\n" + text
	out, err := s.ImportVisits(context.Background(), Owner("test"), ImportVisits{Outbreak: "o", Source: exchange.NewSource("visits.csv", strings.NewReader(text), int64(len(text))),
		Problem: func(p exchange.Problem) error { told = append(told, p); return nil }})
	s.must(err)
	return out, told
}

func (s *story) outbreakID() (id outbreak.ID) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		o, err := r.OutbreakByName("o")
		id = o.ID
		return err
	}))
	return id
}

// said is an answer in short.
func said(t Traced) (out []string) {
	for _, c := range t.Contacts {
		out = append(out, fmt.Sprintf("%s %s %d s %s-%s %s by %s", c.Person, c.Tier, c.OverlapSeconds, c.First.Format("15:04"), c.Last.Format("15:04"), strings.Join(c.Places, "+"), c.Clause))
	}
	for _, x := range t.Secondary {
		out = append(out, fmt.Sprintf("%s via %s at %s", x.Person, strings.Join(x.Via, "+"), x.At.Format("02 15:04")))
	}
	return out
}

const someVisits = `C1,bus 3,2022-03-04T08:00,2022-03-04T08:30,5A
110101199001010011,bus 3,2022-03-04T08:10,2022-03-04T08:40,6C
far,bus 3,2022-03-04T08:10,2022-03-04T08:40,20C
home,flat 9,2022-03-04T22:00,2022-03-05T07:00,
110101199001010011,flat 9,2022-03-04T21:00,2022-03-05T06:00,
before,flat 9,2022-03-03T21:00,2022-03-04T06:00,
`

// The story of a bus: the case is asked about by code, a contact is known by document; the answer has reasons, and is on record.
func TestTraceACase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		s.register("document,community code,household\n110101199001010011,370101,1\n110101199001010022,370101,1\n")
		_, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		out, told := s.visits(someVisits + "x,,2022-03-04T08:10,2022-03-04T08:40,\n")
		if want := (VisitsResult{File: "visits.csv", Rows: 7, Taken: 6, Rejected: 1}); cmp.Diff(want, out) != "" || len(told) != 1 || told[0].Row != 8 || told[0].Column != "place" {
			t.Errorf("%+v, %+v", out, told)
		}
		if again, _ := s.visits(someVisits); again.Again != 6 || again.Taken != 0 {
			t.Errorf("sent again: %+v", again)
		}
		s.clock.set(time.Date(2022, 3, 6, 1, 0, 0, 0, time.UTC))
		got, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Secondary: true})
		s.must(err)
		want := []string{
			"110101199001010011 close 1200 s 08:10-08:30 bus 3 by tracing.close",
			"far general 1200 s 08:10-08:30 bus 3 by tracing.general",
			"far via 110101199001010011 at 04 08:10",
			"home via 110101199001010011 at 04 22:00",
		}
		if d := cmp.Diff(want, said(got)); d != "" {
			t.Error(d)
		}
		if c := got.Contacts[0]; c.Encounters[0].Rows == nil || *c.Encounters[0].Rows != 1 || !strings.Contains(c.Because, "20m0s with C1 at bus 3") {
			t.Errorf("%+v", c)
		}
		narrow, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", AtLeast: 21 * time.Minute})
		s.must(err)
		if len(narrow.Contacts) != 0 {
			t.Errorf("21 minutes: %v", said(narrow))
		}
		var traced []journal.Entry
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			list, err := r.EntriesAfter(0, 1000)
			for _, e := range list {
				if e.Kind == journal.CaseTraced {
					traced = append(traced, e)
				}
			}
			return err
		}))
		if len(traced) != 2 || !strings.Contains(string(traced[0].Payload), `"contacts":2`) || !strings.Contains(string(traced[0].Payload), `"secondary":2`) {
			t.Errorf("on record: %+v", traced)
		}
		// Only through a case, and only by those who may.
		if _, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "far"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("asked about somebody who is no case: %v", err)
		}
		var forbidden *Forbidden
		if _, err := s.TraceCase(ctx, By{Actor: auth.Actor{Login: "nobody"}, Purpose: auth.PurposeContactTracing}, TraceCase{Case: "C1"}); !errors.As(err, &forbidden) {
			t.Errorf("asked by somebody without a role: %v", err)
		}
	})
}

// What is purged cannot be read again: its key is gone before its rows are, and nobody's name is kept who was nowhere since.
func TestVisitsArePurged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		s.visits(someVisits)
		id := s.outbreakID()
		days := func() (out []string) {
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				kept, err := r.VisitDays(id)
				for _, d := range kept {
					b, _, err := s.identities.VisitsOfDay(r, id, d)
					if err != nil {
						return err
					}
					out = append(out, fmt.Sprintf("%s: %d", d, len(b.Visits)))
				}
				return err
			}))
			return out
		}
		if got, want := days(), []string{"2022-03-03: 1", "2022-03-04: 5"}; !slices.Equal(got, want) {
			t.Fatalf("kept %v, want %v", got, want)
		}
		// 21 days, says the pack.
		s.clock.set(time.Date(2022, 3, 24, 15, 0, 0, 0, time.UTC))
		out, err := s.PurgeVisits(ctx, Owner("test"), id)
		s.must(err)
		if len(out.Days) != 0 {
			t.Errorf("purged %v on the last day", out.Days)
		}
		s.clock.set(time.Date(2022, 3, 25, 1, 0, 0, 0, time.UTC))
		ticked, err := s.Tick(ctx)
		s.must(err)
		if got, want := days(), []string{"2022-03-04: 5"}; ticked.Purged != 1 || !slices.Equal(got, want) {
			t.Errorf("the clock purged %d days and left %v, want 1 and %v", ticked.Purged, got, want)
		}
		s.clock.set(time.Date(2022, 4, 25, 1, 0, 0, 0, time.UTC))
		out, err = s.PurgeVisits(ctx, Owner("test"), id)
		s.must(err)
		if got := days(); len(got) != 0 || out.Visits != 5 || out.Names != 6 {
			t.Errorf("%+v; left %v", out, got)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			left, err := r.VisitsBefore(id, day.Of(2023, 1, 1))
			if left {
				t.Error("blocks are left whose keys are gone")
			}
			return err
		}))
	})
}
