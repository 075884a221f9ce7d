package command

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/auth"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// The story of proposals: kept by a question, confirmed by a person so that the rulebook runs, rejected with a reason; a rejected one comes back only when visits show it nearer.
func TestProposals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		s.register("document,community code,household\n110101199001010011,370101,1\n")
		k, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		s.visits("C1,hall,2022-03-04T08:00,2022-03-04T09:00,\n110101199001010011,hall,2022-03-04T08:00,2022-03-04T08:30,\nstranger,hall,2022-03-04T08:00,2022-03-04T08:20,\nshort,hall,2022-03-04T08:00,2022-03-04T08:05,\n")
		s.clock.set(time.Date(2022, 3, 6, 1, 0, 0, 0, time.UTC))
		ask := func(most int) Traced {
			t.Helper()
			out, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Keep: true, Most: most})
			s.must(err)
			return out
		}
		if got := ask(2); got.LeftOut != 1 {
			t.Errorf("two of three kept: %d left out", got.LeftOut)
		}
		ask(0)
		list := func(state contact.Standing) (out []string, byName map[string]contact.ProposalID) {
			t.Helper()
			found, err := s.Proposals(ctx, Owner("test"), Proposals{Case: k.ID, State: state})
			s.must(err)
			byName = map[string]contact.ProposalID{}
			for _, p := range found {
				out = append(out, fmt.Sprintf("%s %s %d s at %v: %s", p.Name, p.Tier, p.Seconds, p.Places, p.State))
				byName[p.Name] = p.ID
			}
			return out, byName
		}
		got, of := list("")
		want := []string{"110101199001010011 close 1800 s at [hall]: proposed", "stranger close 1200 s at [hall]: proposed", "short general 300 s at [hall]: proposed"}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		// Who may not is refused, and that goes on record.
		var forbidden *Forbidden
		nobody := By{Actor: auth.Actor{Login: "nobody"}, Purpose: auth.PurposeContactTracing}
		if _, err := s.DecideProposals(ctx, nobody, DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{of["short"]}, Reason: "x"}); !errors.As(err, &forbidden) {
			t.Errorf("decided by somebody without a role: %v", err)
		}
		if n := s.facts(journal.TraceRefused); n != 1 {
			t.Errorf("%d refusals on record", n)
		}
		var invalid *Invalid
		if _, err := s.DecideProposals(ctx, Owner("test"), DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{of["short"]}}); !errors.As(err, &invalid) {
			t.Errorf("rejected without a reason: %v", err)
		}
		done, err := s.DecideProposals(ctx, Owner("test"), DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{of["110101199001010011"], of["stranger"]}, Confirm: true})
		s.must(err)
		_, err = s.DecideProposals(ctx, Owner("test"), DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{of["short"]}, Reason: "stood outside"})
		s.must(err)
		for _, d := range done {
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				c, err := r.Contact(d.Contact)
				if err != nil {
					return err
				}
				met, err := r.Exposures(c.ID)
				if err != nil {
					return err
				}
				tasks, err := r.TasksOf(onContact(c.ID))
				if len(met) != 1 || met[0].Setting != "hall" || met[0].Seconds < 1200 || met[0].From.IsZero() || c.Tier != contact.Close || len(tasks) == 0 {
					t.Errorf("%+v met %+v, %d tasks", c, met, len(tasks))
				}
				return err
			}))
		}
		if again, err := s.DecideProposals(ctx, Owner("test"), DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{of["stranger"]}, Confirm: true}); err != nil || again[0].Refused == "" {
			t.Errorf("decided twice: %+v, %v", again, err)
		}
		// The same again changes nothing that was decided.
		ask(0)
		if got, _ := list(contact.Proposed); len(got) != 0 {
			t.Errorf("proposed again: %v", got)
		}
		// More visits show the one who was rejected to have been near.
		s.visits("short,hall,2022-03-04T08:20,2022-03-04T08:50,\n")
		ask(0)
		if got, _ := list(contact.Proposed); len(got) != 1 || got[0] != "short close 2100 s at [hall]: proposed" {
			t.Errorf("nearer now: %v", got)
		}
	})
}

// facts counts those of a kind.
func (s *story) facts(kind journal.Kind) (n int) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.EntriesAfter(0, 10_000)
		for _, e := range list {
			if e.Kind == kind {
				n++
			}
		}
		return err
	}))
	return n
}
