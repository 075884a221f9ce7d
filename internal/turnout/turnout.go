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

	mu      sync.RWMutex
	reg     register
	rounds  map[screening.RoundID]*round
	counted tubeSet
	cursor  int64 // journal entry up to which tubes are counted
	built   int64 // where the journal ended when all was read
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
	t := &Turnout{db: o.DB, log: o.Log, onTube: o.OnTube, ready: make(chan struct{}), rounds: map[screening.RoundID]*round{}}
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
	sampled   screening.Set
	elsewhere map[person.ID]struct{} // sampled, and placed nowhere: known only at the desk
	samples   int64
	tubes     int64
	sites     map[screening.SiteID]*Site
	hours     map[int64]int64 // samples by hour since 1970
	exempt    screening.Set
	refused   screening.Set
}

// Site is what came from one site.
type Site struct {
	Tubes   int64
	Samples int64
	Last    time.Time // when its last tube was closed
	Heard   time.Time // when its last batch came in
}

func (t *Turnout) round(id screening.RoundID) *round {
	r := t.rounds[id]
	if r == nil {
		r = &round{elsewhere: map[person.ID]struct{}{}, sites: map[screening.SiteID]*Site{}, hours: map[int64]int64{}}
		t.rounds[id] = r
	}
	return r
}

// ErrLoading is returned while the register is still being read.
var ErrLoading = errors.New("the register is still being read; ask again in a few seconds")

// ErrNotKept is returned for a round that was closed more than seven days ago, or was never open: it is not in memory.
var ErrNotKept = errors.New("the round is not among those that are counted")

// Counts of a round within some areas. Due = Sampled + Exempt + Refused + Missing.
type Counts struct {
	Due     int64 `json:"due"`     // who live there, by the register
	Sampled int64 `json:"sampled"` // of those due, whatever else was said of them
	Exempt  int64 `json:"exempt"`
	Refused int64 `json:"refused"`
	Missing int64 `json:"missing"`
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
	return t.count(r, t.within(tree, areas)), nil
}

func (t *Turnout) count(r *round, ranges []screening.Range) (c Counts) {
	c.Due = t.reg.live.Count(ranges...)
	c.Sampled = t.reg.live.CountBoth(&r.sampled, ranges...)
	for range r.exempt.Without(ranges, &r.sampled) {
		c.Exempt++
	}
	for range r.refused.Without(ranges, &r.sampled, &r.exempt) {
		c.Refused++
	}
	c.Missing = c.Due - c.Sampled - c.Exempt - c.Refused
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
		out[i] = t.count(r, t.within(tree, []place.AreaID{a}))
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
	for n := range t.reg.live.Without(t.within(tree, areas), &r.sampled, &r.exempt, &r.refused) {
		if n <= after {
			continue
		}
		if out = append(out, n); len(out) == limit {
			break
		}
	}
	return out, nil
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
