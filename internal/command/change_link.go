package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// RemoveLink says that a link between two cases was drawn in error. No rule and no file draws it again; a person may.
type RemoveLink struct {
	Link   cases.LinkID
	Reason string
}

// RemoveLink carries out the order.
func (c *Commands) RemoveLink(ctx context.Context, by By, in RemoveLink) error {
	if strings.TrimSpace(in.Reason) == "" {
		return &Invalid{Field: "reason", Reason: "is needed: why the two do not belong together"}
	}
	return c.onLink(ctx, by, in.Link, func(u *unit, l cases.Link, s task.Subject, area place.AreaID) error {
		ref, err := u.fact(journal.LinkRemoved, s, area, u.now, map[string]any{"from": l.FromCode, "to": l.ToCode, "kind": l.Kind, "reason": strings.TrimSpace(in.Reason)})
		if err != nil {
			return err
		}
		return u.tx.RemoveLink(l.ID, ref.Seq)
	})
}

// ResolveLink says which case the unknown end of a link is.
type ResolveLink struct {
	Link   cases.LinkID
	Case   string // its code
	Reason string // how one knows; also why all the same, where the days speak against it
}

// ResolveLink carries out the order. Two people who turn out to be linked already keep the link they have. Of a link with two unknown ends it resolves the infecting one first.
func (c *Commands) ResolveLink(ctx context.Context, by By, in ResolveLink) error {
	if strings.TrimSpace(in.Reason) == "" {
		return &Invalid{Field: "reason", Reason: "is needed: how one knows"}
	}
	return c.onLink(ctx, by, in.Link, func(u *unit, l cases.Link, s task.Subject, area place.AreaID) error {
		if l.Resolved() {
			return &Invalid{"link", fmt.Sprint(l.ID), "has two known cases"}
		}
		k, err := u.tx.CaseByCode(u.o.ID, strings.TrimSpace(in.Case))
		if errors.Is(err, store.ErrNotFound) {
			return &Invalid{"case", in.Case, "is the code of no case here"}
		}
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
			return err
		}
		end := "to"
		if l.From == 0 {
			l.From, end = k.GoesOn(), "from"
		} else {
			l.To = k.GoesOn()
		}
		l.Reason = strings.TrimSpace(in.Reason)
		if err := u.checkLink(l, "case"); err != nil {
			return err
		}
		if s.Kind == task.OnOutbreak {
			s, area = onCase(k.GoesOn()), k.Area
		}
		ref, err := u.fact(journal.LinkResolved, s, area, u.now, map[string]any{"from": l.FromCode, "to": l.ToCode, "kind": l.Kind, "end": end, "case": k.Code, "reason": l.Reason})
		if err != nil {
			return err
		}
		there, err := u.tx.LinksOf(k.GoesOn())
		if err != nil {
			return err
		}
		for _, o := range there {
			if l.Kind == o.Kind && l.From == o.From && l.To == o.To || l.Kind == cases.Direct && o.Kind.Personal() && l.From == o.To && l.To == o.From {
				return u.tx.RemoveLink(l.ID, ref.Seq) // the two are linked already, under their own codes
			}
		}
		return u.tx.JoinLink(l.ID, l.From, l.To)
	})
}

// onLink runs an order on a link that the caller may write: at each end that is known, or else in the outbreak's area.
func (c *Commands) onLink(ctx context.Context, by By, id cases.LinkID, fn func(*unit, cases.Link, task.Subject, place.AreaID) error) error {
	var l cases.Link
	if err := c.db.View(ctx, func(r *store.Reader) (err error) {
		l, err = r.Link(id)
		return err
	}); err != nil {
		return err
	}
	return c.inID(ctx, by, l.Outbreak, func(u *unit) error {
		l, err := u.tx.Link(id)
		if err != nil {
			return err
		}
		subject, area := onOutbreak(u.o.ID), u.o.Area
		for _, end := range []cases.ID{l.From, l.To} {
			if end == 0 {
				continue
			}
			k, err := u.getCase(end)
			if err != nil {
				return err
			}
			subject, area = onCase(end), k.Area
			if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
				return err
			}
		}
		if subject.Kind == task.OnOutbreak {
			if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, area, u.now); err != nil {
				return err
			}
		}
		return fn(u, l, subject, area)
	})
}
