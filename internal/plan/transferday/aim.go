package transferday

import (
	"slices"
	"time"

	"firebreak/internal/transfer"
)

// How early people are planned to arrive, where that can be. Who is planned for the last minute is late as soon as anything takes longer, and waits among others meanwhile; vehicles that stand idle serve nobody. Assumed.
const (
	within = 2                // they arrive in the first half of the time that they have
	soon   = 30 * time.Minute // but nobody sooner than this from now
	spare  = 20 * time.Minute // and that long before the deadline; a quarter of the time left where that is shorter
)

// Later is the same day where nobody is planned to arrive earlier than they must: only what is spare is left. Vehicles may then fetch more on one way, and bring in time whom they could not.
func (d *Day) Later() *Day {
	out := *d
	out.Requests = slices.Clone(d.Requests)
	for i := range out.Requests {
		if q := &out.Requests[i]; d.parties[q.ID] != nil {
			q.Deadline = max(q.Deadline, d.aim(d.parties[q.ID], false))
		}
	}
	return &out
}

// aim is the minute by which a party is planned to arrive, early or only in time. Where that cannot be it comes later, by as little as can be; late is who misses the deadline itself.
func (d *Day) aim(list []*transfer.Request, soonest bool) float64 {
	due, made := list[0].Deadline, list[0].MadeAt
	for _, q := range list {
		if q.Deadline.Before(due) {
			due = q.Deadline
		}
		if q.MadeAt.Before(made) {
			made = q.MadeAt
		}
	}
	due = due.Add(-d.handOver)
	now, left := d.facts.Now, due.Sub(d.facts.Now)
	if left <= 0 {
		return d.minute(due)
	}
	at := due.Add(-min(spare, left/4))
	if !soonest {
		return d.minute(at)
	}
	early := made.Add(due.Sub(made) / within)
	if s := now.Add(soon); early.Before(s) {
		early = s
	}
	if early.Before(at) {
		at = early
	}
	return d.minute(at)
}

// longestHandOver is how long people are handed over at the places of the day, at most.
func (d *Day) longestHandOver() time.Duration {
	longest := 0.0
	for _, s := range d.Sites {
		if longest = max(longest, s.UnloadMinutes); s.UnloadMinutes == 0 {
			longest = max(longest, d.Rules.Full().Unload)
		}
	}
	return time.Duration(longest * float64(time.Minute))
}
