package response

// onCaseProgress answers: a case was reported, its report verified, or it was isolated or admitted.
//
//  1. Its tasks stand; the one that this fact does is done.
func onCaseProgress(a ask, f CaseFacts) []Action { return a.standCase(f) }
