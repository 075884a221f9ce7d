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
	At      time.Time     // zero where it reads nothing
	Takes   time.Duration // of its work until then, without the hours in which it is shut or reads nothing
	PerHour float64       // the rate that is reckoned with, of the present hour where the day has several
	Assumed bool          // it has read nothing lately: the rate is what it says of itself
	Growing bool          // more comes in than it reads: what comes after this waits longer
}

// leastOpen is how long a laboratory must have been open within the window for its rate to be measured rather than taken from what it says of itself.
const leastOpen = 30 * time.Minute

// Forecast reckons with the rate of the window, or, where nothing was read in it, with what the laboratory says of itself. Hours in which it is shut count neither in the
// rate nor towards the end. Where it says another rate for parts of the day, the share of its own word that it reached in the window is what it is expected to reach in
// each of them: whoever reads half of what they said by day is not believed for the night.
func (l Laboratory) Forecast(load Load, now time.Time, zone *time.Location) Forecast {
	received, resulted := load.PerHour()
	f := Forecast{Growing: received > resulted && load.InHand > 0}
	measured, share := l.measured(load, now, zone)
	rate := func(said int64) float64 {
		switch {
		case measured == 0:
			return float64(said)
		case len(l.Rates) == 0:
			return measured
		}
		return float64(said) * share
	}
	f.Assumed = measured == 0
	said, _ := l.at(timeOfDay(now, zone))
	f.PerHour = rate(said)
	if load.InHand <= 0 {
		f.At = now
		return f
	}
	left := float64(load.InHand)
	for _, s := range l.Stretches(now, now.AddDate(0, 0, longestForecast), zone) {
		perHour := rate(s.PerHour)
		if perHour <= 0 {
			continue
		}
		reads := perHour * s.Span().Hours()
		if left <= reads {
			span := min(time.Duration(left/perHour*float64(time.Hour)), s.Span())
			f.At, f.Takes = s.From.Add(span).Truncate(time.Minute), f.Takes+span
			return f
		}
		left -= reads
		f.Takes += s.Span()
	}
	f.Takes = 0
	return f
}

// measured is what the laboratory read in an hour of the window, and which share of what it had said for those hours that was; 0 where that is not known.
func (l Laboratory) measured(load Load, now time.Time, zone *time.Location) (perHour, share float64) {
	if load.Window <= 0 {
		return 0, 0
	}
	var open time.Duration
	var said float64
	for _, s := range l.Stretches(now.Add(-load.Window), now, zone) {
		if len(l.Rates) == 0 || s.PerHour > 0 {
			open += s.Span()
			said += float64(s.PerHour) * s.Span().Hours()
		}
	}
	switch {
	case len(l.Rates) > 0 && (said == 0 || open < leastOpen):
		return 0, 0
	case len(l.Rates) > 0:
		return float64(load.ResultedLately) / open.Hours(), float64(load.ResultedLately) / said
	case open == 0:
		open = load.Window // it read while it was shut
	case open < load.Window && open < leastOpen && l.PerHour > 0:
		return 0, 0
	}
	return float64(load.ResultedLately) / open.Hours(), 0
}

// Shuts says whether the laboratory is shut for a part of the day.
func (l Laboratory) Shuts() bool { return l.Opens != l.Closes }

func timeOfDay(t time.Time, zone *time.Location) time.Duration {
	t = t.In(zone)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// longestForecast is in days: what takes longer will be done otherwise.
const longestForecast = 30
