package public

import (
	"context"
	"sync"
	"time"

	"firebreak/internal/disclosure"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// A plan says when a community comes to which site. If all of it came when the first are awaited, most would wait for hours: so each building is told its own time. Who lives in a
// building comes from the register, whoever was sampled, spared or found since: a time says nothing of anybody.

// home is a building, or all that are not named, with how many live there.
type home struct {
	name   string // empty: of those who live in a building of very few people, or in none that is known
	people int64
}

const (
	// wholeSlot is how long a slot is that a community is told as it is.
	wholeSlot = time.Hour
	// step is how exactly a building is told its time.
	step = 30 * time.Minute
	// leastShare of a building is sent to a slot; fewer of its people go with the others.
	leastShare = 0.25
)

// named are the buildings of an area as they may be told, in the order in which people read their names; at the end, under no name, everybody else. A building of very few people is not
// named: that somebody is registered there may be news. Nil where no two are left.
func named(counts []store.BuildingCount) []home {
	var out []home
	rest := home{}
	for _, c := range counts {
		if c.Building.ID == 0 || c.Due < disclosure.Least {
			rest.people += c.Due
			continue
		}
		out = append(out, home{c.Building.Name, c.Due})
	}
	if len(out) < 2 {
		return nil
	}
	return append(out, rest)
}

// divide says of each home which part of the area's slots is its own: as people stand in one line, home after home, and the slots take from its head as many as the plan sends there.
// It returns nil where there is nothing to divide: one slot, no longer than wholeSlot. What is over by now is divided too, so that nobody's time changes while it passes.
func divide(slots []slot, homes []home) [][]slot {
	var room, people float64
	for _, x := range slots {
		room += float64(x.people)
	}
	for _, h := range homes {
		people += float64(h.people)
	}
	if room == 0 || people == 0 || len(slots) == 1 && slots[0].till.Sub(slots[0].from) <= wholeSlot {
		return nil
	}
	out := make([][]slot, len(homes))
	head := 0.0
	for i, h := range homes {
		n := float64(h.people) / people * room
		out[i] = part(slots, head, head+n)
		head += n
	}
	return out
}

// part is what the people of a line from one place to another have of the slots.
func part(slots []slot, from, till float64) []slot {
	type piece struct {
		slot
		n float64
	}
	var pieces []piece
	most, start := 0.0, 0.0
	for _, x := range slots {
		n := float64(x.people)
		a, b := max(from, start), min(till, start+n)
		if b > a {
			at := func(place float64) time.Time {
				return x.from.Add(time.Duration((place - start) / n * float64(x.till.Sub(x.from))))
			}
			pieces = append(pieces, piece{slot{x.site, floor(at(a), x), ceil(at(b), x), 0}, b - a})
			most = max(most, b-a)
		}
		start += n
	}
	var out []slot
	for _, p := range pieces {
		if p.n >= min(most, leastShare*(till-from)) {
			out = join(out, p.slot)
		}
	}
	return out
}

// floor and ceil are the round instants around one, within a slot.
func floor(t time.Time, in slot) time.Time {
	if t = onTheHalfHour(t); t.Before(in.from) {
		return in.from
	}
	return t
}

func ceil(t time.Time, in slot) time.Time {
	if r := onTheHalfHour(t); !r.Equal(t) {
		t = r.Add(step)
	}
	if t.After(in.till) {
		return in.till
	}
	return t
}

// onTheHalfHour goes by the clock on the wall, whose zone need not be whole hours from UTC.
func onTheHalfHour(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute()/30*30, 0, 0, t.Location())
}

// registered keeps for a while who is registered in which building of an area: it changes seldom, and is asked for each time that a page is made.
type registered struct {
	mu sync.Mutex
	by map[place.AreaID]livesIn
}

type livesIn struct {
	homes []home
	at    time.Time
}

const (
	// homesFresh is for how long the buildings of an area are taken as they were read.
	homesFresh = 10 * time.Minute
	// mostHomes is of how many areas they are kept.
	mostHomes = 10_000
)

// homes are the buildings of an area. While the database is away, they are those that were read last, or none: then the area is told as one.
func (p *Site) homes(ctx context.Context, area place.AreaID, now time.Time) []home {
	p.lives.mu.Lock()
	kept, ok := p.lives.by[area]
	p.lives.mu.Unlock()
	if ok && now.Sub(kept.at) < homesFresh {
		return kept.homes
	}
	ctx, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	ranges, err := p.o.Turnout.Numbers(area)
	if err != nil {
		return kept.homes // not counted yet
	}
	var counts []store.BuildingCount
	err = p.o.DB.View(ctx, func(r *store.Reader) (err error) {
		counts, err = r.CountByBuilding(ranges, func(person.Number) bool { return true }, func(person.Number) bool { return false })
		return err
	})
	if err != nil {
		p.o.Log.Warn("public site: buildings not read", "area", int64(area), "error", err)
		return kept.homes
	}
	p.lives.mu.Lock()
	defer p.lives.mu.Unlock()
	if p.lives.by == nil || len(p.lives.by) >= mostHomes {
		p.lives.by = map[place.AreaID]livesIn{}
	}
	homes := named(counts)
	p.lives.by[area] = livesIn{homes, now}
	return homes
}

// homesOf is when the people of each building go. Those of no named one, where they are very few, are told all that the area is told.
func (s *snapshot) homesOf(slots []slot, homes []home) (out []Building, rest []Slot) {
	for i, own := range divide(slots, homes) {
		if homes[i].name == "" {
			if homes[i].people < disclosure.Least {
				own = slots
			}
			rest = s.shown(own)
			continue
		}
		out = append(out, Building{homes[i].name, s.shown(own)})
	}
	return out, rest
}
