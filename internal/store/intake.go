package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/screening"
)

// ErrSeqTaken is returned by Intake.Append when the device has used the number for a batch that said something else.
var ErrSeqTaken = errors.New("this device has sent another batch under this number")

// ErrBusy is returned by Intake.Append when too many batches wait already to be written, or to be projected: the device tries again a little later. Nothing of the batch was kept.
var ErrBusy = errors.New("too many batches wait")

// Arrival is a batch as it came from a device.
type Arrival struct {
	Device     screening.DeviceID
	Seq        int64
	Outbreak   outbreak.ID
	ReceivedAt time.Time
	Digest     [sha256.Size]byte // of the body
	Answer     string            // what the device is told, now and whenever it asks again
	Sealed     []byte            // the body
	pos        int64             // in the file of SQLite
}

// Intake keeps batches from the moment they are acknowledged until they are projected. It is made for many devices at a time: those that come together share one
// flush to the disk. On SQLite it has a file and a writer of its own, so that what happens in the main database keeps no device waiting; on PostgreSQL it is a table that
// several writers fill.
type Intake struct {
	db      *DB
	file    *sql.DB // on SQLite: its writing connection
	reads   *sql.DB // on SQLite
	queue   chan *arriving
	stopped sync.WaitGroup
	quit    chan struct{}
	once    sync.Once
	grew    chan struct{}
	behind  atomic.Int64 // about how many batches are kept and not projected yet
}

// arriving is an Arrival on its way.
type arriving struct {
	Arrival
	err  error
	done chan struct{}
}

// Bounds of the intake.
const (
	intakeWaits  = 4096 // batches that wait to be written before more are turned away
	intakeGroup  = 512  // batches that share a flush
	intakeBytes  = 8 << 20
	intakeBehind = 4000 // batches that wait to be projected: some two seconds' work. Past that devices are asked to wait, so that who is missing stays known to the second
	intakeNodes  = 4    // writers on PostgreSQL: measured, more gain nothing on two cores
	intakeCursor = "intake"
)

const intakeSchema = `CREATE TABLE IF NOT EXISTS intake (
    pos INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    outbreak INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    digest BLOB NOT NULL,
    answer TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS intake_batch ON intake (device, seq);`

// OpenIntake opens the intake of an open store. Close it before the store.
func (db *DB) OpenIntake(ctx context.Context) (*Intake, error) {
	in := &Intake{db: db, queue: make(chan *arriving, intakeWaits), quit: make(chan struct{}), grew: make(chan struct{}, 1)}
	if db.d.name() != "sqlite" {
		for range intakeNodes {
			in.stopped.Go(in.writePostgres)
		}
		return in, nil
	}
	file := filepath.Join(db.dir, intakeName)
	if f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("open intake: %w", err)
	} else if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, fmt.Errorf("open intake: %w", err)
	}
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(16384)"
	var err error
	if in.file, err = sql.Open("sqlite", dsn); err != nil {
		return nil, fmt.Errorf("open intake: %w", err)
	}
	in.file.SetMaxOpenConns(1)
	if _, err := in.file.ExecContext(ctx, intakeSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("open intake: %w", err), in.file.Close())
	}
	if in.reads, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(fmt.Errorf("open intake: %w", err), in.file.Close())
	}
	in.reads.SetMaxOpenConns(4)
	if err := in.takeOver(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open intake: %w", err), in.file.Close(), in.reads.Close())
	}
	in.stopped.Go(in.writeSQLite)
	return in, nil
}

// intakeName is the file of the intake beside the database.
const intakeName = "intake.db"

// takeOver moves batches that a backup brought along in the main database into the file where they wait.
func (in *Intake) takeOver(ctx context.Context) error {
	var brought []Arrival
	err := in.db.View(ctx, func(r *Reader) (err error) {
		brought, err = r.arrivals(`SELECT 0, device, seq, outbreak, received_at, digest, answer, sealed FROM intake ORDER BY received_at, device, seq`)
		return err
	})
	if err != nil || len(brought) == 0 {
		return err
	}
	list := make([]*arriving, len(brought))
	for i := range brought {
		list[i] = &arriving{Arrival: brought[i]}
	}
	next, err := in.next(ctx)
	if err != nil {
		return err
	}
	if err := in.insert(ctx, list, next); err != nil {
		return err
	}
	return in.db.Update(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM intake`)
		return err
	})
}

// next is the first free place in the file: after all that wait there, and after all that were ever projected from it.
func (in *Intake) next(ctx context.Context) (int64, error) {
	var last, done int64
	if err := in.file.QueryRowContext(ctx, `SELECT COALESCE(MAX(pos), 0) FROM intake`).Scan(&last); err != nil {
		return 0, err
	}
	err := in.db.View(ctx, func(r *Reader) (err error) {
		done, err = r.Cursor(intakeCursor)
		return err
	})
	return max(last, done) + 1, err
}

// Append keeps a batch and returns when it is on the disk. Where the device has sent the same batch before, nothing is kept and the answer of that time is returned.
//
// Errors: ErrSeqTaken, ErrBusy, ErrClosed, ctx's own, or the engine's; with any of them but a lost connection nothing was kept.
func (in *Intake) Append(ctx context.Context, a Arrival) (answer string, err error) {
	w := &arriving{Arrival: a, done: make(chan struct{})}
	select {
	case <-in.quit:
		return "", ErrClosed
	default:
	}
	if in.behind.Load() >= intakeBehind {
		return "", ErrBusy
	}
	select {
	case in.queue <- w:
	default:
		return "", ErrBusy
	}
	select {
	case <-w.done:
	case <-in.quit:
		// The writers finish what waits; what came too late for them is answered here.
		in.stopped.Wait()
		select {
		case <-w.done:
		default:
			return "", ErrClosed
		}
	}
	if w.err != nil {
		return "", w.err
	}
	return w.Answer, nil
}

// Known returns the answer to a batch that was taken before; ErrSeqTaken where that batch said something else, ErrNotFound where there was none.
func (in *Intake) Known(ctx context.Context, d screening.DeviceID, seq int64, digest [sha256.Size]byte) (answer string, err error) {
	const text = `SELECT digest, answer FROM intake WHERE device = $1 AND seq = $2`
	const kept = `SELECT digest, answer FROM capture_batch WHERE device = $1 AND seq = $2`
	waiting := in.reads
	if waiting == nil {
		waiting = in.db.reads
	}
	// First where it waits, then where it is kept: it goes from the one to the other, never back.
	for _, ask := range []struct {
		db   *sql.DB
		text string
	}{{waiting, text}, {in.db.reads, kept}} {
		var was hashBytes
		err := ask.db.QueryRowContext(ctx, ask.text, int64(d), seq).Scan(&was, &answer)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return "", fmt.Errorf("look for batch %d of device %d: %w", seq, d, err)
		case was != digest:
			return "", ErrSeqTaken
		default:
			return answer, nil
		}
	}
	return "", ErrNotFound
}

// Last returns the highest number under which a device's batch was taken; 0 for none.
func (in *Intake) Last(ctx context.Context, d screening.DeviceID) (int64, error) {
	waiting := in.reads
	if waiting == nil {
		waiting = in.db.reads
	}
	// First where they wait, as in Known.
	var w, k int64
	if err := waiting.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM intake WHERE device = $1`, int64(d)).Scan(&w); err != nil {
		return 0, fmt.Errorf("look for batches of device %d: %w", d, err)
	}
	if err := in.db.reads.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM capture_batch WHERE device = $1`, int64(d)).Scan(&k); err != nil {
		return 0, fmt.Errorf("look for batches of device %d: %w", d, err)
	}
	return max(w, k), nil
}

// collect takes from the queue what may share a flush with first.
func (in *Intake) collect(first *arriving) []*arriving {
	list, bytes := []*arriving{first}, len(first.Sealed)
	for len(list) < intakeGroup && bytes < intakeBytes {
		select {
		case w := <-in.queue:
			list, bytes = append(list, w), bytes+len(w.Sealed)
		default:
			return list
		}
	}
	return list
}

// answer tells everybody of a group how it ended.
func (in *Intake) answer(list []*arriving, err error) {
	for _, w := range list {
		if err != nil && w.err == nil {
			w.err = fmt.Errorf("keep batch %d of device %d: %w", w.Seq, w.Device, err)
		}
		close(w.done)
	}
	if err == nil {
		in.behind.Add(int64(len(list)))
		in.tell()
	}
}

// tell wakes whoever waits for batches to project.
func (in *Intake) tell() {
	select {
	case in.grew <- struct{}{}:
	default:
	}
}

// Grew tells that batches have come in since it last told.
func (in *Intake) Grew() <-chan struct{} { return in.grew }

// Waiting is how many batches wait to be written.
func (in *Intake) Waiting() int { return len(in.queue) }

// each runs write for groups of what arrives, until Close and then for what still waits.
func (in *Intake) each(write func([]*arriving)) {
	for {
		select {
		case w := <-in.queue:
			write(in.collect(w))
		case <-in.quit:
			for {
				select {
				case w := <-in.queue:
					write(in.collect(w))
				default:
					return
				}
			}
		}
	}
}

func (in *Intake) writeSQLite() {
	ctx := context.Background() // the transaction is everybody's
	next := int64(0)
	in.each(func(list []*arriving) {
		var err error
		if next == 0 {
			next, err = in.next(ctx)
		}
		if err == nil {
			if err = in.insert(ctx, list, next); err == nil {
				next += int64(len(list))
			} else {
				next = 0 // whatever happened, ask again
			}
		}
		in.answer(list, err)
	})
}

// insert writes a group in one transaction from place next on. A batch that waits there already is left as it is; its arrival gets that answer, or ErrSeqTaken.
func (in *Intake) insert(ctx context.Context, list []*arriving, next int64) (err error) {
	tx, err := in.file.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	put, err := tx.PrepareContext(ctx, `INSERT INTO intake (pos, device, seq, outbreak, received_at, digest, answer, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device, seq) DO NOTHING`)
	if err != nil {
		return err
	}
	defer put.Close() //nolint:errcheck // it goes with the transaction
	for i, w := range list {
		w.err = nil
		res, err := put.ExecContext(ctx, next+int64(i), int64(w.Device), w.Seq, int64(w.Outbreak), instant(w.ReceivedAt), w.Digest[:], w.Answer, w.Sealed)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			var was hashBytes
			if err := tx.QueryRowContext(ctx, `SELECT digest, answer FROM intake WHERE device = ? AND seq = ?`, int64(w.Device), w.Seq).Scan(&was, &w.Answer); err != nil {
				return err
			}
			if was != w.Digest {
				w.err = ErrSeqTaken
			}
		}
	}
	return tx.Commit()
}

func (in *Intake) writePostgres() {
	ctx := context.Background()
	in.each(func(list []*arriving) {
		var err error
		start := time.Now()
		for try := 0; ; try++ {
			err = in.insertPostgres(ctx, list)
			// A commit whose answer was lost may have been kept. Doing it again is harmless: the same batch is found.
			if err == nil || in.db.d.retryable(err) == never || time.Since(start) > groupRetry {
				break
			}
			time.Sleep(time.Duration(5<<min(try, 7)) * time.Millisecond)
		}
		in.answer(list, err)
	})
}

func (in *Intake) insertPostgres(ctx context.Context, list []*arriving) error {
	args := make([]any, 0, 7*len(list))
	var text strings.Builder
	text.WriteString(`INSERT INTO intake (device, seq, outbreak, received_at, digest, answer, sealed) VALUES `)
	for i, w := range list {
		w.err = nil
		if i > 0 {
			text.WriteString(", ")
		}
		n := 7 * i
		fmt.Fprintf(&text, "($%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7)
		args = append(args, int64(w.Device), w.Seq, int64(w.Outbreak), instant(w.ReceivedAt), w.Digest[:], w.Answer, w.Sealed)
	}
	text.WriteString(` ON CONFLICT (device, seq) DO NOTHING`)
	res, err := in.db.reads.ExecContext(ctx, text.String(), args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == int64(len(list)) {
		return err
	}
	for _, w := range list {
		answer, err := in.Known(ctx, w.Device, w.Seq, w.Digest)
		switch {
		case errors.Is(err, ErrSeqTaken):
			w.err = err
		case err != nil:
			return err
		default:
			w.Answer = answer
		}
	}
	return nil
}

func (r *Reader) arrivals(text string, args ...any) ([]Arrival, error) {
	return scanArrivals(r.query(text, args...))
}

func scanArrivals(rows *sql.Rows, err error) ([]Arrival, error) {
	if err != nil {
		return nil, fmt.Errorf("read the intake: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []Arrival
	for rows.Next() {
		var a Arrival
		var received int64
		if err := rows.Scan(&a.pos, &a.Device, &a.Seq, &a.Outbreak, &received, (*hashBytes)(&a.Digest), &a.Answer, &a.Sealed); err != nil {
			return nil, fmt.Errorf("read the intake: %w", err)
		}
		a.ReceivedAt = when(received)
		out = append(out, a)
	}
	return out, rows.Err()
}

// Project takes up to limit batches that wait, in the order in which they came, and gives them to fn in one change: what fn writes is kept together with their being
// taken, or neither. Batches that were projected before are not given again. It returns how many were taken.
func (in *Intake) Project(ctx context.Context, limit int, fn func(*Tx, []Arrival) error) (n int, err error) {
	var end int64
	err = in.db.Update(ctx, func(tx *Tx) error {
		list, err := in.take(ctx, tx, limit)
		if n = len(list); err != nil || n == 0 {
			return err
		}
		if end = list[n-1].pos; in.file != nil {
			if err := tx.SetCursor(intakeCursor, end); err != nil {
				return err
			}
		}
		known, err := tx.knownBatches(list)
		if err != nil {
			return err
		}
		fresh := list[:0]
		for _, a := range list {
			if !known[batchKey{a.Device, a.Seq}] {
				fresh = append(fresh, a)
			}
		}
		return fn(tx, fresh)
	})
	if err != nil {
		return n, err
	}
	if n < limit {
		in.behind.Store(0) // also what other nodes took meanwhile is not waiting any more
	} else {
		in.behind.Add(-int64(n))
	}
	if n == 0 || in.file == nil {
		return n, nil
	}
	// What is projected need not wait any longer. If this fails it is passed over at the next start.
	if _, err := in.file.ExecContext(ctx, `DELETE FROM intake WHERE pos <= ?`, end); err != nil {
		return n, fmt.Errorf("forget projected batches: %w", err)
	}
	return n, nil
}

func (in *Intake) take(ctx context.Context, tx *Tx, limit int) ([]Arrival, error) {
	if in.file == nil {
		list, err := tx.arrivals(`WITH next AS (SELECT device, seq FROM intake ORDER BY received_at, device, seq LIMIT $1 FOR UPDATE SKIP LOCKED),
gone AS (DELETE FROM intake i USING next WHERE i.device = next.device AND i.seq = next.seq RETURNING i.device, i.seq, i.outbreak, i.received_at, i.digest, i.answer, i.sealed)
SELECT 0, device, seq, outbreak, received_at, digest, answer, sealed FROM gone ORDER BY received_at, device, seq`, limit)
		return list, err
	}
	done, err := tx.Cursor(intakeCursor)
	if err != nil {
		return nil, err
	}
	return scanArrivals(in.reads.QueryContext(ctx, `SELECT pos, device, seq, outbreak, received_at, digest, answer, sealed FROM intake WHERE pos > ? ORDER BY pos LIMIT ?`, done, limit))
}

// batchKey names a batch.
type batchKey struct {
	device screening.DeviceID
	seq    int64
}

// knownBatches returns which batches were projected before: one that came to two nodes, or again after its first arrival had been projected.
func (tx *Tx) knownBatches(list []Arrival) (map[batchKey]bool, error) {
	out := map[batchKey]bool{}
	err := inChunks(list, func(part []Arrival) error {
		var text strings.Builder
		text.WriteString(`SELECT device, seq FROM capture_batch WHERE (device, seq) IN (VALUES `)
		for i, a := range part {
			if i > 0 {
				text.WriteString(", ")
			}
			fmt.Fprintf(&text, "(%d, %d)", a.Device, a.Seq)
		}
		rows, err := tx.c.QueryContext(tx.ctx, text.String()+")") // its text is another each time
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var k batchKey
			if err := rows.Scan(&k.device, &k.seq); err != nil {
				return err
			}
			out[k] = true
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for projected batches: %w", err)
	}
	return out, nil
}

// KeepBatches writes for good what became of batches; the journal entries that tell of them follow each other from seq on.
func (tx *Tx) KeepBatches(list []Arrival, seq int64) error {
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{int64(a.Device), a.Seq, int64(a.Outbreak), instant(a.ReceivedAt), a.Digest[:], a.Answer, seq + int64(i)}
	}
	if err := tx.bulk(`INSERT INTO capture_batch (device, seq, outbreak, received_at, digest, answer, journal_seq) VALUES ($1, $2, $3, $4, $5, $6, $7)`, rows); err != nil {
		return fmt.Errorf("keep batches: %w", err)
	}
	return nil
}

// Close refuses new batches, writes those that already wait and closes the file.
func (in *Intake) Close() error {
	var err error
	in.once.Do(func() {
		close(in.quit)
		in.stopped.Wait()
		if in.file != nil {
			err = errors.Join(in.reads.Close(), in.file.Close())
		}
	})
	return err
}
