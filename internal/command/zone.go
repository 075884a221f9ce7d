package command

import (
	"context"
	"errors"
	"slices"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// DecideZone puts a proposed zone in force, at the level proposed or at another; declines it; moves one in force to another level; or lifts it.
type DecideZone struct {
	Zone    zone.ID
	Version int64
	State   zone.State
	// Level is a level of the pack in force, to draw the zone at; empty keeps the one it has.
	Level  zone.Level
	Reason string
}

// DecideZone carries out the order. Nobody but a person decides: the rulebook only proposes.
func (c *Commands) DecideZone(ctx context.Context, by By, in DecideZone) (out zone.Zone, err error) {
	o, err := c.outbreakOf(ctx, task.Subject{Kind: task.OnZone, ID: int64(in.Zone)})
	if err != nil {
		return out, err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	if in.Reason == "" {
		return out, &Invalid{Field: "reason", Reason: "is needed: a zone binds people"}
	}
	err = c.inID(ctx, by, o, func(u *unit) error {
		z, err := u.tx.Zone(in.Zone)
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.ZoneWrite, z.Area, u.now); err != nil {
			return err
		}
		if z.Version != in.Version {
			return &store.Conflict{Noun: "zone", ID: int64(z.ID), Have: z.Version, Want: in.Version}
		}
		if in.Level != "" && in.Level != z.Level {
			if !slices.ContainsFunc(u.pack.Zones.Levels, func(l protocol.ZoneLevel) bool { return l.Name == in.Level }) {
				return &Invalid{"level", string(in.Level), "is no level of " + u.pack.Ref()}
			}
			there, err := u.tx.ZoneAt(u.o.ID, int64(z.Area), in.Level)
			if err != nil {
				return err
			}
			if there != nil {
				return &Invalid{"level", string(in.Level), "the area has another zone at this level"}
			}
		}
		was := z
		if err := z.Decide(in.State, in.Level, u.now, in.Reason); err != nil {
			if errors.Is(err, zone.ErrState) {
				return &Invalid{"state", string(in.State), "cannot follow " + string(was.State)}
			}
			return err
		}
		if err := u.tx.UpdateZone(&z); err != nil {
			return err
		}
		out = z
		payload := map[string]any{"zone": z.ID, "level": z.Level, "from": was.State, "state": z.State, "reason": in.Reason}
		if was.Level != z.Level {
			payload["from_level"] = was.Level
		}
		ref, err := u.fact(journal.ZoneDecided, onCase(z.Case), z.Area, u.now, payload)
		if err != nil {
			return err
		}
		return u.react(response.Trigger{Kind: journal.ZoneDecided, Subject: onCase(z.Case), Ref: ref, At: u.now}, response.Trigger{Kind: journal.ZoneDecided, Subject: onZone(z.ID), Ref: ref, At: u.now})
	})
	return out, err
}

func onZone(id zone.ID) task.Subject { return task.Subject{Kind: task.OnZone, ID: int64(id)} }

// ZoneFacts implements response.World.
func (w *world) ZoneFacts(id zone.ID) (f response.ZoneFacts, err error) {
	z, err := w.tx.Zone(id)
	if err != nil {
		return f, err
	}
	all, err := w.zoneFacts([]zone.Zone{z})
	if err != nil {
		return f, err
	}
	return all[0], nil
}

// zoneFacts are the facts of zones, in their order.
func (w *world) zoneFacts(zones []zone.Zone) ([]response.ZoneFacts, error) {
	ids, areas := make([]int64, len(zones)), make([]place.AreaID, len(zones))
	for i, z := range zones {
		ids[i], areas[i] = int64(z.ID), z.Area
	}
	last, err := w.tx.LastCommunityCases(w.o.ID, areas...)
	if err != nil {
		return nil, err
	}
	tasks, err := w.tx.TasksOfMany(task.OnZone, ids)
	if err != nil {
		return nil, err
	}
	out := make([]response.ZoneFacts, len(zones))
	for i, z := range zones {
		out[i] = response.ZoneFacts{Zone: z, LastCase: last[z.Area], Loc: w.loc, Reviews: tasks[int64(z.ID)]}
	}
	return out, nil
}

// watchZones asks of the zones in force whether their lifting tests are met by now, and lets the rulebook answer where that has changed.
func (u *unit) watchZones() (int, error) {
	zones, err := u.tx.Zones(u.o.ID)
	if err != nil {
		return 0, err
	}
	zones = slices.DeleteFunc(zones, func(z zone.Zone) bool { return z.State != zone.InForce })
	if len(zones) == 0 {
		return 0, nil
	}
	facts, err := u.zoneFacts(zones)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, f := range facts {
		z := f.Zone
		kind, at := response.ZoneNews(response.Asked{Pack: u.pack, Now: u.now}, f)
		if kind == "" {
			continue
		}
		ref, err := u.fact(kind, onZone(z.ID), z.Area, at, map[string]any{"zone": z.ID, "level": z.Level})
		if err != nil {
			return 0, err
		}
		if err := u.react(response.Trigger{Kind: kind, Subject: onZone(z.ID), Ref: ref, At: at}); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
