// Package board keeps the case counts behind the Now screen: by day, by where the case was found and by jurisdiction with everything below it.
//
// A board is a read model: it is built once from the cases, then follows the journal and reads again only the cases that facts speak of, so
// that no request ever counts all cases. It can be thrown away and rebuilt at any time; the tests hold both ways against each other.
// It keeps no code and nothing else that tells who a case is. web and cmd import it; it imports store, situation and the nouns.
package board

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/situation"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Board is the counts of one outbreak. It is safe for concurrent use.
type Board struct {
	outbreak outbreak.ID
	loc      *time.Location

	mu      sync.RWMutex
	tree    *place.Tree
	cursor  int64    // journal entry up to which facts are counted
	last    cases.ID // the highest ID counted
	seen    cases.ID // the highest ID of any outbreak that was looked at: those above are new
	records []record // by ID
	areas   map[place.AreaID]*counts
	pairs   map[pair]int
	// recount is set where facts spoke of cases without naming them; see follow.
	recount bool
}

// page is how many cases or journal entries are read at a time.
const page = 5000

// build counts an outbreak's cases from nothing, in one snapshot.
func build(r *store.Reader, o outbreak.Outbreak) (*Board, error) {
	loc, err := o.Location()
	if err != nil {
		return nil, err
	}
	b := &Board{outbreak: o.ID, loc: loc, areas: map[place.AreaID]*counts{}, pairs: map[pair]int{}}
	if b.tree, err = r.Tree(); err != nil {
		return nil, err
	}
	end, err := r.JournalEnd()
	if err != nil {
		return nil, err
	}
	b.cursor = end.Seq
	return b, b.readNew(r)
}

// readNew counts the cases whose ID is higher than any looked at.
func (b *Board) readNew(r *store.Reader) error {
	end, err := r.LastCase()
	if err != nil {
		return err
	}
	for b.seen < end {
		list, err := r.CaseFiguresAfter(b.outbreak, b.seen, page)
		if err != nil {
			return err
		}
		for _, f := range list {
			b.put(f)
			b.seen = f.ID
		}
		if len(list) < page {
			b.seen = end
		}
	}
	return nil
}

// put counts a case as it is now, in place of how it was.
func (b *Board) put(f store.CaseFigure) {
	is := recordOf(f, b.loc)
	i, known := b.find(f.ID)
	if known {
		b.count(b.records[i], -1)
		b.records[i] = is
	} else {
		b.records = slices.Insert(b.records, i, is)
		b.last = max(b.last, f.ID)
	}
	b.count(is, 1)
}

func (b *Board) find(id cases.ID) (int, bool) {
	if id > b.last {
		return len(b.records), false
	}
	return slices.BinarySearchFunc(b.records, id, func(r record, id cases.ID) int { return cmp.Compare(r.id, id) })
}

func (b *Board) count(r record, n int) {
	if !r.counted {
		return
	}
	b.at(0).add(r, n) // everything, cases of unknown area included
	for _, j := range b.tree.Path(r.area) {
		b.at(j.ID).add(r, n)
	}
	if p := (pair{r.ill, r.new}); !p.ill.IsZero() && !p.new.IsZero() {
		if b.pairs[p] += n; b.pairs[p] == 0 {
			delete(b.pairs, p)
		}
	}
}

func (b *Board) at(a place.AreaID) *counts {
	c := b.areas[a]
	if c == nil {
		c = &counts{}
		b.areas[a] = c
	}
	return c
}

// follow counts what the journal tells since the cursor, in one snapshot. Facts that name their case have it read again; a batch of imported rows brings
// cases with new IDs, and may change others without naming them: then recount is set, and the counts are those from before until
// the board has been built anew.
func (b *Board) follow(r *store.Reader) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	changed := map[cases.ID]bool{}
	for {
		entries, err := r.EntriesAfter(b.cursor, page)
		if err != nil {
			return err
		}
		for _, e := range entries {
			b.cursor = e.Seq
			switch {
			case e.Kind == journal.AreasImported:
				b.recount = true
			case e.Outbreak != b.outbreak:
			case e.Kind == journal.ImportChunk, e.Kind == journal.ImportFinished, e.Kind == journal.CaseMerged, e.Kind == journal.CaseUnmerged:
				b.recount = b.recount || e.Kind != journal.ImportFinished
			case e.Subject.Kind == task.OnCase:
				changed[cases.ID(e.Subject.ID)] = true
			}
		}
		if len(entries) < page {
			break
		}
	}
	if len(changed) > 0 {
		ids := make([]cases.ID, 0, len(changed))
		for id := range changed {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		list, err := r.CaseFigures(ids)
		if err != nil {
			return err
		}
		for _, f := range list {
			if f.Outbreak == b.outbreak {
				b.put(f)
			}
		}
	}
	return b.readNew(r)
}

// Figures is what a screen shows of some areas.
type Figures struct {
	Total int
	// Ill counts by day of onset (for those without symptoms the day of the sample that proved it), New by day of confirmation or, where
	// that is not on record, of report. Days without a case are left out.
	Ill, New []Day
}

// Figures adds up the counts of the areas, none of which may lie below another. 0 stands for everything, cases of unknown area included.
func (b *Board) Figures(areas ...place.AreaID) Figures {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var f Figures
	if len(areas) == 1 {
		if c := b.areas[areas[0]]; c != nil {
			f = Figures{c.total, slices.Clone(c.ill.days), slices.Clone(c.new.days)}
		}
		return f
	}
	var ill, new series
	for _, a := range areas {
		c := b.areas[a]
		if c == nil {
			continue
		}
		f.Total += c.total
		ill.merge(c.ill)
		new.merge(c.new)
	}
	f.Ill, f.New = ill.days, new.days
	return f
}

func (s *series) merge(o series) {
	for _, d := range o.days {
		for _, part := range []struct {
			found cases.Found
			n     int
		}{{cases.FoundInIsolation, d.Inside}, {cases.FoundCommunity, d.Outside}, {cases.FoundUnknown, d.Unknown}} {
			if part.n != 0 {
				s.add(d.Day, part.found, part.n)
			}
		}
	}
}

// On is the count of cases that became known on a day in an area with everything below it, and of all of them so far.
func (b *Board) On(a place.AreaID, d day.Day) (on Cell, total int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	c := b.areas[a]
	if c == nil {
		return Cell{}, 0
	}
	if i, ok := slices.BinarySearchFunc(c.new.days, d, func(x Day, d day.Day) int { return cmp.Compare(x.Day, d) }); ok {
		on = c.new.days[i].Cell
	}
	return on, c.total
}

// IncompleteFrom is the first day of onset of which more cases are still to become known, as seen on asOf; zero where none is. It is
// learnt from the whole outbreak: small areas have too few cases to tell.
func (b *Board) IncompleteFrom(asOf day.Day) (day.Day, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	nowcast, err := situation.NowcastOf(func(yield func(day.Day, day.Day) bool) {
		for p, n := range b.pairs {
			for range n {
				if !yield(p.ill, p.new) {
					return
				}
			}
		}
	}, asOf, situation.NowcastOptions{})
	if err != nil {
		return 0, fmt.Errorf("incomplete days of outbreak %d: %w", b.outbreak, err)
	}
	if nowcast.Pairs == 0 {
		return 0, nil
	}
	return nowcast.IncompleteFrom, nil
}

// AsOf is the journal entry up to which the board has counted.
func (b *Board) AsOf() int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.cursor
}

func (b *Board) stale() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.recount
}

// rebuild reads an outbreak anew.
func rebuild(ctx context.Context, db *store.DB, o outbreak.ID) (b *Board, err error) {
	err = db.View(ctx, func(r *store.Reader) error {
		out, err := r.Outbreak(o)
		if err != nil {
			return err
		}
		b, err = build(r, out)
		return err
	})
	return b, err
}
