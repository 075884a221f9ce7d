package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// TestRoster: shifts are planned all or none, given again without harm, and cancelled with a reason; who works there stays out of the journal.
func TestRoster(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("manager")
		list, err := s.AddFacilities(ctx, by, AddFacilities{Outbreak: "o", Facilities: []FacilityFields{{Code: "Q1", Kind: facility.QuarantineSite, Area: "3701", Open: true}, {Code: "H1", Kind: facility.Hospital, Area: "3701", Open: true}}})
		s.must(err)
		q1, h1 := list[0].ID, list[1].ID
		roster := func(id facility.ID) (out []facility.Shift) {
			t.Helper()
			s.must(s.db.View(ctx, func(r *store.Reader) (err error) {
				out, err = r.Roster(id, s.clock.now().Add(-1000*time.Hour), s.clock.now().Add(1000*time.Hour))
				return err
			}))
			return out
		}
		from := s.clock.now().Add(time.Hour).Truncate(time.Minute)
		shift := func(worker string, after, length time.Duration) ShiftOf {
			return ShiftOf{Worker: worker, Role: "medical", Zone: "contaminated", From: from.Add(after).Format(time.RFC3339), To: from.Add(after + length).Format(time.RFC3339)}
		}
		fine := shift("N1", 0, 8*time.Hour)
		change := func(with func(*ShiftOf)) ShiftOf { x := shift("N2", 0, 8*time.Hour); with(&x); return x }

		// What is wrong is told by its row and field, and then nothing is planned.
		for name, c := range map[string]struct {
			rows  []ShiftOf
			field string
		}{
			"nobody":         {[]ShiftOf{fine, change(func(x *ShiftOf) { x.Worker = " " })}, "items[1].worker"},
			"a long name":    {[]ShiftOf{fine, change(func(x *ShiftOf) { x.Worker = strings.Repeat("长", 61) })}, "items[1].worker"},
			"unknown role":   {[]ShiftOf{fine, change(func(x *ShiftOf) { x.Role = "cook" })}, "items[1].role"},
			"unknown zone":   {[]ShiftOf{fine, change(func(x *ShiftOf) { x.Zone = "grey" })}, "items[1].zone"},
			"no beginning":   {[]ShiftOf{fine, change(func(x *ShiftOf) { x.From = "" })}, "items[1].from"},
			"not an instant": {[]ShiftOf{fine, change(func(x *ShiftOf) { x.From = "morning" })}, "items[1].from"},
			"no end":         {[]ShiftOf{fine, change(func(x *ShiftOf) { x.To = "" })}, "items[1].to"},
			"ends before":    {[]ShiftOf{fine, change(func(x *ShiftOf) { x.To = from.Add(-time.Minute).Format(time.RFC3339) })}, "items[1].to"},
			"too long":       {[]ShiftOf{fine, shift("N2", 0, 73*time.Hour)}, "items[1].to"},
			"mistyped year":  {[]ShiftOf{fine, shift("N2", -400*24*time.Hour, time.Hour)}, "items[1].from"},
			"twice":          {[]ShiftOf{fine, fine}, "items[1].worker"},
			"no rows":        {nil, "items"},
		} {
			var wrong *Invalid
			if _, _, err := s.PlanShifts(ctx, by, PlanShifts{q1, c.rows}); !errors.As(err, &wrong) || wrong.Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := roster(q1); len(got) != 0 {
			t.Fatalf("a refused order left %+v", got)
		}

		// To may be a time of day: the next one.
		night := ShiftOf{Worker: "Li  Si", Role: "Security", From: "2022-03-20T20:00", To: "08:00"}
		got, added, err := s.PlanShifts(ctx, by, PlanShifts{q1, []ShiftOf{fine, night}})
		s.must(err)
		if added != 2 || got[1].Worker != "Li Si" || got[1].To.Sub(got[1].From) != 12*time.Hour || got[0].ID == 0 || got[0].Version != 1 || got[0].PlannedBy != "manager" {
			t.Errorf("planned %d: %+v", added, got)
		}
		// The same again changes nothing, with one more only that is new; and nobody is known by the case of their number.
		again := fine
		again.Worker = "n1"
		more, added, err := s.PlanShifts(ctx, by, PlanShifts{q1, []ShiftOf{again, shift("N3", 0, time.Hour), night}})
		s.must(err)
		if added != 1 || more[0].ID != got[0].ID || more[2].ID != got[1].ID || len(roster(q1)) != 3 {
			t.Errorf("again: %d added, %+v", added, more)
		}

		// Nobody is in two places at once: not there, not elsewhere, not by one order. One after the other is fine.
		for name, c := range map[string]struct {
			at    facility.ID
			rows  []ShiftOf
			field string
			where string
		}{
			"elsewhere":     {h1, []ShiftOf{shift("N4", 0, time.Hour), shift("n1", 7*time.Hour, 2*time.Hour)}, "items[1].worker", "Q1"},
			"as another":    {q1, []ShiftOf{change(func(x *ShiftOf) { x.Worker, x.Role = "N1", "manager" })}, "items[0].worker", "Q1"},
			"by one order":  {h1, []ShiftOf{shift("N5", 0, 4*time.Hour), shift("N5", 3*time.Hour, 4*time.Hour)}, "items[1].worker", "H1"},
			"around it all": {h1, []ShiftOf{shift("N1", -time.Hour, 24*time.Hour)}, "items[0].worker", "Q1"},
		} {
			var both *TwoPlaces
			_, _, err := s.PlanShifts(ctx, by, PlanShifts{c.at, c.rows})
			if !errors.As(err, &both) || both.Field != c.field || both.Facility != c.where || !strings.Contains(err.Error(), "nobody is in two places at once") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(roster(h1)) != 0 {
			t.Errorf("H1 has %+v", roster(h1))
		}
		_, _, err = s.PlanShifts(ctx, by, PlanShifts{h1, []ShiftOf{shift("N1", 8*time.Hour, 4*time.Hour)}})
		s.must(err)

		// Whoever may not read the other roster is told that there is one, not where.
		s.must(s.db.Update(ctx, func(tx *store.Tx) error {
			_, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "3702", Name: "West", Level: place.District}, ParentCode: "37"}}, nil, 2)
			return err
		}))
		west := auth.Actor{UserID: 9, Login: "west", Grants: []auth.Grant{{Role: auth.RoleIsolationStaff, Area: areaOf(t, s, "3702")}}}
		there, err := s.AddFacilities(ctx, by, AddFacilities{Outbreak: "o", Facilities: []FacilityFields{{Code: "Q2", Kind: facility.QuarantineSite, Area: "3702", Open: true}}})
		s.must(err)
		var both *TwoPlaces
		if _, _, err := s.PlanShifts(ctx, By{Actor: west, Purpose: auth.PurposeIsolation}, PlanShifts{there[0].ID, []ShiftOf{fine}}); !errors.As(err, &both) || both.Facility != "" || strings.Contains(err.Error(), "Q1") {
			t.Errorf("from another district: %v", err)
		}
		var no *Forbidden
		if _, _, err := s.PlanShifts(ctx, By{Actor: west, Purpose: auth.PurposeIsolation}, PlanShifts{q1, []ShiftOf{shift("N9", 0, time.Hour)}}); !errors.As(err, &no) || no.Action != auth.RosterWrite {
			t.Errorf("of another district: %v", err)
		}
		for _, role := range []auth.Role{auth.RoleTransferDispatcher, auth.RoleEpidemiologist, auth.RoleCommunityWorker, auth.RoleAuditor, auth.RoleAdministrator} {
			actor := auth.Actor{UserID: 8, Login: "other", Grants: []auth.Grant{{Role: role, Area: areaOf(t, s, "37")}}}
			if _, _, err := s.PlanShifts(ctx, By{Actor: actor, Purpose: auth.PurposesOf(role)[0]}, PlanShifts{q1, []ShiftOf{shift("N9", 0, time.Hour)}}); !errors.As(err, &no) {
				t.Errorf("%s: %v", role, err)
			}
			if _, err := s.CancelShift(ctx, By{Actor: actor, Purpose: auth.PurposesOf(role)[0]}, CancelShift{Shift: got[0].ID, Reason: "x"}); !errors.As(err, &no) {
				t.Errorf("%s cancels: %v", role, err)
			}
		}

		// Cancelled with a reason, on what stands, once.
		var wrong *Invalid
		var stale *store.Conflict
		if _, err := s.CancelShift(ctx, by, CancelShift{Shift: got[0].ID}); !errors.As(err, &wrong) || wrong.Field != "reason" {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := s.CancelShift(ctx, by, CancelShift{Shift: got[0].ID, Version: 7, Reason: "ill"}); !errors.As(err, &stale) {
			t.Errorf("on another version: %v", err)
		}
		s.clock.set(from.Add(2 * time.Hour)) // under way: it ends now
		x, err := s.CancelShift(ctx, by, CancelShift{Shift: got[0].ID, Version: 1, Reason: "fell ill: fever"})
		s.must(err)
		if !x.Until().Equal(from.Add(2*time.Hour)) || x.CancelledBy != "manager" || x.Version != 2 {
			t.Errorf("cancelled %+v", x)
		}
		if _, err := s.CancelShift(ctx, by, CancelShift{Shift: got[0].ID, Reason: "again"}); !errors.As(err, &wrong) || wrong.Field != "shift" {
			t.Errorf("twice: %v", err)
		}
		// From then on they can be elsewhere, and be planned anew.
		_, added, err = s.PlanShifts(ctx, by, PlanShifts{h1, []ShiftOf{shift("N1", 3*time.Hour, time.Hour)}})
		s.must(err)
		if added != 1 {
			t.Error("nobody was planned where they are free again")
		}
		s.clock.set(from.Add(100 * 24 * time.Hour))
		if _, err := s.CancelShift(ctx, by, CancelShift{Shift: got[1].ID, Reason: "late"}); !errors.As(err, &wrong) || wrong.Field != "shift" {
			t.Errorf("one that is over: %v", err)
		}

		// The journal says what was planned and cancelled, and nobody's name or illness.
		kinds := map[journal.Kind]int{}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			entries, err := r.EntriesAfter(0, 10_000)
			for _, e := range entries {
				kinds[e.Kind]++
				for _, word := range []string{"N1", "n1", "Li Si", "fever"} {
					if (e.Kind == journal.RosterPlanned || e.Kind == journal.ShiftCancelled) && strings.Contains(string(e.Payload), `"`+word) {
						t.Errorf("%s tells %q: %s", e.Kind, word, e.Payload)
					}
				}
			}
			return err
		}))
		if kinds[journal.RosterPlanned] != 4 || kinds[journal.ShiftCancelled] != 1 {
			t.Errorf("journal %v", kinds)
		}
	})
}

func areaOf(t *testing.T, s *story, code string) (id place.AreaID) {
	t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		tree, err := r.Tree()
		j, ok := tree.ByCode(code)
		if !ok {
			t.Fatalf("no area %s", code)
		}
		id = j.ID
		return err
	}))
	return id
}

// TestNobodyInTwoPlaces plans and cancels at random: an order is refused just where looking at each minute finds somebody in two places, and there never is anybody.
func TestNobodyInTwoPlaces(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("manager")
		var fields []FacilityFields
		for _, code := range []string{"Q1", "Q2", "Q3"} {
			fields = append(fields, FacilityFields{Code: code, Kind: facility.QuarantineSite, Area: "3701", Open: true})
		}
		sites, err := s.AddFacilities(ctx, by, AddFacilities{Outbreak: "o", Facilities: fields})
		s.must(err)
		var o outbreak.ID
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			x, err := r.OutbreakByName("o")
			o = x.ID
			return err
		}))
		const minutes = 300
		run := 0
		rapid.Check(t, func(t *rapid.T) {
			run++
			begin := s.clock.now().Truncate(time.Minute)
			busy := map[string][]facility.ID{} // by worker and minute
			free := func() []facility.ID { return make([]facility.ID, minutes) }
			type kept struct {
				id     facility.ShiftID
				worker string
				from   int
				to     int
			}
			var have []kept
			count := 0
			for range rapid.IntRange(1, 12).Draw(t, "orders") {
				if len(have) > 0 && rapid.IntRange(0, 3).Draw(t, "cancel") == 0 {
					k := rapid.IntRange(0, len(have)-1).Draw(t, "which")
					if _, err := s.CancelShift(ctx, by, CancelShift{Shift: have[k].id, Reason: "x"}); err != nil {
						t.Fatal(err)
					}
					for m := have[k].from; m < have[k].to; m++ { // none has begun
						busy[have[k].worker][m] = 0
					}
					have = slices.Delete(have, k, k+1)
					continue
				}
				site := rapid.SampledFrom(sites).Draw(t, "site")
				var rows []ShiftOf
				var more []kept
				next := map[string][]facility.ID{}
				clash := false
				for range rapid.IntRange(1, 3).Draw(t, "rows") {
					// Workers of a run are of that run alone, so that runs do not meet in one database.
					worker := fmt.Sprintf("%d-%s", run, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "worker"))
					from := rapid.IntRange(1, minutes-61).Draw(t, "from")
					to := from + rapid.IntRange(1, 60).Draw(t, "length")
					count++ // no two shifts are the same: the same again would stay as it is
					rows = append(rows, ShiftOf{Worker: strings.ToUpper(worker), Role: "liaison", From: begin.Add(time.Duration(from)*time.Minute + time.Duration(count)*time.Microsecond).Format(time.RFC3339Nano),
						To: begin.Add(time.Duration(to) * time.Minute).Format(time.RFC3339)})
					if next[worker] == nil {
						if next[worker] = free(); busy[worker] != nil {
							copy(next[worker], busy[worker])
						}
					}
					for m := from; m < to; m++ {
						clash = clash || next[worker][m] != 0
						next[worker][m] = site.ID
					}
					more = append(more, kept{worker: worker, from: from, to: to})
				}
				got, _, err := s.PlanShifts(ctx, by, PlanShifts{site.ID, rows})
				var both *TwoPlaces
				switch {
				case clash != (err != nil):
					t.Fatalf("%+v: clash %t, and %v", rows, clash, err)
				case err != nil && !errors.As(err, &both):
					t.Fatal(err)
				case err == nil:
					for i := range more {
						more[i].id = got[i].ID
					}
					have = append(have, more...)
					for w, list := range next {
						busy[w] = list
					}
				}
			}
			if err := s.db.View(ctx, func(r *store.Reader) error {
				for _, w := range []string{"a", "b"} {
					k := fmt.Sprintf("%d-%s", run, w)
					got, err := r.ShiftsOfWorkers(o, []string{k}, time.Time{})
					if err != nil {
						return err
					}
					for m := range minutes {
						var at []facility.ID
						for _, x := range got[k] {
							if x.On(begin.Add(time.Duration(m) * time.Minute)) {
								at = append(at, x.Facility)
							}
						}
						if len(at) > 1 {
							t.Fatalf("%s is at %v", k, at)
						}
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
	})
}
