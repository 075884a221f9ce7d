package store

import (
	"fmt"
	"slices"

	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
)

// UpdatePeople writes what the register says of people now. Those whose Number is 0 and who live somewhere get a number there: they moved. The caller has read them in this change.
func (tx *Tx) UpdatePeople(list []person.Person) error {
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
		if p.Area != 0 && p.Number == 0 {
			p.Number, next[p.Area] = next[p.Area][0], next[p.Area][1:]
		}
		p.Version++
		rows[i] = []any{int64(p.Number), int64(p.Area), int64(p.District), int64(p.Household), string(p.Sex), p.Born.String(), int64(p.Age), p.AgeClass, int64(p.Building), p.Register, p.Version, int64(p.ID)}
	}
	const text = `UPDATE person SET number = $1, area = $2, district = $3, household = $4, sex = $5, born = $6, age = $7, age_class = $8, building = $9, register = $10, version = $11 WHERE id = $12`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("update people: %w", err)
	}
	return nil
}

// Buildings returns the buildings of an area, in the order of their names.
func (r *Reader) Buildings(area place.AreaID) ([]place.Building, error) {
	return r.buildings(`area = $1 ORDER BY name`, int64(area))
}

// BuildingsByID returns those of the buildings that are known.
func (r *Reader) BuildingsByID(ids []place.BuildingID) (map[place.BuildingID]place.Building, error) {
	out := make(map[place.BuildingID]place.Building, len(ids))
	err := inChunks(ids, func(part []place.BuildingID) error {
		list, err := r.buildings(`id IN (` + numbers(part) + `)`)
		for _, b := range list {
			out[b.ID] = b
		}
		return err
	})
	return out, err
}

func (r *Reader) buildings(where string, args ...any) ([]place.Building, error) {
	rows, err := r.query(`SELECT id, area, district, name FROM building WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read buildings: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []place.Building
	for rows.Next() {
		var b place.Building
		if err := rows.Scan(&b.ID, &b.Area, &b.District, &b.Name); err != nil {
			return nil, fmt.Errorf("read buildings: %w", err)
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// AddBuildings inserts buildings that are not there yet, and gives them their IDs. The slice is filled in.
func (tx *Tx) AddBuildings(list []place.Building) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("building", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i := range list {
		list[i].ID = place.BuildingID(first + int64(i))
		rows[i] = []any{int64(list[i].ID), int64(list[i].Area), int64(list[i].District), list[i].Name}
	}
	if err := tx.bulk(`INSERT INTO building (id, area, district, name) VALUES ($1, $2, $3, $4)`, rows); err != nil {
		return fmt.Errorf("insert buildings: %w", err)
	}
	return nil
}

// GroupChange puts somebody in a group, or takes them out.
type GroupChange struct {
	Group    screening.Group
	Person   person.ID
	District place.AreaID
	Member   bool
}

// GroupsOf returns the groups of people, each list sorted.
func (r *Reader) GroupsOf(ids []person.ID) (map[person.ID][]screening.Group, error) {
	out := map[person.ID][]screening.Group{}
	err := inChunks(ids, func(part []person.ID) error {
		rows, err := r.query(`SELECT person, people_group FROM person_group WHERE person IN (` + numbers(part) + `) AND member = 1 ORDER BY person, people_group`)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var p person.ID
			var g screening.Group
			if err := rows.Scan(&p, &g); err != nil {
				return err
			}
			out[p] = append(out[p], g)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read groups of people: %w", err)
	}
	return out, nil
}

// ChangeGroups writes who belongs to a group and who does not any more; seq is the journal entry that tells of it.
func (tx *Tx) ChangeGroups(list []GroupChange, seq int64) error {
	gone, rows := make([][]any, len(list)), make([][]any, len(list))
	for i, c := range list {
		gone[i] = []any{string(c.Group), int64(c.Person)}
		rows[i] = []any{string(c.Group), int64(c.Person), int64(c.District), flag(c.Member), seq}
	}
	if err := tx.bulk(`DELETE FROM person_group WHERE people_group = $1 AND person = $2`, gone); err != nil {
		return fmt.Errorf("write groups: %w", err)
	}
	if err := tx.bulk(`INSERT INTO person_group (people_group, person, district, member, changed_seq) VALUES ($1, $2, $3, $4, $5)`, rows); err != nil {
		return fmt.Errorf("write groups: %w", err)
	}
	return nil
}

// GroupsChangedTo calls each with every membership that changed after a journal entry and up to another; from 0 on these are all.
func (r *Reader) GroupsChangedTo(after, to int64, each func(GroupChange)) error {
	rows, err := r.query(`SELECT people_group, person, member FROM person_group WHERE changed_seq > $1 AND changed_seq <= $2`, after, to)
	if err != nil {
		return fmt.Errorf("read groups: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var c GroupChange
		var member int64
		if err := rows.Scan(&c.Group, &c.Person, &member); err != nil {
			return fmt.Errorf("read groups: %w", err)
		}
		c.Member = member > 0
		each(c)
	}
	return rows.Err()
}

// BuildingCount counts people of one building.
type BuildingCount struct {
	Building place.Building // ID 0: those of whom no building is known
	Due      int64
	Missing  int64
}

// CountByBuilding counts, of the people whose dense numbers lie in ranges, those of each building: who is due and who is missing, as is told of each number. The buildings come in the order of their
// names; those with nobody due are left out. The ranges are those of one community, or a few: every person in them is read. The caller has checked that the areas may be read.
func (r *Reader) CountByBuilding(ranges []screening.Range, due, missing func(person.Number) bool) ([]BuildingCount, error) {
	counts := map[place.BuildingID]*BuildingCount{}
	for _, x := range ranges {
		found, err := r.pairs(`SELECT number, building FROM person WHERE number >= $1 AND number < $2 AND number > 0 AND merged_into = 0`, int64(x.First), int64(x.Past))
		if err != nil {
			return nil, fmt.Errorf("count by building: %w", err)
		}
		for _, p := range found {
			n, b := person.Number(p[0]), place.BuildingID(p[1])
			if !due(n) {
				continue
			}
			c := counts[b]
			if c == nil {
				c = &BuildingCount{Building: place.Building{ID: b}}
				counts[b] = c
			}
			c.Due++
			if missing(n) {
				c.Missing++
			}
		}
	}
	ids := make([]place.BuildingID, 0, len(counts))
	for id := range counts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	known, err := r.BuildingsByID(ids)
	if err != nil {
		return nil, err
	}
	out := make([]BuildingCount, 0, len(ids))
	for _, id := range ids {
		c := counts[id]
		if b, ok := known[id]; ok {
			c.Building = b
		}
		out = append(out, *c)
	}
	slices.SortStableFunc(out, func(a, b BuildingCount) int { return place.CompareNames(a.Building.Name, b.Building.Name) })
	return out, nil
}

// NumbersInBuilding returns the numbers of those who live in a building, of those in ranges. The caller has checked that the areas may be read.
func (r *Reader) NumbersInBuilding(ranges []screening.Range, b place.BuildingID) ([]person.Number, error) {
	var out []person.Number
	for _, x := range ranges {
		found, err := r.pairs(`SELECT number, building FROM person WHERE number >= $1 AND number < $2 AND number > 0 AND building = $3 AND merged_into = 0 ORDER BY number`, int64(x.First), int64(x.Past), int64(b))
		if err != nil {
			return nil, fmt.Errorf("read who lives in a building: %w", err)
		}
		for _, p := range found {
			out = append(out, person.Number(p[0]))
		}
	}
	return out, nil
}
