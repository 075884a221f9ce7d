package store

import (
	"fmt"
	"slices"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
)

const staffShiftColumns = `id, outbreak, facility, area, district, worker, role, zone, from_at, to_at, planned_at, planned_by, cancelled_at, cancelled_by, reason, version`

// AddStaffShifts inserts shifts and gives them their IDs. That nobody is in two places at once by them is the caller's to see, in the same change.
func (tx *Tx) AddStaffShifts(list []*facility.Shift) error {
	if len(list) == 0 {
		return nil
	}
	id, err := tx.nextIDs("staff_shift", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, s := range list {
		s.ID, s.Version = facility.ShiftID(id+int64(i)), 1
		rows[i] = []any{int64(s.ID), int64(s.Outbreak), int64(s.Facility), int64(s.Area), int64(s.District), s.Worker, facility.WorkerKey(s.Worker), string(s.Role), string(s.Zone), instant(s.From), instant(s.To),
			instant(s.PlannedAt), s.PlannedBy, instant(s.CancelledAt), s.CancelledBy, s.Reason, s.Version}
	}
	return wrap(tx.bulk(`INSERT INTO staff_shift (id, outbreak, facility, area, district, worker, worker_key, role, zone, from_at, to_at, planned_at, planned_by, cancelled_at, cancelled_by, reason, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`, rows), "insert staff shifts from", id)
}

// CancelStaffShift writes that a shift was cancelled. The version must be the one stored.
func (tx *Tx) CancelStaffShift(s *facility.Shift) error {
	n, err := tx.exec(`UPDATE staff_shift SET cancelled_at = $1, cancelled_by = $2, reason = $3, version = version + 1 WHERE id = $4 AND version = $5`,
		instant(s.CancelledAt), s.CancelledBy, s.Reason, int64(s.ID), s.Version)
	if err != nil {
		return fmt.Errorf("cancel staff shift %d: %w", s.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "staff shift", ID: int64(s.ID), Want: s.Version}
	}
	s.Version++
	return nil
}

func (r *Reader) staffShifts(where string, args ...any) ([]facility.Shift, error) {
	return scanned(r, "read staff shifts", `SELECT `+staffShiftColumns+` FROM staff_shift WHERE `+where, args, func(scan func(...any) error) (s facility.Shift, err error) {
		var from, to, planned, cancelled int64
		err = scan(&s.ID, &s.Outbreak, &s.Facility, &s.Area, &s.District, &s.Worker, &s.Role, &s.Zone, &from, &to, &planned, &s.PlannedBy, &cancelled, &s.CancelledBy, &s.Reason, &s.Version)
		s.From, s.To, s.PlannedAt, s.CancelledAt = when(from), when(to), when(planned), when(cancelled)
		return s, err
	})
}

// StaffShift returns one shift. The caller has checked, or checks, that its area may be read.
func (r *Reader) StaffShift(id facility.ShiftID) (facility.Shift, error) {
	list, err := r.staffShifts(`id = $1`, int64(id))
	return one(list, err, "staff shift", id)
}

// Roster returns the shifts of a facility that reach into a time, cancelled ones included, by when they begin.
func (r *Reader) Roster(id facility.ID, from, to time.Time) ([]facility.Shift, error) {
	return r.staffShifts(`facility = $1 AND from_at < $2 AND to_at > $3 ORDER BY from_at, to_at, worker_key, id`, int64(id), instant(to), instant(from))
}

// RosterOf returns the shifts of each of the facilities that reach into a time, as Roster does.
func (r *Reader) RosterOf(ids []facility.ID, from, to time.Time) (map[facility.ID][]facility.Shift, error) {
	out := make(map[facility.ID][]facility.Shift, len(ids))
	return out, inChunks(ids, func(part []facility.ID) error {
		args := []any{instant(to), instant(from)}
		list, err := r.staffShifts(`facility IN (`+placeholders(&args, part)+`) AND from_at < $1 AND to_at > $2 ORDER BY facility, from_at, to_at, worker_key, id`, args...)
		for _, s := range list {
			out[s.Facility] = append(out[s.Facility], s)
		}
		return err
	})
}

// ShiftsOfWorkers returns the shifts of each of the workers of an outbreak, wherever they are, that end after an instant, by when they begin. Keys are as facility.WorkerKey makes them.
func (r *Reader) ShiftsOfWorkers(o outbreak.ID, keys []string, after time.Time) (map[string][]facility.Shift, error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	out := make(map[string][]facility.Shift, len(keys))
	return out, inChunks(keys, func(part []string) error {
		args := []any{int64(o), instant(after)}
		list, err := r.staffShifts(`outbreak = $1 AND to_at > $2 AND worker_key IN (`+placeholders(&args, part)+`) ORDER BY worker_key, from_at, id`, args...)
		for _, s := range list {
			k := facility.WorkerKey(s.Worker)
			out[k] = append(out[k], s)
		}
		return err
	})
}
