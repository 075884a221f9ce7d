package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// dataFlags say which store a command works on.
type dataFlags struct {
	Data string `placeholder:"DIR" help:"Data folder. No other firebreak process may hold it."`
	DB   string `name:"db" placeholder:"URL" help:"PostgreSQL database (postgres://...) in place of the folder's own. The variable FIREBREAK_DB keeps its password out of the list of processes."`
}

// options completes the flags from the environment.
func (f dataFlags) options(p *process) (store.Options, error) {
	o := store.Options{Dir: f.Data, URL: f.DB, Now: p.Now, Log: slog.New(slog.NewTextHandler(p.Stderr, nil))}
	if o.URL == "" {
		o.URL = p.Getenv("FIREBREAK_DB")
	}
	if o.Dir == "" && o.URL == "" {
		return o, misused(errors.New("say where the data is: --data DIR, or --db URL"))
	}
	return o, nil
}

// with opens the store, runs fn and closes it. Without create a store that does not exist is an error, not an empty store.
func (f dataFlags) with(ctx context.Context, p *process, create bool, fn func(*store.DB) error) (err error) {
	o, err := f.options(p)
	if err != nil {
		return err
	}
	if !create {
		if err := store.Exists(o); err != nil {
			return err
		}
	}
	db, err := store.Open(ctx, o)
	if err != nil {
		return held(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return fn(db)
}

// beside opens the store to read only, also while a server holds it, runs fn and closes it.
func (f dataFlags) beside(ctx context.Context, p *process, fn func(*store.DB) error) error {
	o, err := f.options(p)
	if err != nil {
		return err
	}
	db, err := store.OpenBeside(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}

// readOutbreak reads what belongs to an outbreak: there, through a server, where the flags name one, and otherwise here, from the folder, also while a server holds it. now is the folder's clock.
func readOutbreak(ctx context.Context, p *process, d dataFlags, s serverFlags, name string, there func(*remote) error, here func(r *store.Reader, o outbreak.Outbreak, now time.Time) error) error {
	server, err := s.at(p, d)
	if err != nil {
		return err
	}
	if server != nil {
		return there(server)
	}
	return d.beside(ctx, p, func(db *store.DB) error {
		return insideOutbreak(ctx, db, name, func(r *store.Reader, o outbreak.Outbreak) error { return here(r, o, db.Now()) })
	})
}

// insideOutbreak reads what belongs to an outbreak in one snapshot.
func insideOutbreak(ctx context.Context, db *store.DB, name string, fn func(*store.Reader, outbreak.Outbreak) error) error {
	return db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(name)
		if err != nil {
			return err
		}
		return fn(r, o)
	})
}

// held adds what to do to the error about a held folder.
func held(err error) error {
	if errors.Is(err, store.ErrHeld) {
		return fmt.Errorf("%w; stop it, or do the same through it, where the command has --url: --url URL --token TOKEN", err)
	}
	return err
}

// openInput opens a file, or stdin for "-".
func (p *process) openInput(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(p.Stdin), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, errors.Join(misused(fmt.Errorf("%s is a folder, a file is expected", path)), f.Close())
	}
	return f, nil
}
