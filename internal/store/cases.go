package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// NewCase is a case to insert, with where it came from.
type NewCase struct {
	cases.Case
	Origin task.FactRef // the fact that brought it
	Digest []byte       // of the imported row; nil when typed in
}

const caseColumns = `id, outbreak, person, code, class, area, district, onset, sampled, exposed_from, exposed_to, noted_at, reported_at, verified_at, confirmed_at, isolated_at, admitted_at,
investigated_at, listed_at, found, outcome, outcome_on, setting, hospital, lon, lat, located, attributes, version, merged_into`

func scanCase(s interface{ Scan(...any) error }, more ...any) (c cases.Case, err error) {
	var noted, reported, verified, confirmed, isolated, admitted, investigated, listed, located int64
	var attributes string
	into := []any{&c.ID, &c.Outbreak, &c.Person, &c.Code, &c.Class, &c.Area, &c.District, &c.Onset, &c.Sampled, &c.ExposedFrom, &c.ExposedTo, &noted, &reported, &verified, &confirmed, &isolated, &admitted,
		&investigated, &listed, &c.Found, &c.Outcome, &c.OutcomeOn, &c.Setting, &c.Hospital, &c.Lon, &c.Lat, &located, &attributes, &c.Version, &c.MergedInto}
	if err := s.Scan(append(into, more...)...); err != nil {
		return c, err
	}
	c.ReportedAt, c.ConfirmedAt, c.IsolatedAt, c.AdmittedAt = when(reported), when(confirmed), when(isolated), when(admitted)
	c.NotedAt, c.VerifiedAt = when(noted), when(verified)
	c.Investigated, c.ListedAt, c.Located = when(investigated), when(listed), located != 0
	c.Attributes, err = readAttributes(attributes)
	return c, err
}

func readAttributes(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var m map[string]string
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, fmt.Errorf("read attributes: %w", err)
	}
	return m, nil
}

func writeAttributes(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(m) // keys come out sorted
	return string(b), err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// CaseIDs hands out n consecutive IDs for cases that AddCases will insert, and returns the first.
func (tx *Tx) CaseIDs(n int) (cases.ID, error) {
	first, err := tx.nextIDs("cases", int64(n))
	return cases.ID(first), err
}

// AddCases inserts cases whose IDs CaseIDs gave. The codes must be new in the outbreak.
func (tx *Tx) AddCases(list []*NewCase) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]any, len(list))
	for i, c := range list {
		c.Version = 1
		attributes, err := writeAttributes(c.Attributes)
		if err != nil {
			return fmt.Errorf("case %q: %w", c.Code, err)
		}
		digest := c.Digest
		if digest == nil {
			digest = []byte{}
		}
		rows[i] = []any{int64(c.ID), int64(c.Outbreak), int64(c.Person), c.Code, string(c.Class), int64(c.Area), int64(c.District), c.Onset.String(), c.Sampled.String(),
			c.ExposedFrom.String(), c.ExposedTo.String(), instant(c.NotedAt), instant(c.ReportedAt), instant(c.VerifiedAt), instant(c.ConfirmedAt), instant(c.IsolatedAt), instant(c.AdmittedAt), instant(c.Investigated),
			instant(c.ListedAt), string(c.Found), string(c.Outcome), c.OutcomeOn.String(), c.Setting, c.Hospital, c.Lon, c.Lat, flag(c.Located), attributes,
			c.Origin.Seq, c.Origin.Row, digest, 0, c.Version}
	}
	const text = `INSERT INTO cases (id, outbreak, person, code, class, area, district, onset, sampled, exposed_from, exposed_to, noted_at, reported_at, verified_at, confirmed_at, isolated_at, admitted_at,
investigated_at, listed_at, found, outcome, outcome_on, setting, hospital, lon, lat, located, attributes, origin_seq, origin_row, digest, merged_into, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("insert cases: %w", err)
	}
	return nil
}

// UpdateCase writes what is known of a case now. The version must be the one stored; it is counted up. digest is that of the imported row, nil to keep.
func (tx *Tx) UpdateCase(c *cases.Case, digest []byte) error {
	attributes, err := writeAttributes(c.Attributes)
	if err != nil {
		return fmt.Errorf("case %q: %w", c.Code, err)
	}
	const text = `UPDATE cases SET class = $1, area = $2, district = $3, onset = $4, sampled = $5, exposed_from = $6, exposed_to = $7, noted_at = $8, reported_at = $9, verified_at = $10, confirmed_at = $11,
isolated_at = $12, admitted_at = $13, investigated_at = $14, listed_at = $15, found = $16, outcome = $17, outcome_on = $18, setting = $19, hospital = $20, lon = $21, lat = $22,
located = $23, attributes = $24, version = version + 1 WHERE id = $25 AND version = $26`
	n, err := tx.exec(text, string(c.Class), int64(c.Area), int64(c.District), c.Onset.String(), c.Sampled.String(), c.ExposedFrom.String(), c.ExposedTo.String(), instant(c.NotedAt), instant(c.ReportedAt),
		instant(c.VerifiedAt), instant(c.ConfirmedAt), instant(c.IsolatedAt), instant(c.AdmittedAt), instant(c.Investigated), instant(c.ListedAt), string(c.Found), string(c.Outcome), c.OutcomeOn.String(),
		c.Setting, c.Hospital, c.Lon, c.Lat, flag(c.Located), attributes, int64(c.ID), c.Version)
	if err != nil {
		return fmt.Errorf("update case %q: %w", c.Code, err)
	}
	if n == 0 {
		return tx.caseConflict(c.ID, c.Version)
	}
	if digest != nil {
		if _, err := tx.exec(`UPDATE cases SET digest = $1 WHERE id = $2`, digest, int64(c.ID)); err != nil {
			return fmt.Errorf("update case %q: %w", c.Code, err)
		}
	}
	c.Version++
	return nil
}

func (tx *Tx) caseConflict(id cases.ID, want int64) error {
	now, err := tx.Case(id)
	if err != nil {
		return err
	}
	return &Conflict{Noun: "case", ID: int64(id), Have: now.Version, Want: want}
}

// Case returns one case. The caller has checked that its area may be read.
func (r *Reader) Case(id cases.ID) (cases.Case, error) {
	c, err := scanCase(r.row(`SELECT `+caseColumns+` FROM cases WHERE id = $1`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("case %d: %w", id, ErrNotFound)
	}
	return c, err
}

// CaseOrigin returns the fact that brought a case.
func (r *Reader) CaseOrigin(id cases.ID) (task.FactRef, error) {
	var f task.FactRef
	err := r.row(`SELECT origin_seq, origin_row FROM cases WHERE id = $1`, int64(id)).Scan(&f.Seq, &f.Row)
	return f, err
}

// CaseByCode returns the case that people call code.
func (r *Reader) CaseByCode(o outbreak.ID, code string) (cases.Case, error) {
	c, err := scanCase(r.row(`SELECT `+caseColumns+` FROM cases WHERE outbreak = $1 AND code = $2`, int64(o), code))
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("case %q: %w", code, ErrNotFound)
	}
	return c, err
}

// Stored is a case as an import finds it.
type Stored struct {
	cases.Case
	Digest []byte
}

// CasesByCodes returns those of the codes that are known, by code.
func (r *Reader) CasesByCodes(o outbreak.ID, codes []string) (map[string]Stored, error) {
	out := make(map[string]Stored, len(codes))
	err := inChunks(codes, func(part []string) error {
		args := []any{int64(o)}
		rows, err := r.query(`SELECT `+caseColumns+`, digest FROM cases WHERE outbreak = $1 AND code IN (`+placeholders(&args, part)+`)`, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var s Stored
			if s.Case, err = scanCase(rows, &s.Digest); err != nil {
				return err
			}
			out[s.Code] = s
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look up cases by code: %w", err)
	}
	return out, nil
}

// placeholders adds the values to args and returns "$2, $3 ...", for IN: the list is filled up to a power of two with its last value, so that few texts are prepared.
func placeholders[T ~string | ~int64](args *[]any, values []T) string {
	var b strings.Builder
	for i := range 1 << bits.Len(uint(max(0, len(values)-1))) {
		if len(values) == 0 {
			break
		}
		v := values[min(i, len(values)-1)]
		if i > 0 {
			b.WriteString(", ")
		}
		switch v := any(v).(type) {
		case string:
			*args = append(*args, v)
		case int64:
			*args = append(*args, v)
		default:
			*args = append(*args, fmt.Sprint(v))
		}
		fmt.Fprintf(&b, "$%d", len(*args))
	}
	return b.String()
}

// inChunks calls fn with parts of a list that fit a statement's placeholders. Parts are of one size but the last, so that few different texts are prepared.
func inChunks[T any](list []T, fn func([]T) error) error {
	const most = 500
	for start := 0; start < len(list); start += most {
		if err := fn(list[start:min(start+most, len(list))]); err != nil {
			return err
		}
	}
	return nil
}

// CasesOf returns every case of a person, in whichever outbreak, oldest first. One that was merged into another stays with the person it was entered for.
func (r *Reader) CasesOf(p person.ID) ([]cases.Case, error) {
	return r.caseList(`SELECT `+caseColumns+` FROM cases WHERE person = $1 ORDER BY id`, int64(p))
}

func (r *Reader) caseList(text string, args ...any) ([]cases.Case, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []cases.Case
	for rows.Next() {
		c, err := scanCase(rows)
		if err != nil {
			return nil, fmt.Errorf("read cases: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// EachCase calls fn for every case of an outbreak whose area is in the set (nil means all), by ID, reading page after page so that
// memory stays constant. Merged cases are left out.
func (r *Reader) EachCase(o outbreak.ID, in func(place.AreaID) bool, fn func(cases.Case) error) error {
	after := int64(0)
	for {
		page, err := r.caseList(`SELECT `+caseColumns+` FROM cases WHERE outbreak = $1 AND id > $2 AND merged_into = 0 ORDER BY id LIMIT 2000`, int64(o), after)
		if err != nil {
			return err
		}
		for _, c := range page {
			after = int64(c.ID)
			if in != nil && !in(c.Area) {
				continue
			}
			if err := fn(c); err != nil {
				return err
			}
		}
		if len(page) == 0 {
			return nil
		}
	}
}
