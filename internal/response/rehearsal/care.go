package rehearsal

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/response"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
)

// ErrNotDischargeable is wrapped when a case is discharged before the pack's criteria are met, and not by two people.
var ErrNotDischargeable = errors.New("the criteria of discharge are not met")

// houseRow is a hospital or site with its beds.
type houseRow struct {
	facility.Facility
	beds, taken, came, left int64
}

// careRow is how one case is treated.
type careRow struct {
	severity   []treatment.SeverityChange
	admissions []treatment.Admission
}

// Severity enters how ill a case is found to be.
func (w *World) Severity(id cases.ID, s treatment.Severity, atRisk bool) error {
	c := w.care(id)
	c.severity = append(c.severity, treatment.SeverityChange{ID: treatment.SeverityID(len(c.severity) + 1), Case: id, Severity: s, AtRisk: atRisk, At: w.now})
	return w.happen(journal.SeverityRecorded, onCase(id))
}

// Admit enters that a case is in a hospital, in a bed of a level. In a hospital they are isolated.
func (w *World) Admit(id cases.ID, level facility.Level) error {
	c := w.care(id)
	if c.open() != nil {
		return fmt.Errorf("case %d is in a hospital: %w", id, ErrExpected)
	}
	k := w.cases[id-1]
	c.admissions = append(c.admissions, treatment.Admission{ID: treatment.AdmissionID(len(c.admissions) + 1), Case: id, Person: k.Person, Level: level, LevelAt: w.now, AdmittedAt: w.now})
	if k.AdmittedAt.IsZero() {
		k.AdmittedAt = w.now
	}
	if k.IsolatedAt.IsZero() {
		k.IsolatedAt = w.now
	}
	k.Outcome, k.OutcomeOn = cases.Open, 0
	return w.happen(journal.CaseAdmitted, onCase(id))
}

// MoveBed enters that a case lies in a bed of another level.
func (w *World) MoveBed(id cases.ID, level facility.Level) error {
	a := w.care(id).open()
	if a == nil {
		return fmt.Errorf("case %d is in no hospital: %w", id, ErrExpected)
	}
	a.Level, a.LevelAt = level, w.now
	return w.happen(journal.BedMoved, onCase(id))
}

// Discharge enters that a case leaves the hospital as recovered: by the criteria, or because two people agreed.
func (w *World) Discharge(id cases.ID, two bool) error {
	a := w.care(id).open()
	if a == nil {
		return fmt.Errorf("case %d is in no hospital: %w", id, ErrExpected)
	}
	f, err := w.CaseFacts(id)
	if err != nil {
		return err
	}
	if !two && !response.Dischargeable(response.Criteria(w.pack, f, w.now)) {
		return fmt.Errorf("case %d: %w", id, ErrNotDischargeable)
	}
	if err := a.End(treatment.Discharged, w.now, "", ""); err != nil {
		return err
	}
	k := w.cases[id-1]
	k.Outcome, k.OutcomeOn = cases.Recovered, w.DayOf(w.now)
	return w.happen(journal.CaseDischarged, onCase(id))
}

// Monitored enters that looking after somebody at home is over.
func (w *World) Monitored(id cases.ID) error {
	c := w.care(id)
	for i := range slices.Backward(c.admissions) {
		if c.admissions[i].Ended == treatment.Discharged {
			c.admissions[i].MonitoredAt = w.now
			return w.happen(journal.MonitoringOver, onCase(id))
		}
	}
	return fmt.Errorf("case %d was not discharged: %w", id, ErrExpected)
}

// care is how a case is treated, to be changed.
func (w *World) care(id cases.ID) *careRow {
	if w.treated[id] == nil {
		w.treated[id] = &careRow{}
	}
	return w.treated[id]
}

func (c *careRow) open() *treatment.Admission {
	for i := range c.admissions {
		if c.admissions[i].Open() {
			return &c.admissions[i]
		}
	}
	return nil
}

// House enters a hospital or site with its beds.
func (w *World) House(f facility.Facility, beds int64) {
	f.ID = facility.ID(len(w.houses) + 1)
	f.StateAt = w.now
	w.houses = append(w.houses, &houseRow{Facility: f, beds: beds})
}

// CountBeds enters how many beds of a house are taken, and who came and left in the last 24 hours.
func (w *World) CountBeds(code string, taken, came, left int64) error {
	h, err := w.house(code)
	if err != nil {
		return err
	}
	h.taken, h.came, h.left = taken, came, left
	return w.happen(journal.BedsCounted, task.Subject{Kind: task.OnOutbreak, ID: 1})
}

func (w *World) house(code string) (*houseRow, error) {
	for _, h := range w.houses {
		if h.Code == code {
			return h, nil
		}
	}
	return nil, fmt.Errorf("hospital or site %s: %w", code, ErrUnknown)
}

// proposal returns the newest proposal to open a reserve; nil for none.
func (w *World) proposal(code string) *treatment.Proposal {
	h, err := w.house(code)
	if err != nil {
		return nil
	}
	for i := range slices.Backward(w.proposals) {
		if w.proposals[i].Facility == h.ID {
			return &w.proposals[i]
		}
	}
	return nil
}

// DecideReserve enters what somebody decided on a reserve that was proposed.
func (w *World) DecideReserve(code string, to treatment.ProposalState) error {
	p := w.proposal(code)
	if p == nil {
		return fmt.Errorf("%s is not proposed: %w", code, ErrExpected)
	}
	state, err := p.State.Move(to)
	if err != nil {
		return err
	}
	p.State, p.DecidedAt = state, w.now
	if to == treatment.Accepted {
		h := w.houses[p.Facility-1]
		h.State, h.StateAt = facility.Opening, w.now
	}
	return w.happen(journal.ReserveDecided, onReserve(p.ID))
}

// OpenHouse enters that a house takes people.
func (w *World) OpenHouse(code string) error {
	h, err := w.house(code)
	if err != nil {
		return err
	}
	state, err := h.State.Move(facility.Open)
	if err != nil {
		return err
	}
	h.State, h.StateAt = state, w.now
	if p := w.proposal(code); p != nil {
		return w.happen(journal.ReserveOpened, onReserve(p.ID))
	}
	return nil
}

func onReserve(id treatment.ProposalID) task.Subject {
	return task.Subject{Kind: task.OnReserve, ID: int64(id)}
}

func onCareEvent(id treatment.EventID) task.Subject {
	return task.Subject{Kind: task.OnCareEvent, ID: int64(id)}
}

// CareEvent enters an infection in a hospital, or how it stands now.
func (w *World) CareEvent(code string, at string, state treatment.EventState) error {
	if id, known := w.eventCode[code]; known {
		e := &w.events[id-1]
		to, err := e.State.Move(state)
		if err != nil {
			return err
		}
		if e.State = to; to == treatment.EventContained {
			e.ContainedAt = w.now
		} else if to == treatment.EventOpen {
			e.ContainedAt = time.Time{}
		}
		return w.happen(journal.CareEventChanged, onCareEvent(id))
	}
	h, err := w.house(at)
	if err != nil {
		return err
	}
	id := treatment.EventID(len(w.events) + 1)
	w.eventCode[code] = id
	w.events = append(w.events, treatment.Event{ID: id, Facility: h.ID, Kind: treatment.Nosocomial, State: state, NotedAt: w.now})
	return w.happen(journal.CareEventNoted, onCareEvent(id))
}

// BedFacts implements response.World.
func (w *World) BedFacts() (response.BedFacts, error) {
	f := response.BedFacts{Kinds: map[facility.Kind]response.KindFacts{}, Proposals: slices.Clone(w.proposals)}
	for _, h := range w.houses {
		switch h.State {
		case facility.Reserve:
			f.Reserves = append(f.Reserves, response.ReserveFacts{Facility: h.Facility, Beds: h.beds})
		case facility.Opening:
			f.Opening = append(f.Opening, response.ReserveFacts{Facility: h.Facility, Beds: h.beds})
		case facility.Open:
			k := f.Kinds[h.Kind]
			k.Beds = k.Beds.Add(treatment.Beds{Beds: h.beds, Occupied: h.taken})
			k.In24, k.Left24 = k.In24+h.came, k.Left24+h.left
			f.Kinds[h.Kind] = k
		case facility.Closing: // takes nobody more
		}
	}
	return f, nil
}

// HouseFacts implements response.World.
func (w *World) HouseFacts(s task.Subject) (response.HouseFacts, error) {
	var f response.HouseFacts
	switch {
	case s.Kind == task.OnReserve && s.ID >= 1 && int(s.ID) <= len(w.proposals):
		p := w.proposals[s.ID-1]
		f.Proposal, f.Facility = &p, w.houses[p.Facility-1].Facility
	case s.Kind == task.OnCareEvent && s.ID >= 1 && int(s.ID) <= len(w.events):
		e := w.events[s.ID-1]
		f.Event, f.Facility = &e, w.houses[e.Facility-1].Facility
	default:
		return f, fmt.Errorf("%s %d: %w", s.Kind, s.ID, ErrUnknown)
	}
	return f, nil
}

// applyToCare carries out the orders about beds; false for another.
func (w *World) applyToCare(action response.Action) ([]response.Trigger, bool) {
	switch a := action.(type) {
	case response.ProposeReserve:
		p := treatment.Proposal{ID: treatment.ProposalID(len(w.proposals) + 1), Facility: a.Facility, State: treatment.Proposed, Beds: a.Short.Beds, Occupied: a.Short.Taken, Projected: a.Short.Projected, ProposedAt: w.now}
		w.proposals = append(w.proposals, p)
		return []response.Trigger{w.enter(journal.ReserveProposed, onReserve(p.ID), a.Because)}, true
	case response.WithdrawReserve:
		p := &w.proposals[a.Proposal-1]
		p.State, p.DecidedAt = treatment.Withdrawn, w.now
		return []response.Trigger{w.enter(journal.ReserveDecided, onReserve(p.ID), a.Because)}, true
	}
	return nil, false
}

// careFact reads a line about care.
func (s *script) careFact(verb, code string, rest []string) error {
	switch verb {
	case "severity", "admitted", "bed", "discharged", "monitored":
		id, err := s.caseNamed(code)
		if err != nil {
			return err
		}
		return s.careOf(id, verb, rest)
	case "hospital", "site":
		return s.newHouse(verb, code, rest)
	case "beds":
		k, err := clauses(rest, "taken", "came", "left")
		if err != nil {
			return err
		}
		var n [3]int64
		for i, key := range []string{"taken", "came", "left"} {
			if v := k[key]; len(v) > 0 {
				if n[i], err = strconv.ParseInt(v[0], 10, 64); err != nil {
					return fmt.Errorf("%q is no number: %w", v[0], ErrScript)
				}
			}
		}
		return s.w.CountBeds(code, n[0], n[1], n[2])
	case "reserve":
		state, err := treatment.ParseProposal(strings.Join(rest, " "))
		if err != nil {
			return err
		}
		return s.w.DecideReserve(code, state)
	case "opened":
		return s.w.OpenHouse(code)
	}
	k, err := clauses(rest, "at", "is")
	if err != nil {
		return err
	}
	state, at := treatment.EventOpen, strings.Join(k["at"], " ")
	if v := k["is"]; len(v) > 0 {
		if state, err = treatment.ParseEventState(v[0]); err != nil {
			return err
		}
	}
	return s.w.CareEvent(code, at, state)
}

func (s *script) careOf(id cases.ID, verb string, rest []string) error {
	word := ""
	if len(rest) > 0 {
		word = rest[len(rest)-1]
	}
	switch verb {
	case "severity":
		if len(rest) == 0 {
			return fmt.Errorf("severity CODE HOW ILL: %w", ErrScript)
		}
		v, err := treatment.ParseSeverity(rest[0])
		if err != nil {
			return err
		}
		return s.w.Severity(id, v, strings.Join(rest[1:], " ") == "at risk")
	case "admitted":
		if word == "" { // nothing is known of a bed
			return s.w.ChangeCase(id, journal.CaseAdmitted, func(c *cases.Case) { c.AdmittedAt = s.w.now })
		}
		level, err := facility.ParseLevel(word)
		if err != nil {
			return err
		}
		return s.w.Admit(id, level)
	case "bed":
		level, err := facility.ParseLevel(word)
		if err != nil {
			return err
		}
		return s.w.MoveBed(id, level)
	case "monitored":
		return s.w.Monitored(id)
	}
	return s.w.Discharge(id, strings.Join(rest, " ") == "by two people")
}

// newHouse reads "open 10 beds" or "reserve 20 beds ready 24 h".
func (s *script) newHouse(verb, code string, rest []string) error {
	f := facility.Facility{Code: code, Kind: facility.Hospital}
	if verb == "site" {
		f.Kind = facility.IsolationSite
	}
	if len(rest) < 3 || rest[2] != "beds" {
		return fmt.Errorf("%s CODE STATE NUMBER beds: %w", verb, ErrScript)
	}
	var err error
	if f.State, err = facility.ParseState(rest[0]); err != nil {
		return err
	}
	beds, err := strconv.ParseInt(rest[1], 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no number: %w", rest[1], ErrScript)
	}
	if len(rest) == 6 && rest[3] == "ready" && rest[5] == "h" {
		hours, err := strconv.Atoi(rest[4])
		if err != nil {
			return fmt.Errorf("%q is no number: %w", rest[4], ErrScript)
		}
		f.ReadyIn = time.Duration(hours) * time.Hour
	}
	s.w.House(f, beds)
	return nil
}

// careSubject finds what a task of care is about.
func (s *script) careSubject(kind task.Kind, code string) (task.Subject, error) {
	if kind == task.ContainEvent {
		if id := s.w.eventCode[code]; id != 0 {
			return onCareEvent(id), nil
		}
		return task.Subject{}, fmt.Errorf("event %s: %w", code, ErrUnknown)
	}
	if p := s.w.proposal(code); p != nil {
		return onReserve(p.ID), nil
	}
	return task.Subject{}, fmt.Errorf("%s is not proposed: %w", code, ErrExpected)
}
