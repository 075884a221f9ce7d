package lab

import (
	"testing"
	"time"
)

func TestForecastKnowsOpeningHours(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("UTC+8", 8*3600)
	at := func(day, hour, minute int) time.Time { return time.Date(2022, 3, day, hour, minute, 0, 0, zone) }
	load := func(inHand, lately int64) Load {
		return Load{InHand: inHand, ReceivedLately: lately, ResultedLately: lately, Window: 2 * time.Hour}
	}
	day := Laboratory{PerHour: 100, Opens: 8 * time.Hour, Closes: 20 * time.Hour}
	night := Laboratory{PerHour: 100, Opens: 20 * time.Hour, Closes: 6 * time.Hour}
	for name, c := range map[string]struct {
		lab  Laboratory
		load Load
		now  time.Time
		want time.Time
		rate float64
	}{
		"day and night":                {Laboratory{PerHour: 100}, load(400, 200), at(12, 18, 0), at(12, 22, 0), 100},
		"goes on tomorrow":             {day, load(400, 200), at(12, 18, 0), at(13, 10, 0), 100},
		"shut, with only its own word": {day, load(300, 0), at(12, 22, 0), at(13, 11, 0), 100},
		"shut for a part of the window, which counts neither way": {day, load(100, 100), at(12, 9, 0), at(12, 10, 0), 100},
		"open for minutes: what it read then says little":         {day, load(100, 3), at(12, 8, 10), at(12, 9, 10), 100},
		"over midnight":                {night, load(800, 200), at(12, 22, 0), at(13, 6, 0), 100},
		"over midnight, into the next": {night, load(900, 200), at(12, 22, 0), at(13, 21, 0), 100},
		"nothing in hand":              {day, load(0, 200), at(12, 18, 0), at(12, 18, 0), 100},
		"never":                        {Laboratory{}, load(10, 0), at(12, 18, 0), time.Time{}, 0},
		"beyond what anybody plans":    {Laboratory{PerHour: 1}, load(1_000_000, 0), at(12, 18, 0), time.Time{}, 1},
	} {
		f := c.lab.Forecast(c.load, c.now, zone)
		if !f.At.Equal(c.want) || f.PerHour != c.rate {
			t.Errorf("%s: %s at %.1f an hour, want %s at %.1f", name, f.At.In(zone), f.PerHour, c.want, c.rate)
		}
	}
}
