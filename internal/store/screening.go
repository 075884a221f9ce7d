package store

import (
	"fmt"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

// What journal entries about screening are about.
const (
	OnRound  task.SubjectKind = "round"
	OnSite   task.SubjectKind = "site"
	OnDevice task.SubjectKind = "device"
	OnSeries task.SubjectKind = "standing_round"
)

const roundColumns = `id, outbreak, number, name, area, state, starts_at, ends_at, pool, opened_at, closed_at, version, by_pack, people_group, series`

// AddRound inserts a round, and gives it its ID and the next number of its outbreak.
func (tx *Tx) AddRound(r *screening.Round) error {
	id, err := tx.nextIDs("screening_round", 1)
	if err != nil {
		return err
	}
	if err := tx.row(`SELECT COALESCE(MAX(number), 0) + 1 FROM screening_round WHERE outbreak = $1`, int64(r.Outbreak)).Scan(&r.Number); err != nil {
		return fmt.Errorf("number a round: %w", err)
	}
	r.ID, r.Version = screening.RoundID(id), 1
	_, err = tx.exec(`INSERT INTO screening_round (`+roundColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		id, int64(r.Outbreak), r.Number, r.Name, int64(r.Area), string(r.State), instant(r.StartsAt), instant(r.EndsAt), int64(r.Pool), instant(r.OpenedAt), instant(r.ClosedAt), r.Version, flag(r.ByPack), string(r.Group), int64(r.Series))
	if err != nil {
		return fmt.Errorf("insert round %d: %w", r.Number, err)
	}
	return tx.setRoundAreas(r)
}

// setRoundAreas writes the areas of a round that has none yet, and its pools.
func (tx *Tx) setRoundAreas(r *screening.Round) error {
	rows := make([][]any, len(r.Areas))
	for i, a := range r.Areas {
		rows[i] = []any{int64(r.ID), int64(a)}
	}
	if err := tx.bulk(`INSERT INTO screening_round_area (round, area) VALUES ($1, $2)`, rows); err != nil {
		return fmt.Errorf("insert the areas of round %d: %w", r.Number, err)
	}
	pools := make([][]any, len(r.Pools))
	for i, p := range r.Pools {
		pools[i] = []any{int64(r.ID), int64(p.Area), int64(p.Pool)}
	}
	if err := tx.bulk(`INSERT INTO screening_round_pool (round, area, pool) VALUES ($1, $2, $3)`, pools); err != nil {
		return fmt.Errorf("insert the pools of round %d: %w", r.Number, err)
	}
	return nil
}

// UpdateRound writes what is known of a round now. The version must be the one stored.
func (tx *Tx) UpdateRound(r *screening.Round) error {
	n, err := tx.exec(`UPDATE screening_round SET name = $1, area = $2, state = $3, starts_at = $4, ends_at = $5, pool = $6, opened_at = $7, closed_at = $8, by_pack = $9, version = version + 1 WHERE id = $10 AND version = $11`,
		r.Name, int64(r.Area), string(r.State), instant(r.StartsAt), instant(r.EndsAt), int64(r.Pool), instant(r.OpenedAt), instant(r.ClosedAt), flag(r.ByPack), int64(r.ID), r.Version)
	if err != nil {
		return fmt.Errorf("update round %d: %w", r.Number, err)
	}
	if n == 0 {
		return &Conflict{Noun: "round", ID: int64(r.ID), Want: r.Version}
	}
	r.Version++
	for _, text := range []string{`DELETE FROM screening_round_area WHERE round = $1`, `DELETE FROM screening_round_pool WHERE round = $1`} {
		if _, err := tx.exec(text, int64(r.ID)); err != nil {
			return fmt.Errorf("update round %d: %w", r.Number, err)
		}
	}
	return tx.setRoundAreas(r)
}

func (r *Reader) rounds(text string, args ...any) ([]screening.Round, error) {
	out, err := scanned(r, "read rounds", `SELECT `+roundColumns+` FROM screening_round WHERE `+text, args, func(scan func(...any) error) (x screening.Round, err error) {
		var starts, ends, opened, closed, byPack int64
		err = scan(&x.ID, &x.Outbreak, &x.Number, &x.Name, &x.Area, &x.State, &starts, &ends, &x.Pool, &opened, &closed, &x.Version, &byPack, &x.Group, &x.Series)
		x.StartsAt, x.EndsAt, x.OpenedAt, x.ClosedAt = when(starts), when(ends), when(opened), when(closed)
		x.ByPack = byPack > 0
		return x, err
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Areas, err = r.roundAreas(out[i].ID); err != nil {
			return nil, err
		}
		if out[i].Pools, err = r.roundPools(out[i].ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *Reader) roundAreas(id screening.RoundID) ([]place.AreaID, error) {
	return scanned(r, "read the areas of a round", `SELECT area FROM screening_round_area WHERE round = $1 ORDER BY area`, []any{int64(id)}, func(scan func(...any) error) (a place.AreaID, err error) {
		err = scan(&a)
		return a, err
	})
}

func (r *Reader) roundPools(id screening.RoundID) ([]screening.AreaPool, error) {
	return scanned(r, "read the pools of a round", `SELECT area, pool FROM screening_round_pool WHERE round = $1 ORDER BY area`, []any{int64(id)}, func(scan func(...any) error) (p screening.AreaPool, err error) {
		err = scan(&p.Area, &p.Pool)
		return p, err
	})
}

// Round returns one round. The caller has checked, or checks, that its area may be read.
func (r *Reader) Round(id screening.RoundID) (screening.Round, error) {
	list, err := r.rounds(`id = $1`, int64(id))
	return one(list, err, "round", id)
}

// RoundByNumber returns the round of a number in an outbreak. The caller has checked, or checks, that its area may be read.
func (r *Reader) RoundByNumber(o outbreak.ID, number int64) (screening.Round, error) {
	list, err := r.rounds(`outbreak = $1 AND number = $2`, int64(o), number)
	return one(list, err, "round number", number)
}

// Rounds returns the rounds of an outbreak, the newest first. The caller leaves out those whose area may not be read.
func (r *Reader) Rounds(o outbreak.ID) ([]screening.Round, error) {
	return r.rounds(`outbreak = $1 ORDER BY number DESC`, int64(o))
}

// one is the only row of a list, or an error that wraps ErrNotFound.
func one[T any, K any](list []T, err error, noun string, key K) (T, error) {
	var none T
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%s %v: %w", noun, key, ErrNotFound)
	}
	if err != nil {
		return none, err
	}
	return list[0], nil
}

const siteColumns = `id, outbreak, code, name, area, district, lon, lat, located, lanes, closed, version, opens, closes`

// AddSites inserts sites and gives them their IDs. Their codes must be new in the outbreak.
func (tx *Tx) AddSites(list []screening.Site) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("site", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i := range list {
		s := &list[i]
		s.ID, s.Version = screening.SiteID(first+int64(i)), 1
		rows[i] = []any{int64(s.ID), int64(s.Outbreak), s.Code, s.Name, int64(s.Area), int64(s.District), s.Lon, s.Lat, flag(s.Located), s.Lanes, flag(s.Closed), s.Version, minutes(s.Opens), minutes(s.Closes)}
	}
	if err := tx.bulk(`INSERT INTO site (`+siteColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, rows); err != nil {
		return fmt.Errorf("insert sites: %w", err)
	}
	return nil
}

// UpdateSite writes what is known of a site now. The version must be the one stored.
func (tx *Tx) UpdateSite(s *screening.Site) error {
	n, err := tx.exec(`UPDATE site SET name = $1, area = $2, district = $3, lon = $4, lat = $5, located = $6, lanes = $7, closed = $8, opens = $9, closes = $10, version = version + 1 WHERE id = $11 AND version = $12`,
		s.Name, int64(s.Area), int64(s.District), s.Lon, s.Lat, flag(s.Located), s.Lanes, flag(s.Closed), minutes(s.Opens), minutes(s.Closes), int64(s.ID), s.Version)
	if err != nil {
		return fmt.Errorf("update site %q: %w", s.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "site", ID: int64(s.ID), Want: s.Version}
	}
	s.Version++
	return nil
}

func (r *Reader) sites(text string, args ...any) ([]screening.Site, error) {
	return scanned(r, "read sites", `SELECT `+siteColumns+` FROM site WHERE `+text, args, func(scan func(...any) error) (s screening.Site, err error) {
		var located, closed, opens, closes int64
		err = scan(&s.ID, &s.Outbreak, &s.Code, &s.Name, &s.Area, &s.District, &s.Lon, &s.Lat, &located, &s.Lanes, &closed, &s.Version, &opens, &closes)
		s.Located, s.Closed = located != 0, closed != 0
		s.Opens, s.Closes = time.Duration(opens)*time.Minute, time.Duration(closes)*time.Minute
		return s, err
	})
}

// Site returns one site. The caller has checked, or checks, that its area may be read.
func (r *Reader) Site(id screening.SiteID) (screening.Site, error) {
	list, err := r.sites(`id = $1`, int64(id))
	return one(list, err, "site", id)
}

// SiteByCode returns the site of a code. The caller has checked, or checks, that its area may be read.
func (r *Reader) SiteByCode(o outbreak.ID, code string) (screening.Site, error) {
	list, err := r.sites(`outbreak = $1 AND code = $2`, int64(o), code)
	return one(list, err, "site", code)
}

// Sites returns the sites of an outbreak within a bound, by code.
func (r *Reader) Sites(o outbreak.ID, w Within) ([]screening.Site, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	return r.sites(`outbreak = $1`+s.gathered("area")+` ORDER BY code`, int64(o))
}

const deviceColumns = `id, outbreak, site, laboratory, role, desk, hash, enrol_by, enrolled_at, revoked_at, version`

// AddDevice inserts a device that is invited, and gives it its ID.
func (tx *Tx) AddDevice(d *screening.Device, district place.AreaID) error {
	id, err := tx.nextIDs("device", 1)
	if err != nil {
		return err
	}
	d.ID, d.Version = screening.DeviceID(id), 1
	_, err = tx.exec(`INSERT INTO device (id, outbreak, site, laboratory, role, district, desk, hash, enrol_by, enrolled_at, revoked_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		id, int64(d.Outbreak), int64(d.Site), int64(d.Laboratory), string(d.Role), int64(district), d.Desk, d.Key[:], instant(d.EnrolBy), instant(d.Enrolled), instant(d.RevokedAt), d.Version)
	if err != nil {
		return fmt.Errorf("insert device: %w", err)
	}
	return nil
}

// UpdateDevice writes what is known of a device now. The version must be the one stored.
func (tx *Tx) UpdateDevice(d *screening.Device) error {
	n, err := tx.exec(`UPDATE device SET site = $1, desk = $2, hash = $3, enrol_by = $4, enrolled_at = $5, revoked_at = $6, version = version + 1 WHERE id = $7 AND version = $8`,
		int64(d.Site), d.Desk, d.Key[:], instant(d.EnrolBy), instant(d.Enrolled), instant(d.RevokedAt), int64(d.ID), d.Version)
	if err != nil {
		return fmt.Errorf("update device %d: %w", d.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "device", ID: int64(d.ID), Want: d.Version}
	}
	d.Version++
	return nil
}

func (r *Reader) devices(text string, args ...any) ([]screening.Device, error) {
	return scanned(r, "read devices", `SELECT `+deviceColumns+` FROM device WHERE `+text, args, func(scan func(...any) error) (d screening.Device, err error) {
		var by, enrolled, revoked int64
		err = scan(&d.ID, &d.Outbreak, &d.Site, &d.Laboratory, &d.Role, &d.Desk, (*hashBytes)(&d.Key), &by, &enrolled, &revoked, &d.Version)
		d.EnrolBy, d.Enrolled, d.RevokedAt = when(by), when(enrolled), when(revoked)
		return d, err
	})
}

// Device returns one device. The caller has checked, or checks, that its site's area may be read.
func (r *Reader) Device(id screening.DeviceID) (screening.Device, error) {
	list, err := r.devices(`id = $1`, int64(id))
	return one(list, err, "device", id)
}

// DeviceByKey returns the device, or the invitation, of a key's hash.
func (r *Reader) DeviceByKey(hash [32]byte) (screening.Device, error) {
	list, err := r.devices(`hash = $1`, hash[:])
	return one(list, err, "device", "of this key")
}

// DevicesOfLaboratory returns the devices of a laboratory, the oldest first. The caller has checked that its area may be read.
func (r *Reader) DevicesOfLaboratory(id lab.LaboratoryID) ([]screening.Device, error) {
	return r.devices(`laboratory = $1 AND role = 'laboratory' ORDER BY id`, int64(id))
}

// DevicesOf returns the devices of a site, the oldest first. The caller has checked that the site's area may be read.
func (r *Reader) DevicesOf(s screening.SiteID) ([]screening.Device, error) {
	return r.devices(`site = $1 ORDER BY id`, int64(s))
}

// PersonNumbers calls each with every person above after who is somebody's only record: ID and dense number, 0 where they are placed nowhere.
func (r *Reader) PersonNumbers(after person.ID, each func(person.ID, person.Number)) error {
	rows, err := r.query(`SELECT id, number FROM person WHERE id > $1 AND merged_into = 0`, int64(after))
	if err != nil {
		return fmt.Errorf("read person numbers: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var id, n int64
		if err := rows.Scan(&id, &n); err != nil {
			return fmt.Errorf("read person numbers: %w", err)
		}
		each(person.ID(id), person.Number(n))
	}
	return rows.Err()
}

// NumberRun is a run of dense numbers of one area, as far as it was handed out.
type NumberRun struct {
	Area place.AreaID
	screening.Range
}

// NumberRuns returns all runs, in the order of their numbers.
func (r *Reader) NumberRuns() ([]NumberRun, error) {
	return scanned(r, "read runs of person numbers", `SELECT area, first, next FROM number_run ORDER BY first`, nil, func(scan func(...any) error) (x NumberRun, err error) {
		err = scan(&x.Area, &x.First, &x.Past)
		return x, err
	})
}

// MergedPeople returns who was merged, each with the one who is left at the end.
func (r *Reader) MergedPeople() (map[person.ID]person.ID, error) {
	rows, err := r.query(`SELECT id, merged_into FROM person WHERE merged_into > 0`)
	if err != nil {
		return nil, fmt.Errorf("read merged people: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := map[person.ID]person.ID{}
	for rows.Next() {
		var gone, into person.ID
		if err := rows.Scan(&gone, &into); err != nil {
			return nil, fmt.Errorf("read merged people: %w", err)
		}
		out[gone] = into
	}
	for gone, into := range out {
		for range maxMerges {
			further, ok := out[into]
			if !ok {
				break
			}
			into = further
		}
		out[gone] = into
	}
	return out, rows.Err()
}

// RoundSubject is what journal entries about a round are about.
func RoundSubject(id screening.RoundID) task.Subject {
	return task.Subject{Kind: OnRound, ID: int64(id)}
}

// RoundsSince returns the rounds of all outbreaks that are open, or were closed after an instant.
func (r *Reader) RoundsSince(closed time.Time) ([]screening.Round, error) {
	return r.rounds(`state = 'open' OR state = 'closed' AND closed_at > $1 ORDER BY id`, instant(closed))
}

// Standing is what was said of somebody who is due.
type Standing struct {
	Person   person.ID
	District place.AreaID
	Standing screening.Standing
	Reason   string
	SaidAt   time.Time
	SaidBy   string
}

// Standings returns who is exempt from a round or refused. The caller has checked that the round may be read.
func (r *Reader) Standings(id screening.RoundID) ([]Standing, error) {
	return r.standings(`round = $1 ORDER BY person`, int64(id))
}

// StandingsOf returns what was said of some people in a round. The caller has checked that they may be read.
func (r *Reader) StandingsOf(id screening.RoundID, people []person.ID) (map[person.ID]Standing, error) {
	out := make(map[person.ID]Standing, len(people))
	err := inChunks(people, func(part []person.ID) error {
		list, err := r.standings(`round = $1 AND person IN (`+numbers(part)+`)`, int64(id))
		for _, s := range list {
			out[s.Person] = s
		}
		return err
	})
	return out, err
}

func (r *Reader) standings(where string, args ...any) ([]Standing, error) {
	return scanned(r, "read who is exempt", `SELECT person, district, standing, reason, said_at, said_by FROM screening_standing WHERE `+where, args, func(scan func(...any) error) (s Standing, err error) {
		var at int64
		err = scan(&s.Person, &s.District, &s.Standing, &s.Reason, &at, &s.SaidBy)
		s.SaidAt = when(at)
		return s, err
	})
}

// SetStandings writes what was said of people who are due; what was said of them before is replaced. An empty Standing takes it back.
func (tx *Tx) SetStandings(id screening.RoundID, list []Standing) error {
	var gone, rows [][]any
	for _, s := range list {
		gone = append(gone, []any{int64(id), int64(s.Person)})
		if s.Standing != "" {
			rows = append(rows, []any{int64(id), int64(s.Person), int64(s.District), string(s.Standing), s.Reason, instant(s.SaidAt), s.SaidBy})
		}
	}
	if err := tx.bulk(`DELETE FROM screening_standing WHERE round = $1 AND person = $2`, gone); err != nil {
		return fmt.Errorf("write who is exempt: %w", err)
	}
	err := tx.bulk(`INSERT INTO screening_standing (round, person, district, standing, reason, said_at, said_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`, rows)
	if err != nil {
		return fmt.Errorf("write who is exempt: %w", err)
	}
	return nil
}
