package trace

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// segment holds visits that began on one day, and never changes. Its records stand by place; the people's side is a list of positions among them. Two forms: a large
// segment finds places and people by their number, a small one by search.
type segment struct {
	day  int32
	recs []record

	places  []Place  // those visited, rising
	offsets []uint32 // where the records of each begin; one more than places
	cells   []cell   // finds a place in places; nil in a small segment
	blocks  []block  // of 64 records each

	people  []Person // those who visited, rising; nil in a large segment
	starts  []uint32 // where the positions of each begin: by index in people, or by person where near is nil too
	near    []byte   // large segment: for 16 people each, where they begin
	packed  []byte   // positions, width bits each
	width   uint
	nPeople int        // one more than the highest person
	late    [][]uint32 // late[k]: positions of the visits that last beyond the k-th midnight after the first, rising
	spots   []spotAt   // rising by position
}

// cell finds 64 places: which of them were visited, and how many before them.
type cell struct {
	visited uint64
	before  uint32
}

// block tells of 64 records the place of the first, as index in places, and when the last of them left.
type block struct {
	rank    uint32
	lastEnd uint32
}

type spotAt struct {
	position uint32
	Spot
}

const blockShift = 6

// group returns where the records of a place stand.
func (s *segment) group(p Place) (lo, hi uint32) {
	if s.cells == nil {
		i, ok := slices.BinarySearch(s.places, p)
		if !ok {
			return 0, 0
		}
		return s.offsets[i], s.offsets[i+1]
	}
	if int(p>>6) >= len(s.cells) {
		return 0, 0
	}
	c := &s.cells[p>>6]
	bit := uint64(1) << (p & 63)
	if c.visited&bit == 0 {
		return 0, 0
	}
	i := c.before + uint32(bits.OnesCount64(c.visited&(bit-1)))
	return s.offsets[i], s.offsets[i+1]
}

// rank returns the index in places of the place of a record.
func (s *segment) rank(position uint32) uint32 {
	r := s.blocks[position>>blockShift].rank
	for s.offsets[r+1] <= position {
		r++
	}
	return r
}

// nearPeople is how many people share a base in segment.near, and nearBytes what they take: the base, then a byte each.
const (
	nearPeople = 16
	nearBytes  = 4 + nearPeople
)

// visits returns which of the packed positions are of a person.
func (s *segment) visits(p Person) (lo, hi uint32) {
	switch {
	case s.people != nil:
		i, ok := slices.BinarySearch(s.people, p)
		if !ok {
			return 0, 0
		}
		return s.starts[i], s.starts[i+1]
	case int(p) >= s.nPeople:
		return 0, 0
	case s.near == nil:
		return s.starts[p], s.starts[p+1]
	}
	b := s.near[int(p/nearPeople)*nearBytes:]
	b = b[: nearBytes+4 : nearBytes+4]
	base, i := binary.LittleEndian.Uint32(b), p%nearPeople
	lo = base + uint32(b[4+i])
	if i == nearPeople-1 {
		return lo, binary.LittleEndian.Uint32(b[nearBytes:])
	}
	return lo, base + uint32(b[5+i])
}

// position returns the i-th packed position.
func (s *segment) position(i uint32) uint32 {
	at := uint(i) * s.width
	return uint32(binary.LittleEndian.Uint64(s.packed[at>>3:])>>(at&7)) & (1<<s.width - 1)
}

// lateOf returns the positions in [lo, hi) of visits that last beyond the midnight k days after the first.
func (s *segment) lateOf(k int, lo, hi uint32) []uint32 {
	if k >= len(s.late) || lo == hi {
		return nil
	}
	list := s.late[k]
	i, _ := slices.BinarySearch(list, lo)
	j, _ := slices.BinarySearch(list[i:], hi)
	return list[i : i+j]
}

// spot returns where a visit was, as far as that is known.
func (s *segment) spot(position uint32) Spot {
	i, ok := slices.BinarySearchFunc(s.spots, position, func(a spotAt, p uint32) int { return int(int64(a.position) - int64(p)) })
	if !ok {
		return Spot{}
	}
	return s.spots[i].Spot
}

// bytes is what the segment takes in memory.
func (s *segment) bytes() int {
	n := 8*len(s.recs) + 4*len(s.places) + 4*len(s.offsets) + 16*len(s.cells) + 8*len(s.blocks) + 4*len(s.people) + 4*len(s.starts) + len(s.near) + len(s.packed) + 20*len(s.spots)
	for _, l := range s.late {
		n += 4 * len(l)
	}
	return n
}

// each calls f with every visit, by place. offset is what the index cuts days by.
func (s *segment) each(offset int32, f func(Visit, Spot)) {
	begin := dayBegin(s.day, offset)
	spots := s.spots
	for i, p := range s.places {
		for at := s.offsets[i]; at < s.offsets[i+1]; at++ {
			r := s.recs[at]
			start := Instant(begin + int64(r.start()))
			var spot Spot
			if len(spots) > 0 && spots[0].position == at {
				spot, spots = spots[0].Spot, spots[1:]
			}
			f(Visit{Person: r.person(), Place: p, Start: start, End: start + Instant(r.length())}, spot)
		}
	}
}

// dayBegin is when a day of the index begins, in Unix seconds; the first day may begin before 1970.
func dayBegin(day, offset int32) int64 { return int64(day)*secondsOfDay - int64(offset) }
