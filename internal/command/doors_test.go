package command

import (
	"context"
	"errors"
	"strings"
	"testing"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestDoorLists(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx := context.Background()
		s.register(firstRegister + "B1,Late,,370101,12号楼,9,,,\nB2,Lost,,370101,,,,,\nB3,Ten,,370101,12号楼,10,,,\n")
		r := s.plan(PlanRound{Areas: []string{"370101"}})
		wang, li, zhang, b1, b2, b3 := s.who("370202199001011231"), s.who("370202199202021232"), s.who("370202194004041234"), s.who("B1"), s.who("B2"), s.who("B3")
		tree, err := s.db.Tree(ctx)
		s.must(err)
		reader := auth.Actor{UserID: 5, Login: "coordinator", Grants: []auth.Grant{{Role: auth.RoleScreeningCoordinator, Area: wang.Area}}}
		ask := store.DoorRequest{By: reader, Purpose: auth.PurposeScreening, Reason: "round 1", Round: r.ID, Numbers: []person.Number{wang.Number, b3.Number, b2.Number, b1.Number, 999999}}
		got, err := s.identities.Doors(ctx, ask)
		s.must(err)
		var lines []string
		for _, d := range got {
			lines = append(lines, d.Building.Name+"/"+d.Door.Reveal()+"/"+d.Name.Reveal()+"/"+d.Phone.Reveal())
			if d.Code == "" || d.Area != wang.Area {
				t.Errorf("%+v", d)
			}
		}
		if want := "//Lost/ 3号楼/101/王小明/13800000001 12号楼/9/Late/ 12号楼/10/Ten/"; strings.Join(lines, " ") != want {
			t.Errorf("got %q, want %q", strings.Join(lines, " "), want)
		}
		reads := func() (n int) {
			s.must(s.db.View(ctx, func(rd *store.Reader) error {
				list, err := rd.EntriesOfKinds(store.RoundSubject(r.ID), journal.NameRead)
				for _, e := range list {
					if strings.Contains(string(e.Payload), "王") || strings.Contains(string(e.Payload), `"101"`) {
						t.Errorf("the journal tells %s", e.Payload)
					}
				}
				n = len(list)
				return err
			}))
			return n
		}
		if n := reads(); n != 1 {
			t.Errorf("%d readings are journalled, want 1", n)
		}
		// Somebody elsewhere, another purpose, no reason: nothing is opened, and nothing journalled.
		var refused *store.NameRefused
		other := ask
		other.Numbers = append([]person.Number{zhang.Number}, ask.Numbers...)
		if _, err := s.identities.Doors(ctx, other); !errors.As(err, &refused) {
			t.Errorf("somebody of another community: %v", err)
		}
		other = ask
		other.Purpose = auth.PurposeAdministration
		if _, err := s.identities.Doors(ctx, other); !errors.As(err, &refused) {
			t.Errorf("another purpose: %v", err)
		}
		other = ask
		other.Reason = " "
		if _, err := s.identities.Doors(ctx, other); !errors.Is(err, store.ErrNameRequest) {
			t.Errorf("no reason: %v", err)
		}
		if n := reads(); n != 1 {
			t.Errorf("%d readings are journalled, want 1", n)
		}

		// The same people counted by building.
		var counts []store.BuildingCount
		s.must(s.db.View(ctx, func(rd *store.Reader) error {
			runs, err := rd.NumberRuns()
			if err != nil {
				return err
			}
			var ranges []screening.Range
			for _, x := range runs {
				if tree.Contains(wang.Area, x.Area) {
					ranges = append(ranges, x.Range)
				}
			}
			counts, err = rd.CountByBuilding(ranges, func(n person.Number) bool { return n != b3.Number }, func(n person.Number) bool { return n != li.Number })
			return err
		}))
		type line struct {
			name         string
			due, missing int64
		}
		want := []line{{"", 1, 1}, {"3号楼", 3, 2}, {"12号楼", 1, 1}}
		if len(counts) != len(want) {
			t.Fatalf("%+v", counts)
		}
		for i, c := range counts {
			if (line{c.Building.Name, c.Due, c.Missing}) != want[i] {
				t.Errorf("building %d: %+v, want %+v", i, c, want[i])
			}
		}
	})
}
