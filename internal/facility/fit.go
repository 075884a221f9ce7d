package facility

import (
	"fmt"
	"slices"

	"firebreak/internal/contact"
	"firebreak/internal/person"
)

// Occupant is somebody who has, or is to have, a bed, as the rules of a room see them.
type Occupant struct {
	Person    person.ID
	Class     Class
	Tier      contact.Tier       // of a contact
	Household person.HouseholdID // 0: lives with nobody that is known of
	Sex       person.Sex
	Child     bool // must not be alone
}

// Rule is one that a bed can break.
type Rule string

// The rules, in the order in which they are asked.
const (
	RuleState     Rule = "state"     // the facility takes nobody now
	RuleClass     Rule = "class"     // it takes the others: cases, or contacts
	RuleTier      Rule = "tier"      // it takes contacts of another tier
	RuleRoomState Rule = "room"      // the room is being cleaned, or is broken
	RuleFull      Rule = "full"      // every bed of the room is taken
	RuleApart     Rule = "apart"     // a case and a contact would share a room, lift or corridor
	RuleHousehold Rule = "household" // the room is for one person or one household
	RuleSex       Rule = "sex"       // strangers of two sexes, or of one that nobody knows, would share a room
	RuleChild     Rule = "child"     // a child would be without an adult of its household
)

// Rules lists them.
func Rules() []Rule {
	return []Rule{RuleState, RuleClass, RuleTier, RuleRoomState, RuleFull, RuleApart, RuleHousehold, RuleSex, RuleChild}
}

var ruleSays = map[Rule]string{
	RuleState: "the facility takes nobody now", RuleClass: "the facility does not take this class", RuleTier: "the facility takes contacts of another tier",
	RuleRoomState: "the room is not ready", RuleFull: "every bed of the room is taken", RuleApart: "a case and a contact would share a room, lift or corridor",
	RuleHousehold: "the room is for one person or one household", RuleSex: "people who do not live together share a room with their own sex only",
	RuleChild: "a child would be without an adult of its household",
}

// Misfit is returned when a bed may not be given to somebody.
type Misfit struct {
	Rule   Rule
	Person person.ID // 0 where it is true of everybody
	Room   string    // code; empty where it is true of the facility
}

// Error implements error.
func (e *Misfit) Error() string {
	if e.Room != "" {
		return fmt.Sprintf("room %s: %s", e.Room, ruleSays[e.Rule])
	}
	return ruleSays[e.Rule]
}

// Takes says whether the facility can give a bed to somebody at all: one that opens or is open, and is for their class and tier.
func (f *Facility) Takes(o Occupant) error {
	switch {
	case f.State != Open && f.State != Opening:
		return &Misfit{Rule: RuleState, Person: o.Person}
	case f.Kind.Takes() != o.Class:
		return &Misfit{Rule: RuleClass, Person: o.Person}
	case o.Class == Contact && f.Tier != "" && f.Tier != o.Tier:
		return &Misfit{Rule: RuleTier, Person: o.Person}
	}
	return nil
}

// Fits says whether people can be given beds of the room. there are those who have beds in it, booked ones included; group is the class of those in other rooms
// that share its lift or corridor, empty where there is nobody.
//
//  1. The room is ready, and has beds enough.
//  2. Cases or contacts, never both, in the room and along its lift and corridor.
//  3. A private room is for one person or one household. In a shared room those who do not live together are of one known sex. A ward is for everybody.
//  4. No child comes without an adult of its household, to it or to who is there; a room of a hospital has its own carers. A child who is alone there already keeps nobody
//     out: nobody's coming makes it so.
func (m *Room) Fits(group Class, there, come []Occupant) error {
	if m.State != Ready {
		return &Misfit{Rule: RuleRoomState, Room: m.Code}
	}
	if int64(len(there)+len(come)) > m.Beds {
		return &Misfit{Rule: RuleFull, Room: m.Code}
	}
	all := append(append(make([]Occupant, 0, len(there)+len(come)), there...), come...)
	for _, o := range all {
		if group == "" {
			group = o.Class
		}
		if o.Class != group {
			return &Misfit{RuleApart, firstOf(come), m.Code}
		}
	}
	for i, o := range all {
		for _, p := range all[:i] {
			switch {
			case m.Use == Ward || o.Household != 0 && o.Household == p.Household:
			case m.Use == Private:
				return &Misfit{RuleHousehold, o.Person, m.Code}
			case o.Sex != p.Sex || o.Sex != person.Female && o.Sex != person.Male:
				return &Misfit{RuleSex, o.Person, m.Code}
			}
		}
	}
	for _, child := range m.Alone(all) {
		if slices.ContainsFunc(come, func(o Occupant) bool { return o.Person == child }) {
			return &Misfit{RuleChild, child, m.Code}
		}
	}
	return nil
}

// LeftAlone returns the children who are without an adult of their household once some have left the room, and were not before.
func (m *Room) LeftAlone(before, after []Occupant) []person.ID {
	was := m.Alone(before)
	return slices.DeleteFunc(m.Alone(after), func(p person.ID) bool { return slices.Contains(was, p) })
}

// Alone returns the children among those in the room who are there without an adult of their household.
func (m *Room) Alone(there []Occupant) (out []person.ID) {
	if m.Level != NoLevel {
		return nil
	}
	for _, o := range there {
		if !o.Child {
			continue
		}
		with := false
		for _, p := range there {
			with = with || !p.Child && p.Household != 0 && p.Household == o.Household
		}
		if !with {
			out = append(out, o.Person)
		}
	}
	return out
}

func firstOf(list []Occupant) person.ID {
	if len(list) == 0 {
		return 0
	}
	return list[0].Person
}
