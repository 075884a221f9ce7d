package command

import (
	"slices"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/response"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// What testing rounds know of two people who are one, and what becomes of it:
//
//   - The tubes that they were in are the kept person's, so that a positive tube of the one is known of the other. Were both in one tube, they are in it once.
//   - Their holds are the kept person's, with their tasks. A person is held once for a tube: of two, the longer end counts (screening.Hold.Join).
//   - Self-tests and appeals are the kept person's.
//   - What was said of them in a round (exempt, refused), and the groups they belong to, count where the kept record has none of that round or group.
//   - Household, building and number in the register are the kept person's where there are any.
//
// All of it is put back with an undo. The sheets of tubes stay as the desk packed them: whoever reads them asks who was merged.

// screened joins what rounds know of the two, before the rulebook looks.
func (m *merging) screened() error {
	before, err := m.tx.KeyedRows(m.kept.ID, m.gone.ID)
	if err != nil {
		return err
	}
	if err := m.tx.MergeScreening(m.gone.ID, m.kept.ID, m.ref.Seq); err != nil {
		return err
	}
	after, err := m.tx.KeyedRows(m.kept.ID, m.gone.ID)
	if err != nil {
		return err
	}
	m.undo.Keyed = before.Diff(after)
	if err := m.oneTransfer(); err != nil {
		return err
	}
	return m.joinHolds()
}

// oneTransfer has the kept person moved who was to be moved as the other. Where both were, the request of the record that is merged ends with its task.
func (m *merging) oneTransfer() error {
	all, err := m.tx.RequestsOf([]person.ID{m.kept.ID, m.gone.ID})
	if err != nil {
		return err
	}
	has := map[outbreak.ID]bool{}
	for _, q := range all[m.kept.ID] {
		has[q.Outbreak] = has[q.Outbreak] || !q.State.Over()
	}
	for _, q := range all[m.gone.ID] {
		if q.State.Over() || has[q.Outbreak] {
			continue
		}
		q.Person = m.kept.ID
		if err := m.tx.UpdateRequest(&q); err != nil {
			return err
		}
	}
	return nil
}

func (m *merging) joinHolds() error {
	all, err := m.tx.HoldsOfPeople([]person.ID{m.kept.ID, m.gone.ID})
	if err != nil {
		return err
	}
	var changed []*screening.Hold
	for _, g := range all[m.gone.ID] {
		i := slices.IndexFunc(all[m.kept.ID], func(k screening.Hold) bool { return k.Tube == g.Tube })
		if i < 0 {
			if err := m.tx.GiveHold(int64(g.ID), m.kept.ID); err != nil {
				return err
			}
			continue
		}
		k := all[m.kept.ID][i]
		k.Join(g)
		changed = append(changed, &k)
		if !g.Stands() {
			continue
		}
		g.LiftedAt, g.Lifted = m.tx.Now(), screening.LiftedMerged
		changed = append(changed, &g)
	}
	return m.tx.UpdateHolds(changed)
}

// tubesMay adds to the records of a person what tubes and self-tests know of them: to say whose they are, somebody must be allowed to record samples where the person lives.
func tubesMay(tx *store.Tx, p person.Person) (list []ofPerson, err error) {
	in, err := tx.OutbreaksOfTubes(p.ID)
	for _, o := range in {
		list = append(list, ofPerson{o, auth.SampleWrite, p.Area})
	}
	return list, err
}

// mergedTriggers are the facts that have the rulebook look at the two people themselves: at the one who goes on, and at the other, of whom nothing is asked any more.
func mergedTriggers(kind journal.Kind, ref task.FactRef, u *world, people ...person.ID) []response.Trigger {
	var out []response.Trigger
	for _, p := range people {
		out = append(out, response.Trigger{Kind: kind, Subject: onPerson(p), Ref: ref, At: u.now})
	}
	return out
}

// changedHolds adds to more the holds that rules changed in answer to the merge, of others in the same tubes too, and notes those that they began.
func (m *merging) changedHolds(w *world, more store.Rows) {
	for _, k := range w.pool.held {
		if h := w.pool.holds[k]; !h.fresh && !m.rows["hold"][int64(h.ID)] {
			more.Add("hold", int64(h.ID))
		}
	}
}

// begun are the holds that rules began in answer to the merge. They have their IDs once the world is flushed.
func (m *merging) begun(w *world) {
	for _, k := range w.pool.held {
		if h := w.pool.holds[k]; h.fresh {
			m.undo.Held = append(m.undo.Held, h.ID)
		}
	}
}

// unscreen puts back what screened joined.
func unscreen(tx *store.Tx, m *store.Merge, back undo) error {
	if err := tx.PutKeyedBack(m.Kept, m.Gone, back.Keyed); err != nil {
		return err
	}
	// Holds that the merge began rest on a person who is not.
	all, err := tx.HoldsOfPeople([]person.ID{m.Kept, m.Gone})
	if err != nil {
		return err
	}
	var over []*screening.Hold
	for _, list := range all {
		for _, h := range list {
			if h.Stands() && slices.Contains(back.Held, h.ID) {
				h.LiftedAt, h.Lifted = tx.Now(), screening.LiftedMerged
				over = append(over, &h)
			}
		}
	}
	return tx.UpdateHolds(over)
}

// inOutbreak says whether tubes or self-tests of any of the people are of an outbreak.
func inOutbreak(w *world, people ...person.ID) (bool, error) {
	for _, p := range people {
		in, err := w.tx.OutbreaksOfTubes(p)
		if err != nil || slices.Contains(in, w.o.ID) {
			return err == nil, err
		}
	}
	return false, nil
}

// ofPerson is a record of a person, and what it takes to change it.
type ofPerson struct {
	o      outbreak.ID
	action auth.Action
	area   place.AreaID
}
