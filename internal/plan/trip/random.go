package trip

import "math/bits"

// random is a small generator (wyrand): the search draws ten numbers a microsecond.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0xa0761d6478bd642f
	hi, lo := bits.Mul64(r.state, r.state^0xe7037ed1a0b428db)
	return hi ^ lo
}

// below draws from 0 to n-1.
func (r *random) below(n int32) int32 {
	return int32((r.next() >> 32) * uint64(uint32(n)) >> 32)
}

// unit draws from 0 to 1, 1 excluded.
func (r *random) unit() float64 { return float64(r.next()>>11) / (1 << 53) }
