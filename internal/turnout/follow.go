package turnout

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// kept is for how long after its end a closed round is still kept in memory: late tubes come in, and its page is signed.
const kept = 7 * 24 * time.Hour

// page is how many tubes or facts are read at a time.
const page = 5000

// tubesAtOnce is about how many changed tubes are read at a time: a laboratory tells thousands in one fact.
const tubesAtOnce = 50_000

// build reads the register and finds from where on tubes are counted.
func (t *Turnout) build(ctx context.Context) error {
	reg := register{}
	var cursor, built int64
	standings := map[screening.RoundID][]store.Standing{}
	var rounds []screening.Round
	groups := map[screening.Group]*screening.Set{}
	err := t.db.View(ctx, func(r *store.Reader) error {
		if err := reg.read(r); err != nil {
			return err
		}
		end, err := r.JournalEnd()
		if err != nil {
			return err
		}
		built = end.Seq
		if cursor, err = firstCounted(r, built, t.db.Now()); err != nil {
			return err
		}
		if err := r.GroupsChangedTo(0, built, func(c store.GroupChange) { join(groups, c) }); err != nil {
			return err
		}
		rounds, err = r.RoundsSince(t.db.Now().Add(-kept))
		for _, x := range rounds {
			if standings[x.ID], err = r.Standings(x.ID); err != nil {
				return err
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reg, t.cursor, t.built = reg, cursor, built
	t.groups, t.grouped = groups, built
	for _, x := range rounds {
		t.keep(x)
	}
	t.regroup()
	for id, list := range standings {
		t.stand(id, list)
	}
	return nil
}

// join puts somebody in a group, or takes them out.
func join(groups map[screening.Group]*screening.Set, c store.GroupChange) {
	s := groups[c.Group]
	if s == nil {
		s = &screening.Set{}
		groups[c.Group] = s
	}
	if c.Member {
		s.Add(person.Number(c.Person))
	} else {
		s.Remove(person.Number(c.Person))
	}
}

// firstCounted is the journal entry before the first round that is open, or closed not long ago, was opened; where there is none, the end.
func firstCounted(r *store.Reader, end int64, now time.Time) (int64, error) {
	list, err := r.RoundsSince(now.Add(-kept))
	if err != nil {
		return 0, err
	}
	for _, x := range list {
		facts, err := r.EntriesOfKinds(store.RoundSubject(x.ID), journal.RoundOpened)
		if err != nil {
			return 0, err
		}
		for _, e := range facts {
			end = min(end, e.Seq-1)
		}
	}
	return end, nil
}

func (reg *register) read(r *store.Reader) error {
	if err := r.PersonNumbers(0, reg.put); err != nil {
		return err
	}
	return reg.readRest(r)
}

// readRest reads what is small enough to be read anew each time: whose numbers are where, and who was merged.
func (reg *register) readRest(r *store.Reader) (err error) {
	runs, err := r.NumberRuns()
	if err != nil {
		return err
	}
	reg.ranges = map[place.AreaID][]screening.Range{}
	for _, x := range runs {
		reg.ranges[x.Area] = append(reg.ranges[x.Area], x.Range)
	}
	reg.merged, err = r.MergedPeople()
	return err
}

// follow counts what the journal tells of since it was last read.
func (t *Turnout) follow(ctx context.Context) error {
	for {
		var tubes []store.Tube
		var facts []journal.Entry
		fresh := map[person.ID]person.Number{}
		var rest register
		standings := map[screening.RoundID][]store.Standing{}
		var opened []screening.Round
		var members []store.GroupChange
		sites := map[screening.SiteID]place.AreaID{}
		people, again := false, false
		t.mu.RLock()
		cursor, built, last, grouped := t.cursor, t.built, t.reg.last, t.grouped
		t.mu.RUnlock()
		var end int64
		err := t.db.View(ctx, func(r *store.Reader) (err error) {
			if facts, err = r.EntriesAfter(cursor, page); err != nil || len(facts) == 0 {
				return err
			}
			if end, err = r.TubesEnd(cursor, facts[len(facts)-1].Seq, tubesAtOnce); err != nil {
				return err
			}
			var moved []person.ID
			for _, e := range facts {
				if e.Seq > end {
					break
				}
				switch e.Kind {
				case journal.PeopleRegistered:
					people = true
					if moved, err = movedIn(e, moved); err != nil {
						return err
					}
				case journal.PersonMerged:
					people = true
					if moved, err = mergedIn(e, moved); err != nil {
						return err
					}
				case journal.NameSealed, journal.ImportChunk, journal.CaseSuspected, journal.CaseConfirmed, journal.ContactListed:
					people = true
				case journal.PersonUnmerged:
					again = again || e.Seq > built
				case journal.RoundOpened:
					x, err := r.Round(screening.RoundID(e.Subject.ID))
					if err != nil {
						return err
					}
					opened = append(opened, x)
					if standings[x.ID], err = r.Standings(x.ID); err != nil { // of before it was opened
						return err
					}
				case journal.RoundStanding:
					id := screening.RoundID(e.Subject.ID)
					if _, read := standings[id]; read {
						break
					}
					if standings[id], err = r.Standings(id); err != nil {
						return err
					}
				default: // changes nothing here
				}
			}
			if tubes, err = r.TubesChangedTo(cursor, end); err != nil {
				return err
			}
			if people {
				if err := r.PersonNumbers(last, func(p person.ID, n person.Number) { fresh[p] = n }); err != nil {
					return err
				}
				if err := rest.readRest(r); err != nil {
					return err
				}
				now, err := r.PeopleByID(moved)
				if err != nil {
					return err
				}
				for id, p := range now {
					fresh[id] = p.Number
				}
				for _, id := range t.numbered(moved) { // what was said of somebody who had no number yet
					if standings[id], err = r.Standings(id); err != nil {
						return err
					}
				}
				if err := r.GroupsChangedTo(grouped, end, func(c store.GroupChange) { members = append(members, c) }); err != nil {
					return err
				}
			}
			if err := t.unknownSites(r, tubes, sites); err != nil {
				return err
			}
			return t.unknown(r, tubes, fresh)
		})
		if err != nil {
			return fmt.Errorf("follow: %w", err)
		}
		if len(facts) == 0 {
			return nil
		}
		if again {
			// Whose samples were whose before a merge, the sets do not tell: all is counted anew, beside what is shown meanwhile.
			fresh := New(Options{DB: t.db, Log: t.log, OnTube: t.onTube})
			if err := fresh.Step(ctx); err != nil {
				return err
			}
			t.mu.Lock()
			t.counts, t.cursor, t.built = fresh.counts, fresh.cursor, fresh.built
			t.mu.Unlock()
			continue
		}
		t.mu.Lock()
		merged := t.reg.merged
		if people {
			merged = rest.merged
		}
		for p, n := range fresh {
			t.number(p, n)
			if _, gone := merged[p]; gone {
				t.reg.live.Remove(n) // counted as the one who is left
			}
		}
		maps.Copy(t.sites, sites)
		if people {
			t.merge(rest)
			for _, c := range members {
				join(t.groups, c)
			}
			t.grouped = max(t.grouped, end)
		}
		for _, x := range opened {
			t.keep(x)
		}
		if people || len(opened) > 0 {
			t.regroup()
		}
		for i := range tubes {
			t.add(&tubes[i])
		}
		for id, list := range standings {
			t.stand(id, list)
		}
		t.cursor = end
		t.mu.Unlock()
		for i := range tubes {
			t.onTube(tubes[i].Outbreak, tubes[i].Code)
		}
	}
}

// numbered returns the rounds of which the standings are to be read again because some people have got a number.
func (t *Turnout) numbered(moved []person.ID) []screening.RoundID {
	if len(moved) == 0 {
		return nil
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Collect(maps.Keys(t.rounds))
}

// movedIn appends the people who moved, by a fact about a register.
func movedIn(e journal.Entry, list []person.ID) ([]person.ID, error) {
	var said struct {
		Moved []person.ID `json:"moved"`
	}
	if len(e.Payload) == 0 {
		return list, nil
	}
	if err := json.Unmarshal(e.Payload, &said); err != nil {
		return list, fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	return append(list, said.Moved...), nil
}

// mergedIn appends the one who is left by a merge: they may have got a number by it, and what was said of the other is said of them now.
func mergedIn(e journal.Entry, list []person.ID) ([]person.ID, error) {
	var said struct {
		Kept person.ID `json:"kept"`
	}
	if len(e.Payload) == 0 {
		return list, nil
	}
	if err := json.Unmarshal(e.Payload, &said); err != nil {
		return list, fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	return append(list, said.Kept), nil
}

// number takes over under which number somebody is counted now. Who moved was sampled where they were sampled, under the new number; who was known only at the desk is now of the register.
func (c *counts) number(p person.ID, n person.Number) {
	was := person.Number(0)
	if int(p) < len(c.reg.numbers) {
		was = person.Number(c.reg.numbers[p])
	}
	c.reg.put(p, n)
	if was == n {
		return
	}
	c.reg.live.Remove(was)
	for _, r := range c.rounds {
		for _, s := range []*screening.Set{&r.sampled, &r.exempt, &r.refused} {
			if s.Has(was) {
				s.Remove(was)
				s.Add(n)
			}
		}
		r.first.move(was, n)
		if n > 0 {
			r.registered(p, n)
		}
	}
}

// registered counts somebody who was known only at the desk under a number.
func (r *round) registered(p person.ID, n person.Number) {
	if d, ok := r.elsewhere[p]; ok {
		delete(r.elsewhere, p)
		r.deskOnly[d.area]--
		r.sampled.Add(n)
		r.first.put(n, d.at)
	}
}

// atDesk counts somebody who is known only at the desk, once: at the first tube of theirs that was registered.
func (r *round) atDesk(p person.ID, d desk) {
	if was, again := r.elsewhere[p]; again {
		if was.at.Before(d.at) {
			d.at = was.at
		}
		if was.tube < d.tube {
			d.tube, d.area = was.tube, was.area
		}
		r.deskOnly[was.area]--
	}
	r.elsewhere[p] = d
	r.deskOnly[d.area]++
}

// unknownSites reads where the sites are that no tube came from before.
func (t *Turnout) unknownSites(r *store.Reader, tubes []store.Tube, into map[screening.SiteID]place.AreaID) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for i := range tubes {
		id := tubes[i].Site
		if _, ok := t.sites[id]; ok || into[id] != 0 {
			continue
		}
		s, err := r.Site(id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		into[id] = s.Area
	}
	return nil
}

// unknown reads the numbers of members that the register has not seen: on another node somebody may get an ID below the highest one known.
func (t *Turnout) unknown(r *store.Reader, tubes []store.Tube, fresh map[person.ID]person.Number) error {
	var ask []person.ID
	var members []screening.Sampled
	t.mu.RLock()
	defer t.mu.RUnlock()
	for i := range tubes {
		var err error
		if members, err = screening.UnpackMembers(members[:0], tubes[i].Members, tubes[i].ClosedAt); err != nil {
			return fmt.Errorf("tube %s: %w", tubes[i].Code, err)
		}
		for _, m := range members {
			if _, ok := fresh[m.Person]; !ok && t.reg.number(m.Person) == 0 {
				ask = append(ask, m.Person)
			}
		}
	}
	if len(ask) == 0 {
		return nil
	}
	found, err := r.PeopleByID(ask)
	for id, p := range found {
		fresh[id] = p.Number
	}
	return err
}

// merge takes over who was merged since: the one who is left was sampled where the other was.
func (t *Turnout) merge(rest register) {
	t.reg.ranges = rest.ranges
	for gone, into := range rest.merged {
		if was, ok := t.reg.merged[gone]; ok && was == into || int(gone) >= len(t.reg.numbers) || int(into) >= len(t.reg.numbers) {
			continue
		}
		from, to := person.Number(t.reg.numbers[gone]), person.Number(t.reg.numbers[into])
		t.reg.live.Remove(from)
		for _, r := range t.rounds {
			if d, ok := r.elsewhere[gone]; ok { // known only at the desk as one, and perhaps in the register as the other
				if to > 0 {
					r.registered(gone, to)
				} else {
					delete(r.elsewhere, gone)
					r.deskOnly[d.area]--
					r.atDesk(into, d)
				}
			}
			for _, s := range []*screening.Set{&r.sampled, &r.exempt, &r.refused} {
				if s.Has(from) {
					s.Remove(from)
					s.Add(to)
				}
			}
			r.first.move(from, to)
		}
	}
	t.reg.merged = rest.merged
}

// add counts a tube.
func (t *Turnout) add(tube *store.Tube) {
	r := t.rounds[tube.Round]
	if r == nil || !t.counted.add(tube.ID) {
		return // of a round that is over long since, or packed, received or read since it was counted
	}
	members, err := screening.UnpackMembers(nil, tube.Members, tube.ClosedAt)
	if err != nil {
		t.log.Error("a tube cannot be counted", "tube", tube.ID, "error", err)
		return
	}
	r.tubes++
	r.samples += int64(len(members))
	s := r.sites[tube.Site]
	if s == nil {
		s = &Site{}
		r.sites[tube.Site] = s
	}
	s.Tubes++
	s.Samples += int64(len(members))
	if tube.ClosedAt.After(s.Last) {
		s.Last = tube.ClosedAt
	}
	if tube.ReceivedAt.After(s.Heard) {
		s.Heard = tube.ReceivedAt
	}
	for _, m := range members {
		r.hours[m.At.Unix()/3600]++
		s.recent.add(m.At)
		if n := t.reg.number(m.Person); n > 0 {
			r.sampled.Add(n)
			r.first.put(n, m.At)
			continue
		}
		p := m.Person
		if into, ok := t.reg.merged[p]; ok {
			p = into
		}
		r.atDesk(p, desk{tube.ID, t.sites[tube.Site], m.At})
	}
}

// tubeSet is a set of tubes, a bit each above the first that came.
type tubeSet struct {
	base  screening.TubeID
	above screening.Set                 // of their distance from base
	below map[screening.TubeID]struct{} // the few that another node numbered before and sent after
}

// add puts a tube in, and says whether it was not in before.
func (s *tubeSet) add(id screening.TubeID) bool {
	if s.base == 0 {
		s.base, s.below = id, map[screening.TubeID]struct{}{}
	}
	if id >= s.base {
		return s.above.Add(person.Number(id - s.base + 1))
	}
	_, was := s.below[id]
	s.below[id] = struct{}{}
	return !was
}

// stand takes over who is exempt from a round, and who refused.
func (t *Turnout) stand(id screening.RoundID, list []store.Standing) {
	r := t.rounds[id]
	if r == nil {
		return // planned, or not kept any more
	}
	r.exempt, r.refused = screening.Set{}, screening.Set{}
	for _, s := range list {
		n := t.reg.number(s.Person)
		switch s.Standing {
		case screening.Exempt:
			r.exempt.Add(n)
		case screening.Refuses:
			r.refused.Add(n)
		}
	}
}

// ordered sorts ranges and joins those that touch.
func ordered(list []screening.Range) []screening.Range {
	slices.SortFunc(list, func(a, b screening.Range) int { return cmp.Compare(a.First, b.First) })
	out := list[:0]
	for _, x := range list {
		if n := len(out); n > 0 && x.First <= out[n-1].Past {
			out[n-1].Past = max(out[n-1].Past, x.Past)
			continue
		}
		out = append(out, x)
	}
	return out
}
