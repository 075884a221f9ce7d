package response

import "firebreak/internal/screening"

// onAppeal answers: somebody who is held appealed, or was answered.
//
//  1. Somebody is to answer it by the deadline, and before the hold ends.
//  2. Answered that they are let go, which two people agreed on: every hold that stood when they appealed is lifted. It is not begun again by what was reported till then.
//  3. Another restriction was ended by the order that answered, by the same two people; its own tasks are looked at with it (restrict.go).
//  4. Answered that the hold goes on: it ends when it was to end.
func onAppeal(a ask, f PersonFacts) []Action {
	var out []Action
	for i := range f.Appeals {
		x := &f.Appeals[i]
		if x.Answer != screening.AnswerLifted {
			continue
		}
		for _, t := range f.Tubes {
			if t.Hold.Stands() && !t.Hold.Since.After(x.FiledAt) {
				out = append(out, LiftHold{Person: f.Person, Tube: t.Tube, Why: screening.LiftedAppeal, At: x.AnsweredAt, Because: a.because(a.appealing())})
			}
		}
	}
	if len(out) > 0 {
		return append(out, a.alsoFor(onPerson(f.Person))) // their tasks, as the holds are over
	}
	return a.standPerson(f)
}

// appealing is the value that appeals stand on. Under a pack that has none, which was put in force since, it is what holds stand on.
func (a ask) appealing() string {
	if c := &a.p.Clocks.AnswerAppeal; c.Set() {
		return c.Path
	}
	return a.holding()
}
