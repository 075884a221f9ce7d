package round

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Remedy is one change to the city and what it saves, found by solving the changed city.
type Remedy struct {
	Name          string  `json:"name"`
	Against       string  `json:"against"` // the resource of which there is more: laboratories, lanes, samplers, couriers
	FinishResults float64 `json:"finish_results"`
	HoursSaved    float64 `json:"hours_saved"`         // 0: it saves nothing
	Cost          float64 `json:"cost"`                // in the city's money
	PerHour       float64 `json:"cost_per_hour_saved"` // 0 where nothing is saved, or it costs nothing
	change        func(*City)
}

// Costs price remedies. A zero stands for the default, which is an assumption: fill in your own.
type Costs struct {
	MobileLab   float64 `json:"mobile_lab,omitempty"`   // one for the round; default 500,000
	LaneHour    float64 `json:"lane_hour,omitempty"`    // a lane with its staff; default 200
	Courier     float64 `json:"courier,omitempty"`      // one for the round; default 2,000
	LabHour     float64 `json:"lab_hour,omitempty"`     // a laboratory working an hour longer; default 20,000
	SamplerHour float64 `json:"sampler_hour,omitempty"` // default 100
	Positive    float64 `json:"pool_person,omitempty"`  // each person in a larger pool, for those who will be held and sampled again; default 0.05
}

func (c Costs) withDefaults() Costs {
	c.MobileLab = or(c.MobileLab, 500_000)
	c.LaneHour = or(c.LaneHour, 200)
	c.Courier = or(c.Courier, 2_000)
	c.LabHour = or(c.LabHour, 20_000)
	c.SamplerHour = or(c.SamplerHour, 100)
	c.Positive = or(c.Positive, 0.05)
	return c
}

// A mobile laboratory, as the inflatable ones of 2021: 30,000 tubes a day. It works some hours after it is asked for.
const (
	mobileTubes = 1250.0
	mobileReady = 3.0
)

// candidates lists the remedies to try, of a city and what binds in it.
func candidates(c *City, binds []Bottleneck) []Remedy {
	cost := c.Costs.withDefaults()
	rules := c.Rules.withDefaults()
	var list []Remedy
	add := func(against string, cost float64, change func(*City), name string, args ...any) {
		list = append(list, Remedy{Name: fmt.Sprintf(name, args...), Against: against, Cost: math.Round(cost), change: change})
	}
	for _, n := range []int{2, 1, 4, 8} {
		add("laboratories", float64(n)*cost.MobileLab, func(c *City) { addMobile(c, n) }, "+%d mobile %s", n, plural(n, "laboratory", "laboratories"))
	}
	people := map[string]int64{}
	for _, m := range c.Community {
		for _, g := range m.Groups {
			people[g.Class] += g.People
		}
	}
	classes := slices.Clone(c.Classes)
	slices.SortStableFunc(classes, func(a, b Class) int { return cmp.Compare(people[b.ID], people[a.ID]) })
	for _, k := range classes[:min(3, len(classes))] {
		for _, pool := range []int{20, 10} {
			if k.Pool < pool && people[k.ID] > 0 {
				add("laboratories", float64(people[k.ID])*cost.Positive, func(c *City) {
					for i := range c.Classes {
						if c.Classes[i].ID == k.ID {
							c.Classes[i].Pool = pool
						}
					}
				}, "pool %d in %s", pool, k.ID)
			}
		}
	}
	longer := 0.0
	for _, l := range c.Labs {
		for _, r := range l.Capacity {
			longer += (r.To - r.From) * 0.2
		}
	}
	add("laboratories", longer*cost.LabHour, func(c *City) {
		for i := range c.Labs {
			for j := range c.Labs[i].Capacity {
				c.Labs[i].Capacity[j].Tubes *= 1.2
			}
		}
	}, "20 %% more tubes an hour in every laboratory")
	add("laboratories", float64(len(c.Labs))*cost.LabHour*6, aroundTheClock, "laboratories work around the clock at their best rate")
	add("laboratories", float64(len(c.Labs))*cost.LabHour, func(c *City) {
		for i := range c.Labs {
			c.Labs[i].Turnaround = max(0, c.Labs[i].Turnaround-1)
		}
	}, "turnaround an hour shorter in every laboratory")

	lanes := 0
	for _, s := range c.Sites {
		lanes += s.Lanes
	}
	shift := float64(lanes) * 12 * cost.LaneHour
	for _, percent := range []int{25, 10, 50} {
		add("lanes", shift*float64(percent)/100, func(c *City) { moreLanes(c, percent) }, "%d %% more lanes", percent)
	}
	for _, b := range binds {
		if b.Resource == "lanes" && len(b.IDs) < len(c.Sites) {
			which := map[string]bool{}
			for _, id := range b.IDs {
				which[id] = true
			}
			add("lanes", float64(len(which))*12*cost.LaneHour, func(c *City) {
				for i := range c.Sites {
					if which[c.Sites[i].ID] {
						c.Sites[i].Lanes++
					}
				}
			}, "one more lane at the %d sites that bind", len(which))
		}
	}
	add("lanes", float64(lanes)*8*cost.LaneHour, func(c *City) {
		for i := range c.Sites {
			c.Sites[i].Open = nil
		}
	}, "all sites open around the clock")
	add("lanes", float64(lanes)*2*cost.LaneHour, func(c *City) {
		for i := range c.Sites {
			for j := range c.Sites[i].Open {
				c.Sites[i].Open[j].To = min(maxHours, c.Sites[i].Open[j].To+2)
			}
		}
	}, "all sites open two hours longer")
	add("lanes", shift/20, func(c *City) {
		for i := range c.Sites {
			c.Sites[i].Rate = or(c.Sites[i].Rate, rules.Rate) * 1.1
		}
	}, "10 %% more people an hour in every lane")
	add("lanes", shift/20, func(c *City) { moreLanes(c, 5) }, "5 %% more lanes")
	add("lanes", 0, func(c *City) { c.Rules.NearestSites = min(1000, 2*rules.NearestSites) }, "people may be sent to twice as many sites")
	onDuty := 0.0
	for _, z := range c.Zones {
		for _, s := range z.Samplers {
			onDuty += float64(s.Count) * (s.To - s.From)
		}
	}
	if onDuty > 0 {
		add("samplers", onDuty*0.2*cost.SamplerHour, func(c *City) {
			for i := range c.Zones {
				for j := range c.Zones[i].Samplers {
					c.Zones[i].Samplers[j].Count = (c.Zones[i].Samplers[j].Count*6 + 4) / 5
				}
			}
		}, "20 %% more samplers in every zone")
	}
	couriers := 0
	for _, z := range c.Zones {
		couriers += z.Couriers
	}
	fleet := float64(max(couriers, len(c.Zones)))
	add("couriers", fleet*cost.Courier/4, func(c *City) { c.Rules.CourierKmh = min(300, rules.CourierKmh*1.5) }, "couriers half as fast again (escort, bus lanes)")
	add("couriers", fleet*cost.Courier, func(c *City) { c.Rules.PickupMinutes = max(1, rules.PickupMinutes/2) }, "tubes collected twice as often")
	add("couriers", 0, func(c *City) { c.Rules.NearestLabs = min(1000, 2*rules.NearestLabs) }, "zones may send to twice as many laboratories")
	add("couriers", float64(len(c.Labs))*cost.LabHour, func(c *City) { c.Rules.HandoverMinutes = max(1, rules.HandoverMinutes/2) }, "tubes taken over at laboratories in half the time")
	if couriers > 0 {
		add("couriers", fleet*cost.Courier, func(c *City) {
			for i := range c.Zones {
				c.Zones[i].Couriers *= 2
			}
		}, "twice the couriers")
	}
	return list
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// addMobile puts mobile laboratories beside the zones with most lanes.
func addMobile(c *City, n int) {
	lanes := map[string]int{}
	for _, s := range c.Sites {
		lanes[s.Zone] += s.Lanes
	}
	zones := slices.Clone(c.Zones)
	slices.SortStableFunc(zones, func(a, b Zone) int { return cmp.Compare(lanes[b.ID], lanes[a.ID]) })
	if len(zones) == 0 {
		return
	}
	var around []float64
	for _, l := range c.Labs {
		around = append(around, l.Turnaround)
	}
	slices.Sort(around)
	turnaround := 4.0
	if len(around) > 0 {
		turnaround = around[len(around)/2]
	}
	for i := range n {
		z := zones[i*max(1, len(zones)/n)%len(zones)]
		id := fmt.Sprintf("mobile-%d", i+1)
		for slices.ContainsFunc(c.Labs, func(l Lab) bool { return l.ID == id }) {
			id += "x"
		}
		from := math.Ceil(c.Done.Now + mobileReady)
		c.Labs = append(c.Labs, Lab{ID: id, Name: "mobile laboratory", Lat: z.Lat, Lon: z.Lon, Turnaround: turnaround, Capacity: []Rate{{from, maxHours, mobileTubes}}})
	}
}

func moreLanes(c *City, percent int) {
	// One in so many sites gets a lane more where lanes are few, so that the sum is as said.
	owed := 0
	for i := range c.Sites {
		owed += c.Sites[i].Lanes * percent
		c.Sites[i].Lanes = min(maxLanes, c.Sites[i].Lanes+owed/100)
		owed %= 100
	}
}

// aroundTheClock lets every laboratory work at its best rate from its first hour on.
func aroundTheClock(c *City) {
	for i := range c.Labs {
		l := &c.Labs[i]
		if len(l.Capacity) == 0 {
			continue
		}
		best, first := 0.0, math.Inf(1)
		for _, r := range l.Capacity {
			best, first = max(best, r.Tubes), min(first, r.From)
		}
		l.Capacity = []Rate{{first, maxHours, best}}
	}
}

// clone copies what remedies change.
func (c *City) clone() City {
	d := *c
	d.Classes = slices.Clone(c.Classes)
	d.Zones = slices.Clone(c.Zones)
	for i := range d.Zones {
		d.Zones[i].Samplers = slices.Clone(c.Zones[i].Samplers)
	}
	d.Sites = slices.Clone(c.Sites)
	for i := range d.Sites {
		d.Sites[i].Open = slices.Clone(c.Sites[i].Open)
	}
	d.Labs = slices.Clone(c.Labs)
	for i := range d.Labs {
		d.Labs[i].Capacity = slices.Clone(c.Labs[i].Capacity)
	}
	return d
}

// Remedies tries changes to a city one by one, each by solving the changed city for its smallest deadline, and ranks them by what an hour saved
// costs. Those that save nothing come last and say so. plan is the city's plan as [Make] gives it.
func Remedies(c City, plan Plan) ([]Remedy, error) {
	return try(newProblem(&c), &plan, candidates(&c, plan.Bottleneck))
}

// fluid is the deadline that remedies are measured against: before lanes were made whole, as theirs is.
func (p *Plan) fluid() float64 { return p.FinishResults - p.Rounding.Hours }

// try solves a city once for each remedy, on as many processors as there are, each from its plan.
func try(before *problem, plan *Plan, list []Remedy) ([]Remedy, error) {
	c := before.city
	errs := make([]error, len(list))
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(len(list), runtime.GOMAXPROCS(0), 4) {
		wait.Go(func() {
			for i := range next {
				d := c.clone()
				list[i].change(&d)
				p := newProblemLike(&d, before)
				p.beginWith(plan)
				a, err := p.best(false)
				if err != nil {
					errs[i] = err
					continue
				}
				list[i].FinishResults = p.hour(a.slot)
				if f := c.Done.Frozen; f != nil {
					list[i].FinishResults = math.Max(list[i].FinishResults, f.Results)
				}
				list[i].HoursSaved = math.Max(0, plan.fluid()-list[i].FinishResults)
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	wait.Wait()
	for i := range list {
		if errs[i] != nil {
			return nil, fmt.Errorf("remedy %q: %w", list[i].Name, errs[i])
		}
		if list[i].HoursSaved > 0 {
			list[i].PerHour = math.Round(list[i].Cost / list[i].HoursSaved)
		}
	}
	slices.SortStableFunc(list, func(a, b Remedy) int {
		switch {
		case (a.HoursSaved > 0) != (b.HoursSaved > 0):
			return cmp.Compare(b.HoursSaved, a.HoursSaved)
		case a.HoursSaved == 0:
			return cmp.Compare(a.Cost, b.Cost)
		}
		return cmp.Or(cmp.Compare(a.PerHour, b.PerHour), cmp.Compare(b.HoursSaved, a.HoursSaved))
	})
	return list, nil
}

// advise fills in, for each bottleneck, what helps most against it for its price among tried remedies.
func advise(plan *Plan, tried []Remedy) {
	for i := range plan.Bottleneck {
		b := &plan.Bottleneck[i]
		for _, r := range tried { // ranked
			if r.Against != b.Resource {
				continue
			}
			if b.Remedy == "" || r.HoursSaved > b.HoursSaved && b.HoursSaved == 0 {
				b.Remedy, b.HoursSaved = r.Name, r.HoursSaved
			}
		}
		if b.HoursSaved == 0 && b.Remedy != "" {
			b.Remedy += " (saves nothing alone)"
		}
	}
}

// usual picks, for each bottleneck, the few remedies that a plan tries by itself.
func usual(c *City, binds []Bottleneck) []Remedy {
	var list []Remedy
	taken := map[string]int{}
	for _, r := range candidates(c, binds) {
		for _, b := range binds {
			most := 1
			if r.Against == "laboratories" && (r.Name == "+1 mobile laboratory" || r.Name == "+4 mobile laboratories" || r.Name == "+8 mobile laboratories") {
				continue
			}
			if r.Against == "laboratories" {
				most = 2 // mobile ones, and larger pools
			}
			if b.Resource == r.Against && taken[r.Against] < most {
				taken[r.Against]++
				list = append(list, r)
				break
			}
		}
	}
	return list
}
