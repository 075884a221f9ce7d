package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"firebreak/internal/day"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// numberRun is how many dense numbers a community is given at a time: a multiple of a bitmap container's word, so that runs of different
// communities never share one.
const numberRun = 4096

const personColumns = `id, number, area, district, household, sex, born, age, age_class, building, register, version`

func scanPerson(s interface{ Scan(...any) error }) (p person.Person, err error) {
	var born day.Day
	err = s.Scan(&p.ID, &p.Number, &p.Area, &p.District, &p.Household, &p.Sex, &born, &p.Age, &p.AgeClass, &p.Building, &p.Register, &p.Version)
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
	wanted := map[place.AreaID]int64{}
	for _, p := range list {
		if p.Area != 0 && p.Number == 0 {
			wanted[p.Area]++
		}
	}
	next, err := tx.takeNumbers(wanted)
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i := range list {
		p := &list[i]
		p.ID, p.Version = person.ID(first+int64(i)), 1
		if p.Area != 0 && p.Number == 0 {
			p.Number, next[p.Area] = next[p.Area][0], next[p.Area][1:]
		}
		rows[i] = []any{int64(p.ID), int64(p.Number), int64(p.Area), int64(p.District), int64(p.Household), string(p.Sex), p.Born.String(), int64(p.Age), p.AgeClass, 0, int64(p.Building), p.Register, p.Version}
	}
	const text = `INSERT INTO person (id, number, area, district, household, sex, born, age, age_class, merged_into, building, register, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("insert people: %w", err)
	}
	return nil
}

// takeNumbers hands out dense numbers of areas, opening new runs as the last one of an area fills.
func (tx *Tx) takeNumbers(wanted map[place.AreaID]int64) (map[place.AreaID][]person.Number, error) {
	type run struct{ first, next, past int64 }
	last := make(map[place.AreaID]run, len(wanted))
	areas := slices.Sorted(maps.Keys(wanted)) // so that every run of a change hands out the same numbers
	err := inChunks(areas, func(part []place.AreaID) error {
		rows, err := tx.query(`SELECT area, first, next, past FROM number_run WHERE area IN (` + numbers(part) + `) ORDER BY area, first`)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var area place.AreaID
			var r run
			if err := rows.Scan(&area, &r.first, &r.next, &r.past); err != nil {
				return err
			}
			last[area] = r
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("take person numbers: %w", err)
	}
	end := int64(-1) // where the next run begins; read when one is opened
	var opened, moved [][]any
	out := make(map[place.AreaID][]person.Number, len(wanted))
	for _, area := range areas {
		list := make([]person.Number, 0, wanted[area])
		for n := wanted[area]; n > 0; {
			r := last[area]
			fresh := r.next == r.past
			if fresh {
				if end < 0 {
					// Runs follow each other; the last one tells where the next begins.
					var past sql.NullInt64
					if err := tx.row(`SELECT MAX(past) FROM number_run`).Scan(&past); err != nil {
						return nil, fmt.Errorf("take person numbers: %w", err)
					}
					end = max(past.Int64, numberRun)
				}
				r = run{end, end, end + numberRun}
				end = r.past
			}
			k := min(n, r.past-r.next)
			for i := range k {
				list = append(list, person.Number(r.next+i))
			}
			r.next += k
			n -= k
			if fresh {
				opened = append(opened, []any{r.first, int64(area), r.next, r.past})
			} else {
				moved = append(moved, []any{r.next, r.first})
			}
			last[area] = r
		}
		out[area] = list
	}
	if err := tx.bulk(`INSERT INTO number_run (first, area, next, past) VALUES ($1, $2, $3, $4)`, opened); err != nil {
		return nil, fmt.Errorf("open runs of person numbers: %w", err)
	}
	if err := tx.bulk(`UPDATE number_run SET next = $1 WHERE first = $2`, moved); err != nil {
		return nil, fmt.Errorf("take person numbers: %w", err)
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
