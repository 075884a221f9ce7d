package now

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"firebreak/internal/auth"
	"firebreak/internal/board"
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

// counts are what is told of areas told apart, by their place in the list.
type counts struct {
	areas   []place.Jurisdiction
	total   []int64 // cases
	fresh   []int64 // of these, known since today
	outside []int64 // of fresh, those not known to have been found in isolation
	late    []int64 // tasks
}

func (h *Handler) count(q *site.Request, b *board.Board, tops []place.AreaID) counts {
	today := day.In(q.Now, q.Zone)
	c := counts{areas: q.Parts(tops)}
	for _, j := range c.areas {
		on, total := b.On(j.ID, today)
		c.total, c.fresh, c.late = append(c.total, int64(total)), append(c.fresh, int64(on.Total())), append(c.late, 0)
		c.outside = append(c.outside, int64(on.Outside+on.Unknown))
	}
	return c
}

// Districts is GET /o/{outbreak}/map/districts.geojson: the outlines of the areas told apart, with their cases.
func (h *Handler) Districts(q *site.Request) error {
	return h.layer(q, true, func(c counts, i int, hidden bool, geometry string) (feature, bool) {
		j := c.areas[i]
		p := map[string]any{"name": q.AreaName(j.ID), "code": j.Code, "shade": 0}
		if q.Told(j.ID) == j.ID {
			p["href"] = q.Path("now") + "?area=" + j.Code
		}
		if !hidden {
			// By the root: an area of few cases must not look like one of none.
			shade := math.Sqrt(float64(c.total[i]) / float64(max(slices.Max(c.total), 1)))
			p["n"], p["shade"] = c.total[i], math.Round(100*shade)/100
		}
		return feature{"Feature", p, json.RawMessage(geometry)}, true
	})
}

// Cases is GET /o/{outbreak}/map/cases.geojson: one point in the middle of each area, as large as its cases. No point stands for a person.
func (h *Handler) Cases(q *site.Request) error {
	return h.layer(q, false, func(c counts, i int, hidden bool, geometry string) (feature, bool) {
		centre, _, ok := place.Middle(geometry)
		if !ok || hidden || c.total[i] == 0 {
			return feature{}, false
		}
		j := c.areas[i]
		text, err := json.Marshal(map[string]any{"type": "Point", "coordinates": centre})
		return feature{"Feature", map[string]any{"name": q.AreaName(j.ID), "n": c.total[i], "inside": c.outside[i] == 0, "href": q.Path("now") + "?area=" + j.Code}, text}, err == nil
	})
}

// layer makes a feature of each area told apart whose outline is known. hidden says that one of its counts is not for this reader: then none is. Where no outline of
// them is known, whole draws that of all together, so that there is a map to see zones on.
func (h *Handler) layer(q *site.Request, whole bool, shape func(c counts, i int, hidden bool, geometry string) (feature, bool)) error {
	q.Widen()
	b, err := h.s.Boards.Of(q.Context(), q.Outbreak.ID)
	if err != nil {
		return err
	}
	tops := q.Tops(auth.RollupRead)
	c := h.count(q, b, tops)
	ids := make([]place.AreaID, len(c.areas))
	at := make(map[place.AreaID]int, len(c.areas))
	for i, j := range c.areas {
		ids[i], at[j.ID] = j.ID, i
	}
	noTotal, noOutside := q.Hide(c.areas, c.total), q.Hide(c.areas, c.outside)
	var out []feature
	err = q.View(func(r *store.Reader) error {
		outlines, err := r.Boundaries(ids)
		if err != nil {
			return err
		}
		for _, o := range outlines {
			i := at[o.Area]
			if f, ok := shape(c, i, noTotal[i] || noOutside[i], o.Geometry); ok {
				out = append(out, f)
			}
		}
		if len(outlines) > 0 || !whole {
			return nil
		}
		// Who sees more than the outbreak's area looks at that area.
		ground := make([]place.AreaID, 0, len(tops))
		for _, top := range tops {
			if within := q.Outbreak.Area; within != 0 && (top == 0 || q.Tree.Contains(top, within)) {
				top = within
			}
			if top != 0 {
				ground = append(ground, top)
			}
		}
		if outlines, err = r.Boundaries(ground); err != nil {
			return err
		}
		for _, o := range outlines {
			out = append(out, feature{"Feature", map[string]any{"name": q.AreaName(o.Area), "shade": 0}, json.RawMessage(o.Geometry)})
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
