package response

// onCaseInvestigated answers: the investigation form is complete, or the list of contacts is.
//
//  1. Its tasks stand; the one that this fact does is done. What the form taught (an onset, say) moves the others.
//  2. An onset found by the investigation converts an asymptomatic infection, as a correction would.
func onCaseInvestigated(a ask, f CaseFacts) []Action { return onCaseCorrected(a, f) }
