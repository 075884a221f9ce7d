package command

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// ListContact names a person as a contact of a case, or of a close contact.
type ListContact struct {
	Outbreak string
	Code     string // unique in the outbreak; made up when empty
	Case     caseID // the case they met; 0 for a secondary contact
	Parent   contactID
	Person   PersonFields
	Fields   map[string]string // see fields.go; last_exposed is needed
}

// Listed is what became of the order.
type Listed struct {
	contact.Contact
	Known bool // the register knew the document: they are who it says, and no new person was made
}

// ListContact carries out the order. Whose document the register knows is that person. A person who is a contact in the outbreak already is not listed twice: they have one
// exposure more, and all of them together say in which tier they are and until when they are followed. Who is ill as another case is listed as a contact who became it.
func (c *Commands) ListContact(ctx context.Context, by By, in ListContact) (out Listed, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) (err error) {
		out, err = u.listContact(in)
		return err
	})
	return out, err
}

func (u *unit) listContact(in ListContact) (out Listed, err error) {
	n := &store.NewContact{Contact: contact.Contact{Case: in.Case, Parent: in.Parent, State: contact.Listed, ListedAt: u.now, Tier: contact.Close}}
	fields := maps.Clone(in.Fields)
	switch {
	case in.Case == 0 && in.Parent == 0:
		return out, &Invalid{Field: "case", Reason: "the case or the close contact they met is needed"}
	case in.Parent != 0:
		p, err := u.getContact(in.Parent)
		if err != nil {
			return out, err
		}
		if err := u.standingContact(p); err != nil {
			return out, err
		}
		n.Tier, n.Area, n.District = contact.Secondary, p.Area, p.District
	default:
		s, err := u.getCase(in.Case)
		if err != nil {
			return out, err
		}
		if err := u.standingCase(s); err != nil {
			return out, err
		}
		n.Area, n.District = s.Area, s.District
	}
	if _, err := setFields(contactFields, &n.Contact, &n.Attributes, reading{u.loc, u.tree}, fields); err != nil {
		return out, err
	}
	if n.LastExposed.IsZero() {
		return out, &Invalid{Field: "last_exposed", Reason: "is needed: the clock of quarantine starts there"}
	}
	if err := checkContact(n.Contact, u.now, u.loc); err != nil {
		return out, err
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.ContactWrite, n.Area, u.now); err != nil {
		return out, err
	}
	if in.Person, out.Known, err = u.named(in.Person); err != nil {
		return out, err
	}
	var sick caseID
	if in.Person.ID != 0 {
		if err := u.notThemselves(in.Case, in.Person.ID, out.Known); err != nil {
			return out, err
		}
		if sick, err = u.illAs(in.Person.ID); err != nil {
			return out, err
		}
		known, err := u.tx.ContactsOfPerson(in.Person.ID)
		if err != nil {
			return out, err
		}
		for _, k := range known {
			if k.Outbreak == u.o.ID {
				rec, err := u.getContact(k.GoesOn())
				if err != nil {
					return out, err
				}
				if err := u.exposed(rec, told(n.Contact, u.by)); err != nil {
					return out, err
				}
				out.Contact = rec.now()
				return out, nil
			}
		}
	}
	p, err := u.person(in.Person, fields["area"])
	if err != nil {
		return out, err
	}
	n.Person, n.Code = p.ID, strings.TrimSpace(in.Code)
	if n.Code != "" {
		there, err := u.tx.ContactsByCodes(u.o.ID, []string{n.Code})
		if err != nil {
			return out, err
		}
		if len(there) > 0 {
			return out, &Invalid{"code", n.Code, "is another contact's"}
		}
	}
	rec, err := u.newContact(n)
	if err != nil {
		return out, err
	}
	if _, err := u.expose(rec, told(n.Contact, u.by)); err != nil {
		return out, err
	}
	if rec.Code == "" {
		rec.Code = fmt.Sprintf("K-%d", rec.ID)
	}
	ref, err := u.fact(journal.ContactListed, onContact(rec.ID), rec.Area, u.now, map[string]any{"code": rec.Code, "tier": rec.Tier, "case": rec.Case, "parent": rec.Parent,
		"last_exposed": rec.LastExposed})
	if err != nil {
		return out, err
	}
	rec.fresh.Origin = ref
	became, err := u.isCase(rec, sick, journal.Entry{At: u.now, Actor: u.by.Name(), Cause: ref})
	if err != nil {
		return out, err
	}
	if err := u.react(append([]response.Trigger{{Kind: journal.ContactListed, Subject: onContact(rec.ID), Ref: ref, At: u.now}}, became...)...); err != nil {
		return out, err
	}
	out.Contact = rec.Contact
	out.Version = 1
	return out, nil
}

// notThemselves refuses to say of somebody that they met a case that they are.
func (u *unit) notThemselves(of caseID, p person.ID, byDocument bool) error {
	if of == 0 {
		return nil
	}
	k, err := u.getCase(of)
	if err != nil || k.Person != p {
		return err
	}
	wrong := &Invalid{"person", strconv.FormatInt(int64(p), 10), "is the case itself: nobody is a contact of themselves"}
	if byDocument {
		wrong.Field, wrong.Value, wrong.Reason = "document", "", "is that of the case itself: nobody is a contact of themselves"
	}
	return wrong
}

// now is the contact as it will be once the order is written.
func (c *contactRecord) now() contact.Contact {
	out := c.Contact
	if c.dirty {
		out.Version++
	}
	return out
}

func checkContact(c contact.Contact, now time.Time, loc *time.Location) error {
	today := dayOf(now, loc)
	if c.LastExposed > today {
		return &Invalid{"last_exposed", c.LastExposed.String(), "lies in the future"}
	}
	if n, ok := day.Between(c.FirstExposed, c.LastExposed); ok && n < 0 {
		return &Invalid{"last_exposed", c.LastExposed.String(), "lies before first_exposed"}
	}
	return nil
}

// CorrectContact changes fields of a contact, or ends it by a person's decision.
type CorrectContact struct {
	Contact contactID
	Version int64
	Fields  map[string]string
	State   contact.State // empty to keep; lost and dropped are a person's decision and need a reason
	Reason  string
}

// contactStep is the fact that filling in a field tells; anything else is a correction.
var contactStep = map[string]journal.Kind{
	"reached_at": journal.ContactReached, "quarantine_at": journal.ContactQuarantined, "prophylaxis_at": journal.ContactProphylaxis,
	"tier": journal.ContactTierChanged, "symptom_on": journal.ContactSymptom,
}

// CorrectContact carries out the order and returns the contact as it is now.
func (c *Commands) CorrectContact(ctx context.Context, by By, in CorrectContact) (out contact.Contact, err error) {
	now, err := c.readContact(ctx, in.Contact)
	if err != nil {
		return out, err
	}
	err = c.inID(ctx, by, now.Outbreak, func(u *unit) error {
		rec, err := u.getContact(in.Contact)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.ContactWrite, rec.Area, u.now); err != nil {
			return err
		}
		if err := u.standingContact(rec); err != nil {
			return err
		}
		if in.Version != rec.Version {
			return &store.Conflict{Noun: "contact", ID: int64(in.Contact), Have: rec.Version, Want: in.Version}
		}
		was := rec.Contact
		changed, err := setFields(contactFields, &rec.Contact, &rec.Attributes, reading{u.loc, u.tree}, in.Fields)
		if err != nil {
			return err
		}
		kind := journal.ContactCorrected
		for name := range changed {
			if step, ok := contactStep[name]; ok && len(changed) == 1 {
				kind = step
			}
		}
		if in.State != "" && in.State != was.State {
			if strings.TrimSpace(in.Reason) == "" {
				return &Invalid{Field: "reason", Reason: "is needed to end a contact's follow-up by decision"}
			}
			if in.State != contact.Lost && in.State != contact.Dropped {
				return &Invalid{"state", string(in.State), "only lost and dropped are a person's decision; the rest follows from facts"}
			}
			if rec.State, err = was.State.Move(in.State); err != nil {
				return &Invalid{"state", string(in.State), err.Error()}
			}
			rec.EndedAt, kind = u.now, journal.ContactClosed
			changed["state"] = Change{string(was.State), string(in.State)}
			if err := u.overByDecision(rec.Person, func(s *facility.Stay) bool { return s.ContactOf == rec.ID }, in.Reason); err != nil {
				return err
			}
		}
		if len(changed) == 0 {
			out = rec.Contact
			return nil
		}
		if err := checkContact(rec.Contact, u.now, u.loc); err != nil {
			return err
		}
		if err := u.correctExposures(rec, was); err != nil {
			return err
		}
		if !rec.SymptomOn.IsZero() {
			rec.Symptoms = true
		}
		if rec.Tier != was.Tier {
			rec.TierAt = u.now
		}
		if rec.State == contact.Listed && (!rec.ReachedAt.IsZero() || !rec.QuarantineAt.IsZero()) {
			rec.State = contact.Followed
			if rec.ReachedAt.IsZero() {
				rec.ReachedAt = rec.QuarantineAt
			}
		}
		rec.dirty = true
		ref, err := u.fact(kind, onContact(rec.ID), rec.Area, u.now, map[string]any{"changed": changed, "reason": in.Reason})
		if err != nil {
			return err
		}
		if err := u.react(response.Trigger{Kind: kind, Subject: onContact(rec.ID), Ref: ref, At: u.now}); err != nil {
			return err
		}
		out = rec.Contact
		out.Version++
		return nil
	})
	return out, err
}

func (c *Commands) readContact(ctx context.Context, id contactID) (out contact.Contact, err error) {
	err = c.db.View(ctx, func(r *store.Reader) error {
		out, err = r.Contact(id)
		return err
	})
	return out, err
}

// RecordCheck is what a follow-up visit or call found.
type RecordCheck struct {
	Contact     contactID
	At          string // instant; now when empty
	Slot        int    // 0-based count within the day
	Seen        bool
	Temperature float64 // °C, 0 when not taken
	Symptoms    []string
	Note        string

	self bool // they answered for themselves (ReportCheck)
}

// RecordCheck carries out the order. The same contact, day and slot again replaces what was there, so that a phone may send twice.
func (c *Commands) RecordCheck(ctx context.Context, by By, in RecordCheck) (out contact.Contact, err error) {
	now, err := c.readContact(ctx, in.Contact)
	if err != nil {
		return out, err
	}
	err = c.inID(ctx, by, now.Outbreak, func(u *unit) (err error) {
		out, err = u.recordCheck(in)
		return err
	})
	return out, err
}

func (u *unit) recordCheck(in RecordCheck) (out contact.Contact, err error) {
	if in.Temperature != 0 && (in.Temperature < 30 || in.Temperature > 45) {
		return out, &Invalid{"temperature", fmt.Sprint(in.Temperature), "is not a body temperature in °C"}
	}
	if in.Slot < 0 || in.Slot > 23 {
		return out, &Invalid{"slot", fmt.Sprint(in.Slot), "is a count of checks within a day, from 0"}
	}
	rec, err := u.getContact(in.Contact)
	if err != nil {
		return out, err
	}
	if err := u.mayCheck(rec); err != nil {
		return out, err
	}
	if err := u.standingContact(rec); err != nil {
		return out, err
	}
	at, err := ParseInstant(in.At, u.loc)
	if err != nil {
		return out, &Invalid{"at", in.At, err.Error()}
	}
	if at.IsZero() {
		at = u.now
	}
	if at.After(u.now.Add(5 * time.Minute)) { // a phone's clock may run a little ahead
		return out, &Invalid{"at", in.At, "lies in the future"}
	}
	check := contact.Check{Contact: rec.ID, On: dayOf(at, u.loc), Slot: in.Slot, At: at, Seen: in.Seen, Temperature: in.Temperature, Symptoms: in.Symptoms, Note: in.Note, Self: in.self}
	if fever := u.pack.Cases.Fever; in.Seen && fever.Set() && in.Temperature >= fever.Value && !slices.Contains(check.Symptoms, string(contact.Fever)) {
		check.Symptoms = append(slices.Clone(check.Symptoms), string(contact.Fever))
	}
	kind := journal.ContactChecked
	if !in.Seen {
		kind = journal.ContactMissed
	}
	ref, err := u.fact(kind, onContact(rec.ID), rec.Area, at, check)
	if err != nil {
		return out, err
	}
	put := check // what was told now is in the journal as it was told
	if in.self {
		before, err := u.tx.Checks(rec.ID)
		if err != nil {
			return out, err
		}
		for _, k := range before {
			if k.On == check.On && k.Slot == check.Slot {
				put = check.Join(k)
			}
		}
	}
	if err := u.tx.PutCheck(&put, int64(rec.District), ref.Seq); err != nil {
		return out, err
	}
	u.ahead.checked(put)
	triggers := []response.Trigger{{Kind: kind, Subject: onContact(rec.ID), Ref: ref, At: at}}
	if in.Seen {
		if !in.self { // an answer by link is none that somebody spoke to them
			if rec.ReachedAt.IsZero() {
				rec.ReachedAt, rec.dirty = at, true
			}
			if rec.State == contact.Listed {
				rec.State, rec.dirty = contact.Followed, true
			}
		}
		if check.Symptomatic() && !rec.Symptoms {
			rec.Symptoms, rec.SymptomOn, rec.dirty = true, check.On, true
			triggers = append(triggers, response.Trigger{Kind: journal.ContactSymptom, Subject: onContact(rec.ID), Ref: ref, At: at})
		}
	}
	if err := u.react(triggers...); err != nil {
		return out, err
	}
	out = rec.Contact
	if rec.dirty {
		out.Version++
	}
	return out, nil
}

// mayCheck says whether the caller may check on somebody: whoever follows up where they live, or keeps the facility where they stay.
func (u *unit) mayCheck(rec *contactRecord) error {
	refused := u.by.may(&u.tx.Reader, u.o, auth.FollowUpWrite, rec.Area, u.now)
	if refused == nil {
		return nil
	}
	stays, err := u.staysOf(rec.Person)
	if err != nil {
		return err
	}
	for _, s := range stays {
		if s.State != facility.In || s.AtHome() {
			continue
		}
		f, err := u.tx.Facility(s.Facility)
		if err != nil {
			return err
		}
		if u.mayAny(f.Area, keepers(f.Kind)...) == nil {
			return nil
		}
	}
	return refused
}
