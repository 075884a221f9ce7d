package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

func onAssistance(id contact.AssistanceID) task.Subject {
	return task.Subject{Kind: task.OnAssistance, ID: int64(id)}
}

// AskAssistance asks the office of another district to find somebody whom a case told of and who lives there. Whoever may list contacts of the case may ask; they need no right where the person lives, and get none
// by it.
type AskAssistance struct {
	Outbreak string
	Case     caseID // they met
	Person   PersonFields
	Fields   map[string]string // as of a contact: area and last_exposed are needed; tier (close where it is left out), first_exposed, setting
	Note     string            // for the office that is asked
}

// AnswerAssistance is what an office does with a request: accept it, by which the person is listed as its contact; send it back; or, for the office that asked, withdraw it. The latter two need a reason.
type AnswerAssistance struct {
	Assistance contact.AssistanceID
	Version    int64 // as the caller saw it; 0 for as it is
	Answer     contact.AssistanceState
	Reason     string
}

// AskAssistance carries out the order. The same asked again while nobody has answered is told to the same request.
func (c *Commands) AskAssistance(ctx context.Context, by By, in AskAssistance) (out contact.Assistance, err error) {
	if utf8.RuneCountInString(in.Note) > mostWords {
		return out, &Invalid{Field: "note", Reason: "is more than 500 characters"}
	}
	err = c.in(ctx, by, in.Outbreak, func(u *unit) (err error) {
		k, err := u.getCase(in.Case)
		if err != nil {
			return err
		}
		if err := u.by.may(&u.tx.Reader, u.o, auth.ContactWrite, k.Area, u.now); err != nil {
			return err
		}
		if err := u.standingCase(k); err != nil {
			return err
		}
		fields := contact.Contact{Tier: contact.Close}
		for name := range in.Fields {
			switch name {
			case "tier", "first_exposed", "last_exposed", "setting", "area":
			default:
				return &Invalid{Field: name, Reason: "is not asked of another office: tier, first_exposed, last_exposed, setting and area are"}
			}
		}
		if _, err := setFields(contactFields, &fields, nil, reading{u.loc, u.tree}, maps.Clone(in.Fields)); err != nil {
			return err
		}
		switch {
		case fields.LastExposed.IsZero():
			return &Invalid{Field: "last_exposed", Reason: "is needed: the clock of quarantine starts there"}
		case fields.Area == 0:
			return &Invalid{Field: "area", Reason: "is needed: where they live, so that its office can be asked"}
		case u.tree.District(fields.Area) == k.District:
			return &Invalid{"area", in.Fields["area"], "lies in the case's own district: list them as its contact"}
		case fields.Tier == contact.Secondary:
			return &Invalid{"tier", string(fields.Tier), "is of somebody who met a contact: this one met the case"}
		}
		if err := checkContact(fields, u.now, u.loc); err != nil {
			return err
		}
		var known bool
		if in.Person, known, err = u.named(in.Person); err != nil {
			return err
		}
		if err := u.notThemselves(in.Case, in.Person.ID, known); err != nil {
			return err
		}
		p, err := u.person(in.Person, in.Fields["area"])
		if err != nil {
			return err
		}
		out = contact.Assistance{Person: p.ID, Area: fields.Area, District: u.tree.District(fields.Area), Tier: fields.Tier, First: fields.FirstExposed, Last: fields.LastExposed, Setting: fields.Setting, Note: strings.TrimSpace(in.Note)}
		return u.ask(k, &out)
	})
	return out, err
}

// ask writes a request, and lets the rulebook set its clock. What is asked again before anybody has answered is the same request, with what is known by now.
func (u *unit) ask(k *caseRecord, a *contact.Assistance) error {
	before, err := u.tx.AssistanceOfCase(k.ID)
	if err != nil {
		return err
	}
	a.Outbreak, a.Case, a.From, a.FromDistrict, a.State, a.AskedAt, a.AskedBy = u.o.ID, k.ID, k.Area, k.District, contact.AssistanceAsked, u.now, u.by.Name()
	yes := true
	u.assisted = &yes
	for i := range before {
		if was := &before[i]; was.State == contact.AssistanceAsked && was.Person == a.Person && was.Area == a.Area {
			a.ID, a.Version, a.AskedAt, a.AskedBy = was.ID, was.Version, was.AskedAt, was.AskedBy
		}
	}
	if a.ID != 0 {
		err = u.tx.UpdateAssistance(a)
	} else {
		err = u.tx.AddAssistance(a)
	}
	if err != nil {
		return err
	}
	return u.assistanceFact(journal.AssistanceAsked, a, a.Area, map[string]any{"tier": a.Tier, "from": a.From, "proposal": a.Proposal})
}

// assistanceFact tells the office of area something about a request, and lets the rulebook answer.
func (u *unit) assistanceFact(kind journal.Kind, a *contact.Assistance, area place.AreaID, payload map[string]any) error {
	payload["assistance"] = a.ID
	ref, err := u.fact(kind, onAssistance(a.ID), area, u.now, payload)
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: kind, Subject: onAssistance(a.ID), Ref: ref, At: u.now})
}

// AnswerAssistance carries out the order.
func (c *Commands) AnswerAssistance(ctx context.Context, by By, in AnswerAssistance) (out contact.Assistance, err error) {
	in.Reason = strings.TrimSpace(in.Reason)
	switch {
	case in.Answer != contact.AssistanceAccepted && in.Answer != contact.AssistanceSentBack && in.Answer != contact.AssistanceWithdrawn:
		return out, &Invalid{"answer", string(in.Answer), "is accepted, sent_back or withdrawn"}
	case in.Reason == "" && in.Answer != contact.AssistanceAccepted:
		return out, &Invalid{Field: "reason", Reason: "is needed: the other office is told it"}
	case utf8.RuneCountInString(in.Reason) > mostWords:
		return out, &Invalid{Field: "reason", Reason: "is more than 500 characters"}
	}
	err = c.db.View(ctx, func(r *store.Reader) error {
		out, err = r.Assistance(in.Assistance)
		return err
	})
	if err != nil {
		return out, err
	}
	err = c.inID(ctx, by, out.Outbreak, func(u *unit) (err error) {
		out, err = u.answerAssistance(in)
		return err
	})
	return out, err
}

func (u *unit) answerAssistance(in AnswerAssistance) (a contact.Assistance, err error) {
	if a, err = u.tx.Assistance(in.Assistance); err != nil {
		return a, err
	}
	mine, theirs, kind := a.Area, a.From, journal.AssistanceAccepted
	switch in.Answer {
	case contact.AssistanceWithdrawn:
		mine, theirs, kind = a.From, a.Area, journal.AssistanceWithdrawn
	case contact.AssistanceSentBack:
		kind = journal.AssistanceSentBack
	default: // accepted; AnswerAssistance knows no others
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.ContactWrite, mine, u.now); err != nil {
		return a, err
	}
	if in.Version != 0 && in.Version != a.Version {
		return a, &store.Conflict{Noun: "assistance", ID: int64(a.ID), Have: a.Version, Want: in.Version}
	}
	if a.State == in.Answer { // said twice
		return a, nil
	}
	if a.State, err = a.State.Move(in.Answer); err != nil {
		return a, &Invalid{"answer", string(in.Answer), "comes too late: the request is " + strings.ReplaceAll(string(a.State), "_", " ")}
	}
	a.AnsweredAt, a.AnsweredBy, a.Reason = u.now, u.by.Name(), in.Reason
	payload := map[string]any{"reason": in.Reason}
	if in.Answer == contact.AssistanceAccepted {
		if err := u.acceptAssistance(&a); err != nil {
			return a, err
		}
		payload["contact"] = a.Contact
	} else {
		a.EndedAt = u.now
		if err := u.proposeAgain(&a); err != nil {
			return a, err
		}
	}
	yes := true
	u.assisted = &yes
	if err := u.tx.UpdateAssistance(&a); err != nil {
		return a, err
	}
	if err := u.assistanceFact(kind, &a, theirs, payload); err != nil {
		return a, err
	}
	// The contact may have been reached, or be under quarantine, already: then the rule has moved it on.
	return u.tx.Assistance(a.ID)
}

// acceptAssistance lists whom a request is about as a contact of the office that was asked.
func (u *unit) acceptAssistance(a *contact.Assistance) error {
	k, err := u.getCase(a.Case)
	if err != nil {
		return err
	}
	if k.MergedInto != 0 {
		if k, err = u.getCase(k.MergedInto); err != nil {
			return err
		}
	}
	who := [][]person.ID{{a.Person}}
	if err := u.tx.Survivors(who); err != nil {
		return err
	}
	e := contact.Exposure{Case: k.ID, First: a.First, Last: a.Last, From: a.FirstAt, To: a.LastAt, Seconds: a.Seconds, Tier: a.Tier, Certainty: cases.Likely, Setting: a.Setting, SaidBy: a.AskedBy}
	rec, err := u.met(who[0][0], e, a.Area, a.District, map[string]any{"assistance": a.ID, "clause": a.Clause})
	if err != nil {
		return err
	}
	a.Contact = rec.ID
	if a.Proposal == 0 {
		return nil
	}
	p, err := u.proposalOf(a)
	if err != nil || p == nil {
		return err
	}
	p.Contact = rec.ID
	return u.tx.PutProposals([]*contact.Proposal{p})
}

// proposalOf is the proposal that a request came from; nil where it is decided anew since.
func (u *unit) proposalOf(a *contact.Assistance) (*contact.Proposal, error) {
	list, err := u.tx.ProposalsOf(a.Case)
	for i := range list {
		if p := &list[i]; p.ID == a.Proposal && p.State == contact.Confirmed {
			return p, err
		}
	}
	return nil, err
}

// proposeAgain has somebody decide anew on whom another office does not take: they may be asked of a third, listed by whoever may, or rejected.
func (u *unit) proposeAgain(a *contact.Assistance) error {
	p, err := u.proposalOf(a)
	if err != nil || p == nil || p.Contact != 0 {
		return err
	}
	p.State, p.DecidedAt, p.DecidedBy, p.DecidedTier, p.Reason = contact.Proposed, time.Time{}, "", "", ""
	return u.tx.PutProposals([]*contact.Proposal{p})
}

// elsewhere says whether somebody lives in another district than the case's, so that another office answers for them.
func elsewhere(k *caseRecord, p *contact.Proposal) bool {
	return p.District != 0 && k.District != 0 && p.District != k.District
}

// askFor asks the office where somebody lives whom visits propose.
func (u *unit) askFor(k *caseRecord, p *contact.Proposal) (contact.Assistance, error) {
	e, err := u.exposureOf(k, p)
	if err != nil {
		return contact.Assistance{}, err
	}
	a := contact.Assistance{Proposal: p.ID, Person: p.Person, Area: p.Area, District: p.District, Tier: e.Tier, Clause: p.Clause, First: e.First, Last: e.Last, FirstAt: e.From, LastAt: e.To, Seconds: e.Seconds, Setting: e.Setting, Note: p.Reason}
	return a, u.ask(k, &a)
}

// hasAssistance says whether anything was ever asked of another office, so that an import need not look for each contact.
func (w *world) hasAssistance() (bool, error) {
	if w.assisted == nil {
		has, err := w.tx.HasAssistance(w.o.ID)
		if err != nil {
			return false, err
		}
		w.assisted = &has
	}
	return *w.assisted, nil
}

// assistanceFor are the requests by which a contact was listed, and for which somebody waits.
func (w *world) assistanceFor(c contact.ID) (out []contact.AssistanceID, err error) {
	if has, err := w.hasAssistance(); err != nil || !has {
		return nil, err
	}
	list, err := w.tx.AssistanceOfContact(c)
	for i := range list {
		if !list[i].State.Over() {
			out = append(out, list[i].ID)
		}
	}
	return out, err
}

// assistanceAgain has the rules look again at what was asked because of a case that changed, and not answered.
func (w *world) assistanceAgain(a response.RevisitContacts) (out []response.Trigger, err error) {
	if has, err := w.hasAssistance(); err != nil || !has {
		return nil, err
	}
	list, err := w.tx.AssistanceOfCase(a.Case)
	for i := range list {
		if list[i].State == contact.AssistanceAsked {
			out = append(out, response.Trigger{Kind: journal.AssistanceAsked, Subject: onAssistance(list[i].ID), Ref: a.Because.Fact, At: w.now})
		}
	}
	return out, err
}

// AssistanceFacts implements response.World.
func (w *world) AssistanceFacts(id contact.AssistanceID) (f response.AssistanceFacts, err error) {
	f.Earlier = w.earlier
	if f.Assistance, err = w.tx.Assistance(id); err != nil {
		return f, err
	}
	k, err := w.getCase(f.Assistance.Case)
	if err != nil {
		return f, err
	}
	f.Source = k.Case
	if f.Assistance.Contact == 0 {
		return f, nil
	}
	c, err := w.getContact(f.Assistance.Contact)
	if err != nil {
		return f, err
	}
	if c.MergedInto != 0 {
		if c, err = w.getContact(c.MergedInto); err != nil {
			return f, err
		}
	}
	now := c.Contact
	f.Contact = &now
	return f, nil
}

// moveAssistance carries out what a rule says of a request, and tells the office that asked.
func (w *world) moveAssistance(a response.MoveAssistance) error {
	as := a.As
	kind, ok := map[contact.AssistanceState]journal.Kind{contact.AssistanceFound: journal.AssistanceFound, contact.AssistanceQuarantined: journal.AssistanceQuarantined,
		contact.AssistanceEnded: journal.AssistanceEnded, contact.AssistanceWithdrawn: journal.AssistanceWithdrawn}[as.State]
	if !ok {
		return errors.New("a rule moves no request to " + string(as.State))
	}
	was, err := w.tx.Assistance(as.ID)
	if err != nil {
		return err
	}
	if _, err := was.State.Move(as.State); err != nil {
		return fmt.Errorf("request for assistance %d: %w", as.ID, err)
	}
	if err := w.tx.UpdateAssistance(&as); err != nil {
		return err
	}
	_, err = w.byRule(kind, onAssistance(as.ID), as.From, w.now, a.Because, map[string]any{"assistance": as.ID, "found_at": as.FoundAt, "quarantined_at": as.QuarantinedAt, "outcome": as.Outcome})
	return err
}
