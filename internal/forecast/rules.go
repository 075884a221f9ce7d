package forecast

import (
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
)

// rules are the numbers of a pack that decide what is done about those who were infected, as the rulebook reads them.
type rules struct {
	ref      string
	lookBack int
	move     sim.Minute // never where the pack has no clock
	list     sim.Minute
	bring    sim.Minute // contacts into quarantine
	swab     sim.Minute // contacts who fall ill
	tiers    [2]tier    // close, secondary
	leaves   int        // days from the proving sample to the decision on discharge, at least
	retest   int        // and from the result
	close    float64    // minutes together that make a close contact
}

// tier is what a tier of contacts asks for.
type tier struct {
	followed bool
	away     bool // at a site
	home     bool // at home
	days     int  // of follow-up
	homeDays int  // of these, at home after a site
	tests    []int
}

const never = sim.Forever

func rulesOf(p *protocol.Pack) rules {
	clock := func(v protocol.Value[int]) sim.Minute {
		if !v.Set() {
			return never
		}
		return sim.Minute(v.Duration().Minutes())
	}
	r := rules{ref: p.Ref(), lookBack: p.Cases.LookBack.Value, move: clock(p.Clocks.MoveCase), list: clock(p.Clocks.ListContacts), bring: clock(p.Clocks.Quarantine), swab: clock(p.Clocks.SampleSymptom),
		leaves: max(p.Discharge.MinDays.Value, p.Discharge.ReviewDays.Value), retest: p.Discharge.RetestDays.Value + 1, close: float64(p.Tracing.Close.Value)}
	if p.Cases.SuspectBySymptom.Value {
		r.swab = clock(p.Clocks.SampleCase)
	}
	for i, t := range []*protocol.Tier{&p.Tiers.Close, &p.Tiers.Secondary} {
		r.tiers[i] = tier{followed: t.Followed(), away: t.Control.Value == protocol.Site, home: t.Control.Value == protocol.Home, days: t.FollowUpDays(), homeDays: t.HomeDays.Value, tests: t.Tests.Value}
	}
	return r
}

// by is when something is done that has so long, by how fast the response is.
func (d *draw) by(from, clock sim.Minute) sim.Minute {
	if clock == never {
		return from + sim.Minute(d.how.Without.Value*60*d.how.Pace.Value)
	}
	return from + sim.Minute(float64(clock)*d.how.Pace.Value)
}
