package situation

import (
	"fmt"
	"time"

	"firebreak/internal/day"
)

// Targets717 are the longest times allowed, in days, between the steps of an event.
type Targets717 struct{ Detect, Notify, Respond int }

// Default717 returns the targets of 7-1-7: detect within 7 days of emergence, notify within 1 day of detection, complete the seven
// early response actions within 7 days of notification (Frieden et al. 2021, Lancet 398:638).
func Default717() Targets717 { return Targets717{Detect: 7, Notify: 1, Respond: 7} }

// Event is an outbreak or another public-health event with its milestones; any may be unknown (or not yet reached).
type Event struct {
	Emerged   day.Day // first symptoms of the first case, or the date of the exposure
	Detected  day.Day // first recorded by any part of the health system
	Notified  day.Day // first known to the authority responsible for acting
	Responded day.Day // last of the early response actions complete
}

// Step717 is how long one step of one event took.
type Step717 struct {
	Days *int  `json:"days"` // nil if a milestone is unknown and today does not decide
	Met  *bool `json:"met"`  // nil if not known yet; false as soon as the target has passed without the milestone
}

// Event717 is one event measured against the targets.
type Event717 struct {
	Detect  Step717 `json:"detect"`
	Notify  Step717 `json:"notify"`
	Respond Step717 `json:"respond"`
	All     *bool   `json:"all"` // false if any step was missed, true if all were met, nil otherwise
}

// Summary717 is the share of events that met each target, among those where it is known.
type Summary717 struct {
	Events  []Event717 `json:"events"` // in the order given
	Detect  Share      `json:"detect"`
	Notify  Share      `json:"notify"`
	Respond Share      `json:"respond"`
	All     Share      `json:"all"`
}

// Share is a part of a whole with the target that it should reach.
type Share struct {
	Met    int      `json:"met"`
	Known  int      `json:"known"`
	Share  *float64 `json:"share"`            // nil if Known is 0
	Target float64  `json:"target,omitempty"` // 0 = none
}

// Reached says whether the share is at least the target; false if nothing is known.
func (s Share) Reached() bool { return s.Share != nil && *s.Share >= s.Target }

func (s *Share) count(met *bool) {
	if met == nil {
		return
	}
	s.Known++
	if *met {
		s.Met++
	}
	s.Share = ratio(s.Met, s.Known)
}

// Measure717 measures events against the targets as of a day: a step whose time has run out without its milestone counts as
// missed, one that still has time as not yet known. asOf zero judges only what is recorded. A milestone before the one that it
// follows counts as met (0 or fewer days): an outbreak can be notified before its first case is found to have fallen ill.
func Measure717(events []Event, targets Targets717, asOf day.Day) Summary717 {
	s := Summary717{Events: make([]Event717, len(events))}
	for i, e := range events {
		r := Event717{
			Detect:  step(e.Emerged, e.Detected, targets.Detect, asOf),
			Notify:  step(e.Detected, e.Notified, targets.Notify, asOf),
			Respond: step(e.Notified, e.Responded, targets.Respond, asOf),
		}
		r.All = allOf(r.Detect.Met, r.Notify.Met, r.Respond.Met)
		s.Events[i] = r
		s.Detect.count(r.Detect.Met)
		s.Notify.count(r.Notify.Met)
		s.Respond.count(r.Respond.Met)
		s.All.count(r.All)
	}
	return s
}

func step(from, to day.Day, target int, asOf day.Day) Step717 {
	if n, ok := day.Between(from, to); ok {
		return Step717{Days: new(n), Met: new(n <= target)}
	}
	if n, ok := day.Between(from, asOf); ok && to.IsZero() && n > target {
		return Step717{Met: new(false)}
	}
	return Step717{}
}

// allOf is false if any is false, else nil if any is unknown, else true.
func allOf(met ...*bool) *bool {
	unknown := false
	for _, m := range met {
		if m == nil {
			unknown = true
		} else if !*m {
			return new(false)
		}
	}
	if unknown {
		return nil
	}
	return new(true)
}

// TracingTarget is the share of new cases whose contacts must be quarantined in time, and the time, counted from confirmation.
type TracingTarget struct {
	Within time.Duration // above 0
	Share  float64       // 0 to 1
}

// DefaultTracingTarget returns WHO's: at least 80 % of new cases have their close contacts traced and in quarantine within 72 hours
// of confirmation (WHO 2020, Public health criteria to adjust public health and social measures).
func DefaultTracingTarget() TracingTarget {
	return TracingTarget{Within: 72 * time.Hour, Share: 0.8}
}

// TracedCase is a confirmed case with what became of its contacts.
type TracedCase struct {
	Confirmed time.Time
	Listed    time.Time   // when the list of contacts was declared complete; zero = not yet
	Contacts  []time.Time // per contact, when quarantine began (also before confirmation); zero = not yet
}

// Tracing is the result of [MeasureTracing]. Only cases whose time is up are judged: to count those that met the target early,
// while others still have time, would flatter the share.
type Tracing struct {
	Cases    Share `json:"cases"`     // cases with all contacts listed and quarantined in time
	Contacts Share `json:"contacts"`  // the same by contact of these cases, without a target
	Pending  int   `json:"pending"`   // cases that still have time
	MetEarly int   `json:"met_early"` // of Pending, those that have met the target already
	Empty    int   `json:"empty"`     // of Cases.Met, those whose complete list names nobody: look at them
	Undated  int   `json:"undated"`   // cases without a time of confirmation, not counted
}

// MeasureTracing computes the share of new cases whose contacts were all traced and quarantined within the target's time of
// confirmation, as of now. A case meets it when its list was declared complete and every contact on it quarantined by the
// deadline; until the deadline has passed it is pending.
func MeasureTracing(cases []TracedCase, target TracingTarget, now time.Time) (Tracing, error) {
	if target.Within <= 0 {
		return Tracing{}, fmt.Errorf("measure tracing: target time %v must be above 0: %w", target.Within, ErrArgument)
	}
	if !(target.Share >= 0 && target.Share <= 1) {
		return Tracing{}, fmt.Errorf("measure tracing: target share %v must be between 0 and 1: %w", target.Share, ErrArgument)
	}
	var t Tracing
	t.Cases.Target = target.Share
	for _, c := range cases {
		if c.Confirmed.IsZero() {
			t.Undated++
			continue
		}
		limit := c.Confirmed.Add(target.Within)
		over := now.After(limit)
		if !over {
			limit = now // what is entered ahead of time has not happened yet
		}
		done := func(at time.Time) bool { return !at.IsZero() && !at.After(limit) }
		met := done(c.Listed)
		for _, q := range c.Contacts {
			in := done(q)
			met = met && in
			if over {
				t.Contacts.count(&in)
			}
		}
		if !over {
			t.Pending++
			if met {
				t.MetEarly++
			}
			continue
		}
		t.Cases.count(&met)
		if met && len(c.Contacts) == 0 {
			t.Empty++
		}
	}
	return t, nil
}
