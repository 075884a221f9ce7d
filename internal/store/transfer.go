package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ownTables are not copied between databases: they belong to one database or to its nodes.
const ownTables = "'goose_db_version', 'goose_lock', 'writer_turn'"

// table is a table and its columns, in the order that SQLite keeps them.
type table struct {
	name    string
	columns []string
}

// tables lists what is copied. SQLite's own description of the one schema text serves both engines.
func tables(ctx context.Context, lite *sql.DB) ([]table, error) {
	const text = `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name NOT IN (` + ownTables + `) ORDER BY m.name, c.cid`
	rows, err := lite.QueryContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var list []table
	for rows.Next() {
		var name, column string
		if err := rows.Scan(&name, &column); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		if len(list) == 0 || list[len(list)-1].name != name {
			list = append(list, table{name: name})
		}
		last := &list[len(list)-1]
		last.columns = append(last.columns, column)
	}
	return list, rows.Err()
}

func (t table) selectAll() string {
	return "SELECT " + strings.Join(t.columns, ", ") + " FROM " + t.name
}

// scanAny reads a row of whatever types.
func scanAny(rows *sql.Rows, row []any) error {
	at := make([]any, len(row))
	for i := range row {
		at[i] = &row[i]
	}
	return rows.Scan(at...)
}

// copyToSQLite copies all that r sees into a new SQLite file with the same schema.
func copyToSQLite(ctx context.Context, r *Reader, file string) error {
	// Opening a store in the file's folder writes the schema; the file is then filled through a plain connection.
	if filepath.Base(file) != databaseName {
		return fmt.Errorf("copy to %s: the file must be named %s", file, databaseName)
	}
	made, err := Open(ctx, Options{Dir: filepath.Dir(file), Log: r.db.log})
	if err != nil {
		return err
	}
	if err := made.Close(); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(filepath.Dir(file), "lock")); err != nil {
		return err
	}
	// Nothing is lost when this process dies: the copy is then of no use. So it waits for no disk and keeps no journal.
	lite, err := sql.Open("sqlite", sqliteFile(file)+"?_pragma=journal_mode(DELETE)&_pragma=synchronous(OFF)&_pragma=cache_size(-65536)")
	if err != nil {
		return err
	}
	lite.SetMaxOpenConns(1)
	return errors.Join(fillSQLite(ctx, r, lite), lite.Close())
}

func fillSQLite(ctx context.Context, r *Reader, lite *sql.DB) error {
	list, err := tables(ctx, lite)
	if err != nil {
		return err
	}
	tx, err := lite.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	for _, t := range list {
		if err := fillTable(ctx, r, tx, t); err != nil {
			return fmt.Errorf("copy table %s: %w", t.name, err)
		}
	}
	return tx.Commit()
}

func fillTable(ctx context.Context, r *Reader, tx *sql.Tx, t table) error {
	// The schema's own first rows make room for those that are copied.
	if _, err := tx.ExecContext(ctx, "DELETE FROM "+t.name); err != nil {
		return err
	}
	places := make([]string, len(t.columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+") VALUES ("+strings.Join(places, ", ")+")")
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // it goes with the transaction
	rows, err := r.query(t.selectAll())
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	row := make([]any, len(t.columns))
	for rows.Next() {
		if err := scanAny(rows, row); err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// copyToPostgres fills the empty PostgreSQL database of o from an SQLite file and checks what has arrived.
func copyToPostgres(ctx context.Context, file string, m Manifest, o Options) (err error) {
	db, err := Open(ctx, Options{URL: o.URL, Now: o.Now, Log: o.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	lite, err := sql.Open("sqlite", sqliteFile(file)+"?mode=ro&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer lite.Close() //nolint:errcheck // only read
	list, err := tables(ctx, lite)
	if err != nil {
		return err
	}
	c, err := db.reads.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // it goes back to a pool that is about to close
	err = c.Raw(func(dc any) error {
		pc, ok := dc.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("driver connection is %T, not pgx", dc)
		}
		return pgx.BeginFunc(ctx, pc.Conn(), func(tx pgx.Tx) error { return fillPostgres(ctx, tx, lite, list) })
	})
	if err != nil {
		return err
	}
	v, err := db.VerifyJournal(ctx)
	if err != nil {
		return err
	}
	return v.matches(m)
}

func fillPostgres(ctx context.Context, tx pgx.Tx, lite *sql.DB, list []table) error {
	// Whoever else has this database open must not write between the look and the copy.
	if _, err := tx.Exec(ctx, "SELECT seq FROM journal_head WHERE id = 1 FOR UPDATE"); err != nil {
		return err
	}
	for _, t := range list {
		if t.name == "id_block" || t.name == "journal_head" {
			if _, err := tx.Exec(ctx, "DELETE FROM "+t.name); err != nil { // the schema's own first rows
				return err
			}
			continue
		}
		var some bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM "+t.name+")").Scan(&some); err != nil {
			return err
		}
		if some {
			return fmt.Errorf("database: table %s has rows: %w", t.name, ErrNotEmpty)
		}
	}
	for _, t := range list {
		if err := copyTable(ctx, tx, lite, t); err != nil {
			return fmt.Errorf("copy table %s: %w", t.name, err)
		}
	}
	return nil
}

func copyTable(ctx context.Context, tx pgx.Tx, lite *sql.DB, t table) error {
	rows, err := lite.QueryContext(ctx, t.selectAll())
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	_, err = tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		row := make([]any, len(t.columns))
		return row, scanAny(rows, row)
	}))
	return err
}
