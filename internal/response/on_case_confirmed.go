package response

import (
	"firebreak/internal/cases"
	"firebreak/internal/facility"
)

// onCaseConfirmed answers: an infection is proven (confirmed, or asymptomatic), or probable.
//
//  1. Its tasks stand: report, verify, move, admit, investigate, list contacts, discharge.
//  2. A zone is proposed where the case lives, unless one was already because of this case, or the case has ended.
//  3. Who was where cases are kept for the sake of a child stays there as a case.
//  4. The people around it are looked at again.
func onCaseConfirmed(a ask, f CaseFacts) []Action {
	out := a.standCase(f)
	out = a.proposeZone(f, out)
	out = a.stayAsCase(f, out)
	return a.around(f, out)
}

func (a ask) stayAsCase(f CaseFacts, out []Action) []Action {
	for _, s := range f.Stays {
		if s.Companion && s.State == facility.In && s.Class == facility.Case && !s.AtHome() && !f.Case.Closed() {
			out = append(out, StayAsCase{Stay: s.ID, Case: f.Case.ID, At: first(f.Case.ConfirmedAt, a.t.At, a.now), Because: a.because(a.p.Cases.Classes.Path)})
		}
	}
	return out
}

func (a ask) proposeZone(f CaseFacts, out []Action) []Action {
	level := a.p.Zones.Propose
	if !level.Set() || !f.Case.Class.Infected() || f.Case.Closed() || len(f.Zones) > 0 || f.Case.Area == 0 || f.Case.Found == cases.FoundInIsolation {
		return out
	}
	return append(out, ProposeZone{Case: f.Case.ID, Level: level.Value, Because: a.because(level.Path)})
}
