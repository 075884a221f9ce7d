package main

import (
	"context"
	"encoding/json"
	"strconv"

	"firebreak/internal/exchange"
	"firebreak/internal/store"
)

type mapsCmd struct {
	List mapsListCmd `cmd:"" help:"List the saved column maps of an outbreak, and those for every outbreak."`
}

type mapsListCmd struct {
	dataFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that could use them."`
}

// savedMap is a column map as the list prints it.
type savedMap struct {
	Name    string          `json:"name"`
	Kind    string          `json:"kind"`
	Shared  bool            `json:"shared"`
	By      string          `json:"by"`
	Changed string          `json:"changed"`
	Map     json.RawMessage `json:"map"`
}

// Run lists the maps by name.
func (c *mapsListCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		maps := []savedMap{}
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			list, err := r.ColumnMaps(o.ID)
			for _, m := range list {
				maps = append(maps, savedMap{m.Name, m.Kind, m.Outbreak == 0, m.Login, m.ChangedAt.Format("2006-01-02T15:04:05Z07:00"), json.RawMessage(m.Mapping)})
			}
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(struct {
				Maps []savedMap `json:"maps"`
			}{maps})
		}
		t := newTable("name", "kind", "columns", "for", "by", "changed")
		t.alignRight(2)
		for _, m := range maps {
			what := "this outbreak"
			if m.Shared {
				what = "every outbreak"
			}
			columns := 0
			if parsed, err := exchange.ParseMap(m.Map); err == nil {
				for _, f := range parsed.Fields {
					columns += len(f.From)
				}
			}
			t.add(m.Name, m.Kind, strconv.Itoa(columns), what, m.By, m.Changed)
		}
		return t.write(p.Stdout)
	})
}
