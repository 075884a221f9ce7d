package store

import (
	"context"
	"path/filepath"
	"testing"
)

// TestReadersKeepStatements: a reading connection prepares a text once, and the same query within the rows of itself does not disturb them.
func TestReadersKeepStatements(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool, err := openReaders(sqliteFile(filepath.Join(t.TempDir(), "a.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	c, err := pool.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2), (3)"); err != nil {
		t.Fatal(err)
	}
	const text = "SELECT a FROM t WHERE a > $1 ORDER BY a"
	read := func(above int, within func()) (sum int) {
		rows, err := c.QueryContext(ctx, text, above)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var a int
			if err := rows.Scan(&a); err != nil {
				t.Fatal(err)
			}
			sum += a
			if within != nil {
				within()
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return sum
	}
	inner := 0
	if sum := read(0, func() { inner += read(1, nil) }); sum != 6 || inner != 15 {
		t.Errorf("sum %d, of those within %d; want 6 and 15", sum, inner)
	}
	if sum := read(2, nil); sum != 3 {
		t.Errorf("sum above 2: %d, want 3", sum)
	}
	kept := 0
	if err := c.Raw(func(dc any) error { kept = len(dc.(*preparedConn).stmts); return nil }); err != nil {
		t.Fatal(err)
	}
	if kept != 1 {
		t.Errorf("%d statements are kept, want 1", kept)
	}
}
