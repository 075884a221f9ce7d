package round_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/plan/round"
)

// brute tries every way to sample and test each person of a tiny city by itself, hour by hour: the oracle for the smallest deadline and for
// the least cost at it. It knows nothing of networks.
type brute struct {
	c               round.City
	people          []int     // community of each
	lane, lab       [][]int   // what is left of a site, or a laboratory, in an hour
	walk            [][]int64 // community, site
	delay           [][]int   // site, laboratory: hours, up
	km              [][]float64
	turnaround      []int
	best            int64
	hours, deadline int
}

func way(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	cos := math.Sin(lat1*rad)*math.Sin(lat2*rad) + math.Cos(lat1*rad)*math.Cos(lat2*rad)*math.Cos((lon2-lon1)*rad)
	return 6371 * math.Acos(math.Min(1, cos)) * 1.3
}

func (b *brute) try(i int, cost int64, least int) {
	if cost >= b.best {
		return
	}
	if i == len(b.people) {
		b.best = cost
		return
	}
	if i > 0 && b.people[i] != b.people[i-1] {
		least = 0
	}
	choice := 0
	for s := range b.lane {
		for t := range b.hours {
			for l := range b.lab {
				for run := t + 1 + b.delay[s][l]; run+1+b.turnaround[l] <= b.deadline; run++ {
					if choice++; choice <= least || b.lane[s][t] == 0 || b.lab[l][run] == 0 {
						continue // people of one community are alike: only one order
					}
					b.lane[s][t]--
					b.lab[l][run]--
					more := b.walk[b.people[i]][s] + int64(30*t) + int64(math.Round(5*b.km[s][l])) + int64(20*(run-t-1-b.delay[s][l]))
					b.try(i+1, cost+more, choice-1)
					b.lane[s][t]++
					b.lab[l][run]++
				}
			}
		}
	}
}

func TestExactOnTinyCities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := round.City{Start: time.Date(2022, 3, 9, 6, 0, 0, 0, time.UTC), Period: 60, Horizon: 12, Classes: []round.Class{{ID: "k", Pool: 1}}, Prices: round.Prices{Night: -1}}
		b := &brute{c: c, hours: 12}
		at := func(name string, wide int) (float64, float64) {
			return 36 + float64(rapid.IntRange(0, wide).Draw(t, name+" lat"))/100, 120 + float64(rapid.IntRange(0, wide).Draw(t, name+" lon"))/100
		}
		for i := range rapid.IntRange(1, 2).Draw(t, "sites") {
			s := round.Site{ID: fmt.Sprint("s", i), Zone: fmt.Sprint("z", i), Lanes: 1, Rate: float64(rapid.IntRange(1, 2).Draw(t, "rate"))}
			s.Lat, s.Lon = at("site", 5)
			from := rapid.IntRange(0, 2).Draw(t, "opens")
			s.Open = []round.Window{{From: float64(from), To: float64(from + rapid.IntRange(1, 4).Draw(t, "long"))}}
			c.Sites = append(c.Sites, s)
			c.Zones = append(c.Zones, round.Zone{ID: s.Zone, Lat: s.Lat, Lon: s.Lon})
			room := make([]int, 12)
			for h := range room {
				if float64(h) >= s.Open[0].From && float64(h+1) <= s.Open[0].To {
					room[h] = int(s.Rate)
				}
			}
			b.lane = append(b.lane, room)
		}
		for i := range rapid.IntRange(1, 2).Draw(t, "labs") {
			l := round.Lab{ID: fmt.Sprint("l", i), Turnaround: float64(rapid.IntRange(0, 2).Draw(t, "turnaround"))}
			l.Lat, l.Lon = at("lab", 30)
			from := rapid.IntRange(0, 4).Draw(t, "works")
			l.Capacity = []round.Rate{{From: float64(from), To: float64(from + rapid.IntRange(1, 8).Draw(t, "until")), Tubes: float64(rapid.IntRange(1, 2).Draw(t, "tubes"))}}
			c.Labs = append(c.Labs, l)
			room := make([]int, 12)
			for h := range room {
				if float64(h) >= l.Capacity[0].From && float64(h+1) <= l.Capacity[0].To {
					room[h] = int(l.Capacity[0].Tubes)
				}
			}
			b.lab, b.turnaround = append(b.lab, room), append(b.turnaround, int(l.Turnaround))
		}
		for i := range rapid.IntRange(1, 2).Draw(t, "communities") {
			m := round.Commune{ID: fmt.Sprint("c", i)}
			m.Lat, m.Lon = at("community", 5)
			n := rapid.IntRange(1, 2).Draw(t, "people")
			m.Groups = []round.Group{{Class: "k", People: int64(n)}}
			c.Community = append(c.Community, m)
			for range n {
				b.people = append(b.people, i)
			}
			var walks []int64
			for _, s := range c.Sites {
				walks = append(walks, int64(math.Round(way(m.Lat, m.Lon, s.Lat, s.Lon)*1000)))
			}
			b.walk = append(b.walk, walks)
		}
		for _, s := range c.Sites {
			var delays []int
			var kms []float64
			for _, l := range c.Labs {
				km := way(s.Lat, s.Lon, l.Lat, l.Lon)
				kms = append(kms, km)
				delays = append(delays, int(math.Ceil(1.25+km/30-1e-9)))
			}
			b.delay, b.km = append(b.delay, delays), append(b.km, kms)
		}
		p := mustMake(t, c, round.Options{NoRemedies: true})
		for b.deadline = 0; b.deadline <= 12; b.deadline++ {
			b.best = math.MaxInt64
			if b.try(0, 0, 0); b.best < math.MaxInt64 {
				break
			}
		}
		if p.Complete != (b.deadline <= 12) {
			t.Fatalf("complete %v, trying everything needs %d hours", p.Complete, b.deadline)
		}
		if !p.Complete {
			return
		}
		if p.FinishResults != float64(b.deadline) || p.LowerBound != p.FinishResults {
			t.Fatalf("results at %g, bound %g; trying everything gives %d", p.FinishResults, p.LowerBound, b.deadline)
		}
		cost := p.Cost.Walking + p.Cost.Time + p.Cost.Carrying + p.Cost.Waiting
		if diff := cost - b.best; diff < -4 || diff > 4 { // metres are rounded from two formulas
			t.Fatalf("cost %d %+v, trying everything gives %d", cost, p.Cost, b.best)
		}
	})
}
