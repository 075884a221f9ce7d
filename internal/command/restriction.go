package command

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Restrictions are made, changed and ended by rule (response/restrict.go). What a person may order of one is here: to say that its person was told, to look at it again, to note what they
// need and that they got it, and, with a second person, to make it milder, shorter or longer, or to end it. There is no order that makes one.

// OfRestriction names the restriction that an order is about.
type OfRestriction struct {
	Outbreak    string // that it is of; empty: whichever it is
	Restriction restriction.ID
	Row         int64 // as the caller saw it; 0 for as it is
}

// TellRestriction says that somebody was told what they are asked, why, until when, and how to appeal.
type TellRestriction struct {
	OfRestriction
	How     string // in-person, phone or posted
	Offered string // yes or no: whether a milder option was offered; empty leaves what is on record
	WhyNot  string // where it was not
	At      string // now when empty
}

// ReviewRestriction says that somebody looked whether it must go on. What follows the rulebook decides from the facts: isolation goes on while the criteria of discharge are not met.
type ReviewRestriction struct {
	OfRestriction
	Finding string
}

// ProposeRestriction is the first person's part of a change by hand.
type ProposeRestriction struct {
	OfRestriction
	Change string // milder, shorter, longer or ended
	Kind   string // of a milder one
	Until  string // of a shorter or longer one
	Ground string
	Words  string // that the person is told
}

// AgreeRestriction is the second person's part; or the proposal is taken back.
type AgreeRestriction struct {
	OfRestriction
	Withdraw bool
}

// AskNeed notes that somebody asked for something that is owed: by themselves on the public page, with the code that they carry, or by a worker for them.
type AskNeed struct {
	Outbreak    string
	Restriction restriction.ID // or
	Code        string         // as carried: of what binds them now
	Need        string
}

// MeetNeed says that they got it.
type MeetNeed struct {
	OfRestriction
	Need restriction.NeedID
}

// SetLegalBasis names the law of its own country that restrictions of an outbreak stand on. Empty texts: the pack's again.
type SetLegalBasis struct {
	Outbreak string
	Kind     string
	EN, ZH   string
}

// restrictionOrder runs an order on one restriction, that of a case or a contact, and reacts to the fact it writes. change gets the restriction as it stands, says what it becomes, and what goes into the journal.
func (c *Commands) restrictionOrder(ctx context.Context, by By, in OfRestriction, action auth.Action, kind journal.Kind, change func(*unit, *restriction.Restriction) (map[string]any, error)) (out restriction.Restriction, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		if in.Restriction < 0 {
			return &Invalid{"restriction", fmt.Sprint(in.Restriction), restriction.ErrHold.Error()}
		}
		stored, err := tx.Restriction(in.Restriction)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(stored.Outbreak)
		if err != nil {
			return err
		}
		if in.Outbreak != "" && o.Name != in.Outbreak {
			return fmt.Errorf("restriction %d of outbreak %q: %w", in.Restriction, in.Outbreak, store.ErrNotFound)
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := by.may(&u.tx.Reader, u.o, action, stored.Area, u.now); err != nil {
				return err
			}
			if in.Row != 0 && in.Row != stored.Row {
				return &store.Conflict{Noun: "restriction", ID: int64(stored.ID), Have: stored.Row, Want: in.Row}
			}
			rec, err := u.restrictionRecord(stored.Cause, false)
			if err != nil {
				return err
			}
			if err := u.changeRestriction(rec, kind, change); err != nil {
				return err
			}
			out = rec.Restriction
			return nil
		})
	})
	if err == nil {
		out.Row++ // as it was written
	}
	return out, err
}

// changeRestriction changes one restriction, puts it on record, and has the rules look.
func (u *unit) changeRestriction(rec *restrictionRecord, kind journal.Kind, change func(*unit, *restriction.Restriction) (map[string]any, error)) error {
	payload, err := change(u, &rec.Restriction)
	if err != nil {
		return err
	}
	u.touchRestriction(rec)
	payload["restriction"] = rec.ID
	ref, err := u.fact(kind, rec.Cause.Subject(), rec.Area, u.now, payload)
	if err != nil {
		return err
	}
	// The order itself is the reason of a version that two people made.
	if v := &rec.Versions[len(rec.Versions)-1]; v.ByHand() && v.Because.Fact.Seq == 0 {
		v.Because.Fact = ref
	}
	if kind == journal.RestrictionProposed || kind == journal.RestrictionWithdrawn { // which change nothing yet
		return nil
	}
	return u.reactTo(kind, rec.Cause.Subject(), ref)
}

// wordsOf checks what is told to a person.
func wordsOf(field, s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || utf8.RuneCountInString(s) > mostWords {
		return "", &Invalid{Field: field, Reason: "is needed, of 500 characters at most"}
	}
	return s, nil
}

// TellRestriction carries out the order. Of a hold it is the task to tell somebody that they are held.
func (c *Commands) TellRestriction(ctx context.Context, by By, in TellRestriction) (restriction.Restriction, error) {
	how, err := restriction.ParseHow(in.How)
	if err != nil {
		return restriction.Restriction{}, &Invalid{"how", in.How, restriction.ErrHow.Error()}
	}
	if in.Restriction < 0 {
		return c.tellHold(ctx, by, in)
	}
	return c.restrictionOrder(ctx, by, in.OfRestriction, auth.RestrictionTell, journal.RestrictionTold, func(u *unit, r *restriction.Restriction) (map[string]any, error) {
		at, err := u.past("at", in.At)
		if err != nil {
			return nil, err
		}
		return u.tellRestriction(r, how, at, in.Offered, in.WhyNot)
	})
}

func (u *unit) tellRestriction(r *restriction.Restriction, how restriction.How, at time.Time, offered, whyNot string) (map[string]any, error) {
	if r.ToTell() == 0 {
		return nil, &Invalid{Field: "restriction", Reason: "there is nothing that they were not told already"}
	}
	if v := r.Now(); at.Before(v.At) {
		at = v.At // what is told is what stands now
	}
	switch {
	case offered == "":
	case r.Offer.Kind == "":
		return nil, &Invalid{"offered", offered, "there is no milder option to this kind"}
	case offered == "yes":
		r.Offer.Offered, r.Offer.Why = true, ""
	case offered == "no":
		why := restriction.WhyNot(whyNot)
		ok := false
		for _, w := range restriction.WhyNots() {
			ok = ok || w == why
		}
		if !ok {
			return nil, &Invalid{"why_not", whyNot, "is none of the words"}
		}
		r.Offer.Offered, r.Offer.Why = false, why
	default:
		return nil, &Invalid{"offered", offered, "is yes, no or empty"}
	}
	r.ToldAt, r.ToldOf, r.ToldBy, r.ToldHow = at, r.Now().N, u.by.Name(), how
	return map[string]any{"version": r.ToldOf, "how": how, "offered": r.Offer.Offered}, nil
}

// tellHold does the task of telling somebody that they are held.
func (c *Commands) tellHold(ctx context.Context, by By, in TellRestriction) (out restriction.Restriction, err error) {
	var t *task.Task
	err = c.db.View(ctx, func(r *store.Reader) error {
		h, err := r.Restriction(in.Restriction)
		if err != nil {
			return err
		}
		who, err := r.RestrictedPerson(&h)
		if err != nil {
			return err
		}
		tasks, err := r.TasksOf(onPerson(who))
		for i := range tasks {
			if x := &tasks[i]; x.Kind == task.HoldPerson && x.Ordinal == int(h.Cause.Tube()) && x.State == task.Open {
				t = x
			}
		}
		return err
	})
	if err != nil {
		return out, err
	}
	if t == nil {
		return out, &Invalid{Field: "restriction", Reason: "there is nothing that they were not told already"}
	}
	if _, err := c.CompleteTask(ctx, by, CompleteTask{Task: t.ID, Version: t.Version, At: in.At}); err != nil {
		return out, err
	}
	err = c.db.View(ctx, func(r *store.Reader) (err error) {
		out, err = r.Restriction(in.Restriction)
		return err
	})
	return out, err
}

// ReviewRestriction carries out the order.
func (c *Commands) ReviewRestriction(ctx context.Context, by By, in ReviewRestriction) (restriction.Restriction, error) {
	finding, err := wordsOf("finding", in.Finding)
	if err != nil {
		return restriction.Restriction{}, err
	}
	return c.restrictionOrder(ctx, by, in.OfRestriction, auth.RestrictionReview, journal.RestrictionReviewed, func(u *unit, r *restriction.Restriction) (map[string]any, error) {
		if !r.Stands() {
			return nil, &Invalid{Field: "restriction", Reason: restriction.ErrEnded.Error()}
		}
		// So that the look that was due is done by it, and not the next.
		r.ReviewedDue, r.ReviewedAt, r.ReviewedBy = r.Terms().Review, u.now, by.Name()
		return map[string]any{"finding": finding, "due": r.ReviewedDue}, nil
	})
}

// ProposeRestriction carries out the order.
func (c *Commands) ProposeRestriction(ctx context.Context, by By, in ProposeRestriction) (restriction.Restriction, error) {
	words, err := wordsOf("reason", in.Words)
	if err != nil {
		return restriction.Restriction{}, err
	}
	p := restriction.Proposal{Change: restriction.Change(in.Change), Kind: restriction.Kind(in.Kind), Words: words, By: by.Name()}
	if p.Ground, err = restriction.ParseGround(p.Change, in.Ground); err != nil {
		return restriction.Restriction{}, &Invalid{"ground", in.Ground, restriction.ErrGround.Error()}
	}
	return c.restrictionOrder(ctx, by, in.OfRestriction, auth.RestrictionChange, journal.RestrictionProposed, func(u *unit, r *restriction.Restriction) (map[string]any, error) {
		if in.Until != "" {
			until, err := ParseInstant(in.Until, u.loc)
			if err != nil {
				return nil, &Invalid{"until", in.Until, err.Error()}
			}
			p.Until = until
		}
		next, err := r.Propose(p, u.pack.Restrictions.ByHand(), u.now)
		if err != nil {
			return nil, refused(in.Change, err)
		}
		*r = next
		p = r.Proposal
		return map[string]any{"change": p.Change, "kind": p.Kind, "until": p.Until, "ground": p.Ground, "reason": p.Words}, nil
	})
}

// refused is an order that the noun refuses, as a field that cannot be right.
func refused(change string, err error) error {
	return &Invalid{Field: "change", Value: change, Reason: err.Error()}
}

// AgreeRestriction carries out the order.
func (c *Commands) AgreeRestriction(ctx context.Context, by By, in AgreeRestriction) (restriction.Restriction, error) {
	kind := journal.RestrictionAgreed
	if in.Withdraw {
		kind = journal.RestrictionWithdrawn
	}
	return c.restrictionOrder(ctx, by, in.OfRestriction, auth.RestrictionChange, kind, func(u *unit, r *restriction.Restriction) (map[string]any, error) {
		p := r.Proposal
		var next restriction.Restriction
		var err error
		if in.Withdraw {
			next, err = r.Withdraw()
		} else {
			next, err = r.Agree(by.Name(), task.Because{Rule: "restriction", Clause: r.Now().Because.Clause, Pack: u.pack.Ref()}, u.now)
		}
		if err != nil {
			return nil, refused(string(p.Change), err)
		}
		*r = next
		return map[string]any{"change": p.Change, "kind": p.Kind, "until": p.Until, "ground": p.Ground, "first": p.By, "reason": p.Words}, nil
	})
}

// AskNeed carries out the order. What was asked for and is not there yet is told as the first.
func (c *Commands) AskNeed(ctx context.Context, by By, in AskNeed) (out restriction.Need, err error) {
	kind, err := restriction.ParseNeed(in.Need)
	if err != nil {
		return out, &Invalid{"need", in.Need, restriction.ErrNeed.Error()}
	}
	id := in.Restriction
	if in.Code != "" {
		if id, err = c.bindsNow(ctx, in.Code); err != nil {
			return out, err
		}
	}
	_, err = c.restrictionOrder(ctx, by, OfRestriction{Outbreak: in.Outbreak, Restriction: id}, auth.NeedWrite, journal.NeedAsked, func(u *unit, r *restriction.Restriction) (payload map[string]any, err error) {
		out, payload, err = u.askNeed(r, kind)
		return payload, err
	})
	return out, err
}

func (u *unit) askNeed(r *restriction.Restriction, kind restriction.NeedKind) (out restriction.Need, payload map[string]any, err error) {
	if !r.Stands() {
		return out, nil, &Invalid{Field: "restriction", Reason: restriction.ErrEnded.Error()}
	}
	for _, n := range r.Needs {
		if n.Kind == kind && n.Open() {
			return n, map[string]any{"need": n.ID, "kind": kind, "again": true}, nil
		}
	}
	out = restriction.Need{Restriction: r.ID, Kind: kind, AskedAt: u.now, AskedBy: u.by.Name()}
	if err := u.tx.AddNeed(&out, u.o.ID, int64(r.District)); err != nil {
		return out, nil, err
	}
	r.Needs = append(append([]restriction.Need(nil), r.Needs...), out)
	return out, map[string]any{"need": out.ID, "kind": kind}, nil
}

// bindsNow is the restriction, other than a hold, that stands for whoever carries a code.
func (c *Commands) bindsNow(ctx context.Context, code string) (id restriction.ID, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		who, err := c.carrier(tx, 0, code)
		if err != nil {
			return err
		}
		all, err := tx.RestrictionsOf(who, 0)
		for i := range all {
			if all[i].Stands() && all[i].ID > 0 {
				id = all[i].ID
				return err
			}
		}
		if err == nil {
			err = &Invalid{Field: "code", Reason: "is that of somebody whom nothing restricts now"}
		}
		return err
	})
	return id, err
}

// MeetNeed carries out the order.
func (c *Commands) MeetNeed(ctx context.Context, by By, in MeetNeed) (restriction.Restriction, error) {
	return c.restrictionOrder(ctx, by, in.OfRestriction, auth.RestrictionTell, journal.NeedMet, func(u *unit, r *restriction.Restriction) (map[string]any, error) {
		return u.meetNeed(r, in.Need, u.now)
	})
}

func (u *unit) meetNeed(r *restriction.Restriction, id restriction.NeedID, at time.Time) (map[string]any, error) {
	r.Needs = append([]restriction.Need(nil), r.Needs...)
	for i := range r.Needs {
		n := &r.Needs[i]
		if n.ID != id {
			continue
		}
		if !n.Open() {
			return nil, &Invalid{"need", fmt.Sprint(id), "was met already"}
		}
		n.MetAt, n.MetBy = at, u.by.Name()
		return map[string]any{"need": n.ID, "kind": n.Kind}, u.tx.MeetNeed(n)
	}
	return nil, fmt.Errorf("need %d of restriction %d: %w", id, r.ID, store.ErrNotFound)
}

// completeRestriction does a task about a restriction by saying when it was done: somebody was told in person, or got what they asked for.
func (u *unit) completeRestriction(t task.Task, at time.Time) error {
	cause := restriction.OfCase(cases.ID(t.Subject.ID))
	if t.Subject.Kind == task.OnContact {
		cause = restriction.OfContact(contact.ID(t.Subject.ID))
	}
	rec, err := u.restrictionRecord(cause, false)
	if err != nil {
		return err
	}
	if rec == nil {
		return fmt.Errorf("restriction of %s %d: %w", t.Subject.Kind, t.Subject.ID, store.ErrNotFound)
	}
	kind := journal.RestrictionTold
	var payload map[string]any
	if t.Kind == task.MeetNeed {
		kind = journal.NeedMet
		payload, err = u.meetNeed(&rec.Restriction, restriction.NeedID(t.Ordinal), at)
	} else {
		payload, err = u.tellRestriction(&rec.Restriction, restriction.InPerson, at, "", "")
	}
	if err != nil {
		return err
	}
	u.touchRestriction(rec)
	payload["restriction"], payload["task"] = rec.ID, t.ID
	ref, err := u.fact(kind, t.Subject, t.Area, at, payload)
	if err != nil {
		return err
	}
	return u.reactTo(kind, t.Subject, ref)
}

// SetLegalBasis carries out the order.
func (c *Commands) SetLegalBasis(ctx context.Context, by By, in SetLegalBasis) error {
	kind, err := restriction.ParseKind(in.Kind)
	if err != nil || kind == restriction.Transfer {
		return &Invalid{"kind", in.Kind, "is isolation, quarantine-site, quarantine-home, home-monitoring or hold"}
	}
	t := protocol.Text{EN: strings.TrimSpace(in.EN), ZH: strings.TrimSpace(in.ZH)}
	if (t.EN == "") != (t.ZH == "") || utf8.RuneCountInString(t.EN) > mostWords || utf8.RuneCountInString(t.ZH) > mostWords {
		return &Invalid{Field: "en", Reason: "and zh are both needed, of 500 characters at most each; or neither, for the pack's text"}
	}
	return c.in(ctx, by, in.Outbreak, func(u *unit) error {
		if err := by.may(&u.tx.Reader, u.o, auth.OutbreakAdmin, u.o.Area, u.now); err != nil {
			return err
		}
		if _, err := u.fact(journal.LegalBasisSet, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"kind": kind, "en": t.EN, "zh": t.ZH}); err != nil {
			return err
		}
		return u.tx.SetLegalBasis(u.o.ID, kind, t, by.Name())
	})
}

// restrictedNow says whether a restriction other than a hold stands for somebody: an appeal asks.
func (w *world) restrictedNow(p person.ID, o outbreak.ID) (bool, error) {
	all, err := w.tx.RestrictionsOf(p, o)
	for i := range all {
		x := &all[i]
		if x.ID < 0 {
			continue
		}
		rec, rerr := w.restrictionRecord(x.Cause, false)
		if rerr != nil {
			return false, rerr
		}
		if rec != nil && rec.Stands() {
			return true, err
		}
	}
	return false, err
}
