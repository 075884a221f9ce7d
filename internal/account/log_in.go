package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// LogIn checks a login and password and starts a session. old is the session token that the browser came with, which ends. For the errors see
// auth.LoginDesk.LogIn.
func (s *Service) LogIn(ctx context.Context, login, password string, ip netip.Addr, old auth.SessionToken) (auth.SessionToken, store.User, error) {
	now := s.db.Real()
	a, err := s.desk.LogIn(ctx, login, password, ip, now)
	if err != nil {
		return auth.SessionToken{}, store.User{}, err
	}
	return s.start(ctx, a.UserID, old, now)
}

func (s *Service) start(ctx context.Context, id auth.UserID, old auth.SessionToken, now time.Time) (auth.SessionToken, store.User, error) {
	u, err := s.db.FindActor(ctx, id)
	if err != nil {
		return auth.SessionToken{}, store.User{}, fmt.Errorf("log in: %w", err)
	}
	token, _, err := s.sessions.Start(ctx, id, old, now)
	if err != nil {
		return auth.SessionToken{}, store.User{}, fmt.Errorf("log in: %w", err)
	}
	return token, u, nil
}

// LogOut ends a session; one that has ended is no error.
func (s *Service) LogOut(ctx context.Context, t auth.SessionToken) error {
	return s.sessions.End(ctx, t)
}

// EndOldSessions removes sessions past their absolute bound whose browsers never came back. It is scheduled, once an hour say.
func (s *Service) EndOldSessions(ctx context.Context) (removed int64, err error) {
	return s.db.PurgeSessions(ctx, s.db.Real().Add(-s.policy.Absolute))
}

// SignedOn is who has signed on at a provider, as the provider says.
type SignedOn struct {
	Issuer, Subject string // who it is
	Login           string // what to call them, at their first sign-on
	Grants          []auth.Grant
}

// ErrNoRole is returned at a sign-on that gives no role here, of somebody who holds none: they are let in nowhere.
var ErrNoRole = errors.New("account: the provider knows you, but gives you no role here")

// SignOn starts a session for somebody who signed on at a provider. At the first sign-on an account is made; at each the roles from the
// provider's claims are replaced by those it gives now. A local account of the same login is never taken over: that is store.ErrTaken.
//
// Errors: ErrNoRole; *FieldError; auth.ErrNoAccount for a disabled account; wrapping store.ErrTaken.
func (s *Service) SignOn(ctx context.Context, id SignedOn, old auth.SessionToken) (auth.SessionToken, store.User, error) {
	if err := checkLogin(id.Login); err != nil {
		return auth.SessionToken{}, store.User{}, err
	}
	if id.Issuer == "" || id.Subject == "" {
		return auth.SessionToken{}, store.User{}, wrong("subject", "the provider sent none")
	}
	var user auth.UserID
	noRole := false
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		noRole = false
		u, err := tx.UserBySubject(id.Issuer, id.Subject)
		if errors.Is(err, store.ErrNotFound) {
			if len(id.Grants) == 0 {
				return ErrNoRole
			}
			u = store.User{Login: id.Login, Title: auth.NormalLogin(id.Login), Area: id.Grants[0].Area, Issuer: id.Issuer, Subject: id.Subject}
			if err = tx.AddUser(&u, ""); err == nil {
				err = note(tx, journal.UserAdded, u.Login, u, map[string]any{"area": u.Area, "issuer": id.Issuer})
			}
		}
		if err != nil {
			return err
		}
		user = u.ID
		if u.Disabled {
			return auth.ErrNoAccount
		}
		left, err := replaceClaims(tx, u, id.Grants)
		// The roles taken away must stay taken away, so this is no error of the transaction.
		noRole = left == 0
		return err
	})
	if err == nil && noRole {
		err = ErrNoRole
	}
	if err != nil {
		return auth.SessionToken{}, store.User{}, fmt.Errorf("sign on: %w", err)
	}
	return s.start(ctx, user, old, s.db.Real())
}

// replaceClaims writes the grants that the provider gives now and returns how many grants the user holds after that.
func replaceClaims(tx *store.Tx, u store.User, now []auth.Grant) (left int, err error) {
	var before []auth.Grant
	for _, g := range u.Grants {
		if g.Source != store.FromClaims {
			if g.State == store.GrantInForce {
				left++
			}
			continue
		}
		before = append(before, g.Grant)
		if err := tx.RemoveGrant(u.ID, g.Role, g.Area, store.FromClaims); err != nil {
			return 0, err
		}
	}
	for _, g := range now {
		if err := checkGrant(&tx.Reader, g, tx.Now()); err != nil {
			return 0, err
		}
		if err := tx.PutGrant(u.ID, store.UserGrant{Grant: g, Source: store.FromClaims, State: store.GrantInForce}); err != nil {
			return 0, err
		}
	}
	left += len(now)
	if sameGrants(before, now) {
		return left, nil
	}
	words := make([]string, len(now))
	for i, g := range now {
		words[i] = fmt.Sprintf("%s over %d", g.Role, g.Area)
	}
	return left, note(tx, journal.UserChanged, u.Login, u, map[string]any{"grants_from_claims": words})
}
