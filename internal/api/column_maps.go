package api

import (
	"encoding/json"
	"net/http"
	"time"

	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// ColumnMap is a saved map.
type ColumnMap struct {
	ID        int64           `json:"id"`
	Name      string          `json:"name"`
	Kind      string          `json:"kind" doc:"cases, contacts or links"`
	Shared    bool            `json:"shared,omitempty" doc:"For every outbreak."`
	Map       json.RawMessage `json:"map"`
	By        string          `json:"by" doc:"Login of who saved it last."`
	CreatedAt *time.Time      `json:"created_at"`
	ChangedAt *time.Time      `json:"changed_at"`
	Version   int64           `json:"version"`
}

// ColumnMaps are all saved maps that an outbreak can use.
type ColumnMaps struct {
	Items []ColumnMap `json:"items"`
}

func columnMapView(m store.ColumnMap) ColumnMap {
	return ColumnMap{int64(m.ID), m.Name, m.Kind, m.Outbreak == 0, json.RawMessage(m.Mapping), m.Login, clock(m.CreatedAt), clock(m.ChangedAt), m.Version}
}

// savedMap reads the map that a name means in an outbreak.
func (c *call) savedMap(o outbreak.ID, name string) (m exchange.Map, err error) {
	err = c.o.DB.View(c.ctx, func(r *store.Reader) error {
		saved, err := r.ColumnMapByName(o, name)
		if err != nil {
			return err
		}
		m, err = exchange.ParseMap([]byte(saved.Mapping))
		return err
	})
	return m, err
}

func (s *server) columnMaps() {
	const base = "/api/outbreaks/{outbreak}/maps"
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	operation(s, "list-column-maps", http.MethodGet, base, "The saved column maps of an outbreak, and those for every outbreak", 200, func(c *call, in *list) (out ColumnMaps, err error) {
		o, _, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		out.Items = []ColumnMap{}
		return out, c.o.DB.View(c.ctx, func(r *store.Reader) error {
			list, err := r.ColumnMaps(o.ID)
			for _, m := range list {
				out.Items = append(out.Items, columnMapView(m))
			}
			return err
		})
	})
	type addInput struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     struct {
			Name   string         `json:"name" minLength:"1" maxLength:"120"`
			Shared bool           `json:"shared,omitempty"`
			Map    map[string]any `json:"map" doc:"In the form that a preview gives."`
		}
	}
	operation(s, "save-column-map", http.MethodPost, base, "Save a column map under a name", 201, func(c *call, in *addInput) (out ColumnMap, err error) {
		o, _, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		m, err := mapFrom(in.Body.Map)
		if err != nil {
			return out, err
		}
		saved := store.ColumnMap{Outbreak: o.ID, Name: in.Body.Name}
		if in.Body.Shared {
			saved.Outbreak = 0
		}
		saved, err = c.o.Imports.SaveMap(c.ctx, c.by(), saved, m)
		return columnMapView(saved), err
	})
	type changeInput struct {
		Asked
		Outbreak string `path:"outbreak"`
		Map      int64  `path:"map" minimum:"1"`
		Body     struct {
			Version int64          `json:"version"`
			Name    string         `json:"name" minLength:"1" maxLength:"120"`
			Map     map[string]any `json:"map"`
		}
	}
	operation(s, "change-column-map", http.MethodPut, base+"/{map}", "Change a saved column map; only who saved it, or runs the outbreak, may", 200, func(c *call, in *changeInput) (out ColumnMap, err error) {
		o, _, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		m, err := mapFrom(in.Body.Map)
		if err != nil {
			return out, err
		}
		saved, err := c.o.Imports.SaveMap(c.ctx, c.by(), store.ColumnMap{Outbreak: o.ID, ID: store.ColumnMapID(in.Map), Name: in.Body.Name, Version: in.Body.Version}, m)
		return columnMapView(saved), err
	})
	type deleteInput struct {
		Asked
		Outbreak string `path:"outbreak"`
		Map      int64  `path:"map" minimum:"1"`
		Version  int64  `query:"version" required:"true"`
	}
	operation(s, "delete-column-map", http.MethodDelete, base+"/{map}", "Delete a saved column map; imports that used it keep what they used", 200, func(c *call, in *deleteInput) (out struct{}, err error) {
		o, _, err := c.outbreak(in.Outbreak)
		if err != nil {
			return out, err
		}
		return out, c.o.Imports.DeleteMap(c.ctx, c.by(), o.ID, store.ColumnMapID(in.Map), in.Version)
	})
}
