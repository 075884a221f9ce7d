package canned

import (
	"firebreak/internal/drill/scorecard"
	webscorecard "firebreak/internal/web/scorecard"
)

func card(seed uint64) *scorecard.Card {
	return &scorecard.Card{
		Scenario: "laixi-2022", People: 20_000, Days: 42, Seed: seed, TrueInfected: 215, Found: 209, FoundBefore: 140, FoundInIsolation: 171, CommunityZero: ptr(7), Rounds: 6, RoundsIn24h: 5, Transfers: 1304, TransfersInTime: 1290,
		FirstDay: ptr(10), InfectedThen: 61, LastInfection: 9, ToIsolation: scorecard.Spread{N: 208, Median: 38.4, P90: 80}, ToKnown: scorecard.Spread{N: 209, Median: 61, P90: 99}, Contacts: 2553, ContactsIll: 180, Needs: 412, NeedsMet: 398,
		Restricted: 2740, WithoutNeed: 2531, DaysWithout: 21_700.5, PeakRooms: 1102, PeakBeds: 131, PeakTubes: 2210, TasksDue: 31_400, TasksLate: 611, Kills: 2,
		Paper: scorecard.Other{Infected: 11_900, Found: 2100, InIsolation: 230, Contacts: 3400, PeakRooms: 900}, Nothing: scorecard.Other{Infected: 14_800},
		Duties: []scorecard.PlayedDuty{{Duty: "moved", Due: 1304, Done: 1304, DoneLate: 14}, {Duty: "traced", Due: 209, Done: 207, DoneLate: 3, Open: 2, OpenLate: 1}},
		Tested: []scorecard.PlayedRound{{Number: 1, Day: 1, Due: 20_000, Sampled: 17_440, Exempt: 2550, Refused: 10, Tubes: 1812, Positive: 14, HoursLast: 16.7}, {Number: 2, Day: 2, Due: 20_000, Sampled: 17_300, Exempt: 2690, Refused: 10, Tubes: 1790}},
	}
}

// Scorecard is a drill after which everything meets, beside an earlier one.
func Scorecard() webscorecard.View {
	t := &webscorecard.Told{Number: 2, KeptAt: at(12, 8, 0), KeptBy: "duty", Seed: "2", Last: 1, LastPeople: 20_000, LastSeed: "1"}
	t.Say(card(2), card(1))
	zero := webscorecard.Cell{Has: true, N: 7}
	return webscorecard.View{Told: t, Kept: []webscorecard.KeptRow{
		{Number: 2, Href: "/drill?n=2", Current: true, KeptAt: at(12, 8, 0), People: 20_000, Days: 42, Seed: "2", Sound: true, Zero: zero},
		{Number: 1, Href: "/drill?n=1", KeptAt: at(12, 7, 0), People: 20_000, Days: 42, Seed: "1", Zero: webscorecard.Cell{Has: true, Never: true}},
	}}
}

// ScorecardBroken is a drill in which somebody was lost.
func ScorecardBroken() webscorecard.View {
	c := card(3)
	c.Lost, c.Unreconciled, c.CommunityZero = 1, 1, nil
	c.Why, c.Refused = []string{"lost: contact 71", "Q2: 14 people are there, the system says 13; it does not know of C-0071"}, map[string]int{"POST specimens": 12, "POST tasks/done": 3, "POST checks": 3}
	t := &webscorecard.Told{Number: 1, KeptAt: at(12, 8, 0), KeptBy: "duty", Seed: "3"}
	t.Say(c, nil)
	return webscorecard.View{Told: t, Kept: []webscorecard.KeptRow{{Number: 1, Href: "/drill?n=1", Current: true}}}
}
