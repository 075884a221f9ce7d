package trace

import (
	"math"
	"math/bits"

	"firebreak/internal/contact"
)

// work is memory that a question needs on the way; questions hand it on to each other.
type work struct {
	stays    []stay
	meetings []meetingOf
	other    []meetingOf
	kept     []meeting // of contacts
	within   []Named   // those named whose exposure lies in the window
	counts   []uint32
	contacts []Contact
	keys     []rankKey
	keys2    []rankKey
	rates    [MaxKinds]float32 // of a second
	clauses  [MaxKinds]uint64  // those that count a kind of place
	together [maxClauses]uint32

	ring ring
}

type rankKey struct {
	key uint64
	at  uint32
}

func lowest(n uint64) int { return bits.TrailingZeros64(n) }

// prepare turns the rules into what the loops read.
func (w *work) prepare(rules *Rules) {
	for k := range w.rates {
		w.rates[k] = rules.rate(Kind(k)) / 3600
		w.clauses[k] = 0
		for i := range rules.Clauses {
			if rules.Clauses[i].Kinds.Has(Kind(k)) {
				w.clauses[k] |= 1 << i
			}
		}
	}
}

// tierOf is the order of tiers in a rank.
func tierOf(rules *Rules, c *Contact) uint64 {
	if c.home || c.named {
		return 0
	}
	switch rules.Clauses[c.clause].Tier {
	case contact.Close:
		return 0
	case contact.Secondary:
		return 1
	default:
		return 2
	}
}

// rank leaves the order of w.contacts, which stand by number, in w.keys. It counts digits, because the visitors of one hall all have one dose, which sorting by comparison does not like.
func (w *work) rank(rules *Rules) {
	a := grow(w.keys, len(w.contacts))
	and, or := ^uint64(0), uint64(0)
	for i := range w.contacts {
		c := &w.contacts[i]
		k := tierOf(rules, c)<<32 | uint64(^math.Float32bits(c.Dose))
		a[i] = rankKey{k, uint32(i)}
		and, or = and&k, or|k
	}
	w.keys, w.keys2 = sortKeys(a, grow(w.keys2, len(a)), and^or)
}

// sortKeys sorts by key and returns the sorted keys and the other memory. Bits that do not differ are left out.
func sortKeys(a, b []rankKey, differ uint64) (sorted, other []rankKey) {
	const digit = 11
	var counts [1 << digit]uint32
	for shift := 0; shift < 64; shift += digit {
		if differ>>shift&(1<<digit-1) == 0 {
			continue
		}
		clear(counts[:])
		for i := range a {
			counts[a[i].key>>shift&(1<<digit-1)]++
		}
		at := uint32(0)
		for i, c := range counts {
			counts[i] = at
			at += c
		}
		for i := range a {
			d := a[i].key >> shift & (1<<digit - 1)
			b[counts[d]] = a[i]
			counts[d]++
		}
		a, b = b, a
	}
	return a, b
}
