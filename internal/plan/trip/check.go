package trip

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"firebreak/internal/plan/bed"
)

// slack is what rounding may hide, in minutes.
const slack = 0.05

// Check says what in a plan does not hold for its day: somebody in two vehicles or in none, a full vehicle, cases and contacts together or without
// disinfection between them, a crew outside its shift, a site outside its hours or with more vehicles than bays, a way that takes less than it does, a
// promise or a deadline that is broken and not said so, a bed that is not one (by [bed.Check]), a sum that is wrong. It shares no code with the
// search: an error there cannot hide itself here. Roads may be nil, as for [Make].
func Check(d Day, p Plan, roads Roads) error {
	r := d.Rules
	or := func(v *float64, otherwise float64) {
		if *v == 0 {
			*v = otherwise
		}
	}
	or(&r.Detour, 1.3)
	or(&r.Kmh, 30)
	or(&r.Stop, 5)
	or(&r.Unload, 10)
	or(&r.Disinfect, 30)
	or(&r.Promise, 15)
	or(&r.Horizon, 1440)
	k := &inspector{day: &d, plan: &p, rules: r, roads: roads, requests: map[string]*Request{}, vehicles: map[string]*Vehicle{}, sites: map[string]*bed.Site{}, fetched: map[string]float64{}, off: map[string]float64{}, at: map[string]string{}}
	for i := range d.Requests {
		k.requests[d.Requests[i].ID] = &d.Requests[i]
	}
	for i := range d.Vehicles {
		k.vehicles[d.Vehicles[i].ID] = &d.Vehicles[i]
	}
	for i := range d.Sites {
		k.sites[d.Sites[i].ID] = &d.Sites[i]
	}
	k.bays = map[string][][2]float64{}
	shifts := map[string]bool{}
	for i := range p.Routes {
		key := fmt.Sprint(p.Routes[i].Vehicle, "/", p.Routes[i].Shift)
		if shifts[key] {
			k.fail("vehicle %s has shift %d twice", p.Routes[i].Vehicle, p.Routes[i].Shift)
		}
		shifts[key] = true
		k.route(&p.Routes[i])
	}
	k.queues()
	k.everybody()
	k.beds()
	return errors.Join(k.errs...)
}

type inspector struct {
	day      *Day
	plan     *Plan
	rules    Rules
	roads    Roads
	requests map[string]*Request
	vehicles map[string]*Vehicle
	sites    map[string]*bed.Site
	fetched  map[string]float64 // by request
	off      map[string]float64
	at       map[string]string // the site where they got off
	bays     map[string][][2]float64
	travel   float64
	km       float64
	trips    int
	errs     []error
}

func (k *inspector) fail(format string, args ...any) {
	if len(k.errs) < 20 {
		k.errs = append(k.errs, fmt.Errorf(format, args...))
	}
}

// way is how long and how far it is, by the angle between two directions from the middle of the earth.
func (k *inspector) way(lat1, lon1, lat2, lon2 float64) (minutes, km float64) {
	if k.roads != nil {
		return k.roads.Way(Point{lat1, lon1}, Point{lat2, lon2})
	}
	const x = math.Pi / 180
	ax, ay, az := math.Cos(lat1*x)*math.Cos(lon1*x), math.Cos(lat1*x)*math.Sin(lon1*x), math.Sin(lat1*x)
	bx, by, bz := math.Cos(lat2*x)*math.Cos(lon2*x), math.Cos(lat2*x)*math.Sin(lon2*x), math.Sin(lat2*x)
	chord := math.Sqrt((ax-bx)*(ax-bx) + (ay-by)*(ay-by) + (az-bz)*(az-bz))
	km = 2 * 6371.0088 * math.Asin(math.Min(1, chord/2)) * k.rules.Detour
	return km / k.rules.Kmh * 60, km
}

func (k *inspector) route(r *Route) {
	v := k.vehicles[r.Vehicle]
	if v == nil {
		k.fail("no vehicle %q", r.Vehicle)
		return
	}
	shift := bed.Window{From: 0, To: k.rules.Horizon}
	if len(v.Shifts) > 0 {
		if r.Shift < 0 || r.Shift >= len(v.Shifts) {
			k.fail("vehicle %s has no shift %d", v.ID, r.Shift)
			return
		}
		shift = v.Shifts[r.Shift]
	} else if r.Shift != 0 {
		k.fail("vehicle %s has no shift %d", v.ID, r.Shift)
	}
	lat, lon, time := v.Lat, v.Lon, r.From
	last, begin := "", max(shift.From, k.day.Now)
	first := true // is this the first shift that is left to the vehicle?
	for i, w := range v.Shifts {
		if v.From != nil && i < r.Shift && (w.To > v.From.Minute || i == len(v.Shifts)-1) {
			first = false
		}
	}
	if v.From != nil && first {
		lat, lon, last = v.From.Lat, v.From.Lon, v.From.Last
		begin = max(begin, v.From.Minute)
	}
	if r.From < begin-slack {
		k.fail("vehicle %s leaves at %g, before %g", v.ID, r.From, begin)
	}
	var aboard []*Request
	used := [3]int{}
	travel, length := 0.0, 0.0

	for i, x := range r.Visits {
		name := fmt.Sprintf("visit %d of vehicle %s, shift %d", i, v.ID, r.Shift)
		toLat, toLon := lat, lon
		var q *Request
		var s *bed.Site
		switch {
		case x.Request != "":
			if q = k.requests[x.Request]; q == nil {
				k.fail("%s: no request %q", name, x.Request)
				return
			}
			if q.Aboard == "" {
				toLat, toLon = q.Lat, q.Lon
			}
		default:
			if s = k.sites[x.Site]; s == nil {
				k.fail("%s: no site %q", name, x.Site)
				return
			}
			toLat, toLon = s.Lat, s.Lon
		}
		minutes, km := k.way(lat, lon, toLat, toLon)
		travel += minutes
		length += km
		if x.Arrive < time+minutes-slack {
			k.fail("%s: arrives at %g, having left at %g for a way of %g minutes", name, x.Arrive, time, minutes)
		}
		if x.Begin < x.Arrive-slack || x.Done < x.Begin-slack || x.Leave < x.Done-slack {
			k.fail("%s: %g, %g, %g, %g are not one after the other", name, x.Arrive, x.Begin, x.Done, x.Leave)
		}
		if q != nil {

			if last != "" && last != q.Class && len(aboard) == 0 {
				wait := k.rules.Disinfect
				if v.Disinfect > 0 {
					wait = v.Disinfect
				}
				free := begin
				if i > 0 {
					free = r.Visits[i-1].Done
				}
				if x.Begin-free < wait+minutes-slack {
					k.fail("%s: a %s %g minutes after a %s, %g of which are driven: no time to disinfect", name, q.Class, x.Begin-free, last, minutes)
				}
			}
			k.pickup(name, v, q, x, aboard, &used)
			aboard = append(aboard, q)
			last = q.Class
		} else {
			k.unload(name, s, x, aboard)
			aboard, used = nil, [3]int{}
		}
		people := 0
		for _, y := range aboard {
			people += len(y.People)
		}
		if x.Aboard != people {
			k.fail("%s: %d people aboard, stated as %d", name, people, x.Aboard)
		}
		lat, lon, time = toLat, toLon, x.Leave
	}
	if len(aboard) > 0 {
		k.fail("vehicle %s ends shift %d with people in it", v.ID, r.Shift)
	}
	minutes, km := k.way(lat, lon, v.Lat, v.Lon)
	travel += minutes
	length += km
	if r.To < time+minutes-slack {
		k.fail("vehicle %s is back at %g, %g minutes after %g", v.ID, r.To, minutes, time)
	}
	if r.To > shift.To+r.Over+slack {
		k.fail("vehicle %s is back at %g, after shift %d ends at %g (said to be over by %g)", v.ID, r.To, r.Shift, shift.To, r.Over)
	}
	if math.Abs(travel-r.Travel) > slack || math.Abs(length-r.Km) > slack {
		k.fail("vehicle %s drives %g minutes and %g km, stated as %g and %g", v.ID, travel, length, r.Travel, r.Km)
	}
	k.travel += travel
	k.km += length
}

func (k *inspector) pickup(name string, v *Vehicle, q *Request, x Visit, aboard []*Request, used *[3]int) {
	if _, twice := k.fetched[q.ID]; twice || q.Stay != nil {
		k.fail("%s: %s is fetched twice, or was there already", name, q.ID)
	}
	k.fetched[q.ID] = x.Begin
	if q.Vehicle != "" && q.Aboard == "" && q.Vehicle != v.ID {
		k.fail("%s: %s is to be fetched by %s only", name, q.ID, q.Vehicle)
	}
	if x.Class != q.Class || v.Takes != "" && v.Takes != q.Class && (q.Class != bed.Released || v.Takes == bed.Case) {
		k.fail("%s: %s is a %s", name, q.ID, q.Class)
	}
	for _, other := range aboard {
		if other.Class != q.Class {
			k.fail("%s: a %s with a %s", name, q.Class, other.Class)
		}
	}
	for _, m := range q.People {
		used[map[string]int{"": 0, "seat": 0, "wheelchair": 1, "stretcher": 2}[m.Seat]]++
	}
	if q.Aboard != "" {
		if q.Aboard != v.ID || !x.Already {
			k.fail("%s: %s is in vehicle %s", name, q.ID, q.Aboard)
		}
		return
	}
	if used[0] > v.Seats || used[1] > v.Wheelchairs || used[2] > v.Stretchers {
		k.fail("%s: %v people in %d, %d, %d seats", name, *used, v.Seats, v.Wheelchairs, v.Stretchers)
	}
	stop := k.rules.Stop
	if q.Stop > 0 {
		stop = q.Stop
	}
	if x.Begin < max(q.Ready, k.day.Now)-slack || x.Done-x.Begin < stop-slack {
		k.fail("%s: %s is fetched from %g to %g; ready at %g, and it takes %g minutes", name, q.ID, x.Begin, x.Done, q.Ready, stop)
	}
	if q.Promised != nil && x.Begin < *q.Promised-k.rules.Promise-slack {
		k.fail("%s: %s is fetched at %g, promised for %g", name, q.ID, x.Begin, *q.Promised)
	}
}

func (k *inspector) unload(name string, s *bed.Site, x Visit, aboard []*Request) {
	k.trips++
	if len(aboard) == 0 {
		k.fail("%s: nobody gets off", name)
	}
	people := 0
	for _, q := range aboard {
		people += len(q.People)
		k.off[q.ID], k.at[q.ID] = x.Begin, s.ID
		if q.Class != x.Class {
			k.fail("%s: a %s among %ss", name, q.Class, x.Class)
		}
	}
	if slices.Contains(k.day.Full, s.ID) {
		k.fail("%s: %s is full", name, s.ID)
	}
	if s.Open != nil && (x.Begin < s.Open.From-slack || x.Begin > s.Open.To+x.Over+slack) {
		k.fail("%s: %s receives from %g to %g", name, s.ID, s.Open.From, s.Open.To)
	}
	each := s.UnloadMinutes
	if each == 0 {
		each = k.rules.Unload
	}
	if each += float64(people) * s.PersonMinutes; x.Done-x.Begin < each-slack {
		k.fail("%s: %d people are let off in %g minutes, want %g", name, people, x.Done-x.Begin, each)
	}
	k.bays[s.ID] = append(k.bays[s.ID], [2]float64{x.Begin, x.Done})
}

// queues counts the vehicles that stand at a site at once.
func (k *inspector) queues() {
	for id, list := range k.bays {
		bays := k.sites[id].Bays
		if bays == 0 {
			continue
		}
		for _, a := range list {
			n := 0
			for _, b := range list {
				if b[0] <= a[0]+slack/10 && b[1] > a[0]+slack/10 {
					n++
				}
			}
			if n > bays {
				k.fail("%d vehicles are let off at %s at %g, in %d bays", n, id, a[0], bays)
				break
			}
		}
	}
}

// everybody counts those who are to be moved: each is either let off or refused, and late only if said so.
func (k *inspector) everybody() {
	refused, late := map[string]bool{}, map[string]float64{}
	for _, u := range k.plan.Unserved {
		if refused[u.Party] || u.Short == "" || u.Meaning == "" {
			k.fail("%s is refused twice or for no reason", u.Party)
		}
		refused[u.Party] = true
	}
	sum := 0.0
	for _, l := range k.plan.Late {
		late[l.Request] = l.Minutes
		sum += l.Minutes
		if l.Short == "" || l.Meaning == "" {
			k.fail("%s is late for no reason", l.Request)
		}
	}
	requests, people := 0, 0
	for i := range k.day.Requests {
		q := &k.day.Requests[i]
		off, is := k.off[q.ID]
		if is == refused[q.ID] && q.Stay == nil {
			k.fail("%s is let off: %v; refused: %v", q.ID, is, refused[q.ID])
		}
		if !is {
			continue
		}
		requests++
		people += len(q.People)
		over := off - q.Deadline
		if q.Aboard == "" && q.PickupBy != nil {
			over = max(over, k.fetched[q.ID]-*q.PickupBy)
		}
		if q.Aboard == "" && q.Promised != nil {
			over = max(over, k.fetched[q.ID]-*q.Promised-k.rules.Promise)
		}
		if over > slack && math.Abs(over-late[q.ID]) > slack || over < -slack && late[q.ID] > 0 {
			k.fail("%s is %g minutes late, stated as %g", q.ID, over, late[q.ID])
		}
	}
	p := k.plan
	if requests != p.Requests || people != p.People || k.trips != p.Trips {
		k.fail("%d requests, %d people, %d trips; stated as %d, %d, %d", requests, people, k.trips, p.Requests, p.People, p.Trips)
	}
	over := slices.ContainsFunc(p.Routes, func(r Route) bool {
		return r.Over > 0 || slices.ContainsFunc(r.Visits, func(v Visit) bool { return v.Over > 0 })
	})
	if p.Complete != (len(refused) == 0) || p.InTime != (len(refused) == 0 && len(late) == 0 && !over) {
		k.fail("complete: %v, in time: %v; %d are refused, %d late", p.Complete, p.InTime, len(refused), len(late))
	}
	if math.Abs(sum-p.LateMin) > slack || math.Abs(k.travel-p.Travel) > 1 || math.Abs(k.km-p.Km) > 1 {
		k.fail("%g minutes late, %g driven, %g km; stated as %g, %g, %g", sum, k.travel, k.km, p.LateMin, p.Travel, p.Km)
	}
}

// beds checks that whoever is let off has a bed at that site, and nobody else has one.
func (k *inspector) beds() {
	var parties []bed.Party
	for i := range k.day.Requests {
		parties = append(parties, k.day.Requests[i].Party)
	}
	has := map[string]string{}
	for _, a := range k.plan.Beds {
		has[a.Party] = a.Site
		if q := k.requests[a.Party]; q == nil || q.Stay == nil && k.at[a.Party] != a.Site || q.Stay != nil && q.Stay.Site != a.Site {
			k.fail("%s has a bed at %q and is let off at %q", a.Party, a.Site, k.at[a.Party])
		}
	}
	for id, at := range k.at {
		if has[id] != at {
			k.fail("%s is let off at %q and has a bed at %q", id, at, has[id])
		}
	}
	if err := bed.Check(k.day.Sites, parties, k.plan.Beds); err != nil {
		k.errs = append(k.errs, err)
	}
}
