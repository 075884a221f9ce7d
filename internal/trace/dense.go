package trace

import "slices"

// cursor walks a segment by place: all its records, or those that last beyond a midnight.
type cursor struct {
	s    *segment
	late []uint32 // nil: all
	k    int
	rank uint32
	next Place // where it stands; noPlace at the end
}

const noPlace = ^Place(0)

func (c *cursor) settle() {
	switch {
	case c.late != nil:
		if len(c.late) == 0 {
			c.next = noPlace
			return
		}
		c.rank = c.s.rank(c.late[0])
		c.next = c.s.places[c.rank]
	case int(c.rank) == len(c.s.places):
		c.next = noPlace
	default:
		c.next = c.s.places[c.rank]
	}
}

// dense reads a day from end to end.
func (r *ring) dense(d int32, today *segments) {
	r.carry = r.carry[:0] // a day read from end to end is never followed by one that is not: the sources only become more
	r.cursors = r.cursors[:0]
	var whole *segment
	if today != nil {
		whole = today.list[0]
		for _, s := range today.list[1:] {
			r.cursors = append(r.cursors, cursor{s: s})
		}
	}
	r.v.before(d, func(b *segments, k int) {
		for _, s := range b.list {
			if k <= len(s.late) {
				r.cursors = append(r.cursors, cursor{s: s, late: s.late[k-1], k: k})
			}
		}
	})
	for i := range r.cursors {
		r.cursors[i].settle()
	}
	other := r.nextOther()
	if whole != nil {
		for i, place := range whole.places {
			for other < place {
				other = r.others(d, other, nil)
			}
			recs := whole.recs[whole.offsets[i]:whole.offsets[i+1]]
			if other == place {
				other = r.others(d, other, recs)
			} else if kind := r.v.kind(place); len(recs) > 1 && r.rules.EncounterKinds.Has(kind) {
				r.look(d, kind, nil, recs)
			}
		}
	}
	for other != noPlace {
		other = r.others(d, other, nil)
	}
}

func (r *ring) nextOther() Place {
	next := noPlace
	for i := range r.cursors {
		next = min(next, r.cursors[i].next)
	}
	return next
}

// others looks into a place that more than one list has, and returns the next such place.
func (r *ring) others(d int32, place Place, recs []record) Place {
	late := r.late[:0]
	for i := range r.cursors {
		c := &r.cursors[i]
		if c.next != place {
			continue
		}
		if c.late == nil {
			late = append(late, c.s.recs[c.s.offsets[c.rank]:c.s.offsets[c.rank+1]]...)
			c.rank++
		} else {
			stop := c.s.offsets[c.rank+1]
			for len(c.late) > 0 && c.late[0] < stop {
				late = append(late, lasting(c.s.recs[c.late[0]], c.k))
				c.late = c.late[1:]
			}
		}
		c.settle()
	}
	if r.several {
		late, recs = append(late, recs...), nil
		slices.Sort(late)
		late = slices.Compact(late)
	}
	r.late = late
	if kind := r.v.kind(place); r.rules.EncounterKinds.Has(kind) {
		r.look(d, kind, late, recs) // who has been there since before midnight comes before the others without sorting
	}
	return r.nextOther()
}

// look parts the records of a place and brings those of sources and of others together.
func (r *ring) look(d int32, kind Kind, late, recs []record) {
	n := len(late) + len(recs)
	if cap(r.opened) < n || cap(r.ours) < n || cap(r.exposed) < n {
		r.opened, r.ours, r.exposed = make([]record, n*2), make([]record, n*2), make([]record, n*2)
	}
	r.opened, r.ours, r.exposed = r.opened[:0], r.ours[:0], r.exposed[:0]
	r.part(late)
	r.part(recs)
	if len(r.ours) == 0 || len(r.opened) == 0 && !r.dosing {
		return
	}
	if r.dosing {
		r.except(late)
		r.except(recs)
	}
	spans := r.cutAll(d, r.leastIn(kind))
	if r.dosing {
		r.dose(kind, spans)
		spans = r.encounters(kind, spans)
	}
	if len(spans) > 0 && len(r.opened) > 0 {
		orderSpans(spans)
		r.lists = append(r.lists[:0], r.opened)
		r.sweep(d, r.encounter(kind), spans, r.lists)
	}
}

// part appends records of sources to r.ours and those of people who may be found to r.opened, which have room. It does not branch on whose record it is, which no processor can
// foresee.
func (r *ring) part(recs []record) {
	a, b := len(r.opened), len(r.ours)
	opened, ours := r.opened[:a+len(recs)], r.ours[:b+len(recs)]
	state := r.state
	for _, x := range recs {
		p := x.person()
		s := state[p>>4] >> (p & 15 * 2)
		opened[a], ours[b] = x, x
		a += int(^(s | s>>1) & 1)
		b += int((s ^ s>>1) & 1)
	}
	r.opened, r.ours = opened[:a], ours[:b]
}

// except appends the records of people who are not exempt to r.exposed, as part does.
func (r *ring) except(recs []record) {
	a := len(r.exposed)
	exposed, exempt := r.exposed[:a+len(recs)], r.exempt
	for _, x := range recs {
		p := x.person()
		exposed[a] = x
		a += int(^(exempt[p>>6] >> (p & 63)) & 1)
	}
	r.exposed = exposed[:a]
}

// cutAll makes spans of the sources' records.
func (r *ring) cutAll(d int32, least uint32) []span {
	begin := r.v.dayBegin(d)
	limit := uint32(min(int64(r.until)-begin, 1<<22))
	spans := r.spans[:0]
	for _, x := range r.ours {
		if x.length() < least {
			continue
		}
		p := x.person()
		if r.stateOf(p) == stateSource {
			if to := min(x.end(), limit); to >= x.start()+least {
				spans = append(spans, span{x.start(), to, p})
			}
			continue
		}
		start := Instant(begin + int64(x.start()))
		if sp, ok := r.cut(start, start+Instant(x.length()), p, begin, least); ok {
			spans = append(spans, sp)
		}
	}
	r.spans = spans
	return spans
}
