package store

import (
	"context"
	"fmt"
)

// grown counts the rows written since the engine last looked at what its tables hold. PostgreSQL plans by that look, and keeps a plan made when a table was empty
// until the next one: in the minute before it looks by itself, an import into a new database reads whole tables for every lookup.
type grown struct {
	rows  int // written since
	known int // that there were then; 0 before this writer's first look
}

// leastGrown is from how many rows on a look is worth its time.
const leastGrown = 2_000

// look has the engine look again once the tables may have doubled. It runs between two transactions of the writer; where it fails, nothing is lost but speed, and the
// next growth tries again.
func (w *groupWriter) look(ctx context.Context) {
	if w.grown.rows < max(leastGrown, w.grown.known) {
		return
	}
	if text := w.db.d.look(); text != "" {
		if err := w.lookNow(ctx, text); err != nil {
			w.db.log.Warn("look at the tables for planning", "error", err)
		}
	}
	w.grown.rows = 0
}

func (w *groupWriter) lookNow(ctx context.Context, text string) error {
	if w.grown.known == 0 {
		// Tables that were large before this writer came need no look after a few rows.
		var there float64
		if err := w.c.QueryRowContext(ctx, w.db.d.rows()).Scan(&there); err != nil {
			return fmt.Errorf("read how many rows there are: %w", err)
		}
		if w.grown.known = max(1, int(there)); w.grown.rows < w.grown.known {
			return nil
		}
	}
	if _, err := w.c.ExecContext(ctx, text); err != nil {
		return err
	}
	w.grown.known += w.grown.rows
	return nil
}
