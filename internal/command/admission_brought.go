package command

import (
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
)

// admit writes an admission to a bed, and that the case was admitted.
func (u *unit) admit(rec *caseRecord, b *book, stay *facility.Stay, a treatment.Admission) (treatment.Admission, error) {
	m := b.roomByID(stay.Room)
	a.Outbreak, a.Case, a.Person, a.Facility, a.Stay, a.Area, a.District, a.LevelAt, a.AdmittedBy = u.o.ID, rec.ID, rec.Person, b.ID, stay.ID, b.Area, b.District, a.AdmittedAt, u.by.Name()
	if err := u.tx.AddAdmission(&a); err != nil {
		return a, err
	}
	if err := u.tx.AddBedMove(&treatment.BedMove{Outbreak: u.o.ID, Admission: a.ID, District: b.District, At: a.AdmittedAt, Room: m.Code, Bed: stay.Bed, Level: a.Level, By: a.AdmittedBy}); err != nil {
		return a, err
	}
	u.cares(rec.ID)
	if rec.AdmittedAt.IsZero() {
		rec.AdmittedAt = a.AdmittedAt
	}
	rec.Hospital, rec.dirty = b.Name, true
	return a, nil
}

// tellAdmitted tells that a case was admitted, or went on to another hospital.
func (u *unit) tellAdmitted(rec *caseRecord, b *book, a *treatment.Admission) error {
	kind := journal.CaseAdmitted
	if a.From != 0 {
		kind = journal.BedMoved
	}
	return u.tellCase(kind, rec, a.AdmittedAt, map[string]any{"admission": a.ID, "hospital": b.Code, "level": a.Level, "ground": a.Ground, "from": a.From})
}

// admitBrought admits a case whom a vehicle has brought to a hospital, into the bed that was kept, because they were found too ill for elsewhere: the hand-over at its door is the admission. before is the admission that
// they came from; nil for none. A room of no level admits nobody: its hospital says where they lie.
func (u *unit) admitBrought(s *facility.Stay, before *treatment.Admission) error {
	if s.CaseOf == 0 || s.Companion || before != nil && before.Facility == s.Facility {
		return nil
	}
	rec, err := u.getCase(s.CaseOf)
	if err != nil {
		return err
	}
	b, err := u.bookOf(s.Facility)
	if err != nil {
		return err
	}
	m := b.roomByID(s.Room)
	place, err := u.placeFor(rec)
	if err != nil || b.Kind != facility.Hospital || m.Level == facility.NoLevel || place.purpose != transfer.ToHospital || rec.Closed() {
		return err
	}
	a := treatment.Admission{Level: m.Level, Ground: treatment.BySeverity, AdmittedAt: s.InAt}
	if before != nil {
		a.From = before.ID
	}
	if a, err = u.admit(rec, b, s, a); err != nil {
		return err
	}
	return u.tellAdmitted(rec, b, &a)
}
