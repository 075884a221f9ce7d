package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/task"
)

// What journal entries about facilities, rooms and stays are about.
const (
	OnFacility task.SubjectKind = "facility"
	OnRoom     task.SubjectKind = "room"
	OnStay     task.SubjectKind = "stay"
)

const facilityColumns = `id, outbreak, code, name, kind, state, state_at, area, district, lon, lat, located, ready_in, unload, bays, opens, closes, tier, phone, version`

// AddFacilities inserts facilities and gives them their IDs. Their codes must be new in the outbreak.
func (tx *Tx) AddFacilities(list []*facility.Facility) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("facility", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, f := range list {
		f.ID, f.Version = facility.ID(first+int64(i)), 1
		rows[i] = []any{int64(f.ID), int64(f.Outbreak), f.Code, f.Name, string(f.Kind), string(f.State), instant(f.StateAt), int64(f.Area), int64(f.District), f.Lon, f.Lat, flag(f.Located),
			minutes(f.ReadyIn), minutes(f.Unload), f.Bays, minutes(f.Opens), minutes(f.Closes), string(f.Tier), f.Phone, f.Version}
	}
	err = tx.bulk(`INSERT INTO facility (`+facilityColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`, rows)
	if err != nil {
		return fmt.Errorf("insert facilities: %w", err)
	}
	return nil
}

// UpdateFacility writes what is known of a facility now. The version must be the one stored.
func (tx *Tx) UpdateFacility(f *facility.Facility) error {
	n, err := tx.exec(`UPDATE facility SET name = $1, kind = $2, state = $3, state_at = $4, area = $5, district = $6, lon = $7, lat = $8, located = $9, ready_in = $10, unload = $11, bays = $12,
opens = $13, closes = $14, tier = $15, phone = $16, version = version + 1 WHERE id = $17 AND version = $18`,
		f.Name, string(f.Kind), string(f.State), instant(f.StateAt), int64(f.Area), int64(f.District), f.Lon, f.Lat, flag(f.Located), minutes(f.ReadyIn), minutes(f.Unload), f.Bays,
		minutes(f.Opens), minutes(f.Closes), string(f.Tier), f.Phone, int64(f.ID), f.Version)
	if err != nil {
		return fmt.Errorf("update facility %q: %w", f.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "facility", ID: int64(f.ID), Want: f.Version}
	}
	f.Version++
	return nil
}

func (r *Reader) facilities(text string, args ...any) ([]facility.Facility, error) {
	rows, err := r.query(`SELECT `+facilityColumns+` FROM facility WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read facilities: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []facility.Facility
	for rows.Next() {
		var f facility.Facility
		var since, located, ready, unload, opens, closes int64
		if err := rows.Scan(&f.ID, &f.Outbreak, &f.Code, &f.Name, &f.Kind, &f.State, &since, &f.Area, &f.District, &f.Lon, &f.Lat, &located, &ready, &unload, &f.Bays, &opens, &closes, &f.Tier, &f.Phone, &f.Version); err != nil {
			return nil, fmt.Errorf("read facilities: %w", err)
		}
		f.StateAt, f.Located = when(since), located != 0
		f.ReadyIn, f.Unload = time.Duration(ready)*time.Minute, time.Duration(unload)*time.Minute
		f.Opens, f.Closes = time.Duration(opens)*time.Minute, time.Duration(closes)*time.Minute
		out = append(out, f)
	}
	return out, rows.Err()
}

// Facility returns one facility. The caller has checked, or checks, that its area may be read.
func (r *Reader) Facility(id facility.ID) (facility.Facility, error) {
	list, err := r.facilities(`id = $1`, int64(id))
	return one(list, err, "facility", id)
}

// FacilityByCode returns the facility of a code. The caller has checked, or checks, that its area may be read.
func (r *Reader) FacilityByCode(o outbreak.ID, code string) (facility.Facility, error) {
	list, err := r.facilities(`outbreak = $1 AND code = $2`, int64(o), code)
	return one(list, err, "facility", code)
}

// Facilities returns the facilities of an outbreak within a bound, by code.
func (r *Reader) Facilities(o outbreak.ID, w Within) ([]facility.Facility, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	return r.facilities(`outbreak = $1`+s.gathered("area")+` ORDER BY code`, int64(o))
}

// LockFacility keeps other changes of the facility, its rooms and who is in them waiting until this one ends: what is read of them afterwards stays true.
func (tx *Tx) LockFacility(id facility.ID) error {
	n, err := tx.exec(`UPDATE facility SET version = version WHERE id = $1`, int64(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("lock facility %d: %w", id, err)
	}
	return nil
}

// LockPeople keeps other changes that lock one of the people waiting until this one ends.
func (tx *Tx) LockPeople(ids []person.ID) error {
	ids = slices.Clone(ids)
	slices.Sort(ids) // so that two changes wait for each other in one order
	for _, id := range ids {
		if _, err := tx.exec(`UPDATE person SET version = version WHERE id = $1`, int64(id)); err != nil {
			return fmt.Errorf("lock person %d: %w", id, err)
		}
	}
	return nil
}

const roomColumns = `id, facility, outbreak, district, code, lift, beds, used, level, convertible, care, state, state_at, version`

// AddRooms inserts rooms and gives them their IDs. Their codes must be new in their facility.
func (tx *Tx) AddRooms(list []*facility.Room) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("room", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, m := range list {
		m.ID, m.Version = facility.RoomID(first+int64(i)), 1
		rows[i] = []any{int64(m.ID), int64(m.Facility), int64(m.Outbreak), int64(m.District), m.Code, m.Group, m.Beds, string(m.Use), string(m.Level), flag(m.Convertible), strings.Join(m.Care, " "),
			string(m.State), instant(m.StateAt), m.Version}
	}
	if err := tx.bulk(`INSERT INTO room (`+roomColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, rows); err != nil {
		return fmt.Errorf("insert rooms: %w", err)
	}
	return nil
}

// UpdateRoom writes what is known of a room now. The version must be the one stored.
func (tx *Tx) UpdateRoom(m *facility.Room) error {
	n, err := tx.exec(`UPDATE room SET lift = $1, beds = $2, used = $3, level = $4, convertible = $5, care = $6, state = $7, state_at = $8, version = version + 1 WHERE id = $9 AND version = $10`,
		m.Group, m.Beds, string(m.Use), string(m.Level), flag(m.Convertible), strings.Join(m.Care, " "), string(m.State), instant(m.StateAt), int64(m.ID), m.Version)
	if err != nil {
		return fmt.Errorf("update room %q: %w", m.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "room", ID: int64(m.ID), Want: m.Version}
	}
	m.Version++
	return nil
}

func (r *Reader) rooms(text string, args ...any) ([]facility.Room, error) {
	rows, err := r.query(`SELECT `+roomColumns+` FROM room WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read rooms: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []facility.Room
	for rows.Next() {
		var m facility.Room
		var care string
		var convertible, since int64
		if err := rows.Scan(&m.ID, &m.Facility, &m.Outbreak, &m.District, &m.Code, &m.Group, &m.Beds, &m.Use, &m.Level, &convertible, &care, &m.State, &since, &m.Version); err != nil {
			return nil, fmt.Errorf("read rooms: %w", err)
		}
		m.Convertible, m.Care, m.StateAt = convertible != 0, strings.Fields(care), when(since)
		out = append(out, m)
	}
	return out, rows.Err()
}

// Room returns one room. The caller has checked, or checks, that its facility may be read.
func (r *Reader) Room(id facility.RoomID) (facility.Room, error) {
	list, err := r.rooms(`id = $1`, int64(id))
	return one(list, err, "room", id)
}

// RoomsOf returns the rooms of facilities, each facility's by code.
func (r *Reader) RoomsOf(ids []facility.ID) (map[facility.ID][]facility.Room, error) {
	return gatherIDs(ids, func(in string) ([]facility.Room, error) {
		return r.rooms(`facility IN (` + in + `) ORDER BY facility, code`)
	}, func(m facility.Room) facility.ID { return m.Facility })
}

// FreeBeds returns how many beds of rooms nobody has, and none is kept in.
func (r *Reader) FreeBeds(ids []facility.RoomID) (map[facility.RoomID]int64, error) {
	type free struct {
		room facility.RoomID
		beds int64
	}
	found, err := gatherIDs(ids, func(in string) ([]free, error) {
		rows, err := r.query(`SELECT id, beds - (SELECT COUNT(*) FROM stay WHERE stay.room = room.id AND stay.room > 0 AND stay.state IN ('booked', 'in')) FROM room WHERE id IN (` + in + `)`)
		if err != nil {
			return nil, fmt.Errorf("count free beds: %w", err)
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		var out []free
		for rows.Next() {
			var x free
			if err := rows.Scan(&x.room, &x.beds); err != nil {
				return nil, fmt.Errorf("count free beds: %w", err)
			}
			out = append(out, x)
		}
		return out, rows.Err()
	}, func(x free) facility.RoomID { return x.room })
	out := make(map[facility.RoomID]int64, len(found))
	for id, list := range found {
		out[id] = list[0].beds
	}
	return out, err
}

const stayColumns = `id, outbreak, person, class, case_of, contact_of, household, facility, room, bed, area, district, state, booked_at, in_at, left_at, leaving, booked_by, version, companion, way_home, taken_by`

// AddStays inserts stays and gives them their IDs. The engine refuses a second bed for a person and a second person in a bed.
func (tx *Tx) AddStays(list []*facility.Stay) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("stay", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, s := range list {
		s.ID, s.Version = facility.StayID(first+int64(i)), 1
		rows[i] = []any{int64(s.ID), int64(s.Outbreak), int64(s.Person), string(s.Class), int64(s.CaseOf), int64(s.ContactOf), int64(s.Household), int64(s.Facility), int64(s.Room), s.Bed, int64(s.Area), int64(s.District),
			string(s.State), instant(s.BookedAt), instant(s.InAt), instant(s.LeftAt), string(s.Leaving), s.BookedBy, s.Version, flag(s.Companion), string(s.WayHome), s.TakenBy}
	}
	err = tx.bulk(`INSERT INTO stay (`+stayColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`, rows)
	if err != nil {
		return fmt.Errorf("insert stays: %w", err)
	}
	return nil
}

// UpdateStay writes what is known of a stay now. The version must be the one stored.
func (tx *Tx) UpdateStay(s *facility.Stay) error {
	n, err := tx.exec(`UPDATE stay SET class = $1, case_of = $2, contact_of = $3, facility = $4, room = $5, bed = $6, area = $7, district = $8, state = $9, in_at = $10, left_at = $11, leaving = $12, companion = $13, way_home = $14, taken_by = $15, version = version + 1
WHERE id = $16 AND version = $17`,
		string(s.Class), int64(s.CaseOf), int64(s.ContactOf), int64(s.Facility), int64(s.Room), s.Bed, int64(s.Area), int64(s.District), string(s.State), instant(s.InAt), instant(s.LeftAt), string(s.Leaving),
		flag(s.Companion), string(s.WayHome), s.TakenBy, int64(s.ID), s.Version)
	if err != nil {
		return fmt.Errorf("update stay %d: %w", s.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "stay", ID: int64(s.ID), Want: s.Version}
	}
	s.Version++
	return nil
}

func (r *Reader) stays(text string, args ...any) ([]facility.Stay, error) {
	rows, err := r.query(`SELECT `+stayColumns+` FROM stay WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read stays: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []facility.Stay
	for rows.Next() {
		var s facility.Stay
		var booked, in, left, companion int64
		if err := rows.Scan(&s.ID, &s.Outbreak, &s.Person, &s.Class, &s.CaseOf, &s.ContactOf, &s.Household, &s.Facility, &s.Room, &s.Bed, &s.Area, &s.District, &s.State, &booked, &in, &left, &s.Leaving, &s.BookedBy, &s.Version, &companion, &s.WayHome, &s.TakenBy); err != nil {
			return nil, fmt.Errorf("read stays: %w", err)
		}
		s.BookedAt, s.InAt, s.LeftAt, s.Companion = when(booked), when(in), when(left), companion != 0
		out = append(out, s)
	}
	return out, rows.Err()
}

// Stay returns one stay. The caller has checked, or checks, that its area may be read.
func (r *Reader) Stay(id facility.StayID) (facility.Stay, error) {
	list, err := r.stays(`id = $1`, int64(id))
	return one(list, err, "stay", id)
}

// StaysOf returns every stay of people, the oldest first.
func (r *Reader) StaysOf(people []person.ID) (map[person.ID][]facility.Stay, error) {
	return gatherIDs(people, func(in string) ([]facility.Stay, error) {
		return r.stays(`person IN (` + in + `) ORDER BY person, id`)
	}, func(s facility.Stay) person.ID { return s.Person })
}

// StaysIn returns the stays that hold a bed of facilities, booked ones included, by room and bed.
func (r *Reader) StaysIn(ids []facility.ID) (map[facility.ID][]facility.Stay, error) {
	return gatherIDs(ids, func(in string) ([]facility.Stay, error) {
		return r.stays(`facility IN (` + in + `) AND state IN ('booked', 'in') ORDER BY facility, room, bed, id`)
	}, func(s facility.Stay) facility.ID { return s.Facility })
}

// StaysAtHome returns the people of an outbreak who stay at home, within a bound, by where they live.
func (r *Reader) StaysAtHome(o outbreak.ID, w Within) ([]facility.Stay, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	return r.stays(`outbreak = $1 AND facility = 0 AND state = 'in'`+s.gathered("area")+` ORDER BY district, area, id`, int64(o))
}
