package contact

import (
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/outbreak"
)

// AutoAccept is the setting of an outbreak by which proposals become contacts without anybody deciding: those of some tiers, and no more than Most of one case. It is off unless somebody sets it.
type AutoAccept struct {
	Outbreak outbreak.ID
	Version  int64  // 0: never set
	Tiers    []Tier // none: it is off
	Most     int    // of one case in these tiers; with more nothing is accepted
	SetAt    time.Time
	SetBy    string
	Reason   string
}

// On says whether anybody is accepted by it.
func (a AutoAccept) On() bool { return len(a.Tiers) > 0 }

// Takes says whether a tier is accepted by it.
func (a AutoAccept) Takes(t Tier) bool { return slices.Contains(a.Tiers, t) }

// AutoTraceState is what came of a case that was asked about by itself.
type AutoTraceState string

// The states.
const (
	AutoAccepted AutoTraceState = "accepted"
	AutoBeyond   AutoTraceState = "beyond"  // more than the cap: nothing was accepted, a person decides
	AutoUnknown  AutoTraceState = "unknown" // visits know nobody who is this case, yet
)

// AutoTrace is what came of a case.
type AutoTrace struct {
	Case     cases.ID
	Outbreak outbreak.ID
	At       time.Time
	State    AutoTraceState
	Found    int // in the tiers
	Accepted int
	Most     int // the cap then
}

// AutoAccepter is who has decided where the setting did.
const AutoAccepter = "auto-accept"
