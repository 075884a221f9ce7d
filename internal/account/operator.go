package account

import (
	"context"
	"errors"
	"fmt"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// operator is the actor of journal entries about what was done on the machine itself.
const operator = "operator"

// ErrNoAreas is returned for a first user where there is no jurisdiction yet to administer.
var ErrNoAreas = errors.New("account: there are no jurisdictions yet; import them first, then add the first user")

// OperatorAdd makes an account with roles, on the machine that holds the data. Who can do that can read the folder anyway, so nobody confirms. Without any
// roles the very first account becomes administrator over every root of the jurisdictions; a later one gets none. Its area may be left
// out where there is one root.
//
// Errors: *FieldError; ErrNoAreas; wrapping store.ErrTaken.
func (s *Service) OperatorAdd(ctx context.Context, n NewUser, grants []auth.Grant) (store.User, error) {
	hash, err := s.prepare(ctx, n)
	if err != nil {
		return store.User{}, err
	}
	var u store.User
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		roots := tree.Roots()
		if len(roots) == 0 {
			return ErrNoAreas
		}
		any, err := tx.AnyUser()
		if err != nil {
			return err
		}
		n, give := n, grants // this function may run again
		if !any && len(give) == 0 {
			for _, root := range roots {
				give = append(give, auth.Grant{Role: auth.RoleAdministrator, Area: root})
			}
		}
		if n.Area == 0 && (len(roots) == 1 || !any) {
			n.Area = roots[0]
		}
		if _, ok := tree.Get(n.Area); !ok {
			return wrong("area", "%d is not a known jurisdiction", n.Area)
		}
		if u, err = add(tx, operator, n, hash); err != nil {
			return err
		}
		if err := operatorGive(tx, u, give); err != nil {
			return err
		}
		u, err = tx.User(u.ID)
		return err
	})
	if err != nil {
		return store.User{}, fmt.Errorf("add user: %w", err)
	}
	return u, nil
}

// OperatorGrant gives roles to an account on the machine that holds the data: a second administrator, say, where there is only one.
func (s *Service) OperatorGrant(ctx context.Context, login string, grants []auth.Grant) error {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByLogin(login)
		if err != nil {
			return err
		}
		return operatorGive(tx, u, grants)
	})
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	return nil
}

func operatorGive(tx *store.Tx, u store.User, grants []auth.Grant) error {
	for _, g := range grants {
		if err := checkGrant(&tx.Reader, g, tx.Now()); err != nil {
			return err
		}
		if err := give(tx, operator, u, store.UserGrant{Grant: g, Source: store.FromAdministrator, State: store.GrantInForce}); err != nil {
			return err
		}
	}
	return nil
}

// OperatorSetPassword gives an account a new password on the machine that holds the data, enables it, and ends its sessions: the way back in when the
// only administrator has forgotten theirs.
func (s *Service) OperatorSetPassword(ctx context.Context, login, password string) error {
	check := func(r *store.Reader) (store.User, error) {
		u, err := r.UserByLogin(login)
		if err == nil && u.Subject != "" {
			err = ErrSignsOnElsewhere
		}
		return u, err
	}
	if err := s.setPassword(ctx, check, operator, password, false); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByLogin(login)
		if err != nil || !u.Disabled {
			return err
		}
		u.Disabled = false
		if err := tx.UpdateUser(&u); err != nil {
			return err
		}
		return note(tx, journal.UserChanged, operator, u, map[string]any{"disabled": false})
	})
}
