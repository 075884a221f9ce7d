package situation

import (
	"cmp"
	"slices"

	"firebreak/internal/day"
)

// LayoutOptions are the settings of [Chains.Layout]. The zero value draws all chains of at least two cases.
type LayoutOptions struct {
	Singles bool // draw also cases without any link, each as a lane of its own, below the chains
	Chains  int  // draw only so many of the largest chains; 0 = all
	Step    int  // days from parent to child where an onset is unknown; default: median of the known ones, else 5
}

// Point is where a case is drawn: time runs along one axis, lanes along the other.
type Point struct {
	Case    int32   `json:"case"`
	Parent  int32   `json:"parent"`       // the case by which it hangs in the drawing; -1 for the first of a chain
	Chain   int32   `json:"chain"`        // 0 = largest: see Chains.Component
	Day     day.Day `json:"day,omitzero"` // zero if no onset of the chain is known: then draw by Depth
	Guessed bool    `json:"guessed,omitempty"`
	Depth   int     `json:"depth"` // steps from the first of the chain
	Lane    float64 `json:"lane"`  // chains take disjoint ranges of lanes, largest chain first
}

// Layout places the cases for drawing: chain by chain, each case midway between its first and last child, children ordered by
// day and then by place on the list; no two cases share day and lane. An unknown onset is guessed from the parent's or the
// children's. The same input gives the same drawing. onset is the one given to [ChainsOf].
func (c Chains) Layout(onset []day.Day, opts LayoutOptions) []Point {
	n := len(c.Component)
	limit := int32(len(c.Sizes))
	if opts.Chains > 0 {
		limit = min(limit, int32(opts.Chains))
	}
	drawn := func(i int32) bool {
		return c.Component[i] < limit || opts.Singles && c.Component[i] >= int32(len(c.Sizes))
	}
	l := layouter{chains: c, days: make([]day.Day, n), lane: make([]float64, n)}
	if onset != nil {
		copy(l.days, onset)
	}
	l.guessDays(opts.Step)
	l.sortChildren()

	// Roots chain by chain; a chain has several when a case has several infectors.
	var roots []int32
	for _, i := range c.order {
		if c.parent[i] < 0 && drawn(i) {
			roots = append(roots, i)
		}
	}
	slices.SortStableFunc(roots, func(x, y int32) int {
		return cmp.Or(cmp.Compare(c.Component[x], c.Component[y]), compareOnset(l.days, x, y), cmp.Compare(x, y))
	})
	points := make([]Point, 0, n)
	for at := 0; at < len(roots); {
		first := len(points)
		chain := c.Component[roots[at]]
		for ; at < len(roots) && c.Component[roots[at]] == chain; at++ {
			points = l.place(points, roots[at])
		}
		l.separate(points[first:])
	}
	for k := range points {
		p := &points[k]
		p.Lane = l.lane[p.Case]
		p.Guessed = !p.Day.IsZero() && (onset == nil || onset[p.Case].IsZero())
	}
	return points
}

// layouter is the state of one Layout.
type layouter struct {
	chains   Chains
	days     []day.Day
	children adjacency
	lane     []float64 // by case
	next     int       // the next free lane
}

// guessDays fills unknown days from children (going up) and then from parents (going down).
func (l *layouter) guessDays(step int) {
	c := l.chains
	if step <= 0 {
		step = 5
		d := DelayOf(func(yield func(from, to day.Day) bool) {
			for i, p := range c.parent {
				if p >= 0 && !yield(l.days[p], l.days[i]) {
					return
				}
			}
		})
		if d.Median != nil && *d.Median >= 1 {
			step = int(*d.Median)
		}
	}
	guessed := make([]bool, len(l.days))
	for _, i := range slices.Backward(c.order) {
		p := c.parent[i]
		if p < 0 || l.days[i].IsZero() {
			continue
		}
		if up := l.days[i].Add(-step); l.days[p].IsZero() || guessed[p] && up < l.days[p] {
			l.days[p], guessed[p] = up, true
		}
	}
	for _, i := range c.order {
		if p := c.parent[i]; p >= 0 && l.days[i].IsZero() {
			l.days[i] = l.days[p].Add(step)
		}
	}
}

func (l *layouter) sortChildren() {
	c := l.chains
	l.children = newAdjacency(len(c.parent), func(put func(from, to int32)) {
		for i, p := range c.parent {
			if p >= 0 {
				put(p, int32(i))
			}
		}
	})
	for i := range int32(len(c.parent)) {
		slices.SortStableFunc(l.children.of(i), func(x, y int32) int { return compareOnset(l.days, x, y) })
	}
}

// place appends the tree below root, parents before children, and gives out lanes: a case without children takes the next free
// one. It keeps its own stack, as a chain may be deeper than a goroutine's.
func (l *layouter) place(points []Point, root int32) []Point {
	type frame struct {
		i     int32
		depth int
		child int
	}
	stack := []frame{{i: root}}
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		kids := l.children.of(f.i)
		if f.child == 0 {
			points = append(points, Point{Case: f.i, Parent: l.chains.parent[f.i], Chain: l.chains.Component[f.i], Day: l.days[f.i], Depth: f.depth})
		}
		if f.child < len(kids) {
			f.child++
			stack = append(stack, frame{i: kids[f.child-1], depth: f.depth + 1})
			continue
		}
		if len(kids) == 0 {
			l.lane[f.i] = float64(l.next)
			l.next++
		} else {
			l.lane[f.i] = (l.lane[kids[0]] + l.lane[kids[len(kids)-1]]) / 2
		}
		stack = stack[:len(stack)-1]
	}
	return points
}

// separate moves a case that would cover another of its chain (a parent and a child with the same day) to a lane of its own.
func (l *layouter) separate(chain []Point) {
	type spot struct {
		day   day.Day
		depth int // tells undated cases apart, which are drawn by depth
		lane  float64
	}
	taken := make(map[spot]bool, len(chain))
	for k := range chain {
		p := &chain[k]
		s := spot{day: p.Day, lane: l.lane[p.Case]}
		if p.Day.IsZero() {
			s.depth = p.Depth
		}
		if taken[s] {
			l.lane[p.Case] = float64(l.next)
			s.lane = l.lane[p.Case]
			l.next++
		}
		taken[s] = true
	}
}
