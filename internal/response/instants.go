package response

import (
	"time"

	"firebreak/internal/day"
	"firebreak/internal/lab"
)

// zoneOf is the zone to count days in; facts without one are counted in UTC.
func zoneOf(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}

// lastOf is the last microsecond of a day: when what is due on it is due, and what is known only to it happened.
func lastOf(d day.Day, loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.Add(1).Start(loc).Add(-time.Microsecond)
}

// first returns the first instant that is known.
func first(ts ...time.Time) time.Time {
	for _, t := range ts {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// earliest returns the earliest instant that is known.
func earliest(ts ...time.Time) time.Time {
	var out time.Time
	for _, t := range ts {
		if !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	return out
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// endOrNow is the end of a day that is known and over, or now.
func endOrNow(d day.Day, loc *time.Location, now time.Time) time.Time {
	return earliest(lastOf(d, loc), now)
}

// takenFrom returns when the first specimen from an instant on was taken.
func takenFrom(specimens []lab.Specimen, from time.Time) time.Time {
	for _, s := range specimens {
		if !s.TakenAt.Before(from) {
			return s.TakenAt
		}
	}
	return time.Time{}
}
