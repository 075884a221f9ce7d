package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/task"
)

// hashBytes reads a token's hash from a BYTEA or BLOB column.
type hashBytes auth.TokenHash

// Scan implements sql.Scanner.
func (h *hashBytes) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("token hash column holds %T of %d bytes", src, len(b))
	}
	copy(h[:], b)
	return nil
}

// Sessions returns the functions that auth.Sessions keeps sessions with. Log-in and log-out are journalled in the transaction
// that starts or ends the session; the end of an unused one counts as log-out.
func (db *DB) Sessions() auth.SessionStore {
	return auth.SessionStore{
		Insert: func(ctx context.Context, s auth.Session) error {
			return db.Update(ctx, func(tx *Tx) error { return tx.addSession(s) })
		},
		Find: db.findSession,
		Touch: func(ctx context.Context, h auth.TokenHash, seenAt time.Time) error {
			// Several requests of one page may come here at once; the first write is enough for all of them.
			return db.Update(ctx, func(tx *Tx) error {
				_, err := tx.exec(`UPDATE session SET seen_at = $1 WHERE hash = $2 AND seen_at < $3`, instant(seenAt), h[:], instant(seenAt.Add(-touchAgain)))
				return err
			})
		},
		Delete: func(ctx context.Context, h auth.TokenHash) error {
			return db.Update(ctx, func(tx *Tx) error { return tx.EndSession(h) })
		},
		DeleteUser: func(ctx context.Context, u auth.UserID) error {
			return db.Update(ctx, func(tx *Tx) error { return tx.EndSessions(u) })
		},
	}
}

// touchAgain is how old the last note of a session's use must be to be written anew. The policy of auth.Sessions asks at most
// once a minute; this stops the other requests of the same second.
const touchAgain = 10 * time.Second

func (db *DB) findSession(ctx context.Context, h auth.TokenHash) (auth.Session, error) {
	s := auth.Session{Hash: h}
	var started, seen int64
	// One row needs no snapshot: this runs with every request.
	err := db.reads.QueryRowContext(ctx, `SELECT user_id, started_at, seen_at FROM session WHERE hash = $1`, h[:]).Scan(&s.UserID, &started, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.Session{}, auth.ErrNoSession
	}
	if err != nil {
		return auth.Session{}, fmt.Errorf("find session: %w", err)
	}
	s.StartedAt, s.SeenAt = when(started), when(seen)
	return s, nil
}

func (tx *Tx) addSession(s auth.Session) error {
	login, err := tx.loginOf(s.UserID)
	if err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	_, err = tx.exec(`INSERT INTO session (hash, user_id, started_at, seen_at) VALUES ($1, $2, $3, $4)`, s.Hash[:], int64(s.UserID), instant(s.StartedAt), instant(s.SeenAt))
	if err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	_, err = tx.Append(journal.Entry{Kind: journal.UserLogin, Actor: login, Subject: task.Subject{Kind: OnUser, ID: int64(s.UserID)}})
	return err
}

// EndSession ends one session; one that has ended is no error.
func (tx *Tx) EndSession(h auth.TokenHash) error {
	var user auth.UserID
	err := tx.row(`SELECT user_id FROM session WHERE hash = $1`, h[:]).Scan(&user)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	if _, err := tx.exec(`DELETE FROM session WHERE hash = $1`, h[:]); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return tx.loggedOut(user, 1)
}

// EndSessions ends every session of a user.
func (tx *Tx) EndSessions(u auth.UserID) error {
	n, err := tx.exec(`DELETE FROM session WHERE user_id = $1`, int64(u))
	if err != nil {
		return fmt.Errorf("end sessions of user %d: %w", u, err)
	}
	if n == 0 {
		return nil
	}
	return tx.loggedOut(u, n)
}

func (tx *Tx) loggedOut(u auth.UserID, sessions int64) error {
	login, err := tx.loginOf(u)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(map[string]int64{"sessions": sessions})
	if err != nil {
		return err
	}
	_, err = tx.Append(journal.Entry{Kind: journal.UserLogout, Actor: login, Subject: task.Subject{Kind: OnUser, ID: int64(u)}, Payload: payload})
	return err
}

func (tx *Tx) loginOf(u auth.UserID) (string, error) {
	var login string
	err := tx.row(`SELECT login FROM users WHERE id = $1`, int64(u)).Scan(&login)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("user %d: %w", u, ErrNotFound)
	}
	return login, err
}

// SessionsOf returns the sessions of a user, the one last used first. Whether one still holds is for the policy to say.
func (r *Reader) SessionsOf(u auth.UserID) ([]auth.Session, error) {
	rows, err := r.query(`SELECT hash, started_at, seen_at FROM session WHERE user_id = $1 ORDER BY seen_at DESC, hash`, int64(u))
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []auth.Session
	for rows.Next() {
		s := auth.Session{UserID: u}
		var started, seen int64
		if err := rows.Scan((*hashBytes)(&s.Hash), &started, &seen); err != nil {
			return nil, fmt.Errorf("read sessions: %w", err)
		}
		s.StartedAt, s.SeenAt = when(started), when(seen)
		out = append(out, s)
	}
	return out, rows.Err()
}

// PurgeSessions removes sessions that began before an instant: those whose browser never came back to end them. It is scheduled.
func (db *DB) PurgeSessions(ctx context.Context, startedBefore time.Time) (removed int64, err error) {
	err = db.Update(ctx, func(tx *Tx) (err error) {
		removed, err = tx.exec(`DELETE FROM session WHERE started_at < $1`, instant(startedBefore))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge sessions: %w", err)
	}
	return removed, nil
}

// Accounts returns the functions that auth.LoginDesk looks accounts up with.
func (db *DB) Accounts() auth.Accounts {
	return auth.Accounts{
		Find: func(ctx context.Context, login string) (auth.Account, error) {
			a := auth.Account{Login: login}
			var hash string
			var disabled int64
			err := db.reads.QueryRowContext(ctx, `SELECT id, password, disabled FROM users WHERE login = $1`, login).Scan(&a.UserID, &hash, &disabled)
			if errors.Is(err, sql.ErrNoRows) {
				return auth.Account{}, auth.ErrNoAccount
			}
			if err != nil {
				return auth.Account{}, fmt.Errorf("find account: %w", err)
			}
			a.Hash, a.Closed = auth.PasswordHash(hash), disabled != 0
			return a, nil
		},
		// The password is the same, so sessions and version stay.
		SetHash: func(ctx context.Context, u auth.UserID, h auth.PasswordHash) error {
			return db.Update(ctx, func(tx *Tx) error {
				_, err := tx.exec(`UPDATE users SET password = $1 WHERE id = $2`, string(h), int64(u))
				return err
			})
		},
	}
}

// FindActor returns an open account by ID: what each request asks for. The error is auth.ErrNoAccount where there is none or it is disabled.
func (db *DB) FindActor(ctx context.Context, id auth.UserID) (User, error) {
	list, err := scanUsers(db.reads.QueryContext(ctx, userSelect+`WHERE u.id = $1`+grantOrder, int64(id)))
	if err != nil {
		return User{}, err
	}
	if len(list) == 0 || list[0].Disabled {
		return User{}, auth.ErrNoAccount
	}
	return list[0], nil
}
