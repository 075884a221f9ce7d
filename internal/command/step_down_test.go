package command

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
)

// A patient who needs less goes from intensive care to a ward, and from a ward to an isolation site, which ends the admission and none of what isolates them. Whoever grows worse meanwhile, or is discharged, is not moved.
func TestStepDownFromHospital(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, dr := t.Context(), Owner("dr")
		s.wards("H1", true, 2, 1, 0)
		s.site("F1", facility.IsolationSite, RoomFields{Code: "1", Beds: 4})
		s.site("Q1", facility.QuarantineSite, RoomFields{Code: "1", Beds: 4})
		c := s.caseIn("A", "confirmed", "370101")
		until := s.clock.now().Add(6 * time.Hour).Format(time.RFC3339)
		ask := func(to, deadline string) (transfer.Request, error) {
			return s.StepDown(ctx, dr, StepDown{Case: c.ID, To: to, Deadline: deadline})
		}
		ill := func(severity string) {
			t.Helper()
			s.clock.set(s.clock.now().Add(time.Minute))
			_, err := s.RecordSeverity(ctx, dr, RecordSeverity{Case: c.ID, Severity: severity})
			s.must(err)
		}
		refused := func(name, field, to, deadline string) {
			t.Helper()
			var wrong *Invalid
			if q, err := ask(to, deadline); !errors.As(err, &wrong) || wrong.Field != field {
				t.Errorf("%s: %+v, %v", name, q, err)
			}
		}
		live := func() (transfer.Request, bool) {
			t.Helper()
			var q transfer.Request
			var is bool
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				list, err := r.LiveRequestsOf(c.Outbreak, []person.ID{c.Person})
				q, is = list[c.Person]
				return err
			}))
			return q, is
		}
		refused("in no hospital", "case", "F1", until)
		_, err := s.AdmitCase(ctx, dr, AdmitCase{Case: c.ID, Hospital: "H1", Level: "icu"})
		s.must(err)
		refused("not assessed", "case", "F1", until)
		ill("mild")
		refused("in intensive care", "case", "F1", until)
		a, err := s.MoveBed(ctx, dr, MoveBed{Case: c.ID, Level: "ward"})
		if err != nil || a.Level != facility.WardLevel {
			t.Fatalf("to a ward: %+v, %v", a, err)
		}
		refused("no deadline", "deadline", "F1", "")
		refused("nowhere", "to", "", until)
		refused("a hospital", "to", "H1", until)
		refused("a site for contacts", "to", "Q1", until)
		var forbidden *Forbidden
		nurse := By{Actor: auth.Actor{UserID: 7, Login: "far", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: a.Area}}}}
		if _, err := s.StepDown(ctx, nurse, StepDown{Case: c.ID, To: "F1", Deadline: until}); !errors.As(err, &forbidden) {
			t.Errorf("by whoever treats nobody: %v", err)
		}
		q, err := ask("F1", until)
		if err != nil || q.Purpose != transfer.ToIsolation || q.From != a.Facility || q.CaseOf != c.ID {
			t.Fatalf("asked: %+v, %v", q, err)
		}
		if k := s.tasks(onTransfer(q.ID))[task.MovePerson]; k.State != task.Open || k.Owner != task.TransferDesk {
			t.Errorf("the desk's task: %+v", k)
		}
		refused("asked twice", "person", "F1", until)
		ill("moderate")
		if q, is := live(); is {
			t.Errorf("who is worse is still to be moved out of hospital: %+v", q)
		}
		refused("too ill", "case", "F1", until)
		ill("mild")
		if q, err = ask("F1", until); err != nil {
			t.Fatal(err)
		}
		// They leave with the vehicle: the admission is over without a discharge, and at the site they are isolated on.
		_, err = s.CheckOut(ctx, dr, CheckOut{Stays: []facility.StayID{a.Stay}, Leaving: facility.LeftMoved, Reason: "to F1"})
		s.must(err)
		stays, err := s.WalkIn(ctx, dr, WalkIn{BookStays: BookStays{Outbreak: s.o, Facility: "F1", Guests: []Guest{{Case: c.ID}}}})
		if err != nil || len(stays) != 1 {
			t.Fatalf("at the site: %+v, %v", stays, err)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			a, err := r.Admission(a.ID)
			if a.Ended != treatment.Moved {
				t.Errorf("the admission ended %q", a.Ended)
			}
			return err
		}))
		for kind, k := range s.tasks(onCase(c.ID)) {
			if k.State == task.Open && (kind == task.AdmitCase || kind == task.ReadmitCase || kind == task.TransferCase) {
				t.Errorf("%s is asked for again", kind)
			}
		}
	})
}
