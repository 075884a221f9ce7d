package response

import (
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
)

// onContactResult answers: a specimen of a contact was taken, or its result reported or corrected.
//
//  1. A positive by a method that proves: they become a case (asymptomatic where the edition counts those apart and they are
//     well). By one that only suspects: a suspected case.
//  2. Otherwise all that their facts ask for is ordered anew: the test day is done, another specimen where there was no
//     result, and release where it waited for this.
//  3. Where release is linked, those who met them are looked at again.
func onContactResult(a ask, f ContactFacts) []Action {
	if f.Contact.State != contact.BecameCase && f.Contact.State != contact.Dropped {
		// The newest positive: an older one may have been answered by a case that was ruled out.
		if s, clause, proven := positive(a.p, f.Specimens, true); s != nil {
			class := cases.Suspected
			if proven {
				class = infection(a.p, symptomatic(&f))
			}
			return append([]Action{OpenCase{Contact: f.Contact.ID, Class: class, Specimen: s.ID, At: s.ResultAt, Found: found(&f, s.TakenAt), Because: a.because(clause)}},
				a.standContact(f)...)
		}
	}
	out := a.standContact(f)
	if linked := a.p.Tiers.Secondary.LinkedTests; a.t.Kind != journal.SpecimenTaken && linked.Value > 0 {
		for _, child := range f.Children {
			out = append(out, Revisit{Contact: child, Because: a.because(linked.Path)})
		}
	}
	return out
}

// onCaseResult answers: a specimen of a case was taken, or its result reported or corrected.
//
//  1. Suspected or probable, and a positive by a method that proves: confirmed.
//  2. Suspected, and the pack's negatives with nothing positive and nothing awaited: discarded.
//  3. Discarded, and a positive reported after every negative: a case after all.
//  4. Proven by a result that was corrected since, with no other positive: suspected again, or discarded when the negatives
//     are enough.
//  5. Its tasks stand: specimens still due, discharge when its tests are met.
func onCaseResult(a ask, f CaseFacts) []Action {
	out := a.standCase(f)
	c := &f.Case
	s, clause, proven := positive(a.p, f.Specimens, c.Class == cases.Discarded)
	rule := &a.p.Cases
	withdrawn := !proven && c.Class.Infected() && a.t.Kind == journal.ResultCorrected
	var change Action
	switch {
	case proven && (c.Class == cases.Suspected || c.Class == cases.Probable || c.Class == cases.Discarded && newest(f.Specimens, s)):
		change = Confirm{Case: c.ID, Class: infection(a.p, !c.Onset.IsZero()), Specimen: s.ID, At: s.ResultAt, Because: a.because(clause)}
	case proven:
	case (c.Class == cases.Suspected || withdrawn) && ruledOut(a.p, evidence(a.p, &f)):
		change = Confirm{Case: c.ID, Class: cases.Discarded, At: a.t.At, Because: a.because(rule.RuleOutTests.Path)}
	case withdrawn:
		change = Confirm{Case: c.ID, Class: cases.Suspected, At: a.t.At, Because: a.because(rule.ConfirmBy.Path)}
	}
	if change != nil {
		out = append(out, change)
	}
	return out
}

// onPersonResult answers the same for somebody whether they are a case, a contact or neither: for a case and for a contact, the rules above stand.
//
//  1. A positive by a method that proves, of somebody who is neither: they become a case (asymptomatic where the edition counts those apart). By one that only
//     suspects: a suspected case.
//  2. Their own tasks stand: the single specimen that a positive tube asked for is done.
//  3. The positive tubes they are in are looked at again: who may be let go, and whether anybody in it is positive at all.
func onPersonResult(a ask, f PersonFacts) []Action {
	var out []Action
	if f.Case == nil && (f.Contact == nil || f.Contact.State == contact.Dropped) {
		if s, clause, proven := positive(a.p, f.Specimens, true); s != nil {
			class := cases.Suspected
			if proven {
				class = infection(a.p, false)
			}
			out = append(out, OpenCaseOf{Person: f.Person, Class: class, Specimen: s.ID, At: s.ResultAt, Because: a.because(clause)})
			f.Case = &cases.Case{Person: f.Person, Class: class} // what a self-test asked for stands with the case from here on
		}
	}
	out = append(out, a.standPerson(f)...)
	return append(out, a.tubesOf(f)...)
}

// onPersonCase answers for somebody in tubes: they are a case, or none after all.
//
//  1. Their own tasks stand: a case's are the case's.
//  2. The positive tubes they are in are looked at again: they may explain it.
func onPersonCase(a ask, f PersonFacts) []Action {
	return append(a.standPerson(f), a.tubesOf(f)...)
}

// infection is the class of a proven infection.
func infection(p *protocol.Pack, symptoms bool) cases.Class {
	if !symptoms && p.Cases.AsymptomaticApart.Value {
		return cases.Asymptomatic
	}
	return cases.Confirmed
}

// positive returns a positive that proves an infection, or else one that makes a suspected case; nil for none. Of several it
// is the first, or the last when that is asked for.
func positive(p *protocol.Pack, all []lab.Specimen, last bool) (s *lab.Specimen, clause string, proven bool) {
	for i := range all {
		if all[i].Result != lab.Positive || s != nil && !last && proven {
			continue
		}
		switch {
		case slices.Contains(p.Cases.ConfirmBy.Value, all[i].Method):
			s, clause, proven = &all[i], p.Cases.ConfirmBy.Path, true
		case !proven && (s == nil || last) && slices.Contains(p.Cases.SuspectBy.Value, all[i].Method):
			s, clause = &all[i], p.Cases.SuspectBy.Path
		}
	}
	return s, clause, proven
}

// evidence returns the specimens that can prove a suspected case or rule it out: by a method that proves, and taken since the
// suspicion arose, which is the onset, or the day it was noted when that is earlier or the onset unknown.
func evidence(p *protocol.Pack, f *CaseFacts) []lab.Specimen {
	loc := zoneOf(f.Loc)
	from := day.In(f.Case.NotedAt, loc)
	if on := f.Case.Onset; !on.IsZero() && (from.IsZero() || on < from) {
		from = on
	}
	var out []lab.Specimen
	for _, s := range f.Specimens {
		if slices.Contains(p.Cases.ConfirmBy.Value, s.Method) && day.In(s.TakenAt, loc) >= from {
			out = append(out, s)
		}
	}
	return out
}

// newest says whether no negative was reported after s.
func newest(all []lab.Specimen, s *lab.Specimen) bool {
	for _, o := range all {
		if o.Result == lab.Negative && o.ResultAt.After(s.ResultAt) {
			return false
		}
	}
	return true
}

// ruledOut says whether the negatives are enough to discard a suspected case, far enough apart, with no result awaited.
func ruledOut(p *protocol.Pack, all []lab.Specimen) bool {
	var firstTaken, lastTaken time.Time
	n := 0
	for _, s := range all {
		if s.Result == lab.Awaited {
			return false
		}
		if s.Result == lab.Negative {
			if n == 0 {
				firstTaken = s.TakenAt
			}
			lastTaken = s.TakenAt
			n++
		}
	}
	return n > 0 && n >= p.Cases.RuleOutTests.Value && lastTaken.Sub(firstTaken) >= p.Cases.RuleOutGap.Duration()
}

func symptomatic(f *ContactFacts) bool {
	return f.Contact.Symptoms || slices.ContainsFunc(f.Checks, contact.Check.Symptomatic)
}

// found says where a contact was when found to be a case.
func found(f *ContactFacts, at time.Time) cases.Found {
	if q := f.Contact.QuarantineAt; !q.IsZero() && !q.After(at) {
		return cases.FoundInIsolation
	}
	return cases.FoundCommunity
}
