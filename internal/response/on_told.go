package response

// onTold answers: somebody was told that they are held, and why.
//
//  1. That task is done.
func onTold(a ask, f PersonFacts) []Action { return a.standPerson(f) }
