package response

import (
	"firebreak/internal/person"
	"firebreak/internal/screening"
)

// onCasePackChanged answers: the outbreak goes on under another pack. It is asked of every case that has not ended.
//
//  1. Its tasks stand as the pack now in force wants them; what was due or done before stays as the pack of then asked for it (earlier.go).
//
// Zones are left as they are: nobody is locked down, or let out, because a level has another name now. What is decided from here on follows the new pack.
func onCasePackChanged(a ask, f CaseFacts) []Action { return a.standCase(f) }

// onContactPackChanged answers the same for a contact who is followed up.
//
//  1. The last day of follow-up is the new pack's; who is past it, and tested as it asks, is released.
//  2. Their tasks stand as for a case.
//  3. One who is a case by now is answered for as that.
func onContactPackChanged(a ask, f ContactFacts) []Action {
	if f.Became != nil {
		return nil
	}
	return a.standContact(f)
}

// onPersonPackChanged answers the same for somebody whom tubes or a self-test concern: who is held, or is still to be told or sampled.
//
//  1. Their tasks stand as for a case: another deadline, or none.
//  2. The positive tubes they are in are looked at again.
func onPersonPackChanged(a ask, f PersonFacts) []Action {
	return append(a.standPerson(f), a.tubesOf(f)...)
}

// onTubePackChanged answers the same for a tube.
//
//  1. The pack now in force holds nobody: whoever is held is let go at once. It lets go sooner, or holds where the other did not: so it is done (lookAtTube).
//  2. It holds for a shorter time: the hold ends then, counted from its beginning; at once where that is past. It holds longer: a hold that stands ends when people were told that it ends.
func onTubePackChanged(a ask, f TubeFacts) []Action {
	out := a.lookAtTube(f)
	longest := &a.p.Clocks.HoldLongest
	lifted := map[person.ID]bool{}
	for _, x := range out {
		if x, ok := x.(LiftHold); ok {
			lifted[x.Person] = true
		}
	}
	for i := range f.Members {
		m := &f.Members[i]
		if !m.Hold.Stands() || lifted[m.Person] {
			continue
		}
		switch until := m.Hold.Since.Add(longest.Duration()); {
		case !until.Before(m.Hold.Until):
			continue
		case until.After(a.now):
			out = append(out, ShortenHold{Person: m.Person, Tube: f.ID, Until: until, Because: a.because(longest.Path)})
		default:
			out = append(out, LiftHold{Person: m.Person, Tube: f.ID, Why: screening.LiftedOver, At: a.now, Because: a.because(longest.Path)})
		}
		out = append(out, a.alsoFor(onPerson(m.Person)))
	}
	return out
}
