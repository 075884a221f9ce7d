package trip

import "math"

// cross has a route exchange its tail with another's beside a stop drawn at random, if annealing lets it: taking strings out never moves a long tail.
func (s *search) cross(temperature float64) {
	x := s.rng.below(int32(len(s.requests)))
	nd, near := &s.node[x], s.near[x]
	if nd.route < 0 || len(near) == 0 {
		return
	}
	most := int32(min(never, -temperature*math.Log(1-s.rng.unit()))) // longer than it was
	for first, i := s.rng.below(int32(len(near))), 0; i < len(near); i++ {
		p := &near[(int(first)+i)%len(near)]
		y := &s.node[p.stop]
		if y.route < 0 || y.route == nd.route {
			continue
		}
		if nd.early+nd.service+p.to <= y.late && p.to-nd.toNext-y.fromPrev < most && s.join(x, p.stop, p.to, most) ||
			y.early+y.service+p.from <= nd.late && p.from-y.toNext-nd.fromPrev < most && s.join(p.stop, x, p.from, most) {
			return
		}
	}
}

// join makes d follow a, each with the rest of its route, if all is longer by less than most and still in time; it reports whether it did.
func (s *search) join(a, d, way, most int32) bool {
	from, to := &s.node[a], &s.node[d]
	c, b := from.next, to.prev
	if s.vehicles[from.route].kind != s.vehicles[to.route].kind || !s.isStop(b) && !s.isStop(c) { // nobody would be left in one
		return false
	}
	last, first := &s.node[b], &s.node[c]
	back := s.place.time(last.place, first.place)
	longer := way + back - from.toNext - to.fromPrev
	return longer < most && last.early+last.service+back <= first.late && s.exchange(a, d, b, c, longer)
}

// exchange makes d and what comes after it follow a, and c and what comes after it follow b, if the seats do; it reports whether it did.
func (s *search) exchange(a, d, b, c int32, longer int32) bool {
	r, t := s.node[a].route, s.node[d].route
	u, v := s.node[a].unload, s.node[d].unload
	var tail, other load // of r after a, and of t from d on
	for x := c; x != u; x = s.node[x].next {
		tail.add(&s.requests[x], 1)
	}
	for x := d; x != v; x = s.node[x].next {
		other.add(&s.requests[x], 1)
	}
	for i := range tail.need {
		if change := other.need[i] - tail.need[i]; s.trip[u].need[i]+change > s.vehicles[r].seats[i] || s.trip[v].need[i]-change > s.vehicles[t].seats[i] {
			return false
		}
	}
	y, z := s.node[u].prev, s.node[v].prev // the last stops
	for x := c; x != u; x = s.node[x].next {
		s.node[x].route, s.node[x].unload = t, v
	}
	for x := d; x != v; x = s.node[x].next {
		s.node[x].route, s.node[x].unload = r, u
	}
	s.link(a, d)
	s.link(z, u)
	if c == u {
		s.link(b, v)
	} else {
		s.link(b, c)
		s.link(y, v)
	}
	s.trip[u].plus(&other, 1)
	s.trip[u].plus(&tail, -1)
	s.trip[v].plus(&tail, 1)
	s.trip[v].plus(&other, -1)
	s.count(r, other.stops-tail.stops)
	s.count(t, tail.stops-other.stops)
	s.times(r)
	s.times(t)
	s.cost += int64(longer)
	s.dirty[r], s.dirty[t] = true, true
	if s.total() < s.bestCost {
		s.remember()
	}
	return true
}
