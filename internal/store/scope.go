package store

import (
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/place"
)

// Within bounds a query: the caller's scope, and optionally one area of it. The zero value sees nothing.
type Within struct {
	Scope auth.Scope
	Area  place.AreaID // 0: all of the scope

	everywhere bool
}

// Everywhere is for the program itself (the command line on its own folder, checks, jobs), never for a person's request.
func Everywhere() Within { return Within{everywhere: true} }

// At narrows the bound to one area and what lies below it.
func (w Within) At(a place.AreaID) Within {
	w.Area = a
	return w
}

// Common is where all of the scopes hold.
func Common(tree *place.Tree, scopes ...auth.Scope) (out auth.Scope) {
	for i, s := range scopes {
		if i == 0 {
			out = s
			continue
		}
		var roots []place.AreaID
		for _, x := range out.Roots {
			for _, y := range s.Roots {
				switch {
				case tree.Contains(x, y):
					roots = append(roots, y)
				case tree.Contains(y, x):
					roots = append(roots, x)
				}
			}
		}
		slices.Sort(roots)
		out = auth.Scope{Roots: slices.Compact(roots)}
	}
	return out
}

// reach is a bound resolved against the tree.
//
// A list with ORDER BY and LIMIT has two good plans under a bound, and each is very bad where the other is good: walk the index of
// the sort order and drop what lies outside (reads page/share rows, share being the bound's share of all rows), or gather every row of the bound's
// areas by an index on area and sort (reads all of them). Measured at 5 million tasks in SQLite on 2,300 areas: walking costs 1-2 µs a row, gathering
// 2-4 µs a row, so that both cost the same where the bound holds sqrt(page x all), some 16,000 rows: 30-60 ms on either side. There are three ways to know the
// number of rows in the bound: counters (task_total), a count that stops at a limit (cheap where the answer matters), or the tree alone.
// walk and gathered write the predicate so that the engine takes the plan that was chosen; without that SQLite prefers
// the equality on outbreak and area whatever the order.
type reach struct {
	all   bool           // no predicate: the whole tree, rows of unknown area included
	roots []place.AreaID // the tops of the subtrees, none below another
	areas []place.AreaID // every area in them, ascending

	unindexed func(column string) string
}

// empty says that nothing can be seen.
func (s reach) empty() bool { return !s.all && len(s.areas) == 0 }

// reach resolves a bound: scope roots and the area that was asked for, whichever lies deeper. All roots of the tree together are
// everything: rows of unknown area belong to those who hold the whole.
func (r *Reader) reach(w Within) (reach, error) {
	if w.everywhere && w.Area == 0 {
		return reach{all: true, unindexed: r.db.d.unindexed}, nil
	}
	tree, err := r.Tree()
	if err != nil {
		return reach{}, err
	}
	tops := w.Scope.Roots
	if w.everywhere {
		tops = tree.Roots()
	}
	var roots []place.AreaID
	for _, top := range tops {
		switch {
		case w.Area == 0:
			roots = append(roots, top)
		case tree.Contains(top, w.Area):
			roots = append(roots, w.Area)
		case tree.Contains(w.Area, top):
			roots = append(roots, top)
		}
	}
	s := reach{unindexed: r.db.d.unindexed}
	for i, a := range roots {
		if _, known := tree.Get(a); !known {
			continue
		}
		below := false
		for j, b := range roots {
			below = below || a != b && tree.Contains(b, a) || a == b && j < i
		}
		if below {
			continue
		}
		s.roots = append(s.roots, a)
		for _, n := range tree.Subtree(a) {
			s.areas = append(s.areas, n.ID)
		}
	}
	slices.Sort(s.roots)
	slices.Sort(s.areas)
	s.all = len(s.roots) > 0 && len(s.areas) == tree.Len()
	return s, nil
}

// holds says whether a row of that area may be seen.
func (s reach) holds(a place.AreaID) bool {
	if s.all {
		return true
	}
	_, ok := slices.BinarySearch(s.areas, a)
	return ok
}

// gathered is the predicate, with "AND" before it, that lets the engine use an index on the column; empty when everything may be seen.
func (s reach) gathered(column string) string { return s.predicate(column) }

// walked is the same predicate for an engine that is to walk the index of the sort order.
func (s reach) walked(column string) string {
	if s.all {
		return ""
	}
	if runs := s.runs(); 4*len(runs) < len(s.areas) {
		column = s.unindexed(column)
		for i, r := range runs {
			runs[i] = column + " BETWEEN " + r
		}
		return " AND (" + strings.Join(runs, " OR ") + ")"
	}
	return s.predicate(s.unindexed(column))
}

// runs are the areas as "first AND last" of each run of IDs without a gap. Jurisdictions are numbered as they were imported, so that a district is often a run or a
// few: one comparison where a list of 2,000 areas takes a search for every row that is walked. Every ID in a run is one of the areas: it is the same predicate.
func (s reach) runs() []string {
	var out []string
	for i := 0; i < len(s.areas); {
		j := i
		for j+1 < len(s.areas) && s.areas[j+1] == s.areas[j]+1 {
			j++
		}
		out = append(out, strconv.FormatInt(int64(s.areas[i]), 10)+" AND "+strconv.FormatInt(int64(s.areas[j]), 10))
		i = j + 1
	}
	return out
}

func (s reach) predicate(column string) string {
	if s.all {
		return ""
	}
	if len(s.areas) == 0 {
		return " AND 1 = 0"
	}
	// Literals, because the number of placeholders is bounded and both engines take a list of numbers of this length in under 2 ms.
	return " AND " + column + " IN (" + numbers(s.areas) + ")"
}

// numbers writes IDs as an SQL list.
func numbers[T ~int64](ids []T) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(int64(id), 10))
	}
	return b.String()
}

// gatherMost is up to how many rows in the bound gathering beats walking; see reach.
const gatherMost = 16_000

// few says whether at most gatherMost rows of a table with an index on (outbreak, area) lie in the bound. It counts no further than that.
func (r *Reader) few(table string, outbreakID int64, s reach) (bool, error) {
	if s.all {
		return false, nil
	}
	var n int64
	err := r.row("SELECT COUNT(*) FROM (SELECT 1 FROM "+table+" WHERE outbreak = $1"+s.gathered("area")+" LIMIT $2) AS counted", outbreakID, gatherMost+1).Scan(&n)
	return n <= gatherMost, err
}

// Holds returns the bound as a test of one area; nil when the bound holds everything.
func (r *Reader) Holds(w Within) (func(place.AreaID) bool, error) {
	s, err := r.reach(w)
	if err != nil {
		return nil, err
	}
	if s.all {
		return nil, nil
	}
	return s.holds, nil
}
