package response

import "firebreak/internal/journal"

// onContactProgress answers: a contact was reached, quarantined or given prophylaxis, their facts were corrected, their
// follow-up ended, or something they depend on changed.
//
//  1. All that their facts ask for is ordered anew; the task that this fact does is done.
//  2. One who was listed in error, or met somebody after all: those who met them are looked at again, and whom they met who is a case by now.
//  3. One who is a case now: their own contacts are answered for as by contact_became_case, when the case is proven later.
func onContactProgress(a ask, f ContactFacts, children []ContactFacts) []Action {
	var out []Action
	if f.Became != nil {
		out = onContactBecameCase(a, f, children)
	} else {
		out = a.standContact(f)
		if a.t.Kind == journal.ContactClosed || a.t.Kind == journal.ContactExposed {
			for _, child := range f.Children {
				out = append(out, Revisit{Contact: child, Because: a.because(a.p.Cases.Classes.Path)})
			}
		}
	}
	if a.t.Kind == journal.ContactExposed {
		out = a.metCases(out, &f)
	}
	return out
}
