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
	wrongBurst   = 40
	wrongEvery   = 3 * time.Second
	wrongBuckets = 1 << 16
)

// wrongCodes counts the wrong codes of each address. An address shares its bucket with others once in 65,536, by a key drawn at the start, so that nothing has to be swept and
// memory is half a megabyte for ever.
type wrongCodes struct {
	seed    maphash.Seed
	start   time.Time
	buckets [wrongBuckets]atomic.Int64 // when the bucket is full again, ns since start (generic cell rate algorithm)
}

func newWrongCodes(now time.Time) *wrongCodes {
	return &wrongCodes{seed: maphash.MakeSeed(), start: now}
}

func (w *wrongCodes) bucket(from netip.Addr) *atomic.Int64 {
	from = from.Unmap().WithZone("")
	if from.Is6() {
		// One subscriber has a /64 to choose from; it counts as one.
		if p, err := from.Prefix(64); err == nil {
			from = p.Addr()
		}
	}
	return &w.buckets[maphash.Comparable(w.seed, from)%wrongBuckets]
}

// barred says whether an address has to wait before it may ask again.
func (w *wrongCodes) barred(from netip.Addr, now time.Time) bool {
	return w.bucket(from).Load()-int64(now.Sub(w.start)) > int64((wrongBurst-1)*wrongEvery)
}

// note counts one wrong code.
func (w *wrongCodes) note(from netip.Addr, now time.Time) {
	b := w.bucket(from)
	for t := int64(now.Sub(w.start)); ; {
		was := b.Load()
		if b.CompareAndSwap(was, max(was, t)+int64(wrongEvery)) {
			return
		}
	}
}
