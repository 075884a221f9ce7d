package response

// onTubeCorrected answers: what was reported of a tube was wrong.
//
//  1. Not positive after all: whoever was held because of it is let go at once, and what is open for them is void.
//  2. Positive after all: as a positive tube. Told nothing after all: as a tube that failed.
func onTubeCorrected(a ask, f TubeFacts) []Action { return a.tubeReported(f) }
