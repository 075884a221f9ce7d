package sim

import (
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
)

// What a model says of one infected person and of those whom people live with, for whoever follows chains of infection without a city around them (package forecast).

// Nature is what somebody's infection is like.
type Nature struct {
	Nu           float64 // infectiousness outside the home, of a mean of 1
	Incubation   int     // days
	Asymptomatic bool
	Visit        Minute // when they go to a clinic of their own accord; 0: never
}

// Nature draws it for somebody infected at a minute.
func (m *Model) Nature(k chance.Key, at Minute) Nature {
	x := m.nature(k, infection{at: at})
	return Nature{float64(x.nu), int(x.incubation), x.asymptomatic, x.visit}
}

// Infectiousness is what share of all that somebody infects with falls on a day since their infection, less where they have no symptoms.
func (m *Model) Infectiousness(n *Nature, since int) float64 {
	return m.infectiousness(&infection{incubation: uint8(n.Incubation), asymptomatic: n.Asymptomatic}, since)
}

// Last is how many days after infection somebody infects at most.
func (m *Model) Last() int { return m.last }

// Hazards are those of a whole course of infection for one other at home, and for one other in a class or team who is met on each of its days.
func (m *Model) Hazards() (home, outside float64) { return m.home, m.outside }

// Sensitivity is the chance that a test is positive, by days since infection.
func (m *Model) Sensitivity(method Method, since int) float64 { return m.sensitivity(method, since) }

// Circle is how many others somebody lives and meets with.
type Circle struct {
	Home   int                     // at home
	Group  int                     // in the class or team
	Daily  bool                    // which is open at weekends, too
	Site   int                     // others at the school or workplace that it is of, the class or team not counted
	Rounds [2][city.Layers]float64 // met by chance on a working day, and on a day of a weekend, by layer
}

// Circles looks at n people of the city, spread evenly over it.
func (m *Model) Circles(n int) []Circle {
	people := m.city.People()
	out := make([]Circle, 0, n)
	for i := range n {
		p := city.Person(int64(i) * int64(people) / int64(n))
		var c Circle
		_, home := m.city.Household(p)
		c.Home = home - 1
		if g := m.city.Group(p); g != city.NoGroup {
			c.Group = len(m.city.Members(g)) - 1
			site, kind := m.city.SiteOf(g)
			all, _ := m.city.AtSite(site)
			c.Daily, c.Site = kind.Open(5), len(all)-1-c.Group
		}
		r := m.city.ReachOf(p)
		for l := city.Site; int(l) < city.Layers; l++ {
			for day := range 14 {
				off := 0
				if day%7 >= 5 {
					off = 1
				}
				for s := range m.city.Slots(&r, l, day) {
					if _, ok := m.city.With(&r, l, s, day); ok {
						c.Rounds[off][l] += [2]float64{0.1, 0.25}[off]
					}
				}
			}
		}
		out = append(out, c)
	}
	return out
}
