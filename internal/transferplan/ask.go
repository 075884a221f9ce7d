package transferplan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/plan/transferday"
	"firebreak/internal/plan/trip"
	"firebreak/internal/transfer"
)

// ErrNotMoved is returned where a party cannot be given to a vehicle: it is not waiting, or the vehicle is not one that is sent.
var ErrNotMoved = errors.New("who is in a vehicle or not asked for, and a vehicle that has no crew, are not moved by hand")

// Cost is what giving a party to another vehicle costs, against the plan as it stands.
type Cost struct {
	Fits    bool    // the vehicle can fetch them
	Minutes float64 // more of driving, of all vehicles; less where below 0
	Km      float64
	At      time.Time            // when they would be fetched
	Late    []transferday.Late   // who would be late, or later
	Left    []transfer.RequestID // who would not be fetched any more
}

// Ask says what it costs to give a party to another vehicle. Nothing is changed.
func (p *Planner) Ask(ctx context.Context, id outbreak.ID, party transfer.RequestID, to transfer.VehicleID) (Cost, error) {
	w, err := p.read(ctx, id)
	if err != nil {
		return Cost{}, err
	}
	roads, _ := p.roads(ctx, &w.day.Day)
	before, was, err := p.quick(w.day, roads)
	if err != nil {
		return Cost{}, err
	}
	if err := w.day.Give(party, to); err != nil {
		return Cost{}, fmt.Errorf("%w: %w", ErrNotMoved, err)
	}
	after, is, err := p.quick(w.day, roads)
	if err != nil {
		return Cost{}, err
	}
	c := Cost{Minutes: after.Travel - before.Travel, Km: after.Km - before.Km}
	for _, t := range is.Trips {
		for _, s := range t.Stops {
			if s.Party == party {
				c.Fits, c.At = t.Vehicle == to, s.Begin
			}
		}
	}
	late := map[transfer.RequestID]time.Duration{}
	for _, l := range was.Late {
		late[l.Party] = l.By
	}
	for _, l := range is.Late {
		if l.By > late[l.Party]+time.Minute {
			c.Late = append(c.Late, l)
		}
	}
	for _, u := range is.Unserved {
		if !slices.ContainsFunc(was.Unserved, func(x transferday.Unserved) bool { return x.Party == u.Party }) {
			c.Left = append(c.Left, u.Party)
		}
	}
	return c, nil
}

// Needed says how many more vehicles would bring in time those who are not, by the trips that are planned; see [trip.Needed]. Nothing is changed.
func (p *Planner) Needed(ctx context.Context, id outbreak.ID) ([]trip.More, error) {
	w, err := p.read(ctx, id)
	if err != nil {
		return nil, err
	}
	roads, _ := p.roads(ctx, &w.day.Day)
	plan, _, err := p.quick(w.day, roads)
	if err != nil {
		return nil, err
	}
	return trip.Needed(w.day.Day, plan, trip.Options{Roads: roads, Budget: trip.Steps(quickSteps)}, w.day.Missed)
}

// quickSteps is a short search.
const quickSteps = 500

// quick plans with a short search: what changes little is found soon from the trips that stand.
func (p *Planner) quick(d *transferday.Day, roads trip.Roads) (plan trip.Plan, orders transferday.Orders, err error) {
	plan, err = trip.Make(d.Day, trip.Options{Roads: roads, Budget: trip.Steps(quickSteps)})
	if err != nil {
		return plan, orders, err
	}
	orders, err = d.Read(plan)
	return plan, orders, err
}
