package drill

import (
	"errors"
	"fmt"
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/drill/scenario"
	"firebreak/internal/sim"
)

// injects are put down when the first case is found: their days count from then.
func (d *Drill) injects() error {
	for i, x := range d.s.Injects {
		n := map[string]int{scenario.LabDown: int(d.s.Laboratory.Count.Value), scenario.BusBreaks: d.each(d.s.Transfer.Buses)}[x.Kind]
		if n > 0 && x.Which > n {
			return fmt.Errorf("injects[%d].which: there are %d: %w", i, n, scenario.ErrInvalid)
		}
	}
	return nil
}

func (d *Drill) injectAll() {
	for _, x := range d.s.Injects {
		at := d.minute(x.At(d.clock(d.first)))
		if at > d.now {
			d.agenda.put(at, func(at sim.Minute) error { return d.inject(x, at) })
		}
	}
}

func (d *Drill) inject(x scenario.Inject, at sim.Minute) error {
	span := sim.Minute(x.Hours * 60)
	d.Said(fmt.Sprintf("%s %s", d.clock(at).Format("01-02 15:04"), x.Kind))
	switch x.Kind {
	case scenario.LabDown:
		l := d.labs[x.Which-1]
		l.free = max(l.free, float64(at)) + float64(span) // what is in the machines is read later, too
	case scenario.Rumour:
		d.clinics.rumour, d.clinics.until = x.Times, at+span
	case scenario.BusBreaks:
		path := d.at + "/vehicles/" + d.road.vehicles[x.Which-1] + "/state"
		if err := d.try(d.c.as(d.ctx, dispatcher, "POST vehicles/{}/state", http.MethodPost, path, api.VehicleState{State: "broken", Reason: "does not start"}, nil)); err != nil {
			return err
		}
		d.agenda.put(at+span, func(sim.Minute) error {
			return d.try(d.c.as(d.ctx, dispatcher, "POST vehicles/{}/state", http.MethodPost, path, api.VehicleState{State: "ready"}, nil))
		})
	case scenario.Kill:
		switch err := d.Server.Kill(d.ctx); {
		case errors.Is(err, ErrNotOurs):
			d.Said(err.Error())
			return nil
		case err != nil:
			return err
		}
		d.truth.Kills++
		// Nobody can do anything until it is back, but the world goes on: what was due meanwhile is done late.
		d.now = min(at+span, sim.At(at.Day()+1, 0)-1)
		if err := d.Server.Start(d.ctx); err != nil {
			return err
		}
		return d.moveTo(d.now)
	}
	return nil
}
