package store

import (
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/screening"
)

const seriesColumns = `id, outbreak, name, area, people_group, pool, every_days, times_a_week, apart, at_minute, minutes, since, until, turn, ended_at, version`

// AddSeries inserts a standing round and gives it its ID.
func (tx *Tx) AddSeries(s *screening.Series) error {
	id, err := tx.nextIDs("screening_series", 1)
	if err != nil {
		return err
	}
	s.ID, s.Version = screening.SeriesID(id), 1
	_, err = tx.exec(`INSERT INTO screening_series (`+seriesColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		id, int64(s.Outbreak), s.Name, int64(s.Area), string(s.Group), int64(s.Pool), int64(s.Rhythm.EveryDays), int64(s.Rhythm.TimesAWeek), s.Rhythm.Apart.Microseconds(), int64(s.AtMinute), int64(s.Length/time.Minute),
		s.Since.String(), s.Until.String(), int64(s.Turn), instant(s.EndedAt), s.Version)
	if err != nil {
		return fmt.Errorf("insert standing round: %w", err)
	}
	rows := make([][]any, len(s.Areas))
	for i, a := range s.Areas {
		rows[i] = []any{id, int64(a)}
	}
	if err := tx.bulk(`INSERT INTO screening_series_area (series, area) VALUES ($1, $2)`, rows); err != nil {
		return fmt.Errorf("insert the areas of a standing round: %w", err)
	}
	return nil
}

// UpdateSeries writes how far a standing round has come, and whether it has ended. The version must be the one stored.
func (tx *Tx) UpdateSeries(s *screening.Series) error {
	n, err := tx.exec(`UPDATE screening_series SET turn = $1, ended_at = $2, version = version + 1 WHERE id = $3 AND version = $4`, int64(s.Turn), instant(s.EndedAt), int64(s.ID), s.Version)
	if err != nil {
		return fmt.Errorf("update standing round %d: %w", s.ID, err)
	}
	if n == 0 {
		return &Conflict{Noun: "standing round", ID: int64(s.ID), Want: s.Version}
	}
	s.Version++
	return nil
}

// Series returns one standing round. The caller has checked, or checks, that its area may be read.
func (r *Reader) Series(id screening.SeriesID) (screening.Series, error) {
	list, err := r.seriesList(`id = $1`, int64(id))
	return one(list, err, "standing round", id)
}

// SeriesOf returns the standing rounds of an outbreak, the oldest first. The caller leaves out those whose area may not be read.
func (r *Reader) SeriesOf(o outbreak.ID) ([]screening.Series, error) {
	return r.seriesList(`outbreak = $1 ORDER BY id`, int64(o))
}

func (r *Reader) seriesList(where string, args ...any) ([]screening.Series, error) {
	rows, err := r.query(`SELECT `+seriesColumns+` FROM screening_series WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read standing rounds: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []screening.Series
	for rows.Next() {
		var s screening.Series
		var apart, minutes, ended int64
		if err := rows.Scan(&s.ID, &s.Outbreak, &s.Name, &s.Area, &s.Group, &s.Pool, &s.Rhythm.EveryDays, &s.Rhythm.TimesAWeek, &apart, &s.AtMinute, &minutes, &s.Since, &s.Until, &s.Turn, &ended, &s.Version); err != nil {
			return nil, fmt.Errorf("read standing rounds: %w", err)
		}
		s.Rhythm.Apart, s.Length, s.EndedAt = time.Duration(apart)*time.Microsecond, time.Duration(minutes)*time.Minute, when(ended)
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read standing rounds: %w", err)
	}
	for i := range out {
		areas, err := r.pairs(`SELECT area, area FROM screening_series_area WHERE series = $1 ORDER BY area`, int64(out[i].ID))
		if err != nil {
			return nil, fmt.Errorf("read the areas of a standing round: %w", err)
		}
		for _, a := range areas {
			out[i].Areas = append(out[i].Areas, place.AreaID(a[0]))
		}
	}
	return out, nil
}

// OverdueInSeries returns the rounds of an outbreak that a standing round opened and whose end has passed.
func (r *Reader) OverdueInSeries(o outbreak.ID, now time.Time) ([]screening.Round, error) {
	return r.rounds(`outbreak = $1 AND series > 0 AND state = 'open' AND ends_at <= $2 ORDER BY id`, int64(o), instant(now))
}
