package trip

import (
	"fmt"
	"slices"
)

// Missed counts the households that are not brought to their bed in time.
type Missed struct {
	Unserved int     `json:"unserved"`     // nobody fetches them
	Late     int     `json:"late"`         // they come after their deadline
	LateMin  float64 `json:"late_minutes"` // of all together
}

func (m Missed) households() int { return m.Unserved + m.Late }

// More says what more vehicles would do for those of a class.
type More struct {
	Class    string  `json:"class"`
	Vehicles int     `json:"vehicles"` // so many more, none of which could be done without
	Like     Vehicle `json:"like"`     // each as this one, with a crew from now on
	Before   Missed  `json:"before"`   // as it is planned
	After    Missed  `json:"after"`    // with them: who is short of something else, such as a bed
}

// mostMore is how many more vehicles are thought of at most.
const mostMore = 64

// Needed says for each class of which somebody is not brought in time how many more vehicles would do: as few as bring as many in time as vehicles can. Each number is found by planning the day
// again with so many, not by a rule of thumb. Where more vehicles help nobody there is nothing of that class. p is the plan of the day; missed counts by class whom a plan misses, nil: by what
// the plan itself says.
func Needed(d Day, p Plan, o Options, missed func(Plan) map[string]Missed) ([]More, error) {
	if missed == nil {
		missed = func(p Plan) map[string]Missed { return missedBy(&d, &p) }
	}
	var out []More
	before := missed(p)
	for _, class := range classes {
		m := More{Class: class, Before: before[class]}
		like, ok := usual(&d, class)
		if m.Before.households() == 0 || !ok {
			continue
		}
		m.Like = like
		with := func(n int) (Missed, error) {
			wider := d
			wider.Vehicles = withMore(d.Vehicles, like, n)
			wide, err := Make(wider, o)
			if err != nil {
				return Missed{}, err
			}
			return missed(wide)[class], nil
		}
		// A vehicle for each household is as many as could be of use.
		most := min(mostMore, m.Before.households())
		best, err := with(most)
		if err != nil {
			return nil, err
		}
		if best.households() >= m.Before.households() {
			continue
		}
		m.Vehicles, m.After = most, best
		for few, many := 0, most; few+1 < many; {
			n := (few + many) / 2
			now, err := with(n)
			switch {
			case err != nil:
				return nil, err
			case now.households() > best.households():
				few = n
			default:
				many, m.Vehicles, m.After = n, n, now
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// missedBy counts whom a plan misses by what it says of its own day.
func missedBy(d *Day, p *Plan) map[string]Missed {
	class := make(map[string]string, len(d.Requests))
	for i := range d.Requests {
		class[d.Requests[i].ID] = d.Requests[i].Class
	}
	out := map[string]Missed{}
	for _, u := range p.Unserved {
		m := out[class[u.Party]]
		m.Unserved++
		out[class[u.Party]] = m
	}
	for _, l := range p.Late {
		m := out[class[l.Request]]
		m.Late, m.LateMin = m.Late+1, round(m.LateMin+l.Minutes)
		out[class[l.Request]] = m
	}
	return out
}

// usual is the kind of vehicle of which there are most for a class, where its first one stands.
func usual(d *Day, class string) (like Vehicle, ok bool) {
	type kind struct {
		seats, wheelchairs, stretchers int
		takes                          string
		disinfect                      float64
	}
	of := func(v *Vehicle) kind { return kind{v.Seats, v.Wheelchairs, v.Stretchers, v.Takes, v.Disinfect} }
	count, most := map[kind]int{}, 0
	for i := range d.Vehicles {
		if v := &d.Vehicles[i]; v.takes(class) {
			count[of(v)]++
			most = max(most, count[of(v)])
		}
	}
	for i := range d.Vehicles {
		if v := &d.Vehicles[i]; v.takes(class) && count[of(v)] == most {
			return Vehicle{Lat: v.Lat, Lon: v.Lon, Seats: v.Seats, Wheelchairs: v.Wheelchairs, Stretchers: v.Stretchers, Takes: v.Takes, Disinfect: v.Disinfect}, true
		}
	}
	return Vehicle{}, false
}

// withMore adds vehicles to a day's.
func withMore(list []Vehicle, like Vehicle, n int) []Vehicle {
	out := slices.Clone(list)
	for i := range n {
		like.ID = fmt.Sprintf("more %d", i+1)
		for slices.ContainsFunc(list, func(v Vehicle) bool { return v.ID == like.ID }) {
			like.ID += "+"
		}
		out = append(out, like)
	}
	return out
}
