package auth

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a session and token store in memory.
type memory struct {
	mu       sync.Mutex
	sessions map[TokenHash]Session
	tokens   map[TokenHash]APIToken
	touched  int
	broken   error // what every look-up fails with, if set
}

func newMemory() *memory {
	return &memory{sessions: map[TokenHash]Session{}, tokens: map[TokenHash]APIToken{}}
}

func (m *memory) sessionStore() SessionStore {
	return SessionStore{
		Insert: func(_ context.Context, s Session) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.sessions[s.Hash] = s
			return nil
		},
		Find: func(_ context.Context, h TokenHash) (Session, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.broken != nil {
				return Session{}, m.broken
			}
			s, ok := m.sessions[h]
			if !ok {
				return Session{}, ErrNoSession
			}
			return s, nil
		},
		Touch: func(_ context.Context, h TokenHash, at time.Time) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			s := m.sessions[h]
			s.SeenAt = at
			m.sessions[h] = s
			m.touched++
			return nil
		},
		Delete: func(_ context.Context, h TokenHash) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			delete(m.sessions, h)
			return nil
		},
		DeleteUser: func(_ context.Context, u UserID) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			maps.DeleteFunc(m.sessions, func(_ TokenHash, s Session) bool { return s.UserID == u })
			return nil
		},
	}
}

func (m *memory) tokenStore() APITokenStore {
	return APITokenStore{
		Insert: func(_ context.Context, t APIToken) (TokenID, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			t.ID = TokenID(len(m.tokens) + 1)
			m.tokens[t.Hash] = t
			return t.ID, nil
		},
		Find: func(_ context.Context, h TokenHash) (APIToken, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.broken != nil {
				return APIToken{}, m.broken
			}
			t, ok := m.tokens[h]
			if !ok {
				return APIToken{}, ErrNoToken
			}
			return t, nil
		},
	}
}

func newSessions(t *testing.T, m *memory, p SessionPolicy) *Sessions {
	t.Helper()
	s, err := NewSessions(m.sessionStore(), p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A session lives as long as it is used, but not beyond one shift.
func TestSessionExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := newSessions(t, m, SessionPolicy{Idle: time.Hour, Absolute: 12 * time.Hour})
		find := func(token SessionToken) error {
			_, err := s.Find(t.Context(), token, time.Now())
			return err
		}
		idle, _, err := s.Start(t.Context(), 7, SessionToken{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		busy, _, err := s.Start(t.Context(), 7, SessionToken{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for {
			time.Sleep(59 * time.Minute)
			err := find(busy)
			if err == nil {
				continue
			}
			if !errors.Is(err, ErrNoSession) {
				t.Fatal(err)
			}
			break
		}
		if lived := time.Since(began); lived < 12*time.Hour || lived >= 13*time.Hour {
			t.Errorf("a session in use ended after %v, want 12h", lived)
		}
		if err := find(idle); !errors.Is(err, ErrNoSession) {
			t.Errorf("an idle session: %v, want ErrNoSession", err)
		}
		if n := len(m.sessions); n != 0 {
			t.Errorf("%d expired sessions left in the store", n)
		}

		third, _, err := s.Start(t.Context(), 7, SessionToken{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Nanosecond)
		if err := find(third); err != nil {
			t.Errorf("just before the idle bound: %v", err)
		}
		time.Sleep(time.Hour)
		if err := find(third); !errors.Is(err, ErrNoSession) {
			t.Errorf("at the idle bound: %v, want ErrNoSession", err)
		}
	})
}

func TestSessionTouchIsRare(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := newSessions(t, m, SessionPolicy{})
	token, _, err := s.Start(t.Context(), 7, SessionToken{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 600 { // a request each second for ten minutes
		if _, err := s.Find(t.Context(), token, noon.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if m.touched != 9 {
		t.Errorf("%d writes, want 9: one a minute", m.touched)
	}
}

func TestSessionRotationAndEnd(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := newMemory()
	s := newSessions(t, m, SessionPolicy{})
	planted, first, err := s.Start(ctx, 7, SessionToken{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	token, second, err := s.Start(ctx, 7, planted, noon)
	if err != nil {
		t.Fatal(err)
	}
	if token == planted || first.Hash == second.Hash {
		t.Error("log-in kept the old token")
	}
	if _, err := s.Find(ctx, planted, noon); !errors.Is(err, ErrNoSession) {
		t.Errorf("the token from before log-in still holds: %v", err)
	}
	for h := range m.sessions {
		if string(h[:]) == token.Reveal() || h != token.Hash() {
			t.Error("the store holds something other than the token's hash")
		}
	}
	other, _, err := s.Start(ctx, 8, SessionToken{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EndAll(ctx, 7); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Find(ctx, token, noon); !errors.Is(err, ErrNoSession) {
		t.Errorf("after EndAll: %v", err)
	}
	if got, err := s.Find(ctx, other, noon); err != nil || got.UserID != 8 {
		t.Errorf("EndAll of one user ended another's: %v", err)
	}
	if err := s.End(ctx, other); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []SessionToken{other, {}, newSessionToken()} {
		if _, err := s.Find(ctx, gone, noon); !errors.Is(err, ErrNoSession) {
			t.Errorf("Find of no session = %v", err)
		}
	}
	if _, err := NewSessions(m.sessionStore(), SessionPolicy{Idle: 2 * time.Hour, Absolute: time.Hour}); err == nil {
		t.Error("an idle bound above the absolute one was accepted")
	}
	if _, err := NewSessions(SessionStore{}, SessionPolicy{}); err == nil {
		t.Error("a store without functions was accepted")
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{true, false} {
		c := Cookies{TLS: tls, MaxAge: 12 * time.Hour}
		token := newSessionToken()
		w := httptest.NewRecorder()
		c.Set(w, token)
		got := w.Result().Cookies()[0]
		name := map[bool]string{true: "__Host-firebreak", false: "firebreak"}[tls]
		if got.Name != name || got.Secure != tls || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" || got.MaxAge != 43200 {
			t.Errorf("tls %v: cookie %v", tls, got)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(got)
		if c.Read(r) != token {
			t.Errorf("tls %v: the cookie does not read back", tls)
		}
		w = httptest.NewRecorder()
		c.Clear(w)
		if got := w.Result().Cookies()[0]; got.MaxAge >= 0 || got.Value != "" || got.Name != name {
			t.Errorf("tls %v: cleared with %v", tls, got)
		}
	}
	for _, bad := range []string{"", "short", newSessionToken().Reveal()[1:] + "!", newSessionToken().Reveal() + "A"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: "firebreak", Value: bad})
		if !(Cookies{}).Read(r).IsZero() {
			t.Errorf("cookie %q was taken for a token", bad)
		}
	}
}
