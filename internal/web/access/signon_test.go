package access_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/auth/signon"
	"firebreak/internal/store/storetest"
	"firebreak/internal/web/access"
)

// office is a sign-on provider that lets in whoever is set to sit at its keyboard.
type office struct {
	*httptest.Server
	now func() time.Time

	mu            sync.Mutex
	subject, name string
	groups        []string
	nonces        map[string]string // by code
	down          bool
}

func newOffice(t *testing.T) *office {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &office{nonces: map[string]string{}}
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.down {
			http.Error(w, "being serviced", http.StatusServiceUnavailable)
			return
		}
		reply(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q, code := r.URL.Query(), rand.Text()
		p.mu.Lock()
		p.nonces[code] = q.Get("nonce")
		p.mu.Unlock()
		http.Redirect(w, r, q.Get("redirect_uri")+"?code="+code+"&state="+url.QueryEscape(q.Get("state")), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		body, err := json.Marshal(map[string]any{"iss": p.URL, "aud": "firebreak", "sub": p.subject, "nonce": p.nonces[r.FormValue("code")],
			"iat": p.now().Unix(), "exp": p.now().Add(time.Minute).Unix(), "preferred_username": p.name, "groups": p.groups})
		if err != nil {
			t.Error(err)
		}
		signed, err := signer.Sign(body)
		if err != nil {
			t.Error(err)
			return
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			t.Error(err)
		}
		reply(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": text})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *office) seat(subject, name string, groups ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subject, p.name, p.groups = subject, name, groups
}

func (p *office) setDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// signOn walks one sign-on through the provider and returns the answer to the callback.
func (b *browser) signOn(next string) answer {
	b.s.t.Helper()
	began := b.get("/signon/office?next=" + url.QueryEscape(next))
	if began.status != 303 {
		return began
	}
	resp, err := b.c.Get(began.location)
	if err != nil {
		b.s.t.Fatal(err)
	}
	resp.Body.Close()
	back, ok := strings.CutPrefix(resp.Header.Get("Location"), b.s.server.URL)
	if !ok {
		b.s.t.Fatalf("the provider sends back to %q", resp.Header.Get("Location"))
	}
	return b.get(back)
}

func TestSignOn(t *testing.T) {
	t.Parallel()
	p := newOffice(t)
	s := newSite(t, storetest.SQLite(t), func(self string) []access.Provider {
		return []access.Provider{{Key: "office", Name: "Health office", Config: signon.Config{
			Issuer: p.URL, ClientID: "firebreak", ClientSecret: "s", RedirectURL: self + "/signon/office/callback", Client: p.Client(),
			Rules: []signon.Rule{{Claim: "groups", Value: "epi", Role: auth.RoleEpidemiologist, Area: 1}},
		}}}
	})
	p.now = s.db.Now
	b := s.browser()
	if page := b.get("/login?next=/hello"); !strings.Contains(page.body, "Log in with Health office") || !strings.Contains(page.body, "/signon/office?next=%2Fhello") {
		t.Errorf("log-in page: %s", page.body)
	}
	want(t, "unknown provider", b.get("/signon/nowhere"), 404, "")

	p.setDown(true)
	if got := b.signOn("/hello"); got.status != 503 || !strings.Contains(got.body, "Logging in with Health office did not work") {
		t.Errorf("provider down: %d %s", got.status, got.body)
	}
	p.setDown(false)
	p.seat("1", "Wei", "epi")
	want(t, "sign-on", b.signOn("/hello"), 303, "/hello")
	if got := b.get("/hello"); !strings.Contains(got.body, "login=wei") || !strings.Contains(got.body, "role=Epidemiologist area=Qingdao") {
		t.Errorf("after sign-on: %s", got.body)
	}
	want(t, "to another site", s.browser().signOn("//evil.example"), 303, "/")

	refuse := func(what string, got answer, status int, say string) {
		t.Helper()
		if got.status != status || !strings.Contains(got.body, say) {
			t.Errorf("%s: %d, want %d and %q\n%s", what, got.status, status, say, got.body)
		}
	}
	p.seat("2", "stranger", "other")
	refuse("no role", s.browser().signOn("/"), 403, "gives you no role here")
	p.seat("3", "ROOT", "epi")
	refuse("a local user's name", s.browser().signOn("/"), 409, "Another account has your name already")
	refuse("a callback nobody began", s.browser().get("/signon/office/callback?code=x&state=y"), 401, "did not work")

	// A role taken away at the provider is gone at the latest when the grant runs out, session or not.
	s.wait(25 * time.Hour)
	p.seat("1", "Wei", "epi")
	want(t, "the next day", b.signOn("/hello"), 303, "/hello")
	p.seat("1", "Wei")
	refuse("the role taken away", s.browser().signOn("/"), 403, "gives you no role here")
	if got := b.get("/hello"); !strings.Contains(got.body, "login=wei") || !strings.HasSuffix(got.body, "role= area=") {
		t.Errorf("the session that was open: %s", got.body)
	}
	p.seat("1", "Wei", "epi")
	want(t, "the role given again", b.signOn("/hello"), 303, "/hello")
	list, err := s.accounts.ListUsers(t.Context(), s.root.Actor(), 0, 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d users, %v, want root and wei", len(list), err)
	}
	off := true
	if _, err := s.accounts.ChangeUser(t.Context(), s.root.Actor(), list[1].ID, list[1].Version, account.UserChange{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	refuse("a closed account", s.browser().signOn("/"), 403, "This account is closed")
}
