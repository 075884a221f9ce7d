package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

func onSite(id screening.SiteID) task.Subject {
	return task.Subject{Kind: store.OnSite, ID: int64(id)}
}

// onSite runs an order about a site as it stands, for a caller who plans screening there, or, where staff says so, samples there. Version 0 is whatever stands.
func (c *Commands) onSite(ctx context.Context, by By, id screening.SiteID, version int64, staff bool, fn func(*unit, *screening.Site) error) error {
	return c.db.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Site(id)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(s.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			may := u.by.may(&tx.Reader, o, auth.ScreeningWrite, s.Area, u.now)
			if staff && may != nil {
				may = u.by.may(&tx.Reader, o, auth.SampleWrite, s.Area, u.now)
			}
			if may != nil {
				return may
			}
			if version != 0 && version != s.Version {
				return &store.Conflict{Noun: "site", ID: int64(id), Have: s.Version, Want: version}
			}
			return fn(u, &s)
		})
	})
}

// ChangeSite corrects a site, or says that it is not used any more. Its code stands on its sign and stays.
type ChangeSite struct {
	Site    screening.SiteID
	Version int64
	SiteFields
	Closed bool
}

// ChangeSite carries out the order and returns the site.
func (c *Commands) ChangeSite(ctx context.Context, by By, in ChangeSite) (out screening.Site, err error) {
	err = c.onSite(ctx, by, in.Site, in.Version, false, func(u *unit, s *screening.Site) error {
		in.Code = s.Code
		now, err := u.siteOf(in.SiteFields)
		if err != nil {
			return err
		}
		now.ID, now.Version, now.Closed = s.ID, s.Version, in.Closed
		if err := u.tx.UpdateSite(&now); err != nil {
			return err
		}
		out = now
		_, err = u.fact(journal.SiteChanged, onSite(s.ID), now.Area, u.now, map[string]any{"site": now.Code, "lanes": now.Lanes, "opens_minute": int64(now.Opens / time.Minute), "closes_minute": int64(now.Closes / time.Minute), "closed": now.Closed})
		return err
	})
	return out, err
}

// SetSiteState says how it stands at a site now: how many people wait, or that nobody is sampled there for a while. Whoever may sample there may say so.
type SetSiteState struct {
	Site   screening.SiteID
	Paused bool
	Queue  int64 // people who wait; -1 where nobody counted them
}

// mostQueue is more people than ever stood in one queue; what is more is a slip of the finger.
const mostQueue = 20_000

// SetSiteState carries out the order.
func (c *Commands) SetSiteState(ctx context.Context, by By, in SetSiteState) error {
	if in.Queue < -1 || in.Queue > mostQueue {
		return &Invalid{"queue", strconv.FormatInt(in.Queue, 10), "is a number of people from 0 to 20,000, or -1 where nobody counted them"}
	}
	return c.onSite(ctx, by, in.Site, 0, true, func(u *unit, s *screening.Site) error {
		if s.Closed {
			return &Invalid{"site", s.Code, "is not used any more"}
		}
		err := u.tx.SetSiteReport(store.SiteReport{Site: s.ID, Outbreak: s.Outbreak, District: s.District, Paused: in.Paused, Queue: in.Queue, ReportedAt: u.now, ReportedBy: u.by.Name()})
		if err != nil {
			return err
		}
		_, err = u.fact(journal.SiteChanged, onSite(s.ID), s.Area, u.now, map[string]any{"site": s.Code, "paused": in.Paused, "queue": in.Queue})
		return err
	})
}

// SettleAside says that a tube which was not taken was dealt with: its people were found and are sampled again, or it was a slip that nobody needs. The tube itself stays
// what it is: not registered. Whoever was in it counts as sampled only when another tube of theirs comes in.
type SettleAside struct {
	Tube int64 // of the list of those set aside
	Note string
}

// SettleAside carries out the order.
func (c *Commands) SettleAside(ctx context.Context, by By, in SettleAside) error {
	if in.Note = strings.TrimSpace(in.Note); in.Note == "" {
		return &Invalid{Field: "note", Reason: "is needed: what was done about it"}
	}
	return c.db.Update(ctx, func(tx *store.Tx) error {
		t, err := tx.AsideTube(in.Tube)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(t.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.by.may(&tx.Reader, o, auth.ScreeningWrite, t.District, u.now); err != nil {
				return err
			}
			t.SettledAt, t.SettledBy, t.Note = u.now, u.by.Name(), in.Note
			if err := tx.SettleAside(t); err != nil {
				return err
			}
			_, err := u.fact(journal.AsideSettled, onRound(t.Round), t.District, u.now, map[string]any{"tube": t.Code, "why": t.Reason, "note": in.Note})
			return err
		})
	})
}

// SignRound signs the account of a round that is closed: one named person stands for it. What does not add up needs a word.
type SignRound struct {
	Round   screening.RoundID
	Version int64
	Signer  string            // name and post, as it stands under the page
	Account screening.Account // as it was shown to them
	Note    string            // on the loose ends; needed where there are any
}

// SignRound carries out the order and returns the signature. An account that was overtaken meanwhile is not signed: whoever signs has seen what they sign.
func (c *Commands) SignRound(ctx context.Context, by By, in SignRound) (out store.Signature, err error) {
	in.Signer, in.Note = strings.TrimSpace(in.Signer), strings.TrimSpace(in.Note)
	const longest = 100
	err = c.onRound(ctx, by, in.Round, in.Version, func(u *unit, r *screening.Round) error {
		_, signed, err := u.tx.Signature(r.ID)
		if err != nil {
			return err
		}
		tubes, err := u.tx.TubeTally(r.ID)
		switch {
		case err != nil:
			return err
		case r.State != screening.Closed:
			return &Invalid{"state", string(r.State), "a round is signed when it is closed"}
		case signed:
			return &store.Conflict{Noun: "signature of round", ID: r.Number}
		case in.Signer == "" || len([]rune(in.Signer)) > longest:
			return &Invalid{Field: "signer", Reason: "is needed, of 100 characters at most: who stands for this account"}
		case tubes != in.Account.Tubes:
			return &Invalid{Field: "account", Reason: "tubes came in or were reported meanwhile: look at it again"}
		case len(in.Account.LooseEnds()) > 0 && in.Note == "":
			return &Invalid{Field: "note", Reason: "is needed: what became of what does not add up"}
		}
		counts, err := json.Marshal(in.Account)
		if err != nil {
			return fmt.Errorf("sign round %d: %w", r.Number, err)
		}
		sum := sha256.Sum256(counts)
		out = store.Signature{Round: r.ID, Outbreak: r.Outbreak, SignedAt: u.now, SignedBy: u.by.Name(), Signer: in.Signer, Counts: string(counts), Digest: hex.EncodeToString(sum[:]), Note: in.Note}
		if err := u.tx.AddSignature(out); err != nil {
			return err
		}
		_, err = u.fact(journal.RoundSigned, onRound(r.ID), r.Area, u.now, map[string]any{"signer": in.Signer, "account": json.RawMessage(counts), "sha256": out.Digest, "note": in.Note})
		return err
	})
	return out, err
}
