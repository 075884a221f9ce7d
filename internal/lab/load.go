package lab

import "time"

// Load is how much a laboratory has to do, and how fast it does it.
type Load struct {
	InHand   int64 // tubes that it has and has not read
	Received int64 // all that it took in, without those it sent on
	Resulted int64 // of them, those it has read
	// Over Window up to now; a laboratory that has just begun has a short one.
	ReceivedLately int64
	ResultedLately int64
	Window         time.Duration
	Oldest         time.Time // closing of the tube that waits longest; zero where none waits
	OldestTube     string
	Late           int64 // tubes in hand that are beyond the pack's clock
}

// PerHour returns what is received and read in an hour, as measured over the window.
func (l Load) PerHour() (received, resulted float64) {
	if l.Window <= 0 {
		return 0, 0
	}
	h := l.Window.Hours()
	return float64(l.ReceivedLately) / h, float64(l.ResultedLately) / h
}

// Forecast is when a laboratory will have read what it has in hand.
type Forecast struct {
	At      time.Time // zero where it reads nothing
	PerHour float64   // the rate that was reckoned with
	Assumed bool      // it has read nothing lately: the rate is what it says of itself
	Growing bool      // more comes in than it reads: what comes after this waits longer
}

// leastOpen is how long a laboratory must have been open within the window for its rate to be measured rather than taken from what it says of itself.
const leastOpen = 30 * time.Minute

// Forecast reckons with the rate of the window, or, where nothing was read in it, with what the laboratory says of itself. Hours in which it is shut count neither in the
// rate nor towards the end.
func (l Laboratory) Forecast(load Load, now time.Time, zone *time.Location) Forecast {
	received, resulted := load.PerHour()
	f := Forecast{PerHour: resulted, Growing: received > resulted && load.InHand > 0}
	if open := l.openWithin(now.Add(-load.Window), now, zone); open > 0 && open < load.Window {
		f.PerHour = float64(load.ResultedLately) / open.Hours()
		if open < leastOpen && l.PerHour > 0 {
			f.PerHour = 0
		}
	}
	if f.PerHour == 0 {
		f.PerHour, f.Assumed = float64(l.PerHour), true
	}
	switch {
	case load.InHand <= 0:
		f.At = now
	case f.PerHour > 0:
		f.At = l.after(now, time.Duration(float64(load.InHand)/f.PerHour*float64(time.Hour)), zone).Truncate(time.Minute)
	}
	return f
}

// Shuts says whether the laboratory is shut for a part of the day.
func (l Laboratory) Shuts() bool { return l.Opens != l.Closes }

// opening is when the laboratory is open from a day on, into the next where it closes after midnight.
func (l Laboratory) opening(day time.Time, zone *time.Location) (from, until time.Time) {
	at := func(days int, of time.Duration) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day()+days, 0, int(of/time.Minute), 0, 0, zone)
	}
	if l.Closes < l.Opens {
		return at(0, l.Opens), at(1, l.Closes)
	}
	return at(0, l.Opens), at(0, l.Closes)
}

// openWithin is how long the laboratory was open between two instants.
func (l Laboratory) openWithin(from, until time.Time, zone *time.Location) (sum time.Duration) {
	if !l.Shuts() {
		return until.Sub(from)
	}
	for day := from.In(zone).AddDate(0, 0, -1); !day.After(until.AddDate(0, 0, 1)); day = day.AddDate(0, 0, 1) {
		opens, closes := l.opening(day, zone)
		if opens.Before(from) {
			opens = from
		}
		if closes.After(until) {
			closes = until
		}
		sum += max(0, closes.Sub(opens))
	}
	return sum
}

// longestForecast is in days: what takes longer will be done otherwise.
const longestForecast = 30

// after is when the laboratory will have been open for a span from now on; zero beyond longestForecast.
func (l Laboratory) after(now time.Time, span time.Duration, zone *time.Location) time.Time {
	if span > longestForecast*24*time.Hour {
		return time.Time{}
	}
	if !l.Shuts() {
		return now.Add(span)
	}
	for i := -1; i < longestForecast; i++ {
		opens, closes := l.opening(now.In(zone).AddDate(0, 0, i), zone)
		if opens.Before(now) {
			opens = now
		}
		switch open := closes.Sub(opens); {
		case open <= 0:
		case span <= open:
			return opens.Add(span)
		default:
			span -= open
		}
	}
	return time.Time{}
}
