package screening_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/day"
	"firebreak/internal/screening"
)

func TestSeriesSteps(t *testing.T) {
	t.Parallel()
	loc := time.FixedZone("CST", 8*3600)
	at := func(d, h int) time.Time { return time.Date(2022, 7, d, h, 30, 0, 0, loc) }
	s := screening.Series{Rhythm: screening.Rhythm{TimesAWeek: 2}, AtMinute: 7 * 60, Length: 12 * time.Hour, Since: day.Of(2022, 7, 4), Until: day.Of(2022, 7, 14)}
	for name, c := range map[string]struct {
		turn  int
		now   time.Time
		open  int // day of July; 0: none
		next  int
		ended bool
	}{
		"before the first":       {0, at(4, 6), 0, 0, false},
		"the first":              {0, at(4, 7), 4, 1, false},
		"it was opened":          {1, at(4, 8), 0, 1, false},
		"too late for the first": {0, at(5, 7), 0, 1, false},
		"the second":             {1, at(7, 10), 7, 2, false},
		"two were missed":        {0, at(11, 8), 11, 3, false},
		"the last":               {3, at(14, 8), 14, 4, true},
		"over":                   {4, at(20, 8), 0, 4, true},
	} {
		s.Turn = c.turn
		open, next, over := s.Step(c.now, loc)
		got := 0
		if open != nil {
			got = open.StartsAt.In(loc).Day()
			if open.EndsAt.Sub(open.StartsAt) != 12*time.Hour || open.StartsAt.In(loc).Hour() != 7 {
				t.Errorf("%s: from %s to %s", name, open.StartsAt, open.EndsAt)
			}
		}
		if got != c.open || next != c.next || over != c.ended {
			t.Errorf("%s: opens on day %d, next turn %d, over %v; want %d, %d, %v", name, got, next, over, c.open, c.next, c.ended)
		}
	}
}

// However often it is asked, and however long it was not: no turn is opened twice, none before its time or after its end, and all that were asked for in time are opened.
func TestSeriesOpensEachTurnOnce(t *testing.T) {
	t.Parallel()
	loc := time.FixedZone("CST", 8*3600)
	rapid.Check(t, func(rt *rapid.T) {
		s := screening.Series{Rhythm: screening.Rhythm{EveryDays: rapid.IntRange(1, 3).Draw(rt, "every")}, AtMinute: rapid.IntRange(0, 1439).Draw(rt, "at"), Length: time.Duration(rapid.IntRange(1, 24).Draw(rt, "hours")) * time.Hour,
			Since: day.Of(2022, 7, 4)}
		opened := map[int]bool{}
		now := time.Date(2022, 7, 3, 12, 0, 0, 0, loc)
		for range 60 {
			now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(rt, "minutes")) * time.Minute)
			open, next, _ := s.Step(now, loc)
			if open != nil {
				if opened[open.Turn] || open.Turn < s.Turn || open.StartsAt.After(now) || !open.EndsAt.After(now) {
					rt.Fatalf("at %s: opens %+v, opened before %v, turn %d", now, open, opened, s.Turn)
				}
				opened[open.Turn] = true
			}
			s.Turn = next
			if c, ok := s.Coming(loc); !ok || !c.StartsAt.After(now) {
				rt.Fatalf("at %s the next is %+v", now, c)
			}
		}
	})
}
