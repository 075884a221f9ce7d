package sitrep

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// RoundsOutlook says, for the rounds of one set of areas, what the pack's stop rule makes of them.
type RoundsOutlook struct {
	Areas  []place.AreaID
	Area   place.AreaID      // the smallest area around them all
	Rounds []RoundOutlook    // the closed ones, in the order of their numbers
	Now    screening.Verdict // what the rule says now
}

// RoundOutlook is one closed round: how it ended, and what the rule said as it was closed, by what is known today.
type RoundOutlook struct {
	Round   screening.Round
	Outcome screening.Outcome
	Then    screening.Verdict
}

// Rounds works out whether rounds go on, wait, run once more or stop, and why: for each set of areas that rounds were held in. Rounds of groups are left out: they have a rhythm, and no end. It returns nothing
// where the pack has no stop rule. The caller leaves out areas that may not be read.
func Rounds(r *store.Reader, o outbreak.Outbreak, pack *protocol.Pack, now time.Time) ([]RoundsOutlook, error) {
	rule, ok := pack.Screening.Stop.Rule()
	if !ok {
		return nil, nil
	}
	list, err := r.Rounds(o.ID)
	if err != nil {
		return nil, fmt.Errorf("outlook of rounds: %w", err)
	}
	outcomes, err := r.RoundOutcomes(o.ID)
	if err != nil {
		return nil, fmt.Errorf("outlook of rounds: %w", err)
	}
	slices.SortFunc(list, func(a, b screening.Round) int { return int(a.Number - b.Number) })
	var out []RoundsOutlook
	at := map[string]int{}
	for _, x := range list {
		if x.State != screening.Closed || x.Group != "" {
			continue
		}
		var key strings.Builder
		for _, a := range x.Areas {
			key.WriteString(strconv.FormatInt(int64(a), 10) + ",")
		}
		i, known := at[key.String()]
		if !known {
			i = len(out)
			at[key.String()] = i
			out = append(out, RoundsOutlook{Areas: x.Areas, Area: x.Area})
		}
		said := outcomes[x.ID]
		out[i].Rounds = append(out[i].Rounds, RoundOutlook{Round: x, Outcome: screening.Outcome{Number: x.Number, StartsAt: x.StartsAt, ClosedAt: x.ClosedAt, Pending: said.Pending, Community: said.Community}})
	}
	for i := range out {
		var history []screening.Outcome
		for k := range out[i].Rounds {
			x := &out[i].Rounds[k]
			history = append(history, x.Outcome)
			x.Then = rule.Decide(history, x.Round.ClosedAt)
		}
		out[i].Now = rule.Decide(history, now)
	}
	return out, nil
}
