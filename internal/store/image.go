package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Rows are rows by table and ID.
type Rows map[string]map[int64]bool

// Add adds a row.
func (s Rows) Add(table string, id int64) {
	if s[table] == nil {
		s[table] = map[int64]bool{}
	}
	s[table][id] = true
}

// Image is what lay in some rows: by table, ID and column. Versions are left out: they only ever grow.
type Image map[string]map[int64]map[string]Value

// Value is what one column holds: a whole number, another number, or text.
type Value struct {
	N *int64   `json:"n,omitempty"`
	F *float64 `json:"f,omitempty"`
	S *string  `json:"s,omitempty"`
}

func (v Value) equal(w Value) bool {
	switch {
	case v.N != nil:
		return w.N != nil && *v.N == *w.N
	case v.F != nil:
		return w.F != nil && *v.F == *w.F
	case v.S != nil:
		return w.S != nil && *v.S == *w.S
	}
	return w == v
}

func (v Value) arg() any {
	switch {
	case v.N != nil:
		return *v.N
	case v.F != nil:
		return *v.F
	case v.S != nil:
		return *v.S
	}
	return nil
}

// Was is one column that changed.
type Was struct {
	Table  string `json:"table"`
	ID     int64  `json:"id"`
	Column string `json:"column"`
	Before Value  `json:"before"`
	After  Value  `json:"after"`
}

// imaged are the tables that can be imaged, and whether a row counts its versions. Tables whose rows are counted elsewhere (tasks) or sealed to their place
// (identities) are put back by those who keep them.
func imaged() map[string]bool {
	return map[string]bool{"person": true, "cases": true, "contact": true, "specimen": true, "zone": true, "exposure": true, "link": false, "contact_check": false, "hold": false, "self_test": false, "appeal": true, "restriction": true,
		"stay": true, "severity": false, "admission": true}
}

// Image reads rows as they lie now. Rows that are not there are left out.
func (r *Reader) Image(rows Rows) (Image, error) {
	out := Image{}
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		if _, ok := imaged()[table]; !ok {
			return nil, fmt.Errorf("image of table %q: it has none", table)
		}
		out[table] = map[int64]map[string]Value{}
		err := inChunks(slices.Sorted(maps.Keys(rows[table])), func(part []int64) error { return r.image(table, part, out[table]) })
		if err != nil {
			return nil, fmt.Errorf("image of table %s: %w", table, err)
		}
	}
	return out, nil
}

func (r *Reader) image(table string, ids []int64, into map[int64]map[string]Value) error {
	rows, err := r.rows(`SELECT * FROM ` + table + ` WHERE id IN (` + numbers(ids) + `)`)
	for _, row := range rows {
		id := *row["id"].N
		delete(row, "id")
		delete(row, "version")
		into[id] = row
	}
	return err
}

// rows reads whole rows, by column.
func (r *Reader) rows(text string, args ...any) ([]map[string]Value, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []map[string]Value
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		row := make(map[string]Value, len(names))
		for i, name := range names {
			switch v := (*cells[i].(*any)).(type) {
			case int64:
				row[name] = Value{N: &v}
			case float64:
				row[name] = Value{F: &v}
			case string:
				row[name] = Value{S: &v}
			case []byte: // a digest, which no order on people changes
			default:
				return nil, fmt.Errorf("column %s holds a %T", name, v)
			}
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// Diff lists the columns that changed from a to b, in the rows that both have, in a fixed order.
func (a Image) Diff(b Image) []Was {
	var out []Was
	for _, table := range slices.Sorted(maps.Keys(a)) {
		for _, id := range slices.Sorted(maps.Keys(a[table])) {
			now, ok := b[table][id]
			if !ok {
				continue
			}
			for _, column := range slices.Sorted(maps.Keys(a[table][id])) {
				if before := a[table][id][column]; !before.equal(now[column]) {
					out = append(out, Was{table, id, column, before, now[column]})
				}
			}
		}
	}
	return out
}

// PutBack gives columns the value they had before, where they still hold the one that they were given; what has been changed since is left, and
// returned. Versions count up.
func (tx *Tx) PutBack(list []Was) (left []Was, err error) {
	rows := Rows{}
	for _, w := range list {
		rows.Add(w.Table, w.ID)
	}
	now, err := tx.Image(rows)
	if err != nil {
		return nil, err
	}
	type row struct {
		table string
		id    int64
	}
	var order []row
	back := map[row][]Was{}
	for _, w := range list {
		have, known := now[w.Table][w.ID][w.Column]
		if !known || !have.equal(w.After) {
			left = append(left, w)
			continue
		}
		k := row{w.Table, w.ID}
		if back[k] == nil {
			order = append(order, k)
		}
		back[k] = append(back[k], w)
	}
	// First the rows that go back to another person: where they were, those of this one come back.
	slices.SortStableFunc(order, func(a, b row) int { return cmp.Compare(moves(back[b]), moves(back[a])) })
	versions := imaged()
	for _, k := range order {
		var set []string
		var args []any
		for _, w := range back[k] {
			args = append(args, w.Before.arg())
			set = append(set, w.Column+" = $"+strconv.Itoa(len(args)))
		}
		if versions[k.table] {
			set = append(set, "version = version + 1")
		}
		args = append(args, k.id)
		if _, err := tx.exec(`UPDATE `+k.table+` SET `+strings.Join(set, ", ")+` WHERE id = $`+strconv.Itoa(len(args)), args...); err != nil {
			return nil, fmt.Errorf("put back %s %d: %w", k.table, k.id, err)
		}
	}
	return left, nil
}

// moves is 1 for a row that goes to another person or record, otherwise 0.
func moves(list []Was) int {
	for _, w := range list {
		switch w.Column {
		case "person", "case_id", "case_of", "contact_of":
			return 1
		}
	}
	return 0
}
