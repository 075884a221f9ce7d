package lab

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is what a laboratory says that it can read in a part of the day, where that is not what it reads otherwise: fewer people at night, a second shift, a pause.
type Rate struct {
	From    time.Duration // since midnight in the outbreak's zone
	Until   time.Duration // earlier than From: after midnight
	PerHour int64         // tubes; 0: nothing is read then
}

// ErrRates is returned by ParseRates and CheckRates for what is no rate by the hour; the error that wraps it says which part and why.
var ErrRates = errors.New("is one part of the day and its tubes an hour, such as 22:00-06:00 120; parts are separated by commas")

// mostRates is more parts than any day has shifts.
const mostRates = 24

// ParseRates reads the parts of the day as people type them, "22:00-06:00 120, 12:00-13:00 0", with Chinese marks too. Nothing is no part. They are in the order of the day.
func ParseRates(s string) (list []Rate, err error) {
	s = strings.NewReplacer("，", ",", "；", ",", "、", ",", ";", ",", "\n", ",", "–", "-", "—", "-", "－", "-", "～", "-", "~", "-", "至", "-", "=", " ", "：", ":").Replace(s)
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, rest, _ := strings.Cut(part, "-")
		rest = strings.TrimSpace(rest)
		until, number, _ := strings.Cut(rest, " ")
		var r Rate
		var bad [3]error
		r.From, bad[0] = ParseTimeOfDay(from)
		r.Until, bad[1] = ParseTimeOfDay(until)
		r.PerHour, bad[2] = strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if errors.Join(bad[:]...) != nil {
			return nil, fmt.Errorf("%q %w", part, ErrRates)
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Rate) int { return cmp.Compare(a.From, b.From) })
	return list, CheckRates(list)
}

// CheckRates says whether each part is a part of a day, and no two share a minute.
func CheckRates(list []Rate) error {
	if len(list) > mostRates {
		return fmt.Errorf("%d parts are more than %d: each %w", len(list), mostRates, ErrRates)
	}
	for i, r := range list {
		switch {
		case r.From < 0 || r.From >= day || r.Until < 0 || r.Until > day || r.From%time.Minute != 0 || r.Until%time.Minute != 0:
			return fmt.Errorf("%q %w", r, ErrRates)
		case r.From == r.Until%day:
			return fmt.Errorf("%q has no end before its start, and %w; what it reads otherwise is given by itself", r, ErrRates)
		case r.PerHour < 0:
			return fmt.Errorf("%q is below nothing, and %w", r, ErrRates)
		}
		for _, o := range list[:i] {
			if r.holds(o.From) || o.holds(r.From) {
				return fmt.Errorf("%q and %q share hours, and each %w", o, r, ErrRates)
			}
		}
	}
	return nil
}

const day = 24 * time.Hour

// holds says whether a time of day lies in a part of the day.
func (r Rate) holds(t time.Duration) bool { return within(r.From, r.Until, t) }

// within says whether a time of day lies from one until another, which is after midnight where it is the earlier.
func within(from, until, t time.Duration) bool {
	if until > from {
		return t >= from && t < until
	}
	return t >= from || t < until
}

// String writes a part of the day as ParseRates reads it.
func (r Rate) String() string {
	return TimeOfDay(r.From) + "-" + TimeOfDay(r.Until) + " " + strconv.FormatInt(r.PerHour, 10)
}

// WriteRates writes parts of the day as ParseRates reads them.
func WriteRates(list []Rate) string {
	text := make([]string, len(list))
	for i, r := range list {
		text[i] = r.String()
	}
	return strings.Join(text, ", ")
}

// Says is whether the laboratory has said what it can read at any hour.
func (l Laboratory) Says() bool {
	return l.PerHour > 0 || slices.ContainsFunc(l.Rates, func(r Rate) bool { return r.PerHour > 0 })
}

// at is what it says that it can read in an hour at a time of day, if it is open then.
func (l Laboratory) at(t time.Duration) (perHour int64, open bool) {
	perHour = l.PerHour
	for _, r := range l.Rates {
		if r.holds(t) {
			perHour = r.PerHour
		}
	}
	return perHour, !l.Shuts() || within(l.Opens, l.Closes, t)
}

// Stretch is a time in which a laboratory is open and says that it can read so many tubes in an hour.
type Stretch struct {
	From, Until time.Time
	PerHour     int64
}

// Span is how long a stretch is.
func (s Stretch) Span() time.Duration { return s.Until.Sub(s.From) }

// Stretches are when the laboratory is open between two instants, by what it says that it can read, in the order of time; neighbours differ.
func (l Laboratory) Stretches(from, until time.Time, zone *time.Location) []Stretch {
	marks := []time.Duration{0, day}
	add := func(t time.Duration) { marks = append(marks, t) }
	if l.Shuts() {
		add(l.Opens)
		add(l.Closes)
	}
	for _, r := range l.Rates {
		add(r.From)
		add(r.Until)
	}
	slices.Sort(marks)
	marks = slices.Compact(marks)
	var out []Stretch
	for date := from.In(zone); ; date = date.AddDate(0, 0, 1) {
		at := func(t time.Duration) time.Time {
			return time.Date(date.Year(), date.Month(), date.Day(), 0, int(t/time.Minute), 0, 0, zone)
		}
		if !at(0).Before(until) {
			return out
		}
		for i, t := range marks[:len(marks)-1] {
			rate, open := l.at(t)
			s := Stretch{at(t), at(marks[i+1]), rate}
			if s.From.Before(from) {
				s.From = from
			}
			if s.Until.After(until) {
				s.Until = until
			}
			if !open || s.Span() <= 0 {
				continue
			}
			if n := len(out) - 1; n >= 0 && out[n].PerHour == rate && out[n].Until.Equal(s.From) {
				out[n].Until = s.Until
				continue
			}
			out = append(out, s)
		}
	}
}
