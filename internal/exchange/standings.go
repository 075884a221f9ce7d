package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// StandingRow is one row of a list of people who need not, or would not, be sampled.
type StandingRow struct {
	Row      int
	Code     string // on their card; or
	Document string
	Standing string // as in the file
	Reason   string
}

var standingNames = [...][]string{
	{"code", "personcode", "person", "人员编码", "编码", "个人码"},
	peopleNames[peopleDocument],
	{"standing", "status", "state", "状态", "情况"},
	{"reason", "why", "原因", "理由"},
}

// ErrNotStandings is wrapped when a file's columns are not those of such a list.
var ErrNotStandings = errors.New("not a list of people who are exempt or refuse: it needs a column of codes or documents (code, 人员编码; document, 身份证号); standing (状态) and reason (原因) may follow")

// ScanStandings reads such a list and calls fn once per data row. It returns how many rows there are; an error of fn ends the reading.
func ScanStandings(ctx context.Context, s *Source, fn func(StandingRow) error) (rows int, err error) {
	t, err := s.Table(ReadOptions{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	var cols [len(standingNames)]int
	for f, names := range standingNames {
		cols[f] = slices.IndexFunc(t.Header(), func(h string) bool { return slices.Contains(names, normalise(h)) })
	}
	if cols[0] < 0 && cols[1] < 0 {
		return 0, fmt.Errorf("read %s: columns %s: %w", s.name, strings.Join(t.Header(), ", "), ErrNotStandings)
	}
	for {
		if err := ctx.Err(); err != nil {
			return rows, err
		}
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			if t.Truncated() {
				return rows, fmt.Errorf("read %s: the file looks cut off after %d rows", s.name, rows)
			}
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		get := func(f int) string {
			if cols[f] < 0 {
				return ""
			}
			return restore(trim(row.Cells[cols[f]]))
		}
		rows++
		if err := fn(StandingRow{row.Number, get(0), get(1), get(2), get(3)}); err != nil {
			return rows, fmt.Errorf("row %d: %w", row.Number, err)
		}
	}
}
