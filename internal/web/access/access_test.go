package access_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/web/access"
	"firebreak/internal/web/uitest"
)

const good = "correct horse battery"

// site is a server with one administrator, on a clock that the test turns.
type site struct {
	t        *testing.T
	clock    atomic.Int64 // ns
	db       *store.DB
	accounts *account.Service
	server   *httptest.Server
	root     store.User
	log      *strings.Builder
}

func (s *site) wait(d time.Duration) { s.clock.Add(int64(d)) }

func newSite(t *testing.T, open storetest.Open, providers func(self string) []access.Provider) *site {
	t.Helper()
	s := &site{t: t, log: &strings.Builder{}}
	s.clock.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixNano())
	s.db = open(func(o *store.Options) { o.Now = func() time.Time { return time.Unix(0, s.clock.Load()) } })
	var err error
	if s.accounts, err = account.New(account.Options{DB: s.db, Hasher: auth.HasherOptions{Params: auth.HashParams{MemoryKiB: 8, Passes: 1, Lanes: 1}}}); err != nil {
		t.Fatal(err)
	}
	err = s.db.Update(t.Context(), func(tx *store.Tx) error {
		f, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "c", Name: "青岛", NameEN: "Qingdao", Level: place.City}}}, nil, f.Seq)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.root, err = s.accounts.OperatorAdd(t.Context(), account.NewUser{Login: "root", Title: "Command post", Password: good}, nil); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	var handler http.Handler
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(s.server.Close)
	o := access.Options{
		Accounts: s.accounts, DB: s.db, Kit: uitest.Kit(t), Log: slog.New(slog.NewTextHandler(s.log, nil)),
		Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}
	if providers != nil {
		o.SignOn = providers(s.server.URL)
	}
	a, err := access.New(o)
	if err != nil {
		t.Fatal(err)
	}
	a.Routes(mux)
	hello := a.Required(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, _ := auth.ActorFrom(r.Context())
		f := a.Frame(r)
		fmt.Fprintf(w, "login=%s lang=%s theme=%s token=%t", actor.Login, f.Lang, f.Theme, actor.Token != nil)
		if f.User != nil {
			fmt.Fprintf(w, " title=%s role=%s area=%s", f.User.Name, f.User.Role, f.User.Area)
		}
	}))
	mux.Handle("/hello", hello)
	mux.Handle("/api/hello", hello)
	handler = a.Middleware(mux)
	return s
}

// browser keeps cookies and does not follow redirects.
type browser struct {
	s *site
	c *http.Client
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	status   int
	location string
	body     string
	header   http.Header
}

func (b *browser) do(method, path string, form url.Values, header ...string) answer {
	b.s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, b.s.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.s.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := b.c.Do(req)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(body), resp.Header}
}

func (b *browser) get(path string, header ...string) answer {
	b.s.t.Helper()
	return b.do(http.MethodGet, path, nil, header...)
}

func (b *browser) logIn(name, password, next string) answer {
	b.s.t.Helper()
	return b.do(http.MethodPost, "/login", url.Values{"name": {name}, "password": {password}, "next": {next}})
}

func want(t *testing.T, what string, got answer, status int, location string) {
	t.Helper()
	if got.status != status || got.location != location {
		t.Errorf("%s: %d to %q, want %d to %q\n%.300s", what, got.status, got.location, status, location, got.body)
	}
}

func TestLogInAndOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open, nil)
		b := s.browser()
		want(t, "a page before log-in", b.get("/hello?x=1"), 303, "/login?next=%2Fhello%3Fx%3D1")
		want(t, "the API before log-in", b.get("/api/hello"), 401, "")
		if got := b.get("/hello", "HX-Request", "true"); got.status != 401 || got.header.Get("HX-Redirect") != "/login" {
			t.Errorf("a part of a page before log-in: %d %v", got.status, got.header)
		}
		page := b.get("/login?next=/hello")
		if page.status != 200 || !strings.Contains(page.body, `action="/login"`) || !strings.Contains(page.body, `value="/hello"`) || page.header.Get("Content-Security-Policy") == "" {
			t.Errorf("log-in page: %d %v", page.status, page.header)
		}
		bad := b.logIn("root", "wrong", "/hello")
		want(t, "wrong password", bad, 401, "")
		unknown := b.logIn("nobody", good, "/hello")
		if strings.ReplaceAll(unknown.body, `"nobody"`, `"root"`) != bad.body {
			t.Error("the answers to an unknown name and a wrong password differ")
		}
		want(t, "log-in", b.logIn("Root", good, "/hello?x=1"), 303, "/hello?x=1")
		got := b.get("/hello")
		if got.body != "login=root lang=en theme= token=false title=Command post role=Administrator area=Qingdao" {
			t.Errorf("after log-in: %s", got.body)
		}
		if got.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("cache: %q", got.header.Get("Cache-Control"))
		}
		want(t, "the log-in page after log-in", b.get("/login?next=/hello"), 303, "/hello")
		want(t, "log-out", b.do(http.MethodPost, "/logout", nil), 303, "/login?out")
		want(t, "after log-out", b.get("/hello"), 303, "/login?next=%2Fhello")
		if out := b.get("/login?out"); !strings.Contains(out.body, "You have logged out.") {
			t.Errorf("after log-out: %s", out.body)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open, nil)
		b := s.browser()
		b.logIn("root", good, "/")
		s.wait(59 * time.Minute)
		want(t, "used within the hour", b.get("/hello"), 200, "")
		s.wait(59 * time.Minute)
		want(t, "used again within the hour", b.get("/hello"), 200, "")
		s.wait(time.Hour)
		want(t, "an hour unused", b.get("/hello"), 303, "/login?next=%2Fhello")

		b.logIn("root", good, "/")
		for range 15 {
			s.wait(50 * time.Minute)
			b.get("/hello")
		}
		want(t, "after a shift of 12 h, in use all along", b.get("/hello"), 303, "/login?next=%2Fhello")
	})
}

func TestClosedAccountIsOutAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open, nil)
		ctx := t.Context()
		u, err := s.accounts.OperatorAdd(ctx, account.NewUser{Login: "epi", Title: "Epi", Password: good}, []auth.Grant{{Role: auth.RoleEpidemiologist, Area: s.root.Area}})
		if err != nil {
			t.Fatal(err)
		}
		secret, _, err := s.accounts.IssueToken(ctx, u.Actor(), "test", []auth.Action{auth.CaseRead}, s.db.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		b, program := s.browser(), s.browser()
		bearer := []string{"Authorization", "Bearer " + secret.Reveal()}
		b.logIn("epi", good, "/")
		want(t, "with a session", b.get("/hello"), 200, "")
		if got := program.get("/api/hello", bearer...); got.status != 200 || !strings.Contains(got.body, "login=epi") || !strings.Contains(got.body, "token=true") {
			t.Errorf("with a token: %d %s", got.status, got.body)
		}
		off, on := true, false
		u, err = s.accounts.ChangeUser(ctx, s.root.Actor(), u.ID, u.Version, account.UserChange{Disabled: &off})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "session of a closed account", b.get("/hello"), 303, "/login?next=%2Fhello")
		want(t, "log-in to a closed account", b.logIn("epi", good, "/"), 401, "")
		want(t, "token of a closed account", program.get("/api/hello", bearer...), 401, "")
		if _, err := s.accounts.ChangeUser(ctx, s.root.Actor(), u.ID, u.Version, account.UserChange{Disabled: &on}); err != nil {
			t.Fatal(err)
		}
		want(t, "opened again: the old session", b.get("/hello"), 303, "/login?next=%2Fhello")
		want(t, "opened again: the token", program.get("/api/hello", bearer...), 200, "")
		s.wait(2 * time.Hour)
		want(t, "an expired token", program.get("/api/hello", bearer...), 401, "")
		want(t, "no token at all", program.get("/api/hello", "Authorization", "Bearer fb_nonsense"), 401, "")
	})
}

func TestLogInIsLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t, storetest.SQLite(t), nil)
	b := s.browser()
	var last answer
	tries := 0
	for ; tries < 50; tries++ {
		if last = b.logIn("root", "wrong", "/"); last.status != 401 {
			break
		}
	}
	if last.status != 429 || tries != 10 || last.header.Get("Retry-After") != "30" {
		t.Fatalf("after %d tries: %d, retry after %q; want 429 after 10, in 30 s", tries, last.status, last.header.Get("Retry-After"))
	}
	if !strings.Contains(last.body, "Too many tries. Wait 1 min") {
		t.Errorf("page: %s", last.body)
	}
	want(t, "the right password while limited", b.logIn("root", good, "/"), 429, "")
	s.wait(30 * time.Second)
	want(t, "the right password after the wait", b.logIn("root", good, "/hello"), 303, "/hello")

	// One address that tries many names is limited, another one is not.
	status := 0
	for i := 0; i < 100 && status != 429; i++ {
		status = b.do(http.MethodPost, "/login", url.Values{"name": {fmt.Sprint("u", i)}, "password": {"x"}}, "X-Forwarded-For", "198.51.100.9").status
	}
	if status != 429 {
		t.Error("100 names from one address are not limited")
	}
	if got := b.do(http.MethodPost, "/login", url.Values{"name": {"u1"}, "password": {"x"}}, "X-Forwarded-For", "198.51.100.10"); got.status != 401 {
		t.Errorf("another address: %d", got.status)
	}
}

func TestOtherSitesCannotPost(t *testing.T) {
	t.Parallel()
	s := newSite(t, storetest.SQLite(t), nil)
	b := s.browser()
	b.logIn("root", good, "/")
	for _, path := range []string{"/login", "/logout", "/preferences", "/hello"} {
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}} {
			if got := b.do(http.MethodPost, path, url.Values{"theme": {"dark"}}, header...); got.status != 403 {
				t.Errorf("%s with %v: %d, want 403", path, header, got.status)
			}
		}
	}
	if got := b.get("/hello"); !strings.Contains(got.body, "login=root") || !strings.Contains(got.body, "theme= ") {
		t.Errorf("after the attacks: %s", got.body)
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open, nil)
		b := s.browser()
		post := func(kv ...string) answer {
			form := url.Values{}
			for i := 0; i < len(kv); i += 2 {
				form.Set(kv[i], kv[i+1])
			}
			return b.do(http.MethodPost, "/preferences", form)
		}
		// Before log-in the browser keeps them.
		want(t, "before log-in", post("lang", "zh", "back", "/login?next=%2Fhello"), 303, "/login?next=%2Fhello")
		if page := b.get("/login"); !strings.Contains(page.body, `<html lang="zh`) {
			t.Errorf("log-in page is not Chinese: %.200s", page.body)
		}
		b.logIn("root", good, "/")
		want(t, "after log-in", post("lang", "zh", "back", "/hello?a=1"), 303, "/hello?a=1")
		want(t, "theme alone", post("theme", "dark", "back", "/hello"), 303, "/hello")
		if got := b.get("/hello"); got.body != "login=root lang=zh theme=dark token=false title=Command post role=系统管理员 area=青岛" {
			t.Errorf("after both: %s", got.body)
		}
		// Another browser of the same person has them, and its log-in page after log-out.
		b = s.browser()
		b.logIn("root", good, "/")
		if got := b.get("/hello"); !strings.Contains(got.body, "lang=zh theme=dark") {
			t.Errorf("another browser: %s", got.body)
		}
		b.do(http.MethodPost, "/logout", nil)
		if page := b.get("/login"); !strings.Contains(page.body, `data-theme="dark"`) {
			t.Errorf("log-in page is not dark: %.200s", page.body)
		}
		for _, bad := range [][]string{{"lang", "xx"}, {"theme", "pink"}} {
			if got := post(bad...); got.status != 400 {
				t.Errorf("%v: %d, want 400", bad, got.status)
			}
		}
		for _, evil := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/login?next=//evil.example", "\thttps://evil.example", "https:/login"} {
			got := post("theme", "dark", "back", evil)
			if got.status != 303 || (got.location != "/" && got.location != "/login?next=%2F") {
				t.Errorf("back to %q leads to %q", evil, got.location)
			}
			s.wait(time.Hour) // the limit on log-ins is not what is tested
			if got := s.browser().logIn("root", good, evil); got.status != 303 || got.location != "/" {
				t.Errorf("next %q leads to %d %q", evil, got.status, got.location)
			}
		}
	})
}

func TestLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t, storetest.SQLite(t), nil)
	b := s.browser()
	b.logIn("root", "a wrong password", "/")
	b.logIn("root", good, "/")
	s.server.Close() // waits for the handlers, which write the log
	if l := s.log.String(); !strings.Contains(l, "log-in refused") || strings.Contains(l, "wrong password") || strings.Contains(l, good) || strings.Contains(l, "root") {
		t.Errorf("log: %s", l)
	}
}
