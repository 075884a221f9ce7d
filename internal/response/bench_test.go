package response

import (
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// still is a world that hands out the same facts and takes every action, so that only the rulebook is measured.
type still struct {
	c CaseFacts
	k ContactFacts
}

func (s *still) CaseFacts(cases.ID) (CaseFacts, error)         { return s.c, nil }
func (s *still) ContactFacts(contact.ID) (ContactFacts, error) { return s.k, nil }
func (s *still) PersonFacts(person.ID) (PersonFacts, error)    { return PersonFacts{}, nil }
func (s *still) LaboratoryFacts(lab.LaboratoryID) (LaboratoryFacts, error) {
	return LaboratoryFacts{}, nil
}
func (s *still) TubeFacts(screening.TubeID) (TubeFacts, error) { return TubeFacts{}, nil }
func (s *still) AssistanceFacts(contact.AssistanceID) (AssistanceFacts, error) {
	return AssistanceFacts{}, nil
}
func (s *still) BedFacts() (BedFacts, error)                 { return BedFacts{}, nil }
func (s *still) HouseFacts(task.Subject) (HouseFacts, error) { return HouseFacts{}, nil }
func (s *still) ZoneFacts(zone.ID) (ZoneFacts, error)        { return ZoneFacts{}, nil }
func (s *still) Apply(Action) ([]Trigger, error)             { return nil, nil }

// One confirmed case of an import: what a million rows each cost.
func BenchmarkReactConfirmed(b *testing.B) {
	p, err := protocol.Load("covid19/2022-v9")
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2022, 7, 5, 9, 0, 0, 0, time.UTC)
	w := &still{c: CaseFacts{Case: cases.Case{ID: 1, Class: cases.Confirmed, Onset: day.MustParse("2022-07-03"), ConfirmedAt: now, Area: 1}, Loc: time.UTC,
		Zones: []zone.Zone{{ID: 1, State: zone.Proposed, ProposedAt: now}}}}
	t := Trigger{Kind: journal.CaseConfirmed, Subject: task.Subject{Kind: task.OnCase, ID: 1}, Ref: task.FactRef{Seq: 1}, At: now}
	b.ReportAllocs()
	for b.Loop() {
		if err := React(p, now, w, t); err != nil {
			b.Fatal(err)
		}
	}
}

// One close contact of an import.
func BenchmarkReactListed(b *testing.B) {
	p, err := protocol.Load("covid19/2022-v9")
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2022, 7, 5, 9, 0, 0, 0, time.UTC)
	w := &still{k: ContactFacts{Contact: contact.Contact{ID: 1, Tier: contact.Close, State: contact.Listed, LastExposed: day.MustParse("2022-07-04"), ListedAt: now}, Loc: time.UTC}}
	t := Trigger{Kind: journal.ContactListed, Subject: task.Subject{Kind: task.OnContact, ID: 1}, Ref: task.FactRef{Seq: 1}, At: now}
	b.ReportAllocs()
	for b.Loop() {
		if err := React(p, now, w, t); err != nil {
			b.Fatal(err)
		}
	}
}
