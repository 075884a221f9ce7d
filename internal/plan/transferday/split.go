package transferday

import (
	"slices"

	"firebreak/internal/transfer"
)

// split takes those out of a party who joined it when its vehicle was on its way already and has no seats for them: they are a party of their own, and fetched later.
func (d *Day) split() {
	for i := range d.facts.Trips {
		t := &d.facts.Trips[i]
		next := t.Next()
		v := slices.IndexFunc(d.facts.Vehicles, func(v Vehicle) bool { return v.ID == t.Vehicle })
		if t.State != transfer.TripStarted || next == nil || next.Off() || v < 0 {
			continue
		}
		var has [3]int64
		var joined []*transfer.Request
		goes := false
		for k := range d.facts.Requests {
			q := &d.facts.Requests[k]
			waits := q.State == transfer.Open || q.State == transfer.Planned
			switch {
			case q.Trip == t.ID && (q.State == transfer.Aboard || waits && q.Party == next.Party):
				goes = goes || waits
			case waits && q.Party == next.Party:
				joined = append(joined, q)
			default:
				continue
			}
			has[seatOf(q)]++
		}
		if !goes || has[0] <= d.facts.Vehicles[v].Seats && has[1] <= d.facts.Vehicles[v].Wheelchairs && has[2] <= d.facts.Vehicles[v].Stretchers {
			continue
		}
		for _, q := range joined {
			q.Party = joined[0].ID
		}
	}
}

func seatOf(q *transfer.Request) int {
	switch q.Seat {
	case transfer.Wheelchair:
		return 1
	case transfer.Stretcher:
		return 2
	default:
		return 0
	}
}
