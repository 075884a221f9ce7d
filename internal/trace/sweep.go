package trace

// sweep finds who of the lists was with one of the spans for an encounter, at least so many seconds, and when first.
func (r *ring) sweep(d int32, least uint32, spans []span, lists [][]record) {
	begin := uint64(r.v.dayBegin(d))
	for _, list := range lists {
		next, longest := 0, uint32(0)
		var who Person
		for _, x := range list {
			if x.length() < least {
				continue
			}
			start := x.start()
			for next < len(spans) && spans[next].from <= start {
				if s := &spans[next]; s.to > longest || s.to == longest && s.person < who {
					longest, who = s.to, s.person
				}
				next++
			}
			var found uint64
			switch {
			case longest >= start+least:
				found = (begin+uint64(start))<<personBits | uint64(who)
			case next < len(spans) && spans[next].from+least <= start+x.length():
				found = (begin+uint64(spans[next].from))<<personBits | uint64(spans[next].person)
			default:
				continue
			}
			if p := x.person(); r.stateOf(p) == stateOpen {
				r.hits = append(r.hits, hit{p, found})
			}
		}
	}
	if len(r.hits) >= mostHits {
		r.settle()
	}
}

// hit is that somebody was found: the moment and via whom, as best keeps it.
type hit struct {
	person Person
	found  uint64
}

// mostHits is how many hits are gathered before they are settled.
const mostHits = 1 << 21

// settle brings hits into best. People are all over the memory: hits are put to ranges of people first, each of which fits the processor's cache.
func (r *ring) settle() {
	list := r.hits
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
		r.hits2 = grow(r.hits2, len(list))
		for i := range list {
			k := &parts[min(int(list[i].person>>shift), len(parts)-1)]
			r.hits2[*k] = list[i]
			*k++
		}
		list = r.hits2[:len(list)]
	}
	for _, h := range list {
		if b := r.best[h.person]; h.found < b {
			r.best[h.person] = h.found
			if b == nobody {
				r.recent = append(r.recent, h.person)
			}
		}
	}
	r.hits = r.hits[:0]
}

// close closes those who were found by the end of a day: nothing later is earlier. An encounter may begin after the midnight of the day on which
// both came; such a one may still be found to be earlier.
func (r *ring) close(d int32) {
	r.settle()
	end := uint64(r.v.dayBegin(d+1)) << personBits
	w := 0
	for _, p := range r.recent {
		if r.best[p] < end {
			r.setState(p, stateClosed)
			r.found = append(r.found, p)
		} else {
			r.recent[w] = p
			w++
		}
	}
	r.recent = r.recent[:w]
}

// answer returns those found, and leaves the memory as if it had not been used.
func (r *ring) answer() []Secondary {
	out := make([]Secondary, 0, len(r.found)+len(r.recent))
	give := func(p Person) {
		b := r.best[p]
		out = append(out, Secondary{Person: p, Via: Person(b & personMask), At: Instant(b >> personBits)})
	}
	few := (len(r.found)+len(r.recent)+len(r.sources))*16 < len(r.best)
	if few {
		r.found = append(r.found, r.recent...)
		r.keys = grow(r.keys, len(r.found))
		for i, p := range r.found {
			r.keys[i].key = uint64(p)
		}
		r.keys, r.keys2 = sortKeys(r.keys, grow(r.keys2, len(r.keys)), personMask)
		for _, k := range r.keys {
			give(Person(k.key))
			r.best[k.key] = nobody
		}
		for _, s := range r.sources {
			r.best[s.Person] = nobody
		}
	} else {
		for _, s := range r.sources {
			r.best[s.Person] = nobody
		}
		for p, b := range r.best {
			if b != nobody {
				give(Person(p))
				r.best[p] = nobody
			}
		}
	}
	clear(r.state)
	r.v, r.rules = nil, nil
	return out
}
