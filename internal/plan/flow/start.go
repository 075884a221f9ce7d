package flow

// NewSimplexFrom is [NewSimplex] that begins with a guess of what passes through each arc, such as the answer to a slightly different
// question. The better the guess, the fewer pivots; the cost found is that of a start from nothing, the flow may be another one of that cost.
//
// The guess need not keep to the supplies, nor to the capacities, which it is cut to: what a node has too much or too little goes to the root
// at the price of what cannot be met.
func NewSimplexFrom(n *Network, supply, guess []int64) (*Simplex, error) {
	s, err := newSimplex(n, supply)
	if err != nil {
		return nil, err
	}
	excess := append([]int64(nil), supply...)
	tree := newForest(int(n.nodes))
	var all int64 // no arc needs more
	for _, b := range supply {
		all += max(b, 0)
	}
	var inTree, bound []int32 // bound: empty or full
	for a, at := range s.order {
		arc := &s.arc[at]
		f := min(max(guess[a], 0), s.cap[at], all)
		if arc.tail == arc.head {
			f = 0
		}
		excess[arc.tail] -= f
		excess[arc.head] += f
		s.flow[at] = f
		switch {
		case f == 0:
			bound = append(bound, at)
		case f == s.cap[at]:
			arc.state = -1
			bound = append(bound, at)
		case tree.join(arc.tail, arc.head):
			arc.state = 0
			inTree = append(inTree, at)
		default:
			// It closes a circle of arcs that are neither empty nor full, which a tree cannot hold: a full one and an empty one beside it.
			arc.state = -1
			rest := s.cap[at] - f
			s.cap[at] = f
			s.extras[at] = append(s.extras[at], s.add(pricedArc{arc.tail, arc.head, arc.cost, 1}, rest, 0))
		}
	}
	// The parts that this leaves hang together by arcs that are empty or full, where there are such.
	for _, at := range bound {
		if arc := &s.arc[at]; tree.join(arc.tail, arc.head) {
			arc.state = 0
			inTree = append(inTree, at)
		}
	}
	s.hang(inTree, tree, excess)
	return s, nil
}

// hang makes the tree of the given arcs. Of each part the node with most to settle is tied to the root; what others have to settle is forced.
func (s *Simplex) hang(inTree []int32, parts *forest, excess []int64) {
	root := s.nodes
	first := make([]int32, s.nodes+1)
	for _, at := range inTree {
		first[s.arc[at].tail]++
		first[s.arc[at].head]++
	}
	sum := int32(0)
	for v := range s.nodes + 1 {
		first[v], sum = sum, sum+first[v]
	}
	touch := make([]int32, sum)
	at := append([]int32(nil), first...)
	for _, a := range inTree {
		for _, v := range [2]int32{s.arc[a].tail, s.arc[a].head} {
			touch[at[v]] = a
			at[v]++
		}
	}
	top := make([]int32, s.nodes)
	for v := range top {
		top[v] = -1
	}
	abs := func(v int32) int64 { return max(excess[v], -excess[v]) }
	for v := range s.nodes {
		if p := parts.of(v); top[p] < 0 || abs(v) > abs(top[p]) {
			top[p] = v
		}
	}
	s.node[root] = treeNode{parent: -1, pred: -1}
	order := make([]int32, 0, s.nodes+1)
	order = append(order, root)
	stack := make([]int32, 0, s.nodes)
	for v := range s.nodes {
		// The node's own arc to the root leads as its supply asks; what is too much the other way is forced.
		a, e := int32(s.real)+v, excess[v]
		s.cap[a] = Inf
		t := treeNode{parent: root, pred: a * 2, up: Inf}
		switch {
		case s.supply[v] > 0:
			s.arc[a] = pricedArc{v, root, s.big, 1}
		case s.supply[v] == 0: // nothing may end on its way where it might as well not have left
			s.arc[a] = pricedArc{v, root, s.big + 1, 1}
		default:
			s.arc[a] = pricedArc{root, v, s.big, 1}
			t.pred, t.up, t.down = a*2+1, 0, Inf
		}
		isTop := top[parts.of(v)] == v
		switch {
		case isTop && e > 0 && s.supply[v] >= 0:
			t.down = e
		case isTop && e < 0 && s.supply[v] < 0:
			t.up = -e
		case e > 0:
			s.force(v, root, e)
		case e < 0:
			s.force(root, v, -e)
		}
		if !isTop {
			continue
		}
		s.arc[a].state = 0
		s.node[v] = t
		for stack = append(stack, v); len(stack) > 0; {
			u := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			order = append(order, u)
			for _, x := range touch[first[u]:at[u]] {
				if x == s.node[u].pred>>1 {
					continue
				}
				if c := s.arc[x].head; c != u {
					s.node[c] = treeNode{parent: u, pred: x*2 + 1, up: s.flow[x], down: s.cap[x] - s.flow[x]}
					stack = append(stack, c)
				} else {
					c := s.arc[x].tail
					s.node[c] = treeNode{parent: u, pred: x * 2, up: s.cap[x] - s.flow[x], down: s.flow[x]}
					stack = append(stack, c)
				}
			}
		}
	}
	for i, v := range order {
		t := &s.node[v]
		t.size, t.last = 1, v
		s.next[v] = order[(i+1)%len(order)]
		s.prev[v] = order[(i+len(order)-1)%len(order)]
	}
	for i := len(order) - 1; i > 0; i-- { // last in preorder first: a node's children before it
		t := &s.node[order[i]]
		p := &s.node[t.parent]
		if p.size == 1 { // its last child
			p.last = t.last
		}
		p.size += t.size
	}
	s.changed = true
}

// forest says which nodes hang together.
type forest struct{ up []int32 }

func newForest(nodes int) *forest {
	f := &forest{up: make([]int32, nodes)}
	for v := range f.up {
		f.up[v] = int32(v)
	}
	return f
}

// of returns a node that stands for all that hang together with v.
func (f *forest) of(v int32) int32 {
	for f.up[v] != v {
		f.up[v] = f.up[f.up[v]]
		v = f.up[v]
	}
	return v
}

// join ties two nodes together, and says whether they were apart.
func (f *forest) join(u, v int32) bool {
	u, v = f.of(u), f.of(v)
	f.up[u] = v
	return u != v
}
