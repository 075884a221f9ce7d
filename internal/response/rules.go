package response

import (
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// The rules, on one screen: which facts each answers, and what they are about. A rule's function stands in on_<rule>.go.
//
// Facts about specimens and zones reach the rules with the case or the contact as their subject, once for each that the
// person is; those about specimens and tubes also with the person, and each tube that they concern.
func rules() []Rule {
	return []Rule{
		{Name: "case_suspected", On: kinds(journal.CaseSuspected), forCase: onCaseSuspected, forPerson: onPersonCase, forTube: ask.lookAtTube},
		{Name: "case_confirmed", On: kinds(journal.CaseConfirmed), forCase: onCaseConfirmed, forPerson: onPersonCase, forTube: ask.lookAtTube},
		{Name: "case_corrected", On: kinds(journal.CaseCorrected), forCase: onCaseCorrected, forPerson: onPersonCase, forTube: ask.lookAtTube},
		{Name: "case_merged", On: kinds(journal.CaseMerged, journal.CaseUnmerged), forCase: onCaseMerged, forPerson: onPersonCase, forTube: ask.lookAtTube},
		{Name: "case_closed", On: kinds(journal.CaseClosed), forCase: onCaseClosed, forPerson: onPersonCase, forTube: ask.lookAtTube},
		{Name: "case_investigated", On: kinds(journal.CaseInvestigated, journal.ContactsListed), forCase: onCaseInvestigated, forPerson: onPersonCase, forTube: ask.lookAtTube},
		{Name: "case_progress", On: kinds(journal.CaseReported, journal.CaseVerified, journal.CaseIsolated), forCase: onCaseProgress},
		{Name: "severity_changed", On: kinds(journal.SeverityRecorded), forCase: onSeverityChanged},
		{Name: "admitted", On: kinds(journal.CaseAdmitted, journal.BedMoved), forCase: onAdmitted},
		{Name: "discharged", On: kinds(journal.CaseDischarged, journal.MonitoringOver), forCase: onDischarged, forPerson: onPersonCase, forTube: ask.lookAtTube},
		{Name: "beds_counted", On: kinds(journal.BedsCounted), forBeds: onBedsCounted},
		{Name: "reserve", On: kinds(journal.ReserveProposed, journal.ReserveDecided, journal.ReserveOpened), forHouse: onReserve},
		{Name: "conversion", On: kinds(journal.RoomConverting, journal.RoomConverted), forHouse: onConversion},
		{Name: "care_event", On: kinds(journal.CareEventNoted, journal.CareEventChanged), forHouse: onCareEvent},
		{Name: "incident", On: kinds(journal.IncidentNoted, journal.IncidentChanged), forHouse: onIncident},
		{Name: "deficiency", On: kinds(journal.DeficiencyFound, journal.DeficiencyEnded), forHouse: onDeficiency},
		{Name: "zone_proposed", On: kinds(journal.ZoneProposed, journal.ZoneDecided), forCase: onZoneProposed, forZone: onZoneDue},
		{Name: "zone_due", On: kinds(journal.ZoneDue, journal.ZonePutOff), forZone: onZoneDue},
		{Name: "contact_listed", On: kinds(journal.ContactListed), forContact: onContactListed},
		{Name: "contact_progress", On: kinds(journal.ContactReached, journal.ContactQuarantined, journal.ContactProphylaxis, journal.ContactCorrected,
			journal.ContactExposed, journal.ExposureEnded, journal.ContactReleased, journal.ContactClosed), withChildren: onContactProgress},
		{Name: "assistance", On: kinds(journal.AssistanceAsked, journal.AssistanceAccepted, journal.AssistanceSentBack, journal.AssistanceWithdrawn), forAssistance: onAssistance},
		{Name: "contact_merged", On: kinds(journal.ContactMerged, journal.ContactUnmerged), withChildren: onContactMerged},
		{Name: "tier_changed", On: kinds(journal.ContactTierChanged), forContact: onTierChanged},
		{Name: "stay", On: kinds(journal.StayBegan, journal.StayEnded), forCase: onCaseStay, forContact: onContactStay, forPerson: onCompanionStay},
		{Name: "check", On: kinds(journal.ContactChecked, journal.ContactMissed), forContact: onCheck},
		{Name: "symptom", On: kinds(journal.ContactSymptom), forContact: onSymptom},
		{Name: "followup_due", On: kinds(journal.FollowUpOver), forContact: onFollowUpDue},
		{Name: "contact_became_case", On: kinds(journal.ContactBecameCase), withChildren: onContactBecameCase},
		{Name: "result", On: kinds(journal.SpecimenTaken, journal.ResultReported, journal.ResultCorrected), forCase: onCaseResult, forContact: onContactResult, forPerson: onPersonResult, forTube: ask.lookAtTube},
		{Name: "person_merged", On: kinds(journal.PersonMerged, journal.PersonUnmerged), forPerson: onPersonMerged, forTube: ask.lookAtTube},
		{Name: "pool_positive", On: kinds(journal.TubePositive), forTube: onPoolPositive, forPerson: ask.standPerson},
		{Name: "tube_failed", On: kinds(journal.TubeFailed), forTube: onTubeFailed, forPerson: ask.standPerson},
		{Name: "tube_corrected", On: kinds(journal.TubeCorrected), forTube: onTubeCorrected, forPerson: ask.standPerson},
		{Name: "tube_checked", On: kinds(journal.TubeChecked), forTube: onTubeChecked, forPerson: ask.standPerson},
		{Name: "told", On: kinds(journal.PersonTold), forPerson: onTold},
		{Name: "appeal", On: kinds(journal.HoldAppealed, journal.AppealAnswered), forPerson: onAppeal, forCase: onCaseRestriction, forContact: onContactRestriction},
		{Name: "restriction", On: kinds(journal.RestrictionTold, journal.RestrictionOver, journal.RestrictionReviewed, journal.RestrictionAgreed, journal.NeedAsked, journal.NeedMet, journal.RestrictionEnded), forCase: onCaseRestriction, forContact: onContactRestriction, forPerson: ask.standPerson},
		{Name: "unknown_positive", On: kinds(journal.UnknownPositive, journal.UnknownFound, journal.UnknownSettled), forLab: onUnknownPositive},
		{Name: "hold_over", On: kinds(journal.HoldOver), forPerson: onHoldOver},
		{Name: "selftest", On: kinds(journal.SelfTestReported), forPerson: onSelfTest},
		{Name: "pack_changed", On: kinds(journal.OutbreakPackChanged), forCase: onCasePackChanged, forContact: onContactPackChanged, forPerson: onPersonPackChanged, forTube: onTubePackChanged},
	}
}

// Rule is one rule of the book.
type Rule struct {
	Name string // its file without on_ and .go
	On   []journal.Kind

	forCase      func(ask, CaseFacts) []Action
	forContact   func(ask, ContactFacts) []Action
	forPerson    func(ask, PersonFacts) []Action
	forTube      func(ask, TubeFacts) []Action
	forLab       func(ask, LaboratoryFacts) []Action
	withChildren func(ask, ContactFacts, []ContactFacts) []Action
	forBeds      func(ask, BedFacts) []Action
	forHouse     func(ask, HouseFacts) []Action
	forZone      func(ask, ZoneFacts) []Action

	forAssistance func(ask, AssistanceFacts) []Action
}

// Rules lists the rulebook, in the order of the response.
func Rules() []Rule { return rules() }

func kinds(k ...journal.Kind) []journal.Kind { return k }

// book finds the rule for a kind of fact; it is never changed.
var book = func() map[journal.Kind]*Rule {
	out := map[journal.Kind]*Rule{}
	for _, r := range rules() {
		for _, k := range r.On {
			out[k] = &r
		}
	}
	return out
}()

// ask is one question to the rulebook: what every rule is given beside the facts.
type ask struct {
	p    *protocol.Pack
	now  time.Time
	t    Trigger
	rule string
}

// because gives the reason of what is ordered under a clause.
func (a ask) because(clause string) task.Because {
	return task.Because{Fact: a.t.Ref, Rule: a.rule, Clause: clause, Pack: a.p.Ref()}
}

// answer runs the rule for a trigger. Facts that no rule answers bring nothing about.
func answer(p *protocol.Pack, now time.Time, w World, t Trigger) ([]Action, error) {
	r := book[t.Kind]
	if r == nil {
		return nil, nil
	}
	a := ask{p, now, t, r.Name}
	switch {
	case t.Subject.Kind == task.OnCase && r.forCase != nil:
		f, err := w.CaseFacts(cases.ID(t.Subject.ID))
		if err != nil {
			return nil, err
		}
		return r.forCase(a, f), nil
	case t.Subject.Kind == task.OnContact && r.forContact != nil:
		f, err := w.ContactFacts(contact.ID(t.Subject.ID))
		if err != nil {
			return nil, err
		}
		return r.forContact(a, f), nil
	case t.Subject.Kind == task.OnContact && r.withChildren != nil:
		f, err := w.ContactFacts(contact.ID(t.Subject.ID))
		if err != nil {
			return nil, err
		}
		children := make([]ContactFacts, len(f.Children))
		for i, id := range f.Children {
			if children[i], err = w.ContactFacts(id); err != nil {
				return nil, err
			}
		}
		return r.withChildren(a, f, children), nil
	}
	if t.Subject.Kind == task.OnPerson && r.forPerson != nil {
		f, err := w.PersonFacts(person.ID(t.Subject.ID))
		if err != nil {
			return nil, err
		}
		return r.forPerson(a, f), nil
	}
	if t.Subject.Kind == task.OnTube && r.forTube != nil {
		f, err := w.TubeFacts(screening.TubeID(t.Subject.ID))
		if err != nil {
			return nil, err
		}
		return r.forTube(a, f), nil
	}
	if t.Subject.Kind == task.OnLab && r.forLab != nil {
		f, err := w.LaboratoryFacts(lab.LaboratoryID(t.Subject.ID))
		if err != nil {
			return nil, err
		}
		return r.forLab(a, f), nil
	}
	if t.Subject.Kind == task.OnAssistance && r.forAssistance != nil {
		f, err := w.AssistanceFacts(contact.AssistanceID(t.Subject.ID))
		if err != nil {
			return nil, err
		}
		return r.forAssistance(a, f), nil
	}
	if t.Subject.Kind == task.OnOutbreak && r.forBeds != nil {
		f, err := w.BedFacts()
		if err != nil {
			return nil, err
		}
		return r.forBeds(a, f), nil
	}
	if t.Subject.Kind == task.OnZone && r.forZone != nil {
		f, err := w.ZoneFacts(zone.ID(t.Subject.ID))
		if err != nil {
			return nil, err
		}
		return r.forZone(a, f), nil
	}
	if r.forHouse != nil {
		f, err := w.HouseFacts(t.Subject)
		if err != nil {
			return nil, err
		}
		return r.forHouse(a, f), nil
	}
	return nil, fmt.Errorf("rule %s does not answer facts about a %s", r.Name, t.Subject.Kind)
}
