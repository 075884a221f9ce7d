package store

import (
	"fmt"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
	"firebreak/internal/task"
)

// NewLink is a link to insert, with where it came from.
type NewLink struct {
	cases.Link
	Origin task.FactRef
}

const linkColumns = `id, outbreak, from_case, to_case, from_code, to_code, kind, setting`

func scanLink(s interface{ Scan(...any) error }) (l cases.Link, err error) {
	err = s.Scan(&l.ID, &l.Outbreak, &l.From, &l.To, &l.FromCode, &l.ToCode, &l.Kind, &l.Setting)
	return l, err
}

// AddLinks inserts links. An end that is not a known case keeps its code and waits (ResolveLinks). A link that is there already is
// left as it is; created tells, for each of the list, whether it was new.
func (tx *Tx) AddLinks(list []NewLink) (created []bool, err error) {
	created = make([]bool, len(list))
	if len(list) == 0 {
		return created, nil
	}
	first, err := tx.nextIDs("link", int64(len(list)))
	if err != nil {
		return nil, err
	}
	const text = `INSERT INTO link (id, outbreak, from_case, to_case, from_code, to_code, kind, setting, origin_seq, origin_row)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (outbreak, from_code, to_code, kind) DO NOTHING`
	for i := range list {
		l := &list[i]
		l.ID = cases.LinkID(first + int64(i))
		n, err := tx.exec(text, int64(l.ID), int64(l.Outbreak), int64(l.From), int64(l.To), l.FromCode, l.ToCode, string(l.Kind), l.Setting, l.Origin.Seq, l.Origin.Row)
		if err != nil {
			return nil, fmt.Errorf("insert link from %q to %q: %w", l.FromCode, l.ToCode, err)
		}
		created[i] = n == 1
	}
	return created, nil
}

// ResolveLinks joins the waiting ends of an outbreak's links to cases that are known by now, and returns how many ends it joined.
func (tx *Tx) ResolveLinks(o outbreak.ID) (int64, error) {
	from, err := tx.exec(`UPDATE link SET from_case = (SELECT CASE WHEN c.merged_into > 0 THEN c.merged_into ELSE c.id END FROM cases c WHERE c.outbreak = link.outbreak AND c.code = link.from_code)
WHERE outbreak = $1 AND from_case = 0 AND EXISTS (SELECT 1 FROM cases c WHERE c.outbreak = link.outbreak AND c.code = link.from_code)`, int64(o))
	if err != nil {
		return 0, fmt.Errorf("resolve links: %w", err)
	}
	to, err := tx.exec(`UPDATE link SET to_case = (SELECT CASE WHEN c.merged_into > 0 THEN c.merged_into ELSE c.id END FROM cases c WHERE c.outbreak = link.outbreak AND c.code = link.to_code)
WHERE outbreak = $1 AND to_case = 0 AND EXISTS (SELECT 1 FROM cases c WHERE c.outbreak = link.outbreak AND c.code = link.to_code)`, int64(o))
	if err != nil {
		return 0, fmt.Errorf("resolve links: %w", err)
	}
	return from + to, nil
}

// RemoveLink deletes a link that was drawn in error; the journal keeps that it was.
func (tx *Tx) RemoveLink(id cases.LinkID) error {
	n, err := tx.exec(`DELETE FROM link WHERE id = $1`, int64(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("remove link %d: %w", id, err)
	}
	return nil
}

func (r *Reader) links(text string, args ...any) ([]cases.Link, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []cases.Link
	for rows.Next() {
		l, err := scanLink(rows)
		if err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// Link returns one link.
func (r *Reader) Link(id cases.LinkID) (cases.Link, error) {
	l, err := r.links(`SELECT `+linkColumns+` FROM link WHERE id = $1`, int64(id))
	if err == nil && len(l) == 0 {
		return cases.Link{}, fmt.Errorf("link %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return cases.Link{}, err
	}
	return l[0], nil
}

// Links returns all links of an outbreak, by ID. Those that a merge set aside are left out.
func (r *Reader) Links(o outbreak.ID) ([]cases.Link, error) {
	return r.links(`SELECT `+linkColumns+` FROM link WHERE outbreak = $1 AND aside = 0 ORDER BY id`, int64(o))
}

// LinksOf returns the links of one case, either way, by ID.
func (r *Reader) LinksOf(c cases.ID) ([]cases.Link, error) {
	return r.links(`SELECT `+linkColumns+` FROM link WHERE from_case = $1 AND from_case > 0 AND aside = 0
UNION SELECT `+linkColumns+` FROM link WHERE to_case = $2 AND to_case > 0 AND aside = 0 ORDER BY 1`, int64(c), int64(c))
}

// UnresolvedLinks returns the links that have an end which is no known case, and how many there are in all.
func (r *Reader) UnresolvedLinks(o outbreak.ID, limit int) ([]cases.Link, int64, error) {
	var n int64
	if err := r.row(`SELECT COUNT(*) FROM link WHERE outbreak = $1 AND kind <> 'event' AND (from_case = 0 OR to_case = 0)`, int64(o)).Scan(&n); err != nil {
		return nil, 0, fmt.Errorf("count unresolved links: %w", err)
	}
	list, err := r.links(`SELECT `+linkColumns+` FROM link WHERE outbreak = $1 AND kind <> 'event' AND (from_case = 0 OR to_case = 0) ORDER BY id LIMIT $2`, int64(o), limit)
	return list, n, err
}
