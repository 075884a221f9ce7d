package main

import (
	"context"
	"net/url"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type stayDoorsCmd struct {
	facilityFlags
	Area string `placeholder:"CODE" help:"Only those of this jurisdiction and below."`
}

// Run lists door visits.
func (c *stayDoorsCmd) Run(ctx context.Context, p *process) error {
	var out api.DoorVisits
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		q := url.Values{}
		if c.Area != "" {
			q.Set("area", c.Area)
		}
		return s.get(ctx, path("/api/outbreaks/%s/door-visits", c.Outbreak), q, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
		out, err = api.DoorVisitsOf(r, o, c.Area, now)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("AREA", "BUILDING", "OF", "KIND", "UNTIL", "DUE AT THE DOOR", "BY", "LATE")
	for _, h := range out.Items {
		for _, v := range h.Visits {
			for _, k := range v.Tasks {
				what, late := k.Kind, ""
				if k.Need != "" {
					what += ": " + k.Need
				}
				if k.Late {
					late = "late"
				}
				t.add(h.Area, h.Building, v.Of, v.Kind, v.Until.Format(time.RFC3339), what, k.Due.Format(time.RFC3339), late)
			}
		}
	}
	return t.write(p.Stdout)
}
