package bed

import (
	"cmp"
	"math"
	"slices"

	"firebreak/internal/plan/flow"
)

// Options say how [Assign] goes about it.
type Options struct {
	Held  map[string]Assignment // parties that are already in their place
	Full  []string              // sites that take nobody more
	Bound bool                  // work out Plan.Bound, which takes longer than the plan
}

// Plan is who gets which bed.
type Plan struct {
	Complete bool         `json:"complete"`
	Parties  int          `json:"parties"` // that have a bed
	People   int          `json:"people"`
	Km       float64      `json:"person_km"`          // straight lines, of all people
	Bound    float64      `json:"bound_km,omitempty"` // no way to give these people beds has less
	Gap      float64      `json:"gap,omitempty"`      // of person_km over it, as a share
	Beds     []Assignment `json:"beds"`
	Unplaced []Unplaced   `json:"unplaced,omitempty"`
}

const passes = 10

// Assign gives as many parties as it can a bed, and then beds near to where they are: those with the fewest sites to choose from first, then moves and
// swaps while they help. Where somebody is left out it tries again with one class first, since a lift group is closed to the other by the first who
// comes, and with small parties first. The sites and parties must be valid.
func Assign(sites []Site, parties []Party, o Options) Plan {
	best := assign(sites, parties, o, func(_, _ *Party) int { return 0 })
	for _, first := range []func(a, b *Party) int{
		func(a, b *Party) int { return cmp.Compare(a.Class, b.Class) },
		func(a, b *Party) int { return cmp.Compare(b.Class, a.Class) },
		func(a, b *Party) int { return cmp.Compare(len(a.People), len(b.People)) },
	} {
		if best.Complete {
			break
		}
		if p := assign(sites, parties, o, first); p.Parties > best.Parties {
			best = p
		}
	}
	return best
}

func assign(sites []Site, parties []Party, o Options, first func(a, b *Party) int) Plan {
	a := &assigner{Ledger: NewLedger(sites, parties), at: make([]int, len(parties)), dist: make([][]float64, len(parties)), near: make([][]int, len(parties)), leave: make([]float64, len(parties)), here: make([][]int, len(sites))}
	full := map[string]bool{}
	for _, id := range o.Full {
		full[id] = true
	}
	var order []int
	for p := range parties {
		a.at[p] = -1
		if h, is := o.Held[parties[p].ID]; is && a.Hold(p, h) == nil {
			a.at[p] = held1
			continue
		}
		a.dist[p] = make([]float64, len(sites))
		for s := range sites {
			a.dist[p][s] = line(parties[p].Lat, parties[p].Lon, sites[s].Lat, sites[s].Lon) * float64(len(parties[p].People))
			if a.Possible(p, s) && !full[sites[s].ID] {
				a.near[p] = append(a.near[p], s)
			}
		}
		slices.SortStableFunc(a.near[p], func(x, y int) int { return cmp.Compare(a.dist[p][x], a.dist[p][y]) })
		order = append(order, p)
	}
	slices.SortStableFunc(order, func(x, y int) int {
		return cmp.Or(first(&parties[x], &parties[y]), cmp.Compare(len(a.parties[x].options), len(a.parties[y].options)), cmp.Compare(len(parties[y].People), len(parties[x].People)))
	})
	for range passes {
		better := false
		for _, p := range order {
			better = a.improve(p) || better
		}
		if !better {
			break
		}
	}
	return a.plan(sites, parties, o)
}

// held1 marks a party that is not to be moved.
const held1 = -2

type assigner struct {
	*Ledger
	at    []int // site, or -1
	dist  [][]float64
	near  [][]int   // sites that would do and are not full, nearest first
	leave []float64 // what it would cost at least to go to another site; most are passed over on this alone
	here  [][]int   // by site: the parties there, in order
}

// settle notes where the party is now.
func (a *assigner) settle(p, site int) {
	if was := a.at[p]; was >= 0 {
		i, _ := slices.BinarySearch(a.here[was], p)
		a.here[was] = slices.Delete(a.here[was], i, i+1)
	}
	i, _ := slices.BinarySearch(a.here[site], p)
	a.here[site] = slices.Insert(a.here[site], i, p)
	a.at[p], a.leave[p] = site, math.Inf(1)
	for _, s := range a.near[p] {
		if s != site {
			a.leave[p] = a.dist[p][s] - a.dist[p][site]
			return
		}
	}
}

// move gives the party a bed at the site, from wherever it is; false: nothing has changed.
func (a *assigner) move(p, site int) bool {
	mark := a.Take(p)
	if !a.Put(p, site) {
		a.Restore(p, mark)
		return false
	}
	a.settle(p, site)
	return true
}

// improve moves a party nearer, or in, making room by sending another one elsewhere if that costs less.
func (a *assigner) improve(p int) bool {
	for _, s := range a.near[p] {
		if a.at[p] >= 0 && a.dist[p][s] >= a.dist[p][a.at[p]]-1e-9 {
			return false
		}
		if a.move(p, s) || a.displace(p, s) {
			return true
		}
	}
	return false
}

// displace puts the party at the site in the place of another one, whom another site takes.
func (a *assigner) displace(p, site int) bool {
	gain := math.Inf(1)
	if a.at[p] >= 0 {
		gain = a.dist[p][a.at[p]] - a.dist[p][site]
	}
	for _, other := range a.here[site] {
		if a.leave[other] >= gain-1e-9 {
			continue
		}
		for _, s := range a.near[other] {
			if s == site {
				continue
			}
			if a.dist[other][s]-a.dist[other][site] >= gain-1e-9 {
				break
			}
			markP, markOther := a.Take(p), a.Take(other)
			if a.Put(p, site) {
				if a.Put(other, s) {
					a.settle(p, site)
					a.settle(other, s)
					return true
				}
				a.Take(p)
				a.Restore(p, markP)
				a.Restore(other, markOther)
				continue
			}
			a.Restore(p, markP)
			a.Restore(other, markOther)
			break // with this one gone it still does not fit
		}
	}
	return false
}

func (a *assigner) plan(sites []Site, parties []Party, o Options) Plan {
	p := Plan{Beds: a.Assignments()}
	for i := range parties {
		switch a.at[i] {
		case held1:
		case -1:
			p.Unplaced = append(p.Unplaced, a.Refusal(i))
		default:
			p.Parties++
			p.People += len(parties[i].People)
			p.Km += a.dist[i][a.at[i]]
		}
	}
	p.Complete = len(p.Unplaced) == 0
	if o.Bound && p.Parties > 0 {
		p.Bound = a.bound(sites, parties)
		if p.Bound > 0 {
			p.Gap = p.Km/p.Bound - 1
		}
	}
	return p
}

// bound is the least person-kilometres if rooms, groups and households could be divided: people to beds, as a network.
func (a *assigner) bound(sites []Site, parties []Party) float64 {
	n := flow.NewNetwork(len(parties)+len(sites)+1, len(parties)*len(sites))
	sink := len(parties) + len(sites)
	supply := make([]int64, n.Nodes())
	for i := range parties {
		if a.at[i] < 0 {
			continue
		}
		people := int64(len(parties[i].People))
		supply[i] = people
		supply[sink] -= people
		for _, s := range a.near[i] {
			n.AddArc(i, len(parties)+s, people, int64(a.dist[i][s]/float64(people)*1000))
		}
	}
	for s := range sites {
		beds := 0
		for _, r := range sites[s].Rooms {
			beds += r.Count*r.Beds + r.Female + r.Male
		}
		n.AddArc(len(parties)+s, sink, int64(beds), 0)
	}
	solver, err := flow.NewSimplex(n, supply)
	if err != nil || solver.Solve() != nil || solver.Unmet() > 0 {
		return 0
	}
	return float64(solver.Cost()) / 1000
}
