package round

import (
	"math"
	"slices"
	"time"
)

// problem is a city with defaults filled in, names turned into numbers and hours into periods.
type problem struct {
	city   *City
	rules  Rules
	prices Prices
	period int // minutes
	slots  int // periods up to the horizon
	now    int // periods before this one are over

	group []group
	site  []siteAt
	zone  []zoneAt
	lab   []labAt
	wait  []waitAt
	reach [][]reach // of each community with people due
	pool  int       // of all groups; 0 where they differ

	deadline int
	start    *start // where solvers begin; nil: from nothing
	// stands is the deadline of the city as it is, where this is the city with a remedy: one that cannot beat it need not be solved any further. 0: there is none.
	stands int
	// known is told, before the cheapest plan is looked for, what binds and one way to keep the deadline; nil is nobody.
	known func(cut []tight, way *Plan)
}

// group is who is still due of one class in one community.
type group struct {
	community int
	class     string
	pool      int64
	people    int64
	tubes     int64
	reach     []reach // sites, nearest first
}

type reach struct {
	site int32
	walk int64 // metres
}

type siteAt struct {
	zone   int
	people []float64 // that can have been sampled by the start of each period, from 0; one more than slots
	lane   float64   // people a lane takes in a period
	rate   float64   // people all lanes take in a period
	open   []bool
}

type zoneAt struct {
	sites    []int
	samplers []int64 // on duty in each period; nil: no limit
	carry    []int64 // tubes couriers can take away in each period; nil: no limit
	to       []leg
	quick    int // periods from the end of one in which a tube is closed to its result, at best
}

// leg is the way from a zone to a laboratory.
type leg struct {
	lab   int
	delay int // periods from the end of the one in which a tube is closed to the start of the one in which it can be taken
	km    float64
	hours float64 // exact delay
}

type labAt struct {
	take       []int64 // tubes in each period
	turnaround int     // periods, up
}

type waitAt struct {
	zone, lab int // one of them is -1
	slot      int
	tubes     int64
}

// hour returns the hour at which a period starts.
func (p *problem) hour(slot int) float64 { return float64(slot) * float64(p.period) / 60 }

// slotUp returns the first period that starts at or after an hour.
func (p *problem) slotUp(hour float64) int {
	return int(math.Ceil(hour*60/float64(p.period) - 1e-9))
}

func or[T int | float64](v, standard T) T {
	if v == 0 {
		return standard
	}
	return v
}

func price(v, standard float64) float64 {
	if v < 0 {
		return 0
	}
	return or(v, standard)
}

func (r Rules) withDefaults() Rules {
	r.Rate = or(r.Rate, 100)
	r.NearestSites = or(r.NearestSites, 30)
	r.MaxWalk = or(r.MaxWalk, 20_000)
	r.NearestLabs = or(r.NearestLabs, 10)
	r.Detour = or(r.Detour, 1.3)
	r.CourierKmh = or(r.CourierKmh, 30)
	r.PickupMinutes = or(r.PickupMinutes, 60)
	r.HandoverMinutes = or(r.HandoverMinutes, 15)
	r.SamplersPerLane = or(r.SamplersPerLane, 1)
	r.RegistrarsPerLane = or(r.RegistrarsPerLane, 1)
	return r
}

func (p Prices) withDefaults() Prices {
	p.Hour = price(p.Hour, 30)
	p.Night = price(p.Night, 1500)
	if p.NightFrom == 0 && p.NightTo == 0 {
		p.NightFrom, p.NightTo = 22, 6
	}
	p.TubeKm = price(p.TubeKm, 5)
	p.TubeHour = price(p.TubeHour, 20)
	return p
}

// metres is the way between two points over ground, by the great circle and the detour.
func metres(lat1, lon1, lat2, lon2, detour float64) float64 {
	const rad = math.Pi / 180
	a := math.Sin((lat2 - lat1) * rad / 2)
	b := math.Sin((lon2 - lon1) * rad / 2)
	h := a*a + math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b
	return 2 * 6_371_000 * math.Asin(math.Min(1, math.Sqrt(h))) * detour
}

// newProblem resolves a city that [City.Validate] has found right.
func newProblem(c *City) *problem { return newProblemLike(c, nil) }

// newProblemLike resolves a city that has the places of another, so that ways need not be measured again.
func newProblemLike(c *City, like *problem) *problem {
	p := &problem{city: c, rules: c.Rules.withDefaults(), prices: c.Prices.withDefaults(), period: or(c.Period, 15)}
	p.slots = p.slotUp(or(c.Horizon, 96))
	p.now = p.slotUp(c.Done.Now)
	p.deadline = int(math.Floor(or(c.Deadline, 24)*60/float64(p.period) + 1e-9))
	zones, labs := map[string]int{}, map[string]int{}
	for i, l := range c.Labs {
		labs[l.ID] = i
		p.lab = append(p.lab, labAt{take: p.whole(func(slot int) float64 {
			sum := 0.0
			for _, r := range l.Capacity {
				sum += r.Tubes * p.overlap(slot, r.From, r.To)
			}
			return sum
		}), turnaround: p.slotUp(l.Turnaround)})
	}
	for i, z := range c.Zones {
		zones[z.ID] = i
		p.zone = append(p.zone, p.newZone(z))
	}
	for i, s := range c.Sites {
		z := zones[s.Zone]
		p.zone[z].sites = append(p.zone[z].sites, i)
		at := siteAt{zone: z, lane: or(s.Rate, p.rules.Rate) * float64(p.period) / 60, people: make([]float64, p.slots+1), open: make([]bool, p.slots)}
		at.rate = at.lane * float64(s.Lanes)
		for t := range p.slots {
			share := 1.0
			if len(s.Open) > 0 {
				share = 0
				for _, w := range s.Open {
					// A lane works whole periods only.
					if p.overlap(t, w.From, w.To) > p.hour(1)-1e-9 {
						share = 1
					}
				}
			}
			at.open[t] = share > 0 && t >= p.now
			at.people[t+1] = at.people[t]
			if at.open[t] {
				at.people[t+1] += at.rate
			}
		}
		p.site = append(p.site, at)
	}
	for z := range p.zone {
		p.zone[z].quick = p.slots
		for _, leg := range p.zone[z].to {
			p.zone[z].quick = min(p.zone[z].quick, leg.delay+p.lab[leg.lab].turnaround)
		}
	}
	p.groups(like)
	for _, w := range c.Done.Waiting {
		at := waitAt{-1, -1, max(p.now, p.slotUp(w.Ready)), w.Tubes}
		if w.Zone != "" {
			at.zone = zones[w.Zone]
		} else {
			at.lab = labs[w.Lab]
		}
		p.wait = append(p.wait, at)
	}
	return p
}

// overlap returns the hours of a period that lie between two hours.
func (p *problem) overlap(slot int, from, to float64) float64 {
	return math.Max(0, math.Min(p.hour(slot+1), to)-math.Max(p.hour(slot), from))
}

// whole turns a rate into whole numbers per period that add up without loss: what is left over is taken along to the next.
func (p *problem) whole(rate func(slot int) float64) []int64 {
	list := make([]int64, p.slots)
	sum, given := 0.0, int64(0)
	for t := range list {
		sum += rate(t)
		if t < p.now {
			given = int64(math.Floor(sum + 1e-6))
			continue
		}
		list[t] = int64(math.Floor(sum+1e-6)) - given
		given += list[t]
	}
	return list
}

func (p *problem) newZone(z Zone) zoneAt {
	at := zoneAt{}
	if len(z.Samplers) > 0 {
		at.samplers = make([]int64, p.slots)
		for t := range at.samplers {
			for _, s := range z.Samplers {
				if p.overlap(t, s.From, s.To) > p.hour(1)-1e-9 {
					at.samplers[t] += int64(s.Count)
				}
			}
		}
	}
	for i, l := range p.city.Labs {
		km := metres(z.Lat, z.Lon, l.Lat, l.Lon, p.rules.Detour) / 1000
		hours := (p.rules.PickupMinutes+p.rules.HandoverMinutes)/60 + km/p.rules.CourierKmh
		at.to = append(at.to, leg{i, p.slotUp(hours), km, hours})
	}
	slices.SortStableFunc(at.to, func(a, b leg) int {
		if a.km != b.km {
			if a.km < b.km {
				return -1
			}
			return 1
		}
		return a.lab - b.lab
	})
	at.to = at.to[:min(len(at.to), p.rules.NearestLabs)]
	if z.Couriers > 0 && len(at.to) > 0 {
		// A trip to the farthest of its laboratories and back: no plan asks for more.
		trip := 2*at.to[len(at.to)-1].km/p.rules.CourierKmh + p.rules.HandoverMinutes/60
		perHour := float64(z.Couriers) * float64(or(z.TubesPerTrip, 1000)) / math.Max(trip, p.hour(1))
		at.carry = p.whole(func(int) float64 { return perHour * p.hour(1) })
	}
	return at
}

// groups lists who is still due and which sites are in reach.
func (p *problem) groups(like *problem) {
	c := p.city
	pools := map[string]int{}
	for _, k := range c.Classes {
		pools[k.ID] = k.Pool
	}
	type of struct{ community, class string }
	sampled := map[of]int64{}
	for _, s := range c.Done.Sampled {
		sampled[of{s.Community, s.Class}] += s.People
	}
	find := func(i int) []reach { return like.reach[i] }
	if like == nil || like.rules.NearestSites != p.rules.NearestSites || like.rules.MaxWalk != p.rules.MaxWalk || like.rules.Detour != p.rules.Detour {
		near := newNearest(c.Sites, p.rules.MaxWalk/p.rules.Detour)
		find = func(i int) []reach { return near.find(c.Community[i].Lat, c.Community[i].Lon, p.rules) }
	}
	p.reach = make([][]reach, len(c.Community))
	p.pool = -1
	for i, m := range c.Community {
		var in []reach
		for _, g := range m.Groups {
			people := g.People - sampled[of{m.ID, g.Class}]
			if people <= 0 {
				continue
			}
			if in == nil {
				in = find(i)
				p.reach[i] = in
			}
			pool := pools[g.Class]
			switch p.pool {
			case -1:
				p.pool = pool
			case pool:
			default:
				p.pool = 0
			}
			p.group = append(p.group, group{i, g.Class, int64(pool), people, (people + int64(pool) - 1) / int64(pool), in})
		}
	}
	if p.pool == -1 {
		p.pool = 1
	}
}

// siteTubes returns how many tubes of a pool size a site can close in each period.
func (p *problem) siteTubes(s int, pool int64) []int64 {
	list := make([]int64, p.slots)
	for t := range list {
		list[t] = int64(math.Floor(p.site[s].people[t+1]/float64(pool)+1e-6)) - int64(math.Floor(p.site[s].people[t]/float64(pool)+1e-6))
	}
	return list
}

// slotCost is the price of sampling one person in a period.
func (p *problem) slotCost(slot int) float64 {
	at := p.city.Start.Add(time.Duration(float64(slot)*float64(p.period)) * time.Minute)
	cost := p.prices.Hour * (p.hour(slot) - p.city.Done.Now)
	h, from, to := at.Hour(), p.prices.NightFrom, p.prices.NightTo
	if from <= to && h >= from && h < to || from > to && (h >= from || h < to) {
		cost += p.prices.Night
	}
	return cost
}

// nearest finds sites around a point, over a grid of cells.
type nearest struct {
	sites []Site
	cell  float64 // degrees of latitude
	of    map[[2]int][]int32
	reach float64 // metres as the crow flies
}

func newNearest(sites []Site, reach float64) *nearest {
	n := &nearest{sites: sites, cell: 0.02, of: map[[2]int][]int32{}, reach: reach}
	for i, s := range sites {
		k := n.key(s.Lat, s.Lon)
		n.of[k] = append(n.of[k], int32(i))
	}
	return n
}

func (n *nearest) key(lat, lon float64) [2]int {
	return [2]int{int(math.Floor(lat / n.cell)), int(math.Floor(lon / n.cell))}
}

// find returns the sites in reach, nearest first.
func (n *nearest) find(lat, lon float64, rules Rules) []reach {
	type at struct {
		site int32
		m    float64
	}
	var list []at
	k := n.key(lat, lon)
	// A cell is at least this many metres wide; where the earth is round, fewer metres go on a degree of longitude.
	width := n.cell * 111_000 * math.Max(0.05, math.Cos((math.Abs(lat)+1)*math.Pi/180))
	for ring := 0; ; ring++ {
		for dy := -ring; dy <= ring; dy++ {
			step := 1
			if dy != -ring && dy != ring {
				step = max(1, 2*ring)
			}
			for dx := -ring; dx <= ring; dx += step {
				for _, s := range n.of[[2]int{k[0] + dy, k[1] + dx}] {
					m := metres(lat, lon, n.sites[s].Lat, n.sites[s].Lon, rules.Detour)
					if m <= rules.MaxWalk {
						list = append(list, at{s, m})
					}
				}
			}
		}
		// Everything nearer than this has been seen.
		seen := float64(ring) * width
		if seen >= n.reach {
			break
		}
		if len(list) >= rules.NearestSites {
			inside := 0
			for _, a := range list {
				if a.m <= seen*rules.Detour {
					inside++
				}
			}
			if inside >= rules.NearestSites {
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b at) int {
		switch {
		case a.m < b.m:
			return -1
		case a.m > b.m:
			return 1
		}
		return int(a.site - b.site)
	})
	list = list[:min(len(list), rules.NearestSites)]
	out := make([]reach, len(list))
	for i, a := range list {
		out[i] = reach{a.site, int64(math.Round(a.m))}
	}
	return out
}
