package response

// onContactMerged answers: two records of one contact were made one, or made two again.
//
//  1. The record that does not go on: what is open for it is void; what was done stays done.
//  2. The one that goes on, or is on its own again: as after a correction; those who met them are looked at again, because their release
//     depends on the tests of both.
func onContactMerged(a ask, f ContactFacts, children []ContactFacts) []Action {
	out := onContactProgress(a, f, children)
	if f.Contact.MergedInto == 0 {
		for _, id := range f.Children {
			out = append(out, Revisit{Contact: id, Because: a.because(a.p.Cases.Classes.Path)})
		}
	}
	return out
}
