package forecast

import (
	"math"

	"firebreak/internal/day"
)

// Happened is what a day really brought.
type Happened struct {
	Day       day.Day
	Found     int
	Community int
	Settled   bool // it is known of all of them where they were found
}

// Scored is how one quantity of a forecast has done so far.
type Scored struct {
	Quantity Quantity `json:"quantity"`
	Days     int      `json:"days"`     // that have happened
	Inside50 int      `json:"inside50"` // of these, days whose number lay in the range of half of the courses
	Inside90 int      `json:"inside90"` // and of 9 in 10
	// Interval50 and Interval90 are mean interval scores: the width of the range, and for a number outside how far it was, times 2/(1-level). Less is better. Nil without a day.
	Interval50 *float64 `json:"interval50"`
	Interval90 *float64 `json:"interval90"`
	// Absolute is the mean distance from the median.
	Absolute *float64    `json:"absolute"`
	Each     []ScoredDay `json:"each"`
}

// ScoredDay is one day of it.
type ScoredDay struct {
	Day      day.Day `json:"day"`
	Happened int     `json:"happened"`
	Range    Range   `json:"range"`
}

// Score is how a forecast has done so far, under one of its policies.
type Score struct {
	Variant string   `json:"variant"`
	Scored  []Scored `json:"scored"`
	// ZeroOn is how many days after AsOf the last one was found outside isolation: nil while fewer than Quiet days have passed since.
	ZeroOn     *int  `json:"zero_on"`
	ZeroInside *bool `json:"zero_inside"` // whether that lies in the range of 9 in 10
}

// IntervalScore is that of a range from low to high at a level, 0.9 say, where x happened: its width, and a penalty for what lies outside (Gneiting and Raftery 2007, J Am Stat Assoc 102:359).
func IntervalScore(low, high, level, x float64) float64 {
	s := high - low
	switch {
	case x < low:
		s += 2 / (1 - level) * (low - x)
	case x > high:
		s += 2 / (1 - level) * (x - high)
	}
	return s
}

// ScoreOf holds what happened against a forecast, day by day. Days that have not ended yet must not be among them; those before From and after its end are left out.
func ScoreOf(f *Forecast, variant string, happened []Happened) (Score, bool) {
	for i := range f.Variants {
		if f.Variants[i].Key == variant {
			return scoreOf(f, &f.Variants[i], happened), true
		}
	}
	return Score{}, false
}

func scoreOf(f *Forecast, v *Variant, happened []Happened) Score {
	out := Score{Variant: v.Key}
	seen, last, settled := 0, 0, true
	for _, q := range []Quantity{Found, Community} {
		s := v.Of(q)
		x := Scored{Quantity: q, Each: []ScoredDay{}}
		sum50, sum90, away := 0.0, 0.0, 0.0
		for _, h := range happened {
			k := h.Day.Sub(f.From)
			if k < 0 || k >= len(s.Days) || q == Community && !h.Settled {
				continue
			}
			n, r := h.Found, s.Days[k]
			if q == Community {
				n = h.Community
			}
			at := float64(n)
			x.Days++
			if at >= r.Low50 && at <= r.High50 {
				x.Inside50++
			}
			if at >= r.Low90 && at <= r.High90 {
				x.Inside90++
			}
			sum50 += IntervalScore(r.Low50, r.High50, 0.5, at)
			sum90 += IntervalScore(r.Low90, r.High90, 0.9, at)
			away += math.Abs(at - r.Median)
			x.Each = append(x.Each, ScoredDay{h.Day, n, r})
		}
		if x.Days > 0 {
			n := float64(x.Days)
			x.Interval50, x.Interval90, x.Absolute = new(sum50/n), new(sum90/n), new(away/n)
		}
		out.Scored = append(out.Scored, x)
	}
	for _, h := range happened {
		k := h.Day.Sub(f.From)
		if k < 0 {
			continue
		}
		seen = max(seen, k+1)
		settled = settled && h.Settled
		if h.Community > 0 {
			last = max(last, k+1)
		}
	}
	if settled && seen >= last+Quiet && last <= f.Length-Quiet {
		z := &v.Zero
		inside := (z.Low90 != nil && last >= *z.Low90) && (z.High90 == nil || last <= *z.High90)
		out.ZeroOn, out.ZeroInside = &last, &inside
	}
	return out
}
