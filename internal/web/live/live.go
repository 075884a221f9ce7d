// Package live tells open pages that something they show has changed, over server-sent events.
//
// An event is a topic and a journal sequence: "late changed, ask again". It carries nothing about anybody; the page asks for its part again and gets
// what its reader may see. One goroutine follows the journal for all readers. web imports it.
package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Topic is what of a page may have changed.
type Topic string

// The topics that pages listen to.
const (
	Figures   Topic = "figures"
	Duties    Topic = "duties"
	Late      Topic = "late"
	Events    Topic = "events"
	Cases     Topic = "cases"
	Contacts  Topic = "contacts"
	Tasks     Topic = "tasks"
	Imports   Topic = "imports"
	Screening Topic = "screening" // rounds, sites, devices, tubes and boxes
	Transfers Topic = "transfers" // who is moved, vehicles and trips
)

// Topics lists all of them.
func Topics() []Topic {
	return []Topic{Figures, Duties, Late, Events, Cases, Contacts, Tasks, Imports, Screening, Transfers}
}

// topicsOf says what a fact changes. Whatever happens to a case or a contact may open and end tasks.
func topicsOf(k journal.Kind) []Topic {
	noun, _, _ := strings.Cut(string(k), ".")
	switch noun {
	case "case", "link":
		return []Topic{Figures, Events, Cases, Duties, Late, Tasks, Transfers}
	case "contact":
		return []Topic{Events, Contacts, Duties, Late, Tasks, Transfers}
	case "specimen", "result":
		return []Topic{Events, Cases, Contacts, Duties, Late, Tasks, Transfers}
	case "transfer", "transfers", "trip", "vehicle", "vehicles", "facility":
		return []Topic{Events, Transfers, Duties, Late, Tasks}
	case "task":
		return []Topic{Events, Duties, Late, Tasks, Transfers}
	case "cluster":
		return []Topic{Events, Cases}
	case "zone":
		return []Topic{Figures, Events, Duties, Late, Tasks}
	case "round", "site", "device", "laboratory", "box", "run":
		return []Topic{Events, Screening, Duties}
	case "tubes", "tube":
		// A flood of them while a city is tested: pages listen with a brake.
		return []Topic{Screening, Duties}
	case "import":
		switch k {
		case journal.ImportChunk, journal.ImportFinished:
			return Topics()
		default: // a step of the file, none of its rows
		}
		return []Topic{Imports}
	case "areas", "outbreak":
		return Topics()
	}
	return nil // users, tokens, names read: nobody's screen
}

// Options bounds the hub.
type Options struct {
	Most      int           // readers at a time; default 2000
	PerUser   int           // of one person; default 20
	Heartbeat time.Duration // between signs of life, and checks that the session lasts; default 15 s
	// Tick is how often deadlines are looked at: work becomes late without a fact. Default 60 s.
	Tick time.Duration
	Log  *slog.Logger // nil means slog.Default
}

// Hub follows the journal and passes on what it tells. Run it; Close it.
type Hub struct {
	db    *store.DB
	o     Options
	start int64 // journal entry that Run begins after

	mu      sync.Mutex
	readers map[*reader]struct{}
	users   map[string]int
	closed  chan struct{}
	once    sync.Once
}

// reader is one open page.
type reader struct {
	user     string
	outbreak outbreak.ID
	sees     func(place.AreaID) bool
	wake     chan struct{}
	from     int64 // the journal's head when the reader came: what is older is no news

	mu     sync.Mutex
	seq    int64
	topics map[Topic]bool // changed since the last write
}

// New returns a hub over a store.
func New(db *store.DB, o Options) *Hub {
	if o.Most == 0 {
		o.Most = 2000
	}
	if o.PerUser == 0 {
		o.PerUser = 20
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 15 * time.Second
	}
	if o.Tick == 0 {
		o.Tick = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Hub{db: db, o: o, start: db.Head(), readers: map[*reader]struct{}{}, users: map[string]int{}, closed: make(chan struct{})}
}

// Run follows the journal until ctx ends. It blocks.
func (h *Hub) Run(ctx context.Context) {
	grew, stop := h.db.Watch()
	defer stop()
	tick := time.NewTicker(h.o.Tick)
	defer tick.Stop()
	cursor := h.start
	for {
		next, err := h.pass(ctx, cursor)
		if err != nil && ctx.Err() == nil {
			h.o.Log.Error("live events not read", "after", cursor, "error", err)
		}
		cursor = next
		select {
		case <-ctx.Done():
			return
		case <-h.closed:
			return
		case <-tick.C:
			h.each(func(r *reader) { r.tell(cursor, Duties, Late, Tasks) })
		case <-grew:
		}
	}
}

// batch is how many facts are passed on at a time.
const batch = 1000

// pass tells the readers what happened after the cursor, and returns how far it has come.
func (h *Hub) pass(ctx context.Context, cursor int64) (int64, error) {
	for {
		entries, err := h.after(ctx, cursor)
		if err != nil {
			return cursor, err
		}
		for _, e := range entries {
			cursor = e.Seq
			if topics := topicsOf(e.Kind); len(topics) > 0 {
				h.each(func(r *reader) {
					if e.Seq > r.from && r.concerns(e) {
						r.tell(e.Seq, topics...)
					}
				})
			}
		}
		if len(entries) < batch {
			return cursor, nil
		}
	}
}

func (h *Hub) after(ctx context.Context, seq int64) (out []journal.Entry, err error) {
	err = h.db.View(ctx, func(r *store.Reader) error {
		out, err = r.EntriesAfter(seq, batch)
		return err
	})
	return out, err
}

// concerns says whether a reader's pages can show the fact. Facts about no outbreak (jurisdictions) concern all.
func (r *reader) concerns(e journal.Entry) bool {
	return e.Outbreak == 0 || e.Outbreak == r.outbreak && r.sees(e.Area)
}

// tell notes that topics changed by the journal entry seq; 0 where they changed before the reader came.
func (r *reader) tell(seq int64, topics ...Topic) {
	r.mu.Lock()
	r.seq = max(r.seq, seq)
	for _, t := range topics {
		r.topics[t] = true
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // it has not written yet; it will find these too
	}
}

// take empties what is to be written.
func (r *reader) take() (int64, []Topic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Topic
	for _, t := range Topics() {
		if r.topics[t] {
			out = append(out, t)
		}
	}
	clear(r.topics)
	return r.seq, out
}

func (h *Hub) each(fn func(*reader)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		fn(r)
	}
}

// ErrFull is returned when no more readers are taken: of all, or of the same person.
var ErrFull = errors.New("live: too many open pages")

func (h *Hub) join(r *reader) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.closed:
		return ErrFull
	default:
	}
	if len(h.readers) >= h.o.Most || h.users[r.user] >= h.o.PerUser {
		return ErrFull
	}
	r.from = h.db.Head() // under the lock, so that no fact is both before the reader came and passed on before
	r.seq = r.from
	h.readers[r] = struct{}{}
	h.users[r.user]++
	return nil
}

func (h *Hub) leave(r *reader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.readers, r)
	if h.users[r.user]--; h.users[r.user] == 0 {
		delete(h.users, r.user)
	}
}

// Readers is how many pages are open.
func (h *Hub) Readers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.readers)
}

// Close ends every stream; new ones are refused.
func (h *Hub) Close() { h.once.Do(func() { close(h.closed) }) }

// Stream is one reader's stream.
type Stream struct {
	User     string // login: pages are counted by it
	Outbreak outbreak.ID
	// Sees tells whether the reader may see what belongs to an area.
	Sees func(place.AreaID) bool
	// Lasts is asked at every heartbeat whether the session still holds; the stream ends when it does not.
	Lasts func() bool
}

// Serve writes the stream until the reader leaves, the session ends or the hub is closed. A reader who comes back with Last-Event-ID is told at once what it has
// missed. The error is ErrFull, before anything is written; afterwards there is none: whoever reads notices the end and comes back.
func (h *Hub) Serve(w http.ResponseWriter, hr *http.Request, s Stream) error {
	r := &reader{user: s.User, outbreak: s.Outbreak, sees: s.Sees, wake: make(chan struct{}, 1), topics: map[Topic]bool{}}
	if err := h.join(r); err != nil {
		return err
	}
	defer h.leave(r)
	h.missed(hr, r)
	c := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy must not hold events back
	beat := time.NewTicker(h.o.Heartbeat)
	defer beat.Stop()
	write := func(text string) bool {
		// The server's own limit is for answers that end. A proxy may not know deadlines; then the write itself fails in time.
		_ = c.SetWriteDeadline(time.Now().Add(h.o.Heartbeat))
		if _, err := w.Write([]byte(text)); err != nil {
			return false
		}
		return c.Flush() == nil
	}
	if !write("retry: 3000\n: open\n\n") {
		return nil
	}
	for {
		select {
		case <-hr.Context().Done():
			return nil
		case <-h.closed:
			return nil
		case <-beat.C:
			if !s.Lasts() || !write(": beat\n\n") {
				return nil
			}
		case <-r.wake:
			var b strings.Builder
			seq, topics := r.take()
			for _, t := range topics {
				fmt.Fprintf(&b, "id: %d\nevent: %s\ndata: %d\n\n", seq, t, seq)
			}
			if b.Len() > 0 && !write(b.String()) {
				return nil
			}
		}
	}
}

// missed tells a reader who comes back what changed meanwhile. After a long time away, or where it cannot be told, that is everything.
func (h *Hub) missed(hr *http.Request, r *reader) {
	id := hr.Header.Get("Last-Event-ID")
	if id == "" {
		return
	}
	seq, err := strconv.ParseInt(id, 10, 64)
	if err != nil || seq < 0 {
		r.tell(0, Topics()...)
		return
	}
	entries, err := h.after(hr.Context(), seq)
	if err != nil || len(entries) == batch {
		r.tell(0, Topics()...)
		return
	}
	var topics []Topic
	for _, e := range entries {
		if r.concerns(e) {
			for _, t := range topicsOf(e.Kind) {
				if !slices.Contains(topics, t) {
					topics = append(topics, t)
				}
			}
		}
	}
	if len(topics) > 0 {
		r.tell(0, topics...)
	}
}
