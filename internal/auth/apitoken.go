package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"
)

// An API token is the prefix fb_, then 58 characters of lower-case base32: 32
// random bytes and their CRC-32 (IEEE, big-endian). The prefix and the checksum let a
// secret scanner find a leaked token, and let a mistyped one be refused without a look-up.
const (
	apiTokenPrefix = "fb_"
	apiTokenBytes  = 32 + 4
)

var apiTokenEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// APISecret is the text of an API token. It is shown once, when it is made, and never
// prints itself.
type APISecret struct{ text string }

// newAPISecret draws a token of 256 bits.
func newAPISecret() APISecret {
	var b [apiTokenBytes]byte
	rand.Read(b[:32])
	binary.BigEndian.PutUint32(b[32:], crc32.ChecksumIEEE(b[:32]))
	return APISecret{apiTokenPrefix + apiTokenEncoding.EncodeToString(b[:])}
}

// ErrBadToken is returned for text that is not an API token at all: wrong
// prefix, length, letters or checksum.
var ErrBadToken = errors.New("auth: this is not an API token, or it is mistyped")

// ParseAPISecret reads a token. There is one spelling of each.
func ParseAPISecret(s string) (APISecret, error) {
	body, ok := strings.CutPrefix(s, apiTokenPrefix)
	if !ok || len(body) != apiTokenEncoding.EncodedLen(apiTokenBytes) {
		return APISecret{}, ErrBadToken
	}
	b, err := apiTokenEncoding.DecodeString(body)
	if err != nil || len(b) != apiTokenBytes || apiTokenEncoding.EncodeToString(b) != body {
		return APISecret{}, ErrBadToken
	}
	if binary.BigEndian.Uint32(b[32:]) != crc32.ChecksumIEEE(b[:32]) {
		return APISecret{}, ErrBadToken
	}
	return APISecret{s}, nil
}

// Reveal is the token's text: for the one screen that shows it.
func (t APISecret) Reveal() string { return t.text }

// Hash is what the store knows the token by.
func (t APISecret) Hash() TokenHash { return sha256.Sum256([]byte(t.text)) }

// String hides the token.
func (APISecret) String() string { return "fb_[redacted]" }

// GoString hides the token from %#v.
func (APISecret) GoString() string { return "fb_[redacted]" }

// APIToken is a token as stored.
type APIToken struct {
	ID        TokenID
	Hash      TokenHash
	UserID    UserID // whose grants it acts under
	Label     string // what it is for, in its owner's words
	Scopes    []Action
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while it holds
}

// maxTokenLife bounds an API token: a forgotten one ends by itself.
const maxTokenLife = 400 * 24 * time.Hour

// ErrNoToken is returned for a token that does not hold: unknown, expired or
// revoked. The caller cannot tell which.
var ErrNoToken = errors.New("auth: the API token does not hold")

// APITokenStore is what [APITokens] needs of a store. Every function is required.
type APITokenStore struct {
	// Insert stores a token; the store gives it its ID.
	Insert func(ctx context.Context, t APIToken) (TokenID, error)
	// Find returns the token of a hash, or ErrNoToken.
	Find func(ctx context.Context, h TokenHash) (APIToken, error)
}

// APITokens issues and finds API tokens. Safe for concurrent use if its store is.
type APITokens struct{ store APITokenStore }

// NewAPITokens returns APITokens over a store.
func NewAPITokens(store APITokenStore) (*APITokens, error) {
	if store.Insert == nil || store.Find == nil {
		return nil, errors.New("auth: API token store: a function is missing")
	}
	return &APITokens{store}, nil
}

// Issue makes a token for owner. Each scope must be an action that owner may do
// somewhere at now, and an owner who came with a token cannot make another. The
// error names the field that is wrong. The secret is returned once and not kept.
func (a *APITokens) Issue(ctx context.Context, owner Actor, label string, scopes []Action, expires, now time.Time) (APISecret, APIToken, error) {
	bad := func(format string, args ...any) (APISecret, APIToken, error) {
		return APISecret{}, APIToken{}, fmt.Errorf("auth: API token: "+format, args...)
	}
	if owner.Token != nil {
		return bad("a token cannot make a token")
	}
	if label = strings.TrimSpace(label); label == "" || len(label) > 200 {
		return bad("label: want 1 to 200 bytes")
	}
	if len(scopes) == 0 {
		return bad("scopes: name at least one action")
	}
	for _, s := range scopes {
		if !MayAnywhere(owner, s, "", now) {
			return bad("scopes: %q is not an action you may do", s)
		}
	}
	if !now.Before(expires) || expires.Sub(now) > maxTokenLife {
		return bad("expiry: want a date within %d days", maxTokenLife/(24*time.Hour))
	}
	secret := newAPISecret()
	t := APIToken{Hash: secret.Hash(), UserID: owner.UserID, Label: label, CreatedAt: now, ExpiresAt: expires}
	t.Scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	id, err := a.store.Insert(ctx, t)
	if err != nil {
		return bad("store: %w", err)
	}
	t.ID = id
	return secret, t, nil
}

// Find returns the token of a secret if it holds at now. The error is
// [ErrNoToken] or a failure of the store.
func (a *APITokens) Find(ctx context.Context, secret APISecret, now time.Time) (APIToken, error) {
	if secret == (APISecret{}) {
		return APIToken{}, ErrNoToken
	}
	t, err := a.store.Find(ctx, secret.Hash())
	if err != nil {
		return APIToken{}, fmt.Errorf("auth: find API token: %w", err)
	}
	if !now.Before(t.ExpiresAt) || !t.RevokedAt.IsZero() {
		return APIToken{}, ErrNoToken
	}
	return t, nil
}
