package store_test

import (
	"testing"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
)

func TestTransfersComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := time.Date(2022, 3, 5, 9, 0, 0, 0, time.UTC)
		v := transfer.Vehicle{Outbreak: 1, Code: "鲁B-120", Name: "Bus", Area: 3, District: 2, Lon: 120.5, Lat: 36.9, Seats: 20, Wheelchairs: 1, Stretchers: 2, Takes: facility.Case, Disinfect: 40 * time.Minute,
			State: transfer.Ready, StateAt: at, Last: facility.Case, AtLon: 120.4, AtLat: 36.8, AtTime: at}
		shifts := []transfer.Shift{{Crew: "team 3", From: at, To: at.Add(8 * time.Hour)}}
		q := transfer.Request{Outbreak: 1, Person: 7, Class: facility.Contact, ContactOf: 9, Household: 4, Tier: "close", Purpose: transfer.ToQuarantine, Task: task.Subject{Kind: task.OnContact, ID: 9},
			TaskKey: task.Key{Kind: task.QuarantineContact, Ordinal: 1}, Area: 3, District: 2, Lon: 120.5, Lat: 36.9, Located: true, Seat: transfer.Wheelchair, Care: []string{"barrier_free", "oxygen"}, Note: "no lift",
			NotBefore: at, Deadline: at.Add(4 * time.Hour), State: transfer.Open, StateAt: at, FoundAt: at, MadeAt: at, MadeBy: "rule:contact_listed"}
		trip := transfer.Trip{Outbreak: 1, Class: facility.Contact, Facility: 5, Area: 3, District: 2, State: transfer.TripPlanned, From: at, To: at.Add(time.Hour), Delay: 5 * time.Minute, DelayNote: "a closed road"}
		update(t, db, func(tx *store.Tx) error {
			if err := tx.AddVehicles([]*transfer.Vehicle{&v}); err != nil {
				return err
			}
			if err := tx.SetShifts(v, at, shifts); err != nil {
				return err
			}
			var err error
			if q.ID, err = tx.RequestIDs(1); err != nil {
				return err
			}
			q.Party = q.ID
			if err := tx.AddRequests([]*transfer.Request{&q}); err != nil {
				return err
			}
			trip.Vehicle, trip.Shift = v.ID, shifts[0].ID
			trip.Stops = []transfer.Stop{{Party: q.ID, Lon: 120.5, Lat: 36.9, Arrive: at, Begin: at.Add(time.Minute), Done: at.Add(6 * time.Minute)}, {Facility: 5, Lon: 120.6, Lat: 36.8, Arrive: at.Add(20 * time.Minute)}}
			return tx.AddTrip(&trip)
		})
		q.State, q.Promised, q.Trip, q.Stay = transfer.Planned, at.Add(time.Minute), trip.ID, 12
		h := transfer.HandOver{Outbreak: 1, Trip: trip.ID, Stop: trip.Stops[0].ID, Request: q.ID, End: transfer.In, Gave: "building 3", Took: "team 3", At: at, ToldAt: at.Add(time.Minute), ToldBy: "phone:1", Means: transfer.Drawn, Sealed: []byte{1}}
		phone := transfer.Phone{Outbreak: 1, Vehicle: v.ID, Crew: "team 3", Key: [32]byte{7}, EnrolBy: at}
		plan := store.TransferPlan{Outbreak: 1, MadeAt: at, MadeBy: "dispatcher", InTime: true, Requests: 1, People: 2, Travel: 12.5, Km: 7, Digest: "ab", Question: []byte("q"), Answer: []byte("a")}
		update(t, db, func(tx *store.Tx) error {
			if err := tx.UpdateRequest(&q); err != nil {
				return err
			}
			trip.State, trip.StartedAt = transfer.TripStarted, at
			trip.Stops[0].CameAt, trip.Stops[0].DoneAt, trip.Stops[0].Outcome = at, at.Add(time.Minute), transfer.HandedOver
			if err := tx.SetStops(&trip); err != nil {
				return err
			}
			if err := tx.UpdateTrip(&trip); err != nil {
				return err
			}
			if err := tx.AddHandOvers([]*transfer.HandOver{&h}); err != nil {
				return err
			}
			if err := tx.AddPhone(&phone, 2); err != nil {
				return err
			}
			if err := tx.AddPhoneReport(store.PhoneReport{Phone: phone.ID, Seq: 1, Outbreak: 1, At: at, Digest: "d", Answer: "{}"}); err != nil {
				return err
			}
			if err := tx.SetFull(store.Full{Facility: 5, Outbreak: 1, Since: at, ToldBy: "x", Reason: "no beds"}); err != nil {
				return err
			}
			return tx.AddTransferPlan(&plan)
		})
		view(t, db, func(r *store.Reader) error {
			gotV, err := r.VehicleByCode(1, "鲁B-120")
			if err != nil {
				return err
			}
			sameRow(t, "vehicle", gotV, v)
			gotS, err := r.ShiftsOf([]transfer.VehicleID{v.ID}, at)
			if err != nil {
				return err
			}
			sameRow(t, "shifts", gotS[v.ID], shifts)
			live, err := r.LiveRequests(1, store.Everywhere())
			if err != nil {
				return err
			}
			sameRow(t, "requests", live, []transfer.Request{q})
			trips, err := r.LiveTrips(1)
			if err != nil {
				return err
			}
			sameRow(t, "trips", trips, []transfer.Trip{trip})
			hands, err := r.HandOversOf([]transfer.RequestID{q.ID})
			if err != nil {
				return err
			}
			h.Sealed = nil
			sameRow(t, "hand-overs", hands[q.ID], []transfer.HandOver{h})
			gotP, err := r.PhoneByKey([32]byte{7})
			if err != nil {
				return err
			}
			sameRow(t, "phone", gotP, phone)
			if x, ok, err := r.PhoneReport(phone.ID, 1); err != nil || !ok || x.Answer != "{}" {
				t.Errorf("the phone's report is %+v, %v, %v", x, ok, err)
			}
			if full, err := r.FullSites(1); err != nil || full[5].Reason != "no beds" {
				t.Errorf("full sites are %v, %v", full, err)
			}
			gotPlan, err := r.TransferPlan(1, 1)
			if err != nil {
				return err
			}
			sameRow(t, "plan", gotPlan, plan)
			return nil
		})
	})
}

func TestNobodyHasTwoRequestsAtATime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := time.Date(2022, 3, 5, 9, 0, 0, 0, time.UTC)
		add := func(state transfer.State, p person.ID) error {
			return db.Update(t.Context(), func(tx *store.Tx) error {
				id, err := tx.RequestIDs(1)
				if err != nil {
					return err
				}
				return tx.AddRequests([]*transfer.Request{{ID: id, Outbreak: 1, Party: id, Person: p, Class: facility.Case, CaseOf: 1, Purpose: transfer.ToIsolation, Task: task.Subject{Kind: task.OnCase, ID: 1}, Seat: transfer.Sitting,
					State: state, StateAt: at, Deadline: at, MadeAt: at}})
			})
		}
		if err := add(transfer.Open, 7); err != nil {
			t.Fatal(err)
		}
		if err := add(transfer.NoShow, 7); err == nil {
			t.Error("somebody has two requests that are not over")
		}
		for _, s := range []transfer.State{transfer.Arrived, transfer.Cancelled} {
			if err := add(s, 7); err != nil {
				t.Errorf("a request that is %s stands in the way: %v", s, err)
			}
		}
		if err := add(transfer.Open, 8); err != nil {
			t.Error(err)
		}
	})
}
