package response

// onDischarged answers: a case left a hospital as recovered, or monitoring at home after it is over.
//
//  1. What is done for a case is no longer wanted; the decision on discharge is done.
//  2. Monitoring at home and its tests stand, by the pack's days. A positive then, that does not count as negative, means: back to a hospital.
//  3. The people around it are looked at again, as for any case that has ended.
func onDischarged(a ask, f CaseFacts) []Action { return a.around(f, a.standCase(f)) }
