package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/journal"
)

// ErrClosed is returned by Update after Close.
var ErrClosed = errors.New("store is closed")

// Group bounds: how many changes share one transaction, and how long the first of them may wait for the others to run.
const (
	groupMost = 512
	groupTime = 20 * time.Millisecond
)

// change is one call of Update on its way through the writer.
type change struct {
	ctx  context.Context
	fn   func(*Tx) error
	err  error
	done chan struct{}
}

// Tx is one change: reads and writes in the writer's transaction. The journal entries it appends are committed with it or not at all.
type Tx struct {
	Reader
	g   *group
	now time.Time
}

// Now is the time of the change: all it writes carries the same instant.
func (tx *Tx) Now() time.Time { return tx.now }

// Update runs fn as one change, all or nothing, and returns after its commit has reached the disk. Changes of other callers
// may share the commit; they cannot see each other's failures. fn can run more than once (after a serialisation failure), so
// it must have no effect but through tx and must set, not append to, what it returns.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	c := &change{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case <-db.quit:
		return ErrClosed
	default:
	}
	select {
	case db.queue <- c:
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer: %w", ctx.Err())
	case <-db.quit:
		return ErrClosed
	}
	// From here the change will be run and answered; leaving early would leave its outcome unknown.
	<-c.done
	return c.err
}

// writer runs changes in groups until Close; it is the only goroutine that writes.
func (db *DB) writer() {
	defer close(db.stopped)
	w := &groupWriter{db: db, stmts: map[string]*sql.Stmt{}}
	defer w.release()
	for {
		select {
		case c := <-db.queue:
			w.run(c)
		case <-db.quit:
			for {
				select {
				case c := <-db.queue:
					c.err = ErrClosed
					close(c.done)
				default:
					return
				}
			}
		}
	}
}

// groupWriter owns the writing connection and its prepared statements.
type groupWriter struct {
	db    *DB
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

// group is one transaction of the writer.
type group struct {
	w    *groupWriter
	head journal.Hash
	seq  int64
	ids  map[string]*idRange // next free ID per noun
}

func (w *groupWriter) release() {
	for _, s := range w.stmts {
		_ = s.Close() // the connection goes with it
	}
	w.stmts = map[string]*sql.Stmt{}
	if w.c != nil {
		_ = w.c.Close()
		w.c = nil
	}
}

// run makes one group: first and whatever else is waiting.
func (w *groupWriter) run(first *change) {
	group := []*change{first}
	answered := false
	answer := func(err error) {
		if answered {
			return
		}
		answered = true
		for _, c := range group {
			if err != nil {
				c.err = err
			}
			close(c.done)
		}
	}
	// A change that panics must not take the writer with it: everybody is answered, then the panic goes on.
	defer func() {
		if !answered {
			answer(errors.New("a change panicked; nothing of its group was kept"))
		}
	}()
	const tries = 8
	var err error
	for try := range tries {
		var failed error
		group, failed = w.attempt(group, try == 0)
		if err = failed; err == nil {
			break
		}
		if !w.db.d.retryable(err) {
			break
		}
		w.db.log.Warn("change is run again", "engine", w.db.d.name(), "try", try+1, "error", err)
		time.Sleep(time.Duration(5<<try) * time.Millisecond)
	}
	if err != nil {
		err = fmt.Errorf("commit: %w", err)
	}
	answer(err)
}

// attempt runs the group once. With more it also takes in changes that wait meanwhile. The error is one of the transaction as a whole; the error
// of a single change is kept in it and does not disturb the others.
func (w *groupWriter) attempt(changes []*change, more bool) (_ []*change, err error) {
	ctx := context.Background()
	if w.c == nil {
		if w.c, err = w.db.writes.Conn(ctx); err != nil {
			w.c = nil
			return changes, err
		}
	}
	if _, err := w.c.ExecContext(ctx, w.db.d.begin()); err != nil {
		w.release()
		return changes, err
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		if _, rerr := w.c.ExecContext(ctx, "ROLLBACK"); rerr != nil {
			w.release() // a connection in doubt is not used again
		}
	}()
	g := &group{w: w, ids: map[string]*idRange{}}
	// Holding this row makes the writers of all nodes take turns, which is what lets the chain be one chain.
	if err := w.c.QueryRowContext(ctx, "SELECT seq, hash FROM journal_head WHERE id = 1"+w.db.d.lock()).Scan(&g.seq, (*hashColumn)(&g.head)); err != nil {
		return changes, fmt.Errorf("read journal head: %w", err)
	}
	before := g.seq
	start := time.Now()
	for i := 0; i < len(changes); i++ {
		if err := g.one(ctx, changes[i]); err != nil {
			return changes, err
		}
		if more && i == len(changes)-1 && len(changes) < groupMost && time.Since(start) < groupTime {
			select {
			case c := <-w.db.queue:
				changes = append(changes, c)
			default:
			}
		}
	}
	if err := g.finish(ctx, before); err != nil {
		return changes, err
	}
	if _, err := w.c.ExecContext(ctx, "COMMIT"); err != nil {
		if !lostConnection(err) {
			return changes, err
		}
		w.release()
		committed = true // nothing left to roll back on
		kept, cerr := w.wasKept(ctx, g)
		if cerr != nil || !kept {
			return changes, errors.Join(err, cerr)
		}
	}
	committed = true
	w.db.commits.Add(1)
	w.db.changes.Add(int64(len(changes)))
	w.db.reached(g.seq)
	return changes, nil
}

// wasKept finds out, after the connection broke during COMMIT, whether the engine had committed: then the chain holds the group's head.
func (w *groupWriter) wasKept(ctx context.Context, g *group) (bool, error) {
	var h journal.Hash
	err := w.db.reads.QueryRowContext(ctx, "SELECT hash FROM journal WHERE seq = $1", g.seq).Scan((*hashColumn)(&h))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && h == g.head, err
}

// one runs one change under a savepoint. The error returned is one that ends the whole group.
func (g *group) one(ctx context.Context, c *change) error {
	c.err = nil
	if err := c.ctx.Err(); err != nil {
		c.err = err // the caller has gone; do not do what nobody waits for
		return nil
	}
	if _, err := g.w.c.ExecContext(ctx, "SAVEPOINT change"); err != nil {
		return err
	}
	head, seq := g.head, g.seq
	tx := &Tx{Reader: Reader{ctx: ctx, c: g.w.c, db: g.w.db}, g: g, now: g.w.db.Now()}
	if err := c.fn(tx); err != nil {
		if g.w.db.d.retryable(err) {
			return err
		}
		c.err = err
		g.head, g.seq = head, seq
		g.ids = map[string]*idRange{} // the savepoint takes handed-out blocks back
		if _, err := g.w.c.ExecContext(ctx, "ROLLBACK TO SAVEPOINT change"); err != nil {
			return err
		}
	}
	_, err := g.w.c.ExecContext(ctx, "RELEASE SAVEPOINT change")
	return err
}

// finish writes what the group keeps in memory until its end.
func (g *group) finish(ctx context.Context, before int64) error {
	if g.seq == before {
		return nil
	}
	_, err := g.w.c.ExecContext(ctx, "UPDATE journal_head SET seq = $1, hash = $2 WHERE id = 1", g.seq, g.head[:])
	return err
}

// exec runs a prepared statement; statements live as long as the connection.
func (tx *Tx) exec(text string, args ...any) (int64, error) {
	s, err := tx.prepare(text)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(tx.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// bulk runs one statement for many rows.
func (tx *Tx) bulk(text string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	s, err := tx.prepare(text)
	if err != nil {
		return err
	}
	return tx.db.d.bulk(tx.ctx, tx.c, s, text, rows)
}

func (tx *Tx) prepare(text string) (*sql.Stmt, error) {
	w := tx.g.w
	if s, ok := w.stmts[text]; ok {
		return s, nil
	}
	s, err := w.c.PrepareContext(tx.ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare %.60q: %w", text, err)
	}
	w.stmts[text] = s
	return s, nil
}
