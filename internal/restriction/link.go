package restriction

// Began counts how often the restriction was made or began again. What was given for one such time, as a check link is, holds for no other.
func (r *Restriction) Began() int {
	n := 0
	for _, v := range r.Versions {
		if v.Change == Made || v.Change == Again {
			n++
		}
	}
	return n
}
