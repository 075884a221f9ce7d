package response

import (
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/task"
)

// onCaseSuspected answers: somebody may be a case.
//
//  1. Its tasks stand: report it, sample it, and what the pack wants done before proof.
//  2. The tubes they are in are looked at again: what is asked of them there stands with the case now.
func onCaseSuspected(a ask, f CaseFacts) []Action { return a.inTubes(f, a.standCase(f)) }

// inTubes has the rules look at the person of a case, and at the tubes they are in, for the same fact.
func (a ask) inTubes(f CaseFacts, out []Action) []Action {
	if f.InTubes {
		out = append(out, a.alsoFor(onPerson(f.Case.Person)))
	}
	return out
}

// standCase orders the restriction and the tasks that must stand for a case.
func (a ask) standCase(f CaseFacts) []Action {
	out := make([]Action, 0, 3)
	f.Restriction, out = a.restrict(f.Restriction, a.restrictCase(&f), out)
	return append(out, Stand{
		Subject: task.Subject{Kind: task.OnCase, ID: int64(f.Case.ID)},
		Tasks: judged(a, f.Earlier, caseTasks(a, f), 0, func(b ask) []task.Want {
			return caseTasks(b, f)
		}),
		Because: a.because(a.p.Cases.Classes.Path),
	})
}

// around orders what the class of a case means for the people around it:
//
//  1. The contact they were: their secondary contacts met a case now, or their follow-up goes on because they are none.
//  2. Their contacts: those with no other source are released when it is no case, and taken up again when it is one after all.
//  3. The tubes they are in: a case explains a positive one, and one that is none does not.
func (a ask) around(f CaseFacts, out []Action) []Action {
	by := a.because(a.p.Cases.Classes.Path)
	if from := f.From; from != nil {
		if f.Case.Class == cases.Discarded && from.State == contact.BecameCase {
			out = append(out, Resume{Contact: from.ID, At: first(a.t.At, a.now), Because: by})
		} else {
			out = append(out, Revisit{Contact: from.ID, Because: by})
		}
	}
	if f.Contacts > 0 {
		out = append(out, RevisitContacts{Case: f.Case.ID, Because: by})
	}
	return a.inTubes(f, out)
}
