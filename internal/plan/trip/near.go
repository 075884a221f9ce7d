package trip

import (
	"cmp"
	"slices"
)

// pair is a stop near another: how long from there and back.
type pair struct{ stop, from, to int32 }

// neighbours lists, for each request, the stops that fit beside it in place and time, and those that are near it.
func (s *search) neighbours() {
	n := int32(len(s.requests))
	s.near, s.close = make([][]pair, n), make([][]int32, n)
	type scored struct {
		key   int64
		other int32
	}
	keep := func(list []scored, x scored, limit int) []scored { // the smallest, as a heap with the largest in front
		if len(list) < limit {
			list = append(list, x)
			for i := len(list) - 1; i > 0; {
				up := (i - 1) / 2
				if list[up].key >= list[i].key {
					break
				}
				list[up], list[i] = list[i], list[up]
				i = up
			}
			return list
		}
		if x.key >= list[0].key {
			return list
		}
		list[0] = x
		for i := 0; ; {
			big, l, r := i, 2*i+1, 2*i+2
			if l < limit && list[l].key > list[big].key {
				big = l
			}
			if r < limit && list[r].key > list[big].key {
				big = r
			}
			if big == i {
				return list
			}
			list[big], list[i] = list[i], list[big]
			i = big
		}
	}
	order := func(a, b scored) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.other, b.other)) }
	var fits, nearby []scored
	rows := make([]int32, n) // requests from south to north; where there is a table of ways, as they stand
	for i := range rows {
		rows[i] = int32(i)
	}
	points := s.place.table == nil
	if points {
		slices.SortFunc(rows, func(a, b int32) int {
			return cmp.Or(cmp.Compare(s.place.at[a][2], s.place.at[b][2]), cmp.Compare(a, b))
		})
	}
	for at, i := range rows {
		fits, nearby = fits[:0], nearby[:0]
		a := &s.requests[i]
		south, north := -1, 0
		if points {
			south, north = at-1, at+1
		}
		for south >= 0 || north < len(rows) {
			var j int32
			if north == len(rows) || south >= 0 && s.place.apart(i, rows[south]) < s.place.apart(i, rows[north]) {
				j, south = rows[south], south-1
			} else {
				j, north = rows[north], north+1
			}
			if i == j {
				continue
			}
			b := &s.requests[j]
			if points && len(fits) == beside && len(nearby) == closest {
				enough := max(fits[0].key/10, nearby[0].key)
				if s.place.apart(i, j) > float64(enough) {
					break // as are all further north and south
				}
				if s.place.beyond(i, j, enough) {
					continue
				}
			}
			there, back := s.place.time(i, j), s.place.time(j, i)
			nearby = keep(nearby, scored{int64(min(there, back)), j}, closest)
			if a.class == b.class { // the others never ride together, but they may change vehicles
				key := min(unfit(a, b, there), unfit(b, a, back))
				fits = keep(fits, scored{key, j}, beside)
			}
		}
		slices.SortFunc(fits, order)
		slices.SortFunc(nearby, order)
		s.near[i], s.close[i] = make([]pair, len(fits)), make([]int32, len(nearby))
		for k, x := range fits {
			s.near[i][k] = pair{x.other, s.place.time(x.other, i), s.place.time(i, x.other)}
		}
		for k, x := range nearby {
			s.close[i][k] = x.other
		}
	}
}

const closest = 100

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
