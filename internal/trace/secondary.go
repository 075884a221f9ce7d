package trace

import (
	"cmp"
	"slices"
)

// Source is a contact whose own contacts are asked about: from the moment they were first exposed until they were isolated.
type Source struct {
	Person   Person
	Exposed  Instant
	Isolated Instant // Never while they are free
}

// Secondary is somebody who was with a contact after the contact's first exposure, when first, and with whom. Where several were there
// at that moment it is one of them: the one who stayed longest, in one place, then the lowest number.
type Secondary struct {
	Person Person
	Via    Person
	At     Instant
}

// Secondaries finds everybody who was with one of the sources for an encounter at a stretch, between the source's exposure and isolation and before until. Neither
// the sources nor those known (the cases) are among them. The answer is in the order of numbers.
//
// Nobody is paired with anybody. Of one place on one day the spans of sources stand in order of their beginning; a visit needs the one of them
// that began before it and lasts longest, and the first that begins after it. Day follows day, and who was found on an earlier day is not looked at again. With
// few sources their stays are read from the people's side and only those places are looked into; with many, each day is read from end to end.
func (v *View) Secondaries(rules *Rules, sources []Source, known []Person, until Instant) []Secondary {
	w := v.pool.Get().(*work)
	defer v.pool.Put(w)
	r := &w.ring
	r.begin(v, rules, sources, known, until)
	for d := r.first; d <= r.last && len(r.found) < r.open; d++ {
		r.day(d)
		r.close(d)
	}
	return r.answer()
}

// The states of people in a ring, two bits each.
const (
	stateOpen   = 0 // may be found
	stateSource = 1 // a source the whole day, and for good
	statePart   = 2 // a source whose beginning or end matters
	stateClosed = 3 // known, found, or a source that is not exposed yet
)

// span is the time on a day in which a source was in a place and counts, at least an encounter long.
type span struct {
	from, to uint32 // within the day; the end may be beyond it
	person   Person
}

// carried is a stay that goes on over midnight.
type carried struct {
	place      Place
	person     Person
	start, end Instant
}

// ring is one question about secondary contacts, and the memory for it. best and state are as if untouched between questions.
type ring struct {
	v       *View
	rules   *Rules
	until   Instant
	least   uint32 // seconds that a stay must have to count in any place: an encounter, or with doses any
	several bool   // whether a visit of today may be held twice
	state   []uint32
	best    []uint64 // by person: the earliest moment and via whom; of a source, when exposed and when isolated
	found   []Person
	recent  []Person // found today, and to be closed
	sources []Source // by the moment of exposure
	known   []Person
	fresh   int // sources that were exposed before the day
	active  int // sources that are exposed by the end of the day
	open    int // people who can be found at all
	first   int32
	last    int32

	dosing  bool     // whether doses are asked for
	exempt  []uint64 // one bit a person: sources and those known, whose dose nobody asks for
	doses   []uint32 // by person; all 0 between questions
	minutes []span   // spans of a place and day in clock minutes
	steps   []uint32 // of a place and day: how many sources are there in each minute
	sums    []uint64 // and source-minutes before each

	shares  []portion
	shares2 []portion
	hits    []hit
	hits2   []hit
	spans   []span
	opened  []record // of people who may be found
	ours    []record // of sources
	exposed []record // with doses: of people who are not exempt
	lists   [][]record
	late    []record
	keys    []rankKey
	keys2   []rankKey
	stays   []carried
	carry   []carried
	carry2  []carried
	cursors []cursor
}

const nobody = ^uint64(0)

func (r *ring) stateOf(p Person) uint32 { return r.state[p>>4] >> (p & 15 * 2) & 3 }

func (r *ring) setState(p Person, s uint32) {
	shift := p & 15 * 2
	r.state[p>>4] = r.state[p>>4]&^(3<<shift) | s<<shift
}

func (r *ring) begin(v *View, rules *Rules, sources []Source, known []Person, until Instant) {
	r.v, r.rules, r.until, r.least, r.dosing = v, rules, until, rules.Encounter, false
	if rules.EncounterKinds.Has(Untimed) {
		r.least = 1
	}
	n := max(int(v.top)+1, len(v.homes.home))
	for _, s := range sources {
		n = max(n, int(s.Person)+1)
	}
	for _, p := range known {
		n = max(n, int(p)+1)
	}
	if len(r.best) < n {
		r.best, r.state = make([]uint64, n), make([]uint32, n/16+1)
		for i := range r.best {
			r.best[i] = nobody
		}
	}
	r.found, r.recent, r.hits, r.carry, r.active = r.found[:0], r.recent[:0], r.hits[:0], r.carry[:0], 0
	r.known = append(r.known[:0], known...)
	r.open = n
	for _, p := range known {
		if r.stateOf(p) == stateOpen {
			r.setState(p, stateClosed)
			r.open--
		}
	}
	r.sources = r.sources[:0]
	for _, s := range sources {
		switch {
		case r.stateOf(s.Person) == stateOpen:
			r.setState(s.Person, stateClosed)
			r.open--
			r.sources = append(r.sources, s)
			r.best[s.Person] = uint64(s.Exposed)<<32 | uint64(s.Isolated)
		case r.best[s.Person] != nobody: // named twice: from the first exposure, until the last isolation
			b := r.best[s.Person]
			r.best[s.Person] = uint64(min(s.Exposed, Instant(b>>32)))<<32 | uint64(max(s.Isolated, Instant(b)))
		}
	}
	r.keys = grow(r.keys, len(r.sources))
	differ, one := uint64(0), uint64(0)
	for i := range r.sources {
		s := &r.sources[i]
		b := r.best[s.Person]
		s.Exposed, s.Isolated = Instant(b>>32), Instant(b)
		k := uint64(s.Exposed) // the order of those exposed at one moment does not matter
		if i == 0 {
			one = k
		}
		differ |= k ^ one
		r.keys[i] = rankKey{k, uint32(i)}
	}
	r.keys, r.keys2 = sortKeys(r.keys, grow(r.keys2, len(r.keys)), differ)
	sorted := make([]Source, len(r.sources))
	for i, k := range r.keys {
		sorted[i] = r.sources[k.at]
	}
	r.sources = sorted
	r.first, r.last = 0, -1
	if len(r.sources) > 0 && until > 0 {
		r.first, r.last = v.dayOf(r.sources[0].Exposed), v.dayOf(until-1)
	}
	if len(v.days) > 0 {
		r.last = min(r.last, v.days[len(v.days)-1].day+maxLate)
	}
}

// read calls f with the stays of sources that began on a day.
func (r *ring) read(d *segments, sources []Source, f func(carried)) {
	begin := r.v.dayBegin(d.day)
	for _, s := range d.list {
		for i := range sources {
			p := sources[i].Person
			if int64(sources[i].Isolated) <= begin {
				continue
			}
			for lo, hi := s.visits(p); lo < hi; lo++ {
				position := s.position(lo)
				x := s.recs[position]
				if x.length() < r.least {
					continue
				}
				place := s.places[s.rank(position)]
				if !r.rules.EncounterKinds.Has(r.v.kind(place)) {
					continue
				}
				if x.length() < r.leastIn(r.v.kind(place)) {
					continue
				}
				start := Instant(begin + int64(x.start()))
				f(carried{place, p, start, start + Instant(x.length())})
			}
		}
	}
}

// encounter is for how many seconds at a stretch somebody must have been with a source in a place of a kind. The second that stands for a meeting of which nobody knows how long it was is one.
func (r *ring) encounter(kind Kind) uint32 {
	if kind == Untimed {
		return 1
	}
	return r.rules.Encounter
}

// leastIn is for how many seconds a stay in a place of a kind counts: an encounter, or with doses any.
func (r *ring) leastIn(kind Kind) uint32 {
	if r.dosing {
		return 1
	}
	return r.encounter(kind)
}

// cut returns what of a source's stay counts on a day, in seconds of the day, where it is so long.
func (r *ring) cut(start, end Instant, p Person, begin int64, least uint32) (span, bool) {
	b := r.best[p]
	from := max(int64(max(start, Instant(b>>32)))-begin, 0)
	to := int64(min(end, Instant(b), r.until)) - begin
	if to-from < int64(least) || from >= secondsOfDay {
		return span{}, false
	}
	return span{uint32(from), uint32(to), p}, true
}

// day brings the states of sources up to a day, and then looks into each place where one of them was.
func (r *ring) day(d int32) {
	end := r.v.dayBegin(d + 1)
	// Yesterday's beginners are sources for the whole of today.
	for i := r.active - 1; i >= 0 && int64(r.sources[i].Exposed) >= r.v.dayBegin(d-1); i-- {
		if r.sources[i].Isolated == Never {
			r.setState(r.sources[i].Person, stateSource)
		}
	}
	r.fresh = r.active
	for r.active < len(r.sources) && int64(r.sources[r.active].Exposed) < end {
		r.setState(r.sources[r.active].Person, statePart)
		r.active++
	}
	r.several = r.v.several(d)
	var today *segments
	if i := r.v.at(d); i < len(r.v.days) && r.v.days[i].day == d {
		today = &r.v.days[i]
	}
	if r.active > (int(r.v.top)+1)/r.v.denseFrom {
		r.dense(d, today)
	} else {
		r.sparse(d, today)
	}
}

// denseFrom is the share of people, one in so many, from which on a day is read from end to end.
const denseFrom = 200

// sparse looks into the places of the sources.
func (r *ring) sparse(d int32, today *segments) {
	begin, end := r.v.dayBegin(d), r.v.dayBegin(d+1)
	r.stays = append(r.stays[:0], r.carry...)
	// Those who became sources today may have come before and still be there.
	r.v.before(d, func(b *segments, _ int) {
		r.read(b, r.sources[r.fresh:r.active], func(c carried) {
			if int64(c.end) > begin {
				r.stays = append(r.stays, c)
			}
		})
	})
	if today != nil {
		r.read(today, r.sources[:r.active], func(c carried) { r.stays = append(r.stays, c) })
	}
	if r.several {
		slices.SortFunc(r.stays, func(x, y carried) int {
			return cmp.Or(cmp.Compare(x.person, y.person), cmp.Compare(x.place, y.place), cmp.Compare(x.start, y.start), cmp.Compare(x.end, y.end))
		})
		r.stays = slices.Compact(r.stays)
	}
	r.carry2 = r.carry2[:0]
	for _, c := range r.stays {
		if int64(c.end) > end {
			r.carry2 = append(r.carry2, c)
		}
	}
	r.carry, r.carry2 = r.carry2, r.carry
	r.keys = r.keys[:0]
	r.spans = grow(r.spans, len(r.stays))
	differ, one := uint64(0), uint64(0)
	for i, c := range r.stays {
		sp, ok := r.cut(c.start, c.end, c.person, begin, r.leastIn(r.v.kind(c.place)))
		if !ok {
			continue
		}
		r.spans[i] = sp
		k := uint64(c.place)<<32 | uint64(sp.from)
		if len(r.keys) == 0 {
			one = k
		}
		differ |= k ^ one
		r.keys = append(r.keys, rankKey{k, uint32(i)})
	}
	r.keys, r.keys2 = sortKeys(r.keys, grow(r.keys2, len(r.keys)), differ)
	var group []span
	for i := 0; i < len(r.keys); {
		place := Place(r.keys[i].key >> 32)
		group = group[:0]
		for ; i < len(r.keys) && Place(r.keys[i].key>>32) == place; i++ {
			group = append(group, r.spans[r.keys[i].at])
		}
		orderSpans(group)
		kind := r.v.kind(place)
		least := r.leastIn(kind)
		earliest, latest := group[0].from, uint32(0)
		for _, s := range group {
			latest = max(latest, s.to)
		}
		r.lists = r.lists[:0]
		if today != nil {
			for _, s := range today.list {
				lo, hi := s.group(place)
				if list := s.within(lo, hi, earliest+least, latest-least); len(list) > 0 {
					r.lists = append(r.lists, list)
				}
			}
		}
		r.late = r.late[:0]
		r.v.before(d, func(b *segments, k int) {
			for _, s := range b.list {
				lo, hi := s.group(place)
				for _, position := range s.lateOf(k-1, lo, hi) {
					r.late = append(r.late, lasting(s.recs[position], k))
				}
			}
		})
		if len(r.lists) > 1 {
			for _, list := range r.lists {
				r.late = append(r.late, list...)
			}
			r.lists = r.lists[:0]
		}
		if len(r.late) > 0 {
			slices.Sort(r.late)
			if r.several {
				r.late = slices.Compact(r.late)
			}
			r.lists = append(r.lists, r.late)
		}
		if r.dosing {
			r.exposed = r.exposed[:0]
			for _, list := range r.lists {
				for _, x := range list {
					if p := x.person(); r.exempt[p>>6]>>(p&63)&1 == 0 {
						r.exposed = append(r.exposed, x)
					}
				}
			}
			r.dose(kind, group)
			group = r.encounters(kind, group)
		}
		r.sweep(d, r.encounter(kind), group, r.lists)
	}
}

// several says whether visits of a day, or those that last into it, are in several segments, so that one of them may be held twice.
func (v *View) several(d int32) bool {
	several := false
	if i := v.at(d); i < len(v.days) && v.days[i].day == d {
		several = len(v.days[i].list) > 1
	}
	v.before(d, func(b *segments, _ int) { several = several || len(b.list) > 1 })
	return several
}

// lasting is what of a record is left k midnights later.
func lasting(x record, k int) record {
	return recordOf(0, x.end()-uint32(k)*secondsOfDay, x.person())
}

// within leaves out, at both ends, records of visits that ended before a moment or began after another.
func (s *segment) within(lo, hi, endsFrom, startsBy uint32) []record {
	if hi-lo > 1<<blockShift {
		for next := (lo | (1<<blockShift - 1)) + 1; next < hi && s.blocks[lo>>blockShift].lastEnd < endsFrom; next += 1 << blockShift {
			lo = next
		}
		n, _ := slices.BinarySearch(s.recs[lo:hi], recordOf(min(startsBy+1, 1<<17-1), 0, 0))
		hi = lo + uint32(n)
	}
	return s.recs[lo:hi]
}

func (s *span) after(o *span) bool {
	if s.from != o.from {
		return s.from > o.from
	}
	if s.to != o.to {
		return s.to > o.to
	}
	return s.person > o.person
}

// orderSpans puts spans in order of beginning, end and number, as the records they are made of stand: only those that were cut are out of order.
func orderSpans(a []span) {
	moves := 0
	for i := 1; i < len(a); i++ {
		if !a[i-1].after(&a[i]) {
			continue
		}
		x, j := a[i], i
		for j > 0 && a[j-1].after(&x) {
			a[j] = a[j-1]
			j--
		}
		a[j] = x
		if moves += i - j; moves > 16*len(a) {
			slices.SortFunc(a, func(x, y span) int {
				return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to), cmp.Compare(x.person, y.person))
			})
			return
		}
	}
}
