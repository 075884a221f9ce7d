package roundcity

import (
	"math"

	"firebreak/internal/place"
)

// metresADegree is one degree of latitude.
const metresADegree = 111_320

// spare is how far an area reaches of which only a single point is known.
const spare = 1000

// locate sums up, for each area, what is known to lie in it: the middles of the areas below it and its located sites. It is what is known of an area without an outline.
func (b *builder) locate() {
	b.at, b.seen, b.under = map[place.AreaID]Ground{}, map[place.AreaID]bool{}, map[place.AreaID]Ground{}
	count := map[place.AreaID]float64{}
	each := func(with func(path []place.Jurisdiction, lat, lon float64)) {
		for _, j := range b.f.Tree.All() { // in this order, so that sums are the same each time
			if g, ok := b.f.Outlines[j.ID]; ok {
				path := b.f.Tree.Path(j.ID)
				with(path[:len(path)-1], g.Lat, g.Lon)
			}
		}
		for _, s := range b.known {
			with(b.f.Tree.Path(s.Area), s.Lat, s.Lon)
		}
	}
	each(func(path []place.Jurisdiction, lat, lon float64) {
		for _, j := range path {
			g := b.under[j.ID]
			b.under[j.ID] = Ground{Lat: g.Lat + lat, Lon: g.Lon + lon}
			count[j.ID]++
		}
	})
	for a, g := range b.under {
		b.under[a] = Ground{g.Lat / count[a], g.Lon / count[a], spare}
	}
	each(func(path []place.Jurisdiction, lat, lon float64) { // as far as the farthest of them
		for _, j := range path {
			g := b.under[j.ID]
			dy, dx := (lat-g.Lat)*metresADegree, (lon-g.Lon)*metresADegree*math.Cos(g.Lat*math.Pi/180)
			g.Reach = max(g.Reach, math.Hypot(dx, dy))
			b.under[j.ID] = g
		}
	})
}

// anywhere says whether it is known of anything where it lies.
func (b *builder) anywhere() bool { return len(b.f.Outlines) > 0 || len(b.under) > 0 }

// ground is where an area lies, and whether that is from its own outline. Without one it is the middle of what is known to lie in it; else it lies beside its brothers, around the middle of what it
// belongs to, so that people are nearer to the sites of their own area than to others'. Where nothing is known at all, areas lie around one point of the ocean.
func (b *builder) ground(a place.AreaID) (g Ground, own bool) {
	if g, ok := b.at[a]; ok {
		return g, b.seen[a]
	}
	g, own = b.f.Outlines[a]
	if !own {
		var some bool
		if g, some = b.under[a]; !some {
			g = b.beside(a)
		}
	}
	b.at[a], b.seen[a] = g, own
	return g, own
}

// beside lays an area among those with the same parent, on a spiral that fills its ground evenly.
func (b *builder) beside(a place.AreaID) Ground {
	j, ok := b.f.Tree.Get(a)
	if !ok || j.Parent == 0 {
		return Ground{Reach: 5 * spare} // so that every site is in reach of everybody
	}
	around, _ := b.ground(j.Parent)
	brothers := b.f.Tree.Children(j.Parent)
	k, n := 0, float64(len(brothers))
	for i, x := range brothers {
		if x.ID == a {
			k = i
		}
	}
	const golden = 2.399963 // radians: turns of it never fall on each other
	r := 0.9 * around.Reach * math.Sqrt((float64(k)+0.5)/n)
	if n == 1 {
		r = 0
	}
	sin, cos := math.Sincos(golden * float64(k))
	lat := around.Lat + r*sin/metresADegree
	lon := around.Lon + r*cos/(metresADegree*max(0.1, math.Cos(around.Lat*math.Pi/180)))
	return Ground{min(90, max(-90, lat)), min(180, max(-180, lon)), around.Reach / math.Sqrt(n)}
}
