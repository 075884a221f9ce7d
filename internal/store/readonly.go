package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"time"
)

// ErrReadOnly is returned by Update on a store that OpenBeside opened.
var ErrReadOnly = errors.New("the store is open for reading only")

// OpenBeside opens a store to read and to back up, also while a server holds the folder: SQLite lets any number of processes read beside the one that
// writes, so no lock is taken, nothing is written and the schema stays as it is (ADR 0008). On PostgreSQL it reads as any other connection does.
// Update fails with ErrReadOnly; Watch never tells. While a View lasts, the server's write-ahead log grows by what is written meanwhile.
//
// Errors: wrapping ErrNotFound where there is no store.
func OpenBeside(ctx context.Context, o Options) (*DB, error) {
	if err := Exists(o); err != nil {
		return nil, err
	}
	db := &DB{dir: o.Dir, now: o.Now, log: o.Log, readOnly: true, stopped: make(chan struct{}), quit: make(chan struct{}), unfollow: func() {}}
	close(db.stopped) // there is no writer
	if db.now == nil {
		db.now = time.Now
	}
	if db.log == nil {
		db.log = slog.Default()
	}
	if o.Readers == 0 {
		o.Readers = 2 * runtime.GOMAXPROCS(0)
	}
	if o.URL != "" {
		if err := db.openPostgres(o); err != nil {
			return nil, err
		}
	} else if err := db.openSQLiteBeside(o); err != nil {
		return nil, err
	}
	if err := db.reads.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.closeFiles())
	}
	// Nothing brings the schema up to date here: one that is older knows of no drill.
	_ = db.loadDrill(ctx)
	return db, nil
}

// openSQLiteBeside opens the file so that this process cannot change it, whatever it does.
func (db *DB) openSQLiteBeside(o Options) (err error) {
	db.d, db.unlock = sqliteDialect{}, func() error { return nil }
	file := filepath.Join(o.Dir, databaseName)
	dsn := sqliteFile(file) + besidePragmas
	if db.reads, err = openReaders(dsn + "&_pragma=query_only(1)&_pragma=cache_size(-32768)"); err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	db.reads.SetMaxOpenConns(o.Readers)
	db.reads.SetMaxIdleConns(o.Readers)
	if db.writes, err = sql.Open("sqlite", dsn); err != nil { // so that Close has one to close
		return errors.Join(fmt.Errorf("open %s: %w", file, err), db.reads.Close())
	}
	return nil
}

// besidePragmas: the file cannot be written through this connection, and what is sorted stays in memory.
const besidePragmas = "?mode=ro&_pragma=busy_timeout(5000)&_pragma=temp_store(MEMORY)"
