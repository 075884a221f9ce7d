package auth

import (
	"fmt"
	"slices"
	"time"

	"firebreak/internal/place"
)

// UserID names a user account. It never changes and is never used again.
type UserID int64

// TokenID names an API token.
type TokenID int64

// Grant gives a role over an area and everything below it.
type Grant struct {
	Role Role
	Area place.AreaID // a grant over area zero ("no area known") gives nothing
	// Until is the first instant at which the grant no longer holds. Zero means
	// that it holds until it is taken away.
	Until time.Time
}

// live reports whether g holds at now.
func (g Grant) live(now time.Time) bool { return g.Until.IsZero() || now.Before(g.Until) }

// Actor is a caller whose identity is proven: a user with the grants held now.
type Actor struct {
	UserID UserID
	Login  string // the account's login, not the person's name
	Lang   Lang
	Grants []Grant
	// Token is set when the caller came with an API token; it can only narrow
	// what the grants allow. Nil for a session.
	Token *TokenUse
}

// TokenUse is the API token a request came with.
type TokenUse struct {
	ID     TokenID
	Scopes []Action // what the token may be used for; empty allows nothing
}

// Denial says why something was refused. The zero value is not a refusal.
type Denial int

// The reasons to refuse, from the most general to the nearest miss.
const (
	NotDenied       Denial = iota
	DeniedAction           // no role of the actor may do this, or there is no such action
	DeniedScope            // the API token is not for this action
	DeniedNoPurpose        // the action touches people's records and no purpose was stated
	DeniedPurpose          // no role that may do this may do it for that purpose
	DeniedExpired          // the grant that would allow it has ended
	DeniedArea             // the grant that would allow it is for another area
)

// Key is the denial's key in a message catalogue.
func (d Denial) Key() string {
	switch d {
	case NotDenied:
		return "auth.allowed"
	case DeniedAction:
		return "auth.denied.action"
	case DeniedScope:
		return "auth.denied.token-scope"
	case DeniedNoPurpose:
		return "auth.denied.no-purpose"
	case DeniedPurpose:
		return "auth.denied.purpose"
	case DeniedExpired:
		return "auth.denied.expired"
	case DeniedArea:
		return "auth.denied.area"
	}
	return "auth.denied"
}

// Decision is the answer of [May], with its reason.
type Decision struct {
	Allowed bool
	Denial  Denial // NotDenied when allowed
	Grant   Grant  // the grant that allowed it; zero when refused
	Reason  string // one English sentence for logs and the journal; no personal data
}

// May decides whether actor may do action in an area, for purpose, at now.
//
// path is the area with all its ancestors, in any order. What belongs to no
// area has an empty path and is refused: system-wide things belong to the root.
// The purpose may be empty only for an action that is not [Action.Personal]; a
// purpose that is stated is always checked.
//
// Steps: the token's scopes; the purpose; then the first grant that is live,
// whose role may do the action for the purpose, and whose area is on the path.
// Everything else is refused.
func May(actor Actor, action Action, path []place.AreaID, purpose Purpose, now time.Time) Decision {
	denial := DeniedAction
	for g, miss := range candidates(actor, action, purpose, now) {
		if miss == NotDenied && slices.Contains(path, g.Area) {
			return Decision{
				Allowed: true, Grant: g,
				Reason: fmt.Sprintf("role %s over area %d may %s", g.Role, g.Area, action),
			}
		}
		if miss == NotDenied {
			miss = DeniedArea
		}
		denial = max(denial, miss)
	}
	return Decision{Denial: denial, Reason: reasonOf(denial, action, purpose)}
}

// Scope is the set of areas in which an actor may do one action: the subtrees
// of its roots. The zero value is empty: nothing may be seen.
type Scope struct {
	// Roots are the areas at the top of each allowed subtree, in ascending
	// order, each once. One root may lie below another.
	Roots []place.AreaID
}

// Empty reports whether the scope holds no area at all.
func (s Scope) Empty() bool { return len(s.Roots) == 0 }

// Contains reports whether the area whose path (itself and all its ancestors)
// is given lies in the scope.
func (s Scope) Contains(path []place.AreaID) bool {
	for _, a := range path {
		if _, ok := slices.BinarySearch(s.Roots, a); ok {
			return true
		}
	}
	return false
}

// ScopeOf returns the areas in which actor may do action for purpose at now:
// exactly those areas for which [May] allows it. A query for a list must use it
// as a predicate, so that no row outside the caller's subtrees leaves the store.
func ScopeOf(actor Actor, action Action, purpose Purpose, now time.Time) Scope {
	var roots []place.AreaID
	for g, miss := range candidates(actor, action, purpose, now) {
		if miss == NotDenied {
			roots = append(roots, g.Area)
		}
	}
	slices.Sort(roots)
	return Scope{Roots: slices.Compact(roots)}
}

// candidates yields each grant of the actor with the reason why it does not
// allow action for purpose at now, whatever the area. Both May and ScopeOf
// stand on it, so that they cannot drift apart.
func candidates(actor Actor, action Action, purpose Purpose, now time.Time) func(yield func(Grant, Denial) bool) {
	return func(yield func(Grant, Denial) bool) {
		for _, g := range actor.Grants {
			if !yield(g, missOf(actor, g, action, purpose, now)) {
				return
			}
		}
	}
}

// missOf says why g does not allow action for purpose at now, area aside.
func missOf(actor Actor, g Grant, action Action, purpose Purpose, now time.Time) Denial {
	r := ruleOf(g.Role)
	switch {
	case r == nil || !slices.Contains(r.actions, action):
		return DeniedAction
	case actor.Token != nil && !slices.Contains(actor.Token.Scopes, action):
		return DeniedScope
	case purpose == "" && action.Personal():
		return DeniedNoPurpose
	case purpose != "" && !slices.Contains(r.purposes, purpose):
		return DeniedPurpose
	case !g.live(now):
		return DeniedExpired
	case g.Area == 0:
		return DeniedArea
	}
	return NotDenied
}

func reasonOf(d Denial, action Action, purpose Purpose) string {
	switch d {
	case DeniedScope:
		return fmt.Sprintf("the API token is not for %s", action)
	case DeniedNoPurpose:
		return fmt.Sprintf("%s touches people's records and no purpose was stated", action)
	case DeniedPurpose:
		return fmt.Sprintf("no role held may %s for the purpose %q", action, purpose)
	case DeniedExpired:
		return fmt.Sprintf("the grant to %s has ended", action)
	case DeniedArea:
		return fmt.Sprintf("%s is not granted in this area", action)
	case NotDenied, DeniedAction:
	}
	return fmt.Sprintf("no role held may %s", action)
}

// MayAnywhere reports whether the actor may do action in at least one area, for
// purpose or, if purpose is empty, for any purpose of the role. It decides what a menu shows; it
// never replaces May.
func MayAnywhere(actor Actor, action Action, purpose Purpose, now time.Time) bool {
	if purpose != "" {
		return !ScopeOf(actor, action, purpose, now).Empty()
	}
	return len(PurposesFor(actor, action, now)) > 0
}

// PurposesFor lists the purposes for which actor may do action somewhere at
// now: what a screen offers under "why do you need it?". A person with one role
// and one purpose need not be asked on every page.
func PurposesFor(actor Actor, action Action, now time.Time) []Purpose {
	var out []Purpose
	for i := range purposes {
		if p := purposes[i].purpose; !ScopeOf(actor, action, p, now).Empty() {
			out = append(out, p)
		}
	}
	return out
}
