package response

// onZoneProposed answers: a zone was proposed because of a case, or decided.
//
//  1. The case's tasks stand: the decision is one of them until it is made.
func onZoneProposed(a ask, f CaseFacts) []Action { return a.standCase(f) }
