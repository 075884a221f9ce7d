package trace

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"firebreak/internal/day"
)

// Index holds visits by day. Many may ask it while one adds: each Add is seen whole or not at all, and a View once taken does not change.
//
// A day is a few segments: what comes in is made a small one at once, and small ones are joined as they gather, so that a day of any size has about three for each
// power of four.
type Index struct {
	mu      sync.Mutex // held by those who change it
	builder builder
	view    atomic.Pointer[View]
	pool    *sync.Pool // of *work
}

// View is an index at one moment. Its methods may be called from many goroutines at once.
type View struct {
	offset    int32      // seconds east of UTC at which days are cut
	days      []segments // rising by day
	kinds     []Kind     // by place; a place beyond the list is of kind 0
	homes     *Homes
	top       Person // highest person seen
	pool      *sync.Pool
	denseFrom int // see its default
}

// segments is what is held of one day.
type segments struct {
	day  int32
	list []*segment // the largest first
	late int        // on how many days after this one somebody is still there
}

// NewIndex returns an empty index that cuts days at midnight of the zone that is offset seconds east of UTC.
func NewIndex(offset int) *Index {
	ix := &Index{builder: builder{small: smallSegment}, pool: &sync.Pool{New: func() any { return &work{} }}}
	ix.view.Store(&View{offset: int32(offset), pool: ix.pool, homes: &Homes{}, denseFrom: denseFrom})
	return ix
}

// View returns the index as it stands.
func (ix *Index) View() *View { return ix.view.Load() }

// SetKinds says of what kind each place is; a place beyond the list is of kind 0. The list is not to be changed afterwards.
func (ix *Index) SetKinds(kinds []Kind) {
	ix.change(func(v *View) { v.kinds = kinds })
}

// SetHomes says who lives together.
func (ix *Index) SetHomes(homes *Homes) {
	ix.change(func(v *View) { v.homes = homes })
}

// change publishes a changed copy of the view. Its lists are shared with those who look at the old one.
func (ix *Index) change(f func(*View)) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	v := *ix.view.Load()
	f(&v)
	ix.view.Store(&v)
}

// Add takes a block of visits in, late or out of order as it may be. A visit that is held already is not held twice. Nothing is taken of a block
// with a visit that Check refuses.
func (ix *Index) Add(b Block) error {
	if b.Spots != nil && len(b.Spots) != len(b.Visits) {
		return fmt.Errorf("%d spots for %d visits: %w", len(b.Spots), len(b.Visits), ErrVisit)
	}
	for i, v := range b.Visits {
		if err := v.Check(); err != nil {
			return fmt.Errorf("visit %d: %w", i, err)
		}
	}
	if len(b.Visits) == 0 {
		return nil
	}
	ix.change(func(v *View) {
		days := slices.Clone(v.days)
		for _, part := range byDay(b, v.offset) {
			i, ok := slices.BinarySearchFunc(days, part.day, func(d segments, n int32) int { return int(d.day - n) })
			if !ok {
				days = slices.Insert(days, i, segments{day: part.day})
			}
			s := ix.builder.build(part.day, dayBegin(part.day, v.offset), part.Visits, part.Spots)
			days[i] = ix.joined(days[i], s, v.offset)
			for _, x := range part.Visits {
				v.top = max(v.top, x.Person)
			}
		}
		v.days = days
	})
	return nil
}

type dayBlock struct {
	day int32
	Block
}

// byDay parts a block by the day on which visits began. Most blocks are of one day and are not copied.
func byDay(b Block, offset int32) []dayBlock {
	of := func(v Visit) int32 { return int32((int64(v.Start) + int64(offset)) / secondsOfDay) }
	first := of(b.Visits[0])
	if !slices.ContainsFunc(b.Visits, func(v Visit) bool { return of(v) != first }) {
		return []dayBlock{{first, b}}
	}
	var out []dayBlock
	for i, v := range b.Visits {
		d := of(v)
		at := slices.IndexFunc(out, func(x dayBlock) bool { return x.day == d })
		if at < 0 {
			at = len(out)
			out = append(out, dayBlock{day: d})
		}
		out[at].Visits = append(out[at].Visits, v)
		if b.Spots != nil {
			out[at].Spots = append(out[at].Spots, b.Spots[i])
		}
	}
	return out
}

// joinAt is how many segments of about one size are joined to one of the next: each visit is then built anew once for each power of it.
const joinAt = 4

// joined returns the day with one more segment, and with those of about one size joined where there are enough.
func (ix *Index) joined(d segments, s *segment, offset int32) segments {
	at, _ := slices.BinarySearchFunc(d.list, len(s.recs), func(x *segment, n int) int { return n - len(x.recs) })
	d.list = slices.Insert(slices.Clone(d.list), at, s)
	for {
		n := len(d.list)
		from, size := n-1, len(d.list[n-1].recs)
		for from > 0 && len(d.list[from-1].recs) <= 2*size {
			from--
			size = len(d.list[from].recs)
		}
		if n-from < joinAt {
			break
		}
		d.list = append(d.list[:from:from], ix.join(d.list[from:], offset))
		slices.SortStableFunc(d.list, func(x, y *segment) int { return len(y.recs) - len(x.recs) })
	}
	d.late = 0
	for _, s := range d.list {
		d.late = max(d.late, len(s.late))
	}
	return d
}

// join builds one segment from several of a day.
func (ix *Index) join(list []*segment, offset int32) *segment {
	var visits []Visit
	var spots []Spot
	n, known := 0, false
	for _, s := range list {
		n += len(s.recs)
		known = known || len(s.spots) > 0
	}
	visits = make([]Visit, 0, n)
	if known {
		spots = make([]Spot, 0, n)
	}
	for _, s := range list {
		s.each(offset, func(v Visit, spot Spot) {
			visits = append(visits, v)
			if known {
				spots = append(spots, spot)
			}
		})
	}
	return ix.builder.build(list[0].day, dayBegin(list[0].day, offset), visits, spots)
}

// Settle joins the segments of each day before the given one to a single one, which answers fastest. It may be called at any time; night is best.
func (ix *Index) Settle(before day.Day) {
	ix.change(func(v *View) {
		v.days = slices.Clone(v.days)
		for i, d := range v.days {
			if indexDay(before) <= d.day || len(d.list) < 2 {
				continue
			}
			v.days[i].list = []*segment{ix.join(d.list, v.offset)}
		}
	})
}

// Purge drops the visits that began before a day, and says how many they were. Views taken earlier still hold them until they are let go.
func (ix *Index) Purge(before day.Day) (visits int) {
	ix.change(func(v *View) {
		keep := 0
		for keep < len(v.days) && v.days[keep].day < indexDay(before) {
			for _, s := range v.days[keep].list {
				visits += len(s.recs)
			}
			keep++
		}
		v.days = slices.Clone(v.days[keep:])
	})
	return visits
}

// indexDay turns a calendar day into the index's count from 1970.
func indexDay(d day.Day) int32 { return int32(d.Sub(epoch)) }

var epoch = day.Of(1970, 1, 1)

// Visits is how many visits the view holds; one that came in two blocks may count twice until its day is settled.
func (v *View) Visits() (n int) {
	for _, d := range v.days {
		for _, s := range d.list {
			n += len(s.recs)
		}
	}
	return n
}

// Days lists the days on which visits began, and how many each has.
func (v *View) Days() []DayCount {
	out := make([]DayCount, len(v.days))
	for i, d := range v.days {
		out[i].Day = epoch.Add(int(d.day))
		for _, s := range d.list {
			out[i].Visits += len(s.recs)
		}
	}
	return out
}

// DayCount is how many visits began on a day.
type DayCount struct {
	Day    day.Day
	Visits int
}

// Bytes is what the view takes in memory.
func (v *View) Bytes() int {
	n := len(v.kinds) + 4*len(v.homes.home) + 4*len(v.homes.begin) + 4*len(v.homes.members)
	for _, d := range v.days {
		for _, s := range d.list {
			n += s.bytes()
		}
	}
	return n
}

func (v *View) kind(p Place) Kind {
	if int(p) >= len(v.kinds) {
		return 0
	}
	return v.kinds[p]
}

// dayOf is the day of the index that an instant is in.
func (v *View) dayOf(i Instant) int32 { return int32((int64(i) + int64(v.offset)) / secondsOfDay) }

func (v *View) dayBegin(day int32) int64 { return dayBegin(day, v.offset) }

// at returns the index in days of a day, or of the first after it.
func (v *View) at(day int32) int {
	i, _ := slices.BinarySearchFunc(v.days, day, func(d segments, n int32) int { return int(d.day - n) })
	return i
}

// before calls f with the earlier days on which somebody was still there at the beginning of the day, and how many days earlier, the earliest first.
func (v *View) before(day int32, f func(d *segments, k int)) {
	for i := v.at(day - maxLate); i < len(v.days) && v.days[i].day < day; i++ {
		if k := int(day - v.days[i].day); v.days[i].late >= k {
			f(&v.days[i], k)
		}
	}
}

// maxLate is how many midnights the longest visit lasts beyond.
const maxLate = MaxStay/secondsOfDay + 1

// Homes says who lives together.
type Homes struct {
	home    []uint32 // by person; 0: nobody known
	begin   []uint32 // by home
	members []Person
}

// NewHomes takes the home of each person by number; 0 is no home known.
func NewHomes(home []uint32) *Homes {
	h := &Homes{home: home}
	top := uint32(0)
	for _, n := range home {
		top = max(top, n)
	}
	h.begin = make([]uint32, top+2)
	for _, n := range home {
		if n > 0 {
			h.begin[n+1]++
		}
	}
	for i := 1; i < len(h.begin); i++ {
		h.begin[i] += h.begin[i-1]
	}
	next := slices.Clone(h.begin)
	h.members = make([]Person, h.begin[len(h.begin)-1])
	for p, n := range home {
		if n > 0 {
			h.members[next[n]] = Person(p)
			next[n]++
		}
	}
	return h
}

// With returns who lives with a person, the person included; nil where no home is known.
func (h *Homes) With(p Person) []Person {
	if int(p) >= len(h.home) || h.home[p] == 0 {
		return nil
	}
	n := h.home[p]
	return h.members[h.begin[n]:h.begin[n+1]]
}
