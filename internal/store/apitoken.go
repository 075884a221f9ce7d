package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/task"
)

// APITokens returns the functions that auth.APITokens keeps tokens with. The issue of a token is journalled with its scopes and
// end, never with its hash.
func (db *DB) APITokens() auth.APITokenStore {
	return auth.APITokenStore{
		Insert: func(ctx context.Context, t auth.APIToken) (id auth.TokenID, err error) {
			err = db.Update(ctx, func(tx *Tx) (err error) {
				id, err = tx.addToken(t)
				return err
			})
			return id, err
		},
		Find: func(ctx context.Context, h auth.TokenHash) (auth.APIToken, error) {
			t, err := scanToken(db.reads.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM api_token WHERE hash = $1`, h[:]))
			if errors.Is(err, sql.ErrNoRows) {
				return auth.APIToken{}, auth.ErrNoToken
			}
			return t, err
		},
	}
}

const tokenColumns = `id, hash, user_id, label, scopes, created_at, expires_at, revoked_at`

func scanToken(s interface{ Scan(...any) error }) (auth.APIToken, error) {
	var t auth.APIToken
	var scopes string
	var created, expires, revoked int64
	if err := s.Scan(&t.ID, (*hashBytes)(&t.Hash), &t.UserID, &t.Label, &scopes, &created, &expires, &revoked); err != nil {
		return auth.APIToken{}, fmt.Errorf("read API token: %w", err)
	}
	t.Scopes, t.CreatedAt, t.ExpiresAt, t.RevokedAt = scopesOf(scopes), when(created), when(expires), when(revoked)
	return t, nil
}

func (tx *Tx) addToken(t auth.APIToken) (auth.TokenID, error) {
	login, err := tx.loginOf(t.UserID)
	if err != nil {
		return 0, fmt.Errorf("insert API token: %w", err)
	}
	id, err := tx.nextIDs("api_token", 1)
	if err != nil {
		return 0, err
	}
	_, err = tx.exec(`INSERT INTO api_token (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, t.Hash[:], int64(t.UserID), t.Label, scopesText(t.Scopes), instant(t.CreatedAt), instant(t.ExpiresAt), instant(t.RevokedAt))
	if err != nil {
		return 0, fmt.Errorf("insert API token: %w", err)
	}
	payload, err := json.Marshal(struct {
		User    auth.UserID   `json:"user"`
		Scopes  []auth.Action `json:"scopes"`
		Expires int64         `json:"expires_us"`
	}{t.UserID, t.Scopes, instant(t.ExpiresAt)})
	if err != nil {
		return 0, err
	}
	_, err = tx.Append(journal.Entry{Kind: journal.TokenIssued, Actor: login, Subject: task.Subject{Kind: OnToken, ID: id}, Payload: payload})
	return auth.TokenID(id), err
}

// Token returns one API token. The caller has checked that it may be seen.
func (r *Reader) Token(id auth.TokenID) (auth.APIToken, error) {
	t, err := scanToken(r.row(`SELECT `+tokenColumns+` FROM api_token WHERE id = $1`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return t, fmt.Errorf("API token %d: %w", id, ErrNotFound)
	}
	return t, err
}

// TokensOf returns the API tokens of a user, ended ones included, oldest first.
func (r *Reader) TokensOf(u auth.UserID) ([]auth.APIToken, error) {
	rows, err := r.query(`SELECT `+tokenColumns+` FROM api_token WHERE user_id = $1 ORDER BY id`, int64(u))
	if err != nil {
		return nil, fmt.Errorf("read API tokens: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []auth.APIToken
	for rows.Next() {
		t, err := scanToken(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// EndToken revokes an API token for good; one that has been revoked stays as it is. actor is who does it.
func (tx *Tx) EndToken(id auth.TokenID, actor string) error {
	n, err := tx.exec(`UPDATE api_token SET revoked_at = $1 WHERE id = $2 AND revoked_at = 0`, instant(tx.now), int64(id))
	if err != nil {
		return fmt.Errorf("end API token %d: %w", id, err)
	}
	if n == 0 {
		_, err := tx.Token(id)
		return err
	}
	_, err = tx.Append(journal.Entry{Kind: journal.TokenEnded, Actor: actor, Subject: task.Subject{Kind: OnToken, ID: int64(id)}})
	return err
}
