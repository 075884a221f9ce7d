package store

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// Sign is one thing that two people have in common, or in which they differ, with what it counts for.
type Sign struct {
	Name   string // "document", "phone", "name", "born", "age", "sex", "area", "onset", "code"
	Differ bool
	Points int
}

// Lookalike is two people who may be one.
type Lookalike struct {
	A, B  person.ID // A was entered later
	Score int
	Signs []Sign // strongest first
}

// The points of a sign, and from how many on two people are proposed. Working values, no source: a document settles it; phone and name may be a family's;
// a birth day with sex and area is rare but not unique.
const (
	pointsDocument = 90
	pointsPhone    = 35
	pointsName     = 35
	pointsBorn     = 30
	pointsAge      = 10
	pointsSex      = 5
	pointsArea     = 10
	pointsDistrict = 5
	pointsOnset    = 15
	pointsCode     = 10

	// ProposeFrom is from how many points on two people are proposed.
	ProposeFrom = 45
)

// mostAlike bounds the pairs that one batch of people is compared with, so that a value which half a city shares (the phone of a call centre) costs no more.
const mostAlike = 4000

// Likely is somebody on record in an outbreak, as the comparison reads them.
type Likely struct {
	person.Person
	Case    *cases.Case      // the newest that stands
	Contact *contact.Contact // that stands
	marks   map[string]string
}

// areas lists where the records of a person lie.
func (l Likely) areas() []place.AreaID {
	var out []place.AreaID
	if l.Case != nil {
		out = append(out, l.Case.Area)
	}
	if l.Contact != nil {
		out = append(out, l.Contact.Area)
	}
	return out
}

func (l Likely) area() place.AreaID {
	for _, a := range l.areas() {
		if a != 0 {
			return a
		}
	}
	return l.Area
}

func (l Likely) onset() day.Day {
	if l.Case != nil && !l.Case.Onset.IsZero() {
		return l.Case.Onset
	}
	if l.Contact != nil {
		return l.Contact.SymptomOn
	}
	return 0
}

// LookalikePage is one page of proposals.
type LookalikePage struct {
	Pairs []Lookalike
	Next  person.ID // where the next page begins; 0 at the end
	Read  int       // people compared for this page
}

// Lookalikes proposes pairs of people of an outbreak who may be one, among those the bound holds, for the people entered before a given one (0: the
// newest), limit people at a time. Pairs told apart, and merged ones, are left out. Each of the pair must lie within the bound: nothing is said of
// people whom the caller may not read.
func (r *Reader) Lookalikes(o outbreak.ID, w Within, before person.ID, limit int) (LookalikePage, error) {
	var out LookalikePage
	bound, err := r.reach(w)
	if err != nil {
		return out, fmt.Errorf("look for duplicates: %w", err)
	}
	if before == 0 {
		before = 1 << 62
	}
	rows, err := r.newestPeople(o, bound, before, limit)
	if err != nil {
		return out, fmt.Errorf("look for duplicates: %w", err)
	}
	out.Read = len(rows)
	if len(rows) == limit {
		out.Next = person.ID(rows[len(rows)-1])
	}
	if len(rows) == 0 {
		return out, nil
	}
	pairs, err := r.candidates(rows)
	if err != nil {
		return out, fmt.Errorf("look for duplicates: %w", err)
	}
	// A pair belongs to the page of the person who was entered later, so that it comes once.
	for k := range pairs {
		if _, here := slices.BinarySearchFunc(rows, int64(k[0]), func(have, want int64) int { return cmp.Compare(want, have) }); !here {
			delete(pairs, k)
		}
	}
	out.Pairs, err = r.scored(o, bound, pairs)
	return out, err
}

// LookalikesOf proposes who somebody may be, the likeliest first.
func (r *Reader) LookalikesOf(o outbreak.ID, w Within, p person.ID) ([]Lookalike, error) {
	bound, err := r.reach(w)
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	pairs, err := r.candidates([]int64{int64(p)})
	if err != nil {
		return nil, fmt.Errorf("look for duplicates of person %d: %w", p, err)
	}
	return r.scored(o, bound, pairs)
}

// newestPeople lists people with a case or a contact in the bound, by falling number. A small bound is gathered by its areas, a large one found on the way
// down the index of people.
func (r *Reader) newestPeople(o outbreak.ID, bound reach, before person.ID, limit int) ([]int64, error) {
	var all []int64
	for _, table := range []string{"cases", "contact"} {
		few, err := r.few(table, int64(o), bound)
		if err != nil {
			return nil, err
		}
		where := `outbreak + 0 = $1` + bound.walked("area")
		if few {
			where = `outbreak = $1` + bound.gathered("area")
		}
		list, err := r.idList(`SELECT DISTINCT person FROM `+table+` WHERE `+where+` AND person < $2 AND merged_into = 0 ORDER BY person DESC LIMIT $3`, int64(o), int64(before), limit)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b int64) int { return cmp.Compare(b, a) })
	all = slices.Compact(all)
	return all[:min(limit, len(all))], nil
}

func (r *Reader) idList(text string, args ...any) ([]int64, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// candidates are the pairs that have something rare in common: a sealed value, or the birth day with the sex. Age, area and onset are no such thing: a
// school class shares all three. The higher number comes first.
func (r *Reader) candidates(people []int64) (map[[2]person.ID]bool, error) {
	of := numbers(people)
	most := strconv.Itoa(mostAlike)
	out := map[[2]person.ID]bool{}
	for _, text := range []string{
		`SELECT a.person, b.person FROM identity_index a JOIN identity_index b ON b.field = a.field AND b.digest = a.digest AND b.person <> a.person WHERE a.person IN (` + of + `) LIMIT ` + most,
		`SELECT a.id, b.id FROM person a JOIN person b ON b.born = a.born AND b.sex = a.sex AND b.id <> a.id AND b.born <> '' WHERE a.id IN (` + of + `) AND a.born <> '' LIMIT ` + most,
	} {
		if err := r.alikePairs(text, out); err != nil {
			return nil, err
		}
	}
	apart, err := r.toldApart(out)
	for _, k := range apart {
		delete(out, k)
	}
	return out, err
}

func (r *Reader) toldApart(pairs map[[2]person.ID]bool) (out [][2]person.ID, err error) {
	var high []person.ID
	for k := range pairs {
		high = append(high, k[0])
	}
	slices.Sort(high)
	err = inChunks(slices.Compact(high), func(part []person.ID) error {
		rows, err := r.query(`SELECT low, high FROM told_apart WHERE high IN (` + numbers(part) + `)`)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var low, high person.ID
			if err := rows.Scan(&low, &high); err != nil {
				return err
			}
			out = append(out, [2]person.ID{high, low})
		}
		return rows.Err()
	})
	return out, err
}

// TellApart notes that two people are not one; fresh says that it was not noted yet.
func (tx *Tx) TellApart(one, other person.Person, by, reason string) (fresh bool, err error) {
	n, err := tx.exec(`INSERT INTO told_apart (low, high, district, told_at, told_by, reason) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (low, high) DO NOTHING`,
		int64(min(one.ID, other.ID)), int64(max(one.ID, other.ID)), int64(one.District), instant(tx.now), by, reason)
	if err != nil {
		return false, fmt.Errorf("tell people %d and %d apart: %w", one.ID, other.ID, err)
	}
	return n == 1, nil
}

// scored reads the people of the pairs and keeps the pairs that reach the points and lie within the bound, the likeliest first.
func (r *Reader) scored(o outbreak.ID, bound reach, pairs map[[2]person.ID]bool) ([]Lookalike, error) {
	var ids []person.ID
	for k := range pairs {
		ids = append(ids, k[0], k[1])
	}
	slices.Sort(ids)
	who, err := r.LikelyPeople(o, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	var out []Lookalike
	for k := range pairs {
		a, b := who[k[0]], who[k[1]]
		if !bound.holdsAll(a) || !bound.holdsAll(b) {
			continue
		}
		if signs, score := Compare(a, b); score >= ProposeFrom {
			out = append(out, Lookalike{A: k[0], B: k[1], Score: score, Signs: signs})
		}
	}
	slices.SortFunc(out, likeliest)
	return out, nil
}

// holdsAll says whether somebody is on record and every record of theirs may be seen.
func (s reach) holdsAll(l Likely) bool {
	list := l.areas()
	for _, a := range list {
		if !s.holds(a) {
			return false
		}
	}
	return len(list) > 0
}

// LikelyPeople reads people with their records in an outbreak and the marks of their sealed values. Merged records are left out.
func (r *Reader) LikelyPeople(o outbreak.ID, ids []person.ID) (map[person.ID]Likely, error) {
	people, err := r.PeopleByID(ids)
	if err != nil {
		return nil, err
	}
	out := make(map[person.ID]Likely, len(people))
	for id, p := range people {
		out[id] = Likely{Person: p, marks: map[string]string{}}
	}
	err = inChunks(ids, func(part []person.ID) error {
		in := ` IN (` + numbers(part) + `)`
		list, err := r.caseList(`SELECT `+caseColumns+` FROM cases WHERE person`+in+` AND outbreak = $1 AND merged_into = 0 ORDER BY id`, int64(o))
		if err != nil {
			return err
		}
		for _, c := range list {
			l := out[c.Person]
			l.Case = &c
			out[c.Person] = l
		}
		contacts, err := r.contacts(`SELECT `+contactColumns+` FROM contact WHERE person`+in+` AND outbreak = $1 AND merged_into = 0 ORDER BY id`, int64(o))
		if err != nil {
			return err
		}
		for _, c := range contacts {
			l := out[c.Person]
			l.Contact = &c
			out[c.Person] = l
		}
		rows, err := r.query(`SELECT person, field, digest FROM identity_index WHERE person` + in)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var p person.ID
			var field string
			var digest []byte
			if err := rows.Scan(&p, &field, &digest); err != nil {
				return err
			}
			if l, ok := out[p]; ok {
				l.marks[field] = string(digest)
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read people who look alike: %w", err)
	}
	return out, nil
}

// Compare says what two people have in common and in what they differ, strongest first, and the sum of the points. Sealed values are compared by their
// blind index: nothing is opened.
func Compare(a, b Likely) (signs []Sign, score int) {
	sign := func(name string, points int, same bool) {
		signs = append(signs, Sign{Name: name, Points: points, Differ: !same})
		score += points
	}
	for _, f := range []struct {
		name         string
		same, differ int
	}{{"document", pointsDocument, -60}, {"phone", pointsPhone, 0}, {"name", pointsName, -15}} {
		x, y := a.marks[f.name], b.marks[f.name]
		switch {
		case x == "" || y == "":
		case x == y:
			sign(f.name, f.same, true)
		case f.differ != 0:
			sign(f.name, f.differ, false)
		}
	}
	switch {
	case !a.Born.IsZero() && !b.Born.IsZero():
		if a.Born == b.Born {
			sign("born", pointsBorn, true)
		} else {
			sign("born", -40, false)
		}
	default:
		on := max(a.onset(), b.onset())
		x, y := a.AgeAt(on), b.AgeAt(on)
		switch {
		case x == person.AgeUnknown || y == person.AgeUnknown:
		case x-y >= -1 && x-y <= 1:
			sign("age", pointsAge, true)
		default:
			sign("age", -30, false)
		}
	}
	if a.Sex != person.SexUnknown && b.Sex != person.SexUnknown {
		if a.Sex == b.Sex {
			sign("sex", pointsSex, true)
		} else {
			sign("sex", -30, false)
		}
	}
	switch x, y := a.area(), b.area(); {
	case x == 0 || y == 0:
	case x == y:
		sign("area", pointsArea, true)
	case a.District != 0 && a.District == b.District:
		sign("district", pointsDistrict, true)
	}
	if n, ok := day.Between(a.onset(), b.onset()); ok {
		if n >= -onsetNear && n <= onsetNear {
			sign("onset", pointsOnset, true)
		} else if n < -30 || n > 30 {
			sign("onset", -10, false)
		}
	}
	if x, y := a.code(), b.code(); x != "" && x == y {
		sign("code", pointsCode, true)
	}
	slices.SortStableFunc(signs, func(x, y Sign) int { return max(y.Points, -y.Points) - max(x.Points, -x.Points) })
	return signs, score
}

// code is what people call somebody's record where the one is a case and the other a contact: a file of each may use the same code for one person.
func (l Likely) code() string {
	if l.Case != nil {
		return l.Case.Code
	}
	if l.Contact != nil {
		return l.Contact.Code
	}
	return ""
}

// alikePairs adds the pairs that a question answers with, the higher number first.
func (r *Reader) alikePairs(text string, out map[[2]person.ID]bool) error {
	rows, err := r.query(text)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var a, b person.ID
		if err := rows.Scan(&a, &b); err != nil {
			return err
		}
		out[[2]person.ID{max(a, b), min(a, b)}] = true
	}
	return rows.Err()
}
