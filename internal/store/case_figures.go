package store

import (
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// CaseFigure is what figures and curves need of a case, and nothing that tells who it is.
type CaseFigure struct {
	ID          cases.ID
	Outbreak    outbreak.ID
	Area        place.AreaID
	Class       cases.Class
	Found       cases.Found
	Onset       day.Day
	Sampled     day.Day
	ConfirmedAt time.Time
	ReportedAt  time.Time
	NotedAt     time.Time
	Merged      bool // into another case: it counts no more
}

const figureColumns = `id, outbreak, area, class, found, onset, sampled, confirmed_at, reported_at, noted_at, merged_into`

func (r *Reader) figures(text string, args ...any) ([]CaseFigure, error) {
	rows, err := r.query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("read case figures: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []CaseFigure
	for rows.Next() {
		var f CaseFigure
		var confirmed, reported, noted, merged int64
		if err := rows.Scan(&f.ID, &f.Outbreak, &f.Area, &f.Class, &f.Found, &f.Onset, &f.Sampled, &confirmed, &reported, &noted, &merged); err != nil {
			return nil, fmt.Errorf("read case figures: %w", err)
		}
		f.ConfirmedAt, f.ReportedAt, f.NotedAt, f.Merged = when(confirmed), when(reported), when(noted), merged != 0
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read case figures: %w", err)
	}
	return out, nil
}

// CaseFiguresAfter returns up to limit cases of an outbreak by ID, from the first after the given one. Merged ones are among them, marked. It takes no bound:
// who shows counts made from them bounds those.
func (r *Reader) CaseFiguresAfter(o outbreak.ID, after cases.ID, limit int) ([]CaseFigure, error) {
	return r.figures(`SELECT `+figureColumns+` FROM cases WHERE outbreak + 0 = $1 AND id > $2 ORDER BY id LIMIT $3`, int64(o), int64(after), limit)
}

// CaseFigures returns the given cases, in no order; those that are not there are left out.
func (r *Reader) CaseFigures(ids []cases.ID) ([]CaseFigure, error) {
	var out []CaseFigure
	err := inChunks(ids, func(part []cases.ID) error {
		list, err := r.figures(`SELECT ` + figureColumns + ` FROM cases WHERE id IN (` + numbers(part) + `)`)
		out = append(out, list...)
		return err
	})
	return out, err
}

// LastCase returns the highest ID of any case; 0 where there is none.
func (r *Reader) LastCase() (id cases.ID, err error) {
	err = r.row(`SELECT COALESCE(MAX(id), 0) FROM cases`).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("read the last case: %w", err)
	}
	return id, nil
}
