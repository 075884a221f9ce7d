package transferday

import (
	"fmt"
	"slices"

	"firebreak/internal/plan/trip"
	"firebreak/internal/transfer"
)

// Give has a party fetched by a vehicle that somebody chose, when that is. What they were promised is promised anew.
func (d *Day) Give(party transfer.RequestID, to transfer.VehicleID) error {
	id, vehicle := partyID(party), VehicleID(to)
	i := slices.IndexFunc(d.Requests, func(q trip.Request) bool { return q.ID == id })
	switch {
	case i < 0:
		return fmt.Errorf("party %d is not among those who wait", party)
	case d.Requests[i].Aboard != "":
		return fmt.Errorf("party %d: a vehicle is on its way to them", party)
	case !slices.ContainsFunc(d.Vehicles, func(v trip.Vehicle) bool { return v.ID == vehicle }):
		return fmt.Errorf("vehicle %d has no crew, or cannot be sent", to)
	}
	d.Requests[i].Vehicle, d.Requests[i].Promised = vehicle, nil
	for k := range d.Begin {
		d.Begin[k].Requests = slices.DeleteFunc(slices.Clone(d.Begin[k].Requests), func(x string) bool { return x == id })
	}
	d.Begin = slices.DeleteFunc(d.Begin, func(b trip.Begun) bool { return len(b.Requests) == 0 })
	return nil
}
