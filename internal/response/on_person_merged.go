package response

// onPersonMerged answers: two records of people in tubes were made one person's, or two again. It is asked of both.
//
//  1. The record that does not go on is in no tube any more: what is open for it is void; what was done stays done.
//  2. The one that goes on: their tasks stand by what both were in, and what was taken from either.
//  3. The positive tubes they are in are looked at again: they may explain one, or be cleared by a specimen of the other record.
func onPersonMerged(a ask, f PersonFacts) []Action {
	return append(a.standPerson(f), a.tubesOf(f)...)
}
