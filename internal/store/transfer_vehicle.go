package store

import (
	"fmt"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/transfer"
)

const vehicleColumns = `id, outbreak, code, name, area, district, lon, lat, seats, wheelchairs, stretchers, takes, disinfect, state, state_at, last, at_lon, at_lat, at_time, version`

// AddVehicles inserts vehicles and gives them their IDs. Their codes must be new in the outbreak.
func (tx *Tx) AddVehicles(list []*transfer.Vehicle) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("transfer_vehicle", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, v := range list {
		v.ID, v.Version = transfer.VehicleID(first+int64(i)), 1
		rows[i] = []any{int64(v.ID), int64(v.Outbreak), v.Code, v.Name, int64(v.Area), int64(v.District), v.Lon, v.Lat, v.Seats, v.Wheelchairs, v.Stretchers, string(v.Takes), minutes(v.Disinfect), string(v.State), instant(v.StateAt),
			string(v.Last), v.AtLon, v.AtLat, instant(v.AtTime), v.Version}
	}
	if err := tx.bulk(`INSERT INTO transfer_vehicle (`+vehicleColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`, rows); err != nil {
		return fmt.Errorf("insert vehicles: %w", err)
	}
	return nil
}

// UpdateVehicle writes what is known of a vehicle now. The version must be the one stored.
func (tx *Tx) UpdateVehicle(v *transfer.Vehicle) error {
	n, err := tx.exec(`UPDATE transfer_vehicle SET name = $1, area = $2, district = $3, lon = $4, lat = $5, seats = $6, wheelchairs = $7, stretchers = $8, takes = $9, disinfect = $10, state = $11, state_at = $12, last = $13,
at_lon = $14, at_lat = $15, at_time = $16, version = version + 1 WHERE id = $17 AND version = $18`,
		v.Name, int64(v.Area), int64(v.District), v.Lon, v.Lat, v.Seats, v.Wheelchairs, v.Stretchers, string(v.Takes), minutes(v.Disinfect), string(v.State), instant(v.StateAt), string(v.Last),
		v.AtLon, v.AtLat, instant(v.AtTime), int64(v.ID), v.Version)
	if err != nil {
		return fmt.Errorf("update vehicle %q: %w", v.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "vehicle", ID: int64(v.ID), Want: v.Version}
	}
	v.Version++
	return nil
}

func (r *Reader) vehicles(where string, args ...any) ([]transfer.Vehicle, error) {
	return scanned(r, "read vehicles", `SELECT `+vehicleColumns+` FROM transfer_vehicle WHERE `+where, args, func(scan func(...any) error) (v transfer.Vehicle, err error) {
		var disinfect, since, at int64
		err = scan(&v.ID, &v.Outbreak, &v.Code, &v.Name, &v.Area, &v.District, &v.Lon, &v.Lat, &v.Seats, &v.Wheelchairs, &v.Stretchers, &v.Takes, &disinfect, &v.State, &since, &v.Last, &v.AtLon, &v.AtLat, &at, &v.Version)
		v.Disinfect, v.StateAt, v.AtTime = time.Duration(disinfect)*time.Minute, when(since), when(at)
		return v, err
	})
}

// Vehicle returns one vehicle. The caller has checked, or checks, that its area may be read.
func (r *Reader) Vehicle(id transfer.VehicleID) (transfer.Vehicle, error) {
	list, err := r.vehicles(`id = $1`, int64(id))
	return one(list, err, "vehicle", id)
}

// VehicleByCode returns the vehicle of a code. The caller has checked, or checks, that its area may be read.
func (r *Reader) VehicleByCode(o outbreak.ID, code string) (transfer.Vehicle, error) {
	list, err := r.vehicles(`outbreak = $1 AND code = $2`, int64(o), code)
	return one(list, err, "vehicle", code)
}

// Vehicles returns the vehicles of an outbreak whose depots lie within a bound, by code.
func (r *Reader) Vehicles(o outbreak.ID, w Within) ([]transfer.Vehicle, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	return r.vehicles(`outbreak = $1`+s.gathered("area")+` ORDER BY code`, int64(o))
}

// SetShifts replaces the shifts of a vehicle that end after an instant, and gives those that are new their IDs.
func (tx *Tx) SetShifts(v transfer.Vehicle, after time.Time, list []transfer.Shift) error {
	if _, err := tx.exec(`DELETE FROM transfer_shift WHERE vehicle = $1 AND to_at > $2`, int64(v.ID), instant(after)); err != nil {
		return fmt.Errorf("replace shifts: %w", err)
	}
	var rows [][]any
	for i := range list {
		s := &list[i]
		if s.ID == 0 {
			id, err := tx.nextIDs("transfer_shift", 1)
			if err != nil {
				return err
			}
			s.ID = transfer.ShiftID(id)
		}
		s.Vehicle, s.Outbreak = v.ID, v.Outbreak
		rows = append(rows, []any{int64(s.ID), int64(s.Vehicle), int64(s.Outbreak), s.Crew, instant(s.From), instant(s.To)})
	}
	if err := tx.bulk(`INSERT INTO transfer_shift (id, vehicle, outbreak, crew, from_at, to_at) VALUES ($1, $2, $3, $4, $5, $6)`, rows); err != nil {
		return fmt.Errorf("insert shifts: %w", err)
	}
	return nil
}

// ShiftsOf returns the shifts of vehicles that end after an instant, each vehicle's in order of time.
func (r *Reader) ShiftsOf(ids []transfer.VehicleID, after time.Time) (map[transfer.VehicleID][]transfer.Shift, error) {
	return gatherIDs(ids, func(in string) ([]transfer.Shift, error) {
		return scanned(r, "read shifts", `SELECT id, vehicle, outbreak, crew, from_at, to_at FROM transfer_shift WHERE vehicle IN (`+in+`) AND to_at > $1 ORDER BY vehicle, from_at`, []any{instant(after)},
			func(scan func(...any) error) (s transfer.Shift, err error) {
				var from, to int64
				err = scan(&s.ID, &s.Vehicle, &s.Outbreak, &s.Crew, &from, &to)
				s.From, s.To = when(from), when(to)
				return s, err
			})
	}, func(s transfer.Shift) transfer.VehicleID { return s.Vehicle })
}

// Full is that a site takes nobody more for now.
type Full struct {
	Facility facility.ID
	Outbreak outbreak.ID
	Since    time.Time
	ToldBy   string
	Reason   string
}

// FullSites returns the sites of an outbreak that take nobody more for now.
func (r *Reader) FullSites(o outbreak.ID) (map[facility.ID]Full, error) {
	list, err := scanned(r, "read full sites", `SELECT facility, outbreak, since, told_by, reason FROM transfer_full WHERE outbreak = $1`, []any{int64(o)}, func(scan func(...any) error) (f Full, err error) {
		var since int64
		err = scan(&f.Facility, &f.Outbreak, &since, &f.ToldBy, &f.Reason)
		f.Since = when(since)
		return f, err
	})
	out := make(map[facility.ID]Full, len(list))
	for _, f := range list {
		out[f.Facility] = f
	}
	return out, err
}

// SetFull says that a site takes nobody more, or with a zero Since that it does again.
func (tx *Tx) SetFull(f Full) error {
	_, err := tx.exec(`DELETE FROM transfer_full WHERE facility = $1`, int64(f.Facility))
	if err == nil && !f.Since.IsZero() {
		_, err = tx.exec(`INSERT INTO transfer_full (facility, outbreak, since, told_by, reason) VALUES ($1, $2, $3, $4, $5)`, int64(f.Facility), int64(f.Outbreak), instant(f.Since), f.ToldBy, f.Reason)
	}
	if err != nil {
		return fmt.Errorf("say that facility %d is full: %w", f.Facility, err)
	}
	return nil
}
