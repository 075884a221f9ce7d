package response

// onTierChanged answers: a contact is in another tier, nearer by a rule or as a person decided.
//
//  1. The last day of follow-up and the tasks are those of the new tier; what the old one wanted and is open is void.
func onTierChanged(a ask, f ContactFacts) []Action { return a.standContact(f) }
