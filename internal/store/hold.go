package store

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

// TubeMember is one person in a tube that the rulebook looks at: one that was positive or told nothing, or in which somebody of such a tube was sampled since.
type TubeMember struct {
	Tube     screening.TubeID
	Person   person.ID
	Outbreak outbreak.ID
	Area     place.AreaID // of the site
	District place.AreaID
	At       time.Time // when they were swabbed
}

// AddTubeMembers inserts rows for people in tubes that have none yet.
func (tx *Tx) AddTubeMembers(list []TubeMember) error {
	rows := make([][]any, len(list))
	for i, m := range list {
		rows[i] = []any{int64(m.Tube), int64(m.Person), int64(m.Outbreak), int64(m.Area), int64(m.District), instant(m.At)}
	}
	if err := tx.bulk(`INSERT INTO tube_member (tube, person, outbreak, area, district, swabbed_at) VALUES ($1, $2, $3, $4, $5, $6)`, rows); err != nil {
		return fmt.Errorf("insert the people of tubes: %w", err)
	}
	return nil
}

func (r *Reader) tubeMembers(text string, args ...any) ([]TubeMember, error) {
	return scanned(r, "read the people of tubes", `SELECT tube, person, outbreak, area, district, swabbed_at FROM tube_member WHERE `+text, args, func(scan func(...any) error) (m TubeMember, err error) {
		var at int64
		err = scan(&m.Tube, &m.Person, &m.Outbreak, &m.Area, &m.District, &at)
		m.At = when(at)
		return m, err
	})
}

// MembersOfTubes returns who is in which of the tubes, as far as the rulebook looks at them, by when they were swabbed.
func (r *Reader) MembersOfTubes(ids []screening.TubeID) (map[screening.TubeID][]TubeMember, error) {
	return gatherIDs(ids, func(in string) ([]TubeMember, error) {
		return r.tubeMembers(`tube IN (` + in + `) ORDER BY tube, swabbed_at, person`)
	}, func(m TubeMember) screening.TubeID { return m.Tube })
}

// TubesOfPeople returns the tubes of an outbreak that the rulebook looks at and that any of the people are in, by tube.
func (r *Reader) TubesOfPeople(people []person.ID, o outbreak.ID) (map[person.ID][]TubeMember, error) {
	return gatherIDs(people, func(in string) ([]TubeMember, error) {
		return r.tubeMembers(`person IN (`+in+`) AND outbreak = $1 ORDER BY person, tube`, int64(o))
	}, func(m TubeMember) person.ID { return m.Person })
}

// gatherIDs is gather for typed IDs that are also the keys.
func gatherIDs[K ~int64, V any](ids []K, read func(in string) ([]V, error), key func(V) K) (map[K][]V, error) {
	return gather(plainIDs(ids), read, key)
}

// TubesByID returns tubes by their numbers.
func (r *Reader) TubesByID(ids []screening.TubeID) (map[screening.TubeID]Tube, error) {
	found, err := gatherIDs(ids, func(in string) ([]Tube, error) { return r.tubes(`id IN (` + in + `)`) }, func(t Tube) screening.TubeID { return t.ID })
	out := make(map[screening.TubeID]Tube, len(found))
	for id, t := range found {
		out[id] = t[0]
	}
	return out, err
}

// PositivePools returns positive tubes of several people within the bound (that of their sites), the newest first, from before one on (0: from the newest).
func (r *Reader) PositivePools(o outbreak.ID, w Within, before screening.TubeID, limit int) ([]Tube, error) {
	in, err := r.reach(w)
	if err != nil {
		return nil, err
	}
	if before == 0 {
		before = 1 << 62
	}
	const part = 500
	var ids []screening.TubeID
	for len(ids) < limit {
		pairs, err := r.pairs(`SELECT m.tube, MIN(m.area) FROM tube_member m JOIN tube t ON t.id = m.tube WHERE m.outbreak = $1 AND m.tube < $2 AND t.result = 'positive' AND t.people > 1
GROUP BY m.tube ORDER BY m.tube DESC LIMIT $3`, int64(o), int64(before), part)
		if err != nil {
			return nil, fmt.Errorf("read positive tubes: %w", err)
		}
		for _, p := range pairs {
			if before = screening.TubeID(p[0]); len(ids) < limit && in.holds(place.AreaID(p[1])) {
				ids = append(ids, before)
			}
		}
		if len(pairs) < part {
			break
		}
	}
	found, err := r.TubesByID(ids)
	out := make([]Tube, 0, len(ids))
	for _, id := range ids {
		out = append(out, found[id])
	}
	return out, err
}

// Households returns who lives in any of the households, by household.
func (r *Reader) Households(ids []person.HouseholdID) (map[person.HouseholdID][]person.ID, error) {
	found, err := gatherIDs(ids, func(in string) ([][2]int64, error) {
		return r.pairs(`SELECT household, id FROM person WHERE household IN (` + in + `) AND household > 0 AND merged_into = 0 ORDER BY household, id`)
	}, func(p [2]int64) person.HouseholdID { return person.HouseholdID(p[0]) })
	out := make(map[person.HouseholdID][]person.ID, len(found))
	for h, list := range found {
		for _, p := range list {
			out[h] = append(out[h], person.ID(p[1]))
		}
	}
	return out, err
}

// SinglesTakenSince returns the tubes of an outbreak with one person in them that were closed at or after an instant, the oldest first.
func (r *Reader) SinglesTakenSince(o outbreak.ID, at time.Time) ([]Tube, error) {
	return r.tubes(`outbreak = $1 AND people = 1 AND closed_at >= $2 ORDER BY closed_at, id`, int64(o), instant(at))
}

// DeskNeighbours returns the tubes that were closed at the same desk just before and just after one, n of each.
func (r *Reader) DeskNeighbours(t Tube, n int) (before, after []Tube, err error) {
	if before, err = r.tubes(`device = $1 AND closed_at <= $2 AND id <> $3 AND round = $4 ORDER BY closed_at DESC, id DESC LIMIT $5`, int64(t.Device), instant(t.ClosedAt), int64(t.ID), int64(t.Round), n); err != nil {
		return nil, nil, err
	}
	after, err = r.tubes(`device = $1 AND closed_at > $2 AND round = $3 ORDER BY closed_at, id LIMIT $4`, int64(t.Device), instant(t.ClosedAt), int64(t.Round), n)
	return before, after, err
}

// TubesRead returns up to which journal entry tubes were read for those of people who are to be sampled.
func (r *Reader) TubesRead() (seq int64, err error) {
	err = r.row(`SELECT COALESCE(MAX(seq), 0) FROM tube_reading`).Scan(&seq)
	return seq, err
}

// SetTubesRead writes it.
func (tx *Tx) SetTubesRead(seq int64) error {
	_, err := tx.exec(`INSERT INTO tube_reading (id, seq) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq`, seq)
	return err
}

// ToBeSampled returns everybody of an outbreak for whom a task to sample them is open, with the kinds of those tasks.
func (r *Reader) ToBeSampled(o outbreak.ID) (map[person.ID][]task.Kind, error) {
	out := map[person.ID][]task.Kind{}
	for _, q := range []struct {
		kinds []task.Kind
		text  string
	}{
		{[]task.Kind{task.ResampleSingle, task.SampleAgain, task.SampleSelfTest}, `SELECT subject_id FROM task WHERE outbreak = $1 AND state = 'open' AND kind = $2 AND subject_kind = 'person'`},
		{[]task.Kind{task.SampleContact}, `SELECT c.person FROM task t JOIN contact c ON c.id = t.subject_id WHERE t.outbreak = $1 AND t.state = 'open' AND t.kind = $2`},
		{[]task.Kind{task.SampleCase}, `SELECT c.person FROM task t JOIN cases c ON c.id = t.subject_id WHERE t.outbreak = $1 AND t.state = 'open' AND t.kind = $2`},
	} {
		for _, k := range q.kinds {
			if err := r.toSample(q.text, o, k, out); err != nil {
				return nil, fmt.Errorf("read who is to be sampled: %w", err)
			}
		}
	}
	return out, nil
}

func (r *Reader) toSample(text string, o outbreak.ID, k task.Kind, out map[person.ID][]task.Kind) (err error) {
	rows, err := r.query(text, int64(o), string(k))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p person.ID
		if err := rows.Scan(&p); err != nil {
			return err
		}
		out[p] = append(out[p], k)
	}
	return rows.Err()
}

const holdColumns = `id, outbreak, person, tube, area, district, since_at, until_at, told_at, lifted_at, lifted, fact, rule, clause, pack`

// AddHolds inserts holds and gives them their IDs.
func (tx *Tx) AddHolds(list []*screening.Hold) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("hold", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, h := range list {
		h.ID = screening.HoldID(first + int64(i))
		rows[i] = []any{int64(h.ID), int64(h.Outbreak), int64(h.Person), int64(h.Tube), int64(h.Area), int64(h.District), instant(h.Since), instant(h.Until), instant(h.ToldAt), instant(h.LiftedAt),
			string(h.Lifted), h.Fact, h.Rule, h.Clause, h.Pack}
	}
	if err := tx.bulk(`INSERT INTO hold (`+holdColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, rows); err != nil {
		return fmt.Errorf("insert holds: %w", err)
	}
	return nil
}

// UpdateHolds writes what is known of holds now.
func (tx *Tx) UpdateHolds(list []*screening.Hold) error {
	rows := make([][]any, len(list))
	for i, h := range list {
		rows[i] = []any{int64(h.Area), int64(h.District), instant(h.Since), instant(h.Until), instant(h.ToldAt), instant(h.LiftedAt), string(h.Lifted), h.Fact, h.Rule, h.Clause, h.Pack, int64(h.ID)}
	}
	err := tx.bulk(`UPDATE hold SET area = $1, district = $2, since_at = $3, until_at = $4, told_at = $5, lifted_at = $6, lifted = $7, fact = $8, rule = $9, clause = $10, pack = $11 WHERE id = $12`, rows)
	if err != nil {
		return fmt.Errorf("update holds: %w", err)
	}
	return nil
}

func (r *Reader) holds(text string, args ...any) ([]screening.Hold, error) {
	return scanned(r, "read holds", `SELECT `+holdColumns+` FROM hold WHERE `+text, args, func(scan func(...any) error) (h screening.Hold, err error) {
		var since, until, told, lifted int64
		err = scan(&h.ID, &h.Outbreak, &h.Person, &h.Tube, &h.Area, &h.District, &since, &until, &told, &lifted, &h.Lifted, &h.Fact, &h.Rule, &h.Clause, &h.Pack)
		h.Since, h.Until, h.ToldAt, h.LiftedAt = when(since), when(until), when(told), when(lifted)
		return h, err
	})
}

// HoldsOfTubes returns the holds because of any of the tubes, whether they stand or not. The caller has checked that the tubes may be read.
func (r *Reader) HoldsOfTubes(ids []screening.TubeID) (map[screening.TubeID][]screening.Hold, error) {
	return gatherIDs(ids, func(in string) ([]screening.Hold, error) { return r.holds(`tube IN (` + in + `) ORDER BY id`) }, func(h screening.Hold) screening.TubeID { return h.Tube })
}

// HoldsOf returns the holds of one person in an outbreak, whether they stand or not, the newest first: what somebody may be told of their own.
func (r *Reader) HoldsOf(p person.ID, o outbreak.ID) ([]screening.Hold, error) {
	return r.holds(`person = $1 AND outbreak = $2 ORDER BY since_at DESC, id DESC`, int64(p), int64(o))
}

// HoldsOver returns up to limit holds of an outbreak that stand and whose last moment has passed, the longest ago first.
func (r *Reader) HoldsOver(o outbreak.ID, now time.Time, limit int) ([]screening.Hold, error) {
	return r.holds(`outbreak = $1 AND lifted_at = 0 AND until_at <= $2 ORDER BY until_at, id LIMIT $3`, int64(o), instant(now), limit)
}

// TubeCheck is what was found when somebody looked for a swapped tube or a missing member.
type TubeCheck struct {
	Tube     screening.TubeID
	Outbreak outbreak.ID
	District place.AreaID
	At       time.Time
	By       string
	Finding  string
}

// PutTubeCheck writes what was found; a later finding replaces an earlier one, which the journal keeps.
func (tx *Tx) PutTubeCheck(c TubeCheck) error {
	_, err := tx.exec(`INSERT INTO tube_check (tube, outbreak, district, checked_at, checked_by, finding) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tube) DO UPDATE SET checked_at = excluded.checked_at, checked_by = excluded.checked_by, finding = excluded.finding`,
		int64(c.Tube), int64(c.Outbreak), int64(c.District), instant(c.At), c.By, c.Finding)
	if err != nil {
		return fmt.Errorf("write the check of tube %d: %w", c.Tube, err)
	}
	return nil
}

// TubeChecks returns what was found of those of the tubes that were looked at.
func (r *Reader) TubeChecks(ids []screening.TubeID) (map[screening.TubeID]TubeCheck, error) {
	found, err := gatherIDs(ids, func(in string) (out []TubeCheck, err error) {
		return scanned(r, "read checks of tubes", `SELECT tube, outbreak, district, checked_at, checked_by, finding FROM tube_check WHERE tube IN (`+in+`)`, nil, func(scan func(...any) error) (c TubeCheck, err error) {
			var at int64
			err = scan(&c.Tube, &c.Outbreak, &c.District, &at, &c.By, &c.Finding)
			c.At = when(at)
			return c, err
		})
	}, func(c TubeCheck) screening.TubeID { return c.Tube })
	out := make(map[screening.TubeID]TubeCheck, len(found))
	for id, c := range found {
		out[id] = c[0]
	}
	return out, err
}

// AddSelfTest inserts a report of a self-test and gives it its ID.
func (tx *Tx) AddSelfTest(t *screening.SelfTest) error {
	id, err := tx.nextIDs("self_test", 1)
	if err != nil {
		return err
	}
	t.ID = screening.SelfTestID(id)
	symptoms := int64(0)
	if t.Symptoms {
		symptoms = 1
	}
	_, err = tx.exec(`INSERT INTO self_test (id, outbreak, person, area, district, at, result, symptoms, reported_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id, int64(t.Outbreak), int64(t.Person), int64(t.Area), int64(t.District), instant(t.At), string(t.Result), symptoms, t.By)
	if err != nil {
		return fmt.Errorf("insert a self-test of person %d: %w", t.Person, err)
	}
	return nil
}

// SelfTestsOf returns the self-tests that people reported in an outbreak, by ID.
func (r *Reader) SelfTestsOf(people []person.ID, o outbreak.ID) (map[person.ID][]screening.SelfTest, error) {
	return gatherIDs(people, func(in string) (out []screening.SelfTest, err error) {
		return scanned(r, "read self-tests", `SELECT id, outbreak, person, area, district, at, result, symptoms, reported_by FROM self_test WHERE person IN (`+in+`) AND outbreak = $1 ORDER BY id`, []any{int64(o)}, func(scan func(...any) error) (t screening.SelfTest, err error) {
			var at, symptoms int64
			err = scan(&t.ID, &t.Outbreak, &t.Person, &t.Area, &t.District, &at, &t.Result, &symptoms, &t.By)
			t.At, t.Symptoms = when(at), symptoms != 0
			return t, err
		})
	}, func(t screening.SelfTest) person.ID { return t.Person })
}

// CasesOfPeople returns the cases of an outbreak that any of the people are, by ID.
func (r *Reader) CasesOfPeople(people []person.ID, o outbreak.ID) (map[person.ID][]cases.Case, error) {
	return gatherIDs(people, func(in string) ([]cases.Case, error) {
		return r.caseList(`SELECT `+caseColumns+` FROM cases WHERE person IN (`+in+`) AND outbreak = $1 ORDER BY id`, int64(o))
	}, func(c cases.Case) person.ID { return c.Person })
}

// ContactsOfPeople returns the contacts of an outbreak that any of the people are, by ID.
func (r *Reader) ContactsOfPeople(people []person.ID, o outbreak.ID) (map[person.ID][]contact.Contact, error) {
	return gatherIDs(people, func(in string) ([]contact.Contact, error) {
		return r.contacts(`SELECT `+contactColumns+` FROM contact WHERE person IN (`+in+`) AND outbreak = $1 ORDER BY id`, int64(o))
	}, func(c contact.Contact) person.ID { return c.Person })
}

// AddSpecimens inserts specimens and gives them their IDs. Their codes must be new in the outbreak.
func (tx *Tx) AddSpecimens(list []*lab.Specimen) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("specimen", int64(len(list)))
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, s := range list {
		s.ID, s.Version = lab.SpecimenID(first+int64(i)), 1
		rows[i] = []any{int64(s.ID), int64(s.Outbreak), int64(s.Person), int64(s.Area), int64(s.District), s.Code, string(s.Method), instant(s.TakenAt), string(s.Result), instant(s.ResultAt), s.Ct, s.Lab, s.Version}
	}
	if err := tx.bulk(`INSERT INTO specimen (`+specimenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, rows); err != nil {
		return fmt.Errorf("insert specimens: %w", err)
	}
	return nil
}

// SpecimensByCodes returns those of the specimens of an outbreak that are known, by label.
func (r *Reader) SpecimensByCodes(o outbreak.ID, codes []string) (map[string]lab.Specimen, error) {
	out := map[string]lab.Specimen{}
	err := inChunks(codes, func(part []string) error {
		args := []any{int64(o)}
		list, err := r.specimens(`SELECT `+specimenColumns+` FROM specimen WHERE outbreak = $1 AND code IN (`+placeholders(&args, part)+`)`, args...)
		for _, s := range list {
			out[s.Code] = s
		}
		return err
	})
	return out, err
}

// UpdateSpecimens writes the results of many specimens that were read in this change.
func (tx *Tx) UpdateSpecimens(list []*lab.Specimen) error {
	rows := make([][]any, len(list))
	for i, s := range list {
		s.Version++
		rows[i] = []any{string(s.Result), instant(s.ResultAt), s.Ct, s.Lab, s.Version, int64(s.ID)}
	}
	if err := tx.bulk(`UPDATE specimen SET result = $1, result_at = $2, ct = $3, lab = $4, version = $5 WHERE id = $6`, rows); err != nil {
		return fmt.Errorf("update specimens: %w", err)
	}
	return nil
}
