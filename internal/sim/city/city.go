// Package city makes up a city: people of an age, in households, schools and classes, workplaces and teams, shops, care homes, hospitals, transport lines and a
// port, spread over a real tree of jurisdictions and inside its boundaries. And it says who meets whom on a day.
//
// The same seed makes the same city. Nothing about meetings is kept: they are drawn again from keys whenever they are asked for, so that what tracing finds
// later is what happened. It does no I/O and reads no clock. It imports place, params and chance; sim, measures and cmd import it.
//
// The vocabulary, on one screen:
//
//	Person     a number from 0 to below People(); the people of a household, of an area, of a district follow each other
//	Area       a community: the smallest jurisdiction
//	Group      a class, a team at work, a unit of a care home: those who spend the day together
//	Site       a school, workplace, hospital, care home, port: groups under one roof
//	Layer      a way to meet: at home, in the group, at the site, on the line, in a shop, at leisure
//	Contact    one meeting of two people on one day (contacts.go)
package city

import (
	"sort"

	"github.com/paulmach/orb"

	"firebreak/internal/place"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/params"
)

// Person names one of the city's people.
type Person uint32

// NoGroup is the group of those who have none.
const NoGroup = ^uint32(0)

// Role is what somebody does by day.
type Role uint8

// The roles.
const (
	AtHome Role = iota
	Toddler
	Kindergarten
	Primary
	Middle
	High
	Worker
	Resident // of a care home
)

// String names the role.
func (r Role) String() string {
	return [...]string{"at home", "toddler", "kindergarten", "primary", "middle", "high", "worker", "resident"}[r]
}

// Kind is what a place is.
type Kind uint8

// The kinds of places.
const (
	KindHome Kind = iota
	KindKindergarten
	KindPrimary
	KindMiddle
	KindHigh
	KindCareHome
	KindHospital
	KindPort
	KindWorkplace
	KindDaily // a workplace that is open every day: shop, kitchen, transport
	KindLine
	KindShop
	KindLeisure
)

// String names the kind.
func (k Kind) String() string {
	return [...]string{"home", "kindergarten", "primary school", "middle school", "high school", "care home", "hospital", "port", "workplace", "workplace open daily", "line", "shop", "leisure"}[k]
}

// Area is a community of the city.
type Area struct {
	ID       place.AreaID
	Code     string
	District place.AreaID
	First    uint32 // its first person
	People   uint32
	Middle   orb.Point // longitude and latitude; zero where no outline is known

	district int32 // index of districts
	zone     int32
	line     int32
	outline  int32 // index of outlines; -1 for none
}

// span is a range of people, or of members.
type span struct{ first, n uint32 }

type site struct {
	kind    Kind
	area    uint32
	members span
}

// group is a class, a team or a unit; its members follow each other in members.
type group struct {
	members span
	site    uint32
}

type district struct {
	id     place.AreaID
	people span
}

// City is a made-up city. It is read-only once built, and safe for use by any number of goroutines.
type City struct {
	seed   chance.Key
	params *params.City

	age     []uint8
	home    []uint8 // size of the household less one, and place in it
	role    []Role
	group   []uint32
	members []uint32

	areas     []Area
	districts []district
	zones     []span // of people
	lines     []span
	groups    []group
	sites     []site
	outlines  []orb.MultiPolygon
	areaAt    []uint32 // the area of every 1024th person

	layers [layerCount]layer
}

// People returns how many live in the city.
func (c *City) People() int { return len(c.age) }

// Areas returns the communities, in the order of their people. Do not change them.
func (c *City) Areas() []Area { return c.areas }

// AgeOf returns the age in years.
func (c *City) AgeOf(p Person) int { return int(c.age[p]) }

// RoleOf returns what somebody does by day.
func (c *City) RoleOf(p Person) Role { return c.role[p] }

// Household returns the first person of somebody's household and how many they are.
func (c *City) Household(p Person) (first Person, n int) {
	h := c.home[p]
	return p - Person(h&15), int(h>>4) + 1
}

// Group returns the class, team or unit; [NoGroup] for none.
func (c *City) Group(p Person) uint32 { return c.group[p] }

// Groups returns how many classes, teams and units there are.
func (c *City) Groups() int { return len(c.groups) }

// Members returns who is in a class, team or unit. Do not change them.
func (c *City) Members(g uint32) []uint32 {
	s := c.groups[g].members
	return c.members[s.first : s.first+s.n]
}

// SiteOf returns the site of a class, team or unit and what it is.
func (c *City) SiteOf(g uint32) (site uint32, kind Kind) {
	site = c.groups[g].site
	return site, c.sites[site].kind
}

// Sites returns how many sites there are, and AtSite who goes to one. Do not change them.
func (c *City) Sites() int { return len(c.sites) }

// AtSite returns everybody of a site and what it is. Do not change them.
func (c *City) AtSite(site uint32) (people []uint32, kind Kind) {
	s := &c.sites[site]
	return c.members[s.members.first : s.members.first+s.members.n], s.kind
}

// AreaOf returns the index of somebody's community in Areas.
func (c *City) AreaOf(p Person) int {
	a := int(c.areaAt[p>>10])
	for uint32(p) >= c.areas[a].First+c.areas[a].People {
		a++
	}
	return a
}

// In returns the people of a community, as their first and how many follow it.
func (c *City) In(area int) (first Person, n int) {
	return Person(c.areas[area].First), int(c.areas[area].People)
}

// Building returns which building of their community somebody lives in, from 0.
func (c *City) Building(p Person) int {
	first, _ := c.Household(p)
	return int((uint32(first) - c.areas[c.AreaOf(p)].First) / uint32(c.params.Building.Value))
}

// Find returns the index of the community with an official code; -1 for none.
func (c *City) Find(code string) int {
	for i := range c.areas {
		if c.areas[i].Code == code {
			return i
		}
	}
	return -1
}

// districtOf returns the people of somebody's district.
func (c *City) zoneAt(i uint32) int {
	return sort.Search(len(c.zones), func(z int) bool { return c.zones[z].first+c.zones[z].n > i })
}

// Bytes returns what the city takes in memory.
func (c *City) Bytes() int {
	n := cap(c.age) + cap(c.home) + cap(c.role) + 4*cap(c.group) + 4*cap(c.members) + 4*cap(c.areaAt)
	n += cap(c.groups)*12 + cap(c.sites)*16 + cap(c.areas)*104
	return n
}
