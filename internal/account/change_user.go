package account

import (
	"context"
	"fmt"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// UserChange is what an administrator changes of an account. A nil field stays as it is.
type UserChange struct {
	Title    *string
	Area     *place.AreaID
	Disabled *bool // a disabled account loses its sessions at once, and its tokens while it is disabled
}

// ChangeUser changes an account. version is the one that the caller saw. The caller must administer users in the account's area, in the new
// one, and in every area the user holds a role in.
//
// Errors: *FieldError; *Refused; ErrSelf; *store.Conflict; wrapping store.ErrNotFound.
func (s *Service) ChangeUser(ctx context.Context, actor auth.Actor, id auth.UserID, version int64, c UserChange) (store.User, error) {
	if c.Title != nil {
		if err := checkTitle(*c.Title); err != nil {
			return store.User{}, err
		}
	}
	if c.Disabled != nil && *c.Disabled && id == actor.UserID {
		return store.User{}, ErrSelf
	}
	var u store.User
	err := s.db.Update(ctx, func(tx *store.Tx) (err error) {
		if u, err = tx.User(id); err != nil {
			return err
		}
		if err := mayChange(&tx.Reader, actor, u, tx.Now()); err != nil {
			return err
		}
		u.Version = version
		what := map[string]any{}
		if c.Title != nil && strings.TrimSpace(*c.Title) != u.Title {
			u.Title, what["title"] = strings.TrimSpace(*c.Title), "changed"
		}
		if c.Area != nil && *c.Area != u.Area {
			if err := may(&tx.Reader, actor, tx.Now(), *c.Area); err != nil {
				return err
			}
			what["area_before"], what["area"] = u.Area, *c.Area
			u.Area = *c.Area
		}
		if c.Disabled != nil && *c.Disabled != u.Disabled {
			u.Disabled, what["disabled"] = *c.Disabled, *c.Disabled
		}
		if err := tx.UpdateUser(&u); err != nil {
			return err
		}
		if len(what) == 0 {
			return nil
		}
		return note(tx, journal.UserChanged, actor.Login, u, what)
	})
	if err != nil {
		return store.User{}, fmt.Errorf("change user: %w", err)
	}
	return u, nil
}
