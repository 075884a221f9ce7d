package trip

import (
	"cmp"
	"math"
	"slices"
)

// pair is a stop near another: how long from there and back.
type pair struct{ stop, from, to int32 }

// closest is how many are listed as near a request.
const closest = 100

// neighbours lists, for each request, the stops that fit beside it in place and time. Who is merely near it is listed when it is asked for: a first plan
// never asks.
func (s *search) neighbours() {
	n := int32(len(s.requests))
	s.near, s.close = make([][]pair, n), make([][]int32, n)
	s.ground = newGround(s)
	all := make([]pair, 0, int(n)*min(beside, int(n)))
	fits := fewest{limit: beside}
	for i := range n {
		a := &s.requests[i]
		fits.list = fits.list[:0]
		s.ground.around(i, func(j int32) int64 {
			if b := &s.requests[j]; a.class == b.class { // the others never ride together
				there, back := s.ground.ways(i, j)
				fits.add(min(unfit(a, b, there), unfit(b, a, back)), j)
			}
			return fits.enough() / 10 // no way is longer than a tenth of how ill they fit
		})
		fits.sort()
		from := len(all)
		for _, x := range fits.list {
			there, back := s.ground.ways(x.other, i)
			all = append(all, pair{x.other, there, back})
		}
		s.near[i] = all[from:len(all):len(all)]
	}
}

// closeTo lists the requests near one, nearest first, whoever they are: those of another class may change vehicles with it.
func (s *search) closeTo(i int32) []int32 {
	if s.close[i] == nil {
		few := fewest{limit: closest}
		s.ground.around(i, func(j int32) int64 {
			there, back := s.ground.ways(i, j)
			few.add(int64(min(there, back)), j)
			return few.enough()
		})
		few.sort()
		s.close[i] = make([]int32, len(few.list))
		for k, x := range few.list {
			s.close[i][k] = x.other
		}
	}
	return s.close[i]
}

// unfit is how ill b follows a, in tenths of time: the way, some of the waiting, and what is too late.
func unfit(a, b *request, way int32) int64 {
	wait := max(0, int64(b.ready)-int64(way)-int64(a.service)-int64(a.due))
	late := max(0, int64(a.ready)+int64(a.service)+int64(way)-int64(b.due))
	return 10*int64(way) + 2*wait + 10*late
}

// scale is how far neighbours are from each other: a step that makes the plan longer by so much is a large one.
func (s *search) scale() float64 {
	sum, n := 0.0, 0
	for i := range s.near {
		for _, p := range s.near[i] {
			sum += float64(p.from)
			n++
		}
	}
	mean := sum / float64(max(1, n))
	if len(s.requests) < 30 { // few have neighbours
		for i := range s.requests {
			mean = max(mean, float64(s.nearest[i]))
		}
	}
	return max(1, mean)
}

// fewest keeps those with the smallest keys, and of equal keys the smallest numbers, as a heap with the largest in front.
type fewest struct {
	limit int
	list  []scored
}

type scored struct {
	key   int64
	other int32
}

func (a scored) after(b scored) bool { return a.key > b.key || a.key == b.key && a.other > b.other }

// enough is the largest key that may still be kept.
func (f *fewest) enough() int64 {
	if len(f.list) < f.limit {
		return math.MaxInt64
	}
	return f.list[0].key
}

func (f *fewest) add(key int64, other int32) {
	x := scored{key, other}
	list := f.list
	if len(list) < f.limit {
		list = append(list, x)
		f.list = list
		for i := len(list) - 1; i > 0; {
			up := (i - 1) / 2
			if !x.after(list[up]) {
				break
			}
			list[up], list[i] = x, list[up]
			i = up
		}
		return
	}
	if !list[0].after(x) {
		return
	}
	list[0] = x
	for i := 0; ; {
		big, l, r := i, 2*i+1, 2*i+2
		if l < len(list) && list[l].after(list[big]) {
			big = l
		}
		if r < len(list) && list[r].after(list[big]) {
			big = r
		}
		if big == i {
			return
		}
		list[big], list[i] = list[i], list[big]
		i = big
	}
}

func (f *fewest) sort() {
	slices.SortFunc(f.list, func(a, b scored) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.other, b.other)) })
}
