package store

import (
	"context"
	"fmt"

	"firebreak/internal/place"
)

// treeAt is the tree as the journal stood at seq.
type treeAt struct {
	areasSeq int64
	tree     *place.Tree
}

// Tree returns the jurisdictions. It is kept in memory and read again only when areas were imported since.
func (r *Reader) Tree() (*place.Tree, error) {
	if r.tree != nil {
		return r.tree, nil
	}
	seq, err := r.Cursor("areas")
	if err != nil {
		return nil, fmt.Errorf("read jurisdictions: %w", err)
	}
	// What is not committed is nobody else's to see, and its seq may be given again to something else.
	committed := r.within == nil || !r.within.areas
	if t := r.db.tree.Load(); t != nil && t.areasSeq == seq && committed {
		r.tree = t.tree
		return t.tree, nil
	}
	rows, err := r.query("SELECT id, parent, code, name, name_en, level, population FROM area")
	if err != nil {
		return nil, fmt.Errorf("read jurisdictions: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var list []place.Jurisdiction
	for rows.Next() {
		var j place.Jurisdiction
		if err := rows.Scan(&j.ID, &j.Parent, &j.Code, &j.Name, &j.NameEN, &j.Level, &j.Population); err != nil {
			return nil, fmt.Errorf("read jurisdictions: %w", err)
		}
		list = append(list, j)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read jurisdictions: %w", err)
	}
	t, err := place.NewTree(list)
	if err != nil {
		return nil, err
	}
	r.tree = t
	if committed {
		r.db.tree.Store(&treeAt{seq, t})
	}
	return t, nil
}

// Tree returns the jurisdictions as last committed.
func (db *DB) Tree(ctx context.Context) (t *place.Tree, err error) {
	err = db.View(ctx, func(r *Reader) error {
		t, err = r.Tree()
		return err
	})
	return t, err
}

// PutAreas inserts or updates jurisdictions by code. The parent is named by its code; both must form a tree with what is there.
// Boundaries are GeoJSON geometries by code; an absent one leaves what is there. seq is the journal entry that tells of it.
func (tx *Tx) PutAreas(list []place.NewJurisdiction, boundaries map[string]string, seq int64) (created, updated, unchanged int, err error) {
	tx.g.areas = true
	old, err := tx.Tree()
	if err != nil {
		return 0, 0, 0, err
	}
	ids := make(map[string]place.AreaID, old.Len()+len(list))
	for _, j := range old.All() {
		ids[j.Code] = j.ID
	}
	for _, j := range list {
		if _, ok := ids[j.Code]; !ok {
			id, err := tx.nextIDs("area", 1)
			if err != nil {
				return 0, 0, 0, err
			}
			ids[j.Code] = place.AreaID(id)
		}
	}
	reshaped := false // an area moved, came to lie below one that was there, or stands at another level
	for _, n := range list {
		j := n.Jurisdiction
		j.ID = ids[j.Code]
		if n.ParentCode != "" {
			p, ok := ids[n.ParentCode]
			if !ok {
				return 0, 0, 0, fmt.Errorf("jurisdiction %q: parent %q is neither in the file nor known", j.Code, n.ParentCode)
			}
			j.Parent = p
		}
		was, exists := old.Get(j.ID)
		reshaped = reshaped || old.Len() > 0 && (!exists || was.Parent != j.Parent || was.Level != j.Level)
		boundary, newBoundary := boundaries[j.Code]
		switch {
		case !exists:
			created++
			_, err = tx.exec("INSERT INTO area (id, parent, code, name, name_en, level, population, boundary) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
				int64(j.ID), int64(j.Parent), j.Code, j.Name, j.NameEN, string(j.Level), j.Population, boundary)
		case was != j:
			updated++
			_, err = tx.exec("UPDATE area SET parent = $1, name = $2, name_en = $3, level = $4, population = $5 WHERE id = $6",
				int64(j.Parent), j.Name, j.NameEN, string(j.Level), j.Population, int64(j.ID))
		default:
			unchanged++
		}
		if err == nil && exists && newBoundary {
			_, err = tx.exec("UPDATE area SET boundary = $1 WHERE id = $2", boundary, int64(j.ID))
		}
		if err != nil {
			return 0, 0, 0, fmt.Errorf("write jurisdiction %q: %w", j.Code, err)
		}
	}
	if err := tx.SetCursor("areas", seq); err != nil {
		return 0, 0, 0, err
	}
	tx.tree = nil
	// Reading the new tree checks that it is one; the copy for others is refreshed when they see the cursor.
	if _, err := tx.Tree(); err != nil {
		return 0, 0, 0, err
	}
	if reshaped {
		if err := tx.recountAll(); err != nil {
			return 0, 0, 0, err
		}
	}
	return created, updated, unchanged, nil
}

// Boundary is the outline of a jurisdiction.
type Boundary struct {
	Area     place.AreaID
	Geometry string // GeoJSON geometry
}

// Boundaries returns the outlines of the given jurisdictions, where known.
func (r *Reader) Boundaries(areas []place.AreaID) ([]Boundary, error) {
	var out []Boundary
	for _, a := range areas {
		var b Boundary
		if err := r.row("SELECT id, boundary FROM area WHERE id = $1", int64(a)).Scan(&b.Area, &b.Geometry); err != nil {
			return nil, fmt.Errorf("read boundary of area %d: %w", a, err)
		}
		if b.Geometry != "" {
			out = append(out, b)
		}
	}
	return out, nil
}

// tablesOfAreas are the tables whose rows lie in an area and carry its district beside it. They are constants of this file, never input.
func tablesOfAreas() []string {
	return []string{"cases", "contact", "case_count", "specimen", "zone", "cluster", "task", "person", "place", "import_job"}
}

// RecordsIn counts the records that lie directly in each of some areas, whatever their noun; an area without any is left out. It reads whole tables: it is for
// changes of the tree, not for pages.
func (r *Reader) RecordsIn(areas []place.AreaID) (map[place.AreaID]int, error) {
	out := map[place.AreaID]int{}
	if len(areas) == 0 {
		return out, nil
	}
	wanted := make(map[place.AreaID]bool, len(areas))
	for _, a := range areas {
		wanted[a] = true
	}
	for _, table := range tablesOfAreas() {
		err := func() error {
			rows, err := r.query("SELECT area, COUNT(*) FROM " + table + " WHERE area > 0 GROUP BY area")
			if err != nil {
				return err
			}
			defer rows.Close() //nolint:errcheck // rows.Err tells
			for rows.Next() {
				var a place.AreaID
				var n int
				if err := rows.Scan(&a, &n); err != nil {
					return err
				}
				if wanted[a] {
					out[a] += n
				}
			}
			return rows.Err()
		}()
		if err != nil {
			return nil, fmt.Errorf("count records of areas in %s: %w", table, err)
		}
	}
	return out, nil
}

// AreasSeq is the journal entry that last changed the tree: what a preview of a change was made on.
func (r *Reader) AreasSeq() (int64, error) { return r.Cursor("areas") }

// Outlined are the jurisdictions whose boundary is known.
func (r *Reader) Outlined() (map[place.AreaID]bool, error) {
	rows, err := r.query("SELECT id FROM area WHERE boundary <> ''")
	if err != nil {
		return nil, fmt.Errorf("read which boundaries are known: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	out := map[place.AreaID]bool{}
	for rows.Next() {
		var a place.AreaID
		if err := rows.Scan(&a); err != nil {
			return nil, fmt.Errorf("read which boundaries are known: %w", err)
		}
		out[a] = true
	}
	return out, rows.Err()
}
