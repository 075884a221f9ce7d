// Package chance draws by key: what is drawn depends on what it is drawn for, never on what was drawn before.
//
// So two policies meet the same luck, several workers draw what one would, and what happened can be drawn again later in place of being kept.
// It imports nothing of this module; sim and the folders below it import it.
package chance

import (
	"math"
	"math/bits"
)

// Key names what is drawn for: a seed, then a purpose, then whom and when.
type Key uint64

const (
	mulA = 0xa0761d6478bd642f
	mulB = 0xe7037ed1a0b428db
	mulC = 0x8ebc6af09c88c6e3
)

// mum folds the product of two words into one.
func mum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Of returns the key of a part of k: another x, another key.
func (k Key) Of(x uint64) Key {
	s := mum(uint64(k)^mulA, x^mulB) + 0x9e3779b97f4a7c15
	s ^= s >> 29
	return Key(mum(s, s^mulC) ^ uint64(k))
}

// Draw returns 64 even bits for x.
func (k Key) Draw(x uint64) uint64 {
	s := uint64(k) + (x+1)*mulA
	return mum(s^s>>32, s^mulB)
}

// Float returns a number from 0 to below 1 for x.
func (k Key) Float(x uint64) float64 { return Unit(k.Draw(x)) }

// Below returns a number from 0 to below n for x; n must be above 0.
func (k Key) Below(x uint64, n uint32) uint32 { return Below(k.Draw(x), n) }

// Unit makes drawn bits a number from 0 to below 1.
func Unit(u uint64) float64 { return float64(u>>11) * (1.0 / (1 << 53)) }

// Below makes drawn bits a number from 0 to below n.
func Below(u uint64, n uint32) uint32 { return uint32((u >> 32) * uint64(n) >> 32) }

// Threshold returns the bound under which drawn bits lie with probability p: u < Threshold(p).
func Threshold(p float64) uint64 {
	switch {
	case !(p > 0):
		return 0
	case p >= 1:
		return math.MaxUint64
	}
	return uint64(p * (1 << 63) * 2)
}

// Stream draws one after the other. It is for work that is done whole and in one order, such as the people of one community.
type Stream struct{ s uint64 }

// Stream begins a stream.
func (k Key) Stream() Stream { return Stream{uint64(k)} }

// Next returns the next 64 even bits.
func (s *Stream) Next() uint64 {
	s.s += mulA
	return mum(s.s^s.s>>32, s.s^mulB)
}

// Pairs matches the numbers from 0 to below n in pairs, another way for each key: who is matched with i is matched with nobody but i. Nothing is kept:
// one partner costs a few multiplications.
//
// Numbers are put in another order by a permutation of the key (additions, products with odd numbers and shifts, all of which can be undone), and that order is
// mirrored around a drawn point.
type Pairs struct {
	n, mask, shift, k1, k2, k3, mirror uint32
}

// Odd numbers and their inverses modulo 2^32.
const (
	odd1, back1 = 0x9e3779b1, 0x0e8b2f51
	odd2, back2 = 0x85ebca6b, 0xa5cb9243
)

// Pairs matches n numbers under k.
func (k Key) Pairs(n uint32) Pairs {
	u, v := k.Draw(0), k.Draw(1)
	p := Pairs{n: n, k1: uint32(u), k2: uint32(u >> 32), k3: uint32(v)}
	width := uint32(max(bits.Len32(max(n, 1)-1), 1))
	p.mask = uint32(1<<width - 1)
	p.shift = (width + 1) / 2
	p.mirror = Below(v<<32|v>>32, max(n, 1))
	return p
}

// Of returns the partner of i; false where i is left alone.
func (p *Pairs) Of(i uint32) (uint32, bool) {
	if p.n < 2 {
		return 0, false
	}
	e := p.forth(i)
	for e >= p.n {
		e = p.forth(e)
	}
	m := p.mirror + p.n - e
	if m >= p.n {
		m -= p.n
	}
	if m == e {
		return 0, false
	}
	d := p.back(m)
	for d >= p.n {
		d = p.back(d)
	}
	return d, true
}

func (p *Pairs) forth(x uint32) uint32 {
	x = (x + p.k1) & p.mask
	x ^= x >> p.shift
	x = (x*odd1 + p.k2) & p.mask
	x ^= x >> p.shift
	x = (x*odd2 + p.k3) & p.mask
	return x ^ x>>p.shift
}

func (p *Pairs) back(x uint32) uint32 {
	x ^= x >> p.shift
	x = ((x - p.k3) * back2) & p.mask
	x ^= x >> p.shift
	x = ((x - p.k2) * back1) & p.mask
	x ^= x >> p.shift
	return (x - p.k1) & p.mask
}
