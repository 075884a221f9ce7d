package restriction

import (
	"errors"
	"fmt"
	"time"
)

// NeedID names a need.
type NeedID int64

// NeedKind is what is owed to somebody who may not fetch it themselves.
type NeedKind string

// The kinds.
const (
	Food     NeedKind = "food"
	Medicine NeedKind = "medicine"
	Care     NeedKind = "care"     // of the sick, the old, the pregnant
	Children NeedKind = "children" // their care, formula, school
	Pay      NeedKind = "pay"      // a letter to the employer: pay and job are kept
	Advice   NeedKind = "advice"   // somebody to talk to
	Animals  NeedKind = "animals"  // that are left at home
	Waste    NeedKind = "waste"    // that must be taken away
)

// NeedKinds are all of them, in the order of the forms.
func NeedKinds() []NeedKind {
	return []NeedKind{Food, Medicine, Care, Children, Pay, Advice, Animals, Waste}
}

// ErrNeed is wrapped by ParseNeed.
var ErrNeed = errors.New("is food, medicine, care, children, pay, advice, animals or waste")

// ParseNeed reads the stored word.
func ParseNeed(s string) (NeedKind, error) {
	for _, k := range NeedKinds() {
		if string(k) == s {
			return k, nil
		}
	}
	return "", fmt.Errorf("need %q: %w", s, ErrNeed)
}

// Need is that somebody who is restricted asked for something that is owed to them.
type Need struct {
	ID          NeedID
	Restriction ID
	Kind        NeedKind
	AskedAt     time.Time
	AskedBy     string // a login, or "public" for the person themselves
	MetAt       time.Time
	MetBy       string
}

// Open says whether it is still owed.
func (n Need) Open() bool { return n.MetAt.IsZero() }
