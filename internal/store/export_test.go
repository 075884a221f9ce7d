package store

import (
	"context"
	"database/sql"
)

// NextIDs lets tests take IDs without making what they are for.
func (tx *Tx) NextIDs(noun string, n int64) (int64, error) { return tx.nextIDs(noun, n) }

// Exec lets tests run a statement in a change.
func (tx *Tx) Exec(text string, args ...any) error {
	_, err := tx.exec(text, args...)
	return err
}

// BreakNextCommit makes the next commit's answer get lost after (kept) or before (not kept) the engine has done it.
func (db *DB) BreakNextCommit(kept bool, lost error) {
	db.d = &breaking{dialect: db.d, kept: kept, lost: lost}
}

// breaking is a dialect that loses the answer to one commit.
type breaking struct {
	dialect
	kept bool
	lost error
	done bool
}

func (b *breaking) commit(ctx context.Context, c *sql.Conn) error {
	if b.done {
		return b.dialect.commit(ctx, c)
	}
	b.done = true
	if b.kept {
		if err := b.dialect.commit(ctx, c); err != nil {
			return err
		}
	}
	return b.lost
}
