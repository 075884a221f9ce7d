package trip

import (
	"fmt"
	"slices"

	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/planfile"
)

// Events are what has happened since a plan was made.
type Events struct {
	Now  float64   // minutes after the day's start
	Down []string  // vehicles that have broken down, where they last stopped
	Full []string  // sites that take nobody more
	New  []Request // requests that have come in
}

// Continue returns the day that is left at e.Now when the plan has been followed until then. Who has been let off keeps the bed; who is in a vehicle
// stays in it, or waits at the roadside if it has broken down; a vehicle on its way to a stop goes there first. Everybody else is promised
// the time that the plan says, unless they were promised one before, and [Make] begins with the trips that are left: it moves nobody who was promised a
// time unless their vehicle is down or their site full. The error names the field of e that makes no sense.
func Continue(d Day, p Plan, e Events) (Day, error) {
	c := &continuer{day: d, request: map[string]int{}, beds: map[string]bed.Assignment{}, vehicle: map[string]int{}}
	c.day.Now = max(d.Now, e.Now)
	c.day.Requests = append(slices.Clone(d.Requests), e.New...)
	c.day.Vehicles = slices.Clone(d.Vehicles)
	c.day.Full = append(slices.Clone(d.Full), e.Full...)
	c.day.Begin = nil
	for i := range c.day.Requests {
		c.request[c.day.Requests[i].ID] = i
	}
	for i := range d.Vehicles {
		c.vehicle[d.Vehicles[i].ID] = i
	}
	for i, id := range e.Down {
		if _, is := c.vehicle[id]; !is {
			return Day{}, planfile.Wrong(fmt.Sprintf("down[%d]", i), "%q is not among vehicles", id)
		}
	}
	for _, a := range p.Beds {
		c.beds[a.Party] = a
		if i, is := c.request[a.Party]; is {
			c.day.Requests[i].Bed = &a
		}
	}
	for i := range p.Routes {
		r := &p.Routes[i]
		if _, is := c.vehicle[r.Vehicle]; !is {
			return Day{}, planfile.Wrong("plan", "vehicle %q is not among the day's", r.Vehicle)
		}
		if err := c.route(r, slices.Contains(e.Down, r.Vehicle)); err != nil {
			return Day{}, err
		}
	}
	c.day.Vehicles = slices.DeleteFunc(c.day.Vehicles, func(v Vehicle) bool { return slices.Contains(e.Down, v.ID) })
	for i := range c.day.Requests { // of a vehicle that is down and has done nothing since it was given from
		if q := &c.day.Requests[i]; q.Aboard != "" && slices.Contains(e.Down, q.Aboard) {
			c.strand(q, *d.Vehicles[c.vehicle[q.Aboard]].From)
		}
	}
	return c.day, c.day.Validate()
}

type continuer struct {
	day     Day
	request map[string]int
	vehicle map[string]int
	beds    map[string]bed.Assignment
}

// route follows a route until now.
func (c *continuer) route(r *Route, down bool) error {
	v := &c.day.Vehicles[c.vehicle[r.Vehicle]]
	now := c.day.Now
	var aboard []string
	at, left := From{}, r.From
	begun := false
	i := 0
	for ; i < len(r.Visits); i++ {
		x := &r.Visits[i]
		happens := left <= now // it has set out
		if down {
			happens = x.Begin <= now
		}
		if !happens {
			break
		}
		j, is := c.request[x.Request]
		switch {
		case x.Request == "":
			for _, id := range aboard {
				stay := c.beds[id]
				q := &c.day.Requests[c.request[id]]
				q.Stay, q.Bed, q.Aboard, q.Promised = &stay, nil, "", nil
			}
			aboard = nil
			s := slices.IndexFunc(c.day.Sites, func(s bed.Site) bool { return s.ID == x.Site })
			if s < 0 {
				return planfile.Wrong("plan", "site %q is not among the day's", x.Site)
			}
			at.Lat, at.Lon = c.day.Sites[s].Lat, c.day.Sites[s].Lon
		case !is:
			return planfile.Wrong("plan", "request %q is not among the day's", x.Request)
		default:
			aboard = append(aboard, x.Request)
			at.Lat, at.Lon = c.day.Requests[j].Lat, c.day.Requests[j].Lon
			if x.Already {
				at.Lat, at.Lon = v.From.Lat, v.From.Lon
			}
		}
		at.Minute, at.Last = max(now, x.Done), x.Class
		left, begun = x.Leave, true
	}
	takes := standard(v.Disinfect, c.day.Rules.Full().Disinfect)
	switch { // a vehicle that is being disinfected for its next trip, or was, is not disinfected again
	case i == len(r.Visits):
	case begun && r.Visits[i-1].Site != "" && r.Visits[i].Class != at.Last:
		x := &r.Visits[i-1]
		at.Minute, at.Last = max(now, min(x.Leave, x.Done+takes)), r.Visits[i].Class
	case !begun && v.From != nil && v.From.Last != "" && r.Visits[i].Class != v.From.Last && !c.busy(v):
		ready := *v.From
		ready.Minute, ready.Last = max(now, min(r.From, ready.Minute+takes)), r.Visits[i].Class
		v.From = &ready
	}
	back := i == len(r.Visits) && now >= r.To
	switch {
	case back && !c.carries(v): // whoever could be brought nowhere is still in it
		v.From = nil
	case begun:
		v.From = &at
	}
	for _, id := range aboard {
		q := &c.day.Requests[c.request[id]]
		q.Aboard = r.Vehicle
		if down {
			c.strand(q, at)
		}
	}
	c.left(r, i, aboard, down)
	return nil
}

// carries reports whether somebody is in the vehicle.
func (c *continuer) carries(v *Vehicle) bool {
	return slices.ContainsFunc(c.day.Requests, func(q Request) bool { return q.Aboard == v.ID })
}

// busy reports whether the vehicle has something left to do of what was gone through so far, the shifts before.
func (c *continuer) busy(v *Vehicle) bool {
	return c.carries(v) || slices.ContainsFunc(c.day.Begin, func(b Begun) bool { return b.Vehicle == v.ID })
}

// strand leaves people at the roadside: they are to be fetched from there, as soon as can be.
func (c *continuer) strand(q *Request, at From) {
	q.Lat, q.Lon, q.Ready, q.Aboard, q.Promised, q.PickupBy = at.Lat, at.Lon, c.day.Now, "", nil, nil
}

// left promises the rest of a route to those in it, and keeps its trips.
func (c *continuer) left(r *Route, from int, aboard []string, down bool) {
	trip := Begun{Vehicle: r.Vehicle, Shift: r.Shift, Requests: aboard}
	for i := range r.Visits[from:] {
		x := &r.Visits[from+i]
		if x.Site != "" {
			trip.Site = x.Site
			if !down {
				c.day.Begin = append(c.day.Begin, trip)
			}
			trip.Requests = nil
			continue
		}
		trip.Requests = append(trip.Requests, x.Request)
		if q := &c.day.Requests[c.request[x.Request]]; q.Promised == nil && q.Aboard == "" {
			minute := x.Begin
			q.Promised = &minute
		}
	}
}
