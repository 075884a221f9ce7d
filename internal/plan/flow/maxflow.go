package flow

import "math"

// MaxFlow finds how much can pass from a source to a sink, along shortest paths: distances to the sink are measured once and then raised only at
// nodes where a search gets stuck, until a distance is left that no node has. It keeps its flow, so after [MaxFlow.Raise] the next [MaxFlow.Run] only
// looks for what the change allows.
type MaxFlow struct {
	source, sink int32
	first        []int32 // node -> its first entry in to, residual, twin
	to           []int32
	twin         []int32
	residual     []int64
	entry        []int32 // arc -> its forward entry
	level        []int32 // distance to the sink, or less; the number of nodes where it cannot be reached
	at           []int32 // how many nodes have a level
	next         []int32 // where a node's search goes on
	queue        []int32
	path         []int32 // entries of the path being followed
	value        int64
}

// NewMaxFlow prepares a network for max-flows from source to sink. Later changes to the network are not seen.
func NewMaxFlow(n *Network, source, sink int) *MaxFlow {
	m := &MaxFlow{
		source: int32(source), sink: int32(sink),
		first: make([]int32, n.nodes+1), to: make([]int32, 2*len(n.tail)), twin: make([]int32, 2*len(n.tail)), residual: make([]int64, 2*len(n.tail)),
		entry: make([]int32, len(n.tail)), level: make([]int32, n.nodes), at: make([]int32, n.nodes+1), next: make([]int32, n.nodes), queue: make([]int32, 0, n.nodes),
	}
	for a := range n.tail {
		m.first[n.tail[a]+1]++
		m.first[n.head[a]+1]++
	}
	for v := range n.nodes {
		m.first[v+1] += m.first[v]
	}
	at := append([]int32(nil), m.first[:n.nodes]...)
	for a := range n.tail {
		u, v := n.tail[a], n.head[a]
		i := at[u]
		at[u]++
		j := at[v]
		at[v]++
		m.to[i], m.to[j], m.twin[i], m.twin[j], m.residual[i], m.entry[a] = v, u, j, i, n.cap[a], i
	}
	return m
}

// Raise gives an arc more capacity, keeping the flow; more is at least 0. To take some away is a mistake of the caller's code, never of its input: the
// planners raise an arc from nothing to its capacity, or by a difference that they have found to be above 0.
func (m *MaxFlow) Raise(arc int, more int64) {
	if more < 0 {
		panic("flow: Raise takes capacity away")
	}
	i := m.entry[arc]
	m.residual[i] = min(m.residual[i]+more, Inf)
}

// Start begins with a guess of what passes through each arc, such as the answer to a slightly different question, in place of nothing. It is cut
// to the capacities, and to what can come from the source and go on to the sink; what goes in circles is not used. Call it before anything else.
func (m *MaxFlow) Start(guess []int64) {
	n := len(m.level)
	have := make([]int64, len(m.residual)) // of forward entries
	waits := make([]int32, n)              // arcs into a node from nodes that have not come
	for a, i := range m.entry {
		if f := min(guess[a], m.residual[i]); f > 0 && m.to[i] != m.source {
			have[i] = f
			waits[m.to[i]]++
		}
	}
	order := make([]int32, 0, n) // nodes in the order of the flow, without those on a circle and after it
	for v := range int32(n) {
		if waits[v] == 0 {
			order = append(order, v)
		}
	}
	for at := 0; at < len(order); at++ {
		v := order[at]
		for i := m.first[v]; i < m.first[v+1]; i++ {
			if have[i] == 0 {
				continue
			}
			if waits[m.to[i]]--; waits[m.to[i]] == 0 {
				order = append(order, m.to[i])
			}
		}
	}
	// First no node sends more than it gets, then none gets more than it sends.
	got, sends := make([]int64, n), make([]int64, n)
	got[m.source] = math.MaxInt64
	for _, v := range order {
		if v == m.sink {
			got[v] = 0
		}
		for i := m.first[v]; i < m.first[v+1]; i++ {
			to := m.to[i]
			if have[i] = min(have[i], got[v]-sends[v]); waits[to] > 0 {
				have[i] = 0
			}
			sends[v] += have[i]
			got[to] += have[i]
		}
	}
	for k := len(order) - 1; k >= 0; k-- {
		v := order[k]
		if v == m.source || v == m.sink {
			continue
		}
		for i := m.first[v]; i < m.first[v+1] && got[v] > sends[v]; i++ {
			x := m.twin[i]
			less := min(have[x], got[v]-sends[v])
			have[x] -= less
			got[v] -= less
			sends[m.to[i]] -= less
		}
	}
	for _, v := range order {
		for i := m.first[v]; i < m.first[v+1]; i++ {
			m.residual[i] -= have[i]
			m.residual[m.twin[i]] += have[i]
			if m.to[i] == m.sink {
				m.value += have[i]
			}
		}
	}
}

// Flow returns what passes through an arc.
func (m *MaxFlow) Flow(arc int) int64 { return m.residual[m.twin[m.entry[arc]]] }

// Full says whether nothing more fits through an arc.
func (m *MaxFlow) Full(arc int) bool { return m.residual[m.entry[arc]] == 0 }

// Value returns what passes from source to sink.
func (m *MaxFlow) Value() int64 { return m.value }

// Run adds flow until no more can pass, and returns the whole.
func (m *MaxFlow) Run() int64 {
	m.measure()
	copy(m.next, m.first)
	n := int32(len(m.level))
	path := m.path[:0]
	v, raised := m.source, int32(0)
	for m.level[m.source] < n {
		if v == m.sink {
			least := Inf
			for _, i := range path {
				least = min(least, m.residual[i])
			}
			back := -1
			for k, i := range path {
				m.residual[i] -= least
				m.residual[m.twin[i]] += least
				if m.residual[i] == 0 && back < 0 {
					back = k
				}
			}
			m.value += least
			v = m.to[m.twin[path[back]]]
			path = path[:back]
			continue
		}
		i, end, want := m.next[v], m.first[v+1], m.level[v]-1
		for i < end && (m.residual[i] == 0 || m.level[m.to[i]] != want) {
			i++
		}
		m.next[v] = i
		if i < end {
			path = append(path, i)
			v = m.to[i]
			continue
		}
		// Stuck: the node is farther away than its level says.
		nearest := n - 1
		for i := m.first[v]; i < end; i++ {
			if m.residual[i] > 0 {
				nearest = min(nearest, m.level[m.to[i]])
			}
		}
		if raised++; raised > n {
			// Measuring all is cheaper by now, and the only way to see soon that the source is cut off.
			m.measure()
			copy(m.next, m.first)
			v, raised, path = m.source, 0, path[:0]
			continue
		}
		if m.at[m.level[v]]--; m.at[m.level[v]] == 0 {
			break // nothing beyond this level reaches the sink
		}
		m.level[v] = nearest + 1
		m.at[nearest+1]++
		m.next[v] = m.first[v]
		if len(path) > 0 {
			v = m.to[m.twin[path[len(path)-1]]]
			path = path[:len(path)-1]
		}
	}
	m.path = path
	return m.value
}

// measure finds every node's distance to the sink.
func (m *MaxFlow) measure() {
	n := int32(len(m.level))
	for i := range m.level {
		m.level[i] = n
	}
	clear(m.at)
	m.level[m.sink] = 0
	q := append(m.queue[:0], m.sink)
	for at := 0; at < len(q); at++ {
		v := q[at]
		d := m.level[v] + 1
		m.at[d-1]++
		for i := m.first[v]; i < m.first[v+1]; i++ {
			u := m.to[i]
			if m.level[u] == n && m.residual[m.twin[i]] > 0 {
				m.level[u] = d
				q = append(q, u)
			}
		}
	}
	m.at[n] = n - int32(len(q))
	m.queue = q
}

// SourceSide returns, for each node, whether the source still reaches it: after [MaxFlow.Run] the full arcs that leave this set are a cut
// of minimum capacity, which proves that no more can pass. Of all such cuts it is the one nearest to the source.
func (m *MaxFlow) SourceSide() []bool {
	side := make([]bool, len(m.level))
	side[m.source] = true
	q := append(m.queue[:0], m.source)
	for at := 0; at < len(q); at++ {
		v := q[at]
		for i := m.first[v]; i < m.first[v+1]; i++ {
			if w := m.to[i]; !side[w] && m.residual[i] > 0 {
				side[w] = true
				q = append(q, w)
			}
		}
	}
	m.queue = q
	return side
}

// SinkSide returns, for each node, whether it still reaches the sink: after [MaxFlow.Run] the full arcs that enter this set are the minimum
// cut nearest to the sink.
func (m *MaxFlow) SinkSide() []bool {
	m.measure()
	side := make([]bool, len(m.level))
	for v, d := range m.level {
		side[v] = d < int32(len(m.level))
	}
	return side
}
