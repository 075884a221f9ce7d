package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// openReaders opens a pool of SQLite connections for reading. Each keeps what it has prepared: to read a statement's text and plan it costs the engine more than to
// find the few rows that most of them ask for. (PostgreSQL's driver does the same by itself.)
func openReaders(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(preparing{c}), nil
}

type preparing struct{ driver.Connector }

// Connect opens a connection.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's connection lacks what database/sql asks of it"), c.Close())
	}
	return &preparedConn{sqliteConn: full, stmts: map[string]*keptStmt{}}, nil
}

// sqliteConn is what the driver's connection is asked for.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparedConn keeps the statements of its queries. database/sql sees to it that one goroutine at a time uses it.
type preparedConn struct {
	sqliteConn
	stmts map[string]*keptStmt
}

// keptStmt is a statement; busy while its rows are read, so that the same query within them does not begin it anew.
type keptStmt struct {
	driver.Stmt
	busy bool
}

// QueryContext runs a query with the statement kept of its text.
func (c *preparedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	k := c.stmts[text]
	if k == nil {
		if len(c.stmts) >= mostPrepared {
			if err := c.forget(); err != nil {
				return nil, err
			}
		}
		s, err := c.PrepareContext(ctx, sqliteDialect{}.statement(text))
		if err != nil {
			return nil, err
		}
		k = &keptStmt{Stmt: s}
		c.stmts[text] = k
	}
	q, ok := k.Stmt.(driver.StmtQueryContext)
	if k.busy || !ok {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	rows, err := q.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	typed, ok := rows.(sqliteRowsOf)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's rows lack what database/sql asks of them"), rows.Close())
	}
	k.busy = true
	return &keptRows{sqliteRowsOf: typed, of: k}, nil
}

// forget closes what is kept and not being read.
func (c *preparedConn) forget() (err error) {
	for text, k := range c.stmts {
		if !k.busy {
			err = errors.Join(err, k.Stmt.Close())
			delete(c.stmts, text)
		}
	}
	return err
}

// Close ends the connection and what was prepared on it.
func (c *preparedConn) Close() error { return errors.Join(c.forget(), c.sqliteConn.Close()) }

// sqliteRowsOf is what the driver's rows tell beside their values.
type sqliteRowsOf interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keptRows gives its statement back when it is closed.
type keptRows struct {
	sqliteRowsOf
	of *keptStmt
}

// Close ends the reading.
func (r *keptRows) Close() error {
	err := r.sqliteRowsOf.Close()
	r.of.busy = false
	return err
}
