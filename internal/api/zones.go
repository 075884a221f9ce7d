package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/zone"
)

// Zone is an area at a level.
type Zone struct {
	ID         int64      `json:"id"`
	Area       string     `json:"area"`
	Level      string     `json:"level"`
	State      string     `json:"state"`
	ProposedAt *time.Time `json:"proposed_at,omitempty"`
	DecidedAt  *time.Time `json:"decided_at,omitempty"`
	Version    int64      `json:"version"`
}

func (in *inside) zoneView(z zone.Zone) Zone {
	return Zone{int64(z.ID), in.code(z.Area), string(z.Level), string(z.State), clock(z.ProposedAt), clock(z.DecidedAt), z.Version}
}

// Zones is a list.
type Zones struct {
	Items []Zone `json:"items"`
}

// Decision is a person's, on a zone; see command.DecideZone.
type Decision struct {
	Version int64  `json:"version"`
	State   string `json:"state" enum:"in_force,declined,lifted"`
	Level   string `json:"level,omitempty" maxLength:"40" doc:"a level of the pack in force, to draw the zone at; without it the zone keeps its level"`
	Reason  string `json:"reason" maxLength:"2000"`
}

func (c *call) zoneFor(action auth.Action, id int64) (out Zone, err error) {
	var z zone.Zone
	err = c.record(action, "zone", id, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
		var err error
		z, err = r.Zone(zone.ID(id))
		return z.Outbreak, z.Area, err
	}, func(in *inside) error {
		out = in.zoneView(z)
		return nil
	})
	return out, err
}

func (s *server) zones() {
	operation(s, "list-zones", http.MethodGet, "/api/outbreaks/{outbreak}/zones", "The zones that are proposed or in force", 200, func(c *call, in *Figures) (out Zones, err error) {
		out.Items = []Zone{}
		return out, c.view(auth.ZoneRead, in.Outbreak, in.Area, func(v *inside) error {
			list, err := v.Zones(v.o.ID)
			if err != nil {
				return err
			}
			for _, z := range list {
				ok, err := v.sees(z.Area)
				if err != nil {
					return err
				}
				if ok {
					out.Items = append(out.Items, v.zoneView(z))
				}
			}
			return nil
		})
	})
	type decide struct {
		Record
		Body Decision
	}
	operation(s, "decide-zone", http.MethodPost, "/api/zones/{id}/decision", "Decide a zone, with a reason: draw it, at the level proposed or at another, decline it, move it to another level, lift it", 200, func(c *call, in *decide) (out Zone, err error) {
		if _, err := c.zoneFor(auth.ZoneWrite, in.ID); err != nil {
			return out, err
		}
		b := in.Body
		if _, err := c.o.Commands.DecideZone(c.ctx, c.by(), command.DecideZone{Zone: zone.ID(in.ID), Version: b.Version, State: zone.State(b.State), Level: zone.Level(b.Level), Reason: b.Reason}); err != nil {
			return out, err
		}
		return c.zoneFor(auth.ZoneWrite, in.ID)
	})
}
