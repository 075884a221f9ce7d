package trip

import (
	"math"
)

// spot is where a request may go: after a visit, in the trip there or (site >= 0) as a trip of its own.
type spot struct {
	cost        int64
	after, site int32
}

// allows reports whether the site has a bed for the request that is being put in.
func (s *search) allows(x, at int32) bool {
	if s.fit[at] == 0 {
		s.fit[at] = 2
		if s.requests[x].sites[at] && (s.ledger == nil || s.ledger.Fits(s.parties[x], int(at))) {
			s.fit[at] = 1
		}
	}
	return s.fit[at] == 1
}

// find looks for the cheapest place of a request; all: in all routes, not only beside its neighbours.
func (s *search) find(x int32, all bool) spot {
	best := spot{math.MaxInt64, -1, -1}
	if s.requests[x].aboard >= 0 {
		return best // there is only one place for those, which they have
	}
	clear(s.fit)
	s.look++
	q := &s.requests[x]
	row, column := s.place.row(x), s.place.column(x)
	var near []pair
	if len(s.near) > 0 { // they are listed only when there is much to search
		near = s.near[x]
	}
	done, half := q.ready+q.service, int32(never)
	for i := range near {
		p := &near[i]
		nd := &s.node[p.stop]
		// Nearly all places are passed over on what the stop itself says, by the sign of one number each: it is in no route, or one of the two would be
		// late, or x is so much further from the stop than its neighbour is that the way round costs too much whatever the other leg is.
		before := nd.route | (nd.late - p.to - done) | (half - p.to + nd.fromPrev)
		after := nd.route | (q.due - p.from - nd.early - nd.service) | (half - p.from + nd.toNext)
		if before&after >= 0 {
			s.beside(x, q, p, before >= 0, after >= 0, row, column, &best)
			half = int32(min(never, (best.cost-1)>>1))
		}
	}
	if s.trips > 1 { // once there is a place that these must beat
		for i := range near[:min(ownTrips, len(near))] {
			nd := &s.node[near[i].stop]
			if nd.route >= 0 && (q.vehicle < 0 || q.vehicle == nd.route) {
				s.ownTrip(x, q, nd.unload, &best)
				if !s.isStop(nd.prev) && s.requests[near[i].stop].aboard < 0 {
					s.ownTrip(x, q, nd.prev, &best)
				}
			}
		}
	}
	s.idleRoutes(x, q, &best)
	if s.trips > 1 {
		s.anyTrips(x, q, &best)
	}
	if all || best.after < 0 && s.rng.below(100) == 0 {
		s.everywhere(x, q, &best)
	}
	return best
}

// blinks says that a place is passed over.
func (s *search) blinks() bool {
	if s.pass--; s.pass >= 0 {
		return false
	}
	s.pass = int32(math.Log(1-s.rng.unit()) / math.Log(1-blink))
	return true
}

// beside tries the places before and after a stop, or one of them, in its trip.
func (s *search) beside(x int32, q *request, p *pair, before, after bool, row, column []int32, best *spot) {
	nd := &s.node[p.stop]
	if q.vehicle >= 0 && q.vehicle != nd.route {
		return
	}
	if before && !s.blinks() {
		way := s.way(column, nd.before, x, nd.before)
		if c := int64(way + p.to - nd.fromPrev); c < best.cost && s.requests[p.stop].aboard < 0 && s.takes(x, q, nd.unload, nd.route) && s.inTime(x, q, nd.prev, way, p.to, nd.unload) {
			*best = spot{c, nd.prev, -1}
		}
	}
	if after && !s.blinks() {
		to := s.way(row, x, nd.after, nd.after)
		if c := int64(p.from + to - nd.toNext); c < best.cost && !s.fixed(nd.next) && s.takes(x, q, nd.unload, nd.route) && s.inTime(x, q, p.stop, p.from, to, nd.unload) {
			*best = spot{c, p.stop, -1}
		}
	}
}

// way is how long it is from i to j: place k of the row or column of a table, if there is one.
func (s *search) way(line []int32, i, j, k int32) int32 {
	if line != nil {
		return line[k]
	}
	return s.place.time(i, j)
}

// takes reports whether the trip that unloads at u has seats for the request, carries its class, and goes where there is a bed for it.
func (s *search) takes(x int32, q *request, u, r int32) bool {
	l, seats := &s.trip[u], &s.vehicles[r].seats
	return l.need[0]+q.need[0] <= seats[0] && l.need[1]+q.need[1] <= seats[1] && l.need[2]+q.need[2] <= seats[2] && l.class == q.class && s.allows(x, l.site)
}

// inTime reports whether the request can be fetched after visit a, in the trip that unloads at u.
func (s *search) inTime(x int32, q *request, a, way, to, u int32) bool {
	from := &s.node[a]
	t := max(q.ready, from.early+from.service+way)
	if t > q.due {
		return false
	}
	t += q.service + to
	b := from.next
	next := &s.node[b]
	if t > next.late {
		return false
	}
	at := &s.node[u]
	each := s.sites[s.trip[u].site].each
	if q.deadline >= at.late && each == 0 {
		return true // it is off in time if the others are
	}
	t = max(t, next.ready)
	for b != u {
		t += next.service + next.toNext
		b = next.next
		next = &s.node[b]
		t = max(t, next.ready)
	}
	if t > q.deadline {
		return false
	}
	return t+at.service+each*q.people+at.toNext <= s.node[at.next].late
}

// ownTrip tries a trip of the request alone after visit a, which begins the route or ends a trip.
func (s *search) ownTrip(x int32, q *request, a int32, best *spot) {
	from := &s.node[a]
	if r := from.route; q.vehicle >= 0 && q.vehicle != r {
		return
	}
	v := &s.vehicles[from.route]
	if !v.carries(q.class) || q.need[0] > v.seats[0] || q.need[1] > v.seats[1] || q.need[2] > v.seats[2] {
		return
	}
	if s.looked[a] == s.look { // several neighbours lead here
		return
	}
	s.looked[a] = s.look
	if s.blinks() {
		return
	}
	way := s.place.time(from.place, x)
	if int64(way)+int64(s.nearest[x])-int64(from.toNext) >= best.cost {
		return
	}
	leave := from.early + from.service
	if last := s.lastClass(a); last >= 0 { // with or without disinfecting
		if s.isStop(from.next) && s.requests[from.next].class != last {
			leave -= v.disinfect
		}
		if q.class != last {
			leave += v.disinfect
		}
	}
	t := max(q.ready, leave+way)
	if t > q.due {
		return
	}
	t += q.service
	next := &s.node[from.next]
	goesOn := s.isStop(from.next)
	disinfect := int32(0)
	if goesOn && s.requests[from.next].class != q.class {
		disinfect = v.disinfect
	}
	tried := 0
	for _, at := range q.reach {
		if !s.allows(x, at) || s.blinks() {
			continue
		}
		if tried++; tried > mostSites {
			return
		}
		to, on := s.siteWay(x, at)[0], int32(0)
		if goesOn {
			on = s.siteWay(from.next, at)[1]
		} else {
			on = s.place.time(s.sites[at].place, next.place)
		}
		c := int64(way) + int64(to) + int64(on) - int64(from.toNext)
		if c >= best.cost {
			continue
		}
		st := &s.sites[at]
		arrive := max(st.opens, t+to)
		if arrive > q.deadline || arrive > st.closes {
			continue
		}
		if arrive+st.unload+st.each*q.people+disinfect+on <= next.late {
			*best = spot{c, a, at}
		}
	}
}

// siteWay is how long it is from a request to a site, and from there to the request.
func (s *search) siteWay(x, at int32) *[2]int32 { return &s.siteWays[int(x)*len(s.sites)+int(at)] }

// idleRoutes tries the first idle vehicle of each kind.
func (s *search) idleRoutes(x int32, q *request, best *spot) {
	for _, k := range s.kinds {
		a, b := k[0], k[1]
		if q.vehicle >= 0 {
			if q.vehicle < a || q.vehicle >= b {
				continue
			}
			a, b = q.vehicle, q.vehicle+1
		}
		if r := s.firstIdle(a, b); r >= 0 {
			s.ownTrip(x, q, s.start(r), best)
		}
	}
}

// anyTrips tries a trip after some others, of either class and anywhere: a vehicle may go on with the other class, of which no neighbour is.
func (s *search) anyTrips(x int32, q *request, best *spot) {
	const some = 4
	n := int32(len(s.requests))
	for i := range min(some*4, n) {
		y := i
		if n > some*4 {
			if i >= some {
				return
			}
			y = s.rng.below(n)
		}
		nd := &s.node[y]
		if nd.route < 0 {
			continue
		}
		s.ownTrip(x, q, nd.unload, best)
		if !s.isStop(nd.prev) && s.requests[y].aboard < 0 {
			s.ownTrip(x, q, nd.prev, best)
		}
	}
}

// everywhere tries every place in every route.
func (s *search) everywhere(x int32, q *request, best *spot) {
	for r := range s.vehicles {
		if s.stops[r] == 0 || q.vehicle >= 0 && q.vehicle != int32(r) {
			continue
		}
		a := s.start(int32(r))
		if s.node[a].early+s.place.time(s.node[a].place, x) > q.due {
			continue
		}
		for y := a; y != s.end(int32(r)); y = s.node[y].next {
			nd := &s.node[y]
			if nd.early > q.due {
				break
			}
			if s.trips > 1 && !s.isStop(y) && (y != a || !s.fixed(nd.next)) {
				s.ownTrip(x, q, y, best)
			}
			if s.isStop(nd.next) || s.isStop(y) {
				s.after(x, q, y, best)
			}
		}
	}
}

// fixed reports whether the visit is of people who are already in the vehicle.
func (s *search) fixed(x int32) bool { return s.isStop(x) && s.requests[x].aboard >= 0 }

// after tries the place after visit y, in the trip there.
func (s *search) after(x int32, q *request, y int32, best *spot) {
	nd := &s.node[y]
	if s.fixed(nd.next) {
		return
	}
	u := nd.unload
	if !s.isStop(y) {
		u = s.node[nd.next].unload
	}
	if !s.takes(x, q, u, nd.route) {
		return
	}
	way, to := s.place.time(nd.place, x), s.place.time(x, s.node[nd.next].place)
	if c := int64(way) + int64(to) - int64(nd.toNext); c < best.cost && s.inTime(x, q, y, way, to, u) {
		*best = spot{c, y, -1}
	}
}
