package round

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Remedy is one change to the city and what it saves, found by solving the changed city.
type Remedy struct {
	Change        Change  `json:"change"`
	Name          string  `json:"name"`                // the change in English
	Against       string  `json:"against"`             // the resource of which there is more: laboratories, lanes, samplers, couriers
	FinishResults float64 `json:"finish_results"`      // of the changed city; with pools of several sizes, of the plan as it is where nothing sooner is found
	HoursSaved    float64 `json:"hours_saved"`         // 0: it saves nothing
	Cost          float64 `json:"cost"`                // in the city's money
	PerHour       float64 `json:"cost_per_hour_saved"` // 0 where nothing is saved, or it costs nothing
	change        func(*City)
}

// ChangeKey says what a remedy changes.
type ChangeKey string

// What remedies change.
const (
	MobileLabs     ChangeKey = "mobile"            // N more mobile laboratories
	LargerPool     ChangeKey = "pool"              // N people a tube for Class, where it is Of now
	LabRate        ChangeKey = "rate"              // N % more tubes an hour in every laboratory
	LabClock       ChangeKey = "clock"             // laboratories around the clock at their best rate
	LabTurnaround  ChangeKey = "turnaround"        // runs N hours shorter in every laboratory
	MoreLanes      ChangeKey = "lanes"             // N % more lanes
	LaneEach       ChangeKey = "lane_each"         // a lane more at each of the N sites that bind
	OpenAlways     ChangeKey = "open_always"       // all sites around the clock
	OpenLonger     ChangeKey = "open_longer"       // all sites N hours longer
	LanePace       ChangeKey = "pace"              // N % more people an hour in every lane
	MoreSites      ChangeKey = "farther"           // people may be sent to N times as many sites
	MoreSamplers   ChangeKey = "samplers"          // N % more in every zone
	FasterCouriers ChangeKey = "faster"            // N % faster
	OftenCollected ChangeKey = "often"             // tubes are collected N times as often
	MoreLabs       ChangeKey = "more_laboratories" // zones may send to N times as many laboratories
	FasterHandover ChangeKey = "handover"          // tubes are taken over at laboratories in one Nth of the time
	MoreCouriers   ChangeKey = "couriers"          // N times the couriers
)

// Change is what a remedy changes, as a key with its numbers: whoever shows it says it in the reader's words.
type Change struct {
	Key   ChangeKey `json:"key"`
	N     int64     `json:"n,omitempty"`
	Of    int64     `json:"of,omitempty"`
	Class string    `json:"class,omitempty"`
}

// String says a change in English.
func (c Change) String() string {
	switch c.Key {
	case MobileLabs:
		return fmt.Sprintf("+%d mobile %s", c.N, plural(c.N, "laboratory", "laboratories"))
	case LargerPool:
		return fmt.Sprintf("pool %d in %s", c.N, c.Class)
	case LabRate:
		return fmt.Sprintf("%d %% more tubes an hour in every laboratory", c.N)
	case LabClock:
		return "laboratories work around the clock at their best rate"
	case LabTurnaround:
		return "turnaround an hour shorter in every laboratory"
	case MoreLanes:
		return fmt.Sprintf("%d %% more lanes", c.N)
	case LaneEach:
		return fmt.Sprintf("one more lane at the %d sites that bind", c.N)
	case OpenAlways:
		return "all sites open around the clock"
	case OpenLonger:
		return "all sites open two hours longer"
	case LanePace:
		return fmt.Sprintf("%d %% more people an hour in every lane", c.N)
	case MoreSites:
		return "people may be sent to twice as many sites"
	case MoreSamplers:
		return fmt.Sprintf("%d %% more samplers in every zone", c.N)
	case FasterCouriers:
		return "couriers half as fast again (escort, bus lanes)"
	case OftenCollected:
		return "tubes collected twice as often"
	case MoreLabs:
		return "zones may send to twice as many laboratories"
	case FasterHandover:
		return "tubes taken over at laboratories in half the time"
	case MoreCouriers:
		return "twice the couriers"
	}
	return string(c.Key)
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
	add := func(against string, cost float64, what Change, change func(*City)) {
		list = append(list, Remedy{Change: what, Name: what.String(), Against: against, Cost: math.Round(cost), change: change})
	}
	for _, n := range []int{2, 1, 4, 8} {
		add("laboratories", float64(n)*cost.MobileLab, Change{Key: MobileLabs, N: int64(n)}, func(c *City) { addMobile(c, n) })
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
				add("laboratories", float64(people[k.ID])*cost.Positive, Change{Key: LargerPool, N: int64(pool), Of: int64(k.Pool), Class: k.ID}, func(c *City) {
					for i := range c.Classes {
						if c.Classes[i].ID == k.ID {
							c.Classes[i].Pool = pool
						}
					}
				})
			}
		}
	}
	longer := 0.0
	for _, l := range c.Labs {
		for _, r := range l.Capacity {
			longer += (r.To - r.From) * 0.2
		}
	}
	add("laboratories", longer*cost.LabHour, Change{Key: LabRate, N: 20}, func(c *City) {
		for i := range c.Labs {
			for j := range c.Labs[i].Capacity {
				c.Labs[i].Capacity[j].Tubes *= 1.2
			}
		}
	})
	add("laboratories", float64(len(c.Labs))*cost.LabHour*6, Change{Key: LabClock}, aroundTheClock)
	add("laboratories", float64(len(c.Labs))*cost.LabHour, Change{Key: LabTurnaround, N: 1}, func(c *City) {
		for i := range c.Labs {
			c.Labs[i].Turnaround = max(0, c.Labs[i].Turnaround-1)
		}
	})

	lanes := 0
	for _, s := range c.Sites {
		lanes += s.Lanes
	}
	shift := float64(lanes) * 12 * cost.LaneHour
	for _, percent := range []int{25, 10, 50} {
		add("lanes", shift*float64(percent)/100, Change{Key: MoreLanes, N: int64(percent)}, func(c *City) { moreLanes(c, percent) })
	}
	for _, b := range binds {
		if b.Resource == "lanes" && len(b.IDs) < len(c.Sites) {
			which := map[string]bool{}
			for _, id := range b.IDs {
				which[id] = true
			}
			add("lanes", float64(len(which))*12*cost.LaneHour, Change{Key: LaneEach, N: int64(len(which))}, func(c *City) {
				for i := range c.Sites {
					if which[c.Sites[i].ID] {
						c.Sites[i].Lanes++
					}
				}
			})
		}
	}
	add("lanes", float64(lanes)*8*cost.LaneHour, Change{Key: OpenAlways}, func(c *City) {
		for i := range c.Sites {
			c.Sites[i].Open = nil
		}
	})
	add("lanes", float64(lanes)*2*cost.LaneHour, Change{Key: OpenLonger, N: 2}, func(c *City) {
		for i := range c.Sites {
			for j := range c.Sites[i].Open {
				c.Sites[i].Open[j].To = min(maxHours, c.Sites[i].Open[j].To+2)
			}
		}
	})
	add("lanes", shift/20, Change{Key: LanePace, N: 10}, func(c *City) {
		for i := range c.Sites {
			c.Sites[i].Rate = or(c.Sites[i].Rate, rules.Rate) * 1.1
		}
	})
	add("lanes", shift/20, Change{Key: MoreLanes, N: 5}, func(c *City) { moreLanes(c, 5) })
	add("lanes", 0, Change{Key: MoreSites, N: 2}, func(c *City) { c.Rules.NearestSites = min(1000, 2*rules.NearestSites) })
	onDuty := 0.0
	for _, z := range c.Zones {
		for _, s := range z.Samplers {
			onDuty += float64(s.Count) * (s.To - s.From)
		}
	}
	if onDuty > 0 {
		add("samplers", onDuty*0.2*cost.SamplerHour, Change{Key: MoreSamplers, N: 20}, func(c *City) {
			for i := range c.Zones {
				for j := range c.Zones[i].Samplers {
					c.Zones[i].Samplers[j].Count = (c.Zones[i].Samplers[j].Count*6 + 4) / 5
				}
			}
		})
	}
	couriers := 0
	for _, z := range c.Zones {
		couriers += z.Couriers
	}
	fleet := float64(max(couriers, len(c.Zones)))
	add("couriers", fleet*cost.Courier/4, Change{Key: FasterCouriers, N: 50}, func(c *City) { c.Rules.CourierKmh = min(300, rules.CourierKmh*1.5) })
	add("couriers", fleet*cost.Courier, Change{Key: OftenCollected, N: 2}, func(c *City) { c.Rules.PickupMinutes = max(1, rules.PickupMinutes/2) })
	add("couriers", 0, Change{Key: MoreLabs, N: 2}, func(c *City) { c.Rules.NearestLabs = min(1000, 2*rules.NearestLabs) })
	add("couriers", float64(len(c.Labs))*cost.LabHour, Change{Key: FasterHandover, N: 2}, func(c *City) { c.Rules.HandoverMinutes = max(1, rules.HandoverMinutes/2) })
	if couriers > 0 {
		add("couriers", fleet*cost.Courier, Change{Key: MoreCouriers, N: 2}, func(c *City) {
			for i := range c.Zones {
				c.Zones[i].Couriers *= 2
			}
		})
	}
	return list
}

func plural(n int64, one, many string) string {
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
	return solve(newProblem(&c), &plan, tried{list: candidates(&c, plan.Bottleneck)}, func(Change) bool { return true }).rank(&plan)
}

// fluid is the deadline that remedies are measured against: before lanes were made whole, as theirs is.
func (p *Plan) fluid() float64 { return p.FinishResults - p.Rounding.Hours }

// tried are remedies, those of them that were solved, and what went wrong.
type tried struct {
	list   []Remedy
	solved []bool
	err    error
}

// exact says whether the deadline of a city of one pool size with a change is the smallest wherever the search for it begins: not where the change makes pools of several sizes.
func (p *problem) exact(c Change) bool { return c.Key != LargerPool || len(p.city.Classes) == 1 }

// solve solves a city once for each remedy that is wanted and was not solved before, on as many processors as there are, each beginning with a plan of the city as it is.
func solve(before *problem, plan *Plan, t tried, wanted func(Change) bool) tried {
	c := before.city
	list := t.list
	if t.solved == nil {
		t.solved = make([]bool, len(list))
	}
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
				if plan.Complete {
					p.stands = p.slotOf(plan.fluid())
				}
				a, err := p.best(false)
				if err != nil {
					errs[i] = fmt.Errorf("remedy %q: %w", list[i].Name, err)
					continue
				}
				list[i].FinishResults = p.hour(a.slot)
				if f := c.Done.Frozen; f != nil {
					list[i].FinishResults = math.Max(list[i].FinishResults, f.Results)
				}
			}
		})
	}
	for i := range list {
		if !t.solved[i] && wanted(list[i].Change) {
			t.solved[i] = true
			next <- i
		}
	}
	close(next)
	wait.Wait()
	t.err = errors.Join(append(errs, t.err)...)
	return t
}

// rank says what each remedy saves against a plan of the city as it is, and puts the cheapest hour first.
func (t tried) rank(plan *Plan) ([]Remedy, error) {
	if t.err != nil {
		return nil, t.err
	}
	list := t.list
	for i := range list {
		list[i].HoursSaved = math.Max(0, plan.fluid()-list[i].FinishResults)
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
			if b.Change == nil || r.HoursSaved > b.HoursSaved && b.HoursSaved == 0 {
				b.Change, b.Remedy, b.HoursSaved = &r.Change, r.Name, r.HoursSaved
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
			if r.Change.Key == MobileLabs && r.Change.N != 2 {
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
