package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// PersonFields is what an order says of the person.
type PersonFields struct {
	ID       person.ID // a person who is known, of whom nothing else is said; 0 makes a new one
	Sex      string
	Born     string // YYYY-MM-DD
	Age      string // whole years, when Born is not known
	Identity IdentityFields
}

func (u *unit) person(in PersonFields, area string) (p person.Person, err error) {
	if in.ID != 0 {
		if in.Identity != (IdentityFields{}) {
			return p, &Invalid{Field: "name", Reason: "of a person who is known is corrected at their record"}
		}
		return u.tx.Person(in.ID)
	}
	if p.Sex, err = person.ParseSex(in.Sex); err != nil {
		return p, &Invalid{"sex", in.Sex, err.Error()}
	}
	if in.Born != "" {
		if p.Born, err = day.Parse(in.Born); err != nil {
			return p, &Invalid{"born", in.Born, "is not a day (YYYY-MM-DD)"}
		}
	}
	p.Age = person.AgeUnknown
	if in.Age != "" {
		var n int
		if _, err := fmt.Sscanf(in.Age, "%d", &n); err != nil || n < 0 || n > 130 {
			return p, &Invalid{"age", in.Age, "is not an age in whole years"}
		}
		p.Age = person.Age(n)
	}
	if area != "" {
		j, ok := u.tree.ByCode(area)
		if !ok {
			return p, &Invalid{"area", area, "is not the code of a known jurisdiction"}
		}
		p.Area, p.District = j.ID, u.tree.District(j.ID)
	}
	list := []person.Person{p}
	if err := u.tx.AddPeople(list); err != nil {
		return p, err
	}
	return list[0], u.seal(list[0].ID, in.Identity)
}

// AddCase enters a case.
type AddCase struct {
	Outbreak string
	Code     string // unique in the outbreak; made up when empty
	Person   PersonFields
	Fields   map[string]string // see fields.go; "class" is needed
}

// Entered is what became of the order.
type Entered struct {
	cases.Case
	Known bool // the register knew the document: they are who it says, and no new person was made
}

// AddCase carries out the order. Whose document the register knows is that person. Who has an open case in the outbreak has that one, and gets no second; who is followed up as a
// contact is a case from now on.
func (c *Commands) AddCase(ctx context.Context, by By, in AddCase) (out Entered, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) (err error) {
		n := &store.NewCase{}
		fields := maps.Clone(in.Fields)
		if fields["class"] == "" {
			return &Invalid{Field: "class", Reason: "is needed"}
		}
		if _, err := setFields(caseFields, &n.Case, &n.Attributes, reading{u.loc, u.tree}, fields); err != nil {
			return err
		}
		if err := checkCase(n.Case, u.now, u.loc); err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, n.Area, u.now); err != nil {
			return err
		}
		n.Code = strings.TrimSpace(in.Code)
		if n.Code != "" {
			if _, err := u.tx.CaseByCode(u.o.ID, n.Code); err == nil {
				return &Invalid{"code", n.Code, "is another case's"}
			}
		}
		byDocument := in.Person.ID == 0
		if in.Person, out.Known, err = u.named(in.Person); err != nil {
			return err
		}
		p, err := u.person(in.Person, fields["area"])
		if err != nil {
			return err
		}
		if in.Person.ID != 0 && n.Class != cases.Discarded {
			if err := u.noOpenCase(in.Person.ID, byDocument); err != nil {
				return err
			}
		}
		n.Person = p.ID
		if n.Area == 0 {
			n.Area, n.District = p.Area, p.District
		}
		if n.NotedAt.IsZero() {
			n.NotedAt = u.now
		}
		if n.Class.Infected() && n.ConfirmedAt.IsZero() {
			n.ConfirmedAt = u.now
		}
		from, err := u.contactWhoIs(n)
		if err != nil {
			return err
		}
		rec, err := u.newCase(n)
		if err != nil {
			return err
		}
		if n.Code == "" {
			rec.Code = fmt.Sprintf("C-%d", rec.ID)
		}
		kind := journal.CaseSuspected
		at := n.NotedAt
		if rec.Class.Infected() {
			kind, at = journal.CaseConfirmed, n.ConfirmedAt
		}
		ref, err := u.fact(kind, onCase(rec.ID), rec.Area, at, map[string]any{"code": rec.Code, "class": rec.Class, "fields": reading{u.loc, u.tree}.filled(&rec.Case)})
		if err != nil {
			return err
		}
		rec.fresh.Origin = ref
		triggers := []response.Trigger{{Kind: kind, Subject: onCase(rec.ID), Ref: ref, At: at}}
		if from != nil {
			became, err := u.becomes(from, rec, journal.Entry{At: at, Actor: by.Name()})
			if err != nil {
				return err
			}
			triggers = append(triggers, became)
		}
		if err := u.react(triggers...); err != nil {
			return err
		}
		out.Case = rec.Case
		out.Version = 1
		return nil
	})
	return out, err
}

// noOpenCase refuses to enter somebody as a case who is an open one here. Who may not read that case is not told which it is.
func (u *unit) noOpenCase(p person.ID, byDocument bool) error {
	if err := u.tx.LockPeople([]person.ID{p}); err != nil {
		return err
	}
	sick, err := u.tx.CasesOfPeople([]person.ID{p}, u.o.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(sick[p], func(k cases.Case) bool { return !k.Closed() })
	if i < 0 {
		return nil
	}
	wrong := &Invalid{"person", strconv.FormatInt(int64(p), 10), "is the case " + sick[p][i].Code + " already, which is open: correct that one"}
	if byDocument {
		wrong.Field, wrong.Value = "document", "" // a document's number stands in no message
		wrong.Reason = "is that of the case " + sick[p][i].Code + ", which is open: correct that one"
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.CaseRead, sick[p][i].Area, u.now); err != nil {
		var refused *Forbidden
		if !errors.As(err, &refused) {
			return err
		}
		wrong.Reason = "is of somebody who has an open case in another area: ask the office there"
	}
	return wrong
}

// contactWhoIs finds the contact that a new case was until now, and lets the case say what is known of it; nil where they were none, or turned out to be none.
func (w *world) contactWhoIs(n *store.NewCase) (*contactRecord, error) {
	if n.Class == cases.Discarded {
		return nil, nil
	}
	found, err := w.contactBecame(n.Person)
	if err != nil || found == nil {
		return nil, err
	}
	rec, err := w.getContact(found.ID)
	if err != nil || rec.State == contact.Dropped || rec.State == contact.BecameCase {
		return nil, err
	}
	if n.ExposedFrom.IsZero() && n.ExposedTo.IsZero() {
		n.ExposedFrom, n.ExposedTo = rec.FirstExposed, rec.LastExposed
	}
	if !rec.Over() && !rec.QuarantineAt.IsZero() && !rec.QuarantineAt.After(n.NotedAt) {
		if n.IsolatedAt.IsZero() {
			n.IsolatedAt = rec.QuarantineAt
		}
		n.Found = cmp.Or(n.Found, cases.FoundInIsolation)
	}
	attributes := maps.Clone(n.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes[attributeContact] = rec.Code
	n.Attributes = attributes
	return rec, nil
}

// ill says whether a case is open and no mere suspicion: a suspected case who met another one is followed up as a contact beside it, and goes on as one where the suspicion ends.
func ill(c cases.Case) bool {
	return !c.Closed() && (c.Class.Infected() || c.Class == cases.Probable)
}

// illAs is the case that somebody is ill as in the outbreak; 0 where they are none.
func (u *unit) illAs(p person.ID) (cases.ID, error) {
	sick, err := u.tx.CasesOfPeople([]person.ID{p}, u.o.ID)
	if err != nil {
		return 0, err
	}
	if i := slices.IndexFunc(sick[p], ill); i >= 0 {
		return sick[p][i].GoesOn(), nil
	}
	return 0, nil
}

// isCase writes of a contact who has just been listed that they are a case, where they are: whom they met is kept, and nobody follows them up as a contact beside it.
func (u *unit) isCase(rec *contactRecord, of cases.ID, e journal.Entry) ([]response.Trigger, error) {
	if of == 0 {
		return nil, nil
	}
	k, err := u.getCase(of)
	if err != nil {
		return nil, err
	}
	t, err := u.becomes(rec, k, e)
	return []response.Trigger{t}, err
}

// becomes writes that a contact is a case now, with the time, the actor and the cause of e: their follow-up is over, and beds that were kept for it are given up.
func (u *unit) becomes(from *contactRecord, k *caseRecord, e journal.Entry) (response.Trigger, error) {
	state, err := from.State.Move(contact.BecameCase)
	if err != nil {
		return response.Trigger{}, &Invalid{"person", from.Code, err.Error()}
	}
	from.State, from.Contact.BecameCase, from.EndedAt, from.EndedBy, from.dirty = state, k.ID, e.At, "", true
	stays, err := u.staysOf(from.Person)
	if err != nil {
		return response.Trigger{}, err
	}
	for _, s := range stays {
		if s.ContactOf == from.ID && s.State == facility.Booked && !s.Companion {
			if err := u.dropBooking(s, "is the case "+k.Code); err != nil {
				return response.Trigger{}, err
			}
		}
	}
	e.Kind, e.Subject, e.Area = journal.ContactBecameCase, onContact(from.ID), from.Area
	ref, err := u.append(e, map[string]any{"case": k.ID})
	return response.Trigger{Kind: e.Kind, Subject: e.Subject, Ref: ref, At: e.At}, err
}

// filled returns only the fields that say something.
func (r reading) filled(c *cases.Case) map[string]string {
	out := r.caseText(c)
	maps.DeleteFunc(out, func(_, v string) bool { return v == "" })
	return out
}

// checkCase refuses what cannot be.
func checkCase(c cases.Case, now time.Time, loc *time.Location) error {
	today := dayOf(now, loc)
	for _, d := range []struct {
		name string
		d    day.Day
	}{{"onset", c.Onset}, {"sampled", c.Sampled}, {"exposed_from", c.ExposedFrom}, {"outcome_on", c.OutcomeOn}} {
		if !d.d.IsZero() && d.d > today {
			return &Invalid{d.name, d.d.String(), "lies in the future"}
		}
	}
	for _, t := range []struct {
		name string
		t    time.Time
	}{{"confirmed_at", c.ConfirmedAt}, {"reported_at", c.ReportedAt}, {"isolated_at", c.IsolatedAt}, {"admitted_at", c.AdmittedAt}} {
		if dayOf(t.t, loc) > today {
			return &Invalid{t.name, t.t.In(loc).Format(time.RFC3339), "lies in the future"}
		}
	}
	if n, ok := day.Between(c.ExposedFrom, c.ExposedTo); ok && n < 0 {
		return &Invalid{"exposed_to", c.ExposedTo.String(), "lies before exposed_from"}
	}
	if !c.OutcomeOn.IsZero() && c.Outcome == cases.Open {
		return &Invalid{"outcome_on", c.OutcomeOn.String(), "is given without an outcome"}
	}
	return nil
}

// CorrectCase changes fields of a case. Which fact it is follows from the fields: filling in when somebody was admitted is a step of
// the response, changing the class or a date is a correction, giving an outcome closes the case.
type CorrectCase struct {
	Case    cases.ID
	Version int64 // that the caller has seen; another's change since is a store.Conflict
	Fields  map[string]string
	Reason  string
}

// caseStep is the fact that filling in a field tells; anything else is a correction.
var caseStep = map[string]journal.Kind{
	"reported_at": journal.CaseReported, "verified_at": journal.CaseVerified, "isolated_at": journal.CaseIsolated,
	"admitted_at": journal.CaseAdmitted, "investigated_at": journal.CaseInvestigated, "listed_at": journal.ContactsListed,
}

// CorrectCase carries out the order and returns the case as it is now.
func (c *Commands) CorrectCase(ctx context.Context, by By, in CorrectCase) (out cases.Case, err error) {
	now, err := c.readCase(ctx, in.Case)
	if err != nil {
		return out, err
	}
	err = c.inID(ctx, by, now.Outbreak, func(u *unit) error {
		rec, err := u.getCase(in.Case)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, rec.Area, u.now); err != nil {
			return err
		}
		if err := u.standingCase(rec); err != nil {
			return err
		}
		if in.Version != rec.Version {
			return &store.Conflict{Noun: "case", ID: int64(in.Case), Have: rec.Version, Want: in.Version}
		}
		was := rec.Case
		changed, err := setFields(caseFields, &rec.Case, &rec.Attributes, reading{u.loc, u.tree}, in.Fields)
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			out = rec.Case
			return nil
		}
		if err := checkCase(rec.Case, u.now, u.loc); err != nil {
			return err
		}
		if was.Outcome == cases.Open && rec.Outcome == cases.Recovered {
			if err := u.notInHospital(rec); err != nil {
				return err
			}
		}
		if rec.Area != was.Area { // moving a case needs the right at both ends
			if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, rec.Area, u.now); err != nil {
				return err
			}
		}
		if rec.Class.Infected() && !was.Class.Infected() && rec.ConfirmedAt.IsZero() {
			rec.ConfirmedAt = u.now
		}
		if rec.Closed() && !was.Closed() {
			if err := u.overByDecision(rec.Person, func(s *facility.Stay) bool { return s.CaseOf == rec.ID }, in.Reason); err != nil {
				return err
			}
		}
		rec.dirty = true
		kind, at := caseFact(was, rec.Case, changed, u.now)
		ref, err := u.fact(kind, onCase(rec.ID), rec.Area, at, map[string]any{"changed": changed, "reason": in.Reason})
		if err != nil {
			return err
		}
		if err := u.react(response.Trigger{Kind: kind, Subject: onCase(rec.ID), Ref: ref, At: at}); err != nil {
			return err
		}
		out = rec.Case
		out.Version++
		return nil
	})
	return out, err
}

func caseFact(was, is cases.Case, changed map[string]Change, now time.Time) (journal.Kind, time.Time) {
	if is.Class != was.Class {
		if is.Class.Infected() && !was.Class.Infected() && was.Class != cases.Discarded {
			return journal.CaseConfirmed, is.ConfirmedAt
		}
		return journal.CaseCorrected, now
	}
	if was.Outcome == cases.Open && is.Outcome != cases.Open {
		return journal.CaseClosed, now
	}
	if len(changed) == 1 {
		for name, ch := range changed {
			if kind, ok := caseStep[name]; ok && ch.From == "" {
				return kind, now
			}
		}
	}
	return journal.CaseCorrected, now
}

func (c *Commands) readCase(ctx context.Context, id cases.ID) (out cases.Case, err error) {
	err = c.db.View(ctx, func(r *store.Reader) error {
		out, err = r.Case(id)
		return err
	})
	return out, err
}
