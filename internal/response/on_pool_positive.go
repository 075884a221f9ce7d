package response

// onPoolPositive answers: a tube with several people in it is positive.
//
//  1. Everybody in it is held where they are, for as long as the pack allows at most; a case, and whoever is in quarantine already, is not.
//  2. Each of them is told so, and sampled singly, by their deadlines.
//  3. What single specimens said before the tube did counts (lookAtTube).
//
// Who lives with them, and who stood before and after them at the same desk, is shown beside the tube; a rule holds nobody for that.
func onPoolPositive(a ask, f TubeFacts) []Action { return a.tubeReported(f) }
