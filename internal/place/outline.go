package place

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Outline is the boundary of a jurisdiction on the map, in WGS 84 degrees.
type Outline struct {
	Feature  int       // which feature of its file it is, from 1
	Code     string    // of the jurisdiction
	NameEN   string    // empty where the file has none
	Geometry string    // GeoJSON geometry, Polygon or MultiPolygon, without white space
	Box      orb.Bound // smallest west-south to east-north rectangle around it
	Centre   orb.Point // longitude and latitude of the centroid: for a label; it can lie outside a bent shape
	Corners  int       // positions of all rings
}

// FeatureError says which feature of a GeoJSON file is wrong. Index counts from 1.
type FeatureError struct {
	Index int
	Code  string // empty where it is the code that is missing
	Err   error
}

// Error returns the feature and what is wrong with it.
func (e *FeatureError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("feature %d: %v", e.Index, e.Err)
	}
	return fmt.Sprintf("feature %d (code %s): %v", e.Index, e.Code, e.Err)
}

// Unwrap returns what is wrong without the place.
func (e *FeatureError) Unwrap() error { return e.Err }

// maxOutlines bounds the GeoJSON that ReadOutlines takes into memory, bytes: a country's communities fit.
const maxOutlines = 512 << 20

// The part of GeoJSON (RFC 7946) that outlines use.
type (
	featureCollection struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}
	feature struct {
		Type       string `json:"type"`
		Properties struct {
			Code   code   `json:"code"`
			NameEN string `json:"name_en"`
		} `json:"properties"`
		Geometry *geometry `json:"geometry"`
	}
	geometry struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
)

// code reads a code written as text or, as many exports do, as a number.
type code string

// UnmarshalJSON implements json.Unmarshaler.
func (c *code) UnmarshalJSON(b []byte) error {
	var n json.Number
	if err := json.Unmarshal(b, &n); err == nil {
		*c = code(n)
		return nil
	}
	return json.Unmarshal(b, (*string)(c))
}

// ReadOutlines reads a GeoJSON FeatureCollection whose features carry the jurisdiction's code in the property code. Geometries must be polygons or
// multipolygons in WGS 84 degrees with closed rings that enclose an area. It does not look for rings that cross themselves. Errors about a
// feature are, or wrap, a *[FeatureError].
func ReadOutlines(r io.Reader) ([]Outline, error) {
	list, wrong, err := readOutlines(r)
	if err == nil && len(wrong) > 0 {
		err = wrong[0]
	}
	if err != nil {
		return nil, fmt.Errorf("read boundaries: %w", err)
	}
	return list, nil
}

// CheckOutlines reads the same, and goes on after a wrong feature: it returns the outlines that are right and what is wrong with each of the others. The error
// is of a file that is no FeatureCollection.
func CheckOutlines(r io.Reader) (list []Outline, wrong []*FeatureError, err error) {
	if list, wrong, err = readOutlines(r); err != nil {
		return nil, nil, fmt.Errorf("read boundaries: %w", err)
	}
	return list, wrong, nil
}

func readOutlines(r io.Reader) (out []Outline, wrong []*FeatureError, err error) {
	text, err := io.ReadAll(io.LimitReader(r, maxOutlines+1))
	if err != nil {
		return nil, nil, err
	}
	if len(text) > maxOutlines {
		return nil, nil, fmt.Errorf("the file is larger than %d MiB", maxOutlines>>20)
	}
	var fc featureCollection
	if err := json.Unmarshal(text, &fc); err != nil {
		return nil, nil, fmt.Errorf("not GeoJSON: %w", err)
	}
	if fc.Type != "FeatureCollection" {
		return nil, nil, fmt.Errorf("a GeoJSON FeatureCollection is expected, not %q", fc.Type)
	}
	out = make([]Outline, 0, len(fc.Features))
	first := map[string]int{}
	for i, f := range fc.Features {
		o := Outline{Feature: i + 1, Code: string(f.Properties.Code), NameEN: f.Properties.NameEN}
		err := func() error {
			if o.Code == "" {
				return errors.New("property code is missing")
			}
			if was, twice := first[o.Code]; twice {
				return fmt.Errorf("feature %d has this code already", was)
			}
			first[o.Code] = i + 1
			if f.Geometry == nil {
				return errors.New("it has no geometry")
			}
			return o.shape(*f.Geometry)
		}()
		if err != nil {
			wrong = append(wrong, &FeatureError{Index: i + 1, Code: o.Code, Err: err})
			continue
		}
		out = append(out, o)
	}
	return out, wrong, nil
}

// shape reads and checks the geometry.
func (o *Outline) shape(g geometry) error {
	var parts [][][][]float64
	switch g.Type {
	case "Polygon":
		var one [][][]float64
		if err := json.Unmarshal(g.Coordinates, &one); err != nil {
			return fmt.Errorf("coordinates: %w", err)
		}
		parts = [][][][]float64{one}
	case "MultiPolygon":
		if err := json.Unmarshal(g.Coordinates, &parts); err != nil {
			return fmt.Errorf("coordinates: %w", err)
		}
	default:
		return fmt.Errorf("geometry %q: a Polygon or MultiPolygon is expected", g.Type)
	}
	mp := make(orb.MultiPolygon, len(parts))
	for i, part := range parts {
		if len(part) == 0 {
			return fmt.Errorf("polygon %d has no ring", i+1)
		}
		for j, positions := range part {
			ring, err := ringOf(positions)
			if err != nil {
				return fmt.Errorf("polygon %d, ring %d: %w", i+1, j+1, err)
			}
			mp[i] = append(mp[i], ring)
			o.Corners += len(ring)
		}
	}
	if len(mp) == 0 {
		return errors.New("it has no polygon")
	}
	for i, p := range mp {
		// Holes are subtracted from what is around them: nothing left means that they are as large as it.
		if !(planar.Area(p) > 0) {
			return fmt.Errorf("polygon %d: its holes are as large as what is around them", i+1)
		}
	}
	o.Box = mp.Bound()
	o.Centre, _ = planar.CentroidArea(mp)
	// Written again, so that what is stored has no white space, no height and no foreign members.
	kept := struct {
		Type        string `json:"type"`
		Coordinates any    `json:"coordinates"`
	}{g.Type, mp}
	if g.Type == "Polygon" {
		kept.Coordinates = mp[0]
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	o.Geometry = string(text)
	return nil
}

func ringOf(positions [][]float64) (orb.Ring, error) {
	if len(positions) < 4 {
		return nil, fmt.Errorf("%d positions: a closed ring has at least 4", len(positions))
	}
	ring := make(orb.Ring, len(positions))
	for k, p := range positions {
		if len(p) < 2 {
			return nil, fmt.Errorf("position %d: longitude and latitude are expected", k+1)
		}
		if p[0] < -180 || p[0] > 180 || p[1] < -90 || p[1] > 90 {
			return nil, fmt.Errorf("position %d: [%g, %g] is not a longitude (-180 to 180) and a latitude (-90 to 90): only WGS 84 degrees are read", k+1, p[0], p[1])
		}
		ring[k] = orb.Point{p[0], p[1]}
	}
	if !ring.Closed() {
		return nil, fmt.Errorf("it is not closed: it begins at %v and ends at %v", ring[0], ring[len(ring)-1])
	}
	if planar.Area(ring) == 0 {
		return nil, errors.New("it encloses no area")
	}
	return ring, nil
}

// WithEnglish returns the list with the English names of the outlines where a jurisdiction has none of its own.
func WithEnglish(list []NewJurisdiction, outlines []Outline) []NewJurisdiction {
	names := make(map[string]string, len(outlines))
	for _, o := range outlines {
		names[o.Code] = o.NameEN
	}
	out := slices.Clone(list)
	for i := range out {
		if out[i].NameEN == "" {
			out[i].NameEN = names[out[i].Code]
		}
	}
	return out
}

// Middle returns the centroid of a geometry as outlines are stored, and how far it reaches from there: the radius, in metres, of the circle with the same area. ok is false for what is no polygon.
func Middle(geometry string) (centre orb.Point, reach float64, ok bool) {
	parts, ok := Shape(geometry)
	if !ok {
		return centre, 0, false
	}
	centre, square := planar.CentroidArea(parts) // of degrees
	const metresADegree = 111_320
	return centre, metresADegree * math.Sqrt(math.Abs(square)*math.Cos(centre[1]*math.Pi/180)/math.Pi), true
}

// Shape returns the polygons of a geometry as outlines are stored. ok is false for what is no polygon.
func Shape(geometry string) (shape orb.MultiPolygon, ok bool) {
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal([]byte(geometry), &g); err != nil {
		return nil, false
	}
	parts := make(orb.MultiPolygon, 1)
	into := any(&parts[0])
	if g.Type == "MultiPolygon" {
		into = &parts
	}
	if err := json.Unmarshal(g.Coordinates, into); err != nil {
		return nil, false
	}
	return parts, true
}
