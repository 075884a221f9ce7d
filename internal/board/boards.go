package board

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// Boards keeps one board for each outbreak that was asked for. It is safe for concurrent use.
type Boards struct {
	db  *store.DB
	log *slog.Logger

	mu   sync.Mutex
	all  map[outbreak.ID]*held
	work sync.WaitGroup
}

// held is a board that is there, or under way.
type held struct {
	ready chan struct{} // closed when the first build has ended
	err   error         // of the first build
	board *Board

	// following lets one request at a time bring the board up to date; the others wait for it, then find nothing to do.
	following sync.Mutex
	building  bool
	rest      time.Time // not built anew before
}

// New returns the boards over a store. They are built when first asked for.
func New(db *store.DB, log *slog.Logger) *Boards {
	return &Boards{db: db, log: log, all: map[outbreak.ID]*held{}}
}

// Of returns an outbreak's board with every fact in it that was committed before the call. After an import that changed cases without naming
// them it may show them as they were while it is built anew in the background.
func (s *Boards) Of(ctx context.Context, o outbreak.ID) (*Board, error) {
	h := s.hold(ctx, o)
	select {
	case <-h.ready:
	case <-ctx.Done():
		return nil, fmt.Errorf("board of outbreak %d: %w", o, context.Cause(ctx))
	}
	if h.err != nil {
		return nil, fmt.Errorf("board of outbreak %d: %w", o, h.err)
	}
	h.following.Lock()
	defer h.following.Unlock()
	b := h.board
	if b.AsOf() < s.db.Head() {
		if err := s.db.View(ctx, b.follow); err != nil {
			return nil, fmt.Errorf("board of outbreak %d: %w", o, err)
		}
	}
	if b.stale() && !h.building && !time.Now().Before(h.rest) {
		h.building = true
		s.work.Add(1)
		go s.renew(context.WithoutCancel(ctx), o, h)
	}
	return b, nil
}

// hold returns the outbreak's place, and starts the first build where there is none. A failed build is forgotten, so that the next request tries again.
func (s *Boards) hold(ctx context.Context, o outbreak.ID) *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.all[o]; h != nil {
		return h
	}
	h := &held{ready: make(chan struct{})}
	s.all[o] = h
	s.work.Add(1)
	// Who asked first may leave: the others still wait for it.
	ctx = context.WithoutCancel(ctx)
	go func() {
		defer s.work.Done()
		defer close(h.ready)
		if h.board, h.err = rebuild(ctx, s.db, o); h.err != nil {
			s.mu.Lock()
			delete(s.all, o)
			s.mu.Unlock()
		}
	}()
	return h
}

// renew builds a board anew and puts it in the old one's place.
func (s *Boards) renew(ctx context.Context, o outbreak.ID, h *held) {
	defer s.work.Done()
	began := time.Now()
	b, err := rebuild(ctx, s.db, o)
	h.following.Lock()
	defer h.following.Unlock()
	// While an import goes on every batch makes the board old again: building it takes at most a fifth of the time.
	h.building, h.rest = false, time.Now().Add(4*time.Since(began))
	if err != nil {
		s.log.Error("case counts not rebuilt", "outbreak", o, "error", err)
		return
	}
	h.board = b
}

// Wait returns when nothing is built in the background any more: before the store is closed.
func (s *Boards) Wait() { s.work.Wait() }
