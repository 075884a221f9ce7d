package account

import (
	"context"
	"fmt"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Grant gives a user a role over an area, or a new end to a role held. The caller must administer users in that area, and nobody gives a
// role to themselves. The role of administrator takes two people: it is proposed here, and gives nothing until another administrator
// of the area confirms it (ConfirmGrant); so does a later end for one, which is suspended until then. The state of the grant is returned.
//
// Errors: *FieldError; *Refused; ErrOwnGrant; wrapping store.ErrNotFound.
func (s *Service) Grant(ctx context.Context, actor auth.Actor, id auth.UserID, g auth.Grant) (store.GrantState, error) {
	var state store.GrantState
	if id == actor.UserID {
		return "", ErrOwnGrant
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.User(id)
		if err != nil {
			return err
		}
		// The right is asked first, for the area as given: one that is not known is nobody's.
		if err := may(&tx.Reader, actor, tx.Now(), g.Area, u.Area); err != nil {
			return err
		}
		if err := checkGrant(&tx.Reader, g, tx.Now()); err != nil {
			return err
		}
		state = store.GrantInForce
		if g.Role == auth.RoleAdministrator && !shortens(u, g) {
			state = store.GrantProposed
		}
		return give(tx, actor.Login, u, store.UserGrant{Grant: g, Source: store.FromAdministrator, State: state, GivenBy: actor.UserID})
	})
	if err != nil {
		return "", fmt.Errorf("grant: %w", err)
	}
	return state, nil
}

// shortens says whether g only brings the end of a role nearer that the user holds already.
func shortens(u store.User, g auth.Grant) bool {
	for _, held := range u.InForce() {
		if held.Role == g.Role && held.Area == g.Area && !g.Until.IsZero() && (held.Until.IsZero() || g.Until.Before(held.Until)) {
			return true
		}
	}
	return false
}

func give(tx *store.Tx, actor string, u store.User, g store.UserGrant) error {
	if err := tx.PutGrant(u.ID, g); err != nil {
		return err
	}
	return note(tx, journal.UserChanged, actor, u, grantPayload(string(g.State), g.Role, g.Area))
}

func grantPayload(what string, role auth.Role, area place.AreaID) map[string]any {
	return map[string]any{"grant": what, "role": role, "area": area}
}

// ConfirmGrant puts a proposed grant in force: the second of two people. The caller must administer users in the grant's area, and be neither the
// one who proposed it nor the one who gets it.
//
// Errors: *Refused; ErrOwnGrant; ErrSamePerson; ErrNotProposed; wrapping store.ErrNotFound.
func (s *Service) ConfirmGrant(ctx context.Context, actor auth.Actor, id auth.UserID, role auth.Role, area place.AreaID) error {
	if id == actor.UserID {
		return ErrOwnGrant
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.User(id)
		if err != nil {
			return err
		}
		if err := may(&tx.Reader, actor, tx.Now(), area, u.Area); err != nil {
			return err
		}
		for _, g := range u.Grants {
			if g.Role != role || g.Area != area || g.State != store.GrantProposed {
				continue
			}
			if g.GivenBy == actor.UserID {
				return ErrSamePerson
			}
			g.State, g.ConfirmedBy = store.GrantInForce, actor.UserID
			return give(tx, actor.Login, u, g)
		}
		return ErrNotProposed
	})
	if err != nil {
		return fmt.Errorf("confirm grant: %w", err)
	}
	return nil
}

// Revoke takes a role back, or a proposal. The caller must administer users in that area; one's own role may be given up. A role that a
// sign-on provider gives must be taken away there.
//
// Errors: *Refused; wrapping store.ErrNotFound.
func (s *Service) Revoke(ctx context.Context, actor auth.Actor, id auth.UserID, role auth.Role, area place.AreaID) error {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.User(id)
		if err != nil {
			return err
		}
		if err := may(&tx.Reader, actor, tx.Now(), area); err != nil {
			return err
		}
		if err := tx.RemoveGrant(id, role, area, store.FromAdministrator); err != nil {
			return err
		}
		return note(tx, journal.UserChanged, actor.Login, u, grantPayload("revoked", role, area))
	})
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	return nil
}
