package store

import (
	"database/sql"
	"errors"
	"fmt"

	"firebreak/internal/day"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// numberRun is how many dense numbers a community is given at a time: a multiple of a bitmap container's word, so that runs of different
// communities never share one.
const numberRun = 4096

const personColumns = `id, number, area, district, household, sex, born, age, age_class, version`

func scanPerson(s interface{ Scan(...any) error }) (p person.Person, err error) {
	var born day.Day
	err = s.Scan(&p.ID, &p.Number, &p.Area, &p.District, &p.Household, &p.Sex, &born, &p.Age, &p.AgeClass, &p.Version)
	p.Born = born
	return p, err
}

// Person returns one person. The caller has checked that they may be read.
func (r *Reader) Person(id person.ID) (person.Person, error) {
	p, err := scanPerson(r.row(`SELECT `+personColumns+` FROM person WHERE id = $1`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("person %d: %w", id, ErrNotFound)
	}
	return p, err
}

// AddPeople inserts people, giving each an ID and, where the area is known, a dense number of that area. The slice is filled in.
func (tx *Tx) AddPeople(list []person.Person) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("person", int64(len(list)))
	if err != nil {
		return err
	}
	numbers := map[place.AreaID]int64{}
	for _, p := range list {
		if p.Area != 0 && p.Number == 0 {
			numbers[p.Area]++
		}
	}
	next := map[place.AreaID][]person.Number{}
	for area, n := range numbers {
		if next[area], err = tx.takeNumbers(area, n); err != nil {
			return err
		}
	}
	rows := make([][]any, len(list))
	for i := range list {
		p := &list[i]
		p.ID, p.Version = person.ID(first+int64(i)), 1
		if p.Area != 0 && p.Number == 0 {
			p.Number, next[p.Area] = next[p.Area][0], next[p.Area][1:]
		}
		rows[i] = []any{int64(p.ID), int64(p.Number), int64(p.Area), int64(p.District), int64(p.Household), string(p.Sex), p.Born.String(), int64(p.Age), p.AgeClass, 0, p.Version}
	}
	const text = `INSERT INTO person (id, number, area, district, household, sex, born, age, age_class, merged_into, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("insert people: %w", err)
	}
	return nil
}

// takeNumbers hands out n dense numbers of an area, opening new runs as the last one fills.
func (tx *Tx) takeNumbers(area place.AreaID, n int64) ([]person.Number, error) {
	out := make([]person.Number, 0, n)
	for n > 0 {
		var first, next, past int64
		err := tx.row(`SELECT first, next, past FROM number_run WHERE area = $1 ORDER BY first DESC LIMIT 1`, int64(area)).Scan(&first, &next, &past)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("take person numbers of area %d: %w", area, err)
		}
		if errors.Is(err, sql.ErrNoRows) || next == past {
			// Runs follow each other from 1 on; the last one tells where the next begins.
			var last sql.NullInt64
			if err := tx.row(`SELECT MAX(past) FROM number_run`).Scan(&last); err != nil {
				return nil, fmt.Errorf("take person numbers of area %d: %w", area, err)
			}
			first = max(last.Int64, numberRun)
			next, past = first, first+numberRun
			if _, err := tx.exec(`INSERT INTO number_run (first, area, next, past) VALUES ($1, $2, $3, $4)`, first, int64(area), next, past); err != nil {
				return nil, fmt.Errorf("take person numbers of area %d: %w", area, err)
			}
		}
		k := min(n, past-next)
		for i := range k {
			out = append(out, person.Number(next+i))
		}
		if _, err := tx.exec(`UPDATE number_run SET next = $1 WHERE first = $2`, next+k, first); err != nil {
			return nil, fmt.Errorf("take person numbers of area %d: %w", area, err)
		}
		n -= k
	}
	return out, nil
}

// UpdatePerson writes what is known of a person now.
func (tx *Tx) UpdatePerson(p *person.Person) error {
	n, err := tx.exec(`UPDATE person SET area = $1, district = $2, household = $3, sex = $4, born = $5, age = $6, age_class = $7, version = version + 1 WHERE id = $8 AND version = $9`,
		int64(p.Area), int64(p.District), int64(p.Household), string(p.Sex), p.Born.String(), int64(p.Age), p.AgeClass, int64(p.ID), p.Version)
	if err != nil {
		return fmt.Errorf("update person %d: %w", p.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "person", ID: int64(p.ID), Want: p.Version}
	}
	p.Version++
	return nil
}
