package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"firebreak/internal/outbreak"
)

const outbreakColumns = `id, name, title, area, zone, pack, phase, started_at, settings, version`

func scanOutbreak(s interface{ Scan(...any) error }) (o outbreak.Outbreak, err error) {
	var started int64
	var text string
	if err = s.Scan(&o.ID, &o.Name, &o.Title, &o.Area, &o.Zone, &o.Pack, &o.Phase, &started, &text, &o.Version); err != nil {
		return o, err
	}
	o.StartedAt = when(started)
	var set outbreakSettings
	if err := json.Unmarshal([]byte(text), &set); err != nil {
		return o, fmt.Errorf("settings of outbreak %d: %w", o.ID, err)
	}
	for _, e := range set.Earlier {
		o.Earlier = append(o.Earlier, outbreak.Era{Pack: e.Pack, Until: when(e.Until)})
	}
	return o, nil
}

// outbreakSettings is what the column settings holds.
type outbreakSettings struct {
	Earlier []struct {
		Pack  string `json:"pack"`
		Until int64  `json:"until"`
	} `json:"earlier,omitempty"`
}

func settingsOf(o *outbreak.Outbreak) (string, error) {
	var set outbreakSettings
	for _, e := range o.Earlier {
		set.Earlier = append(set.Earlier, struct {
			Pack  string `json:"pack"`
			Until int64  `json:"until"`
		}{e.Pack, instant(e.Until)})
	}
	b, err := json.Marshal(set)
	return string(b), err
}

// AddOutbreak inserts an outbreak and gives it its ID. Its name must be new.
func (tx *Tx) AddOutbreak(o *outbreak.Outbreak) error {
	id, err := tx.nextIDs("outbreak", 1)
	if err != nil {
		return err
	}
	o.ID, o.Version = outbreak.ID(id), 1
	_, err = tx.exec(`INSERT INTO outbreak (id, name, title, area, zone, pack, phase, started_at, settings, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '{}', $9)`,
		id, o.Name, o.Title, int64(o.Area), o.Zone, o.Pack, string(o.Phase), instant(o.StartedAt), o.Version)
	if err != nil {
		return fmt.Errorf("insert outbreak %q: %w", o.Name, err)
	}
	return nil
}

// UpdateOutbreak writes title, packs and phase. The version must be the one stored.
func (tx *Tx) UpdateOutbreak(o *outbreak.Outbreak) error {
	settings, err := settingsOf(o)
	if err != nil {
		return fmt.Errorf("update outbreak %q: %w", o.Name, err)
	}
	n, err := tx.exec(`UPDATE outbreak SET title = $1, pack = $2, phase = $3, settings = $4, version = version + 1 WHERE id = $5 AND version = $6`,
		o.Title, o.Pack, string(o.Phase), settings, int64(o.ID), o.Version)
	if err != nil {
		return fmt.Errorf("update outbreak %q: %w", o.Name, err)
	}
	if n == 0 {
		return &Conflict{Noun: "outbreak", ID: int64(o.ID), Want: o.Version}
	}
	o.Version++
	return nil
}

// Outbreak returns an outbreak.
func (r *Reader) Outbreak(id outbreak.ID) (outbreak.Outbreak, error) {
	o, err := scanOutbreak(r.row(`SELECT `+outbreakColumns+` FROM outbreak WHERE id = $1`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return o, fmt.Errorf("outbreak %d: %w", id, ErrNotFound)
	}
	return o, err
}

// OutbreakByName returns the outbreak that people call name.
func (r *Reader) OutbreakByName(name string) (outbreak.Outbreak, error) {
	o, err := scanOutbreak(r.row(`SELECT `+outbreakColumns+` FROM outbreak WHERE name = $1`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return o, fmt.Errorf("outbreak %q: %w", name, ErrNotFound)
	}
	return o, err
}

// Outbreaks returns every outbreak, newest first.
func (r *Reader) Outbreaks() ([]outbreak.Outbreak, error) {
	rows, err := r.query(`SELECT ` + outbreakColumns + ` FROM outbreak ORDER BY id DESC`)
	if err != nil {
		return nil, fmt.Errorf("read outbreaks: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []outbreak.Outbreak
	for rows.Next() {
		o, err := scanOutbreak(rows)
		if err != nil {
			return nil, fmt.Errorf("read outbreaks: %w", err)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}
