// Package command holds the orders that a person or another system may give: one file per order, one transaction each.
//
// An order checks who gives it, checks its fields, writes what happened to the journal, changes the state, and lets the
// rulebook answer, all in one transaction: either all of it is kept or nothing. Web, API, command line and jobs give the
// same orders. It imports store, response, protocol, auth and the nouns.
package command

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/whereabouts"
)

// Commands gives orders to one store. It is safe for concurrent use.
type Commands struct {
	db         *store.DB
	identities *store.Identities
	// whereabouts is who was where, kept in memory; nil where it is read for each question.
	whereabouts *whereabouts.Whereabouts

	zones sync.Map // IANA name -> *time.Location, read once

	refusals refusals
}

// New returns the orders over a store. Names and documents are sealed through identities; with nil, an order that brings one is refused.
func New(db *store.DB, identities *store.Identities) *Commands {
	return &Commands{db: db, identities: identities}
}

// TraceIn has questions about visits put to an index that is kept in memory, before any is asked.
func (c *Commands) TraceIn(w *whereabouts.Whereabouts) { c.whereabouts = w }

// Identities returns the vault's store; nil when there is none.
func (c *Commands) Identities() *store.Identities { return c.identities }

// DB returns the store that the orders change.
func (c *Commands) DB() *store.DB { return c.db }

// By says who gives an order and why they need the records it touches.
type By struct {
	Actor   auth.Actor
	Purpose auth.Purpose

	owner string // set by Owner: the program itself, or whoever holds the data folder
}

// Owner is the caller who needs no grant: the command line working on its own folder, and the server's own clock. name is written to the journal.
func Owner(name string) By { return By{owner: name} }

// IsOwner says whether the caller is Owner's.
func (b By) IsOwner() bool { return b.owner != "" }

// Name is what the journal calls the caller.
func (b By) Name() string {
	if b.owner != "" {
		return b.owner
	}
	return b.Actor.Login
}

// Invalid is returned when a field of an order cannot be right. Nothing was changed.
type Invalid struct {
	Field  string
	Value  string
	Reason string
}

// Error implements error.
func (e *Invalid) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s: %s", e.Field, e.Reason)
	}
	return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Reason)
}

// Forbidden is returned when the caller may not give the order there. Nothing was changed.
type Forbidden struct {
	Action   auth.Action
	Decision auth.Decision
}

// Error implements error.
func (e *Forbidden) Error() string {
	return fmt.Sprintf("%s is not allowed: %s", e.Action, e.Decision.Reason)
}

// may checks that the caller may do the action in an area of an outbreak. What belongs to no known area belongs to the outbreak's.
func (b By) may(r *store.Reader, o outbreak.Outbreak, action auth.Action, area place.AreaID, now time.Time) error {
	if b.owner != "" {
		return nil
	}
	tree, err := r.Tree()
	if err != nil {
		return err
	}
	if area == 0 {
		area = o.Area
	}
	var path []place.AreaID
	for _, j := range tree.Path(area) {
		path = append(path, j.ID)
	}
	if d := auth.May(b.Actor, action, path, b.Purpose, now); !d.Allowed {
		return &Forbidden{Action: action, Decision: d}
	}
	return nil
}

// unit is one order under way: the transaction, the outbreak, its pack and its world.
type unit struct {
	*world
	by         By
	identities *store.Identities
}

// in runs an order in an outbreak. The world's changes are written when fn returns without an error.
func (c *Commands) in(ctx context.Context, by By, name string, fn func(*unit) error) error {
	return c.db.Update(ctx, func(tx *store.Tx) error {
		o, err := tx.OutbreakByName(name)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, fn)
	})
}

func (c *Commands) inID(ctx context.Context, by By, id outbreak.ID, fn func(*unit) error) error {
	return c.db.Update(ctx, func(tx *store.Tx) error {
		o, err := tx.Outbreak(id)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, fn)
	})
}

func (c *Commands) run(tx *store.Tx, by By, o outbreak.Outbreak, fn func(*unit) error) error {
	w, err := c.newWorld(tx, o)
	if err != nil {
		return err
	}
	u := &unit{world: w, by: by, identities: c.identities}
	if err := fn(u); err != nil {
		return err
	}
	return w.flush()
}

func (c *Commands) newWorld(tx *store.Tx, o outbreak.Outbreak) (*world, error) {
	p, err := protocol.Load(o.Pack)
	if err != nil {
		return nil, fmt.Errorf("outbreak %q: %w", o.Name, err)
	}
	loc, err := once(&c.zones, o.Zone, func(string) (*time.Location, error) { return o.Location() })
	if err != nil {
		return nil, fmt.Errorf("outbreak %q: %w", o.Name, err)
	}
	var earlier []response.Era
	for _, e := range o.Earlier {
		was, err := protocol.Load(e.Pack)
		if err != nil {
			return nil, fmt.Errorf("outbreak %q: %w", o.Name, err)
		}
		earlier = append(earlier, response.Era{Pack: was, Until: e.Until})
	}
	tree, err := tx.Tree()
	if err != nil {
		return nil, err
	}
	return &world{tx: tx, o: o, pack: p, earlier: earlier, loc: loc, tree: tree, now: tx.Now(), cases: map[caseID]*caseRecord{}, contacts: map[contactID]*contactRecord{},
		stands: map[task.Subject]int{}, zoneAt: map[zoneKey]bool{}, pool: newPooled(), restricted: newRestricted()}, nil
}

// once returns what load makes of a name, loading it the first time.
func once[T any](kept *sync.Map, name string, load func(string) (T, error)) (T, error) {
	if v, ok := kept.Load(name); ok {
		return v.(T), nil
	}
	v, err := load(name)
	if err == nil {
		kept.Store(name, v)
	}
	return v, err
}

// fact writes a fact to the journal as told by the caller.
func (u *unit) fact(kind journal.Kind, s task.Subject, area place.AreaID, at time.Time, payload any) (task.FactRef, error) {
	return u.append(journal.Entry{Kind: kind, Subject: s, Area: area, At: at, Actor: u.by.Name()}, payload)
}

func (w *world) append(e journal.Entry, payload any) (task.FactRef, error) {
	e, err := w.entry(e, payload)
	if err != nil {
		return task.FactRef{}, err
	}
	return w.tx.Append(e)
}

// entry completes a fact of the outbreak with its payload.
func (w *world) entry(e journal.Entry, payload any) (journal.Entry, error) {
	if payload != nil {
		b, err := json.Marshal(payload)
		if err != nil {
			return e, fmt.Errorf("write %s: %w", e.Kind, err)
		}
		e.Payload = b
	}
	e.Outbreak = w.o.ID
	return e, nil
}
