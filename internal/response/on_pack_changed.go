package response

// onCasePackChanged answers: the outbreak goes on under another pack. It is asked of every case that has not ended.
//
//  1. Its tasks stand as the pack now in force wants them; what was due or done before stays as the pack of then asked for it (earlier.go).
//
// Zones are left as they are: nobody is locked down, or let out, because a level has another name now. What is decided from here on follows the new pack.
func onCasePackChanged(a ask, f CaseFacts) []Action { return a.standCase(f) }

// onContactPackChanged answers the same for a contact who is followed up.
//
//  1. The last day of follow-up is the new pack's; who is past it, and tested as it asks, is released.
//  2. Their tasks stand as for a case.
//  3. One who is a case by now is answered for as that.
func onContactPackChanged(a ask, f ContactFacts) []Action {
	if f.Became != nil {
		return nil
	}
	return a.standContact(f)
}
