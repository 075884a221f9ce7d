package city

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"firebreak/internal/place"
	"firebreak/internal/sim/chance"
)

// ErrNobody is wrapped when nothing says how many people there are, or too few or too many.
var ErrNobody = errors.New("how many people are there")

// leaf is a jurisdiction with nothing below it.
type leaf struct {
	j        place.Jurisdiction
	district place.AreaID
	outline  int32
	weight   float64
}

// divide makes the communities and says how many live in each. A jurisdiction's people are split over those below it by their own figures; where there
// are none, by weights that are drawn, so that one community is a few times as large as another.
func (c *City) divide(o Options) error {
	nodes := o.Tree.All()
	if o.Root != 0 {
		if nodes = o.Tree.Subtree(o.Root); nodes == nil {
			return fmt.Errorf("jurisdiction %d is not in the tree: %w", o.Root, ErrNobody)
		}
	}
	if len(nodes) == 0 {
		return fmt.Errorf("the tree is empty: %w", ErrNobody)
	}
	leaves := c.leavesOf(o, nodes)
	people := o.People
	if people == 0 {
		for i := 0; i < len(nodes); i += len(o.Tree.Subtree(nodes[i].ID)) {
			people += int(nodes[i].Population)
		}
	}
	if people < MinPeople || people > MaxPeople {
		return fmt.Errorf("%d people, a city has %d to %d: %w", people, MinPeople, MaxPeople, ErrNobody)
	}
	leaves = joined(leaves, people, c.params.Community.Value)
	sizes := split(people, leaves)
	first := uint32(0)
	for i, l := range leaves {
		if sizes[i] == 0 {
			continue
		}
		c.areas = append(c.areas, Area{ID: l.j.ID, Code: l.j.Code, District: l.district, First: first, People: sizes[i], outline: l.outline})
		first += sizes[i]
	}
	return c.spread(o.Outlines)
}

// leavesOf lists the smallest jurisdictions with the share of the people that lives in each.
func (c *City) leavesOf(o Options, nodes []place.Jurisdiction) []leaf {
	outline := map[string]int32{}
	for i := range o.Outlines {
		outline[o.Outlines[i].Code] = int32(i)
	}
	key := c.seed.Of(forWeights)
	var out []leaf
	var down func(j place.Jurisdiction, weight float64, shape int32)
	down = func(j place.Jurisdiction, weight float64, shape int32) {
		if k, ok := outline[j.Code]; ok {
			shape = k
		}
		children := o.Tree.Children(j.ID)
		if len(children) == 0 {
			out = append(out, leaf{j, o.Tree.District(j.ID), shape, weight})
			return
		}
		for i, share := range shares(children, float64(j.Population), key) {
			down(children[i], weight*share, shape)
		}
	}
	var roots []place.Jurisdiction
	for i := 0; i < len(nodes); i += len(o.Tree.Subtree(nodes[i].ID)) {
		roots = append(roots, nodes[i])
	}
	for i, share := range shares(roots, 0, key) {
		shape := int32(-1)
		for _, above := range o.Tree.Path(roots[i].ID) {
			if k, ok := outline[above.Code]; ok {
				shape = k
			}
		}
		down(roots[i], share, shape)
	}
	return out
}

// shares splits a jurisdiction's people over those below it.
func shares(list []place.Jurisdiction, whole float64, key chance.Key) []float64 {
	out := make([]float64, len(list))
	known, drawn := 0.0, 0.0
	unknown := 0
	for i, j := range list {
		if j.Population > 0 {
			known += float64(j.Population)
			continue
		}
		// Log-normal with a spread of 0.6: of ten communities the largest is about five times the smallest.
		out[i] = math.Exp(0.6 * normal(key, uint64(j.ID)))
		drawn += out[i]
		unknown++
	}
	rest := whole - known
	if least := known / float64(max(1, len(list)-unknown)) * float64(unknown); unknown > 0 && known > 0 && rest < 0.05*known {
		rest = least // the figures of those below say more than that of the one above
	}
	if known == 0 {
		rest = 1
	}
	sum := 0.0
	for i, j := range list {
		if j.Population > 0 {
			out[i] = float64(j.Population)
		} else {
			out[i] *= rest / drawn
		}
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

func normal(key chance.Key, x uint64) float64 {
	k := key.Of(x)
	u, v := k.Float(0), k.Float(1)
	return math.Sqrt(-2*math.Log(1-u)) * math.Cos(2*math.Pi*v)
}

// joined leaves of several small communities the largest to stand for them, never across a district's border.
func joined(list []leaf, people int, least float64) []leaf {
	if float64(people)/float64(len(list)) >= least {
		return list
	}
	var out []leaf
	best, sum := leaf{}, 0.0
	for i, l := range list {
		if sum == 0 || l.weight > best.weight {
			best = l
		}
		sum += l.weight
		last := i == len(list)-1 || list[i+1].district != l.district
		if last || sum*float64(people) >= least {
			best.weight, sum = sum, 0
			out = append(out, best)
		}
	}
	return out
}

// split gives each its whole number of people, so that they add up: the largest remainders get one more.
func split(people int, list []leaf) []uint32 {
	sizes, order := make([]uint32, len(list)), make([]int, len(list))
	rest := make([]float64, len(list))
	sum, given := 0.0, 0
	for _, l := range list {
		sum += l.weight
	}
	for i, l := range list {
		x := float64(people) * l.weight / sum
		sizes[i], rest[i], order[i] = uint32(x), x-math.Floor(x), i
		given += int(sizes[i])
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case rest[a] > rest[b]:
			return -1
		case rest[a] < rest[b]:
			return 1
		}
		return 0
	})
	for k := 0; given < people; k++ {
		sizes[order[k%len(order)]]++
		given++
	}
	return sizes
}

// spread puts every community somewhere inside the boundary that it lies in, those of a street near each other.
func (c *City) spread(outlines []place.Outline) error {
	shape := map[int32]int{} // of Options.Outlines, in c.outlines
	for i := range c.areas {
		a := &c.areas[i]
		if a.outline < 0 {
			continue
		}
		k, ok := shape[a.outline]
		if !ok {
			o := &outlines[a.outline]
			mp, isShape := place.Shape(o.Geometry)
			if !isShape {
				return fmt.Errorf("outline %s is no polygon", o.Code)
			}
			k = len(c.outlines)
			c.outlines = append(c.outlines, mp)
			shape[a.outline] = k
		}
		a.outline = int32(k)
	}
	key := c.seed.Of(forMiddles)
	for i := range c.areas {
		a := &c.areas[i]
		if a.outline < 0 {
			continue
		}
		mp := c.outlines[a.outline]
		k := key.Of(uint64(a.ID))
		if i > 0 && c.areas[i-1].outline == a.outline && k.Float(9) < 0.93 { // beside the one before
			box := mp.Bound()
			reach := 0.06 * math.Hypot(box.Right()-box.Left(), box.Top()-box.Bottom())
			a.Middle = near(mp, c.areas[i-1].Middle, reach, k)
			continue
		}
		a.Middle = within(mp, k)
	}
	return nil
}

// within draws a point inside a shape.
func within(mp orb.MultiPolygon, k chance.Key) orb.Point {
	box := mp.Bound()
	for n := range uint64(10_000) {
		p := orb.Point{box.Left() + (box.Right()-box.Left())*k.Float(2*n+10), box.Bottom() + (box.Top()-box.Bottom())*k.Float(2*n+11)}
		if planar.MultiPolygonContains(mp, p) {
			return p
		}
	}
	return mp[0][0][0] // a sliver: a corner of it
}

// near draws a point inside a shape that is not far from another one inside it.
func near(mp orb.MultiPolygon, p orb.Point, reach float64, k chance.Key) orb.Point {
	for n := range uint64(24) {
		angle, r := 2*math.Pi*k.Float(2*n+10), reach*math.Sqrt(k.Float(2*n+11))
		q := orb.Point{p[0] + r*math.Cos(angle), p[1] + r*math.Sin(angle)*0.8}
		if planar.MultiPolygonContains(mp, q) {
			return q
		}
		reach *= 0.8
	}
	return p
}

// PointOf returns where a place of a community is: inside the same boundary, within a few hundred metres of its middle. The zero point where no boundary is
// known.
func (c *City) PointOf(area int, kind Kind, number uint32) orb.Point {
	a := &c.areas[area]
	if a.outline < 0 {
		return orb.Point{}
	}
	const degrees = 0.004
	return near(c.outlines[a.outline], a.Middle, degrees, c.seed.Of(forPlaces).Of(uint64(a.ID)).Of(uint64(kind)<<32|uint64(number)))
}

// HomePoint returns where the building is that somebody lives in.
func (c *City) HomePoint(p Person) orb.Point {
	return c.PointOf(c.AreaOf(p), KindHome, uint32(c.Building(p)))
}

// SitePoint returns where a site is.
func (c *City) SitePoint(s uint32) orb.Point {
	return c.PointOf(int(c.sites[s].area), c.sites[s].kind, s)
}
