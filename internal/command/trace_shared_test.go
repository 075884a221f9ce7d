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
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// Four cases, nobody knows from where. Three of them ate in one canteen on the second, where hardly anybody else was; all four took the tram, as everybody did.
func TestSharedPlaces(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		var b strings.Builder
		for i := range 4 {
			fmt.Fprintf(&b, "C%d,tram,2022-03-03T07:00,2022-03-03T07:20,\n", i+1)
			if i < 3 {
				fmt.Fprintf(&b, "C%d,canteen,2022-03-02T12:%02d,2022-03-02T12:50,\n", i+1, 5*i)
			}
		}
		b.WriteString("cook,canteen,2022-03-02T10:00,2022-03-02T14:00,\n")
		for i := range 60 {
			fmt.Fprintf(&b, "other %d,tram,2022-03-03T07:%02d,2022-03-03T07:%02d,\n", i, 20+i%20, 25+i%20)
		}
		s.visits(b.String())
		for i := range 4 {
			_, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: fmt.Sprintf("C%d", i+1), Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370101"}})
			s.must(err)
		}
		_, err := s.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "nowhere", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-05", "area": "370102"}})
		s.must(err)
		s.clock.set(time.Date(2022, 3, 6, 1, 0, 0, 0, time.UTC))
		var home place.AreaID
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			tree, err := r.Tree()
			j, _ := tree.ByCode("370101")
			home = j.ID
			return err
		}))
		epi := By{Actor: auth.Actor{UserID: 1, Login: "epi", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: home}}}, Purpose: auth.PurposeContactTracing}
		all := []string{"C1", "C2", "C3", "C4"}
		got, err := s.SharedPlaces(ctx, epi, SharedPlaces{Outbreak: "o", Cases: append(slices.Clone(all), "C1")})
		s.must(err)
		if got.Population != 65 || !got.Complete || !got.Backward || got.Asked[0].From.Format(time.DateOnly) != "2022-02-19" || got.Asked[0].To.Format("2006-01-02 15:04") != "2022-03-06 00:00" {
			t.Errorf("%+v", got)
		}
		var places []string
		for _, p := range got.Places {
			places = append(places, fmt.Sprintf("%s %s %d of %d visits, %.2f expected", p.Place, p.Day, p.Cases, p.Visits, p.Expected))
		}
		want := []string{"canteen 2022-03-02 3 of 4 visits, 0.25 expected", "tram 2022-03-03 4 of 64 visits, 3.94 expected"}
		if d := cmp.Diff(want, places); d != "" {
			t.Error(d)
		}
		// P(X >= 3), mean 4*4/65; two places on as many days were searched.
		if p := got.Places[0]; p.Score < 2.6 || p.Score > 2.8 || p.ByChance < 0.003 || p.ByChance > 0.006 || got.Places[1].ByChance < 1 {
			t.Errorf("%+v, then %+v", p, got.Places[1])
		}
		if d := cmp.Diff([]string{"C1 12:00-12:50", "C2 12:05-12:50", "C3 12:10-12:50"}, stays(got.Places[0].Who)); d != "" {
			t.Error(d)
		}
		// The cook was with three of them; the cases with each other.
		if len(got.People) != 5 || got.People[0].Person == "other 0" {
			t.Fatalf("%+v", got.People)
		}
		i := slices.IndexFunc(got.People, func(p SharedPerson) bool { return p.Person == "cook" })
		if i < 0 || got.People[i].Cases != 3 || got.People[i].Met[0].OverlapSeconds != 50*60 || got.People[i].Met[0].Clause != "tracing.close" || got.People[i].Case != "" {
			t.Errorf("%+v", got.People)
		}
		if i := slices.IndexFunc(got.People, func(p SharedPerson) bool { return p.Case == "C4" }); i < 0 || got.People[i].Cases != 3 {
			t.Errorf("the fourth case: %+v", got.People)
		}
		if n := s.facts(journal.CasesTraced); n != 1 {
			t.Errorf("%d questions on record, want 1", n)
		}
		// Forward they look at the days before isolation, which began two days before onset.
		forward, err := s.SharedPlaces(ctx, epi, SharedPlaces{Outbreak: "o", Cases: all, Forward: true, Most: 1})
		s.must(err)
		if len(forward.Places) != 1 || forward.Places[0].Place != "tram" || forward.PlacesFound != 1 || len(forward.People) != 1 || forward.PeopleFound != 4 {
			t.Errorf("forward: %+v", forward)
		}
		// Of two an answer would tell who was where; a case of another district is not there, and who named it is on record.
		var invalid *Invalid
		for name, in := range map[string][]string{"two": all[:2], "two and one twice": {"C1", "C2", "C1"}, "one without visits": {"C1", "C2", "unknown"}, "another district's": {"C1", "C2", "nowhere"}} {
			if _, err := s.SharedPlaces(ctx, epi, SharedPlaces{Outbreak: "o", Cases: in}); !errors.As(err, &invalid) || !strings.HasPrefix(invalid.Field, "cases") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := s.facts(journal.TraceRefused); n != 1 {
			t.Errorf("%d refusals on record, want 1", n)
		}
		var forbidden *Forbidden
		if _, err := s.SharedPlaces(ctx, By{Actor: auth.Actor{Login: "nobody"}, Purpose: auth.PurposeContactTracing}, SharedPlaces{Outbreak: "o", Cases: all}); !errors.As(err, &forbidden) {
			t.Errorf("asked by somebody without a role: %v", err)
		}
		// Those of whom visits know nothing are named, and not counted.
		more, err := s.SharedPlaces(ctx, Owner("test"), SharedPlaces{Outbreak: "o", Cases: append(slices.Clone(all), "nowhere")})
		s.must(err)
		if k := more.Asked[4]; k.Known || k.Case != "nowhere" || more.Places[0].Cases != 3 {
			t.Errorf("%+v", more.Asked)
		}
		if _, err := s.SharedPlaces(ctx, Owner("test"), SharedPlaces{Outbreak: "none", Cases: all}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no outbreak: %v", err)
		}
	})
}

func stays(list []SharedStay) (out []string) {
	for _, x := range list {
		out = append(out, x.Case+" "+x.From.Format("15:04")+"-"+x.To.Format("15:04"))
	}
	return out
}
