package place_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/place"
)

func newArea(code, name, nameEN string, level place.Level, parent string, population int64) place.NewJurisdiction {
	return place.NewJurisdiction{
		Jurisdiction: place.Jurisdiction{Code: code, Name: name, NameEN: nameEN, Level: level, Population: population},
		ParentCode:   parent,
	}
}

func TestReadJurisdictions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       []place.NewJurisdiction
	}{
		{"plain", "code,name,level,parent,population_2020\n37,山东省,province,,101527453\n3702,青岛市,city,37,\n",
			[]place.NewJurisdiction{newArea("37", "山东省", "", place.Province, "", 101527453), newArea("3702", "青岛市", "", place.City, "37", 0)}},
		{"other order, English name, byte order mark, CRLF", "\ufeffLevel,name_en,CODE,parent,name\r\nDistrict,Laixi,370285, 3702 ,莱西市\r\n",
			[]place.NewJurisdiction{newArea("370285", "莱西市", "Laixi", place.District, "3702", 0)}},
		{"semicolons, further column", "code;name;level;parent;population;note\nA;\"A;b\";nation;;5;x\n",
			[]place.NewJurisdiction{newArea("A", "A;b", "", place.Nation, "", 5)}},
		{"tabs, no population", "code\tname\tlevel\tparent\nA\tB, C\tward\t\n", []place.NewJurisdiction{newArea("A", "B, C", "", "ward", "", 0)}},
		{"child above its parent", "code,name,level,parent\nB,b,city,A\nA,a,province,\n",
			[]place.NewJurisdiction{newArea("B", "b", "", place.City, "A", 0), newArea("A", "a", "", place.Province, "", 0)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := place.ReadJurisdictions(strings.NewReader(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestReadJurisdictionsErrors(t *testing.T) {
	t.Parallel()
	const header = "code,name,level,parent,population\n"
	for _, tc := range []struct {
		name, text string
		row        int
		column     string
		says       string
	}{
		{"empty", "", 1, "", "empty"},
		{"header only", header, 2, "", "no jurisdiction"},
		{"no code column", "id,name,level,parent\n1,a,b,\n", 1, "", "no column code"},
		{"no parent column", "code,name,level\n1,a,b\n", 1, "", "no column parent"},
		{"two populations", "code,name,level,parent,population_2010,population_2020\n", 1, "", "second one"},
		{"no code", header + "1,a,city,,\n,b,city,,\n", 3, "code", "empty"},
		{"no name", header + "1, ,city,,\n", 2, "name", "empty"},
		{"no level", header + "1,a,,,\n", 2, "level", "empty"},
		{"code twice", header + "1,a,city,,\n2,b,city,,\n1,c,city,,\n", 4, "code", "row 2"},
		{"own parent", header + "1,a,city,1,\n", 2, "parent", "own parent"},
		{"half a person", header + "1,a,city,,1.5\n", 2, "population", "whole number"},
		{"negative", header + "1,a,city,,-1\n", 2, "population", "not between"},
		{"line break", header + "1,\"a\nb\",city,,1\n", 2, "name", "line break"},
		{"not UTF-8", header + "1,\xc7\xe0,city,,1\n", 2, "name", "UTF-8"},
		{"long code", header + strings.Repeat("1", 65) + ",a,city,,1\n", 2, "code", "longer than 64"},
		{"short row", header + "1,a,city,,1\n2,b\n", 3, "", "fields"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := place.ReadJurisdictions(strings.NewReader(tc.text))
			var re *place.RowError
			if !errors.As(err, &re) {
				t.Fatalf("got %v, want a RowError", err)
			}
			if re.Row != tc.row || re.Column != tc.column || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v; want row %d, column %q, %q", err, tc.row, tc.column, tc.says)
			}
		})
	}
}

// What the reader accepts is complete: no two codes alike, nothing empty, nothing its own parent.
func FuzzReadJurisdictions(f *testing.F) {
	f.Add("code,name,level,parent,population_2020\n37,山东省,province,,101527453\n3702,青岛市,city,37,\n")
	f.Add("code;name;level;parent\nA;a;nation;\n")
	f.Add("code\tname\tlevel\tparent\n\"A\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := place.ReadJurisdictions(strings.NewReader(text))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, j := range list {
			if j.Code == "" || j.Name == "" || j.Level == "" || j.ParentCode == j.Code || j.Population < 0 || j.ID != 0 || seen[j.Code] {
				t.Fatalf("%q gives %+v", text, j)
			}
			seen[j.Code] = true
		}
		if len(list) == 0 {
			t.Fatalf("%q gives no error and no jurisdiction", text)
		}
	})
}
