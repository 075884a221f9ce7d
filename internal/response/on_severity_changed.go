package response

// onSeverityChanged answers: somebody told how ill a case is.
//
//  1. Who is so ill that the pack asks for a hospital is admitted by its clock; who is cared for elsewhere is brought there.
//  2. Who needs intensive care and lies in a ward is moved there by its clock.
//  3. Who needs no hospital is not to be admitted: what is open for it is void.
func onSeverityChanged(a ask, f CaseFacts) []Action { return a.standCase(f) }
