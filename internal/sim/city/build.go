package city

import (
	"errors"
	"fmt"
	"math"

	"firebreak/internal/place"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/params"
)

// Options say which city to build.
type Options struct {
	Tree     *place.Tree
	Outlines []place.Outline // by code; a community without one of its own lies in that of the nearest jurisdiction above it
	Root     place.AreaID    // only this jurisdiction; 0: the whole tree
	People   int             // 0: as many as the root has
	Seed     uint64
	Params   *params.City
	Port     string // code of the district with the port; empty: there is none
}

// Limits of a city. Areas keep their people in 32 bits, and a lone community of one is no city.
const (
	MinPeople = 100
	MaxPeople = 100_000_000
)

// Purposes that keys are made for.
const (
	forWeights = 1 + iota
	forMiddles
	forPeople
	forWork
	forSites
	forMeetings
	forPlaces
)

// Build makes the city. It goes:
//
//  1. communities and how many live in each, by what the tree knows, drawn where it does not know (areas.go);
//  2. households and the ages in them, community by community;
//  3. who goes to school and who works, and in which part of the city;
//  4. classes, units of care homes and teams, with those who work there (sites.go).
func Build(o Options) (*City, error) {
	if o.Params == nil || o.Tree == nil {
		return nil, errors.New("build city: a tree of jurisdictions and parameters are needed")
	}
	c := &City{seed: chance.Key(o.Seed).Of(0xc17), params: o.Params}
	if err := c.divide(o); err != nil {
		return nil, fmt.Errorf("build city: %w", err)
	}
	n := 0
	for i := range c.areas {
		n += int(c.areas[i].People)
	}
	c.age, c.home, c.role, c.group = make([]uint8, n), make([]uint8, n), make([]Role, n), make([]uint32, n)
	c.parts()
	h := newHouseholds(o.Params)
	for i := range c.areas {
		c.fill(i, h)
	}
	c.layers = layersOf(o.Params)
	for l := range c.layers {
		c.layers[l].key = c.seed.Of(forMeetings).Of(uint64(l))
	}
	c.gather(o)
	return c, nil
}

// households are the tables that people are drawn from.
type households struct {
	size                    [1024]uint8
	elders                  [16][256]uint8 // people of 60 and above, by size and drawn byte
	children                [16][256]uint8
	careHome                int
	careUnit                int
	careIn                  float64   // the chance of a person's being the one a care home stands for
	shares                  [8]uint64 // who goes to each school
	employed, employedElder uint32
}

func newHouseholds(p *params.City) *households {
	h := &households{careHome: int(p.CareHome.Value), careUnit: int(p.CareUnit.Value), careIn: 1 / max(1, p.CareHomePer.Value)}
	at, sum := 0, 0.0
	for size, share := range p.Households.Value {
		sum += share
		for ; at < len(h.size) && float64(at) < sum*float64(len(h.size)); at++ {
			h.size[at] = uint8(size + 1)
		}
	}
	for ; at < len(h.size); at++ {
		h.size[at] = uint8(len(p.Households.Value))
	}
	for s := range p.Households.Value {
		for u := range 256 {
			h.elders[s+1][u] = whole(p.Elders.Value[s], u)
			h.children[s+1][u] = whole(p.Children.Value[s], u)
		}
	}
	h.shares[Kindergarten] = chance.Threshold(p.Kindergarten.Share.Value)
	h.shares[Primary] = chance.Threshold(p.Primary.Share.Value)
	h.shares[Middle] = chance.Threshold(p.Middle.Share.Value)
	h.shares[High] = chance.Threshold(p.High.Share.Value)
	h.employed, h.employedElder = uint32(p.Employed.Value*65536), uint32(p.EmployedElder.Value*65536)
	return h
}

// whole makes a mean a whole number, by a drawn byte.
func whole(mean float64, u int) uint8 {
	n := math.Floor(mean)
	if float64(u) < (mean-n)*256 {
		n++
	}
	return uint8(n)
}

// fill makes the people of one community. Elders come first in a household, then the others, then children.
func (c *City) fill(area int, h *households) {
	a := &c.areas[area]
	key := c.seed.Of(forPeople).Of(uint64(a.ID))
	s := key.Stream()
	at, end := a.First, a.First+a.People
	if n := uint32(h.careHome); n > 1 && a.People >= 8*n && key.Float(0) < float64(a.People)*h.careIn {
		end -= n
		c.careHomePeople(end, n, &s)
	}
	for at < end {
		u := s.Next()
		size := uint32(h.size[u&1023])
		if size > end-at {
			size = end - at
		}
		elders, children := uint32(h.elders[size][u>>10&255]), uint32(h.children[size][u>>18&255])
		if elders+children > size {
			children = size - elders
		}
		adults := size - elders - children
		parent := 24 + uint32(u>>26&127)*36/128 // 24 to 59
		for j := range size {
			v := s.Next()
			var age uint32
			switch {
			case j < elders:
				age = 60 + min(uint32(v&31), uint32(v>>5&31)) + uint32(v>>10&3) // fewer the older
			case j < elders+adults && children > 0:
				age = min(59, max(23, parent+uint32(v&7)-3))
			case j < elders+adults:
				age = 23 + uint32(v&1023)*37/1024
			default:
				age = uint32(v&1023) * min(23, max(1, parent-22)) / 1024
			}
			c.settle(at+j, age, v>>16, h)
			c.home[at+j] = uint8((size-1)<<4 | j)
		}
		at += size
	}
}

// settle gives somebody an age and what they do by day, by 48 drawn bits.
func (c *City) settle(p, age uint32, bits uint64, h *households) {
	c.age[p], c.group[p] = uint8(age), NoGroup
	role := AtHome
	switch {
	case age < 3:
		role = Toddler
	case age < 6:
		role = Kindergarten
	case age < 12:
		role = Primary
	case age < 15:
		role = Middle
	case age < 18:
		role = High
	case age < 60 && uint32(bits&0xffff) < h.employed, age < 70 && age >= 60 && uint32(bits&0xffff) < h.employedElder:
		role = Worker
	}
	if role >= Kindergarten && role <= High && bits<<16 >= h.shares[role] {
		role = AtHome
	}
	c.role[p] = role
}

// careHomePeople makes the residents of a care home, two to a room.
func (c *City) careHomePeople(first, n uint32, s *chance.Stream) {
	for i := range n {
		v := s.Next()
		p := first + i
		c.age[p], c.role[p], c.group[p] = uint8(68+min(uint32(v&31), 30)), Resident, NoGroup
		rooms := uint8(2)
		if i == n-1 && n%2 == 1 {
			rooms = 1
		}
		c.home[p] = (rooms-1)<<4 | uint8(i%2)
	}
}

// parts divides the city into the parts that have a line and a hospital, and into districts; and makes the table of areas.
func (c *City) parts() {
	want := uint32(c.params.Zone.Value)
	for i := range c.areas {
		a := &c.areas[i]
		if n := len(c.districts); n == 0 || c.districts[n-1].id != a.District {
			c.districts = append(c.districts, district{id: a.District, people: span{first: a.First}})
			c.zones = append(c.zones, span{first: a.First})
		} else if z := &c.zones[len(c.zones)-1]; z.n >= want {
			c.zones = append(c.zones, span{first: a.First})
		}
		a.district, a.zone = int32(len(c.districts)-1), int32(len(c.zones)-1)
		c.districts[a.district].people.n += a.People
		c.zones[a.zone].n += a.People
	}
	// Lines join the half of one part with the half of the next.
	half := c.zones[0].n / 2
	for i := range c.areas {
		a := &c.areas[i]
		n := len(c.lines)
		if n == 0 || c.lines[n-1].n >= want || n == 1 && c.lines[0].n >= half {
			c.lines = append(c.lines, span{first: a.First})
			n++
		}
		a.line = int32(n - 1)
		c.lines[n-1].n += a.People
	}
	total := uint32(len(c.age))
	c.areaAt = make([]uint32, total>>10+1)
	at := 0
	for k := range c.areaAt {
		for at+1 < len(c.areas) && uint32(k)<<10 >= c.areas[at].First+c.areas[at].People {
			at++
		}
		c.areaAt[k] = uint32(at)
	}
}
