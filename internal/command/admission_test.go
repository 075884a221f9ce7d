package command

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
)

// wards enters a hospital with rooms of both levels.
func (s *story) wards(code string, open bool, ward, icu, convertible int64) facility.Facility {
	s.t.Helper()
	list, err := s.AddFacilities(s.t.Context(), Owner("test"), AddFacilities{Outbreak: "o", Facilities: []FacilityFields{{Code: code, Kind: facility.Hospital, Area: "3701", ReadyIn: 24 * time.Hour, Open: open}}})
	s.must(err)
	var rooms []*facility.Room
	add := func(prefix string, n int64, level facility.Level, conv bool) {
		for i := range n {
			rooms = append(rooms, &facility.Room{Facility: list[0].ID, Outbreak: list[0].Outbreak, District: list[0].District, Code: fmt.Sprintf("%s%d", prefix, i+1), Beds: 2, Use: facility.Ward, Level: level, Convertible: conv, State: facility.Ready, StateAt: s.clock.now()})
		}
	}
	add("w", ward, facility.WardLevel, false)
	add("c", convertible, facility.WardLevel, true)
	add("i", icu, facility.ICU, false)
	s.must(s.db.Update(s.t.Context(), func(tx *store.Tx) error { return tx.AddRooms(rooms) }))
	return list[0]
}

// negative gives a case a negative result of a specimen taken now.
func (s *story) tested(c cases.Case, r lab.Result) {
	s.t.Helper()
	s.must(s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		o, err := tx.OutbreakByName("o")
		if err != nil {
			return err
		}
		return s.run(tx, Owner("test"), o, func(u *unit) error {
			sp := lab.Specimen{Outbreak: o.ID, Person: c.Person, Area: c.Area, District: c.District, Code: fmt.Sprint(s.clock.now().UnixMicro()), TakenAt: u.now, Method: lab.PCR, Result: r, ResultAt: u.now}
			if err := tx.AddSpecimen(&sp); err != nil {
				return err
			}
			return u.tellOfSpecimen(journal.ResultReported, sp, u.now, map[string]any{})
		})
	}))
}

func TestCareFromAdmissionToDischarge(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, dr, chief := t.Context(), Owner("dr"), Owner("chief")
		h := s.wards("H1", true, 1, 1, 1)
		s.wards("H2", true, 0, 1, 0)
		c := s.caseIn("A", "confirmed", "370101")
		subject := onCase(c.ID)
		if k := s.tasks(subject)[task.AdmitCase]; k.State != task.Open || k.Owner != task.Hospital {
			t.Errorf("admission of somebody not assessed: %+v", k)
		}
		_, err := s.RecordSeverity(ctx, dr, RecordSeverity{Case: c.ID, Severity: "mild"})
		s.must(err)
		if k := s.tasks(subject)[task.AdmitCase]; k.State != task.Void {
			t.Errorf("admission of a mild case is %s", k.State)
		}
		s.clock.set(s.clock.now().Add(time.Hour))
		_, err = s.RecordSeverity(ctx, dr, RecordSeverity{Case: c.ID, Severity: "severe"})
		s.must(err)
		a, err := s.AdmitCase(ctx, dr, AdmitCase{Case: c.ID, Hospital: "H1", Level: "ward"})
		s.must(err)
		if a.Level != facility.WardLevel || a.Facility != h.ID {
			t.Errorf("admitted to %+v", a)
		}
		tasks := s.tasks(subject)
		if tasks[task.AdmitCase].State != task.Done || tasks[task.MoveCase].State != task.Done || tasks[task.MoveToICU].State != task.Open {
			t.Errorf("after admission to a ward: admit %s, move %s, intensive care %s", tasks[task.AdmitCase].State, tasks[task.MoveCase].State, tasks[task.MoveToICU].State)
		}
		s.clock.set(s.clock.now().Add(time.Hour))
		if a, err = s.MoveBed(ctx, dr, MoveBed{Case: c.ID, Level: "icu"}); err != nil || a.Level != facility.ICU {
			t.Fatalf("moved to %+v, %v", a, err)
		}
		if k := s.tasks(subject)[task.MoveToICU]; k.State != task.Done {
			t.Errorf("intensive care is %s", k.State)
		}
		if _, err := s.AdmitCase(ctx, dr, AdmitCase{Case: c.ID, Hospital: "H1"}); err == nil {
			t.Error("admitted twice to one hospital")
		}
		if a, err = s.AdmitCase(ctx, dr, AdmitCase{Case: c.ID, Hospital: "H2"}); err != nil || a.Level != facility.ICU || a.From == 0 {
			t.Fatalf("to another hospital: %+v, %v", a, err)
		}
		var early *NotDischargeable
		if _, err := s.DischargeCase(ctx, dr, DischargeCase{Case: c.ID}); !errors.As(err, &early) || len(early.Criteria) != 2 {
			t.Fatalf("discharged without a test: %v", err)
		}
		for range 2 {
			s.clock.set(s.clock.now().Add(25 * time.Hour))
			s.tested(c, lab.Negative)
		}
		if _, err := s.DischargeCase(ctx, dr, DischargeCase{Case: c.ID}); !errors.As(err, &early) {
			t.Fatalf("discharged while severe: %v", err)
		}
		_, err = s.RecordSeverity(ctx, dr, RecordSeverity{Case: c.ID, Severity: "mild"})
		s.must(err)
		a, err = s.DischargeCase(ctx, dr, DischargeCase{Case: c.ID})
		s.must(err)
		if a.Ended != treatment.Discharged {
			t.Errorf("%+v", a)
		}
		tasks = s.tasks(subject)
		if tasks[task.DischargeCase].State != task.Done || tasks[task.SampleHome].State != task.Open || tasks[task.MonitorHome].State != task.Open {
			t.Errorf("after discharge: %s, test %s, monitoring %s", tasks[task.DischargeCase].State, tasks[task.SampleHome].State, tasks[task.MonitorHome].State)
		}
		if err := s.EndMonitoring(ctx, dr, EndMonitoring{Case: c.ID}); err == nil {
			t.Error("monitoring ended on the first day")
		}
		s.clock.set(s.clock.now().Add(7 * 24 * time.Hour))
		s.must(s.EndMonitoring(ctx, dr, EndMonitoring{Case: c.ID}))
		if k := s.tasks(subject)[task.MonitorHome]; k.State != task.Done {
			t.Errorf("monitoring is %s", k.State)
		}

		// Before the criteria are met, two people must agree.
		b := s.caseIn("B", "confirmed", "370101")
		_, err = s.AdmitCase(ctx, dr, AdmitCase{Case: b.ID, Hospital: "H1"})
		s.must(err)
		out, err := s.DischargeCase(ctx, dr, DischargeCase{Case: b.ID, Override: true, Reason: "no test can be had"})
		if err != nil || !out.Open() {
			t.Fatalf("one person discharged them: %+v, %v", out, err)
		}
		if _, err = s.DischargeCase(ctx, dr, DischargeCase{Case: b.ID, Override: true, Reason: "again"}); err == nil {
			t.Error("the same person was the second")
		}
		out, err = s.DischargeCase(ctx, chief, DischargeCase{Case: b.ID, Override: true, Reason: "agreed"})
		if err != nil || out.Ended != treatment.Discharged || out.FirstBy != "dr" || out.EndedBy != "chief" {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

func TestRoomsAndReservesOfHospitals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("dr")
		s.wards("H1", true, 0, 0, 1) // one convertible room of two beds
		r := s.wards("H2", false, 3, 1, 0)
		run, err := s.ConvertRoom(ctx, by, ConvertRoom{Outbreak: "o", Hospital: "H1", Room: "c1"})
		s.must(err)
		subject := onConversion(run.ID)
		if k := s.tasks(subject)[task.ConvertRoom]; k.State != task.Open || !k.Due.Equal(run.StartedAt.Add(24*time.Hour)) {
			t.Errorf("conversion: %+v", k)
		}
		c := s.caseIn("A", "confirmed", "370101")
		if _, err := s.AdmitCase(ctx, by, AdmitCase{Case: c.ID, Hospital: "H1", Level: "icu"}); err == nil {
			t.Error("somebody was put into a room that is being converted")
		}
		run, err = s.ConvertRoom(ctx, by, ConvertRoom{Outbreak: "o", Hospital: "H1", Room: "c1", Done: true})
		s.must(err)
		if k := s.tasks(subject)[task.ConvertRoom]; k.State != task.Done || run.To != facility.ICU {
			t.Errorf("converted: %s, %+v", k.State, run)
		}
		for _, code := range []string{"A", "B"} {
			if code == "B" {
				c = s.caseIn(code, "confirmed", "370101")
			}
			_, err := s.AdmitCase(ctx, by, AdmitCase{Case: c.ID, Hospital: "H1", Level: "icu"})
			s.must(err)
		}
		var full *NotCovered
		d := s.caseIn("D", "confirmed", "370101")
		if _, err := s.AdmitCase(ctx, by, AdmitCase{Case: d.ID, Hospital: "H1", Level: "icu"}); !errors.As(err, &full) {
			t.Errorf("a third in two beds: %v", err)
		}
		if _, err := s.ConvertRoom(ctx, by, ConvertRoom{Outbreak: "o", Hospital: "H1", Room: "c1"}); err == nil {
			t.Error("a room was converted with people in it")
		}

		// Every bed is taken: the clock proposes the reserve, once.
		for range 2 {
			_, err := s.Tick(ctx)
			s.must(err)
		}
		var p *treatment.Proposal
		s.must(s.db.View(ctx, func(rd *store.Reader) (err error) { p, err = rd.ProposalOf(r.ID); return err }))
		if p == nil || p.State != treatment.Proposed || p.Occupied != 2 || p.Beds != 2 {
			t.Fatalf("proposal: %+v", p)
		}
		if k := s.tasks(onReserve(p.ID))[task.DecideReserve]; k.State != task.Open || k.Owner != task.CommandPost {
			t.Errorf("decision: %+v", k)
		}
		_, err = s.DecideReserve(ctx, Owner("duty"), DecideReserve{Proposal: p.ID, Accept: true})
		s.must(err)
		if k := s.tasks(onReserve(p.ID))[task.OpenReserve]; k.State != task.Open || !k.Due.Equal(s.clock.now().Add(24*time.Hour)) {
			t.Errorf("opening: %+v", k)
		}
		f, err := s.OpenReserve(ctx, by, OpenReserve{Outbreak: "o", Facility: "H2"})
		s.must(err)
		if k := s.tasks(onReserve(p.ID))[task.OpenReserve]; k.State != task.Done || f.State != facility.Open {
			t.Errorf("open: %s, %s", k.State, f.State)
		}
		n, err := s.ReportBeds(ctx, by, ReportBeds{Outbreak: "o", Rows: []BedRow{{Hospital: "H1", Level: "icu", At: "2022-03-05T08:00:00+08:00", Beds: 40, Occupied: 30}}})
		if err != nil || n != 1 {
			t.Errorf("beds told: %d, %v", n, err)
		}
		if _, err = s.ReportBeds(ctx, by, ReportBeds{Outbreak: "o", Rows: []BedRow{{Hospital: "H1", Level: "icu", Beds: 40, Occupied: 41}}}); err == nil {
			t.Error("more taken than there are")
		}
		e, err := s.NoteEvent(ctx, by, NoteEvent{Outbreak: "o", Facility: "H1", EventFields: EventFields{Kind: "staff", Where: "ward 3", ExposedStaff: 4}})
		s.must(err)
		if _, err := s.ChangeEvent(ctx, by, ChangeEvent{Event: e.ID, State: "contained", EventFields: EventFields{Kind: "staff"}}); err == nil {
			t.Error("contained without measures")
		}
		_, err = s.ChangeEvent(ctx, by, ChangeEvent{Event: e.ID, State: "contained", EventFields: EventFields{Kind: "staff", Measures: "ward closed", ExposedStaff: 6}})
		s.must(err)
		if k := s.tasks(onCareEvent(e.ID))[task.ContainEvent]; k.State != task.Done {
			t.Errorf("event is %s", k.State)
		}
	})
}

// TestCareIsForThoseOfTheHospital: another role, and another district, are refused, and nothing is kept.
func TestCareIsForThoseOfTheHospital(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		s.wards("H1", true, 1, 1, 0)
		c := s.caseIn("A", "confirmed", "370101")
		var area place.AreaID
		s.must(s.db.View(t.Context(), func(r *store.Reader) error {
			tree, err := r.Tree()
			j, _ := tree.ByCode("3701")
			area = j.ID
			return err
		}))
		by := func(role auth.Role, at place.AreaID, p auth.Purpose) By {
			return By{Actor: auth.Actor{UserID: 9, Login: "x", Grants: []auth.Grant{{Role: role, Area: at}}}, Purpose: p}
		}
		for name, who := range map[string]By{
			"another role":     by(auth.RoleEpidemiologist, area, auth.PurposeCaseInvestigation),
			"another district": by(auth.RoleHospital, area+100, auth.PurposeCare),
		} {
			var no *Forbidden
			if _, err := s.RecordSeverity(t.Context(), who, RecordSeverity{Case: c.ID, Severity: "severe"}); !errors.As(err, &no) {
				t.Errorf("%s: severity: %v", name, err)
			}
			if _, err := s.AdmitCase(t.Context(), who, AdmitCase{Case: c.ID, Hospital: "H1"}); !errors.As(err, &no) {
				t.Errorf("%s: admission: %v", name, err)
			}
			if _, err := s.ConvertRoom(t.Context(), who, ConvertRoom{Outbreak: "o", Hospital: "H1", Room: "w1"}); !errors.As(err, &no) {
				t.Errorf("%s: conversion: %v", name, err)
			}
		}
		_, err := s.RecordSeverity(t.Context(), by(auth.RoleHospital, area, auth.PurposeCare), RecordSeverity{Case: c.ID, Severity: "severe"})
		s.must(err)
		s.must(s.db.View(t.Context(), func(r *store.Reader) error {
			got, err := r.SeveritiesOf([]cases.ID{c.ID})
			if len(got[c.ID]) != 1 {
				t.Errorf("kept: %+v", got[c.ID])
			}
			return err
		}))
	})
}

// TestPropertiesOfCare: whatever is ordered, everybody in a hospital has one bed of their level, beds add up, and nobody has left before the criteria unless two people said so.
func TestPropertiesOfCare(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := newStory(t, storetest.SQLite(t), "covid19/2022-v9")
		ctx := t.Context()
		s.wards("H1", true, 2, 1, 1)
		s.wards("H2", true, 1, 1, 0)
		var ids []cases.Case
		for i := range 5 {
			ids = append(ids, s.caseIn(fmt.Sprint("K", i), "confirmed", "370101"))
		}
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			s.clock.set(s.clock.now().Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "hours")) * time.Hour))
			c := rapid.SampledFrom(ids).Draw(rt, "case")
			by := Owner(rapid.SampledFrom([]string{"dr", "chief"}).Draw(rt, "by"))
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0, 1:
				_, _ = s.AdmitCase(ctx, by, AdmitCase{Case: c.ID, Hospital: rapid.SampledFrom([]string{"H1", "H2"}).Draw(rt, "to")})
			case 2:
				_, _ = s.MoveBed(ctx, by, MoveBed{Case: c.ID, Level: rapid.SampledFrom([]string{"ward", "icu"}).Draw(rt, "level")})
			case 3:
				_, err := s.RecordSeverity(ctx, by, RecordSeverity{Case: c.ID, Severity: string(rapid.SampledFrom(treatment.Severities()).Draw(rt, "severity"))})
				s.must(err)
			case 4:
				s.tested(c, rapid.SampledFrom([]lab.Result{lab.Negative, lab.Positive}).Draw(rt, "result"))
			default:
				_, _ = s.DischargeCase(ctx, by, DischargeCase{Case: c.ID, Override: rapid.Bool().Draw(rt, "override"), Reason: "r"})
			}
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName("o")
			if err != nil {
				return err
			}
			list, err := r.Facilities(o.ID, store.Everywhere())
			if err != nil {
				return err
			}
			for _, f := range list {
				rooms, err := r.RoomsOf([]facility.ID{f.ID})
				if err != nil {
					return err
				}
				stays, err := r.StaysIn([]facility.ID{f.ID})
				if err != nil {
					return err
				}
				patients, err := r.Patients([]facility.ID{f.ID})
				if err != nil {
					return err
				}
				if len(stays[f.ID]) != len(patients[f.ID]) {
					rt.Fatalf("%s: %d beds for %d patients", f.Code, len(stays[f.ID]), len(patients[f.ID]))
				}
				level := map[facility.RoomID]facility.Level{}
				for _, m := range rooms[f.ID] {
					level[m.ID] = m.Level
				}
				of := map[facility.StayID]facility.Stay{}
				for _, x := range stays[f.ID] {
					of[x.ID] = x
				}
				for _, a := range patients[f.ID] {
					if x, ok := of[a.Stay]; !ok || level[x.Room] != a.Level || x.State != facility.In {
						rt.Fatalf("%s: case %d of level %s lies in %+v", f.Code, a.Case, a.Level, x)
					}
				}
				for l, b := range treatment.BedsByLevel(rooms[f.ID], stays[f.ID]) {
					if b.Free() < 0 {
						rt.Fatalf("%s %s: %+v", f.Code, l, b)
					}
				}
			}
			for _, c := range ids {
				all, err := r.AdmissionsOf([]cases.ID{c.ID})
				if err != nil {
					return err
				}
				severities, err := r.SeveritiesOf([]cases.ID{c.ID})
				if err != nil {
					return err
				}
				specimens, err := r.SpecimensOf(c.Person, o.ID)
				if err != nil {
					return err
				}
				for _, a := range all[c.ID] {
					if a.Ended != treatment.Discharged || a.FirstBy != "" && a.FirstBy != a.EndedBy {
						continue
					}
					f := response.CaseFacts{Case: c}
					for _, x := range severities[c.ID] {
						if !x.At.After(a.EndedAt) {
							f.Care.Severity = append(f.Care.Severity, x)
						}
					}
					for _, x := range specimens {
						if !x.TakenAt.After(a.EndedAt) {
							f.Specimens = append(f.Specimens, x)
						}
					}
					p, err := protocol.Load("covid19/2022-v9")
					if err != nil {
						return err
					}
					if !response.Dischargeable(response.Criteria(p, f, a.EndedAt)) {
						rt.Fatalf("case %d left at %s before the criteria, by %q alone", c.ID, a.EndedAt, a.EndedBy)
					}
				}
			}
			return nil
		}))
	})
}

// TestWhoHasLeftIsNoPatient: the end of a stay in a hospital is the end of the admission, and somebody who has gone can be admitted again.
func TestWhoHasLeftIsNoPatient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := t.Context(), Owner("test")
		s := newStory(t, func(change ...func(*store.Options)) *store.DB { return open(change...) }, "covid19/2022-v9")
		made, err := s.AddFacilities(ctx, by, AddFacilities{Outbreak: "o", Facilities: []FacilityFields{{Code: "H", Kind: facility.Hospital, Area: "370101", Open: true}}})
		s.must(err)
		_, err = s.AddRooms(ctx, by, AddRooms{Facility: made[0].ID, Rooms: []RoomFields{{Code: "1", Beds: 1, Level: facility.WardLevel}, {Code: "2", Beds: 1, Level: facility.WardLevel}, {Code: "3", Beds: 1, Level: facility.WardLevel}}})
		s.must(err)
		c, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Person: PersonFields{Age: "40"}, Fields: map[string]string{"class": "confirmed", "area": "370101"}})
		s.must(err)
		for _, x := range []struct {
			leaving facility.Leaving
			want    treatment.Ending
		}{{facility.LeftWithout, treatment.Moved}, {facility.LeftError, treatment.Mistaken}} {
			a, err := s.AdmitCase(ctx, by, AdmitCase{Case: c.ID, Hospital: "H"})
			s.must(err)
			if _, err := s.CheckOut(ctx, by, CheckOut{Stays: []facility.StayID{a.Stay}, Leaving: facility.LeftDied}); err == nil {
				t.Error("a patient died as the end of a stay, and the case knows nothing of it")
			}
			_, err = s.CheckOut(ctx, by, CheckOut{Stays: []facility.StayID{a.Stay}, Leaving: x.leaving, Reason: "at night"})
			s.must(err)
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				a, err := r.Admission(a.ID)
				if a.Ended != x.want || a.EndReason != "at night" {
					t.Errorf("after leaving %s the admission is %+v", x.leaving, a)
				}
				return err
			}))
		}
		_, err = s.AdmitCase(ctx, by, AdmitCase{Case: c.ID, Hospital: "H"})
		s.must(err)
	})
}
