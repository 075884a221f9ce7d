package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/journal"
)

// Schema says which version of the tables a database has and which this program needs.
type Schema struct {
	Engine string `json:"engine"` // "sqlite" or "postgresql"
	Have   int64  `json:"have"`   // 0 for a database without tables
	Want   int64  `json:"want"`
}

// Current says whether nothing is to be migrated.
func (s Schema) Current() bool { return s.Have == s.Want }

// Exists says whether there is a store to open; without one the error wraps ErrNotFound. Open would make an empty one, which is no
// answer to whoever mistyped the folder.
func Exists(o Options) error {
	if o.URL != "" {
		return nil // the engine itself says so
	}
	_, err := os.Stat(filepath.Join(o.Dir, "main.db"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("folder %s holds no firebreak data: %w", o.Dir, ErrNotFound)
	}
	return err
}

// ReadSchema reads the version of the schema without changing anything, also while a server holds the folder: Open migrates, this does not. Errors as of
// OpenBeside.
func ReadSchema(ctx context.Context, o Options) (s Schema, err error) {
	db, err := OpenBeside(ctx, o)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, db.closeFiles()) }()
	if s.Want, err = newestMigration(); err != nil {
		return s, err
	}
	s.Engine = db.d.name()
	if s.Have, err = appliedMigration(ctx, db.reads, db.d.hasTable()); err != nil {
		return s, fmt.Errorf("read schema version: %w", err)
	}
	return s, nil
}

// newestMigration returns the number of the last of the embedded migrations.
func newestMigration() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, f := range files {
		number, _, _ := strings.Cut(filepath.Base(f), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", f, err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}

func appliedMigration(ctx context.Context, db *sql.DB, hasTable string) (int64, error) {
	var tables int64
	if err := db.QueryRowContext(ctx, hasTable, "goose_db_version").Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	var version int64
	err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}

// JournalEnd is what the journal's head says of its end.
type JournalEnd struct {
	Seq  int64
	Hash journal.Hash
}

// JournalEnd returns the head that every commit writes. The error wraps journal.ErrBroken when it is not there.
func (r *Reader) JournalEnd() (end JournalEnd, err error) {
	err = r.row("SELECT seq, hash FROM journal_head WHERE id = 1").Scan(&end.Seq, (*hashColumn)(&end.Hash))
	if errors.Is(err, sql.ErrNoRows) {
		return end, fmt.Errorf("the journal's head was removed: %w", journal.ErrBroken)
	}
	if err != nil {
		return end, fmt.Errorf("read journal head: %w", err)
	}
	return end, nil
}

// VerifyJournalEnd is the quick check that goes with every start: the last entry fits the one before it and is the one the head
// names. VerifyJournal walks them all. The error wraps journal.ErrBroken; at is when the last entry was recorded, zero in an empty journal.
func (r *Reader) VerifyJournalEnd() (at time.Time, err error) {
	end, err := r.JournalEnd()
	if err != nil {
		return at, err
	}
	last, err := r.entries(`SELECT ` + entryColumns + ` FROM journal ORDER BY seq DESC LIMIT 2`)
	if err != nil {
		return at, err
	}
	if len(last) == 0 {
		if end.Seq != 0 {
			return at, fmt.Errorf("the journal is empty, its head says entry %d: %w", end.Seq, journal.ErrBroken)
		}
		return at, nil
	}
	e := last[0]
	if e.Seq != end.Seq || e.Hash != end.Hash {
		return at, fmt.Errorf("the journal ends at entry %d, its head says %d: entries were removed, altered or added at the end: %w", e.Seq, end.Seq, journal.ErrBroken)
	}
	var prev journal.Hash
	if len(last) == 2 {
		prev = last[1].Hash
	}
	if len(last) == 2 && last[1].Seq != e.Seq-1 || e.Chain(prev) != e.Hash {
		return at, fmt.Errorf("entry %d does not match its hash: %w", e.Seq, journal.ErrBroken)
	}
	return e.RecordedAt, nil
}

// CheckPages has SQLite read every page and index of its file and compare them; PostgreSQL is left to its own tools. The
// time it takes grows with the file.
func (db *DB) CheckPages(ctx context.Context) error {
	if db.d.name() != "sqlite" {
		return nil
	}
	var said string
	if err := db.reads.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("check pages: %w", err)
	}
	if said != "ok" {
		return fmt.Errorf("check pages: %s", said)
	}
	return nil
}

// SchemaDigest names the tables that this build makes: other migrations have another.
func SchemaDigest() (string, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return "", fmt.Errorf("read migrations: %w", err)
	}
	h := sha256.New()
	for _, name := range files {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("read migrations: %w", err)
		}
		_, _ = fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
