package lab

import (
	"errors"
	"fmt"
)

// BoxID names a box of tubes.
type BoxID int64

// LaboratoryID names a laboratory.
type LaboratoryID int64

// TubeResult is what became of a tube at the laboratory; empty while it is awaited.
type TubeResult string

// The results of a tube. All but negative and positive mean that everybody in it is sampled again.
const (
	TubeAwaited      TubeResult = ""
	TubeNegative     TubeResult = "negative"
	TubePositive     TubeResult = "positive"
	TubeInconclusive TubeResult = "inconclusive" // examined, with no clear answer
	TubeInvalid      TubeResult = "invalid"      // could not be examined
	TubeLost         TubeResult = "lost"         // never came, or cannot be found
	TubeLeaked       TubeResult = "leaked"       // came empty or broken
)

// TubeResults returns every result that a laboratory reports, in the order in which screens show them.
func TubeResults() []TubeResult {
	return []TubeResult{TubeNegative, TubePositive, TubeInconclusive, TubeInvalid, TubeLost, TubeLeaked}
}

// ErrTubeResult is wrapped by ParseTubeResult.
var ErrTubeResult = errors.New("result is negative, positive, inconclusive, invalid, lost or leaked")

// ParseTubeResult reads the stored word.
func ParseTubeResult(s string) (TubeResult, error) {
	for _, v := range TubeResults() {
		if string(v) == s {
			return v, nil
		}
	}
	return "", fmt.Errorf("result %q: %w", s, ErrTubeResult)
}

// Again says whether everybody in the tube is to be sampled again because it told nothing.
func (r TubeResult) Again() bool {
	switch r {
	case TubeInconclusive, TubeInvalid, TubeLost, TubeLeaked:
		return true
	case TubeAwaited, TubeNegative, TubePositive:
	}
	return false
}
