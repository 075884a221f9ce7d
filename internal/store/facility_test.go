package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestFacilitiesRoomsAndStaysComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := time.Date(2022, 3, 5, 9, 0, 0, 0, time.UTC)
		f := facility.Facility{Outbreak: 1, Code: "q01", Name: "水集酒店", Kind: facility.QuarantineSite, State: facility.Open, StateAt: at, Area: 3, District: 2, Lon: 120.5, Lat: 36.9, Located: true,
			ReadyIn: 24 * time.Hour, Unload: 10 * time.Minute, Bays: 2, Opens: 7 * time.Hour, Closes: 23 * time.Hour, Tier: "close", Phone: "0532-1"}
		m := facility.Room{Outbreak: 1, District: 2, Code: "3-01", Group: "lift 1", Beds: 2, Use: facility.Private, Care: []string{"barrier_free", "oxygen"}, State: facility.Ready, StateAt: at, Convertible: true}
		s := facility.Stay{Outbreak: 1, Person: 7, Class: facility.Contact, ContactOf: 9, Household: 4, Bed: 1, Area: 3, District: 2, State: facility.Booked, BookedAt: at, BookedBy: "dispatcher"}
		update(t, db, func(tx *store.Tx) error {
			if err := tx.AddFacilities([]*facility.Facility{&f}); err != nil {
				return err
			}
			m.Facility = f.ID
			if err := tx.AddRooms([]*facility.Room{&m}); err != nil {
				return err
			}
			s.Facility, s.Room = f.ID, m.ID
			return tx.AddStays([]*facility.Stay{&s})
		})
		s.State, s.InAt = facility.In, at.Add(time.Hour)
		m.State = facility.Broken
		f.State = facility.Closing
		update(t, db, func(tx *store.Tx) error {
			if err := tx.UpdateStay(&s); err != nil {
				return err
			}
			if err := tx.UpdateRoom(&m); err != nil {
				return err
			}
			return tx.UpdateFacility(&f)
		})
		view(t, db, func(r *store.Reader) error {
			gotF, err := r.FacilityByCode(1, "q01")
			if err != nil {
				return err
			}
			sameRow(t, "facility", gotF, f)
			rooms, err := r.RoomsOf([]facility.ID{f.ID})
			if err != nil {
				return err
			}
			sameRow(t, "rooms", rooms[f.ID], []facility.Room{m})
			stays, err := r.StaysIn([]facility.ID{f.ID})
			if err != nil {
				return err
			}
			sameRow(t, "stays", stays[f.ID], []facility.Stay{s})
			of, err := r.StaysOf([]person.ID{7})
			if err != nil {
				return err
			}
			sameRow(t, "stays of the person", of[7], []facility.Stay{s})
			return nil
		})
	})
}

// The tables themselves keep the promise that nobody has two beds and no bed has two people.
func TestNobodyHasTwoBedsAndNoBedTwoPeople(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 3, 5, 9, 0, 0, 0, time.UTC)
	stay := func(p person.ID, room facility.RoomID, bed int64, state facility.StayState) *facility.Stay {
		return &facility.Stay{Outbreak: 1, Person: p, Class: facility.Contact, ContactOf: 1, Facility: 1, Room: room, Bed: bed, State: state, BookedAt: at}
	}
	for _, c := range []struct {
		name   string
		second *facility.Stay
		ok     bool
	}{
		{"the same bed", stay(2, 1, 1, facility.Booked), false},
		{"a second bed for one person", stay(1, 1, 2, facility.In), false},
		{"a bed booked for somebody who is in another", stay(1, 2, 1, facility.Booked), true},
		{"the bed beside", stay(2, 1, 2, facility.In), true},
		{"at home, beside another at home", &facility.Stay{Outbreak: 1, Person: 3, Class: facility.Contact, ContactOf: 2, State: facility.In, BookedAt: at}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, open storetest.Open) {
				db := open()
				update(t, db, func(tx *store.Tx) error {
					return tx.AddStays([]*facility.Stay{stay(1, 1, 1, facility.In), {Outbreak: 1, Person: 9, Class: facility.Contact, ContactOf: 3, State: facility.In, BookedAt: at}})
				})
				second := *c.second
				err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.AddStays([]*facility.Stay{&second}) })
				if (err == nil) != c.ok {
					t.Errorf("got error %v, want one: %t", err, !c.ok)
				}
			})
		})
	}
}

func sameRow[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s, -want +got:\n%s", what, d)
	}
}
