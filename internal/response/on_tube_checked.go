package response

// onTubeChecked answers: somebody looked for a swapped tube or a missing member, and told what they found.
//
//  1. That task is done. What they found to be wrong is corrected by its own fact: a result, a member.
func onTubeChecked(a ask, f TubeFacts) []Action { return a.lookAtTube(f) }
