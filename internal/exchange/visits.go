package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/trace"
)

// VisitRow is a row of a list of visits: who was where, from when until when, and as far as known in which seat or at which point.
type VisitRow struct {
	Row      int // 1-based spreadsheet row
	Person   string
	Place    string
	Start    time.Time
	End      time.Time
	Spot     trace.Spot
	Kind     trace.Kind // of the place; Unknown where the list does not say
	Problems []Problem
	Rejected bool
}

// VisitTally counts what a list of visits held.
type VisitTally struct {
	Rows      int
	Given     int
	Problems  []Problem
	Truncated bool
	Unused    []string // columns that nothing is kept of
}

// ErrNotVisits is wrapped when a file's columns are not those of a list of visits.
var ErrNotVisits = errors.New("not a list of visits: it needs the columns person, place, start and end, and may have seat, x, y and kind")

type visitField int

const (
	visitPerson visitField = iota
	visitPlace
	visitStart
	visitEnd
	visitSeat
	visitX
	visitY
	visitKind
	visitFields
)

// visitNames are the headers of lists of visits, as normalise makes them.
var visitNames = [visitFields][]string{
	visitPerson: {"person", "personid", "personcode", "人员", "人员编号"},
	visitPlace:  {"place", "placeid", "placecode", "venue", "location", "场所", "地点", "场所编号"},
	visitStart:  {"start", "from", "begin", "checkin", "enteredat", "开始", "开始时间", "进入时间"},
	visitEnd:    {"end", "to", "until", "checkout", "leftat", "结束", "结束时间", "离开时间"},
	visitSeat:   {"seat", "seatno", "座位", "座位号"},
	visitX:      {"x"},
	visitY:      {"y"},
	visitKind:   {"kind", "placekind", "placetype", "setting", "场所类型", "类型"},
}

// mostVisitText is how many bytes a person or place may be called by.
const mostVisitText = 200

// VisitForm is a way in which visits are listed.
type VisitForm string

// The forms of lists of visits.
const (
	Visits   VisitForm = "visits"   // who was where: a row is one visit
	Meetings VisitForm = "meetings" // who was with whom: a row is two visits to a place of their own
	Stays    VisitForm = "stays"    // who stayed where, by days as a rule, in one or more groups of columns: a row is as many visits as days
)

// VisitForms are the forms in the order in which people are told of them.
func VisitForms() []VisitForm { return []VisitForm{Visits, Meetings, Stays} }

// VisitList is a list of visits to read.
type VisitList struct {
	Source *Source
	Form   VisitForm // empty: Visits
	Steps  string    // of a list of meetings that counts steps in place of times: see ParseSteps
	Zone   *time.Location
}

// Scan reads the list and calls fn for each visit, in the file's order; a row that cannot be taken is given once, marked. Times are ISO 8601; those without an offset are of Zone. An error of fn ends
// the reading.
func (l VisitList) Scan(ctx context.Context, fn func(VisitRow) error) (VisitTally, error) {
	switch l.Form {
	case Meetings:
		return l.scanMeetings(ctx, fn)
	case Stays:
		return l.scanStays(ctx, fn)
	default:
		return l.scanVisits(ctx, fn)
	}
}

func (l VisitList) scanVisits(ctx context.Context, fn func(VisitRow) error) (VisitTally, error) {
	var header []string
	var cols [visitFields]int
	return l.Source.scanRows(ctx, func(h []string) (unused []string, err error) {
		header = h
		cols, unused, err = visitColumns(h)
		return unused, err
	}, func(row Row) error { return fn(visitRow(row, header, cols, l.Zone)) })
}

// scanRows reads a table: first its header, then row by row.
func (s *Source) scanRows(ctx context.Context, columns func(header []string) (unused []string, err error), each func(Row) error) (tally VisitTally, err error) {
	t, err := s.Table(ReadOptions{})
	if err != nil {
		return tally, err
	}
	defer func() {
		tally.Rows, _, _ = t.Counts()
		tally.Problems, tally.Truncated = t.Problems(), t.Truncated()
		err = errors.Join(err, t.Close())
	}()
	if tally.Unused, err = columns(t.Header()); err != nil {
		return tally, fmt.Errorf("read %s: %w", s.name, err)
	}
	for {
		if tally.Given%1024 == 0 && ctx.Err() != nil {
			return tally, ctx.Err()
		}
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return tally, nil
		}
		if err != nil {
			return tally, err
		}
		tally.Given++
		if err := each(row); err != nil {
			return tally, fmt.Errorf("row %d: %w", row.Number, err)
		}
	}
}

// visitColumns finds the columns; -1 where there is none.
func visitColumns(header []string) (cols [visitFields]int, unused []string, err error) {
	for f := range cols {
		cols[f] = -1
	}
	used := make([]bool, len(header))
	for i, h := range header {
		for f, names := range visitNames {
			if cols[f] < 0 && !used[i] && slices.Contains(names, normalise(h)) {
				cols[f], used[i] = i, true
			}
		}
		if !used[i] {
			unused = append(unused, h)
		}
	}
	for _, f := range []visitField{visitPerson, visitPlace, visitStart, visitEnd} {
		if cols[f] < 0 {
			return cols, unused, fmt.Errorf("columns %s: there is none for %s: %w", strings.Join(header, ", "), visitNames[f][0], ErrNotVisits)
		}
	}
	return cols, unused, nil
}

func visitRow(row Row, header []string, cols [visitFields]int, zone *time.Location) VisitRow {
	v := VisitRow{Row: row.Number, Problems: row.Problems}
	for _, x := range row.Problems {
		v.Rejected = v.Rejected || x.Severity == Reject
	}
	get := func(f visitField) string {
		if cols[f] < 0 {
			return ""
		}
		return restore(trim(row.Cells[cols[f]]))
	}
	say := func(f visitField, severity Severity, value, format string, args ...any) {
		v.Problems = append(v.Problems, Problem{Row: row.Number, Column: header[cols[f]], Severity: severity, Value: value, Reason: fmt.Sprintf(format, args...)})
		v.Rejected = v.Rejected || severity == Reject
	}
	v.Person, v.Place = get(visitPerson), get(visitPlace)
	// What a person is called may be a document: problems end in files, and do not show it.
	if v.Person == "" || len(v.Person) > mostVisitText {
		say(visitPerson, Reject, "", "is needed, in at most %d bytes", mostVisitText)
	}
	if v.Place == "" || len(v.Place) > mostVisitText {
		say(visitPlace, Reject, "", "is needed, in at most %d bytes", mostVisitText)
	}
	times := [2]time.Time{}
	for i, f := range []visitField{visitStart, visitEnd} {
		t, ok := isoTime(get(f), zone)
		if !ok {
			say(f, Reject, get(f), "is no time such as 2022-03-07T08:30:00 or 2022-03-07T08:30:00+08:00")
			continue
		}
		times[i] = t
	}
	v.Start, v.End = times[0], times[1]
	if !v.Start.IsZero() && !v.End.IsZero() {
		switch {
		case v.End.Before(v.Start):
			say(visitEnd, Reject, get(visitEnd), "is before the start")
		case v.End.Sub(v.Start) > trace.MaxStay*time.Second:
			say(visitEnd, Reject, get(visitEnd), "is more than 12 days after the start: give a long stay in several rows")
		case v.Start.Unix() < 24*60*60 || v.End.Unix() >= math.MaxUint32:
			say(visitStart, Reject, get(visitStart), "is not between 1970 and 2106")
		}
	}
	if kind := get(visitKind); kind != "" && !isMissing(kind) {
		var err error
		if v.Kind, err = trace.ParseKind(kind); err != nil {
			say(visitKind, Warn, kind, "%s; it was left open", trace.ErrKind)
		}
	}
	if seat := get(visitSeat); seat != "" && !isMissing(seat) {
		var ok bool
		if v.Spot.Row, v.Spot.Column, ok = readSeat(seat); !ok {
			say(visitSeat, Warn, seat, "is no seat such as 12A or 12-1; it was left open")
		}
	}
	x, y := get(visitX), get(visitY)
	if x != "" || y != "" {
		a, errX := strconv.ParseFloat(x, 32)
		b, errY := strconv.ParseFloat(y, 32)
		if cols[visitX] < 0 || cols[visitY] < 0 || errX != nil || errY != nil || math.IsNaN(a) || math.IsNaN(b) || math.Abs(a) > 1e6 || math.Abs(b) > 1e6 {
			f := visitX
			if cols[visitX] < 0 || errX == nil && cols[visitY] >= 0 {
				f = visitY
			}
			say(f, Warn, x+" "+y, "x and y are not both numbers of metres; the point was left open")
		} else {
			v.Spot.Point, v.Spot.X, v.Spot.Y = true, float32(a), float32(b)
		}
	}
	return v
}

var isoForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"}

var isoLocalForms = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}

// isoTime reads a time; without an offset it is of zone.
func isoTime(s string, zone *time.Location) (time.Time, bool) {
	for _, f := range isoForms {
		if t, err := time.Parse(f, s); err == nil {
			return t.Truncate(time.Second), true
		}
	}
	for _, f := range isoLocalForms {
		if t, err := time.ParseInLocation(f, s, zone); err == nil {
			return t.Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

// readSeat reads 12A, 12-1, 12/1 or 12 as row and column.
func readSeat(s string) (row, column int16, ok bool) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	n, err := strconv.ParseInt(s[:digits], 10, 16)
	if err != nil || n == 0 {
		return 0, 0, false
	}
	rest := strings.ToUpper(strings.TrimLeft(s[digits:], " -/"))
	switch {
	case rest == "":
		return int16(n), 0, true
	case len(rest) == 1 && rest[0] >= 'A' && rest[0] <= 'Z':
		return int16(n), int16(rest[0]-'A') + 1, true
	}
	c, err := strconv.ParseInt(rest, 10, 16)
	if err != nil || c <= 0 {
		return 0, 0, false
	}
	return int16(n), int16(c), true
}
