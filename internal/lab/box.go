package lab

import (
	"errors"
	"slices"
)

// Step is one hand through which a box of tubes goes, and the state of a box: the furthest it has come.
//
//	packed ──> collected ──> delivered ──> received
type Step string

// The steps. One or the other may be left out, and they may be told in any order: phones have no network on the way.
const (
	Packed    Step = "packed"    // at the site, counted on the table
	Collected Step = "collected" // by a courier, from the site or from another courier
	Delivered Step = "delivered" // to a laboratory's door
	Received  Step = "received"  // by the laboratory, counted again
)

// Steps returns the steps in their order.
func Steps() []Step { return []Step{Packed, Collected, Delivered, Received} }

// ErrStep is returned by ParseStep.
var ErrStep = errors.New("is packed, collected, delivered or received")

// ParseStep reads the stored word.
func ParseStep(s string) (Step, error) {
	if v := Step(s); slices.Contains(Steps(), v) {
		return v, nil
	}
	return "", ErrStep
}

// Beyond says whether a box that is at s has come further than to t.
func (s Step) Beyond(t Step) bool { return slices.Index(Steps(), s) > slices.Index(Steps(), t) }
