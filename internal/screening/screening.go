// Package screening holds the noun of a testing round: an area or group of which everybody is due a test within hours, the sites where people are sampled, the
// devices that register them, and the batches of tubes that those devices send.
//
// The vocabulary, on one screen:
//
//	Round   everybody of an area, or of a group, is due between two instants
//	Site    where people are sampled; a person may go to any
//	Device  a phone enrolled at a site; it names itself with a key and numbers its batches
//	Batch   closed tubes as a device sends them, idempotent by (device, seq)
//	Tube    the swabs of 1, 5, 10 or 20 people, examined together
//	Member  one person in a tube, known by code or by document and name
//	Refusal why a batch or a tube of it is not taken
//
// It does no I/O and reads no clock. It imports the nouns of people, places and outbreaks.
package screening

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// RoundID names a round.
type RoundID int64

// SiteID names a sampling site.
type SiteID int64

// DeviceID names an enrolled device.
type DeviceID int64

// SeriesID names a standing round: one that opens again and again.
type SeriesID int64

// TubeID names a tube that was registered.
type TubeID int64

// State is where a round stands.
//
//	planned ──> open ──> closed
//	   └──────> cancelled
type State string

// The states of a round.
const (
	Planned   State = "planned"
	Open      State = "open"
	Closed    State = "closed" // counted and signed; late batches are still taken, and told apart
	Cancelled State = "cancelled"
)

// ErrState is returned by ParseState.
var ErrState = errors.New("is planned, open, closed or cancelled")

// ParseState reads the stored word.
func ParseState(s string) (State, error) {
	if v := State(s); slices.Contains([]State{Planned, Open, Closed, Cancelled}, v) {
		return v, nil
	}
	return "", ErrState
}

// ErrTransition is wrapped when a round cannot go from one state to another.
var ErrTransition = errors.New("a planned round is opened or cancelled, an open one is closed")

// To returns the state after a change, or an error that wraps ErrTransition.
func (s State) To(next State) (State, error) {
	if s == Planned && (next == Open || next == Cancelled) || s == Open && next == Closed {
		return next, nil
	}
	return s, fmt.Errorf("from %s to %s: %w", s, next, ErrTransition)
}

// Round is one time of testing everybody of an area.
type Round struct {
	ID       RoundID
	Outbreak outbreak.ID
	Number   int64 // 1, 2, 3 ... in its outbreak
	Name     string
	Areas    []place.AreaID // whose residents are due; at least one
	Area     place.AreaID   // the smallest area around them all: whoever sees it sees the round
	State    State
	StartsAt time.Time
	EndsAt   time.Time // when everybody should have been sampled
	// Pool is how many people a tube holds at most, anywhere in the round; Pools are the parts of it where the tubes of residents hold fewer. See PoolIn.
	Pool     int
	Pools    []AreaPool
	ByPack   bool     // the pools follow the pack, by the zones in force when the round was planned and when it is opened
	Group    Group    // whose members are due; empty: all residents
	Series   SeriesID // the standing round that opened it; 0: somebody planned it
	OpenedAt time.Time
	ClosedAt time.Time
	Version  int64
}

// Takes says whether tubes of a round are taken: those of an open round, and late ones of a closed round.
func (s State) Takes() bool { return s == Open || s == Closed }

// Standing is why somebody who is due need not, or will not, be sampled.
type Standing string

// The standings.
const (
	Exempt  Standing = "exempt"  // a reason of health, or sampled elsewhere
	Refuses Standing = "refused" // a worker has spoken to them
)

// ErrStanding is returned by ParseStanding.
var ErrStanding = errors.New("is exempt or refused")

// ParseStanding reads the stored word.
func ParseStanding(s string) (Standing, error) {
	if v := Standing(s); v == Exempt || v == Refuses {
		return v, nil
	}
	return "", ErrStanding
}

// Site is where people are sampled.
type Site struct {
	ID       SiteID
	Outbreak outbreak.ID
	Code     string // on its sign and its devices: 水集-12
	Name     string
	Area     place.AreaID
	District place.AreaID
	Lon, Lat float64
	Located  bool
	Lanes    int64         // desks that can sample at a time
	Opens    time.Duration // since midnight in the outbreak's zone; Opens == Closes: day and night
	Closes   time.Duration
	Closed   bool // not used any more
	Version  int64
}

// OpenSince says whether a site is open at an instant, by its hours in the outbreak's zone, and since when; a site without hours is always open, and has been since the zero time.
func (s Site) OpenSince(now time.Time, zone *time.Location) (since time.Time, open bool) {
	if s.Opens == s.Closes {
		return time.Time{}, true
	}
	closes := s.Closes
	if closes < s.Opens {
		closes += 24 * time.Hour
	}
	y, m, d := now.In(zone).Date()
	for day := d; day >= d-1; day-- { // the hours of last night may not be over
		at := func(t time.Duration) time.Time { return time.Date(y, m, day, 0, int(t/time.Minute), 0, 0, zone) }
		if from := at(s.Opens); !now.Before(from) && now.Before(at(closes)) {
			return from, true
		}
	}
	return time.Time{}, false
}

// Role is what a device is for.
type Role string

// The roles.
const (
	Desk       Role = "desk"       // registers people and tubes, packs boxes
	Courier    Role = "courier"    // takes boxes from a site to a laboratory
	Laboratory Role = "laboratory" // takes boxes in at a laboratory's door
)

// ErrRole is returned by ParseRole.
var ErrRole = errors.New("is desk, courier or laboratory")

// ParseRole reads the stored word.
func ParseRole(s string) (Role, error) {
	if v := Role(s); slices.Contains([]Role{Desk, Courier, Laboratory}, v) {
		return v, nil
	}
	return "", ErrRole
}

// Device is a phone that registers people and tubes, or moves boxes.
type Device struct {
	ID         DeviceID
	Outbreak   outbreak.ID
	Role       Role
	Site       SiteID           // 0 for a laboratory's
	Laboratory lab.LaboratoryID // of a laboratory's; 0 else
	Desk       string           // "3": which desk of the site, which courier, which bench
	Key        [32]byte
	EnrolBy    time.Time // a device that was not enrolled by then has to be invited again
	Enrolled   time.Time // zero while the invitation waits
	RevokedAt  time.Time
	Version    int64
}

// Pools are the sizes of a tube that are validated (guidance 1.2: 5, 10 and 20 swabs; mixing tubes in the laboratory beyond that is not), and the single test.
var Pools = []int{1, 5, 10, 20}

// ErrPool is returned by CheckPool.
var ErrPool = errors.New("is 1, 5, 10 or 20: larger mixtures are not validated")

// CheckPool says whether a tube may be examined with that many people in it.
func CheckPool(n int) error {
	if !slices.Contains(Pools, n) {
		return ErrPool
	}
	return nil
}
