package exchange

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/trace"
)

// ErrNotMeetings is wrapped when a file's columns are not those of a list of meetings.
var ErrNotMeetings = errors.New("not a list of meetings: it needs the columns person and other, and start or day, or step where it is said what the steps are; it may have end, seconds or minutes, and metres")

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
	meetingStep
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
	meetingStep:    {"step", "interval", "时段"},
}

// scanMeetings reads a list of who was with whom, as proximity devices measure it or people tell it, and calls fn twice for each row, for either of the two: in the tracing engine a meeting is a place of
// its own that both visit. Of a day without a time a meeting whose length is told is at noon; one of which nothing is told but the day is kept as the whole day, so that it is lost to no time that begins or ends on it.
func (l VisitList) scanMeetings(ctx context.Context, fn func(VisitRow) error) (VisitTally, error) {
	m := meetingReader{zone: l.Zone}
	return l.Source.scanRows(ctx, func(h []string) (unused []string, err error) {
		m.header = h
		if m.steps, err = ParseSteps(l.Steps, l.Zone); err != nil {
			return nil, err
		}
		m.cols, unused, err = meetingColumns(h, m.steps.Length > 0)
		return unused, err
	}, func(row Row) error {
		a, b := m.row(row)
		if err := fn(a); err != nil || a.Rejected {
			return err
		}
		return fn(b)
	})
}

// meetingReader reads the rows of one list of meetings.
type meetingReader struct {
	header []string
	cols   [meetingFields]int
	steps  Steps
	zone   *time.Location
}

// Steps say what the steps of a list are that counts time rather than tells it, as proximity studies do: step 1 lasts for Length from Begin on, and a day has PerDay of them, beginning at the same hour.
type Steps struct {
	Begin  time.Time
	Length time.Duration
	PerDay int
}

// ErrSteps is wrapped by ParseSteps.
var ErrSteps = errors.New("want when step 1 began, how long a step is, and how many a day has, such as 2017-10-12T07:00,5m,192")

// ParseSteps reads what is said of steps; the empty text says that there are none.
func ParseSteps(text string, zone *time.Location) (s Steps, err error) {
	if text == "" {
		return s, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return s, fmt.Errorf("steps %q: %w", text, ErrSteps)
	}
	begin, ok := isoTime(strings.TrimSpace(parts[0]), zone)
	length, errLength := time.ParseDuration(strings.TrimSpace(parts[1]))
	perDay, errDay := strconv.Atoi(strings.TrimSpace(parts[2]))
	if !ok || errLength != nil || errDay != nil || length < time.Second || length%time.Second != 0 || perDay < 1 || length > 24*time.Hour/time.Duration(perDay) {
		return s, fmt.Errorf("steps %q: %w", text, ErrSteps)
	}
	return Steps{begin, length, perDay}, nil
}

// mostSteps bounds the number of a step: a hundred years of them, a second each.
const mostSteps = 100 * 366 * 24 * 60 * 60

// at is when a step began.
func (s Steps) at(step int) time.Time {
	day, within := (step-1)/s.PerDay, (step-1)%s.PerDay
	return s.Begin.AddDate(0, 0, day).Add(time.Duration(within) * s.Length)
}

// meetingColumns finds the columns; -1 where there is none.
func meetingColumns(header []string, steps bool) (cols [meetingFields]int, unused []string, err error) {
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
	timed := cols[meetingStart] >= 0 || cols[meetingDay] >= 0 || steps && cols[meetingStep] >= 0
	if cols[meetingPerson] < 0 || cols[meetingOther] < 0 || !timed {
		return cols, unused, fmt.Errorf("columns %s: %w", strings.Join(header, ", "), ErrNotMeetings)
	}
	return cols, unused, nil
}

func (m *meetingReader) row(row Row) (a, b VisitRow) {
	a = VisitRow{Row: row.Number, Problems: row.Problems, Kind: trace.Meeting}
	for _, x := range row.Problems {
		a.Rejected = a.Rejected || x.Severity == Reject
	}
	get := func(f meetingField) string {
		if m.cols[f] < 0 {
			return ""
		}
		return restore(trim(row.Cells[m.cols[f]]))
	}
	say := func(f meetingField, severity Severity, value, format string, args ...any) {
		column := meetingNames[f][0]
		if m.cols[f] >= 0 {
			column = m.header[m.cols[f]]
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
	var untimed bool
	a.Start, a.End, untimed = m.times(get, say)
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
		apart, err := strconv.ParseFloat(text, 32)
		if err != nil || math.IsNaN(apart) || apart < 0 || apart > 3000 {
			say(meetingMetres, Warn, text, "is no distance in metres; it was left open")
		} else {
			a.Spot.Point, b.Spot.Point, b.Spot.X = true, true, float32(apart)
		}
	}
	first, second := a.Person, b.Person
	if second < first {
		first, second = second, first
		a.Spot, b.Spot = b.Spot, a.Spot
	}
	a.Place = first + " + " + second
	if untimed { // a place of its own: kinds are of places, and the two may have met otherwise as well
		a.Kind, b.Kind = trace.Untimed, trace.Untimed
		a.Place += " ?"
	}
	b.Place = a.Place
	return a, b
}

// times reads from when until when a meeting was; zero where that cannot be. Of one of which nobody says how long it was, as people in an interview do not, a second is kept in its place, or the whole day where nobody says when on it,
// and untimed says so.
func (m *meetingReader) times(get func(meetingField) string, say func(meetingField, Severity, string, string, ...any)) (start, end time.Time, untimed bool) {
	if m.steps.Length > 0 && m.cols[meetingStep] >= 0 {
		text := get(meetingStep)
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostSteps {
			say(meetingStep, Reject, text, "is no step, counted from 1")
			return start, end, false
		}
		start = m.steps.at(n)
		return start, start.Add(m.steps.Length), false
	}
	start, byDay := m.begin(get, say)
	if text := get(meetingEnd); text != "" {
		end, ok := isoTime(text, m.zone)
		if !ok {
			say(meetingEnd, Reject, text, "is no time such as 2022-03-07T08:30:00 or 2022-03-07T08:30:00+08:00")
		}
		return start, end, false
	}
	f, scale, text := meetingSeconds, 1.0, get(meetingSeconds)
	if text == "" {
		f, scale, text = meetingMinutes, 60, get(meetingMinutes)
	}
	if text == "" || isMissing(text) {
		switch {
		case start.IsZero():
		case byDay:
			y, month, d := start.In(m.zone).Date()
			start = time.Date(y, month, d, 0, 0, 0, 0, m.zone)
			end = time.Date(y, month, d+1, 0, 0, 0, 0, m.zone).Add(-time.Second) // not the next day's first instant: the last day of the meeting is this one
		default:
			end = start.Add(time.Second)
		}
		return start, end, true
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || n < 0 || n*scale > trace.MaxStay {
		say(f, Reject, text, "is no length of time up to 12 days")
		return start, end, false
	}
	if !start.IsZero() {
		end = start.Add(time.Duration(math.Round(n*scale)) * time.Second)
	}
	return start, end, false
}

// begin reads when a meeting began; byDay: nothing but the day is told, and noon stands for when.
func (m *meetingReader) begin(get func(meetingField) string, say func(meetingField, Severity, string, string, ...any)) (at time.Time, byDay bool) {
	text, f := get(meetingStart), meetingStart
	if text == "" {
		text, f = get(meetingDay), meetingDay
	}
	if t, ok := isoTime(text, m.zone); ok {
		return t, false
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, m.zone); err == nil {
		return t.Add(12 * time.Hour), true
	}
	say(f, Reject, text, "is no time such as 2022-03-07T08:30:00, and no day such as 2022-03-07")
	return at, false
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
func ScanPlaces(ctx context.Context, s *Source, fn func(PlaceRow) error) (VisitTally, error) {
	var header []string
	place, kind := -1, -1
	return s.scanRows(ctx, func(h []string) (unused []string, err error) {
		header = h
		for i, name := range h {
			switch n := normalise(name); {
			case place < 0 && slices.Contains(visitNames[visitPlace], n):
				place = i
			case kind < 0 && slices.Contains(visitNames[visitKind], n):
				kind = i
			default:
				unused = append(unused, name)
			}
		}
		if place < 0 || kind < 0 {
			return unused, fmt.Errorf("columns %s: %w", strings.Join(h, ", "), ErrNotPlaces)
		}
		return unused, nil
	}, func(row Row) error { return fn(placeRow(row, header, place, kind)) })
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
