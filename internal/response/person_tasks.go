package response

import (
	"slices"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

// OnceMore is added to the ordinal of a single specimen that is wanted because another gave no result; below it the ordinals are the numbers of tubes and self-tests.
const OnceMore = 1 << 40

// personTasks says which tasks must stand for somebody whom tubes or a self-test concern, or who went along with a child:
//
//  1. Each positive tube: tell them to stay where they are, and why; sample them singly, and again while a specimen gives no result.
//  2. Each tube that told nothing: sample them again, alone or with others.
//  3. A positive self-test: take a PCR.
//  4. An appeal: answer it, by its deadline and before the hold ends. Answered, or while nothing restricts them, nobody has to.
//  5. A stay at a site for the sake of a child who is there no more: let them go.
//  6. Somebody who is a case already: nothing but what was done. What must be done for a case stands there.
func personTasks(a ask, f PersonFacts) []task.Want {
	w := wants{ask: a, subject: task.Want{Area: f.Area, District: f.District}}
	c := &a.p.Clocks
	// Without a place of their own, the work falls to where they were sampled.
	at := func(s *ShareFacts) {
		if w.subject.Area = f.Area; f.Area == 0 {
			w.subject.Area, w.subject.District = s.Area, s.District
		}
	}
	for i := range f.Tubes {
		s := &f.Tubes[i]
		at(s)
		switch {
		case s.Result == lab.TubePositive && !s.Alone:
			w.shared(&f, s)
		case s.Result.Again():
			w.add(&c.SampleAgain, want(task.SampleAgain, int(s.Tube), task.SamplingTeam, s.ResultAt, &c.SampleAgain, sampledAfter(&f, s.At)))
		}
	}
	held := slices.ContainsFunc(f.Tubes, func(s ShareFacts) bool { return s.Hold.Stands() })
	for i := range f.Appeals {
		if x := &f.Appeals[i]; held || f.Restricted || !x.Open() {
			w.subject.Area, w.subject.District = x.Area, x.District
			t := want(task.AnswerAppeal, int(x.ID), task.CommandPost, x.FiledAt, &c.AnswerAppeal, x.AnsweredAt)
			t.Due = earliest(t.Due, x.Until)
			w.add(&c.AnswerAppeal, t)
		}
	}
	for _, t := range f.SelfTests {
		if t.Result == screening.SelfPositive {
			if w.subject.Area = f.Area; f.Area == 0 {
				w.subject.Area, w.subject.District = t.Area, t.District
			}
			clock := &c.SampleSelfTest
			w.add(clock, want(task.SampleSelfTest, int(t.ID), task.SamplingTeam, t.At, clock, pcrFrom(a, f.Specimens, t.At)))
		}
	}
	for _, x := range f.Along {
		w.checkOut([]facility.Stay{x.Stay}, x.Over, time.Time{}, func(facility.Stay) bool { return true })
	}
	if underWay(f.Case) {
		return done(w.list)
	}
	return w.list
}

// shared wants what a positive tube asks for of one of the people in it.
func (w *wants) shared(f *PersonFacts, s *ShareFacts) {
	c := &w.p.Clocks
	if h := s.Hold; h != nil {
		t := want(task.HoldPerson, int(s.Tube), task.CommunityWorker, h.Since, &c.HoldPerson, earliest(h.ToldAt, takenFrom(f.Specimens, h.Since)))
		if h.Stands() || !t.DoneAt.IsZero() {
			w.add(&c.HoldPerson, t)
		}
	}
	after := s.At.Add(time.Microsecond)
	w.add(&c.ResampleSingle, want(task.ResampleSingle, int(s.Tube), task.SamplingTeam, s.ResultAt, &c.ResampleSingle, pcrFrom(w.ask, f.Specimens, after)))
	m := MemberFacts{At: s.At, Specimens: f.Specimens, Case: f.Case}
	if find(w.p, &m) == negative {
		return // another specimen of theirs told
	}
	loc := zoneOf(f.Loc)
	for _, x := range f.Specimens {
		if x.TakenAt.After(s.At) && (x.Result == lab.Inconclusive || x.Result == lab.Invalid) {
			w.add(&c.SampleAgain, want(task.ResampleSingle, OnceMore+int(day.In(x.TakenAt, loc)), task.SamplingTeam, x.ResultAt, &c.SampleAgain, pcrFrom(w.ask, f.Specimens, x.TakenAt.Add(time.Microsecond))))
		}
	}
}

// pcrFrom returns when the first specimen for a method that proves was taken, from an instant on.
func pcrFrom(a ask, specimens []lab.Specimen, from time.Time) time.Time {
	for _, s := range specimens {
		for _, m := range a.p.Cases.ConfirmBy.Value {
			if s.Method == m && !s.TakenAt.Before(from) {
				return s.TakenAt
			}
		}
	}
	return time.Time{}
}

// sampledAfter returns when somebody was next sampled, singly or with others, after an instant.
func sampledAfter(f *PersonFacts, at time.Time) time.Time {
	out := takenFrom(f.Specimens, at.Add(time.Microsecond))
	for _, t := range f.Tubes {
		if t.At.After(at) {
			out = earliest(out, t.At)
		}
	}
	return out
}

// standPerson orders the tasks that must stand for a person.
func (a ask) standPerson(f PersonFacts) []Action {
	wanted := func(a ask) []task.Want { return personTasks(a, f) }
	return []Action{Stand{Subject: onPerson(f.Person), Tasks: judged(a, f.Earlier, wanted(a), 0, wanted), Because: a.because(a.holding())}}
}
