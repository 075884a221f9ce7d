package command

import (
	"context"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// KeepDrillCard keeps the score card of a drill: of the one that was played in this store, or of an earlier one that it is held against. What a card says is package scorecard's.
type KeepDrillCard struct {
	Outbreak     string
	Scenario     string
	People, Days int
	Seed         uint64
	Card         []byte // JSON
	Lost         int
	Unreconciled int
}

// KeepDrillCard carries out the order and returns what was kept. Errors: store.ErrNoDrill where the store is none for a drill.
func (c *Commands) KeepDrillCard(ctx context.Context, by By, in KeepDrillCard) (out store.DrillCard, err error) {
	if !c.db.Drill() {
		return out, store.ErrNoDrill
	}
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		if err := u.by.may(&u.tx.Reader, u.o, auth.OutbreakAdmin, u.o.Area, u.now); err != nil {
			return err
		}
		out = store.DrillCard{Outbreak: u.o.ID, KeptAt: u.now, KeptBy: u.by.Name(), Scenario: in.Scenario, People: int64(in.People), Days: int64(in.Days), Seed: int64(in.Seed), Card: in.Card}
		if err := u.tx.AddDrillCard(&out); err != nil {
			return err
		}
		_, err := u.fact(journal.DrillScored, task.Subject{Kind: task.OnOutbreak, ID: int64(u.o.ID)}, u.o.Area, u.now, map[string]any{"number": out.Number, "scenario": out.Scenario, "people": out.People, "days": out.Days, "seed": in.Seed, "lost": in.Lost, "unreconciled": in.Unreconciled})
		return err
	})
	return out, err
}
