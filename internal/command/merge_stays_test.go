package command

import (
	"testing"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// TestMergeCarriesStays: a contact at a site and a case in a hospital are found to be one person. They are where they are treated, once, and the record that goes on knows it; taking it back
// puts each where they were.
func TestMergeCarriesStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := t.Context(), Owner("test")
		s := newStory(t, func(change ...func(*store.Options)) *store.DB { return open(change...) }, "covid19/2022-v9")
		made, err := s.AddFacilities(ctx, by, AddFacilities{Outbreak: "o", Facilities: []FacilityFields{{Code: "H", Kind: facility.Hospital, Area: "370101", Open: true}, {Code: "Q", Kind: facility.QuarantineSite, Area: "370101", Open: true}}})
		s.must(err)
		for i, level := range []facility.Level{facility.WardLevel, facility.NoLevel} {
			_, err := s.AddRooms(ctx, by, AddRooms{Facility: made[i].ID, Rooms: []RoomFields{{Code: "1", Beds: 1, Level: level}, {Code: "2", Beds: 1, Level: level}}})
			s.must(err)
		}
		add := func(age string) cases.Case {
			c, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Person: PersonFields{Age: age}, Fields: map[string]string{"class": "confirmed", "area": "370101"}})
			s.must(err)
			return c.Case
		}
		index, sick := add("40"), add("30")
		k, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Case: index.ID, Person: PersonFields{Age: "30"}, Fields: map[string]string{"tier": "close", "area": "370101", "last_exposed": "2022-03-05"}})
		s.must(err)
		_, err = s.WalkIn(ctx, by, WalkIn{BookStays: BookStays{Outbreak: "o", Facility: "Q", Guests: []Guest{{Contact: k.ID}}}})
		s.must(err)
		_, err = s.AdmitCase(ctx, by, AdmitCase{Case: sick.ID, Hospital: "H"})
		s.must(err)
		where := func(p person.ID) (at facility.ID, n int) {
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				all, err := r.StaysOf([]person.ID{p})
				for _, x := range all[p] {
					if x.State == facility.In {
						at = x.Facility
					}
				}
				n = len(all[p])
				return err
			}))
			return at, n
		}
		m := s.merge(k.Person, sick.Person)
		if at, n := where(k.Person); at != made[0].ID || n != 2 {
			t.Errorf("after the merge they are in facility %d with %d stays, want the hospital, %d, and both stays", at, n, made[0].ID)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			list, err := r.AdmissionsOf([]cases.ID{sick.ID})
			if a := list[sick.ID]; len(a) != 1 || a[0].Person != k.Person || !a[0].Open() {
				t.Errorf("admissions after the merge: %+v", a)
			}
			return err
		}))
		// Somebody else is given the bed that they had at the site: it stays theirs.
		other, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Case: index.ID, Person: PersonFields{Age: "50"}, Fields: map[string]string{"tier": "close", "area": "370101", "last_exposed": "2022-03-05"}})
		s.must(err)
		_, err = s.WalkIn(ctx, by, WalkIn{BookStays: BookStays{Outbreak: "o", Facility: "Q", Guests: []Guest{{Contact: other.ID, Room: "1"}}}})
		s.must(err)
		_, err = s.UnmergePeople(ctx, by, UnmergePeople{Merge: m.ID, Reason: "two after all"})
		s.must(err)
		if at, n := where(sick.Person); at != made[0].ID || n != 1 {
			t.Errorf("the patient is in facility %d with %d stays", at, n)
		}
		if at, n := where(k.Person); at != 0 || n != 1 {
			t.Errorf("the contact, whose bed is another's, is in facility %d with %d stays", at, n)
		}
		if at, _ := where(other.Person); at != made[1].ID {
			t.Error("who was given the bed lost it")
		}
	})
}
