package screening

import (
	"time"

	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// Series is a standing round: on the days of its rhythm it opens a round by itself, for the members of a group or for all residents of its areas. Each is a round like any other.
type Series struct {
	ID       SeriesID
	Outbreak outbreak.ID
	Name     string
	Areas    []place.AreaID
	Area     place.AreaID // the smallest area around them all
	Group    Group        // empty: all residents
	Pool     int          // 0: by the pack
	Rhythm   Rhythm
	AtMinute int           // of the local day: when a round opens
	Length   time.Duration // how long it runs
	Since    day.Day       // the first day
	Until    day.Day       // the last day; zero: until somebody ends it
	Turn     int           // the next turn of the rhythm; those before were opened, or passed over
	EndedAt  time.Time
	Version  int64
}

// Opening is a round that a standing round opens.
type Opening struct {
	Turn             int
	StartsAt, EndsAt time.Time
}

// at returns when the round of a turn runs; false after the last day. A day of 23 or 25 hours opens at the same time of its clock as any other.
func (s *Series) at(turn int, loc *time.Location) (Opening, bool) {
	d := s.Since.Add(s.Rhythm.Turn(turn))
	if !s.Until.IsZero() && d > s.Until {
		return Opening{}, false
	}
	y, m, dom := d.Date()
	start := time.Date(y, m, dom, 0, s.AtMinute, 0, 0, loc)
	return Opening{turn, start, start.Add(s.Length)}, true
}

// Coming returns the next round that will open, as seen from the turn the series has reached; false after the last.
func (s *Series) Coming(loc *time.Location) (Opening, bool) {
	if !s.EndedAt.IsZero() {
		return Opening{}, false
	}
	return s.at(s.Turn, loc)
}

// Step says what is to be done now: the round to open, if one is due whose end is still to come; the turn that comes next; and whether the series is over. Turns that nobody could open while they ran
// (the server stood still) are passed over.
func (s *Series) Step(now time.Time, loc *time.Location) (open *Opening, next int, over bool) {
	next = s.Turn
	for {
		o, ok := s.at(next, loc)
		switch {
		case !ok:
			return open, next, true
		case o.StartsAt.After(now):
			return open, next, false
		case o.EndsAt.After(now):
			open = &o
		}
		next++
	}
}
