package qingdao_test

import (
	"testing"

	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
)

func TestSet(t *testing.T) {
	t.Parallel()
	list, err := qingdao.Jurisdictions()
	if err != nil {
		t.Fatal(err)
	}
	outlines, err := qingdao.Outlines()
	if err != nil {
		t.Fatal(err)
	}
	byCode := map[string]place.NewJurisdiction{}
	count := map[place.Level]int{}
	var population int64
	for _, j := range list {
		if _, known := byCode[j.ParentCode]; j.ParentCode != "" && !known {
			t.Errorf("%s %s: parent %q does not stand above it", j.Code, j.Name, j.ParentCode)
		}
		byCode[j.Code] = j
		count[j.Level]++
		if j.Level == place.District {
			population += j.Population
		}
	}
	for level, want := range map[place.Level]int{place.Province: 1, place.City: 1, place.District: 10, place.Street: 141, place.Community: 2120} {
		if count[level] != want {
			t.Errorf("%d units of level %s, want %d", count[level], level, want)
		}
	}
	if city := byCode["3702"].Population; population != 10_071_722 || city != population {
		t.Errorf("districts sum to %d, the city has %d, want 10071722", population, city)
	}
	if len(outlines) != 10 {
		t.Errorf("%d outlines, want 10", len(outlines))
	}
	for _, o := range outlines {
		j, ok := byCode[o.Code]
		if !ok || j.Level != place.District {
			t.Errorf("outline %s is not of a district", o.Code)
		}
		if o.NameEN == "" || o.NameEN != j.NameEN {
			t.Errorf("district %s: outline is called %q, jurisdiction %q", o.Code, o.NameEN, j.NameEN)
		}
		if !o.Box.Contains(o.Centre) || o.Centre[0] < 119 || o.Centre[0] > 122 || o.Centre[1] < 35 || o.Centre[1] > 38 {
			t.Errorf("district %s: centre %v, box %v", o.Code, o.Centre, o.Box)
		}
	}
}
