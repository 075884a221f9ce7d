package whereabouts

import (
	"context"
	"slices"
	"sync"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/trace"
)

// city is what is kept of one outbreak. Only Follow changes it; the index and people bear being asked meanwhile.
type city struct {
	id     outbreak.ID
	zone   *time.Location
	index  *trace.Index
	people *people
	kinds  []trace.Kind // by number of the place; what is published of it is not changed
	asked  []bool       // whether the kind of a place was looked up

	left     []day.Day // days that are still to be read, rising: the last is read next
	rows     map[int64]bool
	lastCase cases.ID
	lastCont contact.ID

	homesOld  bool
	homesRead time.Time
	homesTook time.Duration

	next *city // that takes this one's place when it has been read

	mu     sync.RWMutex
	unread day.Day // the last of left
	days   int
	todo   int
}

// newCity knows who is who and what the places are, and no visit yet: days are those to be read.
func newCity(r *store.Reader, ids *store.Identities, o outbreak.Outbreak, days []day.Day) (*city, error) {
	zone, err := o.Location()
	if err != nil {
		return nil, err
	}
	// Days are cut by one offset for good: the one of the last day that is known.
	at := o.StartedAt
	if len(days) > 0 {
		at = days[len(days)-1].Start(zone)
	}
	_, offset := at.In(zone).Zone()
	c := &city{id: o.ID, zone: zone, index: trace.NewIndex(offset), people: &people{}, left: slices.Clone(days), rows: map[int64]bool{}, days: len(days), homesOld: true}
	c.tell()
	merged, err := r.MergedPeople()
	if err != nil {
		return nil, err
	}
	survivor := func(p person.ID) person.ID {
		if into, ok := merged[p]; ok {
			return into
		}
		return p
	}
	codes, lastCase, lastCont, err := ids.CodesSince(r, o.ID, 0, 0)
	if err != nil {
		return nil, err
	}
	c.lastCase, c.lastCont = lastCase, lastCont
	if err := r.EachVisitor(o.ID, func(n int64, p person.ID) {
		if p == 0 {
			p = codes[n]
		}
		c.people.put(n, survivor(p), false)
	}); err != nil {
		return nil, err
	}
	if err := r.EachVisitPlace(o.ID, c.putKind); err != nil {
		return nil, err
	}
	c.index.SetKinds(c.kinds)
	return c, c.readHomes(r)
}

// now is the city as it stands.
func (c *city) now() *City {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return &City{View: c.index.View(), people: c.people, Unread: c.unread, Left: c.todo, Total: c.days}
}

// settle joins what came in of days that are over: no more of them is expected, and one piece answers fastest.
func (c *city) settle(now time.Time) { c.index.Settle(day.In(now, c.zone)) }

// readDay reads the next day, of this city or of the one that is to take its place.
func (c *city) readDay(ctx context.Context, w *Whereabouts) error {
	at := c
	if c.next != nil {
		at = c.next
	}
	if len(at.left) > 0 {
		began := time.Now()
		if err := w.db.View(ctx, func(r *store.Reader) error { return at.take(r, w.ids) }); err != nil {
			return err
		}
		x := at.now()
		w.log.Info("visits read", "outbreak", int64(c.id), "left", x.Left, "days", x.Total, "visits", x.Visits(), "took", time.Since(began).Round(time.Millisecond))
	}
	if c.next != nil && len(c.next.left) == 0 {
		w.mu.Lock()
		w.cities[c.id] = c.next
		w.mu.Unlock()
	}
	return nil
}

// take reads the newest of the days that are left.
func (c *city) take(r *store.Reader, ids *store.Identities) error {
	d := c.left[len(c.left)-1]
	b, rows, err := ids.VisitsOfDay(r, c.id, d)
	if err != nil {
		return err
	}
	if err := c.add(r, b); err != nil {
		return err
	}
	for _, id := range rows {
		c.rows[id] = true
	}
	c.left = c.left[:len(c.left)-1]
	c.tell()
	return nil
}

// tell makes known what is left.
func (c *city) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.todo, c.unread = len(c.left), 0
	if c.todo > 0 {
		c.unread = c.left[c.todo-1]
	}
}

// add takes visits in, and looks up who and what is in them that was not met before.
func (c *city) add(r *store.Reader, b trace.Block) error {
	if len(b.Visits) == 0 {
		return nil
	}
	var who, where []int64
	for _, v := range b.Visits {
		if n := int64(v.Person); !c.people.read(n) {
			who = append(who, n)
		}
		if n := int(v.Place); n >= len(c.asked) || !c.asked[n] {
			where = append(where, int64(n))
		}
	}
	if len(who) > 0 {
		slices.Sort(who)
		who = slices.Compact(who)
		found, err := r.Visitors(who)
		if err != nil {
			return err
		}
		for _, n := range who {
			c.people.put(n, found[n], false)
		}
		c.homesOld = true
	}
	if len(where) > 0 {
		slices.Sort(where)
		if err := c.readKinds(r, slices.Compact(where)); err != nil {
			return err
		}
	}
	c.people.rename(b.Visits)
	return c.index.Add(b)
}

// putKind says of what kind a place is. Beyond what is published the list grows in its place; what is published is copied first.
func (c *city) putKind(n int64, k trace.Kind) {
	if n < 0 || n >= trace.MaxPlace {
		return
	}
	for int64(len(c.kinds)) <= n {
		c.kinds = append(c.kinds, trace.Unknown)
	}
	for int64(len(c.asked)) <= n {
		c.asked = append(c.asked, false)
	}
	c.kinds[n], c.asked[n] = k, true
}

// readKinds looks up of what kind places are.
func (c *city) readKinds(r *store.Reader, list []int64) error {
	found, err := r.VisitPlaceKinds(list)
	if err != nil {
		return err
	}
	known := len(c.kinds)
	changed := false
	for _, n := range list {
		k := found[n]
		if n < int64(known) && c.kinds[n] != k && !changed {
			c.kinds, changed = slices.Clone(c.kinds), true
		}
		if n < int64(len(c.kinds)) || k != trace.Unknown {
			c.putKind(n, k)
			changed = true
			continue
		}
		for int64(len(c.asked)) <= n {
			c.asked = append(c.asked, false)
		}
		c.asked[n] = true
	}
	if changed {
		c.index.SetKinds(c.kinds)
	}
	return nil
}

// readHomes reads who lives with whom, where that may have changed. In a big city it takes seconds, and is not done at once again.
func (c *city) readHomes(r *store.Reader) error {
	const seldom = 20
	if !c.homesOld || c.homesTook > 50*time.Millisecond && time.Since(c.homesRead) < seldom*c.homesTook {
		return nil
	}
	began := time.Now()
	homes, err := c.people.homes(r.EachHousehold)
	if err != nil {
		return err
	}
	c.index.SetHomes(homes)
	c.homesOld, c.homesRead, c.homesTook = false, time.Now(), time.Since(began)
	return nil
}

// purge drops the visits of the days before one.
func (c *city) purge(before day.Day) {
	c.index.Purge(before)
	for len(c.left) > 0 && c.left[0] < before {
		c.left = c.left[1:]
	}
	c.tell()
	if c.next != nil {
		c.next.purge(before)
	}
}
