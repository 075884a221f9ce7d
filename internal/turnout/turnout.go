// Package turnout keeps in memory who is due in each round, who was sampled and who is missing: sets of dense person numbers, a bit a person, so that any area of a city of ten
// million is answered without asking the database.
//
// It is a read model: built once from the register and the tubes, then it follows the journal. It can be thrown away and rebuilt at any time; the tests hold both ways
// against each other. It knows no names. web, api and cmd import it; it imports store and the nouns.
package turnout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// Turnout follows one store. It is safe for concurrent use.
type Turnout struct {
	db     *store.DB
	log    *slog.Logger
	onTube func(outbreak.ID, string)

	ready chan struct{} // closed when it was built

	mu sync.RWMutex
	counts
	cursor int64 // journal entry up to which tubes are counted
	built  int64 // where the journal ended when all was read
}

// counts is all that is kept in memory; it is built beside what is shown when it has to be made anew.
type counts struct {
	reg     register
	rounds  map[screening.RoundID]*round
	groups  map[screening.Group]*screening.Set // members, by person ID
	grouped int64                              // journal entry up to which memberships are read
	counted tubeSet                            // a result changes a tube that was counted before
	sites   map[screening.SiteID]place.AreaID
}

func newCounts() counts {
	return counts{rounds: map[screening.RoundID]*round{}, groups: map[screening.Group]*screening.Set{}, sites: map[screening.SiteID]place.AreaID{}}
}

// Options of a Turnout.
type Options struct {
	DB  *store.DB
	Log *slog.Logger // nil means slog.Default
	// OnTube is told the code of every tube that is counted; nil is nobody.
	OnTube func(o outbreak.ID, code string)
}

// New makes a Turnout that knows nothing yet; see Run.
func New(o Options) *Turnout {
	t := &Turnout{db: o.DB, log: o.Log, onTube: o.OnTube, ready: make(chan struct{}), counts: newCounts()}
	if t.log == nil {
		t.log = slog.Default()
	}
	if t.onTube == nil {
		t.onTube = func(outbreak.ID, string) {}
	}
	return t
}

// register is who lives where, as far as counting needs it.
type register struct {
	numbers []uint32 // by person ID: the dense number; 0 for nobody, or somebody placed nowhere
	live    screening.Set
	last    person.ID // highest ID that was read
	ranges  map[place.AreaID][]screening.Range
	merged  map[person.ID]person.ID // to the one who is left
}

func (reg *register) put(p person.ID, n person.Number) {
	if int(p) >= len(reg.numbers) {
		reg.numbers = append(reg.numbers, make([]uint32, int(p)+1-len(reg.numbers))...)
	}
	reg.numbers[p] = uint32(n) //nolint:gosec // four billion numbers are enough for one store
	reg.live.Add(n)
	reg.last = max(reg.last, p)
}

// number returns the number under which a person is counted now.
func (reg *register) number(p person.ID) person.Number {
	if into, ok := reg.merged[p]; ok {
		p = into
	}
	if p < 0 || int(p) >= len(reg.numbers) {
		return 0
	}
	return person.Number(reg.numbers[p])
}

// round is what has come in for one round.
type round struct {
	group     screening.Group // whose members are due; empty: all residents
	due       screening.Set   // of a group: its members who live somewhere, by number
	sampled   screening.Set
	elsewhere map[person.ID]desk     // sampled, and placed nowhere: known only at the desk
	deskOnly  map[place.AreaID]int64 // how many of them, by the area of the site
	samples   int64
	tubes     int64
	sites     map[screening.SiteID]*Site
	hours     map[int64]int64 // samples by hour since 1970
	exempt    screening.Set
	refused   screening.Set
	first     firsts // when each of those sampled came for the first time
}

// desk is where somebody who is known only at the desk was sampled: at the site of the first tube of theirs that was registered, so that counting anew counts the same.
type desk struct {
	tube screening.TubeID
	area place.AreaID
	at   time.Time // when they were first sampled
}

// Site is what came from one site.
type Site struct {
	Tubes   int64
	Samples int64
	Last    time.Time // when its last tube was closed
	Heard   time.Time // when its last batch came in

	recent ring // samples of the last quarter hours
}

// keep makes room for a round that is counted.
func (c *counts) keep(x screening.Round) *round {
	r := c.rounds[x.ID]
	if r == nil {
		r = &round{group: x.Group, elsewhere: map[person.ID]desk{}, deskOnly: map[place.AreaID]int64{}, sites: map[screening.SiteID]*Site{}, hours: map[int64]int64{}}
		c.rounds[x.ID] = r
	}
	return r
}

// dueIn is who is due in a round, wherever they live.
func (c *counts) dueIn(r *round) *screening.Set {
	if r.group != "" {
		return &r.due
	}
	return &c.reg.live
}

// regroup works out anew who is due in the rounds of groups.
func (c *counts) regroup() {
	for _, r := range c.rounds {
		if r.group == "" {
			continue
		}
		r.due = screening.Set{}
		if members := c.groups[r.group]; members != nil {
			for p := range members.All() {
				if n := c.reg.number(person.ID(p)); c.reg.live.Has(n) {
					r.due.Add(n)
				}
			}
		}
	}
}

// ErrLoading is returned while the register is still being read.
var ErrLoading = errors.New("the register is still being read; ask again in a few seconds")

// ErrNotKept is returned for a round that was closed more than seven days ago, or was never open: it is not in memory.
var ErrNotKept = errors.New("the round is not among those that are counted")

// Counts of a round within some areas. Due = Sampled + Exempt + Refused + Missing.
type Counts struct {
	Due     int64 `json:"due"`     // who live there and are meant, by the register; and those known only at the desk
	Sampled int64 `json:"sampled"` // of those due, whatever else was said of them
	Exempt  int64 `json:"exempt"`
	Refused int64 `json:"refused"`
	Missing int64 `json:"missing"`
	// DeskOnly are in no register: they came to a site there and were sampled. They are among Due and Sampled.
	DeskOnly int64 `json:"desk_only"`
}

// Count counts a round within areas; those that lie in each other are counted once by the caller's choice of them.
func (t *Turnout) Count(id screening.RoundID, tree *place.Tree, areas ...place.AreaID) (Counts, error) {
	if !t.isReady() {
		return Counts{}, ErrLoading
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	r := t.rounds[id]
	if r == nil {
		return Counts{}, ErrNotKept
	}
	return t.count(r, tree, areas), nil
}

func (t *Turnout) count(r *round, tree *place.Tree, areas []place.AreaID) (c Counts) {
	ranges, due := t.within(tree, areas), t.dueIn(r)
	c.Due = due.Count(ranges...)
	c.Sampled = due.CountBoth(&r.sampled, ranges...)
	for n := range r.exempt.Without(ranges, &r.sampled) {
		if due.Has(n) {
			c.Exempt++
		}
	}
	for n := range r.refused.Without(ranges, &r.sampled, &r.exempt) {
		if due.Has(n) {
			c.Refused++
		}
	}
	c.Missing = c.Due - c.Sampled - c.Exempt - c.Refused
	for at, n := range r.deskOnly {
		if slices.ContainsFunc(areas, func(a place.AreaID) bool { return tree.Contains(a, at) }) {
			c.DeskOnly += n
		}
	}
	c.Due += c.DeskOnly
	c.Sampled += c.DeskOnly
	return c
}

// ByArea counts a round in each of the areas, in their order.
func (t *Turnout) ByArea(id screening.RoundID, tree *place.Tree, areas []place.AreaID) ([]Counts, error) {
	if !t.isReady() {
		return nil, ErrLoading
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	r := t.rounds[id]
	if r == nil {
		return nil, ErrNotKept
	}
	out := make([]Counts, len(areas))
	for i, a := range areas {
		out[i] = t.count(r, tree, []place.AreaID{a})
	}
	return out, nil
}

// Alone counts a round in each of the areas by itself, without those below it: where exactly its people live. A round that is only planned has nobody sampled yet, and all who are meant are
// missing; who was said to be exempt from it already counts as due.
func (t *Turnout) Alone(x screening.Round, areas []place.AreaID) ([]Counts, error) {
	if !t.isReady() {
		return nil, ErrLoading
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	r := t.rounds[x.ID]
	if r == nil && x.State != screening.Planned {
		return nil, ErrNotKept
	}
	due := &t.reg.live
	if x.Group != "" {
		due = &screening.Set{}
		if r != nil {
			due = &r.due
		} else if members := t.groups[x.Group]; members != nil {
			for p := range members.All() {
				if n := t.reg.number(person.ID(p)); t.reg.live.Has(n) {
					due.Add(n)
				}
			}
		}
	}
	out := make([]Counts, len(areas))
	for i, a := range areas {
		ranges, c := t.reg.ranges[a], &out[i]
		c.Due = due.Count(ranges...)
		c.Missing = c.Due
		if r == nil {
			continue
		}
		c.Sampled = due.CountBoth(&r.sampled, ranges...)
		for n := range due.Without(ranges, &r.sampled) {
			switch {
			case r.exempt.Has(n):
				c.Exempt++
			case r.refused.Has(n):
				c.Refused++
			}
		}
		c.Missing = c.Due - c.Sampled - c.Exempt - c.Refused
	}
	return out, nil
}

// Missing returns up to limit numbers of people who are due in areas and were neither sampled nor spared, in order, from after on.
func (t *Turnout) Missing(id screening.RoundID, tree *place.Tree, areas []place.AreaID, after person.Number, limit int) ([]person.Number, error) {
	if !t.isReady() {
		return nil, ErrLoading
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	r := t.rounds[id]
	if r == nil {
		return nil, ErrNotKept
	}
	var out []person.Number
	for n := range t.dueIn(r).Without(t.within(tree, areas), &r.sampled, &r.exempt, &r.refused) {
		if n <= after {
			continue
		}
		if out = append(out, n); len(out) == limit {
			break
		}
	}
	return out, nil
}

// Standings says of the people of areas, by number, who is due in a round and who of them is missing: what a list of doors is counted from. The ranges are the areas' numbers, in order. The sets are copies.
func (t *Turnout) Standings(id screening.RoundID, tree *place.Tree, areas ...place.AreaID) (ranges []screening.Range, due, missing screening.Set, err error) {
	if !t.isReady() {
		return nil, due, missing, ErrLoading
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	r := t.rounds[id]
	if r == nil {
		return nil, due, missing, ErrNotKept
	}
	ranges = t.within(tree, areas)
	for n := range t.dueIn(r).Without(ranges) {
		due.Add(n)
	}
	for n := range due.Without(ranges, &r.sampled, &r.exempt, &r.refused) {
		missing.Add(n)
	}
	return ranges, due, missing, nil
}

// within returns the numbers of who live in areas, with those below them, in order.
func (t *Turnout) within(tree *place.Tree, areas []place.AreaID) []screening.Range {
	var out []screening.Range
	for _, a := range areas {
		for _, j := range tree.Subtree(a) {
			out = append(out, t.reg.ranges[j.ID]...)
		}
	}
	return ordered(out)
}

// Flow is what has come in for a round.
type Flow struct {
	Tubes     int64
	Samples   int64                     // swabs: a person who was sampled twice counts twice
	Elsewhere int64                     // people who are in no register: known only at the desk
	Sites     map[screening.SiteID]Site // a copy
	Hours     map[time.Time]int64       // samples by the hour in which they were taken, UTC
}

// Flow returns what has come in for a round.
func (t *Turnout) Flow(id screening.RoundID) (Flow, error) {
	if !t.isReady() {
		return Flow{}, ErrLoading
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := Flow{Sites: map[screening.SiteID]Site{}, Hours: map[time.Time]int64{}}
	r := t.rounds[id]
	if r == nil {
		return Flow{}, ErrNotKept
	}
	out.Tubes, out.Samples, out.Elsewhere = r.tubes, r.samples, int64(len(r.elsewhere))
	for id, s := range r.sites {
		out.Sites[id] = *s
	}
	for h, n := range r.hours {
		out.Hours[time.Unix(h*3600, 0).UTC()] = n
	}
	return out, nil
}

func (t *Turnout) isReady() bool {
	select {
	case <-t.ready:
		return true
	default:
		return false
	}
}

// Ready is closed when everything was read once.
func (t *Turnout) Ready() <-chan struct{} { return t.ready }

// Build reads everything once, for whoever asks only now.
func (t *Turnout) Build(ctx context.Context) error { return t.step(ctx) }

// Run builds what it knows and follows the journal until ctx ends.
func (t *Turnout) Run(ctx context.Context) {
	grew, stop := t.db.Watch()
	defer stop()
	for {
		err := t.step(ctx)
		if err != nil && ctx.Err() == nil {
			t.log.Error("turnout not followed", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
		if err == nil {
			select {
			case <-ctx.Done():
			case <-grew:
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// Settle waits until all is counted that the journal holds now. Run must be running.
func (t *Turnout) Settle(ctx context.Context) error {
	head := t.db.Head()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		t.mu.RLock()
		at := t.cursor
		t.mu.RUnlock()
		if at >= head && t.isReady() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// step builds what was not built yet, and then reads what is new.
func (t *Turnout) step(ctx context.Context) error {
	if t.isReady() {
		return t.follow(ctx)
	}
	if err := t.build(ctx); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := t.follow(ctx); err != nil {
		return err
	}
	close(t.ready)
	return nil
}
