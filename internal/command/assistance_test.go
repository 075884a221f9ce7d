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
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// Two districts: a case in the one was with somebody who lives in the other. The office of the case may not list them; the office where they live is asked, against a clock, and each side sees how far it is.
func TestAssistance(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		var east, west place.AreaID
		s.must(s.db.Update(ctx, func(tx *store.Tx) error {
			_, _, _, err := tx.PutAreas([]place.NewJurisdiction{
				{Jurisdiction: place.Jurisdiction{Code: "3702", Name: "West", Level: place.District}, ParentCode: "37"},
				{Jurisdiction: place.Jurisdiction{Code: "370201", Name: "Lane", Level: place.Community}, ParentCode: "3702"},
			}, nil, 2)
			if err != nil {
				return err
			}
			tree, err := tx.Tree()
			a, _ := tree.ByCode("3701")
			b, _ := tree.ByCode("3702")
			east, west = a.ID, b.ID
			return err
		}))
		of := func(login string, area place.AreaID) By {
			return By{Actor: auth.Actor{UserID: auth.UserID(area), Login: login, Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: area}}}, Purpose: auth.PurposeContactTracing}
		}
		mine, theirs := of("east", east), of("west", west)
		s.register("document,community code,household\n110101199001010011,370201,1\n110101199001010022,370201,2\n110101199001010033,370101,3\n")
		k, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		s.visits("C1,hall,2022-03-04T08:00,2022-03-04T09:00,\n110101199001010011,hall,2022-03-04T08:00,2022-03-04T08:40,\n110101199001010022,hall,2022-03-04T08:00,2022-03-04T08:30,\n110101199001010033,hall,2022-03-04T08:00,2022-03-04T08:20,\n")
		s.clock.set(time.Date(2022, 3, 5, 2, 0, 0, 0, time.UTC))
		_, err = s.TraceCase(ctx, mine, TraceCase{Case: "C1", Keep: true})
		s.must(err)
		proposed := func() (ids []contact.ProposalID) {
			t.Helper()
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				list, err := r.ProposalsOf(k.ID)
				for _, p := range list {
					if p.State == contact.Proposed {
						ids = append(ids, p.ID)
					}
				}
				return err
			}))
			return ids
		}
		if n := len(proposed()); n != 3 {
			t.Fatalf("%d are proposed", n)
		}
		done, err := s.DecideProposals(ctx, mine, DecideProposals{Case: k.ID, Proposals: proposed(), Confirm: true})
		s.must(err)
		var asked []contact.AssistanceID
		for _, d := range done {
			if d.Refused != "" || d.State != contact.Confirmed || (d.Assistance == 0) != (d.Contact != 0) {
				t.Errorf("decided: %+v", d)
			}
			if d.Assistance != 0 {
				asked = append(asked, d.Assistance)
			}
		}
		if len(asked) != 2 {
			t.Fatalf("%d requests, want one for each who lives in the west", len(asked))
		}
		one, other := asked[0], asked[1]
		tasks := func(id contact.AssistanceID) (out []string) {
			t.Helper()
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				list, err := r.TasksOf(onAssistance(id))
				for _, x := range list {
					if x.Area == 0 || x.District != west || x.Because.Pack == "" {
						t.Errorf("%+v is not the western office's", x)
					}
					out = append(out, fmt.Sprintf("%s %s %s %s after %s by %s", x.Kind, x.State, x.Owner, map[bool]string{true: "late", false: "in time"}[x.Late(s.clock.now())], x.Due.Sub(time.Date(2022, 3, 5, 2, 0, 0, 0, time.UTC)), x.Because.Clause))
				}
				return err
			}))
			slices.Sort(out)
			return out
		}
		want := []string{"find_named open follow-up-officer in time after 2h0m0s by clocks.assistance_find", "quarantine_named open follow-up-officer in time after 8h0m0s by clocks.assistance_hold"}
		if d := cmp.Diff(want, tasks(one)); d != "" {
			t.Fatal(d)
		}
		// The case's office may not answer for the other, nor the other withdraw; a reason is needed.
		var forbidden *Forbidden
		var invalid *Invalid
		if _, err := s.AnswerAssistance(ctx, mine, AnswerAssistance{Assistance: one, Answer: contact.AssistanceAccepted}); !errors.As(err, &forbidden) {
			t.Errorf("accepted by who asked: %v", err)
		}
		if _, err := s.AnswerAssistance(ctx, theirs, AnswerAssistance{Assistance: one, Answer: contact.AssistanceWithdrawn, Reason: "no"}); !errors.As(err, &forbidden) {
			t.Errorf("withdrawn by who was asked: %v", err)
		}
		if _, err := s.AnswerAssistance(ctx, theirs, AnswerAssistance{Assistance: one, Answer: contact.AssistanceSentBack}); !errors.As(err, &invalid) || invalid.Field != "reason" {
			t.Errorf("sent back without a reason: %v", err)
		}
		s.clock.set(time.Date(2022, 3, 5, 3, 0, 0, 0, time.UTC))
		a, err := s.AnswerAssistance(ctx, theirs, AnswerAssistance{Assistance: one, Version: 1, Answer: contact.AssistanceAccepted})
		s.must(err)
		if a.State != contact.AssistanceAccepted || a.Contact == 0 || a.AnsweredBy != "west" {
			t.Errorf("accepted: %+v", a)
		}
		var c contact.Contact
		read := func() {
			t.Helper()
			s.must(s.db.View(ctx, func(r *store.Reader) (err error) {
				c, err = r.Contact(a.Contact)
				return err
			}))
		}
		read()
		if c.District != west || c.Tier != contact.Close || c.Case != k.ID || c.Setting != "hall" {
			t.Errorf("listed: %+v", c)
		}
		// What the contact's own record says moves the request: found, then under quarantine, the first late.
		s.clock.set(time.Date(2022, 3, 5, 5, 0, 0, 0, time.UTC))
		if got := tasks(one)[0]; got != "find_named open follow-up-officer late after 2h0m0s by clocks.assistance_find" {
			t.Error(got)
		}
		_, err = s.CorrectContact(ctx, theirs, CorrectContact{Contact: c.ID, Version: c.Version, Fields: map[string]string{"reached_at": "2022-03-05T12:30:00+08:00"}})
		s.must(err)
		state := func(id contact.AssistanceID) (a contact.Assistance) {
			t.Helper()
			s.must(s.db.View(ctx, func(r *store.Reader) (err error) {
				a, err = r.Assistance(id)
				return err
			}))
			return a
		}
		if a := state(one); a.State != contact.AssistanceFound || !a.FoundAt.Equal(time.Date(2022, 3, 5, 4, 30, 0, 0, time.UTC)) {
			t.Errorf("found: %+v", a)
		}
		read()
		_, err = s.CorrectContact(ctx, theirs, CorrectContact{Contact: c.ID, Version: c.Version, Fields: map[string]string{"quarantine_at": "2022-03-05T13:00:00+08:00"}})
		s.must(err)
		if a := state(one); a.State != contact.AssistanceQuarantined || a.EndedAt.IsZero() {
			t.Errorf("under quarantine: %+v", a)
		}
		want = []string{"find_named done follow-up-officer late after 2h0m0s by clocks.assistance_find", "quarantine_named done follow-up-officer in time after 8h0m0s by clocks.assistance_hold"}
		if d := cmp.Diff(want, tasks(one)); d != "" {
			t.Error(d)
		}
		// Sent back: the case's office has to decide anew, and may ask again or reject.
		_, err = s.AnswerAssistance(ctx, theirs, AnswerAssistance{Assistance: other, Answer: contact.AssistanceSentBack, Reason: "moved to another city"})
		s.must(err)
		for _, x := range tasks(other) {
			if !strings.Contains(x, " void ") {
				t.Errorf("sent back, and still to do: %s", x)
			}
		}
		if _, err := s.AnswerAssistance(ctx, theirs, AnswerAssistance{Assistance: other, Answer: contact.AssistanceAccepted}); !errors.As(err, &invalid) {
			t.Errorf("accepted after it was sent back: %v", err)
		}
		back := proposed()
		if len(back) != 1 {
			t.Fatalf("%d are to be decided anew", len(back))
		}
		done, err = s.DecideProposals(ctx, mine, DecideProposals{Case: k.ID, Proposals: back, Confirm: true})
		s.must(err)
		again := done[0].Assistance
		// Both sides list both; neither lists what is none of theirs.
		listed := func(by place.AreaID, f store.AssistanceFilter) (out []string) {
			t.Helper()
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				f.Outbreak, f.Within = s.outbreakID(), store.Within{Scope: auth.Scope{Roots: []place.AreaID{by}}}
				list, err := r.AssistanceList(f, 10)
				for _, a := range list {
					out = append(out, string(a.State))
				}
				return err
			}))
			return out
		}
		all := []string{"asked", "sent_back", "quarantined"}
		for name, got := range map[string][]string{"east out": listed(east, store.AssistanceFilter{Out: true}), "west in": listed(west, store.AssistanceFilter{In: true}), "both": listed(west, store.AssistanceFilter{})} {
			if d := cmp.Diff(all, got); d != "" {
				t.Error(name, d)
			}
		}
		if got := listed(east, store.AssistanceFilter{In: true}); len(got) != 0 {
			t.Errorf("asked of the east: %v", got)
		}
		if got := listed(west, store.AssistanceFilter{In: true, Open: true}); len(got) != 1 {
			t.Errorf("open in the west: %v", got)
		}
		// The case is none: nobody is asked any more.
		s.must(s.db.View(ctx, func(r *store.Reader) (err error) {
			k.Case, err = r.Case(k.ID)
			return err
		}))
		_, err = s.CorrectCase(ctx, Owner("test"), CorrectCase{Case: k.ID, Version: k.Version, Fields: map[string]string{"class": "discarded"}})
		s.must(err)
		if a := state(again); a.State != contact.AssistanceWithdrawn || a.AnsweredBy != "rule:assistance" {
			t.Errorf("the case is none: %+v", a)
		}
		for kind, n := range map[journal.Kind]int{journal.AssistanceAsked: 3, journal.AssistanceAccepted: 1, journal.AssistanceSentBack: 1, journal.AssistanceFound: 1, journal.AssistanceQuarantined: 1, journal.AssistanceWithdrawn: 1} {
			if got := s.facts(kind); got != n {
				t.Errorf("%d of %s on record, want %d", got, kind, n)
			}
		}
	})
}

// Somebody whom a case names and who lives in another district is asked of its office with what the case said; who asks needs no right there. Late, the request climbs as any task does.
func TestAskAssistance(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		s.must(s.db.Update(ctx, func(tx *store.Tx) error {
			_, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "3702", Name: "West", Level: place.District}, ParentCode: "37"}}, nil, 2)
			return err
		}))
		k, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		for field, fields := range map[string]map[string]string{
			"area":          {"last_exposed": "2022-03-04"},
			"last_exposed":  {"area": "3702"},
			"tier":          {"area": "3702", "last_exposed": "2022-03-04", "tier": "secondary"},
			"quarantine_at": {"area": "3702", "last_exposed": "2022-03-04", "quarantine_at": "2022-03-04T00:00:00Z"},
		} {
			var invalid *Invalid
			if _, err := s.AskAssistance(ctx, Owner("test"), AskAssistance{Outbreak: "o", Case: k.ID, Fields: fields}); !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%v: %v, want %s named", fields, err, field)
			}
		}
		var invalid *Invalid
		if _, err := s.AskAssistance(ctx, Owner("test"), AskAssistance{Outbreak: "o", Case: k.ID, Fields: map[string]string{"area": "370102", "last_exposed": "2022-03-04"}}); !errors.As(err, &invalid) || invalid.Field != "area" {
			t.Errorf("asked of the case's own district: %v", err)
		}
		a, err := s.AskAssistance(ctx, Owner("test"), AskAssistance{Outbreak: "o", Case: k.ID, Person: PersonFields{Identity: IdentityFields{Name: "Li"}}, Fields: map[string]string{"area": "3702", "last_exposed": "2022-03-04", "setting": "train G1"}, Note: "seat 4A"})
		s.must(err)
		// Three hours late, it climbs.
		s.clock.set(time.Date(2022, 3, 5, 6, 0, 0, 0, time.UTC))
		_, err = s.Tick(ctx)
		s.must(err)
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			list, err := r.TasksOf(onAssistance(a.ID))
			for _, x := range list {
				if want := map[task.Kind]int{task.FindNamed: 1}[x.Kind]; x.Level != want {
					t.Errorf("%s climbed %d times, want %d", x.Kind, x.Level, want)
				}
			}
			return err
		}))
		a, err = s.AnswerAssistance(ctx, Owner("test"), AnswerAssistance{Assistance: a.ID, Answer: contact.AssistanceAccepted})
		s.must(err)
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			c, err := r.Contact(a.Contact)
			if c.Setting != "train G1" || c.Person != a.Person || c.LastExposed.String() != "2022-03-04" {
				t.Errorf("listed: %+v", c)
			}
			return err
		}))
		a, err = s.AnswerAssistance(ctx, Owner("test"), AnswerAssistance{Assistance: a.ID, Answer: contact.AssistanceAccepted})
		if err != nil || a.State != contact.AssistanceAccepted {
			t.Errorf("accepted twice: %+v, %v", a, err)
		}
		// Given up by decision before they were found: nobody waits any more, and what became of them is told.
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			c, err := r.Contact(a.Contact)
			if err == nil {
				_, err = s.CorrectContact(ctx, Owner("test"), CorrectContact{Contact: c.ID, Version: c.Version, State: contact.Lost, Reason: "abroad"})
			}
			return err
		}))
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			a, err := r.Assistance(a.ID)
			if a.State != contact.AssistanceEnded || a.Outcome != contact.Lost {
				t.Errorf("lost: %+v", a)
			}
			return err
		}))
	})
}
