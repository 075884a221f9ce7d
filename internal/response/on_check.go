package response

// onCheck answers: a contact was checked, or was not there for the check.
//
//  1. Seen: the check is done and the next one stands. Found again, the search is done.
//  2. Not seen: the check stays due, and finding the contact has a deadline of its own.
//  3. A symptom is answered as by symptom.
func onCheck(a ask, f ContactFacts) []Action { return onSymptom(a, f) }
