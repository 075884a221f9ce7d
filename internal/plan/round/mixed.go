package round

import (
	"fmt"
	"math"
	"slices"

	"firebreak/internal/plan/flow"
)

// mixed solves a city whose pool sizes differ. A lane counts people and a laboratory tubes, so one network cannot hold both; it is cut in two:
// people to sites and hours, then the tubes of that plan to laboratories. Where these come too late for a deadline, being sampled in their zone and hour is
// made dearer, and people are sent elsewhere or earlier. What no plan can beat comes from two networks that each leave something out.
func (p *problem) mixed(plan bool) (answer, error) {
	labs, sampling := p.bounds()
	if p.beaten(labs, sampling) {
		return p.asItStands(), nil
	}
	people := p.fullest(max(p.now, max(labs, sampling)-1))
	if p.beaten(people.slot) {
		return p.asItStands(), nil
	}
	tubes := p.relaxed(max(p.now, max(labs, people.slot)-1))
	if p.beaten(tubes.slot) {
		return p.asItStands(), nil
	}
	a := answer{bound: min(p.slots, max(labs, people.slot, tubes.slot))}
	if tubes.slot > people.slot && tubes.missed >= 0 {
		a.cut, a.proof = tubes.tight, tubes.proof(p, "tubes")
	} else if people.missed >= 0 {
		a.cut, a.proof = people.tight, people.proof(p, "people")
	}
	by := p.sampledBy(max(p.now, sampling-1))
	var x pressed
	var err error
	until := min(a.bound+4, p.slots+1)
	if p.stands > 0 { // only what is earlier saves anything
		until = min(until, p.stands)
	}
	for a.slot = a.bound; people.all && tubes.all && a.slot < until; a.slot++ {
		binds := x.binds
		if x, err = p.press(a.slot, by.slot, presses, x); err != nil {
			return a, err
		}
		if x.plan != nil {
			a.all, a.cut = true, append(a.cut, binds...) // where the plan is later than the bound: name what makes it so, too
			break
		}
	}
	if x.plan == nil && p.stands > 0 && a.slot == p.stands {
		return p.asItStands(), nil
	}
	if x.plan == nil {
		if x.plan, err = p.sampledFirst(&a, by); err != nil {
			return a, err
		}
		x.deliveries = x.plan.toLabs(a.slot)
		if a.slot < a.bound && a.all { // lanes take the part of a person along into the next period, which the bounds do not
			a.bound, a.cut, a.proof = min(by.slot, a.slot), nil, Proof{}
			if by.missed >= 0 {
				a.cut, a.proof = by.tight, by.proof(p, "people")
			}
		}
	}
	if plan && x.times == 0 && a.all {
		if x, err = p.later(x, by.slot, a.slot); err != nil {
			return a, err
		}
	}
	s, n := x.plan, x.deliveries
	a.exact = a.slot
	a.bound = min(a.bound, a.slot)
	if !plan {
		return a, nil
	}
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

// beaten says whether a deadline that no plan is earlier than shows that a remedy saves nothing.
func (p *problem) beaten(bounds ...int) bool { return p.stands > 0 && slices.Max(bounds) >= p.stands }

// asItStands is the answer where a remedy saves nothing.
func (p *problem) asItStands() answer {
	return answer{slot: p.stands, exact: p.stands, bound: p.stands, all: true}
}

// presses is how often press looks again for one deadline.
const presses = 12

// pressed is a way to sample everybody, with what it was found by.
type pressed struct {
	plan       *schedule // nil: none was found
	deliveries *network  // with its tubes
	times      int       // zones and hours were made dearer so often
	binds      []tight   // laboratories and couriers, where none was found
	sampling   *network
	flow       *flow.Simplex
}

// press looks for a way to sample everybody in time for one deadline if laboratories had no limit, whose tubes have results by another. Where
// they do not, being sampled in the zones and hours of those that come too late is made dearer, and it looks again. before is a way that was found, or
// not, for another deadline, to begin with.
func (p *problem) press(deadline, sampledBy, tries int, before pressed) (pressed, error) {
	x := pressed{sampling: p.newSampling(sampledBy), deliveries: p.newDeliveries(deadline)}
	guess := x.sampling.guess()
	if before.flow != nil {
		guess = x.sampling.carryOver(before.sampling, before.flow.Flow)
	}
	var err error
	if x.flow, err = x.sampling.solve(guess); err != nil {
		return x, fmt.Errorf("cheapest sampling: %w", err)
	}
	cost := make([]int64, len(x.sampling.parts))
	for a := range cost {
		_, _, _, cost[a] = x.sampling.Arc(a)
	}
	n := x.deliveries
	guess = nil
	fixed := map[siteHour]int{}
	more := int64(500) // metres that one person walks
	last := math.Inf(1)
	for ; x.times < tries; x.times++ {
		s, err := p.inWholeLanes(x.sampling, x.flow, sampledBy, fixed)
		if s == nil || err != nil {
			return x, err
		}
		n.load(s)
		if guess == nil {
			guess = n.guess()
		}
		m := flow.NewMaxFlow(n.Network, n.source, n.sink)
		if guess != nil {
			m.Start(guess)
		}
		if m.Run() == n.total {
			x.plan, x.binds = s, nil
			return x, nil
		}
		side := m.SinkSide()
		x.binds = n.tight(n.cut(side, deadline))
		// Does it go on like this until nothing is short?
		short := float64(n.total - m.Value())
		if ratio := short / last; short*math.Pow(ratio, float64(tries-1-x.times)) > 1 {
			return x, nil
		}
		last = short
		late := map[zoneHour]bool{}
		for z, list := range n.closedIn {
			for i, a := range list {
				if _, head, tubes, _ := n.Arc(int(a)); tubes > 0 && !side[head] {
					late[zoneHour{z, p.hourOf(i + p.now)}] = true
				}
			}
		}
		for a, y := range x.sampling.parts {
			if y.kind == lanes && late[zoneHour{p.site[y.who].zone, int(y.slot)}] {
				cost[a] += more
				x.flow.SetCost(a, cost[a])
			}
		}
		more += more / 4
		if err := x.flow.Solve(); err != nil {
			return x, fmt.Errorf("cheapest sampling: %w", err)
		}
		guess = make([]int64, len(n.parts))
		for a, y := range n.parts {
			if guess[a] = m.Flow(a); y.kind == due {
				guess[a] = flow.Inf
			}
		}
	}
	return x, nil
}

// later gives sampling more time than the earliest that keeps a deadline, as much as a few tries show that it can have: people walk less.
func (p *problem) later(x pressed, sampledBy, deadline int) (pressed, error) {
	low, high := sampledBy, deadline+1
	for tries := 0; low+1 < high && tries < 4; tries++ {
		mid := (low + high) / 2
		y, err := p.press(deadline, mid, 1, x)
		if err != nil {
			return x, err
		}
		if y.plan != nil {
			low, x = mid, y
		} else {
			high = mid
		}
	}
	return x, nil
}

// inWholeLanes reads who is sampled where and when out of a solved network of newSampling. Where whole lanes would need more samplers than are on duty it
// is solved again with whole lanes fixed; no schedule: not everybody can be sampled so.
func (p *problem) inWholeLanes(n *network, f *flow.Simplex, deadline int, fixed map[siteHour]int) (*schedule, error) {
	for again := 0; ; again++ {
		if f.Unmet() > 0 {
			return nil, nil
		}
		s := n.sampled(f, deadline)
		over := p.overstaffed(s)
		if over == nil {
			return s, nil
		}
		p.settle(s, over, fixed, again)
		for a, x := range n.parts {
			if k, is := fixed[siteHour{int(x.who), int(x.slot)}]; is && x.kind == lanes {
				_, _, capacity, _ := n.Arc(a)
				f.SetCap(a, min(capacity, p.roomOf(int(x.who), int(x.slot), deadline, k)))
			}
		}
		if err := f.Solve(); err != nil {
			return nil, fmt.Errorf("cheapest sampling: %w", err)
		}
	}
}

// roomOf returns how many people so many lanes of a site sample in an hour, for results by the end of some periods.
func (p *problem) roomOf(site, hour, deadline, lanes int) int64 {
	open := p.openIn(site, hour, deadline-p.zone[p.site[site].zone].quick)
	return int64(float64(lanes*open)*p.site[site].lane + 1e-6)
}

// sampledFirst is the way where some cannot be sampled, or none was found by a deadline near the bound: people are sampled as soon as sites can, then
// their tubes carried.
func (p *problem) sampledFirst(a *answer, by search) (*schedule, error) {
	s, err := p.samplePlan(by.slot)
	if err != nil {
		return nil, err
	}
	var n *network
	var found search
	for horizon := min(p.slots, by.slot+240/p.period); ; horizon = min(p.slots, horizon+(horizon-p.now)/2) {
		n = s.toLabs(horizon)
		if found = n.smallest(min(by.slot, horizon)); found.all || horizon == p.slots {
			break
		}
	}
	if !found.all { // when is what can be done done?
		found.slot = n.smallestFor(p.labsNeed(found.value), found.value).slot
	}
	a.slot, a.all = found.slot, found.all && by.all
	if found.missed >= a.bound { // the plan is later than the bound: name what makes it so, too
		a.cut = append(a.cut, n.tight(found.cut)...)
	}
	return s, nil
}

// fullest is the smallest deadline in people, as if every tube held as many as the largest pool: no plan is earlier. from is where to begin looking.
func (p *problem) fullest(from int) search {
	q := *p
	q.pool = 1
	most := int64(1)
	q.group = slices.Clone(p.group)
	for i := range q.group {
		most = max(most, q.group[i].pool)
		q.group[i].tubes = q.group[i].people
	}
	times := func(list []int64) []int64 {
		list = slices.Clone(list)
		for t := range list {
			list[t] *= most
		}
		return list
	}
	q.lab, q.zone, q.wait = slices.Clone(p.lab), slices.Clone(p.zone), slices.Clone(p.wait)
	for i := range q.lab {
		q.lab[i].take = times(q.lab[i].take)
	}
	for i := range q.zone {
		q.zone[i].carry = times(q.zone[i].carry)
	}
	for i := range q.wait {
		q.wait[i].tubes *= most
	}
	q.start = nil
	return q.inOne(from)
}

// relaxed is the smallest deadline of the tubes, as if each took a lane no longer than one person does: no plan is earlier. from is where to begin looking.
func (p *problem) relaxed(from int) search {
	q := *p
	q.pool = 1
	return q.inOne(from)
}

// inOne is the smallest deadline of a city as one network.
func (p *problem) inOne(from int) search {
	n, s := p.soonest(from, from)
	s.tight, s.total = n.tight(s.cut), n.total
	return s
}

// newSampling is the network from communities to sites and hours, in people, for results by the end of some periods if laboratories had no limit. An hour is one arc, so that the
// network stays small; its people are put into periods afterwards.
func (p *problem) newSampling(deadline int) *network {
	n := newNetwork(p, deadline)
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
	for horizon := from + 360/p.period; ; horizon += horizon - p.now {
		horizon = min(horizon, p.slots)
		if s := p.sampledWithin(from, horizon); s.all || horizon == p.slots {
			return s
		}
	}
}

// sampledWithin is sampledBy that looks no farther than some periods.
func (p *problem) sampledWithin(from, horizon int) search {
	n := p.newSampling(horizon)
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
		if out.slot == horizon {
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
		for then := holds; reach < horizon && then < n.total; {
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
func (p *problem) samplePlan(deadline int) (*schedule, error) {
	fixed := map[siteHour]int{}
	least := int64(-1)
	for again := 0; ; again++ {
		n := p.newSampling(deadline)
		for a, x := range n.parts {
			if k, is := fixed[siteHour{int(x.who), int(x.slot)}]; is && x.kind == lanes {
				_, _, capacity, _ := n.Arc(a)
				n.SetCap(a, min(capacity, p.roomOf(int(x.who), int(x.slot), deadline, k)))
			}
		}
		f, err := n.solve(n.guess())
		if err != nil {
			return nil, fmt.Errorf("cheapest sampling: %w", err)
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
			return s, nil
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
		default: // nobody's people
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
	n := s.p.newDeliveries(horizon)
	n.load(s)
	return n
}

// newDeliveries is the network from zones to laboratories, without the tubes of a schedule.
func (p *problem) newDeliveries(horizon int) *network {
	n := newNetwork(p, horizon)
	n.laboratories()
	tooLate := n.node()
	n.closedIn = make([][]int32, len(p.zone))
	for z := range n.closedIn {
		n.closedIn[z] = make([]int32, p.slots-p.now)
		for i := range n.closedIn[z] {
			to := tooLate
			if v := n.zoneNode[z][i+1]; v >= 0 {
				to = int(v)
			}
			n.closedIn[z][i] = int32(len(n.parts))
			n.add(n.source, to, 0, 0, part{kind: due, who: -1, other: int32(z), slot: int32(i + p.now)})
		}
	}
	n.waiting()
	return n
}

// load puts the tubes of a schedule into a network of newDeliveries.
func (n *network) load(s *schedule) {
	for z, list := range n.closedIn {
		for i, a := range list {
			var tubes int64
			for _, site := range n.p.zone[z].sites {
				tubes += s.tubes[site][i+n.p.now]
			}
			_, head, was, _ := n.Arc(int(a))
			n.SetCap(int(a), tubes)
			n.supply[head] += tubes - was
			n.total += tubes - was
		}
	}
}
