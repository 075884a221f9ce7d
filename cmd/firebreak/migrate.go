package main

import (
	"context"
	"errors"
	"fmt"

	"firebreak/internal/store"
)

type migrateCmd struct {
	dataFlags
	jsonFlag
}

// Help is shown below the flags.
func (migrateCmd) Help() string {
	return "Every command that opens the data migrates by itself; this one only migrates, and says what it did. A folder without data gets an empty store. Back up first."
}

// Run migrates and says from where to where.
func (c *migrateCmd) Run(ctx context.Context, p *process) error {
	o, err := c.options(p)
	if err != nil {
		return err
	}
	before, err := store.ReadSchema(ctx, o)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return held(err)
	}
	if err := c.with(ctx, p, true, func(*store.DB) error { return nil }); err != nil {
		return err
	}
	after, err := store.ReadSchema(ctx, o)
	if err != nil {
		return held(err)
	}
	if c.JSON {
		return p.writeJSON(struct {
			Engine string `json:"engine"`
			From   int64  `json:"from"`
			To     int64  `json:"to"`
		}{after.Engine, before.Have, after.Have})
	}
	if before.Have == after.Have {
		_, err = fmt.Fprintf(p.Stdout, "The schema is current: version %d on %s.\n", after.Have, after.Engine)
	} else {
		_, err = fmt.Fprintf(p.Stdout, "The schema went from version %d to %d on %s.\n", before.Have, after.Have, after.Engine)
	}
	return err
}
