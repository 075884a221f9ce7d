package screening

import (
	"iter"
	"math/bits"

	"firebreak/internal/person"
)

// Set is a set of people by their dense numbers, a bit each: 1.25 MB for ten million. Because a community's numbers lie together, who of it is missing is a difference of a
// few words, and a city's count a sweep of a millisecond. The zero value is empty.
type Set struct{ words []uint64 }

// Add puts a number in, and says whether it was not in before. Numbers below 1 are nobody's.
func (s *Set) Add(n person.Number) bool {
	if n < 1 {
		return false
	}
	w, bit := int(n>>6), uint64(1)<<(n&63)
	if w >= len(s.words) {
		s.words = append(s.words, make([]uint64, w+1-len(s.words))...)
	}
	was := s.words[w]&bit != 0
	s.words[w] |= bit
	return !was
}

// Remove takes a number out.
func (s *Set) Remove(n person.Number) {
	if w := int(n >> 6); n > 0 && w < len(s.words) {
		s.words[w] &^= 1 << (n & 63)
	}
}

// Has says whether a number is in.
func (s *Set) Has(n person.Number) bool {
	w := int(n >> 6)
	return n > 0 && w < len(s.words) && s.words[w]&(1<<(n&63)) != 0
}

// word returns the bits of one word that lie in [first, past).
func (s *Set) word(w int, first, past person.Number) uint64 {
	if w >= len(s.words) {
		return 0
	}
	v := s.words[w]
	if lo := first - person.Number(w)<<6; lo > 0 {
		v &= ^uint64(0) << lo
	}
	if hi := past - person.Number(w)<<6; hi < 64 {
		v &= 1<<hi - 1
	}
	return v
}

// And returns the numbers that are in both.
func (s *Set) And(other *Set) Set {
	out := Set{make([]uint64, min(len(s.words), len(other.words)))}
	for i := range out.words {
		out.words[i] = s.words[i] & other.words[i]
	}
	return out
}

// All gives the numbers that are in, in order.
func (s *Set) All() iter.Seq[person.Number] {
	return s.Without([]Range{{0, person.Number(len(s.words)) << 6}})
}

// Clone returns a copy.
func (s *Set) Clone() Set { return Set{append([]uint64(nil), s.words...)} }

// Range is a run of numbers: First and those up to, not with, Past.
type Range struct{ First, Past person.Number }

// Count counts those in the ranges.
func (s *Set) Count(ranges ...Range) int64 {
	var n int64
	for _, r := range ranges {
		for w := int(r.First >> 6); person.Number(w)<<6 < r.Past && w < len(s.words); w++ {
			n += int64(bits.OnesCount64(s.word(w, r.First, r.Past)))
		}
	}
	return n
}

// CountBoth counts those in the ranges that are in other too.
func (s *Set) CountBoth(other *Set, ranges ...Range) int64 {
	var n int64
	for _, r := range ranges {
		for w := int(r.First >> 6); person.Number(w)<<6 < r.Past && w < len(s.words) && w < len(other.words); w++ {
			n += int64(bits.OnesCount64(s.word(w, r.First, r.Past) & other.words[w]))
		}
	}
	return n
}

// Without gives, in order, the numbers in the ranges that are in s and in none of others.
func (s *Set) Without(ranges []Range, others ...*Set) iter.Seq[person.Number] {
	return func(yield func(person.Number) bool) {
		for _, r := range ranges {
			for w := int(r.First >> 6); person.Number(w)<<6 < r.Past && w < len(s.words); w++ {
				v := s.word(w, r.First, r.Past)
				for _, o := range others {
					if w < len(o.words) {
						v &^= o.words[w]
					}
				}
				for ; v != 0; v &= v - 1 {
					if !yield(person.Number(w)<<6 + person.Number(bits.TrailingZeros64(v))) {
						return
					}
				}
			}
		}
	}
}
