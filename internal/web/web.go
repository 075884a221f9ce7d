package web

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/store"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/live"
	"firebreak/internal/web/site"
)

// Site is what the web server is made of; see site.Site.
type Site = site.Site

// anyScreen marks a route for whoever may use any screen.
const anyScreen = site.AnyScreen

// Handler puts the screens together: assets, pages, log-in, and around them the request's number, its log line and what catches a panic.
func Handler(s *site.Site, files *assets.Set) (http.Handler, error) {
	if s.DB == nil || s.Commands == nil || s.Kit == nil || s.Access == nil || s.Boards == nil || s.Live == nil || s.Imports == nil || s.Log == nil {
		return nil, errors.New("web: a field of the site is missing")
	}
	s.Screens = screens()
	h, err := newHandlers(s)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	mux := http.NewServeMux()
	h.open(s, mux)
	for _, r := range h.whole() {
		s.MountWhole(mux, r)
	}
	for _, r := range h.routes() {
		s.Mount(mux, r)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.Fail(w, r, store.ErrNotFound) })
	pages := s.Access.Middleware(logged(s, recovered(s, policy(mux))))
	root := http.NewServeMux()
	// Assets are the same for everybody: they need neither a session nor a line in the log.
	root.Handle("GET "+assets.Root, files)
	root.Handle("/", pages)
	return root, nil
}

// policy is stricter than what package auth sets for any page: ours have nothing inline at all. The map's worker comes from our own files.
func policy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", assets.ContentSecurityPolicy)
		next.ServeHTTP(w, r)
	})
}

// recovered makes the error page of a panic: one request fails, the server goes on.
func recovered(s *site.Site, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.Log.ErrorContext(r.Context(), "panic", "request", auth.RequestIDFrom(r.Context()), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			if rec, ok := w.(*recorder); ok && rec.status != 0 {
				return // an answer has begun: it stays cut off
			}
			s.Access.Fail(w, r, http.StatusInternalServerError, nil)
		}()
		next.ServeHTTP(w, r)
	})
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// logged writes one line a request. The route stands for the address: an address may hold a code, and a query what somebody typed.
func logged(s *site.Site, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			actor, _ := auth.ActorFrom(r.Context())
			took := time.Since(began)
			if s.Observe != nil {
				s.Observe(r.Pattern, rec.status, took)
			}
			s.Log.InfoContext(r.Context(), "request", "request", auth.RequestIDFrom(r.Context()), "method", r.Method, "route", r.Pattern, "status", rec.status,
				"bytes", rec.bytes, "ms", took.Milliseconds(), "user", int64(actor.UserID))
		}()
		next.ServeHTTP(rec, r)
	})
}

// liveEvents is GET /o/{outbreak}/live: the stream that open pages refresh themselves by.
func liveEvents(q *site.Request) error {
	err := q.Site.Live.Serve(q.W, q.Request, live.Stream{
		User: q.Actor.Login, Outbreak: q.Outbreak.ID, Sees: q.SeesAny(), Lasts: func() bool { return q.Site.Access.Lasts(q.Request) },
	})
	if errors.Is(err, live.ErrFull) {
		q.W.Header().Set("Retry-After", "30")
		return fmt.Errorf("open event stream: %w", site.ErrBusy)
	}
	return err
}
