package auth

import (
	"net/http"
	"time"
)

// Cookies writes and reads the session cookie.
type Cookies struct {
	// TLS says that browsers reach the server by https. Then the cookie is
	// Secure and has the __Host- prefix, which ties it to this host and path /.
	TLS bool
	// MaxAge is how long the browser keeps it: the absolute bound of a session.
	// Zero means until the browser is closed.
	MaxAge time.Duration
}

// cookieName is the name of the session cookie.
func (c Cookies) cookieName() string {
	if c.TLS {
		return "__Host-firebreak"
	}
	return "firebreak"
}

func (c Cookies) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: c.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		Secure: c.TLS, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// Set gives the browser the token.
func (c Cookies) Set(w http.ResponseWriter, t SessionToken) {
	http.SetCookie(w, c.cookie(t.Reveal(), int(c.MaxAge/time.Second)))
}

// Clear takes the token from the browser.
func (c Cookies) Clear(w http.ResponseWriter) { http.SetCookie(w, c.cookie("", -1)) }

// Read returns the token the browser sent; zero if it sent none or a
// malformed one.
func (c Cookies) Read(r *http.Request) SessionToken {
	k, err := r.Cookie(c.cookieName())
	if err != nil {
		return SessionToken{} // http.ErrNoCookie is the only error there is
	}
	t, _ := parseSessionToken(k.Value)
	return t
}
