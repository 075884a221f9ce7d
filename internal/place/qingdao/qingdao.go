// Package qingdao ships the administrative tree of Qingdao with the outlines of its districts: the worked example and the place of the demo.
//
// Sources and licences stand in ATTRIBUTION.md. It does no I/O beyond its embedded files. cmd and tests import it; it imports place.
package qingdao

import (
	"bytes"
	_ "embed"
	"fmt"

	"firebreak/internal/place"
)

//go:embed jurisdictions.csv
var jurisdictions []byte

//go:embed districts.geojson
var districts []byte

// Jurisdictions returns the province, the city and everything below it, parents before their children.
func Jurisdictions() ([]place.NewJurisdiction, error) {
	list, err := place.ReadJurisdictions(bytes.NewReader(jurisdictions))
	if err != nil {
		return nil, fmt.Errorf("shipped set of Qingdao: %w", err)
	}
	return list, nil
}

// Tree returns them as a tree, numbered in the order of the set.
func Tree() (*place.Tree, error) {
	list, err := Jurisdictions()
	if err != nil {
		return nil, err
	}
	return place.Numbered(list)
}

// Outlines returns the boundaries of the ten districts.
func Outlines() ([]place.Outline, error) {
	list, err := place.ReadOutlines(bytes.NewReader(districts))
	if err != nil {
		return nil, fmt.Errorf("shipped set of Qingdao: %w", err)
	}
	return list, nil
}

// Files returns the set as its two files: CSV and GeoJSON. Do not change them.
func Files() (csv, geojson []byte) { return jurisdictions, districts }
