package store

import (
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/screening"
)

// What the person wrote is in table appeal_words, sealed; column words is ” since.
const appealColumns = `id, outbreak, person, area, district, ground, filed_at, filed_by, until_at, seconded_at, seconded_by, seconded_reason, answer, answered_at, answered_by, reason, version`

// AddAppeal inserts an appeal and gives it its ID.
func (tx *Tx) AddAppeal(a *screening.Appeal) error {
	id, err := tx.nextIDs("appeal", 1)
	if err != nil {
		return err
	}
	a.ID, a.Version = screening.AppealID(id), 1
	_, err = tx.exec(`INSERT INTO appeal (`+appealColumns+`, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, '')`,
		id, int64(a.Outbreak), int64(a.Person), int64(a.Area), int64(a.District), string(a.Ground), instant(a.FiledAt), a.FiledBy, instant(a.Until), instant(a.SecondedAt), a.SecondedBy, a.SecondedReason,
		string(a.Answer), instant(a.AnsweredAt), a.AnsweredBy, a.Reason, a.Version)
	return wrap(err, "insert appeal", id)
}

// UpdateAppeal writes how an appeal stands. The version must be the one stored.
func (tx *Tx) UpdateAppeal(a *screening.Appeal) error {
	n, err := tx.exec(`UPDATE appeal SET seconded_at = $1, seconded_by = $2, seconded_reason = $3, answer = $4, answered_at = $5, answered_by = $6, reason = $7, version = version + 1 WHERE id = $8 AND version = $9`,
		instant(a.SecondedAt), a.SecondedBy, a.SecondedReason, string(a.Answer), instant(a.AnsweredAt), a.AnsweredBy, a.Reason, int64(a.ID), a.Version)
	if err != nil {
		return fmt.Errorf("update appeal %d: %w", a.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "appeal", ID: int64(a.ID), Want: a.Version}
	}
	a.Version++
	return nil
}

func (r *Reader) appeals(where string, args ...any) ([]screening.Appeal, error) {
	return scanned(r, "read appeals", `SELECT `+appealColumns+`, (SELECT count(*) FROM appeal_words w WHERE w.appeal = appeal.id) FROM appeal WHERE `+where, args, func(scan func(...any) error) (a screening.Appeal, err error) {
		var filed, until, seconded, answered, worded int64
		err = scan(&a.ID, &a.Outbreak, &a.Person, &a.Area, &a.District, &a.Ground, &filed, &a.FiledBy, &until, &seconded, &a.SecondedBy, &a.SecondedReason, &a.Answer, &answered, &a.AnsweredBy, &a.Reason, &a.Version, &worded)
		a.FiledAt, a.Until, a.SecondedAt, a.AnsweredAt = when(filed), when(until), when(seconded), when(answered)
		a.Worded = worded > 0
		return a, err
	})
}

// Appeal returns one appeal. The caller has checked, or checks, that its area may be read.
func (r *Reader) Appeal(id screening.AppealID) (screening.Appeal, error) {
	list, err := r.appeals(`id = $1`, int64(id))
	return one(list, err, "appeal", id)
}

// AppealsOf returns the appeals of people in an outbreak, by ID.
func (r *Reader) AppealsOf(people []person.ID, o outbreak.ID) (map[person.ID][]screening.Appeal, error) {
	return gatherIDs(people, func(in string) ([]screening.Appeal, error) {
		return r.appeals(`person IN (`+in+`) AND outbreak = $1 ORDER BY id`, int64(o))
	}, func(a screening.Appeal) person.ID { return a.Person })
}

// AppealsSince returns the appeals of all outbreaks that were entered after an instant, by ID: what people may be told of their own.
func (r *Reader) AppealsSince(filed time.Time) ([]screening.Appeal, error) {
	return r.appeals(`filed_at > $1 ORDER BY id`, instant(filed))
}

// Appeals returns up to limit appeals of an outbreak within the bound, the newest first, from before one on (0: from the newest); open: those without an answer whose holds may still stand.
func (r *Reader) Appeals(o outbreak.ID, w Within, open bool, before screening.AppealID, limit int) ([]screening.Appeal, error) {
	in, err := r.reach(w)
	if err != nil || in.empty() {
		return nil, err
	}
	if before == 0 {
		before = 1 << 62
	}
	where := `outbreak = $1 AND id < $2`
	args := []any{int64(o), int64(before), limit}
	if open {
		where += ` AND answered_at = 0 AND (EXISTS (SELECT 1 FROM hold h WHERE h.person = appeal.person AND h.outbreak = appeal.outbreak AND h.lifted_at = 0)
OR EXISTS (SELECT 1 FROM restriction x JOIN cases k ON k.id = x.case_of WHERE k.person = appeal.person AND x.outbreak = appeal.outbreak AND x.ended_at = 0)
OR EXISTS (SELECT 1 FROM restriction x JOIN contact k ON k.id = x.contact_of WHERE k.person = appeal.person AND x.outbreak = appeal.outbreak AND x.ended_at = 0))`
	}
	return r.appeals(where+in.gathered("area")+` ORDER BY id DESC LIMIT $3`, args...)
}

// StandingHolds returns the holds of one person in all outbreaks that stand, the one that ends last first.
func (r *Reader) StandingHolds(p person.ID) ([]screening.Hold, error) {
	return r.holds(`person = $1 AND lifted_at = 0 ORDER BY until_at DESC, id`, int64(p))
}
