package response

// onSelfTest answers: somebody reported an antigen self-test.
//
//  1. Positive: a PCR is taken by the deadline. It makes nobody a case, and holds nobody: what a person reads at home is no ground for a diagnosis.
//  2. Negative or invalid: no task. Whoever has symptoms is advised to take a PCR where they report it.
func onSelfTest(a ask, f PersonFacts) []Action { return a.standPerson(f) }
