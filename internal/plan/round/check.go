package round

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Check says what in a plan does not hold for its city: people left out or planned twice, a site outside its hours or over its lanes, samplers or
// couriers that are not there, a tube that arrives before it was taken, a laboratory over its capacity, a finish that is not when the last one
// finishes. It shares no code with what makes plans: an error there cannot hide itself here. It looks at the plan's own statements only; that no better
// plan exists is Plan.Proof's business.
func Check(c City, p Plan) error {
	k := &inspector{city: &c, plan: &p, step: float64(p.Period) / 60}
	if p.Period != 15 && p.Period != 30 && p.Period != 60 || c.Period != 0 && c.Period != p.Period {
		return fmt.Errorf("the plan's period of %d minutes is not the city's", p.Period)
	}
	k.defaults()
	k.people()
	k.sites()
	k.samplers()
	k.carried()
	k.tested()
	k.finish()
	return errors.Join(k.errs...)
}

type inspector struct {
	city *City
	plan *Plan
	step float64 // hours
	errs []error

	rate, walk, detour, kmh, pickup, handover float64
	perLane                                   int
	closed                                    map[string]map[int]int64 // zone -> period in which tubes were closed -> tubes
}

func (k *inspector) fail(format string, args ...any) {
	if len(k.errs) < 20 {
		k.errs = append(k.errs, fmt.Errorf(format, args...))
	}
}

func (k *inspector) defaults() {
	r := k.city.Rules
	set := func(into *float64, v, standard float64) {
		*into = v
		if v == 0 {
			*into = standard
		}
	}
	set(&k.rate, r.Rate, 100)
	set(&k.walk, r.MaxWalk, 20000)
	set(&k.detour, r.Detour, 1.3)
	set(&k.kmh, r.CourierKmh, 30)
	set(&k.pickup, r.PickupMinutes, 60)
	set(&k.handover, r.HandoverMinutes, 15)
	k.perLane = max(1, r.SamplersPerLane)
}

// index returns the period that starts at an hour.
func (k *inspector) index(what string, hour float64) int {
	i := math.Round(hour / k.step)
	if math.Abs(i*k.step-hour) > 1e-6 || i < 0 {
		k.fail("%s at hour %g: no period begins there", what, hour)
	}
	return int(i)
}

// far is the way over ground in kilometres.
func (k *inspector) far(lat1, lon1, lat2, lon2 float64) float64 {
	x := math.Pi / 180
	// The angle between two directions from the middle of the earth.
	ax, ay, az := math.Cos(lat1*x)*math.Cos(lon1*x), math.Cos(lat1*x)*math.Sin(lon1*x), math.Sin(lat1*x)
	bx, by, bz := math.Cos(lat2*x)*math.Cos(lon2*x), math.Cos(lat2*x)*math.Sin(lon2*x), math.Sin(lat2*x)
	chord := math.Sqrt((ax-bx)*(ax-bx) + (ay-by)*(ay-by) + (az-bz)*(az-bz))
	return 2 * 6371 * math.Asin(math.Min(1, chord/2)) * k.detour
}

func (k *inspector) people() {
	type key struct{ community, class string }
	want, pool := map[key]int64{}, map[string]int64{}
	place := map[string]Commune{}
	for _, c := range k.city.Classes {
		pool[c.ID] = int64(c.Pool)
	}
	for _, m := range k.city.Community {
		place[m.ID] = m
		for _, g := range m.Groups {
			want[key{m.ID, g.Class}] += g.People
		}
	}
	for _, s := range k.city.Done.Sampled {
		at := key{s.Community, s.Class}
		want[at] = max(0, want[at]-s.People)
	}
	site := map[string]Site{}
	for _, s := range k.city.Sites {
		site[s.ID] = s
	}
	var people, due int64
	for _, n := range want {
		due += n
	}
	for i, a := range k.plan.Assignments {
		at := key{a.Community, a.Class}
		if a.People <= 0 || a.People > want[at] {
			k.fail("assignments[%d]: %d people of %s %s, of whom %d are left", i, a.People, a.Community, a.Class, want[at])
		}
		want[at] -= a.People
		people += a.People
		s, is := site[a.Site]
		if !is {
			k.fail("assignments[%d]: no site %q", i, a.Site)
			continue
		}
		m := place[a.Community]
		if d := k.far(m.Lat, m.Lon, s.Lat, s.Lon) * 1000; d > k.walk+1 || math.Abs(d-a.Walk) > 1 {
			k.fail("assignments[%d]: a way of %g m, stated as %g, at most %g", i, d, a.Walk, k.walk)
		}
		if p := pool[a.Class]; p > 0 && a.Tubes != (a.People+p-1)/p {
			k.fail("assignments[%d]: %d tubes for %d people in pools of %d", i, a.Tubes, a.People, p)
		}
		if a.To <= a.From {
			k.fail("assignments[%d]: from %g to %g", i, a.From, a.To)
		}
	}
	if people != k.plan.People {
		k.fail("%d people are assigned, the plan says %d", people, k.plan.People)
	}
	if k.plan.Complete && people != due {
		k.fail("the plan is said to be complete, %d of %d people are planned for", people, due)
	}
}

func (k *inspector) sites() {
	k.closed = map[string]map[int]int64{}
	type load struct{ people, tubes int64 }
	did := map[string]map[int]load{}
	for i, s := range k.plan.Sampling {
		t := k.index("sampling", s.From)
		if did[s.Site] == nil {
			did[s.Site] = map[int]load{}
		}
		if _, twice := did[s.Site][t]; twice {
			k.fail("sampling[%d]: %s has hour %g twice", i, s.Site, s.From)
		}
		if s.People < 0 || s.Tubes < 0 {
			k.fail("sampling[%d]: less than nothing", i)
		}
		did[s.Site][t] = load{s.People, s.Tubes}
	}
	rows := map[string][]Assignment{}
	for _, a := range k.plan.Assignments {
		rows[a.Site] = append(rows[a.Site], a)
	}
	lanes := map[string]map[int]int{}
	for _, s := range k.plan.Staff {
		if lanes[s.Site] == nil {
			lanes[s.Site] = map[int]int{}
		}
		lanes[s.Site][int(s.From)] = s.Lanes
	}
	biggest := int64(1)
	for _, c := range k.city.Classes {
		biggest = max(biggest, int64(c.Pool))
	}
	for _, s := range k.city.Sites {
		rate := s.Rate
		if rate == 0 {
			rate = k.rate
		}
		perLane := rate * k.step
		var people, tubes, rowPeople, rowTubes int64
		for t, l := range did[s.ID] {
			from, to := float64(t)*k.step, float64(t+1)*k.step
			people += l.people
			tubes += l.tubes
			if k.closed[s.Zone] == nil {
				k.closed[s.Zone] = map[int]int64{}
			}
			k.closed[s.Zone][t] += l.tubes
			open := len(s.Open) == 0
			for _, w := range s.Open {
				open = open || w.From <= from+1e-6 && to <= w.To+1e-6
			}
			if !open && l.people > 0 {
				k.fail("site %s samples at hour %g, when it is closed", s.ID, from)
			}
			if from < k.city.Done.Now-1e-6 {
				k.fail("site %s samples at hour %g, which is over", s.ID, from)
			}
			// A tube begun in one period may be closed in the next, so a period can have the people of part of a tube more.
			if float64(l.people) > perLane*float64(s.Lanes)+float64(biggest) {
				k.fail("site %s samples %d people at hour %g; %d lanes take %g", s.ID, l.people, from, s.Lanes, perLane*float64(s.Lanes))
			}
			open1 := lanes[s.ID][int(math.Floor(from+1e-6))]
			if l.people > 0 && (open1 > s.Lanes || float64(l.people) > perLane*float64(open1)+float64(biggest)) {
				k.fail("site %s has %d lanes staffed of %d at hour %g, for %d people", s.ID, open1, s.Lanes, from, l.people)
			}
		}
		// Over any longer time the lanes must do.
		var sum int64
		first, last := math.MaxInt, -1
		for t := range did[s.ID] {
			first, last = min(first, t), max(last, t)
		}
		for t := first; t <= last; t++ {
			sum += did[s.ID][t].people
			if float64(sum) > perLane*float64(s.Lanes)*float64(t-first+1)+float64(biggest) {
				k.fail("site %s has sampled %d people by hour %g, more than its lanes can", s.ID, sum, float64(t+1)*k.step)
				break
			}
		}
		for _, a := range rows[s.ID] {
			rowPeople += a.People
			rowTubes += a.Tubes
		}
		if people != rowPeople || tubes != rowTubes {
			k.fail("site %s samples %d people in %d tubes, its assignments say %d in %d", s.ID, people, tubes, rowPeople, rowTubes)
		}
		k.windows(s.ID, rows[s.ID], first, last, func(t int) int64 { return did[s.ID][t].people })
	}
	known := map[string]bool{}
	for _, s := range k.city.Sites {
		known[s.ID] = true
	}
	for id := range did {
		if !known[id] {
			k.fail("sampling at %q, which is no site", id)
		}
	}
}

// windows checks that a site's assignments can be served in their windows by what it does in each period: nobody later than said, nobody earlier.
func (k *inspector) windows(id string, rows []Assignment, first, last int, people func(int) int64) {
	if last < 0 || len(rows) == 0 {
		return
	}
	ends, starts := make([]int64, last-first+2), make([]int64, last-first+2)
	for _, a := range rows {
		f, t := k.index("assignment", a.From)-first, k.index("assignment", a.To)-first
		if f < 0 || t > last-first+1 {
			k.fail("site %s: an assignment from %g to %g lies outside what the site does", id, a.From, a.To)
			return
		}
		starts[f] += a.People
		ends[t] += a.People
	}
	var done, mustBe, canBe int64
	for i := 0; i <= last-first; i++ {
		canBe += starts[i]
		done += people(first + i)
		mustBe += ends[i+1]
		if done < mustBe || done > canBe {
			k.fail("site %s has sampled %d people by hour %g, its assignments ask for %d to %d", id, done, float64(first+i+1)*k.step, mustBe, canBe)
			return
		}
	}
}

func (k *inspector) samplers() {
	zone := map[string]string{}
	for _, s := range k.city.Sites {
		zone[s.ID] = s.Zone
	}
	used := map[string]map[int]int{}
	for i, s := range k.plan.Staff {
		if s.Samplers != s.Lanes*k.perLane || s.To != s.From+1 {
			k.fail("staff[%d]: %d samplers for %d lanes from %g to %g", i, s.Samplers, s.Lanes, s.From, s.To)
		}
		z := zone[s.Site]
		if used[z] == nil {
			used[z] = map[int]int{}
		}
		used[z][int(s.From)] += s.Samplers
	}
	for _, z := range k.city.Zones {
		if len(z.Samplers) == 0 {
			continue
		}
		for hour, n := range used[z.ID] {
			// Those who are there for the part of the hour with fewest.
			least := math.MaxInt
			for at := float64(hour); at < float64(hour+1)-1e-6; at += k.step {
				sum := 0
				for _, s := range z.Samplers {
					if s.From <= at+1e-6 && at+k.step <= s.To+1e-6 {
						sum += s.Count
					}
				}
				least = min(least, sum)
			}
			if n > least {
				k.fail("zone %s needs %d samplers in hour %d and has %d", z.ID, n, hour, least)
			}
		}
	}
}

func (k *inspector) carried() {
	labs, zones := map[string]Lab{}, map[string]Zone{}
	for _, l := range k.city.Labs {
		labs[l.ID] = l
	}
	for _, z := range k.city.Zones {
		zones[z.ID] = z
	}
	gone := map[string]map[int]int64{}
	for i, d := range k.plan.Deliveries {
		z, l := zones[d.Zone], labs[d.Lab]
		if z.ID == "" || l.ID == "" || d.Tubes <= 0 {
			k.fail("deliveries[%d]: %d tubes from %q to %q", i, d.Tubes, d.Zone, d.Lab)
			continue
		}
		hours := (k.pickup+k.handover)/60 + k.far(z.Lat, z.Lon, l.Lat, l.Lon)/k.kmh
		if d.Ready < d.Collected+hours-1e-6 {
			k.fail("deliveries[%d]: from %s at %g, ready at %s at %g, the way takes %g", i, d.Zone, d.Collected, d.Lab, d.Ready, hours)
		}
		if gone[d.Zone] == nil {
			gone[d.Zone] = map[int]int64{}
		}
		gone[d.Zone][k.index("delivery", d.Collected)] += d.Tubes
	}
	for _, z := range k.city.Zones {
		// By the start of each period no more has left than was closed before, and in the end all has, if the plan is complete.
		ready := map[int]int64{}
		last := 0
		for t, n := range k.closed[z.ID] {
			ready[t+1] += n
			last = max(last, t+1)
		}
		for _, w := range k.city.Done.Waiting {
			if w.Zone == z.ID {
				t := int(math.Ceil(math.Max(w.Ready, k.city.Done.Now)/k.step - 1e-9))
				ready[t] += w.Tubes
				last = max(last, t)
			}
		}
		for t := range gone[z.ID] {
			last = max(last, t)
		}
		var have, left int64
		for t := 0; t <= last; t++ {
			have += ready[t]
			left += gone[z.ID][t]
			if left > have {
				k.fail("zone %s has sent %d tubes by hour %g, %d were closed", z.ID, left, float64(t)*k.step, have)
				break
			}
		}
		if k.plan.Complete && left != have {
			k.fail("zone %s closes %d tubes and sends %d", z.ID, have, left)
		}
		k.couriers(z, gone[z.ID])
	}
}

// couriers checks that what leaves a zone can be carried: a courier is away for a trip to the farthest laboratory the zone may send to, and back.
func (k *inspector) couriers(z Zone, gone map[int]int64) {
	if z.Couriers == 0 || len(k.city.Labs) == 0 {
		return
	}
	nearest := k.city.Rules.NearestLabs
	if nearest == 0 {
		nearest = 10
	}
	var ways []float64
	for _, l := range k.city.Labs {
		ways = append(ways, k.far(z.Lat, z.Lon, l.Lat, l.Lon))
	}
	for i := range ways {
		for j := range ways[:i] {
			if ways[i] < ways[j] {
				ways[i], ways[j] = ways[j], ways[i]
			}
		}
	}
	trip := 2*ways[min(len(ways), nearest)-1]/k.kmh + k.handover/60
	load := z.TubesPerTrip
	if load == 0 {
		load = 1000
	}
	perStep := float64(z.Couriers*load) / math.Max(trip, k.step) * k.step
	for t, n := range gone {
		if float64(n) > perStep+1 {
			k.fail("zone %s sends %d tubes at hour %g, its couriers carry %g", z.ID, n, float64(t)*k.step, perStep)
		}
	}
}

func (k *inspector) tested() {
	ready := map[string]map[int]int64{}
	in := func(lab string) map[int]int64 {
		if ready[lab] == nil {
			ready[lab] = map[int]int64{}
		}
		return ready[lab]
	}
	for _, d := range k.plan.Deliveries {
		in(d.Lab)[k.index("delivery", d.Ready)] += d.Tubes
	}
	for _, w := range k.city.Done.Waiting {
		if w.Lab != "" {
			in(w.Lab)[int(math.Ceil(math.Max(w.Ready, k.city.Done.Now)/k.step-1e-9))] += w.Tubes
		}
	}
	took := map[string]map[int]int64{}
	var all int64
	for i, x := range k.plan.Intake {
		t := k.index("intake", x.From)
		if took[x.Lab] == nil {
			took[x.Lab] = map[int]int64{}
		}
		took[x.Lab][t] += x.Tubes
		all += x.Tubes
		if x.Tubes <= 0 || x.From < k.city.Done.Now-1e-6 {
			k.fail("intake[%d]: %d tubes at hour %g", i, x.Tubes, x.From)
		}
	}
	for _, l := range k.city.Labs {
		last := 0
		for t := range took[l.ID] {
			last = max(last, t)
		}
		var have, used int64
		room := 0.0
		for t := 0; t <= last; t++ {
			have += ready[l.ID][t]
			used += took[l.ID][t]
			from, to := float64(t)*k.step, float64(t+1)*k.step
			can := 0.0
			for _, r := range l.Capacity {
				can += math.Max(0, math.Min(to, r.To)-math.Max(from, r.From)) * r.Tubes
			}
			room += can
			if used > have {
				k.fail("laboratory %s has begun with %d tubes in the period from hour %g, %d had arrived", l.ID, used, from, have)
				break
			}
			if float64(took[l.ID][t]) > can+1 {
				k.fail("laboratory %s takes %d tubes at hour %g, it can take %g", l.ID, took[l.ID][t], from, can)
			}
		}
		if float64(used) > room+1e-3 {
			k.fail("laboratory %s takes %d tubes in all, it can take %g", l.ID, used, room)
		}
		delete(took, l.ID)
	}
	for id := range took {
		k.fail("intake at %q, which is no laboratory", id)
	}
	if k.plan.Complete && all != k.plan.Tubes {
		k.fail("laboratories take %d of %d tubes", all, k.plan.Tubes)
	}
}

func (k *inspector) finish() {
	p := k.plan
	sampled, known := 0.0, 0.0
	for _, s := range p.Sampling {
		sampled = math.Max(sampled, s.From+k.step)
	}
	turnaround := map[string]float64{}
	for _, l := range k.city.Labs {
		turnaround[l.ID] = l.Turnaround
	}
	for i, x := range p.Intake {
		if x.Result < x.From+k.step+turnaround[x.Lab]-1e-6 {
			k.fail("intake[%d]: begun in the period from %g, known at %g", i, x.From, x.Result)
		}
		known = math.Max(known, x.Result)
	}
	if f := k.city.Done.Frozen; f != nil {
		sampled, known = math.Max(sampled, f.Sampling), math.Max(known, f.Results)
	}
	if math.Abs(sampled-p.FinishSampling) > 1e-6 || math.Abs(known-p.FinishResults) > 1e-6 {
		k.fail("finish: sampling %g, results %g; the plan says %g and %g", sampled, known, p.FinishSampling, p.FinishResults)
	}
	if p.LowerBound > p.FinishResults+1e-9 || math.Abs(p.FinishResults-p.LowerBound-p.Gap) > 1e-6 {
		k.fail("lower bound %g, gap %g, finish %g", p.LowerBound, p.Gap, p.FinishResults)
	}
	if at := k.city.Start.Add(time.Duration(p.FinishResults * float64(time.Hour))); at.Sub(p.ResultsAt).Abs() > time.Second {
		k.fail("results at %s, the plan says %s", at, p.ResultsAt)
	}
	if p.InTime && (!p.Complete || p.FinishResults > p.Deadline+1e-9) {
		k.fail("in time, with results at %g", p.FinishResults)
	}
}
