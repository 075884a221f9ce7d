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

// ErrNotMeetings is wrapped when a file's columns are not those of a list of meetings.
var ErrNotMeetings = errors.New("not a list of meetings: it needs the columns person and other, and start and end, or start (or day) and seconds; it may have metres")

type meetingField int

const (
	meetingPerson meetingField = iota
	meetingOther
	meetingStart
	meetingEnd
	meetingSeconds
	meetingMinutes
	meetingDay
	meetingMetres
	meetingFields
)

// meetingNames are the headers of lists of meetings, as normalise makes them. A file may call both columns of people the same.
var meetingNames = [meetingFields][]string{
	meetingPerson:  {"person", "persona", "person1", "user", "usera", "user1", "a", "id1", "from", "人员", "人员1", "人员甲"},
	meetingOther:   {"other", "personb", "person2", "userb", "user2", "b", "id2", "to", "contact", "person", "人员", "人员2", "人员乙"},
	meetingStart:   {"start", "begin", "time", "startedat", "开始", "开始时间"},
	meetingEnd:     {"end", "until", "endedat", "结束", "结束时间"},
	meetingSeconds: {"seconds", "duration", "durations", "durationseconds", "秒", "时长"},
	meetingMinutes: {"minutes", "durationminutes", "分钟"},
	meetingDay:     {"day", "date", "日期"},
	meetingMetres:  {"metres", "meters", "distance", "distancem", "m", "距离"},
}

// ScanMeetings reads a list of who was with whom, as proximity devices measure it or people tell it, and calls fn twice for each row, for either of the two: in the tracing engine a meeting is a place of
// its own that both visit. A row that cannot be taken is given once. Of a day without a time the meeting is at noon.
func ScanMeetings(ctx context.Context, s *Source, zone *time.Location, fn func(VisitRow) error) (tally VisitTally, err error) {
	t, err := s.Table(ReadOptions{})
	if err != nil {
		return tally, err
	}
	defer func() {
		tally.Rows, _, _ = t.Counts()
		tally.Problems, tally.Truncated = t.Problems(), t.Truncated()
		err = errors.Join(err, t.Close())
	}()
	cols, unused, err := meetingColumns(t.Header())
	if err != nil {
		return tally, fmt.Errorf("read %s: %w", s.name, err)
	}
	tally.Unused = unused
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
		a, b := meetingRow(row, t.Header(), cols, zone)
		if err := fn(a); err != nil {
			return tally, fmt.Errorf("row %d: %w", row.Number, err)
		}
		if a.Rejected {
			continue
		}
		if err := fn(b); err != nil {
			return tally, fmt.Errorf("row %d: %w", row.Number, err)
		}
	}
}

// meetingColumns finds the columns; -1 where there is none.
func meetingColumns(header []string) (cols [meetingFields]int, unused []string, err error) {
	for f := range cols {
		cols[f] = -1
	}
	for i, h := range header {
		used := false
		for f, names := range meetingNames {
			if cols[f] < 0 && !used && slices.Contains(names, normalise(h)) {
				cols[f], used = i, true
			}
		}
		if !used {
			unused = append(unused, h)
		}
	}
	timed := cols[meetingStart] >= 0 && cols[meetingEnd] >= 0 || (cols[meetingStart] >= 0 || cols[meetingDay] >= 0) && (cols[meetingSeconds] >= 0 || cols[meetingMinutes] >= 0)
	if cols[meetingPerson] < 0 || cols[meetingOther] < 0 || !timed {
		return cols, unused, fmt.Errorf("columns %s: %w", strings.Join(header, ", "), ErrNotMeetings)
	}
	return cols, unused, nil
}

func meetingRow(row Row, header []string, cols [meetingFields]int, zone *time.Location) (a, b VisitRow) {
	a = VisitRow{Row: row.Number, Problems: row.Problems, Kind: trace.Meeting}
	for _, x := range row.Problems {
		a.Rejected = a.Rejected || x.Severity == Reject
	}
	get := func(f meetingField) string {
		if cols[f] < 0 {
			return ""
		}
		return restore(trim(row.Cells[cols[f]]))
	}
	say := func(f meetingField, severity Severity, value, format string, args ...any) {
		column := meetingNames[f][0]
		if cols[f] >= 0 {
			column = header[cols[f]]
		}
		a.Problems = append(a.Problems, Problem{Row: row.Number, Column: column, Severity: severity, Value: value, Reason: fmt.Sprintf(format, args...)})
		a.Rejected = a.Rejected || severity == Reject
	}
	b = a
	a.Person, b.Person = get(meetingPerson), get(meetingOther)
	for f, who := range map[meetingField]string{meetingPerson: a.Person, meetingOther: b.Person} {
		if who == "" || len(who) > mostVisitText {
			say(f, Reject, "", "is needed, in at most %d bytes", mostVisitText)
		}
	}
	if a.Person == b.Person && a.Person != "" {
		say(meetingOther, Reject, "", "is the same person: nobody meets themselves")
	}
	a.Start = meetingBegin(get, say, zone)
	switch end, seconds := get(meetingEnd), get(meetingSeconds); {
	case end != "":
		t, ok := isoTime(end, zone)
		if !ok {
			say(meetingEnd, Reject, end, "is no time such as 2022-03-07T08:30:00 or 2022-03-07T08:30:00+08:00")
		}
		a.End = t
	default:
		f, scale := meetingSeconds, 1.0
		if seconds == "" {
			f, scale, seconds = meetingMinutes, 60, get(meetingMinutes)
		}
		n, err := strconv.ParseFloat(seconds, 64)
		if err != nil || math.IsNaN(n) || n < 0 || n*scale > trace.MaxStay {
			say(f, Reject, seconds, "is no length of time up to 12 days")
			break
		}
		if !a.Start.IsZero() {
			a.End = a.Start.Add(time.Duration(math.Round(n*scale)) * time.Second)
		}
	}
	if !a.Start.IsZero() && !a.End.IsZero() {
		switch {
		case a.End.Before(a.Start):
			say(meetingEnd, Reject, get(meetingEnd), "is before the start")
		case a.End.Sub(a.Start) > trace.MaxStay*time.Second:
			say(meetingEnd, Reject, get(meetingEnd), "is more than 12 days after the start")
		case a.Start.Unix() < 24*60*60 || a.End.Unix() >= math.MaxUint32:
			say(meetingStart, Reject, "", "is not between 1970 and 2106")
		}
	}
	b.Start, b.End = a.Start, a.End
	if text := get(meetingMetres); text != "" && !isMissing(text) {
		m, err := strconv.ParseFloat(text, 32)
		if err != nil || math.IsNaN(m) || m < 0 || m > 3000 {
			say(meetingMetres, Warn, text, "is no distance in metres; it was left open")
		} else {
			a.Spot.Point, b.Spot.Point, b.Spot.X = true, true, float32(m)
		}
	}
	first, second := a.Person, b.Person
	if second < first {
		first, second = second, first
		a.Spot, b.Spot = b.Spot, a.Spot
	}
	a.Place = first + " + " + second
	b.Place = a.Place
	return a, b
}

// meetingBegin reads when a meeting began.
func meetingBegin(get func(meetingField) string, say func(meetingField, Severity, string, string, ...any), zone *time.Location) time.Time {
	text, f := get(meetingStart), meetingStart
	if text == "" {
		text, f = get(meetingDay), meetingDay
	}
	if t, ok := isoTime(text, zone); ok {
		return t
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t.Add(12 * time.Hour)
	}
	say(f, Reject, text, "is no time such as 2022-03-07T08:30:00, and no day such as 2022-03-07")
	return time.Time{}
}

// PlaceRow is a row of a list of places: of what kind one is.
type PlaceRow struct {
	Row      int
	Place    string
	Kind     trace.Kind
	Problems []Problem
	Rejected bool
}

// ErrNotPlaces is wrapped when a file's columns are not those of a list of places.
var ErrNotPlaces = errors.New("not a list of places: it needs the columns place and kind")

// ScanPlaces reads a list of places and calls fn once per data row; rows that cannot be taken are given too, marked.
func ScanPlaces(ctx context.Context, s *Source, fn func(PlaceRow) error) (tally VisitTally, err error) {
	t, err := s.Table(ReadOptions{})
	if err != nil {
		return tally, err
	}
	defer func() {
		tally.Rows, _, _ = t.Counts()
		tally.Problems, tally.Truncated = t.Problems(), t.Truncated()
		err = errors.Join(err, t.Close())
	}()
	header := t.Header()
	place, kind := -1, -1
	for i, h := range header {
		switch n := normalise(h); {
		case place < 0 && slices.Contains(visitNames[visitPlace], n):
			place = i
		case kind < 0 && slices.Contains(visitNames[visitKind], n):
			kind = i
		default:
			tally.Unused = append(tally.Unused, h)
		}
	}
	if place < 0 || kind < 0 {
		return tally, fmt.Errorf("read %s: columns %s: %w", s.name, strings.Join(header, ", "), ErrNotPlaces)
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
		if err := fn(placeRow(row, header, place, kind)); err != nil {
			return tally, fmt.Errorf("row %d: %w", row.Number, err)
		}
	}
}

func placeRow(row Row, header []string, place, kind int) PlaceRow {
	p := PlaceRow{Row: row.Number, Problems: row.Problems}
	for _, x := range row.Problems {
		p.Rejected = p.Rejected || x.Severity == Reject
	}
	say := func(column int, value, reason string) {
		p.Problems = append(p.Problems, Problem{Row: row.Number, Column: header[column], Severity: Reject, Value: value, Reason: reason})
		p.Rejected = true
	}
	if p.Place = restore(trim(row.Cells[place])); p.Place == "" || len(p.Place) > mostVisitText {
		say(place, "", fmt.Sprintf("is needed, in at most %d bytes", mostVisitText))
	}
	word := restore(trim(row.Cells[kind]))
	var err error
	if p.Kind, err = trace.ParseKind(word); err != nil || p.Kind == trace.Unknown {
		say(kind, word, trace.ErrKind.Error())
	}
	return p
}
