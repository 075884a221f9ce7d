package public

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/lookup"
	"firebreak/internal/place"
	"firebreak/internal/roundplan"
	"firebreak/internal/store"
	"firebreak/internal/turnout"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/ui"
)

// Root is the path that the site is at.
const Root = "/public/"

// Options of the site.
type Options struct {
	DB       *store.DB
	Kit      *ui.Kit
	Commands *command.Commands
	Lookup   *lookup.Service
	Turnout  *turnout.Turnout
	Plans    *roundplan.Planner // nil: where and when people go is not told
	Assets   http.Handler
	Proxies  []netip.Prefix // see lookup.Options
	Log      *slog.Logger
	TLS      bool // browsers reach it by https
}

// Site is the public site.
type Site struct {
	o                                     Options
	home, result, areas, failed, selfTest *ui.Page
	appealed, restriction, certificate    *ui.Page
	check                                 *ui.Page

	mu       sync.Mutex // of whoever reads the next snapshot
	now      atomic.Pointer[snapshot]
	lives    registered
	failing  time.Time // until when the database is not asked again
	gate     chan struct{}
	reports  chan struct{}
	reported *lookup.Limit
	mux      *http.ServeMux
}

// atOnce is how many pages are made at a time; what comes on top waits shortly and is then asked to come again.
const (
	atOnce = 16
	waits  = 250 * time.Millisecond
)

// contentSecurityPolicy allows our own style sheet and pictures, and nothing that runs.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// New makes the site.
func New(o Options) (*Site, error) {
	p := &Site{o: o, gate: make(chan struct{}, atOnce), reports: make(chan struct{}, reports), reported: lookup.NewLimit(reportBurst, reportEvery, o.DB.Now()), mux: http.NewServeMux()}
	for _, x := range []struct {
		page **ui.Page
		make func(*ui.Kit) (*ui.Page, error)
	}{{&p.home, NewHome}, {&p.result, NewResult}, {&p.areas, NewAreas}, {&p.failed, NewFailed}, {&p.selfTest, NewSelfTest}, {&p.appealed, NewAppeal}, {&p.restriction, NewRestriction}, {&p.certificate, NewCertificate}, {&p.check, NewCheck}} {
		var err error
		if *x.page, err = x.make(o.Kit); err != nil {
			return nil, err
		}
	}
	p.now.Store(&snapshot{zone: time.UTC, pages: map[string]*page{}})
	p.mux.HandleFunc("GET /public/{$}", p.start)
	p.mux.HandleFunc("GET /public/{lang}/{$}", p.shown("/", func(r *http.Request, lang i18n.Lang, s *snapshot) (*ui.Page, any, error) {
		return p.home, Home{Ask: AskForm(lang, i18n.Msg{}), SelfTest: len(s.outbreaks) > 0}, nil
	}))
	p.mux.HandleFunc("GET /public/{lang}/areas", p.shown("/areas", func(r *http.Request, lang i18n.Lang, s *snapshot) (*ui.Page, any, error) {
		return p.areas, s.area(lang, 0, nil), nil
	}))
	p.mux.HandleFunc("GET /public/{lang}/areas/{code}", p.shown("", func(r *http.Request, lang i18n.Lang, s *snapshot) (*ui.Page, any, error) {
		id, err := s.named(r.PathValue("code"))
		return p.areas, s.area(lang, id, func() []home { return p.homes(r.Context(), id, s.at) }), err
	}))
	p.mux.HandleFunc("GET /public/{lang}/result", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, Root+r.PathValue("lang")+"/", http.StatusSeeOther) // somebody came back to it
	})
	p.mux.HandleFunc("POST /public/{lang}/result", p.ask)
	p.mux.HandleFunc("GET "+RestrictionPath, func(w http.ResponseWriter, r *http.Request) { p.inLanguage(w, r, "/restriction") })
	p.mux.HandleFunc("GET /public/{lang}/restriction", p.shown("/restriction", func(r *http.Request, lang i18n.Lang, s *snapshot) (*ui.Page, any, error) {
		return p.restriction, RestrictionView{Ask: RestrictionForm(lang, i18n.Msg{})}, nil
	}))
	p.mux.HandleFunc("POST /public/{lang}/restriction", p.askRestriction)
	p.mux.HandleFunc("GET /public/{lang}/restriction/needs", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, RestrictionHref(p.lang(r, i18n.Lang(r.PathValue("lang")))), http.StatusSeeOther) // somebody came back to it
	})
	p.mux.Handle("POST /public/{lang}/restriction/needs", http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.askNeed)))
	p.mux.HandleFunc("GET "+CheckPath, p.scannedCheck)
	p.mux.HandleFunc("GET /public/{lang}/check", p.shown("/check", func(r *http.Request, lang i18n.Lang, s *snapshot) (*ui.Page, any, error) {
		return p.check, CheckView{Ask: CheckForm(lang, i18n.Msg{})}, nil
	}))
	p.mux.HandleFunc("GET /public/{lang}/check/{code}", p.myCheck)
	p.mux.HandleFunc("POST /public/{lang}/check", p.openCheck)
	p.mux.Handle("POST /public/{lang}/check/answer", http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.answerCheck)))
	p.mux.HandleFunc("GET "+CertificatePath, p.scanned)
	p.mux.HandleFunc("GET /public/{lang}/certificate", p.shown("/certificate", func(r *http.Request, lang i18n.Lang, s *snapshot) (*ui.Page, any, error) {
		return p.certificate, CertificateView{Ask: CertificateForm(lang, i18n.Msg{})}, nil
	}))
	p.mux.HandleFunc("GET /public/{lang}/certificate/{code}", p.checkCertificate)
	p.mux.HandleFunc("POST /public/{lang}/certificate", p.checkCertificate)
	p.mux.HandleFunc("GET /public/{lang}/self-test", p.shown("/self-test", p.reportForm))
	p.mux.Handle("POST /public/{lang}/self-test", http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.report)))
	p.mux.Handle("POST /public/{lang}/appeal", http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.appeal)))
	p.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		lang := i18n.Lang(strings.SplitN(strings.TrimPrefix(r.URL.Path, Root), "/", 2)[0])
		p.fail(w, r, p.lang(r, lang), http.StatusNotFound, i18n.M("public.failed.none"))
	})
	return p, nil
}

// ServeHTTP serves the site's pages below Root.
func (p *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if p.o.TLS {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	p.mux.ServeHTTP(w, r)
}

// Handler is the site with its style sheet and the endpoint of look-ups: all that a public address serves.
func (p *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(lookup.Path, p.o.Lookup)
	mux.Handle(assets.Root, p.o.Assets)
	mux.Handle(Root, p)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, Root, http.StatusSeeOther) })
	return mux
}

// lang is the language of a request: the one in its address, else what the browser prefers.
func (p *Site) lang(r *http.Request, choice i18n.Lang) i18n.Lang {
	return p.o.Kit.Bundle().Negotiate(choice, r.Header.Get("Accept-Language"))
}

// start sends on to the language that the browser prefers, so that every other address is one page for everybody.
func (p *Site) start(w http.ResponseWriter, r *http.Request) { p.inLanguage(w, r, "/") }

func (p *Site) inLanguage(w http.ResponseWriter, r *http.Request, path string) {
	w.Header().Set("Vary", "Accept-Language")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	http.Redirect(w, r, Root+string(p.lang(r, ""))+path, http.StatusFound)
}

// page is a rendered page.
type page struct{ plain, packed []byte }

// latest returns what is known of rounds and sites: what was read within ten seconds, or else what can be read now, or else what was read last.
func (p *Site) latest(ctx context.Context) *snapshot {
	s := p.now.Load()
	now := p.o.DB.Now()
	if age := now.Sub(s.at); age >= 0 && age < fresh {
		return s
	}
	if s.tree != nil && !p.mu.TryLock() {
		return s // another reads it already
	} else if s.tree == nil {
		p.mu.Lock() // there is nothing to show yet
	}
	defer p.mu.Unlock()
	if later := p.now.Load(); later != s || now.Before(p.failing) {
		return later
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	next, err := p.read(ctx)
	if err != nil {
		p.o.Log.Error("public site: rounds and sites not read", "error", err)
		p.failing = now.Add(fresh)
		return s
	}
	p.now.Store(next)
	return next
}

// named returns the area of a code.
func (s *snapshot) named(code string) (place.AreaID, error) {
	if s.tree == nil {
		return 0, errUnread
	}
	j, ok := s.tree.ByCode(code)
	if !ok {
		return 0, store.ErrNotFound
	}
	return j.ID, nil
}

// errUnread is returned while the areas could not be read yet.
var errUnread = errors.New("areas are not read yet")

// shown serves a page that is the same for everybody, rendered once for each language while what it shows is fresh.
func (p *Site) shown(path string, make func(*http.Request, i18n.Lang, *snapshot) (*ui.Page, any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		lang := i18n.Lang(r.PathValue("lang"))
		if !slices.ContainsFunc(p.o.Kit.Bundle().Languages(), func(l i18n.Language) bool { return l.Lang == lang }) {
			p.fail(w, r, p.lang(r, ""), http.StatusNotFound, i18n.M("public.failed.none"))
			return
		}
		s := p.latest(r.Context())
		rest := path
		if rest == "" {
			rest = "/areas/" + r.PathValue("code")
		}
		key := string(lang) + rest
		s.mu.Lock()
		out := s.pages[key]
		s.mu.Unlock()
		if out == nil {
			if !p.enter(r) {
				p.busy(w, r, lang)
				return
			}
			defer p.leave()
			ui, view, err := make(r, lang, s)
			if errors.Is(err, store.ErrNotFound) {
				p.fail(w, r, lang, http.StatusNotFound, i18n.M("public.failed.none"))
				return
			}
			if err != nil {
				p.busy(w, r, lang)
				return
			}
			if out, err = render(ui, p.frame(lang, rest, s), view); err != nil {
				p.broken(w, r, lang, err)
				return
			}
			s.mu.Lock()
			if len(s.pages) < mostPages {
				s.pages[key] = out
			}
			s.mu.Unlock()
		}
		// A page that shows rounds is as old as they are; the browser and what stands between keep it for as long.
		w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(fresh/time.Second)))
		write(w, r, http.StatusOK, out)
	}
}

func (p *Site) frame(lang i18n.Lang, path string, s *snapshot) ui.Frame {
	return ui.Frame{Lang: lang, Zone: s.zone, Now: s.at, Path: path, Drill: p.o.DB != nil && p.o.DB.Drill()}
}

// render makes a page, and packs it for slow networks.
func render(u *ui.Page, f ui.Frame, view any) (*page, error) {
	var b, z bytes.Buffer
	if err := u.Fragment(&b, layout, f, view); err != nil {
		return nil, err
	}
	zw := gzip.NewWriter(&z)
	if _, err := zw.Write(b.Bytes()); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return &page{b.Bytes(), z.Bytes()}, nil
}

func write(w http.ResponseWriter, r *http.Request, status int, out *page) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	body := out.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = out.packed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // who asked may have gone
	}
}

// enter waits shortly for a place among the pages that are made at a time.
func (p *Site) enter(r *http.Request) bool {
	select {
	case p.gate <- struct{}{}:
		return true
	default:
	}
	t := time.NewTimer(waits)
	defer t.Stop()
	select {
	case p.gate <- struct{}{}:
		return true
	case <-t.C:
	case <-r.Context().Done():
	}
	return false
}

func (p *Site) leave() { <-p.gate }

// ask is the form with a code. It asks memory alone, and works while the database is away.
func (p *Site) ask(w http.ResponseWriter, r *http.Request) {
	lang := p.lang(r, i18n.Lang(r.PathValue("lang")))
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, lang, http.StatusBadRequest, i18n.M("public.failed.form"))
		return
	}
	if !p.enter(r) {
		p.busy(w, r, lang)
		return
	}
	defer p.leave()
	view, status := ResultView{}, http.StatusOK
	wrong := i18n.Msg{}
	code := strings.TrimSpace(r.PostForm.Get("code"))
	got, err := p.o.Lookup.Ask(code, auth.ClientIP(r, p.o.Proxies))
	switch {
	case err == nil:
		view.Result = got
		if view.MayAppeal() {
			form := AppealForm(lang, func(name string) string { return map[string]string{"code": code}[name] }, nil)
			view.Appeal = &form
		}
	case errors.Is(err, lookup.ErrNoCode):
		status, wrong = http.StatusNotFound, i18n.M("public.failed.code")
		view.Failed = wrong
	case errors.Is(err, lookup.ErrTooMany):
		status, view.Failed = http.StatusTooManyRequests, i18n.M("public.failed.toomany")
		w.Header().Set("Retry-After", "60")
	default:
		status, view.Failed = http.StatusServiceUnavailable, i18n.M("public.failed.busy")
		w.Header().Set("Retry-After", "5")
	}
	view.Ask = AskForm(lang, wrong)
	f := p.frame(lang, "/", p.now.Load())
	f.Now = p.o.DB.Now()
	p.answer(w, r, status, p.result, f, view)
}

// busy asks to come again.
func (p *Site) busy(w http.ResponseWriter, r *http.Request, lang i18n.Lang) {
	w.Header().Set("Retry-After", "5")
	p.fail(w, r, lang, http.StatusServiceUnavailable, i18n.M("public.failed.busy"))
}

func (p *Site) broken(w http.ResponseWriter, r *http.Request, lang i18n.Lang, err error) {
	p.o.Log.Error("public page not made", "error", err)
	p.fail(w, r, lang, http.StatusInternalServerError, i18n.M("public.failed.busy"))
}

func (p *Site) fail(w http.ResponseWriter, r *http.Request, lang i18n.Lang, status int, text i18n.Msg) {
	out, err := render(p.failed, p.frame(lang, "/", p.now.Load()), FailedView{text})
	if err != nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, status, out)
}
