package trip

import (
	"cmp"
	"math"
	"slices"
)

// ground finds who lies around a request. Where ways are worked out from points, the requests lie in strips from south to north with as many in each,
// and in a strip from west to east: looking around costs what is near, wherever the rest is. Where there is a table all are looked at.
type ground struct {
	place  *travel
	n      int32
	east   []float64 // by request, across the middle of all; as z of a point, in units of the globe
	strips []strip
	in     []int32 // by request: its strip
}

type strip struct {
	south, north float64
	who          []int32 // from west to east
}

func newGround(s *search) ground {
	g := ground{place: &s.place, n: int32(len(s.requests))}
	if g.place.table != nil || g.n == 0 {
		return g
	}
	// East is at right angles to the axis of the globe, so that no two points are nearer than they lie apart from west to east.
	var x, y float64
	for i := range g.n {
		x, y = x+g.place.at[i][0], y+g.place.at[i][1]
	}
	if r := math.Hypot(x, y); r > 0 {
		x, y = x/r, y/r
	}
	rows := make([]int32, g.n)
	g.east, g.in = make([]float64, g.n), make([]int32, g.n)
	for i := range g.n {
		g.east[i], rows[i] = g.place.at[i][1]*x-g.place.at[i][0]*y, i
	}
	slices.SortFunc(rows, func(a, b int32) int {
		return cmp.Or(cmp.Compare(g.place.at[a][2], g.place.at[b][2]), cmp.Compare(a, b))
	})
	each := int(math.Ceil(math.Sqrt(float64(g.n))))
	for who := range slices.Chunk(rows, each) {
		for _, i := range who {
			g.in[i] = int32(len(g.strips))
		}
		g.strips = append(g.strips, strip{g.place.at[who[0]][2], g.place.at[who[len(who)-1]][2], who})
		slices.SortFunc(who, func(a, b int32) int { return cmp.Or(cmp.Compare(g.east[a], g.east[b]), cmp.Compare(a, b)) })
	}
	return g
}

// ways is how long it is from one request to another, and back.
func (g *ground) ways(i, j int32) (there, back int32) {
	there = g.place.time(i, j)
	if g.place.table == nil {
		return there, there
	}
	return there, g.place.time(j, i)
}

// around visits the other requests, roughly from near to far. A visit says which way is long enough: whoever is surely farther is left out.
func (g *ground) around(i int32, visit func(j int32) (enough int64)) {
	if g.strips == nil {
		for j := range g.n {
			if j != i {
				visit(j)
			}
		}
		return
	}
	enough := int64(math.MaxInt64)
	z, e := g.place.at[i][2], g.east[i]
	look := func(who []int32, at, by int) {
		for ; at >= 0 && at < len(who); at += by {
			j := who[at]
			if math.Abs(g.east[j]-e)*g.place.scale > float64(enough) {
				return // as are all beyond
			}
			if j != i && !g.place.beyond(i, j, enough) {
				enough = visit(j)
			}
		}
	}
	south, north := int(g.in[i]), int(g.in[i])+1
	for south >= 0 || north < len(g.strips) {
		down, up := math.Inf(1), math.Inf(1)
		if south >= 0 {
			down = z - g.strips[south].north // less than nothing in its own
		}
		if north < len(g.strips) {
			up = g.strips[north].south - z
		}
		if min(down, up)*g.place.scale > float64(enough) {
			return
		}
		var who []int32
		if down <= up {
			who, south = g.strips[south].who, south-1
		} else {
			who, north = g.strips[north].who, north+1
		}
		at, _ := slices.BinarySearchFunc(who, e, func(j int32, e float64) int { return cmp.Compare(g.east[j], e) })
		look(who, at, 1)
		look(who, at-1, -1)
	}
}
