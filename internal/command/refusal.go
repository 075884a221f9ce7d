package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// refusals remembers what was put on record lately, so that somebody who asks again and again fills no journal.
type refusals struct {
	mu   sync.Mutex
	last map[denied]time.Time
}

// denied is what somebody was refused: the same again within refusalEvery is not written again.
type denied struct {
	user   auth.UserID
	action auth.Action
	what   string
}

const (
	refusalEvery = 10 * time.Minute
	mostRefusals = 10_000 // remembered; with more, all are forgotten and may be written once more
)

func (r *refusals) fresh(k denied, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.last[k]; ok && now.Sub(at) < refusalEvery && !now.Before(at) {
		return false
	}
	if r.last == nil || len(r.last) >= mostRefusals {
		r.last = map[denied]time.Time{}
	}
	r.last[k] = now
	return true
}

// NoteRefusal puts on record that somebody with an account asked for what they may not: the wrong role, the wrong area, no purpose. asked is the request without what it was about, such as
// "POST /o/{outbreak}/cases". An error that is no refusal is passed over. The reader of the journal sees it where the account belongs.
func (c *Commands) NoteRefusal(ctx context.Context, actor auth.Actor, asked string, err error) error {
	var f *Forbidden
	if !errors.As(err, &f) || actor.UserID == 0 || !c.refusals.fresh(denied{actor.UserID, f.Action, asked}, c.db.Now()) {
		return nil
	}
	payload, err := json.Marshal(map[string]any{"action": f.Action, "denial": f.Decision.Denial, "reason": f.Decision.Reason, "asked": asked})
	if err != nil {
		return fmt.Errorf("note a refusal: %w", err)
	}
	return c.db.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.Append(journal.Entry{Kind: journal.AccessRefused, Actor: actor.Login, Subject: task.Subject{Kind: store.OnUser, ID: int64(actor.UserID)}, Payload: payload})
		return err
	})
}
