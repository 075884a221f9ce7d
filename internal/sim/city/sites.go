package city

import (
	"math"

	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/params"
)

// crew hands out those who work in one part of the city, in an order without neighbours beside each other.
type crew struct {
	people []uint32
	next   int
}

func (w *crew) left() int { return len(w.people) - w.next }

// take returns up to n of them.
func (w *crew) take(n int) []uint32 {
	n = max(0, min(n, w.left()))
	out := w.people[w.next : w.next+n]
	w.next += n
	return out
}

// gather makes schools, care homes, hospitals, the port and workplaces, and says who goes where.
func (c *City) gather(o Options) {
	crews := c.crews()
	busy := 0
	for _, r := range c.role {
		if r >= Kindergarten {
			busy++
		}
	}
	c.members = make([]uint32, 0, busy)
	c.groups = make([]group, 0, busy/9+16)
	c.schools(Kindergarten, KindKindergarten, &c.params.Kindergarten, crews)
	c.schools(Primary, KindPrimary, &c.params.Primary, crews)
	c.schools(Middle, KindMiddle, &c.params.Middle, crews)
	c.schools(High, KindHigh, &c.params.High, crews)
	c.careHomes(crews)
	c.work(o, crews)
}

// crews sorts those who work by the part of the city in which they do, and mixes each part.
func (c *City) crews() []crew {
	key := c.seed.Of(forWork)
	near, district := chance.Threshold(c.params.WorkNear.Value), chance.Threshold(c.params.WorkNear.Value+c.params.WorkDistrict.Value)
	counts := make([]int, len(c.zones)+1)
	goes := func(p uint32, a *Area) int32 {
		u := key.Draw(uint64(p))
		switch {
		case u < near:
			return a.zone
		case u < district:
			d := &c.districts[a.district].people
			return int32(c.zoneAt(d.first + chance.Below(u<<20, d.n)))
		}
		return int32(c.zoneAt(chance.Below(u<<20, uint32(len(c.age)))))
	}
	each := func(visit func(p uint32, zone int32)) {
		for i := range c.areas {
			a := &c.areas[i]
			for p := a.First; p < a.First+a.People; p++ {
				if c.role[p] == Worker {
					visit(p, goes(p, a))
				}
			}
		}
	}
	each(func(_ uint32, z int32) { counts[z+1]++ })
	for z := range c.zones {
		counts[z+1] += counts[z]
	}
	all := make([]uint32, counts[len(c.zones)])
	at := append([]int(nil), counts...)
	each(func(p uint32, z int32) {
		all[at[z]] = p
		at[z]++
	})
	out := make([]crew, len(c.zones))
	for z := range out {
		list := all[counts[z]:counts[z+1]]
		s := key.Of(uint64(z)).Stream()
		for i := len(list) - 1; i > 0; i-- {
			j := chance.Below(s.Next(), uint32(i+1))
			list[i], list[j] = list[j], list[i]
		}
		out[z].people = list
	}
	return out
}

// open begins a site, close ends it.
func (c *City) open(kind Kind, area uint32) uint32 {
	c.sites = append(c.sites, site{kind: kind, area: area, members: span{first: uint32(len(c.members))}})
	return uint32(len(c.sites) - 1)
}

// close ends a site. Nobody came: there is none.
func (c *City) close(s uint32) {
	m := &c.sites[s].members
	m.n = uint32(len(c.members)) - m.first
	if m.n == 0 {
		c.sites = c.sites[:s]
	}
}

// add makes a group of people at a site.
func (c *City) add(s uint32, lists ...[]uint32) {
	g := uint32(len(c.groups))
	first := uint32(len(c.members))
	for _, list := range lists {
		c.members = append(c.members, list...)
		for _, p := range list {
			c.group[p] = g
		}
	}
	if n := uint32(len(c.members)) - first; n > 0 {
		c.groups = append(c.groups, group{members: span{first, n}, site: s})
	}
}

// schools makes one school for each catchment, which is a row of communities of one district, and classes of one age in it. A teacher is of each class.
func (c *City) schools(role Role, kind Kind, s *params.School, crews []crew) {
	const ages = 20
	var byAge [ages][]uint32
	want := s.Catchment.Value
	first, people := 0, 0.0
	size := int(s.Class.Value)
	key := c.seed.Of(forSites).Of(uint64(kind))
	limit := func(i int) float64 { return want * (0.5 + key.Float(uint64(i))) } // half as many to half as many again
	most := limit(0)
	class := make([]uint32, 0, size+1)
	for i := range c.areas {
		a := &c.areas[i]
		for p := a.First; p < a.First+a.People; p++ {
			if c.role[p] == role {
				age := c.age[p]
				byAge[age] = append(byAge[age], p)
			}
		}
		people += float64(a.People)
		if last := i == len(c.areas)-1; !last && people < most && c.areas[i+1].district == a.district {
			continue
		}
		site := c.open(kind, uint32(first))
		crew := &crews[c.areas[first].zone]
		for age := range byAge {
			list := byAge[age]
			k := (len(list) + size - 1) / size
			for j := range k {
				class = class[:0]
				for m := j; m < len(list); m += k {
					class = append(class, list[m])
				}
				c.add(site, class, crew.take(1))
			}
			byAge[age] = list[:0]
		}
		c.close(site)
		first, people, most = i+1, 0, limit(i+1)
	}
}

// careHomes makes units of the residents that communities have, with staff.
func (c *City) careHomes(crews []crew) {
	unit, staff := int(c.params.CareUnit.Value), int(c.params.CareStaff.Value)
	var list []uint32
	for i := range c.areas {
		a := &c.areas[i]
		list = list[:0]
		for p := a.First + a.People; p > a.First && c.role[p-1] == Resident; p-- {
			list = append(list, p-1)
		}
		if len(list) == 0 {
			continue
		}
		site := c.open(KindCareHome, uint32(i))
		for at := 0; at < len(list); at += unit {
			c.add(site, list[at:min(at+unit, len(list))], crews[a.zone].take(staff))
		}
		c.close(site)
	}
}

// work makes hospitals, the port and workplaces of all who are left.
func (c *City) work(o Options, crews []crew) {
	port := c.portZone(o)
	areas := c.areasOfZones()
	for z := range crews {
		w := &crews[z]
		all := len(w.people)
		s := c.seed.Of(forSites).Of(uint64(1000 + z)).Stream()
		in := func() uint32 {
			list := areas[z]
			return list[chance.Below(s.Next(), uint32(len(list)))]
		}
		c.workplace(KindHospital, in(), w.take(int(float64(all)*c.params.Hospital.Value)), &s)
		if z == port {
			of := 0
			for k := range crews {
				if c.zoneDistrict(k) == c.zoneDistrict(z) {
					of += len(crews[k].people)
				}
			}
			c.workplace(KindPort, in(), w.take(int(float64(of)*c.params.Port.Value)), &s)
		}
		least, most, tail := c.params.Workplace.Value, c.params.WorkplaceMax.Value, c.params.WorkplaceTail.Value
		most = min(most, math.Max(least, float64(all)/8))
		for w.left() > 0 {
			u := chance.Unit(s.Next())
			n := int(min(most, least*math.Pow(1-u, -1/tail)))
			kind := KindWorkplace
			if chance.Unit(s.Next()) < c.params.OpenDaily.Value {
				kind = KindDaily
			}
			c.workplace(kind, in(), w.take(n), &s)
		}
	}
}

// workplace makes teams of those who work somewhere.
func (c *City) workplace(kind Kind, area uint32, people []uint32, s *chance.Stream) {
	if len(people) == 0 {
		return
	}
	site := c.open(kind, area)
	mean := uint32(c.params.Team.Value)
	for len(people) > 0 {
		n := int(mean/2 + chance.Below(s.Next(), mean+1)) // half as many to half as many again
		if n = max(n, 1); n > len(people) || len(people)-n < 3 {
			n = len(people)
		}
		c.add(site, people[:n])
		people = people[n:]
	}
	c.close(site)
}

func (c *City) areasOfZones() [][]uint32 {
	out := make([][]uint32, len(c.zones))
	for i := range c.areas {
		out[c.areas[i].zone] = append(out[c.areas[i].zone], uint32(i))
	}
	return out
}

func (c *City) zoneDistrict(z int) int32 {
	return c.areas[c.AreaOf(Person(c.zones[z].first))].district
}

// portZone returns the part of the city with the port: the first of the port's district; -1 where there is none.
func (c *City) portZone(o Options) int {
	if o.Port == "" {
		return -1
	}
	j, ok := o.Tree.ByCode(o.Port)
	if !ok {
		return -1
	}
	for z := range c.zones {
		if c.districts[c.zoneDistrict(z)].id == j.ID {
			return z
		}
	}
	return -1
}
