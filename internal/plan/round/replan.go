package round

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"firebreak/internal/plan/planfile"
)

// Events are what went wrong by a time.
type Events struct {
	Now         float64            // hour of the round; what the plan has before it has happened
	LabsDown    map[string]float64 // laboratory -> the hour from which it takes nothing; tubes that lie there are sent back for another
	SitesClosed map[string]float64 // site -> the hour from which it is closed
	Turnout     float64            // share of the people planned before Now who came; 0 stands for 1
}

// Continue returns the city that is left to plan at a time: what the plan has before that time is taken as done, as far as turnout says, and is
// kept in Done.Frozen; people who did not come are still due, tubes under way are waiting, and what is down is down. [Make] plans the rest.
func Continue(c City, p Plan, e Events) (City, error) {
	if err := c.Validate(); err != nil {
		return City{}, err
	}
	if err := e.check(&c); err != nil {
		return City{}, err
	}
	d := c.clone()
	step := float64(p.Period) / 60
	d.Period = p.Period
	now := math.Ceil(e.Now/step-1e-9) * step
	for i := range d.Labs {
		if from, down := e.LabsDown[d.Labs[i].ID]; down {
			d.Labs[i].Capacity = slices.DeleteFunc(slices.Clone(d.Labs[i].Capacity), func(r Rate) bool { return r.From >= from })
			for j := range d.Labs[i].Capacity {
				d.Labs[i].Capacity[j].To = min(d.Labs[i].Capacity[j].To, from)
			}
		}
	}
	for i := range d.Sites {
		from, closed := e.SitesClosed[d.Sites[i].ID]
		if !closed {
			continue
		}
		open := d.Sites[i].Open
		if len(open) == 0 {
			open = []Window{{0, maxHours}}
		}
		open = slices.DeleteFunc(slices.Clone(open), func(w Window) bool { return w.From >= from })
		for j := range open {
			open[j].To = min(open[j].To, from)
		}
		if len(open) == 0 { // a site without hours would be open always
			d.Sites[i].Lanes = 0
		}
		d.Sites[i].Open = open
	}
	d.Done = c.Done
	d.Done.Now = now
	f := freeze(&c, &p, e, now)
	d.Done.Frozen = &f.frozen
	d.Done.Sampled = append(slices.Clone(c.Done.Sampled), f.sampled...)
	d.Done.Waiting = f.waiting
	return d, nil
}

func (e Events) check(c *City) error {
	if !(e.Now >= 0 && e.Now <= maxHours) {
		return planfile.Wrong("now", "%g is not from 0 to %d", e.Now, maxHours)
	}
	if e.Turnout != 0 && !(e.Turnout > 0 && e.Turnout <= 1) {
		return planfile.Wrong("turnout", "%g is not above 0 and at most 1", e.Turnout)
	}
	for id := range e.LabsDown {
		if !slices.ContainsFunc(c.Labs, func(l Lab) bool { return l.ID == id }) {
			return planfile.Wrong("labs down", "%q is not among labs", id)
		}
	}
	for id := range e.SitesClosed {
		if !slices.ContainsFunc(c.Sites, func(s Site) bool { return s.ID == id }) {
			return planfile.Wrong("sites closed", "%q is not among sites", id)
		}
	}
	return nil
}

// past is what has happened of a plan.
type past struct {
	frozen  Frozen
	sampled []Sampled
	waiting []Waiting
}

// freeze takes what a plan has before a time as done.
func freeze(c *City, p *Plan, e Events, now float64) past {
	var out past
	if c.Done.Frozen != nil {
		out.frozen = *c.Done.Frozen
		out.frozen.Assignments = slices.Clone(out.frozen.Assignments)
		out.frozen.Intake = slices.Clone(out.frozen.Intake)
	}
	turnout := e.Turnout
	if turnout == 0 {
		turnout = 1
	}
	zone := map[string]string{}
	for _, s := range c.Sites {
		zone[s.ID] = s.Zone
	}
	pool := map[string]int64{}
	for _, k := range c.Classes {
		pool[k.ID] = int64(k.Pool)
	}
	// Of each site, the people of its periods before now, in the order of its assignments.
	came := map[string]int64{}
	for _, s := range p.Sampling {
		if s.From < now-1e-9 {
			came[s.Site] += s.People
		}
	}
	tubes := map[string]int64{} // zone -> taken before now
	for _, a := range p.Assignments {
		n := min(came[a.Site], a.People)
		came[a.Site] -= n
		if n = int64(float64(n) * turnout); n == 0 {
			continue
		}
		row := a
		row.People, row.To = n, min(a.To, now)
		row.Tubes = (n + pool[a.Class] - 1) / pool[a.Class]
		tubes[zone[a.Site]] += row.Tubes
		out.frozen.Assignments = append(out.frozen.Assignments, row)
		out.frozen.People += n
		out.frozen.Tubes += row.Tubes
		out.frozen.Sampling = math.Max(out.frozen.Sampling, row.To)
		out.sampled = append(out.sampled, Sampled{a.Community, a.Class, n})
	}
	for _, w := range c.Done.Waiting {
		if w.Zone != "" {
			tubes[w.Zone] += w.Tubes
		}
	}
	out.carry(c, p, e, now, tubes)
	return out
}

// carry follows the tubes that were taken: those a courier has collected go where they were bound for, those a laboratory has begun with are done,
// and the others wait in their zone. A laboratory that is down sends what it holds to the zone nearest to it.
func (out *past) carry(c *City, p *Plan, e Events, now float64, tubes map[string]int64) {
	at := map[string]map[float64]int64{} // laboratory -> ready -> tubes that it has or gets
	put := func(lab string, ready float64, n int64) {
		if at[lab] == nil {
			at[lab] = map[float64]int64{}
		}
		at[lab][ready] += n
	}
	for _, w := range c.Done.Waiting {
		if w.Lab != "" {
			put(w.Lab, w.Ready, w.Tubes)
		}
	}
	for _, d := range p.Deliveries { // in the order of time, by zone
		if d.Collected > now+1e-9 {
			continue
		}
		if n := min(d.Tubes, tubes[d.Zone]); n > 0 {
			tubes[d.Zone] -= n
			put(d.Lab, d.Ready, n)
		}
	}
	for _, z := range c.Zones {
		if n := tubes[z.ID]; n > 0 {
			out.waiting = append(out.waiting, Waiting{Zone: z.ID, Ready: now, Tubes: n})
		}
	}
	for _, x := range p.Intake {
		if x.From >= now-1e-9 {
			continue
		}
		n := x.Tubes
		for _, ready := range readyTimes(at[x.Lab]) {
			if ready > x.From+1e-9 {
				break
			}
			take := min(n, at[x.Lab][ready])
			at[x.Lab][ready] -= take
			n -= take
		}
		if x.Tubes -= n; x.Tubes > 0 {
			out.frozen.Intake = append(out.frozen.Intake, x)
			out.frozen.Results = math.Max(out.frozen.Results, x.Result)
		}
	}
	for _, l := range c.Labs {
		from, down := e.LabsDown[l.ID]
		for _, ready := range readyTimes(at[l.ID]) {
			n := at[l.ID][ready]
			if n == 0 {
				continue
			}
			w := Waiting{Lab: l.ID, Ready: math.Max(ready, now), Tubes: n}
			if down && from <= w.Ready+1e-9 {
				w.Lab, w.Zone = "", nearestZone(c, l)
			}
			out.waiting = append(out.waiting, w)
		}
	}
}

func readyTimes(of map[float64]int64) []float64 {
	list := make([]float64, 0, len(of))
	for t := range of {
		list = append(list, t)
	}
	slices.Sort(list)
	return list
}

func nearestZone(c *City, l Lab) string {
	if len(c.Zones) == 0 {
		return ""
	}
	return slices.MinFunc(c.Zones, func(a, b Zone) int {
		return cmp.Compare(metres(a.Lat, a.Lon, l.Lat, l.Lon, 1), metres(b.Lat, b.Lon, l.Lat, l.Lon, 1))
	}).ID
}

// String says what went wrong, for people.
func (e Events) String() string {
	return fmt.Sprintf("at hour %g: %d laboratories down, %d sites closed", e.Now, len(e.LabsDown), len(e.SitesClosed))
}
