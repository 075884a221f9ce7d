package store

import (
	"fmt"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/outbreak"
)

// ColumnMapID names a saved column map.
type ColumnMapID int64

// ColumnMap is what a person said the columns of a file mean, kept for the next file of the same sort. It holds names of columns and no record.
type ColumnMap struct {
	ID       ColumnMapID
	Outbreak outbreak.ID // 0: for every outbreak
	Name     string
	Kind     string // cases, contacts, links
	Mapping  string // as JSON; see exchange.ParseMap
	User     auth.UserID
	Login    string // of who saved it last

	CreatedAt, ChangedAt time.Time
	Version              int64
}

const columnMapColumns = `id, outbreak, name, kind, mapping, by_user, by_login, created_at, changed_at, version`

func (r *Reader) columnMaps(text string, args ...any) ([]ColumnMap, error) {
	rows, err := r.query(`SELECT `+columnMapColumns+` FROM column_map WHERE `+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read column maps: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []ColumnMap
	for rows.Next() {
		var m ColumnMap
		var created, changed int64
		if err := rows.Scan(&m.ID, &m.Outbreak, &m.Name, &m.Kind, &m.Mapping, &m.User, &m.Login, &created, &changed, &m.Version); err != nil {
			return nil, fmt.Errorf("read column maps: %w", err)
		}
		m.CreatedAt, m.ChangedAt = when(created), when(changed)
		out = append(out, m)
	}
	return out, rows.Err()
}

// ColumnMaps returns the maps of an outbreak and those for every outbreak, by name; the outbreak's own come first among equals.
func (r *Reader) ColumnMaps(o outbreak.ID) ([]ColumnMap, error) {
	return r.columnMaps(`outbreak IN (0, $1) ORDER BY name, outbreak DESC`, int64(o))
}

// ColumnMap returns one map of an outbreak, or for every outbreak. The error wraps ErrNotFound.
func (r *Reader) ColumnMap(o outbreak.ID, id ColumnMapID) (ColumnMap, error) {
	list, err := r.columnMaps(`id = $1 AND outbreak IN (0, $2)`, int64(id), int64(o))
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return ColumnMap{}, fmt.Errorf("column map %d: %w", id, ErrNotFound)
}

// ColumnMapByName returns the map that a name means in an outbreak: its own before the one for every outbreak. The error wraps ErrNotFound.
func (r *Reader) ColumnMapByName(o outbreak.ID, name string) (ColumnMap, error) {
	list, err := r.columnMaps(`outbreak IN (0, $1) AND name = $2 ORDER BY outbreak DESC`, int64(o), name)
	if err != nil || len(list) > 0 {
		return first(list), err
	}
	return ColumnMap{}, fmt.Errorf("column map %q: %w", name, ErrNotFound)
}

func first(list []ColumnMap) ColumnMap {
	if len(list) == 0 {
		return ColumnMap{}
	}
	return list[0]
}

// AddColumnMap inserts a map and gives it its ID. Where the name is taken the error is a *Conflict with what stands there.
func (tx *Tx) AddColumnMap(m *ColumnMap) error {
	taken, err := tx.columnMaps(`outbreak = $1 AND name = $2`, int64(m.Outbreak), m.Name)
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return &Conflict{Noun: "column map", ID: int64(taken[0].ID), Have: taken[0].Version}
	}
	id, err := tx.nextIDs("column_map", 1)
	if err != nil {
		return err
	}
	m.ID, m.Version, m.CreatedAt, m.ChangedAt = ColumnMapID(id), 1, tx.Now(), tx.Now()
	_, err = tx.exec(`INSERT INTO column_map (`+columnMapColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id, int64(m.Outbreak), m.Name, m.Kind, m.Mapping, int64(m.User), m.Login, instant(m.CreatedAt), instant(m.ChangedAt), m.Version)
	if err != nil {
		return fmt.Errorf("insert column map: %w", err)
	}
	return nil
}

// UpdateColumnMap writes a map's name and content. The version must be the one stored, else the error is a *Conflict.
func (tx *Tx) UpdateColumnMap(m *ColumnMap) error {
	m.ChangedAt = tx.Now()
	n, err := tx.exec(`UPDATE column_map SET name = $1, kind = $2, mapping = $3, by_user = $4, by_login = $5, changed_at = $6, version = version + 1 WHERE id = $7 AND version = $8`,
		m.Name, m.Kind, m.Mapping, int64(m.User), m.Login, instant(m.ChangedAt), int64(m.ID), m.Version)
	if err != nil {
		return fmt.Errorf("update column map %d: %w", m.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "column map", ID: int64(m.ID), Want: m.Version}
	}
	m.Version++
	return nil
}

// DeleteColumnMap removes a map. Imports that used it keep what they used.
func (tx *Tx) DeleteColumnMap(id ColumnMapID, version int64) error {
	n, err := tx.exec(`DELETE FROM column_map WHERE id = $1 AND version = $2`, int64(id), version)
	if err != nil {
		return fmt.Errorf("delete column map %d: %w", id, err)
	}
	if n == 0 {
		return &Conflict{Noun: "column map", ID: int64(id), Want: version}
	}
	return nil
}
