package response

// onAdmitted answers: a case was admitted to a hospital, or moved to another bed or hospital.
//
//  1. Its tasks stand; the admission, the transfer or the move to intensive care that was asked for is done.
//  2. Who is in a hospital is moved to isolation by that; the move that was asked for is done.
func onAdmitted(a ask, f CaseFacts) []Action { return a.standCase(f) }
