package store_test

import (
	"errors"
	"strconv"
	"testing"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// TestLookalikes: pairs are proposed for a reason, only where the caller may read both, and not again once told apart.
func TestLookalikes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := t.Context()
		db := open()
		var areas [2]place.AreaID
		var people []person.Person
		o := outbreak.Outbreak{Name: "o", Pack: "covid19/2022-v9@1", Zone: "Asia/Shanghai", Phase: outbreak.Active}
		err := db.Update(ctx, func(tx *store.Tx) error {
			if _, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "1", Name: "City", Level: place.City}},
				{Jurisdiction: place.Jurisdiction{Code: "11", Name: "North", Level: place.District}, ParentCode: "1"}, {Jurisdiction: place.Jurisdiction{Code: "12", Name: "South", Level: place.District}, ParentCode: "1"}}, nil, 1); err != nil {
				return err
			}
			tree, err := tx.Tree()
			if err != nil {
				return err
			}
			for i, code := range []string{"11", "12"} {
				j, _ := tree.ByCode(code)
				areas[i] = j.ID
			}
			o.Area = areas[0]
			if err := tx.AddOutbreak(&o); err != nil {
				return err
			}
			born, _ := day.Parse("1990-05-01")
			people = []person.Person{
				{Sex: person.Female, Born: born, Age: person.AgeUnknown, Area: areas[0]}, {Sex: person.Female, Born: born, Age: person.AgeUnknown, Area: areas[0]},
				{Sex: person.Male, Born: born, Age: person.AgeUnknown, Area: areas[0]}, {Sex: person.Female, Born: born, Age: person.AgeUnknown, Area: areas[1]},
			}
			if err := tx.AddPeople(people); err != nil {
				return err
			}
			first, err := tx.CaseIDs(len(people))
			if err != nil {
				return err
			}
			onset, _ := day.Parse("2022-03-01")
			var list []*store.NewCase
			for i, p := range people {
				list = append(list, &store.NewCase{Case: cases.Case{ID: first + cases.ID(i), Outbreak: o.ID, Person: p.ID, Code: string(rune('A' + i)), Class: cases.Confirmed, Area: p.Area, Onset: onset}})
			}
			return tx.AddCases(list)
		})
		if err != nil {
			t.Fatal(err)
		}
		pairs := func(w store.Within) (out [][2]person.ID) {
			t.Helper()
			err := db.View(ctx, func(r *store.Reader) error {
				got, err := r.Lookalikes(o.ID, w, 0, 100)
				for _, p := range got.Pairs {
					out = append(out, [2]person.ID{p.B, p.A})
					if p.Score < 45 || len(p.Signs) == 0 {
						t.Errorf("pair %d, %d is proposed with %d points for %v", p.A, p.B, p.Score, p.Signs)
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		one, two, far := people[0].ID, people[1].ID, people[3].ID
		city := store.Everywhere()
		if got := pairs(city); len(got) != 3 || got[0] != [2]person.ID{one, two} {
			t.Errorf("the city sees %v, want %d and %d first, and both with %d", got, one, two, far)
		}
		district := store.Within{Scope: auth.Scope{Roots: []place.AreaID{areas[0]}}}
		if got := pairs(district); len(got) != 1 || got[0] != [2]person.ID{one, two} {
			t.Errorf("the district sees %v, want only %d and %d", got, one, two)
		}
		// In pages of one person each pair comes once; the walk over all of them gives the same.
		err = db.View(ctx, func(r *store.Reader) error {
			seen := map[[2]person.ID]int{}
			for before := person.ID(0); ; {
				got, err := r.Lookalikes(o.ID, city, before, 1)
				if err != nil {
					return err
				}
				for _, p := range got.Pairs {
					seen[[2]person.ID{p.B, p.A}]++
				}
				if before = got.Next; before == 0 {
					break
				}
			}
			if len(seen) != 3 || seen[[2]person.ID{one, two}] != 1 || seen[[2]person.ID{one, far}] != 1 || seen[[2]person.ID{two, far}] != 1 {
				t.Errorf("in pages: %v", seen)
			}
			all, err := r.LookalikesFrom(o.ID, city, 0, 1, 1)
			if err != nil || len(all.Pairs) != 3 || all.Read != 4 || all.Next != 0 {
				t.Errorf("the walk: %+v, %v", all, err)
			}
			p, err := r.Pair(o.ID, district, one, two)
			if err != nil || p.A != two || p.B != one || p.Score < store.ProposeFrom || len(p.Who[0].Cases) != 1 || p.Apart || p.Mark("name") != "" {
				t.Errorf("side by side: %+v, %v", p, err)
			}
			for _, k := range [][2]person.ID{{one, far}, {one, one}, {one, 999}} {
				if _, err := r.Pair(o.ID, district, k[0], k[1]); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("the district compares %v: %v", k, err)
				}
			}
			for name, want := range map[string]person.ID{"A": one, "case:B": two, "person:" + strconv.FormatInt(int64(far), 10): far, "contact:A": 0, "nobody": 0, "person:x": 0} {
				if got, err := r.PersonCalled(o.ID, name); got != want || (want == 0) != errors.Is(err, store.ErrNotFound) {
					t.Errorf("who is called %q: %d, %v; want %d", name, got, err, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := pairs(store.Within{}); len(got) != 0 {
			t.Errorf("nobody sees %v", got)
		}
		err = db.Update(ctx, func(tx *store.Tx) error {
			fresh, err := tx.TellApart(people[1], people[0], "test", "twins")
			if !fresh {
				t.Error("telling apart the first time was nothing new")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := pairs(district); len(got) != 0 {
			t.Errorf("told apart, and proposed again: %v", got)
		}
	})
}
