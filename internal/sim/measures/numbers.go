package measures

import (
	"firebreak/internal/contact"
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// numbers decides as the rulebook would, from the numbers of the pack, for outbreaks of more people than the rulebook could be asked about. It keeps of each
// contact what its rules look at.
type numbers struct {
	p         *protocol.Pack
	at        []uint32 // index in list and one, by person
	list      []follow
	exposures [][]exposure // of list, beyond the first
}

// follow is a contact. Days count from day 0.
type follow struct {
	first        exposure
	listed       sim.Minute
	tierAt       sim.Minute // 0: since listed
	quarantined  sim.Minute // never while not
	onset        int16      // -1: well
	lastTaken    int16      // day of the last specimen; -1 for none
	lastNegative int16
	from, to     int16 // first and last exposure, over all
	infects      int16 // of a case: the first day on which they could infect
	negatives    uint8
	tier         contactTier
	state        followState
}

type followState uint8

const (
	followed followState = iota
	released
	becameCase
)

type contactTier uint8

const (
	closeTier contactTier = iota
	secondaryTier
	generalTier
)

var tiers = [...]contact.Tier{contact.Close, contact.Secondary, contact.General}

func rank(t contact.Tier) contactTier {
	for i, x := range tiers {
		if x == t {
			return contactTier(i)
		}
	}
	return generalTier
}

// exposure is one meeting that made a contact.
type exposure struct {
	source      city.Person
	first, last int16
	tier        contactTier
	parent      bool // the source is a contact, not a case
}

func newNumbers(p *protocol.Pack, people int) *numbers {
	return &numbers{p: p, at: make([]uint32, people)}
}

func (n *numbers) of(q city.Person) *follow {
	if i := n.at[q]; i > 0 {
		return &n.list[i-1]
	}
	return nil
}

func after(from sim.Minute, clock protocol.Value[int]) sim.Minute {
	if !clock.Set() {
		return never
	}
	return from + sim.Minute(clock.Duration().Minutes())
}

// found:
//
//  1. The case is to be moved, and asked whom it met, by the pack's clocks since the result.
//  2. Those who met it as a contact are close contacts of a case now, but for those who met it too early, and those whose days would be over.
func (n *numbers) found(p city.Person, taken, reported sim.Minute, onset int, children []city.Person) caseOrders {
	f := n.of(p)
	ref := taken.Day()
	switch {
	case f == nil && onset >= 0:
		ref = onset
	case f != nil && f.onset >= 0:
		ref = int(f.onset)
	}
	out := caseOrders{move: after(reported, n.p.Clocks.MoveCase), list: after(reported, n.p.Clocks.ListContacts), from: ref - n.p.Cases.LookBack.Value}
	if f == nil {
		return out
	}
	if f.quarantined <= taken && !n.quarantinedAtHome(f) { // found in isolation: moved already
		out.move = never
	}
	f.state, f.infects = becameCase, int16(out.from)
	for _, q := range children {
		c := n.of(q)
		switch {
		case c.tier == closeTier, int(c.to) < out.from:
		case c.state == released && int(c.to)+n.p.Tiers.Close.FollowUpDays() < reported.Day():
		default:
			c.tier, c.tierAt = closeTier, reported
			if c.state == released {
				c.state = followed
			}
		}
	}
	return out
}

func (n *numbers) tier(f *follow) *protocol.Tier { return n.p.Tier(tiers[f.tier]) }

// quarantinedAtHome says whether a contact is in quarantine at home: who came nearer in tier since, and goes to a site now, is not there yet.
func (n *numbers) quarantinedAtHome(f *follow) bool {
	control := n.tier(f).Control.Value
	return control != protocol.Site || n.p.Tiers.Secondary.Control.Value != control && f.quarantined < f.tierAt
}

func (n *numbers) end(f *follow) int { return int(f.to) + n.tier(f).FollowUpDays() }

// pointless says whether the tier is not followed, or its days had passed before the listing.
func (n *numbers) pointless(f *follow) bool {
	return !n.tier(f).Followed() || n.end(f) < f.listed.Day()
}

// met: a new contact, or one who met somebody else as well: the nearest tier, the last day. One who was let go is taken up again where that makes it longer.
func (n *numbers) met(q, source city.Person, tier contact.Tier, first, last int, at sim.Minute) {
	e := exposure{source, int16(first), int16(last), rank(tier), tier == contact.Secondary}
	f := n.of(q)
	if f == nil {
		n.list = append(n.list, follow{first: e, listed: at, from: e.first, to: e.last, tier: e.tier, quarantined: never, onset: -1, lastTaken: -1, lastNegative: -1})
		n.exposures = append(n.exposures, nil)
		n.at[q] = uint32(len(n.list))
		if f = &n.list[len(n.list)-1]; n.pointless(f) {
			f.state = released
		}
		return
	}
	i := n.at[q] - 1
	n.exposures[i] = append(n.exposures[i], e)
	wasPointless, wasEnd, moved := n.pointless(f), n.end(f), false
	if e.tier < f.tier {
		f.tier, f.tierAt, moved = e.tier, at, true
	}
	if e.last > f.to {
		f.to, moved = e.last, true
	}
	f.from = min(f.from, e.first)
	if f.state == released && moved && !n.pointless(f) && (wasPointless || wasEnd < n.end(f)) && at.Day() <= n.end(f) {
		f.state, f.tierAt = followed, at
	}
	if f.state == followed && n.pointless(f) {
		f.state = released
	}
}

func (n *numbers) quarantined(q city.Person, at sim.Minute) {
	if f := n.of(q); f != nil {
		f.quarantined = at
	}
}

func (n *numbers) negative(q city.Person, taken, _ sim.Minute) {
	f := n.of(q)
	if f == nil {
		return
	}
	f.negatives = uint8(min(int(f.negatives)+1, 255))
	f.lastTaken, f.lastNegative = int16(taken.Day()), int16(taken.Day())
}

func (n *numbers) symptom(q city.Person, onset int, _ sim.Minute) {
	if f := n.of(q); f != nil && f.onset < 0 {
		f.onset = int16(onset)
	}
}

// passed lets a contact go after the last day: with a negative of the last test day and one since any symptom, and, where release is linked, with
// negatives enough of everybody they met, none of whom is a case but for those whom they met before that case could infect.
func (n *numbers) passed(q city.Person, at sim.Minute) {
	f := n.of(q)
	if f == nil || f.state != followed || at.Day() <= n.end(f) {
		return
	}
	t := n.tier(f)
	if last := n.lastTest(f, t); last >= 0 && int(f.lastNegative) < last {
		return
	}
	if f.onset >= 0 && f.lastNegative < f.onset {
		return
	}
	if need := t.LinkedTests.Value; need > 0 {
		clean := func(e *exposure) bool {
			p := n.of(e.source)
			switch {
			case !e.parent, p == nil:
				return true
			case p.state == becameCase:
				return e.last < p.infects
			}
			return int(p.negatives) >= need
		}
		if !clean(&f.first) {
			return
		}
		for i := range n.exposures[n.at[q]-1] {
			if !clean(&n.exposures[n.at[q]-1][i]) {
				return
			}
		}
	}
	f.state, f.quarantined = released, never
}

func (n *numbers) lastTest(f *follow, t *protocol.Tier) int {
	if k := len(t.Tests.Value); k > 0 {
		if d := int(f.to) + t.Tests.Value[k-1]; d >= f.listed.Day() {
			return d
		}
	}
	return -1
}

func (n *numbers) standing(q city.Person) standing {
	out := standing{test: -1, quarantine: never}
	f := n.of(q)
	if f == nil || f.state != followed {
		return out
	}
	t := n.tier(f)
	out.followed, out.end = true, n.end(f)
	for _, k := range t.Tests.Value {
		if d := int(f.to) + k; d >= f.listed.Day() && d > int(f.lastTaken) {
			out.test = d
			break
		}
	}
	if c := t.Control.Value; c == protocol.Site || c == protocol.Home {
		since, done := f.listed, f.quarantined != never
		if f.tierAt > 0 {
			since = max(since, f.tierAt)
			if n.p.Tiers.Secondary.Control.Value != c && f.quarantined < f.tierAt {
				done = false
			}
		}
		if !done && n.p.Clocks.Quarantine.Set() {
			out.control, out.quarantine = c, after(since, n.p.Clocks.Quarantine)
		}
	}
	return out
}
