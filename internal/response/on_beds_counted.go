package response

import (
	"slices"

	"firebreak/internal/facility"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
)

// ProposeReserve orders that opening a reserve is proposed; a person decides it. A World answers it with ReserveProposed.
type ProposeReserve struct {
	Facility facility.ID
	Short    Shortage
	Because  task.Because
}

// WithdrawReserve orders that a proposal nobody has decided is withdrawn. A World answers it with ReserveDecided.
type WithdrawReserve struct {
	Proposal treatment.ProposalID
	Because  task.Because
}

func (ProposeReserve) action()  {}
func (WithdrawReserve) action() {}

// onBedsCounted answers: the beds of the outbreak were counted.
//
//  1. A kind is short when so much of its open beds, and of those being opened, is taken or will be within the pack's time. Then reserves of the kind are
//     proposed until it would not be short: those usable soonest first. One that somebody declined is not proposed again for the pack's time.
//  2. A kind that is not short any more: what was proposed and not decided is withdrawn.
func onBedsCounted(a ask, f BedFacts) []Action {
	var out []Action
	short := map[facility.Kind]bool{}
	for _, s := range Shortages(a.p, f) {
		short[s.Kind] = true
		proposed := int64(0)
		asked := map[facility.ID]bool{}
		for _, p := range f.Proposals {
			switch {
			case p.State == treatment.Proposed:
				asked[p.Facility] = true
			case p.State == treatment.Declined && a.now.Before(p.DecidedAt.Add(a.p.Care.Reserve.AskAgain.Duration())):
				asked[p.Facility] = true
				continue
			default:
				continue
			}
			for _, r := range f.Reserves {
				if r.Facility.ID == p.Facility && r.Facility.Kind == s.Kind {
					proposed += r.Beds
				}
			}
		}
		for _, r := range slices.SortedFunc(slices.Values(f.Reserves), soonest) {
			if !s.short(s.Beds + s.Coming + proposed) {
				break
			}
			if r.Facility.Kind != s.Kind || asked[r.Facility.ID] || r.Beds == 0 {
				continue
			}
			proposed += r.Beds
			out = append(out, ProposeReserve{Facility: r.Facility.ID, Short: s, Because: a.because(s.Clause)})
		}
	}
	for _, p := range f.Proposals {
		if p.State != treatment.Proposed {
			continue
		}
		i := slices.IndexFunc(f.Reserves, func(r ReserveFacts) bool { return r.Facility.ID == p.Facility })
		if i < 0 || !short[f.Reserves[i].Facility.Kind] {
			clause := a.p.Care.Unassessed.Path
			if i >= 0 {
				if share := a.p.Care.Reserve.Share(f.Reserves[i].Facility.Kind); share.Set() {
					clause = share.Path
				}
			}
			out = append(out, WithdrawReserve{Proposal: p.ID, Because: a.because(clause)})
		}
	}
	return out
}

// BedsCounted says whether counting the beds now would bring anything about: a clock need not tell a fact each minute that nothing follows from.
func BedsCounted(a Asked, f BedFacts) bool {
	return len(onBedsCounted(ask{p: a.Pack, now: a.Now}, f)) > 0
}
