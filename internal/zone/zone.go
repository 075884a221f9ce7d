// Package zone holds zones: areas under measures because of cases. Here a zone can be proposed by a rule and decided by a
// person; drawing and lifting join with the zone screens.
//
// It does no I/O and reads no clock. It imports place, outbreak and cases.
package zone

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// ID names a zone.
type ID int64

// Level names a zone level of the pack ("lockdown", "controlled", "high" ...); each edition has its own.
type Level string

// State is where a zone stands.
//
//	proposed ──> in_force ──> lifted
//	    │          └─┘ to another level
//	    └──────> declined
type State string

// The states of a zone.
const (
	Proposed State = "proposed" // by a rule; nobody is bound by it
	InForce  State = "in_force"
	Declined State = "declined"
	Lifted   State = "lifted"
)

// Zone is an area, or part of one, at a level.
type Zone struct {
	ID         ID
	Outbreak   outbreak.ID
	Area       place.AreaID // the community or other unit it is drawn on
	District   place.AreaID
	Level      Level
	State      State
	Case       cases.ID // the case that gave cause
	ProposedAt time.Time
	DecidedAt  time.Time // of the last decision: since when it is in force at this level, or when it was declined or lifted; zero: nobody has decided
	Reason     string    // of the last decision, in the words of who decided
	Version    int64
}

// States lists the states, in the order of a zone's life.
func States() []State { return []State{Proposed, InForce, Lifted, Declined} }

// Standing says whether the zone is proposed or in force: whether there is something left to decide about it.
func (s State) Standing() bool { return s == Proposed || s == InForce }

// ErrState is wrapped where a decision cannot follow the state that the zone is in.
var ErrState = errors.New("this cannot follow")

// Decide is the only way from one state to the next. level is the level to draw it at; empty keeps the level that it has. at is when a person decided; zero
// where a proposal is withdrawn (see Withdrawn). Errors: wrapping ErrState.
func (z *Zone) Decide(to State, level Level, at time.Time, reason string) error {
	if level == "" {
		level = z.Level
	}
	switch {
	case z.State == Proposed && to == InForce:
	case z.State == InForce && to == InForce && level != z.Level:
	case z.State == Proposed && to == Declined && level == z.Level:
	case z.State == InForce && to == Lifted && level == z.Level:
	default:
		return fmt.Errorf("zone %d: %s at level %s after %s at level %s: %w", z.ID, to, level, z.State, z.Level, ErrState)
	}
	z.State, z.Level, z.DecidedAt, z.Reason = to, level, at, reason
	return nil
}

// Withdrawn says that the proposal's cause was corrected before anybody decided: it is declined, and by nobody. There is nothing left to decide, and
// no decision was made.
func (z Zone) Withdrawn() bool { return z.State == Declined && z.DecidedAt.IsZero() }
