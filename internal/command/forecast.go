package command

import (
	"context"

	"firebreak/internal/auth"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// KeepForecast keeps a forecast that was worked out for an outbreak. It is worked out beside the store (package outlook), because that takes seconds.
type KeepForecast struct {
	Outbreak      outbreak.ID
	AsOf          day.Day // the last day of the record that was looked at
	Days          int
	Replicates    int
	Seed          uint64
	Params        string // how the disease spreads
	InForce, A, B string // packs, with their versions
	Digest        string // SHA-256 of what it was made from, in hex
	State, Result []byte // compressed
}

// MayForecast says whether the caller may have a forecast made of an outbreak, or read one: whoever reads the cases of all of it, for a forecast tells of all of it.
func (c *Commands) MayForecast(ctx context.Context, by By, id outbreak.ID) error {
	return c.db.View(ctx, func(r *store.Reader) error {
		o, err := r.Outbreak(id)
		if err != nil {
			return err
		}
		return by.may(r, o, auth.CaseRead, o.Area, c.db.Now())
	})
}

// KeepForecast carries out the order and returns what was kept.
func (c *Commands) KeepForecast(ctx context.Context, by By, in KeepForecast) (out store.Forecast, err error) {
	err = c.inID(ctx, by, in.Outbreak, func(u *unit) error {
		if err := u.by.may(&u.tx.Reader, u.o, auth.CaseRead, u.o.Area, u.now); err != nil {
			return err
		}
		out = store.Forecast{Outbreak: u.o.ID, AsOf: in.AsOf, MadeAt: u.now, MadeBy: u.by.Name(), Days: int64(in.Days), Replicates: int64(in.Replicates), Seed: int64(in.Seed), Params: in.Params,
			InForce: in.InForce, A: in.A, B: in.B, Digest: in.Digest, State: in.State, Result: in.Result}
		if err := u.tx.AddForecast(&out); err != nil {
			return err
		}
		_, err := u.fact(journal.ForecastMade, task.Subject{Kind: task.OnOutbreak, ID: int64(u.o.ID)}, u.o.Area, u.now, map[string]any{"number": out.Number, "as_of": out.AsOf, "days": out.Days, "replicates": out.Replicates,
			"seed": in.Seed, "params": out.Params, "a": out.A, "b": out.B, "sha256": out.Digest})
		return err
	})
	return out, err
}
