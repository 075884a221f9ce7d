package command

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/vault"
	"firebreak/internal/zone"
)

// UnmergePeople takes a merge back: the two are two again. What was joined is as it was; what was changed since stays with the one who was kept. Of
// several merges of one person the newest goes first.
type UnmergePeople struct {
	Merge  int64
	Reason string
}

// UnmergePeople carries out the order.
func (c *Commands) UnmergePeople(ctx context.Context, by By, in UnmergePeople) (out store.Merge, err error) {
	if strings.TrimSpace(in.Reason) == "" {
		return out, &Invalid{Field: "reason", Reason: "is needed: why these two are not one person"}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		if out, err = tx.Merge(in.Merge); err != nil {
			return err
		}
		return c.unmerge(tx, by, in, &out)
	})
	return out, err
}

func (c *Commands) unmerge(tx *store.Tx, by By, in UnmergePeople, m *store.Merge) error {
	if !m.Stands() {
		return &store.Conflict{Noun: "merge", ID: m.ID, Have: 1}
	}
	kept, err := tx.Person(m.Kept)
	if err != nil {
		return err
	}
	gone, err := tx.Person(m.Gone)
	if err != nil {
		return err
	}
	for _, p := range []store.Merge{{Kept: m.Kept}, {Kept: m.Gone}} {
		list, err := tx.MergesOf(p.Kept)
		if err != nil {
			return err
		}
		if len(list) > 0 && list[0].ID > m.ID {
			return &Invalid{"merge", fmt.Sprint(m.ID), fmt.Sprintf("merge %d came later: take that one back first", list[0].ID)}
		}
	}
	if _, err := pairMay(tx, by, kept, gone); err != nil {
		return err
	}
	var back undo
	if err := json.Unmarshal(m.Undo, &back); err != nil {
		return fmt.Errorf("read the way back of merge %d: %w", m.ID, err)
	}
	if back.Rows, err = withoutTakenBeds(&tx.Reader, back.Rows); err != nil {
		return err
	}
	left, err := tx.PutBack(back.Rows)
	if err != nil {
		return err
	}
	if err := unscreen(tx, m, back); err != nil {
		return err
	}
	payload, err := json.Marshal(map[string]any{"merge": m.ID, "gone": m.Gone, "reason": in.Reason, "changed_since": len(left)})
	if err != nil {
		return err
	}
	ref, err := tx.Append(journal.Entry{Kind: journal.PersonUnmerged, Subject: onPerson(m.Kept), Area: kept.Area, Actor: by.Name(), Cause: task.FactRef{Seq: m.Seq}, Payload: payload})
	if err != nil {
		return err
	}
	if err := tx.SetExposuresAside(back.Met, ref.Seq); err != nil {
		return err
	}
	if err := tx.ForgetLinks(back.Links); err != nil {
		return err
	}
	if err := c.unmove(tx, m, back.Fields); err != nil {
		return err
	}
	for _, id := range back.In {
		o, err := tx.Outbreak(id)
		if err != nil {
			return err
		}
		w, err := c.newWorld(tx, o)
		if err != nil {
			return err
		}
		if err := putBackTasks(w, back.Tasks, ref); err != nil {
			return err
		}
		if err := withdrawZones(w, back.Zones); err != nil {
			return err
		}
		if err := reactUnmerged(w, by, m, ref); err != nil {
			return err
		}
	}
	m.UndoneAt, m.UndoneBy = tx.Now(), by.Name()
	return tx.EndMerge(m.ID, by.Name())
}

func (c *Commands) unmove(tx *store.Tx, m *store.Merge, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if c.identities == nil {
		return fmt.Errorf("take back merge %d: names were joined, and no vault is open", m.ID)
	}
	var fields []vault.Field
	for _, f := range []vault.Field{vault.FieldName, vault.FieldDocument, vault.FieldPhone} {
		if slices.Contains(names, f.String()) {
			fields = append(fields, f)
		}
	}
	return c.identities.Unmove(tx, m.Gone, m.Kept, fields)
}

// putBackTasks makes the tasks of one outbreak what they were, where they still are as the merge left them. One that the merge opened is void,
// even if the joined facts had done it at once.
func putBackTasks(w *world, list []undoTask, by task.FactRef) error {
	var changes []task.Change
	for _, k := range list {
		if k.After.Outbreak != w.o.ID {
			continue
		}
		now, err := w.tx.Task(k.After.ID, store.Everywhere())
		if err != nil {
			return err
		}
		if now.Version != k.After.Version {
			continue // something happened to it since: the rulebook says what it is now
		}
		switch {
		case k.Before == nil && (now.State == task.Open || now.State == task.Done):
			now.State, now.EndedAt, now.EndedBy, now.EndReason = task.Void, w.now, by, "unmerged"
			changes = append(changes, task.Change{Kind: task.Withdraw, Task: now})
		case k.Before == nil:
		default:
			then := *k.Before
			then.Version = now.Version
			if _, err := now.State.Move(then.State); err != nil {
				// What the joined facts had done is open again: by way of void, since its cause is corrected.
				now.State, now.EndedAt, now.EndedBy, now.EndReason = task.Void, w.now, by, "unmerged"
				changes = append(changes, task.Change{Kind: task.Withdraw, Task: now})
				then.Version++
			}
			changes = append(changes, task.Change{Kind: task.Reinstate, Task: then})
		}
	}
	if err := w.tx.ApplyTaskChanges(w.o.ID, changes); err != nil {
		return fmt.Errorf("put back tasks: %w", err)
	}
	return nil
}

// withdrawZones withdraws the zones that the merge brought about and nobody has decided. That is no decision: the duty to decide them was not met, it is
// void with the merge.
func withdrawZones(w *world, ids []int64) error {
	for _, id := range ids {
		z, err := w.tx.Zone(zone.ID(id))
		if err != nil {
			return err
		}
		if z.Outbreak != w.o.ID || z.State != zone.Proposed {
			continue
		}
		if err := z.Decide(zone.Declined, "", time.Time{}, "unmerged"); err != nil {
			return err
		}
		if err := w.tx.UpdateZone(&z); err != nil {
			return err
		}
	}
	return nil
}

// reactUnmerged lets the rulebook look at every record of the two again: time went on, and facts may have come since.
func reactUnmerged(w *world, by By, m *store.Merge, cause task.FactRef) error {
	var triggers []response.Trigger
	for _, p := range []store.Merge{{Kept: m.Kept}, {Kept: m.Gone}} {
		list, err := w.tx.CasesOf(p.Kept)
		if err != nil {
			return err
		}
		for _, k := range list {
			if k.Outbreak != w.o.ID {
				continue
			}
			ref, err := w.append(journal.Entry{Kind: journal.CaseUnmerged, Subject: onCase(k.ID), Area: k.Area, Actor: by.Name(), Cause: cause}, nil)
			if err != nil {
				return err
			}
			triggers = append(triggers, response.Trigger{Kind: journal.CaseUnmerged, Subject: onCase(k.ID), Ref: ref, At: w.now})
		}
		contacts, err := w.tx.ContactsOfPerson(p.Kept)
		if err != nil {
			return err
		}
		for _, k := range contacts {
			if k.Outbreak != w.o.ID {
				continue
			}
			ref, err := w.append(journal.Entry{Kind: journal.ContactUnmerged, Subject: onContact(k.ID), Area: k.Area, Actor: by.Name(), Cause: cause}, nil)
			if err != nil {
				return err
			}
			triggers = append(triggers, response.Trigger{Kind: journal.ContactUnmerged, Subject: onContact(k.ID), Ref: ref, At: w.now})
		}
	}
	in, err := inOutbreak(w, m.Kept, m.Gone)
	if err != nil {
		return err
	}
	if in {
		triggers = append(triggers, mergedTriggers(journal.PersonUnmerged, cause, w, m.Kept, m.Gone)...)
	}
	if err := w.react(triggers...); err != nil {
		return err
	}
	return w.flush()
}
