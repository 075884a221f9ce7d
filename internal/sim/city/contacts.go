package city

import (
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/params"
)

// Layer is a way in which people meet.
type Layer uint8

// The layers. At home and in a group everybody meets everybody; in the others people meet in rounds, by chance, those who are there on the day.
const (
	Home    Layer = iota
	Group         // class, team, unit of a care home
	Site          // elsewhere in the same school or workplace
	Line          // bus or metro of a part of the city
	Shop          // of the community
	Leisure       // anywhere in the district
	layerCount
)

// Layers is how many layers there are.
const Layers = int(layerCount)

// String names the layer.
func (l Layer) String() string {
	return [...]string{"home", "group", "site", "line", "shop", "leisure", "outside"}[l]
}

// layer is what the parameters say of a layer.
type layer struct {
	key            chance.Key
	share          uint64
	rounds         int
	weight         float64
	from, span     uint32 // when in the day, minutes
	least, spanned uint32 // how long, minutes
}

func layersOf(p *params.City) [layerCount]layer {
	of := func(t *params.Times) layer {
		l := layer{from: uint32(t.From.Value * 60), least: uint32(t.Min.Value)}
		l.span, l.spanned = uint32(t.To.Value*60)-l.from, uint32(t.Max.Value)-l.least
		return l
	}
	chanced := func(x *params.Layer) layer {
		l := of(&x.Times)
		l.share, l.rounds, l.weight = chance.Threshold(x.Share.Value), int(x.Rounds.Value), x.Weight.Value
		return l
	}
	home, group := of(&p.Home), of(&p.Group)
	home.weight, group.weight = 1, 1
	return [layerCount]layer{home, group, chanced(&p.Site), chanced(&p.Line), chanced(&p.Shop), chanced(&p.Leisure)}
}

// Weight returns how well a layer infects beside a day in one class or team. For the household it says nothing: that has an attack rate of its own.
func (c *City) Weight(l Layer) float64 { return c.layers[l].weight }

// Times returns how many minutes a meeting of a layer takes at least and at most.
func (c *City) Times(l Layer) [2]float64 {
	least := float64(c.layers[l].least)
	return [2]float64{least, least + float64(c.layers[l].spanned)}
}

// Place is where people met.
type Place struct {
	Kind   Kind
	Area   uint32 // index of the community; of the first of several for a line or a district
	Number uint32 // first person of a home, number of a site, of a line, of a shop
}

// Contact is one meeting on one day.
type Contact struct {
	With    Person
	Layer   Layer
	Slot    int // which meeting of the layer: the other's place in home or group, or the round
	Start   int // minute of the day
	Minutes int
	Place   Place
}

// Reach is where somebody meets others: what is looked up once for somebody who is to be followed for days.
type Reach struct {
	Person Person

	spans [layerCount]span
	at    [layerCount]uint32 // own place in each
	place [layerCount]uint32
	role  Role
	kind  Kind
	rider bool
}

// ReachOf looks it up.
func (c *City) ReachOf(p Person) Reach {
	r := Reach{Person: p, role: c.role[p]}
	first, n := c.Household(p)
	r.set(Home, span{uint32(first), uint32(n)}, uint32(p-first), uint32(first))
	if g := c.group[p]; g != NoGroup {
		m := c.groups[g].members
		at := uint32(0)
		for c.members[m.first+at] != uint32(p) {
			at++
		}
		r.set(Group, m, at, g)
		s := &c.sites[c.groups[g].site]
		r.kind = s.kind
		r.set(Site, s.members, m.first+at-s.members.first, c.groups[g].site)
	}
	a := &c.areas[c.AreaOf(p)]
	line, whole := c.lines[a.line], c.districts[a.district].people
	r.set(Line, line, uint32(p)-line.first, uint32(a.line))
	r.set(Shop, span{a.First, a.People}, uint32(p)-a.First, uint32(a.ID))
	r.set(Leisure, whole, uint32(p)-whole.first, uint32(a.district))
	r.rider = c.rides(p)
	return r
}

func (r *Reach) set(l Layer, s span, at, place uint32) {
	r.spans[l], r.at[l], r.place[l] = s, at, place
}

func (c *City) key(l Layer) chance.Key { return c.layers[l].key }

// weekend says whether a day is a Saturday or Sunday; day 0 is a Monday.
func weekend(day int) bool { return day%7 >= 5 }

// Open says whether a site is, on a day.
func (k Kind) Open(day int) bool {
	return !weekend(day) || k == KindDaily || k == KindHospital || k == KindCareHome || k == KindPort
}

// rides says whether somebody takes the line to school or work.
func (c *City) rides(p Person) bool {
	r := c.role[p]
	return r >= Primary && r <= Worker && c.key(Line).Draw(uint64(p)) < c.layers[Line].share
}

// goes says whether somebody takes part in a layer of rounds on a day.
func (c *City) goes(p Person, l Layer, day int) bool {
	switch l {
	case Line:
		return !weekend(day) && c.rides(p)
	case Shop, Leisure:
		if c.role[p] == Resident {
			return false
		}
	case Home, Group, Site, layerCount:
	}
	return c.key(l).Of(uint64(day)).Draw(uint64(p)) < c.layers[l].share
}

// Slots returns how many meetings of a layer somebody may have on a day; 0 where they take no part.
func (c *City) Slots(r *Reach, l Layer, day int) int {
	switch l {
	case Home:
		return int(r.spans[Home].n)
	case Group:
		if r.spans[Group].n > 1 && r.kind.Open(day) {
			return int(r.spans[Group].n)
		}
		return 0
	case Site:
		if r.spans[Site].n < 2 || !r.kind.Open(day) {
			return 0
		}
	case Line:
		if !r.rider || weekend(day) {
			return 0
		}
		return c.layers[Line].rounds
	case Shop, Leisure:
		if r.role == Resident {
			return 0
		}
	case layerCount:
	}
	if c.layers[l].rounds == 0 || c.key(l).Of(uint64(day)).Draw(uint64(r.Person)) >= c.layers[l].share {
		return 0
	}
	return c.layers[l].rounds
}

// With returns whom somebody meets in a slot of a layer on a day; false where it is nobody. It is asked only below Slots.
func (c *City) With(r *Reach, l Layer, slot, day int) (Person, bool) {
	s := r.spans[l]
	switch l {
	case Home:
		return Person(s.first + uint32(slot)), uint32(slot) != r.at[Home]
	case Group:
		return Person(c.members[s.first+uint32(slot)]), uint32(slot) != r.at[Group]
	case Site, Line, Shop, Leisure, layerCount:
	}
	pairs := c.key(l).Of(uint64(r.place[l])<<20 | uint64(day)<<6 | uint64(slot)).Pairs(s.n)
	at, ok := pairs.Of(r.at[l])
	if !ok {
		return 0, false
	}
	q := Person(s.first + at)
	if l == Site {
		if first := r.spans[Group].first - s.first; at-first < r.spans[Group].n { // of the same group: they meet there
			return 0, false
		}
		q = Person(c.members[s.first+at])
	}
	return q, c.goes(q, l, day)
}

// When returns the minute of the day at which two people meet in a slot, and how long they are together. It is the same for both.
func (c *City) When(p, q Person, l Layer, slot, day int) (start, minutes int) {
	if p > q {
		p, q = q, p
	}
	if l == Home || l == Group {
		slot = 0 // each counts the other's place
	}
	u := c.key(l).Of(uint64(p)<<32 | uint64(q)).Draw(uint64(day)<<8 | uint64(slot))
	x := &c.layers[l]
	start = int(x.from + uint32(u&0xffff)*x.span>>16)
	minutes = int(x.least + uint32(u>>16&0xffff)*x.spanned>>16)
	return start, min(minutes, 24*60-start)
}

// WhereOf returns the place at which somebody meets others in a slot.
func (c *City) WhereOf(r *Reach, l Layer, slot, day int) Place {
	switch l {
	case Home:
		return Place{KindHome, uint32(c.AreaOf(r.Person)), r.place[Home]}
	case Group, Site:
		s := r.place[Site]
		return Place{r.kind, c.sites[s].area, s}
	case Line:
		return Place{KindLine, uint32(c.AreaOf(Person(r.spans[Line].first))), r.place[Line]}
	case Shop:
		area := uint32(c.AreaOf(r.Person))
		shops := uint32(max(1, float64(r.spans[Shop].n)/c.params.ShopPer.Value))
		// Everybody of a round goes to one shop: whom they meet there is in it too.
		return Place{KindShop, area, c.seed.Of(forPlaces).Of(uint64(r.place[Shop])).Below(uint64(day)<<8|uint64(slot), shops)}
	case Leisure, layerCount:
	}
	return Place{KindLeisure, uint32(c.AreaOf(Person(r.spans[Leisure].first))), r.place[Leisure]}
}

// Contacts appends all whom somebody meets on a day: the same list whenever it is asked for. If p meets q, q meets p, at the same minute and place.
func (c *City) Contacts(to []Contact, p Person, day int) []Contact {
	return c.Meetings(to, p, day, layerCount-1)
}

// Meetings appends the same of the layers up to last.
func (c *City) Meetings(to []Contact, p Person, day int, last Layer) []Contact {
	r := c.ReachOf(p)
	for l := range last + 1 {
		for slot := range c.Slots(&r, l, day) {
			q, ok := c.With(&r, l, slot, day)
			if !ok {
				continue
			}
			start, minutes := c.When(p, q, l, slot, day)
			to = append(to, Contact{With: q, Layer: l, Slot: slot, Start: start, Minutes: minutes, Place: c.WhereOf(&r, l, slot, day)})
		}
	}
	return to
}
