package command

import (
	"context"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// KeepRoundPlan keeps a plan that was worked out for a round: who goes where and when. The plan is worked out beside the store (package roundplan), because that can take seconds; what
// came in meanwhile is in the next one.
type KeepRoundPlan struct {
	Round      screening.RoundID
	AsOf       time.Time // what came in before it has happened
	SamplingAt time.Time
	ResultsAt  time.Time
	InTime     bool
	People     int64
	Tubes      int64
	Digest     string // SHA-256 of the city that was planned, in hex
	City, Plan []byte // compressed
}

// MayPlanRound says whether the caller may have a plan made for a round: whoever may open or change it. It asks before anything is worked out; KeepRoundPlan asks again.
func (c *Commands) MayPlanRound(ctx context.Context, by By, id screening.RoundID) error {
	return c.db.View(ctx, func(rd *store.Reader) error {
		r, err := rd.Round(id)
		if err != nil {
			return err
		}
		o, err := rd.Outbreak(r.Outbreak)
		if err != nil {
			return err
		}
		if err := by.may(rd, o, auth.ScreeningWrite, r.Area, c.db.Now()); err != nil {
			return err
		}
		return plannable(&r)
	})
}

func plannable(r *screening.Round) error {
	if r.State != screening.Planned && r.State != screening.Open {
		return &Invalid{"state", string(r.State), "only a round that is planned or open is planned for"}
	}
	return nil
}

// KeepRoundPlan carries out the order and returns what was kept.
func (c *Commands) KeepRoundPlan(ctx context.Context, by By, in KeepRoundPlan) (out store.RoundPlan, err error) {
	err = c.onRound(ctx, by, in.Round, 0, func(u *unit, r *screening.Round) error {
		if err := plannable(r); err != nil {
			return err
		}
		out = store.RoundPlan{Round: r.ID, Outbreak: r.Outbreak, AsOf: in.AsOf.UTC(), MadeAt: u.now, MadeBy: u.by.Name(), SamplingAt: in.SamplingAt.UTC(), ResultsAt: in.ResultsAt.UTC(), InTime: in.InTime,
			Digest: in.Digest, City: in.City, Plan: in.Plan}
		if err := u.tx.AddRoundPlan(&out); err != nil {
			return err
		}
		_, err := u.fact(journal.RoundScheduled, onRound(r.ID), r.Area, u.now, map[string]any{"plan": out.Version, "as_of": out.AsOf, "people": in.People, "tubes": in.Tubes,
			"finish_sampling": out.SamplingAt, "finish_results": out.ResultsAt, "in_time": out.InTime, "sha256": in.Digest})
		return err
	})
	return out, err
}
