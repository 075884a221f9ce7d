package response

// onCaseClosed answers: a case has recovered, died or been lost, or was found to be none.
//
//  1. What is done for the person is no longer wanted: move, admit, discharge, further specimens.
//  2. Reporting still is, and so is tracing while somebody they met could still be followed up.
//  3. The people around it are looked at again.
func onCaseClosed(a ask, f CaseFacts) []Action { return a.around(f, a.standCase(f)) }
