package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Authenticator turns the cookie or the API token of a request into an [Actor].
// All fields are required.
type Authenticator struct {
	Sessions *Sessions
	Tokens   *APITokens
	Cookies  Cookies
	// Actor returns the user with the grants held, or ErrNoAccount if the account
	// is gone or closed. It is asked on every request, so a right taken away is gone at once.
	Actor func(ctx context.Context, u UserID) (Actor, error)
	// Fail answers a request whose credentials could not be checked because the store failed.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
	// Now is the clock.
	Now func() time.Time
	// Real is the clock of sessions, where it is another: those of a drill last as long as people sit there. Nil means Now.
	Real func() time.Time
}

// Middleware puts the actor into the request's context. A request without
// credentials goes on with none: [Required] or the handler refuses it. An API
// token that does not hold is answered 401 at once, never taken for an anonymous caller; a
// session that has ended is anonymous, and its cookie is taken back.
func (a *Authenticator) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, err := a.identify(r)
		switch {
		case err == nil:
			// What an identified person sees must not be kept by a shared cache.
			w.Header().Set("Cache-Control", "private, no-store")
			r = r.WithContext(WithActor(r.Context(), actor))
		case errors.Is(err, errAnonymous):
		case errors.Is(err, ErrNoSession):
			a.Cookies.Clear(w)
		case errors.Is(err, ErrBadToken), errors.Is(err, ErrNoToken):
			w.Header().Set("WWW-Authenticate", `Bearer realm="firebreak", error="invalid_token"`)
			http.Error(w, "the API token does not hold", http.StatusUnauthorized)
			return
		default:
			a.Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// errAnonymous marks a request that came with no credentials.
var errAnonymous = errors.New("auth: no credentials")

func (a *Authenticator) identify(r *http.Request) (Actor, error) {
	ctx, now := r.Context(), a.Now()
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, text, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return Actor{}, ErrBadToken
		}
		secret, err := ParseAPISecret(strings.TrimSpace(text))
		if err != nil {
			return Actor{}, err
		}
		t, err := a.Tokens.Find(ctx, secret, now)
		if err != nil {
			return Actor{}, err
		}
		actor, err := a.Actor(ctx, t.UserID)
		if errors.Is(err, ErrNoAccount) {
			return Actor{}, ErrNoToken
		}
		actor.Token = &TokenUse{ID: t.ID, Scopes: t.Scopes}
		return actor, err
	}
	cookie := a.Cookies.Read(r)
	if cookie.IsZero() {
		return Actor{}, errAnonymous
	}
	if a.Real != nil {
		now = a.Real()
	}
	s, err := a.Sessions.Find(ctx, cookie, now)
	if err != nil {
		return Actor{}, err
	}
	actor, err := a.Actor(ctx, s.UserID)
	if errors.Is(err, ErrNoAccount) {
		return Actor{}, ErrNoSession
	}
	actor.Token = nil
	return actor, err
}

// Required lets only identified callers through; refuse answers the others
// (a page goes to the log-in screen, the API says 401).
func Required(refuse http.HandlerFunc, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := ActorFrom(r.Context()); !ok {
			refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
