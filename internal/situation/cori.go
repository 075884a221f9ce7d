package situation

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"firebreak/internal/day"
)

// CoriOptions are the settings of [Cori]. The zero value stands for the defaults.
type CoriOptions struct {
	Window    int     // length of the sliding window, days; at least 1; default 7
	PriorMean float64 // mean of the gamma prior of R; above 0; default 5
	PriorSD   float64 // its standard deviation; above 0; default 5
}

func (o CoriOptions) withDefaults() (CoriOptions, error) {
	if o.Window == 0 {
		o.Window = 7
	}
	if o.PriorMean == 0 {
		o.PriorMean = 5
	}
	if o.PriorSD == 0 {
		o.PriorSD = 5
	}
	if o.Window < 1 {
		return o, fmt.Errorf("window %d days must be at least 1: %w", o.Window, ErrArgument)
	}
	if !(o.PriorMean > 0) || math.IsInf(o.PriorMean, 0) {
		return o, fmt.Errorf("prior mean %v must be above 0: %w", o.PriorMean, ErrArgument)
	}
	if !(o.PriorSD > 0) || math.IsInf(o.PriorSD, 0) {
		return o, fmt.Errorf("prior standard deviation %v must be above 0: %w", o.PriorSD, ErrArgument)
	}
	return o, nil
}

// R is the reproduction number of one window of days. All numbers are nil together where R has no value; Why says why.
type R struct {
	Start    int     `json:"start"` // first day of the window, 1 = first day of the series
	End      int     `json:"end"`   // last day of the window
	StartDay day.Day `json:"start_date,omitzero"`
	EndDay   day.Day `json:"end_date,omitzero"`

	Mean   *float64 `json:"mean"`
	SD     *float64 `json:"sd"`
	Q025   *float64 `json:"q025"`
	Median *float64 `json:"median"`
	Q975   *float64 `json:"q975"`

	Why NoValue `json:"why,omitempty"`
}

// NoValue is the reason why a window has no reproduction number; empty if it has one.
type NoValue string

// The reasons why R has no value.
const (
	TooEarly         NoValue = "the window ends before one mean serial interval has passed"
	NoInfectiousness NoValue = "no earlier case could have infected anyone in the window"
	NoCases          NoValue = "no case fell ill in the window"
)

// Cori estimates the instantaneous reproduction number by Cori et al. 2013 (Am J Epidemiol 178:1505), as EpiEstim's
// estimate_R does with methods "parametric_si" and "non_parametric_si": one row for each window of consecutive days,
// the first window starting on day 2. With a gamma prior of shape a and scale b, the posterior of R in a window is gamma of
// shape a + local cases and scale 1/(1/b + total infectiousness), where the infectiousness of a day is the sum of
// all earlier cases weighted by the serial interval. All cases of the first day count as imported.
//
// R has no value (nil) in windows that end before one mean serial interval has passed, as in EpiEstim, and also in those
// with no infectiousness at all, where EpiEstim would give back the prior. A series shorter than window+1 days has no rows.
func Cori(inc Incidence, si SI, opts CoriOptions) ([]R, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("estimate Rt: %w", err)
	}
	if si.IsZero() {
		return nil, fmt.Errorf("estimate Rt: no serial interval: %w", ErrArgument)
	}
	if err := inc.check(); err != nil {
		return nil, fmt.Errorf("estimate Rt: %w", err)
	}
	n := inc.Len()
	w := si.Weights(n)
	// EpiEstim compares with the mean of the weights that fit the series, not with the nominal one.
	tooEarly := weightedMean(w)
	if si.given != nil {
		tooEarly = weightedMean(si.given)
	}
	total := make([]float64, n)
	for t := range n {
		total[t] = float64(inc.Total(t))
	}
	lambda := infectiousness(total, w)

	shape0 := (opts.PriorMean / opts.PriorSD) * (opts.PriorMean / opts.PriorSD)
	rate0 := opts.PriorMean / (opts.PriorSD * opts.PriorSD)

	rows := make([]R, 0, max(0, n-opts.Window))
	for first := 1; first+opts.Window <= n; first++ {
		last := first + opts.Window - 1
		row := inc.window(first, last)
		local, infectious := 0.0, 0.0
		for t := first; t <= last; t++ {
			local += float64(inc.Local[t])
			infectious += lambda[t]
		}
		switch {
		case !(float64(row.End) > tooEarly):
			row.Why = TooEarly
		case infectious == 0:
			row.Why = NoInfectiousness
		default:
			row.setGamma(shape0+local, rate0+infectious)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// infectiousness returns, for each day, the sum of all earlier days' cases weighted by the serial interval.
func infectiousness(total, w []float64) []float64 {
	lambda := make([]float64, len(total))
	// The tail of a long series of weights is zero: skipping it keeps years of days cheap.
	reach := len(w)
	for reach > 0 && w[reach-1] == 0 {
		reach--
	}
	for t := range total {
		for k := 1; k <= t && k < reach; k++ {
			lambda[t] += total[t-k] * w[k]
		}
	}
	return lambda
}

func (r *R) setGamma(shape, rate float64) {
	g := distuv.Gamma{Alpha: shape, Beta: rate}
	r.Mean = new(shape / rate)
	r.SD = new(math.Sqrt(shape) / rate)
	r.Q025 = new(g.Quantile(0.025))
	r.Median = new(g.Quantile(0.5))
	r.Q975 = new(g.Quantile(0.975))
}
