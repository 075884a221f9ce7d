package roundplan

import (
	"math"
	"slices"
	"time"

	"firebreak/internal/place"
	"firebreak/internal/plan/round"
	"firebreak/internal/store"
)

// Plan is a plan of a round as it was kept, with the city that it was made of.
type Plan struct {
	Kept store.RoundPlan
	City round.City
	document
}

// Left is how many people of the whole round a plan has still to sample at an instant.
type Left struct {
	At     time.Time `json:"at"`
	People int64     `json:"people"`
}

// at is the instant of an hour of the round.
func (p *Plan) at(hour float64) time.Time {
	return p.City.Start.Add(time.Duration(math.Round(hour*3600)) * time.Second)
}

// At is the instant of an hour of the round, in the round's time zone.
func (p *Plan) At(hour float64) time.Time { return p.at(hour) }

// Curve is how many people of some areas a plan has still to sample, by time.
type Curve struct {
	points []point // in order of time
	before []Left  // by the plans before, of the whole round only
}

type point struct {
	at   time.Time
	left float64
}

// Curve sums the plan up over areas. whole says that they are the whole round: then the plans before it are told too.
func (p *Plan) Curve(tree *place.Tree, areas []place.AreaID, whole bool) Curve {
	in := map[string]bool{}
	var left float64
	for _, m := range p.City.Community {
		if !whole {
			j, ok := tree.ByCode(m.ID)
			if !ok || !slices.ContainsFunc(areas, func(a place.AreaID) bool { return tree.Contains(a, j.ID) }) {
				continue
			}
		}
		in[m.ID] = true
		for _, g := range m.Groups {
			left += float64(g.People)
		}
	}
	for _, s := range p.City.Done.Sampled {
		if in[s.Community] {
			left -= float64(s.People)
		}
	}
	// People of an assignment come evenly between its hours: the pace changes at its start and at its end.
	pace := map[float64]float64{}
	for _, a := range p.Plan.Assignments {
		if in[a.Community] && a.To > a.From {
			each := float64(a.People) / (a.To - a.From)
			pace[a.From] += each
			pace[a.To] -= each
		}
	}
	hours := make([]float64, 0, len(pace))
	for h := range pace {
		hours = append(hours, h)
	}
	slices.Sort(hours)
	c := Curve{points: []point{{p.at(p.City.Done.Now), left}}}
	last, now := p.City.Done.Now, 0.0
	for _, h := range hours {
		left -= now * (h - last)
		now += pace[h]
		last = h
		c.points = append(c.points, point{p.at(h), math.Max(0, left)})
	}
	if whole {
		c.before = p.Earlier
	}
	return c
}

// Left returns how many are still to come at an instant by the plan; false before it was made and no earlier one is known.
func (c Curve) Left(t time.Time) (float64, bool) {
	first := c.points[0]
	if t.Before(first.at) {
		if len(c.before) == 0 || t.Before(c.before[0].At) {
			return 0, false
		}
		i, found := slices.BinarySearchFunc(c.before, t, func(l Left, t time.Time) int { return l.At.Compare(t) })
		if !found {
			i--
		}
		return float64(c.before[i].People), true
	}
	i, found := slices.BinarySearchFunc(c.points, t, func(p point, t time.Time) int { return p.at.Compare(t) })
	for found && i+1 < len(c.points) && c.points[i+1].at.Equal(t) {
		i++
	}
	if found || i == len(c.points) {
		return c.points[min(i, len(c.points)-1)].left, true
	}
	a, b := c.points[i-1], c.points[i]
	share := float64(t.Sub(a.at)) / float64(b.at.Sub(a.at))
	return a.left + share*(b.left-a.left), true
}

// until is what this plan and those before it had left, up to an instant, by the quarter hour.
func (p *Plan) until(end time.Time) []Left {
	out := slices.Clone(p.Earlier)
	c := p.Curve(nil, nil, true)
	const step = 15 * time.Minute
	for t := c.points[0].at; t.Before(end); t = t.Add(step) {
		n, _ := c.Left(t)
		out = append(out, Left{t, int64(math.Round(n))})
	}
	return out
}

// LeftIn is how many people of each of the areas the plan has still to sample at an instant, in their order, each with what lies below it; false before the plan was made.
func (p *Plan) LeftIn(tree *place.Tree, areas []place.AreaID, t time.Time) ([]float64, bool) {
	hour := t.Sub(p.City.Start).Hours()
	if hour < p.City.Done.Now-1e-9 {
		return nil, false
	}
	left := make(map[string]float64, len(p.City.Community))
	for _, m := range p.City.Community {
		for _, g := range m.Groups {
			left[m.ID] += float64(g.People)
		}
	}
	for _, s := range p.City.Done.Sampled {
		left[s.Community] -= float64(s.People)
	}
	for _, a := range p.Plan.Assignments {
		if hour > a.From && a.To > a.From {
			left[a.Community] -= float64(a.People) * math.Min(1, (hour-a.From)/(a.To-a.From))
		}
	}
	at := make(map[place.AreaID]int, len(areas))
	for i, a := range areas {
		at[a] = i
	}
	out := make([]float64, len(areas))
	for _, m := range p.City.Community {
		j, ok := tree.ByCode(m.ID)
		if !ok {
			continue
		}
		for _, x := range tree.Path(j.ID) {
			if i, ok := at[x.ID]; ok {
				out[i] += left[m.ID]
			}
		}
	}
	return out, true
}
