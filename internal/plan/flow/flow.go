// Package flow solves networks: how much can pass from a source to a sink ([MaxFlow], with the cut that proves it), and what is the
// cheapest way to send given amounts ([Simplex], which goes on from its last answer after a change).
//
// All numbers are whole: capacities, costs and amounts are int64, and so are the answers. Both solvers are deterministic: the same network,
// arcs in the same order, gives the same flow. They do no I/O and read no clock. The planners import it; it imports nothing of this module.
package flow

import "fmt"

// Inf is the capacity of an arc without a limit. Sums of a few thousand of them do not overflow.
const Inf int64 = 1 << 50

// Network is a directed graph with arcs from 0 to Arcs()-1 and nodes from 0 to Nodes()-1.
type Network struct {
	nodes int32
	tail  []int32
	head  []int32
	cap   []int64
	cost  []int64
}

// NewNetwork returns a network of that many nodes without arcs; arcs is how many are expected.
func NewNetwork(nodes, arcs int) *Network {
	return &Network{nodes: int32(nodes), tail: make([]int32, 0, arcs), head: make([]int32, 0, arcs), cap: make([]int64, 0, arcs), cost: make([]int64, 0, arcs)}
}

// Nodes returns the number of nodes.
func (n *Network) Nodes() int { return int(n.nodes) }

// Arcs returns the number of arcs.
func (n *Network) Arcs() int { return len(n.tail) }

// AddNode adds a node and returns its number.
func (n *Network) AddNode() int {
	n.nodes++
	return int(n.nodes) - 1
}

// AddArc adds an arc from tail to head and returns its number. The capacity is at least 0; above [Inf] it counts as Inf. It panics, as an index out of
// range does, at a node that is not there and at a capacity below 0. No input leads there: the planners number nodes by [Network.AddNode] and take
// capacities from sums of numbers that were checked to be at least 0, and [ReadDIMACS] looks at both before.
func (n *Network) AddArc(tail, head int, capacity, cost int64) int {
	if tail < 0 || head < 0 || tail >= int(n.nodes) || head >= int(n.nodes) || capacity < 0 {
		panic(fmt.Sprintf("flow: arc %d -> %d with capacity %d in a network of %d nodes", tail, head, capacity, n.nodes))
	}
	n.tail = append(n.tail, int32(tail))
	n.head = append(n.head, int32(head))
	n.cap = append(n.cap, min(capacity, Inf))
	n.cost = append(n.cost, cost)
	return len(n.tail) - 1
}

// Arc returns what an arc is.
func (n *Network) Arc(a int) (tail, head int, capacity, cost int64) {
	return int(n.tail[a]), int(n.head[a]), n.cap[a], n.cost[a]
}

// SetCap changes an arc's capacity for solvers made afterwards.
func (n *Network) SetCap(a int, capacity int64) { n.cap[a] = min(capacity, Inf) }

// SetCost changes an arc's cost for solvers made afterwards.
func (n *Network) SetCost(a int, cost int64) { n.cost[a] = cost }
