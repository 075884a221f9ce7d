package place_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"firebreak/internal/place"
)

const square = `[[[0,0],[2,0],[2,1],[0,1],[0,0]]]`

func features(list ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(list, ",") + `]}`
}

func feature(code, kind, coordinates string) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{"code":%s,"name_en":"Name %s"},"geometry":{"type":%q,"coordinates":%s}}`, code, strings.Trim(code, `"`), kind, coordinates)
}

func TestReadOutlines(t *testing.T) {
	t.Parallel()
	got, err := place.ReadOutlines(strings.NewReader(features(
		feature(`"A"`, "Polygon", `[ [ [0, 0, 17.5], [2,0], [2,1], [0,1], [0,0] ] ]`),
		feature(`370285`, "MultiPolygon", `[`+square+`,[[[10,10],[14,10],[14,14],[10,14],[10,10]],[[11,11],[13,11],[13,13],[11,13],[11,11]]]]`),
	)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("%d outlines, want 2", len(got))
	}
	a, b := got[0], got[1]
	if want := `{"type":"Polygon","coordinates":` + square + `}`; a.Geometry != want {
		t.Errorf("geometry %s, want %s", a.Geometry, want)
	}
	if a.Code != "A" || a.NameEN != "Name A" || a.Centre != [2]float64{1, 0.5} || a.Corners != 5 {
		t.Errorf("got %+v", a)
	}
	if b.Code != "370285" || b.Box.Min != [2]float64{0, 0} || b.Box.Max != [2]float64{14, 14} || b.Corners != 15 {
		t.Errorf("got %+v", b)
	}
	// Areas 2 at (1, 0.5) and 16-4 at (12, 12).
	if x := (2*1 + 12*12.0) / 14; math.Abs(b.Centre[0]-x) > 1e-9 {
		t.Errorf("centre %v, want longitude %v", b.Centre, x)
	}
	list := place.WithEnglish([]place.NewJurisdiction{newArea("A", "甲", "", place.City, "", 0), newArea("370285", "莱西市", "Laixi", place.District, "", 0)}, got)
	if list[0].NameEN != "Name A" || list[1].NameEN != "Laixi" {
		t.Errorf("English names %q, %q", list[0].NameEN, list[1].NameEN)
	}
}

func TestReadOutlinesErrors(t *testing.T) {
	t.Parallel()
	good := feature(`"A"`, "Polygon", square)
	for _, tc := range []struct {
		name, text string
		index      int // 0: not about a feature
		says       string
	}{
		{"empty", "", 0, "not GeoJSON"},
		{"not a collection", good, 0, "FeatureCollection"},
		{"two documents", features() + features(), 0, "not GeoJSON"},
		{"no code", features(good, `{"type":"Feature","properties":{"name":"x"},"geometry":{"type":"Polygon","coordinates":`+square+`}}`), 2, "code is missing"},
		{"null properties", features(`{"type":"Feature","properties":null,"geometry":null}`), 1, "code is missing"},
		{"code twice", features(good, good), 2, "feature 1 has this code"},
		{"no geometry", features(`{"type":"Feature","properties":{"code":"A"},"geometry":null}`), 1, "no geometry"},
		{"a point", features(feature(`"A"`, "Point", "[1,2]")), 1, "Point"},
		{"coordinates of a polygon in a multipolygon", features(feature(`"A"`, "MultiPolygon", square)), 1, "coordinates"},
		{"no polygon", features(feature(`"A"`, "MultiPolygon", "[]")), 1, "no polygon"},
		{"no ring", features(feature(`"A"`, "Polygon", "[]")), 1, "no ring"},
		{"short ring", features(feature(`"A"`, "Polygon", "[[[0,0],[1,1],[0,0]]]")), 1, "at least 4"},
		{"open ring", features(feature(`"A"`, "Polygon", "[[[0,0],[1,0],[1,1],[0,1]]]")), 1, "not closed"},
		{"half a position", features(feature(`"A"`, "Polygon", "[[[0,0],[1],[1,1],[0,0]]]")), 1, "position 2"},
		{"metres", features(feature(`"A"`, "Polygon", "[[[500000,4000000],[500001,4000000],[500001,4000001],[500000,4000000]]]")), 1, "WGS 84"},
		{"a line", features(feature(`"A"`, "Polygon", "[[[0,0],[1,1],[2,2],[0,0]]]")), 1, "no area"},
		{"all hole", features(feature(`"A"`, "Polygon", "["+square[1:len(square)-1]+","+square[1:len(square)-1]+"]")), 1, "holes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := place.ReadOutlines(strings.NewReader(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("got %v, want %q", err, tc.says)
			}
			var fe *place.FeatureError
			if errors.As(err, &fe) != (tc.index > 0) || fe != nil && fe.Index != tc.index {
				t.Errorf("got %v, want feature %d", err, tc.index)
			}
		})
	}
}

// What the reader accepts has geometries that are JSON, boxes within the world and centres that are numbers; reading its own output gives the same.
func FuzzReadOutlines(f *testing.F) {
	f.Add(features(feature(`"A"`, "Polygon", square)))
	f.Add(features(feature(`12`, "MultiPolygon", "["+square+"]")))
	f.Fuzz(func(t *testing.T, text string) {
		list, err := place.ReadOutlines(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, o := range list {
			if math.IsNaN(o.Centre[0]) || math.IsNaN(o.Centre[1]) || o.Box.Min[0] < -180 || o.Box.Max[1] > 90 {
				t.Fatalf("%q gives %+v", text, o)
			}
			code, err := json.Marshal(o.Code)
			if err != nil {
				t.Fatal(err)
			}
			again, err := place.ReadOutlines(strings.NewReader(features(`{"properties":{"code":` + string(code) + `},"geometry":` + o.Geometry + `}`)))
			if err != nil || len(again) != 1 || again[0].Geometry != o.Geometry {
				t.Fatalf("%s read again: %v", o.Geometry, err)
			}
		}
	})
}

func TestMiddle(t *testing.T) {
	t.Parallel()
	// A square of a hundredth of a degree at 60 north is half as wide as it is high.
	centre, reach, ok := place.Middle(`{"type":"Polygon","coordinates":[[[120,60],[120.01,60],[120.01,60.01],[120,60.01],[120,60]]]}`)
	if !ok || math.Abs(centre[0]-120.005) > 1e-6 || math.Abs(centre[1]-60.005) > 1e-6 {
		t.Errorf("centre %v, %v", centre, ok)
	}
	if want := math.Sqrt(1113.2 * 556.6 / math.Pi); math.Abs(reach-want) > 1 {
		t.Errorf("reaches %.1f m, want %.1f", reach, want)
	}
	for _, bad := range []string{"", "{}", `{"type":"Point","coordinates":[1,2]}`} {
		if _, _, ok := place.Middle(bad); ok {
			t.Errorf("%q has a middle", bad)
		}
	}
}
