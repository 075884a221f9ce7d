package command

import (
	"slices"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/treatment"
)

// Where two people who are one have stayed, and how they were treated, is the kept person's: stays, severities, admissions. Nobody is in two places: where both are
// somewhere, a hospital counts more than a site and a site more than a home, and otherwise the record that is kept; the other stay ends as an error, and so does the other of two admissions. A bed
// that is kept for the one is given up where one is kept for the other. All of it is put back with an undo, but for a bed that somebody else has by then.

// stays joins where the two have been.
func (m *merging) stays() error {
	all, err := m.tx.StaysOf([]person.ID{m.kept.ID, m.gone.ID})
	if err != nil {
		return err
	}
	for _, state := range []facility.StayState{facility.In, facility.Booked} {
		of := func(s facility.Stay) bool { return s.State == state }
		k, g := slices.IndexFunc(all[m.kept.ID], of), slices.IndexFunc(all[m.gone.ID], of)
		if k < 0 || g < 0 {
			continue
		}
		over, other := all[m.gone.ID][g], all[m.kept.ID][k]
		ofGone, err := m.firmness(over)
		if err != nil {
			return err
		}
		ofKept, err := m.firmness(other)
		if err != nil {
			return err
		}
		if ofGone > ofKept {
			over = other
		}
		if err := m.noStay(over); err != nil {
			return err
		}
	}
	return m.tx.MoveStays(m.gone.ID, m.kept.ID)
}

// firmness is how much a stay counts against another: a hospital more than a site, a site more than a home.
func (m *merging) firmness(s facility.Stay) (int, error) {
	if s.AtHome() {
		return 0, nil
	}
	f, err := m.tx.Facility(s.Facility)
	if f.Kind == facility.Hospital {
		return 2, err
	}
	return 1, err
}

// noStay ends a stay that cannot be, since the person is elsewhere.
func (m *merging) noStay(s facility.Stay) error {
	kind := journal.StayEnded
	if s.State == facility.In {
		s.State, s.LeftAt, s.Leaving = facility.Left, m.tx.Now(), facility.LeftError
	} else {
		s.State, kind = facility.Dropped, journal.StayDropped
	}
	if err := m.tx.UpdateStay(&s); err != nil {
		return err
	}
	_, err := m.tx.Append(journal.Entry{Outbreak: s.Outbreak, Kind: kind, Subject: onStay(s.ID), Area: s.Area, Actor: m.by.Name(), Cause: m.ref})
	return err
}

// care joins the stays and the treatment of the records of the two in one outbreak; nil are those that there are not.
func (m *merging) care(o outbreak.ID, main, other *cases.Case, keptContact, goneContact *contact.Contact) error {
	if main != nil && other != nil {
		kept, gone := main.ID, other.ID
		all, err := m.tx.AdmissionsOf([]cases.ID{kept, gone})
		if err != nil {
			return err
		}
		k, g := slices.IndexFunc(all[kept], treatment.Admission.Open), slices.IndexFunc(all[gone], treatment.Admission.Open)
		if k >= 0 && g >= 0 {
			over := all[gone][g]
			if s, err := m.tx.Stay(all[kept][k].Stay); err != nil {
				return err
			} else if s.State.Over() {
				over = all[kept][k] // it hangs on a stay that has ended
			}
			if err := over.End(treatment.Mistaken, m.tx.Now(), m.by.Name(), "two records of one person"); err != nil {
				return err
			}
			if err := m.tx.UpdateAdmission(&over); err != nil {
				return err
			}
		}
		if err := m.tx.MoveCare(gone, kept); err != nil {
			return err
		}
	}
	if keptContact != nil && goneContact != nil {
		if err := m.tx.MoveContactStays(goneContact.ID, keptContact.ID); err != nil {
			return err
		}
	}
	return m.tx.MoveAdmissions(o, m.gone.ID, m.kept.ID)
}

// withoutTakenBeds leaves out of a way back that somebody lies in a bed that is another's by now: that stay remains over.
func withoutTakenBeds(r *store.Reader, list []store.Was) ([]store.Was, error) {
	taken := map[int64]bool{}
	for _, w := range list {
		if w.Table != "stay" || w.Column != "state" {
			continue
		}
		var err error
		if taken[w.ID], err = r.BedTaken(facility.StayID(w.ID)); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(w store.Was) bool {
		return w.Table == "stay" && taken[w.ID] && (w.Column == "state" || w.Column == "leaving" || w.Column == "left_at")
	}), nil
}
