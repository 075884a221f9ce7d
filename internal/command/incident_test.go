package command

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// TestIncident: what went wrong is to be dealt with by the clock of how grave it is, by those of the house; it is closed by what was done, and can be opened again.
func TestIncident(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("guard")
		list, err := s.AddFacilities(ctx, by, AddFacilities{Outbreak: "o", Facilities: []FacilityFields{{Code: "Q1", Kind: facility.QuarantineSite, Area: "3701", Open: true}, {Code: "H1", Kind: facility.Hospital, Area: "3701", Open: true}}})
		s.must(err)
		q1, h1 := list[0].ID, list[1].ID
		_, err = s.AddRooms(ctx, by, AddRooms{Facility: q1, Rooms: []RoomFields{{Code: "101", Beds: 1}}})
		s.must(err)
		src := s.caseIn("A", "confirmed", "370101")
		k, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "K-1", Case: src.ID, Fields: map[string]string{"last_exposed": "2022-03-04", "area": "370101"}})
		s.must(err)

		// Whoever never stayed there is nobody of the house.
		var wrong *Invalid
		if _, err := s.NoteIncident(ctx, by, NoteIncident{Facility: q1, IncidentFields: IncidentFields{Kind: "medical", Who: "K-1"}}); !errors.As(err, &wrong) || wrong.Field != "who" {
			t.Errorf("somebody who is not there: %v", err)
		}
		for _, f := range []IncidentFields{{Kind: "boredom"}, {Kind: "fire", Severity: "so-so"}} {
			if _, err := s.NoteIncident(ctx, by, NoteIncident{Facility: q1, IncidentFields: f}); !errors.As(err, &wrong) {
				t.Errorf("%+v: %v", f, err)
			}
		}
		stays, err := s.WalkIn(ctx, by, WalkIn{BookStays: BookStays{Outbreak: "o", Facility: "Q1", Guests: []Guest{{Contact: k.ID}}}})
		s.must(err)
		x, err := s.NoteIncident(ctx, by, NoteIncident{Facility: q1, IncidentFields: IncidentFields{Kind: "medical", Where: "101", Who: "K-1", Note: "chest pain"}})
		s.must(err)
		if x.Severity != facility.Serious || x.Stay != stays[0].ID || !x.Open() {
			t.Errorf("noted %+v", x)
		}
		if k := s.tasks(onIncident(x.ID))[task.HandleIncident]; k.State != task.Open || k.Owner != task.QuarantineManager || !k.Due.Equal(s.clock.now().Add(2*time.Hour)) || k.Because.Clause != "clocks.incident_serious" {
			t.Errorf("task %+v", k)
		}
		// A life is in danger after all: the clock is shorter. Nothing is closed without what was done.
		_, err = s.ChangeIncident(ctx, by, ChangeIncident{Incident: x.ID, Version: x.Version, IncidentFields: IncidentFields{Kind: "medical", Severity: "critical", Who: "K-1"}})
		s.must(err)
		if k := s.tasks(onIncident(x.ID))[task.HandleIncident]; !k.Due.Equal(s.clock.now().Add(30 * time.Minute)) {
			t.Errorf("due %s", k.Due)
		}
		var stale *store.Conflict
		if _, err := s.ChangeIncident(ctx, by, ChangeIncident{Incident: x.ID, Version: x.Version, IncidentFields: IncidentFields{Kind: "medical"}}); !errors.As(err, &stale) {
			t.Errorf("a change of what nobody has seen: %v", err)
		}
		if _, err := s.ChangeIncident(ctx, by, ChangeIncident{Incident: x.ID, Close: true, IncidentFields: IncidentFields{Kind: "medical"}}); !errors.As(err, &wrong) || wrong.Field != "done" {
			t.Errorf("closed without what was done: %v", err)
		}
		s.clock.set(s.clock.now().Add(20 * time.Minute))
		closed, err := s.ChangeIncident(ctx, by, ChangeIncident{Incident: x.ID, Close: true, IncidentFields: IncidentFields{Kind: "medical", Severity: "critical", Who: "K-1", Done: "taken to hospital"}})
		s.must(err)
		if closed.ClosedBy != "guard" || !closed.ClosedAt.Equal(s.clock.now()) {
			t.Errorf("closed %+v", closed)
		}
		if k := s.tasks(onIncident(x.ID))[task.HandleIncident]; k.State != task.Done || k.Late(s.clock.now()) {
			t.Errorf("closed: task %+v", k)
		}
		_, err = s.ChangeIncident(ctx, by, ChangeIncident{Incident: x.ID, IncidentFields: IncidentFields{Kind: "medical", Severity: "critical", Done: "taken to hospital, and sent back"}})
		s.must(err)
		if k := s.tasks(onIncident(x.ID))[task.HandleIncident]; k.State != task.Open {
			t.Errorf("open again: task %+v", k)
		}
		h, err := s.NoteIncident(ctx, by, NoteIncident{Facility: h1, At: s.clock.now().Add(-30 * time.Hour).Format(time.RFC3339), IncidentFields: IncidentFields{Kind: "violence"}})
		s.must(err)
		if k := s.tasks(onIncident(h.ID))[task.HandleIncident]; k.Owner != task.Hospital || !k.Late(s.clock.now()) {
			t.Errorf("at a hospital, yesterday: %+v", k)
		}

		s.must(s.db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName("o")
			if err != nil {
				return err
			}
			counts, err := r.IncidentCounts(o.ID, store.Everywhere(), s.clock.now().Add(-24*time.Hour))
			want := []store.IncidentCount{{Facility: q1, Kind: facility.Medical, Lately: 1, Open: 1}, {Facility: h1, Kind: facility.Violence, Open: 1}}
			if len(counts) != 2 || counts[0] != want[0] || counts[1] != want[1] {
				t.Errorf("counted %+v, want %+v", counts, want)
			}
			if err != nil {
				return err
			}
			at, err := r.IncidentsAt(q1, 10)
			if len(at) != 1 || at[0].ID != x.ID || at[0].Where != "" || at[0].Done != "taken to hospital, and sent back" {
				t.Errorf("at Q1 %+v", at)
			}
			return err
		}))

		// Those of another house, and of another district, are refused.
		var area place.AreaID
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			tree, err := r.Tree()
			j, _ := tree.ByCode("3701")
			area = j.ID
			return err
		}))
		as := func(role auth.Role, at place.AreaID, p auth.Purpose) By {
			return By{Actor: auth.Actor{UserID: 9, Login: "x", Grants: []auth.Grant{{Role: role, Area: at}}}, Purpose: p}
		}
		for name, who := range map[string]By{"hospital at a site": as(auth.RoleHospital, area, auth.PurposeCare), "another district": as(auth.RoleIsolationStaff, area+100, auth.PurposeIsolation)} {
			var no *Forbidden
			if _, err := s.NoteIncident(ctx, who, NoteIncident{Facility: q1, IncidentFields: IncidentFields{Kind: "fire"}}); !errors.As(err, &no) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := s.ChangeIncident(ctx, who, ChangeIncident{Incident: x.ID, IncidentFields: IncidentFields{Kind: "fire"}}); !errors.As(err, &no) {
				t.Errorf("%s changes it: %v", name, err)
			}
		}
		_, err = s.NoteIncident(ctx, as(auth.RoleIsolationStaff, area, auth.PurposeIsolation), NoteIncident{Facility: q1, IncidentFields: IncidentFields{Kind: "fire"}})
		s.must(err)
	})
}
