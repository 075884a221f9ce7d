package account

import (
	"context"
	"fmt"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/store"
)

// OwnSessions lists the caller's sessions that hold, the one last used first.
func (s *Service) OwnSessions(ctx context.Context, actor auth.Actor) (list []auth.Session, err error) {
	err = s.db.View(ctx, func(r *store.Reader) error {
		all, err := r.SessionsOf(actor.UserID)
		for _, x := range all {
			if s.db.Real().Before(s.policy.EndsAt(x)) {
				list = append(list, x)
			}
		}
		return err
	})
	return list, err
}

// EndOwnSession ends one of the caller's sessions: a device that was left behind. One that has ended is no error.
//
// Errors: *Refused for an API token; wrapping store.ErrNotFound for a session of somebody else.
func (s *Service) EndOwnSession(ctx context.Context, actor auth.Actor, h auth.TokenHash) error {
	if actor.Token != nil {
		return &Refused{auth.UserAdmin, auth.Decision{Denial: auth.DeniedScope, Reason: "an API token cannot end a session"}}
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		all, err := tx.SessionsOf(actor.UserID)
		if err != nil {
			return err
		}
		for _, x := range all {
			if x.Hash == h {
				return tx.EndSession(h)
			}
		}
		return fmt.Errorf("session: %w", store.ErrNotFound)
	})
}

// EndSessions ends all sessions of a user whom the caller administers. Their password stays: who should not come back is disabled.
//
// Errors: *Refused; wrapping store.ErrNotFound.
func (s *Service) EndSessions(ctx context.Context, actor auth.Actor, id auth.UserID) error {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := tx.User(id)
		if err != nil {
			return err
		}
		if err := mayChange(&tx.Reader, actor, u, tx.Now()); err != nil {
			return err
		}
		if err := tx.EndSessions(id); err != nil {
			return err
		}
		return note(tx, journal.UserChanged, actor.Login, u, map[string]any{"sessions": "ended"})
	})
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}
