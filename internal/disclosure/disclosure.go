// Package disclosure keeps people from being recognised in counts: whoever may read counts but no records sees no small count of a small area, and none that
// could be worked out from the counts beside it. It is pure. Screens and whatever else gives counts to such readers import it.
package disclosure

import "firebreak/internal/place"

// Least is the smallest count, other than none, that is shown of a small area. The Office for National Statistics (Review of the Dissemination of Health Statistics:
// Confidentiality Guidance) holds counts of 1 and 2 to be unsafe, and 3 and 4 too where the area is small or the matter sensitive.
const Least = 5

// Floor is the number of people from which an area is not small: 45 CFR 164.514(b)(2)(i)(B) lets a record name an area of more than 20,000 people.
const Floor = 20_000

// Small tells whether an area has so few people that a count of it may point at one of them. Where nobody knows how many live there, it is held to be small unless
// it is a district or stands above one.
func Small(j place.Jurisdiction) bool {
	if j.Population > 0 {
		return j.Population <= Floor
	}
	switch j.Level {
	case place.Nation, place.Province, place.City, place.District:
		return false
	default: // streets, communities and the levels that a country adds
		return true
	}
}

// Coarsen returns the smallest area that holds the given one and is not small; 0 where there is none.
func Coarsen(t *place.Tree, id place.AreaID) place.AreaID {
	path := t.Path(id)
	for i := len(path) - 1; i >= 0; i-- {
		if !Small(path[i]) {
			return path[i].ID
		}
	}
	return 0
}

// Hide says which counts of the parts of an area to leave out for a reader who knows their sum. small tells of each part whether it is Small. Every count from 1 to
// Least-1 of a small part is left out; where that is one alone, the sum would give it away, so the smallest of the others goes with it. All that are left out must
// look the same. A part without others is beyond this: ask whether the whole may be told.
func Hide(counts []int64, small []bool) []bool {
	hidden := make([]bool, len(counts))
	alone := -1
	n := 0
	for i, c := range counts {
		if small[i] && c > 0 && c < Least {
			hidden[i] = true
			alone = i
			n++
		}
	}
	if n != 1 {
		return hidden
	}
	with := -1
	for i, c := range counts {
		if i != alone && (with < 0 || c < counts[with]) {
			with = i
		}
	}
	if with >= 0 {
		hidden[with] = true
	}
	return hidden
}
