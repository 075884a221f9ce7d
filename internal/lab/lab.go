// Package lab holds specimens and their results. Single specimens are here; pooled tubes join them with screening.
//
// It does no I/O and reads no clock. It imports day and the nouns of people, cases and outbreaks.
package lab

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// SpecimenID names a specimen taken from one person.
type SpecimenID int64

// Method is how a specimen is examined.
type Method string

// The methods.
const (
	PCR      Method = "pcr"
	Antigen  Method = "antigen"
	Serology Method = "serology"
	Culture  Method = "culture"
)

// ErrMethod is wrapped by ParseMethod.
var ErrMethod = errors.New("method is pcr, antigen, serology or culture")

// ParseMethod reads the stored word.
func ParseMethod(s string) (Method, error) {
	switch v := Method(s); v {
	case PCR, Antigen, Serology, Culture:
		return v, nil
	}
	return "", fmt.Errorf("method %q: %w", s, ErrMethod)
}

// Result of an examination; empty while it is awaited.
type Result string

// The results.
const (
	Awaited      Result = ""
	Negative     Result = "negative"
	Positive     Result = "positive"
	Inconclusive Result = "inconclusive" // take another
	Invalid      Result = "invalid"      // the specimen could not be examined; take another
)

// ErrResult is wrapped by ParseResult.
var ErrResult = errors.New("result is negative, positive, inconclusive, invalid or empty")

// ParseResult reads the stored word.
func ParseResult(s string) (Result, error) {
	switch v := Result(s); v {
	case Awaited, Negative, Positive, Inconclusive, Invalid:
		return v, nil
	}
	return "", fmt.Errorf("result %q: %w", s, ErrResult)
}

// Specimen is one specimen from one person, and its result.
type Specimen struct {
	ID       SpecimenID
	Outbreak outbreak.ID
	Person   person.ID
	Area     place.AreaID
	District place.AreaID
	Code     string // label on the tube; unique in the outbreak
	Method   Method
	TakenAt  time.Time
	Result   Result
	ResultAt time.Time
	Ct       float64 // cycle threshold of a PCR; 0 where not given
	Lab      string
	Version  int64
}
