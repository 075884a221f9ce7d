package trace

import (
	"cmp"
	"math"
	"slices"

	"firebreak/internal/day"
)

// Shared is a place where several of a set of cases were on one day.
type Shared struct {
	Place    Place
	Kind     Kind
	Day      day.Day
	Cases    int // of the set, each counted once
	Visits   int // of anybody, that day: a visit that began on it
	Expected float64
	// Score is minus the decimal logarithm of how likely so many cases, or more, would be there by chance if cases went where everybody goes: 3 means one in a thousand.
	Score float64
	// ByChance is how many places and days of the window would score as high by chance alone; what is above a few says nothing.
	ByChance float64
	Who      []int32 // which of the cases, rising
}

// leastShared is from how many cases on a shared place is told: fewer would tell who was where.
const leastShared = 3

// Shared finds the places where three or more of the cases were on one day, each in their own window, the least likely by chance first. Ask it with
// the days on which they may have been infected, to find the source. population is how many people the visits are of.
func (v *View) Shared(cases []Case, population int) []Shared {
	w := v.pool.Get().(*work)
	defer v.pool.Put(w)
	keys, first, last := w.keys[:0], int32(math.MaxInt32), int32(math.MinInt32)
	for _, c := range cases {
		if c.Window.To > c.Window.From {
			first, last = min(first, v.dayOf(c.Window.From)), max(last, v.dayOf(c.Window.To-1))
		}
	}
	from := v.at(first)
	placeDays := 0
	// Day by day and case by case: what is read for one case does not wait for another.
	for i := v.at(first - maxLate); i < len(v.days) && v.days[i].day <= last; i++ {
		d := &v.days[i]
		if i < from && d.late < int(first-d.day) {
			continue
		}
		begin := v.dayBegin(d.day)
		for _, s := range d.list {
			if i >= from {
				placeDays += len(s.places)
			}
			positions := w.counts[:0]
			owners := w.ring.steps[:0]
			for n, c := range cases {
				if int64(c.Window.To) <= begin || int64(c.Window.From) >= begin+int64(d.late+1)*secondsOfDay {
					continue
				}
				for lo, hi := s.visits(c.Person); lo < hi; lo++ {
					positions, owners = append(positions, s.position(lo)), append(owners, uint32(n))
				}
			}
			for j, position := range positions {
				n := owners[j]
				r := s.recs[position]
				a, b := max(begin+int64(r.start()), int64(cases[n].Window.From)), min(begin+int64(r.end()), int64(cases[n].Window.To))
				if a >= b {
					continue
				}
				place := s.places[s.rank(position)]
				for k := int32((a + int64(v.offset)) / secondsOfDay); k <= int32((b-1+int64(v.offset))/secondsOfDay); k++ {
					keys = append(keys, rankKey{uint64(k)<<32 | uint64(place), n})
				}
			}
			w.counts, w.ring.steps = positions, owners
		}
	}
	and, or := ^uint64(0), uint64(0)
	for _, k := range keys {
		and, or = and&k.key, or|k.key
	}
	keys, w.keys2 = sortKeys(keys, grow(w.keys2, len(keys)), and^or)
	w.keys = keys
	var out []Shared
	var who []int32
	for lo := 0; lo < len(keys); {
		hi := lo + 1
		for hi < len(keys) && keys[hi].key == keys[lo].key {
			hi++
		}
		if hi-lo >= leastShared {
			who = who[:0]
			for _, k := range keys[lo:hi] {
				who = append(who, int32(k.at))
			}
			slices.Sort(who)
			if who = slices.Compact(who); len(who) >= leastShared {
				out = append(out, v.score(Place(keys[lo].key), int32(keys[lo].key>>32), who, len(cases), population, placeDays))
			}
		}
		lo = hi
	}
	slices.SortFunc(out, func(x, y Shared) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(y.Cases, x.Cases), cmp.Compare(x.Day, y.Day), cmp.Compare(x.Place, y.Place))
	})
	return out
}

func (v *View) score(place Place, d int32, who []int32, cases, population, placeDays int) Shared {
	s := Shared{Place: place, Kind: v.kind(place), Day: epoch.Add(int(d)), Cases: len(who), Who: slices.Clone(who), Visits: v.visitsOn(place, d)}
	s.Expected = float64(cases) * float64(s.Visits) / float64(max(1, population))
	log := logTail(len(who), s.Expected)
	s.Score = -log / math.Ln10
	s.ByChance = float64(placeDays) * math.Exp(log)
	return s
}

// visitsOn counts the visits to a place that began on a day.
func (v *View) visitsOn(place Place, d int32) int {
	i := v.at(d)
	if i == len(v.days) || v.days[i].day != d {
		return 0
	}
	list := v.days[i].list
	if len(list) == 1 {
		lo, hi := list[0].group(place)
		return int(hi - lo)
	}
	var all []record
	for _, s := range list {
		lo, hi := s.group(place)
		all = append(all, s.recs[lo:hi]...)
	}
	slices.Sort(all)
	return len(slices.Compact(all))
}

// logTail is the natural logarithm of P(X >= k) for X Poisson with a mean. Above the mean the terms fall, so the first of them leads.
func logTail(k int, mean float64) float64 {
	if k <= 0 {
		return 0
	}
	if mean <= 0 {
		return math.Inf(-1)
	}
	if float64(k) <= mean {
		// One minus the lower part.
		term, sum := 1.0, 1.0
		if mean > 700 {
			return 0 // likely enough
		}
		for i := 1; i < k; i++ {
			term *= mean / float64(i)
			sum += term
		}
		return math.Log(max(1-math.Exp(math.Log(sum)-mean), 1e-300))
	}
	first, _ := math.Lgamma(float64(k) + 1)
	first = float64(k)*math.Log(mean) - mean - first
	term, sum := 1.0, 1.0
	for i := k + 1; term > 1e-17*sum; i++ {
		term *= mean / float64(i)
		sum += term
	}
	return min(0, first+math.Log(sum))
}
