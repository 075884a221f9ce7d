package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// Outbreak is an incident.
type Outbreak struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Title     string     `json:"title"`
	Area      string     `json:"area" doc:"Code of its jurisdiction; empty for all there is."`
	AreaName  string     `json:"area_name"`
	Zone      string     `json:"zone" doc:"IANA time zone in which its days are counted."`
	Pack      string     `json:"pack" doc:"The protocol pack in force."`
	Phase     string     `json:"phase"`
	StartedAt *time.Time `json:"started_at,omitempty"`
	Version   int64      `json:"version"`
}

func outbreakView(o outbreak.Outbreak, tree *place.Tree) Outbreak {
	j, _ := tree.Get(o.Area)
	return Outbreak{int64(o.ID), o.Name, o.Title, j.Code, j.Name, o.Zone, o.Pack, string(o.Phase), clock(o.StartedAt), o.Version}
}

// NewOutbreak starts an outbreak.
type NewOutbreak struct {
	Name  string `json:"name" doc:"Lower-case letters, digits and hyphens, at most 63." example:"laixi-2022"`
	Title string `json:"title,omitempty"`
	Area  string `json:"area,omitempty" doc:"Code of a jurisdiction."`
	Zone  string `json:"zone,omitempty" doc:"IANA time zone; UTC when left out." example:"Asia/Shanghai"`
	Pack  string `json:"pack" doc:"Protocol pack." example:"covid19/2022-v9"`
}

// Outbreaks is a list.
type Outbreaks struct {
	Items []Outbreak `json:"items"`
}

func (s *server) outbreaks() {
	type none struct{ Asked }
	operation(s, "list-outbreaks", http.MethodGet, "/api/outbreaks", "List the outbreaks in the caller's areas, and those whose offices have asked theirs for assistance, newest first", 200, func(c *call, _ *none) (out Outbreaks, err error) {
		err = c.o.DB.View(c.ctx, func(r *store.Reader) error {
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			list, err := r.Outbreaks()
			out.Items = []Outbreak{}
			for _, o := range list {
				near := c.near(tree, o.Area)
				if !near {
					if near, err = c.calledOn(r, o); err != nil {
						return err
					}
				}
				if near {
					out.Items = append(out.Items, outbreakView(o, tree))
				}
			}
			return err
		})
		return out, err
	})
	type start struct {
		Asked
		Body NewOutbreak
	}
	operation(s, "start-outbreak", http.MethodPost, "/api/outbreaks", "Start an outbreak under a protocol pack", 201, func(c *call, in *start) (out Outbreak, err error) {
		o, err := c.o.Commands.StartOutbreak(c.ctx, c.by(), in.Body.order())
		if err != nil {
			return out, err
		}
		tree, err := c.o.DB.Tree(c.ctx)
		if err != nil {
			return out, err
		}
		return outbreakView(o, tree), nil
	})
}

func (n NewOutbreak) order() command.StartOutbreak {
	return command.StartOutbreak{Name: n.Name, Title: n.Title, Area: n.Area, Zone: n.Zone, Pack: n.Pack}
}

// near says whether an area lies in, or around, an area in which the caller holds a role now.
func (c *call) near(tree *place.Tree, a place.AreaID) bool {
	for _, g := range c.actor.Grants {
		if !g.Until.IsZero() && !c.now.Before(g.Until) {
			continue
		}
		if a == 0 || tree.Contains(g.Area, a) || tree.Contains(a, g.Area) {
			return true
		}
	}
	return false
}

// calledOn says whether an office of the caller's areas was asked for assistance in an outbreak.
func (c *call) calledOn(r *store.Reader, o outbreak.Outbreak) (bool, error) {
	for _, p := range auth.PurposesFor(c.actor, auth.ContactRead, c.now) {
		list, err := r.AssistanceList(store.AssistanceFilter{Outbreak: o.ID, Within: store.Within{Scope: auth.ScopeOf(c.actor, auth.ContactRead, p, c.now)}, In: true}, 1)
		if err != nil || len(list) > 0 {
			return len(list) > 0, err
		}
	}
	return false, nil
}
