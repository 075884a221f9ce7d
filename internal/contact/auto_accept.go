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

// ProposalCount is how many people visits proposed of a case in a tier, whatever became of them.
type ProposalCount struct {
	Case cases.ID
	Tier Tier
	N    int
}

// AutoEffect is what a setting would have done with the cases that visits were asked about.
type AutoEffect struct {
	Cases    int // asked about
	Accepted int // people who would have become contacts without anybody deciding
	Of       int // cases that they would have been contacts of
	Beyond   int // cases with more in the tiers than the cap: nobody accepted
	Waiting  int // people proposed of those cases in the tiers, for somebody to decide on
}

// Effect says what the setting would have done with proposals that are on record.
func (a AutoAccept) Effect(list []ProposalCount) AutoEffect {
	in := map[cases.ID]int{}
	for _, p := range list {
		n := in[p.Case]
		if a.Takes(p.Tier) {
			n += p.N
		}
		in[p.Case] = n
	}
	e := AutoEffect{Cases: len(in)}
	for _, n := range in {
		switch {
		case n > a.Most:
			e.Beyond++
			e.Waiting += n
		case n > 0:
			e.Of++
			e.Accepted += n
		}
	}
	return e
}
