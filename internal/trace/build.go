package trace

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// builder makes segments, and keeps the memory that it needs on the way from one to the next. One goroutine uses it at a time.
type builder struct {
	small int // up to how many visits sorting is faster than counting

	recs   []record
	lows   []uint16 // of a place or a person: what its part leaves open
	at     []uint32
	counts []uint32
	part   []record
	posn   []uint32
	sorted []record
	order  []Visit
}

// smallSegment is what builder.small is outside of tests.
const smallSegment = 1 << 13

// build makes the segment of a day from its visits, in any order; a visit given twice is kept once. spots is nil or gives the spot of each visit. dayStart is when the day
// begins. The visits are not changed.
//
// Counting sorts, in parts that fit the processor's cache:
//
//  1. records to some 256 ranges of places, in the order they came;
//  2. in each range, records to their place; those of a place are put in order, which costs little where they came in the order of time;
//  3. positions to some 256 ranges of people, and in each range to their person, packed into as few bits as there are positions.
func (b *builder) build(day int32, dayStart int64, visits []Visit, spots []Spot) *segment {
	s := &segment{day: day}
	var topPlace Place
	var topPerson Person
	for i := range visits {
		topPlace, topPerson = max(topPlace, visits[i].Place), max(topPerson, visits[i].Person)
	}
	n := len(visits)
	s.recs = make([]record, n)
	if n <= b.small {
		b.placeSmall(s, visits, dayStart)
	} else {
		b.placeLarge(s, visits, dayStart, topPlace)
	}
	if len(s.recs) < n {
		s.recs = slices.Clone(s.recs)
	}
	s.finishPlaces(topPlace)
	s.width = uint(max(1, bits.Len(uint(len(s.recs)))))
	s.nPeople = int(topPerson) + 1
	if n <= b.small || n < s.nPeople/8 {
		b.peopleSmall(s)
	} else {
		b.peopleLarge(s, topPerson)
	}
	b.keepSpots(s, visits, spots, dayStart)
	return s
}

func (b *builder) placeSmall(s *segment, visits []Visit, dayStart int64) {
	b.order = append(b.order[:0], visits...)
	list := b.order
	slices.SortFunc(list, func(x, y Visit) int {
		return cmp.Or(cmp.Compare(x.Place, y.Place), cmp.Compare(x.Start, y.Start), cmp.Compare(x.End, y.End), cmp.Compare(x.Person, y.Person))
	})
	w := 0
	for i, v := range list {
		if i > 0 && v == list[i-1] {
			continue
		}
		if i == 0 || v.Place != list[i-1].Place {
			s.places, s.offsets = append(s.places, v.Place), append(s.offsets, uint32(w))
		}
		s.recs[w] = recordOf(uint32(int64(v.Start)-dayStart), uint32(v.End-v.Start), v.Person)
		w++
	}
	s.recs, s.offsets = s.recs[:w], append(s.offsets, uint32(w))
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// shiftFor says by how many bits numbers up to top are shifted to fall into some 256 parts, each of which 16 bits can tell apart.
func shiftFor(top uint32) uint { return uint(min(16, max(0, bits.Len32(top)-8))) }

func (b *builder) placeLarge(s *segment, visits []Visit, dayStart int64, top Place) {
	n, shift := len(visits), shiftFor(uint32(top))
	parts := int(top>>shift) + 1
	begin := make([]uint32, parts+1)
	for i := range visits {
		begin[visits[i].Place>>shift+1]++
	}
	widest := uint32(0)
	for i := range parts {
		widest = max(widest, begin[i+1])
		begin[i+1] += begin[i]
	}
	b.recs, b.lows = grow(b.recs, n), grow(b.lows, n)
	next := slices.Clone(begin[:parts])
	mask := Place(1)<<shift - 1
	for i := range visits {
		v := &visits[i]
		at := next[v.Place>>shift]
		next[v.Place>>shift] = at + 1
		b.recs[at] = recordOf(uint32(int64(v.Start)-dayStart), uint32(v.End-v.Start), v.Person)
		b.lows[at] = uint16(v.Place & mask)
	}

	b.counts, b.part, b.sorted = grow(b.counts, 1<<shift), grow(b.part, int(widest)), grow(b.sorted, int(widest))
	counts := b.counts
	w := uint32(0)
	for p := range parts {
		recs, lows := b.recs[begin[p]:begin[p+1]], b.lows[begin[p]:begin[p+1]]
		if len(recs) == 0 {
			continue
		}
		clear(counts)
		for _, l := range lows {
			counts[l]++
		}
		at := uint32(0)
		for i, c := range counts {
			counts[i] = at
			at += c
		}
		part := b.part[:len(recs)]
		for i, l := range lows {
			part[counts[l]] = recs[i]
			counts[l]++
		}
		// Each count is now where the next place begins.
		from := uint32(0)
		for i, to := range counts {
			if to == from {
				continue
			}
			s.places, s.offsets = append(s.places, Place(p)<<shift|Place(i)), append(s.offsets, w)
			group := part[from:to]
			sortRecords(group, b.sorted)
			var last record
			for j, r := range group {
				if j > 0 && r == last {
					continue
				}
				s.recs[w], last = r, r
				w++
			}
			from = to
		}
	}
	s.recs, s.offsets = s.recs[:w], append(s.offsets, w)
	s.places, s.offsets = slices.Clip(slices.Clone(s.places)), slices.Clip(slices.Clone(s.offsets))
}

// sortRecords puts records in order; tmp is at least as long. What came in the order of time is found to be so.
func sortRecords(a, tmp []record) {
	if len(a) < 2 {
		return
	}
	if len(a) > 48 && !slices.IsSorted(a) {
		// To spans of time first, as fine as there are records for: the rest is among neighbours. A day has 17 bits of seconds.
		shift := uint(startShift + 9)
		if len(a) > 4096 {
			shift = startShift + 6
		}
		var counts [1 << 11]uint32
		used := counts[:1<<(64-shift)]
		for _, r := range a {
			used[r>>shift]++
		}
		at := uint32(0)
		for i, c := range used {
			used[i] = at
			at += c
		}
		tmp = tmp[:len(a)]
		for _, r := range a {
			tmp[used[r>>shift]] = r
			used[r>>shift]++
		}
		copy(a, tmp)
		if len(a)/len(used) > 64 {
			slices.Sort(a) // everybody came at once
			return
		}
	}
	for i := 1; i < len(a); i++ {
		r, j := a[i], i
		for j > 0 && a[j-1] > r {
			a[j] = a[j-1]
			j--
		}
		a[j] = r
	}
}

// finishPlaces makes what finds the records by place, and by time.
func (s *segment) finishPlaces(top Place) {
	n := len(s.recs)
	s.blocks = make([]block, (n+1<<blockShift-1)>>blockShift)
	rank := uint32(0)
	for i := range s.blocks {
		from := i << blockShift
		for s.offsets[rank+1] <= uint32(from) {
			rank++
		}
		last := uint32(0)
		for at, r := range s.recs[from:min(n, from+1<<blockShift)] {
			end := r.end()
			last = max(last, end)
			for k := 0; end > uint32(k+1)*secondsOfDay; k++ {
				if k == len(s.late) {
					s.late = append(s.late, nil)
				}
				s.late[k] = append(s.late[k], uint32(from+at))
			}
		}
		s.blocks[i] = block{rank: rank, lastEnd: last}
	}
	for k := range s.late {
		s.late[k] = slices.Clone(s.late[k])
	}
	if len(s.places) < int(top)/64 {
		return
	}
	s.cells = make([]cell, top>>6+1)
	for _, p := range s.places {
		s.cells[p>>6].visited |= 1 << (p & 63)
	}
	before := uint32(0)
	for i := range s.cells {
		s.cells[i].before = before
		before += uint32(bits.OnesCount64(s.cells[i].visited))
	}
}

func (b *builder) peopleSmall(s *segment) {
	type of struct {
		person   Person
		position uint32
	}
	list := make([]of, len(s.recs))
	for i, r := range s.recs {
		list[i] = of{r.person(), uint32(i)}
	}
	slices.SortFunc(list, func(x, y of) int {
		return cmp.Or(cmp.Compare(x.person, y.person), cmp.Compare(x.position, y.position))
	})
	s.people = []Person{}
	w := newPacker(len(list), s.width)
	for i, x := range list {
		if i == 0 || x.person != list[i-1].person {
			s.people, s.starts = append(s.people, x.person), append(s.starts, uint32(i))
		}
		w.add(x.position)
	}
	s.starts = append(s.starts, uint32(len(list)))
	s.packed = w.done()
}

func (b *builder) peopleLarge(s *segment, top Person) {
	n, shift := len(s.recs), max(4, shiftFor(uint32(top)))
	parts := int(top>>shift) + 1
	begin := make([]uint32, parts+1)
	for _, r := range s.recs {
		begin[r.person()>>shift+1]++
	}
	widest := uint32(0)
	for i := range parts {
		widest = max(widest, begin[i+1])
		begin[i+1] += begin[i]
	}
	b.at, b.lows = grow(b.at, n), grow(b.lows, n)
	next := slices.Clone(begin[:parts])
	mask := Person(1)<<shift - 1
	for i, r := range s.recs {
		p := r.person()
		at := next[p>>shift]
		next[p>>shift] = at + 1
		b.at[at], b.lows[at] = uint32(i), uint16(p&mask)
	}
	b.counts, b.posn = grow(b.counts, 1<<shift), grow(b.posn, int(widest))
	counts := b.counts
	w := newPacker(n, s.width)
	s.near = make([]byte, (parts<<shift)/nearPeople*nearBytes+4+8)
	fits := true
	for p := range parts {
		at, lows := b.at[begin[p]:begin[p+1]], b.lows[begin[p]:begin[p+1]]
		clear(counts)
		for _, l := range lows {
			counts[l]++
		}
		sum, first := uint32(0), begin[p]
		for i := 0; i < len(counts); i += nearPeople {
			to := s.near[(p<<shift+i)/nearPeople*nearBytes:][:nearBytes]
			binary.LittleEndian.PutUint32(to, first+sum)
			base := sum
			for j, c := range counts[i : i+nearPeople] {
				to[4+j] = byte(sum - base)
				fits = fits && sum-base < 256
				counts[i+j] = sum
				sum += c
			}
		}
		posn := b.posn[:len(at)]
		for i, l := range lows {
			posn[counts[l]] = at[i]
			counts[l]++
		}
		for _, position := range posn {
			w.add(position)
		}
	}
	s.packed = w.done()
	binary.LittleEndian.PutUint32(s.near[(parts<<shift)/nearPeople*nearBytes:], uint32(n))
	s.nPeople = parts << shift
	if !fits { // somebody has hundreds of visits in a day
		s.near, s.starts = nil, make([]uint32, s.nPeople+1)
		for _, r := range s.recs {
			s.starts[r.person()+1]++
		}
		for i := range s.nPeople {
			s.starts[i+1] += s.starts[i]
		}
	}
}

// packer writes numbers of the same width one after the other.
type packer struct {
	out   []byte
	at    int
	width uint
	held  uint64
	bits  uint
}

func newPacker(n int, width uint) packer {
	return packer{out: make([]byte, (n*int(width)+7)/8+16), width: width}
}

func (w *packer) add(v uint32) {
	w.held |= uint64(v) << w.bits
	w.bits += w.width
	if w.bits >= 32 {
		binary.LittleEndian.PutUint32(w.out[w.at:], uint32(w.held))
		w.at += 4
		w.held >>= 32
		w.bits -= 32
	}
}

func (w *packer) done() []byte {
	binary.LittleEndian.PutUint64(w.out[w.at:], w.held)
	return w.out
}

// keepSpots finds the positions of visits whose spot is known. Of a visit given twice the spot that is known is kept, of two the first by row, column and point.
func (b *builder) keepSpots(s *segment, visits []Visit, spots []Spot, dayStart int64) {
	if spots == nil {
		return
	}
	for i, v := range visits {
		if !spots[i].Known() {
			continue
		}
		lo, hi := s.group(v.Place)
		at, _ := slices.BinarySearch(s.recs[lo:hi], recordOf(uint32(int64(v.Start)-dayStart), uint32(v.End-v.Start), v.Person))
		s.spots = append(s.spots, spotAt{lo + uint32(at), spots[i]})
	}
	slices.SortFunc(s.spots, func(x, y spotAt) int {
		point := 0
		if x.Point != y.Point {
			point = 1
			if y.Point {
				point = -1
			}
		}
		return cmp.Or(cmp.Compare(x.position, y.position), cmp.Compare(x.Row, y.Row), cmp.Compare(x.Column, y.Column), point, cmp.Compare(x.X, y.X), cmp.Compare(x.Y, y.Y))
	})
	s.spots = slices.CompactFunc(s.spots, func(x, y spotAt) bool { return x.position == y.position })
}
