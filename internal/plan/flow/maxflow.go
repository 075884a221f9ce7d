package flow

// MaxFlow finds how much can pass from a source to a sink: Dinic's algorithm, layers by breadth-first search from the sink, then as many
// shortest paths as there are. It keeps its flow, so after [MaxFlow.Raise] the next [MaxFlow.Run] only looks for what the change allows.
type MaxFlow struct {
	source, sink int32
	first        []int32 // node -> its first entry in to, residual, twin
	to           []int32
	twin         []int32
	residual     []int64
	entry        []int32 // arc -> its forward entry
	level        []int32 // distance to the sink; -1 where it cannot be reached
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
		entry: make([]int32, len(n.tail)), level: make([]int32, n.nodes), next: make([]int32, n.nodes), queue: make([]int32, 0, n.nodes),
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

// Raise gives an arc more capacity, keeping the flow.
func (m *MaxFlow) Raise(arc int, more int64) {
	if more < 0 {
		panic("flow: Raise takes capacity away")
	}
	i := m.entry[arc]
	m.residual[i] = min(m.residual[i]+more, Inf)
}

// Flow returns what passes through an arc.
func (m *MaxFlow) Flow(arc int) int64 { return m.residual[m.twin[m.entry[arc]]] }

// Full says whether nothing more fits through an arc.
func (m *MaxFlow) Full(arc int) bool { return m.residual[m.entry[arc]] == 0 }

// Value returns what passes from source to sink.
func (m *MaxFlow) Value() int64 { return m.value }

// Run adds flow until no more can pass, and returns the whole.
func (m *MaxFlow) Run() int64 {
	for m.layer() {
		m.block()
	}
	return m.value
}

// layer measures distances to the sink and says whether the source still reaches it.
func (m *MaxFlow) layer() bool {
	for i := range m.level {
		m.level[i] = -1
	}
	m.level[m.sink] = 0
	q := append(m.queue[:0], m.sink)
	for at := 0; at < len(q); at++ {
		v := q[at]
		if v == m.source {
			break // nodes further away are of no use
		}
		d := m.level[v] + 1
		for i := m.first[v]; i < m.first[v+1]; i++ {
			u := m.to[i]
			if m.level[u] < 0 && m.residual[m.twin[i]] > 0 {
				m.level[u] = d
				q = append(q, u)
			}
		}
	}
	m.queue = q
	if m.level[m.source] < 0 {
		return false
	}
	copy(m.next, m.first)
	return true
}

// block sends flow along shortest paths until each has a full arc.
func (m *MaxFlow) block() {
	path := m.path[:0]
	v := m.source
	for {
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
		m.level[v] = -1 // a dead end
		if len(path) == 0 {
			m.path = path
			return
		}
		last := path[len(path)-1]
		path = path[:len(path)-1]
		v = m.to[m.twin[last]]
		m.next[v]++
	}
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

// SinkSide returns, for each node, whether it still reaches the sink: the full arcs that enter this set are the minimum cut nearest to
// the sink.
func (m *MaxFlow) SinkSide() []bool {
	side := make([]bool, len(m.level))
	side[m.sink] = true
	q := append(m.queue[:0], m.sink)
	for at := 0; at < len(q); at++ {
		v := q[at]
		for i := m.first[v]; i < m.first[v+1]; i++ {
			if u := m.to[i]; !side[u] && m.residual[m.twin[i]] > 0 {
				side[u] = true
				q = append(q, u)
			}
		}
	}
	m.queue = q
	return side
}
