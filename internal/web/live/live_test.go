package live_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/web/live"
)

// desk is a hub behind a server, and what its streams are told.
type desk struct {
	t     *testing.T
	db    *store.DB
	hub   *live.Hub
	url   string
	lasts atomic.Bool
	full  chan error
}

func newDesk(t *testing.T, o live.Options) *desk {
	t.Helper()
	d := &desk{t: t, db: storetest.SQLite(t)(), full: make(chan error, 10)}
	d.lasts.Store(true)
	d.hub = live.New(d.db, o)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { d.hub.Run(ctx); close(ended) }()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := d.hub.Serve(w, r, live.Stream{User: r.FormValue("user"), Outbreak: 1, Sees: func(a place.AreaID) bool { return a == 7 }, Lasts: d.lasts.Load})
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			d.full <- err
		}
	}))
	d.url = server.URL
	t.Cleanup(func() { d.hub.Close(); server.Close(); stop(); <-ended })
	return d
}

// open returns the events of a new stream; the channel is closed at its end.
func (d *desk) open(user, last string) <-chan string {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.url+"?user="+user, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	out := make(chan string, 100)
	go func() {
		defer close(out)
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		for lines.Scan() {
			if e, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				out <- e
			}
		}
	}()
	return out
}

func (d *desk) tell(e journal.Entry) int64 {
	d.t.Helper()
	var seq int64
	err := d.db.Update(d.t.Context(), func(tx *store.Tx) error {
		e.Actor = "test"
		ref, err := tx.Append(e)
		seq = ref.Seq
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return seq
}

func next(t *testing.T, events <-chan string) string {
	t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			return "end"
		}
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no event within 10 s")
		return ""
	}
}

func TestReadersAreToldOfTheirOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, live.Options{})
	events := d.open("a", "")
	d.tell(journal.Entry{Kind: journal.CaseConfirmed, Outbreak: 2, Area: 7}) // another outbreak
	d.tell(journal.Entry{Kind: journal.CaseConfirmed, Outbreak: 1, Area: 8}) // outside the scope
	d.tell(journal.Entry{Kind: journal.NameRead, Outbreak: 1, Area: 7})      // nobody's screen
	d.tell(journal.Entry{Kind: journal.ContactListed, Outbreak: 1, Area: 7}) // this one
	for _, want := range []string{"duties", "late", "events", "contacts", "tasks", "transfers"} {
		if got := next(t, events); got != want {
			t.Fatalf("event %q, want %q", got, want)
		}
	}
	select {
	case e := <-events:
		t.Errorf("told of %q besides", e)
	default:
	}
}

func TestReaderWhoComesBackIsToldWhatWasMissed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, live.Options{})
	first := d.tell(journal.Entry{Kind: journal.CaseConfirmed, Outbreak: 1, Area: 7})
	d.tell(journal.Entry{Kind: journal.TaskWaived, Outbreak: 1, Area: 7})
	if first != 1 {
		t.Fatalf("first entry is %d, want 1", first)
	}
	if got := next(t, d.open("a", "1")); got != "duties" { // not figures: the case was seen
		t.Errorf("after entry 1: %q, want duties", got)
	}
	if got := next(t, d.open("a", "nonsense")); got != "figures" {
		t.Errorf("after an unreadable id: %q, want everything, figures first", got)
	}
}

func TestDeadlinesPassWithoutFacts(t *testing.T) {
	t.Parallel()
	d := newDesk(t, live.Options{Tick: 20 * time.Millisecond})
	if got := next(t, d.open("a", "")); got != "duties" {
		t.Errorf("event %q, want duties", got)
	}
}

func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	t.Run("with the session", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t, live.Options{Heartbeat: 20 * time.Millisecond})
		events := d.open("a", "")
		d.lasts.Store(false)
		if got := next(t, events); got != "end" {
			t.Errorf("got %q, want the end", got)
		}
	})
	t.Run("with the server", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t, live.Options{})
		events := d.open("a", "")
		d.hub.Close()
		if got := next(t, events); got != "end" {
			t.Errorf("got %q, want the end", got)
		}
	})
}

func TestReadersAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, live.Options{Most: 3, PerUser: 2})
	d.open("a", "")
	d.open("a", "")
	for _, step := range []struct {
		user string
		full bool
	}{{"a", true}, {"b", false}, {"c", true}} {
		d.open(step.user, "")
		select {
		case err := <-d.full:
			if !step.full || !errors.Is(err, live.ErrFull) {
				t.Errorf("%s: %v", step.user, err)
			}
		default:
			if step.full {
				t.Errorf("%s was let in", step.user)
			}
		}
	}
	if got := d.hub.Readers(); got != 3 {
		t.Errorf("%d readers, want 3", got)
	}
}
