package transfer

import (
	"time"

	"firebreak/internal/outbreak"
)

// AutoPlan is the setting of an outbreak by which transfers are planned again by themselves when something happened. It is off unless somebody sets it.
type AutoPlan struct {
	Outbreak outbreak.ID
	Version  int64         // 0: never set
	Every    time.Duration // between two plans, at least; 0: it is off
	SetAt    time.Time
	SetBy    string
	Reason   string
}

// On says whether anything is planned by it.
func (a AutoPlan) On() bool { return a.Every > 0 }

// AutoPlanner is who has planned where the setting did.
const AutoPlanner = "auto-plan"

// News is what has happened since the last plan.
type News struct {
	Last    time.Time // when that was made; zero: there was none
	Late    int64     // of whom it brings too late
	Fresh   int64     // whom nobody comes for, and who asked, or were not met, since
	Waiting int64     // whom nobody comes for
	Broken  int64     // vehicles that broke down since with trips before them
	Full    int64     // places that said since that they are full
}

// planAnew is after how long it is tried again to fetch in time whom the last plan could not.
const planAnew = 30 * time.Minute

// Due says whether transfers are to be planned again by themselves:
//
//  1. Never sooner after the last plan than the setting says, and not where it is off.
//  2. Somebody is new or was not met, a vehicle broke down, a place is full: now.
//  3. Somebody waits whom the last plan could not fetch, or is late by it: after half an hour, when beds or vehicles may be free.
func (a AutoPlan) Due(now time.Time, n News) bool {
	switch {
	case !a.On() || !n.Last.IsZero() && now.Before(n.Last.Add(a.Every)):
		return false
	case n.Fresh > 0 || n.Broken > 0 || n.Full > 0:
		return true
	}
	return n.Waiting+n.Late > 0 && !now.Before(n.Last.Add(max(a.Every, planAnew)))
}
