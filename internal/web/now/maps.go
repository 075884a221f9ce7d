package now

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"firebreak/internal/auth"
	"firebreak/internal/day"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/web/site"
	"firebreak/internal/zone"
)

// feature is one feature of a layer, with the properties that js/map.js reads.
type feature struct {
	Type       string          `json:"type"`
	Properties map[string]any  `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

// Districts is GET /o/{outbreak}/map/districts.geojson: the outlines of the areas told apart, with their cases.
func (h *Handler) Districts(q *site.Request) error {
	return h.layer(q, func(j place.Jurisdiction, geometry string, total, most, fresh int) (feature, bool) {
		// By the root: an area of few cases must not look like one of none.
		shade := math.Sqrt(float64(total) / float64(max(most, 1)))
		return feature{"Feature", map[string]any{"name": q.AreaName(j.ID), "code": j.Code, "n": total, "new": fresh, "shade": math.Round(100*shade) / 100, "href": q.Path("now") + "?area=" + j.Code}, json.RawMessage(geometry)}, true
	})
}

// Cases is GET /o/{outbreak}/map/cases.geojson: one point in the middle of each area, as large as its cases. No point stands for a person.
func (h *Handler) Cases(q *site.Request) error {
	return h.layer(q, func(j place.Jurisdiction, geometry string, total, _, fresh int) (feature, bool) {
		centre, ok := middle(geometry)
		if !ok || total == 0 {
			return feature{}, false
		}
		text, err := json.Marshal(map[string]any{"type": "Point", "coordinates": centre})
		return feature{"Feature", map[string]any{"name": q.AreaName(j.ID), "n": total, "new": fresh, "inside": fresh == 0, "href": q.Path("now") + "?area=" + j.Code}, text}, err == nil
	})
}

func (h *Handler) layer(q *site.Request, shape func(j place.Jurisdiction, geometry string, total, most, fresh int) (feature, bool)) error {
	b, err := h.s.Boards.Of(q.Context(), q.Outbreak.ID)
	if err != nil {
		return err
	}
	parts := q.Parts(q.Tops(auth.RollupRead))
	ids := make([]place.AreaID, len(parts))
	most := 0
	for i, j := range parts {
		ids[i] = j.ID
		_, total := b.On(j.ID, 0)
		most = max(most, total)
	}
	today := day.In(q.Now, q.Zone)
	var out []feature
	err = q.View(func(r *store.Reader) error {
		outlines, err := r.Boundaries(ids)
		if err != nil {
			return err
		}
		for _, o := range outlines {
			j, _ := q.Tree.Get(o.Area)
			on, total := b.On(o.Area, today)
			if f, ok := shape(j, o.Geometry, total, most, on.Outside+on.Unknown); ok {
				out = append(out, f)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeLayer(q, out)
}

// Zones is GET /o/{outbreak}/map/zones.geojson: zones proposed and in force, where the outline of their area is known.
func (h *Handler) Zones(q *site.Request) error {
	var out []feature
	err := q.View(func(r *store.Reader) error {
		zones, err := r.Zones(q.Outbreak.ID)
		if err != nil {
			return err
		}
		for _, z := range zones {
			if !q.Sees(auth.ZoneRead, z.Area) || q.Area.ID != 0 && !q.Tree.Contains(q.Area.ID, z.Area) {
				continue
			}
			if _, known := q.Tree.Get(z.Area); !known {
				continue
			}
			outline, err := r.Boundaries([]place.AreaID{z.Area})
			if err != nil {
				return err
			}
			for _, o := range outline {
				out = append(out, feature{"Feature", map[string]any{"name": q.AreaName(z.Area), "level": shade(z), "state": z.State, "href": q.Path("zones", strconv.FormatInt(int64(z.ID), 10))}, json.RawMessage(o.Geometry)})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeLayer(q, out)
}

// shade is how a zone is filled: one in force strongly, one proposed lightly.
func shade(z zone.Zone) string {
	if z.State == zone.InForce {
		return "high"
	}
	return "low"
}

func writeLayer(q *site.Request, features []feature) error {
	if features == nil {
		features = []feature{}
	}
	text, err := json.Marshal(struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}{"FeatureCollection", features})
	if err != nil {
		return fmt.Errorf("write map layer: %w", err)
	}
	q.W.Header().Set("Content-Type", "application/geo+json")
	_, _ = q.W.Write(text) // a reader who went away is no failure of ours
	return nil
}

// middle is the centroid of a stored outline; ok is false for a geometry that is no polygon.
func middle(geometry string) (centre orb.Point, ok bool) {
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal([]byte(geometry), &g); err != nil {
		return centre, false
	}
	parts := make(orb.MultiPolygon, 1)
	into := any(&parts[0])
	if g.Type == "MultiPolygon" {
		into = &parts
	}
	if err := json.Unmarshal(g.Coordinates, into); err != nil {
		return centre, false
	}
	centre, _ = planar.CentroidArea(parts)
	return centre, true
}
