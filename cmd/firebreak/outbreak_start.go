package main

import (
	"context"
	"fmt"
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

type outbreakStartCmd struct {
	dataFlags
	serverFlags
	jsonFlag
	Name  string `arg:"" help:"Name: lower-case letters, digits and hyphens."`
	Title string `help:"Title that screens show."`
	Pack  string `required:"" placeholder:"NAME@VERSION" help:"Protocol pack (see pack list)."`
	Area  string `placeholder:"CODE" help:"Jurisdiction it is in."`
	Zone  string `default:"UTC" placeholder:"ZONE" help:"Time zone in which days are counted, such as Asia/Shanghai."`
}

// Run starts an outbreak.
func (c *outbreakStartCmd) Run(ctx context.Context, p *process) error {
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		var o api.Outbreak
		if err := r.send(ctx, http.MethodPost, "/api/outbreaks", api.NewOutbreak{Name: c.Name, Title: c.Title, Area: c.Area, Zone: c.Zone, Pack: c.Pack}, &o); err != nil {
			return err
		}
		row, err := rowAt(o)
		if err != nil {
			return err
		}
		return c.tell(p, row)
	}
	return c.with(ctx, p, true, func(db *store.DB) error {
		o, err := command.New(db, nil).StartOutbreak(ctx, p.owner(), command.StartOutbreak{Name: c.Name, Title: c.Title, Area: c.Area, Zone: c.Zone, Pack: c.Pack})
		if err != nil {
			return err
		}
		tree, err := db.Tree(ctx)
		if err != nil {
			return err
		}
		row, err := rowOf(o, tree)
		if err != nil {
			return err
		}
		return c.tell(p, row)
	})
}

func (c *outbreakStartCmd) tell(p *process, row outbreakRow) error {
	if c.JSON {
		return p.writeJSON(row)
	}
	_, err := fmt.Fprintf(p.Stdout, "Outbreak %s runs under %s.\n", row.Name, row.Pack)
	return err
}
