package trip

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// ruin takes strings of stops out of routes near a random one.
func (s *search) ruin() {
	n := int32(len(s.requests))
	in := n - int32(len(s.out))
	if in == 0 {
		return
	}
	seed := s.rng.below(n)
	used := len(s.vehicles)
	for _, w := range s.idle {
		used -= bits.OnesCount64(w)
	}
	limit := min(float64(longest), max(4, float64(in)/float64(used)))
	strings := int(1 + s.rng.unit()*(4*removed/(1+limit)-1))
	take := func(x int32) {
		r := s.node[x].route
		most := min(limit, float64(s.stops[r]))
		s.string(x, int32(1+s.rng.unit()*most))
		s.times(r)
		strings--
	}
	if left := int32(len(s.out)); left > 0 && s.rng.below(4) == 0 {
		seed = s.out[s.rng.below(left)]
		if y := s.inTheWay(seed); y >= 0 {
			take(y)
		}
	}
	if s.node[seed].route >= 0 {
		take(seed)
		if s.trips > 1 && s.rng.below(4) == 0 {
			if y := s.rival(seed); y >= 0 && s.seen[s.node[y].route] != s.step {
				take(y)
			}
		}
	}
	for _, x := range s.closeTo(seed) {
		if strings <= 0 {
			break
		}
		if r := s.node[x].route; r >= 0 && s.seen[r] != s.step {
			take(x)
		}
	}
}

// inTheWay is a request in a vehicle that could carry x, who is in none, at about the time, or -1: special seats are few, and seldom near.
func (s *search) inTheWay(x int32) int32 {
	q := &s.requests[x]
	for range 30 {
		y := s.rng.below(int32(len(s.requests)))
		nd := &s.node[y]
		if nd.route < 0 || nd.late < q.ready || nd.early > min(q.due, q.deadline) {
			continue
		}
		v := &s.vehicles[nd.route]
		if v.carries(q.class) && q.need[0] <= v.seats[0] && q.need[1] <= v.seats[1] && q.need[2] <= v.seats[2] {
			return y
		}
	}
	return -1
}

// rival is a request that has a bed at the site nearest to x and would lose little elsewhere, or -1. The two live far from each other, and only if both
// are taken out can they change beds.
func (s *search) rival(x int32) int32 {
	reach := s.requests[x].reach
	if len(reach) == 0 {
		return -1
	}
	best, most := int32(-1), int32(math.MinInt32)
	for range 30 {
		y := s.rng.below(int32(len(s.requests)))
		if s.node[y].route < 0 || s.trip[s.node[y].unload].site != reach[0] || s.requests[y].class != s.requests[x].class {
			continue
		}
		if d := s.siteWay(y, reach[0])[0] - s.nearest[y]; d > most {
			best, most = y, d
		}
	}
	return best
}

// string takes l stops that stand together, x among them, out of x's route, leaving some in the middle of a longer string now and then.
func (s *search) string(x, l int32) {
	r := s.node[x].route
	l = min(l, s.stops[r])
	leave := int32(0)
	if l > 1 && l < s.stops[r] && s.rng.unit() < splitting {
		for leave = 1; l+leave < s.stops[r] && s.rng.unit() > splitMore; {
			leave++
		}
	}
	span := l + leave
	first := x
	for back := s.rng.below(span); back > 0; back-- {
		y := s.node[first].prev
		for s.isUnload(y) {
			y = s.node[y].prev
		}
		if !s.isStop(y) {
			break
		}
		first = y
	}
	skip := int32(-1)
	if leave > 0 {
		skip = 1 + s.rng.below(l)
	}
	for i := int32(0); l > 0 && s.node[first].route == r || l > 0 && s.isUnload(first); i++ {
		next := s.node[first].next
		if s.isUnload(first) {
			first = next
			i--
			continue
		}
		if !s.isStop(first) {
			break
		}
		after := next
		for s.isUnload(after) {
			after = s.node[after].next
		}
		if (i < skip || i >= skip+leave || skip < 0) && !s.locked[first] {
			s.remove(first)
			l--
		}
		first = after
	}
}

// mend puts back whoever is out, in an order drawn at random from a few.
func (s *search) mend(all bool) {
	s.order = append(s.order[:0], s.out...)
	if len(s.order) > 60 && !all { // many have no place: try some of them
		for i := range 60 {
			j := int32(i) + s.rng.below(int32(len(s.order)-i))
			s.order[i], s.order[j] = s.order[j], s.order[i]
		}
		s.order = s.order[:60]
	}
	s.sort()
	for _, x := range s.order {
		if at := s.find(x, all); at.after >= 0 {
			s.put(x, at)
		}
	}
}

func (s *search) sort() {
	way := s.rng.below(17)
	if cap(s.keys) < len(s.requests) {
		s.keys = make([]int64, len(s.requests))
	}
	for _, x := range s.order {
		q := &s.requests[x]
		var k int64
		switch {
		case way < 4:
			k = int64(s.rng.next() >> 33)
		case way < 8:
			k = -int64(q.need[0] + 4*q.need[1] + 8*q.need[2])
		case way < 10:
			k = -int64(s.nearest[x])
		case way < 11:
			k = int64(s.nearest[x])
		case way < 13:
			k = int64(q.due) - int64(q.ready)
		case way < 15:
			k = int64(q.ready)
		default:
			k = -int64(min(q.due, q.deadline))
		}
		s.keys[x] = k
	}
	slices.SortFunc(s.order, func(a, b int32) int { return cmp.Or(cmp.Compare(s.keys[a], s.keys[b]), cmp.Compare(a, b)) })
}

// moveSites sends trips of the routes that this step has touched to another site where that is nearer.
func (s *search) moveSites() {
	for i := range s.saved {
		r := s.saved[i].route
		for x := s.node[s.start(r)].next; x != s.end(r); x = s.node[x].next {
			if s.isUnload(x) {
				s.moveSite(r, x)
			}
		}
	}
}

func (s *search) moveSite(r, u int32) {
	un := &s.node[u]
	last, l := un.prev, &s.trip[u]
	tried := 0
	for _, at := range s.requests[last].reach {
		if tried++; tried > mostSites {
			return
		}
		st := &s.sites[at]
		to, on := s.siteWay(last, at)[0], s.place.time(st.place, un.after)
		gain := int64(un.fromPrev+un.toNext) - int64(to+on)
		if at == l.site || gain <= 0 {
			continue
		}
		arrive := max(st.opens, s.node[last].early+s.node[last].service+to)
		due := st.closes
		possible := true
		for x := last; s.isStop(x); x = s.node[x].prev {
			due = min(due, s.requests[x].deadline)
			possible = possible && s.requests[x].sites[at]
		}
		if !possible || arrive > due || arrive+st.unload+st.each*l.people+s.disinfect(u)+on > s.node[un.next].late || !s.moveBeds(last, at) {
			continue
		}
		s.cost -= gain
		l.site = at
		un.place, un.ready, un.due = st.place, st.opens, st.closes
		s.link(last, u)
		s.link(u, un.next)
		s.times(r)
	}
}

// moveBeds gives beds at another site to all of the trip whose last stop is given; false: nothing has changed.
func (s *search) moveBeds(last, at int32) bool {
	if s.ledger == nil {
		return true
	}
	from := len(s.moved)
	for x := last; s.isStop(x); x = s.node[x].prev {
		s.moved = append(s.moved, mark{x, s.ledger.Take(s.parties[x])})
	}
	n := len(s.moved)
	for i := from; i < n; i++ {
		x := s.moved[i].request
		if !s.ledger.Put(s.parties[x], int(at)) {
			for j := from; j < n; j++ { // whoever was put there is taken out first: beds are restored only when they are free
				s.ledger.Take(s.parties[s.moved[j].request])
			}
			for j := from; j < n; j++ {
				s.ledger.Restore(s.parties[s.moved[j].request], s.moved[j].was)
			}
			s.moved = s.moved[:from]
			return false
		}
	}
	for i := from; i < n; i++ {
		s.moved = append(s.moved, mark{s.moved[i].request, -1})
	}
	return true
}
