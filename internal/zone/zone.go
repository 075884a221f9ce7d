// Package zone holds zones: areas under measures because of cases. Here a zone can be proposed by a rule and decided by a
// person; drawing and lifting join with the zone screens.
//
// It does no I/O and reads no clock. It imports place, outbreak and cases.
package zone

import (
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
	DecidedAt  time.Time // zero: nobody has decided
	Version    int64
}

// Withdrawn says that the proposal's cause was corrected before anybody decided: it is declined, and by nobody. There is nothing left to decide, and
// no decision was made.
func (z Zone) Withdrawn() bool { return z.State == Declined && z.DecidedAt.IsZero() }
