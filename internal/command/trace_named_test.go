package command

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/store/storetest"
)

// Whom a case named in an interview is a source of the second ring though no visit shows the two together, in the preview too; taken back, they are none. Nobody proposes who is listed already.
func TestNamedContactsAreFollowed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		k, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		s.visits(`C1,bus 3,2022-03-04T08:00,2022-03-04T08:30,
110101199001010011,cafe,2022-03-04T12:00,2022-03-04T12:30,
guest,cafe,2022-03-04T12:10,2022-03-04T12:30,
early,cafe,2022-03-02T12:10,2022-03-02T12:30,
110101199001010011,cafe,2022-03-02T12:00,2022-03-02T12:30,
`)
		s.clock.set(time.Date(2022, 3, 6, 1, 0, 0, 0, time.UTC))
		if got, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Secondary: true}); err != nil || len(got.Contacts)+len(got.Secondary) != 0 {
			t.Fatalf("before anybody was named: %v, %v", said(got), err)
		}
		c, err := s.ListContact(ctx, Owner("test"), ListContact{Outbreak: "o", Case: k.ID, Person: PersonFields{Identity: IdentityFields{Document: "110101199001010011"}}, Fields: map[string]string{"tier": "close", "first_exposed": "2022-03-03", "last_exposed": "2022-03-04", "area": "370101"}})
		s.must(err)
		got, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Secondary: true, Keep: true})
		s.must(err)
		want := []string{"110101199001010011 close 0 s 00:00-00:00  by tiers.close.meaning", "guest via 110101199001010011 at 04 12:10"}
		if d := cmp.Diff(want, said(got)); d != "" {
			t.Error(d)
		}
		if x := got.Contacts[0]; !x.Named || !strings.HasPrefix(x.Because, "was named as a close contact of C1, exposed from 2022-03-03 00:00 to 2022-03-05 00:00; by tiers.close.meaning") {
			t.Errorf("%+v", x)
		}
		if list, err := s.Proposals(ctx, Owner("test"), Proposals{Case: k.ID}); err != nil || len(list) != 0 {
			t.Errorf("proposed: %v, %v", list, err)
		}
		p, err := s.PreviewTrace(ctx, Owner("test"), PreviewTrace{Case: "C1"})
		s.must(err)
		if x, cut := p.Overlaps[0], p.Cuts[len(p.Cuts)-1]; x.Close != 1 || x.Known != 1 || x.Secondary != 1 || cut.Close != 1 || cut.Secondary != 1 {
			t.Errorf("preview: %+v, %+v", x, cut)
		}
		exposures := s.exposures(c.ID)
		if _, err := s.EndExposure(ctx, Owner("test"), EndExposure{Exposure: exposures[0].ID, Version: exposures[0].Version, Reason: "another day"}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Secondary: true}); err != nil || len(got.Contacts)+len(got.Secondary) != 0 {
			t.Errorf("taken back: %v, %v", said(got), err)
		}
	})
}

// How near somebody was, as measured, is part of the reason, beside what the pack calls near.
func TestMeasuredDistanceIsAReason(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		_, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		const text = "person,other,start,minutes,metres\nC1,near,2022-03-04T08:00,20,0.5\nC1,far,2022-03-04T08:00,20,3\nfar,C1,2022-03-04T08:20,5,2\n"
		_, err = s.ImportVisits(ctx, Owner("test"), ImportVisits{Outbreak: "o", Form: exchange.Meetings, Source: exchange.NewSource("m.csv", strings.NewReader(text), int64(len(text)))})
		s.must(err)
		s.clock.set(time.Date(2022, 3, 6, 1, 0, 0, 0, time.UTC))
		got, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1"})
		s.must(err)
		for i, want := range []string{"20m0s with C1 at C1 + near, 0.5 m apart at the nearest where tracing.close_within is 1 m, first", "25m0s with C1 at C1 + far, 2 m apart at the nearest where tracing.close_within is 1 m, first"} {
			if c := got.Contacts[i]; c.Tier != []string{"close", "general"}[i] || !strings.HasPrefix(c.Because, want) {
				t.Errorf("%s: %s, want %s", c.Tier, c.Because, want)
			}
		}
	})
}

// What an interview tells without a length of time is kept as that: whoever was met is proposed, with the reason that how long is not known, in the tier that the pack gives them, and confirmed for the day. A length that is told
// decides as ever, and a row that says nonsense is refused.
func TestMeetingsWithoutALength(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		k, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
		s.must(err)
		take := func(text string) VisitsResult {
			t.Helper()
			out, err := s.ImportVisits(ctx, Owner("test"), ImportVisits{Outbreak: "o", Form: exchange.Meetings, Source: exchange.NewSource("m.csv", strings.NewReader(text), int64(len(text)))})
			s.must(err)
			return out
		}
		if got := take("person,other,day,minutes\nC1,aunt,2022-03-04,\nC1,friend,2022-03-04,30\nfriend,C1,2022-03-03,\nfriend,C1,2022-03-04,\nC1,clerk,2022-03-04,2\nC1,ghost,2022-03-04,long\n"); got.Taken != 5 || got.Rejected != 1 {
			t.Fatalf("%+v", got)
		}
		if got := take("person,other,day\nC1,uncle,2022-03-04\n"); got.Taken != 1 {
			t.Fatalf("without any column of lengths: %+v", got)
		}
		s.clock.set(time.Date(2022, 3, 6, 1, 0, 0, 0, time.UTC))
		got, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Keep: true})
		s.must(err)
		want := map[string]string{
			"aunt": "close 0 tracing.untimed: how long is not known, nor when on the day, which counts whole, with C1 at C1 + aunt ?", "uncle": "close 0 tracing.untimed: how long is not known, nor when on the day, which counts whole, with C1 at C1 + uncle ?",
			"friend": "close 1800 tracing.close: 30m0s, and once more for how long is not known, with C1 at 2 places", "clerk": "general 120 tracing.general: 2m0s with C1 at C1 + clerk",
		}
		for _, c := range got.Contacts {
			because, _, _ := strings.Cut(c.Because, ", first")
			if said := fmt.Sprintf("%s %d %s: %s", c.Tier, c.OverlapSeconds, c.Clause, because); said != want[c.Person] {
				t.Errorf("%s: %s, want %s", c.Person, said, want[c.Person])
			}
			delete(want, c.Person)
		}
		if len(want) > 0 {
			t.Errorf("not proposed: %v", want)
		}
		// Whom the aunt met since, nobody knows for how long, is a secondary contact; whom she met before is none, nor is whom the clerk, who is no close contact, met.
		take("person,other,day,minutes\naunt,nephew,2022-03-05,\naunt,niece,2022-03-03,\nclerk,cook,2022-03-05,\nfriend,guest,2022-03-05,20\nfriend,usher,2022-03-05,5\n")
		ring, err := s.TraceCase(ctx, Owner("test"), TraceCase{Case: "C1", Secondary: true})
		s.must(err)
		second := map[string]string{}
		for _, x := range ring.Secondary {
			second[x.Person] = strings.Join(x.Via, " ") + " " + x.Clause
		}
		if len(second) != 2 || second["nephew"] != "aunt tracing.untimed" || second["guest"] != "friend tracing.secondary" {
			t.Errorf("secondary contacts: %v", second)
		}
		list, err := s.Proposals(ctx, Owner("test"), Proposals{Case: k.ID})
		s.must(err)
		n := 0
		for _, p := range list {
			if p.Clause != "tracing.untimed" {
				continue
			}
			n++
			done, err := s.DecideProposals(ctx, Owner("test"), DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{p.ID}, Confirm: true})
			s.must(err)
			e := s.exposures(done[0].Contact)
			if len(e) != 1 || e[0].Last.String() != "2022-03-04" || e[0].Seconds != 0 || e[0].Tier != contact.Close {
				t.Errorf("confirmed: %+v", e)
			}
		}
		if n != 2 {
			t.Errorf("%d proposals of nobody knows how long, want 2", n)
		}
	})
}

// A meeting of which only the day is told is lost to no time that begins or ends on that day: neither the one in which a case could infect, nor that from a contact's first exposure until they were isolated. The last day is that day.
func TestMeetingsToldByDay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		k, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "C1", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "isolated_at": "2022-03-05T06:00", "area": "370101"}})
		s.must(err)
		take := func(text string) {
			t.Helper()
			out, err := s.ImportVisits(ctx, Owner("test"), ImportVisits{Outbreak: "o", Form: exchange.Meetings, Source: exchange.NewSource("m.csv", strings.NewReader(text), int64(len(text)))})
			s.must(err)
			if out.Rejected != 0 {
				t.Fatalf("%+v", out)
			}
		}
		// The first day by the pack is 3 March; isolated at six in the morning of the 5th.
		take("person,other,start\nC1,before,2022-03-02\nC1,first,2022-03-03\nC1,last,2022-03-05\nC1,after,2022-03-06\nC1,noon,2022-03-05T12:00\nC1,dawn,2022-03-05T05:00\n")
		s.clock.set(time.Date(2022, 3, 6, 1, 0, 0, 0, time.UTC))
		find := func(in TraceCase) (map[string]TracedContact, map[string]bool) {
			t.Helper()
			in.Case = "C1"
			got, err := s.TraceCase(ctx, Owner("test"), in)
			s.must(err)
			first, second := map[string]TracedContact{}, map[string]bool{}
			for _, c := range got.Contacts {
				first[c.Person] = c
			}
			for _, x := range got.Secondary {
				second[x.Person] = true
			}
			return first, second
		}
		got, _ := find(TraceCase{Keep: true})
		if len(got) != 3 || !got["first"].ByDay || !got["last"].ByDay || got["dawn"].ByDay || got["dawn"].Person == "" || got["last"].DoseHours > 0.01 {
			t.Errorf("found %+v", got)
		}
		// From the afternoon of the first day on it may have been after that.
		if got, _ := find(TraceCase{From: time.Date(2022, 3, 3, 7, 0, 0, 0, time.UTC)}); got["first"].Person == "" {
			t.Errorf("from the afternoon: %v", got)
		}
		// Whom a contact met on the day of their own exposure may be a secondary contact.
		take("person,other,start\nfirst,nephew,2022-03-03\nfirst,niece,2022-03-02\ndawn,son,2022-03-05\n")
		if _, second := find(TraceCase{Secondary: true}); len(second) != 2 || !second["nephew"] || !second["son"] {
			t.Errorf("secondary contacts: %v", second)
		}
		list, err := s.Proposals(ctx, Owner("test"), Proposals{Case: k.ID})
		s.must(err)
		for _, p := range list {
			if p.Name != "last" {
				continue
			}
			done, err := s.DecideProposals(ctx, Owner("test"), DecideProposals{Case: k.ID, Proposals: []contact.ProposalID{p.ID}, Confirm: true})
			s.must(err)
			if e := s.exposures(done[0].Contact); len(e) != 1 || e[0].Last.String() != "2022-03-05" || e[0].First.String() != "2022-03-05" {
				t.Errorf("confirmed: %+v", e)
			}
		}
	})
}
