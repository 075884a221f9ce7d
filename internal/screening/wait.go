package screening

import "time"

// Swabs is how many people one lane can sample in an hour: a registrar and a sampler at about 36 seconds a person. Assumed: the guides give no number. What a site
// really does is counted, and used instead where it is known.
const Swabs = 100

// A queue that was counted longer ago than this says nothing of now.
const queueHolds = time.Hour

// Queue is how long people wait at a site, as far as anything is known.
type Queue string

// What is known of a queue.
const (
	QueueReported Queue = "reported" // somebody counted it: Wait is from the count and the pace
	QueueShort    Queue = "short"    // nobody counted it; the site takes fewer than it could, so hardly anybody can be waiting
	QueueFull     Queue = "full"     // nobody counted it; the site takes about as many as it can, so people may well be waiting
	QueueUnknown  Queue = "unknown"  // nothing was heard of it within an hour
)

// WaitAt says how long people wait at a site. counted is how many were said to wait, -1 for nobody said, at countedAt; perHour is what the site took in the last hour, and
// heard when something last came from it.
func WaitAt(s Site, counted int64, countedAt time.Time, perHour float64, heard, now time.Time) (q Queue, wait time.Duration) {
	can := float64(s.Lanes * Swabs)
	switch {
	case counted >= 0 && now.Sub(countedAt) <= queueHolds:
		pace := perHour
		if pace < can/10 { // hardly anything came in yet: what the lanes can do says more
			pace = can
		}
		return QueueReported, time.Duration(float64(counted) / pace * float64(time.Hour)).Round(time.Minute)
	case heard.IsZero() || now.Sub(heard) > queueHolds:
		return QueueUnknown, 0
	case perHour < 0.7*can:
		return QueueShort, 0
	}
	return QueueFull, 0
}

// DarkAfter is for how long an open site may send nothing before somebody should call: longer than a phone without a network takes to find one, shorter than a shift.
const DarkAfter = 30 * time.Minute
