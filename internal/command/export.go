package command

import (
	"context"

	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
)

// Export says what is about to leave the system. Purpose is part of By.
type Export struct {
	Outbreak outbreak.ID
	What     string // cases, contacts, links, chains or tasks
	Format   string
	Area     string // code; empty for all that the caller may take
	Names    bool   // names and documents too; each is journalled by itself as well
	Reason   string
}

// BeginExport writes to the journal that records are about to leave the system. It comes before the first row, so that an export which is cut short is on
// record too. Whether the caller may is asked by whoever reads the rows.
func (c *Commands) BeginExport(ctx context.Context, by By, e Export) error {
	return c.inID(ctx, by, e.Outbreak, func(u *unit) error {
		payload := map[string]any{"what": e.What, "format": e.Format, "area": e.Area, "purpose": string(by.Purpose)}
		if e.Names {
			payload["names"], payload["reason"] = true, e.Reason
		}
		_, err := u.fact(journal.Exported, onOutbreak(u.o.ID), u.o.Area, u.now, payload)
		return err
	})
}
