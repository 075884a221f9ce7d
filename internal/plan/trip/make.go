package trip

import (
	"fmt"
	"slices"

	"firebreak/internal/plan/bed"
)

// Make plans the day. What cannot be done is no error: the plan says who is not fetched or comes late, and what is short. The error is a [FieldError]
// of a day that makes no sense.
func Make(d Day, o Options) (Plan, error) {
	if err := d.Validate(); err != nil {
		return Plan{}, err
	}
	m, s, err := set(&d, o, false)
	if err != nil {
		return Plan{}, err
	}
	if m.leavesPromised(s) {
		// The plan that is continued fits as it is, but not where somebody may be brought earlier than it says.
		if m, s, err = set(&d, o, true); err != nil {
			return Plan{}, err
		}
	}
	const few = 50 // of so many each is tried everywhere at once
	if len(s.out) > few {
		s.neighbours()
		s.begin()
		m.build(s)
		s.stay()
	}
	if len(s.out) <= few || o.Budget == nil {
		s.begin()
		s.mend(true)
		s.stay()
	}
	s.remember()
	steps := 0
	if o.Budget != nil {
		steps = s.improve(o.Budget, 0, 0, 0.8)
		s.restore()
	}
	late := m.admitLate(s)
	if o.Budget != nil {
		s.remember()
		steps = s.improve(o.Budget, steps, 0.8, 1)
		s.restore()
		if late {
			m.admitLate(s)
		}
	}
	m.yielding(s)
	p := m.plan(s)
	p.Steps, p.Seed = steps, o.Seed
	return p, nil
}

// set makes the problem of a day and the search that begins with the trips that the day begins with: each in time where that can be, or (asPlanned) as
// late as they were planned.
func set(d *Day, o Options, asPlanned bool) (*model, *search, error) {
	m, err := newModel(d, o)
	if err != nil {
		return nil, nil, err
	}
	if o.Fixed {
		m.fixBeds()
	}
	s := newSearch(m.problem, o.Seed)
	s.setAside()
	m.beginWith(s, asPlanned)
	return m, s, nil
}

// yielding puts those in who yield to everybody else: in time where that can be, otherwise as little late as will do. Nobody who was put in before comes late by it, nor later than they do.
func (m *model) yielding(s *search) {
	if len(s.aside) == 0 {
		return
	}
	refused := s.out
	s.out = nil
	for _, x := range s.aside {
		s.leave(x)
	}
	s.aside = nil
	s.begin()
	s.mend(true)
	s.stay()
	m.admitLate(s)
	for _, x := range refused {
		s.leave(x)
	}
}

// leavesPromised reports whether somebody who was promised a time, and is in one of the trips that the day begins with, is in none now.
func (m *model) leavesPromised(s *search) bool {
	begun := map[string]bool{}
	for _, b := range m.day.Begin {
		for _, id := range b.Requests {
			begun[id] = true
		}
	}
	for _, x := range s.out {
		if q := &m.day.Requests[m.request[x]]; q.Promised != nil && begun[q.ID] {
			return true
		}
	}
	return false
}

// build puts everybody in, in an order drawn at random, beside neighbours first, and each where beds chosen without thinking of vehicles would have
// them: the search sets out from beds that are near as a whole.
func (m *model) build(s *search) {
	given := make([]*request, len(m.requests))
	fixed := m.nearBeds()
	all := make([]request, len(m.requests))
	copy(all, m.requests)
	for _, x := range s.out {
		if at, is := fixed[x]; is {
			given[x] = &all[x]
			m.only(x, at)
		}
	}
	s.build()
	for x, q := range given {
		if q != nil {
			m.requests[x].sites, m.requests[x].reach = q.sites, q.reach
		}
	}
}

// nearBeds is the site of each request if beds are given out nearest first.
func (m *model) nearBeds() map[int32]int32 {
	parties := make([]bed.Party, 0, len(m.request))
	held := map[string]bed.Assignment{}
	for i := range m.day.Requests {
		q := &m.day.Requests[i]
		if m.party[i] >= 0 || q.Stay != nil {
			parties = append(parties, q.Party)
		}
		if q.Stay != nil {
			held[q.ID] = *q.Stay
		}
	}
	site := map[string]int32{}
	for i, x := range m.day.Sites {
		site[x.ID] = int32(i)
	}
	request := map[string]int32{}
	for i, j := range m.request {
		request[m.day.Requests[j].ID] = int32(i)
	}
	out := map[int32]int32{}
	for _, a := range bed.Assign(m.day.Sites, parties, bed.Options{Held: held, Full: m.day.Full}).Beds {
		if x, is := request[a.Party]; is {
			out[x] = site[a.Site]
		}
	}
	return out
}

// only leaves the request one site.
func (m *model) only(x, at int32) {
	q := &m.requests[x]
	q.reach = []int32{at}
	q.sites = make([]bool, len(m.sites))
	q.sites[at] = true
}

// beginWith puts the trips in that the day begins with, and whoever is in a vehicle; those who were promised a time stay where they are.
func (m *model) beginWith(s *search, asPlanned bool) {
	route := map[string]map[int]int32{}
	for r, x := range m.shift {
		id := m.day.Vehicles[x.vehicle].ID
		if route[id] == nil {
			route[id] = map[int]int32{}
		}
		route[id][x.shift] = int32(r)
	}
	index := map[string]int32{}
	for i, j := range m.request {
		index[m.day.Requests[j].ID] = int32(i)
	}
	aboard := make([][]int32, len(m.vehicles))
	for i := range m.requests {
		if r := m.requests[i].aboard; r >= 0 {
			aboard[r] = append(aboard[r], int32(i))
		}
	}
	sites := map[string]int32{}
	for i, x := range m.day.Sites {
		sites[x.ID] = int32(i)
	}
	first := make([]int32, len(m.vehicles)) // where those aboard were going
	for r := range first {
		first[r] = -1
	}
	for _, b := range m.day.Begin {
		if r, is := route[b.Vehicle][b.Shift]; is && first[r] < 0 {
			first[r] = sites[b.Site]
		}
	}
	for r := range aboard {
		if len(aboard[r]) > 0 {
			m.bring(s, int32(r), aboard[r], first[r])
		}
	}
	var relaxed []eased
	if asPlanned {
		for _, b := range m.day.Begin {
			if r, is := route[b.Vehicle][b.Shift]; is {
				for _, id := range b.Requests {
					if x, is := index[id]; is {
						relaxed = append(relaxed, m.ease(s, r, x))
					}
				}
			}
		}
	}
	for _, b := range m.day.Begin {
		r, is := route[b.Vehicle][b.Shift]
		if !is {
			continue
		}
		var list, whole []int32
		joins := false
		for _, id := range b.Requests {
			x, is := index[id]
			if is {
				whole = append(whole, x)
			}
			switch {
			case !is || m.requests[x].yields || s.node[x].route >= 0 && m.requests[x].aboard < 0:
			case m.requests[x].aboard >= 0:
				joins = true // the trip is there already
			default:
				list = append(list, x)
			}
		}
		m.follow(s, r, list, whole, sites[b.Site], joins, &relaxed)
	}
	m.tighten(s, relaxed)
	for i, j := range m.request {
		if m.requests[i].aboard >= 0 || m.day.Requests[j].Promised != nil && s.node[i].route >= 0 {
			s.locked[i] = true
		}
	}
}

// follow appends a trip to the route, or lengthens its last one (joins), if that can be kept; whoever does not fit is left for the search. whole is
// everybody of the trip: who was promised it may make the others late, as the plan that is continued does.
func (m *model) follow(s *search, r int32, list, whole []int32, site int32, joins bool, eased *[]eased) {
	own := !joins
	for _, x := range list {
		s.begin()
		was := s.cost
		clear(s.fit)
		at := spot{after: s.node[s.end(r)].prev, site: site}
		if !own && s.isUnload(at.after) { // it is none if there are no beds for those aboard
			at.after, at.site = s.node[at.after].prev, -1 // before the last unloading
		}
		fits := m.fill(s, r, x, at)
		if !fits && m.day.Requests[m.request[x]].Promised != nil {
			s.undo(was)
			s.begin()
			clear(s.fit)
			for _, y := range whole {
				*eased = append(*eased, m.ease(s, r, y))
			}
			fits = m.fill(s, r, x, at)
		}
		if fits {
			s.stay()
			own = false
		} else {
			s.undo(was)
		}
	}
}

// eased is what a request and a vehicle had for limits before they were lifted.
type eased struct {
	x, r               int32
	due, deadline, end int32
}

// ease lifts the limits of a request, and of the vehicle that is to fetch it: the plan that is continued has it late already.
func (m *model) ease(s *search, r, x int32) eased {
	q, v := &m.requests[x], &m.vehicles[r]
	e := eased{x, r, q.due, q.deadline, v.end}
	q.due, q.deadline, v.end = never, never, never
	s.node[x].due, s.node[s.end(r)].due = never, never
	s.times(r)
	return e
}

// tighten sets limits that were lifted to what has been reached, so that nothing gets later still.
func (m *model) tighten(s *search, list []eased) {
	slices.Reverse(list) // a vehicle's first limit is the one that counts
	for _, e := range list {
		q, v := &m.requests[e.x], &m.vehicles[e.r]
		q.due, q.deadline = e.due, e.deadline
		if s.node[e.x].route >= 0 {
			q.due = max(e.due, s.node[e.x].early)
			q.deadline = max(e.deadline, s.node[s.node[e.x].unload].early)
		}
		v.end = max(e.end, s.node[s.end(e.r)].early)
		s.node[e.x].due, s.node[s.end(e.r)].due = q.due, v.end
	}
	for _, e := range list {
		s.times(e.r)
	}
}

// fill puts the request there and reports whether the route can be driven so; the caller undoes it if not.
func (m *model) fill(s *search, r, x int32, at spot) bool {
	q := &m.requests[x]
	v := &m.vehicles[r]
	from := &s.node[at.after]
	place, next := from.place, from.after
	to := s.place.time(x, next)
	if at.site >= 0 {
		st := m.sites[at.site].place
		to = s.place.time(x, st) + s.place.time(st, next)
		if !s.allows(x, at.site) || !v.carries(q.class) || q.need[0] > v.seats[0] || q.need[1] > v.seats[1] || q.need[2] > v.seats[2] {
			return false
		}
	} else if !s.isStop(at.after) || !s.takes(x, q, from.unload, r) {
		return false
	}
	at.cost = int64(s.place.time(place, x)) + int64(to) - int64(from.toNext)
	s.put(x, at)
	for y := s.start(r); ; y = s.node[y].next {
		if s.node[y].early > s.node[y].late {
			return false
		}
		if y == s.end(r) {
			return true
		}
	}
}

// bring lets those who are in a vehicle off first: where they were going, in time or not, since another site's beds may be promised to others; else at the
// nearest site with beds for all, in time if that can be. Where there is none they are refused, and the vehicle does nothing.
func (m *model) bring(s *search, r int32, list []int32, first int32) {
	order := slices.Clone(m.requests[list[0]].reach)
	if i := slices.Index(order, first); i >= 0 {
		if m.letOff(s, r, list, first, false) || m.letOff(s, r, list, first, true) {
			return
		}
		order = slices.Delete(order, i, i+1)
	}
	for _, late := range []bool{false, true} {
		for _, site := range order {
			if m.letOff(s, r, list, site, late) {
				return
			}
		}
	}
	for other, x := range m.shift { // nowhere to bring them: nobody else gets in, whoever drives
		if x.vehicle == m.shift[r].vehicle {
			m.vehicles[other].seats = [3]int32{}
		}
	}
}

// letOff has those in a vehicle let off at a site first, late if that may be, and reports whether they can be.
func (m *model) letOff(s *search, r int32, list []int32, site int32, late bool) bool {
	deadlines := make([]int32, len(list))
	for i, x := range list {
		deadlines[i] = m.requests[x].deadline
		if late {
			m.requests[x].deadline = never
		}
	}
	if late {
		s.node[s.end(r)].due = never
		s.times(r)
	}
	s.begin()
	was, ok := s.cost, true
	after := s.start(r)
	for i, x := range list {
		clear(s.fit)
		at := spot{after: after, site: -1}
		if i == 0 {
			at.site = site
		}
		if ok = s.allows(x, site) && m.fill(s, r, x, at); !ok {
			break
		}
		after = x
	}
	if ok {
		s.stay()
		m.vehicles[r].end = max(m.vehicles[r].end, s.node[s.end(r)].early)
		for i, x := range list { // as late as that and no later: nobody is driven about while others are fetched
			q := &m.requests[x]
			q.deadline = max(deadlines[i], min(q.deadline, s.node[s.node[x].unload].early))
		}
	} else {
		s.undo(was)
		for i, x := range list {
			m.requests[x].deadline = deadlines[i]
		}
	}
	s.node[s.end(r)].due = m.vehicles[r].end
	s.times(r)
	return ok
}

// admitLate lets those come late who cannot come in time, by as little as will do, and then no later than they do; it reports whether there were any.
func (m *model) admitLate(s *search) bool {
	if len(s.out) == 0 {
		return false
	}
	type limit struct{ due, deadline int32 }
	was := map[int32]limit{}
	for _, x := range s.out {
		was[x] = limit{m.requests[x].due, m.requests[x].deadline}
	}
	for _, minutes := range []float64{15, 30, 60, 120, 240, 480, 960, 1920, maxMinutes} {
		if len(s.out) == 0 {
			break
		}
		for _, x := range s.out {
			q := &m.requests[x]
			q.due, q.deadline = min(never, was[x].due+seconds(minutes)), min(never, was[x].deadline+seconds(minutes))
			s.node[x].due = q.due
		}
		s.begin()
		s.mend(true)
		s.stay()
	}
	for x, w := range was {
		q := &m.requests[x]
		if s.node[x].route < 0 {
			continue
		}
		q.due, q.deadline = max(w.due, min(q.due, s.node[x].early)), max(w.deadline, min(q.deadline, s.node[s.node[x].unload].early))
		s.node[x].due = q.due
	}
	for r := range m.vehicles {
		s.times(int32(r))
	}
	return true
}

func noSeats(q *Request, need [3]int32) bed.Unplaced {
	return bed.Unplaced{Party: q.ID, People: len(q.People), Short: ShortSeats,
		Meaning: fmt.Sprintf("no vehicle for a %s has %d seats, %d places for wheelchairs and %d for stretchers; a household is not divided", q.Class, need[0], need[1], need[2])}
}

// fixBeds leaves each request only the site that it gets when beds are chosen without thinking of vehicles.
func (m *model) fixBeds() {
	for x, at := range m.nearBeds() {
		m.only(x, at)
	}
}

// build puts everybody in, in an order drawn at random, beside neighbours first.
func (s *search) build() {
	s.order = append(s.order[:0], s.out...)
	s.sort()
	for _, x := range slices.Clone(s.order) {
		if at := s.find(x, false); at.after >= 0 {
			s.put(x, at)
		}
	}
}
