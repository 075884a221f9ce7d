package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/zone"
)

type zoneCmd struct {
	List   zoneListCmd   `cmd:"" help:"List the zones that are proposed or in force, and when each may be lifted."`
	Decide zoneDecideCmd `cmd:"" help:"Draw a zone that is proposed or decline it; move one in force to another level, or lift it."`
}

// zoneFlags are those of every one of these commands.
type zoneFlags struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the zones belong to."`
}

// zones reads the zones here or through a server.
func (c *zoneFlags) zones(ctx context.Context, p *process) (out api.Zones, err error) {
	return out, readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/zones", c.Outbreak), nil, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
		out, err = api.ZonesOf(r, o, now)
		return err
	})
}

type zoneListCmd struct{ zoneFlags }

// Run lists the zones.
func (c *zoneListCmd) Run(ctx context.Context, p *process) error {
	out, err := c.zones(ctx, p)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("zone", "area", "level", "state", "since", "may be lifted", "then")
	for _, z := range out.Items {
		since, lifted, then := z.ProposedAt, "a person decides", ""
		if z.DecidedAt != nil {
			since = z.DecidedAt
		}
		if l := z.Lifting; l != nil {
			lifted, then = "after "+l.Until.String()+", if no new case", l.To
			if l.Met && z.State == string(zone.InForce) {
				lifted = "since " + l.Until.Add(1).String()
			}
		}
		t.add(strconv.FormatInt(z.ID, 10), z.Area, z.Level, z.State, since.UTC().Format(time.RFC3339), lifted, then)
	}
	return t.write(p.Stdout)
}

type zoneDecideCmd struct {
	zoneFlags
	Zone    int64  `arg:"" help:"Number of the zone, as list prints it."`
	Draw    bool   `xor:"to" required:"" help:"It is in force, at the level proposed or at --level."`
	Decline bool   `xor:"to" required:"" help:"It is not drawn."`
	Lift    bool   `xor:"to" required:"" help:"It ends."`
	Level   string `placeholder:"LEVEL" help:"With --draw: a level of the pack in force, such as medium; another than that of a zone in force moves it."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why; it is kept with the decision."`
}

// Run decides a zone.
func (c *zoneDecideCmd) Run(ctx context.Context, p *process) error {
	to := zone.InForce
	switch {
	case c.Level != "" && !c.Draw:
		return misused(errors.New("--level goes with --draw"))
	case c.Decline:
		to = zone.Declined
	case c.Lift:
		to = zone.Lifted
	}
	list, err := c.zones(ctx, p)
	if err != nil {
		return err
	}
	var version int64
	for _, z := range list.Items {
		if z.ID == c.Zone {
			version = z.Version
		}
	}
	if version == 0 {
		return fmt.Errorf("zone %d of outbreak %s, proposed or in force: %w", c.Zone, c.Outbreak, store.ErrNotFound)
	}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		var out api.Zone
		if err := at.send(ctx, http.MethodPost, path("/api/zones/%s/decision", strconv.FormatInt(c.Zone, 10)), api.Decision{Version: version, State: string(to), Level: c.Level, Reason: c.Reason}, &out); err != nil {
			return err
		}
		return c.tell(p, out.State, out.Level)
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		z, err := command.New(db, nil).DecideZone(ctx, p.owner(), command.DecideZone{Zone: zone.ID(c.Zone), Version: version, State: to, Level: zone.Level(c.Level), Reason: c.Reason})
		if err != nil {
			return err
		}
		return c.tell(p, string(z.State), string(z.Level))
	})
}

func (c *zoneDecideCmd) tell(p *process, state, level string) error {
	if c.JSON {
		return p.writeJSON(struct {
			Zone  int64  `json:"zone"`
			State string `json:"state"`
			Level string `json:"level"`
		}{c.Zone, state, level})
	}
	_, err := fmt.Fprintf(p.Stdout, "Zone %d is %s, at level %s.\n", c.Zone, state, level)
	return err
}
