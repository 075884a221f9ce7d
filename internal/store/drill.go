package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"firebreak/internal/drill/pace"
	"firebreak/internal/journal"
)

// ErrNoDrill is returned by MoveClock on a store that was not begun as a drill: its clock is the world's.
var ErrNoDrill = errors.New("this is no drill: the clock is the real one")

// ErrNotNew is returned by BeginDrill on a store that something is in: what is real stays apart from what is played.
var ErrNotNew = errors.New("the store is not new: a drill begins in one of its own")

// ErrClockBack is wrapped by MoveClock for an instant that has passed.
var ErrClockBack = pace.ErrBack

// Drill says whether the store was begun as a drill. Its clock stands at Now until MoveClock moves it, or runs as its pace says.
func (db *DB) Drill() bool { _, drill := db.pace.Get(); return drill }

// Pace returns how the clock of a drill goes; the zero Pace where this is none.
func (db *DB) Pace() pace.Pace { p, _ := db.pace.Get(); return p }

// AwaitClock waits until the city's step at an instant is due; see pace.Keeper.Await.
func (db *DB) AwaitClock(ctx context.Context, to time.Time, most time.Duration) (bool, error) {
	return db.pace.Await(ctx, to, most)
}

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
		if _, err := tx.exec(`INSERT INTO drill (id, begun_at, clock_at, version) VALUES (1, $1, $2, 1)`, instant(db.Now()), instant(at)); err != nil {
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
	to = to.UTC().Truncate(time.Microsecond)
	err := db.ChangePace(ctx, func(_ *Tx, p pace.Pace, real time.Time) (pace.Pace, error) { return p.Move(to, real) })
	if errors.Is(err, ErrClockBack) {
		return fmt.Errorf("%s: %w", to.Format(time.RFC3339), err)
	}
	return err
}

// ChangePace changes how the clock of a drill goes, in one transaction with whatever change writes besides. real is the world's time. It returns ErrNoDrill where this is none.
func (db *DB) ChangePace(ctx context.Context, change func(tx *Tx, p pace.Pace, real time.Time) (pace.Pace, error)) error {
	if !db.Drill() {
		return ErrNoDrill
	}
	err := db.Update(ctx, func(tx *Tx) error {
		was, err := readPace(tx.row(selectPace))
		if err != nil {
			return err
		}
		p, err := change(tx, was, db.Real())
		if err != nil || reflect.DeepEqual(p, was) {
			return err
		}
		n, err := tx.exec(`UPDATE drill SET version = $1, clock_at = $2, state = $3, speed = $4, runs_since = $5, runs_until = $6, ahead_to = $7, ends_at = $8, first_at = $9, zone = $10, held = $11 WHERE id = 1 AND version = $12`,
			was.Version+1, instant(p.At), string(p.State), p.Speed, instant(p.Since), instant(p.Until), instant(p.Ahead), instant(p.Ends), instant(p.First), p.Zone, strings.Join(p.Held, ","), was.Version)
		if err != nil {
			return fmt.Errorf("change the pace: %w", err)
		}
		if n == 0 {
			return errors.New("change the pace: it was changed meanwhile")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.loadDrill(ctx)
}

const selectPace = `SELECT version, clock_at, state, speed, runs_since, runs_until, ahead_to, ends_at, first_at, zone, held FROM drill WHERE id = 1`

func readPace(row *sql.Row) (p pace.Pace, err error) {
	var at, since, until, ahead, ends, first int64
	var held string
	if err = row.Scan(&p.Version, &at, &p.State, &p.Speed, &since, &until, &ahead, &ends, &first, &p.Zone, &held); err != nil {
		return p, fmt.Errorf("read the clock of the drill: %w", err)
	}
	p.At, p.Since, p.Until, p.Ahead, p.Ends, p.First = when(at), when(since), when(until), when(ahead), when(ends), when(first)
	if held != "" {
		p.Held = strings.Split(held, ",")
	}
	return p, nil
}

// loadDrill reads how the clock of a drill goes. It never goes back, whichever of two nodes read first.
func (db *DB) loadDrill(ctx context.Context) error {
	p, err := readPace(db.reads.QueryRowContext(ctx, selectPace))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		db.pace.Set(p)
	}
	return err
}
