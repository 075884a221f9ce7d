package store

import (
	"context"
	"fmt"
	"strings"
)

// grown counts the rows written to each table since the engine last looked at what it holds. PostgreSQL plans by that look, and keeps a plan made when a table was empty
// until the next one: in the minute before it looks by itself, an import into a new database, or the first tubes of a round, read whole tables for every lookup.
type grown map[string]*growth

// growth is one table's.
type growth struct {
	rows  int // written since
	known int // that there were then; -1 before this writer's first look
}

// leastGrown is from how many rows on a look is worth its time.
const leastGrown = 2_000

// ridden are small tables that grow with a large one, row by row.
var ridden = map[string]string{"task": ", task_total, coverage"}

// wrote notes rows that an INSERT wrote.
func (g grown) wrote(text string, rows int) {
	rest, ok := strings.CutPrefix(text, "INSERT INTO ")
	table, _, named := strings.Cut(rest, " ")
	if !ok || !named {
		return
	}
	t := g[table]
	if t == nil {
		t = &growth{known: -1}
		g[table] = t
	}
	t.rows += rows
}

// look has the engine look again at tables that may have doubled. It runs between two transactions of the writer; where it fails, nothing is lost but speed, and the
// next growth tries again.
func (w *groupWriter) look(ctx context.Context) {
	for table, g := range w.grown {
		if g.rows < max(leastGrown, g.known) {
			continue
		}
		if w.db.d.looks() {
			if err := w.lookAt(ctx, table, g); err != nil {
				w.db.log.Warn("look at a table for planning", "table", table, "error", err)
			}
		}
		g.rows = 0
	}
}

func (w *groupWriter) lookAt(ctx context.Context, table string, g *growth) error {
	if g.known < 0 {
		// A table that was large before this writer came needs no look after a few rows.
		var there float64
		if err := w.c.QueryRowContext(ctx, "SELECT reltuples FROM pg_class WHERE oid = CAST($1 AS regclass)", table).Scan(&there); err != nil {
			return fmt.Errorf("read how many rows there are: %w", err)
		}
		if g.known = max(0, int(there)); g.rows < g.known {
			return nil
		}
	}
	if _, err := w.c.ExecContext(ctx, "ANALYZE "+table+ridden[table]); err != nil {
		return err
	}
	g.known += g.rows
	return nil
}
