package command

import (
	"context"
	"errors"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// LinkCases says that two cases belong together. A code that is no case's yet is kept and waits for its case.
type LinkCases struct {
	Outbreak string
	From, To string // codes; for a transmission From infected To
	Kind     cases.LinkKind
	Setting  string // classroom, household ... as told
}

// LinkCases carries out the order. A link that is there already is left as it is.
func (c *Commands) LinkCases(ctx context.Context, by By, in LinkCases) error {
	in.From, in.To = strings.TrimSpace(in.From), strings.TrimSpace(in.To)
	switch {
	case in.From == "":
		return &Invalid{Field: "from", Reason: "is needed"}
	case in.To == "":
		return &Invalid{Field: "to", Reason: "is needed"}
	case in.From == in.To:
		return &Invalid{"to", in.To, "is the same case"}
	}
	switch in.Kind {
	case cases.Transmission, cases.Direct, cases.SameCluster, cases.SameEvent:
	default:
		return &Invalid{"kind", string(in.Kind), "is transmission, direct, cluster or event"}
	}
	return c.in(ctx, by, in.Outbreak, func(u *unit) error {
		l := cases.Link{Outbreak: u.o.ID, FromCode: in.From, ToCode: in.To, Kind: in.Kind, Setting: in.Setting}
		subject, area := onOutbreak(u.o.ID), u.o.Area
		for _, end := range []struct {
			code string
			id   *cases.ID
		}{{in.From, &l.From}, {in.To, &l.To}} {
			k, err := u.tx.CaseByCode(u.o.ID, end.code)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			*end.id, subject, area = k.GoesOn(), onCase(k.GoesOn()), k.Area
			if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, k.Area, u.now); err != nil {
				return err
			}
		}
		if l.From == 0 && l.To == 0 {
			if err := by.may(&u.tx.Reader, u.o, auth.CaseWrite, area, u.now); err != nil {
				return err
			}
		}
		there, err := u.tx.LinksOf(l.To)
		if err != nil {
			return err
		}
		for _, k := range there {
			if k.Outbreak == l.Outbreak && k.FromCode == l.FromCode && k.ToCode == l.ToCode && k.Kind == l.Kind {
				return nil
			}
		}
		ref, err := u.fact(journal.LinkAdded, subject, area, u.now, map[string]any{"from": l.FromCode, "to": l.ToCode, "kind": l.Kind, "setting": l.Setting})
		if err != nil {
			return err
		}
		_, err = u.tx.AddLinks([]store.NewLink{{Link: l, Origin: ref}})
		return err
	})
}
