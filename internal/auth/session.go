package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// TokenHash is the SHA-256 of a secret token: what the store holds instead of
// it. The token has 256 random bits, so a fast hash without salt is enough.
type TokenHash [sha256.Size]byte

// SessionToken is the secret in the cookie of one session. It never prints
// itself; [SessionToken.Reveal] is for the cookie alone.
type SessionToken struct{ secret string }

// newSessionToken draws a token of 256 bits.
func newSessionToken() SessionToken {
	var b [32]byte
	rand.Read(b[:])
	return SessionToken{base64.RawURLEncoding.EncodeToString(b[:])}
}

// sessionTokenLen is the length of a token as text: 32 bytes in base64.
const sessionTokenLen = 43

// parseSessionToken reads a token from a cookie. Only the spelling that
// newSessionToken writes is taken.
func parseSessionToken(s string) (SessionToken, bool) {
	if len(s) != sessionTokenLen {
		return SessionToken{}, false
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(s); err != nil {
		return SessionToken{}, false
	}
	return SessionToken{s}, true
}

// Reveal is the token's text.
func (t SessionToken) Reveal() string { return t.secret }

// IsZero reports whether t is no token at all.
func (t SessionToken) IsZero() bool { return t.secret == "" }

// Hash is what the store knows the session by.
func (t SessionToken) Hash() TokenHash { return sha256.Sum256([]byte(t.secret)) }

// String hides the token.
func (SessionToken) String() string { return "[session token]" }

// GoString hides the token from %#v.
func (SessionToken) GoString() string { return "[session token]" }

// Session is one log-in on one device, as stored.
type Session struct {
	Hash      TokenHash
	UserID    UserID
	StartedAt time.Time
	SeenAt    time.Time // last use, exact to the policy's TouchEvery
}

// SessionPolicy bounds a session.
type SessionPolicy struct {
	Idle       time.Duration // unused for this long: ended; default 1 h
	Absolute   time.Duration // ended this long after log-in however much it is used; default 12 h, one shift
	TouchEvery time.Duration // how often SeenAt is written, at most; default 1 min
}

func (p SessionPolicy) withDefaults() SessionPolicy {
	if p.Idle == 0 {
		p.Idle = time.Hour
	}
	if p.Absolute == 0 {
		p.Absolute = 12 * time.Hour
	}
	if p.TouchEvery == 0 {
		p.TouchEvery = time.Minute
	}
	return p
}

// EndsAt is the first instant at which s no longer holds if it is not used
// again.
func (p SessionPolicy) EndsAt(s Session) time.Time {
	p = p.withDefaults()
	idle, absolute := s.SeenAt.Add(p.Idle), s.StartedAt.Add(p.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// ErrNoSession is returned for a token that opens no session: never given out, ended or
// expired. The caller cannot tell which.
var ErrNoSession = errors.New("auth: no such session")

// SessionStore is what [Sessions] needs of a store. Every function is required.
type SessionStore struct {
	Insert func(ctx context.Context, s Session) error
	// Find returns the session, or ErrNoSession.
	Find func(ctx context.Context, h TokenHash) (Session, error)
	// Touch sets SeenAt. A session that is gone is not an error.
	Touch func(ctx context.Context, h TokenHash, seenAt time.Time) error
	// Delete ends one session; one that is gone is not an error.
	Delete func(ctx context.Context, h TokenHash) error
	// DeleteUser ends every session of a user.
	DeleteUser func(ctx context.Context, u UserID) error
}

// Sessions starts, finds and ends sessions. Safe for concurrent use if its
// store is.
type Sessions struct {
	store  SessionStore
	policy SessionPolicy
}

// NewSessions returns Sessions over a store. Zero fields of the policy take
// their defaults; an idle time above the absolute one is refused, because it
// would never act.
func NewSessions(store SessionStore, policy SessionPolicy) (*Sessions, error) {
	if store.Insert == nil || store.Find == nil || store.Touch == nil || store.Delete == nil || store.DeleteUser == nil {
		return nil, errors.New("auth: session store: a function is missing")
	}
	p := policy.withDefaults()
	if p.Idle < 0 || p.Absolute < p.Idle || p.TouchEvery < 0 || p.TouchEvery >= p.Idle {
		return nil, fmt.Errorf("auth: session policy: want 0 < touch %v < idle %v <= absolute %v", p.TouchEvery, p.Idle, p.Absolute)
	}
	return &Sessions{store: store, policy: p}, nil
}

// Start opens a session with a fresh token. old is the token the browser came
// with, if any: it is ended, so that a token planted before log-in is worth
// nothing after it.
func (s *Sessions) Start(ctx context.Context, u UserID, old SessionToken, now time.Time) (SessionToken, Session, error) {
	if !old.IsZero() {
		if err := s.store.Delete(ctx, old.Hash()); err != nil {
			return SessionToken{}, Session{}, fmt.Errorf("auth: end old session: %w", err)
		}
	}
	t := newSessionToken()
	session := Session{Hash: t.Hash(), UserID: u, StartedAt: now, SeenAt: now}
	if err := s.store.Insert(ctx, session); err != nil {
		return SessionToken{}, Session{}, fmt.Errorf("auth: start session: %w", err)
	}
	return t, session, nil
}

// Find returns the session of a token and notes its use. An expired one is
// deleted. The error is [ErrNoSession] or a failure of the store.
func (s *Sessions) Find(ctx context.Context, t SessionToken, now time.Time) (Session, error) {
	if t.IsZero() {
		return Session{}, ErrNoSession
	}
	session, err := s.store.Find(ctx, t.Hash())
	if err != nil {
		return Session{}, fmt.Errorf("auth: find session: %w", err)
	}
	if !now.Before(s.policy.EndsAt(session)) {
		if err := s.store.Delete(ctx, session.Hash); err != nil {
			return Session{}, fmt.Errorf("auth: end expired session: %w", err)
		}
		return Session{}, ErrNoSession
	}
	if now.Sub(session.SeenAt) >= s.policy.TouchEvery {
		if err := s.store.Touch(ctx, session.Hash, now); err != nil {
			return Session{}, fmt.Errorf("auth: note use of session: %w", err)
		}
		session.SeenAt = now
	}
	return session, nil
}

// Holds says whether a token still opens a session, without counting as a use of it: a page that is only left open must not
// keep the session alive.
func (s *Sessions) Holds(ctx context.Context, t SessionToken, now time.Time) (bool, error) {
	if t.IsZero() {
		return false, nil
	}
	session, err := s.store.Find(ctx, t.Hash())
	if errors.Is(err, ErrNoSession) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("auth: find session: %w", err)
	}
	return now.Before(s.policy.EndsAt(session)), nil
}

// End closes one session: log-out.
func (s *Sessions) End(ctx context.Context, t SessionToken) error {
	if t.IsZero() {
		return nil
	}
	if err := s.store.Delete(ctx, t.Hash()); err != nil {
		return fmt.Errorf("auth: end session: %w", err)
	}
	return nil
}

// EndAll closes every session of a user: after a change of password or of
// grants, and when an account is closed.
func (s *Sessions) EndAll(ctx context.Context, u UserID) error {
	if err := s.store.DeleteUser(ctx, u); err != nil {
		return fmt.Errorf("auth: end sessions of user %d: %w", u, err)
	}
	return nil
}
