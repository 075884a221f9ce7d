package store

import (
	"fmt"

	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// CaseCount is a row of a line list that is no person but a number of cases.
type CaseCount struct {
	Outbreak       outbreak.ID
	Code           string
	Cases          int64 // negative for a correction
	Class, Outcome string
	On             day.Day
	Area, District place.AreaID
	Attributes     map[string]string
	Origin         task.FactRef
}

// PutCaseCount inserts or updates one; changed is false when it was there and said the same.
func (tx *Tx) PutCaseCount(c CaseCount) (created, changed bool, err error) {
	attributes, err := writeAttributes(c.Attributes)
	if err != nil {
		return false, false, fmt.Errorf("case count %q: %w", c.Code, err)
	}
	n, err := tx.exec(`INSERT INTO case_count (outbreak, code, cases, class, outcome, on_day, area, district, attributes, origin_seq, origin_row)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (outbreak, code) DO NOTHING`,
		int64(c.Outbreak), c.Code, c.Cases, c.Class, c.Outcome, c.On.String(), int64(c.Area), int64(c.District), attributes, c.Origin.Seq, c.Origin.Row)
	if err != nil {
		return false, false, fmt.Errorf("insert case count %q: %w", c.Code, err)
	}
	if n == 1 {
		return true, true, nil
	}
	n, err = tx.exec(`UPDATE case_count SET cases = $1, class = $2, outcome = $3, on_day = $4, area = $5, district = $6, attributes = $7
WHERE outbreak = $8 AND code = $9 AND NOT (cases = $10 AND class = $11 AND outcome = $12 AND on_day = $13 AND area = $14 AND attributes = $15)`,
		c.Cases, c.Class, c.Outcome, c.On.String(), int64(c.Area), int64(c.District), attributes, int64(c.Outbreak), c.Code,
		c.Cases, c.Class, c.Outcome, c.On.String(), int64(c.Area), attributes)
	if err != nil {
		return false, false, fmt.Errorf("update case count %q: %w", c.Code, err)
	}
	return false, n == 1, nil
}

// CaseCounts returns how many rows there are and what they sum to.
func (r *Reader) CaseCounts(o outbreak.ID) (rows, sum int64, err error) {
	err = r.row(`SELECT COUNT(*), COALESCE(SUM(cases), 0) FROM case_count WHERE outbreak = $1`, int64(o)).Scan(&rows, &sum)
	return rows, sum, err
}

// ResolveSources returns the contacts with an exposure to a code that no case had when they were imported, and one has by now.
func (r *Reader) ResolveSources(o outbreak.ID) ([]int64, error) {
	out, err := r.idList(`SELECT DISTINCT e.contact FROM exposure e JOIN cases c ON c.outbreak = e.outbreak AND c.code = e.source_code
WHERE e.outbreak = $1 AND e.source_code <> '' AND e.aside = 0 ORDER BY e.contact`, int64(o))
	if err != nil {
		return nil, fmt.Errorf("resolve sources of contacts: %w", err)
	}
	return out, nil
}
