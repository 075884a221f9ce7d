package command

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/auth"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

const areaHeader = "code,name,level,parent,population\n"

func areasOf(text string) ImportAreas {
	return ImportAreas{Jurisdictions: AreaFile{Name: "areas.csv", Content: []byte(areaHeader + text)}}
}

func outlineOf(code string) ImportAreas {
	return ImportAreas{Boundaries: AreaFile{Name: "shapes.geojson", Content: []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"` + code +
		`"},"geometry":{"type":"Polygon","coordinates":[[[120,36],[121,36],[121,37],[120,36]]]}}]}`)}}
}

// fates are what becomes of each row: its code and fate, with the column of a rejected one.
func fates(list []AreaChange) map[string]string {
	out := map[string]string{}
	for _, c := range list {
		out[c.Code] = strings.TrimSpace(string(c.Fate) + " " + c.Column)
	}
	return out
}

func TestImportAreas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		seq := func() (n int64) {
			s.must(s.db.View(ctx, func(r *store.Reader) (err error) { n, err = r.AreasSeq(); return err }))
			return n
		}
		before := seq()
		try := areasOf("37,Province,province,,9\n3701,District,district,37,\n3702,South,district,37,5\n370201,Lane,community,3702,\n370101,Community,community,37X,\nZ1,Z,community,Z2,\nZ2,Z,community,Z1,\nshort,row\n,none,city,37,\n")
		try.DryRun = true
		got, err := s.ImportAreas(ctx, by, try)
		s.must(err)
		want := map[string]string{"37": "updated", "3701": "unchanged", "3702": "created", "370201": "created", "370101": "rejected parent", "Z1": "rejected parent", "Z2": "rejected parent", "": "rejected code"}
		if diff := cmp.Diff(want, fates(got.Changes)); diff != "" {
			t.Errorf("a dry run (-want +got):\n%s", diff)
		}
		if got.Created != 2 || got.Updated != 1 || got.Unchanged != 1 || got.Rejected != 5 || got.Files[0].Rows != 9 || got.Seen != before {
			t.Errorf("counts %+v: every row is counted once", got)
		}
		if diff := cmp.Diff([]AreaField{{"population", "0", "9"}}, got.Changes[0].Fields); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		try.DryRun = false
		var rows *AreasRejected
		if _, err := s.ImportAreas(ctx, by, try); !errors.As(err, &rows) || len(rows.Rows) != 5 || !strings.Contains(err.Error(), "areas.csv, row 6 (370101), column parent") {
			t.Errorf("wrong rows: %v", err)
		}
		if seq() != before {
			t.Fatal("a refused file changed the tree")
		}

		good := areasOf("37,Province,province,,9\n3702,South,district,37,5\n370201,Lane,community,3702,\n")
		good.Seen = &before
		got, err = s.ImportAreas(ctx, by, good)
		s.must(err)
		if got.Created != 2 || got.Updated != 1 || got.Unchanged != 0 || seq() == before {
			t.Errorf("imported %+v", got)
		}
		var conflict *store.Conflict
		if _, err = s.ImportAreas(ctx, by, good); !errors.As(err, &conflict) {
			t.Errorf("a preview of another tree: %v, want a conflict", err)
		}
		// A file that does not know the population does not take it away.
		got, err = s.ImportAreas(ctx, by, areasOf("3702,South,district,37,\n"))
		s.must(err)
		if got.Unchanged != 1 {
			t.Errorf("without population %+v", got)
		}

		for _, want := range []int{1, 0} { // drawn, then drawn already
			got, err = s.ImportAreas(ctx, by, outlineOf("3702"))
			s.must(err)
			if got.Outlines != 1 || got.Drawn != want {
				t.Errorf("outline: %+v, want %d drawn", got, want)
			}
		}
		if _, err = s.ImportAreas(ctx, by, outlineOf("9")); !errors.As(err, &rows) {
			t.Errorf("an outline of nothing: %v", err)
		}
		var invalid *Invalid
		if _, err = s.ImportAreas(ctx, by, ImportAreas{}); !errors.As(err, &invalid) {
			t.Errorf("no file: %v", err)
		}
	})
}

// TestMoveArea: what has records may move within its district, and takes its coverage and its scope along; into another district it may not.
func TestMoveArea(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		_, err := s.ImportAreas(ctx, by, areasOf("3702,South,district,37,\n370110,West street,street,3701,\n370111,East street,street,3701,\n370102,Empty,community,3701,\nB,Bare,city,37,\n"))
		s.must(err)
		_, err = s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: "A", Fields: map[string]string{"class": "confirmed", "onset": "2022-03-03", "area": "370101"}})
		s.must(err)
		open0 := func(code string) (n int64) {
			s.must(s.db.View(ctx, func(r *store.Reader) error {
				tree, err := r.Tree()
				if err != nil {
					return err
				}
				j, _ := tree.ByCode(code)
				o, err := r.OutbreakByName("o")
				if err != nil {
					return err
				}
				list, err := r.TasksOf(onCase(1))
				if err != nil {
					return err
				}
				for _, k := range list {
					if k.State == task.Open && k.Outbreak == o.ID && tree.Contains(j.ID, k.Area) {
						n++
					}
				}
				return nil
			}))
			return n
		}
		all := open0("370101")
		if all == 0 {
			t.Fatal("the case has no open task")
		}

		// Within the district.
		got, err := s.ImportAreas(ctx, by, areasOf("370101,Community,community,370110,\n"))
		s.must(err)
		if got.Moved != 1 || got.Changes[0].Records < 2 {
			t.Errorf("moved %+v: it has a case and its tasks", got)
		}
		if n := open0("370110"); n != all {
			t.Errorf("%d tasks in the street, want %d", n, all)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName("o")
			if err != nil {
				return err
			}
			counted, err := r.RecountTasks(o.ID)
			if err == nil && (counted.Tasks == 0 || len(counted.Wrong) > 0) {
				t.Errorf("after the move: %+v", counted)
			}
			return err
		}))

		// Into another district, by itself, with its street, by the district's becoming something else, or by a district put between.
		for name, tc := range map[string]struct{ text, code, column string }{
			"community":  {"370101,Community,community,3702,\n", "370101", "parent"},
			"street":     {"370110,West street,street,3702,\n", "370110", "parent"},
			"no level":   {"3701,District,city,37,\n", "3701", "level"},
			"in between": {"37011,New,district,3701,\n370110,West street,street,37011,\n", "370110", "parent"},
		} {
			var rows *AreasRejected
			_, err := s.ImportAreas(ctx, by, areasOf(tc.text))
			if !errors.As(err, &rows) || rows.Rows[0].Code != tc.code || rows.Rows[0].Column != tc.column || !strings.Contains(rows.Rows[0].Reason, "another district") {
				t.Errorf("%s: %v, want %s rejected for its %s", name, err, tc.code, tc.column)
			}
		}
		// What has none may go anywhere, and a district as a whole takes its records along.
		got, err = s.ImportAreas(ctx, by, areasOf("370102,Empty,community,3702,\n3701,District,district,B,\n"))
		s.must(err)
		if got.Moved != 2 {
			t.Errorf("moved %+v", got)
		}
		if n := open0("B"); n != all {
			t.Errorf("%d tasks in the city, want %d", n, all)
		}
	})
}

// TestImportAreasScope: an administrator changes their own subtree, and nothing else.
func TestImportAreasScope(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx := context.Background()
		s := newStory(t, open, "covid19/2022-v9")
		_, err := s.ImportAreas(ctx, Owner("test"), areasOf("3702,South,district,37,\n370201,Lane,community,3702,\n"))
		s.must(err)
		tree, err := s.db.Tree(ctx)
		s.must(err)
		at := func(role auth.Role, code string) By {
			j, _ := tree.ByCode(code)
			return By{Actor: auth.Actor{Login: "a", Grants: []auth.Grant{{Role: role, Area: j.ID}}}}
		}
		text := "37,Renamed,province,,\n3701,Renamed,district,37,\n370109,New,community,3701,\n370209,New,community,3702,\n370201,Lane,community,3701,\nTOP,New,nation,,\n"
		for name, tc := range map[string]struct {
			by   By
			want map[string]string
		}{
			"of a district": {at(auth.RoleAdministrator, "3701"), map[string]string{"37": "rejected code", "3701": "updated", "370109": "created", "370209": "rejected parent", "370201": "rejected code", "TOP": "rejected parent"}},
			"of another":    {at(auth.RoleAdministrator, "3702"), map[string]string{"37": "rejected code", "3701": "rejected code", "370109": "rejected parent", "370209": "created", "370201": "rejected parent", "TOP": "rejected parent"}},
			"of all":        {at(auth.RoleAdministrator, "37"), map[string]string{"37": "updated", "3701": "updated", "370109": "created", "370209": "created", "370201": "updated", "TOP": "created"}},
		} {
			in := areasOf(text)
			in.DryRun = true
			got, err := s.ImportAreas(ctx, tc.by, in)
			s.must(err)
			if diff := cmp.Diff(tc.want, fates(got.Changes)); diff != "" {
				t.Errorf("administrator %s (-want +got):\n%s", name, diff)
			}
		}
		var forbidden *Forbidden
		if _, err := s.ImportAreas(ctx, at(auth.RoleDutyOfficer, "37"), areasOf(text)); !errors.As(err, &forbidden) {
			t.Errorf("a duty officer: %v, want Forbidden", err)
		}
		if _, err := s.ImportAreas(ctx, at(auth.RoleAdministrator, "3701"), outlineOf("3702")); err == nil {
			t.Error("an outline of another district was taken")
		}
	})
}
