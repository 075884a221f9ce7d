package trip

import (
	"math"
	"slices"
)

// cross has a route exchange its tail with another's beside a stop drawn at random, if annealing lets it: taking strings out never moves a long tail.
func (s *search) cross(temperature float64) {
	x := s.rng.below(int32(len(s.requests)))
	nd, near := &s.node[x], s.near[x]
	if nd.route < 0 || len(near) == 0 {
		return
	}
	most := int32(min(never, -temperature*math.Log(1-s.rng.unit()))) // longer than it was
	if s.split(x, most) {
		return
	}
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

// split gives what comes after a stop to an idle vehicle, if all is longer by less than most: routes that are put back stop by stop seldom become two.
func (s *search) split(x, most int32) bool {
	r := s.node[x].route
	u, c := s.node[x].unload, s.node[x].next
	if c == u {
		return false
	}
	k := slices.IndexFunc(s.kinds, func(k [2]int32) bool { return k[0] <= r && r < k[1] })
	t := s.firstIdle(s.kinds[k][0], s.kinds[k][1])
	if t < 0 {
		return false
	}
	cut, first, a := &s.node[x], &s.node[c], s.start(t)
	site := s.node[u].place
	home, out := s.place.time(cut.place, site), s.place.time(s.node[a].place, first.place)
	back := s.node[u].toNext // of the other vehicle, from the same site
	longer := home + out + back - cut.toNext - s.node[a].toNext
	if longer >= most || s.node[a].ready+out > first.late || cut.early+cut.service+home > min(s.node[u].due, s.node[u].late) {
		return false
	}
	v := s.spare[len(s.spare)-1]
	s.spare = s.spare[:len(s.spare)-1]
	st := &s.sites[s.trip[u].site]
	s.node[v] = node{route: t, unload: -1, place: st.place, ready: st.opens, due: st.closes}
	s.trip[v] = load{site: s.trip[u].site, class: s.trip[u].class}
	z := s.node[u].prev
	for y := c; y != u; y = s.node[y].next {
		s.node[y].route, s.node[y].unload = t, v
		s.trip[v].add(&s.requests[y], 1)
	}
	s.trip[u].plus(&s.trip[v], -1)
	s.link(x, u)
	s.link(a, c)
	s.link(z, v)
	s.link(v, s.end(t))
	s.count(r, -s.trip[v].stops)
	s.count(t, s.trip[v].stops)
	s.times(r)
	s.times(t)
	s.cost += int64(longer)
	s.dirty[r], s.dirty[t] = true, true
	if s.total() < s.bestCost {
		s.remember()
	}
	return true
}

// swap has a trip exchange its tail with another's to the same site beside a stop drawn at random, if annealing lets it: everybody keeps their bed.
func (s *search) swap(temperature float64) {
	if len(s.requests) == 0 {
		return
	}
	x := s.rng.below(int32(len(s.requests)))
	nd, near := &s.node[x], s.near[x]
	if nd.route < 0 || len(near) == 0 {
		return
	}
	most := int32(min(never, -temperature*math.Log(1-s.rng.unit()))) // longer than it was
	for first, i := s.rng.below(int32(len(near))), 0; i < len(near); i++ {
		p := &near[(int(first)+i)%len(near)]
		y := &s.node[p.stop]
		if y.route < 0 || y.route == nd.route || s.trip[y.unload].site != s.trip[nd.unload].site || s.trip[y.unload].class != s.trip[nd.unload].class {
			continue
		}
		if p.to-nd.toNext-y.fromPrev < most && s.joinTrips(x, p.stop, p.to, most) || p.from-y.toNext-nd.fromPrev < most && s.joinTrips(p.stop, x, p.from, most) {
			return
		}
	}
}

// joinTrips makes d follow a, each with the rest of its trip, if all is longer by less than most and still in time; it reports whether it did.
func (s *search) joinTrips(a, d, way, most int32) bool {
	from, to := &s.node[a], &s.node[d]
	c, b := from.next, to.prev
	if !s.isStop(b) && !s.isStop(c) { // nobody would be left in one
		return false
	}
	u, v := from.unload, to.unload
	last, first := &s.node[b], &s.node[c]
	back := s.place.time(last.place, first.place)
	longer := way + back - from.toNext - to.fromPrev
	if longer >= most || !s.follows(a, d, way, u, v) || !s.follows(b, c, back, v, u) {
		return false
	}
	for _, t := range [2][2]int32{{c, u}, {d, v}} {
		for x := t[0]; x != t[1]; x = s.node[x].next {
			if q := &s.requests[x]; s.locked[x] || q.aboard >= 0 || q.vehicle >= 0 {
				return false
			}
		}
	}
	return s.exchange(a, d, b, c, longer)
}

// follows reports whether all is in time if the stops from d to v, v excluded, come after a instead of those that stand there before u.
func (s *search) follows(a, d, way, u, v int32) bool {
	at := &s.sites[s.trip[u].site]
	due, people := at.closes, int32(0)
	for x := a; s.isStop(x); x = s.node[x].prev {
		due, people = min(due, s.requests[x].deadline), people+s.requests[x].people
	}
	t := s.node[a].early + s.node[a].service + way
	for x := d; x != v; x = s.node[x].next {
		nd, q := &s.node[x], &s.requests[x]
		if t = max(t, nd.ready); t > nd.due {
			return false
		}
		due, people = min(due, q.deadline), people+q.people
		t += nd.service + nd.toNext
	}
	t = max(t, at.opens)
	return t <= due && t+at.unload+at.each*people+s.disinfect(u)+s.node[u].toNext <= s.node[s.node[u].next].late
}
