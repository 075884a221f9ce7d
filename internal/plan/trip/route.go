package trip

import (
	"math/bits"
)

// times works out a route's times afresh, and what each unloading takes.
func (s *search) times(r int32) {
	a, b := s.start(r), s.end(r)
	x := a
	nd := &s.node[a]
	nd.early = nd.ready
	due := int32(never) // of those aboard
	for x != b {
		cur := &s.node[x]
		next := &s.node[cur.next]
		switch {
		case s.isStop(x):
			due = min(due, s.requests[x].deadline)
		case x == a:
			cur.service = s.disinfect(x)
		default:
			l := &s.trip[x]
			at := &s.sites[l.site]
			cur.service = at.unload + at.each*l.people + s.disinfect(x)
			cur.due, due = min(due, at.closes), never
		}
		next.early = max(next.ready, cur.early+cur.service+cur.toNext)
		x = cur.next
	}
	s.node[b].late = s.node[b].due
	for x != a {
		cur := &s.node[x]
		prev := &s.node[cur.prev]
		prev.late = min(prev.due, cur.late-prev.toNext-prev.service)
		x = cur.prev
	}
}

// lastClass is the class of whoever left the vehicle at visit a, the start of its route or an unloading, or -1.
func (s *search) lastClass(a int32) int8 {
	if s.isUnload(a) {
		return s.trip[a].class
	}
	return s.vehicles[s.node[a].route].class
}

// disinfect is how long the vehicle is disinfected after visit a, before it takes in people of the other class.
func (s *search) disinfect(a int32) int32 {
	nd := &s.node[a]
	if last := s.lastClass(a); last >= 0 && s.isStop(nd.next) && s.requests[nd.next].class != last {
		return s.vehicles[nd.route].disinfect
	}
	return 0
}

// forward carries a change of when visit x begins, or ends, on to what follows.
func (s *search) forward(x int32) {
	for {
		cur := &s.node[x]
		if cur.next < 0 || x == s.end(cur.route) {
			return
		}
		next := &s.node[cur.next]
		t := max(next.ready, cur.early+cur.service+cur.toNext)
		if t == next.early {
			return
		}
		next.early = t
		x = cur.next
	}
}

// backward carries a change of visit x's latest time to what precedes.
func (s *search) backward(x int32) {
	for {
		cur := &s.node[x]
		if x == s.start(cur.route) {
			return
		}
		prev := &s.node[cur.prev]
		t := min(prev.due, cur.late-prev.toNext-prev.service)
		if t == prev.late {
			return
		}
		prev.late = t
		x = cur.prev
	}
}

func (s *search) count(r, by int32) {
	s.stops[r] += by
	if s.stops[r] == 0 {
		s.idle[r>>6] |= 1 << (r & 63)
	} else {
		s.idle[r>>6] &^= 1 << (r & 63)
	}
}

// firstIdle is the first route from a to b, b excluded, with nobody in it; -1: none.
func (s *search) firstIdle(a, b int32) int32 {
	for w := a >> 6; w <= (b-1)>>6; w++ {
		set := s.idle[w]
		if w == a>>6 {
			set &= ^uint64(0) << (a & 63)
		}
		if set != 0 {
			if r := w<<6 + int32(bits.TrailingZeros64(set)); r < b {
				return r
			}
			return -1
		}
	}
	return -1
}

// link makes b follow a.
func (s *search) link(a, b int32) {
	x, y := &s.node[a], &s.node[b]
	x.next, y.prev, x.after, y.before = b, a, y.place, x.place
	x.toNext = s.place.time(x.place, y.place)
	y.fromPrev = x.toNext
}

// remove takes a request out of its route; the route's times are not worked out.
func (s *search) remove(x int32) {
	nd := &s.node[x]
	r, u := nd.route, nd.unload
	s.touch(r)
	a, b := nd.prev, nd.next
	s.cost -= int64(s.node[a].toNext) + int64(nd.toNext)
	q, l := &s.requests[x], &s.trip[u]
	l.add(q, -1)
	if l.stops == 0 { // then b is the unloading
		s.cost -= int64(s.node[u].toNext)
		b = s.node[u].next
		s.dropped = append(s.dropped, u)
		s.node[u].route = -1
	}
	s.link(a, b)
	s.cost += int64(s.node[a].toNext)
	nd.route, nd.unload = -1, -1
	s.count(r, -1)
	s.where[x] = int32(len(s.out))
	s.out = append(s.out, x)
	if s.ledger != nil {
		s.moved = append(s.moved, mark{x, s.ledger.Take(s.parties[x])})
	}
}

// put puts a request where find found.
func (s *search) put(x int32, at spot) {
	a := at.after
	r := s.node[a].route
	s.touch(r)
	q := &s.requests[x]
	nd := &s.node[x]
	b := s.node[a].next
	var u int32
	if at.site < 0 {
		if s.isStop(a) {
			u = s.node[a].unload
		} else {
			u = s.node[b].unload
		}
	} else {
		u = s.spare[len(s.spare)-1]
		s.spare = s.spare[:len(s.spare)-1]
		s.made = append(s.made, u)
		st := &s.sites[at.site]
		s.node[u] = node{route: r, unload: -1, place: st.place, ready: st.opens, due: st.closes}
		s.trip[u] = load{site: at.site, class: q.class}
		s.link(u, b)
		b = u
	}
	l := &s.trip[u]
	l.add(q, 1)
	nd.route, nd.unload = r, u
	s.link(a, x)
	s.link(x, b)
	s.cost += at.cost
	s.count(r, 1)
	s.leaveOut(x)
	if s.ledger != nil {
		s.moved = append(s.moved, mark{x, -1})
		s.ledger.Put(s.parties[x], int(l.site))
	}
	if at.site >= 0 || s.trips > 1 {
		s.times(r)
		return
	}
	// One trip: only x is new.
	prev := &s.node[a]
	nd.early = max(nd.ready, prev.early+prev.service+prev.toNext)
	s.forward(x)
	un := &s.node[u]
	if q.deadline < un.due {
		un.due = q.deadline
	}
	un.service += s.sites[l.site].each * q.people
	s.forward(u)
	un.late = min(un.due, s.node[un.next].late-un.toNext-un.service)
	s.backward(u)
	nd.late = min(nd.due, s.node[b].late-nd.toNext-nd.service)
	s.backward(x)
}

// leave puts a request on the list of those in no route.
func (s *search) leave(x int32) {
	s.where[x] = int32(len(s.out))
	s.out = append(s.out, x)
}

// setAside takes those who yield off the list of those in no route, until the others are planned.
func (s *search) setAside() {
	s.aside = s.aside[:0]
	for x := range s.requests {
		if s.requests[x].yields && s.node[x].route < 0 {
			s.leaveOut(int32(x))
			s.aside = append(s.aside, int32(x))
		}
	}
}

// leaveOut takes a request off the list of those in no route.
func (s *search) leaveOut(x int32) {
	i := s.where[x]
	last := s.out[len(s.out)-1]
	s.out[i] = last
	s.where[last] = i
	s.out = s.out[:len(s.out)-1]
	s.where[x] = -1
}
