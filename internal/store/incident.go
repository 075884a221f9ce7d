package store

import (
	"fmt"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
)

const incidentColumns = `id, outbreak, facility, area, district, kind, severity, place, stay, note, done, happened_at, noted_at, noted_by, opened_at, opened, closed_at, closed_by, version`

// AddIncident inserts an incident and gives it its ID.
func (tx *Tx) AddIncident(x *facility.Incident) error {
	id, err := tx.nextIDs("incident", 1)
	if err != nil {
		return err
	}
	x.ID, x.Version = facility.IncidentID(id), 1
	_, err = tx.exec(`INSERT INTO incident (`+incidentColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		id, int64(x.Outbreak), int64(x.Facility), int64(x.Area), int64(x.District), string(x.Kind), string(x.Severity), x.Where, int64(x.Stay), x.Note, x.Done,
		instant(x.HappenedAt), instant(x.NotedAt), x.NotedBy, instant(x.OpenedAt), x.Opened, instant(x.ClosedAt), x.ClosedBy, x.Version)
	return wrap(err, "insert incident", id)
}

// UpdateIncident writes what is known of an incident now. The version must be the one stored.
func (tx *Tx) UpdateIncident(x *facility.Incident) error {
	n, err := tx.exec(`UPDATE incident SET kind = $1, severity = $2, place = $3, stay = $4, note = $5, done = $6, opened_at = $7, opened = $8, closed_at = $9, closed_by = $10, version = version + 1 WHERE id = $11 AND version = $12`,
		string(x.Kind), string(x.Severity), x.Where, int64(x.Stay), x.Note, x.Done, instant(x.OpenedAt), x.Opened, instant(x.ClosedAt), x.ClosedBy, int64(x.ID), x.Version)
	if err != nil {
		return fmt.Errorf("update incident %d: %w", x.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "incident", ID: int64(x.ID), Want: x.Version}
	}
	x.Version++
	return nil
}

func (r *Reader) incidents(where string, args ...any) ([]facility.Incident, error) {
	return scanned(r, "read incidents", `SELECT `+incidentColumns+` FROM incident WHERE `+where, args, func(scan func(...any) error) (x facility.Incident, err error) {
		var happened, noted, opened, closed int64
		err = scan(&x.ID, &x.Outbreak, &x.Facility, &x.Area, &x.District, &x.Kind, &x.Severity, &x.Where, &x.Stay, &x.Note, &x.Done, &happened, &noted, &x.NotedBy, &opened, &x.Opened, &closed, &x.ClosedBy, &x.Version)
		x.HappenedAt, x.NotedAt, x.OpenedAt, x.ClosedAt = when(happened), when(noted), when(opened), when(closed)
		return x, err
	})
}

// Incident returns one incident. The caller has checked, or checks, that its area may be read.
func (r *Reader) Incident(id facility.IncidentID) (facility.Incident, error) {
	list, err := r.incidents(`id = $1`, int64(id))
	return one(list, err, "incident", id)
}

// IncidentsAt returns up to limit incidents of a facility: those that are open first, then the newest.
func (r *Reader) IncidentsAt(id facility.ID, limit int) ([]facility.Incident, error) {
	return r.incidents(`facility = $1 ORDER BY CASE WHEN closed_at = 0 THEN 0 ELSE 1 END, happened_at DESC, id DESC LIMIT $2`, int64(id), limit)
}

// IncidentCount is how many incidents of a kind there are.
type IncidentCount struct {
	Facility facility.ID
	Kind     facility.IncidentKind
	Lately   int64 // that happened from an instant on
	Open     int64 // not closed, whenever they happened
}

// IncidentCounts counts, within a bound, the incidents of an outbreak that happened from an instant on and those that are open, by facility and kind. One of neither is not counted.
func (r *Reader) IncidentCounts(o outbreak.ID, w Within, from time.Time) ([]IncidentCount, error) {
	s, err := r.reach(w)
	if err != nil || s.empty() {
		return nil, err
	}
	return scanned(r, "count incidents", `SELECT facility, kind, SUM(CASE WHEN happened_at >= $2 THEN 1 ELSE 0 END), SUM(CASE WHEN closed_at = 0 THEN 1 ELSE 0 END) FROM incident
WHERE outbreak = $1 AND (happened_at >= $2 OR closed_at = 0)`+s.gathered("area")+` GROUP BY facility, kind ORDER BY facility, kind`, []any{int64(o), instant(from)},
		func(scan func(...any) error) (c IncidentCount, err error) {
			err = scan(&c.Facility, &c.Kind, &c.Lately, &c.Open)
			return c, err
		})
}
