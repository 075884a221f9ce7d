package signon

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"firebreak/internal/auth"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// idp is a provider that lets everyone in at once, and can be told to misbehave.
type idp struct {
	*httptest.Server
	key *ecdsa.PrivateKey

	mu     sync.Mutex
	codes  map[string]url.Values // code -> the authorization request
	claims map[string]any        // set or override claims of the next token; nil removes
	signer *ecdsa.PrivateKey     // key of the next tokens
	noID   bool
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key, signer: key, codes: map[string]url.Values{}, claims: map[string]any{}}
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		code := rand.Text()
		p.mu.Lock()
		p.codes[code] = q
		p.mu.Unlock()
		http.Redirect(w, r, q.Get("redirect_uri")+"?code="+code+"&state="+url.QueryEscape(q.Get("state")), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		asked, ok := p.codes[r.FormValue("code")]
		delete(p.codes, r.FormValue("code"))
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if !ok || asked.Get("code_challenge_method") != "S256" || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		claims := map[string]any{
			"iss": p.URL, "aud": asked.Get("client_id"), "sub": "u-17", "nonce": asked.Get("nonce"),
			"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "preferred_username": "Wei.Example", "groups": []string{"epi-shinan", "staff"},
		}
		maps.Copy(claims, p.claims)
		answer := map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": p.sign(t, claims)}
		if p.noID {
			delete(answer, "id_token")
		}
		reply(w, answer)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *idp) sign(t *testing.T, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.signer, KeyID: "k1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const redirect = "https://firebreak.example/signon/callback"

func newProvider(t *testing.T, p *idp) *Provider {
	t.Helper()
	got, err := New(t.Context(), Config{
		Issuer: p.URL, ClientID: "firebreak", ClientSecret: "s", RedirectURL: redirect,
		Rules: []Rule{
			{Claim: "groups", Value: "epi-shinan", Role: auth.RoleEpidemiologist, Area: 370202},
			{Claim: "groups", Value: "epi-shibei", Role: auth.RoleEpidemiologist, Area: 370203},
			{Claim: "preferred_username", Value: "Wei.Example", Role: auth.RoleAuditor, Area: 3702},
			{Claim: "groups", Value: "staff", Role: auth.RoleAuditor, Area: 3702},
		},
		Client: p.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// begin starts a sign-on and walks it through the provider; it returns the
// callback request as the browser makes it.
func begin(t *testing.T, p *idp, pr *Provider, next string) *http.Request {
	t.Helper()
	w := httptest.NewRecorder()
	if err := pr.Begin(w, httptest.NewRequest("GET", "/signon", nil), next, true, now); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()[0]
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || !strings.HasPrefix(c.Name, "__Host-") || c.Path != "/" {
		t.Fatalf("flow cookie %v is not locked down", c)
	}
	client := *p.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Get(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	back := res.Header.Get("Location")
	if !strings.HasPrefix(back, redirect) {
		t.Fatalf("provider sent the browser to %q", back)
	}
	r := httptest.NewRequest("GET", back, nil)
	r.AddCookie(c)
	return r
}

func TestSignOn(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	pr := newProvider(t, p)
	r := begin(t, p, pr, "/cases?late=1")
	w := httptest.NewRecorder()
	got, err := pr.Finish(w, r, true, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	until := now.Add(time.Minute + 24*time.Hour)
	want := Identity{
		Issuer: p.URL, Subject: "u-17", Login: "wei.example", Next: "/cases?late=1",
		Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: 370202, Until: until}, {Role: auth.RoleAuditor, Area: 3702, Until: until}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("the flow cookie was not taken back: %v", c)
	}
	// The same callback again: the provider has used up the code.
	if _, err := pr.Finish(httptest.NewRecorder(), r, true, now); !errors.Is(err, ErrToken) {
		t.Errorf("second callback: %v, want ErrToken", err)
	}
}

func TestSignOnRefused(t *testing.T) {
	t.Parallel()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		idp  func(*idp)
		req  func(*http.Request)
		at   time.Duration
		want error
	}{
		{name: "another browser", req: func(r *http.Request) { r.Header.Del("Cookie") }, want: ErrNoFlow},
		{name: "too late", at: flowLife, want: ErrNoFlow},
		{name: "another state", req: setQuery("state", "forged"), want: ErrNoFlow},
		{name: "no state", req: setQuery("state", ""), want: ErrNoFlow},
		{name: "cookie is rubbish", req: func(r *http.Request) { r.Header.Set("Cookie", "__Host-firebreak-signon=e30") }, want: ErrNoFlow},
		{name: "user said no", req: setQuery("error", "access_denied"), want: ErrRefused},
		{name: "another code", req: setQuery("code", "stolen"), want: ErrToken},
		{name: "PKCE verifier of another flow", req: changeFlow(func(f *flow) { f.Verifier = strings.Repeat("a", 43) }), want: ErrToken},
		{name: "nonce of another flow", req: changeFlow(func(f *flow) { f.Nonce = "other" }), want: ErrToken},
		{name: "signed by a stranger", idp: func(p *idp) { p.signer = stranger }, want: ErrToken},
		{name: "for another client", idp: func(p *idp) { p.claims["aud"] = "someone-else" }, want: ErrToken},
		{name: "of another issuer", idp: func(p *idp) { p.claims["iss"] = "https://idp.example" }, want: ErrToken},
		{name: "expired", idp: func(p *idp) { p.claims["exp"] = now.Add(-time.Second).Unix() }, want: ErrToken},
		{name: "without nonce", idp: func(p *idp) { p.claims["nonce"] = nil }, want: ErrToken},
		{name: "no ID token", idp: func(p *idp) { p.noID = true }, want: ErrToken},
		{name: "no login", idp: func(p *idp) { p.claims["preferred_username"] = " " }, want: ErrNoLogin},
		{name: "login is not text", idp: func(p *idp) { p.claims["preferred_username"] = 7 }, want: ErrNoLogin},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newIDP(t)
			pr := newProvider(t, p)
			if tt.idp != nil {
				tt.idp(p)
			}
			r := begin(t, p, pr, "/")
			if tt.req != nil {
				tt.req(r)
			}
			id, err := pr.Finish(httptest.NewRecorder(), r, true, now.Add(tt.at))
			if !errors.Is(err, tt.want) {
				t.Errorf("Finish = %+v, %v, want %v", id, err, tt.want)
			}
			if id.Login != "" || id.Grants != nil {
				t.Errorf("refused, and yet %+v", id)
			}
		})
	}
}

func setQuery(key, value string) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		q.Set(key, value)
		r.URL.RawQuery = q.Encode()
	}
}

func changeFlow(change func(*flow)) func(*http.Request) {
	return func(r *http.Request) {
		f, err := readFlow(r, true)
		if err != nil {
			panic(err)
		}
		change(&f)
		b, err := json.Marshal(f)
		if err != nil {
			panic(err)
		}
		r.Header.Del("Cookie")
		r.AddCookie(flowCookie(base64.RawURLEncoding.EncodeToString(b), 60, true))
	}
}

func TestGroupClaims(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		claim any
		want  bool
	}{
		{"one text", "a", true},
		{"in a list", []any{"b", "a"}, true},
		{"part of a text", "a b", false},
		{"other case", "A", false},
		{"a number in the list", []any{1.0}, false},
		{"missing", nil, false},
		{"an object", map[string]any{"a": true}, false},
	}
	for _, tt := range tests {
		if got := hasValue(tt.claim, "a"); got != tt.want {
			t.Errorf("%s: hasValue(%v) = %v, want %v", tt.name, tt.claim, got, tt.want)
		}
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/cases?x=1#top": "/cases?x=1#top", "": "/", "cases": "/", "//evil.example/": "/", "https://evil.example/": "/",
		`/\evil.example`: "/", "/a\r\nSet-Cookie: x": "/", "javascript:alert(1)": "/", "/\tx": "/",
	} {
		if got := localPath(next); got != want {
			t.Errorf("localPath(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestConfigErrorsNameTheField(t *testing.T) {
	t.Parallel()
	_, err := New(t.Context(), Config{Issuer: "idp", RedirectURL: redirect, Rules: []Rule{{Claim: "groups", Value: "x", Role: "king", Area: 1}}})
	for _, want := range []string{"issuer", "client id", "rule 1", `role "king"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}
