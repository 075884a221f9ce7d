package store

import (
	"fmt"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/screening"
)

// TubeOutcome is of a tube what decides what its members are told.
type TubeOutcome struct {
	ID       screening.TubeID
	Kind     screening.Kind
	People   int
	Members  []byte // screening.UnpackMembers reads it; only valid until the next tube
	ClosedAt time.Time
	Result   lab.TubeResult
	ResultAt time.Time
}

// TubeOutcomes calls each with the tubes that journal entries after seq, up to last, changed, in their order. It holds one row at a time: a city's are a million.
func (r *Reader) TubeOutcomes(seq, last int64, each func(*TubeOutcome) error) error {
	rows, err := r.query(`SELECT id, kind, people, members, closed_at, result, result_at FROM tube WHERE changed_seq > $1 AND changed_seq <= $2 ORDER BY changed_seq, id`, seq, last)
	if err != nil {
		return fmt.Errorf("read outcomes of tubes: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var t TubeOutcome
	for rows.Next() {
		var closed, resulted int64
		if err := rows.Scan(&t.ID, &t.Kind, &t.People, &t.Members, &closed, &t.Result, &resulted); err != nil {
			return fmt.Errorf("read outcomes of tubes: %w", err)
		}
		t.ClosedAt, t.ResultAt = when(closed), when(resulted)
		if err := each(&t); err != nil {
			return fmt.Errorf("tube %d: %w", t.ID, err)
		}
	}
	return rows.Err()
}

// SpecimensTaken returns the single specimens of all outbreaks that were taken after an instant, in the order of their IDs; of those given, if any are.
func (r *Reader) SpecimensTaken(after time.Time, of ...person.ID) ([]lab.Specimen, error) {
	if len(of) == 0 {
		return r.specimens(`SELECT `+specimenColumns+` FROM specimen WHERE taken_at > $1 ORDER BY id`, instant(after))
	}
	var out []lab.Specimen
	err := inChunks(of, func(part []person.ID) error {
		args := []any{instant(after)}
		list, err := r.specimens(`SELECT `+specimenColumns+` FROM specimen WHERE taken_at > $1 AND person IN (`+placeholders(&args, part)+`) ORDER BY id`, args...)
		out = append(out, list...)
		return err
	})
	return out, err
}

// HoldTold is of a hold what its person is told.
type HoldTold struct {
	Person   person.ID
	Until    time.Time
	LiftedAt time.Time // zero while it stands
}

// HoldsTold returns the holds of all outbreaks that stand or have ended after an instant.
func (r *Reader) HoldsTold(ended time.Time) ([]HoldTold, error) {
	rows, err := r.query(`SELECT person, until_at, lifted_at FROM hold WHERE lifted_at = 0 OR lifted_at > $1 AND lifted <> 'merged'`, instant(ended))
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []HoldTold
	for rows.Next() {
		var h HoldTold
		var until, lifted int64
		if err := rows.Scan(&h.Person, &until, &lifted); err != nil {
			return nil, fmt.Errorf("read holds: %w", err)
		}
		h.Until, h.LiftedAt = when(until), when(lifted)
		out = append(out, h)
	}
	return out, rows.Err()
}

// EntryBefore returns the seq of the last journal entry that was recorded before an instant, give or take those of the same second; 0 where there is none.
func (r *Reader) EntryBefore(at time.Time) (int64, error) {
	end, err := r.JournalEnd()
	if err != nil {
		return 0, err
	}
	low, high := int64(0), end.Seq // low was recorded before, what comes after high was not
	for low < high {
		mid := low + (high-low+1)/2
		list, err := r.EntriesAfter(mid-1, 1)
		if err != nil {
			return 0, err
		}
		if len(list) == 0 {
			return 0, fmt.Errorf("nothing from entry %d on: %w", mid, journal.ErrBroken)
		}
		if list[0].RecordedAt.Before(at) {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low, nil
}
