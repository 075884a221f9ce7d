package main

import (
	"context"
	"fmt"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

type outbreakCmd struct {
	Start      outbreakStartCmd      `cmd:"" help:"Start an outbreak."`
	List       outbreakListCmd       `cmd:"" help:"List the outbreaks, newest first."`
	Pack       outbreakPackCmd       `cmd:"" help:"Put another protocol pack in force, or see what that would change."`
	AutoAccept outbreakAutoAcceptCmd `cmd:"" help:"Say, or change, which proposed contacts are accepted without anybody deciding."`
}

type outbreakListCmd struct {
	dataFlags
	serverFlags
	jsonFlag
}

// outbreakRow is one outbreak as the command prints it.
type outbreakRow struct {
	ID        outbreak.ID    `json:"id"`
	Name      string         `json:"name"`
	Title     string         `json:"title"`
	Area      string         `json:"area"` // code
	AreaName  string         `json:"area_name"`
	Zone      string         `json:"time_zone"`
	Pack      string         `json:"pack"`
	Phase     outbreak.Phase `json:"phase"`
	StartedAt string         `json:"started_at"` // RFC 3339 in the outbreak's time zone
}

// Run reads the outbreaks with their areas.
func (c *outbreakListCmd) Run(ctx context.Context, p *process) error {
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		var list api.Outbreaks
		if err := r.get(ctx, "/api/outbreaks", nil, &list); err != nil {
			return err
		}
		rows := make([]outbreakRow, len(list.Items))
		for i, o := range list.Items {
			if rows[i], err = rowAt(o); err != nil {
				return err
			}
		}
		return c.tell(p, rows)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		var rows []outbreakRow
		err := db.View(ctx, func(r *store.Reader) error {
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			list, err := r.Outbreaks()
			if err != nil {
				return err
			}
			rows = make([]outbreakRow, len(list))
			for i, o := range list {
				if rows[i], err = rowOf(o, tree); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.tell(p, rows)
	})
}

func (c *outbreakListCmd) tell(p *process, rows []outbreakRow) error {
	if c.JSON {
		return p.writeJSON(struct {
			Outbreaks []outbreakRow `json:"outbreaks"`
		}{rows})
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(p.Stdout, "There is no outbreak yet.")
		return err
	}
	t := newTable("name", "title", "area", "pack", "phase", "started")
	for _, o := range rows {
		t.add(o.Name, o.Title, o.AreaName, o.Pack, string(o.Phase), o.StartedAt)
	}
	return t.write(p.Stdout)
}

// rowAt is an outbreak as a server tells it.
func rowAt(o api.Outbreak) (outbreakRow, error) {
	loc, err := time.LoadLocation(o.Zone)
	if err != nil {
		return outbreakRow{}, fmt.Errorf("outbreak %q: time zone: %w", o.Name, err)
	}
	row := outbreakRow{outbreak.ID(o.ID), o.Name, o.Title, o.Area, o.AreaName, o.Zone, o.Pack, outbreak.Phase(o.Phase), ""}
	if o.StartedAt != nil {
		row.StartedAt = o.StartedAt.In(loc).Format(time.RFC3339)
	}
	return row, nil
}

func rowOf(o outbreak.Outbreak, tree *place.Tree) (outbreakRow, error) {
	loc, err := o.Location()
	if err != nil {
		return outbreakRow{}, fmt.Errorf("outbreak %q: time zone: %w", o.Name, err)
	}
	area, _ := tree.Get(o.Area) // an outbreak may have no area
	return outbreakRow{o.ID, o.Name, o.Title, area.Code, area.Name, o.Zone, o.Pack, o.Phase, o.StartedAt.In(loc).Format(time.RFC3339)}, nil
}
