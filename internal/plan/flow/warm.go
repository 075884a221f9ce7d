package flow

import "fmt"

// SetCost changes what an arc costs per unit. A cost that is too large for so many nodes changes nothing, and is the next Solve's error.
func (s *Simplex) SetCost(arc int, cost int64) {
	at := s.order[arc]
	if abs := max(cost, -cost); abs > s.dear {
		if abs > maxCost(s.nodes) {
			s.err = fmt.Errorf("a cost of %d is too large for %d nodes", cost, s.nodes)
			return
		}
		s.dear = min(2*abs, maxCost(s.nodes))
		s.big = (s.dear + 1) * (int64(s.nodes) + 1)
		for a := s.real; a < s.real+int(s.nodes); a++ {
			s.arc[a].cost = s.big
		}
		for x := range s.forced {
			s.arc[x].cost = s.tooDear(s.arc[x].tail, s.arc[x].head)
		}
	}
	s.arc[at].cost = cost
	for _, x := range s.extras[at] {
		if !s.forced[x] {
			s.arc[x].cost = cost
		}
	}
	s.changed = true
}

// AddSupply changes what a node has to send (above 0) or to get (below). All changes before the next Solve must add up to nothing.
func (s *Simplex) AddSupply(v int, more int64) {
	s.supply[v] += more
	s.balance += more
	switch node := int32(v); {
	case more > 0:
		s.force(node, s.nodes, more)
	case more < 0:
		s.force(s.nodes, node, -more)
	}
}

// SetCap changes how much fits through an arc. What no longer fits is sent another way by the next Solve.
func (s *Simplex) SetCap(arc int, capacity int64) {
	at := s.order[arc]
	capacity = min(capacity, Inf)
	all := []int32{at}
	for _, x := range s.extras[at] {
		if !s.forced[x] {
			all = append(all, x)
		}
	}
	var now int64
	for _, a := range all {
		now += s.cap[a]
	}
	if more := capacity - now; more > 0 {
		s.widen(at, all, more)
		return
	}
	less := now - capacity
	for _, a := range all { // first what is free
		x := min(less, s.cap[a]-s.at(a))
		s.narrow(a, x, 0)
		less -= x
	}
	for _, a := range all {
		x := min(less, s.at(a))
		if x == 0 {
			continue
		}
		s.narrow(a, x, x)
		less -= x
		s.extras[at] = append(s.extras[at], s.force(s.arc[a].tail, s.arc[a].head, x))
	}
}

// widen gives an arc more room. A full arc outside the tree has to stay full, so it gets another one beside it.
func (s *Simplex) widen(at int32, all []int32, more int64) {
	for _, a := range all {
		if s.arc[a].state < 0 && s.cap[a] > 0 {
			continue
		}
		s.cap[a] += more
		if s.arc[a].state == 0 {
			if v, down := s.treeNodeOf(a); down {
				s.node[v].down += more
			} else {
				s.node[v].up += more
			}
		} else {
			s.arc[a].state = 1
		}
		return
	}
	s.extras[at] = append(s.extras[at], s.add(pricedArc{s.arc[at].tail, s.arc[at].head, s.arc[at].cost, 1}, more, 0))
}

// narrow takes room from an arc, and flow.
func (s *Simplex) narrow(a int32, room, flow int64) {
	s.cap[a] -= room
	if s.arc[a].state != 0 {
		s.flow[a] -= flow
		return
	}
	v, down := s.treeNodeOf(a)
	ahead, back := &s.node[v].up, &s.node[v].down
	if down {
		ahead, back = back, ahead
	}
	*ahead -= room - flow
	*back -= flow
}

// treeNodeOf returns the node that an arc of the tree ties to its parent, and whether it leads down to it.
func (s *Simplex) treeNodeOf(a int32) (v int32, down bool) {
	v = s.arc[a].tail
	if t := &s.node[v]; t.pred < 0 || t.pred>>1 != a {
		v = s.arc[a].head
	}
	return v, s.node[v].pred&1 == 1
}

// force adds a full arc that is not worth its price, nor as good as leaving a supply where it is and a demand unmet.
func (s *Simplex) force(tail, head int32, amount int64) int32 {
	x := s.add(pricedArc{tail, head, s.tooDear(tail, head), -1}, amount, amount)
	s.forced[x] = true
	return x
}

// tooDear is the price of a forced arc: above that of the way from its tail to the root and from there to its head, as far as they are there.
func (s *Simplex) tooDear(tail, head int32) int64 {
	if tail == s.nodes || head == s.nodes {
		return s.big + 1
	}
	return 2*s.big + 2
}

func (s *Simplex) add(a pricedArc, capacity, flow int64) int32 {
	s.arc = append(s.arc, a)
	s.cap = append(s.cap, capacity)
	s.flow = append(s.flow, flow)
	return int32(len(s.arc) - 1)
}

// reprice makes the price of every node fit the tree again.
func (s *Simplex) reprice() {
	s.changed = false
	s.pi[s.nodes] = 0
	for v := s.next[s.nodes]; v != s.nodes; v = s.next[v] {
		t := &s.node[v]
		c := s.arc[t.pred>>1].cost
		if t.pred&1 == 0 {
			c = -c
		}
		s.pi[v] = s.pi[t.parent] + c
	}
}

// restart forgets the tree and all arcs that changes have added, and begins anew with the capacities as they are.
func (s *Simplex) restart() {
	for at, list := range s.extras {
		for _, x := range list {
			if !s.forced[x] {
				s.cap[at] += s.cap[x]
			}
		}
	}
	clear(s.extras)
	clear(s.forced)
	n := s.real + int(s.nodes)
	s.arc, s.cap, s.flow, s.from = s.arc[:n], s.cap[:n], s.flow[:n], 0
	for a := range s.arc[:s.real] {
		s.arc[a].state, s.flow[a] = 1, 0
	}
	s.plant()
}
