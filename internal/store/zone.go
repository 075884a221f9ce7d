package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/zone"
)

const zoneColumns = `id, outbreak, area, district, level, state, case_id, proposed_at, decided_at, reason, version`

func (r *Reader) zones(text string, args ...any) ([]zone.Zone, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read zones: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []zone.Zone
	for rows.Next() {
		var z zone.Zone
		var proposed, decided int64
		if err := rows.Scan(&z.ID, &z.Outbreak, &z.Area, &z.District, &z.Level, &z.State, &z.Case, &proposed, &decided, &z.Reason, &z.Version); err != nil {
			return nil, fmt.Errorf("read zones: %w", err)
		}
		z.ProposedAt, z.DecidedAt = when(proposed), when(decided)
		out = append(out, z)
	}
	return out, rows.Err()
}

// ZonesOf returns the zones a case gave cause to.
func (r *Reader) ZonesOf(c cases.ID) ([]zone.Zone, error) {
	return r.zones(`SELECT `+zoneColumns+` FROM zone WHERE case_id = $1 ORDER BY id`, int64(c))
}

// Zones returns the zones of an outbreak that are proposed or in force.
func (r *Reader) Zones(o outbreak.ID) ([]zone.Zone, error) {
	return r.zones(`SELECT `+zoneColumns+` FROM zone WHERE outbreak = $1 AND state IN ('proposed', 'in_force') ORDER BY id`, int64(o))
}

// Zone returns one zone.
func (r *Reader) Zone(id zone.ID) (zone.Zone, error) {
	z, err := r.zones(`SELECT `+zoneColumns+` FROM zone WHERE id = $1`, int64(id))
	if err == nil && len(z) == 0 {
		err = sql.ErrNoRows
	}
	if errors.Is(err, sql.ErrNoRows) {
		return zone.Zone{}, fmt.Errorf("zone %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return zone.Zone{}, err
	}
	return z[0], nil
}

// ZoneAt returns the zone proposed or in force on exactly that area at that level, if any: several cases of one community make one zone.
func (r *Reader) ZoneAt(o outbreak.ID, area int64, level zone.Level) (*zone.Zone, error) {
	z, err := r.zones(`SELECT `+zoneColumns+` FROM zone WHERE outbreak = $1 AND area = $2 AND level = $3 AND state IN ('proposed', 'in_force') ORDER BY id LIMIT 1`, int64(o), area, string(level))
	if err != nil || len(z) == 0 {
		return nil, err
	}
	return &z[0], nil
}

// ZoneFilter says which zones a list has.
type ZoneFilter struct {
	Outbreak outbreak.ID
	Within   Within
	States   []zone.State // any of them; empty: all
	Before   zone.ID      // only those proposed before this one; 0: from the newest on
}

// ZoneList returns up to limit zones, the newest first.
func (r *Reader) ZoneList(f ZoneFilter, limit int) ([]zone.Zone, error) {
	s, err := r.reach(f.Within)
	if err != nil || s.empty() {
		return nil, err
	}
	text := `SELECT ` + zoneColumns + ` FROM zone WHERE outbreak = $1` + s.gathered("area")
	args := []any{int64(f.Outbreak)}
	var states []string
	for _, state := range f.States {
		args = append(args, string(state))
		states = append(states, "$"+strconv.Itoa(len(args)))
	}
	if len(states) > 0 {
		text += " AND state IN (" + strings.Join(states, ", ") + ")"
	}
	if f.Before != 0 {
		args = append(args, int64(f.Before))
		text += " AND id < $" + strconv.Itoa(len(args))
	}
	args = append(args, limit)
	return r.zones(text+" ORDER BY id DESC LIMIT $"+strconv.Itoa(len(args)), args...)
}

// LastCommunityCases returns for each of the areas when the last infected case of it and what lies below it was confirmed, those found in isolation left out: they had met
// nobody. An area without one is left out.
func (r *Reader) LastCommunityCases(o outbreak.ID, areas ...place.AreaID) (map[place.AreaID]time.Time, error) {
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	rows, err := r.query(`SELECT area, MAX(confirmed_at) FROM cases WHERE outbreak = $1 AND class IN ('confirmed', 'asymptomatic') AND found <> 'isolation' AND merged_into = 0 GROUP BY area`, int64(o))
	if err != nil {
		return nil, fmt.Errorf("read the last cases of areas: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := map[place.AreaID]time.Time{}
	for rows.Next() {
		var at place.AreaID
		var last int64
		if err := rows.Scan(&at, &last); err != nil {
			return nil, fmt.Errorf("read the last cases of areas: %w", err)
		}
		for _, area := range areas {
			if t := when(last); tree.Contains(area, at) && t.After(out[area]) {
				out[area] = t
			}
		}
	}
	return out, rows.Err()
}

// AddZone inserts a zone and gives it its ID.
func (tx *Tx) AddZone(z *zone.Zone) error {
	id, err := tx.nextIDs("zone", 1)
	if err != nil {
		return err
	}
	z.ID, z.Version = zone.ID(id), 1
	_, err = tx.exec(`INSERT INTO zone (id, outbreak, area, district, level, state, case_id, proposed_at, decided_at, reason, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10)`,
		id, int64(z.Outbreak), int64(z.Area), int64(z.District), string(z.Level), string(z.State), int64(z.Case), instant(z.ProposedAt), instant(z.DecidedAt), z.Version)
	if err != nil {
		return fmt.Errorf("insert zone: %w", err)
	}
	return nil
}

// UpdateZone writes a decision on a zone. The version must be the one stored.
func (tx *Tx) UpdateZone(z *zone.Zone) error {
	n, err := tx.exec(`UPDATE zone SET level = $1, state = $2, decided_at = $3, reason = $4, version = version + 1 WHERE id = $5 AND version = $6`,
		string(z.Level), string(z.State), instant(z.DecidedAt), z.Reason, int64(z.ID), z.Version)
	if err != nil {
		return fmt.Errorf("update zone %d: %w", z.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "zone", ID: int64(z.ID), Want: z.Version}
	}
	z.Version++
	return nil
}
