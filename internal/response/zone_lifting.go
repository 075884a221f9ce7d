package response

import (
	"time"

	"firebreak/internal/day"
	"firebreak/internal/protocol"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// ZoneFacts is what is known of a zone when it is asked when it may be lifted.
type ZoneFacts struct {
	Zone zone.Zone
	// LastCase is when the last case of the area was confirmed, those found in isolation left out; zero where there is none.
	LastCase time.Time
	Loc      *time.Location
	// Reviews are the tasks there have been to decide whether it goes on: one after each decision, numbered by the version of the zone that it left.
	Reviews []task.Task
}

// Lifting is what a pack says about the end of a zone. It orders nothing: a person lifts a zone.
type Lifting struct {
	// Known is false where the pack gives the level no lifting test: a person decides without one.
	Known bool
	// From is the day of which the days without a new case are counted, and Until the last of them: the test is met when it is over and nobody fell ill.
	From, Until day.Day
	// Met says that the days without a new case are over. The tests that a pack may want beside them are not recorded here: see Tests and Within.
	Met bool
	// To is the level that the zone steps down to; empty: it is lifted altogether.
	To zone.Level
	// Clauses are the values of the pack that say so: the days, and where the pack has them the step down, the test days, the last screening.
	Clauses []string
}

// ZoneLifting says when a zone may be lifted:
//
//  1. The pack's level gives a number of days without a new case; without one there is no test.
//  2. A zone at the level that the pack proposes counts from the last case of its area, else from when it was proposed. One that was moved to its level counts from
//     that at the earliest: the days of the level before are not counted twice.
//  3. A new case moves the day on; nothing needs to be written for it.
func ZoneLifting(p *protocol.Pack, now time.Time, f ZoneFacts) Lifting {
	var out Lifting
	for _, l := range p.Zones.Levels {
		if l.Name != f.Zone.Level || !l.CleanFor.Set() {
			continue
		}
		loc := zoneOf(f.Loc)
		from := first(f.LastCase, f.Zone.ProposedAt)
		if f.Zone.State != zone.Proposed && f.Zone.Level != p.Zones.Propose.Value {
			from = latest(from, f.Zone.DecidedAt)
		}
		out = Lifting{Known: true, From: day.In(from, loc), To: l.Lifts.Value, Clauses: []string{l.CleanFor.Path}}
		out.Until = out.From.Add(l.CleanFor.Value)
		out.Met = !now.Before(out.Until.Add(1).Start(loc))
		for _, c := range []struct {
			set  bool
			path string
		}{{l.TestsOn.Set(), l.TestsOn.Path}, {l.LastTest.Set(), l.LastTest.Path}, {l.Lifts.Set(), l.Lifts.Path}} {
			if c.set {
				out.Clauses = append(out.Clauses, c.path)
			}
		}
	}
	return out
}
