package trip

import "math"

// Point is a place on the map.
type Point struct{ Lat, Lon float64 }

// Roads says how long the way is from one place to another: OSRM, Valhalla or a table, behind whoever calls the planner.
type Roads interface {
	Way(from, to Point) (minutes, km float64)
}

// Straight is straight lines over ground, longer by a detour, at one speed.
type Straight struct{ Detour, Kmh float64 }

// earth is the mean radius, kilometres.
const earth = 6371.0088

// Way is the haversine distance times the detour.
func (s Straight) Way(a, b Point) (minutes, km float64) {
	const rad = math.Pi / 180
	x, y := math.Sin((b.Lat-a.Lat)*rad/2), math.Sin((b.Lon-a.Lon)*rad/2)
	km = 2 * earth * math.Asin(math.Sqrt(math.Min(1, x*x+math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*y*y))) * s.Detour
	return km / s.Kmh * 60, km
}

const (
	tablePlaces = 500   // up to so many places ways stand in a table; beyond, straight ones are worked out each time
	roadPlaces  = 6_000 // a table of other roads holds no more
)

// ways makes the table of the places.
func ways(places []Point, roads Roads) travel {
	t := travel{n: len(places)}
	if s, is := roads.(Straight); is {
		t.scale = earth * s.Detour / s.Kmh * 3600
		for _, p := range places {
			lat, lon := p.Lat*math.Pi/180, p.Lon*math.Pi/180
			t.at = append(t.at, [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)})
		}
		if t.n > tablePlaces {
			return t
		}
	}
	table := make([]int32, t.n*t.n)
	for i := range places {
		for j := range places {
			if t.at != nil {
				table[i*t.n+j] = t.time(int32(i), int32(j))
				continue
			}
			m, _ := roads.Way(places[i], places[j])
			table[i*t.n+j] = int32(math.Ceil(min(max(0, m)*60, never)))
		}
	}
	t.table = table
	t.turn()
	return t
}
