package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestSecureHeaders(t *testing.T) {
	t.Parallel()
	nonces := map[string]bool{}
	for _, tls := range []bool{true, false} {
		var nonce string
		w := httptest.NewRecorder()
		SecureHeaders(tls, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { nonce = NonceFrom(r.Context()) })).
			ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if len(nonce) != 32 || nonces[nonce] {
			t.Errorf("nonce %q is short or used twice", nonce)
		}
		nonces[nonce] = true
		csp := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self' 'nonce-" + nonce + "'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("policy %q lacks %s", csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
			t.Errorf("policy %q is not strict", csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		if got := w.Header().Get("Strict-Transport-Security") != ""; got != tls {
			t.Errorf("tls %v: HSTS sent: %v", tls, got)
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	var seen string
	h := RequestID(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = RequestIDFrom(r.Context()) }))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Request-Id", "forged\nlog line")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	first := seen
	h.ServeHTTP(httptest.NewRecorder(), r)
	if len(first) != 32 || first != w.Header().Get("X-Request-Id") || seen == first {
		t.Errorf("request ids %q and %q, header %q", first, seen, w.Header().Get("X-Request-Id"))
	}
}

func TestSameOrigin(t *testing.T) {
	t.Parallel()
	h, err := SameOrigin([]string{"https://portal.example"}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, method string
		header       map[string]string
		want         int
	}{
		{"own page", "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 204},
		{"another site posts", "POST", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"a sister host posts", "POST", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"older browser, another origin", "POST", map[string]string{"Origin": "https://evil.example"}, 403},
		{"older browser, own origin", "POST", map[string]string{"Origin": "https://firebreak.example"}, 204},
		{"trusted origin", "POST", map[string]string{"Origin": "https://portal.example", "Sec-Fetch-Site": "cross-site"}, 204},
		{"a link from elsewhere", "GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, 204},
		{"a program", "POST", nil, 204},
		{"delete from elsewhere", "DELETE", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, "https://firebreak.example/cases", nil)
			for k, v := range tt.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d", w.Code, tt.want)
			}
		})
	}
	if _, err := SameOrigin([]string{"portal.example/x"}, h); err == nil {
		t.Error("a trusted origin that is none was accepted")
	}
}

func TestClientIP(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"direct", "203.0.113.7:4711", nil, "203.0.113.7"},
		{"direct, and lies", "203.0.113.7:4711", []string{"198.51.100.1"}, "203.0.113.7"},
		{"one proxy", "10.0.0.1:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"one proxy, client lies", "10.0.0.1:80", []string{"192.0.2.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies, two headers", "[fd00::1]:80", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"proxy says nothing", "10.0.0.1:80", nil, "10.0.0.1"},
		{"rubbish", "10.0.0.1:80", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		{"mapped", "[::ffff:203.0.113.7]:4711", nil, "203.0.113.7"},
		{"socket", "@", nil, "invalid IP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.remote
			for _, f := range tt.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := ClientIP(r, proxies).String(); got != tt.want {
				t.Errorf("ClientIP = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := newMemory()
	sessions := newSessions(t, m, SessionPolicy{})
	tokens, err := NewAPITokens(m.tokenStore())
	if err != nil {
		t.Fatal(err)
	}
	users := map[UserID]Actor{7: {UserID: 7, Login: "wei", Grants: []Grant{{Role: RoleEpidemiologist, Area: 5}}}}
	session := func(u UserID) SessionToken {
		token, _, err := sessions.Start(ctx, u, SessionToken{}, noon)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	secret, _, err := tokens.Issue(ctx, users[7], "x", []Action{CaseRead}, noon.Add(time.Hour), noon)
	if err != nil {
		t.Fatal(err)
	}
	live, gone := session(7), session(8)
	tests := []struct {
		name   string
		cookie string
		bearer string
		broken error
		status int
		actor  bool
		token  bool
		clears bool
	}{
		{name: "nobody", status: 401},
		{name: "session", cookie: live.Reveal(), status: 200, actor: true},
		{name: "session of a closed account", cookie: gone.Reveal(), status: 401, clears: true},
		{name: "session that never was", cookie: newSessionToken().Reveal(), status: 401, clears: true},
		{name: "token", bearer: "Bearer " + secret.Reveal(), status: 200, actor: true, token: true},
		{name: "token that never was", bearer: "bearer " + newAPISecret().Reveal(), status: 401},
		{name: "mistyped token", bearer: "Bearer fb_x", status: 401},
		{name: "a bad token is not rescued by a cookie", bearer: "Bearer fb_x", cookie: live.Reveal(), status: 401},
		{name: "another scheme", bearer: "Basic d2VpOnB3", cookie: live.Reveal(), status: 401},
		{name: "store is down", cookie: live.Reveal(), broken: errors.New("down"), status: 503},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m.broken = tt.broken
			a := &Authenticator{
				Sessions: sessions, Tokens: tokens, Now: func() time.Time { return noon },
				Actor: func(_ context.Context, u UserID) (Actor, error) {
					a, ok := users[u]
					if !ok {
						return Actor{}, ErrNoAccount
					}
					return a, nil
				},
				Fail: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusServiceUnavailable) },
			}
			var got *Actor
			h := a.Middleware(Required(
				func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
				http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					actor, _ := ActorFrom(r.Context())
					got = &actor
				})))
			r := httptest.NewRequest("GET", "/cases", nil)
			if tt.cookie != "" {
				r.AddCookie(&http.Cookie{Name: "firebreak", Value: tt.cookie})
			}
			if tt.bearer != "" {
				r.Header.Set("Authorization", tt.bearer)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status || (got != nil) != tt.actor {
				t.Fatalf("status %d, actor %v; want %d, %v", w.Code, got, tt.status, tt.actor)
			}
			if tt.actor && (got.UserID != 7 || (got.Token != nil) != tt.token || w.Header().Get("Cache-Control") != "private, no-store") {
				t.Errorf("actor %+v, cache %q", got, w.Header().Get("Cache-Control"))
			}
			if clears := len(w.Result().Cookies()) > 0; clears != tt.clears {
				t.Errorf("cookie taken back: %v, want %v", clears, tt.clears)
			}
		})
	}
}
