package command

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// TestInspection: a standard that is not met is put right by those of the house, by the clock of what is critical or not; a later inspection that finds it met closes the task.
func TestInspection(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("guard")
		list, err := s.AddFacilities(ctx, by, AddFacilities{Outbreak: "o", Facilities: []FacilityFields{{Code: "Q1", Kind: facility.QuarantineSite, Area: "3701", Open: true}, {Code: "H1", Kind: facility.Hospital, Area: "3701", Open: true}}})
		s.must(err)
		q1, h1 := list[0].ID, list[1].ID
		todo := func() (out map[string]facility.Deficiency) {
			t.Helper()
			out = map[string]facility.Deficiency{}
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				open, err := r.OpenDeficiencies([]facility.ID{q1})
				for _, d := range open[q1] {
					out[d.Standard] = d
				}
				return err
			}))
			return out
		}

		// What is not of the list, or no finding, is told by its place; nothing of the order is kept.
		for name, c := range map[string]struct {
			in    InspectFacility
			field string
		}{
			"unknown":                 {InspectFacility{Facility: q1, Checked: []CheckedFields{{Standard: "zones", Finding: "met"}, {Standard: "swimming_pool", Finding: "met"}}}, "items[1].standard"},
			"twice":                   {InspectFacility{Facility: q1, Checked: []CheckedFields{{Standard: "zones", Finding: "unmet"}, {Standard: "zones", Finding: "met"}}}, "items[1].standard"},
			"no finding":              {InspectFacility{Facility: q1, Checked: []CheckedFields{{Standard: "zones", Finding: "so-so"}}}, "items[0].finding"},
			"nothing at all":          {InspectFacility{Facility: q1}, "items"},
			"a hospital":              {InspectFacility{Facility: h1, Checked: []CheckedFields{{Standard: "zones", Finding: "met"}}}, "facility"},
			"of the time yet to come": {InspectFacility{Facility: q1, At: s.clock.now().Add(48 * time.Hour).Format(time.RFC3339), Checked: []CheckedFields{{Standard: "zones", Finding: "met"}}}, "at"},
		} {
			var wrong *Invalid
			if _, err := s.InspectFacility(ctx, by, c.in); !errors.As(err, &wrong) || wrong.Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := todo(); len(got) != 0 {
			t.Fatalf("a refused inspection left %+v", got)
		}

		at := s.clock.now().Add(-2 * time.Hour)
		first := InspectFacility{Facility: q1, At: at.Format(time.RFC3339), Inspector: "district", Seen: -1, Checked: []CheckedFields{
			{Standard: "food", Finding: "unmet", Note: "cold"}, {Standard: "fire_exits", Finding: "unmet", Note: "chained"}, {Standard: "care", Finding: "not-applicable"}, {Standard: "zones", Finding: "met"}}}
		x, err := s.InspectFacility(ctx, by, first)
		s.must(err)
		if x.Whole || x.Checked[0].Standard != "zones" || x.Count(facility.Unmet) != 2 {
			t.Errorf("inspection %+v", x)
		}
		was := todo()
		fire, food := was["fire_exits"], was["food"]
		if len(was) != 2 || !fire.Critical || food.Critical || food.Note != "cold" {
			t.Fatalf("to be put right: %+v", was)
		}
		if k := s.tasks(onDeficiency(fire.ID))[task.CorrectDeficiency]; k.State != task.Open || k.Owner != task.QuarantineManager || !k.Due.Equal(at.Add(24*time.Hour)) || k.Because.Clause != "clocks.deficiency_critical" {
			t.Errorf("critical: task %+v", k)
		}
		if k := s.tasks(onDeficiency(food.ID))[task.CorrectDeficiency]; !k.Due.Equal(at.Add(72*time.Hour)) || k.Because.Clause != "clocks.deficiency" {
			t.Errorf("task %+v", k)
		}
		// The same inspection twice is refused, and so is one on a page that is out of date.
		var wrong *Invalid
		again := first
		again.Seen = 0
		if _, err := s.InspectFacility(ctx, by, again); !errors.As(err, &wrong) || wrong.Field != "at" {
			t.Errorf("the same twice: %v", err)
		}
		var stale *store.Conflict
		second := InspectFacility{Facility: q1, Checked: []CheckedFields{{Standard: "fire_exits", Finding: "met"}, {Standard: "food", Finding: "unmet", Note: "still cold"}}}
		second.Seen = x.ID + 1000
		if _, err := s.InspectFacility(ctx, by, second); !errors.As(err, &stale) {
			t.Errorf("on what nobody has seen: %v", err)
		}
		second.Seen = -1
		if _, err := s.InspectFacility(ctx, by, second); !errors.As(err, &stale) {
			t.Errorf("on a page from before the first: %v", err)
		}
		second.Seen = x.ID
		s.clock.set(s.clock.now().Add(30 * time.Hour)) // the critical one is late by then
		_, err = s.InspectFacility(ctx, by, second)
		s.must(err)
		if k := s.tasks(onDeficiency(fire.ID))[task.CorrectDeficiency]; k.State != task.Done || !k.Late(s.clock.now()) {
			t.Errorf("put right: task %+v", k)
		}
		if got := todo(); len(got) != 1 || got["food"].ID != food.ID || got["food"].Note != "still cold" || !got["food"].FoundAt.Equal(at) {
			t.Errorf("after the second: %+v", got)
		}
		// One that was made before, and is entered only now, changes nothing that a later one found.
		_, err = s.InspectFacility(ctx, by, InspectFacility{Facility: q1, At: at.Add(time.Hour).Format(time.RFC3339), Checked: []CheckedFields{{Standard: "fire_exits", Finding: "unmet"}, {Standard: "food", Finding: "met"}}})
		s.must(err)
		if got := todo(); len(got) != 1 || got["food"].ID != food.ID {
			t.Errorf("entered late: %+v", got)
		}
		// Nothing of the kind is there any more: nothing is to be done.
		s.clock.set(s.clock.now().Add(time.Minute))
		_, err = s.InspectFacility(ctx, by, InspectFacility{Facility: q1, Checked: []CheckedFields{{Standard: "food", Finding: "not-applicable"}}})
		s.must(err)
		if k := s.tasks(onDeficiency(food.ID))[task.CorrectDeficiency]; k.State != task.Void {
			t.Errorf("not applicable: task %+v", k)
		}
		// Not met again, it is another deficiency with a clock of its own.
		s.clock.set(s.clock.now().Add(time.Hour))
		_, err = s.InspectFacility(ctx, by, InspectFacility{Facility: q1, Checked: []CheckedFields{{Standard: "fire_exits", Finding: "unmet"}}})
		s.must(err)
		if again := todo()["fire_exits"]; again.ID == fire.ID || s.tasks(onDeficiency(again.ID))[task.CorrectDeficiency].State != task.Open {
			t.Errorf("again: %+v", again)
		}

		// Every standard of the list makes a whole inspection. Beds are still given: it warns, and holds up nobody.
		all := InspectFacility{Facility: q1, Inspector: "city"}
		pack, err := protocol.Load("covid19/2022-v9")
		s.must(err)
		for _, st := range pack.Isolation.Standards {
			all.Checked = append(all.Checked, CheckedFields{Standard: st.ID, Finding: "unmet"})
		}
		if x, err = s.InspectFacility(ctx, by, all); err != nil || !x.Whole {
			t.Errorf("whole: %t, %v", x.Whole, err)
		}
		_, err = s.AddRooms(ctx, by, AddRooms{Facility: q1, Rooms: []RoomFields{{Code: "101", Beds: 1}}})
		s.must(err)
		src := s.caseIn("A", "confirmed", "370101")
		k, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "K-1", Case: src.ID, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
		s.must(err)
		_, err = s.BookStays(ctx, by, BookStays{Outbreak: "o", Facility: "Q1", Guests: []Guest{{Contact: k.ID}}})
		s.must(err)

		var area place.AreaID
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			tree, err := r.Tree()
			j, _ := tree.ByCode("3701")
			area = j.ID
			return err
		}))
		one := InspectFacility{Facility: q1, Checked: []CheckedFields{{Standard: "zones", Finding: "met"}}}
		as := func(role auth.Role, at place.AreaID) By {
			return By{Actor: auth.Actor{UserID: 9, Login: "x", Grants: []auth.Grant{{Role: role, Area: at}}}}
		}
		for name, who := range map[string]By{"a dispatcher": as(auth.RoleTransferDispatcher, area), "a hospital": as(auth.RoleHospital, area), "another district": as(auth.RoleIsolationStaff, area+100)} {
			var no *Forbidden
			if _, err := s.InspectFacility(ctx, who, one); !errors.As(err, &no) {
				t.Errorf("%s: %v", name, err)
			}
		}
		x, err = s.InspectFacility(ctx, as(auth.RoleIsolationStaff, area), one)
		s.must(err)
		if x.Inspector != "x" || x.NotedBy != "x" {
			t.Errorf("by %q, noted by %q", x.Inspector, x.NotedBy)
		}
	})
}

// TestInspectionWithoutList: a pack that has no list of standards says so.
func TestInspectionWithoutList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "measles/who")
		list, err := s.AddFacilities(t.Context(), Owner("guard"), AddFacilities{Outbreak: "o", Facilities: []FacilityFields{{Code: "Q1", Kind: facility.QuarantineSite, Area: "3701", Open: true}}})
		s.must(err)
		var wrong *Invalid
		if _, err := s.InspectFacility(t.Context(), Owner("guard"), InspectFacility{Facility: list[0].ID, Checked: []CheckedFields{{Standard: "zones", Finding: "met"}}}); !errors.As(err, &wrong) || wrong.Field != "pack" {
			t.Errorf("%v", err)
		}
	})
}
