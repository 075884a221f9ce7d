package response

import (
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// Ordinals tell tasks of one kind apart. They are made of days and slots, not of counters, so that facts that arrive in
// another order give the same tasks.
const (
	// A specimen of a test day has the day's number as its ordinal; the others stand apart from it by these.
	doubleOrdinal   = 10_000_000 // the second specimen of the same day
	againOrdinal    = 20_000_000 // after an inconclusive or invalid result, by the day that specimen was taken
	symptomOrdinal  = 30_000_000 // because of a symptom, by its day
	siteOrdinal     = 1          // quarantine at a site; at home is 0
	againBy         = 10         // both, once for each day on which the tier changed: that day's number times this is added
	firstReachOrder = 0          // reaching a contact again after a missed check has the check's number
)

// wants gathers the tasks that must stand for one subject.
type wants struct {
	ask
	subject task.Want // area and district
	list    []task.Want
}

// add wants a task, unless the pack does not give its clock.
func (w *wants) add(clock *protocol.Value[int], t task.Want) {
	if clock.Set() {
		w.under(clock.Path, t)
	}
}

func (w *wants) under(clause string, t task.Want) {
	t.Area, t.District = w.subject.Area, w.subject.District
	t.Because = w.because(clause)
	w.list = append(w.list, t)
}

// done keeps of the tasks those that the facts say were done: what remains for a subject for which nothing more is to do.
func done(list []task.Want) []task.Want {
	out := list[:0]
	for _, t := range list {
		if !t.DoneAt.IsZero() {
			out = append(out, t)
		}
	}
	return out
}

// caseTasks says which tasks must stand for a case, by all that is known of it:
//
//  1. Report it, and have the report checked.
//  2. Suspected: sample it until it is proven or ruled out.
//  3. Proven or probable (suspected where the pack says so): move it, admit it where the pack treats somebody so ill in a hospital, investigate it, list its contacts.
//  4. Decide the zones proposed because of it.
//  5. Decide its discharge when the criteria can be met.
//  6. Tell them that they are isolated, look at it again, and bring what is owed (restrict.go).
//  7. Closed: only reporting, and tracing while a contact could still be followed up; after a discharge, what the pack wants at home. Discarded, or
//     merged into another record: nothing.
//  8. Closed, or discarded: let them go from where they stay.
func caseTasks(a ask, f CaseFacts) []task.Want {
	p, c := a.p, &f.Case
	loc := zoneOf(f.Loc)
	w := wants{ask: a, subject: task.Want{Area: c.Area, District: c.District}, list: make([]task.Want, 0, 8)}
	proven := c.Class.Infected() || c.Class == cases.Probable
	from := provenAt(a, c, loc)
	noted := from
	if !c.NotedAt.IsZero() && c.NotedAt.Before(noted) {
		noted = c.NotedAt
	}

	w.add(&p.Clocks.ReportCase, want(task.ReportCase, 0, task.ReportingClinic, noted, &p.Clocks.ReportCase, c.ReportedAt))
	if !c.ReportedAt.IsZero() {
		w.add(&p.Clocks.VerifyCase, want(task.VerifyCase, 0, task.Investigator, c.ReportedAt, &p.Clocks.VerifyCase, earliest(c.VerifiedAt, c.Investigated)))
	}
	if !c.Class.Infected() {
		w.caseSamples(f, noted, loc)
	}
	lifted, _ := byHand(f.Restriction)
	var moved time.Time
	moves := false
	// Of one who was none, nothing more is known as their contact goes on than was known then.
	if !lifted && (proven || p.Cases.MoveSuspected.Value && c.Class != cases.Discarded) {
		since := from
		if p.Cases.MoveSuspected.Value {
			since = noted
		}
		moved = movedAt(p, &f)
		moves = p.Clocks.MoveCase.Set() && moved.IsZero()
		w.add(&p.Clocks.MoveCase, want(task.MoveCase, 0, task.TransferDesk, since, &p.Clocks.MoveCase, moved))
		w.gone(f.Stays, task.MoveCase, task.TransferDesk, &p.Clocks.MoveCase, func(s facility.Stay) bool { return s.CaseOf == c.ID })
	}
	if proven {
		w.treat(&f, from, moved, moves)
	}
	if proven || p.Cases.TraceSuspected.Value {
		since := from
		if p.Cases.TraceSuspected.Value {
			since = noted
		}
		w.add(&p.Clocks.InvestigateCase, want(task.InvestigateCase, 0, task.Investigator, since, &p.Clocks.InvestigateCase, c.Investigated))
		w.add(&p.Clocks.ListContacts, want(task.ListContacts, 0, task.Investigator, since, &p.Clocks.ListContacts, c.ListedAt))
	}
	for _, z := range f.Zones {
		if z.Withdrawn() {
			continue
		}
		t := want(task.DecideZone, int(z.ID), task.CommandPost, z.ProposedAt, &p.Clocks.DecideZone, time.Time{})
		if z.State != zone.Proposed {
			t.DoneAt = earliest(z.DecidedAt, a.now)
		}
		w.add(&p.Clocks.DecideZone, t)
	}
	if c.Class.Infected() {
		w.discharge(f, loc)
	}
	w.restriction(f.Restriction, task.FollowUpOfficer, task.Hospital, task.QuarantineManager, loc)

	switch {
	case c.Class == cases.Discarded, c.MergedInto != 0:
		w.list = done(w.list)
	case c.Outcome != cases.Open:
		after := w.afterDischarge(&f, loc)
		w.list = append(w.closed(f, loc), after...)
	default:
		w.readmit(&f, loc)
	}
	if c.Closed() && c.MergedInto == 0 {
		over := a.t.At
		if !c.OutcomeOn.IsZero() {
			over = lastOf(c.OutcomeOn, loc)
		}
		w.checkOut(f.Stays, over, time.Time{}, func(s facility.Stay) bool {
			// Whom nobody moved is still where they were a contact.
			return s.CaseOf == c.ID || c.Outcome != cases.Open && f.From != nil && s.ContactOf == f.From.ID && !s.Companion
		})
	}
	return w.list
}

// closed keeps what still makes sense for a case that has ended: what was done, its report, and tracing while somebody it met
// could still be followed up.
func (w *wants) closed(f CaseFacts, loc *time.Location) []task.Want {
	c := &f.Case
	ended := c.OutcomeOn
	if ended.IsZero() {
		ended = c.Reference(loc).Add(w.p.Periods.InfectiousTo.Value)
	}
	trace := !ended.IsZero() && day.In(w.now, loc) <= ended.Add(w.p.Tiers.Close.FollowUpDays())
	out := w.list[:0]
	for _, t := range w.list {
		traced := t.Kind == task.InvestigateCase || t.Kind == task.ListContacts
		if !t.DoneAt.IsZero() || t.Kind == task.ReportCase || traced && trace {
			out = append(out, t)
		}
	}
	return out
}

// caseSamples wants the specimens that prove a suspected case or rule it out: the first at once, each further one after the
// pack's gap from a negative, and another for each that gave no result.
func (w *wants) caseSamples(f CaseFacts, noted time.Time, loc *time.Location) {
	clock := &w.p.Clocks.SampleCase
	specimens := evidence(w.p, &f)
	w.add(clock, want(task.SampleCase, 0, task.SamplingTeam, noted, clock, takenFrom(specimens, time.Time{})))
	negatives := 0
	for _, s := range specimens {
		switch s.Result {
		case lab.Negative:
			negatives++
			if negatives < w.p.Cases.RuleOutTests.Value {
				from := s.TakenAt.Add(w.p.Cases.RuleOutGap.Duration())
				t := want(task.SampleCase, negatives, task.SamplingTeam, from, clock, takenFrom(specimens, from))
				t.NotBefore = from
				w.add(clock, t)
			}
		case lab.Inconclusive, lab.Invalid:
			w.again(task.SampleCase, specimens, s, loc)
		case lab.Awaited, lab.Positive: // neither rules out nor asks for another sample
		}
	}
}

// again wants another specimen because one gave no result.
func (w *wants) again(kind task.Kind, all []lab.Specimen, s lab.Specimen, loc *time.Location) {
	clock := &w.p.Clocks.SampleAgain
	w.add(clock, want(kind, againOrdinal+int(day.In(s.TakenAt, loc)), task.SamplingTeam, s.ResultAt, clock, takenFrom(all, s.TakenAt.Add(1))))
}

// discharge wants the decision on discharge: due at the pack's review day, moved on by a later positive, or the pack's clock
// after the criteria are met.
func (w *wants) discharge(f CaseFacts, loc *time.Location) {
	c, d := &f.Case, &w.p.Discharge
	ref := c.Reference(loc)
	if ref.IsZero() {
		return
	}
	clause := d.ReviewDays.Path
	review := ref.Add(d.ReviewDays.Value)
	// Nobody can have been reviewed before they were known: a case found late is reviewed from when it was confirmed.
	if known := day.In(c.ConfirmedAt, loc); known > review {
		review = known.Add(d.RetestDays.Value)
	}
	for _, s := range f.Specimens {
		if on := day.In(s.TakenAt, loc); d.Negatives.Value > 0 && s.Result == lab.Positive && !counts(w.p, s) && on.Add(d.RetestDays.Value) > review {
			review, clause = on.Add(d.RetestDays.Value), d.RetestDays.Path
		}
	}
	t := task.Want{Key: task.Key{Kind: task.DischargeCase}, Owner: task.Hospital, Due: lastOf(review, loc)}
	if _, n := f.Care.discharged(); n > 0 { // somebody who came back is discharged once more
		if t.Ordinal = n; c.Outcome == cases.Recovered {
			t.Ordinal--
		}
	}
	if d.MinDays.Set() {
		t.NotBefore = ref.Add(d.MinDays.Value).Start(loc)
	}
	if at, met := dischargeable(w.p, f, loc); met && d.Negatives.Value > 0 {
		t.Due, clause = at.Add(w.p.Clocks.DischargeCase.Duration()), w.p.Clocks.DischargeCase.Path
	}
	if c.Outcome == cases.Recovered {
		t.DoneAt = endOrNow(c.OutcomeOn, loc, w.now)
	}
	w.under(clause, t)
}

// counts says whether a result counts as negative for discharge: negative, or a PCR with a cycle threshold from the pack's on.
func counts(p *protocol.Pack, s lab.Specimen) bool {
	ct := p.Discharge.CtFrom
	return s.Result == lab.Negative || s.Result == lab.Positive && s.Method == lab.PCR && ct.Set() && s.Ct >= ct.Value
}

// dischargeable says whether the tests for discharge are met, and since when: those of cleared, and not before the first day allowed.
func dischargeable(p *protocol.Pack, f CaseFacts, loc *time.Location) (since time.Time, met bool) {
	d := &p.Discharge
	first := f.Case.Reference(loc).Add(d.MinDays.Value).Start(loc)
	if d.Negatives.Value == 0 {
		return first, true
	}
	if _, since, met = cleared(p, f); met {
		since = latest(since, first)
	}
	return since, met
}

// cleared returns the negatives in a row that a case has had since it was proven, and since when they are as many as the pack asks for, the last at
// least the gap after the first. A positive begins the row anew. What was negative before the case was one says nothing: contacts are swabbed day
// after day until they become cases.
func cleared(p *protocol.Pack, f CaseFacts) (run []lab.Specimen, since time.Time, met bool) {
	d := &p.Discharge
	proven := provenBy(f)
	for _, s := range f.Specimens {
		switch {
		case !s.TakenAt.After(proven):
		case counts(p, s):
			run = append(run, s)
			if !met && len(run) >= d.Negatives.Value && s.TakenAt.Sub(run[0].TakenAt) >= d.Gap.Duration() {
				met, since = true, s.ResultAt
			}
		case s.Result == lab.Positive:
			run, since, met = nil, time.Time{}, false
		}
	}
	return run, since, met
}

// provenBy is when the sample was taken that proved a case, or when it was confirmed where that sample is not on record.
func provenBy(f CaseFacts) time.Time {
	at := f.Case.ConfirmedAt
	for _, s := range f.Specimens {
		if s.Result == lab.Positive && (at.IsZero() || !s.ResultAt.After(at)) {
			return s.TakenAt
		}
	}
	return at
}

// want is a task that is due a clock after an instant.
func want(kind task.Kind, ordinal int, owner task.Role, from time.Time, clock *protocol.Value[int], doneAt time.Time) task.Want {
	return task.Want{Key: task.Key{Kind: kind, Ordinal: ordinal}, Owner: owner, Due: from.Add(clock.Duration()), DoneAt: doneAt}
}

// provenAt is when the clocks of a case start: the result, or what comes nearest to it. Where only a day is known it is that
// day's last microsecond.
func provenAt(a ask, c *cases.Case, loc *time.Location) time.Time {
	if c.Class == cases.Suspected {
		if t := first(c.NotedAt, c.ReportedAt); !t.IsZero() {
			return t
		}
	}
	if t := first(c.ConfirmedAt, c.ReportedAt, c.NotedAt, c.AdmittedAt); !t.IsZero() {
		return t
	}
	if ref := c.Reference(loc); !ref.IsZero() {
		return lastOf(ref, loc)
	}
	return first(a.t.At, a.now)
}
