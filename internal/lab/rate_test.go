package lab

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseRates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                             "",
		"22:00-06:00 120":              "22:00-06:00 120",
		"12:00-13:00 0;8:00-12:00=300": "08:00-12:00 300, 12:00-13:00 0",
		"22：00至6：00 120，\n 20:00–22:00 80": "20:00-22:00 80, 22:00-06:00 120",
		"00:00-24:00 5":                "",
		"22:00-06:00 1, 05:00-07:00 2": "",
		"22:00-06:00 1, 21:00-23:00 2": "",
		"08:00-08:00 5":                "",
		"08:00-09:00":                  "",
		"08:00 5":                      "",
		"08:00-09:00 -5":               "",
		"24:00-09:00 5":                "",
		"08:00-09:00 5 6":              "",
		"22:00-24:00 1, 00:00-06:00 2": "00:00-06:00 2, 22:00-24:00 1",
	} {
		got, err := ParseRates(text)
		if text != "" && want == "" {
			if !errors.Is(err, ErrRates) {
				t.Errorf("%q is %s, %v", text, WriteRates(got), err)
			}
			continue
		}
		if err != nil || WriteRates(got) != want {
			t.Errorf("%q is %s, %v, want %s", text, WriteRates(got), err, want)
		}
	}
}

func FuzzParseRates(f *testing.F) {
	f.Add("22:00-06:00 120, 12:00-13:00 0")
	f.Add("8：00至9：00=1；")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseRates(text)
		if err != nil {
			if !errors.Is(err, ErrRates) {
				t.Fatal(err)
			}
			return
		}
		again, err := ParseRates(WriteRates(list))
		if err != nil || WriteRates(again) != WriteRates(list) {
			t.Fatalf("%s is read as %s, %v", WriteRates(list), WriteRates(again), err)
		}
	})
}

// drawn is a laboratory with hours and rates.
func drawn(t *rapid.T) Laboratory {
	minute := func(name string) time.Duration {
		return time.Duration(rapid.IntRange(0, 1439).Draw(t, name)) * time.Minute
	}
	l := Laboratory{PerHour: int64(rapid.IntRange(0, 500).Draw(t, "per hour")), Opens: minute("opens"), Closes: minute("closes")}
	if rapid.Bool().Draw(t, "always open") {
		l.Closes = l.Opens
	}
	for range rapid.IntRange(0, 4).Draw(t, "rates") {
		r := Rate{minute("from"), minute("until"), int64(rapid.IntRange(0, 500).Draw(t, "rate"))}
		if CheckRates(append(l.Rates, r)) == nil {
			l.Rates = append(l.Rates, r)
		}
	}
	return l
}

// TestStretches: every minute is in one stretch with what is said for it, or the laboratory is shut then.
func TestStretches(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		l := drawn(t)
		from := time.Date(2022, 3, 10, 0, rapid.IntRange(0, 3000).Draw(t, "start"), 0, 0, zone)
		until := from.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "long")) * time.Minute)
		list := l.Stretches(from, until, zone)
		i := 0
		for at := from; at.Before(until); at = at.Add(time.Minute) {
			for i < len(list) && !at.Before(list[i].Until) {
				i++
			}
			in := i < len(list) && !at.Before(list[i].From)
			tod := timeOfDay(at, zone)
			open := l.Opens == l.Closes || l.Opens < l.Closes && tod >= l.Opens && tod < l.Closes || l.Closes < l.Opens && (tod >= l.Opens || tod < l.Closes)
			want := l.PerHour
			for _, r := range l.Rates {
				if r.From < r.Until && tod >= r.From && tod < r.Until || r.Until < r.From && (tod >= r.From || tod < r.Until) {
					want = r.PerHour
				}
			}
			if in != open || in && list[i].PerHour != want {
				t.Fatalf("%s: in a stretch %v, open %v, want %d an hour of %v", at, in, open, want, list)
			}
		}
		for j, s := range list {
			if s.Span() <= 0 || s.From.Before(from) || s.Until.After(until) || j > 0 && (s.From.Before(list[j-1].Until) || s.From.Equal(list[j-1].Until) && s.PerHour == list[j-1].PerHour) {
				t.Fatalf("stretches %v", list)
			}
		}
	})
}

// TestForecastReadsItAll: between now and the forecast the laboratory can read what it has in hand, and a minute before it cannot.
func TestForecastReadsItAll(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("UTC+8", 8*3600)
	now := time.Date(2022, 3, 12, 18, 0, 0, 0, zone)
	rapid.Check(t, func(t *rapid.T) {
		l := drawn(t)
		load := Load{InHand: int64(rapid.IntRange(1, 5000).Draw(t, "in hand"))}
		f := l.Forecast(load, now, zone)
		can := func(until time.Time) (sum float64) {
			for _, s := range l.Stretches(now, until, zone) {
				sum += float64(s.PerHour) * s.Span().Hours()
			}
			return sum
		}
		switch {
		case f.At.IsZero():
			if can(now.AddDate(0, 0, longestForecast)) > float64(load.InHand) {
				t.Fatalf("no forecast for %d tubes at %+v", load.InHand, l)
			}
		case can(f.At.Add(time.Minute)) < float64(load.InHand)-1e-6:
			t.Fatalf("%d tubes are not read by %s", load.InHand, f.At)
		case can(f.At.Add(-time.Minute)) > float64(load.InHand)+1e-6:
			t.Fatalf("%d tubes are read before %s", load.InHand, f.At)
		}
	})
}

func TestForecastKnowsRates(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("UTC+8", 8*3600)
	at := func(day, hour, minute int) time.Time { return time.Date(2022, 3, day, hour, minute, 0, 0, zone) }
	nights := Laboratory{PerHour: 100, Rates: []Rate{{22 * time.Hour, 6 * time.Hour, 50}}}
	pause := Laboratory{PerHour: 100, Opens: 8 * time.Hour, Closes: 20 * time.Hour, Rates: []Rate{{12 * time.Hour, 13 * time.Hour, 0}}}
	for name, c := range map[string]struct {
		lab     Laboratory
		load    Load
		now     time.Time
		want    time.Time
		takes   time.Duration
		rate    float64
		assumed bool
	}{
		"its own word":                     {nights, Load{InHand: 500}, at(12, 20, 0), at(13, 4, 0), 8 * time.Hour, 100, true},
		"the share that it reaches":        {nights, Load{InHand: 250, ResultedLately: 100, Window: 2 * time.Hour}, at(12, 20, 0), at(13, 4, 0), 8 * time.Hour, 50, false},
		"the share, seen over a change":    {nights, Load{InHand: 100, ResultedLately: 75, Window: 2 * time.Hour}, at(12, 23, 0), at(13, 3, 0), 4 * time.Hour, 25, false},
		"a pause":                          {pause, Load{InHand: 300}, at(12, 10, 0), at(12, 14, 0), 3 * time.Hour, 100, true},
		"in the pause":                     {pause, Load{InHand: 100}, at(12, 12, 30), at(12, 14, 0), time.Hour, 0, true},
		"read in the pause only":           {pause, Load{InHand: 100, ResultedLately: 40, Window: 30 * time.Minute}, at(12, 12, 45), at(12, 14, 0), time.Hour, 0, true},
		"says something of the night only": {Laboratory{Rates: nights.Rates}, Load{InHand: 600}, at(12, 20, 0), at(14, 2, 0), 12 * time.Hour, 0, true},
	} {
		f := c.lab.Forecast(c.load, c.now, zone)
		if !f.At.Equal(c.want) || f.PerHour != c.rate || f.Takes != c.takes || f.Assumed != c.assumed {
			t.Errorf("%s: %s after %s at %.1f an hour, assumed %v; want %s after %s at %.1f", name, f.At.In(zone), f.Takes, f.PerHour, f.Assumed, c.want, c.takes, c.rate)
		}
	}
}
