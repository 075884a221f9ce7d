package round

import (
	"fmt"
	"math"

	"firebreak/internal/plan/flow"
)

// mixed solves a city whose pool sizes differ. A lane counts people and a laboratory tubes, so one network cannot hold both; it is cut in two:
// people to sites with everybody sampled by some period, then the tubes of that plan to laboratories. The earliest such period gives the smallest
// deadline; the latest one that keeps it gives the least walking. What no plan can beat comes from two networks that each leave something out.
func (p *problem) mixed(plan bool) (answer, error) {
	labs, sampling := p.bounds()
	by := p.sampledBy(max(p.now, sampling-1))
	tubes := p.relaxed(max(p.now, labs, by.slot)-1, labs)
	a := answer{bound: min(p.slots, max(labs, by.slot, tubes.slot))}
	if tubes.slot > by.slot && tubes.missed >= 0 {
		a.cut, a.proof = tubes.tight, tubes.proof(p, "tubes")
	} else if by.missed >= 0 {
		a.cut, a.proof = by.tight, by.proof(p, "people")
	}

	s, sampledBy, err := p.samplePlan(by.slot)
	if err != nil {
		return a, err
	}
	var n *network
	var found search
	for horizon := min(p.slots, a.bound+240/p.period); ; horizon = min(p.slots, horizon+(horizon-p.now)/2) {
		n = s.toLabs(horizon)
		if found = n.smallest(min(a.bound, horizon)); found.all || horizon == p.slots {
			break
		}
	}
	if !found.all { // when is what can be done done?
		found.slot = n.smallestFor(p.labsNeed(found.value), found.value).slot
	}
	a.slot, a.exact, a.all = found.slot, found.slot, found.all && by.all
	a.bound = min(a.bound, a.slot)
	if found.missed >= a.bound { // the plan is later than the bound: name what makes it so, too
		a.cut = append(a.cut, n.tight(found.cut)...)
	}
	if !plan {
		return a, nil
	}
	// The most time for sampling that keeps the deadline.
	low, high := sampledBy, a.slot+1
	for tries := 0; low+1 < high && a.all && tries < 4; tries++ {
		mid := (low + high) / 2
		t, _, err := p.samplePlan(mid)
		if err != nil {
			return a, err
		}
		if f := t.toLabs(a.slot).smallest(a.slot); f.all {
			low, s = mid, t
		} else {
			high = mid
		}
	}
	n = s.toLabs(a.slot)
	cheapest, err := n.solve(n.guess())
	if err != nil {
		return a, fmt.Errorf("cheapest deliveries: %w", err)
	}
	for i, x := range n.parts {
		if v := cheapest.Flow(i); v > 0 {
			s.downstream(x, v)
			if x.kind == queueing || x.kind == closed {
				_, _, _, cost := n.Arc(i)
				a.waiting += cost * v
			}
		}
	}
	a.plan = s
	return a, nil
}

// relaxed is the smallest deadline of the tubes alone, as if every lane took the smallest pools only: no plan is earlier. from is where to begin
// looking, labs what laboratories alone need.
func (p *problem) relaxed(from, labs int) search {
	q := *p
	q.pool = 20
	for i := range p.group {
		q.pool = min(q.pool, int(p.group[i].pool))
	}
	var s search
	for horizon := min(p.slots, max(from, labs)+240/p.period); ; horizon = min(p.slots, horizon+(horizon-p.now)/2) {
		n := newRound(&q, horizon)
		s = n.smallest(max(p.now, min(from, horizon)))
		s.tight, s.total = n.tight(s.cut), n.total
		if s.all || horizon == p.slots {
			return s
		}
	}
}

// newSampling is the network from communities to sites and hours, in people, for results by the end of some periods if laboratories had no limit. An hour is one arc, so that the
// network stays small; its people are put into periods afterwards.
func (p *problem) newSampling(deadline int) *network {
	n := newNetwork(p, p.slots)
	n.inPeople = true
	groups, site := n.people(1)
	for i, v := range groups {
		if len(p.group[i].reach) > 0 {
			n.give(v, p.group[i].people, part{kind: due, who: int32(i)})
		}
	}
	hours := p.hourOf(p.slots-1) + 1
	price := make([]float64, hours)
	for h := range price {
		price[h] = p.slotCost(h * 60 / p.period)
	}
	for z := range p.zone {
		zone, last := &p.zone[z], deadline-p.zone[z].quick
		into := make([]int, hours)
		for h := range into {
			into[h] = n.sink
			if zone.samplers != nil {
				into[h] = n.node()
				n.add(into[h], n.sink, p.sampledOnDuty(z, h, last), 0, part{samplers, int32(z), 0, int32(h)})
			}
		}
		for _, s := range zone.sites {
			for h := range hours {
				if room := p.roomInHour(s, h, last); room > 0 {
					n.add(site[s], into[h], room, price[h], part{lanes, int32(s), 0, int32(h)})
				}
			}
		}
	}
	return n
}

// inHour returns the periods of an hour, before last.
func (p *problem) inHour(h, last int) (from, to int) {
	return h * 60 / p.period, min(last, p.slots, (h+1)*60/p.period)
}

// sampledOnDuty returns how many people a zone's samplers can sample in an hour, in whole lanes.
func (p *problem) sampledOnDuty(zone, h, last int) int64 {
	slow := math.Inf(1)
	for _, s := range p.zone[zone].sites {
		slow = math.Min(slow, p.site[s].lane)
	}
	from, to := p.inHour(h, last)
	if from >= to || math.IsInf(slow, 1) {
		return 0
	}
	return int64(float64(p.lanesOnDuty(zone, h)*(to-from))*slow + 1e-6)
}

// roomInHour returns how many people a site can sample in an hour before last.
func (p *problem) roomInHour(s, h, last int) int64 {
	from, to := p.inHour(h, last)
	if from >= to {
		return 0
	}
	return int64(math.Floor(p.site[s].people[to]+1e-6)) - int64(math.Floor(p.site[s].people[from]+1e-6))
}

// sampledBy finds the smallest deadline if laboratories had no limit: everybody in reach of a site sampled, and in time for the quickest way and
// turnaround from there. from is where to begin looking.
func (p *problem) sampledBy(from int) search {
	n := p.newSampling(math.MaxInt32)
	out := search{slot: p.now, missed: -1, total: n.total, all: true}
	if n.total == 0 {
		return out
	}
	// Room comes period by period: an arc grows with every period of its hour.
	zone := make([]int, len(n.parts))
	var growing []int
	for a, x := range n.parts {
		switch x.kind {
		case lanes:
			zone[a] = p.site[x.who].zone
		case samplers:
			zone[a] = int(x.who)
		default:
			continue
		}
		growing = append(growing, a)
	}
	room := func(a, slot int) int64 {
		x := n.parts[a]
		last := slot - p.zone[zone[a]].quick
		if x.kind == lanes {
			return p.roomInHour(int(x.who), int(x.slot), last)
		}
		return p.sampledOnDuty(int(x.who), int(x.slot), last)
	}
	given := make([]int64, len(n.parts))
	for _, a := range growing {
		given[a] = room(a, from)
		n.SetCap(a, given[a])
	}
	m := n.maxFlow()
	for out.slot = from; ; {
		for _, a := range growing {
			if r := room(a, out.slot); r > given[a] {
				m.Raise(a, r-given[a])
				given[a] = r
			}
		}
		if m.Run() == n.total {
			return out
		}
		if out.slot == p.slots {
			out.all = false
			return out
		}
		side := m.SinkSide()
		out.missed, out.passes, out.tight = out.slot, m.Value(), nil
		holds := m.Value()
		var cut []int
		for _, a := range growing {
			if tail, head, _, _ := n.Arc(a); !side[tail] && side[head] {
				cut = append(cut, a)
				if given[a] > 0 {
					x := n.parts[a]
					out.tight = append(out.tight, tight{x.kind, x.who, int32(int(x.slot) * 60 / p.period), given[a]})
				}
			}
		}
		// As in smallestFor.
		reach := out.slot
		for then := holds; reach < p.slots && then < n.total; {
			reach++
			then = holds
			for _, a := range cut {
				then += room(a, reach) - given[a]
			}
		}
		out.slot = max(out.slot+1, reach-1)
	}
}

// samplePlan is the cheapest way to sample everybody for results by the end of some periods, if laboratories had no limit. Where whole lanes take
// longer, that deadline grows.
func (p *problem) samplePlan(deadline int) (*schedule, int, error) {
	fixed := map[siteHour]int{}
	least := int64(-1)
	for again := 0; ; again++ {
		n := p.newSampling(deadline)
		for a, x := range n.parts {
			if k, is := fixed[siteHour{int(x.who), int(x.slot)}]; is && x.kind == lanes {
				_, _, capacity, _ := n.Arc(a)
				open := p.openIn(int(x.who), int(x.slot), deadline-p.zone[p.site[x.who].zone].quick)
				n.SetCap(a, min(capacity, int64(float64(k*open)*p.site[x.who].lane+1e-6)))
			}
		}
		f, err := n.solve(n.guess())
		if err != nil {
			return nil, 0, fmt.Errorf("cheapest sampling: %w", err)
		}
		if least < 0 {
			least = f.Unmet()
		}
		if f.Unmet() > least && deadline < p.slots {
			deadline++
			continue
		}
		s := n.sampled(f, deadline)
		over := p.overstaffed(s)
		if over == nil {
			return s, deadline, nil
		}
		p.settle(s, over, fixed, again)
	}
}

// sampled reads who is sampled where and when out of the solved network of newSampling.
func (n *network) sampled(f *flow.Simplex, deadline int) *schedule {
	p := n.p
	s := newSchedule(p)
	shares, room := make([][]share, len(p.site)), make([][]int64, len(p.site))
	for i := range room {
		room[i] = make([]int64, p.slots)
	}
	for i := range p.group {
		s.unserved[i] = p.group[i].people
	}
	for a, x := range n.parts {
		v := f.Flow(a)
		if v == 0 {
			continue
		}
		switch x.kind {
		case walking:
			r := p.group[x.who].reach[x.other]
			s.unserved[x.who] -= v
			shares[r.site] = append(shares[r.site], share{int(x.who), r.walk, v})
		case lanes:
			p.spread(room[x.who], int(x.who), int(x.slot), deadline-p.zone[p.site[x.who].zone].quick, v)
		}
	}
	s.fill(shares, room, false)
	return s
}

// openIn returns how many periods of an hour a site is open, before last.
func (p *problem) openIn(site, h, last int) int {
	n := 0
	for t, to := p.inHour(h, last); t < to; t++ {
		if p.site[site].open[t] {
			n++
		}
	}
	return n
}

// spread puts an hour's people of a site into its periods: as early as its lanes can, or, where samplers are limited, with as few lanes as do.
func (p *problem) spread(room []int64, site, h, last int, people int64) {
	from, to := p.inHour(h, last)
	most := p.site[site].rate
	if p.zone[p.site[site].zone].samplers != nil {
		open := p.openIn(site, h, last)
		most = math.Min(most, math.Ceil(float64(people)/p.site[site].lane/float64(max(1, open))-1e-9)*p.site[site].lane)
	}
	sum, given := 0.0, int64(0)
	final := from
	for t := from; t < to && given < people; t++ {
		if p.site[site].open[t] {
			final = t
			sum += most
			room[t] = min(people, int64(math.Floor(sum+1e-6))) - given
			given += room[t]
		}
	}
	if given < people { // the fractions of a person that earlier hours left over
		room[final] += people - given
	}
}

// toLabs is the network from the tubes of a schedule to laboratories.
func (s *schedule) toLabs(horizon int) *network {
	p := s.p
	n := newNetwork(p, horizon)
	n.laboratories()
	closedIn := make([][]int64, len(p.zone))
	for z := range closedIn {
		closedIn[z] = make([]int64, p.slots)
		for _, i := range p.zone[z].sites {
			for t, v := range s.tubes[i] {
				closedIn[z][t] += v
			}
		}
		for t, v := range closedIn[z] {
			if v == 0 {
				continue
			}
			to := -1
			if i := t - p.now + 1; i >= 0 && i < len(n.zoneNode[z]) {
				to = int(n.zoneNode[z][i])
			}
			if to < 0 {
				to = n.node()
			}
			n.give(to, v, part{kind: due, who: -1, other: int32(z), slot: int32(t)})
		}
	}
	n.waiting()
	return n
}
