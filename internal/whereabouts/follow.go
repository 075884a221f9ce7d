package whereabouts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/store"
)

// entries is how many facts are read at a time.
const entries = 5000

// news is what facts of the journal say of one outbreak.
type news struct {
	codes  bool // there are cases or contacts that were not there
	homes  bool
	anew   bool
	purged day.Day
	sent   []sent
	merged [][2]person.ID // gone, kept
	people []int64        // numbers of whom something else is known
	places []int64
}

type sent struct {
	source string
	seq    int64
}

// follow takes over what the journal tells of since it was last read.
func (w *Whereabouts) follow(ctx context.Context) error {
	for {
		w.mu.RLock()
		cursor := w.cursor
		w.mu.RUnlock()
		var end int64
		err := w.db.View(ctx, func(r *store.Reader) error {
			facts, err := r.EntriesAfter(cursor, entries)
			if err != nil || len(facts) == 0 {
				return err
			}
			end = facts[len(facts)-1].Seq
			told := map[outbreak.ID]*news{}
			for _, e := range facts {
				if err := gather(told, e); err != nil {
					return fmt.Errorf("entry %d: %w", e.Seq, err)
				}
			}
			return w.take(r, told)
		})
		if err != nil {
			return err
		}
		if end == 0 {
			return nil
		}
		w.mu.Lock()
		w.cursor = end
		w.mu.Unlock()
	}
}

// everywhere holds news about people, who are of no outbreak.
const everywhere outbreak.ID = 0

// gather gathers what one fact says.
func gather(told map[outbreak.ID]*news, e journal.Entry) error {
	of := func(o outbreak.ID) *news {
		if told[o] == nil {
			told[o] = &news{}
		}
		return told[o]
	}
	var said struct {
		Source string    `json:"source"`
		Seq    string    `json:"seq"`
		Before string    `json:"before"`
		Kept   person.ID `json:"kept"`
		Gone   person.ID `json:"gone"`
		Number int64     `json:"visitor"`
		Kinds  []int64   `json:"places"`
	}
	read := func() error {
		if len(e.Payload) == 0 {
			return nil
		}
		return json.Unmarshal(e.Payload, &said)
	}
	switch e.Kind {
	case journal.VisitsImported:
		if err := read(); err != nil {
			return err
		}
		seq, err := strconv.ParseInt(said.Seq, 10, 64)
		if err != nil {
			return err
		}
		n := of(e.Outbreak)
		n.sent = append(n.sent, sent{said.Source, seq})
		n.places = append(n.places, said.Kinds...)
	case journal.PlacesKnown:
		if err := read(); err != nil {
			return err
		}
		n := of(e.Outbreak)
		n.places = append(n.places, said.Kinds...)
	case journal.VisitsPurged:
		if err := read(); err != nil {
			return err
		}
		before, err := day.Parse(said.Before)
		if err != nil {
			return err
		}
		n := of(e.Outbreak)
		n.purged = max(n.purged, before)
	case journal.VisitorKnown:
		if err := read(); err != nil {
			return err
		}
		n := of(e.Outbreak)
		n.people = append(n.people, said.Number)
	case journal.CaseSuspected, journal.CaseConfirmed, journal.ContactListed, journal.ImportChunk:
		of(e.Outbreak).codes = true
		of(everywhere).homes = true
	case journal.PeopleRegistered:
		of(everywhere).homes = true
	case journal.PersonMerged:
		if err := read(); err != nil {
			return err
		}
		n := of(everywhere)
		n.homes = true
		n.merged = append(n.merged, [2]person.ID{said.Gone, said.Kept})
	case journal.PersonUnmerged:
		of(everywhere).anew = true // whose visits were whose, the index does not tell any more
	default: // changes nothing here
	}
	return nil
}

// take takes over what facts said.
func (w *Whereabouts) take(r *store.Reader, told map[outbreak.ID]*news) error {
	for o, n := range told {
		if o == everywhere || len(n.sent) == 0 {
			continue
		}
		w.mu.RLock()
		known := w.cities[o] != nil
		w.mu.RUnlock()
		if known {
			continue
		}
		one, err := r.Outbreak(o)
		if err != nil {
			return err
		}
		c, err := newCity(r, w.ids, one, nil)
		if err != nil {
			return err
		}
		w.mu.Lock()
		w.cities[o] = c
		w.mu.Unlock()
	}
	all := told[everywhere]
	for o, c := range w.all() {
		n := told[o]
		if n == nil {
			n = &news{}
		}
		anew := false
		for _, x := range []*city{c, c.next} {
			if x == nil {
				continue
			}
			again, err := x.hear(r, w.ids, n, all)
			if err != nil {
				return err
			}
			anew = anew || again
		}
		if anew {
			if err := w.again(r, o, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Whereabouts) all() map[outbreak.ID]*city {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make(map[outbreak.ID]*city, len(w.cities))
	for o, c := range w.cities {
		out[o] = c
	}
	return out
}

// again makes the index of an outbreak anew beside the one that answers meanwhile: two numbers of it have turned out to be one person, or one to be two.
func (w *Whereabouts) again(r *store.Reader, o outbreak.ID, c *city) error {
	one, err := r.Outbreak(o)
	if err != nil {
		return err
	}
	days, err := r.VisitDays(o)
	if err != nil {
		return err
	}
	c.next, err = newCity(r, w.ids, one, days)
	return err
}

// hear takes over the news of one outbreak, and those of everybody. anew is true where only an index made anew puts it right.
func (c *city) hear(r *store.Reader, ids *store.Identities, n, all *news) (anew bool, err error) {
	for _, s := range n.sent {
		parts, err := ids.VisitsSent(r, c.id, s.source, s.seq)
		if err != nil {
			return false, err
		}
		for _, p := range parts {
			if c.rows[p.Row] || slices.Contains(c.left, p.Day) {
				continue // it was read with its day, or will be
			}
			if err := c.add(r, p.Block); err != nil {
				return false, err
			}
		}
	}
	if n.codes {
		// On another node somebody may get a number below the highest one known.
		const back = 4096
		codes, k, x, err := ids.CodesSince(r, c.id, max(0, c.lastCase-back), max(0, c.lastCont-back))
		if err != nil {
			return false, err
		}
		c.lastCase, c.lastCont = max(c.lastCase, k), max(c.lastCont, x)
		for number, p := range codes {
			anew = !c.people.put(number, p, true) || anew
		}
	}
	if len(n.people) > 0 {
		found, err := r.Visitors(n.people)
		if err != nil {
			return false, err
		}
		for number, p := range found {
			anew = !c.people.put(number, p, true) || anew
		}
		c.homesOld = true
	}
	if len(n.places) > 0 {
		slices.Sort(n.places)
		if err := c.readKinds(r, slices.Compact(n.places)); err != nil {
			return false, err
		}
	}
	if all != nil {
		for _, m := range all.merged {
			anew = !c.people.merged(m[0], m[1]) || anew
		}
		anew = anew || all.anew
		c.homesOld = c.homesOld || all.homes
	}
	if !n.purged.IsZero() {
		c.purge(n.purged)
	}
	return anew, c.readHomes(r)
}
