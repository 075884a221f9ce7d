package situation

import (
	"fmt"
	"iter"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"firebreak/internal/day"
)

// NowcastOptions are the settings of [NowcastOf]. The zero value stands for the defaults.
type NowcastOptions struct {
	MaxDelay int     // delay after which a day counts as fully reported, days; 1 to 365; default 30
	Window   int     // how many last days of reports the delays are learnt from; at least 1; default 21
	Level    float64 // of the intervals, between 0 and 1; default 0.95
	Complete float64 // share reported from which a day counts as complete, between 0 and 1; default 0.95
}

// Nowcast is the estimate of how many cases have fallen ill, those not yet reported included.
type Nowcast struct {
	AsOf           day.Day      `json:"as_of"`
	IncompleteFrom day.Day      `json:"incomplete_from,omitzero"` // first day that is not yet complete; zero if all are
	Pairs          int          `json:"pairs"`                    // cases that the delays were learnt from
	Reported       []float64    `json:"reported"`                 // share reported after 0, 1, ... days; nil if nothing could be learnt
	Days           []NowcastDay `json:"days"`                     // the last MaxDelay+1 days up to AsOf
}

// NowcastDay is one day of onset.
type NowcastDay struct {
	Day        day.Day `json:"day"`
	Observed   int     `json:"observed"` // reported by AsOf
	Share      float64 `json:"share"`    // expected share of the day's cases that is reported by AsOf
	Estimate   float64 `json:"estimate"` // expected number, never below Observed
	Low        int     `json:"low"`
	High       int     `json:"high"`
	Incomplete bool    `json:"incomplete"`
}

// priorShape is how many cases the recent level weighs as against a day's own count. It keeps the estimate of today, when
// almost nothing is reported, from being one case divided by a tiny share.
const priorShape = 2

// NowcastOf estimates, from pairs of onset and report day, the number of cases by day of onset that will have been reported in
// the end. Reports after asOf are left out, so the past can be nowcast again from today's list to see how good it was.
//
//  1. The share reported after d days comes from the reverse-time hazards (Kalbfleisch and Lawless 1991, Stat Sinica 1:19;
//     Lawless 1994, Can J Stat 22:15): g(d) = cases reported with delay d / cases of the same onset days with delay at most d,
//     over the reports of the last Window days; F(d) = product over x > d of 1 - g(x). Unlike the raw distribution of delays this is
//     not biased towards short delays while the outbreak goes on, and unlike one from all of its past it follows a change in speed.
//  2. A day's rate has a gamma prior centred on the level of the latest days of which at least half is reported, with the weight of
//     two cases. Given the reported number, the number still to come is then negative binomial.
//  3. The interval averages that distribution over the uncertainty of F (log-normal, with Greenwood's variance).
//
// It assumes that reporting keeps the speed of the last Window days; a weekend's pause is not modelled. Without a single pair, the days
// come back as observed and all as incomplete.
func NowcastOf(pairs iter.Seq2[day.Day, day.Day], asOf day.Day, opts NowcastOptions) (Nowcast, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return Nowcast{}, fmt.Errorf("nowcast: %w", err)
	}
	if asOf.IsZero() {
		return Nowcast{}, fmt.Errorf("nowcast: the day as of which to estimate is unknown: %w", ErrArgument)
	}
	// triangle[a][d] counts the cases that fell ill a days before asOf and were reported d days later.
	ages := opts.MaxDelay + opts.Window
	triangle := make([][]int, ages+1)
	for a := range triangle {
		triangle[a] = make([]int, opts.MaxDelay+1)
	}
	for onset, report := range pairs {
		if onset.IsZero() || report.IsZero() || onset > asOf || report > asOf {
			continue
		}
		age := asOf.Sub(onset)
		if age > ages {
			continue
		}
		// A report before onset (found as a contact) is there from the start; one after MaxDelay is a straggler.
		triangle[age][min(max(report.Sub(onset), 0), opts.MaxDelay)]++
	}
	nc := Nowcast{AsOf: asOf}
	share, logVar := nc.learn(triangle, opts)
	nc.estimate(triangle, share, logVar, opts)
	return nc, nil
}

func (o NowcastOptions) withDefaults() (NowcastOptions, error) {
	if o.MaxDelay == 0 {
		o.MaxDelay = 30
	}
	if o.Window == 0 {
		o.Window = 21
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if o.Complete == 0 {
		o.Complete = 0.95
	}
	switch {
	case o.MaxDelay < 1 || o.MaxDelay > 365:
		return o, fmt.Errorf("longest delay %d days must be 1 to 365: %w", o.MaxDelay, ErrArgument)
	case o.Window < 1 || o.Window > 3650:
		return o, fmt.Errorf("window %d days must be 1 to 3650: %w", o.Window, ErrArgument)
	case !(o.Level > 0 && o.Level < 1):
		return o, fmt.Errorf("level %v must be between 0 and 1: %w", o.Level, ErrArgument)
	case !(o.Complete > 0 && o.Complete < 1):
		return o, fmt.Errorf("complete share %v must be between 0 and 1: %w", o.Complete, ErrArgument)
	}
	return o, nil
}

// learn fits the reverse-time hazards and returns, per delay, the share reported and the variance of its logarithm.
func (nc *Nowcast) learn(triangle [][]int, opts NowcastOptions) (share, logVar []float64) {
	share = make([]float64, opts.MaxDelay+1)
	logVar = make([]float64, opts.MaxDelay+1)
	product, variance := 1.0, 0.0
	for d := opts.MaxDelay; d >= 0; d-- {
		share[d], logVar[d] = product, variance
		// Reports of the last Window days with delay d belong to onsets d to d+Window-1 days ago.
		with, upTo := 0, 0
		for a := d; a < d+opts.Window; a++ {
			with += triangle[a][d]
			for x := 0; x <= d; x++ {
				upTo += triangle[a][x]
			}
		}
		nc.Pairs += with
		if with == 0 || d == 0 {
			continue
		}
		g := float64(with) / float64(upTo)
		if with == upTo {
			g = float64(upTo) / float64(upTo+1) // else nothing shorter could ever be reported
		}
		product *= 1 - g
		variance += g / (float64(upTo) * (1 - g))
	}
	if nc.Pairs > 0 {
		nc.Reported = share
	}
	return share, logVar
}

func (nc *Nowcast) estimate(triangle [][]int, share, logVar []float64, opts NowcastOptions) {
	observed := make([]int, opts.MaxDelay+1) // by age
	for a := range observed {
		for _, n := range triangle[a] {
			observed[a] += n
		}
	}
	level := recentLevel(observed, share)
	tail := (1 - opts.Level) / 2
	for a := opts.MaxDelay; a >= 0; a-- {
		d := NowcastDay{Day: nc.AsOf.Add(-a), Observed: observed[a], Share: share[a]}
		d.Incomplete = nc.Pairs == 0 || share[a] < opts.Complete
		d.Estimate, d.Low, d.High = float64(d.Observed), d.Observed, d.Observed
		if nc.Pairs > 0 && share[a] < 1 {
			u := unreported{observed: float64(observed[a]), level: level, share: share[a], logSD: math.Sqrt(logVar[a])}
			d.Estimate += u.mean()
			d.Low += u.quantile(tail)
			d.High += u.quantile(1 - tail)
		}
		if d.Incomplete && nc.IncompleteFrom.IsZero() {
			nc.IncompleteFrom = d.Day
		}
		nc.Days = append(nc.Days, d)
	}
}

// recentLevel is the mean daily number over the up to seven latest days of which at least half is reported; over all days if
// there is no such day. Half a case is added so that a quiet week is not taken for certain zero.
func recentLevel(observed []int, share []float64) float64 {
	cases, weight, used := 0.5, 0.0, 0
	for a := range observed {
		if share[a] < 0.5 || used == 7 {
			continue
		}
		cases += float64(observed[a])
		weight += share[a]
		used++
	}
	return cases / math.Max(weight, 0.5)
}

// unreported is the predictive distribution of the number of a day's cases still to be reported.
type unreported struct{ observed, level, share, logSD float64 }

// shareNodes is how many equally likely values of the share the predictive distribution is averaged over.
const shareNodes = 25

func (u unreported) shares() [shareNodes]float64 {
	var f [shareNodes]float64
	for j := range f {
		z := distuv.UnitNormal.Quantile((float64(j) + 0.5) / shareNodes)
		f[j] = math.Min(1, u.share*math.Exp(z*u.logSD))
	}
	return f
}

func (u unreported) mean() float64 {
	rate := priorShape / u.level
	return (priorShape + u.observed) * (1 - u.share) / (rate + u.share)
}

// cdf is the probability of at most k: negative binomial with shape priorShape + observed, averaged over the share.
func (u unreported) cdf(k int, shares [shareNodes]float64) float64 {
	rate := priorShape / u.level
	p := 0.0
	for _, f := range shares {
		if f >= 1 {
			p++
			continue
		}
		p += mathext.RegIncBeta(priorShape+u.observed, float64(k)+1, (rate+f)/(rate+1))
	}
	return p / shareNodes
}

// quantile is the smallest k with cdf(k) >= p.
func (u unreported) quantile(p float64) int {
	const most = 1 << 30
	shares := u.shares()
	if u.cdf(0, shares) >= p {
		return 0
	}
	low, high := 0, 1
	for high < most && u.cdf(high, shares) < p {
		low, high = high, high*2
	}
	for high-low > 1 {
		mid := low + (high-low)/2
		if u.cdf(mid, shares) >= p {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// OnsetToReport goes through the cases as pairs for [NowcastOf].
func OnsetToReport(cases []Case) iter.Seq2[day.Day, day.Day] {
	return func(yield func(onset, report day.Day) bool) {
		for i := range cases {
			if !yield(cases[i].Onset, cases[i].Report) {
				return
			}
		}
	}
}
