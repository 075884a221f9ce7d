package situation

import (
	"fmt"
	"slices"

	"firebreak/internal/day"
)

// Link joins two cases, given as indices into the caller's list of cases. In a directed set From infected To.
type Link struct{ From, To int32 }

// ChainsInput is what [ChainsOf] works on.
type ChainsInput struct {
	Cases      int       // number of cases: indices are 0 .. Cases-1
	Onset      []day.Day // by case, zero = unknown; nil if no onset is known. Only order and drawing depend on it
	Links      []Link
	Directed   bool // true: From infected To; false: the two are linked, either way round
	Unresolved int  // links whose ends are not both on the list: passed through so that no link is lost from sight
}

// Chains are the transmission chains: the sets of cases joined by links, and who stands where in them.
type Chains struct {
	Sizes   []int // cases in each chain of at least two, largest first
	Singles int   // cases without any link

	// Component gives each case its chain: 0 is the largest (of equals, the one with the case that is earliest on the list);
	// chain k has Sizes[k] cases, and singles are numbered on from len(Sizes).
	Component []int32

	Links      int // distinct links that join two different cases of the list
	SelfLinks  int // links from a case to itself: ignored
	Duplicates int // repeated links: counted once
	Unresolved int // as passed in
	Invalid    int // links with an index that is no case: ignored, a fault of the caller

	// Directed links only (else nil and 0):
	Generation     []int32 // 0 = without infector: see ChainsOf
	Generations    []int   // number of cases by generation
	OutDegree      []int32 // how many cases each case infected
	InDegree       []int32 // how many infectors each case has
	Infectors      int     // cases that infected anyone
	WithInfector   int     // cases with at least one infector
	SeveralParents int     // cases with two infectors or more: a question for the investigators
	Loops          int     // sets of cases that infected each other in a circle: an error in the data
	InLoops        int     // cases in such sets

	// parent is the spanning forest by which Layout draws: -1 for roots.
	parent []int32
	// order visits every case after its parent, chain by chain.
	order []int32
}

// MaxCases is the largest list that ChainsOf takes: indices are 32 bits.
const MaxCases = 1 << 30

// ChainsOf finds the chains. It takes links in any order, in circles, doubled, or from a case to itself, and gives the
// same answer for any order of the links. Time and memory are linear in cases and links (sorting of short lists aside).
//
// A case's generation is one more than the highest among its infectors, so every infector stands in an earlier generation
// than all whom it infected; cases without infector are generation 0. Where cases infected each other in a circle this cannot hold: the
// circle is entered at the cases infected from outside it, else at its earliest onset (then the earliest on the list), and counted on from there
// by the shortest way.
func ChainsOf(in ChainsInput) (Chains, error) {
	if in.Cases < 0 || in.Cases > MaxCases {
		return Chains{}, fmt.Errorf("find chains: %d cases must be 0 to %d: %w", in.Cases, MaxCases, ErrArgument)
	}
	if in.Onset != nil && len(in.Onset) != in.Cases {
		return Chains{}, fmt.Errorf("find chains: %d onsets for %d cases: %w", len(in.Onset), in.Cases, ErrArgument)
	}
	c := Chains{Unresolved: in.Unresolved}
	out := c.buildOut(in)
	c.findComponents(in.Cases, out)
	if in.Directed {
		c.countDegrees(out)
		c.setGenerations(in.Onset, out)
		c.setParents(out)
	} else {
		c.spread(in, bothWays(out))
	}
	return c, nil
}

// adjacency lists the neighbours of case i in to[start[i]:start[i+1]], ascending.
type adjacency struct {
	start []int32
	to    []int32
}

func (a adjacency) of(i int32) []int32 { return a.to[a.start[i]:a.start[i+1]] }
func (a adjacency) cases() int         { return len(a.start) - 1 }

// newAdjacency lays out the pairs that each calls back with, twice and in the same order.
func newAdjacency(n int, each func(func(from, to int32))) adjacency {
	a := adjacency{start: make([]int32, n+1)}
	each(func(from, _ int32) { a.start[from+1]++ })
	for i := range n {
		a.start[i+1] += a.start[i]
	}
	a.to = make([]int32, a.start[n])
	next := slices.Clone(a.start[:n])
	each(func(from, to int32) {
		a.to[next[from]] = to
		next[from]++
	})
	return a
}

// buildOut lays out the valid links, each once, and counts the others.
func (c *Chains) buildOut(in ChainsInput) adjacency {
	n := int32(in.Cases)
	valid := make([]Link, 0, len(in.Links))
	for _, l := range in.Links {
		switch {
		case l.From < 0 || l.From >= n || l.To < 0 || l.To >= n:
			c.Invalid++
		case l.From == l.To:
			c.SelfLinks++
		case !in.Directed && l.From > l.To:
			valid = append(valid, Link{l.To, l.From}) // the same link the other way round
		default:
			valid = append(valid, l)
		}
	}
	a := newAdjacency(in.Cases, func(put func(from, to int32)) {
		for _, l := range valid {
			put(l.From, l.To)
		}
	})
	// Sort each list and squeeze repeats out in place.
	w := int32(0)
	for i := range n {
		list := a.of(i)
		slices.Sort(list)
		a.start[i] = w
		for k, to := range list {
			if k > 0 && to == list[k-1] {
				continue
			}
			a.to[w] = to
			w++
		}
	}
	a.start[n] = w
	a.to = a.to[:w]
	c.Links = int(w)
	c.Duplicates = len(valid) - c.Links
	return a
}

func bothWays(a adjacency) adjacency {
	both := newAdjacency(a.cases(), func(put func(from, to int32)) {
		for i := range int32(a.cases()) {
			for _, to := range a.of(i) {
				put(i, to)
				put(to, i)
			}
		}
	})
	for i := range int32(a.cases()) {
		slices.Sort(both.of(i))
	}
	return both
}

// findComponents joins the ends of all links by union-find (union by size, path halving).
func (c *Chains) findComponents(n int, a adjacency) {
	root := make([]int32, n)
	size := make([]int32, n)
	for i := range root {
		root[i], size[i] = int32(i), 1
	}
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for i := range int32(n) {
		for _, to := range a.of(i) {
			x, y := find(i), find(to)
			if x == y {
				continue
			}
			if size[x] < size[y] {
				x, y = y, x
			}
			root[y] = x
			size[x] += size[y]
		}
	}
	// Roots in the order of their earliest case, then stably by size, make the numbering independent of the order of links.
	seen := make([]bool, n)
	var roots []int32
	for i := range int32(n) {
		if r := find(i); !seen[r] {
			seen[r] = true
			roots = append(roots, r)
		}
	}
	slices.SortStableFunc(roots, func(x, y int32) int { return int(size[y]) - int(size[x]) })
	number := make([]int32, n)
	c.Sizes = []int{}
	for k, r := range roots {
		number[r] = int32(k)
		if size[r] > 1 {
			c.Sizes = append(c.Sizes, int(size[r]))
		} else {
			c.Singles++
		}
	}
	c.Component = make([]int32, n)
	for i := range int32(n) {
		c.Component[i] = number[find(i)]
	}
}

func (c *Chains) countDegrees(a adjacency) {
	n := a.cases()
	c.OutDegree, c.InDegree = make([]int32, n), make([]int32, n)
	for i := range int32(n) {
		c.OutDegree[i] = a.start[i+1] - a.start[i]
		if c.OutDegree[i] > 0 {
			c.Infectors++
		}
		for _, to := range a.of(i) {
			c.InDegree[to]++
		}
	}
	for _, d := range c.InDegree {
		if d > 0 {
			c.WithInfector++
		}
		if d > 1 {
			c.SeveralParents++
		}
	}
}

// spread goes breadth-first through undirected links, entering every chain at its earliest case, and fills parent and order.
func (c *Chains) spread(in ChainsInput, a adjacency) {
	n := in.Cases
	c.parent = make([]int32, n)
	c.order = make([]int32, 0, n)
	seen := make([]bool, n)
	entries := make([]int32, n)
	for i := range entries {
		entries[i] = int32(i)
	}
	slices.SortStableFunc(entries, func(x, y int32) int { return compareOnset(in.Onset, x, y) })
	for _, e := range entries {
		if seen[e] {
			continue
		}
		seen[e], c.parent[e] = true, -1
		done := len(c.order)
		c.order = append(c.order, e)
		for ; done < len(c.order); done++ {
			i := c.order[done]
			for _, to := range a.of(i) {
				if !seen[to] {
					seen[to], c.parent[to] = true, i
					c.order = append(c.order, to)
				}
			}
		}
	}
}

// setGenerations goes through the cases, infectors first, and fills Generation, Generations, Loops and InLoops.
func (c *Chains) setGenerations(onset []day.Day, a adjacency) {
	c.Generation = make([]int32, a.cases())
	for i := range c.Generation {
		c.Generation[i] = -1
	}
	sorted, ends := stronglyConnected(a)
	for k := len(ends) - 1; k >= 0; k-- { // the last set found has no infector outside itself
		first := int32(0)
		if k > 0 {
			first = ends[k-1]
		}
		set := sorted[first:ends[k]]
		if len(set) > 1 {
			c.Loops++
			c.InLoops += len(set)
			c.countRound(set, onset, a)
		} else if c.Generation[set[0]] < 0 {
			c.Generation[set[0]] = 0
		}
		// Cases of a circle already stand and must not push each other up.
		var inside map[int32]bool
		if len(set) > 1 {
			inside = make(map[int32]bool, len(set))
			for _, i := range set {
				inside[i] = true
			}
		}
		for _, i := range set {
			for _, to := range a.of(i) {
				if !inside[to] {
					c.Generation[to] = max(c.Generation[to], c.Generation[i]+1)
				}
			}
		}
	}
	c.Generations = []int{}
	for _, g := range c.Generation {
		for int(g) >= len(c.Generations) {
			c.Generations = append(c.Generations, 0)
		}
		c.Generations[g]++
	}
}

// countRound gives generations to the cases of a circle.
func (c *Chains) countRound(set []int32, onset []day.Day, a adjacency) {
	set = slices.Clone(set)
	slices.Sort(set)
	inside := make(map[int32]bool, len(set))
	var queue []int32
	for _, i := range set {
		inside[i] = true
		if c.Generation[i] >= 0 {
			queue = append(queue, i)
		}
	}
	if len(queue) == 0 {
		entry := slices.MinFunc(set, func(x, y int32) int { return compareOnset(onset, x, y) })
		c.Generation[entry] = 0
		queue = append(queue, entry)
	}
	slices.SortStableFunc(queue, func(x, y int32) int { return int(c.Generation[x]) - int(c.Generation[y]) })
	for done := 0; done < len(queue); done++ {
		i := queue[done]
		for _, to := range a.of(i) {
			if inside[to] && c.Generation[to] < 0 {
				c.Generation[to] = c.Generation[i] + 1
				queue = append(queue, to)
			}
		}
	}
}

// setParents hangs every case below the first on the list of its infectors one generation up, and sorts the cases by generation.
func (c *Chains) setParents(a adjacency) {
	n := a.cases()
	c.parent = make([]int32, n)
	for i := range c.parent {
		c.parent[i] = -1
	}
	for i := range int32(n) {
		for _, to := range a.of(i) {
			if c.parent[to] < 0 && c.Generation[to] == c.Generation[i]+1 {
				c.parent[to] = i
			}
		}
	}
	next := make([]int, len(c.Generations)+1)
	for g, cases := range c.Generations {
		next[g+1] = next[g] + cases
	}
	c.order = make([]int32, n)
	for i, g := range c.Generation {
		c.order[next[g]] = int32(i)
		next[g]++
	}
}

// compareOnset orders by onset, the unknown last, and keeps the list's order among equals.
func compareOnset(onset []day.Day, x, y int32) int {
	if onset == nil {
		return 0
	}
	dx, dy := onset[x], onset[y]
	switch {
	case dx == dy:
		return 0
	case dx.IsZero():
		return 1
	case dy.IsZero():
		return -1
	default:
		return int(dx) - int(dy)
	}
}

// stronglyConnected sorts the cases into sets that reach each other along the links (a single case, unless there is a circle) by
// Tarjan 1972, with a stack of its own: a chain of a million must not overflow. ends[k] is where set k ends in sorted; every set comes
// after all those that it leads to.
func stronglyConnected(a adjacency) (sorted, ends []int32) {
	n := a.cases()
	sorted = make([]int32, 0, n)
	index := make([]int32, n) // 0 = not visited
	low := make([]int32, n)
	onStack := make([]bool, n)
	var stack, path []int32
	next := slices.Clone(a.start[:n])
	counter := int32(0)
	enter := func(i int32) {
		counter++
		index[i], low[i] = counter, counter
		onStack[i] = true
		stack = append(stack, i)
		path = append(path, i)
	}
	for s := range int32(n) {
		if index[s] != 0 {
			continue
		}
		enter(s)
		for len(path) > 0 {
			i := path[len(path)-1]
			if next[i] < a.start[i+1] {
				to := a.to[next[i]]
				next[i]++
				if index[to] == 0 {
					enter(to)
				} else if onStack[to] {
					low[i] = min(low[i], index[to])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				up := path[len(path)-1]
				low[up] = min(low[up], low[i])
			}
			if low[i] != index[i] {
				continue
			}
			for {
				top := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				onStack[top] = false
				sorted = append(sorted, top)
				if top == i {
					break
				}
			}
			ends = append(ends, int32(len(sorted)))
		}
	}
	return sorted, ends
}
