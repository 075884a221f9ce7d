package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/journal"
)

// ErrClosed is returned by Update after Close.
var ErrClosed = errors.New("store is closed")

// ErrOutcomeUnknown is wrapped by Update when the database went away during the commit and did not come back in time: the change may have been
// kept. The caller looks before doing it again.
var ErrOutcomeUnknown = errors.New("the database went away while the change was being committed; it may or may not have been kept")

// Group bounds: how many changes share one transaction, how long the first of them may wait for the others to run, and for how
// long a group is run again while the database refuses it. A fail-over of PostgreSQL takes seconds.
const (
	groupMost  = 512
	groupTime  = 20 * time.Millisecond
	groupRetry = 15 * time.Second
)

// change is one call of Update on its way through the writer. The caller's own goroutine runs fn when the writer gives it the turn: a panic, or the
// end of a test's goroutine, then stays where it belongs.
type change struct {
	ctx  context.Context
	turn chan *Tx      // from the writer: run now
	ran  chan error    // from the caller: what fn returned
	done chan struct{} // closed when err is final
	err  error
	gone bool // fn did not return; nobody waits for the outcome
}

// errGone is what ran carries when fn panicked or ended its goroutine.
var errGone = errors.New("change ended without returning")

// run runs fn on the caller's goroutine and tells the writer how it ended, however it ended.
func (c *change) run(fn func(*Tx) error, tx *Tx) {
	err := errGone
	defer func() { c.ran <- err }()
	err = fn(tx)
}

// Tx is one change: reads and writes in the writer's transaction. The journal entries it appends are committed with it or not at all.
// It must not be used after fn has returned.
type Tx struct {
	Reader
	g     *group
	now   time.Time
	wrote int64
}

// Now is the time of the change: all it writes carries the same instant.
func (tx *Tx) Now() time.Time { return tx.now }

// Wrote counts the statements that may have changed something: where it has not moved, nothing was written.
func (tx *Tx) Wrote() int64 { return tx.wrote }

// Update runs fn as one change, all or nothing, and returns after its commit has reached the disk. Changes of other callers
// may share the commit; they cannot see each other's failures. fn can run more than once (after a serialisation failure), so
// it must have no effect but through tx and must set, not append to, what it returns. It must not call Update or View: the first would wait for
// itself, the second would not see what tx has written.
//
// When fn fails or panics nothing of it is kept. The error is fn's own, or ctx's when ctx ended before fn ran, ErrClosed, or one that wraps
// ErrOutcomeUnknown, or the engine's.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if db.readOnly {
		return ErrReadOnly
	}
	select {
	case <-db.quit:
		return ErrClosed
	default:
	}
	c := &change{ctx: ctx, turn: make(chan *Tx), ran: make(chan error, 1), done: make(chan struct{})}
	select {
	case db.queue <- c:
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer: %w", ctx.Err())
	case <-db.quit:
		return ErrClosed
	}
	// From here the change will be run and answered; leaving early would leave its outcome unknown.
	for {
		select {
		case tx := <-c.turn:
			c.run(fn, tx)
		case <-c.done:
			return c.err
		case <-db.stopped:
			// The change may have come into the queue after the writer last looked.
			select {
			case <-c.done:
				return c.err
			default:
				return ErrClosed
			}
		}
	}
}

// writer runs changes in groups until Close, and then those that already wait; it is the only goroutine that writes.
func (db *DB) writer() {
	defer close(db.stopped)
	w := &groupWriter{db: db, stmts: map[string]*sql.Stmt{}, many: map[string]string{}, ids: map[string]idRange{}, grown: grown{}}
	defer w.leave()
	for {
		select {
		case c := <-db.queue:
			w.run(c)
		case <-db.quit:
			for {
				select {
				case c := <-db.queue:
					w.run(c)
				default:
					return
				}
			}
		}
	}
}

// groupWriter owns the writing connection and what lives as long as it: prepared statements, and IDs taken but not yet handed out.
type groupWriter struct {
	db    *DB
	c     *sql.Conn
	stmts map[string]*sql.Stmt
	many  map[string]string  // of an INSERT of one row that of several, as timesRows makes it; empty where it cannot be
	ids   map[string]idRange // per noun
	turn  int64              // number of the last attempt to commit, never used twice
	doubt doubt
	grown grown
}

// doubt is a commit whose answer did not arrive.
type doubt struct {
	turn int64 // 0 = none
	seq  int64 // where the journal ends if it was kept
}

// group is one transaction of the writer.
type group struct {
	w    *groupWriter
	head journal.Hash
	seq  int64
	undo []idUndo
	behind
	// areas says that a change of the group wrote jurisdictions: the tree in memory is not the group's.
	areas bool
}

// drop closes the connection instead of returning it to the pool: one in doubt is not used again. IDs taken over it go with it, because after a
// fail-over their taking may have been lost.
func (w *groupWriter) drop() {
	for _, s := range w.stmts {
		_ = s.Close() // the connection goes with it
	}
	clear(w.stmts)
	clear(w.ids)
	if w.c != nil {
		_ = w.c.Raw(func(any) error { return driver.ErrBadConn }) // this is how database/sql is told
		_ = w.c.Close()
		w.c = nil
	}
}

// leave ends the writer.
func (w *groupWriter) leave() {
	if w.c != nil && w.db.d.forgets() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, _ = w.c.ExecContext(ctx, "DELETE FROM writer_turn WHERE writer = $1", w.db.id) // what stays is one small row
	}
	w.drop()
}

// run makes one group: first and whatever else is waiting.
func (w *groupWriter) run(first *change) {
	group := []*change{first}
	w.doubt = doubt{}
	start := time.Now()
	var err error
	for try := 0; ; try++ {
		group, err = w.attempt(group, try == 0)
		if err == nil {
			break
		}
		again := w.db.d.retryable(err)
		if again == reconnect {
			w.drop()
		}
		if again == never || time.Since(start) > groupRetry || (again == reconnect && w.db.closing() && try > 3) {
			break
		}
		w.db.log.Warn("changes are run again", "engine", w.db.d.name(), "try", try+1, "error", err)
		time.Sleep(time.Duration(5<<min(try, 7)) * time.Millisecond)
	}
	if err != nil {
		if w.doubt.turn != 0 {
			err = fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
		err = fmt.Errorf("commit: %w", err)
	}
	for _, c := range group {
		if err != nil {
			c.err = err
		}
		close(c.done)
	}
	if err == nil && w.c != nil {
		w.look(context.Background()) // whoever waited has their answer
	}
}

// attempt runs the group once. With more it also takes in changes that wait meanwhile. The error is one of the transaction as a whole; the error
// of a single change is kept in it and does not disturb the others.
func (w *groupWriter) attempt(changes []*change, more bool) (_ []*change, err error) {
	ctx := context.Background() // not a caller's: the transaction is everybody's
	if w.c == nil {
		if w.c, err = w.db.writes.Conn(ctx); err != nil {
			w.c = nil
			return changes, err
		}
	}
	if _, err := w.c.ExecContext(ctx, w.db.d.begin()); err != nil {
		w.drop()
		return changes, err
	}
	g := &group{w: w}
	committed := false
	defer func() {
		if committed {
			return
		}
		g.undoIDs(0)
		if w.c == nil {
			return
		}
		if _, rerr := w.c.ExecContext(ctx, "ROLLBACK"); rerr != nil {
			w.drop()
		}
	}()
	// Holding this row makes the writers of all nodes take turns, which is what lets the chain be one chain.
	if err := w.c.QueryRowContext(ctx, "SELECT seq, hash FROM journal_head WHERE id = 1"+w.db.d.lock()).Scan(&g.seq, (*hashColumn)(&g.head)); err != nil {
		return changes, fmt.Errorf("read journal head: %w", err)
	}
	if w.doubt.turn != 0 {
		// Only now, with the row held, has the lost transaction surely ended one way or the other.
		kept, err := w.wasKept(ctx)
		if err != nil {
			return changes, err
		}
		if kept {
			w.db.kept(len(changes), w.doubt.seq)
			return changes, nil
		}
		w.doubt = doubt{}
	}
	before := g.seq
	start := time.Now()
	for i := 0; i < len(changes); i++ {
		if err := g.one(ctx, changes[i], i == 0); err != nil {
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
	if err := w.db.d.commit(ctx, w.c); err != nil {
		if w.db.d.forgets() && w.db.d.retryable(err) != again {
			w.doubt = doubt{turn: w.turn, seq: g.seq}
			w.drop()
		}
		return changes, err
	}
	committed = true
	w.db.kept(len(changes), g.seq)
	return changes, nil
}

// wasKept says whether the commit in doubt took place: then the row of this writer names its turn.
func (w *groupWriter) wasKept(ctx context.Context) (bool, error) {
	var turn int64
	err := w.c.QueryRowContext(ctx, "SELECT turn FROM writer_turn WHERE writer = $1", w.db.id).Scan(&turn)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look for the lost commit: %w", err)
	}
	return turn == w.doubt.turn, nil
}

// kept counts a committed group and tells who watches.
func (db *DB) kept(changes int, seq int64) {
	db.commits.Add(1)
	db.changes.Add(int64(changes))
	db.reached(seq)
}

// one runs one change under a savepoint, or, where the engine copies every page for it, the first of a group as the transaction so far: if that fails, the
// transaction begins again. The error returned is one that ends the whole group.
func (g *group) one(ctx context.Context, c *change, first bool) error {
	if c.gone {
		return nil
	}
	c.err = nil
	if err := c.ctx.Err(); err != nil {
		c.err = fmt.Errorf("change not run: %w", err) // the caller has gone; do not do what nobody waits for
		return nil
	}
	keep, undo := []string{"RELEASE SAVEPOINT change"}, []string{"ROLLBACK TO SAVEPOINT change", "RELEASE SAVEPOINT change"}
	if first && g.w.db.d.restarts() {
		keep, undo = nil, []string{"ROLLBACK", g.w.db.d.begin()}
	} else if _, err := g.w.c.ExecContext(ctx, "SAVEPOINT change"); err != nil {
		return err
	}
	head, seq, ids := g.head, g.seq, len(g.undo)
	c.turn <- &Tx{Reader: Reader{ctx: ctx, c: g.w.c, db: g.w.db, within: g}, g: g, now: g.w.db.Now()}
	err := <-c.ran
	c.gone = err == errGone //nolint:errorlint // it is never wrapped
	if werr := g.behind.wait(); werr != nil && err == nil {
		err = werr // the change had ended before its last rows were written
	}
	g.behind.forget()
	if err == nil {
		for _, text := range keep {
			_, err = g.w.c.ExecContext(ctx, text)
		}
		if err == nil {
			return nil
		}
		// A statement failed, fn went on as if nothing were: the engine does not forget.
		err = fmt.Errorf("change returned no error after a failed statement: %w", err)
	}
	if g.w.db.d.retryable(err) == again {
		return err // the transaction lost against another; only a new one can win
	}
	g.head, g.seq = head, seq
	g.undoIDs(ids)
	// Whether the connection still stands is asked of the connection. fn's error cannot tell: it may come from elsewhere.
	for _, text := range undo {
		if _, rerr := g.w.c.ExecContext(ctx, text); rerr != nil {
			return fmt.Errorf("undo a failed change (%v): %w", err, rerr) //nolint:errorlint // only rerr may decide whether to try again
		}
	}
	c.err = err
	return nil
}

// finish writes what the group keeps in memory until its end.
func (g *group) finish(ctx context.Context, before int64) error {
	if g.seq != before {
		if _, err := g.w.c.ExecContext(ctx, "UPDATE journal_head SET seq = $1, hash = $2 WHERE id = 1", g.seq, g.head[:]); err != nil {
			return fmt.Errorf("move journal head: %w", err)
		}
	}
	if !g.w.db.d.forgets() {
		return nil
	}
	g.w.turn++
	const text = "INSERT INTO writer_turn (writer, turn) VALUES ($1, $2) ON CONFLICT (writer) DO UPDATE SET turn = excluded.turn"
	if _, err := g.w.c.ExecContext(ctx, text, g.w.db.id, g.w.turn); err != nil {
		return fmt.Errorf("note the writer's turn: %w", err)
	}
	return nil
}

// exec runs a prepared statement; statements live as long as the connection.
func (tx *Tx) exec(text string, args ...any) (int64, error) {
	tx.wrote++
	text, args = tx.db.d.listed(text, args)
	s, err := tx.prepare(text) //nolint:sqlclosecheck // kept as long as the connection, and closed with it in drop
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(tx.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (tx *Tx) prepare(text string) (*sql.Stmt, error) { return tx.g.prepare(tx.ctx, text) }

// prepare waits for what runs behind and returns the statement of a text.
func (g *group) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if err := g.behind.wait(); err != nil {
		return nil, err
	}
	return g.w.prepare(ctx, text)
}

// mostPrepared bounds the statements kept: a few hundred texts are constant, those with a list of values in them are not.
const mostPrepared = 1000

// prepare returns the statement of a text, kept as long as the connection.
func (w *groupWriter) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := w.stmts[text]; ok {
		return s, nil
	}
	if len(w.stmts) >= mostPrepared {
		for k, s := range w.stmts {
			if err := s.Close(); err != nil {
				return nil, fmt.Errorf("close %.60q: %w", k, err)
			}
			delete(w.stmts, k)
		}
	}
	s, err := w.c.PrepareContext(ctx, w.db.d.statement(text))
	if err != nil {
		return nil, fmt.Errorf("prepare %.60q: %w", text, err)
	}
	w.stmts[text] = s
	return s, nil
}
