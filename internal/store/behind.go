package store

import (
	"context"
	"database/sql"
	"fmt"
)

// behind runs the bulk statements of a change in order, one at a time, while the change goes on computing: with two processors an import then costs the dearer of
// its rules and its statements, not both. Whatever else the change does with the connection waits for them first, so that nobody sees the difference.
type behind struct {
	last chan error // the statement given last; nil when none is on its way
}

// give runs a bulk statement after those given before. Its error comes out of the next wait.
func (b *behind) give(run func() error) {
	before, done := b.last, make(chan error, 1)
	b.last = done
	go func() {
		if before != nil {
			if err := <-before; err != nil {
				done <- err // the first failure is the one to tell, and nothing runs after it
				return
			}
		}
		done <- run()
	}()
}

// wait returns when all statements given have run, with the error of the first that failed. The error stays: whoever asks again gets it again.
func (b *behind) wait() error {
	if b.last == nil {
		return nil
	}
	err := <-b.last
	if err == nil {
		b.last = nil
	} else {
		b.last <- err
	}
	return err
}

// forget waits and starts anew: the change is over.
func (b *behind) forget() {
	_ = b.wait() // told when the change ended
	b.last = nil
}

// bulk runs one statement for many rows. It may still be on its way when bulk returns: an error then comes out of the change's next statement, or of its end. The
// rows belong to it from here on.
func (tx *Tx) bulk(text string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	tx.wrote++
	s, err := tx.prepared(text)
	if err != nil {
		return err
	}
	tx.g.w.grown.wrote(text, len(rows))
	st := statement{text: text, one: s}
	if n := tx.db.d.together(); len(rows) >= n {
		many, known := tx.g.w.many[text]
		if !known {
			many, _ = timesRows(text, n)
			tx.g.w.many[text] = many
		}
		if st.many = many; many != "" {
			if st.all, err = tx.prepared(many); err != nil {
				return err
			}
			// Making room for it may have closed the first.
			if st.one, err = tx.prepared(text); err != nil {
				return err
			}
		}
	}
	tx.g.behind.give(func() error { return runBulk(tx.ctx, tx.db.d, tx.c, st, rows) })
	return nil
}

// statement is one that is run for many rows.
type statement struct {
	text string
	one  *sql.Stmt
	many string    // the same for together() rows at once; empty where it cannot be
	all  *sql.Stmt // of many
}

// prepared is prepare, which waits only where the statement is new.
func (tx *Tx) prepared(text string) (*sql.Stmt, error) {
	if s, ok := tx.g.w.stmts[text]; ok {
		return s, nil
	}
	return tx.prepare(text)
}

func runBulk(ctx context.Context, d dialect, c *sql.Conn, st statement, rows [][]any) error {
	if err := d.bulk(ctx, c, st, rows); err != nil {
		return fmt.Errorf("%.40q: %w", st.text, err)
	}
	return nil
}

// flat is the arguments of rows one after another.
func flat(rows [][]any) []any {
	out := make([]any, 0, len(rows)*len(rows[0]))
	for _, r := range rows {
		out = append(out, r...)
	}
	return out
}
