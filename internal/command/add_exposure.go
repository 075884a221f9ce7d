package command

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// AddExposure says that a contact met another case or close contact, or more of an exposure that is known: the earliest first day, the latest last day, the
// nearest tier and the surest word count.
type AddExposure struct {
	Contact   contactID
	Case      caseID    // the case they met; 0 for a close contact
	Parent    contactID // the close contact they met; 0 for a case
	First     string    // YYYY-MM-DD; empty where it is not known
	Last      string    // YYYY-MM-DD; needed
	Tier      string    // empty: close for a case, secondary for a close contact
	Certainty string    // possible, probable, confirmed or empty
	Setting   string
	SaidBy    string // who said so; the caller when empty
}

// AddExposure carries out the order and returns the contact as it is now.
func (c *Commands) AddExposure(ctx context.Context, by By, in AddExposure) (out contact.Contact, err error) {
	err = c.inContact(ctx, by, in.Contact, func(u *unit, rec *contactRecord) error {
		e, err := u.readExposure(rec, in)
		if err != nil {
			return err
		}
		if err := u.exposed(rec, e); err != nil {
			return err
		}
		out = rec.now()
		return nil
	})
	return out, err
}

// inContact runs an order on a contact that the caller may write and that was not merged.
func (c *Commands) inContact(ctx context.Context, by By, id contactID, fn func(*unit, *contactRecord) error) error {
	now, err := c.readContact(ctx, id)
	if err != nil {
		return err
	}
	return c.inID(ctx, by, now.Outbreak, func(u *unit) error {
		rec, err := u.getContact(id)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.ContactWrite, rec.Area, u.now); err != nil {
			return err
		}
		if err := u.standingContact(rec); err != nil {
			return err
		}
		return fn(u, rec)
	})
}

// readExposure checks what was said of an exposure.
func (u *unit) readExposure(rec *contactRecord, in AddExposure) (e contact.Exposure, err error) {
	e = contact.Exposure{Case: in.Case, Parent: in.Parent, Tier: contact.Close, Setting: strings.TrimSpace(in.Setting), SaidBy: cmp.Or(strings.TrimSpace(in.SaidBy), u.by.Name())}
	switch {
	case in.Case != 0 && in.Parent != 0:
		return e, &Invalid{Field: "parent", Reason: "is given beside a case: each is an exposure of its own"}
	case in.Case != 0:
		k, err := u.getCase(in.Case)
		if err != nil {
			return e, err
		}
		if err := u.standingCase(k); err != nil {
			return e, err
		}
		if k.Person == rec.Person {
			return e, &Invalid{"case", k.Code, "is the same person: nobody is a contact of themselves"}
		}
	case in.Parent != 0:
		k, err := u.getContact(in.Parent)
		if err != nil {
			return e, err
		}
		if err := u.standingContact(k); err != nil {
			return e, err
		}
		if k.ID == rec.ID {
			return e, &Invalid{"parent", k.Code, "is the same person: nobody is a contact of themselves"}
		}
		e.Tier = contact.Secondary
	default:
		return e, &Invalid{Field: "case", Reason: "the case or the close contact they met is needed"}
	}
	for _, d := range []struct {
		field, text string
		into        *day.Day
	}{{"first", in.First, &e.First}, {"last", in.Last, &e.Last}} {
		if d.text = strings.TrimSpace(d.text); d.text == "" {
			continue
		}
		if *d.into, err = day.Parse(d.text); err != nil {
			return e, &Invalid{d.field, d.text, "is not a day (YYYY-MM-DD)"}
		}
	}
	switch {
	case e.Last.IsZero():
		return e, &Invalid{Field: "last", Reason: "is needed: the clock of quarantine starts there"}
	case e.Last > dayOf(u.now, u.loc):
		return e, &Invalid{"last", in.Last, "lies in the future"}
	case e.First > e.Last:
		return e, &Invalid{"last", in.Last, "lies before the first day"}
	}
	if in.Tier != "" {
		if e.Tier, err = contact.ParseTier(in.Tier); err != nil {
			return e, &Invalid{"tier", in.Tier, err.Error()}
		}
	}
	if e.Certainty, err = cases.ParseCertainty(in.Certainty); err != nil {
		return e, &Invalid{"certainty", in.Certainty, err.Error()}
	}
	return e, nil
}

// EndExposure says that a contact did not meet somebody after all. Their other exposures hold; without any the rulebook ends their follow-up.
type EndExposure struct {
	Exposure contact.ExposureID
	Version  int64 // that the caller has seen; another's change since is a store.Conflict
	Reason   string
}

// EndExposure carries out the order and returns the contact as it is now.
func (c *Commands) EndExposure(ctx context.Context, by By, in EndExposure) (out contact.Contact, err error) {
	if strings.TrimSpace(in.Reason) == "" {
		return out, &Invalid{Field: "reason", Reason: "is needed: why they did not meet"}
	}
	var of contactID
	if err := c.db.View(ctx, func(r *store.Reader) error {
		e, err := r.Exposure(in.Exposure)
		of = e.Contact
		return err
	}); err != nil {
		return out, err
	}
	err = c.inContact(ctx, by, of, func(u *unit, rec *contactRecord) error {
		list, err := u.exposuresOf(rec)
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.ID == in.Exposure {
				if err := u.endExposure(rec, e, in); err != nil {
					return err
				}
				out = rec.now()
				return nil
			}
		}
		return fmt.Errorf("exposure %d: %w", in.Exposure, store.ErrNotFound)
	})
	return out, err
}

func (u *unit) endExposure(rec *contactRecord, e *exposureRecord, in EndExposure) error {
	if e.Version != in.Version {
		return &store.Conflict{Noun: "exposure", ID: int64(e.ID), Have: e.Version, Want: in.Version}
	}
	if !e.Stands() {
		return &Invalid{"exposure", fmt.Sprint(e.ID), "was ended before"}
	}
	e.EndedAt, e.EndedBy, e.EndReason, e.dirty = u.now, u.by.Name(), strings.TrimSpace(in.Reason), true
	rec.dirty = true
	ref, err := u.fact(journal.ExposureEnded, onContact(rec.ID), rec.Area, u.now, map[string]any{"case": e.Case, "parent": e.Parent, "last": e.Last, "reason": e.EndReason})
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: journal.ExposureEnded, Subject: onContact(rec.ID), Ref: ref, At: u.now})
}
