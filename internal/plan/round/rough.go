package round

import (
	"math"

	"firebreak/internal/plan/flow"
)

// together is how many periods a rough plan takes as one.
const together = 8

// rough returns what passes through each arc in a plan near the cheapest, where the search for that one may begin. With periods taken together the
// network is half as large or less and soon solved. Prices there say which arcs of the whole one are worth using: the largest flow through those, and
// then through dearer ones as far as it needs them, is the plan.
func (n *network) rough() ([]int64, error) {
	group, groups := n.periodsTogether(together)
	supply := make([]int64, groups)
	for v, amount := range n.supply {
		supply[group[v]] += amount
	}
	supply[group[n.sink]] -= n.total
	coarse, err := flow.NewSimplex(n.contracted(group, groups), supply)
	if err != nil {
		return nil, err
	}
	if err := coarse.Solve(); err != nil {
		return nil, err
	}

	room, over := make([]int64, len(n.parts)), make([]int64, len(n.parts)) // over: what using the arc costs more than it is worth
	for a, x := range n.parts {
		tail, head, capacity, cost := n.Arc(a)
		if room[a] = capacity; x.kind != due && x.kind != running { // they cost nothing, and all has to pass them
			over[a] = cost + coarse.Price(int(group[tail])) - coarse.Price(int(group[head]))
		}
	}
	wait := int64(n.p.prices.TubeHour * n.p.hour(1))
	upTo := wait // a little is only what the periods taken together do not know
	for a := range room {
		if over[a] > upTo {
			n.SetCap(a, 0)
		}
	}
	m := flow.NewMaxFlow(n.Network, n.source, n.sink)
	for a := range room {
		n.SetCap(a, room[a])
	}
	dearer := []int64{1000 * wait, math.MaxInt64}
	for m.Run() < n.total && len(dearer) > 0 {
		next := dearer[0]
		dearer = dearer[1:]
		for a := range room {
			if over[a] > upTo && over[a] <= next {
				m.Raise(a, room[a])
			}
		}
		upTo = next
	}
	list := make([]int64, len(n.parts))
	for a := range list {
		list[a] = m.Flow(a)
	}
	return list, nil
}

// periodsTogether numbers nodes so that those of one place in k periods have one number.
func (n *network) periodsTogether(k int) (group []int32, groups int) {
	type place struct {
		kind       kind // of the arcs that leave it; closed for tubes in a zone
		who, block int32
	}
	numbers := map[place]int32{}
	group = make([]int32, n.Nodes())
	for v := range group {
		group[v] = -1
	}
	put := func(v int, what kind, who, slot int) {
		if group[v] >= 0 {
			return
		}
		at := place{what, int32(who), int32(slot / k)}
		number, known := numbers[at]
		if !known {
			number = int32(groups)
			numbers[at] = number
			groups++
		}
		group[v] = number
	}
	for z := range n.zoneNode {
		for i, v := range n.zoneNode[z] {
			if v >= 0 {
				put(int(v), closed, z, max(0, i+n.p.now-1))
			}
		}
	}
	for a, x := range n.parts {
		tail, head, _, _ := n.Arc(a)
		who, slot := int(x.who), max(0, int(x.slot))
		switch x.kind {
		case samplers:
			put(tail, samplers, who, slot)
		case carrying: // without couriers it leaves from where tubes are closed
			put(tail, carrying, who, slot)
			leg := n.p.zone[who].to[x.other]
			put(head, running, leg.lab, int(x.slot)+1+leg.delay)
		case running:
			put(tail, running, who, slot)
		case queueing:
			put(tail, running, who, slot)
			put(head, running, who, slot+1)
		default: // communities and sites have no periods
		}
	}
	for v := range group {
		if group[v] < 0 {
			group[v] = int32(groups)
			groups++
		}
	}
	return group, groups
}

// contracted is the network of groups of nodes. Of arcs side by side one is left, with the room of all and the cost of the cheapest.
func (n *network) contracted(group []int32, groups int) *flow.Network {
	type ends struct{ tail, head int32 }
	arcs := make(map[ends]int, len(n.parts)/2)
	out := flow.NewNetwork(groups, len(n.parts)/2)
	for a := range n.parts {
		tail, head, capacity, cost := n.Arc(a)
		between := ends{group[tail], group[head]}
		if between.tail == between.head {
			continue
		}
		b, known := arcs[between]
		if !known {
			arcs[between] = out.AddArc(int(between.tail), int(between.head), capacity, cost)
			continue
		}
		_, _, room, least := out.Arc(b)
		out.SetCap(b, room+capacity)
		out.SetCost(b, min(least, cost))
	}
	return out
}
