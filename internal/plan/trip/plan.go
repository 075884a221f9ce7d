package trip

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"slices"

	"firebreak/internal/plan/bed"
)

// drive is a route as it is being driven through: where it has got to, and when it is at its next visit.
type drive struct {
	route  int32
	at     int32 // next visit
	arrive int32
	out    *Route
	aboard int
}

// drives are the routes, the one that arrives somewhere first in front.
type drives []*drive

// Len, Less, Swap, Push and Pop are for container/heap.
func (d drives) Len() int { return len(d) }
func (d drives) Less(i, j int) bool {
	return d[i].arrive < d[j].arrive || d[i].arrive == d[j].arrive && d[i].route < d[j].route
}
func (d drives) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *drives) Push(x any)   { *d = append(*d, x.(*drive)) }
func (d *drives) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

// minutes says seconds in minutes, to a thousandth.
func minutes(seconds int32) float64 { return math.Round(float64(seconds)/60*1000) / 1000 }

func round(v float64) float64 { return math.Round(v*1000) / 1000 }

// plan drives all routes through, with the queues at sites whose bays are few, and writes down what comes of it.
func (m *model) plan(s *search) Plan {
	d := m.day
	p := Plan{Day: d.Name, Start: d.Start, Unserved: slices.Clone(m.refused), Routes: []Route{}, Beds: m.ledger.Assignments()}
	over := false
	var queue drives
	var made []*drive
	for r := range int32(len(m.vehicles)) {
		if s.stops[r] == 0 {
			continue
		}
		v := d.Vehicles[m.shift[r].vehicle]
		x := &drive{route: r, at: s.node[s.start(r)].next, out: &Route{Vehicle: v.ID, Shift: m.shift[r].shift}}
		start := &s.node[s.start(r)]
		x.arrive = start.early + start.service + start.toNext
		queue = append(queue, x)
		made = append(made, x)
	}
	heap.Init(&queue)
	bays := make([][]int32, len(m.sites)) // when each is free
	for i := range bays {
		bays[i] = make([]int32, d.Sites[i].Bays)
	}
	off := make([]int32, len(m.requests))    // begins to be let off
	queued := make([]int32, len(m.requests)) // of that, waiting for a bay
	fetched := make([]int32, len(m.requests))
	for queue.Len() > 0 {
		x := queue[0]
		nd := &s.node[x.at]
		if x.at == s.end(x.route) {
			heap.Pop(&queue)
			continue
		}
		v := Visit{Arrive: minutes(x.arrive)}
		begin := max(x.arrive, nd.ready)
		done := begin + nd.service
		if s.isStop(x.at) {
			q := &d.Requests[m.request[x.at]]
			v.Request, v.Class, v.Already = q.ID, q.Class, q.Aboard != ""
			x.aboard += len(q.People)
			fetched[x.at] = begin
		} else {
			site := s.trip[x.at].site
			if b := bays[site]; len(b) > 0 {
				i := slices.Index(b, slices.Min(b))
				waits := max(0, b[i]-begin)
				begin += waits
				// The vehicle is disinfected elsewhere: the bay is free when its people are off.
				b[i] = begin + nd.service - s.disinfect(x.at)
				for y := nd.prev; s.isStop(y); y = s.node[y].prev {
					queued[y] = waits
				}
			}
			done = begin + nd.service - s.disinfect(x.at)
			for y := nd.prev; s.isStop(y); y = s.node[y].prev {
				off[y] = begin
			}
			if late := begin - m.sites[site].closes; late > 0 {
				v.Over, over = minutes(late), true
			}
			v.Site, v.Class = d.Sites[site].ID, classes[s.trip[x.at].class]
			x.aboard = 0
		}
		v.Begin, v.Done, v.Aboard = minutes(begin), minutes(done), x.aboard
		x.out.Visits = append(x.out.Visits, v)
		leave := begin + nd.service
		x.arrive = leave + nd.toNext
		if next := nd.next; s.isStop(next) { // rather wait here than at a door
			x.arrive = max(x.arrive, s.node[next].ready)
			leave = x.arrive - nd.toNext
		}
		x.out.Visits[len(x.out.Visits)-1].Leave = minutes(leave)
		x.at = nd.next
		if x.at == s.end(x.route) {
			x.out.To = minutes(x.arrive)
		}
		heap.Fix(&queue, 0)
	}
	for _, x := range made {
		m.measure(s, x)
		over = over || x.out.Over > 0
		p.Routes = append(p.Routes, *x.out)
		p.Travel += x.out.Travel
		p.Km += x.out.Km
	}
	slices.SortFunc(p.Routes, func(a, b Route) int { return cmp.Or(cmp.Compare(a.Vehicle, b.Vehicle), cmp.Compare(a.Shift, b.Shift)) })
	m.tell(s, &p, off, queued, fetched)
	p.InTime = p.InTime && !over
	return p
}

// measure fills in how far the route is and when it begins.
func (m *model) measure(s *search, x *drive) {
	r := x.out
	a := s.start(x.route)
	first := &r.Visits[0]
	r.From = max(minutes(m.vehicles[x.route].start), round(first.Begin-float64(s.node[a].toNext)/60))
	first.Arrive = max(first.Arrive, round(r.From+float64(s.node[a].toNext)/60))
	for y := a; y != s.end(x.route); y = s.node[y].next {
		nd := &s.node[y]
		minutes, km := m.roads.Way(m.places[nd.place], m.places[nd.after])
		r.Travel += minutes
		r.Km += km
	}
	r.Travel, r.Km = round(r.Travel), round(r.Km)
	end := m.rules.Horizon
	if shifts := m.day.Vehicles[m.shift[x.route].vehicle].Shifts; len(shifts) > 0 {
		end = shifts[r.Shift].To
	}
	if late := r.To - end; late > 1.0/60 {
		r.Over = round(late)
	}
}

// tell counts, and says who is left out or late and why.
func (m *model) tell(s *search, p *Plan, off, queued, fetched []int32) {
	d := m.day
	var waits []float64
	for x, i := range m.request {
		q := &d.Requests[i]
		if s.node[x].route < 0 {
			p.Unserved = append(p.Unserved, m.refusal(s, int32(x)))
			continue
		}
		p.Requests++
		p.People += len(q.People)
		p.LastOff = max(p.LastOff, minutes(off[x]))
		waits = append(waits, float64(off[x])/60-q.Ready)
		late := float64(off[x])/60 - q.Deadline
		by := math.Inf(1)
		if q.PickupBy != nil {
			by = *q.PickupBy
		}
		if q.Promised != nil {
			by = min(by, *q.Promised+m.rules.Promise)
		}
		if q.Aboard == "" {
			late = max(late, float64(fetched[x])/60-by)
		}
		if late > 1.0/60 {
			l := Late{Request: q.ID, Minutes: round(late)}
			l.Short, l.Meaning = m.whyLate(s, int32(x), queued[x])
			p.Late = append(p.Late, l)
			p.LateMin += l.Minutes
		}
	}
	slices.SortFunc(waits, cmp.Compare)
	if n := len(waits); n > 0 {
		sum := 0.0
		for _, w := range waits {
			sum += w
		}
		p.Wait = Wait{round(sum / float64(n)), round(waits[(n*9+9)/10-1]), round(waits[n-1])}
	}
	used := map[string]bool{}
	for _, r := range p.Routes {
		used[r.Vehicle] = true
		for _, v := range r.Visits {
			if v.Site != "" {
				p.Trips++
			}
		}
	}
	p.Vehicles, p.Travel, p.Km, p.LateMin = len(used), round(p.Travel), round(p.Km), round(p.LateMin)
	p.Complete = len(p.Unserved) == 0
	p.InTime = p.Complete && len(p.Late) == 0
}

// refusal says what is short for a request that is in no route.
func (m *model) refusal(s *search, x int32) bed.Unplaced {
	q := &m.requests[x]
	who := &m.day.Requests[m.request[x]]
	u := bed.Unplaced{Party: who.ID, People: len(who.People)}
	if len(q.reach) == 0 {
		u.Short, u.Meaning = bed.ShortRooms, "every site that would do is full"
		return u
	}
	clear(s.fit)
	if !slices.ContainsFunc(q.reach, func(at int32) bool { return s.allows(x, at) }) {
		return m.ledger.Refusal(m.request[x])
	}
	u.Short, u.Meaning = ShortTime, "no crew with such seats can fetch them and reach a site with a bed within its shift and the site's hours, even from where it starts"
	if m.couldAlone(s, x, never) {
		u.Short, u.Meaning = ShortVehicles, "all crews with such seats are taken until their shifts end"
	}
	return u
}

// whyLate says what is short for a request that comes late.
func (m *model) whyLate(s *search, x, queued int32) (short, meaning string) {
	q := &m.day.Requests[m.request[x]]
	switch {
	case queued > 0 && q.Aboard == "":
		return ShortBays, fmt.Sprintf("their vehicle waits %g minutes for a bay at the site", minutes(queued))
	case q.Aboard != "":
		return ShortTime, "they are in the vehicle, and the way to a site with a bed is too long"
	case m.couldAlone(s, x, seconds(q.Deadline)):
		return ShortVehicles, "a crew that had nothing else to do would be in time; all are taken"
	}
	return ShortTime, "no crew with such seats can fetch them and reach a site with a bed by then, even with nothing else to do"
}

// couldAlone reports whether some crew, with nothing else to do, could bring the request to some site with a bed by then.
func (m *model) couldAlone(s *search, x, by int32) bool {
	q := &m.requests[x]
	mark := m.ledger.Take(m.parties[x])
	clear(s.fit)
	reach := slices.DeleteFunc(slices.Clone(q.reach), func(at int32) bool { return !s.allows(x, at) })
	m.ledger.Restore(m.parties[x], mark)
	due := never
	if p := m.day.Requests[m.request[x]].PickupBy; p != nil && by < never {
		due = int(seconds(*p))
	}
	for i := range m.vehicles {
		v := &m.vehicles[i]
		if !v.carries(q.class) || q.need[0] > v.seats[0] || q.need[1] > v.seats[1] || q.need[2] > v.seats[2] {
			continue
		}
		t := max(q.ready, v.start+s.place.time(v.from, x))
		if int(t) > due {
			continue
		}
		for _, at := range reach {
			st := &m.sites[at]
			arrive := max(st.opens, t+q.service+s.place.time(x, st.place))
			if arrive <= min(by, st.closes) && arrive+st.unload+st.each*q.people+s.place.time(st.place, v.to) <= v.end {
				return true
			}
		}
	}
	return false
}
