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
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"firebreak/internal/journal"
)

// Manifest is the first file of a backup and says what the rest is. A backup is a tar archive, compressed with zstd, of this manifest, an SQLite
// database (whatever engine it was taken from) and, when asked for, the key file. Its journal head is worth writing down elsewhere: it
// proves later that nothing was cut off the journal's end.
type Manifest struct {
	Format      int              `json:"format"`       // 1
	Engine      string           `json:"engine"`       // that the backup was taken from
	Schema      int64            `json:"schema"`       // version of the last migration in it
	CreatedAt   time.Time        `json:"created_at"`   //
	JournalSeq  int64            `json:"journal_seq"`  // last entry in it
	JournalHash string           `json:"journal_hash"` // of that entry, hex
	Counts      map[string]int64 `json:"counts,omitempty"`
	Size        int64            `json:"size"`   // of the database file, bytes
	SHA256      string           `json:"sha256"` // of the database file, hex
	KeyFile     string           `json:"key_file,omitempty"`
	// NamesSealed says that names and documents are in it, sealed: they are read with the master key and not without.
	NamesSealed bool `json:"names_sealed,omitempty"`
	// Broken says what is wrong with the journal. Such a backup is kept, because it may be all there is, but not restored.
	Broken string `json:"journal_broken,omitempty"`
}

const (
	manifestFormat = 1
	manifestName   = "manifest.json"
	databaseName   = "main.db"
)

// Stage is a part of a backup or a restore, for whoever shows how far it is.
type Stage string

// The stages. Copying, packing and unpacking count bytes, walking counts journal entries.
const (
	StageCopy   Stage = "copy"
	StageWalk   Stage = "walk the journal"
	StagePack   Stage = "pack"
	StageRead   Stage = "read back"
	StageUnpack Stage = "unpack"
)

// BackupOptions says what a backup holds beside the database.
type BackupOptions struct {
	// KeyFile is the path of the vault's key file to put in; empty leaves it out. Whoever has a backup with it can read every name.
	KeyFile string
	// Seen is told now and then how far a stage is; total is 0 where unknown. Nil is nobody.
	Seen func(stage Stage, done, total int64)
}

// ErrBackupRuns is wrapped by Backup when another process writes the same file.
var ErrBackupRuns = errors.New("another backup to this file is under way")

// Backup writes everything as of one moment to path, while changes go on, and returns what it wrote. The file appears whole or
// not at all; one that exists is replaced. It needs room for an uncompressed copy beside path meanwhile. Before the file appears its journal was
// walked and its checksum read back from it.
//
// What a killed backup left, a hidden folder beside path, is removed by the next one to the same path.
func (db *DB) Backup(ctx context.Context, path string, o BackupOptions) (m Manifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("backup to %s: %w", path, err)
		}
	}()
	seen := o.Seen
	if seen == nil {
		seen = func(Stage, int64, int64) {}
	}
	scratch, release, err := scratchFor(path)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, release()) }()

	copied := filepath.Join(scratch, databaseName)
	if err := db.copyTo(ctx, copied, seen); err != nil {
		return m, err
	}
	m = Manifest{Format: manifestFormat, Engine: db.Engine(), CreatedAt: db.Now()}
	if o.KeyFile != "" {
		m.KeyFile = filepath.Base(o.KeyFile)
	}
	if err := m.describe(ctx, copied); err != nil {
		return m, err
	}
	if err := m.walk(ctx, scratch, seen); err != nil {
		return m, err
	}
	packed := filepath.Join(scratch, "packed")
	if err := pack(ctx, packed, m, copied, o.KeyFile, seen); err != nil {
		return m, err
	}
	if err := readBack(ctx, packed, m, seen); err != nil {
		return m, err
	}
	if err := os.Rename(packed, path); err != nil {
		return m, err
	}
	return m, syncFolder(filepath.Dir(path))
}

// scratchFor makes the hidden folder in which a backup to path is put together, and what removes it. A dead process's is taken over.
func scratchFor(path string) (string, func() error, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return "", nil, errors.New("it is a folder, a file is expected")
	}
	dir := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".partial")
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", nil, err
	}
	unlock, err := lockFolder(dir)
	if errors.Is(err, ErrHeld) {
		return "", nil, ErrBackupRuns
	}
	if err != nil {
		return "", nil, err
	}
	work := filepath.Join(dir, "work") // what is opened in it takes a lock of its own
	if err := errors.Join(os.RemoveAll(work), os.Mkdir(work, 0o700)); err != nil {
		return "", nil, errors.Join(err, unlock())
	}
	return work, func() error { return errors.Join(unlock(), os.RemoveAll(dir)) }, nil
}

// copyTo writes the database as of one moment to a new SQLite file.
func (db *DB) copyTo(ctx context.Context, file string, seen func(Stage, int64, int64)) error {
	total, stop := int64(0), make(chan struct{})
	if db.d.name() == "sqlite" {
		const size = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
		if err := db.reads.QueryRowContext(ctx, size).Scan(&total); err != nil {
			return fmt.Errorf("read the database's size: %w", err)
		}
	}
	// The engine copies in one statement; how far it is shows in the file.
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if st, err := os.Stat(file); err == nil {
					seen(StageCopy, min(st.Size(), max(total, st.Size())), total)
				}
			}
		}
	})
	defer func() { close(stop); watch.Wait() }()
	if db.d.name() != "sqlite" {
		return db.View(ctx, func(r *Reader) error { return copyToSQLite(ctx, r, file) })
	}
	// What waits in the intake is read first: what is projected meanwhile is in the copy then, and a batch that is in both is projected once.
	waiting, err := waitingBatches(ctx, db.dir)
	if err != nil {
		return err
	}
	// On a connection of its own: the pools' either write, or may not even write a copy.
	own, err := sql.Open("sqlite", sqliteFile(filepath.Join(db.dir, databaseName))+besidePragmas)
	if err != nil {
		return err
	}
	_, err = own.ExecContext(ctx, "VACUUM INTO $1", file)
	if err = errors.Join(err, own.Close()); err != nil {
		return err
	}
	return putWaiting(ctx, file, waiting)
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
		db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM identity)").Scan(&m.NamesSealed),
		m.count(ctx, db),
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

// countedTables are those whose rows a person counts; a manifest says how many there are.
func countedTables() []string {
	return []string{"outbreak", "person", "cases", "contact", "link", "specimen", "tube", "task", "journal", "users"}
}

// count fills in the rows of the counted tables.
func (m *Manifest) count(ctx context.Context, db *sql.DB) error {
	m.Counts = map[string]int64{}
	for _, name := range countedTables() {
		var n int64
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+name).Scan(&n); err != nil {
			return err
		}
		m.Counts[name] = n
	}
	return nil
}

// walk walks the journal of the copy in dir. A broken one is noted, not an error: the backup may be all that is left.
func (m *Manifest) walk(ctx context.Context, dir string, seen func(Stage, int64, int64)) error {
	db, err := OpenBeside(ctx, Options{Dir: dir})
	if err != nil {
		return fmt.Errorf("read the copy: %w", err)
	}
	v, err := db.VerifyJournalShowing(ctx, func(done, total int64) { seen(StageWalk, done, total) })
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("read the copy: %w", err)
	}
	m.Broken = v.Broken
	return nil
}

// counted tells of bytes as they pass, and stops when ctx ends.
type counted struct {
	ctx   context.Context
	r     io.Reader
	stage Stage
	done  int64
	total int64
	seen  func(Stage, int64, int64)
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.done += int64(n)
	c.seen(c.stage, c.done, c.total)
	return n, err
}

// pack writes the archive and waits until it is on the disk.
func pack(ctx context.Context, path string, m Manifest, database, keyFile string, seen func(Stage, int64, int64)) (err error) {
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
	if err := packFile(ctx, w, database, databaseName, m, seen); err != nil {
		return err
	}
	if keyFile != "" {
		if err := packFile(ctx, w, keyFile, "key/"+m.KeyFile, m, func(Stage, int64, int64) {}); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), z.Close(), f.Sync())
}

func packFile(ctx context.Context, w *tar.Writer, path, name string, m Manifest, seen func(Stage, int64, int64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: m.CreatedAt, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err = io.Copy(w, &counted{ctx: ctx, r: f, stage: StagePack, total: info.Size(), seen: seen})
	return err
}

// readBack reads a backup as a restore would, keeping nothing: what the disk gives back is what was written.
func readBack(ctx context.Context, path string, want Manifest, seen func(Stage, int64, int64)) error {
	got, err := unpack(ctx, path, "", StageRead, seen)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if got.SHA256 != want.SHA256 || got.JournalHash != want.JournalHash {
		return fmt.Errorf("read back: another manifest: %w", ErrDamaged)
	}
	return nil
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
	return RestoreShowing(ctx, path, o, func(Stage, int64, int64) {})
}

// RestoreShowing is Restore with progress: seen is told now and then how far a stage is; total is 0 where unknown.
func RestoreShowing(ctx context.Context, path string, o Options, seen func(stage Stage, done, total int64)) (m Manifest, err error) {
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

	if m, err = unpack(ctx, path, scratch, StageUnpack, seen); err != nil {
		return m, err
	}
	if err := check(ctx, m, Options{Dir: scratch, Now: o.Now, Log: o.Log}, seen); err != nil {
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

// unpack writes the database, and the key file as "key", into dir; with no dir it only reads them. Only the names that pack gives are accepted.
func unpack(ctx context.Context, path, dir string, stage Stage, seen func(Stage, int64, int64)) (m Manifest, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return m, err
	}
	if info.IsDir() {
		return m, fmt.Errorf("it is a folder: %w", ErrDamaged)
	}
	z, err := zstd.NewReader(&counted{ctx: ctx, r: f, stage: stage, total: info.Size(), seen: seen})
	if err != nil {
		return m, err
	}
	defer z.Close()
	r := tar.NewReader(z)
	whole := false
	for first := true; ; first = false {
		h, err := r.Next()
		switch {
		case err != nil && ctx.Err() != nil:
			return m, ctx.Err()
		case errors.Is(err, io.EOF):
			if !whole {
				return m, fmt.Errorf("no database in it: %w", ErrDamaged)
			}
			// The archive ends before the compressed stream does: its own checksum comes last.
			if _, err := io.Copy(io.Discard, z); err != nil {
				return m, fmt.Errorf("%w: %w", ErrDamaged, err)
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
			sum, n, err := unpackFile(ctx, dir, databaseName, r, m.Size)
			if err != nil {
				return m, err
			}
			if n != m.Size || sum != m.SHA256 {
				return m, fmt.Errorf("database of %d bytes with SHA-256 %.12s, the manifest says %d and %.12s: %w", n, sum, m.Size, m.SHA256, ErrDamaged)
			}
			whole = true
		case m.KeyFile != "" && h.Name == "key/"+m.KeyFile:
			if _, _, err := unpackFile(ctx, dir, "key", r, 1<<20); err != nil {
				return m, err
			}
		default:
			return m, fmt.Errorf("unknown file %q: %w", h.Name, ErrDamaged)
		}
	}
}

// unpackFile writes at most one byte more than limit, so that an archive cannot fill the disk. Without a dir it only counts and sums.
func unpackFile(ctx context.Context, dir, name string, r io.Reader, limit int64) (sum string, n int64, err error) {
	h := sha256.New()
	w := io.Writer(h)
	var f *os.File
	if dir != "" {
		if f, err = os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
			return "", 0, err
		}
		defer func() { err = errors.Join(err, f.Sync(), f.Close()) }()
		w = io.MultiWriter(f, h)
	}
	n, err = io.Copy(w, io.LimitReader(r, limit+1))
	var disk *os.PathError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = ctx.Err()
	case !errors.As(err, &disk): // a full disk is not the backup's fault
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// check opens what was unpacked, which brings its schema up to date or refuses it, and walks its journal.
func check(ctx context.Context, m Manifest, o Options, seen func(Stage, int64, int64)) error {
	db, err := Open(ctx, o)
	if err != nil {
		return err
	}
	v, err := db.VerifyJournalShowing(ctx, func(done, total int64) { seen(StageWalk, done, total) })
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
