package store_test

import (
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/treatment"
)

func TestTreatmentComesBackAsItWas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)
		s := treatment.SeverityChange{Outbreak: 1, Case: 4, Area: 3, District: 2, Severity: treatment.Severe, AtRisk: true, At: at, Note: "saturation 91 %", By: "dr", ToldAt: at.Add(time.Minute)}
		later := treatment.SeverityChange{Outbreak: 1, Case: 4, Area: 3, District: 2, Severity: treatment.Mild, At: at, By: "dr", ToldAt: at.Add(time.Hour)}
		a := treatment.Admission{Outbreak: 1, Case: 4, Person: 7, Facility: 5, Stay: 6, Area: 3, District: 2, Level: facility.WardLevel, LevelAt: at, Ground: treatment.BySeverity, Why: "x", AdmittedAt: at, AdmittedBy: "dr"}
		m := treatment.BedMove{Outbreak: 1, District: 2, At: at, Room: "301", Bed: 2, Level: facility.WardLevel, By: "dr"}
		e := treatment.Event{Outbreak: 1, Facility: 5, Area: 3, District: 2, Kind: treatment.StaffCase, Where: "ward 3", Case: 4, ExposedStaff: 4, ExposedPatients: 9, Measures: "closed", Note: "n", State: treatment.EventOpen, HappenedAt: at,
			NotedAt: at, NotedBy: "dr"}
		p := treatment.Proposal{Outbreak: 1, Facility: 8, Area: 3, District: 2, State: treatment.Proposed, Beds: 100, Occupied: 70, Projected: 82, ProposedAt: at}
		c := treatment.Conversion{Outbreak: 1, Facility: 5, Room: 11, Code: "301", Area: 3, District: 2, From: facility.WardLevel, To: facility.ICU, StartedAt: at, StartedBy: "dr"}
		r := store.BedReport{Outbreak: 1, Facility: 5, District: 2, Level: facility.ICU, At: at, Beds: 20, Occupied: 8, Convertible: 20, By: "h1"}
		view(t, db, func(rd *store.Reader) error {
			has, err := rd.HasCare(1)
			if has {
				t.Error("an outbreak with nobody in a hospital has care")
			}
			return err
		})
		update(t, db, func(tx *store.Tx) error {
			for _, x := range []*treatment.SeverityChange{&s, &later} {
				if err := tx.AddSeverity(x); err != nil {
					return err
				}
			}
			if err := tx.AddAdmission(&a); err != nil {
				return err
			}
			m.Admission = a.ID
			if err := tx.AddBedMove(&m); err != nil {
				return err
			}
			if err := tx.AddCareEvent(&e); err != nil {
				return err
			}
			if err := tx.AddProposal(&p); err != nil {
				return err
			}
			if err := tx.AddConversion(&c); err != nil {
				return err
			}
			fresh, err := tx.PutBedReport(&r)
			if !fresh {
				t.Error("a first report of beds is not new")
			}
			return err
		})
		a.Level, a.LevelAt = facility.ICU, at.Add(time.Hour)
		if err := a.End(treatment.Discharged, at.Add(72*time.Hour), "dr", "criteria"); err != nil {
			t.Fatal(err)
		}
		a.FirstAt, a.FirstBy, a.FirstReason, a.MonitoredAt = at, "dr2", "y", at.Add(100*time.Hour)
		e.State, e.ContainedAt, e.ExposedStaff = treatment.EventContained, at.Add(time.Hour), 5
		p.State, p.DecidedAt, p.DecidedBy, p.Reason = treatment.Declined, at.Add(time.Hour), "duty", "too far"
		c.DoneAt, c.DoneBy = at.Add(20*time.Hour), "dr"
		update(t, db, func(tx *store.Tx) error {
			again := r
			if fresh, err := tx.PutBedReport(&again); err != nil || fresh {
				t.Errorf("told again: new %v, %v", fresh, err)
			}
			if err := tx.UpdateAdmission(&a); err != nil {
				return err
			}
			if err := tx.UpdateCareEvent(&e); err != nil {
				return err
			}
			if err := tx.UpdateProposal(&p); err != nil {
				return err
			}
			return tx.UpdateConversion(&c)
		})
		view(t, db, func(rd *store.Reader) error {
			told, err := rd.SeveritiesOf([]cases.ID{4})
			if err != nil {
				return err
			}
			sameRow(t, "severity", told[4], []treatment.SeverityChange{s, later})
			in, err := rd.AdmissionsOf([]cases.ID{4})
			if err != nil {
				return err
			}
			sameRow(t, "admission", in[4], []treatment.Admission{a})
			moves, err := rd.BedMovesOf([]treatment.AdmissionID{a.ID})
			if err != nil {
				return err
			}
			sameRow(t, "moves", moves[a.ID], []treatment.BedMove{m})
			event, err := rd.CareEvent(e.ID)
			if err != nil {
				return err
			}
			sameRow(t, "event", event, e)
			events, err := rd.CareEvents(1, store.Everywhere(), true, 10)
			if err != nil || len(events) != 1 {
				t.Errorf("events that are not closed: %+v, %v", events, err)
			}
			proposal, err := rd.ProposalOf(8)
			if err != nil {
				return err
			}
			sameRow(t, "proposal", *proposal, p)
			for from, want := range map[time.Time]int{at: 1, at.Add(2 * time.Hour): 0} {
				if list, err := rd.Proposals(1, from); err != nil || len(list) != want {
					t.Errorf("proposals decided from %s on: %d, want %d, %v", from, len(list), want, err)
				}
			}
			conversion, err := rd.Conversion(c.ID)
			if err != nil {
				return err
			}
			sameRow(t, "conversion", conversion, c)
			if list, err := rd.Converting(5); err != nil || len(list) != 0 {
				t.Errorf("rooms being converted: %v, %v", list, err)
			}
			reports, err := rd.LatestBedReports([]facility.ID{5}, at.Add(-time.Hour))
			if err != nil {
				return err
			}
			sameRow(t, "report", reports[5], []store.BedReport{r})
			if old, err := rd.LatestBedReports([]facility.ID{5}, at.Add(time.Hour)); err != nil || len(old[5]) != 0 {
				t.Errorf("reports that are too old: %v, %v", old, err)
			}
			has, err := rd.HasCare(1)
			if !has {
				t.Error("an outbreak with a patient has no care")
			}
			return err
		})
	})
}

// TestACaseIsInOneHospital: the engine itself refuses a second open admission, and a second proposal of one reserve.
func TestACaseIsInOneHospital(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := time.Date(2022, 3, 12, 9, 0, 0, 0, time.UTC)
		admission := func() *treatment.Admission {
			return &treatment.Admission{Outbreak: 1, Case: 4, Facility: 5, Level: facility.WardLevel, LevelAt: at, Ground: treatment.ByOther, AdmittedAt: at}
		}
		first := admission()
		update(t, db, func(tx *store.Tx) error { return tx.AddAdmission(first) })
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.AddAdmission(admission()) }); err == nil {
			t.Error("a case is in two hospitals")
		}
		if err := first.End(treatment.Moved, at, "dr", ""); err != nil {
			t.Fatal(err)
		}
		update(t, db, func(tx *store.Tx) error {
			if err := tx.UpdateAdmission(first); err != nil {
				return err
			}
			return tx.AddAdmission(admission())
		})
		proposal := func() *treatment.Proposal {
			return &treatment.Proposal{Outbreak: 1, Facility: 5, State: treatment.Proposed, ProposedAt: at}
		}
		update(t, db, func(tx *store.Tx) error { return tx.AddProposal(proposal()) })
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.AddProposal(proposal()) }); err == nil {
			t.Error("a reserve is proposed twice at a time")
		}
	})
}
