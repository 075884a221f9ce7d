package forecast

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"firebreak/internal/day"
)

// State is what is known of an outbreak at the end of a day. It tells nothing of who anybody is.
type State struct {
	Outbreak string     `json:"outbreak"`
	AsOf     day.Day    `json:"as_of"`
	Pack     string     `json:"pack"` // in force
	People   int        `json:"people"`
	Found    []FoundDay `json:"found"` // every day from the first case to AsOf
	// Onsets are of cases found outside isolation in the last Recent days: days from onset to being found.
	Onsets []int `json:"onset_to_found"`
	// Cases are those found in the last Recent days, and Listed the contacts named because of them.
	Cases  int `json:"recent_cases"`
	Listed int `json:"recent_contacts"`

	Followed Standing `json:"followed"` // contacts who are followed up
	Rooms    Standing `json:"rooms"`    // of them, those at quarantine sites
	Beds     Standing `json:"beds"`     // cases who are kept apart outside hospital
	Ward     Standing `json:"ward"`
	ICU      Standing `json:"icu"`

	Severe int `json:"severe"` // of the cases whose severity is on record, those who needed intensive care,
	Sick   int `json:"sick"`   // another hospital bed,
	Graded int `json:"graded"` // and all of them

	// Rt as the situation report has it; nil where it has none.
	Rt *float64 `json:"rt"`
}

// FoundDay is how many cases were found on a day, by where they were.
type FoundDay struct {
	Day       day.Day `json:"day"`
	Community int     `json:"community"`
	Apart     int     `json:"isolated"`
	Unknown   int     `json:"unknown"`
}

// Total returns all of the day.
func (f FoundDay) Total() int { return f.Community + f.Apart + f.Unknown }

// Standing is how many there are on AsOf, and how many of them still are 1, 2, 3 ... days later; none after the last.
type Standing struct {
	Now   int   `json:"now"`
	Still []int `json:"still"`
}

// At returns how many still are, days after AsOf.
func (s Standing) At(days int) int {
	switch {
	case days <= 0:
		return s.Now
	case days <= len(s.Still):
		return s.Still[days-1]
	}
	return 0
}

// Recent is how many days before AsOf count as recent.
const Recent = 14

// Errors of a state.
var (
	// ErrState is wrapped by every error that says what is wrong with a state.
	ErrState = errors.New("not a state to forecast from")
	// ErrQuiet is returned where no case was found before the end of AsOf: there is nothing to forecast.
	ErrQuiet = errors.New("no case is on record up to that day: there is nothing to forecast from")
)

// ReadState reads a state as JSON, strictly.
func ReadState(r io.Reader) (State, error) {
	var s State
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return State{}, fmt.Errorf("%w: %w", ErrState, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return State{}, fmt.Errorf("something follows the state: %w", ErrState)
	}
	return s, s.Check()
}

// most bounds counts, and longestRecord the days of a record.
const (
	most          = 100_000_000
	longestRecord = 3660
)

// Check says what is wrong with a state.
func (s State) Check() error {
	bad := func(field, format string, args ...any) error {
		return fmt.Errorf("%s: %s: %w", field, fmt.Sprintf(format, args...), ErrState)
	}
	if s.AsOf.IsZero() {
		return bad("as_of", "is needed")
	}
	if s.Pack == "" {
		return bad("pack", "is needed")
	}
	if s.People < 0 || s.People > 20*most {
		return bad("people", "%d is not 0 to %d", s.People, 20*most)
	}
	if len(s.Found) > longestRecord {
		return bad("found", "%d days, want at most %d", len(s.Found), longestRecord)
	}
	for i, f := range s.Found {
		at := fmt.Sprintf("found[%d]", i)
		switch {
		case f.Day.IsZero():
			return bad(at+".day", "is needed")
		case i > 0 && f.Day != s.Found[i-1].Day.Add(1):
			return bad(at+".day", "%s does not follow %s", f.Day, s.Found[i-1].Day)
		case f.Community < 0 || f.Apart < 0 || f.Unknown < 0 || f.Community > most || f.Apart > most || f.Unknown > most:
			return bad(at, "a number is not 0 to %d", most)
		case i == 0 && f.Total() == 0:
			return bad(at, "the first day has no case")
		}
	}
	if n := len(s.Found); n > 0 && s.Found[n-1].Day != s.AsOf {
		return bad("found", "ends on %s, not on as_of %s", s.Found[n-1].Day, s.AsOf)
	}
	for i, d := range s.Onsets {
		if d < -365 || d > 365 {
			return bad(fmt.Sprintf("onset_to_found[%d]", i), "%d days", d)
		}
	}
	for _, c := range []struct {
		name string
		n    int
	}{{"recent_cases", s.Cases}, {"recent_contacts", s.Listed}, {"severe", s.Severe}, {"sick", s.Sick}, {"graded", s.Graded}} {
		if c.n < 0 || c.n > most {
			return bad(c.name, "%d is not 0 to %d", c.n, most)
		}
	}
	if s.Severe+s.Sick > s.Graded {
		return bad("graded", "%d are fewer than severe and sick", s.Graded)
	}
	if s.Rt != nil && !(*s.Rt >= 0 && *s.Rt < 1e6) {
		return bad("rt", "%g", *s.Rt)
	}
	for _, c := range []struct {
		name string
		s    Standing
	}{{"followed", s.Followed}, {"rooms", s.Rooms}, {"beds", s.Beds}, {"ward", s.Ward}, {"icu", s.ICU}} {
		was := c.s.Now
		if was < 0 || was > most {
			return bad(c.name+".now", "%d is not 0 to %d", was, most)
		}
		if len(c.s.Still) > longestRecord {
			return bad(c.name+".still", "%d days, want at most %d", len(c.s.Still), longestRecord)
		}
		for i, n := range c.s.Still {
			if n < 0 || n > was {
				return bad(fmt.Sprintf("%s.still[%d]", c.name, i), "%d is not 0 to %d", n, was)
			}
			was = n
		}
	}
	return nil
}

// Digest is of all of it.
func (s State) Digest() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write a state: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
