package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What benchmarks ask of a store from outside.

// IntakeBacklog is how many acknowledged batches wait to be projected, also for a store that OpenBeside opened.
func (db *DB) IntakeBacklog(ctx context.Context) (n int64, err error) {
	if db.d.name() != "sqlite" {
		err = db.reads.QueryRowContext(ctx, `SELECT COUNT(*) FROM intake`).Scan(&n)
		return n, err
	}
	list, err := waitingBatches(ctx, db.dir)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	err = db.View(ctx, func(r *Reader) error {
		done, err := r.Cursor(intakeCursor)
		for _, a := range list {
			if a.pos > done {
				n++
			}
		}
		return err
	})
	return n, err
}

// Size is how many bytes a store takes: its files on SQLite, the database on PostgreSQL.
func Size(ctx context.Context, o Options) (n int64, err error) {
	if o.URL == "" {
		for _, name := range []string{databaseName, databaseName + "-wal", intakeName, intakeName + "-wal"} {
			st, err := os.Stat(filepath.Join(o.Dir, name))
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return 0, err
			}
			n += st.Size()
		}
		return n, nil
	}
	return n, askPostgres(ctx, o, `SELECT pg_database_size(current_database())`, &n)
}

// WALWritten is how far the write-ahead log of PostgreSQL has come, in bytes; 0 on SQLite.
func WALWritten(ctx context.Context, o Options) (n int64, err error) {
	if o.URL == "" {
		return 0, nil
	}
	return n, askPostgres(ctx, o, `SELECT CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS BIGINT)`, &n)
}

func askPostgres(ctx context.Context, o Options, text string, into *int64) error {
	db, err := OpenBeside(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(db.reads.QueryRowContext(ctx, text).Scan(into), db.Close())
}

// limitTubes is how many tubes the limit is measured with, and limitTogether how many share a transaction.
const (
	limitTubes    = 100_000
	limitTogether = 1_000
)

// TubeInsertLimit inserts tubes of the store again, up to 100,000, into an empty table of the same columns and indexes, 1,000 a transaction and each flushed as every
// change is, and returns samples a second: what the engine can do when nothing else is asked of it. dir is a folder for a file of its own.
func (db *DB) TubeInsertLimit(ctx context.Context, dir string) (float64, error) {
	var list []Tube
	err := db.View(ctx, func(r *Reader) (err error) {
		list, err = r.tubes(`id > 0 ORDER BY id LIMIT $1`, limitTubes)
		return err
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	schema, err := migrations.ReadFile("migrations/00012_screening.sql")
	if err != nil {
		return 0, err
	}
	_, text, _ := strings.Cut(string(schema), "CREATE TABLE tube (")
	text, _, _ = strings.Cut("CREATE TABLE tube ("+text, "\n-- Tubes that")
	text = strings.NewReplacer("TABLE tube ", "TABLE tube_limit ", "INDEX tube_", "INDEX tube_limit_", "ON tube ", "ON tube_limit ").Replace(text)
	pool := db.reads
	if db.d.name() == "sqlite" {
		file := filepath.Join(dir, "limit.db")
		if pool, err = sql.Open("sqlite", sqliteFile(file)+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(16384)&_pragma=cache_size(-262144)"); err != nil {
			return 0, err
		}
		defer pool.Close() //nolint:errcheck // the file is thrown away
	}
	c, err := pool.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close() //nolint:errcheck // it goes back to the pool
	if _, err := c.ExecContext(ctx, db.d.schema(text)); err != nil {
		return 0, fmt.Errorf("measure the engine: %w", err)
	}
	samples, start := 0, time.Now()
	for ; len(list) > 0; list = list[min(limitTogether, len(list)):] {
		part := list[:min(limitTogether, len(list))]
		if err := db.insertPlain(ctx, c, part); err != nil {
			return 0, fmt.Errorf("measure the engine: %w", err)
		}
		for _, t := range part {
			samples += t.People
		}
	}
	took := time.Since(start).Seconds()
	_, err = c.ExecContext(ctx, "DROP TABLE tube_limit")
	return float64(samples) / took, err
}

// insertPlain inserts tubes in one transaction, as many a statement as the engine takes best.
func (db *DB) insertPlain(ctx context.Context, c *sql.Conn, list []Tube) error {
	const text = `INSERT INTO tube_limit (` + tubeColumns + `) VALUES ` + tubeValues
	rows := make([][]any, len(list))
	for i := range list {
		rows[i] = list[i].row()
	}
	if _, err := c.ExecContext(ctx, db.d.begin()); err != nil {
		return err
	}
	one, err := c.PrepareContext(ctx, db.d.statement(text))
	if err != nil {
		return err
	}
	defer one.Close() //nolint:errcheck // it goes with the connection
	st := statement{text: text, one: one}
	st.many, _ = timesRows(text, db.d.together())
	if st.all, err = c.PrepareContext(ctx, db.d.statement(st.many)); err != nil {
		return err
	}
	defer st.all.Close() //nolint:errcheck // it goes with the connection
	if err := db.d.bulk(ctx, c, st, rows); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "COMMIT")
	return err
}
