package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// mostProposed is how many proposals of one case are kept where nobody says otherwise: more than a team can look at.
const mostProposed = 500

// keep writes down the nearest of what a question showed, to be decided on; who is a contact already for being named is no proposal. It says how many it kept, and who was left out because more are not to be kept at once.
func (u *unit) keep(t *tracing, found []TracedContact, most int, ref task.FactRef) (n int, left []TracedContact, err error) {
	list, err := u.tx.ProposalsOf(t.k.ID)
	if err != nil {
		return 0, nil, err
	}
	found = slices.DeleteFunc(slices.Clone(found), func(c TracedContact) bool { return c.Named })
	known := map[int64]contact.Proposal{}
	for _, p := range list {
		known[p.Visitor] = p
	}
	n = min(len(found), most)
	var people []person.ID
	for _, c := range found[:n] {
		if c.person != 0 {
			people = append(people, c.person)
		}
	}
	who, err := u.tx.PeopleByID(people)
	if err != nil {
		return 0, nil, err
	}
	put := make([]*contact.Proposal, n)
	for i, c := range found[:n] {
		p := contact.Proposal{Outbreak: u.o.ID, Case: t.k.ID, Visitor: int64(c.number), Person: c.person, Area: t.k.Area, District: t.k.District, Tier: contact.Tier(c.Tier), Clause: c.Clause, Pack: t.o.Pack, Lives: c.lives,
			Seconds: int64(c.OverlapSeconds), Dose: time.Duration(c.DoseHours * float64(time.Hour)).Truncate(time.Second), First: c.First.UTC(), Last: c.Last.UTC(), Places: c.where, State: contact.Proposed, ProposedAt: u.now, Fact: ref.Seq}
		if c.Untimed && p.Seconds == 0 {
			p.Seconds = contact.Untimed
		}
		if at := who[c.person]; at.Area != 0 {
			p.Area, p.District = at.Area, at.District
		}
		if was, ok := known[p.Visitor]; ok {
			p = was.Again(p)
		}
		put[i] = &p
	}
	return n, found[n:], u.tx.PutProposals(put)
}

// Proposals lists what visits proposed of a case, with what people and places are called. Names of visits are opened by it, which goes on record.
type Proposals struct {
	Case  cases.ID
	State contact.Standing // empty for all
}

// ProposalShown is a proposal as a person decides on it.
type ProposalShown struct {
	contact.Proposal
	Name   string   // as the sender of the visits calls them; empty once nobody may know any more
	Places []string // the same
}

// Proposals answers.
func (c *Commands) Proposals(ctx context.Context, by By, in Proposals) (out []ProposalShown, err error) {
	if c.identities == nil {
		return nil, &Invalid{Field: "case", Reason: "visits cannot be read: no vault is open"}
	}
	o, k, err := c.caseAndOutbreak(ctx, in.Case)
	if err != nil {
		return nil, err
	}
	err = c.inID(ctx, by, o.ID, func(u *unit) error {
		out = []ProposalShown{}
		if err := by.may(&u.tx.Reader, u.o, auth.ContactRead, k.Area, u.now); err != nil {
			return err
		}
		list, err := u.tx.ProposalsOf(k.ID)
		if err != nil {
			return err
		}
		var people, places []int64
		for _, p := range list {
			if in.State == "" || p.State == in.State {
				out = append(out, ProposalShown{Proposal: p})
				people, places = append(people, p.Visitor), append(places, p.Places...)
			}
		}
		if len(out) == 0 {
			return nil
		}
		slices.Sort(places)
		persons, where, err := u.identities.OpenVisitNames(&u.tx.Reader, u.o.ID, people, slices.Compact(places))
		if err != nil {
			return err
		}
		for i := range out {
			p := &out[i]
			p.Name = persons[p.Visitor]
			for _, n := range p.Proposal.Places {
				if text, ok := where[n]; ok {
					p.Places = append(p.Places, text)
				}
			}
		}
		_, err = u.fact(journal.CaseTraced, onCase(k.ID), k.Area, u.now, map[string]any{"code": k.Code, "proposals": len(out), "names": len(persons), "purpose": string(by.Purpose)})
		return err
	})
	return out, c.refused(ctx, by, o, onCase(k.ID), k.Area, err)
}

// VisitsLeft says how many days of an outbreak's visits the server has still to read, of how many: until then an answer may lack somebody.
func (c *Commands) VisitsLeft(o outbreak.ID) (left, days int) {
	if c.whereabouts == nil {
		return 0, 0
	}
	city, err := c.whereabouts.Of(o)
	if err != nil {
		return 0, 0 // none have come in, or the last reading failed: whoever asks is told
	}
	return city.Left, city.Total
}

func (c *Commands) caseAndOutbreak(ctx context.Context, id cases.ID) (o outbreak.Outbreak, k cases.Case, err error) {
	err = c.db.View(ctx, func(r *store.Reader) error {
		if k, err = r.Case(id); err != nil {
			return err
		}
		o, err = r.Outbreak(k.Outbreak)
		return err
	})
	return o, k, err
}

// DecideProposals says of proposals of one case that they are contacts, of what tier, or none.
type DecideProposals struct {
	Case      cases.ID
	Proposals []contact.ProposalID
	Confirm   bool
	Tier      contact.Tier // in place of the proposed one; empty keeps it
	Reason    string       // needed to reject, and to correct a tier
	// Assist has the office of another district asked for everybody confirmed who lives there, even where the caller may list contacts there.
	Assist bool
}

// Decided is what became of one proposal.
type Decided struct {
	Proposal   contact.ProposalID
	State      contact.Standing
	Contact    contactID
	Code       string               // of the contact
	Assistance contact.AssistanceID // that another office was asked for, because they live in its area; 0 for none
	Refused    string               // why nothing was changed; empty where it was
}

// DecideProposals carries out the order. Whoever is confirmed and lives where the caller may list no contacts is asked of the office there; one that was decided before is left and named.
func (c *Commands) DecideProposals(ctx context.Context, by By, in DecideProposals) (out []Decided, err error) {
	in.Reason = strings.TrimSpace(in.Reason)
	switch {
	case len(in.Proposals) == 0 || len(in.Proposals) > MostInBulk:
		return nil, &Invalid{"proposals", fmt.Sprint(len(in.Proposals)), fmt.Sprintf("are not 1 to %d at once", MostInBulk)}
	case in.Reason == "" && (!in.Confirm || in.Tier != ""):
		return nil, &Invalid{Field: "reason", Reason: "is needed: why they are no contact, or one of another tier"}
	case in.Tier == contact.Secondary:
		return nil, &Invalid{"tier", string(in.Tier), "is of somebody who met a contact: what is proposed met the case"}
	}
	o, k, err := c.caseAndOutbreak(ctx, in.Case)
	if err != nil {
		return nil, err
	}
	err = c.inID(ctx, by, o.ID, func(u *unit) error {
		out = nil
		if err := by.may(&u.tx.Reader, u.o, auth.ContactWrite, k.Area, u.now); err != nil {
			return err
		}
		rec, err := u.getCase(k.ID)
		if err != nil {
			return err
		}
		if err := u.standingCase(rec); err != nil {
			return err
		}
		list, err := u.tx.ProposalsOf(k.ID)
		if err != nil {
			return err
		}
		byID := map[contact.ProposalID]*contact.Proposal{}
		for i := range list {
			byID[list[i].ID] = &list[i]
		}
		var put []*contact.Proposal
		for _, id := range in.Proposals {
			p := byID[id]
			if p == nil {
				return fmt.Errorf("proposal %d of case %s: %w", id, k.Code, store.ErrNotFound)
			}
			d := Decided{Proposal: id, State: p.State, Contact: p.Contact}
			if p.State == contact.Confirmed && p.DecidedBy == contact.AutoAccepter && !in.Confirm && by.Name() != contact.AutoAccepter {
				// Nobody has decided yet: a setting did.
				var f *Forbidden
				switch err := u.undoAccepted(rec, p, in.Reason); {
				case errors.As(err, &f): // they are another office's contact by now
					d.Refused = f.Error()
				case err != nil:
					return err
				default:
					if err := u.decide(rec, p, in, false, &d); err != nil {
						return err
					}
					d.Contact = 0
					put = append(put, p)
				}
			} else if p.State != contact.Proposed {
				d.Refused = "was decided before"
			} else if ask, err := u.asks(rec, p, in); err != nil {
				return err
			} else {
				if err := u.decide(rec, p, in, ask, &d); err != nil {
					return err
				}
				put = append(put, p)
			}
			out = append(out, d)
		}
		return u.tx.PutProposals(put)
	})
	return out, c.refused(ctx, by, o, onCase(k.ID), k.Area, err)
}

// asks says whether another office is asked for somebody who is confirmed: they live in another district, and the caller may list nobody there or would rather ask. That somebody is no contact, whoever may decide
// on the case may say.
func (u *unit) asks(k *caseRecord, p *contact.Proposal, in DecideProposals) (bool, error) {
	if !in.Confirm {
		return false, nil
	}
	err := u.by.may(&u.tx.Reader, u.o, auth.ContactWrite, p.Area, u.now)
	var f *Forbidden
	if err != nil && !errors.As(err, &f) {
		return false, err
	}
	return f != nil || in.Assist && elsewhere(k, p), nil
}

// decide takes down what one proposal is, and lists the contact, or asks the office where they live.
func (u *unit) decide(k *caseRecord, p *contact.Proposal, in DecideProposals, ask bool, d *Decided) error {
	p.DecidedAt, p.DecidedBy, p.Reason, p.DecidedTier = u.now, u.by.Name(), in.Reason, p.Tier
	payload := map[string]any{"proposal": p.ID, "tier": p.Tier, "clause": p.Clause, "pack": p.Pack, "fact": p.Fact, "reason": in.Reason}
	if !in.Confirm {
		p.State = contact.Rejected
		d.State = p.State
		_, err := u.fact(journal.ProposalRejected, onCase(k.ID), p.Area, u.now, payload)
		return err
	}
	if in.Tier != "" {
		p.DecidedTier = in.Tier
	}
	p.State = contact.Confirmed
	d.State = p.State
	payload["decided_tier"] = p.DecidedTier
	if ask {
		a, err := u.askFor(k, p)
		if err != nil {
			return err
		}
		d.Assistance, payload["assistance"] = a.ID, a.ID
	} else {
		rec, err := u.contactOf(k, p)
		if err != nil {
			return err
		}
		p.Contact, d.Contact, d.Code = rec.ID, rec.ID, rec.Code
		payload["contact"] = rec.ID
	}
	_, err := u.fact(journal.ProposalConfirmed, onCase(k.ID), p.Area, u.now, payload)
	return err
}

// contactOf lists whom a proposal is about, or says of a contact who is known that they met the case: what visits show is an exposure like any other.
func (u *unit) contactOf(k *caseRecord, p *contact.Proposal) (*contactRecord, error) {
	if p.Person == 0 {
		who, err := u.person(PersonFields{}, "")
		if err != nil {
			return nil, err
		}
		p.Person = who.ID
		if err := u.tx.SetVisitorPerson(p.Visitor, who.ID); err != nil {
			return nil, err
		}
		if _, err := u.fact(journal.VisitorKnown, onPerson(who.ID), p.Area, u.now, map[string]any{"visitor": p.Visitor}); err != nil {
			return nil, err
		}
	}
	e, err := u.exposureOf(k, p)
	if err != nil {
		return nil, err
	}
	return u.met(p.Person, e, p.Area, p.District, map[string]any{"proposal": p.ID, "clause": p.Clause})
}

// exposureOf is what a proposal that is confirmed says of the two.
func (u *unit) exposureOf(k *caseRecord, p *contact.Proposal) (e contact.Exposure, err error) {
	e = contact.Exposure{Case: k.ID, First: dayOf(p.First, u.loc), Last: dayOf(p.Last, u.loc), From: p.First, To: p.Last, Seconds: p.Seconds, Tier: p.DecidedTier, Certainty: cases.Likely, SaidBy: u.by.Name()}
	if p.Seconds == contact.Untimed { // nobody knows for how long
		e.Seconds, e.From, e.To = 0, time.Time{}, time.Time{}
	}
	if p.Seconds == 0 { // lives with the case: met until now, or until the case was isolated
		e.From, e.To = time.Time{}, time.Time{}
		last := u.now
		if !k.IsolatedAt.IsZero() {
			last = k.IsolatedAt
		}
		e.First, e.Last = dayOf(last, u.loc), dayOf(last, u.loc)
	}
	e.Setting, err = u.settingOf(p)
	return e, err
}

// met lists somebody as a contact of a case, or says of a contact who is known that they met it. more goes into the journal with the listing.
func (u *unit) met(who person.ID, e contact.Exposure, area, district place.AreaID, more map[string]any) (*contactRecord, error) {
	known, err := u.tx.ContactsOfPerson(who)
	if err != nil {
		return nil, err
	}
	for _, x := range known {
		if x.Outbreak != u.o.ID {
			continue
		}
		rec, err := u.getContact(x.GoesOn())
		if err != nil {
			return nil, err
		}
		return rec, u.exposed(rec, e)
	}
	for _, id := range u.contOrder { // listed by this very order
		if rec := u.contacts[id]; rec.Person == who {
			return rec, u.exposed(rec, e)
		}
	}
	n := &store.NewContact{Contact: contact.Contact{Person: who, Case: e.Case, State: contact.Listed, ListedAt: u.now, Tier: e.Tier, Area: area, District: district, FirstExposed: e.First, LastExposed: e.Last, Setting: e.Setting}}
	rec, err := u.newContact(n)
	if err != nil {
		return nil, err
	}
	if _, err := u.expose(rec, e); err != nil {
		return nil, err
	}
	rec.Code = fmt.Sprintf("K-%d", rec.ID)
	payload := map[string]any{"code": rec.Code, "tier": rec.Tier, "case": rec.Case, "parent": rec.Parent, "last_exposed": rec.LastExposed}
	maps.Copy(payload, more)
	ref, err := u.fact(journal.ContactListed, onContact(rec.ID), rec.Area, u.now, payload)
	if err != nil {
		return nil, err
	}
	rec.fresh.Origin = ref
	return rec, u.react(response.Trigger{Kind: journal.ContactListed, Subject: onContact(rec.ID), Ref: ref, At: u.now})
}

// settingOf says where they were together.
func (u *unit) settingOf(p *contact.Proposal) (string, error) {
	_, where, err := u.identities.OpenVisitNames(&u.tx.Reader, u.o.ID, nil, p.Places)
	if err != nil {
		return "", err
	}
	var out []string
	for _, n := range p.Places {
		if text, ok := where[n]; ok && len(out) < 3 {
			out = append(out, text)
		}
	}
	return strings.Join(out, ", "), nil
}

// undoAccepted takes back what a setting brought about: the request to another office where nobody has accepted it, otherwise the exposure, so that the rulebook ends the follow-up of whoever met no other.
func (u *unit) undoAccepted(k *caseRecord, p *contact.Proposal, reason string) error {
	asked, err := u.tx.AssistanceOfCase(k.ID)
	if err != nil {
		return err
	}
	for _, a := range asked {
		if a.Proposal == p.ID && a.State == contact.AssistanceAsked {
			if _, err := u.answerAssistance(AnswerAssistance{Assistance: a.ID, Answer: contact.AssistanceWithdrawn, Reason: reason}); err != nil {
				return err
			}
			p.Version++ // withdrawn, it is proposed again
		}
	}
	if p.Contact == 0 {
		return nil
	}
	rec, err := u.getContact(p.Contact)
	if err != nil {
		return err
	}
	if rec.MergedInto != 0 {
		if rec, err = u.getContact(rec.MergedInto); err != nil {
			return err
		}
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.ContactWrite, rec.Area, u.now); err != nil {
		return err
	}
	list, err := u.exposuresOf(rec)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Case == k.ID && e.Stands() {
			return u.endExposure(rec, e, EndExposure{Exposure: e.ID, Version: e.Version, Reason: reason})
		}
	}
	return nil
}
