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

// NewUser is an account to be made.
type NewUser struct {
	Login    string
	Title    string       // post or name, as colleagues know the person
	Area     place.AreaID // where the account belongs
	Password string       // see auth.CheckPassword
	Lang     string       // "" follows the browser
	OneTime  bool         // the password has to be changed at the first log-in
}

// AddUser makes an account without any role; Grant gives it some. The caller must administer users in the account's area.
//
// Errors: *FieldError; *Refused; wrapping store.ErrTaken.
func (s *Service) AddUser(ctx context.Context, actor auth.Actor, n NewUser) (store.User, error) {
	// Asked first, so that a caller without the right costs no hash and learns no rule.
	err := s.db.View(ctx, func(r *store.Reader) error { return may(r, actor, s.db.Now(), n.Area) })
	if err != nil {
		return store.User{}, err
	}
	hash, err := s.prepare(ctx, n)
	if err != nil {
		return store.User{}, err
	}
	var u store.User
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if err := may(&tx.Reader, actor, tx.Now(), n.Area); err != nil {
			return err
		}
		u, err = add(tx, actor.Login, n, hash)
		return err
	})
	if err != nil {
		return store.User{}, fmt.Errorf("add user: %w", err)
	}
	return u, nil
}

// prepare checks the fields of a new local account and hashes its password.
func (s *Service) prepare(ctx context.Context, n NewUser) (auth.PasswordHash, error) {
	if err := checkLogin(n.Login); err != nil {
		return "", err
	}
	if err := checkTitle(n.Title); err != nil {
		return "", err
	}
	if err := checkLang(n.Lang); err != nil {
		return "", err
	}
	if err := auth.CheckPassword(n.Login, n.Password); err != nil {
		return "", &FieldError{"password", err}
	}
	return s.hasher.Hash(ctx, n.Password)
}

func add(tx *store.Tx, actor string, n NewUser, hash auth.PasswordHash) (store.User, error) {
	u := store.User{Login: n.Login, Title: strings.TrimSpace(n.Title), Area: n.Area, Lang: n.Lang, OneTime: n.OneTime}
	if err := tx.AddUser(&u, hash); err != nil {
		return u, err
	}
	return u, note(tx, journal.UserAdded, actor, u, map[string]any{"area": u.Area})
}
