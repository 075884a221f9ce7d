package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Account is what a log-in needs to know of a local account.
type Account struct {
	UserID UserID
	Login  string
	Hash   PasswordHash // empty: the account signs on elsewhere and has no password here
	Closed bool
}

// ErrNoAccount is returned by [Accounts].Find for a login that no account has.
var ErrNoAccount = errors.New("auth: no such account")

// ErrBadLogin is the one answer to an unknown login, a wrong password and a
// closed account alike: it must not tell which logins exist.
var ErrBadLogin = errors.New("auth: login or password is wrong")

// TooManyAttempts is returned when the limit on log-ins is reached, before the password is looked at.
type TooManyAttempts struct{ Wait time.Duration }

// Error says how long to wait.
func (e *TooManyAttempts) Error() string {
	return fmt.Sprintf("auth: too many log-in attempts, wait %v", e.Wait.Round(time.Second))
}

// Accounts is what a [LoginDesk] needs of a store. Both functions are required.
type Accounts struct {
	// Find returns the account of a normalised login, or ErrNoAccount.
	Find func(ctx context.Context, login string) (Account, error)
	// SetHash replaces the hash of an account by one of the same password.
	SetHash func(ctx context.Context, u UserID, h PasswordHash) error
}

// LoginDesk checks a login and password. Safe for concurrent use.
type LoginDesk struct {
	accounts Accounts
	hasher   *Hasher
	limiter  *Limiter
}

// NewLoginDesk puts a desk together.
func NewLoginDesk(a Accounts, h *Hasher, l *Limiter) (*LoginDesk, error) {
	if a.Find == nil || a.SetHash == nil || h == nil || l == nil {
		return nil, errors.New("auth: login desk: accounts, hasher and limiter are all required")
	}
	return &LoginDesk{accounts: a, hasher: h, limiter: l}, nil
}

// LogIn returns the account if the password is right. Every refusal of a known or unknown login
// costs one hash, so that the delay tells nothing.
//
// Errors: *[TooManyAttempts]; [ErrBadLogin]; [ErrBusy]; or a failure of the store or of a stored hash.
func (d *LoginDesk) LogIn(ctx context.Context, login, password string, ip netip.Addr, now time.Time) (Account, error) {
	login = NormalLogin(login)
	if wait := d.limiter.Attempt(login, ip, now); wait > 0 {
		return Account{}, &TooManyAttempts{Wait: wait}
	}
	a, err := d.accounts.Find(ctx, login)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return Account{}, fmt.Errorf("auth: log in: find account: %w", err)
	}
	if err != nil || a.Closed || a.Hash == "" {
		if err := d.hasher.VerifyNobody(ctx, password); err != nil {
			return Account{}, fmt.Errorf("auth: log in: %w", err)
		}
		return Account{}, ErrBadLogin
	}
	ok, rehash, err := d.hasher.Verify(ctx, a.Hash, password)
	if err != nil {
		return Account{}, fmt.Errorf("auth: log in user %d: %w", a.UserID, err)
	}
	if !ok {
		return Account{}, ErrBadLogin
	}
	d.limiter.Succeeded(login, ip)
	if rehash {
		h, err := d.hasher.Hash(ctx, password)
		if err != nil {
			return Account{}, fmt.Errorf("auth: log in user %d: new hash: %w", a.UserID, err)
		}
		if err := d.accounts.SetHash(ctx, a.UserID, h); err != nil {
			return Account{}, fmt.Errorf("auth: log in user %d: store new hash: %w", a.UserID, err)
		}
		a.Hash = h
	}
	return a, nil
}
