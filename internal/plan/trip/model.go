package trip

import (
	"cmp"
	"math"
	"slices"

	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/planfile"
)

// standard returns the value, or the default where it is zero.
func standard(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// Full returns the rules with the defaults in place of zeros.
func (r Rules) Full() Rules {
	return Rules{standard(r.Detour, 1.3), standard(r.Kmh, 30), standard(r.Stop, 5), standard(r.Unload, 10), standard(r.Disinfect, 30), standard(r.Promise, 15), standard(r.Horizon, 1440)}
}

// model is a day as a problem, with what leads back to the day.
type model struct {
	*problem
	day     *Day
	rules   Rules
	roads   Roads
	request []int // of the day, by request of the problem
	party   []int // and the other way round; -1: not to be moved
	shift   []struct{ vehicle, shift int }
	places  []Point
	refused []bed.Unplaced
}

// classes are who is moved, each by its number in a problem.
var classes = []string{bed.Case, bed.Contact, bed.Released}

const released = int8(2)

// classOf is the number of a class; -1 for none.
func classOf(name string) int8 { return int8(slices.Index(classes, name)) }

// takes says whether the vehicle carries people of a class. Whoever is released rides in none that is for cases.
func (v *Vehicle) takes(class string) bool {
	return v.Takes == "" || v.Takes == class || v.Takes == bed.Contact && class == bed.Released
}

func seconds(minutes float64) int32 { return int32(math.Round(minutes * 60)) }

// newModel puts a valid day into numbers.
func newModel(d *Day, o Options) (*model, error) {
	m := &model{problem: &problem{trips: math.MaxInt32, unserved: never}, day: d, rules: d.Rules.Full(), roads: o.Roads}
	if m.roads == nil {
		m.roads = Straight{m.rules.Detour, m.rules.Kmh}
	}
	full := map[string]bool{}
	for _, id := range d.Full {
		full[id] = true
	}
	parties := make([]bed.Party, len(d.Requests))
	for i := range d.Requests {
		parties[i] = d.Requests[i].Party
	}
	ledger := bed.NewLedger(d.Sites, parties)
	m.ledger = ledger
	for i := range d.Requests {
		if planned := d.Requests[i].Bed; planned != nil {
			ledger.Prefer(i, *planned)
		}
		if stay := d.Requests[i].Stay; stay != nil {
			if err := ledger.Hold(i, *stay); err != nil {
				return nil, &FieldError{Field: "requests." + d.Requests[i].ID + ".stay", Err: err}
			}
		}
	}
	m.list(ledger, full)
	m.fleet()
	for _, s := range d.Sites {
		x := site{place: int32(len(m.places)), opens: 0, closes: never, unload: seconds(standard(s.UnloadMinutes, m.rules.Unload)), each: seconds(s.PersonMinutes)}
		if s.Open != nil {
			x.opens, x.closes = seconds(s.Open.From), seconds(s.Open.To)
		}
		m.sites = append(m.sites, x)
		m.places = append(m.places, Point{s.Lat, s.Lon})
	}
	if _, straight := m.roads.(Straight); !straight && len(m.places) > roadPlaces {
		return nil, planfile.Wrong("requests", "%d places, more than a table of ways holds (%d)", len(m.places), roadPlaces)
	}
	m.place = ways(m.places, m.roads)
	for i := range m.requests {
		q := &m.requests[i]
		slices.SortFunc(q.reach, func(a, b int32) int {
			return cmp.Or(cmp.Compare(m.place.time(int32(i), m.sites[a].place), m.place.time(int32(i), m.sites[b].place)), cmp.Compare(a, b))
		})
	}
	return m, nil
}

// list lists who is to be moved; whoever cannot be, whatever is free, is refused here.
func (m *model) list(ledger *bed.Ledger, full map[string]bool) {
	d := m.day
	m.party = make([]int, len(d.Requests))
	most := [3][]([3]int){} // seats of vehicles that take the class
	for _, v := range d.Vehicles {
		for c, name := range classes {
			if v.takes(name) {
				most[c] = append(most[c], [3]int{v.Seats, v.Wheelchairs, v.Stretchers})
			}
		}
	}
	for i := range d.Requests {
		q := &d.Requests[i]
		m.party[i] = -1
		if q.Stay != nil {
			continue
		}
		x := request{ready: seconds(max(q.Ready, d.Now)), due: never, deadline: seconds(q.Deadline), service: seconds(standard(q.Stop, m.rules.Stop)), people: int32(len(q.People)), aboard: -1, vehicle: -1, sites: make([]bool, len(d.Sites))}
		x.class, x.yields = classOf(q.Class), q.Yields && q.Aboard == ""
		for _, p := range q.People {
			switch p.Seat {
			case "wheelchair":
				x.need[1]++
			case "stretcher":
				x.need[2]++
			default:
				x.need[0]++
			}
		}
		if q.PickupBy != nil {
			x.due = seconds(*q.PickupBy)
		}
		if q.Promised != nil {
			x.ready = max(x.ready, seconds(*q.Promised-m.rules.Promise))
			x.due = min(x.due, max(x.ready, seconds(*q.Promised+m.rules.Promise)))
		}
		if q.Aboard != "" {
			x.ready, x.due, x.service, x.aboard = 0, never, 0, 0 // the route is found in fleet
		}
		if short := ledger.Short(i); short != "" {
			m.refused = append(m.refused, ledger.Refusal(i))
			continue
		}
		fits := slices.ContainsFunc(most[x.class], func(s [3]int) bool {
			return int(x.need[0]) <= s[0] && int(x.need[1]) <= s[1] && int(x.need[2]) <= s[2]
		})
		if !fits && q.Aboard == "" {
			m.refused = append(m.refused, noSeats(q, x.need))
			continue
		}
		for s := range d.Sites {
			if ledger.Possible(i, s) && !full[d.Sites[s].ID] {
				x.sites[s] = true
				x.reach = append(x.reach, int32(s))
			}
		}
		m.party[i] = len(m.requests)
		m.request = append(m.request, i)
		m.problem.parties = append(m.problem.parties, i)
		m.requests = append(m.requests, x)
		at := Point{q.Lat, q.Lon}
		if q.Aboard != "" {
			for _, v := range d.Vehicles {
				if v.ID == q.Aboard {
					at = Point{v.From.Lat, v.From.Lon}
				}
			}
		}
		m.places = append(m.places, at)
	}
}

// fleet lists the shifts that are left, those that are alike side by side.
func (m *model) fleet() {
	d := m.day
	type key struct {
		from, to   Point
		start, end int32
		seats      [3]int32
		disinfect  int32
		class      int8
		takes      int8
	}
	type line struct {
		key
		vehicle, shift int
	}
	var list []line
	for i, v := range d.Vehicles {
		shifts := v.Shifts
		if len(shifts) == 0 {
			shifts = []bed.Window{{From: 0, To: m.rules.Horizon}}
		}
		first := true
		for j, w := range shifts {
			x := line{key{Point{v.Lat, v.Lon}, Point{v.Lat, v.Lon}, seconds(max(w.From, d.Now)), seconds(w.To), [3]int32{int32(v.Seats), int32(v.Wheelchairs), int32(v.Stretchers)}, seconds(standard(v.Disinfect, m.rules.Disinfect)), -1, classOf(v.Takes)}, i, j}
			if f := v.From; f != nil {
				if w.To <= f.Minute && j < len(shifts)-1 {
					continue
				}
				if first {
					x.from, x.start, x.class = Point{f.Lat, f.Lon}, max(x.start, seconds(f.Minute)), classOf(f.Last)
				}
			}
			first = false
			x.end = max(x.end, x.start)
			list = append(list, x)
		}
	}
	slices.SortStableFunc(list, func(a, b line) int {
		return cmp.Or(
			cmp.Compare(a.from.Lat, b.from.Lat), cmp.Compare(a.from.Lon, b.from.Lon), cmp.Compare(a.to.Lat, b.to.Lat), cmp.Compare(a.to.Lon, b.to.Lon),
			cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), slices.Compare(a.seats[:], b.seats[:]), cmp.Compare(a.disinfect, b.disinfect), cmp.Compare(a.class, b.class), cmp.Compare(a.takes, b.takes),
		)
	})
	at := map[Point]int32{}
	point := func(p Point) int32 {
		i, is := at[p]
		if !is {
			i = int32(len(m.places))
			at[p] = i
			m.places = append(m.places, p)
		}
		return i
	}
	kind := int32(0)
	active := map[int]int32{} // the route in which a vehicle's from is
	for r, x := range list {
		if r > 0 && x.key != list[r-1].key {
			kind++
		}
		m.vehicles = append(m.vehicles, vehicle{from: point(x.from), to: point(x.to), start: x.start, end: x.end, seats: x.seats, disinfect: x.disinfect, kind: kind, class: x.class, takes: x.takes})
		m.shift = append(m.shift, struct{ vehicle, shift int }{x.vehicle, x.shift})
		if first, is := active[x.vehicle]; !is || x.start < m.vehicles[first].start {
			active[x.vehicle] = int32(r)
		}
	}
	index := map[string]int{}
	for i, v := range d.Vehicles {
		index[v.ID] = i
	}
	for i := range m.requests {
		switch q := &d.Requests[m.request[i]]; {
		case q.Aboard != "":
			m.requests[i].aboard = active[index[q.Aboard]]
		case q.Vehicle != "":
			m.requests[i].vehicle = active[index[q.Vehicle]]
		}
	}
}
