package rehearsal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
)

// subject finds whom a task of the kind is about, among what the code's person is.
func (s *script) subject(kind task.Kind, code string) (task.Subject, error) {
	switch kind {
	case task.ReachContact, task.QuarantineContact, task.CheckContact, task.SampleContact, task.ReleaseContact, task.OfferProphylaxis, task.CheckOut:
		id, err := s.contactNamed(code)
		return onContact(id), err
	case task.ReportCase, task.VerifyCase, task.SampleCase, task.MoveCase, task.AdmitCase, task.InvestigateCase, task.ListContacts, task.DecideZone, task.DischargeCase,
		task.TransferCase, task.MoveToICU, task.SampleHome, task.MonitorHome, task.ReadmitCase:
		id, err := s.caseNamed(code)
		return onCase(id), err
	default: // of neither
	}
	switch kind {
	case task.ReviewZone: // of the zone that was proposed because of a case
		id, err := s.caseNamed(code)
		if err != nil {
			return task.Subject{}, err
		}
		zones := s.w.Zones(id)
		if len(zones) == 0 {
			return task.Subject{}, fmt.Errorf("no zone because of %s: %w", code, ErrExpected)
		}
		return onZone(zones[0].ID), nil
	case task.DecideReserve, task.OpenReserve, task.ContainEvent:
		return s.careSubject(kind, code)
	case task.TellRestriction, task.ReviewRestriction, task.MeetNeed:
		r := s.w.RestrictionOf(s.people[code])
		if r == nil {
			return task.Subject{}, fmt.Errorf("nothing restricts %s: %w", code, ErrExpected)
		}
		return r.Cause.Subject(), nil
	case task.HoldPerson, task.ResampleSingle, task.SampleAgain, task.SampleSelfTest, task.AnswerAppeal:
		p, ok := s.people[code]
		if !ok {
			return task.Subject{}, fmt.Errorf("%s: %w", code, ErrUnknown)
		}
		return onPerson(p), nil
	case task.FindDesk:
		return onLab(), nil // of all such tubes of the laboratory
	case task.CheckTube:
		id, ok := s.w.tubeCode[code]
		if !ok {
			return task.Subject{}, fmt.Errorf("tube %s: %w", code, ErrUnknown)
		}
		return onTube(id), nil
	default:
		return task.Subject{}, fmt.Errorf("task kind %q is unknown: %w", kind, ErrScript)
	}
}

func (s *script) expect(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("expect what?: %w", ErrScript)
	}
	if words[0] == "no" {
		return s.expectNo(words[1:])
	}
	switch words[0] {
	case "task", "climb", "cause":
		return s.expectTask(words[0], words[1:])
	case "open":
		return s.expectOpen(words[1:])
	case "tier", "state", "end", "class", "found", "zone", "hold", "reserve", "restriction", "until":
	default:
		return fmt.Errorf("%q cannot be expected: %w", words[0], ErrScript)
	}
	// Several of these may share a line: "tier B close, state B followed".
	for len(words) > 0 {
		n := 3
		if words[0] == "zone" || words[0] == "until" {
			n = 4
		}
		if len(words) < n {
			return fmt.Errorf("expect %s CODE WHAT: %w", words[0], ErrScript)
		}
		got, err := s.what(words[0], words[1])
		if err != nil {
			return err
		}
		if want := strings.Join(words[2:n], " "); got != want {
			return fmt.Errorf("%s of %s is %q, want %q: %w", words[0], words[1], got, want, ErrExpected)
		}
		if attribute, code := words[0], words[1]; attribute == "hold" && len(words) > n+1 && words[n] == "because" {
			if by, want := s.w.heldBy(s.people[code]), words[n+1]; by.Clause != want {
				return fmt.Errorf("hold of %s is so because of %q, want %q: %w", code, by.Clause, want, ErrExpected)
			}
			n += 2
		}
		words = words[n:]
	}
	return nil
}

func (s *script) what(attribute, code string) (string, error) {
	switch attribute {
	case "reserve":
		if p := s.w.proposal(code); p != nil {
			return string(p.State), nil
		}
		return "", nil
	case "restriction", "until":
		return s.restricted(attribute, code), nil
	case "hold":
		said := ""
		var last time.Time
		for _, h := range s.w.HoldsOf(s.people[code]) {
			if h.Stands() {
				return "stands", nil
			}
			if !h.LiftedAt.Before(last) {
				last, said = h.LiftedAt, string(h.Lifted)
			}
		}
		return said, nil
	case "class", "found", "zone":
		id, err := s.caseNamed(code)
		if err != nil {
			return "", err
		}
		c, _ := s.w.Case(id)
		if attribute == "class" {
			return string(c.Class), nil
		}
		if attribute == "found" {
			return string(c.Found), nil
		}
		var zones []string
		for _, z := range s.w.Zones(id) {
			zones = append(zones, string(z.Level)+" "+string(z.State))
		}
		return strings.Join(zones, "; "), nil
	case "tier", "state", "end":
		id, err := s.contactNamed(code)
		if err != nil {
			return "", err
		}
		c, _ := s.w.Contact(id)
		switch attribute {
		case "tier":
			return string(c.Tier), nil
		case "state":
			return string(c.State), nil
		}
		return c.EndsOn.String(), nil
	}
	return "", fmt.Errorf("%q cannot be expected: %w", attribute, ErrScript)
}

func (s *script) expectNo(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("expect no what?: %w", ErrScript)
	}
	switch words[0] {
	case "reserve":
		if p := s.w.proposal(words[1]); p != nil && p.State == treatment.Proposed {
			return fmt.Errorf("%s is proposed: %w", words[1], ErrExpected)
		}
		return nil
	case "discharge":
		id, err := s.caseNamed(words[1])
		if err != nil {
			return err
		}
		f, err := s.w.CaseFacts(id)
		if err == nil && response.Dischargeable(response.Criteria(s.pack, f, s.w.now)) {
			err = fmt.Errorf("%s may be discharged: %w", words[1], ErrExpected)
		}
		return err
	case "zone":
		if got, err := s.what("zone", words[1]); err != nil || got != "" {
			return fmt.Errorf("%s has zone %q: %w", words[1], got, ErrExpected)
		}
		return nil
	case "restriction":
		if r := s.w.RestrictionOf(s.people[words[1]]); r.Stands() {
			return fmt.Errorf("%s is restricted: %s: %w", words[1], r.Terms().Kind, ErrExpected)
		}
		return nil
	case "hold":
		if got, err := s.what("hold", words[1]); err != nil || got == "stands" {
			return fmt.Errorf("%s is held: %w", words[1], ErrExpected)
		}
		return nil
	case "case":
		if id := s.w.CaseOf(s.people[words[1]]); id != 0 {
			c, _ := s.w.Case(id)
			return fmt.Errorf("%s is a case, %s: %w", words[1], c.Class, ErrExpected)
		}
		return nil
	case "task":
		if len(words) < 3 {
			return fmt.Errorf("expect no task KIND CODE: %w", ErrScript)
		}
		subject, err := s.subject(task.Kind(words[1]), words[2])
		if err != nil {
			return err
		}
		k, err := clauses(words[3:], "on")
		if err != nil {
			return err
		}
		on, err := s.dayOf(k["on"])
		if err != nil {
			return err
		}
		for _, t := range s.w.Tasks(subject) {
			if t.Kind == task.Kind(words[1]) && t.State == task.Open && (on.IsZero() || s.w.DayOf(t.Due) == on) {
				return fmt.Errorf("there is an open one, due %s: %w", s.say(t.Due), ErrExpected)
			}
		}
		return nil
	}
	return fmt.Errorf("no %q cannot be expected: %w", words[0], ErrScript)
}

func (s *script) expectOpen(words []string) error {
	if len(words) != 3 || words[0] != "tasks" {
		return fmt.Errorf("expect open tasks CODE NUMBER: %w", ErrScript)
	}
	want, err := strconv.Atoi(words[2])
	if err != nil {
		return fmt.Errorf("%q is no number: %w", words[2], ErrScript)
	}
	var open []string
	for _, subject := range s.w.roles(s.people[words[1]]) {
		for _, t := range s.w.Tasks(subject) {
			if t.State == task.Open {
				open = append(open, string(t.Kind))
			}
		}
	}
	if len(open) != want {
		return fmt.Errorf("%d are open (%s): %w", len(open), strings.Join(open, ", "), ErrExpected)
	}
	return nil
}

func (s *script) expectTask(what string, words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("expect %s KIND CODE ...: %w", what, ErrScript)
	}
	kind, code := task.Kind(words[0]), words[1]
	subject, err := s.subject(kind, code)
	if err != nil {
		return err
	}
	states := []string{"open", "done", "void", "waived", "late"}
	k, err := clauses(words[2:], append(states, "due", "on", "number", "because", "to", "at", "owner", "rule")...)
	if err != nil {
		return err
	}
	var found []task.Task
	var seen []string
	on, err := s.dayOf(k["on"])
	if err != nil {
		return err
	}
	for _, t := range s.w.Tasks(subject) {
		if t.Kind != kind || !on.IsZero() && s.w.DayOf(t.Due) != on || len(k["number"]) > 0 && strconv.Itoa(t.Ordinal) != k["number"][0] {
			continue
		}
		seen = append(seen, fmt.Sprintf("number %d %s due %s because %s", t.Ordinal, t.State, s.say(t.Due), t.Because.Clause))
		if s.matches(t, k, states) {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return fmt.Errorf("none is so; there is [%s]: %w", strings.Join(seen, "; "), ErrExpected)
	}
	if what == "climb" {
		c, ok := response.NextClimb(s.pack, found[0])
		at, _, err := s.instant(k["at"])
		if err != nil {
			return err
		}
		if !ok || len(k["to"]) == 0 || string(c.To) != k["to"][0] || !c.At.Equal(at) {
			return fmt.Errorf("it climbs to %s at %s: %w", c.To, s.say(c.At), ErrExpected)
		}
	}
	return nil
}

func (s *script) matches(t task.Task, k map[string][]string, states []string) bool {
	state := "open"
	for _, w := range states {
		if _, asked := k[w]; asked {
			state = w
		}
	}
	switch {
	case state == "late":
		if t.State != task.Open || !t.Late(s.w.now) {
			return false
		}
	case string(t.State) != state:
		return false
	}
	if v := k["due"]; len(v) > 0 {
		at, _, err := s.instant(v)
		if err != nil || !t.Due.Equal(at) {
			return false
		}
	}
	if v := k["because"]; len(v) > 0 && t.Because.Clause != v[0] {
		return false
	}
	if v := k["owner"]; len(v) > 0 && string(t.Owner) != v[0] {
		return false
	}
	if v := k["rule"]; len(v) > 0 && t.Because.Rule != v[0] {
		return false
	}
	return true
}

// Check that every clause cited in the world's ledger and journal is in its pack.
func (w *World) uncited() []string {
	var out []string
	look := func(p *protocol.Pack, b task.Because) {
		if b.Rule == "" {
			return
		}
		if _, ok := p.Clause(b.Clause); !ok || b.Pack != p.Ref() {
			out = append(out, b.Rule+": "+b.Clause+" of "+b.Pack)
		}
	}
	for _, t := range w.AllTasks() {
		look(w.pack, t.Because)
	}
	for _, f := range w.log {
		look(w.pack, f.By)
	}
	return out
}
