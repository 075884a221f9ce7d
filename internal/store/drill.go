package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/journal"
)

// ErrNoDrill is returned by MoveClock on a store that was not begun as a drill: its clock is the world's.
var ErrNoDrill = errors.New("this is no drill: the clock is the real one")

// ErrNotNew is returned by BeginDrill on a store that something is in: what is real stays apart from what is played.
var ErrNotNew = errors.New("the store is not new: a drill begins in one of its own")

// ErrClockBack is wrapped by MoveClock for an instant that has passed.
var ErrClockBack = errors.New("the clock of a drill only goes forward")

// Drill says whether the store was begun as a drill. Its clock stands at Now until MoveClock moves it.
func (db *DB) Drill() bool { return db.drill.Load() != 0 }

// BeginDrill makes a new store one in which a drill is played, for good, with its clock at an instant.
func (db *DB) BeginDrill(ctx context.Context, at time.Time) error {
	at = at.UTC().Truncate(time.Microsecond)
	payload, err := json.Marshal(map[string]any{"clock": at})
	if err != nil {
		return err
	}
	err = db.Update(ctx, func(tx *Tx) error {
		if tx.g.seq != 0 {
			return ErrNotNew
		}
		if _, err := tx.exec(`INSERT INTO drill (id, begun_at, clock_at) VALUES (1, $1, $2)`, instant(db.Now()), instant(at)); err != nil {
			return fmt.Errorf("begin the drill: %w", err)
		}
		_, err := tx.Append(journal.Entry{Kind: journal.DrillBegun, Actor: "cli", Payload: payload})
		return err
	})
	if err != nil {
		return err
	}
	return db.loadDrill(ctx)
}

// MoveClock moves the clock of a drill forward. What time alone brings about is brought about by whoever moves it (command.Tick).
func (db *DB) MoveClock(ctx context.Context, to time.Time) error {
	if !db.Drill() {
		return ErrNoDrill
	}
	to = to.UTC().Truncate(time.Microsecond)
	err := db.Update(ctx, func(tx *Tx) error {
		n, err := tx.exec(`UPDATE drill SET clock_at = $1 WHERE id = 1 AND clock_at <= $1`, instant(to))
		if err != nil {
			return fmt.Errorf("move the clock: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("%s: %w", to.Format(time.RFC3339), ErrClockBack)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.loadDrill(ctx)
}

// loadDrill reads where the clock of a drill stands. It never goes back, whichever of two nodes read first.
func (db *DB) loadDrill(ctx context.Context) error {
	var at int64
	err := db.reads.QueryRowContext(ctx, "SELECT clock_at FROM drill WHERE id = 1").Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the clock of the drill: %w", err)
	}
	for {
		was := db.drill.Load()
		if at <= was || db.drill.CompareAndSwap(was, at) {
			return nil
		}
	}
}
