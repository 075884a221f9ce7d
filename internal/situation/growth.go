package situation

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"firebreak/internal/day"
)

// GrowthOptions are the settings of [Growth]. The zero value stands for the defaults.
type GrowthOptions struct {
	First, Last int     // days of the series to fit, 1 = first; default: all
	Level       float64 // of the confidence intervals, between 0 and 1; default 0.95
	SI          SI      // if set, R is derived from the growth rate
}

// GrowthRate is the result of [Growth]. Times are in days. Doubling is nil while cases fall, Halving while they rise; an end of
// an interval is nil where it is infinite (the growth rate's interval reaches across 0).
type GrowthRate struct {
	First    int     `json:"first"` // days of the series that were fitted, 1 = first
	Last     int     `json:"last"`
	FirstDay day.Day `json:"first_date,omitzero"` // their dates, if the series is dated
	LastDay  day.Day `json:"last_date,omitzero"`
	Cases    int     `json:"cases"`

	StartCases float64  `json:"start_cases"` // fitted number of cases on the first day; 0 where Rate is nil
	Rate       *float64 `json:"rate"`        // per day; nil where too few days or cases say anything
	Low        *float64 `json:"low"`         // confidence interval of Rate
	High       *float64 `json:"high"`
	Doubling   *Time    `json:"doubling"`
	Halving    *Time    `json:"halving"`
	Dispersion *float64 `json:"dispersion"` // Pearson's chi-square over its degrees of freedom: about 1 if the counts scatter as Poisson's do

	R     *float64 `json:"r"` // reproduction number of the growth rate; nil without a serial interval
	RLow  *float64 `json:"r_low"`
	RHigh *float64 `json:"r_high"`
}

// Time is a doubling or halving time in days with its interval; a nil end is infinite.
type Time struct {
	Days float64  `json:"days"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// Growth fits cases on day t as Poisson with mean exp(a + r t) by maximum likelihood (Newton's method) and returns the growth rate r,
// its Wald interval, and what follows from it. Where the counts scatter more than Poisson's (Dispersion > 1), the
// interval is widened by the root of the dispersion (quasi-Poisson), so that a ragged curve does not look certain. R follows
// by Wallinga and Lipsitch 2007 (Proc R Soc B 274:599): 1 / sum of w(k) exp(-r k) over the serial interval w.
//
// At least 3 days and 2 different days with cases are needed; else Rate is nil.
func Growth(inc Incidence, opts GrowthOptions) (GrowthRate, error) {
	if opts.First == 0 {
		opts.First = 1
	}
	if opts.Last == 0 {
		opts.Last = inc.Len()
	}
	if opts.Level == 0 {
		opts.Level = 0.95
	}
	if !(opts.Level > 0 && opts.Level < 1) {
		return GrowthRate{}, fmt.Errorf("fit growth: level %v must be between 0 and 1: %w", opts.Level, ErrArgument)
	}
	if opts.First < 1 || opts.Last > inc.Len() || opts.First > opts.Last+1 {
		return GrowthRate{}, fmt.Errorf("fit growth: days %d to %d are not within the %d days of the series: %w", opts.First, opts.Last, inc.Len(), ErrArgument)
	}
	if err := inc.check(); err != nil {
		return GrowthRate{}, fmt.Errorf("fit growth: %w", err)
	}
	g := GrowthRate{First: opts.First, Last: opts.Last, FirstDay: inc.Day(opts.First - 1), LastDay: inc.Day(opts.Last - 1)}
	y := make([]float64, 0, opts.Last-opts.First+1)
	daysWithCases := 0
	for t := opts.First - 1; t < opts.Last; t++ {
		n := inc.Total(t)
		g.Cases += n
		y = append(y, float64(n))
		if n > 0 {
			daysWithCases++
		}
	}
	if len(y) < 3 || daysWithCases < 2 {
		return g, nil
	}
	fit, ok := fitLogLinear(y)
	if !ok {
		return g, nil
	}
	g.StartCases = math.Exp(fit.a)
	g.Dispersion = new(fit.dispersion)
	z := distuv.UnitNormal.Quantile(0.5 + opts.Level/2)
	half := z * fit.se * math.Sqrt(math.Max(1, fit.dispersion))
	low, high := fit.r-half, fit.r+half
	g.Rate, g.Low, g.High = new(fit.r), new(low), new(high)
	switch {
	case fit.r > 0:
		g.Doubling = timeOf(fit.r, low, high)
	case fit.r < 0:
		g.Halving = timeOf(-fit.r, -high, -low)
	}
	if !opts.SI.IsZero() {
		g.R, g.RLow, g.RHigh = new(rOf(fit.r, opts.SI)), new(rOf(low, opts.SI)), new(rOf(high, opts.SI))
	}
	return g, nil
}

// timeOf turns a positive rate and its interval into the time in which cases double (or halve).
func timeOf(rate, low, high float64) *Time {
	t := &Time{Days: math.Ln2 / rate, Low: new(math.Ln2 / high)}
	if low > 0 {
		t.High = new(math.Ln2 / low)
	}
	return t
}

// rOf is the reproduction number of a growth rate.
func rOf(rate float64, si SI) float64 {
	// Far beyond the mean the weights vanish; the reach is long enough that the rest is below rounding for a falling epidemic too.
	n := len(si.given)
	if si.given == nil {
		n = int(si.mean+40*si.sd) + 2
	}
	denominator := 0.0
	for k, v := range si.Weights(n) {
		if v > 0 {
			denominator += v * math.Exp(-rate*float64(k))
		}
	}
	return 1 / denominator
}

type logLinear struct{ a, r, se, dispersion float64 }

// fitLogLinear maximises the Poisson likelihood of log mean = a + r t. The intercept is profiled out (the fitted total always
// equals the observed total), which leaves one monotone equation for r.
func fitLogLinear(y []float64) (logLinear, bool) {
	total, moment := 0.0, 0.0
	for t, v := range y {
		total += v
		moment += v * float64(t)
	}
	target := moment / total // the fit's mean day must be the observed mean day
	// The fitted mean day rises with r, so the root is bracketed; a Newton step that leaves the bracket is replaced by halving it.
	const limit = 50
	low, high, r := -float64(limit), float64(limit), 0.0
	for range 200 {
		mean, variance, _ := tilted(len(y), r)
		if mean < target {
			low = r
		} else {
			high = r
		}
		next := r + (target-mean)/variance
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		done := math.Abs(next-r) <= 1e-15*(1+math.Abs(r))
		r = next
		if done {
			break
		}
	}
	if math.Abs(r) > limit-1 {
		return logLinear{}, false // all cases on an end day: the rate runs off to infinity
	}
	_, variance, logSum := tilted(len(y), r)
	f := logLinear{a: math.Log(total) - logSum, r: r, se: 1 / math.Sqrt(total*variance)}
	chi2 := 0.0
	for t, v := range y {
		mu := math.Exp(f.a + r*float64(t))
		if mu > 0 {
			chi2 += (v - mu) * (v - mu) / mu
		}
	}
	f.dispersion = chi2 / float64(len(y)-2)
	return f, true
}

// tilted returns mean and variance of the day under weights exp(r t), t = 0 .. n-1, and the logarithm of their sum.
func tilted(n int, r float64) (mean, variance, logSum float64) {
	top := math.Max(0, r*float64(n-1))
	var s0, s1, s2 float64
	for t := range n {
		x := float64(t)
		e := math.Exp(r*x - top)
		s0 += e
		s1 += e * x
		s2 += e * x * x
	}
	mean = s1 / s0
	return mean, math.Max(s2/s0-mean*mean, 1e-300), top + math.Log(s0)
}
