package response

import "firebreak/internal/cases"

// onCaseConfirmed answers: an infection is proven (confirmed, or asymptomatic), or probable.
//
//  1. Its tasks stand: report, verify, move, admit, investigate, list contacts, discharge.
//  2. A zone is proposed where the case lives, unless one was already because of this case, or the case has ended.
//  3. The people around it are looked at again.
func onCaseConfirmed(a ask, f CaseFacts) []Action {
	out := a.standCase(f)
	out = a.proposeZone(f, out)
	return a.around(f, out)
}

func (a ask) proposeZone(f CaseFacts, out []Action) []Action {
	level := a.p.Zones.Propose
	if !level.Set() || !f.Case.Class.Infected() || f.Case.Closed() || len(f.Zones) > 0 || f.Case.Area == 0 || f.Case.Found == cases.FoundInIsolation {
		return out
	}
	return append(out, ProposeZone{Case: f.Case.ID, Level: level.Value, Because: a.because(level.Path)})
}
