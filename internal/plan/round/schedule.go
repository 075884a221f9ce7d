package round

import (
	"cmp"
	"math"
	"slices"
)

// schedule is who is sampled where and when, and what becomes of the tubes.
type schedule struct {
	p        *problem
	rows     []Assignment
	walked   []walked
	people   [][]int64 // site -> period -> people
	tubes    [][]int64 // site -> period -> tubes closed by its end
	sent     []sent
	intake   [][]int64 // laboratory -> period -> tubes
	part     int64     // tubes that are not full
	unserved []int64   // group -> people without a place
}

type walked struct{ metres, people int64 }

// sent are tubes that leave a zone together.
type sent struct {
	zone, leg, slot int // closed or collected by the end of the period
	tubes           int64
}

// share is a group's part that goes to a site.
type share struct {
	group  int
	walk   int64
	people int64
}

func newSchedule(p *problem) *schedule {
	s := &schedule{p: p, people: make([][]int64, len(p.site)), tubes: make([][]int64, len(p.site)), intake: make([][]int64, len(p.lab)), unserved: make([]int64, len(p.group))}
	for i := range s.people {
		s.people[i], s.tubes[i] = make([]int64, p.slots), make([]int64, p.slots)
	}
	for i := range s.intake {
		s.intake[i] = make([]int64, p.slots)
	}
	return s
}

// fill gives each site's periods to the groups that go there, one after another: smaller pools first, because their tubes are many and a
// laboratory should have them early. room[s][t] is how many people, or tubes of one pool size, the site takes in the period.
func (s *schedule) fill(shares [][]share, room [][]int64, inTubes bool) {
	p := s.p
	for site, list := range shares {
		slices.SortStableFunc(list, func(a, b share) int {
			return cmp.Or(cmp.Compare(p.group[a.group].pool, p.group[b.group].pool), cmp.Compare(a.group, b.group))
		})
		t, left := -1, int64(0)
		next := func() bool {
			for left == 0 {
				if t++; t >= len(room[site]) {
					return false
				}
				left = room[site][t]
			}
			return true
		}
		for _, x := range list {
			g := &p.group[x.group]
			rest := x.people
			for rest > 0 {
				if !next() { // let as far as a site that has no room: only where not everybody can be sampled
					s.unserved[x.group] += rest
					break
				}
				// One row: periods without a gap.
				row := Assignment{Community: p.city.Community[g.community].ID, Class: g.class, Site: p.city.Sites[site].ID, From: p.hour(t), Walk: float64(x.walk)}
				last := -1
				var inTube int64 // people in the tube that is open
				for rest > 0 {
					if left == 0 {
						if t+1 >= len(room[site]) || room[site][t+1] == 0 {
							break
						}
						t++
						left = room[site][t]
					}
					take := min(rest, left)
					if inTubes {
						take = min(rest, left*g.pool)
						left -= (take + g.pool - 1) / g.pool
					} else {
						left -= take
					}
					rest -= take
					row.People += take
					s.people[site][t] += take
					inTube += take
					s.tubes[site][t] += inTube / g.pool
					row.Tubes += inTube / g.pool
					inTube %= g.pool
					last = t
				}
				if inTube > 0 {
					s.tubes[site][last]++
					row.Tubes++
					s.part++
				}
				row.To = p.hour(last + 1)
				s.rows = append(s.rows, row)
				s.walked = append(s.walked, walked{x.walk, row.People})
			}
		}
	}
}

// fromRound reads a plan out of the solved network of one pool size.
func (n *network) schedule(f interface{ Flow(int) int64 }) *schedule {
	p := n.p
	s := newSchedule(p)
	shares := make([][]share, len(p.site))
	room := make([][]int64, len(p.site))
	for i := range room {
		room[i] = make([]int64, p.slots)
	}
	left := make([]int64, len(p.group)) // people that have no tube yet
	for i := range p.group {
		left[i] = p.group[i].people
	}
	pool := int64(p.pool)
	for a, x := range n.parts {
		if x.kind == due || x.kind == queueing || x.kind == closed {
			continue
		}
		v := f.Flow(a)
		if v == 0 {
			continue
		}
		switch x.kind {
		case walking:
			r := p.group[x.who].reach[x.other]
			people := min(v*pool, left[x.who])
			left[x.who] -= people
			shares[r.site] = append(shares[r.site], share{int(x.who), r.walk, people})
		case lanes:
			room[x.who][x.slot] += v
		default:
			s.downstream(x, v)
		}
	}
	copy(s.unserved, left)
	s.fill(shares, room, true)
	return s
}

// downstream notes what a solved network does with tubes.
func (s *schedule) downstream(x part, v int64) {
	switch x.kind {
	case carrying:
		s.sent = append(s.sent, sent{int(x.who), int(x.other), int(x.slot), v})
	case running:
		s.intake[x.who][x.slot] += v
	default: // before they are carried
	}
}

// lanesIn returns how many lanes a site needs to sample so many people in a period. Tubes are counted whole, when they are closed; part of one may
// have been sampled in the period before.
func (p *problem) lanesIn(site int, people int64) int {
	if people == 0 {
		return 0
	}
	before := max(1, p.pool-1) // or the fraction of a person that is carried over
	return min(p.city.Sites[site].Lanes, max(1, int(math.Ceil(float64(people-int64(before))/p.site[site].lane-1e-9))))
}

// hourOf returns the hour of the round, counted from 0, in which a period lies.
func (p *problem) hourOf(slot int) int { return slot * p.period / 60 }

// lanes returns the lanes that each site opens in each hour: as many as its busiest period of that hour needs.
func (s *schedule) lanes() [][]int {
	p := s.p
	list := make([][]int, len(p.site))
	for i := range list {
		list[i] = make([]int, p.hourOf(p.slots-1)+1)
		for t, n := range s.people[i] {
			h := p.hourOf(t)
			list[i][h] = max(list[i][h], p.lanesIn(i, n))
		}
	}
	return list
}

// write puts the schedule into a plan.
func (s *schedule) write(plan *Plan) {
	p := s.p
	r := p.rules
	plan.Assignments = s.rows
	last := -1
	for i, site := range p.city.Sites {
		var exact float64
		for t, n := range s.people[i] {
			if n > 0 || s.tubes[i][t] > 0 {
				plan.Sampling = append(plan.Sampling, Sampling{site.ID, p.hour(t), n, s.tubes[i][t]})
				last = max(last, t)
				exact += float64(n) / p.site[i].lane * p.hour(1)
				plan.Cost.Time += int64(math.Round(p.slotCost(t) * float64(n)))
				plan.People += n
				plan.Tubes += s.tubes[i][t]
			}
		}
		plan.Rounding.Exact += exact
	}
	if last >= 0 {
		plan.FinishSampling = p.hour(last + 1)
	}
	lanes := s.lanes()
	for i, site := range p.city.Sites {
		for h, n := range lanes[i] {
			if n > 0 {
				plan.Staff = append(plan.Staff, Staff{site.ID, float64(h), float64(h + 1), n, n * r.SamplersPerLane, n * r.RegistrarsPerLane})
				plan.Rounding.LaneHours += float64(n)
			}
		}
	}
	plan.Rounding.PartTubes = s.part
	for _, x := range s.sent {
		leg := p.zone[x.zone].to[x.leg]
		plan.Deliveries = append(plan.Deliveries, Delivery{p.city.Zones[x.zone].ID, p.city.Labs[leg.lab].ID, p.hour(x.slot + 1), p.hour(x.slot + 1 + leg.delay), x.tubes})
		plan.Cost.Carrying += int64(math.Round(p.prices.TubeKm*leg.km)) * x.tubes
	}
	slices.SortFunc(plan.Deliveries, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Collected, b.Collected), cmp.Compare(a.Lab, b.Lab))
	})
	var known []int64
	for l, list := range s.intake {
		for t, n := range list {
			if n > 0 {
				end := t + 1 + p.lab[l].turnaround
				plan.Intake = append(plan.Intake, Intake{p.city.Labs[l].ID, p.hour(t), n, p.hour(end)})
				for len(known) <= end {
					known = append(known, 0)
				}
				known[end] += n
				plan.FinishResults = math.Max(plan.FinishResults, p.hour(end))
			}
		}
	}
	var sum int64
	for t, n := range known {
		sum += n
		if n > 0 {
			plan.Curve = append(plan.Curve, Point{p.hour(t), sum})
		}
	}
	for _, w := range p.wait {
		plan.Tubes += w.tubes
	}
	plan.Walk = walkOf(s.walked)
	for _, w := range s.walked {
		plan.Cost.Walking += w.metres * w.people
	}
}

// walkOf sums up how far people walk.
func walkOf(list []walked) Walk {
	slices.SortFunc(list, func(a, b walked) int { return cmp.Compare(a.metres, b.metres) })
	var people, sum int64
	for _, w := range list {
		people += w.people
		sum += w.people * w.metres
	}
	if people == 0 {
		return Walk{}
	}
	at := func(share float64) float64 {
		var n int64
		for _, w := range list {
			if n += w.people; float64(n) >= share*float64(people) {
				return float64(w.metres)
			}
		}
		return 0
	}
	return Walk{math.Round(float64(sum)/float64(people)*10) / 10, at(.5), at(.9), at(.99), float64(list[len(list)-1].metres)}
}
