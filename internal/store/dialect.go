package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
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
	// statement rewrites a statement's placeholders as the engine's driver binds them fastest.
	statement(text string) string
	// listed binds lists of numbers in a statement where the engine prepares such texts slowly.
	listed(text string, args []any) (string, []any)
	// begin starts the writer's transaction.
	begin() string
	// beginRead starts a transaction that reads one snapshot.
	beginRead() string
	// lock ends a SELECT that must hold the row until the commit.
	lock() string
	// restarts says whether a transaction can be taken back and begun again without anybody coming in between, and a savepoint costs more than that is worth.
	restarts() bool
	// hasTable is a query that counts the tables called $1.
	hasTable() string
	// unindexed is a column as it stands in a condition that must not draw the engine to an index on it.
	unindexed(column string) string
	// commit ends the writer's transaction and fails when the engine rolled it back instead.
	commit(context.Context, *sql.Conn) error
	// looks says whether the engine plans by what its tables held when it last looked (ANALYZE).
	looks() bool
	// settle is what makes a database ready to be read after very many rows were written to it; empty where nothing does.
	settle() string
	// forgets says whether the connection can be lost during a commit, which then may or may not have taken place.
	forgets() bool
	// retryable says whether a transaction that failed with this error can be run again.
	retryable(error) retry
	// bulk runs one statement for many rows of arguments, in order.
	bulk(ctx context.Context, c *sql.Conn, st statement, rows [][]any) error
	// together is how many rows are best inserted by one statement.
	together() int
}

// retry says what may be done after a transaction failed.
type retry int

const (
	never     retry = iota // it would fail again
	again                  // it lost against another transaction
	reconnect              // the engine, or the way to it, is gone
)

type sqliteDialect struct{}

func (sqliteDialect) name() string         { return "sqlite" }
func (sqliteDialect) goose() goose.Dialect { return goose.DialectSQLite3 }
func (sqliteDialect) begin() string        { return "BEGIN IMMEDIATE" }
func (sqliteDialect) beginRead() string    { return "BEGIN" }
func (sqliteDialect) lock() string         { return "" }
func (sqliteDialect) forgets() bool        { return false }
func (sqliteDialect) restarts() bool       { return true }
func (sqliteDialect) settle() string       { return "" } // it keeps no statistics
func (sqliteDialect) looks() bool          { return false }

func (sqliteDialect) listed(text string, args []any) (string, []any) { return listed(text, args) }

func (sqliteDialect) commit(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, "COMMIT")
	return err
}

func (sqliteDialect) hasTable() string {
	return "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1"
}

// SQLite keeps no statistics by itself and prefers any equality on an index to the order asked for; the unary plus is its own way to say no.
func (sqliteDialect) unindexed(column string) string { return "+" + column }

var checkIn = regexp.MustCompile(`CHECK \((\w+) IN \(([^)]*)\)\)`)

func (sqliteDialect) schema(text string) string {
	// STRICT makes SQLite check column types as PostgreSQL does. It knows no BYTEA, BIGINT or DOUBLE PRECISION, and needs
	// no collation: its own order is that of the bytes. A BIGINT PRIMARY KEY becomes the row's own number (INTEGER).
	text = strings.NewReplacer(
		"BYTEA", "BLOB", "BIGINT", "INTEGER", "DOUBLE PRECISION", "REAL", ` COLLATE "C"`, "", "\n);", "\n) STRICT;",
	).Replace(text)
	// For IN with more than two values SQLite builds a temporary tree each time a row is written: a fifth of the cost of an import. OR costs nothing.
	text = checkIn.ReplaceAllStringFunc(text, func(check string) string {
		m := checkIn.FindStringSubmatch(check)
		values := strings.Split(m[2], ", ")
		for i, v := range values {
			values[i] = m[1] + " = " + v
		}
		return "CHECK (" + strings.Join(values, " OR ") + ")"
	})
	// A table with a key of several columns is that key's tree and no other beside it.
	parts := strings.SplitAfter(text, ") STRICT;")
	for i, t := range parts {
		if strings.Contains(t, "\n    PRIMARY KEY (") {
			parts[i] = strings.TrimSuffix(t, ";") + ", WITHOUT ROWID;"
		}
	}
	return strings.Join(parts, "")
}

// statement: SQLite takes $1 for a name, which the driver looks up for every parameter of every row; a bare ? is found by its place.
func (sqliteDialect) statement(text string) string {
	var out strings.Builder
	last := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\'', '?':
			return text // a literal might hold a $; such a text stays as it is
		case '$':
			n, j := 0, i+1
			for ; j < len(text) && text[j] >= '0' && text[j] <= '9'; j++ {
				n = n*10 + int(text[j]-'0')
			}
			if n != last+1 {
				return text // one value stands at two places
			}
			last = n
			out.WriteByte('?')
			i = j - 1
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func (sqliteDialect) retryable(err error) retry {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return never
	}
	if code := e.Code() & 0xff; code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED {
		return again // somebody looks into the file with another program
	}
	return never
}

// sqliteRows is past the point where what a statement costs by itself, beside its rows, still shows.
const sqliteRows = 16

func (sqliteDialect) together() int { return sqliteRows }

func (sqliteDialect) bulk(ctx context.Context, _ *sql.Conn, st statement, rows [][]any) error {
	i := 0
	for ; st.all != nil && i+sqliteRows <= len(rows); i += sqliteRows {
		if _, err := st.all.ExecContext(ctx, flat(rows[i:i+sqliteRows])...); err != nil {
			return fmt.Errorf("rows %d to %d of %d: %w", i+1, i+sqliteRows, len(rows), err)
		}
	}
	for ; i < len(rows); i++ {
		if _, err := st.one.ExecContext(ctx, rows[i]...); err != nil {
			return fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
	}
	return nil
}

type postgresDialect struct{}

func (postgresDialect) name() string                 { return "postgresql" }
func (postgresDialect) goose() goose.Dialect         { return goose.DialectPostgres }
func (postgresDialect) schema(text string) string    { return text }
func (postgresDialect) statement(text string) string { return text }
func (postgresDialect) begin() string                { return "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE" }
func (postgresDialect) beginRead() string            { return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" }
func (postgresDialect) lock() string                 { return " FOR UPDATE" }

// PostgreSQL does it by itself some minutes later (autovacuum).
func (postgresDialect) settle() string { return "VACUUM (ANALYZE)" }

func (postgresDialect) looks() bool { return true }

func (postgresDialect) hasTable() string {
	return "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1"
}

// PostgreSQL chooses by statistics, which an expression would blind.
func (postgresDialect) unindexed(column string) string { return column }

func (postgresDialect) forgets() bool  { return true }
func (postgresDialect) restarts() bool { return false }

func (postgresDialect) listed(text string, args []any) (string, []any) { return text, args }

func (postgresDialect) commit(ctx context.Context, c *sql.Conn) error {
	return c.Raw(func(dc any) error {
		pc, ok := dc.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("driver connection is %T, not pgx", dc)
		}
		tag, err := pc.Conn().Exec(ctx, "COMMIT")
		if err == nil && tag.String() != "COMMIT" {
			// PostgreSQL answers COMMIT of a failed transaction with a friendly ROLLBACK.
			err = fmt.Errorf("commit was answered by %s", tag)
		}
		return err
	})
}

func (postgresDialect) retryable(err error) retry {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch {
		case e.Code == "40001", e.Code == "40P01", e.Code == "55P03": // serialization_failure, deadlock_detected, lock_not_available
			return again
		case e.Code == "25006": // read_only_sql_transaction: this server was primary, and is no longer
			return reconnect
		case e.Code == "25P03", e.Code == "53300": // idle_in_transaction_session_timeout, too_many_connections
			return reconnect
		case strings.HasPrefix(e.Code, "57P"), strings.HasPrefix(e.Code, "08"): // the server goes down or comes up; connection errors
			return reconnect
		}
		return never
	}
	if lostConnection(err) {
		return reconnect
	}
	return never
}

// lostConnection says whether the engine went away.
func lostConnection(err error) bool {
	var n net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &n) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed")
}

// postgresRows is past the point where what a statement costs by itself, beside its rows, still shows; the protocol takes 65,535 arguments at most.
const postgresRows = 50

func (postgresDialect) together() int { return postgresRows }

func (postgresDialect) bulk(ctx context.Context, c *sql.Conn, st statement, rows [][]any) error {
	// A batch sends many statements without waiting for each answer: one network turn instead of one per statement.
	return c.Raw(func(dc any) error {
		pc, ok := dc.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("driver connection is %T, not pgx", dc)
		}
		const most = 2000
		for start := 0; start < len(rows); start += most {
			part := rows[start:min(start+most, len(rows))]
			b := &pgx.Batch{}
			i := 0
			for ; st.many != "" && i+postgresRows <= len(part); i += postgresRows {
				b.Queue(st.many, flat(part[i:i+postgresRows])...)
			}
			for ; i < len(part); i++ {
				b.Queue(st.text, part[i]...)
			}
			res := pc.Conn().SendBatch(ctx, b)
			for k := range b.Len() {
				if _, err := res.Exec(); err != nil {
					_ = res.Close() // the first error is the one that tells
					return fmt.Errorf("statement %d of %d for rows %d to %d: %w", k+1, b.Len(), start+1, start+len(part), err)
				}
			}
			if err := res.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}
