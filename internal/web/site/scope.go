package site

import (
	"slices"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/disclosure"
	"firebreak/internal/place"
)

// Soon is how long before a deadline work is shown as due soon: time enough to send somebody.
const Soon = 2 * time.Hour

// Tops are the areas whose subtrees together are what the person may see under action, narrowed to the area asked for; none lies below another. A
// single 0 stands for everything, what has no known area included: for those who hold every root of the tree and ask for no area.
func (q *Request) Tops(action auth.Action) []place.AreaID {
	roots := auth.ScopeOf(q.Actor, action, q.Purpose(action), q.Now).Roots
	var cut []place.AreaID
	for _, r := range roots {
		switch {
		case q.Area.ID == 0 || q.Tree.Contains(q.Area.ID, r):
			cut = append(cut, r)
		case q.Tree.Contains(r, q.Area.ID):
			cut = append(cut, q.Area.ID)
		}
	}
	var out []place.AreaID
	for i, a := range cut {
		if _, known := q.Tree.Get(a); !known {
			continue
		}
		below := false
		for j, b := range cut {
			below = below || a != b && q.Tree.Contains(b, a) || a == b && j < i
		}
		if !below {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	all := q.Tree.Roots()
	slices.Sort(all)
	if q.Area.ID == 0 && len(all) > 0 && slices.Equal(out, all) {
		return []place.AreaID{0}
	}
	return out
}

// Parts are the areas that a screen tells apart under tops: those directly below it, going down while there is only one way; several tops are
// themselves the parts.
func (q *Request) Parts(tops []place.AreaID) []place.Jurisdiction {
	if len(tops) > 1 {
		var out []place.Jurisdiction
		for _, a := range tops {
			j, _ := q.Tree.Get(a)
			out = append(out, j)
		}
		return out
	}
	if len(tops) == 0 {
		return nil
	}
	at := tops[0]
	// An outbreak in one city is looked at from there, however far up the reader's own area reaches.
	if q.Area.ID == 0 && q.Outbreak.Area != 0 && (at == 0 || q.Tree.Contains(at, q.Outbreak.Area)) {
		at = q.Outbreak.Area
	}
	for {
		below := q.Tree.Children(at)
		if len(below) != 1 {
			return below
		}
		at = below[0].ID
	}
}

// SeesAny tells of an area whether anything in it can be on one of the person's screens: what live events are narrowed to.
func (q *Request) SeesAny() func(place.AreaID) bool {
	var scopes []auth.Scope
	for _, s := range q.Site.Screens {
		if s.Whole {
			continue // it does not refresh itself
		}
		for _, p := range append(auth.PurposesFor(q.Actor, s.Action, q.Now), "") {
			if scope := auth.ScopeOf(q.Actor, s.Action, p, q.Now); !scope.Empty() {
				scopes = append(scopes, scope)
			}
		}
	}
	return func(area place.AreaID) bool {
		if area == 0 {
			area = q.Outbreak.Area
		}
		path := q.path(area)
		return slices.ContainsFunc(scopes, func(s auth.Scope) bool { return area == 0 || s.Contains(path) })
	}
}

// Told is the area by which the person is told that something happened in the given one: itself where they read the records, and elsewhere the smallest around it
// that is not too small to point at people; 0 where there is none.
func (q *Request) Told(id place.AreaID) place.AreaID {
	if id == 0 || q.Sees(auth.CaseRead, id) {
		return id
	}
	return disclosure.Coarsen(q.Tree, id)
}

// Widen makes the area asked for the one by which the person may be told of it, and says whether that is another.
func (q *Request) Widen() bool {
	told := q.Told(q.Area.ID)
	if told == q.Area.ID {
		return false
	}
	q.Area, _ = q.Tree.Get(told)
	return true
}

// Hide says which counts of areas to leave out for this person, who is told their sum: none where they read the records.
func (q *Request) Hide(areas []place.Jurisdiction, counts []int64) []bool {
	small := make([]bool, len(areas))
	for i, j := range areas {
		small[i] = disclosure.Small(j) && !q.Sees(auth.CaseRead, j.ID)
	}
	return disclosure.Hide(counts, small)
}
