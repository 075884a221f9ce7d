package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/facility"
	"firebreak/internal/occupancy"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

type facilityAheadCmd struct {
	facilityFlags
	Code string `arg:"" optional:"" help:"Code of one facility. Left out: all of them, by kind, with when each is full."`
	Days int    `default:"5" placeholder:"N" help:"How far ahead, from 1 to 14."`
}

// Run says how full facilities are expected to be.
func (c *facilityAheadCmd) Run(ctx context.Context, p *process) error {
	if c.Days < 1 || c.Days > occupancy.MostDays {
		return misused(fmt.Errorf("--days %d: want 1 to %d", c.Days, occupancy.MostDays))
	}
	ask := url.Values{"days": {strconv.Itoa(c.Days)}}
	if c.Code != "" {
		var out api.FacilityAhead
		err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
			return s.get(ctx, path("/api/outbreaks/%s/facilities/%s/occupancy", c.Outbreak, c.Code), ask, &out)
		}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
			out, err = api.FacilityOccupancyNow(r, o, c.Code, now, c.Days)
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(out)
		}
		return c.tell(p, out.Code, out.PlacesAhead, out.State == string(facility.Reserve))
	}
	var out api.OccupancyAhead
	err := readOutbreak(ctx, p, c.dataFlags, c.serverFlags, c.Outbreak, func(s *remote) error {
		return s.get(ctx, path("/api/outbreaks/%s/occupancy", c.Outbreak), ask, &out)
	}, func(r *store.Reader, o outbreak.Outbreak, now time.Time) (err error) {
		out, err = api.OccupancyNow(r, o, now, c.Days)
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	for _, k := range out.Kinds {
		if err := c.tell(p, fmt.Sprintf("%s (%d facilities, %d people without a bed)", k.Kind, k.Facilities, k.Wanted), k.PlacesAhead, false); err != nil {
			return err
		}
	}
	t := newTable("FACILITY", "KIND", "STATE", "PLACES", "FREE", "FULL IF AS MANY COME")
	t.alignRight(3, 4)
	for _, f := range out.Facilities {
		full := "not in this time"
		switch {
		case f.State == string(facility.Reserve) || f.State == string(facility.Closing):
			full = ""
		case f.FullTrendAt != nil:
			full = instantText(f.FullTrendAt)
		}
		t.add(f.Code, f.Kind, f.State, strconv.FormatInt(f.Points[0].Places, 10), strconv.FormatInt(f.Points[0].Free, 10), full)
	}
	return t.write(p.Stdout)
}

// tell prints the places of one facility, or of one kind, now, in 6 and 12 hours, and then by day.
func (c *facilityAheadCmd) tell(p *process, who string, a api.PlacesAhead, reserve bool) error {
	head := who + ": "
	switch {
	case reserve:
		head += fmt.Sprintf("in reserve, %d places when it is opened", a.Usable.In24+a.Usable.In48+a.Usable.In72+a.Usable.Beyond)
	case a.FullAt != nil:
		head += "full at " + instantText(a.FullAt) + " by those who are known to come"
	case a.FullTrendAt != nil:
		head += fmt.Sprintf("full at %s if as many come as in the last 24 hours (%d)", instantText(a.FullTrendAt), a.Came24)
	default:
		head += fmt.Sprintf("not full in %d days", c.Days)
	}
	head += fmt.Sprintf("; usable now %d, in 24 h %d, in 48 h %d, in 72 h %d, later %d", a.Usable.Now, a.Usable.In24, a.Usable.In48, a.Usable.In72, a.Usable.Beyond)
	if a.NoDay > 0 {
		head += fmt.Sprintf("; %d people have no day on which they leave", a.NoDay)
	}
	if _, err := fmt.Fprintln(p.Stdout, head+"."); err != nil {
		return err
	}
	t := newTable("AT", "PEOPLE", "IN USE", "BOOKED", "TURNING", "FREE", "TO COME", "SHORT", "TO COME AS NOW", "SHORT AS NOW")
	t.alignRight(1, 2, 3, 4, 5, 6, 7, 8, 9)
	for i, x := range a.Points {
		if i != 0 && i != 6 && i != 12 && i%24 != 0 {
			continue
		}
		row := []string{x.At.Format(time.RFC3339)}
		for _, n := range []int64{x.People, x.InUse, x.Held, x.Turning, x.Free, x.Wanted, x.Short, x.Trend, x.ShortTrend} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		t.add(row...)
	}
	return t.write(p.Stdout)
}
