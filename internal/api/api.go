// Package api is the REST interface for other systems: what screens and the command line do, as JSON, described by OpenAPI 3.1 at
// /api/openapi.json. One file per noun.
//
// It gives the same orders as the screens (package command) and reads the same lists (package store), each bound to the caller's scope
// for the purpose that the request states. It stands behind the door of the web server, which finds out who calls. Only cmd and web
// import it.
package api

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/importer"
	"firebreak/internal/outlook"
	"firebreak/internal/roundplan"
	"firebreak/internal/store"
	"firebreak/internal/transferplan"
	"firebreak/internal/turnout"
)

// Options configures the interface. DB, Commands, Accounts and Imports are required; the others have defaults.
type Options struct {
	DB        *store.DB
	Commands  *command.Commands
	Accounts  *account.Service
	Imports   *importer.Service
	Turnout   *turnout.Turnout      // who is missing; nil: rounds are told without counts
	Plans     *roundplan.Planner    // plans rounds; nil: there are none
	Transfers *transferplan.Planner // plans transfers; nil: there are no plans of them
	Outlook   *outlook.Outlook      // makes forecasts; nil: none are made
	Log       *slog.Logger          // default slog.Default
	Version   string                // of the program, for the OpenAPI document; default "dev"

	PerSecond float64 // requests a second and user, on average; default 50
	Burst     int     // requests at once and user; default 200
	MaxBody   int64   // bytes of a request, uploads aside; default 1 MiB
	Walks     int     // walks of the whole journal, and backups, at a time; default 1
	Backups   string  // folder that backups are written to; empty refuses them
	// Settle waits until what was sent is in the tables and counted: before the clock of a drill moves on, because no time passes meanwhile; nil waits for nothing.
	Settle func(context.Context) error
}

// server holds what the operations stand on. It is safe for concurrent use.
type server struct {
	o     Options
	api   huma.API
	walks chan struct{}

	mu     sync.Mutex
	limits map[auth.UserID]*rate.Limiter // one for each user who has called: bounded by the number of accounts
}

// New returns the handler of everything under /api/. It goes behind the middleware that puts the caller into the context
// (auth.Authenticator); who is not known gets 401.
func New(o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.PerSecond == 0 {
		o.PerSecond = 50
	}
	if o.Burst == 0 {
		o.Burst = 200
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.Walks == 0 {
		o.Walks = 1
	}
	s := &server{o: o, walks: make(chan struct{}, o.Walks), limits: map[auth.UserID]*rate.Limiter{}}
	config := huma.DefaultConfig("firebreak", o.Version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/openapi", "", ""
	config.CreateHooks = nil // no $schema member in answers
	config.RejectUnknownQueryParameters = true
	config.Formats = maps.Clone(huma.DefaultFormats)
	config.Info.Description = "Outbreak response: cases, contacts, tasks. See docs/api.md for purpose, paging, conflicts and idempotency."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "an API token of the account"}}
	config.Security = []map[string][]string{{"token": {}}}
	mux := http.NewServeMux()
	s.api = humago.New(mux, config)
	s.outbreaks()
	s.packs()
	s.users()
	s.names()
	s.areas()
	s.cases()
	s.contacts()
	s.exposures()
	s.specimens()
	s.laboratories()
	s.unknownTubes()
	s.facilities()
	s.aside()
	s.positiveTubes()
	s.appeals()
	s.restrictions()
	s.checks()
	s.occupancy()
	s.incidents()
	s.inspections()
	s.rosters()
	s.doors()
	s.standingRounds()
	s.tasks()
	s.situation()
	s.forecasts()
	s.drillCards()
	s.zones()
	s.links()
	s.clusters()
	s.assistance()
	s.hospitals()
	s.autoAccept()
	s.autoPlan()
	s.traces()
	s.visits()
	s.rounds()
	s.roundPlans()
	s.transfers()
	s.sites()
	s.duplicates()
	s.imports()
	s.register()
	s.people()
	s.many()
	s.columnMaps()
	s.export()
	s.backups()
	s.drill()
	s.journal()
	s.tokens()
	return s.guard(mux)
}

// guard refuses who is not known, who asks too often and who sends too much. The description itself is for everybody.
func (s *server) guard(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		actor, known := auth.ActorFrom(r.Context())
		switch {
		case pattern == "GET /api/openapi.json" || pattern == "GET /api/openapi.yaml":
		case !known:
			w.Header().Set("WWW-Authenticate", `Bearer realm="firebreak"`)
			write(w, &Problem{ErrorModel: huma.ErrorModel{Status: http.StatusUnauthorized, Detail: "log in or send an API token"}, Kind: "unknown-caller"})
			return
		case !s.o.DB.Drill() && !s.limiter(actor.UserID).AllowN(s.o.DB.Now(), 1): // a drill's clock stands: what it allows would never come back
			w.Header().Set("Retry-After", strconv.Itoa(max(1, int(1/s.o.PerSecond))))
			write(w, &Problem{ErrorModel: huma.ErrorModel{Status: http.StatusTooManyRequests, Detail: "too many requests; wait, then go on more slowly"}, Kind: "too-many-requests"})
			return
		case pattern == "":
			write(w, &Problem{ErrorModel: huma.ErrorModel{Status: http.StatusNotFound, Detail: "there is no such operation; see /api/openapi.json"}, Kind: "not-found"})
			return
		}
		most := s.o.MaxBody
		switch pattern {
		case importPattern:
			most = s.o.Imports.MaxSize() + 1<<20 // the form around the file
		case areasPattern:
			most = mostAreas
		case registerPattern:
			most = mostRegister + 1<<16 // the form around the file
		case visitsPattern, visitPlacesPattern:
			most = mostVisits + 1<<16
		}
		if r.ContentLength > most {
			write(w, &Problem{ErrorModel: huma.ErrorModel{Status: http.StatusRequestEntityTooLarge, Detail: "the request is larger than " + strconv.FormatInt(most, 10) + " bytes"}, Kind: "too-large"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if slices.Contains(longPatterns(), pattern) {
			// It may take longer than a page may, and ends with its caller. A server that cannot do without a limit keeps its own.
			_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		}
		mux.ServeHTTP(w, r)
	})
}

// longPatterns are the routes whose answer may take minutes.
func longPatterns() []string {
	return []string{importPattern, registerPattern, visitsPattern, areasPattern, exportPattern, backupPattern, verifyPattern}
}

func (s *server) limiter(u auth.UserID) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.limits[u]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(s.o.PerSecond), s.o.Burst)
		s.limits[u] = l
	}
	return l
}

// Asked is part of every input: why the caller asks.
type Asked struct {
	Purpose string `header:"Firebreak-Purpose" doc:"Why the records are needed, such as contact-tracing; required for what touches records of people."`
}

func (a *Asked) stated() auth.Purpose { return auth.Purpose(a.Purpose) }

// call is one request of a known caller.
type call struct {
	*server
	ctx     context.Context
	actor   auth.Actor
	purpose auth.Purpose
	now     time.Time
	asked   string // method and path, as they are registered

	fields []string // names that stand in the member "fields" of the body
}

func (c *call) by() command.By { return command.By{Actor: c.actor, Purpose: c.purpose} }

// input is what every operation takes; Asked gives it.
type input interface{ stated() auth.Purpose }

// answer is what an operation gives.
type answer[T any] struct{ Body T }

// operation registers one operation: id, method, path and a sentence for the description.
func operation[I, T any](s *server, id, method, path, summary string, status int, run func(*call, *I) (T, error)) {
	handle(s, huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status}, func(c *call, in *I) (*answer[T], error) {
		out, err := run(c, in)
		return &answer[T]{out}, err
	})
}

// handle registers an operation whose answer has a shape of its own.
func handle[I, O any](s *server, op huma.Operation, run func(*call, *I) (*O, error)) {
	op.Responses = map[string]*huma.Response{"default": {
		Description: "The problem, as in RFC 9457", Content: map[string]*huma.MediaType{"application/problem+json": {
			Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem"),
		}}}}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = s.o.MaxBody
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		actor, _ := auth.ActorFrom(ctx)
		c := &call{server: s, ctx: ctx, actor: actor, now: s.o.DB.Now(), asked: op.Method + " " + op.Path}
		if p, ok := any(in).(input); ok {
			c.purpose = p.stated()
		}
		out, err := run(c, in)
		if err != nil {
			return nil, c.problem(err)
		}
		return out, nil
	})
}
