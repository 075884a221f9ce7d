package trip

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/plan/bed"
)

// TestCrossedRoutesHold makes routes exchange their ends again and again, at a temperature at which nearly anything goes, and works out afresh what the
// search believes of them.
func TestCrossedRoutesHold(t *testing.T) {
	t.Parallel()
	crossed := 0
	rapid.Check(t, func(t *rapid.T) {
		in := Instance{Vehicles: 12, Capacity: rapid.IntRange(20, 80).Draw(t, "capacity"), Customers: []Customer{{X: 50, Y: 50, Due: 600}}}
		for range rapid.IntRange(5, 40).Draw(t, "customers") {
			c := Customer{X: rapid.Float64Range(0, 100).Draw(t, "x"), Y: rapid.Float64Range(0, 100).Draw(t, "y"), Demand: rapid.IntRange(1, 12).Draw(t, "demand"), Service: 5}
			c.Ready = float64(rapid.IntRange(0, 300).Draw(t, "ready"))
			c.Due = c.Ready + float64(rapid.IntRange(10, 200).Draw(t, "wide"))
			in.Customers = append(in.Customers, c)
		}
		s := newSearch(in.problem(Tenths), rapid.Uint64().Draw(t, "seed"))
		s.neighbours()
		s.begin()
		s.build()
		s.stay()
		s.remember()
		out := len(s.out)
		for range 300 {
			before := s.cost
			s.cross(1e6)
			if s.cost != before {
				crossed++
			}
		}
		s.begin() // what was exchanged can be taken out, put back and undone
		was := s.cost
		s.ruin()
		s.mend(false)
		s.undo(was)
		hold(t, s, out)
		if s.bestCost > s.total() {
			t.Fatalf("a cost of %d passed for no better than %d", s.total(), s.bestCost)
		}
	})
	if crossed == 0 {
		t.Error("no routes were crossed")
	}
}

// hold works out afresh the times, loads and cost of all routes.
func hold(t *rapid.T, s *search, out int) {
	t.Helper()
	seen, cost := 0, int64(0)
	for r := range int32(len(s.vehicles)) {
		var carried, believed load
		at, end := s.start(r), s.end(r)
		early := s.node[at].early
		for x := s.node[at].next; ; x = s.node[x].next {
			way := s.place.time(s.node[at].place, s.node[x].place)
			cost += int64(way)
			early = max(s.node[x].ready, early+s.node[at].service+way)
			if s.node[x].prev != at || s.node[x].route != r || early != s.node[x].early || early > s.node[x].late || early > s.node[x].due {
				t.Fatalf("visit %d of route %d: %+v, begins at %d", x, r, s.node[x], early)
			}
			if s.isStop(x) {
				carried.add(&s.requests[x], 1)
				believed = s.trip[s.node[x].unload]
			}
			if at = x; x == end {
				break
			}
		}
		if carried.stops != s.stops[r] || carried.stops != believed.stops || carried.people != believed.people || carried.need != believed.need || carried.need[0] > s.vehicles[r].seats[0] {
			t.Fatalf("route %d carries %+v, believed %+v, %d stops", r, carried, believed, s.stops[r])
		}
		seen += int(carried.stops)
	}
	if seen+len(s.out) != len(s.requests) || len(s.out) != out || cost != s.cost {
		t.Fatalf("%d requests fetched, %d not, before %d; cost %d, believed %d", seen, len(s.out), out, cost, s.cost)
	}
}

// TestSwappedTripsHold makes trips of a day exchange their tails at a temperature at which nearly anything goes: the plan that is left passes its check,
// which shares no code with the search, and drives what the search believes.
func TestSwappedTripsHold(t *testing.T) {
	t.Parallel()
	swapped := 0
	rapid.Check(t, func(t *rapid.T) {
		draw := random{rapid.Uint64().Draw(t, "seed")}
		d := Day{Name: "drawn", Start: time.Date(2022, 3, 9, 6, 0, 0, 0, time.UTC)}
		at := func() (lat, lon float64) { return 36 + draw.unit()/10, 120 + draw.unit()/10 }
		for i := range 2 {
			s := bed.Site{ID: fmt.Sprint("s", i), PersonMinutes: float64(i)}
			s.Lat, s.Lon = at()
			for j := range 2 {
				s.Rooms = append(s.Rooms, bed.Rooms{ID: fmt.Sprint("r", j), Group: fmt.Sprint("g", j), Count: 30, Beds: 2})
			}
			d.Sites = append(d.Sites, s)
		}
		for i := range rapid.IntRange(2, 8).Draw(t, "vehicles") {
			v := Vehicle{ID: fmt.Sprint("v", i), Seats: 4 + int(draw.below(5)), Shifts: []bed.Window{{From: 0, To: 300}, {From: 300, To: 700}}}
			v.Lat, v.Lon = at()
			d.Vehicles = append(d.Vehicles, v)
		}
		for i := range rapid.IntRange(2, 40).Draw(t, "requests") {
			q := Request{Party: bed.Party{ID: fmt.Sprint("h", i), Class: classes[draw.below(2)]}, Ready: float64(draw.below(300))}
			q.Deadline = q.Ready + 60 + float64(draw.below(200))
			q.Lat, q.Lon = at()
			for j := range 1 + draw.below(3) {
				q.People = append(q.People, bed.Person{ID: fmt.Sprint(q.ID, "-", j)})
			}
			d.Requests = append(d.Requests, q)
		}
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		m, s, err := set(&d, Options{Seed: 1}, false)
		if err != nil {
			t.Fatal(err)
		}
		s.neighbours()
		s.begin()
		m.build(s)
		s.stay()
		s.remember()
		for range 300 {
			before := s.cost
			s.swap(1e6)
			if s.cost != before {
				swapped++
			}
		}
		believed := s.cost
		p := m.plan(s)
		if err := Check(d, p, nil); err != nil {
			t.Fatal(err)
		}
		if len(p.Late) > 0 {
			t.Fatalf("%d come late", len(p.Late))
		}
		s.remember()
		if s.restore(); s.cost != believed {
			t.Fatalf("a cost of %d was believed to be %d", s.cost, believed)
		}
	})
	if swapped == 0 {
		t.Error("no trips were swapped")
	}
}
