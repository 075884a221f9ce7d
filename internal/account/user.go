package account

import (
	"context"
	"fmt"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Details is an account as its administrator sees it.
type Details struct {
	store.User
	Tokens   []auth.APIToken // ended ones included
	Sessions int             // that hold
	History  []journal.Entry // about the account, newest first
	// MayChange says that the caller administers every area that the user has to do with, and MaySetPassword that they may give them a password.
	MayChange, MaySetPassword bool
}

// historyShown is how many entries of an account's history are read.
const historyShown = 50

// User returns an account that the caller administers.
//
// Errors: wrapping store.ErrNotFound, for an account of another area too.
func (s *Service) User(ctx context.Context, actor auth.Actor, id auth.UserID) (d Details, err error) {
	err = s.db.View(ctx, func(r *store.Reader) error {
		now := s.db.Now()
		if d.User, err = r.User(id); err != nil {
			return err
		}
		if may(r, actor, now, d.Area) != nil {
			return fmt.Errorf("user %d: %w", id, store.ErrNotFound)
		}
		d.MayChange = mayChange(r, actor, d.User, now) == nil
		d.MaySetPassword = d.MayChange && d.Subject == "" && id != actor.UserID && s.mayImpersonate(r, actor, d.User) == nil
		if d.Tokens, err = r.TokensOf(id); err != nil {
			return err
		}
		sessions, err := r.SessionsOf(id)
		if err != nil {
			return err
		}
		for _, x := range sessions {
			if now.Before(s.policy.EndsAt(x)) {
				d.Sessions++
			}
		}
		d.History, err = r.EntriesOf(task.Subject{Kind: store.OnUser, ID: int64(id)}, historyShown)
		return err
	})
	return d, err
}
