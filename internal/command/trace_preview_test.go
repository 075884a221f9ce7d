package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// Before anybody is listed: ten people sat with the case for an hour, five for twenty minutes, and each of the ten met one more the next day. The counts are those that the order itself would give.
func TestPreviewBeforeAnyOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		var b strings.Builder
		b.WriteString("C1,hall,2022-03-04T08:00,2022-03-04T09:00,\n")
		for i := range 10 {
			fmt.Fprintf(&b, "a%d,hall,2022-03-04T08:00,2022-03-04T09:00,\na%d,flat %d,2022-03-04T20:00,2022-03-04T21:00,\nz%d,flat %d,2022-03-04T20:00,2022-03-04T21:00,\n", i, i, i, i, i)
		}
		for i := range 5 {
			fmt.Fprintf(&b, "b%d,hall,2022-03-04T08:40,2022-03-04T09:00,\n", i)
		}
		s.visits(b.String())
		_, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		s.clock.set(time.Date(2022, 3, 6, 1, 0, 0, 0, time.UTC))
		got, err := s.PreviewTrace(ctx, Owner("test"), PreviewTrace{Case: "C1"})
		s.must(err)
		want := []PreviewOverlap{{0, 15, 0, 0, 10}, {5, 15, 0, 0, 10}, {15, 15, 0, 0, 10}, {30, 10, 0, 0, 15}, {60, 10, 0, 0, 15}, {120, 0, 0, 0, 0}}
		if d := cmp.Diff(want, got.Overlaps); d != "" {
			t.Error(d)
		}
		if got.Capacity.Asked != true || got.Capacity.Rooms != 0 {
			t.Errorf("capacity: %+v", got.Capacity)
		}
		// No room is free: cut to none, nobody is touched. Cut to five, those five were with the ten others of the hall, and each met one more.
		cuts := map[int]PreviewCut{}
		for _, x := range got.Cuts {
			cuts[x.Close] = x
		}
		if len(cuts) != 4 || cuts[0] != (PreviewCut{0, 0, true}) || cuts[5] != (PreviewCut{5, 15, false}) || cuts[10] != (PreviewCut{10, 15, false}) || cuts[15] != (PreviewCut{15, 10, false}) {
			t.Errorf("cuts: %+v", got.Cuts)
		}
		if d := cmp.Diff([]PreviewDose{{0.25, 10}, {1, 10}, {4, 0}, {12, 0}, {24, 0}}, got.Doses); d != "" {
			t.Error(d)
		}
		// What the order gives is what the preview said.
		traced, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Secondary: true, ByDose: true})
		s.must(err)
		if len(traced.Contacts) != 15 || len(traced.Secondary) != 10 || traced.Secondary[0].DoseHours != 1 {
			t.Errorf("the order finds %d and %d, %+v", len(traced.Contacts), len(traced.Secondary), traced.Secondary[0])
		}
		// Somebody who is a contact already is counted as known.
		_, err = s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Keep: true, Most: 1})
		s.must(err)
		var k cases.Case
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			k, err = r.CaseByCode(s.outbreakID(), "C1")
			return err
		}))
		shown, err := s.Proposals(ctx, Owner("test"), Proposals{Case: k.ID})
		s.must(err)
		_, err = s.DecideProposals(ctx, Owner("test"), DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{shown[0].ID}, Confirm: true})
		s.must(err)
		again, err := s.PreviewTrace(ctx, Owner("test"), PreviewTrace{Case: "C1"})
		s.must(err)
		if again.Overlaps[0].Known != 1 {
			t.Errorf("known: %+v", again.Overlaps)
		}
		if n := s.facts(journal.CaseTraced); n != 5 {
			t.Errorf("%d questions on record, want 5", n)
		}
		var forbidden *Forbidden
		if _, err := s.PreviewTrace(ctx, By{Actor: auth.Actor{Login: "nobody"}, Purpose: auth.PurposeContactTracing}, PreviewTrace{Case: "C1"}); !errors.As(err, &forbidden) || s.facts(journal.TraceRefused) != 1 {
			t.Errorf("asked by somebody without a role: %v", err)
		}
		if _, err := s.PreviewTrace(ctx, Owner("test"), PreviewTrace{Case: "nobody"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no case: %v", err)
		}
	})
}
