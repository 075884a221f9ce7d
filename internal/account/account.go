// Package account gives the orders about users: who may come in, with which password, token and grants.
//
// One file per order. Each order takes the caller as an auth.Actor, asks auth.May in the area it touches and writes the change and its journal entry in one
// transaction. Orders of the operator, who holds the machine and its data folder, are in operator.go and take no actor: they
// make the first administrator.
//
// web, api and cmd import it; it imports auth, place, journal and store.
package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Options configures a Service. DB is required; the others have the defaults of package auth.
type Options struct {
	DB     *store.DB
	Hasher auth.HasherOptions
	Limit  auth.LimiterOptions
	Policy auth.SessionPolicy
}

// Service gives the orders. It is safe for concurrent use.
type Service struct {
	db       *store.DB
	hasher   *auth.Hasher
	desk     *auth.LoginDesk
	sessions *auth.Sessions
	tokens   *auth.APITokens
	policy   auth.SessionPolicy
}

// New puts the service together; the error names the option that is out of range.
func New(o Options) (*Service, error) {
	if o.DB == nil {
		return nil, errors.New("account: a store is required")
	}
	if o.Policy.Absolute == 0 {
		o.Policy.Absolute = 12 * time.Hour // one shift; stated here because the cookie lives as long
	}
	s := &Service{db: o.DB, policy: o.Policy}
	var err error
	if s.hasher, err = auth.NewHasher(o.Hasher); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	limiter, err := auth.NewLimiter(o.Limit, o.DB.Real())
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	if s.desk, err = auth.NewLoginDesk(o.DB.Accounts(), s.hasher, limiter); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	if s.sessions, err = auth.NewSessions(o.DB.Sessions(), o.Policy); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	if s.tokens, err = auth.NewAPITokens(o.DB.APITokens()); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	return s, nil
}

// Sessions finds sessions of cookies.
func (s *Service) Sessions() *auth.Sessions { return s.sessions }

// Tokens finds API tokens of headers.
func (s *Service) Tokens() *auth.APITokens { return s.tokens }

// SessionLife is how long a session lasts at most.
func (s *Service) SessionLife() time.Duration { return s.policy.Absolute }

// Refused is returned when the caller may not give the order. Nothing was changed.
type Refused struct {
	Action   auth.Action
	Decision auth.Decision
}

// Error implements error.
func (e *Refused) Error() string { return "account: " + e.Decision.Reason }

// Errors of the orders.
var (
	// ErrOwnGrant: nobody gives a role to themselves, nor confirms one.
	ErrOwnGrant = errors.New("account: nobody gives or confirms a role of their own")
	// ErrSamePerson: the second of the two people who make an administrator must be another one.
	ErrSamePerson = errors.New("account: a second administrator must confirm this, not the one who proposed it")
	// ErrNotProposed: there is no such grant that waits for its confirmation.
	ErrNotProposed = errors.New("account: no such grant waits for confirmation")
	// ErrSelf: nobody disables their own account; ask another administrator.
	ErrSelf = errors.New("account: nobody disables their own account")
)

// FieldError says which field of an order is wrong.
type FieldError struct {
	Field string
	Err   error
}

// Error implements error.
func (e *FieldError) Error() string { return "account: " + e.Field + ": " + e.Err.Error() }

// Unwrap gives the reason.
func (e *FieldError) Unwrap() error { return e.Err }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Errorf(format, args...)}
}

// may checks that the actor administers users in every one of the areas.
func may(r *store.Reader, actor auth.Actor, now time.Time, areas ...place.AreaID) error {
	tree, err := r.Tree()
	if err != nil {
		return err
	}
	for _, a := range areas {
		if d := auth.May(actor, auth.UserAdmin, store.AreaPath(tree, a), "", now); !d.Allowed {
			return &Refused{auth.UserAdmin, d}
		}
	}
	return nil
}

// mayChange checks that the actor administers the user's own area and every area the user holds a role in: else a street's
// administrator could set the password of the nation's and come in as them.
func mayChange(r *store.Reader, actor auth.Actor, u store.User, now time.Time) error {
	areas := []place.AreaID{u.Area}
	for _, g := range u.Grants {
		areas = append(areas, g.Area)
	}
	return may(r, actor, now, areas...)
}

// note appends the journal entry of a change to a user. The payload holds ids, logins and words of closed sets, never secrets.
func note(tx *store.Tx, kind journal.Kind, actor string, u store.User, payload map[string]any) error {
	payload["login"] = u.Login
	b, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	_, err = tx.Append(journal.Entry{Kind: kind, Actor: actor, Area: u.Area, Subject: task.Subject{Kind: store.OnUser, ID: int64(u.ID)}, Payload: b})
	return err
}

const maxLogin, maxTitle = 64, 100 // characters

func checkLogin(login string) error {
	n := auth.NormalLogin(login)
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == ':' || r == '/' || !unicode.IsPrint(r)
	}
	if !utf8.ValidString(login) || n == "" || utf8.RuneCountInString(n) > maxLogin || strings.ContainsFunc(n, bad) {
		return wrong("login", "want 1 to %d characters without spaces, ':' and '/'", maxLogin)
	}
	return nil
}

func checkTitle(title string) error {
	if t := strings.TrimSpace(title); !utf8.ValidString(title) || t == "" || utf8.RuneCountInString(t) > maxTitle || strings.ContainsFunc(t, unicode.IsControl) {
		return wrong("title", "want 1 to %d characters: the post or name that colleagues know", maxTitle)
	}
	return nil
}

// checkGrant says whether a grant can be given at all: a known role, an area of the tree, an end in the future or none.
func checkGrant(r *store.Reader, g auth.Grant, now time.Time) error {
	tree, err := r.Tree()
	if err != nil {
		return err
	}
	if !g.Role.Valid() {
		return wrong("role", "%q is not a role; want one of %v", g.Role, auth.Roles())
	}
	if _, ok := tree.Get(g.Area); !ok {
		return wrong("area", "%d is not a known jurisdiction", g.Area)
	}
	if !g.Until.IsZero() && !now.Before(g.Until) {
		return wrong("until", "%s has passed", g.Until.Format(time.RFC3339))
	}
	return nil
}

// sameGrants says whether two lists give the same roles over the same areas, their ends aside.
func sameGrants(a, b []auth.Grant) bool {
	words := func(list []auth.Grant) []string {
		var out []string
		for _, g := range list {
			out = append(out, fmt.Sprintf("%s %d", g.Role, g.Area))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(words(a), words(b))
}
