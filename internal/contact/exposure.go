package contact

import (
	"cmp"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// ExposureID names an exposure.
type ExposureID int64

// Exposure is that a contact met one case, or one close contact, however often: one row for each of the two. All exposures of a contact together say what
// tier they are in and from when their clock runs (Settle).
type Exposure struct {
	ID       ExposureID
	Outbreak outbreak.ID
	Contact  ID
	District place.AreaID

	Case       cases.ID // the case they met; 0 for a close contact
	Parent     ID       // the close contact they met; 0 for a case
	SourceCode string   // what an import calls the case they met, while no case of that code is known

	First     day.Day // the first day they met; unknown where only the last is told
	Last      day.Day
	From      time.Time // when they were together first, where that was measured; zero where only days are known
	To        time.Time // when they were together last
	Seconds   int64     // together in all, where that was measured; 0 otherwise
	Tier      Tier
	Certainty cases.Certainty
	Setting   string // where they met, as told
	SaidBy    string // who said so: the case, the contact, a roster, or the user who wrote it down

	EndedAt   time.Time // when it was found to be none; zero while it stands
	EndedBy   string    // who found so
	EndReason string
	Version   int64
}

// Stands says whether the exposure has not been taken back.
func (e Exposure) Stands() bool { return e.EndedAt.IsZero() }

// SameSource says whether two exposures of one contact are to the same person, and so one exposure.
func (e Exposure) SameSource(o Exposure) bool {
	return e.Case == o.Case && e.Parent == o.Parent && e.SourceCode == o.SourceCode
}

// Join makes two exposures to the same person one: the first day and the last, the nearer tier, the surer certainty; words that this one lacks are taken
// from the other. An exposure that was taken back is told anew by one that stands.
func (e Exposure) Join(o Exposure) Exposure {
	if !e.Stands() && o.Stands() {
		o.ID, o.Version = e.ID, e.Version
		return o
	}
	e.First, e.Last = firstOf(e, o), max(e.Last, o.Last)
	if e.From.IsZero() || !o.From.IsZero() && o.From.Before(e.From) {
		e.From = o.From
	}
	if o.To.After(e.To) {
		e.To = o.To
	}
	e.Seconds = max(e.Seconds, o.Seconds) // two answers about one time overlap
	if e.Tier == "" || o.Tier != "" && o.Tier.Nearer(e.Tier) {
		e.Tier = o.Tier
	}
	if o.Certainty.Surer(e.Certainty) {
		e.Certainty = o.Certainty
	}
	e.Setting, e.SaidBy = cmp.Or(e.Setting, o.Setting), cmp.Or(e.SaidBy, o.SaidBy)
	return e
}

// firstOf is the first day of several meetings; unknown where none tells one. A meeting of which only the last day is known counts with that day beside one
// that began later.
func firstOf(list ...Exposure) day.Day {
	var out day.Day
	for _, e := range list {
		if !e.First.IsZero() && (out.IsZero() || e.First < out) {
			out = e.First
		}
	}
	for _, e := range list {
		if e.First.IsZero() && !e.Last.IsZero() && !out.IsZero() && e.Last < out {
			out = e.Last
		}
	}
	return out
}

// Settle returns the contact as its exposures make it: first and last exposure and the nearest tier of those that hold, and the case, the close contact and the code
// of the one that counts most (the nearest tier, then the latest). Where none holds, those that stand say what was thought; where none stands, the
// contact is as it was. The order of the list does not matter.
func Settle(c Contact, list []Exposure, holds func(Exposure) bool) Contact {
	var stand, live []Exposure
	for _, e := range list {
		if !e.Stands() {
			continue
		}
		stand = append(stand, e)
		if holds(e) {
			live = append(live, e)
		}
	}
	if len(live) == 0 {
		live = stand
	}
	if len(live) == 0 {
		return c
	}
	c.FirstExposed, c.LastExposed, c.Case, c.Parent, c.SourceCode = firstOf(live...), 0, 0, 0, ""
	best := live[0]
	for _, e := range live {
		c.LastExposed = max(c.LastExposed, e.Last)
		if weighs(e, best) {
			best = e
		}
	}
	if best.Tier != "" {
		c.Tier = best.Tier
	}
	c.Case = most(live, stand, func(e Exposure) bool { return e.Case != 0 }).Case
	c.Parent = most(live, stand, func(e Exposure) bool { return e.Parent != 0 }).Parent
	if c.Case == 0 {
		c.SourceCode = most(live, stand, func(e Exposure) bool { return e.SourceCode != "" }).SourceCode
	}
	return c
}

// most returns the exposure of a kind that counts most: of those that hold, or else of those that stand.
func most(live, stand []Exposure, kind func(Exposure) bool) (out Exposure) {
	for _, list := range [][]Exposure{live, stand} {
		found := false
		for _, e := range list {
			if kind(e) && (!found || weighs(e, out)) {
				out, found = e, true
			}
		}
		if found {
			return out
		}
	}
	return Exposure{}
}

// weighs says whether a counts more than b. Between two as near and as late a case counts more than a contact, and the lower number, so that every list gives
// one answer.
func weighs(a, b Exposure) bool {
	flag := func(b bool) int {
		if b {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Tier.rank(), b.Tier.rank()), cmp.Compare(b.Last, a.Last), cmp.Compare(flag(a.Case != 0), flag(b.Case != 0)),
		cmp.Compare(a.Case, b.Case), cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.SourceCode, b.SourceCode)) < 0
}
