package response

// onTubeFailed answers: a tube told nothing. It was inconclusive or invalid, lost or leaked.
//
//  1. Everybody in it is sampled again, alone or with others, by the deadline. Nobody is held.
//  2. It was positive before: their holds are lifted.
func onTubeFailed(a ask, f TubeFacts) []Action { return a.tubeReported(f) }
