package round

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Make plans a city. An error says what in the city cannot be read as a question; what cannot be done is no error: the plan covers what can be
// done, and says in Short what is lacking and by how much.
func Make(c City, o Options) (Plan, error) {
	if err := c.Validate(); err != nil {
		return Plan{}, err
	}
	p := newProblem(&c)
	p.beginWith(o.Before)
	some := usual
	if o.AllRemedies {
		some = candidates
	}
	// Where the deadline is known before the plan is, what a remedy saves is exact wherever its search begins: it is tried beside the search for the cheapest plan.
	var beside chan tried
	if !o.NoRemedies {
		p.known = func(cut []tight, way *Plan) {
			beside = make(chan tried, 1)
			go func() { beside <- solve(p, way, tried{list: some(&c, p.bottlenecks(cut))}, p.exact) }()
		}
	}
	s, err := p.best(true)
	var done tried
	if beside != nil {
		done = <-beside
	}
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{City: c.Name, Start: c.Start, Period: p.period, Deadline: or(c.Deadline, 24), Frozen: c.Done.Frozen, Bottleneck: []Bottleneck{}, Assignments: []Assignment{}}
	s.plan.write(&plan)
	plan.Rounding.Hours = p.hour(s.slot - s.exact)
	plan.Cost.Waiting = s.waiting
	plan.LowerBound = math.Min(p.hour(s.bound), plan.FinishResults)
	if f := c.Done.Frozen; f != nil {
		plan.FinishSampling = math.Max(plan.FinishSampling, f.Sampling)
		plan.FinishResults = math.Max(plan.FinishResults, f.Results)
		plan.LowerBound = math.Max(plan.LowerBound, f.Results)
	}
	plan.Gap = plan.FinishResults - plan.LowerBound
	plan.Proof = s.proof
	plan.Short = p.short(s)
	plan.Complete = len(plan.Short) == 0
	plan.InTime = plan.Complete && plan.FinishResults <= plan.Deadline+1e-9
	at := func(hour float64) time.Time { return c.Start.Add(time.Duration(math.Round(hour*3600)) * time.Second) }
	plan.SamplingAt, plan.ResultsAt = at(plan.FinishSampling), at(plan.FinishResults)
	plan.Bottleneck = p.bottlenecks(s.cut)
	if plan.Complete && !plan.InTime {
		plan.Short = append(plan.Short, p.late(&plan))
	}
	if o.NoRemedies {
		return plan, nil
	}
	if beside == nil {
		done = tried{list: some(&c, plan.Bottleneck)}
	}
	list, err := solve(p, &plan, done, func(Change) bool { return true }).rank(&plan)
	if err != nil {
		return plan, err
	}
	advise(&plan, list)
	if o.AllRemedies {
		plan.Remedies = list
	}
	return plan, nil
}

// answer is a solved city.
type answer struct {
	slot    int // deadline reached
	exact   int // before lanes were made whole
	bound   int // no deadline is earlier
	all     bool
	proof   Proof
	cut     []tight
	waiting int64
	plan    *schedule // nil where only the deadline was asked for
}

// tight is a resource of a minimum cut in one period.
type tight struct {
	kind kind
	who  int32
	slot int32
	room int64
}

// best solves a city; without a plan only its deadline is found.
func (p *problem) best(plan bool) (answer, error) {
	if p.pool == 0 {
		return p.mixed(plan)
	}
	return p.uniform(plan)
}

// uniform solves a city with one pool size: the smallest deadline by maximum flows, then the cheapest plan at that deadline.
func (p *problem) uniform(plan bool) (answer, error) {
	labs, sampling := p.bounds()
	// The first deadline to try is one that cannot be met, so that its cut is the proof.
	low := max(p.now, labs, sampling)
	if plan {
		low = max(p.now, low-1)
	}
	from := low
	if p.start != nil {
		from = max(low, min(p.start.deadline, p.slots))
		if !plan { // most remedies save nothing, which a period earlier shows
			from = max(low, from-1)
		}
	}
	n, s := p.soonest(low, from)
	a := answer{slot: s.slot, exact: s.slot, bound: s.slot, all: s.all, cut: n.tight(s.cut)}
	if !s.all { // when is what can be done done?
		part := n.smallestFor(p.labsNeed(s.value), s.value)
		a.slot, a.exact, a.bound, s.flow = part.slot, part.slot, part.slot, part.flow
	}
	if s.missed >= 0 {
		a.proof = s.proof(p, "tubes")
	}
	if !plan {
		return a, nil
	}
	if p.known != nil && s.all {
		p.known(a.cut, n.way(&s))
	}
	found := n
	if a.slot != n.horizon {
		n = newRound(p, a.slot)
	}
	// What is like the plan before is solved from there; what is not, sooner from a rough plan: a tree far from the best has long ways.
	var guess []int64
	switch {
	case p.start == nil:
	case s.began >= s.total-s.total/20:
		guess = n.carryOver(found, s.flow.Flow)
	case s.all:
		var err error
		if guess, err = n.rough(); err != nil {
			return a, fmt.Errorf("rough plan: %w", err)
		}
	}
	cheapest, err := n.solve(guess)
	if err != nil {
		return a, fmt.Errorf("cheapest plan: %w", err)
	}
	a.plan = n.schedule(cheapest)
	if over := p.overstaffed(a.plan); over != nil {
		if cheapest, n, err = p.wholeLanes(n, cheapest, a.plan, over); err != nil {
			return a, err
		}
		a.slot = n.horizon
		a.plan = n.schedule(cheapest)
	}
	for i, x := range n.parts {
		if x.kind == queueing || x.kind == closed {
			_, _, _, cost := n.Arc(i)
			a.waiting += cost * cheapest.Flow(i)
		}
	}
	return a, nil
}

// way is what the search for a deadline found a way for, as a plan to begin with.
func (n *network) way(s *search) *Plan {
	plan := &Plan{Start: n.p.city.Start, Period: n.p.period}
	n.schedule(s.flow).write(plan)
	plan.FinishResults = n.p.hour(s.slot)
	return plan
}

// soonest finds the smallest deadline, none before low being possible, and the network in which it was found. The search begins at from and goes
// down in growing steps as long as everything passes.
func (p *problem) soonest(low, from int) (*network, search) {
	var n *network
	var s search
	for horizon := min(p.slots, from+max(from/6, 240/p.period)); ; horizon = min(p.slots, horizon+(horizon-from)*2) {
		n = newRound(p, horizon)
		if s = n.smallest(from); s.all || horizon == p.slots {
			break
		}
	}
	for step := 1; s.missed < 0 && from > low; step *= 2 {
		from = max(low, from-step)
		s = n.smallest(from)
	}
	return n, s
}

// tight says what the arcs of a cut stand for.
func (n *network) tight(cut []int32) []tight {
	var list []tight
	for _, a := range cut {
		x := n.parts[a]
		if x.kind == lanes || x.kind == samplers || x.kind == couriers || x.kind == running {
			_, _, room, _ := n.Arc(int(a))
			list = append(list, tight{x.kind, x.who, x.slot, room})
		}
	}
	return list
}

// short says what is lacking.
func (p *problem) short(a answer) []Short {
	var list []Short
	type lack struct{ people, tubes int64 }
	var rest lack
	for i, n := range a.plan.unserved {
		if n == 0 {
			continue
		}
		g := &p.group[i]
		m := p.city.Community[g.community]
		if len(g.reach) == 0 {
			list = append(list, Short{Resource: "sites in reach", ID: m.ID, By: p.hour(a.slot), People: n, Tubes: (n + g.pool - 1) / g.pool,
				Meaning: fmt.Sprintf("no site lies within %g m of community %s: %d people of class %s have nowhere to go", p.rules.MaxWalk, m.ID, n, g.class)})
			continue
		}
		rest.people += n
		rest.tubes += (n + g.pool - 1) / g.pool
	}
	if tested := a.plan.tested(); true {
		var closed int64
		for i := range a.plan.tubes {
			for _, n := range a.plan.tubes[i] {
				closed += n
			}
		}
		for _, w := range p.wait {
			closed += w.tubes
		}
		if n := closed - tested; n > 0 {
			rest.tubes += n
		}
	}
	if rest.people > 0 || rest.tubes > 0 {
		what, at := "time", p.hour(a.slot)
		if b := p.bottlenecks(a.cut); len(b) > 0 {
			what = b[0].Resource
		}
		list = append(list, Short{Resource: what, By: at, People: rest.people, Tubes: rest.tubes,
			Meaning: fmt.Sprintf("up to hour %g there is no place for %d people; %d tubes find no laboratory in time. What binds: %s", at, rest.people, rest.tubes, what)})
	}
	return list
}

// tested returns how many tubes laboratories take.
func (s *schedule) tested() int64 {
	var n int64
	for _, list := range s.intake {
		for _, v := range list {
			n += v
		}
	}
	return n
}

// late says what is lacking for the deadline that was promised.
func (p *problem) late(plan *Plan) Short {
	var by int64
	for _, x := range plan.Curve {
		if x.Hour <= plan.Deadline+1e-9 {
			by = x.Tubes
		}
	}
	what := "time"
	if len(plan.Bottleneck) > 0 {
		what = plan.Bottleneck[0].Resource
	}
	late := plan.Tubes - by
	return Short{Resource: what, By: plan.Deadline, Tubes: late, Meaning: fmt.Sprintf("of %d tubes this plan has %d without a result at the promised hour %g; all are there %.2g hours later. What binds: %s",
		plan.Tubes, late, plan.Deadline, plan.FinishResults-plan.Deadline, what)}
}

// bottlenecks sums up a cut by resource, the largest first.
func (p *problem) bottlenecks(cut []tight) []Bottleneck {
	names := map[kind]string{lanes: "lanes", samplers: "samplers", couriers: "couriers", running: "laboratories"}
	of := map[kind]int{lanes: len(p.site), samplers: len(p.zone), couriers: len(p.zone), running: len(p.lab)}
	list := []Bottleneck{}
	for _, k := range []kind{running, lanes, samplers, couriers} {
		b := Bottleneck{Resource: names[k], Of: of[k], From: math.Inf(1)}
		seen := map[int32]bool{}
		for _, x := range cut {
			if x.kind != k {
				continue
			}
			b.From, b.To = math.Min(b.From, p.hour(int(x.slot))), math.Max(b.To, p.hour(int(x.slot)+1))
			b.Capacity += x.room
			seen[x.who] = true
		}
		if len(seen) == 0 {
			continue
		}
		for who := range seen {
			switch k {
			case running:
				b.IDs = append(b.IDs, p.city.Labs[who].ID)
			case lanes:
				b.IDs = append(b.IDs, p.city.Sites[who].ID)
			default:
				b.IDs = append(b.IDs, p.city.Zones[who].ID)
			}
		}
		slices.Sort(b.IDs)
		list = append(list, b)
	}
	slices.SortStableFunc(list, func(a, b Bottleneck) int { return int(max(-1, min(1, b.Capacity-a.Capacity))) })
	return list
}
