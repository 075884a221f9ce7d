package store

import (
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/transfer"
)

const tripColumns = `id, outbreak, vehicle, shift, class, facility, area, district, state, from_at, to_at, delay, delay_note, started_at, done_at, version`

// AddTrip inserts a trip with its stops and gives them their IDs, unless they have some. The engine refuses a second trip under way for a vehicle.
func (tx *Tx) AddTrip(t *transfer.Trip) error {
	id, err := tx.nextIDs("transfer_trip", 1)
	if err != nil {
		return err
	}
	t.ID, t.Version = transfer.TripID(id), 1
	_, err = tx.exec(`INSERT INTO transfer_trip (`+tripColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		id, int64(t.Outbreak), int64(t.Vehicle), int64(t.Shift), string(t.Class), int64(t.Facility), int64(t.Area), int64(t.District), string(t.State), instant(t.From), instant(t.To), minutes(t.Delay), t.DelayNote,
		instant(t.StartedAt), instant(t.DoneAt), t.Version)
	if err != nil {
		return fmt.Errorf("insert trip: %w", err)
	}
	return tx.SetStops(t)
}

// UpdateTrip writes how a trip stands, without its stops. The version must be the one stored.
func (tx *Tx) UpdateTrip(t *transfer.Trip) error {
	n, err := tx.exec(`UPDATE transfer_trip SET shift = $1, class = $2, facility = $3, area = $4, district = $5, state = $6, from_at = $7, to_at = $8, delay = $9, delay_note = $10, started_at = $11, done_at = $12,
version = version + 1 WHERE id = $13 AND version = $14`,
		int64(t.Shift), string(t.Class), int64(t.Facility), int64(t.Area), int64(t.District), string(t.State), instant(t.From), instant(t.To), minutes(t.Delay), t.DelayNote, instant(t.StartedAt), instant(t.DoneAt), int64(t.ID), t.Version)
	if err != nil {
		return fmt.Errorf("update trip %d: %w", t.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "trip", ID: int64(t.ID), Want: t.Version}
	}
	t.Version++
	return nil
}

// SetStops replaces the stops of a trip; one that is new is given its ID.
func (tx *Tx) SetStops(t *transfer.Trip) error {
	if _, err := tx.exec(`DELETE FROM transfer_stop WHERE trip = $1`, int64(t.ID)); err != nil {
		return fmt.Errorf("replace stops: %w", err)
	}
	rows := make([][]any, len(t.Stops))
	for i := range t.Stops {
		s := &t.Stops[i]
		if s.ID == 0 {
			id, err := tx.nextIDs("transfer_stop", 1)
			if err != nil {
				return err
			}
			s.ID = transfer.StopID(id)
		}
		s.Trip, s.Place = t.ID, int64(i+1)
		rows[i] = []any{int64(s.ID), int64(s.Trip), s.Place, int64(s.Party), int64(s.Facility), s.Lon, s.Lat, instant(s.Arrive), instant(s.Begin), instant(s.Done), instant(s.CameAt), instant(s.DoneAt), string(s.Outcome)}
	}
	if err := tx.bulk(`INSERT INTO transfer_stop (id, trip, place, party, facility, lon, lat, arrive, begin_at, done, came_at, done_at, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, rows); err != nil {
		return fmt.Errorf("insert stops: %w", err)
	}
	return nil
}

func (r *Reader) trips(where string, args ...any) ([]transfer.Trip, error) {
	list, err := scanned(r, "read trips", `SELECT `+tripColumns+` FROM transfer_trip WHERE `+where, args, func(scan func(...any) error) (t transfer.Trip, err error) {
		var from, to, delay, started, done int64
		err = scan(&t.ID, &t.Outbreak, &t.Vehicle, &t.Shift, &t.Class, &t.Facility, &t.Area, &t.District, &t.State, &from, &to, &delay, &t.DelayNote, &started, &done, &t.Version)
		t.From, t.To, t.Delay, t.StartedAt, t.DoneAt = when(from), when(to), time.Duration(delay)*time.Minute, when(started), when(done)
		return t, err
	})
	if err != nil {
		return nil, err
	}
	ids := make([]transfer.TripID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	stops, err := gatherIDs(ids, func(in string) ([]transfer.Stop, error) {
		return scanned(r, "read stops", `SELECT id, trip, place, party, facility, lon, lat, arrive, begin_at, done, came_at, done_at, outcome FROM transfer_stop WHERE trip IN (`+in+`) ORDER BY trip, place`, nil,
			func(scan func(...any) error) (s transfer.Stop, err error) {
				var arrive, begin, done, came, over int64
				err = scan(&s.ID, &s.Trip, &s.Place, &s.Party, &s.Facility, &s.Lon, &s.Lat, &arrive, &begin, &done, &came, &over, &s.Outcome)
				s.Arrive, s.Begin, s.Done, s.CameAt, s.DoneAt = when(arrive), when(begin), when(done), when(came), when(over)
				return s, err
			})
	}, func(s transfer.Stop) transfer.TripID { return s.Trip })
	for i := range list {
		list[i].Stops = stops[list[i].ID]
	}
	return list, err
}

// Trip returns one trip with its stops. The caller has checked, or checks, that its vehicle may be read.
func (r *Reader) Trip(id transfer.TripID) (transfer.Trip, error) {
	list, err := r.trips(`id = $1`, int64(id))
	return one(list, err, "trip", id)
}

// LiveTrips returns the trips of an outbreak that are planned or under way, by vehicle and time. The caller leaves out those of vehicles that may not be read.
func (r *Reader) LiveTrips(o outbreak.ID) ([]transfer.Trip, error) {
	return r.trips(`outbreak = $1 AND state IN ('planned', 'started') ORDER BY vehicle, from_at, id`, int64(o))
}

// TripsOf returns the trips of a vehicle that are planned, under way or began after an instant, in order of time.
func (r *Reader) TripsOf(v transfer.VehicleID, after time.Time) ([]transfer.Trip, error) {
	return r.trips(`vehicle = $1 AND (state IN ('planned', 'started') OR state = 'done' AND from_at > $2) ORDER BY from_at, id`, int64(v), instant(after))
}

// TripsSince returns the trips of an outbreak that began after an instant and were not given up, by vehicle and time.
func (r *Reader) TripsSince(o outbreak.ID, after time.Time) ([]transfer.Trip, error) {
	return r.trips(`outbreak = $1 AND state <> 'dropped' AND (from_at > $2 OR state IN ('planned', 'started')) ORDER BY vehicle, from_at, id`, int64(o), instant(after))
}

// TransferPlan is a plan of transfers that was kept.
type TransferPlan struct {
	Outbreak         outbreak.ID
	Version          int64 // 1, 2, 3 ... of the outbreak
	MadeAt           time.Time
	MadeBy           string
	InTime           bool
	Requests         int64 // parties that are moved by it
	People           int64
	Unserved         int64
	Late             int64
	Travel, Km       float64 // minutes and kilometres of all vehicles
	Digest           string  // SHA-256 of the question
	Question, Answer []byte  // compressed; left out by LatestTransferPlan
}

// AddTransferPlan keeps a plan as the next version of its outbreak's.
func (tx *Tx) AddTransferPlan(p *TransferPlan) error {
	if err := tx.row(`SELECT COALESCE(MAX(version), 0) + 1 FROM transfer_plan WHERE outbreak = $1`, int64(p.Outbreak)).Scan(&p.Version); err != nil {
		return fmt.Errorf("number the plan of transfers: %w", err)
	}
	_, err := tx.exec(`INSERT INTO transfer_plan (outbreak, version, made_at, made_by, in_time, requests, people, unserved, late, travel, km, digest, question, answer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		int64(p.Outbreak), p.Version, instant(p.MadeAt), p.MadeBy, flag(p.InTime), p.Requests, p.People, p.Unserved, p.Late, p.Travel, p.Km, p.Digest, p.Question, p.Answer)
	if err != nil {
		return fmt.Errorf("keep plan %d of transfers: %w", p.Version, err)
	}
	return nil
}

func (r *Reader) transferPlans(columns, where string, args ...any) ([]TransferPlan, error) {
	return scanned(r, "read plans of transfers", `SELECT outbreak, version, made_at, made_by, in_time, requests, people, unserved, late, travel, km, digest`+columns+` FROM transfer_plan WHERE `+where, args, func(scan func(...any) error) (p TransferPlan, err error) {
		var made, inTime int64
		into := []any{&p.Outbreak, &p.Version, &made, &p.MadeBy, &inTime, &p.Requests, &p.People, &p.Unserved, &p.Late, &p.Travel, &p.Km, &p.Digest}
		if columns != "" {
			into = append(into, &p.Question, &p.Answer)
		}
		err = scan(into...)
		p.MadeAt, p.InTime = when(made), inTime != 0
		return p, err
	})
}

// LatestTransferPlan returns the newest plan of an outbreak without what it says; false where there is none.
func (r *Reader) LatestTransferPlan(o outbreak.ID) (TransferPlan, bool, error) {
	list, err := r.transferPlans("", `outbreak = $1 ORDER BY version DESC LIMIT 1`, int64(o))
	if err != nil || len(list) == 0 {
		return TransferPlan{}, false, err
	}
	return list[0], true, nil
}

// TransferPlan returns a plan whole.
func (r *Reader) TransferPlan(o outbreak.ID, version int64) (TransferPlan, error) {
	list, err := r.transferPlans(`, question, answer`, `outbreak = $1 AND version = $2`, int64(o), version)
	return one(list, err, "plan", version)
}
