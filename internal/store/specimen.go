package store

import (
	"database/sql"
	"errors"
	"fmt"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
)

const specimenColumns = `id, outbreak, person, area, district, code, method, taken_at, result, result_at, ct, lab, version`

func scanSpecimen(s interface{ Scan(...any) error }) (p lab.Specimen, err error) {
	var taken, result int64
	err = s.Scan(&p.ID, &p.Outbreak, &p.Person, &p.Area, &p.District, &p.Code, &p.Method, &taken, &p.Result, &result, &p.Ct, &p.Lab, &p.Version)
	p.TakenAt, p.ResultAt = when(taken), when(result)
	return p, err
}

// AddSpecimen inserts a specimen and gives it its ID. Its code must be new in the outbreak.
func (tx *Tx) AddSpecimen(s *lab.Specimen) error {
	id, err := tx.nextIDs("specimen", 1)
	if err != nil {
		return err
	}
	s.ID, s.Version = lab.SpecimenID(id), 1
	_, err = tx.exec(`INSERT INTO specimen (`+specimenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		id, int64(s.Outbreak), int64(s.Person), int64(s.Area), int64(s.District), s.Code, string(s.Method), instant(s.TakenAt), string(s.Result), instant(s.ResultAt), s.Ct, s.Lab, s.Version)
	if err != nil {
		return fmt.Errorf("insert specimen %q: %w", s.Code, err)
	}
	return nil
}

// UpdateSpecimen writes the result of a specimen. The version must be the one stored.
func (tx *Tx) UpdateSpecimen(s *lab.Specimen) error {
	n, err := tx.exec(`UPDATE specimen SET method = $1, taken_at = $2, result = $3, result_at = $4, ct = $5, lab = $6, version = version + 1 WHERE id = $7 AND version = $8`,
		string(s.Method), instant(s.TakenAt), string(s.Result), instant(s.ResultAt), s.Ct, s.Lab, int64(s.ID), s.Version)
	if err != nil {
		return fmt.Errorf("update specimen %q: %w", s.Code, err)
	}
	if n == 0 {
		return &Conflict{Noun: "specimen", ID: int64(s.ID), Want: s.Version}
	}
	s.Version++
	return nil
}

// Specimen returns one specimen.
func (r *Reader) Specimen(id lab.SpecimenID) (lab.Specimen, error) {
	s, err := scanSpecimen(r.row(`SELECT `+specimenColumns+` FROM specimen WHERE id = $1`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("specimen %d: %w", id, ErrNotFound)
	}
	return s, err
}

// SpecimenByCode returns the specimen with that label.
func (r *Reader) SpecimenByCode(o outbreak.ID, code string) (lab.Specimen, error) {
	s, err := scanSpecimen(r.row(`SELECT `+specimenColumns+` FROM specimen WHERE outbreak = $1 AND code = $2`, int64(o), code))
	if errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("specimen %q: %w", code, ErrNotFound)
	}
	return s, err
}

// SpecimensOf returns a person's specimens in an outbreak, in the order in which they were taken.
func (r *Reader) SpecimensOf(p person.ID, o outbreak.ID) ([]lab.Specimen, error) {
	return r.specimens(`SELECT `+specimenColumns+` FROM specimen WHERE person = $1 AND outbreak = $2 ORDER BY taken_at, id`, int64(p), int64(o))
}

func (r *Reader) specimens(text string, args ...any) ([]lab.Specimen, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read specimens: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []lab.Specimen
	for rows.Next() {
		s, err := scanSpecimen(rows)
		if err != nil {
			return nil, fmt.Errorf("read specimens: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
