// Package traffic makes the visits of a made-up city up, to measure and try the tracing engine with: who works, learns, rides, eats and shops where, day by day.
//
// The same seed gives the same city. Like the engine it is pure; it imports trace and nothing of this module else.
package traffic

import (
	"math"

	"firebreak/internal/trace"
)

// The kinds of places of the city.
const (
	Home trace.Kind = iota
	Work
	Metro // a car of a train
	Bus
	Shop
	Restaurant
	Class
	Leisure
	Canteen
	Mall
	Clinic
	kinds
)

// KindNames are the names of the kinds, by number.
var KindNames = []string{"home", "work", "metro", "bus", "shop", "restaurant", "class", "leisure", "canteen", "mall", "clinic"}

// Rates weigh an hour in each kind of place for the dose, by number: assumed, near people who stay and talk counts most.
var Rates = []float32{2, 1, 1, 1, 0.5, 1.5, 1, 1.5, 1, 0.25, 1}

// Spec says what city to make. The workload of the engine's targets is 10 million people over 14 days: four visits a person a day, of which the busiest hundredth of the places that
// are open takes over a third.
type Spec struct {
	People int
	Days   int
	Seed   uint64
	From   trace.Instant // midnight of the first day
}

// City makes visits up. It keeps nothing of them.
type City struct {
	spec   Spec
	begin  [kinds + 1]int // where the places of each kind begin, before they are mixed
	people mix
	places mix
	curve  [kinds][curvePoints + 1]float32 // u to the power of each kind, at even steps of u
}

const curvePoints = 1 << 12

// share is how many places of a kind there are for a person, and how uneven they are visited: a place is drawn at u to this power along the list.
var share = [kinds]struct{ perPerson, uneven float64 }{
	Home: {0.37, 1}, Work: {0.033, 4}, Metro: {0.0004, 1.3}, Bus: {0.0008, 1.3}, Shop: {0.016, 2.8}, Restaurant: {0.014, 2.7},
	Class: {0.012, 1}, Leisure: {0.004, 3}, Canteen: {0.0006, 1.6}, Mall: {0.00004, 1.5}, Clinic: {0.0006, 1.5},
}

// New makes a city. It has at least a few places of each kind.
func New(s Spec) *City {
	c := &City{spec: s}
	for k := range kinds {
		c.begin[k+1] = c.begin[k] + max(4, int(share[k].perPerson*float64(s.People)))
	}
	for k := range kinds {
		for i := range c.curve[k] {
			c.curve[k][i] = float32(math.Pow(float64(i)/curvePoints, share[k].uneven))
		}
	}
	c.people, c.places = newMix(s.People, s.Seed), newMix(c.begin[kinds], s.Seed+1)
	return c
}

// Places is how many places the city has.
func (c *City) Places() int { return c.begin[kinds] }

// Kinds gives the kind of each place.
func (c *City) Kinds() []trace.Kind {
	out := make([]trace.Kind, c.Places())
	for k := range kinds {
		for i := c.begin[k]; i < c.begin[k+1]; i++ {
			out[c.places.of(i)] = k
		}
	}
	return out
}

// Homes gives the home of each person, for trace.NewHomes.
func (c *City) Homes() []uint32 {
	out := make([]uint32, c.spec.People)
	n := uint64(c.begin[Home+1])
	for i := range c.spec.People {
		out[c.people.of(i)] = uint32(hash(c.spec.Seed, uint64(i), 1)%n) + 1
	}
	return out
}

// dice draws numbers for one person on one day.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	return finish(uint64(*d))
}

func (d *dice) unit() float64            { return float64(d.next()>>11) / (1 << 53) }
func (d *dice) less(p float64) bool      { return d.unit() < p }
func (d *dice) minutes(from, to int) int { return from + int(d.next()%uint64(to-from+1)) }

func finish(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func hash(seed, a, b uint64) uint64 {
	return finish(finish(seed+a*0x9e3779b97f4a7c15) + b*0xd1342543de82ef95)
}

// districtPeople is how many people a part of the city is made for: in a larger city there are more places like the busiest, not busier ones.
const districtPeople = 150_000

// place draws a place of a kind, in any part of the city. Places that somebody goes to every day are drawn with dice of the person alone.
func (c *City) place(d *dice, k trace.Kind) trace.Place {
	districts := max(1, c.spec.People/districtPeople)
	n := (c.begin[k+1] - c.begin[k]) / districts
	district := int(d.next() % uint64(districts))
	u := d.unit() * curvePoints
	step := int(u)
	low, high := float64(c.curve[k][step]), float64(c.curve[k][step+1])
	i := int(float64(n) * (low + (high-low)*(u-float64(step))))
	return trace.Place(c.places.of(c.begin[k] + district*n + min(i, n-1)))
}

// Day appends the visits that begin on a day, counted from 0, in the order of the hours in which they begin.
func (c *City) Day(day int, out []trace.Visit) []trace.Visit {
	first := len(out)
	for i := range c.spec.People {
		out = c.person(i, day, out)
	}
	// By quarter of an hour, as they would come in.
	const slots = 27 * 4
	begin := c.dayBegin(day)
	var counts [slots + 1]int
	for _, v := range out[first:] {
		counts[(v.Start-begin)/900+1]++
	}
	for i := range slots {
		counts[i+1] += counts[i]
	}
	sorted := make([]trace.Visit, len(out)-first)
	for _, v := range out[first:] {
		at := &counts[(v.Start-begin)/900]
		sorted[*at] = v
		*at++
	}
	return append(out[:first], sorted...)
}

func (c *City) dayBegin(day int) trace.Instant { return c.spec.From + trace.Instant(day)*86400 }

// person appends what one person does on a day.
func (c *City) person(i, day int, out []trace.Visit) []trace.Visit {
	always := dice(hash(c.spec.Seed, uint64(i), 2)) // the same every day
	d := dice(hash(c.spec.Seed, uint64(i), uint64(day)+100))
	p, begin := trace.Person(c.people.of(i)), c.dayBegin(day)
	add := func(place trace.Place, minute, length int) {
		minute = min(max(minute, 0), 24*60-1)
		start := begin + trace.Instant(minute)*60
		out = append(out, trace.Visit{Person: p, Place: place, Start: start, End: start + trace.Instant(length)*60})
	}
	role := always.unit()
	work, class, canteen := c.place(&always, Work), c.place(&always, Class), c.place(&always, Canteen)
	rides := always.unit()
	leave, back := d.minutes(420, 560), d.minutes(1010, 1150)
	out0 := len(out)
	switch {
	case role < 0.035: // nights
		add(work, d.minutes(1260, 1330), d.minutes(460, 540))
		leave, back = d.minutes(1200, 1250), d.minutes(360, 460)
	case role < 0.80 && d.less(0.94):
		add(work, leave+d.minutes(20, 50), d.minutes(470, 560))
		if d.less(0.24) {
			add(canteen, d.minutes(690, 780), d.minutes(15, 40))
		}
	case role >= 0.80 && role < 0.80+0.38*0.5 && d.less(0.94):
		add(class, d.minutes(465, 480), d.minutes(200, 215))
		add(class, d.minutes(815, 830), d.minutes(150, 170))
	}
	if len(out) > out0 || d.less(0.2) {
		switch {
		case rides < 0.34:
			add(c.place(&d, Metro), leave, d.minutes(6, 45))
			add(c.place(&d, Metro), back, d.minutes(6, 45))
		case rides < 0.62:
			add(c.place(&d, Bus), leave, d.minutes(4, 35))
			add(c.place(&d, Bus), back, d.minutes(4, 35))
		}
	}
	if d.less(0.602) {
		add(c.place(&d, Shop), d.minutes(480, 1300), d.minutes(5, 40))
	}
	if d.less(0.602) {
		meal := d.minutes(680, 780)
		if d.less(0.5) {
			meal = d.minutes(1060, 1200)
		}
		add(c.place(&d, Restaurant), meal, d.minutes(20, 90))
	}
	if d.less(0.242) {
		add(c.place(&d, Leisure), d.minutes(840, 1260), d.minutes(30, 180))
	}
	if d.less(0.097) {
		add(c.place(&d, Mall), d.minutes(600, 1200), d.minutes(20, 150))
	}
	if d.less(0.073) {
		add(c.place(&d, Home), d.minutes(600, 1260), d.minutes(30, 240))
	}
	if d.less(0.028) {
		add(c.place(&d, Clinic), d.minutes(480, 1000), d.minutes(15, 120))
	}
	return out
}

// Case is a case of the city.
type Case struct {
	trace.Case
	Isolated trace.Instant
}

// Cases draws people who became cases, three in five of them at one of 30 places on day 3, each with a window of 4 to 7 days within the days that the city has.
func (c *City) Cases(n int) []Case {
	d := dice(hash(c.spec.Seed, 3, 3))
	last := c.spec.Days - 1
	source := min(3, last)
	planted := map[trace.Place]bool{}
	for len(planted) < 30 {
		k := []trace.Kind{Restaurant, Leisure, Shop, Canteen, Work}[d.next()%5]
		planted[c.place(&d, k)] = true
	}
	chosen := map[trace.Person]bool{}
	var out []Case
	give := func(p trace.Person) {
		if chosen[p] {
			return
		}
		chosen[p] = true
		from := min(source+int(d.next()%5), max(0, last-3))
		to := min(from+d.minutes(4, 7), c.spec.Days)
		out = append(out, Case{trace.Case{Person: p, Window: trace.Window{From: c.dayBegin(from), To: c.dayBegin(to)}}, c.dayBegin(to)})
	}
	var there []trace.Person
	var visits []trace.Visit
	for i := range c.spec.People {
		visits = c.person(i, source, visits[:0])
		for _, v := range visits {
			if planted[v.Place] {
				there = append(there, v.Person)
			}
		}
	}
	for range n {
		if len(there) > 0 && len(out) < n*3/5 {
			give(there[d.next()%uint64(len(there))])
		}
	}
	for tries := 0; len(out) < n && tries < 4*n; tries++ {
		give(trace.Person(d.next() % uint64(c.spec.People)))
	}
	return out
}

// Isolated gives the moment from which some people met nobody: all cases, and one in two hundred of the others.
func (c *City) Isolated(cases []Case) map[trace.Person]trace.Instant {
	d := dice(hash(c.spec.Seed, 4, 4))
	out := make(map[trace.Person]trace.Instant)
	for range c.spec.People / 200 {
		out[trace.Person(d.next()%uint64(c.spec.People))] = c.dayBegin(int(d.next() % uint64(c.spec.Days)))
	}
	for _, x := range cases {
		out[x.Person] = x.Isolated
	}
	return out
}

// mix gives numbers below n other numbers below n, each once, so that neighbours are not neighbours any more.
type mix struct{ n, factor, add uint64 }

func newMix(n int, seed uint64) mix {
	m := mix{n: uint64(n), add: finish(seed) % uint64(n)}
	for m.factor = uint64(float64(n)*0.6180339887) | 1; gcd(m.factor, m.n) != 1; m.factor += 2 {
	}
	return m
}

func (m mix) of(i int) int { return int((uint64(i)*m.factor + m.add) % m.n) }

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
