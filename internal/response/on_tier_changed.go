package response

// onTierChanged answers: a contact is in another tier, nearer by a rule or as a person decided.
//
//  1. The last day of follow-up and the tasks are those of the new tier; what the old one wanted and is open is void.
//  2. Who is a case by now is linked to the one they turn out to have met.
func onTierChanged(a ask, f ContactFacts) []Action { return a.linkSources(a.standContact(f), &f) }
