package store

import (
	"fmt"
	"strconv"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// Likeness is what is known of somebody about to be entered as a case. Empty fields are not compared.
type Likeness struct {
	Outbreak outbreak.ID
	Code     string
	People   []person.ID // who have the document, as the vault's blind index says
	Sex      person.Sex
	Born     day.Day
	Age      person.Age // AgeUnknown where not known
	Area     place.AreaID
	Onset    day.Day
}

// Duplicate is a case that may be the same person's, with what they have in common: "code", "person", "born", "age", "area", "onset", "sex".
type Duplicate struct {
	Case   cases.Case
	Same   []string
	Within bool // the caller may read the case; otherwise show nothing of it but that it is there
}

// onsetNear is how many days two reports of one illness may differ in their onset. A working value, no source: people remember the day
// of first symptoms within a few days.
const onsetNear = 3

// mostDuplicates bounds what a person is asked to look through.
const mostDuplicates = 10

// Duplicates returns the cases that somebody about to be entered may be already, the surest first: the same code; the same document; or the
// same sex, birth day (or age within a year) and area, with an onset within three days.
func (r *Reader) Duplicates(l Likeness, w Within) ([]Duplicate, error) {
	bound, err := r.reach(w)
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	var out []Duplicate
	seen := map[cases.ID]bool{}
	add := func(list []cases.Case, same ...string) {
		for _, c := range list {
			if c.Outbreak == l.Outbreak && !seen[c.ID] && len(out) < mostDuplicates {
				seen[c.ID] = true
				out = append(out, Duplicate{Case: c, Same: same, Within: bound.holds(c.Area)})
			}
		}
	}
	if l.Code != "" {
		list, err := r.caseList(`SELECT `+caseColumns+` FROM cases WHERE outbreak = $1 AND code = $2`, int64(l.Outbreak), l.Code)
		if err != nil {
			return nil, err
		}
		add(list, "code")
	}
	for _, p := range l.People {
		list, err := r.CasesOf(p)
		if err != nil {
			return nil, err
		}
		add(list, "person")
	}
	list, same, err := r.alike(l)
	if err != nil {
		return nil, err
	}
	add(list, same...)
	return out, nil
}

// alike compares the facts of the person. It needs an area and an onset: without them too many are alike for the answer to mean anything.
func (r *Reader) alike(l Likeness) (list []cases.Case, same []string, err error) {
	if l.Area == 0 || l.Onset.IsZero() || l.Born.IsZero() && l.Age == person.AgeUnknown {
		return nil, nil, nil
	}
	tree, err := r.Tree()
	if err != nil {
		return nil, nil, err
	}
	// The same person may be known elsewhere only to the street or the district.
	areas := []place.AreaID{l.Area}
	for _, j := range tree.Path(l.Area) {
		if j.ID != l.Area {
			areas = append(areas, j.ID)
		}
	}
	where := ` FROM cases c JOIN person p ON p.id = c.person WHERE c.outbreak = $1 AND c.area IN (` + numbers(areas) + `) AND c.onset >= $2 AND c.onset <= $3 AND c.merged_into = 0`
	args := []any{int64(l.Outbreak), l.Onset.Add(-onsetNear).String(), l.Onset.Add(onsetNear).String()}
	same = []string{"area", "onset"}
	if l.Sex != person.SexUnknown {
		where += ` AND p.sex IN ('', ` + text(string(l.Sex)) + `)`
		same = append(same, "sex")
	}
	if !l.Born.IsZero() {
		where += ` AND (p.born = ` + text(l.Born.String()) + ` OR p.born = '' AND p.age >= ` + strconv.Itoa(ageOn(l)-1) + ` AND p.age <= ` + strconv.Itoa(ageOn(l)+1) + `)`
		same = append(same, "born")
	} else {
		y, _, _ := l.Onset.Date()
		age := int(l.Age)
		where += fmt.Sprintf(` AND (p.age >= %d AND p.age <= %d OR p.born >= '%04d' AND p.born < '%04d')`, max(age-1, 0), age+1, max(y-age-2, 0), y-age+2)
		same = append(same, "age")
	}
	ids, err := r.foundIDs(`SELECT c.id`+where+` ORDER BY c.id DESC LIMIT `+strconv.Itoa(mostDuplicates), args...)
	if err != nil {
		return nil, nil, fmt.Errorf("look for duplicates: %w", err)
	}
	list, err = r.casesByID(ids)
	return list, same, err
}

// foundIDs reads one column of IDs to its end, so that the connection is free for what comes next.
func (r *Reader) foundIDs(text string, args ...any) ([]int64, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func ageOn(l Likeness) int { return int(person.Person{Born: l.Born}.AgeAt(l.Onset)) }
