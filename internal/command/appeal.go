package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/restriction"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
)

// AppealHold enters that somebody who is held disagrees: by themselves on the public page, with the code that they carry, or by a clerk for them. It is about being held, whatever tubes are the reason.
type AppealHold struct {
	Outbreak string    // where they are held; empty: whichever it is
	Person   person.ID // known already; or
	Code     string    // as carried
	Ground   string
	Words    string // their own; may be empty
}

// AnswerAppeal answers an appeal. One person upholds a hold; to lift it two must agree, each in an order of their own, so that nobody is let go, and nobody kept, by one person's favour.
type AnswerAppeal struct {
	Outbreak string // that the appeal is of; empty: whichever it is
	Appeal   screening.AppealID
	Version  int64 // as the caller saw it; 0 for as it is
	Answer   string
	Reason   string // that the person is told
}

// mostWords is how many characters an appeal, and its answer, may have.
const mostWords = 500

// AppealHold carries out the order. While one appeal waits for its answer, another is told as the first.
func (c *Commands) AppealHold(ctx context.Context, by By, in AppealHold) (out screening.Appeal, err error) {
	ground, err := screening.ParseAppealGround(in.Ground)
	if err != nil {
		return out, &Invalid{"ground", in.Ground, screening.ErrAppeal.Error()}
	}
	words := strings.TrimSpace(in.Words)
	if utf8.RuneCountInString(words) > mostWords {
		return out, &Invalid{Field: "words", Reason: "are more than 500 characters"}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		id, err := c.carrier(tx, in.Person, in.Code)
		if err != nil {
			return err
		}
		binding, err := bindings(tx, id)
		if err != nil {
			return err
		}
		if len(binding) == 0 {
			return &Invalid{Field: "person", Reason: "is restricted by nothing now"}
		}
		last := binding[0]
		o, err := tx.Outbreak(last.Outbreak)
		if err != nil {
			return err
		}
		if in.Outbreak != "" && o.Name != in.Outbreak {
			return &Invalid{"outbreak", in.Outbreak, "is not the one in which they are restricted"}
		}
		return c.run(tx, by, o, func(u *unit) (err error) {
			out, err = u.appeal(id, &last, ground, words)
			return err
		})
	})
	return out, err
}

// bindings are the restrictions that stand for somebody, holds among them, the one that ends last first.
func bindings(tx *store.Tx, id person.ID) ([]restriction.Restriction, error) {
	all, err := tx.RestrictionsOf(id, 0)
	all = slices.DeleteFunc(all, func(r restriction.Restriction) bool { return !r.Stands() })
	slices.SortStableFunc(all, func(a, b restriction.Restriction) int { return b.Terms().Until.Compare(a.Terms().Until) })
	return all, err
}

// carrier finds the person of an ID or a code, as the record that goes on.
func (c *Commands) carrier(tx *store.Tx, id person.ID, code string) (person.ID, error) {
	if code = strings.TrimSpace(code); code != "" {
		if c.identities == nil {
			return 0, &Invalid{Field: "code", Reason: "nobody can be found: no vault is open"}
		}
		v, err := c.identities.Vault(&tx.Reader)
		if err != nil {
			return 0, err
		}
		var ok bool
		if id, ok = v.ReadPersonCode(code); !ok {
			return 0, &Invalid{"code", code, "is nobody's: is it typed as it is printed?"}
		}
	}
	one := [][]person.ID{{id}}
	if err := tx.Survivors(one); err != nil {
		return 0, err
	}
	return one[0][0], nil
}

// appeal enters an appeal against the restriction that ends last, and those that end before.
func (u *unit) appeal(who person.ID, h *restriction.Restriction, ground screening.AppealGround, words string) (screening.Appeal, error) {
	if err := u.by.may(&u.tx.Reader, u.o, auth.AppealWrite, h.Area, u.now); err != nil {
		return screening.Appeal{}, err
	}
	before, err := u.tx.AppealsOf([]person.ID{who}, u.o.ID)
	if err != nil {
		return screening.Appeal{}, err
	}
	for _, a := range before[who] {
		if a.Open() {
			return a, nil
		}
	}
	a := screening.Appeal{Outbreak: u.o.ID, Person: who, Area: h.Area, District: h.District, Ground: ground, Worded: words != "", FiledAt: u.now, FiledBy: u.by.Name(), Until: h.Terms().Until}
	if err := u.tx.AddAppeal(&a); err != nil {
		return a, err
	}
	// The words are theirs: they go into the vault, and stay out of the journal.
	if a.Worded {
		if u.identities == nil {
			return a, &Invalid{Field: "words", Reason: "cannot be kept: no vault is open"}
		}
		if err := u.identities.AddAppealWords(u.tx, a.ID, vault.NewSecret(words)); err != nil {
			return a, err
		}
	}
	ref, err := u.fact(journal.HoldAppealed, onPerson(who), h.Area, u.now, map[string]any{"appeal": a.ID, "ground": ground})
	if err != nil {
		return a, err
	}
	return a, u.react(response.Trigger{Kind: journal.HoldAppealed, Subject: onPerson(who), Ref: ref, At: u.now})
}

// AnswerAppeal carries out the order.
func (c *Commands) AnswerAppeal(ctx context.Context, by By, in AnswerAppeal) (out screening.Appeal, err error) {
	answer, err := screening.ParseAnswer(in.Answer)
	if err != nil || answer == screening.Unanswered {
		return out, &Invalid{"answer", in.Answer, "is upheld or lifted"}
	}
	reason := strings.TrimSpace(in.Reason)
	if reason == "" || utf8.RuneCountInString(reason) > mostWords {
		return out, &Invalid{Field: "reason", Reason: "is needed, of 500 characters at most: the person is told it"}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Appeal(in.Appeal)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(a.Outbreak)
		if err != nil {
			return err
		}
		if in.Outbreak != "" && o.Name != in.Outbreak {
			return fmt.Errorf("appeal %d of outbreak %q: %w", in.Appeal, in.Outbreak, store.ErrNotFound)
		}
		return c.run(tx, by, o, func(u *unit) (err error) {
			out, err = u.answer(a, in.Version, answer, reason)
			return err
		})
	})
	return out, err
}

func (u *unit) answer(a screening.Appeal, version int64, answer screening.Answer, reason string) (screening.Appeal, error) {
	if err := u.by.may(&u.tx.Reader, u.o, auth.AppealAnswer, a.Area, u.now); err != nil {
		return a, err
	}
	switch {
	case version != 0 && version != a.Version:
		return a, &store.Conflict{Noun: "appeal", ID: int64(a.ID), Have: a.Version, Want: version}
	case !a.Open():
		return a, &Invalid{"answer", string(a.Answer), "was given already"}
	}
	binding, err := bindings(u.tx, a.Person)
	if err != nil {
		return a, err
	}
	if len(binding) == 0 {
		return a, &Invalid{Field: "appeal", Reason: "needs no answer any more: what it is against has ended"}
	}
	if answer == screening.AnswerLifted && (a.SecondedAt.IsZero() || a.SecondedBy == u.by.Name()) {
		if a.SecondedBy == u.by.Name() {
			return a, &Invalid{Field: "answer", Value: string(answer), Reason: "waits for a second person: two must agree, and you are the first"}
		}
		a.SecondedAt, a.SecondedBy, a.SecondedReason = u.now, u.by.Name(), reason
		if err := u.tx.UpdateAppeal(&a); err != nil {
			return a, err
		}
		_, err := u.fact(journal.AppealSeconded, onPerson(a.Person), a.Area, u.now, map[string]any{"appeal": a.ID, "reason": reason})
		return a, err
	}
	a.Answer, a.AnsweredAt, a.AnsweredBy, a.Reason = answer, u.now, u.by.Name(), reason
	if err := u.tx.UpdateAppeal(&a); err != nil {
		return a, err
	}
	payload := map[string]any{"appeal": a.ID, "answer": answer, "reason": reason}
	if answer == screening.AnswerLifted {
		payload["first"] = a.SecondedBy
	}
	ref, err := u.fact(journal.AppealAnswered, onPerson(a.Person), a.Area, u.now, payload)
	if err != nil {
		return a, err
	}
	triggers := []response.Trigger{{Kind: journal.AppealAnswered, Subject: onPerson(a.Person), Ref: ref, At: u.now}}
	if answer == screening.AnswerLifted {
		lifted, err := u.liftOnAppeal(binding, a, ref)
		if err != nil {
			return a, err
		}
		triggers = append(lifted, triggers...)
	}
	return a, u.react(triggers...)
}

// liftOnAppeal ends the restrictions, holds excepted, that stood when somebody appealed; the rules for tubes lift holds.
func (u *unit) liftOnAppeal(binding []restriction.Restriction, a screening.Appeal, ref task.FactRef) (out []response.Trigger, err error) {
	for i := range binding {
		r := &binding[i]
		if r.ID < 0 || r.Outbreak != u.o.ID || r.MadeAt.After(a.FiledAt) {
			continue
		}
		rec, err := u.restrictionRecord(r.Cause, false)
		if err != nil {
			return nil, err
		}
		by := task.Because{Fact: ref, Rule: "appeal", Clause: r.Now().Because.Clause, Pack: u.pack.Ref()}
		if rec.Restriction, err = rec.LiftOnAppeal(a.SecondedBy, a.AnsweredBy, a.Reason, by, u.now); err != nil {
			return nil, &Invalid{Field: "answer", Reason: err.Error()}
		}
		u.touchRestriction(rec)
		out = append(out, response.Trigger{Kind: journal.AppealAnswered, Subject: r.Cause.Subject(), Ref: ref, At: u.now})
	}
	return out, nil
}
