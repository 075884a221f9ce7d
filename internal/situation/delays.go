package situation

import (
	"iter"
	"maps"
	"math"
	"slices"

	"firebreak/internal/day"
)

// Delay is the distribution of the days between two events. The numbers are nil where n is too small for them.
type Delay struct {
	N        int `json:"n"`        // pairs with both days known
	Unknown  int `json:"unknown"`  // pairs with a day unknown: not in N
	Negative int `json:"negative"` // of N, those whose second event came first: included, look at them

	Mean   *float64 `json:"mean"`
	SD     *float64 `json:"sd"` // of the sample (n-1); needs two pairs
	Min    *float64 `json:"min"`
	Q1     *float64 `json:"q1"` // quartiles interpolate between order statistics (Hyndman and Fan type 7)
	Median *float64 `json:"median"`
	Q3     *float64 `json:"q3"`
	Max    *float64 `json:"max"`
}

// DelayBetween measures the delay from one day of the cases to another, onset to report, say. Where fewer days are yet known
// than cases exist (an outbreak still going on), short delays are over-represented: see [NowcastOf].
func DelayBetween(cases []Case, from, to Date) Delay {
	return DelayOf(func(yield func(from, to day.Day) bool) {
		for i := range cases {
			if !yield(cases[i].On(from), cases[i].On(to)) {
				return
			}
		}
	})
}

// SerialInterval measures the time from an infector's onset to that of each person infected, over the given directed
// links. Links to cases not on the list are unknown.
func SerialInterval(links []Link, onset []day.Day) Delay {
	at := func(i int32) day.Day {
		if i < 0 || int(i) >= len(onset) {
			return 0
		}
		return onset[i]
	}
	return DelayOf(func(yield func(from, to day.Day) bool) {
		for _, l := range links {
			if !yield(at(l.From), at(l.To)) {
				return
			}
		}
	})
}

// DelayOf measures the delay over pairs of days.
func DelayOf(pairs iter.Seq2[day.Day, day.Day]) Delay {
	var d Delay
	counts := map[int]int{}
	for from, to := range pairs {
		n, ok := day.Between(from, to)
		if !ok {
			d.Unknown++
			continue
		}
		counts[n]++
		d.N++
		if n < 0 {
			d.Negative++
		}
	}
	if d.N == 0 {
		return d
	}
	values := slices.Sorted(maps.Keys(counts))
	total := 0.0
	for _, v := range values {
		total += float64(v) * float64(counts[v])
	}
	mean := total / float64(d.N)
	d.Mean = new(mean)
	if d.N > 1 {
		ss := 0.0
		for _, v := range values {
			ss += float64(counts[v]) * (float64(v) - mean) * (float64(v) - mean)
		}
		d.SD = new(math.Sqrt(ss / float64(d.N-1)))
	}
	at := func(rank int) float64 { // the rank-th smallest, from 0
		for _, v := range values {
			if rank < counts[v] {
				return float64(v)
			}
			rank -= counts[v]
		}
		return float64(values[len(values)-1])
	}
	q := func(p float64) *float64 {
		h := p * float64(d.N-1)
		i := int(h)
		low := at(i)
		return new(low + (h-float64(i))*(at(min(i+1, d.N-1))-low))
	}
	d.Min, d.Q1, d.Median, d.Q3, d.Max = q(0), q(0.25), q(0.5), q(0.75), q(1)
	return d
}
