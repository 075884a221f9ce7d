package command

import (
	"cmp"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/store"
)

// exposures turns whom the merged met, and who met them, to the records that go on.
func (m *merging) exposures(main, other *cases.Case, kept, gone *contact.Contact) error {
	var s store.Sides
	if main != nil && other != nil {
		s.KeptCase, s.GoneCase = main.ID, other.ID
	}
	if kept != nil && gone != nil {
		s.KeptContact, s.GoneContact = kept.ID, gone.ID
	}
	if k := cmp.Or(main, other); k != nil {
		s.Self = k.ID
		if s.KeptContact == 0 {
			if c := cmp.Or(kept, gone); c != nil {
				s.KeptContact = c.ID
			}
		}
	}
	return m.tx.MergeExposures(s, m.ref.Seq)
}

// changedExposures adds to more the exposures that rules changed in answer to the merge, and notes those that they brought about, and the links that they
// drew.
func (m *merging) changedExposures(w *world, more store.Rows) {
	m.undo.Links = append(m.undo.Links, w.linked...)
	for _, id := range w.contOrder {
		for _, e := range w.contacts[id].exposures {
			switch {
			case e.fresh:
				m.undo.Met = append(m.undo.Met, int64(e.ID))
			case e.dirty && !m.rows["exposure"][int64(e.ID)]:
				more.Add("exposure", int64(e.ID))
			}
		}
	}
}
