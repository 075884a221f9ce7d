package response

import "firebreak/internal/cases"

// onCaseCorrected answers: what was known of a case was wrong or has changed, its class included.
//
//  1. An asymptomatic infection that has an onset now is a confirmed case, where the edition counts them apart.
//  2. Its tasks stand as the corrected facts want them; what is open and no longer wanted is void.
//  3. A zone is proposed where there is reason now and was none before.
//  4. The people around it are looked at again: its contacts are released if it is no case and they met no other.
func onCaseCorrected(a ask, f CaseFacts) []Action {
	var out []Action
	if c := f.Case; c.Class == cases.Asymptomatic && !c.Onset.IsZero() && a.p.Cases.AsymptomaticApart.Value {
		// The result is the same one, so the clocks that it started run on.
		out = append(out, Confirm{Case: c.ID, Class: cases.Confirmed, At: c.ConfirmedAt, Because: a.because(a.p.Cases.AsymptomaticApart.Path)})
	}
	out = append(out, a.standCase(f)...)
	out = a.proposeZone(f, out)
	return a.around(f, out)
}
