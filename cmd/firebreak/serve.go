package main

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"firebreak/internal/account"
	"firebreak/internal/api"
	"firebreak/internal/board"
	"firebreak/internal/capture"
	"firebreak/internal/command"
	"firebreak/internal/drill/pace"
	"firebreak/internal/field"
	"firebreak/internal/field/app"
	"firebreak/internal/i18n"
	"firebreak/internal/importer"
	"firebreak/internal/lookup"
	"firebreak/internal/outbreak"
	"firebreak/internal/outlook"
	"firebreak/internal/person"
	"firebreak/internal/plan/trip"
	"firebreak/internal/results"
	"firebreak/internal/roads"
	"firebreak/internal/roundplan"
	"firebreak/internal/store"
	"firebreak/internal/transferplan"
	"firebreak/internal/turnout"
	"firebreak/internal/web"
	"firebreak/internal/web/access"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/live"
	"firebreak/internal/web/login"
	"firebreak/internal/web/public"
	"firebreak/internal/web/ui"
	"firebreak/internal/whereabouts"
)

// metricsTokenVar holds the bearer token that /metrics asks for on the screens' own address.
const metricsTokenVar = "FIREBREAK_METRICS_TOKEN"

// defaultFolder is where serve keeps its data when nobody says where.
const defaultFolder = "firebreak-data"

type serveCmd struct {
	dataFlags
	Listen        string         `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to serve at."`
	PublicURL     string         `name:"public-url" placeholder:"URL" help:"Address that browsers use, where it is not this server's own: https://firebreak.example.org behind a proxy."`
	TLSCert       string         `name:"tls-cert" type:"path" placeholder:"FILE" help:"Certificate chain (PEM); with --tls-key the server speaks https itself."`
	TLSKey        string         `name:"tls-key" type:"path" placeholder:"FILE" help:"Private key (PEM) of the certificate."`
	TrustedProxy  []netip.Prefix `name:"trusted-proxy" placeholder:"PREFIX" help:"Reverse proxies that speak https to browsers and whose X-Forwarded-For is believed, such as 10.0.0.0/8; may be repeated."`
	SignOn        string         `name:"sign-on" type:"path" placeholder:"FILE" help:"OpenID Connect providers that people may sign on at (JSON: docs/sign-on.md); goes with --public-url."`
	PublicListen  string         `name:"public-listen" placeholder:"ADDR" help:"Address for the public site and look-ups of results alone: no crowd there reaches screens or desks. Without it they are at the screens' address."`
	MetricsListen string         `name:"metrics-listen" placeholder:"ADDR" help:"Address for /metrics alone. Without it /metrics is at the screens' address, for the bearer token in FIREBREAK_METRICS_TOKEN; without that it is not served."`
	Backups       string         `type:"path" placeholder:"DIR" help:"Folder for backups that are asked for by firebreak backup --url; it must be there. Without it they are refused."`
	RoadsURL      string         `name:"roads-url" placeholder:"URL" help:"Routing server that plans of transfers ask for ways: OSRM's table service (http://host:5000/table/v1/driving) or Valhalla's matrix (http://host:8002/sources_to_targets). Without it, and when it cannot be asked, ways are straight lines with a detour."`
	Drain         time.Duration  `default:"20s" placeholder:"TIME" help:"How long requests under way may take to finish after SIGTERM."`
}

// Run serves until the process is told to stop. This is the only place where the parts of the server are put together.
func (c *serveCmd) Run(ctx context.Context, p *process) error {
	secure, origins, err := c.origins()
	if err != nil {
		return err
	}
	if c.Data == "" && c.DB == "" && p.Getenv("FIREBREAK_DB") == "" {
		c.Data = defaultFolder
	}
	if c.Backups != "" {
		if st, err := os.Stat(c.Backups); err != nil || !st.IsDir() {
			return misused(fmt.Errorf("--backups %s: there is no such folder", c.Backups))
		}
	}
	var ways func(context.Context, []trip.Point) (trip.Roads, error)
	if c.RoadsURL != "" {
		server, err := roads.Open(c.RoadsURL, roads.Options{})
		if err != nil {
			return misused(fmt.Errorf("--roads-url: %w", err))
		}
		ways = server.Ask
	}
	return c.with(ctx, p, true, func(db *store.DB) error {
		providers, err := readSignOn(ctx, p, db, c.SignOn, c.PublicURL)
		if err != nil {
			return err
		}
		s, err := newServer(ctx, p, db, serverOptions{roads: ways, publicURL: c.PublicURL, signOn: providers, backups: c.Backups, tls: secure, proxies: c.TrustedProxy, origins: origins, ownMetrics: c.MetricsListen != "", ownPublic: c.PublicListen != "", drain: c.Drain})
		if err != nil {
			return err
		}
		// A drill that was being played when its program ended cannot go on: its town was in that program.
		if err := s.commands.EndDrill(ctx, command.Owner("server"), pace.BrokenOff); err != nil {
			return errors.Join(err, s.intake.Close())
		}
		return s.run(ctx, p, listening{main: c.Listen, public: c.PublicListen, metrics: c.MetricsListen, cert: c.TLSCert, key: c.TLSKey})
	})
}

// origins says whether browsers reach the server by https, and under which further origin.
func (c *serveCmd) origins() (secure bool, origins []string, err error) {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return false, nil, misused(errors.New("--tls-cert and --tls-key go together"))
	}
	secure = c.TLSCert != "" || len(c.TrustedProxy) > 0
	if c.PublicURL == "" {
		return secure, nil, nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return false, nil, misused(fmt.Errorf("--public-url %q: want https://host, with a port where it is not the usual one", c.PublicURL))
	}
	return secure || u.Scheme == "https", []string{u.Scheme + "://" + u.Host}, nil
}

// serverLog is for people at a terminal, and for machines elsewhere.
func (p *process) serverLog() *slog.Logger {
	var o *slog.HandlerOptions
	if p.Quiet {
		o = &slog.HandlerOptions{Level: slog.LevelError}
	}
	if p.Terminal {
		return slog.New(slog.NewTextHandler(p.Stderr, o))
	}
	return slog.New(slog.NewJSONHandler(p.Stderr, o))
}

// serverOptions are what serve and demo do differently.
type serverOptions struct {
	tls       bool // browsers reach the server by https
	proxies   []netip.Prefix
	origins   []string // further ones that may post
	demo      []login.DemoAccount
	signOn    []access.Provider
	publicURL string // address that browsers and phones use; empty: the one that they happen to ask
	// ownMetrics says that /metrics has an address of its own.
	ownMetrics bool
	ownPublic  bool          // so has the public site
	backups    string        // folder for backups that are asked for through the API; empty refuses them
	drain      time.Duration // default 20 s
	// roads asks for ways among places; nil: straight lines with a detour.
	roads func(context.Context, []trip.Point) (trip.Roads, error)
	// planSteps is how long a plan of transfers is searched for; 0: as long as it takes to be good.
	planSteps int
}

// server is the running program: this is the only place where its parts are put together.
type server struct {
	db        *store.DB
	log       *slog.Logger
	tls       bool
	drain     time.Duration
	commands  *command.Commands
	accounts  *account.Service
	boards    *board.Boards
	hub       *live.Hub
	imports   *importer.Service
	intake    *store.Intake
	capture   *capture.Service
	turnout   *turnout.Turnout
	plans     *roundplan.Planner
	transfers *transferplan.Planner
	outlook   *outlook.Outlook
	results   *results.Results
	visits    *whereabouts.Whereabouts
	lookup    *lookup.Service
	// samplesFirst is what look-ups stand back for: batches that are being taken.
	samplesFirst lookup.Precedence
	public       http.Handler // the public site and look-ups
	// ownPublic says that the public site has an address of its own.
	ownPublic bool
	meters    *metrics.Set
	token     string // that /metrics asks for; empty where it is not served beside the screens
	handler   http.Handler
	draining  atomic.Bool
}

func newServer(ctx context.Context, p *process, db *store.DB, o serverOptions) (*server, error) {
	s := &server{db: db, log: p.serverLog(), tls: o.tls, drain: o.drain, ownPublic: o.ownPublic, meters: metrics.NewSet()}
	if s.drain == 0 {
		s.drain = 20 * time.Second
	}
	if !o.ownMetrics {
		s.token = p.Getenv(metricsTokenVar)
	}
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
	if err != nil {
		return nil, err
	}
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
	s.commands, s.boards, s.hub = command.New(db, ids), board.New(db, s.log), live.New(db, live.Options{Log: s.log})
	s.visits = whereabouts.New(whereabouts.Options{DB: db, Identities: ids, Log: s.log})
	s.commands.TraceIn(s.visits)
	if s.imports, err = importer.New(importer.Options{DB: db, Commands: s.commands, Log: s.log}); err != nil {
		return nil, err
	}
	kit := ui.NewKit(bundle, files)
	door, err := access.New(access.Options{Accounts: s.accounts, DB: db, Kit: kit, TLS: o.tls, Proxies: o.proxies, TrustedOrigins: o.origins, Demo: o.demo, SignOn: o.signOn, Log: s.log})
	if err != nil {
		return nil, err
	}
	s.turnout = turnout.New(turnout.Options{DB: db, Log: s.log, OnTube: func(o outbreak.ID, code string) { s.capture.Registered(o, code) }})
	s.plans = roundplan.New(roundplan.Options{DB: db, Commands: s.commands, Turnout: s.turnout, Log: s.log})
	s.transfers = transferplan.New(transferplan.Options{DB: db, Commands: s.commands, Roads: o.roads, Log: s.log, Steps: o.planSteps})
	s.outlook = outlook.New(outlook.Options{DB: db, Commands: s.commands})
	screens, err := web.Handler(&web.Site{Turnout: s.turnout, Plans: s.plans, Transfers: s.transfers, Outlook: s.outlook, PublicURL: o.publicURL, DB: db, Commands: s.commands, Kit: kit, Access: door, Boards: s.boards, Live: s.hub, Imports: s.imports, Log: s.log, Observe: s.observe}, files)
	if err != nil {
		return nil, err
	}
	api := door.Middleware(api.New(api.Options{Turnout: s.turnout, Plans: s.plans, Transfers: s.transfers, Outlook: s.outlook, DB: db, Commands: s.commands, Accounts: s.accounts, Imports: s.imports, Log: s.log, Backups: o.backups, Settle: s.settle}))
	if s.intake, err = db.OpenIntake(ctx); err != nil {
		return nil, err
	}
	if s.capture, err = capture.New(ctx, capture.Options{DB: db, Identities: ids, Intake: s.intake, Log: s.log}); err != nil {
		return nil, errors.Join(err, s.intake.Close())
	}
	devices := field.New(field.Options{DB: db, Capture: s.capture, Commands: s.commands, Log: s.log, First: &s.samplesFirst})
	if err := s.openPublic(ctx, ids, kit, files, o); err != nil {
		return nil, errors.Join(err, s.intake.Close())
	}
	desk, err := app.New(bundle)
	if err != nil {
		return nil, errors.Join(err, s.intake.Close())
	}
	s.handler = s.around(screens, api, devices, desk)
	return s, nil
}

// settle waits until what devices have sent is in the tables, and is counted.
func (s *server) settle(ctx context.Context) error {
	if err := s.capture.Settle(ctx); err != nil {
		return err
	}
	return s.turnout.Build(ctx)
}

// openPublic makes what the public may ask.
func (s *server) openPublic(ctx context.Context, ids *store.Identities, kit *ui.Kit, files *assets.Set, o serverOptions) error {
	var code func(string) (person.ID, bool)
	err := s.db.View(ctx, func(r *store.Reader) error {
		v, err := ids.Vault(r)
		if err == nil {
			code = v.ReadPersonCode // it hangs on the part of the keyring that never rotates
		}
		return err
	})
	if err != nil {
		return err
	}
	s.results = results.New(results.Options{DB: s.db, Log: s.log})
	s.lookup = lookup.New(lookup.Options{Of: s.results.Of, Code: code, Now: s.db.Now, Log: s.log, Proxies: o.proxies, Before: &s.samplesFirst})
	site, err := public.New(public.Options{DB: s.db, Commands: s.commands, Kit: kit, Lookup: s.lookup, Turnout: s.turnout, Plans: s.plans, Assets: files, Proxies: o.proxies, Log: s.log, TLS: o.tls})
	if err != nil {
		return err
	}
	s.public = site.Handler()
	return nil
}

// listening is where the server listens; public and metrics may be empty.
type listening struct{ main, public, metrics, cert, key string }

// run listens and works until ctx ends, then ends in order: no new streams or requests, those under way finished, then the background, then (by
// the caller) the store.
func (s *server) run(ctx context.Context, p *process, at listening) (err error) {
	defer func() { err = errors.Join(err, s.intake.Close()) }()
	failed := make(chan error, 3)
	scheme := "http"
	main, err := net.Listen("tcp", at.main)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	servers := []*http.Server{s.http(s.handler)}
	if at.metrics != "" {
		l, err := net.Listen("tcp", at.metrics)
		if err != nil {
			return errors.Join(fmt.Errorf("listen for metrics: %w", err), main.Close())
		}
		mux := http.NewServeMux()
		mux.HandleFunc("GET /metrics", s.metrics)
		apart := s.http(mux)
		servers = append(servers, apart)
		go func() { failed <- apart.Serve(l) }()
	}
	if at.public != "" {
		l, err := s.listenPublic(at)
		if err != nil {
			return errors.Join(err, main.Close())
		}
		public := s.http(s.public)
		servers = append(servers, public)
		go func() { failed <- public.Serve(l) }()
		defer s.lookup.Shutdown()
		_, _ = fmt.Fprintf(p.Stdout, "the public site is at %s\n", showHost(l.Addr()))
	}
	go func() {
		if at.cert != "" {
			failed <- servers[0].ServeTLS(main, at.cert, at.key)
			return
		}
		failed <- servers[0].Serve(main)
	}()
	if at.cert != "" {
		scheme = "https"
	}
	// The background goes on while requests under way finish.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var background sync.WaitGroup
	background.Go(func() { s.hub.Run(work) })
	background.Go(func() {
		s.commands.Run(work, time.Minute, func(err error) { s.log.Error("clock", "error", err) })
	})
	background.Go(func() {
		s.transfers.Run(work, time.Minute, func(err error) { s.log.Error("transfers", "error", err) })
	})
	background.Go(func() { s.imports.Run(work) })
	background.Go(func() { s.capture.Run(work) })
	background.Go(func() { s.turnout.Run(work) })
	background.Go(func() { s.results.Run(work) })
	background.Go(func() { s.visits.Run(work) })
	background.Go(func() { s.endSessions(work) })
	background.Go(func() { s.warm(work) })
	_, _ = fmt.Fprintf(p.Stdout, "firebreak serves %s://%s (%s)\n", scheme, showHost(main.Addr()), s.db.Engine())
	s.hint(ctx, p, main.Addr())

	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	s.log.Info("draining")
	s.draining.Store(true)
	s.hub.Close()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	for _, each := range servers {
		if cut := each.Shutdown(end); cut != nil {
			err = errors.Join(err, fmt.Errorf("requests were cut off after %s: %w", s.drain, cut), each.Close())
		}
	}
	stop()
	background.Wait()
	s.boards.Wait()
	s.plans.Wait()
	s.outlook.Wait()
	return err
}

// listenPublic listens at the public address.
func (s *server) listenPublic(at listening) (net.Listener, error) {
	l, err := net.Listen("tcp", at.public)
	if err != nil {
		return nil, fmt.Errorf("listen for the public: %w", err)
	}
	if at.cert != "" {
		pair, err := tls.LoadX509KeyPair(at.cert, at.key)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen for the public: %w", err), l.Close())
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12})
	}
	return s.lookup.Listen(l), nil
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

// hint says on an empty store what to do next, and warns where names would cross the network unprotected.
func (s *server) hint(ctx context.Context, p *process, at net.Addr) {
	var users bool
	err := s.db.View(ctx, func(r *store.Reader) (err error) {
		users, err = r.AnyUser()
		return err
	})
	if err == nil && !users {
		_, _ = fmt.Fprintln(p.Stdout, "Nobody can log in yet. Stop it, then: firebreak areas import, and firebreak user add.")
	}
	tcp, ok := at.(*net.TCPAddr)
	if ok && !tcp.IP.IsLoopback() && !s.tls {
		s.log.Warn("passwords and records cross the network in the clear: give --tls-cert and --tls-key, or put a proxy with https before it and give --public-url", "address", at.String())
	}
}

// http is a server with its limits set: one slow client holds nothing for long.
func (s *server) http(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// around adds what machines ask for to the screens.
func (s *server) around(screens, api, devices, desk http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		switch err := s.db.Ping(ctx); {
		case s.draining.Load():
			answer(w, http.StatusServiceUnavailable, "stopping")
		case err != nil:
			s.log.Error("not ready", "error", err)
			answer(w, http.StatusServiceUnavailable, "the database does not answer")
		default:
			answer(w, http.StatusOK, "ready")
		}
	})
	if s.token != "" {
		mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
			given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(s.token)) != 1 {
				w.Header().Set("WWW-Authenticate", `Bearer realm="firebreak metrics"`)
				answer(w, http.StatusUnauthorized, "a bearer token is needed")
				return
			}
			s.metrics(w, r)
		})
	}
	mux.Handle("/api/", api)
	mux.Handle("/capture/", devices)
	if !s.ownPublic {
		mux.Handle("/public/", s.public)
	}
	mux.Handle("/desk", desk)
	mux.Handle(app.Root, desk)
	mux.Handle("/", screens)
	return mux
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // who asked may have gone
}

// observe counts requests by route and status.
func (s *server) observe(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	s.meters.GetOrCreateHistogram(fmt.Sprintf(`firebreak_request_seconds{route=%q,status="%d"}`, route, status)).Update(took.Seconds())
}

// metrics is GET /metrics in Prometheus' text form.
func (s *server) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	s.meters.WritePrometheus(w)
	commits, changes := s.db.Commits()
	_, _ = fmt.Fprintf(w, "firebreak_journal_entries %d\nfirebreak_live_readers %d\nfirebreak_commits_total %d\nfirebreak_changes_total %d\n", s.db.Head(), s.hub.Readers(), commits, changes)
	n := s.lookup.Counts()
	for _, x := range []struct {
		outcome string
		n       int64
	}{{"answered", n.Answered}, {"no_code", n.Unknown}, {"too_many", n.Limited}, {"busy", n.Shed}, {"loading", n.Loading}} {
		_, _ = fmt.Fprintf(w, "firebreak_lookups_total{outcome=%q} %d\n", x.outcome, x.n)
	}
	metrics.WriteProcessMetrics(w)
}

// endSessions removes sessions that have ended, at the start and every hour.
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

// warm counts the cases of the newest outbreaks before anybody asks.
func (s *server) warm(ctx context.Context) {
	var list []outbreak.Outbreak
	err := s.db.View(ctx, func(r *store.Reader) (err error) {
		list, err = r.Outbreaks()
		return err
	})
	for _, o := range list[:min(len(list), 3)] {
		if err == nil {
			_, err = s.boards.Of(ctx, o.ID)
		}
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("cases not counted ahead", "error", err)
	}
}
