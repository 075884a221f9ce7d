package command

import (
	"context"
	"errors"
	"regexp"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

var errNotInstant = errors.New("is not an instant (RFC 3339, YYYY-MM-DDTHH:MM or YYYY-MM-DD)")

var outbreakName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// StartOutbreak opens an outbreak.
type StartOutbreak struct {
	Name  string // unique: lower-case letters, digits and hyphens
	Title string // shown; the name when empty
	Area  string // code of the jurisdiction it is in; empty for all there is
	Zone  string // IANA time zone; UTC when empty
	Pack  string // "mers/who" or "mers/who@1"; the version found is the one pinned
}

// StartOutbreak carries out the order.
func (c *Commands) StartOutbreak(ctx context.Context, by By, in StartOutbreak) (o outbreak.Outbreak, err error) {
	if !outbreakName.MatchString(in.Name) {
		return o, &Invalid{"name", in.Name, "must be lower-case letters, digits and hyphens, at most 63"}
	}
	p, err := protocol.Load(in.Pack)
	if err != nil {
		return o, &Invalid{"pack", in.Pack, err.Error()}
	}
	if in.Zone == "" {
		in.Zone = "UTC"
	}
	if _, err := time.LoadLocation(in.Zone); err != nil {
		return o, &Invalid{"zone", in.Zone, "is not a known time zone"}
	}
	if in.Title == "" {
		in.Title = in.Name
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		o = outbreak.Outbreak{Name: in.Name, Title: in.Title, Zone: in.Zone, Pack: p.Ref(), Phase: outbreak.Active, StartedAt: tx.Now()}
		if in.Area != "" {
			tree, err := tx.Tree()
			if err != nil {
				return err
			}
			j, ok := tree.ByCode(in.Area)
			if !ok {
				return &Invalid{"area", in.Area, "is not the code of a known jurisdiction"}
			}
			o.Area = j.ID
		}
		if err := by.may(&tx.Reader, o, auth.OutbreakAdmin, o.Area, tx.Now()); err != nil {
			return err
		}
		if _, err := tx.OutbreakByName(in.Name); err == nil {
			return &Invalid{"name", in.Name, "is an outbreak already"}
		}
		if err := tx.AddOutbreak(&o); err != nil {
			return err
		}
		w, err := c.newWorld(tx, o)
		if err != nil {
			return err
		}
		_, err = w.append(journal.Entry{Kind: journal.OutbreakStarted, Subject: task.Subject{Kind: task.OnOutbreak, ID: int64(o.ID)}, Area: o.Area, Actor: by.Name(), Pack: o.Pack},
			map[string]any{"name": o.Name, "title": o.Title, "zone": o.Zone})
		return err
	})
	return o, err
}
