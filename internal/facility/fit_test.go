package facility

import (
	"errors"
	"testing"

	"firebreak/internal/contact"
	"firebreak/internal/person"
)

func TestFits(t *testing.T) {
	t.Parallel()
	woman := func(p person.ID, house person.HouseholdID) Occupant {
		return Occupant{Person: p, Class: Contact, Household: house, Sex: person.Female}
	}
	man := func(p person.ID, house person.HouseholdID) Occupant {
		return Occupant{Person: p, Class: Contact, Household: house, Sex: person.Male}
	}
	child := func(p person.ID, house person.HouseholdID) Occupant {
		return Occupant{Person: p, Class: Contact, Household: house, Sex: person.Male, Child: true}
	}
	sick := Occupant{Person: 9, Class: Case, Sex: person.Female}
	for _, c := range []struct {
		name        string
		room        Room
		group       Class
		there, come []Occupant
		want        Rule
	}{
		{"one person", Room{Beds: 1, Use: Private}, "", nil, []Occupant{woman(1, 0)}, ""},
		{"no bed left", Room{Beds: 1, Use: Private}, "", []Occupant{woman(1, 0)}, []Occupant{woman(2, 0)}, RuleFull},
		{"being cleaned", Room{Beds: 1, Use: Private, State: Cleaning}, "", nil, []Occupant{woman(1, 0)}, RuleRoomState},
		{"a household in a private room", Room{Beds: 3, Use: Private}, "", []Occupant{woman(1, 5)}, []Occupant{man(2, 5), child(3, 5)}, ""},
		{"strangers in a private room", Room{Beds: 3, Use: Private}, "", []Occupant{woman(1, 5)}, []Occupant{woman(2, 6)}, RuleHousehold},
		{"two without a household in a private room", Room{Beds: 3, Use: Private}, "", []Occupant{woman(1, 0)}, []Occupant{woman(2, 0)}, RuleHousehold},
		{"strangers of one sex in a shared room", Room{Beds: 3, Use: Shared}, "", []Occupant{woman(1, 5)}, []Occupant{woman(2, 6)}, ""},
		{"strangers of two sexes in a shared room", Room{Beds: 3, Use: Shared}, "", []Occupant{woman(1, 5)}, []Occupant{man(2, 6)}, RuleSex},
		{"a couple in a shared room", Room{Beds: 3, Use: Shared}, "", []Occupant{woman(1, 5)}, []Occupant{man(2, 5)}, ""},
		{"a stranger whose sex nobody knows in a shared room", Room{Beds: 3, Use: Shared}, "", []Occupant{woman(1, 5)}, []Occupant{{Person: 2, Class: Contact}}, RuleSex},
		{"everybody in a ward", Room{Beds: 3, Use: Ward}, "", []Occupant{woman(1, 5)}, []Occupant{man(2, 6)}, ""},
		{"a case in a ward of contacts", Room{Beds: 3, Use: Ward}, "", []Occupant{woman(1, 5)}, []Occupant{sick}, RuleApart},
		{"a case along the corridor of contacts", Room{Beds: 1, Use: Private}, Contact, nil, []Occupant{sick}, RuleApart},
		{"a case along the corridor of cases", Room{Beds: 1, Use: Private}, Case, nil, []Occupant{sick}, ""},
		{"a child alone", Room{Beds: 1, Use: Private}, "", nil, []Occupant{child(1, 5)}, RuleChild},
		{"a child with a stranger", Room{Beds: 2, Use: Ward}, "", nil, []Occupant{child(1, 5), woman(2, 6)}, RuleChild},
		{"a child with its sister who is a child", Room{Beds: 2, Use: Private}, "", nil, []Occupant{child(1, 5), child(2, 5)}, RuleChild},
		{"a child in a hospital", Room{Beds: 1, Use: Ward, Level: WardLevel}, "", nil, []Occupant{child(1, 5)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.room.State == "" {
				c.room.State = Ready
			}
			var got Rule
			var m *Misfit
			if err := c.room.Fits(c.group, c.there, c.come); errors.As(err, &m) {
				got = m.Rule
			} else if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("breaks %q, want %q", got, c.want)
			}
		})
	}
}

func TestTakes(t *testing.T) {
	t.Parallel()
	near := Occupant{Class: Contact, Tier: contact.Close}
	for _, c := range []struct {
		name string
		f    Facility
		o    Occupant
		want Rule
	}{
		{"a contact at a quarantine site", Facility{Kind: QuarantineSite, State: Open}, near, ""},
		{"while it opens", Facility{Kind: QuarantineSite, State: Opening}, near, ""},
		{"in reserve", Facility{Kind: QuarantineSite, State: Reserve}, near, RuleState},
		{"while it closes", Facility{Kind: QuarantineSite, State: Closing}, near, RuleState},
		{"a case at a quarantine site", Facility{Kind: QuarantineSite, State: Open}, Occupant{Class: Case}, RuleClass},
		{"a contact in hospital", Facility{Kind: Hospital, State: Open}, near, RuleClass},
		{"a close contact where secondary ones are", Facility{Kind: QuarantineSite, State: Open, Tier: contact.Secondary}, near, RuleTier},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got Rule
			var m *Misfit
			if errors.As(c.f.Takes(c.o), &m) {
				got = m.Rule
			}
			if got != c.want {
				t.Errorf("breaks %q, want %q", got, c.want)
			}
		})
	}
}
