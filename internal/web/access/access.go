// Package access is the door of the web server: log-in, log-out, sign-on at a provider, a person's preferences, and the middleware that
// every request passes before it reaches a screen.
//
// The router makes one Access, calls Routes, and wraps itself in Middleware. Only cmd and web import it.
package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/drill/pace"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/web/errorpage"
	"firebreak/internal/web/login"
	"firebreak/internal/web/ui"
)

// Options configures an Access. Accounts, DB and Kit are required.
type Options struct {
	Accounts *account.Service
	DB       *store.DB // for the names of areas and the clock
	Kit      *ui.Kit
	// TLS says that browsers reach the server by https, itself or through a proxy. Cookies are then Secure.
	TLS bool
	// Proxies are the reverse proxies whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// TrustedOrigins are further origins ("https://host[:port]") that may post to this server.
	TrustedOrigins []string
	// SignOn are the providers that people may sign on at.
	SignOn []Provider
	// Demo lists the accounts of a demonstration on the log-in page; nil on a real installation.
	Demo []login.DemoAccount
	Log  *slog.Logger // nil means slog.Default
}

// Access holds the handlers. It is safe for concurrent use.
type Access struct {
	o         Options
	cookies   auth.Cookies
	page      *ui.Page
	errors    *ui.Page
	providers map[string]*provider
}

// New parses the pages and checks the options.
func New(o Options) (*Access, error) {
	if o.Accounts == nil || o.DB == nil || o.Kit == nil {
		return nil, errors.New("access: accounts, store and kit are required")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	a := &Access{o: o, cookies: auth.Cookies{TLS: o.TLS, MaxAge: o.Accounts.SessionLife()}}
	var err error
	if a.page, err = login.New(o.Kit); err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	if a.errors, err = errorpage.New(o.Kit); err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	// Origins are checked here, so that Middleware cannot fail.
	if _, err := auth.SameOrigin(o.TrustedOrigins, http.NotFoundHandler()); err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	if a.providers, err = newProviders(o.SignOn); err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return a, nil
}

// Routes registers the pages of this package.
func (a *Access) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /login", a.showLogin)
	mux.HandleFunc("POST /login", a.logIn)
	mux.HandleFunc("POST /logout", a.logOut)
	mux.HandleFunc("POST /preferences", a.preferences)
	mux.HandleFunc("GET /signon/{provider}", a.beginSignOn)
	mux.HandleFunc("GET /signon/{provider}/callback", a.finishSignOn)
}

// Middleware gives each request an id, the secure headers, the check of its origin, and the person who makes it. It goes around the whole
// router. Who is not logged in passes: Required refuses them.
func (a *Access) Middleware(next http.Handler) http.Handler {
	authenticator := &auth.Authenticator{
		Sessions: a.o.Accounts.Sessions(), Tokens: a.o.Accounts.Tokens(), Cookies: a.cookies,
		Actor: a.actor, Now: a.o.DB.Now, Real: a.o.DB.Real,
		Fail: func(w http.ResponseWriter, r *http.Request, err error) {
			a.Fail(w, r, http.StatusServiceUnavailable, err)
		},
	}
	identified := authenticator.Middleware(a.firstChange(next))
	visited := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		identified.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitorKey{}, &store.User{})))
	})
	guarded, err := auth.SameOrigin(a.o.TrustedOrigins, visited)
	if err != nil {
		panic(fmt.Sprintf("access: %v", err)) // New has checked the origins
	}
	return auth.RequestID(auth.SecureHeaders(a.o.TLS, guarded))
}

type visitorKey struct{}

// actor is asked by the authenticator on each request. The account it reads is left in the request's context, so that pages know the person's
// title and theme without asking the store again.
func (a *Access) actor(ctx context.Context, id auth.UserID) (auth.Actor, error) {
	u, err := a.o.Accounts.Open(ctx, id)
	if err != nil {
		return auth.Actor{}, err
	}
	if v, ok := ctx.Value(visitorKey{}).(*store.User); ok {
		*v = u
	}
	return u.Actor(), nil
}

// VisitorFrom returns the account behind the request; ok is false before log-in. What the account may do is for auth.ActorFrom to
// say, which an API token narrows.
func VisitorFrom(ctx context.Context) (u store.User, ok bool) {
	if _, ok := auth.ActorFrom(ctx); !ok {
		return store.User{}, false
	}
	v, ok := ctx.Value(visitorKey{}).(*store.User)
	if !ok || v.ID == 0 {
		return store.User{}, false
	}
	return *v, true
}

// Lasts says whether whoever opened a long answer may still read on: their session holds, or they came with an API token, which was checked at the
// start. A store that cannot be asked does not end it.
func (a *Access) Lasts(r *http.Request) bool {
	token := a.cookies.Read(r)
	if token.IsZero() {
		return r.Header.Get("Authorization") != ""
	}
	holds, err := a.o.Accounts.Sessions().Holds(r.Context(), token, a.o.DB.Real())
	return holds || err != nil
}

// Accounts gives the orders about accounts.
func (a *Access) Accounts() *account.Service { return a.o.Accounts }

// TLS says that browsers reach the server by https.
func (a *Access) TLS() bool { return a.o.TLS }

// Session is what the store knows the request's session by; zero for an API token.
func (a *Access) Session(r *http.Request) auth.TokenHash {
	t := a.cookies.Read(r)
	if t.IsZero() || r.Header.Get("Authorization") != "" {
		return auth.TokenHash{}
	}
	return t.Hash()
}

// Address is where a request comes from, behind the trusted proxies.
func (a *Access) Address(r *http.Request) netip.Addr { return auth.ClientIP(r, a.o.Proxies) }

// Ended clears the cookie of a session that has ended, and what the browser keeps of its pages.
func (a *Access) Ended(w http.ResponseWriter) {
	a.cookies.Clear(w)
	w.Header().Set("Clear-Site-Data", `"cache"`)
}

// mayWithOneTime are the addresses that a one-time password opens: those that change it, and the door.
func mayWithOneTime(path string) bool {
	switch path {
	case "/me", "/me/password", "/login", "/logout", "/preferences":
		return true
	}
	return false
}

// firstChange stops whoever came in with a one-time password until they have one of their own: whoever gave it to them knows it too.
func (a *Access) firstChange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, known := VisitorFrom(r.Context())
		switch actor, _ := auth.ActorFrom(r.Context()); {
		case !known || !u.OneTime || actor.Token != nil || mayWithOneTime(r.URL.Path):
			next.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/api/"):
			http.Error(w, "change the one-time password first", http.StatusForbidden)
		case r.Method == http.MethodGet && r.Header.Get("HX-Request") != "true":
			http.Redirect(w, r, "/me", http.StatusSeeOther)
		default:
			a.Fail(w, r, http.StatusForbidden, nil)
		}
	})
}

// Required lets only identified callers through. A page sends the others to the log-in and back afterwards; everything under /api answers 401, and
// so does what cannot be asked for again after a log-in.
func (a *Access) Required(next http.Handler) http.Handler {
	return auth.Required(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="firebreak"`)
			http.Error(w, "log in or send an API token", http.StatusUnauthorized)
			return
		}
		to := "/login?next=" + url.QueryEscape(LocalPath(r.URL.RequestURI()))
		if r.Header.Get("HX-Request") == "true" {
			// A part of a page cannot be replaced by the log-in page: the whole page goes there.
			w.Header().Set("HX-Redirect", "/login")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			a.Fail(w, r, http.StatusUnauthorized, nil)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}, next)
}

// Frame is the surrounding of a page for whoever asks: language, theme, clock, and the person's place in the response. The screen adds its
// navigation and outbreak.
func (a *Access) Frame(r *http.Request) ui.Frame {
	ctx := r.Context()
	lang, theme := readLook(r)
	u, known := VisitorFrom(ctx)
	if known {
		lang, theme = u.Lang, u.Theme
	}
	f := ui.Frame{
		Lang: a.o.Kit.Bundle().Negotiate(i18n.Lang(lang), r.Header.Get("Accept-Language")), Theme: ui.Theme(theme),
		Now: a.o.DB.Now(), Path: LocalPath(r.URL.RequestURI()), Preferences: "/preferences", Drill: a.o.DB.Drill(),
	}
	if p := a.o.DB.Pace(); known && p.State != pace.Unpaced {
		f.Play = a.play(p, f.Now, u, f.Lang)
	}
	if r.URL.Path == "/login" && r.Method == http.MethodGet {
		f.Path = r.URL.RequestURI() // LocalPath leads away from the door; a change of language at the door stays there
	}
	if known {
		f.User = &ui.User{Name: u.Title, Href: "/me", Out: "/logout"}
		if held := live(u.InForce(), f.Now); len(held) > 0 {
			f.User.Role, f.User.Area = held[0].Role.Title(auth.Lang(f.Lang)), a.areaName(ctx, held[0], f.Lang)
		}
	}
	return f
}

// play is how a drill goes, for the bar.
func (a *Access) play(p pace.Pace, now time.Time, u store.User, lang i18n.Lang) *ui.Play {
	out := &ui.Play{State: string(p.State), Day: p.Day(now), Clock: now, Speed: p.Speed, Goes: p.Played(), Control: auth.MayAnywhere(u.Actor(), auth.DrillControl, "", now)}
	if p.Runs() && now.Before(p.Until) {
		out.Until = p.Until
	}
	if p.Ahead.After(now) {
		out.Ahead = p.Ahead
	}
	for _, r := range pace.Holdable() {
		out.Roles = append(out.Roles, ui.PlayRole{Role: r, Title: auth.Role(r).Title(auth.Lang(lang)), Held: slices.Contains(p.Held, r)})
	}
	return out
}

func live(grants []auth.Grant, now time.Time) []auth.Grant {
	var out []auth.Grant
	for _, g := range grants {
		if g.Until.IsZero() || now.Before(g.Until) {
			out = append(out, g)
		}
	}
	return out
}

// areaName is what the header shows; without it the page is still right, so a failure is not the page's.
func (a *Access) areaName(ctx context.Context, g auth.Grant, lang i18n.Lang) string {
	tree, err := a.o.DB.Tree(ctx)
	if err != nil {
		a.o.Log.WarnContext(ctx, "name of area for the header", "area", g.Area, "error", err)
		return ""
	}
	j, _ := tree.Get(g.Area)
	if auth.Lang(lang) != auth.Chinese && j.NameEN != "" {
		return j.NameEN
	}
	return j.Name
}

// Fail answers with the error page of a status. The cause goes to the log under the request's number, never to the page.
func (a *Access) Fail(w http.ResponseWriter, r *http.Request, status int, cause error) {
	id := auth.RequestIDFrom(r.Context())
	if cause != nil {
		a.o.Log.ErrorContext(r.Context(), "request failed", "request", id, "method", r.Method, "path", r.URL.Path, "status", status, "error", cause)
	}
	a.render(w, r, a.errors, status, errorpage.View{Status: status, Request: id, Back: "/"})
}

func (a *Access) render(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, view any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Cookie, Accept-Language")
	w.WriteHeader(status)
	if err := p.Render(w, a.Frame(r), view); err != nil {
		a.o.Log.ErrorContext(r.Context(), "page not rendered", "request", auth.RequestIDFrom(r.Context()), "path", r.URL.Path, "error", err)
	}
}

// LocalPath returns next if it is a path on this server, else "/": nobody is sent to another site by a link to this one.
func LocalPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsFunc(next, func(c rune) bool { return c == '\\' || c < ' ' || c == 0x7f }) {
		return "/"
	}
	// The door itself is nowhere to go back to.
	if p := u.Path; p == "/login" || p == "/logout" || p == "/preferences" || strings.HasPrefix(p, "/signon/") {
		return "/"
	}
	return next
}
