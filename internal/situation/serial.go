package situation

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// SI is the distribution of the serial interval in whole days: the time from the onset of a case to the onset of the cases
// that it infects. Build it with [SIFromMoments], [SIFromWeights] or [ParseSI]; the zero SI is refused by every estimator.
type SI struct {
	mean, sd float64
	given    []float64 // nil for a parametric SI
}

// maxWeightSumError is how far given weights may be from adding up to 1; EpiEstim allows the same.
const maxWeightSumError = 0.01

// SIFromMoments returns a serial interval that is a gamma distribution shifted by one day, with the given mean (> 1) and
// standard deviation (> 0), both in days, made discrete as in the supplement of Cori et al. 2013 (EpiEstim's "parametric_si").
func SIFromMoments(mean, sd float64) (SI, error) {
	if !(mean > 1) || math.IsInf(mean, 0) {
		return SI{}, fmt.Errorf("serial interval: mean %v days must be above 1 (the gamma is shifted by one day): %w", mean, ErrArgument)
	}
	if !(sd > 0) || math.IsInf(sd, 0) {
		return SI{}, fmt.Errorf("serial interval: standard deviation %v days must be above 0: %w", sd, ErrArgument)
	}
	return SI{mean: mean, sd: sd}, nil
}

// SIFromWeights returns a serial interval given by the probabilities of 0, 1, 2 ... days (EpiEstim's "non_parametric_si").
// The first must be 0 (nobody falls ill on the same day as who infected them), none negative, and they must add up to 1
// within 0.01; they are used as they are, not rescaled.
func SIFromWeights(w []float64) (SI, error) {
	sum := 0.0
	for k, v := range w {
		if !(v >= 0) || math.IsInf(v, 0) {
			return SI{}, fmt.Errorf("serial interval: weight %d is %v, must be a number of at least 0: %w", k, v, ErrArgument)
		}
		sum += v
	}
	if len(w) < 2 || w[0] != 0 {
		return SI{}, fmt.Errorf("serial interval: weights must begin with 0 for day 0 and go on for at least a day: %w", ErrArgument)
	}
	if math.Abs(sum-1) > maxWeightSumError {
		return SI{}, fmt.Errorf("serial interval: weights add up to %.4g, must be 1: %w", sum, ErrArgument)
	}
	return SI{given: append([]float64(nil), w...)}, nil
}

// ParseSI reads weights written as "w0,w1,w2,...".
func ParseSI(text string) (SI, error) {
	parts := strings.Split(text, ",")
	w := make([]float64, len(parts))
	for k, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return SI{}, fmt.Errorf("serial interval: weight %d %q is not a number: %w", k, p, ErrArgument)
		}
		w[k] = v
	}
	return SIFromWeights(w)
}

// IsZero says that no distribution was set.
func (s SI) IsZero() bool { return s.given == nil && s.mean == 0 }

// Weights returns the probabilities of 0 .. n-1 days. What lies beyond n-1 days is left out, not piled up on the last.
func (s SI) Weights(n int) []float64 {
	w := make([]float64, max(n, 0))
	if s.given != nil {
		copy(w, s.given)
		return w
	}
	if s.IsZero() {
		return w
	}
	// With X gamma of mean m = mean-1 and F its distribution function, the day-to-day average of the shifted
	// density is w_k = k F(k) + (k-2) F(k-2) - 2(k-1) F(k-1) + m (2 G(k-1) - G(k-2) - G(k)), where G is the
	// gamma distribution function with the shape raised by one (Cori et al. 2013, web appendix 11).
	m := s.mean - 1
	shape, rate := m*m/(s.sd*s.sd), m/(s.sd*s.sd)
	f := distuv.Gamma{Alpha: shape, Beta: rate}
	g := distuv.Gamma{Alpha: shape + 1, Beta: rate}
	cdf := func(d distuv.Gamma, k int) float64 {
		if k <= 0 {
			return 0
		}
		return d.CDF(float64(k))
	}
	for k := range w {
		x := float64(k)
		v := x*cdf(f, k) + (x-2)*cdf(f, k-2) - 2*(x-1)*cdf(f, k-1) +
			m*(2*cdf(g, k-1)-cdf(g, k-2)-cdf(g, k))
		w[k] = math.Max(0, v) // cancellation can leave a tail weight at -1e-16
	}
	return w
}

// weightedMean is the mean of the days under weights that may add up to less than 1.
func weightedMean(w []float64) float64 {
	sum := 0.0
	for k, v := range w {
		sum += float64(k) * v
	}
	return sum
}
