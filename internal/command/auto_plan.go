package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// SetAutoPlan says whether transfers are planned again by themselves when something happened: somebody is new, a vehicle broke down, a place is full.
type SetAutoPlan struct {
	Outbreak string
	Version  int64 // of the setting, as the caller saw it
	Every    int   // minutes between two plans at least: 1 to MostAutoPlanEvery; 0 turns it off
	Reason   string
}

// MostAutoPlanEvery bounds it: somebody who is new should not wait longer.
const MostAutoPlanEvery = 120

// SetAutoPlan carries out the order, for whoever may plan the transfers of the outbreak.
func (c *Commands) SetAutoPlan(ctx context.Context, by By, in SetAutoPlan) (out transfer.AutoPlan, err error) {
	in.Reason = strings.TrimSpace(in.Reason)
	switch {
	case in.Every < 0 || in.Every > MostAutoPlanEvery:
		return out, &Invalid{"every", fmt.Sprint(in.Every), fmt.Sprintf("is not 0 to %d minutes", MostAutoPlanEvery)}
	case in.Reason == "":
		return out, &Invalid{Field: "reason", Reason: "is needed"}
	}
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		if err := u.by.may(&u.tx.Reader, u.o, auth.TransferWrite, u.o.Area, u.now); err != nil {
			return err
		}
		if out, err = u.tx.AutoPlan(u.o.ID); err != nil {
			return err
		}
		if in.Version != out.Version {
			return &store.Conflict{Noun: "auto-plan", ID: int64(u.o.ID), Have: out.Version, Want: in.Version}
		}
		was := out
		out.Every, out.SetAt, out.SetBy, out.Reason = time.Duration(in.Every)*time.Minute, u.now, u.by.Name(), in.Reason
		if err := u.tx.AddAutoPlan(&out); err != nil {
			return err
		}
		_, err := u.fact(journal.AutoPlanSet, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"from": was.Every.Minutes(), "every": in.Every, "reason": in.Reason})
		return err
	})
	return out, err
}
