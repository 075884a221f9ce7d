package store

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Follower keeps what is derived from a store up with its journal: it is built once, then follows. It is safe for concurrent use.
type Follower struct {
	db            *DB
	log           *slog.Logger
	what          string
	build, follow func(context.Context) error

	mu    sync.Mutex
	ready chan struct{}
}

// NewFollower makes a follower that has built nothing yet; see Run. build reads everything once, and follow what is new since; neither runs beside the other, or twice at a time. what names it
// in the log.
func NewFollower(db *DB, log *slog.Logger, what string, build, follow func(context.Context) error) *Follower {
	return &Follower{db: db, log: log, what: what, build: build, follow: follow, ready: make(chan struct{})}
}

// Ready is closed when everything was read once.
func (f *Follower) Ready() <-chan struct{} { return f.ready }

// IsReady says whether everything was read once.
func (f *Follower) IsReady() bool {
	select {
	case <-f.ready:
		return true
	default:
		return false
	}
}

// Step builds what was not built yet, and then reads what is new.
func (f *Follower) Step(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.IsReady() {
		return f.follow(ctx)
	}
	if err := f.build(ctx); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := f.follow(ctx); err != nil {
		return err
	}
	close(f.ready)
	return nil
}

// Run takes a step whenever the journal has grown, until ctx ends. A step that failed is tried again after a second.
func (f *Follower) Run(ctx context.Context) {
	grew, stop := f.db.Watch()
	defer stop()
	for {
		err := f.Step(ctx)
		if err != nil && ctx.Err() == nil {
			f.log.Error("journal not followed", "by", f.what, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
		if err == nil {
			select {
			case <-ctx.Done():
			case <-grew:
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}
