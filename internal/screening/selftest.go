package screening

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// SelfTestID names a report of an antigen self-test.
type SelfTestID int64

// SelfTestResult is what somebody read off an antigen self-test. It is a reason to take a PCR, never a diagnosis.
type SelfTestResult string

// The results.
const (
	SelfPositive SelfTestResult = "positive"
	SelfNegative SelfTestResult = "negative"
	SelfInvalid  SelfTestResult = "invalid" // no control line
)

// ErrSelfTest is wrapped by ParseSelfTest.
var ErrSelfTest = errors.New("result is positive, negative or invalid")

// ParseSelfTest reads the stored word.
func ParseSelfTest(s string) (SelfTestResult, error) {
	switch v := SelfTestResult(s); v {
	case SelfPositive, SelfNegative, SelfInvalid:
		return v, nil
	}
	return "", fmt.Errorf("result %q: %w", s, ErrSelfTest)
}

// SelfTest is one report of an antigen self-test.
type SelfTest struct {
	ID       SelfTestID
	Outbreak outbreak.ID
	Person   person.ID
	Area     place.AreaID
	District place.AreaID
	At       time.Time // when the test was read
	Result   SelfTestResult
	Symptoms bool
	By       string // who reported it: a login, or "public" for the person themselves
}
