package trace

import (
	"math"
	"slices"
)

// Ranked is a secondary contact with how much of sources they were exposed to.
type Ranked struct {
	Secondary
	// Dose is in hours with each source, summed over the sources, each weighed by the kind of place.
	Dose float32
}

// doseUnits is into how many parts a dose divides a minute with a source in a place of rate 1: whole numbers add up to the same however the visits came.
const doseUnits = 16

// Ranked is Secondaries, the highest dose first: the first n of them, or all for n below 0. total is how many they would be without n.
//
// The dose of a visit is the sum over sources of the minutes together. It is read off a step function of how many sources are in the place,
// in clock minutes: a visit costs the same beside one source as beside a thousand.
func (v *View) Ranked(rules *Rules, sources []Source, known []Person, until Instant, n int) (list []Ranked, total int) {
	w := v.pool.Get().(*work)
	defer v.pool.Put(w)
	r := &w.ring
	r.begin(v, rules, sources, known, until)
	r.beginDoses()
	for d := r.first; d <= r.last; d++ {
		r.day(d)
		r.close(d)
	}
	r.settleDoses()
	found := r.answer()
	keys, keys2 := grow(w.keys, len(found)), grow(w.keys2, len(found))
	for i, f := range found {
		keys[i] = rankKey{uint64(^r.doses[f.Person]), uint32(i)} // of one dose, they stay in the order of numbers
	}
	sorted, other := sortKeys(keys, keys2, math.MaxUint32)
	if n < 0 || n > len(found) {
		n = len(found)
	}
	list = make([]Ranked, n)
	for i := range list {
		f := found[sorted[i].at]
		list[i] = Ranked{f, float32(r.doses[f.Person]) / (60 * doseUnits)}
	}
	w.keys, w.keys2 = sorted, other
	clear(r.doses)
	return list, len(found)
}

// beginDoses has the days count doses too, in the same reading.
func (r *ring) beginDoses() {
	r.dosing, r.least = true, 1
	if len(r.doses) < len(r.best) {
		r.doses, r.exempt = make([]uint32, len(r.best)), make([]uint64, len(r.best)/64+1)
	}
	clear(r.exempt)
	for _, s := range r.sources {
		r.exempt[s.Person>>6] |= 1 << (s.Person & 63)
	}
	for _, p := range r.known {
		r.exempt[p>>6] |= 1 << (p & 63)
	}
}

// encounters keeps the spans that are long enough for an encounter in a place of a kind.
func (r *ring) encounters(kind Kind, spans []span) []span {
	n, least := 0, r.encounter(kind)
	for _, s := range spans {
		spans[n] = s
		if s.to-s.from >= least {
			n++
		}
	}
	return spans[:n]
}

// dose adds what the people of r.exposed were exposed to. Each day counts what is of that day.
func (r *ring) dose(kind Kind, spans []span) {
	weight := uint64(r.rules.rate(kind)*doseUnits + 0.5)
	if weight == 0 || len(spans) == 0 || len(r.exposed) == 0 {
		return
	}
	const minutesOfDay = secondsOfDay / 60
	first, last := uint32(minutesOfDay), uint32(0)
	r.minutes = grow(r.minutes, len(spans))
	for i, s := range spans {
		from, to := s.from/60, min(s.to/60, minutesOfDay)
		r.minutes[i] = span{from: from, to: to}
		first, last = min(first, from), max(last, to)
	}
	if first >= last {
		return
	}
	if len(r.shares)+len(r.exposed) > cap(r.shares) {
		r.settleDoses()
		r.shares = slices.Grow(r.shares, max(mostShares, len(r.exposed)))
	}
	had := len(r.shares)
	r.shares = r.shares[:had+len(r.exposed)]
	shares := r.shares[had:]
	if len(spans)*len(r.exposed) <= 2*int(last-first)+len(r.exposed)*4 {
		for i, x := range r.exposed {
			a, b := x.start()/60, min(x.end()/60, last)
			sum := uint64(0)
			for _, s := range r.minutes {
				lo := max(a, s.from)
				sum += uint64(max(lo, min(b, s.to)) - lo)
			}
			shares[i] = portion{x.person(), uint32(min(sum*weight, math.MaxUint32))}
		}
		return
	}
	n := int(last - first)
	r.steps, r.sums = grow(r.steps, n+1), grow(r.sums, n+1)
	clear(r.steps)
	for _, s := range r.minutes {
		r.steps[s.from-first]++
		r.steps[s.to-first]-- // wraps, and comes round again
	}
	there, sum := uint32(0), uint64(0)
	for i := range r.steps {
		r.sums[i] = sum
		there += r.steps[i]
		sum += uint64(there)
	}
	for i, x := range r.exposed {
		a := min(max(x.start()/60, first), last)
		b := max(a, min(x.end()/60, last))
		shares[i] = portion{x.person(), uint32(min((r.sums[b-first]-r.sums[a-first])*weight, math.MaxUint32))}
	}
}

// portion is what one visit adds to somebody's dose.
type portion struct {
	person Person
	dose   uint32
}

// mostShares is how many portions are gathered before they are added up.
const mostShares = 1 << 21

// settleDoses adds portions up, range of people by range, as settle does.
func (r *ring) settleDoses() {
	list := r.shares
	if len(list) > 1<<14 {
		shift := shiftFor(uint32(len(r.best)))
		var next [1 << 12]uint32
		parts := next[:min(len(next), len(r.best)>>shift+1)]
		for i := range list {
			parts[min(int(list[i].person>>shift), len(parts)-1)]++
		}
		at := uint32(0)
		for i, n := range parts {
			parts[i] = at
			at += n
		}
		r.shares2 = grow(r.shares2, len(list))
		for i := range list {
			k := &parts[min(int(list[i].person>>shift), len(parts)-1)]
			r.shares2[*k] = list[i]
			*k++
		}
		list = r.shares2[:len(list)]
	}
	for _, x := range list {
		r.doses[x.person] = uint32(min(uint64(r.doses[x.person])+uint64(x.dose), math.MaxUint32))
	}
	r.shares = r.shares[:0]
}
