package trip

import "math"

// cross has two routes of one trip each exchange what they do after some stop, if annealing lets it: taking strings out never moves a long tail.
func (s *search) cross(temperature float64) {
	x := s.rng.below(int32(len(s.requests)))
	near := s.near[x]
	if s.node[x].route < 0 || len(near) == 0 {
		return
	}
	p := &near[s.rng.below(int32(len(near)))]
	if s.node[p.stop].route < 0 || s.node[p.stop].route == s.node[x].route {
		return
	}
	a, d, way := x, p.stop, p.to // a is to go on to d
	if s.rng.next()&(1<<32) != 0 {
		a, d, way = p.stop, x, p.from
	}
	from, to := &s.node[a], &s.node[d]
	if from.early+from.service+way > to.late {
		return
	}
	c, b := from.next, to.prev
	if s.vehicles[from.route].kind != s.vehicles[to.route].kind || !s.isStop(b) && !s.isStop(c) {
		return // nobody would be left in one
	}
	last, first := &s.node[b], &s.node[c]
	back := s.place.time(last.place, first.place)
	gain := int64(from.toNext) + int64(last.toNext) - int64(way) - int64(back)
	if last.early+last.service+back > first.late || float64(-gain) >= -temperature*math.Log(1-s.rng.unit()) {
		return
	}
	s.exchange(a, d, b, c, gain)
}

// exchange makes d and what comes after it follow a, and c and what comes after it follow b, if the seats do.
func (s *search) exchange(a, d, b, c int32, gain int64) {
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
			return
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
	s.cost -= gain
	s.dirty[r], s.dirty[t] = true, true
	if s.total() < s.bestCost {
		s.remember()
	}
}
