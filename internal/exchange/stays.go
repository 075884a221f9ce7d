package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/trace"
)

// ErrNotStays is wrapped when a file's columns are not those of a list of stays.
var ErrNotStays = errors.New("not a list of stays: it needs the column person (or firstname and lastname), and place, arrival and leave, or place1, arrival1, leave1, place2 and so on")

// stayNames are the headers of lists of stays, as normalise makes them and without the number of the group.
var stayNames = struct{ person, first, last, place, arrival, leave []string }{
	person:  append([]string{"name", "姓名"}, visitNames[visitPerson]...),
	first:   []string{"firstname", "givenname", "名"},
	last:    []string{"lastname", "surname", "familyname", "姓"},
	place:   append([]string{"center", "centre", "site", "shelter", "facility", "机构"}, visitNames[visitPlace]...),
	arrival: append([]string{"arrival", "arrived", "arrivalday", "入住", "入住日期", "到达"}, visitNames[visitStart]...),
	leave:   append([]string{"leave", "left", "departure", "leaveday", "离开日期", "退住"}, visitNames[visitEnd]...),
}

// stayGroup are the columns of one stay in a row.
type stayGroup struct{ place, arrival, leave int }

// stayReader reads the rows of one list of stays.
type stayReader struct {
	header []string
	person []int // the columns that together say who it is
	groups []stayGroup
	zone   *time.Location
}

// mostStay bounds one stay in a list.
const mostStay = 366 * 24 * time.Hour

// scanStays reads a list of who stayed where. A stay told by days begins with the first and ends with the last of them: nobody who was there is missed. It is given as a visit for each day, so that each is purged
// when its time has come. One stay of a row that cannot be is left out with a warning; a row without any other is rejected.
func (l VisitList) scanStays(ctx context.Context, fn func(VisitRow) error) (VisitTally, error) {
	r := stayReader{zone: l.Zone}
	return l.Source.scanRows(ctx, r.columns, func(row Row) error {
		for _, v := range r.row(row) {
			if err := fn(v); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *stayReader) columns(header []string) (unused []string, err error) {
	r.header = header
	first, last := -1, -1
	groups := map[string]*stayGroup{}
	var order []string
	group := func(number string) *stayGroup {
		if groups[number] == nil {
			groups[number] = &stayGroup{-1, -1, -1}
			order = append(order, number)
		}
		return groups[number]
	}
	for i, h := range header {
		name := normalise(h)
		base := strings.TrimRight(name, "0123456789")
		number := name[len(base):]
		switch {
		case r.person == nil && slices.Contains(stayNames.person, name):
			r.person = []int{i}
		case first < 0 && slices.Contains(stayNames.first, name):
			first = i
		case last < 0 && slices.Contains(stayNames.last, name):
			last = i
		case slices.Contains(stayNames.place, base) && group(number).place < 0:
			group(number).place = i
		case slices.Contains(stayNames.arrival, base) && group(number).arrival < 0:
			group(number).arrival = i
		case slices.Contains(stayNames.leave, base) && group(number).leave < 0:
			group(number).leave = i
		default:
			unused = append(unused, h)
		}
	}
	if r.person == nil && first >= 0 && last >= 0 {
		r.person = []int{first, last}
	}
	for _, number := range order {
		g := *groups[number]
		if g.place < 0 || g.arrival < 0 || g.leave < 0 {
			return unused, fmt.Errorf("columns %s: %w", strings.Join(header, ", "), ErrNotStays)
		}
		r.groups = append(r.groups, g)
	}
	if r.person == nil || len(r.groups) == 0 {
		return unused, fmt.Errorf("columns %s: %w", strings.Join(header, ", "), ErrNotStays)
	}
	return unused, nil
}

// row gives the visits of one row, or the row once where it is rejected. What is said of the row stands with the first.
func (r *stayReader) row(row Row) []VisitRow {
	v := VisitRow{Row: row.Number, Problems: row.Problems}
	for _, x := range row.Problems {
		v.Rejected = v.Rejected || x.Severity == Reject
	}
	say := func(column int, severity Severity, value, format string, args ...any) {
		v.Problems = append(v.Problems, Problem{Row: row.Number, Column: r.header[column], Severity: severity, Value: value, Reason: fmt.Sprintf(format, args...)})
		v.Rejected = v.Rejected || severity == Reject
	}
	cell := func(column int) string { return restore(trim(row.Cells[column])) }
	var names []string
	for _, c := range r.person {
		if text := cell(c); text != "" {
			names = append(names, text)
		}
	}
	if v.Person = strings.Join(names, " "); v.Person == "" || len(v.Person) > mostVisitText {
		say(r.person[0], Reject, "", "is needed, in at most %d bytes", mostVisitText)
	}
	var out []VisitRow
	for _, g := range r.groups {
		place, arrival, leave := cell(g.place), cell(g.arrival), cell(g.leave)
		if isMissing(place) && isMissing(arrival) && isMissing(leave) {
			continue // a row has as many stays as it has
		}
		from, okFrom := r.moment(arrival, false)
		to, okTo := r.moment(leave, true)
		switch {
		case place == "" || len(place) > mostVisitText:
			say(g.place, Warn, "", "is needed, in at most %d bytes; this stay was left out", mostVisitText)
		case !okFrom:
			say(g.arrival, Warn, arrival, "is no day such as 2022-03-07, and no time; this stay was left out")
		case !okTo:
			say(g.leave, Warn, leave, "is no day such as 2022-03-07, and no time; this stay was left out")
		case !to.After(from):
			say(g.leave, Warn, leave, "is before the arrival; this stay was left out")
		case to.Sub(from) > mostStay:
			say(g.leave, Warn, leave, "is more than a year after the arrival; this stay was left out")
		case trace.At(from).Time() != from.UTC() || trace.At(to).Time() != to.UTC() || from.Unix() < 24*60*60:
			say(g.arrival, Warn, arrival, "is not between 1970 and 2106; this stay was left out")
		default:
			out = append(out, r.days(v, place, from, to)...)
		}
	}
	if len(out) == 0 && !v.Rejected {
		say(r.groups[0].place, Reject, "", "no stay of the row can be taken")
	}
	if v.Rejected {
		return []VisitRow{v}
	}
	out[0].Problems = v.Problems
	return out
}

// days parts a stay at each midnight.
func (r *stayReader) days(v VisitRow, place string, from, to time.Time) (out []VisitRow) {
	v.Place, v.Problems = place, nil
	for from.Before(to) {
		local := from.In(r.zone)
		midnight := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, r.zone)
		if !midnight.After(from) { // a zone whose clocks went back over midnight
			midnight = from.Add(24 * time.Hour)
		}
		v.Start, v.End = from, to
		if midnight.Before(to) {
			v.End = midnight
		}
		out = append(out, v)
		from = v.End
	}
	return out
}

// moment reads a time, or a day: its begin, or its end.
func (r *stayReader) moment(text string, end bool) (time.Time, bool) {
	if t, ok := isoTime(text, r.zone); ok {
		return t, true
	}
	t, err := time.ParseInLocation(time.DateOnly, text, r.zone)
	if end {
		t = t.AddDate(0, 0, 1)
	}
	return t, err == nil
}
