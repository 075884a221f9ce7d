package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// ErrSignsOnElsewhere is returned for an account of a sign-on provider, which has no password here.
var ErrSignsOnElsewhere = errors.New("account: this account signs on at its organisation's provider and has no password here")

// SetPassword gives another user a new password and ends that user's sessions. It is a one-time password: it opens the page that changes it, and no other. The caller must administer users in every area the user has
// to do with; and to set the password of an administrator, an area above that one's: else one administrator could come in as another and
// confirm their own proposals. At the top only the operator can. For one's own password see ChangePassword, which asks for the old one.
//
// Errors: *FieldError; *Refused; ErrSignsOnElsewhere; wrapping store.ErrNotFound.
func (s *Service) SetPassword(ctx context.Context, actor auth.Actor, id auth.UserID, password string) error {
	check := func(r *store.Reader) (store.User, error) {
		u, err := r.User(id)
		if err != nil {
			return u, err
		}
		if u.Subject != "" {
			return u, ErrSignsOnElsewhere
		}
		if err := mayChange(r, actor, u, s.db.Now()); err != nil {
			return u, err
		}
		return u, s.mayImpersonate(r, actor, u)
	}
	return s.setPassword(ctx, check, actor.Login, password, true)
}

// mayImpersonate checks that the actor stands above every area that the user administers. The parent of a root is no area, which nobody
// administers.
func (s *Service) mayImpersonate(r *store.Reader, actor auth.Actor, u store.User) error {
	tree, err := r.Tree()
	if err != nil {
		return err
	}
	var above []place.AreaID
	for _, g := range u.Grants {
		if g.Role == auth.RoleAdministrator {
			j, _ := tree.Get(g.Area)
			above = append(above, j.Parent)
		}
	}
	return may(r, actor, s.db.Now(), above...)
}

// ChangePassword replaces one's own password. A wrong old one counts as a failed log-in, limited like those. All of the user's sessions end, the one
// that asks included: the caller logs in again.
//
// Errors: those of auth.LoginDesk.LogIn; *FieldError; ErrSignsOnElsewhere; *Refused for an API token.
func (s *Service) ChangePassword(ctx context.Context, actor auth.Actor, old, password string, ip netip.Addr) error {
	if actor.Token != nil {
		return &Refused{auth.UserAdmin, auth.Decision{Denial: auth.DeniedScope, Reason: "an API token cannot change a password"}}
	}
	if _, err := s.desk.LogIn(ctx, actor.Login, old, ip, s.db.Real()); err != nil {
		return err
	}
	return s.setPassword(ctx, func(r *store.Reader) (store.User, error) { return r.User(actor.UserID) }, actor.Login, password, false)
}

// setPassword asks check twice: before the costly hash, and in the transaction that counts.
func (s *Service) setPassword(ctx context.Context, check func(*store.Reader) (store.User, error), actor, password string, oneTime bool) error {
	var login string
	err := s.db.View(ctx, func(r *store.Reader) error {
		u, err := check(r)
		login = u.Login
		return err
	})
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if err := auth.CheckPassword(login, password); err != nil {
		return &FieldError{"password", err}
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := check(&tx.Reader)
		if err != nil {
			return err
		}
		if err := tx.SetPassword(u.ID, hash, oneTime); err != nil {
			return err
		}
		return note(tx, journal.UserChanged, actor, u, map[string]any{"password": "changed", "one_time": oneTime})
	})
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}
