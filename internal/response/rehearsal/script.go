package rehearsal

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// ErrScript is wrapped by errors about a line that cannot be read.
var ErrScript = errors.New("cannot be read")

// ErrExpected is wrapped by errors about an expectation that does not hold.
var ErrExpected = errors.New("not as expected")

// Play reads a scenario and plays it; the error names the file and the line that cannot be read, or does not hold.
//
// A scenario is made of lines in the field's words; # starts a comment, and commas only help to read. It opens with the pack,
// and the time zone where it is not UTC:
//
//	pack covid19/2022-v9
//	zone Asia/Shanghai
//
// A line that starts with a day, and a time where it is known, is a fact that becomes known then; a day alone is its last
// moment. People go by a code, and one code is one person, as a contact and as a case:
//
//	2022-03-05 09:00 case A confirmed, onset 2022-03-03, at 370285001
//	2022-03-05 10:00 contact B of A close, first exposed 2022-03-01, last exposed 2022-03-04
//	2022-03-05 10:00 exposed B to D last 2022-03-05      (tier general, where it is not that of B)
//	2022-03-05 10:30 unexposed B to D                    (they never met)
//	2022-03-05 11:00 reached B            (also: quarantined, prophylaxis, lost, dropped)
//	2022-03-05 11:00 isolated A           (also: reported, verified, admitted, investigated, listed)
//	2022-03-06 08:00 check B ok           (also: missed; symptoms fever cough)
//	2022-03-06 10:00 symptom B
//	2022-03-06 10:00 sample B             (taken, result awaited)
//	2022-03-06 16:00 result B positive by pcr ct 31 taken 2022-03-06 10:00
//	2022-03-07 09:00 correct B to negative   (the last result)
//	2022-03-07 09:00 class A discarded
//	2022-03-07 09:00 onset A 2022-03-04
//	2022-03-07 09:00 close A recovered
//	2022-03-07 09:00 decide A in_force    (the zones proposed because of A)
//	2022-03-07 09:00 waive reach_contact B: abroad
//	2022-03-12 20:00 pool T1 of A B C is positive, swabbed 2022-03-12 14:00   (or negative, inconclusive, invalid, lost, leaked)
//	2022-03-12 21:00 pool T1 is negative     (what was reported of it was wrong)
//	2022-03-12 20:30 told A                  (of the holds that stand for them)
//	2022-03-13 08:00 checked T1              (for a swapped tube or a missing member)
//	2022-03-13 08:00 selftest A positive     (antigen; also negative, invalid)
//	2022-03-12 20:10 unknown T2              (a laboratory read it as positive, and no desk told of it)
//	2022-03-12 20:50 known T2                (its desk told of it; also settled T2: somebody found out what it was)
//	2022-03-12 21:00 appeal A care           (of being held; also negative, mistake, conditions, other)
//	2022-03-12 22:00 answer A lifted         (also: upheld)
//	2022-03-13 08:00 notified B              (told of what they are asked)
//	2022-03-13 08:00 reviewed B              (somebody looked whether it must go on)
//	2022-03-13 08:00 agree B milder quarantine-home on care   (two people; also: longer or shorter, until DAY TIME on GROUND; ended on GROUND)
//	2022-03-13 08:00 need B food             (also: need B food met)
//	2022-03-13 09:00 now                  (time passes, nothing else)
//
// The other lines say what must be so at that time:
//
//	expect task move_case A due 2022-03-05 11:00 because clocks.move_case
//	expect task sample_contact B on 2022-03-06 done      (open, done, void, waived, late; on: the day it is due)
//	expect no task reach_contact B                       (none open)
//	expect open tasks B 3
//	expect tier B close, state B became_case, class B asymptomatic, found B isolation, end B 2022-03-14
//	expect zone A high proposed
//	expect no zone A
//	expect no case B
//	expect hold A stands                    (or why it was lifted: negative, found, case, quarantined, corrected, over, appeal)
//	expect hold A found because screening.free_when_found   (the value by which they were last held, or let go)
//	expect no hold A                        (none stands)
//	expect restriction B quarantine-site    (what is asked of them now, or why that ended)
//	expect until B 2022-03-11 23:59         (when it ends at the latest)
//	expect no restriction B                 (none stands)
//	expect task check_tube T1 due 2022-03-13 20:00
//	expect climb move_case A to duty-officer at 2022-03-05 13:00
//	expect cause release_contact B rule contact_progress
func Play(file, text string) error {
	s := script{people: map[string]person.ID{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(strings.ReplaceAll(line, ",", " "))
		if len(words) == 0 {
			continue
		}
		if err := s.line(words); err != nil {
			return fmt.Errorf("%s:%d: %s: %w", file, n, strings.TrimSpace(line), err)
		}
	}
	if s.expected == 0 {
		return fmt.Errorf("%s: expects nothing: %w", file, ErrScript)
	}
	return nil
}

type script struct {
	pack     *protocol.Pack
	loc      *time.Location
	w        *World
	people   map[string]person.ID
	expected int
}

func (s *script) line(words []string) error {
	switch words[0] {
	case "pack":
		if len(words) != 2 || s.w != nil {
			return fmt.Errorf("one pack, named before anything happens: %w", ErrScript)
		}
		p, err := protocol.Load(words[1])
		s.pack = p
		return err
	case "zone":
		if len(words) != 2 || s.w != nil {
			return fmt.Errorf("one zone, named before anything happens: %w", ErrScript)
		}
		loc, err := time.LoadLocation(words[1])
		s.loc = loc
		return err
	}
	if s.pack == nil {
		return fmt.Errorf("the pack must come first: %w", ErrScript)
	}
	if s.w == nil {
		if s.loc == nil {
			s.loc = time.UTC
		}
		s.w = New(s.pack, s.loc)
	}
	if words[0] == "expect" {
		s.expected++
		return s.expect(words[1:])
	}
	at, rest, err := s.instant(words)
	if err != nil {
		return err
	}
	if at.Before(s.w.now) {
		return fmt.Errorf("time goes back, it is %s already: %w", s.say(s.w.now), ErrScript)
	}
	if err := s.w.Advance(at); err != nil {
		return err
	}
	return s.fact(rest)
}

// instant reads a day and, where one follows, a time of day.
func (s *script) instant(words []string) (time.Time, []string, error) {
	if len(words) == 0 {
		return time.Time{}, nil, fmt.Errorf("a day is missing: %w", ErrScript)
	}
	d, err := day.Parse(words[0])
	if err != nil {
		return time.Time{}, nil, err
	}
	if len(words) > 1 {
		if t, err := time.ParseInLocation("2006-01-02 15:04", words[0]+" "+words[1], s.loc); err == nil {
			return t, words[2:], nil
		}
	}
	return d.Add(1).Start(s.loc).Add(-time.Microsecond), words[1:], nil
}

func (s *script) say(t time.Time) string { return t.In(s.loc).Format("2006-01-02 15:04:05") }

func (s *script) person(code string) person.ID {
	p, ok := s.people[code]
	if !ok {
		p = person.ID(len(s.people) + 1)
		s.people[code] = p
	}
	return p
}

func (s *script) caseNamed(code string) (cases.ID, error) {
	if id := s.w.CaseOf(s.people[code]); id != 0 {
		return id, nil
	}
	return 0, fmt.Errorf("%s is no case: %w", code, ErrExpected)
}

func (s *script) contactNamed(code string) (contact.ID, error) {
	if id := s.w.ContactOf(s.people[code]); id != 0 {
		return id, nil
	}
	return 0, fmt.Errorf("%s is no contact: %w", code, ErrExpected)
}

// clauses reads the rest of a line as pairs of a key and what follows it, up to the next key.
func clauses(words []string, keys ...string) (map[string][]string, error) {
	out := map[string][]string{}
	for len(words) > 0 {
		key := words[0]
		if !slices.Contains(keys, key) {
			return nil, fmt.Errorf("%q is none of %s: %w", key, strings.Join(keys, ", "), ErrScript)
		}
		end := 1
		for end < len(words) && !slices.Contains(keys, words[end]) {
			end++
		}
		out[key], words = words[1:end], words[end:]
	}
	return out, nil
}

func (s *script) dayOf(words []string) (day.Day, error) {
	if len(words) == 0 {
		return 0, nil
	}
	return day.Parse(words[len(words)-1])
}

func (s *script) fact(words []string) error {
	if len(words) == 1 && words[0] == "now" {
		return nil
	}
	if len(words) < 2 {
		return fmt.Errorf("a verb and a code are needed: %w", ErrScript)
	}
	verb, code, rest := words[0], strings.TrimSuffix(words[1], ":"), words[2:]
	switch verb {
	case "case":
		return s.newCase(code, rest)
	case "contact":
		return s.newContact(code, rest)
	case "exposed", "unexposed":
		return s.exposed(verb, code, rest)
	case "reported", "verified", "isolated", "admitted", "investigated", "listed", "class", "onset", "close", "decide":
		return s.caseFact(verb, code, rest)
	case "reached", "quarantined", "prophylaxis", "lost", "dropped", "symptom", "check":
		return s.contactFact(verb, code, rest)
	case "sample", "result", "correct":
		return s.specimen(verb, code, rest)
	case "pool":
		return s.pool(code, rest)
	case "told":
		return s.w.Tell(s.person(code))
	case "notified":
		return s.w.Notify(s.person(code))
	case "reviewed":
		return s.w.Review(s.person(code))
	case "agree":
		return s.agree(code, rest)
	case "need":
		return s.need(code, rest)
	case "checked":
		return s.w.CheckTube(code)
	case "selftest":
		if len(rest) != 1 {
			return fmt.Errorf("selftest CODE RESULT: %w", ErrScript)
		}
		r, err := screening.ParseSelfTest(rest[0])
		if err != nil {
			return err
		}
		return s.w.SelfTest(s.person(code), r)
	case "unknown":
		return s.w.Unknown(code)
	case "known":
		return s.w.Known(code, journal.UnknownFound)
	case "settled":
		return s.w.Known(code, journal.UnknownSettled)
	case "appeal":
		if len(rest) != 1 {
			return fmt.Errorf("appeal CODE GROUND: %w", ErrScript)
		}
		g, err := screening.ParseAppealGround(rest[0])
		if err != nil {
			return err
		}
		return s.w.Appeal(s.person(code), g)
	case "answer":
		if len(rest) != 1 {
			return fmt.Errorf("answer CODE upheld or lifted: %w", ErrScript)
		}
		a, err := screening.ParseAnswer(rest[0])
		if err != nil {
			return err
		}
		return s.w.Answer(s.person(code), a)
	case "waive":
		if len(rest) == 0 {
			return fmt.Errorf("waive KIND CODE: REASON: %w", ErrScript)
		}
		subject, err := s.subject(task.Kind(code), strings.TrimSuffix(rest[0], ":"))
		if err != nil {
			return err
		}
		for _, t := range s.w.Tasks(subject) {
			if t.Kind == task.Kind(code) && t.State == task.Open {
				return s.w.Waive(subject, t.Key, strings.Join(rest[1:], " "))
			}
		}
		return fmt.Errorf("no open task %s: %w", code, ErrExpected)
	}
	return fmt.Errorf("verb %q is unknown: %w", verb, ErrScript)
}

// pool reads what a laboratory says of a tube: "of A B C is positive swabbed DAY TIME".
func (s *script) pool(code string, rest []string) error {
	k, err := clauses(rest, "of", "is", "swabbed")
	if err != nil {
		return err
	}
	if len(k["is"]) != 1 {
		return fmt.Errorf("pool CODE of CODE CODE ... is RESULT: %w", ErrScript)
	}
	r, err := lab.ParseTubeResult(k["is"][0])
	if err != nil {
		return err
	}
	at := s.w.now
	if v := k["swabbed"]; len(v) > 0 {
		if at, _, err = s.instant(v); err != nil {
			return err
		}
	}
	var members []person.ID
	for _, m := range k["of"] {
		p := s.person(m)
		if slices.Contains(members, p) {
			return fmt.Errorf("%s is in the tube twice: %w", m, ErrScript)
		}
		members = append(members, p)
	}
	return s.w.Pool(code, members, at, r)
}

func (s *script) newCase(code string, rest []string) error {
	if len(rest) == 0 {
		return fmt.Errorf("case CODE CLASS: %w", ErrScript)
	}
	class, err := cases.ParseClass(rest[0])
	if err != nil {
		return err
	}
	k, err := clauses(rest[1:], "onset", "sampled", "at", "outcome", "isolated", "reported")
	if err != nil {
		return err
	}
	c := cases.Case{Person: s.person(code), Code: code, Class: class, NotedAt: s.w.now}
	if class.Infected() || class == cases.Probable {
		c.ConfirmedAt = s.w.now
	}
	if c.Onset, err = s.dayOf(k["onset"]); err != nil {
		return err
	}
	if c.Sampled, err = s.dayOf(k["sampled"]); err != nil {
		return err
	}
	if at := k["at"]; len(at) > 0 {
		area, err := strconv.ParseInt(at[0], 10, 64)
		if err != nil {
			return fmt.Errorf("area %q: %w", at[0], ErrScript)
		}
		c.Area, c.District = place.AreaID(area), place.AreaID(area)
	}
	if out := k["outcome"]; len(out) > 0 {
		if c.Outcome, err = cases.ParseOutcome(out[0]); err != nil {
			return err
		}
		if c.OutcomeOn, err = s.dayOf(out[1:]); err != nil {
			return err
		}
	}
	for key, field := range map[string]*time.Time{"isolated": &c.IsolatedAt, "reported": &c.ReportedAt} {
		if v, ok := k[key]; ok {
			if *field, _, err = s.instant(v); err != nil {
				return err
			}
		}
	}
	_, err = s.w.AddCase(c)
	return err
}

func (s *script) newContact(code string, rest []string) error {
	if len(rest) < 3 || rest[0] != "of" {
		return fmt.Errorf("contact CODE of CODE TIER: %w", ErrScript)
	}
	tier, err := contact.ParseTier(rest[2])
	if err != nil {
		return err
	}
	e, err := s.exposure(rest[1], tier == contact.Secondary, rest[3:])
	if err != nil {
		return err
	}
	_, err = s.w.AddContact(contact.Contact{Person: s.person(code), Code: code, Tier: tier, ListedAt: s.w.now}, e)
	return err
}

// exposure reads "first exposed DAY last exposed DAY" of a meeting with somebody: a close contact, if the tier says so.
func (s *script) exposure(with string, secondary bool, words []string) (Exposure, error) {
	var e Exposure
	var err error
	if secondary {
		e.Parent, err = s.contactNamed(with)
	} else {
		e.Case, err = s.caseNamed(with)
	}
	if err != nil {
		return e, err
	}
	k, err := clauses(words, "first", "last", "tier")
	if err != nil {
		return e, err
	}
	if v := k["tier"]; len(v) > 0 {
		if e.Tier, err = contact.ParseTier(v[0]); err != nil {
			return e, err
		}
	}
	if e.First, err = s.dayOf(k["first"]); err != nil {
		return e, err
	}
	e.Last, err = s.dayOf(k["last"])
	return e, err
}

func (s *script) exposed(verb, code string, rest []string) error {
	id, err := s.contactNamed(code)
	if err != nil {
		return err
	}
	if len(rest) < 2 || rest[0] != "to" {
		return fmt.Errorf("%s CODE to CODE last DAY: %w", verb, ErrScript)
	}
	_, noCase := s.caseNamed(rest[1])
	e, err := s.exposure(rest[1], noCase != nil, rest[2:])
	if err != nil {
		return err
	}
	if verb == "unexposed" {
		return s.w.EndExposure(id, e)
	}
	return s.w.Expose(id, e)
}

func (s *script) caseFact(verb, code string, rest []string) error {
	id, err := s.caseNamed(code)
	if err != nil {
		return err
	}
	now := s.w.now
	word := ""
	if len(rest) > 0 {
		word = rest[0]
	}
	stamp := func(kind journal.Kind, field func(*cases.Case) *time.Time) error {
		return s.w.ChangeCase(id, kind, func(c *cases.Case) { *field(c) = now })
	}
	switch verb {
	case "reported":
		return stamp(journal.CaseReported, func(c *cases.Case) *time.Time { return &c.ReportedAt })
	case "verified":
		return stamp(journal.CaseVerified, func(c *cases.Case) *time.Time { return &c.VerifiedAt })
	case "isolated":
		return stamp(journal.CaseIsolated, func(c *cases.Case) *time.Time { return &c.IsolatedAt })
	case "admitted":
		return stamp(journal.CaseAdmitted, func(c *cases.Case) *time.Time { return &c.AdmittedAt })
	case "investigated":
		return stamp(journal.CaseInvestigated, func(c *cases.Case) *time.Time { return &c.Investigated })
	case "listed":
		return stamp(journal.ContactsListed, func(c *cases.Case) *time.Time { return &c.ListedAt })
	case "class":
		class, err := cases.ParseClass(word)
		if err != nil {
			return err
		}
		return s.w.ChangeCase(id, journal.CaseCorrected, func(c *cases.Case) {
			c.Class = class
			if class.Infected() && c.ConfirmedAt.IsZero() {
				c.ConfirmedAt = now
			}
		})
	case "onset":
		d, err := s.dayOf(rest)
		if err != nil {
			return err
		}
		return s.w.ChangeCase(id, journal.CaseCorrected, func(c *cases.Case) { c.Onset = d })
	case "close":
		outcome, err := cases.ParseOutcome(word)
		if err != nil {
			return err
		}
		return s.w.ChangeCase(id, journal.CaseClosed, func(c *cases.Case) { c.Outcome, c.OutcomeOn = outcome, s.w.DayOf(now) })
	default:
		return s.w.DecideZones(id, zone.State(word))
	}
}

func (s *script) contactFact(verb, code string, rest []string) error {
	id, err := s.contactNamed(code)
	if err != nil {
		return err
	}
	now := s.w.now
	follow := func(c *contact.Contact) {
		if c.State == contact.Listed {
			c.State = contact.Followed
		}
		if c.ReachedAt.IsZero() {
			c.ReachedAt = now
		}
	}
	end := func(to contact.State) error {
		c, _ := s.w.Contact(id)
		if _, err := c.State.Move(to); err != nil {
			return err
		}
		return s.w.ChangeContact(id, journal.ContactClosed, func(c *contact.Contact) { c.State, c.EndedAt = to, now })
	}
	switch verb {
	case "reached":
		return s.w.ChangeContact(id, journal.ContactReached, follow)
	case "quarantined":
		return s.w.ChangeContact(id, journal.ContactQuarantined, func(c *contact.Contact) { follow(c); c.QuarantineAt = now })
	case "prophylaxis":
		return s.w.ChangeContact(id, journal.ContactProphylaxis, func(c *contact.Contact) { c.ProphylaxisAt = now })
	case "lost":
		return end(contact.Lost)
	case "dropped":
		return end(contact.Dropped)
	case "symptom":
		return s.w.ChangeContact(id, journal.ContactSymptom, func(c *contact.Contact) { c.Symptoms, c.SymptomOn = true, s.w.DayOf(now) })
	}
	if len(rest) == 0 {
		return fmt.Errorf("check CODE ok, missed, or symptoms ...: %w", ErrScript)
	}
	c, _ := s.w.Contact(id)
	k := contact.Check{Contact: id, On: s.w.DayOf(now), At: now}
	if n := s.pack.Tier(c.Tier).ChecksPerDay.Value; n > 1 {
		k.Slot = int(now.Sub(k.On.Start(s.loc)) * time.Duration(n) / (24 * time.Hour))
	}
	switch rest[0] {
	case "ok":
		k.Seen = true
	case "symptoms":
		k.Seen, k.Symptoms = true, rest[1:]
	case "missed":
	default:
		return fmt.Errorf("check %q is not ok, missed or symptoms: %w", rest[0], ErrScript)
	}
	return s.w.Check(id, k)
}

func (s *script) specimen(verb, code string, rest []string) error {
	p, ok := s.people[code]
	if !ok {
		return fmt.Errorf("%s: %w", code, ErrUnknown)
	}
	sp := lab.Specimen{Method: lab.PCR, TakenAt: s.w.now}
	if verb == "sample" {
		_, err := s.w.Sample(p, sp)
		return err
	}
	if verb == "correct" && len(rest) > 0 && rest[0] == "to" {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return fmt.Errorf("%s CODE RESULT: %w", verb, ErrScript)
	}
	r, err := lab.ParseResult(rest[0])
	if err != nil {
		return err
	}
	k, err := clauses(rest[1:], "by", "ct", "taken")
	if err != nil {
		return err
	}
	all := s.w.Specimens(p)
	if verb == "correct" {
		for i := len(all) - 1; i >= 0; i-- {
			if all[i].Result != lab.Awaited {
				return s.w.Result(p, all[i].ID, r, s.w.now)
			}
		}
		return fmt.Errorf("%s has no result: %w", code, ErrExpected)
	}
	if _, taken := k["taken"]; !taken && len(k["by"]) == 0 {
		for _, a := range all { // the result of the specimen that waits for one
			if a.Result == lab.Awaited {
				return s.w.Result(p, a.ID, r, s.w.now)
			}
		}
	}
	sp.Result, sp.ResultAt = r, s.w.now
	if v := k["by"]; len(v) > 0 {
		if sp.Method, err = lab.ParseMethod(v[0]); err != nil {
			return err
		}
	}
	if v := k["ct"]; len(v) > 0 {
		if sp.Ct, err = strconv.ParseFloat(v[0], 64); err != nil {
			return fmt.Errorf("ct %q: %w", v[0], ErrScript)
		}
	}
	if v := k["taken"]; len(v) > 0 {
		if sp.TakenAt, _, err = s.instant(v); err != nil {
			return err
		}
	}
	_, err = s.w.Sample(p, sp)
	return err
}
