package trace

import (
	"errors"
	"fmt"
	"math"

	"firebreak/internal/contact"
	"firebreak/internal/protocol"
)

// Clause is one way of being a contact: so long together in places of some kinds, and near enough where the distance is known.
type Clause struct {
	Name  string // how the pack calls it; it is the reason that is given
	Tier  contact.Tier
	Kinds Kinds
	// AtLeast is for how many seconds together, over the whole window.
	AtLeast uint32
	// Rows and Metres bound the distance where both spots are known: seats so many rows apart, points so many metres. 0 sets no bound. Where
	// a distance is not known the clause holds, so that nobody is missed for want of a seat number.
	Rows   int
	Metres float64
}

// Kinds is a set of kinds of places.
type Kinds uint64

// EveryKind holds all kinds.
const EveryKind = ^Kinds(0)

// KindsOf makes a set.
func KindsOf(list ...Kind) (s Kinds) {
	for _, k := range list {
		s |= 1 << k
	}
	return s
}

// Has says whether k is in the set.
func (s Kinds) Has(k Kind) bool { return s>>k&1 == 1 }

// Rules say what makes a contact and a secondary contact. Their numbers come from the protocol pack.
type Rules struct {
	// Clauses, the nearest tier first: a contact is of the first that holds.
	Clauses []Clause
	// Household is the clause under which those who live with a case are close contacts whether or not visits show it; empty for none.
	Household string
	// Named is the clause under which those are close contacts who were named as such; empty has nobody be one for being named.
	Named string
	// Rates weigh an hour together by the kind of place, for the dose by which contacts are ranked. A kind beyond the list weighs 1.
	Rates []float32
	// Encounter is for how many seconds at a stretch somebody must have been with a contact to be a secondary contact.
	Encounter uint32
	// EncounterKinds are the kinds of places where that counts. With Untimed among them the second that stands for a meeting of which nobody knows how long it was is long enough.
	EncounterKinds Kinds
}

// RulesOf are the rules of a protocol pack. atLeast, where it is not 0, is in seconds and takes the place of every length of time in the pack: what somebody asks for once.
func RulesOf(p *protocol.Pack, atLeast uint32) *Rules {
	t := &p.Tracing
	seconds := func(v protocol.Value[int]) uint32 {
		if atLeast > 0 {
			return atLeast
		}
		return uint32(max(1, v.Duration().Seconds()))
	}
	// Of a meeting of which nobody knows how long it was, its tier says all: the second, or the day, that stands for it counts for no length.
	timed := EveryKind &^ KindsOf(Untimed)
	untimed := Clause{Name: t.Untimed.Path, Tier: t.Untimed.Value, Kinds: KindsOf(Untimed), AtLeast: 1}
	if !t.Untimed.Set() {
		untimed.Name, untimed.Tier = t.Close.Path, contact.Close
	}
	clauses := []Clause{{Name: t.Close.Path, Tier: contact.Close, Kinds: timed, AtLeast: seconds(t.Close), Rows: t.Rows.Value, Metres: t.Metres.Value}}
	general := Clause{Name: t.General.Path, Tier: contact.General, Kinds: timed, AtLeast: seconds(t.General)}
	encounters := timed
	if untimed.Tier == contact.Close { // whoever met a contact so is taken as one who was with them long enough, too
		clauses, encounters = append(clauses, untimed, general), EveryKind
	} else {
		clauses = append(clauses, general, untimed)
	}
	return &Rules{
		Clauses:   clauses,
		Household: "tiers.close.meaning",
		Named:     "tiers.close.meaning",
		Encounter: seconds(t.Secondary), EncounterKinds: encounters,
	}
}

// ErrRules is wrapped by Check.
var ErrRules = errors.New("rules of tracing that cannot be followed")

// maxClauses bounds the clauses; sets of them are 64 bits.
const maxClauses = 64

// Check says what is wrong with the rules.
func (r *Rules) Check() error {
	if len(r.Clauses) == 0 || len(r.Clauses) > maxClauses {
		return fmt.Errorf("%d clauses, not 1 to %d: %w", len(r.Clauses), maxClauses, ErrRules)
	}
	for i, c := range r.Clauses {
		switch {
		case c.AtLeast == 0:
			return fmt.Errorf("clause %s asks for no time together: %w", c.Name, ErrRules)
		case i > 0 && c.Tier.Nearer(r.Clauses[i-1].Tier):
			return fmt.Errorf("clause %s is of a nearer tier than the one before it: %w", c.Name, ErrRules)
		}
	}
	if r.Encounter == 0 {
		return fmt.Errorf("a secondary contact needs a time together: %w", ErrRules)
	}
	if len(r.Rates) > MaxKinds {
		return fmt.Errorf("%d rates for %d kinds: %w", len(r.Rates), MaxKinds, ErrRules)
	}
	return nil
}

func (r *Rules) rate(k Kind) float32 {
	if int(k) >= len(r.Rates) {
		return 1
	}
	return r.Rates[k]
}

// apart is a distance as a meeting keeps it in 14 bits: decimetres, or rows with the top bit, or unknown. What is further than 819 m is kept as that.
type apart uint16

const (
	unknownApart apart = 0x3fff
	rowsApart    apart = 0x2000
)

// apartOf is how far two spots were from each other. Points are exact and come first.
func apartOf(a, b Spot) apart {
	if a.Point && b.Point {
		// The smallest number of decimetres that is not less than the distance.
		d := math.Ceil(10 * math.Hypot(float64(a.X)-float64(b.X), float64(a.Y)-float64(b.Y)))
		return apart(min(d, float64(rowsApart-1)))
	}
	if a.Row > 0 && b.Row > 0 {
		d := int(a.Row) - int(b.Row)
		return rowsApart | apart(min(max(d, -d), int(rowsApart-2)))
	}
	return unknownApart
}

// within says whether a clause's bounds allow the distance.
func (c *Clause) within(a apart) bool {
	switch {
	case a == unknownApart:
		return true
	case a&rowsApart != 0:
		return c.Rows == 0 || int(a&^rowsApart) <= c.Rows
	default:
		return c.Metres == 0 || float64(a) <= 10*c.Metres
	}
}
