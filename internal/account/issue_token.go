package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/store"
)

// IssueToken makes an API token for the caller. It acts under the caller's grants, within its scopes, until it expires, is ended or the account is
// disabled. The secret is returned once and not kept. For the errors see auth.APITokens.Issue.
func (s *Service) IssueToken(ctx context.Context, actor auth.Actor, label string, scopes []auth.Action, expires time.Time) (auth.APISecret, auth.APIToken, error) {
	return s.tokens.Issue(ctx, actor, label, scopes, expires, s.db.Now())
}

// TokenActor returns the caller that a token stands for. The error is auth.ErrNoToken where it does not hold, or its account is disabled.
func (s *Service) TokenActor(ctx context.Context, secret auth.APISecret) (auth.Actor, error) {
	t, err := s.tokens.Find(ctx, secret, s.db.Now())
	if err != nil {
		return auth.Actor{}, err
	}
	u, err := s.db.FindActor(ctx, t.UserID)
	if errors.Is(err, auth.ErrNoAccount) {
		return auth.Actor{}, auth.ErrNoToken
	}
	actor := u.Actor()
	actor.Token = &auth.TokenUse{ID: t.ID, Scopes: t.Scopes}
	return actor, err
}

// EndToken revokes an API token: one's own, or that of a user whom the caller administers.
//
// Errors: *Refused; wrapping store.ErrNotFound.
func (s *Service) EndToken(ctx context.Context, actor auth.Actor, id auth.TokenID) error {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		t, err := tx.Token(id)
		if err != nil {
			return err
		}
		if t.UserID != actor.UserID || actor.Token != nil && actor.Token.ID != id {
			u, err := tx.User(t.UserID)
			if err != nil {
				return err
			}
			if err := mayChange(&tx.Reader, actor, u, tx.Now()); err != nil {
				return err
			}
		}
		return tx.EndToken(id, actor.Login)
	})
	if err != nil {
		return fmt.Errorf("end API token: %w", err)
	}
	return nil
}

// OwnTokens lists the caller's API tokens, ended ones included.
func (s *Service) OwnTokens(ctx context.Context, actor auth.Actor) (list []auth.APIToken, err error) {
	err = s.db.View(ctx, func(r *store.Reader) error {
		list, err = r.TokensOf(actor.UserID)
		return err
	})
	return list, err
}
