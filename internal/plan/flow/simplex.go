package flow

import (
	"errors"
	"fmt"
	"math"
)

// Simplex finds the cheapest flow that meets every node's supply, by the primal network simplex method.
//
// A spanning tree of arcs is kept in preorder (parent, next, previous, size of the subtree, its last node), with what still fits up and
// down each tree arc stored in the node, so that a pivot touches little memory. All other arcs are empty or full. The entering arc is the
// best of a block; the leaving one keeps the tree strongly feasible, so that a cold solve ends.
//
// Every node is tied to a root by an arc of a cost that is never worth paying. What still flows there at the end cannot be met: [Simplex.Unmet].
// The same device makes a warm start: [Simplex.SetCap], [Simplex.SetCost] and [Simplex.AddSupply] leave a feasible tree in which what has lost its way
// goes at that price, and the next [Simplex.Solve] goes on pivoting from there.
type Simplex struct {
	nodes int32 // without the root, which is the last
	real  int   // arcs of the network; those after it were added by this solver
	arc   []pricedArc
	flow  []int64 // of arcs outside the tree; in the tree the node has it
	cap   []int64
	node  []treeNode
	next  []int32 // of nodes in preorder, apart from the rest because changes of prices run along it, from both ends at once
	prev  []int32
	pi    []int64
	big   int64
	dear  int64 // the largest cost that big is enough for

	order  []int32           // arc of the network -> where it stands in arc
	extras map[int32][]int32 // arc -> arcs beside it, made by SetCap
	forced map[int32]bool    // those of them that carry what does not fit any more, at the cost of big

	supply  []int64
	balance int64 // what the supplies add up to
	changed bool  // prices of the tree's nodes are out of date
	err     error // of a change that cannot be made, for Solve to return

	from   int // where the next search for an entering arc begins
	block  int
	stem   []int32
	pivots int
}

// pricedArc is what the search for an entering arc reads.
type pricedArc struct {
	tail, head int32
	cost       int64
	state      int64 // 1 empty, -1 full, 0 in the tree
}

// treeNode is a node with the arc that ties it to its parent.
type treeNode struct {
	parent, size, last int32
	pred               int32 // that arc, times two, plus one if it leads from the parent to the node
	up, down           int64 // what still fits towards the parent, and from it
}

// ErrUnbalanced is returned when the supplies of a network do not add up to nothing.
var ErrUnbalanced = errors.New("supplies and demands do not add up to nothing")

// ErrUnbounded is returned when a cycle without a limit has a negative cost.
var ErrUnbounded = errors.New("a cycle of negative cost has no limit")

// NewSimplex prepares the cheapest flow that leaves supply[v] more than it enters every node v. Later changes to the network are not seen.
func NewSimplex(n *Network, supply []int64) (*Simplex, error) {
	s, err := newSimplex(n, supply)
	if err != nil {
		return nil, err
	}
	s.plant()
	return s, nil
}

// newSimplex is a solver without a tree.
func newSimplex(n *Network, supply []int64) (*Simplex, error) {
	if len(supply) != int(n.nodes) {
		return nil, fmt.Errorf("%d supplies for %d nodes", len(supply), n.nodes)
	}
	var sum, dearest int64
	for _, b := range supply {
		sum += b
	}
	if sum != 0 {
		return nil, fmt.Errorf("%w: %d too much", ErrUnbalanced, sum)
	}
	for _, c := range n.cost {
		dearest = max(dearest, c, -c)
	}
	if dearest > maxCost(n.nodes) {
		return nil, fmt.Errorf("a cost of %d is too large for %d nodes", dearest, n.nodes)
	}
	m := len(n.tail)
	s := &Simplex{
		nodes: n.nodes, real: m, big: (dearest + 1) * (int64(n.nodes) + 1), dear: dearest,
		arc: make([]pricedArc, m+int(n.nodes)), flow: make([]int64, m+int(n.nodes)), cap: make([]int64, m+int(n.nodes)),
		node: make([]treeNode, n.nodes+1), next: make([]int32, n.nodes+1), prev: make([]int32, n.nodes+1), pi: make([]int64, n.nodes+1), order: make([]int32, m),
		extras: map[int32][]int32{}, forced: map[int32]bool{}, supply: append([]int64(nil), supply...),
	}
	// Arcs of one node stand side by side in a network; a block is worth more when it has some of many.
	stride := max(1, int(math.Sqrt(float64(m))))
	at := int32(0)
	for start := range stride {
		for a := start; a < m; a += stride {
			s.arc[at] = pricedArc{n.tail[a], n.head[a], n.cost[a], 1}
			s.cap[at] = n.cap[a]
			s.order[a] = at
			at++
		}
	}
	return s, nil
}

// maxCost is the largest cost for which prices cannot overflow.
func maxCost(nodes int32) int64 { return math.MaxInt64 / 16 / (int64(nodes) + 2) / (int64(nodes) + 2) }

// plant ties every node to the root.
func (s *Simplex) plant() {
	root := s.nodes
	s.node[root] = treeNode{parent: -1, size: root + 1, last: root - 1, pred: -1}
	if root == 0 {
		s.node[0].last = 0
	}
	s.next[root], s.prev[root] = 0, max(0, root-1)
	for v := range s.nodes {
		s.next[v] = v + 1
		a := s.real + int(v)
		t := treeNode{parent: root, size: 1, last: v, pred: int32(a) * 2, up: Inf}
		s.prev[v] = v - 1
		if v == 0 {
			s.prev[v] = root
		}
		s.arc[a], s.cap[a] = pricedArc{v, root, s.big, 0}, Inf
		if b := s.supply[v]; b >= 0 {
			t.down = b
			s.pi[v] = -s.big
		} else {
			s.arc[a].tail, s.arc[a].head = root, v
			t.pred, t.up, t.down = t.pred+1, -b, Inf
			s.pi[v] = s.big
		}
		s.node[v] = t
	}
}

// Pivots returns how many pivots were made so far.
func (s *Simplex) Pivots() int { return s.pivots }

// Flow returns what passes through an arc of the network.
func (s *Simplex) Flow(arc int) int64 {
	at := s.order[arc]
	sum := s.at(at)
	for _, x := range s.extras[at] {
		if !s.forced[x] {
			sum += s.at(x)
		}
	}
	return sum
}

// at returns what passes through an arc, in the tree or not.
func (s *Simplex) at(a int32) int64 {
	if s.arc[a].state != 0 {
		return s.flow[a]
	}
	for _, v := range [2]int32{s.arc[a].tail, s.arc[a].head} {
		if t := &s.node[v]; t.pred >= 0 && t.pred>>1 == a {
			if t.pred&1 == 0 {
				return t.down
			}
			return t.up
		}
	}
	// State 0 is given only where an arc is made some node's pred (plant, hang, regraft) and taken only where that node gets another one (pivot).
	panic("flow: an arc in the tree that ties no node")
}

// Cost returns what the flow costs, without what cannot be met.
func (s *Simplex) Cost() int64 {
	var sum int64
	for a := range s.arc {
		if a >= s.real && (a < s.real+int(s.nodes) || s.forced[int32(a)]) {
			continue
		}
		if f := s.at(int32(a)); f != 0 {
			sum += f * s.arc[a].cost
		}
	}
	return sum
}

// Unmet returns how much of the supplies finds no way.
func (s *Simplex) Unmet() int64 {
	var sum int64
	for v := range s.nodes {
		if a := s.real + int(v); s.arc[a].head == s.nodes {
			sum += s.at(int32(a))
		}
	}
	for x := range s.forced {
		if s.arc[x].head == s.nodes || s.arc[x].tail != s.nodes {
			sum += s.at(x)
		}
	}
	return sum
}

// UnmetAt returns how much of a node's supply finds no way; negative, how much of its demand.
func (s *Simplex) UnmetAt(v int) int64 {
	a := int32(s.real + v)
	f := s.at(a)
	if s.arc[a].head != s.nodes {
		f = -f
	}
	for x := range s.forced {
		switch {
		case s.arc[x].head == s.nodes && s.arc[x].tail == int32(v):
			f += s.at(x)
		case s.arc[x].tail == s.nodes && s.arc[x].head == int32(v):
			f -= s.at(x)
		}
	}
	return f
}

// Price returns what a unit more at a node would be worth, after Solve: an arc is worth using where its cost is at most what the price rises along it.
func (s *Simplex) Price(v int) int64 { return s.pi[v] }

// Solve pivots until no arc makes the flow cheaper. It may be called again after changes.
func (s *Simplex) Solve() error {
	if s.err != nil {
		return s.err
	}
	if s.balance != 0 {
		return fmt.Errorf("%w: %d too much", ErrUnbalanced, s.balance)
	}
	if s.changed {
		s.reprice()
	}
	s.block = max(20, int(math.Sqrt(float64(len(s.arc)))))
	still, patience := 0, 20*int(s.nodes)+10_000
	for {
		in := s.entering()
		if in < 0 {
			return nil
		}
		moved, err := s.pivot(in)
		if err != nil {
			return err
		}
		s.pivots++
		still++
		if moved {
			still = 0
		}
		if still > patience {
			// A changed tree need not be strongly feasible, so that pivots might go round in circles. A new one cannot.
			s.restart()
			still, patience = 0, math.MaxInt
		}
	}
}

// entering returns the arc of a block that saves most, or -1 where none of all saves anything.
func (s *Simplex) entering() int32 {
	var best int64
	in, left := int32(-1), s.block
	pi := s.pi
	for pass := range 2 {
		arcs, base := s.arc[s.from:], s.from
		if pass == 1 {
			arcs, base = s.arc[:s.from], 0
		}
		for len(arcs) > 0 {
			n := min(left, len(arcs))
			for i := range arcs[:n] {
				a := &arcs[i]
				if c := a.state * (a.cost + pi[a.tail] - pi[a.head]); c < best {
					best, in = c, int32(base+i)
				}
			}
			arcs, base, left = arcs[n:], base+n, left-n
			if left == 0 {
				if in >= 0 {
					s.from = base
					return in
				}
				left = s.block
			}
		}
	}
	// Fewer than a block were left at the end of the second pass.
	return in
}

// pivot brings an arc into the tree, and says whether any flow moved.
func (s *Simplex) pivot(in int32) (moved bool, err error) {
	node := s.node
	arc := &s.arc[in]
	// Flow goes round the cycle a -> b, up from b to where both meet, and down to a.
	a, b := arc.tail, arc.head
	if arc.state < 0 {
		a, b = b, a
	}
	// Who blocks? Of several the last on the way round, seen from where both meet.
	delta := s.cap[in]
	out, side := int32(-1), 0
	u, v := a, b
	for u != v {
		if node[u].size < node[v].size {
			if t := &node[u]; t.down < delta {
				delta, out, side = t.down, u, 1
			}
			u = node[u].parent
		} else {
			v = node[v].parent
		}
	}
	join := u
	for v = b; v != join; v = node[v].parent {
		if t := &node[v]; t.up <= delta {
			delta, out, side = t.up, v, 2
		}
	}
	if delta >= Inf/2 {
		return false, ErrUnbounded
	}
	if delta > 0 {
		for u = a; u != join; u = node[u].parent {
			node[u].down -= delta
			node[u].up += delta
		}
		for v = b; v != join; v = node[v].parent {
			node[v].up -= delta
			node[v].down += delta
		}
	}
	if out < 0 { // from empty to full or back: the tree stays
		s.flow[in] += arc.state * delta
		arc.state = -arc.state
		return delta > 0, nil
	}

	// The leaving arc is left at a bound.
	t := &node[out]
	gone := t.pred >> 1
	carried := t.down
	if t.pred&1 == 1 {
		carried = t.up
	}
	s.flow[gone] = carried
	s.arc[gone].state = 1
	if carried > 0 {
		s.arc[gone].state = -1
	}

	// The subtree below the leaving arc hangs from the entering one: inside is its end within the subtree.
	inside, outside := a, b
	if side == 2 {
		inside, outside = b, a
	}
	price := arc.cost + s.pi[arc.tail] - s.pi[arc.head]
	if inside == arc.tail {
		price = -price
	}
	carried = s.flow[in] + arc.state*delta
	pred, up, down := in*2, s.cap[in]-carried, carried // as seen from the arc's tail
	if inside == arc.head {
		pred, up, down = pred+1, carried, s.cap[in]-carried
	}
	arc.state = 0
	s.regraft(out, inside, outside, join, pred, up, down)

	// Prices change on one side of the arc only; the smaller side is moved.
	if size := node[inside].size; size <= s.nodes/2 {
		s.shift(inside, node[inside].last, size, price)
	} else {
		s.shift(s.next[node[inside].last], s.prev[inside], s.nodes+1-size, -price)
	}
	return delta > 0, nil
}

// shift changes the prices of a run of nodes in preorder, given its ends and its length. Where the next node is waits for the one before it to be
// read, which takes longer than the change itself: two such chains, one from each end, take half as long.
func (s *Simplex) shift(first, last, length int32, by int64) {
	pi, next, prev := s.pi, s.next, s.prev
	for ; length > 1; length -= 2 {
		pi[first] += by
		pi[last] += by
		first, last = next[first], prev[last]
	}
	if length == 1 {
		pi[first] += by
	}
}

// regraft cuts the subtree of out from its parent, turns it so that inside is its top, and hangs that from outside. Sizes above join do not
// change. pred, up and down are inside's new arc.
func (s *Simplex) regraft(out, inside, outside, join, pred int32, up, down int64) {
	node, next, prev := s.node, s.next, s.prev
	size, oldLast, before := node[out].size, node[out].last, prev[out]

	// Cut.
	after := next[oldLast]
	next[before], prev[after] = after, before
	w := node[out].parent
	for ; w != join; w = node[w].parent {
		node[w].size -= size
		if node[w].last == oldLast {
			node[w].last = before
		}
	}
	for ; w >= 0 && node[w].last == oldLast; w = node[w].parent {
		node[w].last = before
	}

	// Turn: the way from inside up to out is reversed; what hangs beside it follows each of its nodes.
	tail := node[inside].last
	if inside != out {
		stem := s.stem[:0]
		for v := inside; ; v = node[v].parent {
			stem = append(stem, v)
			if v == out {
				break
			}
		}
		s.stem = stem
		// Preorder: what was inside's subtree, then for each next node of the stem its subtree without what came before.
		prevLast := node[inside].last // last of the subtree that is already placed, in the old order
		prevNext := next[prevLast]    // what followed it
		prevPrev := prev[inside]      // what came before it
		for k := 1; k < len(stem); k++ {
			x := stem[k]
			xLast, xPrev := node[x].last, prev[x]
			xNext := next[xLast]
			if xLast == prevLast {
				xNext = prevNext // the old one: this end has been tied to x by now, or is about to be
			}
			// x ... prevPrev is the first piece of x's old subtree; prevNext ... xLast the second, if prevLast was not its end.
			next[tail], prev[x] = x, tail
			tail = prevPrev
			if xLast != prevLast {
				next[prevPrev], prev[prevNext] = prevNext, prevPrev
				tail = xLast
			}
			prevLast, prevNext, prevPrev = xLast, xNext, xPrev
		}
		below := int32(0)
		var c treeNode
		for k, x := range stem {
			t := &node[x]
			old := *t
			t.size = size - below
			t.last = tail
			if k > 0 {
				t.parent = stem[k-1]
				t.pred, t.up, t.down = c.pred^1, c.down, c.up
			}
			below, c = old.size, old
		}
	}

	// Hang.
	t := &node[inside]
	t.parent, t.pred, t.up, t.down = outside, pred, up, down
	follower := next[outside]
	next[outside], prev[inside] = inside, outside
	next[tail], prev[follower] = follower, tail
	leaf := node[outside].last == outside
	for w = outside; w != join; w = node[w].parent {
		node[w].size += size
		if leaf && node[w].last == outside {
			node[w].last = tail
		}
	}
	if leaf {
		for ; w >= 0 && node[w].last == outside; w = node[w].parent {
			node[w].last = tail
		}
	}
}
