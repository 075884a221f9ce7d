// Package day holds the calendar day: the unit in which outbreaks are counted.
//
// A Day is a date in the outbreak's own time zone, without a clock time and without a zone: "the patient fell ill on
// 3 March" means the same day wherever it is read. Use [In] at the edge to turn an instant into the day that it falls on
// in the outbreak's zone; from there on only days are compared and counted. The zero Day means that the day is unknown.
//
// Any package may import day; day imports nothing of this module.
package day

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Day is a date of the proleptic Gregorian calendar, counted so that 0001-01-01 is 1. The zero Day is "unknown", so an
// unset field can never be taken for a real date (1970-01-01, say). Known days compare with <, == and >, and work as map keys.
type Day int32

// The first and the last day that a Day can be: those whose ISO form has a four-digit year.
const (
	Min Day = 1       // 0001-01-01
	Max Day = 3652059 // 9999-12-31
)

// unixEpoch is 1970-01-01.
const unixEpoch = 719163

const secondsPerDay = 24 * 60 * 60

// ErrInvalid is wrapped by every error that says that a text is no calendar day.
var ErrInvalid = errors.New("not a calendar day (YYYY-MM-DD)")

// Of returns the given date; out-of-range months and days are carried over as by [time.Date] (32 January is 1 February).
// A date outside Min..Max is the unknown day.
func Of(year int, month time.Month, dom int) Day {
	return fromUnixDays(floorDiv(time.Date(year, month, dom, 0, 0, 0, 0, time.UTC).Unix(), secondsPerDay))
}

// In returns the day that the instant t falls on in loc. The zero time is the unknown day.
func In(t time.Time, loc *time.Location) Day {
	if t.IsZero() {
		return 0
	}
	y, m, d := t.In(loc).Date()
	return Of(y, m, d)
}

// Parse reads the ISO 8601 form YYYY-MM-DD and nothing else: no blanks, no other order, no impossible dates.
// The empty text is an error: a caller for whom empty means unknown says so by using [Day.UnmarshalText].
func Parse(s string) (Day, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, fmt.Errorf("parse day %q: %w", s, ErrInvalid)
	}
	y, okY := digits(s[0:4])
	m, okM := digits(s[5:7])
	d, okD := digits(s[8:10])
	if !okY || !okM || !okD || y < 1 || m < 1 || m > 12 || d < 1 || d > daysIn(y, time.Month(m)) {
		return 0, fmt.Errorf("parse day %q: %w", s, ErrInvalid)
	}
	return Of(y, time.Month(m), d), nil
}

// MustParse is Parse for constants in code and tests: it panics on a bad text.
func MustParse(s string) Day {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// IsZero says whether the day is unknown. It also makes `json:",omitzero"` leave unknown days out.
func (d Day) IsZero() bool { return d == 0 }

// String returns the ISO form YYYY-MM-DD, or "" for the unknown day.
func (d Day) String() string {
	if !d.valid() {
		return ""
	}
	y, m, dom := d.Date()
	b := [10]byte{4: '-', 7: '-'}
	putDigits(b[0:4], y)
	putDigits(b[5:7], int(m))
	putDigits(b[8:10], dom)
	return string(b[:])
}

// Date returns the year, month and day of the month; all zero for the unknown day.
func (d Day) Date() (year int, month time.Month, dom int) {
	if !d.valid() {
		return 0, 0, 0
	}
	return d.Start(time.UTC).Date()
}

// Weekday returns the day of the week; meaningless for the unknown day.
func (d Day) Weekday() time.Weekday { return time.Weekday(d % 7) }

// Start returns the instant at which the day begins in loc (midnight, or what [time.Date] makes of a midnight that a change
// of clocks leaves out). The unknown day gives the zero time.
func (d Day) Start(loc *time.Location) time.Time {
	if !d.valid() {
		return time.Time{}
	}
	y, m, dom := time.Unix((int64(d)-unixEpoch)*secondsPerDay, 0).UTC().Date()
	return time.Date(y, m, dom, 0, 0, 0, 0, loc)
}

// Add returns the day n days later (earlier for negative n). The unknown day stays unknown, and so becomes a result
// outside Min..Max.
func (d Day) Add(n int) Day {
	if !d.valid() {
		return 0
	}
	sum := int64(d) + int64(n)
	if sum < int64(Min) || sum > int64(Max) {
		return 0
	}
	return Day(sum)
}

// Sub returns the number of days from e to d: d = e.Add(d.Sub(e)). Both must be known; where they may not be, use [Between].
func (d Day) Sub(e Day) int { return int(d) - int(e) }

// Between returns the number of days from one day to the other, negative when to lies before from; ok is false when
// either is unknown.
func Between(from, to Day) (days int, ok bool) {
	if from.IsZero() || to.IsZero() {
		return 0, false
	}
	return to.Sub(from), true
}

// MarshalText writes the ISO form; the unknown day is the empty text. It serves JSON too, also for map keys.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO form; the empty text is the unknown day.
func (d *Day) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	v, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// Value stores the day as ISO text, and the unknown day as NULL, so that ORDER BY and comparisons in SQL are those of
// the calendar on every engine.
func (d Day) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	if !d.valid() {
		return nil, fmt.Errorf("store day number %d: %w", int32(d), ErrInvalid)
	}
	return d.String(), nil
}

// Scan reads what Value stored. NULL and empty text are the unknown day. A time.Time, which some drivers make of a DATE
// column, counts by its own date, in whatever zone the driver gave it.
func (d *Day) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = 0
		return nil
	case string:
		// Trailing blanks come from CHAR(n) columns.
		return d.UnmarshalText([]byte(strings.TrimRight(v, " ")))
	case []byte:
		return d.Scan(string(v))
	case time.Time:
		*d = In(v, v.Location())
		return nil
	default:
		return fmt.Errorf("scan day from %T: %w", src, ErrInvalid)
	}
}

func (d Day) valid() bool { return d >= Min && d <= Max }

func fromUnixDays(n int64) Day {
	n += unixEpoch
	if n < int64(Min) || n > int64(Max) {
		return 0
	}
	return Day(n)
}

// daysIn returns the length of a month.
func daysIn(year int, m time.Month) int {
	switch m {
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	default:
		return 31
	}
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

func putDigits(b []byte, n int) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
