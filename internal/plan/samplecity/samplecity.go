// Package samplecity makes up cities to plan rounds for: any number of people, spread over the outlines of Qingdao's districts as its people are.
//
// The shape (communities of 2,000 people, one site for 3,333 with about two lanes, a laboratory for 167,000, collection zones of 40,000) follows the
// cities of 2022. The same number and seed give the same city. It does no I/O beyond place/qingdao's embedded files; commands and tests import it.
package samplecity

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/plan/round"
)

// Options say which city to make up.
type Options struct {
	People int64 // at least 1,000
	Seed   uint64
	Mixed  bool // 20 % in pools of five and 10 % singly; else all in pools of ten
	Period int  // minutes; 0: the planner's default
}

// district is where people live.
type district struct {
	code    string
	people  int64
	area    place.Outline
	shape   polygons
	streets []point
}

type point struct{ lat, lon float64 }

// polygons are the outer and inner rings of a district, for telling inside from outside.
type polygons [][]point

// contains counts crossings of all rings, so that holes are outside.
func (p polygons) contains(q point) bool {
	in := false
	for _, ring := range p {
		for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
			a, b := ring[i], ring[j]
			if (a.lat > q.lat) != (b.lat > q.lat) && q.lon < (b.lon-a.lon)*(q.lat-a.lat)/(b.lat-a.lat)+a.lon {
				in = !in
			}
		}
	}
	return in
}

func shapeOf(geometry string) (polygons, error) {
	var g struct {
		Type        string
		Coordinates json.RawMessage
	}
	if err := json.Unmarshal([]byte(geometry), &g); err != nil {
		return nil, err
	}
	var many [][][][2]float64
	var err error
	if g.Type == "Polygon" {
		many = make([][][][2]float64, 1)
		err = json.Unmarshal(g.Coordinates, &many[0])
	} else {
		err = json.Unmarshal(g.Coordinates, &many)
	}
	if err != nil {
		return nil, err
	}
	var p polygons
	for _, poly := range many {
		for _, ring := range poly {
			var r []point
			for _, c := range ring {
				r = append(r, point{c[1], c[0]})
			}
			p = append(p, r)
		}
	}
	return p, nil
}

// inside draws a point of a district.
func (d *district) inside(r *rand.Rand) point {
	for range 1000 {
		p := point{d.area.Box.Min[1] + r.Float64()*(d.area.Box.Max[1]-d.area.Box.Min[1]), d.area.Box.Min[0] + r.Float64()*(d.area.Box.Max[0]-d.area.Box.Min[0])}
		if d.shape.contains(p) {
			return p
		}
	}
	return point{d.area.Centre[1], d.area.Centre[0]}
}

// near draws a point around another, in the same district.
func (d *district) near(r *rand.Rand, at point, km float64) point {
	for range 20 {
		p := point{at.lat + r.NormFloat64()*km/111, at.lon + r.NormFloat64()*km/111/math.Cos(at.lat*math.Pi/180)}
		if d.shape.contains(p) {
			return p
		}
	}
	return at
}

// Make makes up a city.
func Make(o Options) (round.City, error) {
	if o.People < 1000 || o.People > 100_000_000 {
		return round.City{}, fmt.Errorf("%d people: want 1,000 to 100,000,000", o.People)
	}
	r := rand.New(rand.NewPCG(o.Seed, uint64(o.People)))
	districts, err := districtsOf(r, o.People)
	if err != nil {
		return round.City{}, err
	}
	n := func(per int64, least int) int { return max(least, int((o.People+per/2)/per)) }
	communities, sites, labs, zones := n(2000, 5), n(3333, 4), n(166_667, 3), n(40_000, 2)
	c := round.City{
		Name: fmt.Sprintf("made-up city of %d people", o.People), Start: time.Date(2022, 3, 9, 6, 0, 0, 0, time.FixedZone("", 8*3600)), Period: o.Period, Deadline: 24,
		Classes: []round.Class{{ID: "precaution", Pool: 10}}, Rules: round.Rules{Rate: 110},
	}
	if o.Mixed {
		c.Classes = append(c.Classes, round.Class{ID: "controlled", Pool: 5}, round.Class{ID: "lockdown", Pool: 1})
	}
	// Communities, site, zones and laboratories, each district as many as its share of people.
	at := make([]point, 0, communities)
	weight := make([]float64, communities)
	sum := 0.0
	for i := range communities {
		d := pick(districts, i, communities)
		at = append(at, d.near(r, d.streets[r.IntN(len(d.streets))], 1.2))
		weight[i] = 0.4 + r.ExpFloat64()
		sum += weight[i]
		c.Community = append(c.Community, round.Commune{ID: fmt.Sprintf("c%05d", i+1), Lat: cut(at[i].lat), Lon: cut(at[i].lon)})
	}
	left := o.People
	for i := range c.Community {
		people := int64(weight[i] / sum * float64(o.People))
		if i == communities-1 {
			people = left
		}
		left -= people
		c.Community[i].Groups = groupsOf(r, people, o.Mixed)
	}
	for i := range zones {
		p := at[(2*i+1)*communities/(2*zones)]
		c.Zones = append(c.Zones, round.Zone{ID: fmt.Sprintf("z%03d", i+1), Lat: cut(p.lat), Lon: cut(p.lon)})
	}
	lanes := []int{1, 2, 2, 2, 2, 3, 3}
	for i := range sites {
		k := (2*i + 1) * communities / (2 * sites)
		d := pick(districts, k, communities)
		p := d.near(r, at[k], 0.5)
		c.Sites = append(c.Sites, round.Site{ID: fmt.Sprintf("s%04d", i+1), Zone: nearestZone(c.Zones, p), Lat: cut(p.lat), Lon: cut(p.lon), Lanes: lanes[r.IntN(len(lanes))]})
	}
	// 74,000 tubes an hour for ten million people in pools of ten, in laboratories of very different size.
	share := make([]float64, labs)
	sum = 0
	for i := range share {
		share[i] = 0.3 + r.ExpFloat64()
		sum += share[i]
	}
	rate := 0.0074 * float64(o.People)
	if o.Mixed {
		rate *= 2
	}
	for i := range labs {
		p := at[(2*i+1)*communities/(2*labs)]
		c.Labs = append(c.Labs, round.Lab{ID: fmt.Sprintf("l%02d", i+1), Lat: cut(p.lat + r.NormFloat64()*0.01), Lon: cut(p.lon), Turnaround: []float64{4, 4.5, 5, 5.5, 6}[r.IntN(5)],
			Capacity: []round.Rate{{From: 0, To: 240, Tubes: math.Max(10, math.Round(rate*share[i]/sum/10)*10)}}})
	}
	return c, nil
}

func groupsOf(r *rand.Rand, people int64, mixed bool) []round.Group {
	if !mixed {
		return []round.Group{{Class: "precaution", People: people}}
	}
	five, one := int64(float64(people)*(0.1+0.2*r.Float64())), int64(float64(people)*(0.05+0.1*r.Float64()))
	return []round.Group{{Class: "precaution", People: people - five - one}, {Class: "controlled", People: five}, {Class: "lockdown", People: one}}
}

// cut rounds a coordinate to about ten metres.
func cut(degrees float64) float64 { return math.Round(degrees*1e4) / 1e4 }

func nearestZone(zones []round.Zone, p point) string {
	best, id := math.Inf(1), ""
	for _, z := range zones {
		dy, dx := z.Lat-p.lat, (z.Lon-p.lon)*math.Cos(p.lat*math.Pi/180)
		if d := dy*dy + dx*dx; d < best {
			best, id = d, z.ID
		}
	}
	return id
}

// pick returns the district of the i-th of n things, by its share of people.
func pick(list []district, i, n int) *district {
	var all, sum int64
	for _, d := range list {
		all += d.people
	}
	at := (2*int64(i) + 1) * all / (2 * int64(n))
	for k := range list {
		if sum += list[k].people; at < sum {
			return &list[k]
		}
	}
	return &list[len(list)-1]
}

// districtsOf returns the districts with points around which people live, a street for about 30,000 of them.
func districtsOf(r *rand.Rand, people int64) ([]district, error) {
	tree, err := qingdao.Jurisdictions()
	if err != nil {
		return nil, err
	}
	outlines, err := qingdao.Outlines()
	if err != nil {
		return nil, err
	}
	var list []district
	var all int64
	for _, j := range tree {
		if j.Level != place.District {
			continue
		}
		for _, o := range outlines {
			if o.Code != j.Code {
				continue
			}
			shape, err := shapeOf(o.Geometry)
			if err != nil {
				return nil, fmt.Errorf("outline of %s: %w", j.Code, err)
			}
			list = append(list, district{code: j.Code, people: j.Population, area: o, shape: shape})
			all += j.Population
		}
	}
	if people < 1_000_000 {
		list = list[:1] // a town is one district
		all = list[0].people
	}
	for i := range list {
		d := &list[i]
		for range max(1, people*d.people/all/30_000) {
			d.streets = append(d.streets, d.inside(r))
		}
	}
	return list, nil
}
