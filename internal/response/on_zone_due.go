package response

import (
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// onZoneDue answers: a zone's lifting test is met, is not met after all, or somebody decided about the zone.
//
//  1. In force, and the test is met: the command post decides by the clock whether it is lifted or steps down. That it goes on is a waiver, with its reason.
//  2. A case came in between, or the pack is another: there is nothing to decide yet.
//  3. Decided since: it is done.
func onZoneDue(a ask, f ZoneFacts) []Action {
	w := wants{ask: a, subject: task.Want{Area: f.Zone.Area, District: f.Zone.District}}
	clock := &a.p.Clocks.ReviewZone
	for _, t := range f.Reviews {
		if t.State == task.Open && (f.Zone.State != zone.InForce || t.Ordinal != f.review()) {
			w.add(clock, task.Want{Key: t.Key, Owner: t.Owner, Due: t.Due, DoneAt: f.Zone.DecidedAt})
		}
	}
	if l := ZoneLifting(a.p, a.now, f); l.Met && f.Zone.State == zone.InForce {
		w.add(clock, want(task.ReviewZone, f.review(), task.CommandPost, f.due(&l), clock, time.Time{}))
	}
	return []Action{Stand{Subject: a.t.Subject, Tasks: w.list, Because: a.because(clock.Path)}}
}

// review numbers the review that follows the last decision.
func (f *ZoneFacts) review() int { return int(f.Zone.Version) }

// due is since when there is something to decide: the days without a new case are over, and the last decision is made. Nobody is late with what was not there to be decided.
func (f *ZoneFacts) due(l *Lifting) time.Time {
	return latest(l.Until.Add(1).Start(zoneOf(f.Loc)), f.Zone.DecidedAt)
}

// ZoneNews says what passing time, a case or another pack has changed about the end of a zone, and when; none where nothing follows, so that a clock need not tell
// the same each minute.
func ZoneNews(a Asked, f ZoneFacts) (kind journal.Kind, at time.Time) {
	if f.Zone.State != zone.InForce {
		return "", time.Time{}
	}
	var state task.State // of the review after the last decision; empty: there was none
	for _, t := range f.Reviews {
		if t.Ordinal == f.review() {
			state = t.State
		}
	}
	l := ZoneLifting(a.Pack, a.Now, f)
	met := l.Met && a.Pack.Clocks.ReviewZone.Set()
	switch {
	case met && (state == "" || state == task.Void):
		return journal.ZoneDue, f.due(&l)
	case !met && state == task.Open:
		return journal.ZonePutOff, a.Now
	}
	return "", time.Time{}
}
