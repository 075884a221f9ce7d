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

// Forecast reckons with the rate of the window, or, where nothing was read in it, with said, what the laboratory says of itself.
func (l Load) Forecast(now time.Time, said int64) Forecast {
	received, resulted := l.PerHour()
	f := Forecast{PerHour: resulted, Growing: received > resulted && l.InHand > 0}
	if f.PerHour == 0 {
		f.PerHour, f.Assumed = float64(said), true
	}
	switch {
	case l.InHand <= 0:
		f.At = now
	case f.PerHour > 0:
		f.At = now.Add(time.Duration(float64(l.InHand) / f.PerHour * float64(time.Hour))).Truncate(time.Minute)
	}
	return f
}
