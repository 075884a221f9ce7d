package response

import "firebreak/internal/screening"

// onHoldOver answers: the last moment of a hold has passed.
//
//  1. It is lifted, whatever is known by then: nobody is held longer than the pack allows.
//  2. The single specimen that is still wanted stays wanted, and is late.
func onHoldOver(a ask, f PersonFacts) []Action {
	var out []Action
	for _, t := range f.Tubes {
		if t.Hold.Stands() && !t.Hold.Until.After(a.now) {
			out = append(out, LiftHold{Person: f.Person, Tube: t.Tube, Why: screening.LiftedOver, At: t.Hold.Until, Because: a.because(a.holding())})
		}
	}
	if len(out) > 0 {
		return append(out, a.alsoFor(onPerson(f.Person))) // their tasks, as the hold is over
	}
	return a.standPerson(f)
}
