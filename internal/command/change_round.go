package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/screening"
)

// ChangeRound corrects a round that is planned: anything of it; or one that is open: its name, and when everybody should have been sampled. What is nil stays.
type ChangeRound struct {
	Round    screening.RoundID
	Version  int64 // 0: whatever stands
	Name     *string
	Areas    []string // codes; empty: as they are
	StartsAt *time.Time
	EndsAt   *time.Time
	Pool     *int // 0: by the pack
}

// ChangeRound carries out the order and returns the round. When nothing differs, nothing is written.
func (c *Commands) ChangeRound(ctx context.Context, by By, in ChangeRound) (out screening.Round, err error) {
	err = c.onRound(ctx, by, in.Round, in.Version, func(u *unit, r *screening.Round) error {
		was := fmt.Sprintf("%+v", *r)
		if err := u.changeRound(r, in); err != nil {
			return err
		}
		if out = *r; fmt.Sprintf("%+v", *r) == was {
			return nil
		}
		if err := checkRound(*r); err != nil {
			return err
		}
		// Areas can have been added: the caller may have to be allowed in more of them than the round lay in.
		if err := u.by.may(&u.tx.Reader, u.o, auth.ScreeningWrite, r.Area, u.now); err != nil {
			return err
		}
		if err := u.tx.UpdateRound(r); err != nil {
			return err
		}
		out = *r
		_, err := u.fact(journal.RoundChanged, onRound(r.ID), r.Area, u.now, roundFact(*r, u.tree))
		return err
	})
	return out, err
}

func (u *unit) changeRound(r *screening.Round, in ChangeRound) (err error) {
	planned := r.State == screening.Planned
	switch {
	case !planned && r.State != screening.Open:
		return &Invalid{"state", string(r.State), "a round that is closed or cancelled does not change any more"}
	case !planned && (len(in.Areas) > 0 || in.StartsAt != nil || in.Pool != nil):
		return &Invalid{Field: "state", Value: string(r.State), Reason: "of an open round only the name and the end can be changed: who is due is being counted"}
	}
	if in.Name != nil {
		if r.Name = strings.TrimSpace(*in.Name); r.Name == "" {
			return &Invalid{Field: "name", Reason: "is empty"}
		}
	}
	if in.StartsAt != nil {
		r.StartsAt = in.StartsAt.UTC()
	}
	if in.EndsAt != nil {
		r.EndsAt = in.EndsAt.UTC()
	}
	if len(in.Areas) > 0 {
		if r.Areas, r.Area, err = roundAreas(u.tree, u.o.Area, in.Areas); err != nil {
			return err
		}
	}
	if in.Pool != nil {
		return u.setPools(r, *in.Pool)
	}
	if r.ByPack && planned {
		return u.setPools(r, 0)
	}
	return nil
}
