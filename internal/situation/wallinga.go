package situation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// CaseROptions are the settings of [CaseR]. The zero value stands for the defaults.
type CaseROptions struct {
	Window      int // days put together in a row; at least 1; default 1
	Simulations int // transmission trees drawn for SD and interval; 0 to 10,000; default 0 (none)
}

// CaseRRow is the case reproduction number of the cases that fell ill in one window: how many others each of them infected.
type CaseRRow struct {
	R
	// Observed is the share of the infections by the window's last cases that can be in the data yet: the serial
	// interval's probability of ending by the last day of the series. Below about 0.95 the estimate is still too low and will rise.
	Observed float64 `json:"observed"`
}

// CaseR estimates the case reproduction number by Wallinga and Teunis 2004 (Am J Epidemiol 160:509). Each case is attributed to
// the earlier days' cases in proportion to the serial interval; the mean is the exact expectation. With opts.Simulations > 0, SD,
// Q025, Median and Q975 come from that many transmission trees drawn with rng (the same seed gives the same numbers);
// without, they are nil, and rng may be nil. Windows without a case have no value.
//
// As in the original method, and unlike Cauchemez et al. 2006, nothing corrects for infections that are still to come: see
// CaseRRow.Observed.
func CaseR(inc Incidence, si SI, opts CaseROptions, rng *rand.Rand) ([]CaseRRow, error) {
	if opts.Window == 0 {
		opts.Window = 1
	}
	switch {
	case opts.Window < 1:
		return nil, fmt.Errorf("estimate case reproduction number: window %d days must be at least 1: %w", opts.Window, ErrArgument)
	case opts.Simulations < 0 || opts.Simulations > 10_000:
		return nil, fmt.Errorf("estimate case reproduction number: %d simulations must be 0 to 10000: %w", opts.Simulations, ErrArgument)
	case opts.Simulations > 0 && rng == nil:
		return nil, fmt.Errorf("estimate case reproduction number: simulations need a random source: %w", ErrArgument)
	case si.IsZero():
		return nil, fmt.Errorf("estimate case reproduction number: no serial interval: %w", ErrArgument)
	}
	if err := inc.check(); err != nil {
		return nil, fmt.Errorf("estimate case reproduction number: %w", err)
	}
	n := inc.Len()
	total := make([]float64, n)
	for t := range n {
		total[t] = float64(inc.Total(t))
	}
	w := si.Weights(n)
	lambda := infectiousness(total, w)

	// offspring[s] is the expected number of cases infected by all cases of day s together.
	offspring := make([]float64, n)
	for t := range n {
		if total[t] == 0 || lambda[t] == 0 {
			continue
		}
		for k := 1; k <= t; k++ {
			offspring[t-k] += total[t] * total[t-k] * w[k] / lambda[t]
		}
	}
	var rows []CaseRRow
	for first := 0; first+opts.Window <= n; first++ {
		last := first + opts.Window - 1
		row := CaseRRow{R: inc.window(first, last), Observed: math.Min(1, sum(w[:n-last]))}
		if cases := sum(total[first : last+1]); cases > 0 {
			row.Mean = new(sum(offspring[first:last+1]) / cases)
		} else {
			row.Why = NoCases
		}
		rows = append(rows, row)
	}
	if opts.Simulations > 0 {
		simulateTrees(rows, total, w, opts, rng)
	}
	return rows, nil
}

// simulateTrees fills the spread of rows from drawn transmission trees.
func simulateTrees(rows []CaseRRow, total, w []float64, opts CaseROptions, rng *rand.Rand) {
	n := len(total)
	draws := make([][]float64, len(rows)) // per row, R of each tree
	for range opts.Simulations {
		children := make([]float64, n)
		for t := range n {
			drawInfectors(children, total, w, t, rng)
		}
		for i := range rows {
			if rows[i].Mean == nil {
				continue
			}
			first, last := rows[i].Start-1, rows[i].End-1
			draws[i] = append(draws[i], sum(children[first:last+1])/sum(total[first:last+1]))
		}
	}
	for i, d := range draws {
		if len(d) == 0 {
			continue
		}
		slices.Sort(d)
		rows[i].Q025 = new(quantile(d, 0.025))
		rows[i].Median = new(quantile(d, 0.5))
		rows[i].Q975 = new(quantile(d, 0.975))
		if len(d) > 1 {
			rows[i].SD = new(sampleSD(d))
		}
	}
}

// drawInfectors adds, to the days of their infectors, the cases of day t. A day's cases are spread over the earlier days by one
// multinomial draw (as successive binomials), so a day of ten thousand cases costs no more than a day of ten.
func drawInfectors(children, total, w []float64, t int, rng *rand.Rand) {
	left := total[t]
	if left == 0 {
		return
	}
	mass := 0.0
	for k := 1; k <= t; k++ {
		mass += total[t-k] * w[k]
	}
	for k := 1; k <= t && left > 0 && mass > 0; k++ {
		p := total[t-k] * w[k]
		if p == 0 {
			continue
		}
		drawn := left // the last day that is possible takes what is left
		if share := p / mass; share < 1-1e-12 {
			drawn = distuv.Binomial{N: left, P: share, Src: rng}.Rand()
		}
		children[t-k] += drawn
		left -= drawn
		mass -= p
	}
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

// quantile interpolates between the order statistics of sorted values (type 7 of Hyndman and Fan 1996, the default of R).
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

func sampleSD(v []float64) float64 {
	mean := sum(v) / float64(len(v))
	ss := 0.0
	for _, x := range v {
		ss += (x - mean) * (x - mean)
	}
	return math.Sqrt(ss / float64(len(v)-1))
}
