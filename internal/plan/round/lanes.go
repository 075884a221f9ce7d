package round

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"firebreak/internal/plan/flow"
)

// siteHour is a site in an hour of the round.
type siteHour struct{ site, hour int }

// zoneHour is a zone in an hour of the round.
type zoneHour struct{ zone, hour int }

// overstaffed returns the zones and hours in which whole lanes ask for more samplers than are on duty, with the lanes those can keep open.
func (p *problem) overstaffed(s *schedule) map[zoneHour]int {
	var over map[zoneHour]int
	open := s.lanes()
	for z := range p.zone {
		zone := &p.zone[z]
		if zone.samplers == nil {
			continue
		}
		for h := range p.hourOf(p.slots-1) + 1 {
			sum := 0
			for _, i := range zone.sites {
				sum += open[i][h]
			}
			if most := p.lanesOnDuty(z, h); sum > most {
				if over == nil {
					over = map[zoneHour]int{}
				}
				over[zoneHour{z, h}] = most
			}
		}
	}
	return over
}

// lanesOnDuty returns how many lanes a zone's samplers can keep open through an hour.
func (p *problem) lanesOnDuty(zone, hour int) int {
	least := int64(math.MaxInt32)
	from, to := p.inHour(hour, p.slots)
	for t := from; t < to; t++ {
		least = min(least, p.zone[zone].samplers[t]/int64(p.rules.SamplersPerLane))
	}
	return int(least)
}

// wholeLanes solves again with whole lanes given to the sites of zones whose samplers would not do. Every time zones and hours that are
// still too many are settled too, so it ends. Where not everything fits any more, the deadline grows period by period.
func (p *problem) wholeLanes(n *network, f *flow.Simplex, s *schedule, over map[zoneHour]int) (*flow.Simplex, *network, error) {
	fixed := map[siteHour]int{} // lanes
	unmet := f.Unmet()
	for again := 0; over != nil; again++ {
		p.settle(s, over, fixed, again)
		for {
			for a, x := range n.parts {
				if x.kind != lanes {
					continue
				}
				k, is := fixed[siteHour{int(x.who), p.hourOf(int(x.slot))}]
				if !is {
					continue
				}
				site := &p.site[x.who]
				share := float64(k) / float64(max(1, p.city.Sites[x.who].Lanes)) / float64(p.pool)
				room := int64(math.Floor(site.people[x.slot+1]*share+1e-6)) - int64(math.Floor(site.people[x.slot]*share+1e-6))
				if _, _, capacity, _ := n.Arc(a); room < capacity {
					n.SetCap(a, room)
					f.SetCap(a, room)
				}
			}
			if err := f.Solve(); err != nil {
				return nil, nil, fmt.Errorf("whole lanes: %w", err)
			}
			if f.Unmet() <= unmet || n.horizon >= p.slots {
				break
			}
			longer := newRound(p, n.horizon+1)
			next, err := longer.solve(longer.carryOver(n, f.Flow))
			if err != nil {
				return nil, nil, fmt.Errorf("whole lanes: %w", err)
			}
			n, f = longer, next
		}
		s = n.schedule(f)
		over = p.overstaffed(s)
	}
	return f, n, nil
}

// settle gives the sites of zones and hours that need too many samplers whole lanes. What still is too much after many times gets none.
func (p *problem) settle(s *schedule, over map[zoneHour]int, fixed map[siteHour]int, again int) {
	for at, most := range over {
		if again > 30 {
			most = 0
		}
		p.allot(s, at, most, fixed)
	}
}

// allot gives an hour's lanes of a zone to its sites in proportion to the people they sample, the largest remainder first.
func (p *problem) allot(s *schedule, at zoneHour, most int, fixed map[siteHour]int) {
	type want struct {
		site  int
		exact float64
		lanes int
	}
	var list []want
	sum, given := 0.0, 0
	from, to := p.inHour(at.hour, p.slots)
	for _, i := range p.zone[at.zone].sites {
		exact := 0.0
		for t := from; t < to; t++ {
			exact += float64(s.people[i][t]) / p.site[i].lane * p.hour(1)
		}
		list = append(list, want{site: i, exact: exact})
		sum += exact
	}
	for k := range list {
		if sum > 0 {
			list[k].exact *= min(1, float64(most)/sum)
		}
		list[k].lanes = min(int(list[k].exact+1e-9), p.city.Sites[list[k].site].Lanes)
		given += list[k].lanes
	}
	slices.SortStableFunc(list, func(a, b want) int {
		return cmp.Or(cmp.Compare(b.exact-float64(b.lanes), a.exact-float64(a.lanes)), cmp.Compare(a.site, b.site))
	})
	for k := range list {
		if given < most && list[k].lanes < p.city.Sites[list[k].site].Lanes && list[k].exact > float64(list[k].lanes)+1e-9 {
			list[k].lanes++
			given++
		}
		fixed[siteHour{list[k].site, at.hour}] = list[k].lanes
	}
}
