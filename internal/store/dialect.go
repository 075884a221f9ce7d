package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is all that differs between the engines. Statements are one text for both: placeholders $1, $2 ... in order of first
// appearance, BIGINT instants, ISO text days, no RETURNING tricks, no triggers.
type dialect interface {
	name() string
	goose() goose.Dialect
	// schema rewrites the one migration text for this engine.
	schema(text string) string
	// begin starts the writer's transaction.
	begin() string
	// beginRead starts a transaction that reads one snapshot.
	beginRead() string
	// lock ends a SELECT that must hold the row until the commit.
	lock() string
	// hasTable is a query that counts the tables called $1.
	hasTable() string
	// unindexed is a column as it stands in a condition that must not draw the engine to an index on it.
	unindexed(column string) string
	// retryable says whether the transaction failed only because of others and may be run again.
	retryable(error) bool
	// bulk runs one statement for many rows of arguments, in order.
	bulk(ctx context.Context, c *sql.Conn, prepared *sql.Stmt, text string, rows [][]any) error
}

type sqliteDialect struct{}

func (sqliteDialect) name() string         { return "sqlite" }
func (sqliteDialect) goose() goose.Dialect { return goose.DialectSQLite3 }
func (sqliteDialect) begin() string        { return "BEGIN IMMEDIATE" }
func (sqliteDialect) beginRead() string    { return "BEGIN" }
func (sqliteDialect) lock() string         { return "" }

func (sqliteDialect) hasTable() string {
	return "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1"
}

// SQLite keeps no statistics by itself and prefers any equality on an index to the order asked for; the unary plus is its own way to say no.
func (sqliteDialect) unindexed(column string) string { return "+" + column }

func (sqliteDialect) schema(text string) string {
	// STRICT makes SQLite check column types as PostgreSQL does. It knows no BYTEA, BIGINT or DOUBLE PRECISION, and needs
	// no collation: its own order is that of the bytes. A BIGINT PRIMARY KEY becomes the row's own number (INTEGER).
	text = strings.NewReplacer(
		"BYTEA", "BLOB", "BIGINT", "INTEGER", "DOUBLE PRECISION", "REAL", ` COLLATE "C"`, "", "\n);", "\n) STRICT;",
	).Replace(text)
	return text
}

func (sqliteDialect) retryable(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

func (sqliteDialect) bulk(ctx context.Context, _ *sql.Conn, prepared *sql.Stmt, _ string, rows [][]any) error {
	// One prepared statement run row by row is the fastest way in here; a many-row VALUES list costs more to parse than it saves.
	for i, r := range rows {
		if _, err := prepared.ExecContext(ctx, r...); err != nil {
			return fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
	}
	return nil
}

type postgresDialect struct{}

func (postgresDialect) name() string              { return "postgresql" }
func (postgresDialect) goose() goose.Dialect      { return goose.DialectPostgres }
func (postgresDialect) schema(text string) string { return text }
func (postgresDialect) begin() string             { return "BEGIN" }
func (postgresDialect) beginRead() string         { return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" }
func (postgresDialect) lock() string              { return " FOR UPDATE" }

func (postgresDialect) hasTable() string {
	return "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1"
}

// PostgreSQL chooses by statistics, which an expression would blind.
func (postgresDialect) unindexed(column string) string { return column }

func (postgresDialect) retryable(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code {
		case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
			return true
		}
		// 57P01-57P03: the server is going down or coming up; a fail-over looks like this.
		return strings.HasPrefix(e.Code, "57P") || strings.HasPrefix(e.Code, "08")
	}
	return lostConnection(err)
}

// lostConnection says whether the engine went away: the transaction may or may not have been committed.
func lostConnection(err error) bool {
	var n net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) || errors.As(err, &n) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF")
}

func (postgresDialect) bulk(ctx context.Context, c *sql.Conn, _ *sql.Stmt, text string, rows [][]any) error {
	// A batch sends all rows without waiting for each answer: one network turn instead of one per row.
	return c.Raw(func(dc any) error {
		pc, ok := dc.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("driver connection is %T, not pgx", dc)
		}
		const most = 2000
		for start := 0; start < len(rows); start += most {
			part := rows[start:min(start+most, len(rows))]
			b := &pgx.Batch{}
			for _, r := range part {
				b.Queue(text, r...)
			}
			res := pc.Conn().SendBatch(ctx, b)
			for i := range part {
				if _, err := res.Exec(); err != nil {
					_ = res.Close() // the first error is the one that tells
					return fmt.Errorf("row %d of %d: %w", start+i+1, len(rows), err)
				}
			}
			if err := res.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}
