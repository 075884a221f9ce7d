package trip

import (
	"math"

	"firebreak/internal/plan/bed"
)

// never is a time that does not come, and a travel that is too long; sums of a few stay within an int32.
const never = math.MaxInt32 / 4

// problem is a day in numbers: times and travel in one unit (seconds; of a Solomon file, parts of its distance).
type problem struct {
	requests []request
	vehicles []vehicle // one per shift; those that are alike stand together
	sites    []site
	place    travel
	ledger   *bed.Ledger // who has which bed; nil: rooms are no matter
	parties  []int       // of the ledger, by request
	trips    int32       // that a vehicle may make in a shift
	unserved int64       // what leaving a request out costs, beyond any travel
}

// request is a stop: people who get on together. Its place has its own number.
type request struct {
	ready, due, deadline int32 // at the door not before, not after; off the vehicle by
	service              int32
	need                 [3]int32 // seats, places for wheelchairs, stretchers
	people               int32
	class                int8
	yields               bool  // is put in last, where it keeps nobody waiting
	aboard               int32 // the vehicle they are already in, or -1
	vehicle              int32 // the only vehicle that may fetch them, or -1
	sites                []bool
	reach                []int32 // sites that would do, nearest first
}

// vehicle is a vehicle in one of its shifts.
type vehicle struct {
	from, to   int32 // places where it starts and ends
	start, end int32
	seats      [3]int32
	disinfect  int32 // between people of different classes
	kind       int32 // those alike have the same
	class      int8  // of whoever was in it last, not disinfected since; -1: clean
	takes      int8  // the only class, or -1
}

// carries says whether the vehicle takes people of a class in.
func (v *vehicle) carries(class int8) bool {
	return v.takes < 0 || v.takes == class || class == released && v.takes == 1
}

// site is where people get off.
type site struct {
	place, opens, closes int32
	unload, each         int32 // for the vehicle, and for each person
}

// travel is how long it takes from place to place. A table where there are few places, otherwise worked out from points on a globe.
type travel struct {
	n     int
	table []int32      // by row
	back  []int32      // by column; the same where ways are as long back
	at    [][3]float64 // on a sphere of radius 1
	scale float64      // time for one radius
}

func (t *travel) row(i int32) []int32 {
	if t.table == nil {
		return nil
	}
	return t.table[int(i)*t.n : int(i+1)*t.n]
}

func (t *travel) column(j int32) []int32 {
	if t.table == nil {
		return nil
	}
	return t.back[int(j)*t.n : int(j+1)*t.n]
}

// turn lays the table out by column too.
func (t *travel) turn() {
	t.back = t.table
	for i := range t.n {
		for j := range i {
			if t.table[i*t.n+j] != t.table[j*t.n+i] {
				t.back = make([]int32, len(t.table))
				for i := range t.n {
					for j := range t.n {
						t.back[j*t.n+i] = t.table[i*t.n+j]
					}
				}
				return
			}
		}
	}
}

// beyond reports whether the way between two points is surely longer than that; false says nothing.
func (t *travel) beyond(i, j int32, way int64) bool {
	a, b := &t.at[i], &t.at[j]
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	w := float64(way)
	return (x*x+y*y+z*z)*t.scale*t.scale > w*w
}

func (t *travel) time(i, j int32) int32 {
	if t.table != nil {
		return t.table[int(i)*t.n+int(j)]
	}
	a, b := &t.at[i], &t.at[j]
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	c := x*x + y*y + z*z
	// The arc from its chord: 2 asin(chord/2), by its series, which is exact to a second within a continent.
	return int32(math.Ceil(math.Sqrt(c) * (1 + c/24 + 3*c*c/640) * t.scale))
}
