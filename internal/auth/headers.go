package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
)

// RequestID gives each request an id of 128 random bits, in the context and in the answer's
// X-Request-Id. An id sent by the client is not taken over: it would end up in logs.
func RequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := randomHex()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey, id)))
	})
}

// randomHex returns 128 random bits as text.
func randomHex() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// SecureHeaders sets the headers that keep a page to itself. Nothing is loaded from elsewhere
// (all assets are embedded); an inline script or style runs only with the
// request's nonce ([NonceFrom]); no other site may frame the page. img-src
// allows data: and blob: for exported charts and map sprites.
//
// tls says that browsers reach the server by https; then they are told to stay there for a year.
func SecureHeaders(tls bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := randomHex()
		h := w.Header()
		h.Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src 'self' 'nonce-%[1]s'; style-src 'self' 'nonce-%[1]s'; "+
			"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'", nonce))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// The phone app scans with the camera and notes where a site is; nothing else is asked for.
		h.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()")
		if tls {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey, nonce)))
	})
}

// SameOrigin refuses requests that change something and come from a page of
// another site (cross-site request forgery), by what the browser says of their
// origin. trusted lists further origins ("https://host[:port]") that may post.
// A program that is no browser sends no such header and passes: it has no cookie to abuse.
func SameOrigin(trusted []string, next http.Handler) (http.Handler, error) {
	c := http.NewCrossOriginProtection()
	for _, o := range trusted {
		if err := c.AddTrustedOrigin(o); err != nil {
			return nil, fmt.Errorf("auth: trusted origin %q: %w", o, err)
		}
	}
	return c.Handler(next), nil
}
