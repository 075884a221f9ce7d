package response

// onCaseMerged answers: two records of one person's illness were made one, or made two again.
//
//  1. The record that does not go on: what is open for it is void; what was done stays done.
//  2. The one that goes on, or is on its own again: as after a correction.
func onCaseMerged(a ask, f CaseFacts) []Action {
	if f.Case.MergedInto != 0 {
		return a.standCase(f)
	}
	return onCaseCorrected(a, f)
}
