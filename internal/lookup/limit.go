package lookup

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"
)

// Who tries codes out hits an existing person's once in a hundred million times (ADR 12). An address may be wrong forty times at once, since a whole street may sit behind one,
// and once more every three seconds.
const (
	wrongBurst = 40
	wrongEvery = 3 * time.Second
)

const limitBuckets = 1 << 16

// Limit lets something happen a number of times at once for each network address, and once more each so often after that. An address shares its bucket with others once in 65,536, by
// a key drawn at the start, so that nothing has to be swept and memory is half a megabyte for ever. Safe for concurrent use.
type Limit struct {
	burst   int64
	every   time.Duration
	seed    maphash.Seed
	start   time.Time
	buckets [limitBuckets]atomic.Int64 // when the bucket is full again, ns since start (generic cell rate algorithm)
}

// NewLimit makes a limit with every bucket full. now is the first instant that it is asked at.
func NewLimit(burst int, every time.Duration, now time.Time) *Limit {
	return &Limit{burst: int64(burst), every: every, seed: maphash.MakeSeed(), start: now}
}

func (l *Limit) bucket(from netip.Addr) *atomic.Int64 {
	from = from.Unmap().WithZone("")
	if from.Is6() {
		// One subscriber has a /64 to choose from; it counts as one.
		if p, err := from.Prefix(64); err == nil {
			from = p.Addr()
		}
	}
	return &l.buckets[maphash.Comparable(l.seed, from)%limitBuckets]
}

// Barred says whether an address has to wait.
func (l *Limit) Barred(from netip.Addr, now time.Time) bool {
	return l.bucket(from).Load()-int64(now.Sub(l.start)) > (l.burst-1)*int64(l.every)
}

// Note counts once for an address.
func (l *Limit) Note(from netip.Addr, now time.Time) {
	b := l.bucket(from)
	for t := int64(now.Sub(l.start)); ; {
		was := b.Load()
		if b.CompareAndSwap(was, max(was, t)+int64(l.every)) {
			return
		}
	}
}
