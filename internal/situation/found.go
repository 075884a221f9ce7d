package situation

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"firebreak/internal/day"
)

// FoundCount is the number of new cases found on one day.
type FoundCount struct {
	Day       day.Day
	Isolated  int // already in isolation or quarantine
	Community int // not yet kept apart
	Unknown   int // setting not recorded
}

// FoundCounts counts cases by the day on which they were found (confirmation, or report where that is unknown). Cases without either
// day are left out.
func FoundCounts(cases []Case) []FoundCount {
	at := map[day.Day]int{}
	var out []FoundCount
	for i := range cases {
		d := cases[i].Confirmed
		if d.IsZero() {
			d = cases[i].Report
		}
		if d.IsZero() {
			continue
		}
		k, ok := at[d]
		if !ok {
			k = len(out)
			at[d] = k
			out = append(out, FoundCount{Day: d})
		}
		switch cases[i].Found() {
		case SettingIsolated:
			out[k].Isolated++
		case SettingCommunity:
			out[k].Community++
		default:
			out[k].Unknown++
		}
	}
	slices.SortFunc(out, func(a, b FoundCount) int { return int(a.Day) - int(b.Day) })
	return out
}

// Found is how many new cases were found already kept apart: the measure of whether the chains are seen before they spread.
// "Community zero" is a day on which every new case was.
type Found struct {
	Days      []FoundDay `json:"days"` // every day from the first count to AsOf
	Isolated  int        `json:"isolated"`
	Community int        `json:"community"`
	Unknown   int        `json:"unknown"`
	Share     *float64   `json:"share"` // isolated over isolated + community; nil without either
	Missing   int        `json:"missing"`

	AsOf          day.Day `json:"as_of,omitzero"`
	LastCommunity day.Day `json:"last_community,omitzero"`
	// DaysSince is the number of days from the last community case to AsOf: 0 = one was found on AsOf. Nil if there has been none.
	DaysSince *int `json:"days_since"`
	// Certain is false where a day without a count, or a case of unknown setting, lies after LastCommunity: the true number may be
	// smaller than DaysSince.
	Certain bool `json:"certain"`
}

// FoundDay is one day of the series.
type FoundDay struct {
	Day       day.Day  `json:"day"`
	Missing   bool     `json:"missing,omitempty"` // no count for this day: a gap, not a zero
	Isolated  int      `json:"isolated"`
	Community int      `json:"community"`
	Unknown   int      `json:"unknown"`
	Share     *float64 `json:"share"`      // nil without cases of known setting
	Zero      bool     `json:"zero"`       // community zero: counted, with no community case and none of unknown setting
	DaysSince *int     `json:"days_since"` // as of this day
}

// FoundOptions are the settings of [FoundOf].
type FoundOptions struct {
	AsOf day.Day // the day as of which to count; default: the last day with a count. Later counts are an error
	// GapsAreZero takes days without a count as days without cases: right for counts made from a case list, wrong for a
	// bulletin's series, where a missing day is missing.
	GapsAreZero bool
}

// ErrCounts is wrapped when daily counts contradict themselves: a day twice, a negative number, a day after AsOf.
var ErrCounts = errors.New("daily counts are inconsistent")

// FoundOf computes the share of new cases found in isolation and the days since the last community case, by day and as a whole. Counts may come
// in any order. Cases counted before under another heading (asymptomatic, now confirmed) must not be in them.
func FoundOf(counts []FoundCount, opts FoundOptions) (Found, error) {
	f := Found{AsOf: opts.AsOf, Days: []FoundDay{}, Certain: true}
	if len(counts) == 0 {
		return f, nil
	}
	sorted := slices.Clone(counts)
	slices.SortFunc(sorted, func(a, b FoundCount) int { return int(a.Day) - int(b.Day) })
	if f.AsOf.IsZero() {
		f.AsOf = sorted[len(sorted)-1].Day
	}
	for i, c := range sorted {
		switch {
		case c.Day.IsZero():
			return Found{}, fmt.Errorf("count found cases: a count has no day: %w", ErrCounts)
		case i > 0 && c.Day == sorted[i-1].Day:
			return Found{}, fmt.Errorf("count found cases: %s comes twice: %w", c.Day, ErrCounts)
		case c.Day > f.AsOf:
			return Found{}, fmt.Errorf("count found cases: %s is after %s: %w", c.Day, f.AsOf, ErrCounts)
		case c.Isolated < 0 || c.Community < 0 || c.Unknown < 0:
			return Found{}, fmt.Errorf("count found cases: %s has a negative number: %w", c.Day, ErrCounts)
		}
	}
	if span := f.AsOf.Sub(sorted[0].Day); span >= MaxCurveDays {
		return Found{}, fmt.Errorf("count found cases from %s to %s: %w", sorted[0].Day, f.AsOf, ErrSpan)
	}
	next := 0
	for d := sorted[0].Day; d <= f.AsOf && !d.IsZero(); d = d.Add(1) {
		fd := FoundDay{Day: d}
		if next < len(sorted) && sorted[next].Day == d {
			c := sorted[next]
			next++
			fd.Isolated, fd.Community, fd.Unknown = c.Isolated, c.Community, c.Unknown
		} else if !opts.GapsAreZero {
			fd.Missing = true
		}
		f.add(fd)
	}
	f.Share = ratio(f.Isolated, f.Isolated+f.Community)
	return f, nil
}

func (f *Found) add(d FoundDay) {
	f.Isolated += d.Isolated
	f.Community += d.Community
	f.Unknown += d.Unknown
	d.Share = ratio(d.Isolated, d.Isolated+d.Community)
	d.Zero = !d.Missing && d.Community == 0 && d.Unknown == 0
	if d.Missing {
		f.Missing++
	}
	switch {
	case d.Community > 0:
		f.LastCommunity, f.Certain = d.Day, true
	case !d.Zero:
		f.Certain = false
	}
	if !f.LastCommunity.IsZero() {
		d.DaysSince = new(d.Day.Sub(f.LastCommunity))
	}
	f.DaysSince = d.DaysSince
	f.Days = append(f.Days, d)
}

// ZeroDays goes through the days of community zero.
func (f Found) ZeroDays() iter.Seq[day.Day] {
	return func(yield func(day.Day) bool) {
		for _, d := range f.Days {
			if d.Zero && !yield(d.Day) {
				return
			}
		}
	}
}

// ratio is part/whole; nil for an empty whole.
func ratio(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	return new(float64(part) / float64(whole))
}
