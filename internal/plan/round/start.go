package round

import "math"

// start is what an earlier plan, of this city or of one that is little different, would do from now on: where solvers begin. It is never trusted:
// what does not fit is dropped, and what is missing is found.
type start struct {
	share    [][]int64 // group -> its sites in reach -> people
	closed   [][]int64 // site -> period -> tubes
	people   [][]int64 // site -> period -> people
	sent     [][]int64 // zone -> period and leg -> tubes
	intake   [][]int64 // laboratory -> period -> tubes
	deadline int
	scale    float64 // tubes now for one then: pools may have grown
}

// slotOf returns the period that starts at an hour.
func (p *problem) slotOf(hour float64) int { return int(math.Round(hour * 60 / float64(p.period))) }

// beginWith takes an earlier plan as the place to begin. Plans with other periods are no use.
func (p *problem) beginWith(b *Plan) {
	if b == nil || b.Period != p.period || !b.Start.Equal(p.city.Start) {
		return
	}
	s := &start{deadline: p.slotOf(b.fluid()), scale: 1}
	site, zone, lab := map[string]int32{}, map[string]int32{}, map[string]int32{}
	for i := range p.city.Sites {
		site[p.city.Sites[i].ID] = int32(i)
		s.closed, s.people = append(s.closed, make([]int64, p.slots)), append(s.people, make([]int64, p.slots))
	}
	for i := range p.city.Zones {
		zone[p.city.Zones[i].ID] = int32(i)
		s.sent = append(s.sent, make([]int64, p.slots*len(p.zone[i].to)))
	}
	for i := range p.city.Labs {
		lab[p.city.Labs[i].ID] = int32(i)
		s.intake = append(s.intake, make([]int64, p.slots))
	}
	type of struct{ community, class string }
	groups := map[of]int32{}
	var due, was int64
	for i := range p.group {
		g := &p.group[i]
		groups[of{p.city.Community[g.community].ID, g.class}] = int32(i)
		due += g.tubes
		s.share = append(s.share, make([]int64, len(g.reach)))
	}
	over := map[string]int64{} // people that a site has sampled before now, in the order of its assignments
	for _, x := range b.Sampling {
		i, is := site[x.Site]
		switch t := p.slotOf(x.From); {
		case t < p.now:
			over[x.Site] += x.People
		case is && t < p.slots:
			s.closed[i][t] += x.Tubes
			s.people[i][t] += x.People
		}
	}
	for _, a := range b.Assignments {
		gone := min(a.People, over[a.Site])
		over[a.Site] -= gone
		g, known := groups[of{a.Community, a.Class}]
		i, open := site[a.Site]
		if left := a.People - gone; left > 0 && known && open {
			for k, r := range p.group[g].reach {
				if r.site == i {
					s.share[g][k] += left
				}
			}
			was += (a.Tubes*left + a.People - 1) / a.People
		}
	}
	if was > 0 && math.Abs(float64(due)/float64(was)-1) > 0.1 {
		s.scale = float64(due) / float64(was)
	}
	for _, d := range b.Deliveries {
		z, is := zone[d.Zone]
		l, open := lab[d.Lab]
		if t := p.slotOf(d.Collected) - 1; is && open && t >= p.now && t < p.slots { // collected by now is on its way
			for k, leg := range p.zone[z].to {
				if leg.lab == int(l) {
					s.sent[z][t*len(p.zone[z].to)+k] += d.Tubes
				}
			}
		}
	}
	for _, x := range b.Intake {
		if l, is := lab[x.Lab]; is {
			if t := p.slotOf(x.From); t >= p.now && t < p.slots {
				s.intake[l][t] += x.Tubes
			}
		}
	}
	p.start = s
}

// guess returns what passes through each arc if everything goes as in the earlier plan, or nil where there is none.
func (n *network) guess() []int64 {
	s := n.p.start
	if s == nil {
		return nil
	}
	tubes := func(v int64) int64 { return int64(math.Ceil(float64(v) * s.scale)) }
	flow, have := make([]int64, len(n.parts)), make([]int64, n.Nodes())
	put := func(a int, v int64) {
		tail, head, capacity, _ := n.Arc(a)
		flow[a] = max(0, min(v, capacity))
		have[tail] -= flow[a]
		have[head] += flow[a]
	}
	for a, x := range n.parts {
		if x.kind == due {
			_, _, amount, _ := n.Arc(a)
			put(a, amount)
		}
	}
	for a, x := range n.parts {
		switch x.kind {
		case walking:
			v := s.share[x.who][x.other]
			if v == 0 {
				continue
			}
			if pool := n.p.group[x.who].pool; !n.inPeople {
				v = (v + pool - 1) / pool
			}
			tail, _, _, _ := n.Arc(a)
			put(a, min(v, have[tail]))
		case lanes:
			if n.inPeople { // an hour
				var v int64
				for t, to := n.p.inHour(int(x.slot), n.p.slots); t < to; t++ {
					v += s.people[x.who][t]
				}
				put(a, v)
			} else {
				put(a, tubes(s.closed[x.who][x.slot]))
			}
		case carrying:
			if x.slot >= 0 {
				put(a, tubes(s.sent[x.who][int(x.slot)*len(n.p.zone[x.who].to)+int(x.other)]))
			}
		case running:
			put(a, tubes(s.intake[x.who][x.slot]))
		default: // follows from these
		}
	}
	for a, x := range n.parts {
		tail, head, _, _ := n.Arc(a)
		switch x.kind {
		case samplers:
			put(a, have[tail])
		case couriers:
			put(a, -have[head])
		default:
		}
	}
	for a := len(n.parts) - 1; a >= 0; a-- { // of one zone or laboratory, earlier periods come last
		if k := n.parts[a].kind; k == closed || k == queueing {
			tail, _, _, _ := n.Arc(a)
			put(a, have[tail])
		}
	}
	return flow
}
