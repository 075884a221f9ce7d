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

// A confirmed case leads by itself to contacts where the outbreak says so: off at first, by somebody who may and for a reason, only the tiers named, and nobody at all beyond the cap. A person may still reject one.
func TestAutoAccept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		s.visits("C1,hall,2022-03-04T08:00,2022-03-04T09:00,\na,hall,2022-03-04T08:00,2022-03-04T08:40,\nb,hall,2022-03-04T08:00,2022-03-04T08:30,\nshort,hall,2022-03-04T08:00,2022-03-04T08:05,\n" +
			"C2,hall,2022-03-04T08:00,2022-03-04T09:00,\nC3,room,2022-03-04T08:00,2022-03-04T09:00,\n")
		confirm := func(code string) contact.AutoTrace {
			t.Helper()
			k, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
			s.must(err)
			s.clock.set(s.clock.now().Add(time.Minute))
			_, err = s.Tick(ctx)
			s.must(err)
			var got contact.AutoTrace
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				got, _, err = r.AutoTraceOf(k.ID)
				return err
			}))
			got.At, got.Outbreak = time.Time{}, 0
			if got.Case == k.ID {
				got.Case = 1
			}
			return got
		}
		states := func(code string) (out map[contact.Standing]int) {
			t.Helper()
			out = map[contact.Standing]int{}
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				k, err := r.CaseByCode(s.outbreakID(), code)
				if err != nil {
					return err
				}
				list, err := r.ProposalsOf(k.ID)
				for _, p := range list {
					out[p.State]++
					if p.State == contact.Confirmed && (p.DecidedBy != contact.AutoAccepter || p.Reason != "auto-accepted by setting" || p.Tier != contact.Close) {
						t.Errorf("accepted: %+v", p)
					}
				}
				return err
			}))
			return out
		}
		if got := confirm("C1"); got != (contact.AutoTrace{}) {
			t.Errorf("asked about while nobody had said so: %+v", got)
		}
		// Who may not, and without a reason.
		var forbidden *Forbidden
		var invalid *Invalid
		epi := By{Actor: auth.Actor{UserID: 1, Login: "epi", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: 1}}}, Purpose: auth.PurposeContactTracing}
		if _, err := s.SetAutoAccept(ctx, epi, SetAutoAccept{Outbreak: "o", Tiers: []contact.Tier{contact.Close}, Most: 3, Reason: "x"}); !errors.As(err, &forbidden) {
			t.Errorf("set by an investigator: %v", err)
		}
		for field, in := range map[string]SetAutoAccept{"reason": {Tiers: []contact.Tier{contact.Close}, Most: 3}, "most": {Tiers: []contact.Tier{contact.Close}, Reason: "x"}, "tiers": {Tiers: []contact.Tier{contact.Secondary}, Most: 3, Reason: "x"}} {
			in.Outbreak = "o"
			if _, err := s.SetAutoAccept(ctx, Owner("test"), in); !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%+v: %v", in, err)
			}
		}
		set, err := s.SetAutoAccept(ctx, Owner("test"), SetAutoAccept{Outbreak: "o", Tiers: []contact.Tier{contact.Close}, Most: 3, Reason: "too many cases for the teams"})
		s.must(err)
		var conflict *store.Conflict
		if _, err := s.SetAutoAccept(ctx, Owner("test"), SetAutoAccept{Outbreak: "o", Reason: "off"}); !errors.As(err, &conflict) {
			t.Errorf("set over a setting that was not seen: %v", err)
		}
		// C2 was with a, b, C1 (close) and with one for five minutes (general).
		s.clock.set(s.clock.now().Add(time.Minute))
		if d := cmp.Diff(contact.AutoTrace{Case: 1, State: contact.AutoAccepted, Found: 3, Accepted: 3, Most: 3}, confirm("C2")); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(map[contact.Standing]int{contact.Confirmed: 3, contact.Proposed: 1}, states("C2")); d != "" {
			t.Error(d)
		}
		// C1 was confirmed before: nobody was asked about it.
		if got := states("C1"); len(got) != 0 {
			t.Errorf("asked about a case from before: %v", got)
		}
		// One too many: nobody.
		_, err = s.SetAutoAccept(ctx, Owner("test"), SetAutoAccept{Outbreak: "o", Version: set.Version, Tiers: []contact.Tier{contact.Close}, Most: 2, Reason: "fewer"})
		s.must(err)
		s.visits("C4,hall,2022-03-04T08:00,2022-03-04T09:00,\n")
		s.clock.set(s.clock.now().Add(time.Minute))
		got := confirm("C4")
		if got.State != contact.AutoBeyond || got.Found != 4 || got.Accepted != 0 {
			t.Errorf("beyond the cap: %+v", got)
		}
		if got := states("C4"); got[contact.Confirmed] != 0 || got[contact.Proposed] != 5 {
			t.Errorf("beyond the cap: %v", got)
		}
		// What the settings would have done with what is on record: three of C2 and four of C4 in the tier, one of each in another.
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			list, err := r.ProposalCounts(s.outbreakID())
			if d := cmp.Diff(contact.AutoEffect{Cases: 2, Accepted: 3, Of: 1, Beyond: 1, Waiting: 4}, contact.AutoAccept{Tiers: []contact.Tier{contact.Close}, Most: 3}.Effect(list)); d != "" {
				t.Errorf("effect of the first setting: %s", d)
			}
			if d := cmp.Diff(contact.AutoEffect{Cases: 2, Accepted: 9, Of: 2}, contact.AutoAccept{Tiers: []contact.Tier{contact.Close, contact.General}, Most: 5}.Effect(list)); d != "" {
				t.Errorf("effect with both tiers: %s", d)
			}
			return err
		}))
		// Visits know nobody who is this case; later they do.
		if got := confirm("C5"); got.State != contact.AutoUnknown {
			t.Errorf("unknown: %+v", got)
		}
		// A person rejects one whom nobody has decided on: the follow-up ends.
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			k, err := r.CaseByCode(s.outbreakID(), "C2")
			if err != nil {
				return err
			}
			list, err := r.ProposalsOf(k.ID)
			if err != nil {
				return err
			}
			for _, p := range list {
				if p.State != contact.Confirmed {
					continue
				}
				done, err := s.DecideProposals(ctx, Owner("test"), DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{p.ID}, Reason: "behind glass"})
				if err != nil || done[0].Refused != "" || done[0].State != contact.Rejected {
					return fmt.Errorf("rejected: %+v, %w", done, err)
				}
				return s.db.View(ctx, func(r *store.Reader) error {
					c, err := r.Contact(p.Contact)
					if c.State != contact.Released {
						t.Errorf("rejected, and still followed: %+v", c)
					}
					return err
				})
			}
			return errors.New("nobody was accepted")
		}))
		if n := s.facts(journal.AutoAcceptSet); n != 2 {
			t.Errorf("%d changes of the setting on record", n)
		}
		if n := s.facts(journal.ContactsAccepted); n != 3 {
			t.Errorf("%d cases on record that were asked about, want 3", n)
		}
	})
}

// The server stops after it has accepted contacts and before it could note so. The next tick accepts nobody twice, and notes what was done; then the case is not asked about again.
func TestAutoAcceptGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		s.visits("C1,hall,2022-03-04T08:00,2022-03-04T09:00,\na,hall,2022-03-04T08:00,2022-03-04T08:40,\nb,hall,2022-03-04T08:00,2022-03-04T08:30,\nshort,hall,2022-03-04T08:00,2022-03-04T08:05,\n")
		_, err := s.SetAutoAccept(ctx, Owner("test"), SetAutoAccept{Outbreak: "o", Tiers: []contact.Tier{contact.Close}, Most: 3, Reason: "too many cases for the teams"})
		s.must(err)
		k, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		s.clock.set(s.clock.now().Add(time.Minute))
		// What the tick does until it stops: the question, and the decision.
		by := Owner(contact.AutoAccepter)
		_, err = s.TraceCase(ctx, by, TraceCase{Outbreak: "o", Case: "C1", Keep: true})
		s.must(err)
		var waiting []contact.ProposalID
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			list, err := r.ProposalsOf(k.ID)
			for _, p := range list {
				if p.Tier == contact.Close {
					waiting = append(waiting, p.ID)
				}
			}
			return err
		}))
		_, err = s.DecideProposals(ctx, by, DecideProposals{Case: k.ID, Proposals: waiting, Confirm: true, Assist: true, Reason: "auto-accepted by setting"})
		s.must(err)
		confirmed, listed := s.facts(journal.ProposalConfirmed), s.facts(journal.ContactListed)
		if confirmed != 2 || listed != 2 || s.facts(journal.ContactsAccepted) != 0 {
			t.Fatalf("before it stopped: %d confirmed, %d listed, %d noted", confirmed, listed, s.facts(journal.ContactsAccepted))
		}
		for range 3 { // the next tick, and those after it
			_, err = s.Tick(ctx)
			s.must(err)
			s.clock.set(s.clock.now().Add(2 * time.Hour))
		}
		var got contact.AutoTrace
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			got, _, err = r.AutoTraceOf(k.ID)
			return err
		}))
		got.At, got.Outbreak = time.Time{}, 0
		if d := cmp.Diff(contact.AutoTrace{Case: k.ID, State: contact.AutoAccepted, Found: 2, Accepted: 2, Most: 3}, got); d != "" {
			t.Error(d)
		}
		if n := s.facts(journal.ProposalConfirmed); n != confirmed {
			t.Errorf("%d proposals confirmed, want %d", n, confirmed)
		}
		if n := s.facts(journal.ContactListed); n != listed {
			t.Errorf("%d contacts listed, want %d", n, listed)
		}
		if n := s.facts(journal.ContactsAccepted); n != 1 {
			t.Errorf("noted %d times, want once", n)
		}
	})
}
