package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Ticked is what passing time brought about.
type Ticked struct {
	Missed  int // checks that were not made by their deadline
	Over    int // contacts whose last day of follow-up has passed
	LetGo   int // people whose hold ran out
	Freed   int // people whose restriction ran out
	Joined  int // results whose tubes came in after them
	Sampled int // people who were asked for a sample, and were sampled at a desk
	Zones   int // zones whose lifting test is met by now, or is not after all
	Beds    int // times that beds were found short, or not any more
	Rounds  int // rounds of standing rounds that were opened or closed
	Climbed int // late tasks that went up, by one level or several
	Purged  int // days of visits that nobody may keep any longer
	// Carrying says that there is more to carry over to another pack: the next tick should follow at once.
	Carrying bool
	Traced   int // cases that visits were asked about, because a setting says so
}

// mostCarried bounds the cases and contacts that one tick carries over to another pack, so that deadlines are not kept waiting for a large outbreak.
const mostCarried = 5_000

// clockBatch is how many of a kind one transaction of the clock handles; the rest follows in the next, so that people's orders get their turn.
const clockBatch = 500

// Tick brings about what follows from time alone, as of the store's now: a check not made by its deadline is a missed check; a contact
// whose last day has passed is looked at for release; a late task climbs as far as its lateness has earned. Calling it again at once does nothing. The server calls it every
// minute; with several servers on one database any of them may.
func (c *Commands) Tick(ctx context.Context) (Ticked, error) {
	var out Ticked
	var list []outbreak.Outbreak
	if err := c.db.View(ctx, func(r *store.Reader) (err error) {
		list, err = r.Outbreaks()
		return err
	}); err != nil {
		return out, fmt.Errorf("clock: %w", err)
	}
	var err, untraced error
	if out.Sampled, err = c.seeTubes(ctx, list); err != nil {
		return out, fmt.Errorf("clock: %w", err)
	}
	for _, o := range list {
		// First: a check is missed, and follow-up over, under the pack now in force.
		left, err := c.CarryPack(ctx, o.ID, mostCarried, nil)
		if err != nil {
			return out, fmt.Errorf("clock of outbreak %q: %w", o.Name, err)
		}
		out.Carrying = out.Carrying || left
		purged, err := c.PurgeVisits(ctx, Owner("clock"), o.ID)
		if err != nil {
			return out, fmt.Errorf("clock of outbreak %q: %w", o.Name, err)
		}
		out.Purged += len(purged.Days)
		// Nobody's deadline or release waits for what is asked for convenience: what goes wrong there is told at the end.
		traced, err := c.traceConfirmed(ctx, o)
		if err != nil {
			untraced = errors.Join(untraced, fmt.Errorf("clock of outbreak %q: %w", o.Name, err))
		}
		out.Traced += traced
		for _, step := range []struct {
			n   *int
			run func(*unit) (int, error)
		}{{&out.Missed, (*unit).missChecks}, {&out.Over, (*unit).endFollowUps}, {&out.LetGo, (*unit).endHolds}, {&out.Freed, (*unit).endRestrictions}, {&out.Joined, (*unit).joinResults}, {&out.Rounds, (*unit).runSeries}, {&out.Zones, (*unit).watchZones}, {&out.Beds, (*unit).watchBeds}} {
			for {
				n := 0
				err := c.inID(ctx, Owner("clock"), o.ID, func(u *unit) (err error) {
					n, err = step.run(u)
					return err
				})
				if err != nil {
					return out, fmt.Errorf("clock of outbreak %q: %w", o.Name, err)
				}
				*step.n += n
				if n < clockBatch {
					break
				}
			}
		}
	}
	for {
		looked, climbed, err := c.climb(ctx)
		if err != nil {
			return out, fmt.Errorf("clock: %w", err)
		}
		out.Climbed += climbed
		if looked < clockBatch {
			return out, untraced
		}
	}
}

// missChecks records checks that were due and not made. The rulebook decides what follows: usually that finding the contact has a deadline of its own.
func (u *unit) missChecks() (int, error) {
	late, err := u.tx.ChecksNotMade(u.o.ID, u.now, clockBatch)
	if err != nil {
		return 0, err
	}
	for _, t := range late {
		rec, err := u.getContact(contact.ID(t.Subject.ID))
		if err != nil {
			return 0, err
		}
		check := contact.Check{Contact: rec.ID, On: dayOf(t.Due, u.loc), Slot: (t.Ordinal - 1) % max(1, u.pack.Tier(rec.Tier).ChecksPerDay.Value), At: t.Due, Note: contact.NotMade}
		ref, err := u.fact(journal.ContactMissed, onContact(rec.ID), rec.Area, t.Due, check)
		if err != nil {
			return 0, err
		}
		if err := u.tx.PutCheck(&check, int64(rec.District), ref.Seq); err != nil {
			return 0, err
		}
		if err := u.react(response.Trigger{Kind: journal.ContactMissed, Subject: onContact(rec.ID), Ref: ref, At: t.Due}); err != nil {
			return 0, err
		}
	}
	return len(late), nil
}

// endFollowUps looks at contacts whose last day has passed. Each is looked at once a day until it is released or ended otherwise.
func (u *unit) endFollowUps() (int, error) {
	today := dayOf(u.now, u.loc)
	ids, err := u.tx.FollowUpsOver(u.o.ID, today, clockBatch)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		rec, err := u.getContact(id)
		if err != nil {
			return 0, err
		}
		rec.LookedOn, rec.dirty = today, true
		ref, err := u.fact(journal.FollowUpOver, onContact(id), rec.Area, u.now, map[string]any{"ends_on": rec.EndsOn})
		if err != nil {
			return 0, err
		}
		if err := u.react(response.Trigger{Kind: journal.FollowUpOver, Subject: onContact(id), Ref: ref, At: u.now}); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// climb looks at late tasks and moves them up to the level that their lateness has earned.
func (c *Commands) climb(ctx context.Context) (looked, climbed int, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		late, err := tx.LateToClimb(tx.Now(), clockBatch)
		if err != nil {
			return err
		}
		looked, climbed = len(late), 0 // a change may be run again
		worlds := map[outbreak.ID]*world{}
		for _, t := range late {
			w := worlds[t.Outbreak]
			if w == nil {
				o, err := tx.Outbreak(t.Outbreak)
				if err != nil {
					return err
				}
				if w, err = c.newWorld(tx, o); err != nil {
					return err
				}
				worlds[t.Outbreak] = w
			}
			up, err := w.climb(t)
			if err != nil {
				return err
			}
			if up {
				climbed++
			}
		}
		return nil
	})
	return looked, climbed, err
}

// climb tells each step that a late task has earned, and says whether there was one.
func (w *world) climb(t task.Task) (bool, error) {
	steps, again := response.Climbs(w.pack, t, w.now)
	for _, next := range steps {
		// No rule answers this fact: it changes nothing about the subject, only who is told.
		_, err := w.append(journal.Entry{Kind: journal.TaskEscalated, Subject: t.Subject, Area: t.Area, Actor: "rule:" + next.Because.Rule, Cause: next.Because.Fact,
			Rule: next.Because.Rule, Clause: next.Because.Clause, Pack: next.Because.Pack, At: next.At},
			map[string]any{"task": t.ID, "kind": t.Kind, "level": next.Level, "to": next.To, "due": t.Due})
		if err != nil {
			return false, err
		}
		t.Level = next.Level
	}
	return len(steps) > 0, w.tx.Climb(t, again)
}

// Run ticks until ctx ends, every interval. It logs nothing itself: failed gets each error, and the next tick tries again.
func (c *Commands) Run(ctx context.Context, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		done, err := c.Tick(ctx)
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrClosed) {
			failed(err)
		}
		if err == nil && done.Carrying && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
