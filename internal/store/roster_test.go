package store_test

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestRosterComesBackAsItWas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := time.Date(2022, 3, 12, 0, 0, 0, 0, time.UTC)
		shift := func(f facility.ID, worker string, role facility.Role, zone facility.StaffZone, from, to time.Duration) *facility.Shift {
			return &facility.Shift{Outbreak: 1, Facility: f, Area: 3, District: 2, Worker: worker, Role: role, Zone: zone, From: at.Add(from), To: at.Add(to), PlannedAt: at, PlannedBy: "q1"}
		}
		night := shift(4, "张 三", facility.MedicalStaff, facility.ContaminatedZone, -4*time.Hour, 8*time.Hour)
		day := shift(4, "N2", facility.Counselling, facility.CleanZone, 8*time.Hour, 20*time.Hour)
		away := shift(5, "n2", facility.Security, facility.AnyZone, 24*time.Hour, 32*time.Hour)
		other := shift(4, "N2", facility.Manager, facility.AnyZone, 0, time.Hour)
		other.Outbreak = 2
		update(t, db, func(tx *store.Tx) error {
			if err := tx.AddStaffShifts(nil); err != nil {
				return err
			}
			return tx.AddStaffShifts([]*facility.Shift{day, night, away, other})
		})
		view(t, db, func(r *store.Reader) error {
			list, err := r.Roster(4, at, at.Add(24*time.Hour))
			if err != nil {
				return err
			}
			sameRow(t, "roster", list, []facility.Shift{*night, *other, *day})
			// One that ended as the time begins, or begins as it ends, does not reach into it.
			list, err = r.Roster(4, at.Add(8*time.Hour), at.Add(9*time.Hour))
			if err != nil {
				return err
			}
			sameRow(t, "roster of an hour", list, []facility.Shift{*day})
			list, err = r.Roster(4, at.Add(time.Hour), at.Add(8*time.Hour))
			if err != nil {
				return err
			}
			sameRow(t, "roster before", list, []facility.Shift{*night})
			one, err := r.StaffShift(away.ID)
			if err != nil {
				return err
			}
			sameRow(t, "one", one, *away)
			of, err := r.ShiftsOfWorkers(1, []string{"n2", "张 三", "n2", "nobody"}, at.Add(8*time.Hour))
			if err != nil {
				return err
			}
			sameRow(t, "of workers", of, map[string][]facility.Shift{"n2": {*day, *away}})
			if _, err := r.StaffShift(day.ID + 1000); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("no shift: %v", err)
			}
			return nil
		})
		stale := *day
		day.CancelledAt, day.CancelledBy, day.Reason = at.Add(time.Hour), "q2", "病假"
		update(t, db, func(tx *store.Tx) error { return tx.CancelStaffShift(day) })
		view(t, db, func(r *store.Reader) error {
			got, err := r.StaffShift(day.ID)
			sameRow(t, "cancelled", got, *day)
			return err
		})
		stale.CancelledAt, stale.Reason = at, "x"
		var conflict *store.Conflict
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.CancelStaffShift(&stale) }); !errors.As(err, &conflict) {
			t.Errorf("a version that is not the one stored is written over: %v", err)
		}
		// The engine refuses what is no shift.
		for name, wrong := range map[string]*facility.Shift{
			"no worker":   shift(4, "", facility.Manager, "", 0, time.Hour),
			"no role":     shift(4, "N5", "cook", "", 0, time.Hour),
			"no zone":     shift(4, "N5", facility.Manager, "grey", 0, time.Hour),
			"ends before": shift(4, "N5", facility.Manager, "", time.Hour, time.Hour),
		} {
			if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.AddStaffShifts([]*facility.Shift{wrong}) }); err == nil {
				t.Errorf("%s is kept", name)
			}
		}
	})
}
