package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
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
	Lifting    *Lifting   `json:"lifting,omitempty" doc:"What the pack in force says about its end; none where it says nothing, and where nothing is left to decide."`
}

// Lifting is when a zone may be lifted.
type Lifting struct {
	From    day.Day  `json:"from" doc:"The day of which the days without a new case are counted."`
	Until   day.Day  `json:"until" doc:"The last of them; a new case in the area moves it on, unless it was found in isolation."`
	Met     bool     `json:"met" doc:"They are over. Tests that a pack may ask for beside them are not recorded here."`
	To      string   `json:"to,omitempty" doc:"The level that it steps down to; none: it is lifted."`
	Clauses []string `json:"clauses" doc:"The values of the pack that say so."`
}

// zoneViews are zones as they are told, in their order.
func (in *inside) zoneViews(now time.Time, zones []zone.Zone) ([]Zone, error) {
	pack, err := protocol.Load(in.o.Pack)
	if err != nil {
		return nil, err
	}
	areas := make([]place.AreaID, len(zones))
	for i, z := range zones {
		areas[i] = z.Area
	}
	last, err := in.LastCommunityCases(in.o.ID, areas...)
	if err != nil {
		return nil, err
	}
	out := make([]Zone, len(zones))
	for i, z := range zones {
		out[i] = Zone{ID: int64(z.ID), Area: in.code(z.Area), Level: string(z.Level), State: string(z.State), ProposedAt: clock(z.ProposedAt), DecidedAt: clock(z.DecidedAt), Version: z.Version}
		if l := response.ZoneLifting(pack, now, response.ZoneFacts{Zone: z, LastCase: last[z.Area], Loc: in.loc}); l.Known && z.State.Standing() {
			out[i].Lifting = &Lifting{l.From, l.Until, l.Met, string(l.To), l.Clauses}
		}
	}
	return out, nil
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

// ZonesOf are the zones of an outbreak that are proposed or in force.
func ZonesOf(r *store.Reader, o outbreak.Outbreak, now time.Time) (out Zones, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	out.Items, err = in.standingZones(now)
	return out, err
}

// standingZones are the zones that are proposed or in force, where the caller may see them.
func (in *inside) standingZones(now time.Time) ([]Zone, error) {
	list, err := in.Zones(in.o.ID)
	if err != nil {
		return nil, err
	}
	seen := list[:0]
	for _, z := range list {
		ok, err := in.sees(z.Area)
		if err != nil {
			return nil, err
		}
		if ok {
			seen = append(seen, z)
		}
	}
	return in.zoneViews(now, seen)
}

func (c *call) zoneFor(action auth.Action, id int64) (out Zone, err error) {
	var z zone.Zone
	err = c.record(action, "zone", id, func(r *store.Reader) (outbreak.ID, place.AreaID, error) {
		var err error
		z, err = r.Zone(zone.ID(id))
		return z.Outbreak, z.Area, err
	}, func(in *inside) error {
		list, err := in.zoneViews(c.now, []zone.Zone{z})
		if err == nil {
			out = list[0]
		}
		return err
	})
	return out, err
}

func (s *server) zones() {
	operation(s, "list-zones", http.MethodGet, "/api/outbreaks/{outbreak}/zones", "The zones that are proposed or in force", 200, func(c *call, in *Figures) (out Zones, err error) {
		return out, c.view(auth.ZoneRead, in.Outbreak, in.Area, func(v *inside) (err error) {
			out.Items, err = v.standingZones(c.now)
			return err
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
