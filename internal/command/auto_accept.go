package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// SetAutoAccept says which proposals become contacts without anybody deciding: from the order on, visits are asked about each case that is proven, and whoever is found in the tiers is listed, unless they are more than Most.
type SetAutoAccept struct {
	Outbreak string
	Version  int64 // of the setting, as the caller saw it
	Tiers    []contact.Tier
	Most     int // of one case: 1 to 1,000; with more nobody is accepted, and a person decides
	Reason   string
}

// MostAutoAccepted bounds the cap: beyond it a person looks.
const MostAutoAccepted = 1_000

// SetAutoAccept carries out the order.
func (c *Commands) SetAutoAccept(ctx context.Context, by By, in SetAutoAccept) (out contact.AutoAccept, err error) {
	in.Reason = strings.TrimSpace(in.Reason)
	for i, t := range in.Tiers {
		if t != contact.Close && t != contact.General || slices.Contains(in.Tiers[:i], t) {
			return out, &Invalid{"tiers", string(t), "is not close or general, each once"}
		}
	}
	switch {
	case in.Reason == "":
		return out, &Invalid{Field: "reason", Reason: "is needed"}
	case len(in.Tiers) > 0 && (in.Most < 1 || in.Most > MostAutoAccepted):
		return out, &Invalid{"most", fmt.Sprint(in.Most), fmt.Sprintf("is not 1 to %d contacts of a case", MostAutoAccepted)}
	}
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		if err := u.by.may(&u.tx.Reader, u.o, auth.OutbreakAdmin, u.o.Area, u.now); err != nil {
			return err
		}
		if out, err = u.tx.AutoAccept(u.o.ID); err != nil {
			return err
		}
		if in.Version != out.Version {
			return &store.Conflict{Noun: "auto-accept", ID: int64(u.o.ID), Have: out.Version, Want: in.Version}
		}
		was := out
		out.Tiers, out.Most, out.SetAt, out.SetBy, out.Reason = in.Tiers, in.Most, u.now, u.by.Name(), in.Reason
		if !out.On() {
			out.Most = 0
		}
		if err := u.tx.AddAutoAccept(&out); err != nil {
			return err
		}
		_, err := u.fact(journal.AutoAcceptSet, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"from": was.Tiers, "from_most": was.Most, "tiers": out.Tiers, "most": out.Most, "reason": in.Reason})
		return err
	})
	return out, err
}

const (
	// autoTraced is how many cases one tick of the clock asks about, so that deadlines are not kept waiting.
	autoTraced = 20
	// autoRetry is after how long a case of whom visits knew nothing is asked about again.
	autoRetry = time.Hour
)

// traceConfirmed asks visits about cases that were proven since the setting came into force, and lists whom it accepts. While the server has not read all visits that it needs, the case waits for the next tick.
func (c *Commands) traceConfirmed(ctx context.Context, o outbreak.Outbreak) (n int, err error) {
	if c.identities == nil {
		return 0, nil // visits cannot be read
	}
	var setting contact.AutoAccept
	var ids []cases.ID
	err = c.db.View(ctx, func(r *store.Reader) error {
		if setting, err = r.AutoAccept(o.ID); err != nil || !setting.On() {
			return err
		}
		ids, err = r.ToAutoTrace(o.ID, setting.SetAt, c.db.Now().Add(-autoRetry), autoTraced)
		return err
	})
	if err != nil {
		return 0, err
	}
	var failed error // one case that cannot be asked about keeps no other waiting
	for _, id := range ids {
		done, err := c.autoTrace(ctx, o, id, setting)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("ask about case %d: %w", id, err))
		}
		if done {
			n++
		}
	}
	return n, failed
}

// autoTrace asks about one case:
//
//  1. The question is on record before its answer is used, as any is, and the nearest are kept as proposals.
//  2. Whoever stands in the tiers of the setting and waits for a decision is counted: with more than the cap nobody is accepted, and the case says so.
//  3. The others are confirmed; who lives in another district is asked of its office.
//
// A server may stop after any of these. Asked again, the case has whoever was accepted then counted among those found and accepted, and nobody is listed twice.
func (c *Commands) autoTrace(ctx context.Context, o outbreak.Outbreak, id cases.ID, s contact.AutoAccept) (bool, error) {
	_, k, err := c.caseAndOutbreak(ctx, id)
	if err != nil {
		return false, err
	}
	by := Owner(contact.AutoAccepter)
	t := contact.AutoTrace{Case: id, Outbreak: o.ID, Most: s.Most, State: contact.AutoAccepted}
	out, err := c.TraceCase(ctx, by, TraceCase{Outbreak: o.Name, Case: k.Code, Keep: true, Most: max(mostProposed, s.Most)})
	var reading *Reading
	var invalid *Invalid
	switch {
	case errors.As(err, &reading), err == nil && !out.Complete:
		return false, nil
	case errors.Is(err, store.ErrNotFound), errors.As(err, &invalid): // unknown there, or isolated before anybody could be met
		t.State = contact.AutoUnknown
		return false, c.noteAutoTrace(ctx, o, k, t)
	case err != nil:
		return false, err
	}
	var waiting []contact.ProposalID
	err = c.db.View(ctx, func(r *store.Reader) error {
		list, err := r.ProposalsOf(id)
		for _, p := range list {
			switch {
			case !s.Takes(p.Tier):
			case p.State == contact.Proposed:
				waiting = append(waiting, p.ID)
			case p.State == contact.Confirmed && p.DecidedBy == contact.AutoAccepter:
				t.Accepted++ // before the server stopped, and could not say so
			}
		}
		return err
	})
	if err != nil {
		return false, err
	}
	t.Found = len(waiting) + t.Accepted
	for _, x := range out.NotKept {
		if s.Takes(contact.Tier(x.Tier)) {
			t.Found++
		}
	}
	switch {
	case t.Found > s.Most:
		t.State = contact.AutoBeyond
	case len(waiting) > 0:
		done, err := c.DecideProposals(ctx, by, DecideProposals{Case: id, Proposals: waiting, Confirm: true, Assist: true, Reason: "auto-accepted by setting"})
		if err != nil {
			return false, err
		}
		for _, d := range done {
			if d.Refused == "" {
				t.Accepted++
			}
		}
	}
	return true, c.noteAutoTrace(ctx, o, k, t)
}

func (c *Commands) noteAutoTrace(ctx context.Context, o outbreak.Outbreak, k cases.Case, t contact.AutoTrace) error {
	return c.inID(ctx, Owner(contact.AutoAccepter), o.ID, func(u *unit) error {
		t.At = u.now
		before, asked, err := u.tx.AutoTraceOf(k.ID)
		if err != nil {
			return err
		}
		if err := u.tx.PutAutoTrace(t); err != nil || asked && before.State == t.State && t.State == contact.AutoUnknown {
			return err
		}
		_, err = u.fact(journal.ContactsAccepted, onCase(k.ID), k.Area, u.now, map[string]any{"state": t.State, "found": t.Found, "accepted": t.Accepted, "most": t.Most})
		return err
	})
}
