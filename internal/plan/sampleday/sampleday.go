// Package sampleday makes up a day of transfers, to try the trip planner on: households spread over a city, isolation sites and hospitals with rooms of
// several kinds, vehicles in two shifts. The same options give the same day. It does no I/O; commands and tests import it.
package sampleday

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/trip"
)

// Options say how large the day is.
type Options struct {
	Households int
	Vehicles   int // default: one for 13 households
	Sites      int // default: one for 200 households, at least 4
	Seed       uint64
}

const maxHouseholds = 20_000

// Make makes a day up. Of its households, about two in ten are cases; half of them live in a few estates, as outbreaks have it.
func Make(o Options) (trip.Day, error) {
	if o.Households < 1 || o.Households > maxHouseholds || o.Vehicles < 0 || o.Vehicles > 5000 || o.Sites < 0 || o.Sites > 200 {
		return trip.Day{}, errors.New("want 1 to 20000 households, at most 5000 vehicles and 200 sites")
	}
	if o.Vehicles == 0 {
		o.Vehicles = max(2, (o.Households+12)/13)
	}
	if o.Sites == 0 {
		o.Sites = max(4, o.Households/200)
	}
	m := &maker{rand.New(rand.NewPCG(o.Seed, 0x7261)), trip.Day{Name: fmt.Sprintf("%d households", o.Households), Start: time.Date(2022, 3, 9, 6, 0, 0, 0, time.FixedZone("CST", 8*3600))}}
	m.households(o.Households)
	m.sites(o.Sites)
	m.fleet(o.Vehicles)
	return m.day, nil
}

type maker struct {
	*rand.Rand
	day trip.Day
}

// The middle of the made-up city, and its radius in degrees of latitude (15 km).
const lat0, lon0, radius = 36.10, 120.38, 0.135

func (m *maker) near(lat, lon, spread float64) (float64, float64) {
	r, a := spread*math.Sqrt(m.Float64()), 2*math.Pi*m.Float64()
	return fix(lat + r*math.Sin(a)), fix(lon + r*math.Cos(a)/math.Cos(lat*math.Pi/180))
}

func fix(x float64) float64 { return math.Round(x*1e5) / 1e5 }

func (m *maker) households(n int) {
	var estates [][2]float64
	for range 1 + n/60 {
		lat, lon := m.near(lat0, lon0, radius)
		estates = append(estates, [2]float64{lat, lon})
	}
	for i := range n {
		q := trip.Request{Party: bed.Party{ID: fmt.Sprintf("h%05d", i+1), Class: bed.Contact, Risk: "close"}}
		if m.IntN(2) == 0 {
			e := estates[m.IntN(len(estates))]
			q.Lat, q.Lon = m.near(e[0], e[1], 0.004)
		} else {
			q.Lat, q.Lon = m.near(lat0, lon0, radius)
		}
		size := []int{1, 1, 1, 2, 2, 2, 3, 3, 4, 6}[m.IntN(10)]
		if m.IntN(5) == 0 {
			q.Class, q.Risk = bed.Case, ""
			size = min(size, 1+m.IntN(3))
		} else if m.IntN(3) == 0 {
			q.Risk = "secondary"
		}
		for j := range size {
			p := bed.Person{ID: fmt.Sprintf("%s-%d", q.ID, j+1), Sex: []string{"f", "m"}[m.IntN(2)], Child: j >= 2 && m.IntN(4) > 0}
			switch x := m.IntN(200); {
			case x < 4:
				p.Seat, p.Needs = "wheelchair", []string{"barrier_free"}
			case x < 5 && q.Class == bed.Case:
				p.Seat, p.Needs = "stretcher", []string{"oxygen"}
			case x < 15 && q.Class == bed.Case:
				p.Needs = []string{"oxygen"}
			}
			q.People = append(q.People, p)
		}
		q.Ready = float64(60 + m.IntN(660)) // 07:00 to 18:00
		q.Deadline = q.Ready + 240
		m.day.Requests = append(m.day.Requests, q)
	}
}

// sites makes every third one a hospital for cases and the others isolation sites for contacts, with rooms for a third more than are expected.
func (m *maker) sites(n int) {
	people := [2]int{}
	for _, q := range m.day.Requests {
		if q.Class == bed.Case {
			people[0] += len(q.People)
		} else {
			people[1] += len(q.People)
		}
	}
	hospitals := (n + 2) / 3
	for i := range n {
		s := bed.Site{ID: fmt.Sprintf("s%02d", i+1), UnloadMinutes: 10}
		s.Lat, s.Lon = m.near(lat0, lon0, radius*1.2)
		if i%3 == 0 {
			each := 40 + (people[0]*4/3)/hospitals
			s.Name = fmt.Sprintf("hospital %d", i+1)
			s.Rooms = []bed.Rooms{
				{ID: "double", Group: "A", Count: each / 4, Beds: 2, Shared: true, Takes: bed.Case, Care: []string{"oxygen", "barrier_free"}},
				{ID: "family", Group: "A", Count: each / 4, Beds: 4, Takes: bed.Case, Care: []string{"barrier_free"}},
				{ID: "hall", Group: "B", Count: 1 + each/200, Beds: 100, Ward: true, Takes: bed.Case},
			}
		} else {
			each := 40 + (people[1]*4/3)/(n-hospitals)
			s.Name = fmt.Sprintf("isolation site %d", i+1)
			s.Rooms = []bed.Rooms{
				{ID: "single", Group: "east", Count: each / 3, Beds: 1},
				{ID: "twin", Group: "east", Count: each / 5, Beds: 2},
				{ID: "family", Group: "west", Count: each / 6, Beds: 4},
				{ID: "large", Group: "west", Count: each / 24, Beds: 6},
				{ID: "ground", Group: "west", Count: 4 + each/24, Beds: 3, Care: []string{"barrier_free"}},
			}
		}
		m.day.Sites = append(m.day.Sites, s)
	}
}

func (m *maker) fleet(n int) {
	var depots [][2]float64
	for range 1 + n/30 {
		lat, lon := m.near(lat0, lon0, radius*0.8)
		depots = append(depots, [2]float64{lat, lon})
	}
	for i := range n {
		v := trip.Vehicle{ID: fmt.Sprintf("v%04d", i+1), Seats: []int{8, 12, 16, 20}[i%4]}
		d := depots[i%len(depots)]
		v.Lat, v.Lon = d[0], d[1]
		if i%4 == 0 {
			v.Wheelchairs = 2
		}
		if i%8 == 0 {
			v.Stretchers = 1
		}
		v.Shifts = []bed.Window{{From: 60, To: 540}, {From: 540, To: 1080}} // 07:00 to 15:00 to 24:00
		m.day.Vehicles = append(m.day.Vehicles, v)
	}
}
