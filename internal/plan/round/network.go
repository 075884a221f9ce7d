package round

import (
	"fmt"
	"math"

	"firebreak/internal/plan/flow"
)

// kind is what an arc of a network stands for.
type kind int8

const (
	due      kind = iota // people or tubes that have to pass
	walking              // from a community to a site
	lanes                // a site in a period
	samplers             // those of a zone in a period
	closed               // tubes wait for a courier
	couriers             // those of a zone in a period
	carrying             // from a zone to a laboratory
	queueing             // tubes wait at a laboratory
	running              // a laboratory in a period
)

// part is an arc with what it stands for; which of the numbers hold depends on the kind.
type part struct {
	kind       kind
	who, other int32 // group, site, zone or laboratory; for walking the index of the site in reach, for carrying that of the leg
	slot       int32
}

// network is the question whether, and how cheaply, everything can be done by a deadline.
type network struct {
	*flow.Network
	p            *problem
	horizon      int // periods by whose end results count
	source, sink int
	parts        []part
	supply       []int64 // by node, without source and sink
	total        int64
	closedIn     [][]int32 // zone -> period, from now on -> arc of the tubes closed in it; only of newDeliveries
	inPeople     bool      // in people and hours, not in tubes and periods
	zoneNode     [][]int32 // zone -> period, from now-1 on -> node in which tubes of that period are; -1 where too late to be of use
}

func (n *network) add(from, to int, capacity int64, cost float64, what part) {
	n.AddArc(from, to, capacity, int64(math.Round(cost)))
	n.parts = append(n.parts, what)
}

// lastIntake returns the last period in which a laboratory can begin with a tube whose result is known by the end of the horizon.
func (n *network) lastIntake(lab int) int { return n.horizon - n.p.lab[lab].turnaround - 1 }

// give sends an amount from the source into a node.
func (n *network) give(node int, amount int64, what part) {
	n.add(n.source, node, amount, 0, what)
	n.supply[node] += amount
	n.total += amount
}

func (n *network) node() int {
	n.supply = append(n.supply, 0)
	return n.AddNode()
}

// newNetwork returns a network with nothing but a source and a sink.
func newNetwork(p *problem, horizon int) *network {
	n := &network{Network: flow.NewNetwork(0, 0), p: p, horizon: horizon}
	n.source, n.sink = n.node(), n.node()
	return n
}

// newRound is the whole network in tubes of one pool size: community, site, zone and period, laboratory and period.
func newRound(p *problem, horizon int) *network {
	n := newNetwork(p, horizon)
	n.laboratories()
	pool := float64(p.pool)
	groups, site := n.people(pool)
	for i, v := range groups {
		if len(p.group[i].reach) > 0 { // who has nowhere to go is reported, and does not hold up the rest
			n.give(v, p.group[i].tubes, part{kind: due, who: int32(i)})
		}
	}
	n.sites(site, func(s int) []int64 { return p.siteTubes(s, int64(p.pool)) }, pool, math.MaxInt)
	n.waiting()
	return n
}

// people adds communities, and their ways to sites that have room; cost per unit of pool people.
func (n *network) people(pool float64) (groups []int, site []int) {
	p := n.p
	site = make([]int, len(p.site))
	for s := range site {
		site[s] = n.node()
	}
	for i := range p.group {
		g := &p.group[i]
		v := n.node()
		groups = append(groups, v)
		for k, r := range g.reach {
			n.add(v, site[r.site], flow.Inf, float64(r.walk)*pool, part{walking, int32(i), int32(k), 0})
		}
	}
	return groups, site
}

// sites adds what sites can do in each period before last, and the samplers of their zones.
func (n *network) sites(site []int, room func(s int) []int64, pool float64, last int) {
	p := n.p
	price := make([]float64, p.slots)
	for t := range price {
		price[t] = p.slotCost(t) * pool
	}
	for z := range p.zone {
		zone := &p.zone[z]
		into := n.zoneNode[z]
		if zone.samplers != nil {
			fast := 0.0
			for _, s := range zone.sites {
				fast = math.Max(fast, p.site[s].lane)
			}
			most := p.whole(func(t int) float64 {
				return float64(zone.samplers[t]/int64(p.rules.SamplersPerLane)) * fast / pool
			})
			into = make([]int32, len(n.zoneNode[z]))
			for i, v := range n.zoneNode[z] {
				into[i] = -1
				if t := i + p.now - 1; v >= 0 && t >= p.now && t < last {
					u := n.node()
					into[i] = int32(u)
					n.add(u, int(v), most[t], 0, part{samplers, int32(z), 0, int32(t)})
				}
			}
		}
		for _, s := range zone.sites {
			for t, tubes := range room(s) {
				if i := t - p.now + 1; tubes > 0 && t < last && i >= 1 && i < len(into) && into[i] >= 0 {
					n.add(site[s], int(into[i]), tubes, price[t], part{lanes, int32(s), 0, int32(t)})
				}
			}
		}
	}
}

// laboratories adds zones by period, couriers, and laboratories by period. Everything downstream of zoneNode is in tubes.
func (n *network) laboratories() {
	p := n.p
	lab := make([][]int32, len(p.lab))
	wait := p.prices.TubeHour * p.hour(1)
	for l := range p.lab {
		last := n.lastIntake(l)
		lab[l] = make([]int32, p.slots)
		for t := range lab[l] {
			lab[l][t] = -1
		}
		for t := min(last, p.slots-1); t >= p.now; t-- {
			v := n.node()
			lab[l][t] = int32(v)
			if t < last && t+1 < p.slots {
				n.add(v, int(lab[l][t+1]), flow.Inf, wait, part{queueing, int32(l), 0, int32(t)})
			}
			if take := p.lab[l].take[t]; take > 0 {
				n.add(v, n.sink, take, 0, part{running, int32(l), 0, int32(t)})
			}
		}
	}
	for _, w := range p.wait {
		if w.lab >= 0 && w.slot < p.slots {
			v := int(lab[w.lab][w.slot])
			if v < 0 { // too late for this deadline
				v = n.node()
			}
			n.give(v, w.tubes, part{kind: due, who: -1})
		}
	}
	n.zoneNode = make([][]int32, len(p.zone))
	for z := range p.zone {
		zone := &p.zone[z]
		n.zoneNode[z] = make([]int32, p.slots-p.now+1)
		later := -1
		for i := len(n.zoneNode[z]) - 1; i >= 0; i-- {
			t := i + p.now - 1
			n.zoneNode[z][i] = -1
			leaves := -1
			for k, leg := range zone.to {
				ready := t + 1 + leg.delay
				if ready >= p.slots || lab[leg.lab][ready] < 0 {
					continue
				}
				if leaves < 0 {
					leaves = n.node()
				}
				n.add(leaves, int(lab[leg.lab][ready]), flow.Inf, p.prices.TubeKm*leg.km, part{carrying, int32(z), int32(k), int32(t)})
			}
			if leaves < 0 {
				continue
			}
			v := leaves
			if zone.carry != nil {
				v = n.node()
				n.add(v, leaves, zone.carry[max(t, 0)], 0, part{couriers, int32(z), 0, int32(t)})
				if later >= 0 {
					n.add(v, later, flow.Inf, wait, part{closed, int32(z), 0, int32(t)})
				}
			}
			later = v
			n.zoneNode[z][i] = int32(v)
		}
	}
}

// waiting gives the tubes that lie in zones.
func (n *network) waiting() {
	for _, w := range n.p.wait {
		if w.zone < 0 {
			continue
		}
		v := -1
		if i := w.slot - n.p.now; i < len(n.zoneNode[w.zone]) { // ready by a period's start is closed in the one before
			v = int(n.zoneNode[w.zone][i])
		}
		if v < 0 {
			v = n.node()
		}
		n.give(v, w.tubes, part{kind: due, who: -1})
	}
}

// solve returns the cheapest flow, beginning with a guess of it where there is one.
func (n *network) solve(guess []int64) (*flow.Simplex, error) {
	supply := append([]int64(nil), n.supply...)
	supply[n.sink] -= n.total
	if guess == nil {
		s, err := flow.NewSimplex(n.Network, supply)
		if err != nil {
			return nil, err
		}
		return s, s.Solve()
	}
	// The source's arcs stand for the supplies and may carry nothing here: nothing gets to the source.
	for a, x := range n.parts {
		if x.kind == due {
			guess[a] = 0
		}
	}
	s, err := flow.NewSimplexFrom(n.Network, supply, guess)
	if err != nil {
		return nil, err
	}
	return s, s.Solve()
}

// carryOver returns what passes through each arc if as much does as in the same network with another horizon.
func (n *network) carryOver(other *network, flow func(arc int) int64) []int64 {
	list := make([]int64, len(n.parts))
	b := 0
	for a, x := range n.parts { // the arcs of the one with the nearer horizon are all in the other, in the same order
		if n.horizon <= other.horizon {
			for other.parts[b] != x {
				b++
			}
		}
		if b < len(other.parts) && other.parts[b] == x {
			list[a] = flow(b)
			b++
		}
	}
	return list
}

// search is the smallest deadline of a network, and why it is not smaller.
type search struct {
	slot   int     // results by the end of so many periods; the horizon where not all pass
	all    bool    // everything passes
	value  int64   // what passes
	missed int     // the deadline that cannot be met
	passes int64   // of which so much passes
	cut    []int32 // its cut: arcs that are full
	tight  []tight // what those stand for
	total  int64   // what has to pass
	flow   *flow.MaxFlow
	began  int64 // what passed of the guess it began with
}

// proof says why no deadline is smaller.
func (s *search) proof(p *problem, unit string) Proof {
	x := Proof{Method: "cut", Hours: p.hour(s.missed), Passes: s.passes, Of: s.total, Unit: unit}
	x.Meaning = fmt.Sprintf("of %d %s at most %d can have a result by hour %g", s.total, unit, s.passes, x.Hours)
	return x
}

// maxFlow prepares the largest flow.
func (n *network) maxFlow() *flow.MaxFlow {
	m := flow.NewMaxFlow(n.Network, n.source, n.sink)
	if guess := n.guess(); guess != nil {
		m.Start(guess)
	}
	return m
}

// smallest looks for the smallest deadline from one on.
func (n *network) smallest(from int) search { return n.smallestFor(from, n.total) }

// smallestFor looks for the smallest deadline, from one on, by which an amount passes. Results are let in as the deadline grows. Where it cannot be
// met, the cut says how far it has to grow at least; the last period of those is looked at too, for a cut that says more, and for the proof.
func (n *network) smallestFor(from int, target int64) search {
	until := make([]int64, len(n.parts))
	by := make([][]int, n.horizon+1)
	for a, x := range n.parts {
		if x.kind != running {
			continue
		}
		if slot := int(x.slot) + 1 + n.p.lab[x.who].turnaround; slot > from {
			_, _, until[a], _ = n.Arc(a)
			by[slot] = append(by[slot], a)
			n.SetCap(a, 0)
		}
	}
	m := n.maxFlow()
	out := search{missed: -1, total: n.total, began: m.Value()}
	var side []bool
	open := from
	for slot := from; ; {
		for ; open < slot; open++ {
			for _, a := range by[open+1] {
				m.Raise(a, until[a])
			}
		}
		out.value = m.Run()
		out.slot, out.all = slot, out.value == n.total
		if out.value >= target || slot == n.horizon {
			break
		}
		out.missed, out.passes, side = slot, out.value, m.SinkSide()
		holds := out.value
		reach := slot
		for reach < n.horizon && holds < target {
			reach++
			for _, a := range by[reach] {
				if tail, _, _, _ := n.Arc(a); !side[tail] {
					holds += until[a]
				}
			}
		}
		slot = max(slot+1, reach-1)
	}
	if !out.all && target == n.total {
		out.missed, out.passes, side = out.slot, out.value, m.SinkSide()
	}
	if side != nil {
		out.cut = n.cut(side, out.missed)
	}
	out.flow = m
	for a := range n.parts {
		if until[a] > 0 {
			n.SetCap(a, until[a])
		}
	}
	return out
}

// cut returns the arcs of a minimum cut for a deadline, the one nearest the results.
func (n *network) cut(sinkSide []bool, slot int) []int32 {
	var list []int32
	for a, x := range n.parts {
		if x.kind == running && int(x.slot)+1+n.p.lab[x.who].turnaround > slot {
			continue
		}
		if tail, head, capacity, _ := n.Arc(a); capacity > 0 && !sinkSide[tail] && sinkSide[head] {
			list = append(list, int32(a))
		}
	}
	return list
}

// firstReady returns, for each laboratory, the first period in which a tube can be there, and the fewest periods from a tube's closing to its
// result from any zone with an open site.
func (p *problem) firstReady() (first []int, quick int) {
	first = make([]int, len(p.lab))
	for l := range first {
		first[l] = p.slots
	}
	quick = p.slots
	for z := range p.zone {
		open := p.slots
		for _, s := range p.zone[z].sites {
			for t := p.now; t < open; t++ {
				if p.site[s].open[t] && p.site[s].rate > 0 {
					open = t
				}
			}
		}
		waits := p.slots
		for _, w := range p.wait {
			if w.zone == z {
				waits = min(waits, w.slot)
			}
		}
		for _, leg := range p.zone[z].to {
			first[leg.lab] = min(first[leg.lab], open+1+leg.delay, waits+leg.delay)
			if open < p.slots {
				quick = min(quick, leg.delay+p.lab[leg.lab].turnaround)
			}
		}
	}
	for _, w := range p.wait {
		if w.lab >= 0 {
			first[w.lab] = min(first[w.lab], w.slot)
		}
	}
	return first, quick
}

// labsNeed returns by when laboratories could have results of so many tubes, working from when the first can reach them.
func (p *problem) labsNeed(tubes int64) int {
	first, _ := p.firstReady()
	var done int64
	for slot := p.now; slot <= p.slots; slot++ {
		for l := range p.lab {
			if t := slot - 1 - p.lab[l].turnaround; t >= first[l] && t < p.slots {
				done += p.lab[l].take[t]
			}
		}
		if done >= tubes {
			return slot
		}
	}
	return p.slots
}

// bounds returns deadlines no plan can be earlier than, each from one resource alone: all laboratories working from when the first tube can reach
// them, and all lanes working from the start, with the shortest way and turnaround after.
func (p *problem) bounds() (labs, sampling int) {
	var tubes, people int64
	for i := range p.group {
		if len(p.group[i].reach) > 0 {
			tubes += p.group[i].tubes
			people += p.group[i].people
		}
	}
	for _, w := range p.wait {
		tubes += w.tubes
	}
	if people > 0 {
		_, quick := p.firstReady()
		sampling = p.slots
		sum := 0.0
		for t := p.now; t < p.slots; t++ {
			for s := range p.site {
				if p.site[s].open[t] {
					sum += p.site[s].rate
				}
			}
			if sum >= float64(people)-1e-6 {
				sampling = min(p.slots, t+1+quick)
				break
			}
		}
	}
	return p.labsNeed(tubes), max(p.now, sampling)
}
