package trip

import (
	"math"
)

// How the search works: slack induction by string removals (Christiaens and Vanden Berghe, Transportation Science 54, 2020). A step takes strings of
// stops that lie near each other out of a few routes and puts them back one by one where they cost least, looking only beside stops that fit in place and
// time and passing over a place now and then; annealing decides whether the step stays. What is ours: several trips a route, each with a site that is
// chosen with the beds there, steps that are undone from a journal instead of copying the solution, and between them, where a route is one trip, routes
// that exchange their tails or fall into two; where it is several, trips to one site that exchange theirs.
const (
	beside    = 40   // stops beside which a stop is tried
	ownTrips  = 6    // of these, after whose trips one of its own is tried
	mostSites = 4    // tried for a trip
	blink     = 0.01 // chance that a place is passed over
	removed   = 10   // stops taken out in a step, on average
	longest   = 10   // string
	splitting = 0.5  // chance that a string leaves some of its stops in place
	splitMore = 0.01
	crossings = 2     // stops a step beside which two routes may exchange their tails
	swaps     = 5     // stops a step beside which two trips of a day may exchange theirs
	hottest   = 1     // temperature at the start, in ways between neighbours
	coldest   = 0.025 // and at the end; both for a search of seconds to a minute, tried on six instances of 1,000 customers and a day of 2,000 households
)

// node is a visit: a request's, the start or the end of a route, or an unloading at a site.
type node struct {
	next, prev  int32
	route       int32 // -1: nowhere
	unload      int32 // the visit at which its people get off
	early, late int32 // the visit begins not before and not after
	service     int32
	toNext      int32 // the way on
	fromPrev    int32
	place       int32
	before      int32 // place of prev, of next: with these a node fills one line of the cache, and most places are passed over on what it says
	after       int32
	ready, due  int32
	_           [2]int32
}

// load is what a trip carries.
type load struct {
	need   [3]int32
	people int32
	stops  int32
	site   int32
	class  int8
}

// add counts a request in, or with by = -1 out.
func (l *load) add(q *request, by int32) {
	l.stops += by
	l.people += by * q.people
	for i, n := range q.need {
		l.need[i] += by * n
	}
}

// plus counts another load in, or out.
func (l *load) plus(o *load, by int32) {
	l.stops += by * o.stops
	l.people += by * o.people
	for i, n := range o.need {
		l.need[i] += by * n
	}
}

type search struct {
	*problem
	rng    random
	node   []node
	trip   []load // of an unloading, by its node
	spare  []int32
	near   [][]pair // beside which a request is put
	ground ground
	close  [][]int32  // requests near a request, nearest first: strings are taken there; nil where nobody asked yet
	stops  []int32    // requests of a route
	idle   []uint64   // a bit a route: nobody is in it
	kinds  [][2]int32 // the routes of vehicles that are alike
	out    []int32    // requests in no route
	aside  []int32    // requests that yield, while the others are planned: in no route, and not in out
	where  []int32    // of a request in out, or -1
	cost   int64      // travel of all routes

	// Of one step, to undo it.
	step     int32
	seen     []int32 // by route: the step that touched it last
	saved    []keep
	visits   []node
	ids      []int32
	loads    []load
	made     []int32 // unloadings of this step
	dropped  []int32 // unloadings that will be spare when the step stays
	moved    []mark
	outSaved []int32

	best     [][]int32 // routes of the best solution: nodes in order, unloadings as -1-site
	bestMark []int     // where everybody's bed is in it
	bestCost int64
	bestOut  int
	dirty    []bool

	pass     int32 // places to be tried before one is passed over
	look     int32
	looked   []int32 // by visit: the last look for a place that tried a trip after it
	siteWays [][2]int32
	nearest  []int32 // by request: the way to the nearest site
	fit      []int8  // by site, of the request that is being put in: 0 not known, 1 yes, 2 no
	order    []int32
	keys     []int64
	locked   []bool // requests that stay where they are
}

func (s *search) start(r int32) int32 { return int32(len(s.requests)) + 2*r }

func (s *search) end(r int32) int32 { return int32(len(s.requests)) + 2*r + 1 }

// isStop reports whether the visit is a request's.
func (s *search) isStop(x int32) bool { return x < int32(len(s.requests)) }

// isUnload reports whether the visit is an unloading.
func (s *search) isUnload(x int32) bool { return x >= int32(len(s.requests)+2*len(s.vehicles)) }

func newSearch(p *problem, seed uint64) *search {
	n, m := len(p.requests), len(p.vehicles)
	s := &search{
		problem: p, rng: random{seed}, node: make([]node, 2*n+2*m+64), trip: make([]load, 2*n+2*m+64), stops: make([]int32, m), idle: make([]uint64, m/64+1),
		where: make([]int32, n), seen: make([]int32, m), best: make([][]int32, m), bestMark: make([]int, n), dirty: make([]bool, m), fit: make([]int8, len(p.sites)), locked: make([]bool, n),
	}
	for i := int32(len(s.node)) - 1; i >= int32(n+2*m); i-- {
		s.spare = append(s.spare, i)
	}
	for i := range p.requests {
		q := &p.requests[i]
		s.node[i] = node{route: -1, unload: -1, place: int32(i), service: q.service, ready: q.ready, due: q.due}
		s.where[i] = int32(len(s.out))
		s.out = append(s.out, int32(i))
	}
	s.looked, s.nearest = make([]int32, len(s.node)), make([]int32, n)
	s.siteWays = make([][2]int32, n*len(p.sites))
	for i := range int32(n) {
		for k := range p.sites {
			*s.siteWay(i, int32(k)) = [2]int32{p.place.time(i, p.sites[k].place), p.place.time(p.sites[k].place, i)}
		}
	}
	for i := range p.requests {
		if reach := p.requests[i].reach; len(reach) > 0 {
			s.nearest[i] = p.place.time(int32(i), p.sites[reach[0]].place)
		}
	}
	for r := range p.vehicles {
		v := &p.vehicles[r]
		a, b := s.start(int32(r)), s.end(int32(r))
		way := p.place.time(v.from, v.to)
		s.node[a] = node{next: b, route: int32(r), unload: -1, early: v.start, toNext: way, place: v.from, after: v.to, ready: v.start, due: v.end}
		s.node[b] = node{prev: a, route: int32(r), unload: -1, fromPrev: way, place: v.to, before: v.from, ready: v.start, due: v.end}
		s.times(int32(r))
		s.idle[r>>6] |= 1 << (r & 63)
		s.seen[r] = -1
		s.dirty[r] = true
		if k := len(s.kinds); k == 0 || p.vehicles[s.kinds[k-1][0]].kind != v.kind {
			s.kinds = append(s.kinds, [2]int32{int32(r), int32(r) + 1})
		} else {
			s.kinds[k-1][1] = int32(r) + 1
		}
	}
	return s
}

// improve searches from one share of the budget to another, or until nothing is left out (full), from a step on, and returns the next step.
func (s *search) improve(b Budget, step int, from, to float64) int {
	if len(s.near) == 0 {
		s.neighbours()
	}
	hot, cold := s.scale()*hottest, s.scale()*coldest
	temperature := hot
	for ; ; step++ {
		if step&63 == 0 {
			share := b(step)
			if share >= to {
				return step
			}
			temperature = hot * math.Pow(cold/hot, max(from, share))
		}
		was, before := s.cost, s.total()
		s.begin()
		s.ruin()
		s.mend(false)
		if s.trips > 1 {
			s.moveSites()
		}
		if t := s.total(); float64(t) < float64(before)-temperature*math.Log(1-s.rng.unit()) {
			s.stay()
			if t < s.bestCost {
				s.remember()
			}
		} else {
			s.undo(was)
		}
		if s.trips == 1 {
			for range crossings {
				s.cross(temperature)
			}
		} else {
			for range swaps {
				s.swap(temperature)
			}
		}
	}
}
