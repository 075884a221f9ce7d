package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"firebreak/internal/account"
	"firebreak/internal/board"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web"
	"firebreak/internal/web/access"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/live"
	"firebreak/internal/web/login"
	"firebreak/internal/web/ui"
)

type serveCmd struct {
	dataFlags
	Listen        string   `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to listen on."`
	MetricsListen string   `placeholder:"ADDR" help:"Address for /metrics (Prometheus); without it there are none. Keep it off the public network."`
	TLSCert       string   `type:"path" placeholder:"FILE" help:"Certificate; with --tls-key the server speaks https itself."`
	TLSKey        string   `type:"path" placeholder:"FILE" help:"Key of the certificate."`
	TrustedProxy  []string `placeholder:"CIDR" help:"Reverse proxy that speaks https to browsers and whose X-Forwarded-For is believed; may be repeated."`
}

// Run serves until it is told to stop, then lets requests under way end.
func (c *serveCmd) Run(ctx context.Context, p *process) error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return misused(errors.New("--tls-cert and --tls-key go together"))
	}
	var proxies []netip.Prefix
	for _, text := range c.TrustedProxy {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return misused(fmt.Errorf("--trusted-proxy %s: %w", text, err))
		}
		proxies = append(proxies, prefix)
	}
	return c.with(ctx, p, true, func(db *store.DB) error {
		s, err := newServer(ctx, p, db, serverOptions{tls: c.TLSCert != "" || len(proxies) > 0, proxies: proxies})
		if err != nil {
			return err
		}
		return s.run(ctx, p, c.Listen, c.MetricsListen, c.TLSCert, c.TLSKey)
	})
}

// serverOptions are what serve and demo do differently.
type serverOptions struct {
	tls     bool
	proxies []netip.Prefix
	demo    []login.DemoAccount
}

// server is the running program: this is the only place where its parts are put together.
type server struct {
	db       *store.DB
	log      *slog.Logger
	commands *command.Commands
	accounts *account.Service
	hub      *live.Hub
	handler  http.Handler
}

func newServer(ctx context.Context, p *process, db *store.DB, o serverOptions) (*server, error) {
	s := &server{db: db, log: slog.New(slog.NewTextHandler(p.Stderr, nil))}
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv("FIREBREAK_MASTER_KEY")})
	if err != nil {
		return nil, err
	}
	s.commands = command.New(db, ids)
	if s.accounts, err = account.New(account.Options{DB: db}); err != nil {
		return nil, err
	}
	bundle, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	files, err := assets.Load()
	if err != nil {
		return nil, err
	}
	kit := ui.NewKit(bundle, files)
	door, err := access.New(access.Options{Accounts: s.accounts, DB: db, Kit: kit, TLS: o.tls, Proxies: o.proxies, Demo: o.demo, Log: s.log})
	if err != nil {
		return nil, err
	}
	s.hub = live.New(db, live.Options{Log: s.log})
	pages, err := web.Handler(&web.Site{DB: db, Commands: s.commands, Kit: kit, Access: door, Boards: board.New(db, s.log), Live: s.hub, Log: s.log}, files)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	// Alive: the process answers. Ready: so does the database.
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := db.Ping(r.Context()); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	s.handler = mux
	return s, nil
}

// run listens and works until ctx ends, then drains: no new requests, open pages are told to come back, requests under way get half a minute.
func (s *server) run(ctx context.Context, p *process, listen, metricsListen, cert, key string) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	web := &http.Server{
		Handler: s.handler, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		// No WriteTimeout: pages that watch keep a stream open; each handler bounds itself.
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Minute, IdleTimeout: 2 * time.Minute,
	}
	web.RegisterOnShutdown(s.hub.Close)

	work, stop := context.WithCancel(ctx)
	done := make(chan struct{}, 3)
	background := func(fn func(context.Context)) { go func() { defer func() { done <- struct{}{} }(); fn(work) }() }
	background(s.hub.Run)
	background(func(ctx context.Context) {
		s.commands.Run(ctx, time.Minute, func(err error) { s.log.Error("clock", "error", err) })
	})
	background(s.endSessions)
	defer func() {
		stop()
		for range 3 {
			<-done
		}
	}()
	if metricsListen != "" {
		closeMetrics, err := s.serveMetrics(metricsListen)
		if err != nil {
			return errors.Join(err, l.Close())
		}
		defer closeMetrics()
	}

	failed := make(chan error, 1)
	go func() {
		if cert != "" {
			failed <- web.ServeTLS(l, cert, key)
			return
		}
		failed <- web.Serve(l)
	}()
	scheme := "http"
	if cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(p.Stdout, "firebreak serves %s://%s (%s)\n", scheme, showHost(l.Addr()), s.db.Engine())
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.log.Info("draining")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := web.Shutdown(drain); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}

// showHost is an address that a browser on this machine can open.
func showHost(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// endSessions removes sessions that have ended, every hour.
func (s *server) endSessions(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if _, err := s.accounts.EndOldSessions(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("remove old sessions", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// serveMetrics answers /metrics on an address of its own: figures of operation, none about people.
func (s *server) serveMetrics(listen string) (func(), error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w", err)
	}
	set := metrics.NewSet()
	set.NewGauge("firebreak_journal_entries", func() float64 { return float64(s.db.Head()) })
	set.NewGauge("firebreak_live_readers", func() float64 { return float64(s.hub.Readers()) })
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		set.WritePrometheus(w)
		commits, changes := s.db.Commits()
		fmt.Fprintf(w, "firebreak_commits_total %d\nfirebreak_changes_total %d\n", commits, changes)
		metrics.WriteProcessMetrics(w)
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := srv.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) && !strings.Contains(err.Error(), "use of closed") {
			s.log.Error("serve metrics", "error", err)
		}
	}()
	return func() { _ = srv.Close() }, nil
}
