package screening

import (
	"slices"

	"firebreak/internal/place"
)

// Part returns the areas of a round that lie in some others: what somebody who sees only those others sees of it. None of what it returns lies in another.
func (r Round) Part(tree *place.Tree, within []place.AreaID) []place.AreaID {
	var out []place.AreaID
	for _, top := range within {
		for _, a := range r.Areas {
			switch {
			case tree.Contains(top, a):
				out = append(out, a)
			case tree.Contains(a, top):
				out = append(out, top)
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(slices.Clone(out), func(a place.AreaID) bool {
		return slices.ContainsFunc(out, func(b place.AreaID) bool { return a != b && tree.Contains(b, a) })
	})
}
