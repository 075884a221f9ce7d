package store

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"firebreak/internal/journal"
)

// Manifest is the first file of a backup and says what the rest is. A backup is a tar archive, compressed with zstd, of this manifest, an SQLite
// database (whatever engine it was taken from) and, when asked for, the key file. Its journal head is worth writing down elsewhere: it
// proves later that nothing was cut off the journal's end.
type Manifest struct {
	Format      int       `json:"format"`       // 1
	Engine      string    `json:"engine"`       // that the backup was taken from
	Schema      int64     `json:"schema"`       // version of the last migration in it
	CreatedAt   time.Time `json:"created_at"`   //
	JournalSeq  int64     `json:"journal_seq"`  // last entry in it
	JournalHash string    `json:"journal_hash"` // of that entry, hex
	Size        int64     `json:"size"`         // of the database file, bytes
	SHA256      string    `json:"sha256"`       // of the database file, hex
	KeyFile     string    `json:"key_file,omitempty"`
}

const (
	manifestFormat = 1
	manifestName   = "manifest.json"
	databaseName   = "main.db"
)

// BackupOptions says what a backup holds beside the database.
type BackupOptions struct {
	// KeyFile is the path of the vault's key file to put in; empty leaves it out. Whoever has a backup with it can read every name.
	KeyFile string
}

// Backup writes everything as of one moment to path, while changes go on, and returns what it wrote. The file appears whole or
// not at all; one that exists is replaced. It needs room for an uncompressed copy beside path meanwhile.
func (db *DB) Backup(ctx context.Context, path string, o BackupOptions) (m Manifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("backup to %s: %w", path, err)
		}
	}()
	scratch, err := os.MkdirTemp(filepath.Dir(path), ".firebreak-backup-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()

	copied := filepath.Join(scratch, databaseName)
	if err := db.copyTo(ctx, copied); err != nil {
		return m, err
	}
	m = Manifest{Format: manifestFormat, Engine: db.Engine(), CreatedAt: db.Now()}
	if o.KeyFile != "" {
		m.KeyFile = filepath.Base(o.KeyFile)
	}
	if err := m.describe(ctx, copied); err != nil {
		return m, err
	}
	packed := filepath.Join(scratch, "packed")
	if err := pack(packed, m, copied, o.KeyFile); err != nil {
		return m, err
	}
	if err := os.Rename(packed, path); err != nil {
		return m, err
	}
	return m, syncFolder(filepath.Dir(path))
}

// copyTo writes the database as of one moment to a new SQLite file.
func (db *DB) copyTo(ctx context.Context, file string) error {
	if db.d.name() != "sqlite" {
		return db.View(ctx, func(r *Reader) error { return copyToSQLite(ctx, r, file) })
	}
	// On a connection of its own: the pools' either write, or may not even write a copy.
	own, err := sql.Open("sqlite", sqliteFile(filepath.Join(db.dir, databaseName))+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	_, err = own.ExecContext(ctx, "VACUUM INTO $1", file)
	return errors.Join(err, own.Close())
}

// sqliteFile names a file as SQLite's URIs do.
func sqliteFile(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// describe fills in what is read from the copied file itself.
func (m *Manifest) describe(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", sqliteFile(file)+"?mode=ro&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	var hash journal.Hash
	err = errors.Join(
		db.QueryRowContext(ctx, "SELECT seq, hash FROM journal_head WHERE id = 1").Scan(&m.JournalSeq, (*hashColumn)(&hash)),
		db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&m.Schema),
		db.Close(),
	)
	if err != nil {
		return fmt.Errorf("read the copy: %w", err)
	}
	m.JournalHash = hex.EncodeToString(hash[:])
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	sum := sha256.New()
	if m.Size, err = io.Copy(sum, f); err != nil {
		return err
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// pack writes the archive and waits until it is on the disk.
func pack(path string, m Manifest, database, keyFile string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := zstd.NewWriter(f)
	if err != nil {
		return err
	}
	w := tar.NewWriter(z)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	head := tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(text)), ModTime: m.CreatedAt, Format: tar.FormatPAX}
	if err := w.WriteHeader(&head); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := packFile(w, database, databaseName, m.CreatedAt); err != nil {
		return err
	}
	if keyFile != "" {
		if err := packFile(w, keyFile, "key/"+m.KeyFile, m.CreatedAt); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), z.Close(), f.Sync())
}

func packFile(w *tar.Writer, path, name string, at time.Time) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: at, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

// syncFolder makes a rename in a folder last. Systems whose folders cannot be synced have no such need.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync()
	return f.Close()
}

// ErrNotEmpty is wrapped by Restore when there is something already where the backup should go.
var ErrNotEmpty = errors.New("not empty")

// ErrDamaged is wrapped by Restore when a backup is not what its manifest says.
var ErrDamaged = errors.New("backup is damaged")

// Restore puts a backup where o says: into an absent or empty folder, or, with o.URL, into an empty PostgreSQL database; either takes backups of
// both engines. Nothing appears there before the checksum, the schema's version and the whole journal were found right; an older schema is brought
// up to date. The key file, when the backup has it, goes into o.Dir.
func Restore(ctx context.Context, path string, o Options) (m Manifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("restore %s: %w", path, err)
		}
	}()
	if o.Dir == "" && o.URL == "" {
		return m, errors.New("a data folder or a database URL is needed")
	}
	room := os.TempDir()
	if o.Dir != "" {
		if err := emptyFolder(o.Dir); err != nil {
			return m, err
		}
		room = o.Dir // so that the database can be moved into place by its name
	}
	scratch, err := os.MkdirTemp(room, ".firebreak-restore-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()

	if m, err = unpack(path, scratch); err != nil {
		return m, err
	}
	if err := check(ctx, m, Options{Dir: scratch, Now: o.Now, Log: o.Log}); err != nil {
		return m, err
	}
	if o.URL != "" {
		if err := copyToPostgres(ctx, filepath.Join(scratch, databaseName), m, o); err != nil {
			return m, err
		}
	} else if err := os.Rename(filepath.Join(scratch, databaseName), filepath.Join(o.Dir, databaseName)); err != nil {
		return m, err
	}
	if o.Dir == "" {
		return m, nil
	}
	if m.KeyFile != "" {
		if err := os.Rename(filepath.Join(scratch, "key"), filepath.Join(o.Dir, m.KeyFile)); err != nil {
			return m, err
		}
	}
	return m, syncFolder(o.Dir)
}

// emptyFolder makes dir, or fails when something is in it.
func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		return fmt.Errorf("folder %s: %w", dir, ErrNotEmpty)
	}
	return nil
}

// unpack writes the database, and the key file as "key", into dir. Only the names that pack gives are accepted.
func unpack(path, dir string) (m Manifest, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close() //nolint:errcheck // only read
	z, err := zstd.NewReader(f)
	if err != nil {
		return m, err
	}
	defer z.Close()
	r := tar.NewReader(z)
	for first := true; ; first = false {
		h, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			if _, err := os.Stat(filepath.Join(dir, databaseName)); err != nil {
				return m, fmt.Errorf("no database in it: %w", ErrDamaged)
			}
			return m, nil
		case err != nil:
			return m, fmt.Errorf("%w: %w", ErrDamaged, err)
		case first && h.Name != manifestName:
			return m, fmt.Errorf("starts with %q, not with a manifest: %w", h.Name, ErrDamaged)
		case first:
			if err := json.NewDecoder(io.LimitReader(r, 1<<16)).Decode(&m); err != nil {
				return m, fmt.Errorf("manifest: %w: %w", ErrDamaged, err)
			}
			if m.Format != manifestFormat {
				return m, fmt.Errorf("backup has format %d, this program knows %d: %w", m.Format, manifestFormat, ErrNewerSchema)
			}
			if m.KeyFile != "" && m.KeyFile != filepath.Base(m.KeyFile) {
				return m, fmt.Errorf("manifest names key file %q: %w", m.KeyFile, ErrDamaged)
			}
		case h.Name == databaseName:
			sum, n, err := unpackFile(filepath.Join(dir, databaseName), r, m.Size)
			if err != nil {
				return m, err
			}
			if n != m.Size || sum != m.SHA256 {
				return m, fmt.Errorf("database of %d bytes with SHA-256 %.12s, the manifest says %d and %.12s: %w", n, sum, m.Size, m.SHA256, ErrDamaged)
			}
		case m.KeyFile != "" && h.Name == "key/"+m.KeyFile:
			if _, _, err := unpackFile(filepath.Join(dir, "key"), r, 1<<20); err != nil {
				return m, err
			}
		default:
			return m, fmt.Errorf("unknown file %q: %w", h.Name, ErrDamaged)
		}
	}
}

// unpackFile writes at most one byte more than limit, so that an archive cannot fill the disk.
func unpackFile(path string, r io.Reader, limit int64) (sum string, n int64, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	n, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(r, limit+1))
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, errors.Join(err, f.Sync(), f.Close())
}

// check opens what was unpacked, which brings its schema up to date or refuses it, and walks its journal.
func check(ctx context.Context, m Manifest, o Options) error {
	db, err := Open(ctx, o)
	if err != nil {
		return err
	}
	v, err := db.VerifyJournal(ctx)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	return v.matches(m)
}

// matches says whether a journal is whole and ends where the manifest says.
func (v Verification) matches(m Manifest) error {
	switch {
	case !v.Intact:
		return fmt.Errorf("%w: %s", ErrDamaged, v.Broken)
	case v.Entries != m.JournalSeq || !strings.EqualFold(v.Head, m.JournalHash):
		return fmt.Errorf("journal ends at entry %d with hash %.12s, the manifest says %d and %.12s: %w", v.Entries, v.Head, m.JournalSeq, m.JournalHash, ErrDamaged)
	}
	return nil
}
