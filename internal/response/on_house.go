package response

import (
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/protocol"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
)

// Asked is a pack and an instant, to ask a rule what it would order.
type Asked struct {
	Pack *protocol.Pack
	Now  time.Time
}

// HouseFacts is what is known of a hospital or site, and the one thing there that a rule looks at.
type HouseFacts struct {
	Facility   facility.Facility
	Proposal   *treatment.Proposal
	Event      *treatment.Event
	Conversion *treatment.Conversion
	Incident   *facility.Incident
	Deficiency *facility.Deficiency
}

// onReserve answers: opening a reserve was proposed, decided or withdrawn, or the reserve is open.
//
//  1. Somebody at the command post decides it by the clock.
//  2. Decided that it opens: it is open by its own time from the order on.
//  3. Withdrawn: nothing is to be decided.
func onReserve(a ask, f HouseFacts) []Action {
	w := wants{ask: a, subject: task.Want{Area: f.Facility.Area, District: f.Facility.District}}
	p := f.Proposal
	clock := &a.p.Clocks.DecideReserve
	if p.State != treatment.Withdrawn {
		w.add(clock, want(task.DecideReserve, 0, task.CommandPost, p.ProposedAt, clock, p.DecidedAt))
	}
	if p.State == treatment.Accepted && clock.Set() {
		t := task.Want{Key: task.Key{Kind: task.OpenReserve}, Owner: keeper(f.Facility.Kind), Due: p.DecidedAt.Add(f.Facility.ReadyIn)}
		if f.Facility.State == facility.Open {
			t.DoneAt = f.Facility.StateAt
		}
		w.under(clock.Path, t)
	}
	return a.standHouse(w)
}

// onConversion answers: a room is being made intensive care, or a ward again, or that is over.
//
//  1. The room is ready by the pack's time.
func onConversion(a ask, f HouseFacts) []Action {
	w := wants{ask: a, subject: task.Want{Area: f.Facility.Area, District: f.Facility.District}}
	in := &a.p.Care.Norms.ConvertIn
	w.add(in, want(task.ConvertRoom, 0, task.Hospital, f.Conversion.StartedAt, in, f.Conversion.DoneAt))
	return a.standHouse(w)
}

// onCareEvent answers: an infection in a hospital was told, or more is known of it.
//
//  1. It is contained by the clock: who was exposed is counted, and measures are in place.
func onCareEvent(a ask, f HouseFacts) []Action {
	w := wants{ask: a, subject: task.Want{Area: f.Facility.Area, District: f.Facility.District}}
	clock := &a.p.Clocks.ContainEvent
	w.add(clock, want(task.ContainEvent, 0, task.Hospital, f.Event.NotedAt, clock, f.Event.ContainedAt))
	return a.standHouse(w)
}

// onIncident answers: something went wrong at a hospital or site, or more is known of it.
//
//  1. Those of the house deal with it, by the clock of how grave it is, from when it happened. It is done when it is closed, with what was done.
//  2. Found not to be dealt with after all: the clock runs anew from then on.
func onIncident(a ask, f HouseFacts) []Action {
	w := wants{ask: a, subject: task.Want{Area: f.Facility.Area, District: f.Facility.District}}
	x := f.Incident
	clock := &a.p.Clocks.IncidentSerious
	switch x.Severity {
	case facility.Critical:
		clock = &a.p.Clocks.IncidentCritical
	case facility.Minor:
		clock = &a.p.Clocks.IncidentMinor
	case facility.Serious:
	}
	for n := range x.Opened {
		w.add(clock, want(task.HandleIncident, int(n), keeper(f.Facility.Kind), x.HappenedAt, clock, x.OpenedAt))
	}
	w.add(clock, want(task.HandleIncident, int(x.Opened), keeper(f.Facility.Kind), x.OpenedAt, clock, x.ClosedAt))
	return a.standHouse(w)
}

// onDeficiency answers: an inspection found that a site does not meet a standard, or that it does again.
//
//  1. Those of the house put it right, by the clock of what is critical or not, from when it was found. It is done when a later inspection finds it met.
//  2. Nothing of the kind is there any more: nothing is to be put right.
func onDeficiency(a ask, f HouseFacts) []Action {
	d := f.Deficiency
	w := wants{ask: a, subject: task.Want{Area: d.Area, District: d.District}}
	clock := &a.p.Clocks.Deficiency
	if d.Critical {
		clock = &a.p.Clocks.DeficiencyGrave
	}
	if d.End != facility.NotApplicable {
		w.add(clock, want(task.CorrectDeficiency, 0, keeper(f.Facility.Kind), d.FoundAt, clock, d.EndedAt))
	}
	return a.standHouse(w)
}

// keeper is who runs a kind of facility.
func keeper(k facility.Kind) task.Role {
	if k == facility.Hospital {
		return task.Hospital
	}
	return task.QuarantineManager
}

func (a ask) standHouse(w wants) []Action {
	return []Action{Stand{Subject: a.t.Subject, Tasks: w.list, Because: a.because(a.p.Care.Unassessed.Path)}}
}
