// Package storetest runs a test on every engine that the store supports: SQLite in a folder of its own, and a real PostgreSQL
// with a database of its own. Only tests import it.
//
// The PostgreSQL server is the one that FIREBREAK_TEST_POSTGRES names ("make test" starts one and sets it); without it the first
// test that needs one starts a private server through scripts/postgres.sh, which ends with the test binary. Where no server is
// installed the PostgreSQL half is skipped, or fails when FIREBREAK_REQUIRE_POSTGRES is 1.
package storetest

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"firebreak/internal/store"
)

// Open opens the test's database. Called again after Close, it opens the same data; called again before, it opens a second node on
// PostgreSQL, and fails the test on SQLite, which one process holds alone. The store is closed when the test ends. change
// may alter the options before they are used.
type Open func(change ...func(*store.Options)) *store.DB

// Each runs test once per engine, in parallel subtests named after the engines.
func Each(t *testing.T, test func(t *testing.T, open Open)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t))
	})
}

// SQLite gives a test a database of its own in a temporary folder, with its tables made.
func SQLite(t testing.TB) Open {
	t.Helper()
	dir := t.TempDir()
	file, err := migratedFile()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, databaseFile), file, 0o600)
	}
	if err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	return opener(t, func() store.Options { return store.Options{Dir: dir} })
}

// databaseFile is what the store calls its file.
const databaseFile = "main.db"

// migratedFile is a SQLite database with its tables made and nothing in it: making them takes a hundred times as long as writing it.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "storetest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system's folder for temporary files
	db, err := store.Open(context.Background(), store.Options{Dir: dir})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, databaseFile))
})

// Postgres gives a test a database of its own on a real server, with its tables made, and drops it when the test ends. It skips the test
// where no server is installed.
func Postgres(t testing.TB) Open {
	t.Helper()
	server := needServer(t)
	template, err := migratedDatabase()
	if err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	u := newPostgres(t, server, template)
	dir := t.TempDir()
	return opener(t, func() store.Options { return store.Options{URL: u, Dir: dir} })
}

// At opens another place than the test's own, with the options that tests use: a restored folder, say.
func At(t testing.TB, o store.Options) *store.DB {
	return opener(t, func() store.Options { return o })()
}

func opener(t testing.TB, where func() store.Options) Open {
	return func(change ...func(*store.Options)) *store.DB {
		t.Helper()
		o := where()
		o.Readers = 4
		o.Log = slog.New(slog.NewTextHandler(logTo{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
		for _, c := range change {
			c(&o)
		}
		db, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatalf("open store: %v", err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Errorf("close store: %v", err)
			}
		})
		return db
	}
}

// logTo writes a store's log into the test's.
type logTo struct{ t testing.TB }

func (l logTo) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// SQL opens the database beside the store, as someone with the password or the file could: to tamper with it, or to look at what was
// written. It is closed when the test ends.
func SQL(t testing.TB, o store.Options) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+(&url.URL{Path: filepath.Join(o.Dir, databaseFile)}).EscapedPath()+"?_pragma=busy_timeout(10000)"
	if o.URL != "" {
		driver, dsn = "pgx", o.URL
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatalf("open %s beside the store: %v", driver, err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// NewPostgres makes an empty database, drops it when the test ends and returns its URL.
func NewPostgres(t testing.TB) string {
	t.Helper()
	return newPostgres(t, needServer(t), "template0")
}

// needServer returns the server's URL. Where none is installed, the test is skipped.
func needServer(t testing.TB) string {
	t.Helper()
	server, err := serverURL()
	switch {
	case errors.Is(err, errNoServer) && os.Getenv("FIREBREAK_REQUIRE_POSTGRES") != "1":
		t.Skipf("not run on PostgreSQL: %v", err)
	case err != nil:
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	return server
}

func newPostgres(t testing.TB, server, template string) string {
	t.Helper()
	name := "fb_" + strings.ToLower(rand.Text())
	u, err := databaseURL(server, name)
	if err != nil {
		t.Fatal("FIREBREAK_TEST_POSTGRES is not a URL")
	}
	if err := administer(server, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := administer(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return u
}

func databaseURL(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// administer runs statements on one connection to the server's own database. Not in the test's context: it has ended when a database is dropped.
func administer(server string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	for _, text := range statements {
		if _, err = db.ExecContext(ctx, text); err != nil {
			break
		}
	}
	return errors.Join(err, db.Close())
}

// migratedDatabase is the name of a database on the server with its tables made and nothing in it, from which those of tests are copied. It is named after the schema and
// stays: the next test binary finds it. Two that make it at once wait for each other.
var migratedDatabase = sync.OnceValues(func() (name string, err error) {
	server, err := serverURL()
	if err != nil {
		return "", err
	}
	schema, err := store.SchemaDigest()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	held, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer held.Close() //nolint:errcheck // the lock goes with it
	if _, err := held.ExecContext(ctx, "SELECT pg_advisory_lock(20220314)"); err != nil {
		return "", err
	}
	name = "fb_made_" + schema[:16]
	var there int
	if err := held.QueryRowContext(ctx, "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&there); err != nil || there > 0 {
		return name, err
	}
	making := name + "_" + strings.ToLower(rand.Text()[:8]) // what was left half made is never taken for whole
	u, err := databaseURL(server, making)
	if err != nil {
		return "", err
	}
	if _, err := held.ExecContext(ctx, "CREATE DATABASE "+making+" TEMPLATE template0"); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "storetest-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system's folder for temporary files
	made, err := store.Open(ctx, store.Options{URL: u, Dir: dir})
	if err == nil {
		err = made.Close()
	}
	if err == nil {
		_, err = held.ExecContext(ctx, "ALTER DATABASE "+making+" RENAME TO "+name)
	}
	return name, err
})

// errNoServer means that no PostgreSQL server is installed here.
var errNoServer = errors.New("no PostgreSQL server is installed (Debian: apt-get install postgresql)")

// serverURL is the server that all tests of this binary share. It is the one variable that outlives a test: starting a server
// takes a second or two.
var serverURL = sync.OnceValues(func() (string, error) {
	if u := os.Getenv("FIREBREAK_TEST_POSTGRES"); u != "" {
		return u, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		script := filepath.Join(dir, "scripts", "postgres.sh")
		if _, err := os.Stat(script); err == nil {
			return startServer(script)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("scripts/postgres.sh not found above the test's folder")
		}
		dir = up
	}
})

// startServer starts a server that ends when its standard input does: when this process ends, however it ends.
func startServer(script string) (string, error) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		return "", fmt.Errorf("%w: bash is needed to start one: %w", errNoServer, err)
	}
	cmd := exec.Command(bash, script, "session")
	var complaint strings.Builder
	cmd.Stderr = &complaint
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		werr := errors.Join(stdin.Close(), cmd.Wait())
		var exit *exec.ExitError
		if errors.As(werr, &exit) && exit.ExitCode() == 3 {
			return "", errNoServer
		}
		return "", fmt.Errorf("start a server: %w: %s", errors.Join(err, werr), strings.TrimSpace(complaint.String()))
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout) // ends when the server does, which is after us
		_ = stdin.Close()                  // used here, so that it is not collected, and thereby closed, any earlier
		_ = cmd.Wait()
	}()
	return strings.TrimSpace(line), nil
}
