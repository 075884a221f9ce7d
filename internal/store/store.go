// Package store keeps everything in SQL: SQLite in a folder by default, PostgreSQL when a city outgrows one machine.
//
// One statement text serves both engines; dialect.go holds what differs. All writes go through one writer (Update), which
// runs many small changes in one transaction and so shares one flush among them; reads (View) see one snapshot. Statements
// are constants beside the one function that uses them. Instants are BIGINT microseconds UTC with 0 for "not yet",
// days are ISO text, empty for "unknown", so that both engines sort them alike.
//
// command, web, api and cmd import it; it imports the nouns and journal.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // the "sqlite" driver

	"firebreak/internal/drill/pace"
	"firebreak/internal/place"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrHeld is wrapped by Open when another process holds the folder.
var ErrHeld = errors.New("another firebreak process holds this folder")

// ErrNotFound is wrapped when a row that was asked for by name or ID is not there, or not in the caller's scope.
var ErrNotFound = errors.New("not found")

// ErrNewerSchema is wrapped by Open when a newer program has written the database.
var ErrNewerSchema = errors.New("written by a newer firebreak")

// Options says where and how a store is opened.
type Options struct {
	// Dir is the data folder: the SQLite file, the lock and the key file are in it. It is made when absent.
	Dir string
	// URL of a PostgreSQL database ("postgres://..."); empty means SQLite in Dir.
	URL string
	// Now is the clock; nil means time.Now. In a store that was begun as a drill it is not asked.
	Now func() time.Time
	// Log gets what an operator must know; nil means slog.Default.
	Log *slog.Logger
	// Readers bounds the connections for reading; 0 means 4 per processor.
	Readers int
	// Unflushed lets SQLite answer before a change has reached the disk, so that a power cut can lose or break what was answered. It is for
	// filling a folder that can be made again, as the demo's; never for records. PostgreSQL takes no notice of it.
	Unflushed bool
}

// DB is an open store. It is safe for concurrent use. Close it.
type DB struct {
	d       dialect
	dir     string
	now     func() time.Time
	log     *slog.Logger
	reads   *sql.DB
	writes  *sql.DB // one connection
	unlock  func() error
	queue   chan *change
	stopped chan struct{}
	quit    chan struct{}
	close   sync.Once
	// unfollow ends the watch for other nodes' changes and waits for it.
	unfollow func()
	// id tells this writer from those of other nodes.
	id int64
	// readOnly says that OpenBeside made it.
	readOnly bool

	head  atomic.Int64 // sequence of the last journal entry known to be committed
	watch watchers
	tree  atomic.Pointer[treeAt]

	commits, changes atomic.Int64

	pace pace.Keeper // how the clock of a drill goes; none where this is no drill, and the clock is now
}

// Open opens the store, brings its schema up to date and starts the writer.
func Open(ctx context.Context, o Options) (*DB, error) {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	db := &DB{id: int64(binary.BigEndian.Uint64(id[:]) >> 1), dir: o.Dir, now: o.Now, log: o.Log, queue: make(chan *change, 4096), stopped: make(chan struct{}), quit: make(chan struct{})}
	if db.now == nil {
		db.now = time.Now
	}
	if db.log == nil {
		db.log = slog.Default()
	}
	if o.Readers == 0 {
		o.Readers = 4 * runtime.GOMAXPROCS(0)
	}
	var err error
	if o.URL != "" {
		err = db.openPostgres(o)
	} else {
		err = db.openSQLite(o)
	}
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.closeFiles())
	}
	if err := errors.Join(db.loadHead(ctx), db.loadDrill(ctx)); err != nil {
		return nil, errors.Join(err, db.closeFiles())
	}
	// The follower lives as long as the store, not as long as the call that opened it.
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	var followed sync.WaitGroup
	if db.d.name() != "sqlite" { // there is no other node on SQLite
		followed.Go(func() { db.follow(following) })
	}
	db.unfollow = func() { stop(); followed.Wait() }
	go db.writer()
	return db, nil
}

func (db *DB) openSQLite(o Options) error {
	if o.Dir == "" {
		return errors.New("open store: a data folder or a database URL is needed")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	unlock, err := lockFolder(o.Dir)
	if err != nil {
		return err
	}
	db.d, db.unlock = sqliteDialect{}, unlock
	file := filepath.Join(o.Dir, "main.db")
	// A file of its own rights even in a folder that somebody else made for all to read; SQLite gives the files beside it the same.
	if f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return errors.Join(fmt.Errorf("open store: %w", err), unlock())
	} else if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("open store: %w", err), unlock())
	}
	// FULL: what was answered survives a power cut. The checkpoint is rare (64 MB) because pages are then written once, not often.
	pragmas := "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(OFF)" +
		"&_pragma=wal_autocheckpoint(16384)&_pragma=temp_store(MEMORY)"
	if o.Unflushed {
		pragmas = strings.Replace(pragmas, "synchronous(FULL)", "synchronous(OFF)", 1)
	}
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() + pragmas
	if db.writes, err = sql.Open("sqlite", dsn+"&_pragma=cache_size(-262144)"); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", file, err), unlock())
	}
	db.writes.SetMaxOpenConns(1)
	// The writer's first connection sets WAL before any reader can race it on a new file.
	if err := db.writes.Ping(); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", file, err), db.writes.Close(), unlock())
	}
	if db.reads, err = openReaders(dsn + "&_pragma=query_only(1)&_pragma=cache_size(-32768)"); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", file, err), db.writes.Close(), unlock())
	}
	db.reads.SetMaxOpenConns(o.Readers)
	db.reads.SetMaxIdleConns(o.Readers)
	return nil
}

func (db *DB) openPostgres(o Options) error {
	if !strings.HasPrefix(o.URL, "postgres://") && !strings.HasPrefix(o.URL, "postgresql://") {
		return fmt.Errorf("open store: database URL must start with postgres://, got %q", scheme(o.URL))
	}
	db.d, db.unlock = postgresDialect{}, func() error { return nil }
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return fmt.Errorf("open store: %w", err)
		}
	}
	c, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return errors.New("open store: database URL cannot be read") // the cause could show the password
	}
	setDefault(c.RuntimeParams, "application_name", "firebreak")
	db.reads = stdlib.OpenDB(*c)
	// A node that hangs or is cut off while it holds the journal head would stop all others.
	c = c.Copy()
	setDefault(c.RuntimeParams, "idle_in_transaction_session_timeout", "60s")
	db.writes = stdlib.OpenDB(*c)
	db.writes.SetMaxOpenConns(1)
	o.Readers = max(o.Readers, 2) // bringing the schema up to date needs two
	db.reads.SetMaxOpenConns(o.Readers)
	db.reads.SetMaxIdleConns(o.Readers)
	return nil
}

func setDefault(m map[string]string, k, v string) {
	if _, ok := m[k]; !ok {
		m[k] = v
	}
}

// scheme is what may be shown of a database URL: the rest holds a password.
func scheme(u string) string {
	s, _, _ := strings.Cut(u, ":")
	return s
}

func (db *DB) migrate(ctx context.Context) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	pool, options := db.writes, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()),
		// Branches that grow side by side land in any order: a folder that has a later migration still gets an earlier one. None of them may build on a number above its own.
		goose.WithAllowOutofOrder(true)}
	if db.d.name() == "postgresql" {
		// Nodes may start together: a row in a table lets one of them work while the others wait. It needs connections beside the one that works.
		locker, err := lock.NewPostgresTableLocker(lock.WithTableLockTimeout(250*time.Millisecond, 1200), lock.WithTableUnlockTimeout(250*time.Millisecond, 40))
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		pool, options = db.reads, append(options, goose.WithLocker(locker))
	}
	p, err := goose.NewProvider(db.d.goose(), pool, rewritten{sub, db.d.schema}, options...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, know, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if have > know {
		return fmt.Errorf("the database has schema %d, this program knows %d: %w", have, know, ErrNewerSchema)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// Settle makes the database ready to be read after very many rows were written to it. It may take minutes; the engine does the same by itself in time.
func (db *DB) Settle(ctx context.Context) error {
	text := db.d.settle()
	if text == "" {
		return nil
	}
	if _, err := db.reads.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return nil
}

// Engine returns "sqlite" or "postgresql".
func (db *DB) Engine() string { return db.d.name() }

// Dir returns the data folder; empty for a PostgreSQL store opened without one.
func (db *DB) Dir() string { return db.dir }

// Now returns the store's time, cut to the microsecond that it can keep: in a drill, what its clock shows.
func (db *DB) Now() time.Time {
	real := db.Real()
	if at, drill := db.pace.Clock(real); drill {
		return at
	}
	return real
}

// Real returns the world's time, in a drill too: for what happens to people at screens, as that they have logged in.
func (db *DB) Real() time.Time { return db.now().UTC().Truncate(time.Microsecond) }

// Stats counts what the store has done since it was opened.
type Stats struct {
	Commits int64 // transactions committed
	Changes int64 // changes that were part of them, those that failed by themselves included
	Waiting int   // changes that wait for the writer now
}

// Stats returns the store's counters.
func (db *DB) Stats() Stats {
	return Stats{Commits: db.commits.Load(), Changes: db.changes.Load(), Waiting: len(db.queue)}
}

// Ping says whether the engine answers.
func (db *DB) Ping(ctx context.Context) error { return db.reads.PingContext(ctx) }

// closing says whether Close was called.
func (db *DB) closing() bool {
	select {
	case <-db.quit:
		return true
	default:
		return false
	}
}

// Close refuses new changes, finishes those that already wait and closes the files.
func (db *DB) Close() error {
	var err error
	db.close.Do(func() {
		close(db.quit)
		db.unfollow()
		<-db.stopped
		err = db.closeFiles()
	})
	return err
}

func (db *DB) closeFiles() error {
	return errors.Join(db.reads.Close(), db.writes.Close(), db.unlock())
}

// Reader runs queries in one snapshot. Every query that returns people or what belongs to them takes a Scope.
type Reader struct {
	ctx  context.Context
	c    *sql.Conn
	db   *DB
	tree *place.Tree
	// within is the group of an Update, where what is read may not be committed yet; nil for a View.
	within *group
}

// Context of the reading.
func (r *Reader) Context() context.Context { return r.ctx }

// View runs fn in one read-only snapshot.
func (db *DB) View(ctx context.Context, fn func(*Reader) error) error {
	c, err := db.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	defer func() {
		// The snapshot must end even when ctx has: a connection in a transaction must not go back to the pool.
		if _, err := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
			_ = c.Raw(func(any) error { return driver.ErrBadConn })
		}
		_ = c.Close() // nothing was written
	}()
	return fn(&Reader{ctx: ctx, c: c, db: db})
}

// snapshot begins a reading transaction. A pool may hold connections to a server that has since been restarted; those are passed over.
func (db *DB) snapshot(ctx context.Context) (*sql.Conn, error) {
	for try := 0; ; try++ {
		c, err := db.reads.Conn(ctx)
		if err != nil {
			return nil, err
		}
		if _, err = c.ExecContext(ctx, db.d.beginRead()); err == nil {
			return c, nil
		}
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
		_ = c.Close()
		if try >= db.reads.Stats().MaxOpenConnections || db.d.retryable(err) != reconnect {
			return nil, err
		}
	}
}

func (r *Reader) query(text string, args ...any) (*sql.Rows, error) {
	text, args = r.db.d.listed(text, args)
	if r.within != nil {
		s, err := r.within.prepare(r.ctx, text) //nolint:sqlclosecheck // kept as long as the connection, and closed with it in drop
		if err != nil {
			return nil, err
		}
		return s.QueryContext(r.ctx, args...)
	}
	return r.c.QueryContext(r.ctx, text, args...)
}

func (r *Reader) row(text string, args ...any) *sql.Row {
	text, args = r.db.d.listed(text, args)
	if r.within != nil {
		if s, err := r.within.prepare(r.ctx, text); err == nil { //nolint:sqlclosecheck // kept as long as the connection; if it cannot be prepared, the engine says why below
			return s.QueryRowContext(r.ctx, args...)
		}
	}
	return r.c.QueryRowContext(r.ctx, text, args...)
}

// instant is how instants are stored.
func instant(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// when reads what instant stored.
func when(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Commits returns how many transactions the writer has committed since the store was opened, and how many changes they held.
func (db *DB) Commits() (commits, changes int64) { return db.commits.Load(), db.changes.Load() }
