package trace

import "math"

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
	found := v.Secondaries(rules, sources, known, until)
	w := v.pool.Get().(*work)
	defer v.pool.Put(w)
	r := &w.ring
	r.begin(v, rules, sources, known, until, 1)
	r.ordered = false
	if len(r.doses) < len(r.best) {
		r.doses = make([]uint32, len(r.best))
	}
	if r.last >= r.first {
		for d := r.first; d <= r.last; d++ {
			r.day(d, r.dose)
		}
		r.settleDoses()
	}
	keys, keys2 := grow(w.keys, len(found)), grow(w.keys2, len(found))
	for i, f := range found {
		keys[i] = rankKey{uint64(^r.doses[f.Person])<<32 | uint64(f.Person), uint32(i)}
	}
	sorted, other := sortKeys(keys, keys2, nobody)
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
	r.answer()
	return list, len(found)
}

// dose adds what the people of the lists were exposed to. Each day counts what is of that day.
func (r *ring) dose(_ int32, kind Kind, spans []span, lists [][]record) {
	weight := uint64(r.rules.rate(kind)*doseUnits + 0.5)
	if weight == 0 {
		return
	}
	const minutesOfDay = secondsOfDay / 60
	first, last := uint32(minutesOfDay), uint32(0)
	for i := range spans {
		s := &spans[i]
		s.from, s.to = s.from/60, min(s.to/60, minutesOfDay)
		first, last = min(first, s.from), max(last, s.to)
	}
	visits := 0
	for _, list := range lists {
		visits += len(list)
	}
	add := func(p Person, minutes uint64) {
		if minutes > 0 && r.stateOf(p) == stateOpen {
			r.shares = append(r.shares, portion{p, uint32(min(minutes*weight, math.MaxUint32))})
		}
	}
	if len(r.shares) >= mostShares {
		r.settleDoses()
	}
	if len(spans)*visits <= 2*int(last-first)+visits*4 {
		for _, list := range lists {
			for _, x := range list {
				a, b := x.start()/60, min(x.end()/60, minutesOfDay)
				sum := uint64(0)
				for _, s := range spans {
					if lo, hi := max(a, s.from), min(b, s.to); lo < hi {
						sum += uint64(hi - lo)
					}
				}
				add(x.person(), sum)
			}
		}
		return
	}
	n := int(last - first)
	r.steps, r.sums = grow(r.steps, n+1), grow(r.sums, n+1)
	clear(r.steps)
	for _, s := range spans {
		if s.from < s.to {
			r.steps[s.from-first]++
			r.steps[s.to-first]-- // wraps, and comes round again
		}
	}
	there, sum := uint32(0), uint64(0)
	for i := range r.steps {
		r.sums[i] = sum
		there += r.steps[i]
		sum += uint64(there)
	}
	for _, list := range lists {
		for _, x := range list {
			a, b := max(x.start()/60, first), min(x.end()/60, last)
			if a < b {
				add(x.person(), r.sums[b-first]-r.sums[a-first])
			}
		}
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
