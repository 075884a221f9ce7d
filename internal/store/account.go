package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/place"
	"firebreak/internal/task"
)

// What journal entries about accounts are about.
const (
	OnUser  task.SubjectKind = "user"
	OnToken task.SubjectKind = "token"
)

// ErrTaken is wrapped when a login, or an identity at a sign-on provider, belongs to another account.
var ErrTaken = errors.New("is taken")

// User is an account as screens and commands show it. The password hash is not part of it.
type User struct {
	ID          auth.UserID
	Login       string       // as auth.NormalLogin writes it
	Title       string       // post or name, as the person is known to colleagues
	Area        place.AreaID // where the account belongs: who administers it
	Lang        string       // "" follows the browser
	Theme       string       // "", "light" or "dark"
	Disabled    bool
	HasPassword bool
	OneTime     bool   // the password is one that somebody else gave: it has to be changed first
	Issuer      string // of the sign-on provider; empty for a local account
	Subject     string // the provider's own name for the person
	CreatedAt   time.Time
	Version     int64
	Grants      []UserGrant
}

// Named tells whether text, as auth.NormalLogin writes it, is part of the account's login or title.
func (u User) Named(text string) bool {
	return strings.Contains(u.Login, text) || strings.Contains(auth.NormalLogin(u.Title), text)
}

// GrantSource says where a grant comes from.
type GrantSource string

// The sources of a grant.
const (
	FromAdministrator GrantSource = "local"
	FromClaims        GrantSource = "claims" // of the sign-on provider, replaced at each sign-on
)

// GrantState says whether a grant gives anything yet.
type GrantState string

// The states of a grant.
const (
	GrantProposed GrantState = "proposed" // waits for a second administrator
	GrantInForce  GrantState = "in_force"
)

// UserGrant is a grant as stored.
type UserGrant struct {
	auth.Grant
	Source      GrantSource
	State       GrantState
	GivenBy     auth.UserID // 0: the operator of the machine, or the sign-on provider
	GivenAt     time.Time
	ConfirmedBy auth.UserID // 0 where no second person was needed, or has answered yet
}

// InForce returns the grants that are in force; some may have run out, which auth.May sees by itself.
func (u User) InForce() []auth.Grant {
	var out []auth.Grant
	for _, g := range u.Grants {
		if g.State == GrantInForce {
			out = append(out, g.Grant)
		}
	}
	return out
}

// Actor returns the user as a caller of session or token.
func (u User) Actor() auth.Actor {
	return auth.Actor{UserID: u.ID, Login: u.Login, Lang: auth.Lang(u.Lang), Grants: u.InForce()}
}

// One row per grant, at least one per user. One statement is one snapshot, so that a caller's rights never mix two states.
const userSelect = `SELECT u.id, u.login, u.title, u.area, u.lang, u.theme, u.disabled, CASE WHEN u.password <> '' THEN 1 ELSE 0 END, u.issuer, u.subject, u.created_at, u.version, u.one_time,
COALESCE(g.role, ''), COALESCE(g.area, 0), COALESCE(g.source, ''), COALESCE(g.state, ''), COALESCE(g.until, 0), COALESCE(g.given_by, 0), COALESCE(g.given_at, 0), COALESCE(g.confirmed_by, 0)
FROM users u LEFT JOIN user_grant g ON g.user_id = u.id `

// scanUsers reads rows of userSelect that stand in order of user.
func scanUsers(rows *sql.Rows, err error) ([]User, error) {
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []User
	for rows.Next() {
		var u User
		var g UserGrant
		var disabled, hasPassword, created, oneTime, until, given int64
		if err := rows.Scan(&u.ID, &u.Login, &u.Title, &u.Area, &u.Lang, &u.Theme, &disabled, &hasPassword, &u.Issuer, &u.Subject, &created, &u.Version, &oneTime,
			&g.Role, &g.Area, &g.Source, &g.State, &until, &g.GivenBy, &given, &g.ConfirmedBy); err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
		if n := len(out); n == 0 || out[n-1].ID != u.ID {
			u.Disabled, u.HasPassword, u.OneTime, u.CreatedAt = disabled != 0, hasPassword != 0, oneTime != 0, when(created)
			out = append(out, u)
		}
		if g.Role != "" {
			g.Until, g.GivenAt = when(until), when(given)
			last := &out[len(out)-1]
			last.Grants = append(last.Grants, g)
		}
	}
	return out, rows.Err()
}

const grantOrder = ` ORDER BY u.id, g.area, g.role, g.source`

func oneUser(list []User, err error, what string) (User, error) {
	if err == nil && len(list) == 0 {
		return User{}, fmt.Errorf("user %s: %w", what, ErrNotFound)
	}
	if err != nil {
		return User{}, err
	}
	return list[0], nil
}

// User returns one account with its grants.
func (r *Reader) User(id auth.UserID) (User, error) {
	list, err := scanUsers(r.query(userSelect+`WHERE u.id = $1`+grantOrder, int64(id)))
	return oneUser(list, err, fmt.Sprint(int64(id)))
}

// UserByLogin returns the account of a login, in whatever spelling.
func (r *Reader) UserByLogin(login string) (User, error) {
	login = auth.NormalLogin(login)
	list, err := scanUsers(r.query(userSelect+`WHERE u.login = $1`+grantOrder, login))
	return oneUser(list, err, fmt.Sprintf("%q", login))
}

// UserBySubject returns the account of a person at a sign-on provider.
func (r *Reader) UserBySubject(issuer, subject string) (User, error) {
	list, err := scanUsers(r.query(userSelect+`WHERE u.issuer = $1 AND u.subject = $2 AND u.subject <> ''`+grantOrder, issuer, subject))
	return oneUser(list, err, fmt.Sprintf("%q at %q", subject, issuer))
}

// Users returns up to limit accounts after an ID that belong to one of the areas, by ID. The caller passes the whole subtrees in its scope.
func (r *Reader) Users(areas []place.AreaID, after auth.UserID, limit int) ([]User, error) {
	if len(areas) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(areas))
	for i, a := range areas {
		ids[i] = int64(a)
	}
	var out []User
	err := inChunks(ids, func(part []int64) error {
		args := []any{int64(after)}
		in := placeholders(&args, part)
		args = append(args, limit)
		// The page is cut before the grants are joined, which would make it shorter.
		text := userSelect + `WHERE u.id IN (SELECT id FROM users WHERE id > $1 AND area IN (` + in + `) ORDER BY id LIMIT ` + fmt.Sprintf("$%d", len(args)) + `)` + grantOrder
		list, err := scanUsers(r.query(text, args...))
		out = mergeUsers(out, list, limit)
		return err
	})
	return out, err
}

// mergeUsers joins two lists in order of ID and keeps the first limit.
func mergeUsers(a, b []User, limit int) []User {
	out := make([]User, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].ID < b[0].ID {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return out[:min(limit, len(out))]
}

// AnyUser says whether there is an account at all: before the first one, only the operator of the machine can make one.
func (r *Reader) AnyUser() (bool, error) {
	var n int64
	if err := r.row(`SELECT COUNT(*) FROM (SELECT id FROM users LIMIT 1) AS first`).Scan(&n); err != nil {
		return false, fmt.Errorf("look for users: %w", err)
	}
	return n > 0, nil
}

// AddUser inserts an account without grants and gives it its ID. The hash is empty for one that signs on elsewhere. The error wraps
// ErrTaken where the login or the identity at the provider is another's.
func (tx *Tx) AddUser(u *User, h auth.PasswordHash) error {
	u.Login = auth.NormalLogin(u.Login)
	if _, err := tx.UserByLogin(u.Login); !errors.Is(err, ErrNotFound) {
		if err != nil {
			return err
		}
		return fmt.Errorf("login %q %w", u.Login, ErrTaken)
	}
	if u.Subject != "" {
		if _, err := tx.UserBySubject(u.Issuer, u.Subject); !errors.Is(err, ErrNotFound) {
			if err != nil {
				return err
			}
			return fmt.Errorf("identity %q at %q %w", u.Subject, u.Issuer, ErrTaken)
		}
	}
	id, err := tx.nextIDs("users", 1)
	if err != nil {
		return err
	}
	u.ID, u.Version, u.CreatedAt, u.HasPassword, u.Grants = auth.UserID(id), 1, tx.now, h != "", nil
	const text = `INSERT INTO users (id, login, title, area, password, password_at, lang, theme, disabled, issuer, subject, created_at, version, one_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`
	_, err = tx.exec(text, id, u.Login, u.Title, int64(u.Area), string(h), instant(tx.now), u.Lang, u.Theme, flag(u.Disabled), u.Issuer, u.Subject, instant(u.CreatedAt), u.Version, flag(u.OneTime))
	if err != nil {
		return fmt.Errorf("insert user %q: %w", u.Login, err)
	}
	return nil
}

// UpdateUser writes title, area and whether the account is disabled. The version must be the one stored. A disabled account loses its
// sessions in the same transaction.
func (tx *Tx) UpdateUser(u *User) error {
	n, err := tx.exec(`UPDATE users SET title = $1, area = $2, disabled = $3, version = version + 1 WHERE id = $4 AND version = $5`,
		u.Title, int64(u.Area), flag(u.Disabled), int64(u.ID), u.Version)
	if err != nil {
		return fmt.Errorf("update user %d: %w", u.ID, err)
	}
	if n == 0 {
		now, err := tx.User(u.ID)
		if err != nil {
			return err
		}
		return &Conflict{Noun: "user", ID: int64(u.ID), Have: now.Version, Want: u.Version}
	}
	u.Version++
	if u.Disabled {
		return tx.EndSessions(u.ID)
	}
	return nil
}

// SetPassword replaces the password of an account, or with an empty hash takes it away, and ends the account's sessions. oneTime says that somebody else
// gave it.
func (tx *Tx) SetPassword(id auth.UserID, h auth.PasswordHash, oneTime bool) error {
	n, err := tx.exec(`UPDATE users SET password = $1, password_at = $2, one_time = $3, version = version + 1 WHERE id = $4`, string(h), instant(tx.now), flag(oneTime), int64(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("set password of user %d: %w", id, err)
	}
	return tx.EndSessions(id)
}

// SetPreferences keeps how a person wants to see pages. The version stays: it is nobody else's business.
func (tx *Tx) SetPreferences(id auth.UserID, lang, theme string) error {
	n, err := tx.exec(`UPDATE users SET lang = $1, theme = $2 WHERE id = $3`, lang, theme, int64(id))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("keep preferences of user %d: %w", id, err)
	}
	return nil
}

// PutGrant gives a grant, or changes its end and state where the user has the same role over the same area from the same source.
func (tx *Tx) PutGrant(id auth.UserID, g UserGrant) error {
	const text = `INSERT INTO user_grant (user_id, role, area, source, state, until, given_by, given_at, confirmed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (user_id, role, area, source) DO UPDATE SET state = excluded.state, until = excluded.until, given_by = excluded.given_by, given_at = excluded.given_at, confirmed_by = excluded.confirmed_by`
	_, err := tx.exec(text, int64(id), string(g.Role), int64(g.Area), string(g.Source), string(g.State), instant(g.Until), int64(g.GivenBy), instant(tx.now), int64(g.ConfirmedBy))
	if err != nil {
		return fmt.Errorf("give user %d the role %s over area %d: %w", id, g.Role, g.Area, err)
	}
	return nil
}

// RemoveGrant takes a grant back, proposed or in force. The error wraps ErrNotFound where there is none.
func (tx *Tx) RemoveGrant(id auth.UserID, role auth.Role, area place.AreaID, source GrantSource) error {
	n, err := tx.exec(`DELETE FROM user_grant WHERE user_id = $1 AND role = $2 AND area = $3 AND source = $4`, int64(id), string(role), int64(area), string(source))
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("take the role %s over area %d from user %d: %w", role, area, id, err)
	}
	return nil
}

// scopesText and scopesOf are how the scopes of a token are stored: words with a space between.
func scopesText(list []auth.Action) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = string(a)
	}
	return strings.Join(words, " ")
}

func scopesOf(text string) []auth.Action {
	var out []auth.Action
	for _, w := range strings.Fields(text) {
		out = append(out, auth.Action(w))
	}
	return out
}
