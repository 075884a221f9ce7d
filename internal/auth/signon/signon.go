// Package signon lets users sign on at an OpenID Connect provider of the health
// office instead of with a local password.
//
// It runs the authorization code flow with PKCE (RFC 7636), state and nonce, and turns the
// claims of the ID token into a login and grants by configured rules. It stores
// nothing and starts no session: package web does, with what [Provider.Finish]
// returns. Only web and cmd may import it.
package signon

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"firebreak/internal/auth"
	"firebreak/internal/place"
)

// Rule gives a role over an area to whoever has a value in a claim.
type Rule struct {
	Claim string // name of the claim, "groups" say; a list or one text
	Value string // must be equal, to the letter
	Role  auth.Role
	Area  place.AreaID
}

// Config is how to reach the provider and what its claims mean.
type Config struct {
	Issuer       string // URL, as the provider itself writes it
	ClientID     string
	ClientSecret string
	RedirectURL  string   // this server's callback
	Scopes       []string // beside openid; default profile
	LoginClaim   string   // which claim is the login; default preferred_username
	Rules        []Rule
	// GrantFor is how long grants taken from claims hold; default 24 h. After that the
	// user must sign on again, so that a group taken away at the provider ends here too.
	GrantFor time.Duration
	// Client makes the requests to the provider; default: 10 s timeout.
	Client *http.Client
}

// Provider is a configured OpenID Connect provider. Safe for concurrent use.
type Provider struct {
	cfg      Config
	oauth    oauth2.Config
	provider *oidc.Provider
}

// New reads the provider's discovery document. The error names the setting
// that is wrong, or says that the provider could not be reached.
func New(ctx context.Context, cfg Config) (*Provider, error) {
	if cfg.LoginClaim == "" {
		cfg.LoginClaim = "preferred_username"
	}
	if cfg.GrantFor == 0 {
		cfg.GrantFor = 24 * time.Hour
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 10 * time.Second}
	}
	if cfg.Scopes == nil {
		cfg.Scopes = []string{"profile"}
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("signon: %w", err)
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, cfg.Client), cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("signon: discover %s: %w", cfg.Issuer, err)
	}
	return &Provider{
		cfg: cfg, provider: p,
		oauth: oauth2.Config{
			ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, RedirectURL: cfg.RedirectURL,
			Endpoint: p.Endpoint(), Scopes: append([]string{oidc.ScopeOpenID}, cfg.Scopes...),
		},
	}, nil
}

// Validate tells which settings are wrong, without asking the provider.
func (c Config) Validate() error {
	var errs []error
	for name, v := range map[string]string{"issuer": c.Issuer, "redirect URL": c.RedirectURL} {
		if u, err := url.Parse(v); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			errs = append(errs, fmt.Errorf("%s %q: want an absolute http(s) URL", name, v))
		}
	}
	if c.ClientID == "" {
		errs = append(errs, errors.New("client id: missing"))
	}
	if c.GrantFor < 0 {
		errs = append(errs, fmt.Errorf("grant time %v: want more than zero", c.GrantFor))
	}
	for i, r := range c.Rules {
		if r.Claim == "" || r.Value == "" || !r.Role.Valid() || r.Area <= 0 {
			errs = append(errs, fmt.Errorf("rule %d (claim %q, value %q, role %q, area %d): want a claim, a value, a known role and an area", i+1, r.Claim, r.Value, r.Role, r.Area))
		}
	}
	return errors.Join(errs...)
}

// flowLife is how long a person has to sign on at the provider.
const flowLife = 10 * time.Minute

// flow is what ties the callback to the browser that began. It travels in a
// cookie of that browser, so that any copy of the server can finish it.
type flow struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"` // PKCE
	Next     string    `json:"to"`
	Until    time.Time `json:"u"`
}

// Begin sends the browser to the provider. next is the local page to show
// afterwards; anything that is not a path on this server becomes "/". tls is as
// for the session cookie.
func (p *Provider) Begin(w http.ResponseWriter, r *http.Request, next string, tls bool, now time.Time) error {
	f := flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: localPath(next), Until: now.Add(flowLife)}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("signon: begin: %w", err)
	}
	http.SetCookie(w, flowCookie(base64.RawURLEncoding.EncodeToString(b), int(flowLife/time.Second), tls))
	http.Redirect(w, r, p.oauth.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), http.StatusSeeOther)
	return nil
}

func flowCookieName(tls bool) string {
	if tls {
		return "__Host-firebreak-signon"
	}
	return "firebreak-signon"
}

// flowCookie is SameSite=Lax, not Strict: the callback is a navigation that
// comes from the provider's site.
func flowCookie(value string, maxAge int, tls bool) *http.Cookie {
	return &http.Cookie{
		Name: flowCookieName(tls), Value: value, Path: "/", MaxAge: maxAge,
		Secure: tls, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// Identity is who signed on.
type Identity struct {
	Issuer  string
	Subject string // the provider's own id of the user: the one that never changes
	Login   string // normalised
	Grants  []auth.Grant
	Next    string // local page to show
}

// Errors of [Provider.Finish]. All of them mean: not signed on.
var (
	// ErrNoFlow: the callback did not come from a browser that began here, came twice, or came too late.
	ErrNoFlow = errors.New("signon: no sign-on is under way in this browser; begin again")
	// ErrRefused: the provider says that the user was not let in.
	ErrRefused = errors.New("signon: the provider refused")
	// ErrToken: what the provider sent is not a valid ID token for this sign-on.
	ErrToken = errors.New("signon: the provider's answer is not valid")
	// ErrNoLogin: the ID token has no login in the configured claim.
	ErrNoLogin = errors.New("signon: the provider sent no login")
)

// Finish handles the callback: it checks state, trades the code for an ID token
// with the PKCE verifier, checks signature, issuer, audience, expiry and nonce, and maps the
// claims. The flow's cookie is taken back first, so that a callback works once.
func (p *Provider) Finish(w http.ResponseWriter, r *http.Request, tls bool, now time.Time) (Identity, error) {
	f, err := readFlow(r, tls)
	http.SetCookie(w, flowCookie("", -1, tls))
	if err != nil || !now.Before(f.Until) {
		return Identity{}, ErrNoFlow
	}
	q := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(f.State)) != 1 {
		return Identity{}, ErrNoFlow
	}
	if code := q.Get("error"); code != "" {
		return Identity{}, fmt.Errorf("%w: %.100q", ErrRefused, code)
	}
	ctx := oidc.ClientContext(r.Context(), p.cfg.Client)
	token, err := p.oauth.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Identity{}, fmt.Errorf("%w: exchange code: %w", ErrToken, err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Identity{}, fmt.Errorf("%w: no ID token", ErrToken)
	}
	verifier := p.provider.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: func() time.Time { return now }})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return Identity{}, fmt.Errorf("%w: nonce", ErrToken)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: claims: %w", ErrToken, err)
	}
	login, _ := claims[p.cfg.LoginClaim].(string)
	if login = auth.NormalLogin(login); login == "" {
		return Identity{}, fmt.Errorf("%w in claim %q", ErrNoLogin, p.cfg.LoginClaim)
	}
	return Identity{
		Issuer: id.Issuer, Subject: id.Subject, Login: login,
		Grants: p.cfg.grants(claims, now), Next: localPath(f.Next),
	}, nil
}

func readFlow(r *http.Request, tls bool) (flow, error) {
	c, err := r.Cookie(flowCookieName(tls))
	if err != nil {
		return flow{}, err
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return flow{}, err
	}
	var f flow
	if err := json.Unmarshal(b, &f); err != nil {
		return flow{}, err
	}
	if f.State == "" || f.Nonce == "" || f.Verifier == "" {
		return flow{}, errors.New("signon: incomplete flow")
	}
	return f, nil
}

// grants applies the rules in order; a grant that two rules give is given once.
// Nobody gets a grant without a rule: the result may be empty.
func (c Config) grants(claims map[string]any, now time.Time) []auth.Grant {
	var out []auth.Grant
	seen := map[auth.Grant]bool{}
	for _, r := range c.Rules {
		g := auth.Grant{Role: r.Role, Area: r.Area, Until: now.Add(c.GrantFor)}
		if hasValue(claims[r.Claim], r.Value) && !seen[g] {
			seen[g] = true
			out = append(out, g)
		}
	}
	return out
}

func hasValue(claim any, want string) bool {
	switch v := claim.(type) {
	case string:
		return v == want
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok && s == want {
				return true
			}
		}
	}
	return false
}

// localPath returns next if it is a path on this server, else "/": nobody is
// sent to another site by a link to the log-in page.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
