package transferplan

import (
	"cmp"
	"slices"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// Board is what a dispatcher looks at: vehicles with their trips, who waits, who is late, and how long it takes from a result to a bed.
type Board struct {
	Now      time.Time
	Vehicles []BoardVehicle              // by code
	Requests []transfer.Request          // that are not over, the first deadline first
	Alone    map[transfer.RequestID]bool // of them, children who have no adult to go with
	Sites    map[facility.ID]facility.Facility
	Full     map[facility.ID]store.Full
	Trips    map[transfer.TripID]transfer.Trip // of the vehicles
	ToBed    ToBed
	Plan     *store.TransferPlan // the newest; nil where there is none
}

// BoardVehicle is a vehicle with its crew's shifts and what it does.
type BoardVehicle struct {
	transfer.Vehicle
	Shifts []transfer.Shift
	Trips  []transfer.Trip // under way, planned, and done within the last hours
}

// ToBed is how long it took from the result to the bed for those who arrived within a day.
type ToBed struct {
	People      int
	Late        int           // of them, after their deadline
	Median, P90 time.Duration // zero where nobody arrived
}

// shown is for how long a trip that is done stays on the board.
const shown = 4 * time.Hour

// ReadBoard reads the board of an outbreak within a bound.
func ReadBoard(r *store.Reader, o outbreak.Outbreak, w store.Within, now time.Time) (Board, error) {
	b, err := ReadWaiting(r, o, w, now)
	if err != nil {
		return b, err
	}
	if b.Full, err = r.FullSites(o.ID); err != nil {
		return b, err
	}
	brought, err := r.BroughtWithin(o.ID, w, now.Add(-24*time.Hour), now.Add(time.Minute))
	if err != nil {
		return b, err
	}
	b.ToBed = toBed(brought)
	if p, is, err := r.LatestTransferPlan(o.ID); err != nil {
		return b, err
	} else if is {
		b.Plan = &p
	}
	return b, nil
}

// ReadWaiting reads of a board who waits, and the vehicles with their trips.
func ReadWaiting(r *store.Reader, o outbreak.Outbreak, w store.Within, now time.Time) (b Board, err error) {
	b = Board{Now: now, Sites: map[facility.ID]facility.Facility{}, Trips: map[transfer.TripID]transfer.Trip{}}
	if b.Requests, err = r.LiveRequests(o.ID, w); err != nil {
		return b, err
	}
	if b.Alone, err = alone(r, o, b.Requests, now); err != nil {
		return b, err
	}
	vehicles, err := r.Vehicles(o.ID, w)
	if err != nil {
		return b, err
	}
	ids := make([]transfer.VehicleID, len(vehicles))
	for i, v := range vehicles {
		ids[i] = v.ID
	}
	shifts, err := r.ShiftsOf(ids, now)
	if err != nil {
		return b, err
	}
	trips, err := r.TripsSince(o.ID, now.Add(-shown))
	if err != nil {
		return b, err
	}
	by := map[transfer.VehicleID][]transfer.Trip{}
	for _, t := range trips {
		by[t.Vehicle] = append(by[t.Vehicle], t)
	}
	for _, v := range vehicles {
		if v.State == transfer.Retired {
			continue
		}
		b.Vehicles = append(b.Vehicles, BoardVehicle{v, shifts[v.ID], by[v.ID]})
		for _, t := range by[v.ID] {
			b.Trips[t.ID] = t
		}
	}
	sites, err := r.Facilities(o.ID, store.Everywhere())
	if err != nil {
		return b, err
	}
	for _, s := range sites {
		b.Sites[s.ID] = s
	}
	return b, nil
}

// ReadParty reads of a board what is told of one request: its party, where they go and by which vehicle. An answer about one does not read them all.
func ReadParty(r *store.Reader, o outbreak.Outbreak, q *transfer.Request, now time.Time) (b Board, err error) {
	b = Board{Now: now, Sites: map[facility.ID]facility.Facility{}, Trips: map[transfer.TripID]transfer.Trip{}}
	if b.Requests, err = r.RequestsOfParty(o.ID, q.Party); err != nil {
		return b, err
	}
	if b.Alone, err = alone(r, o, b.Requests, now); err != nil {
		return b, err
	}
	at := []facility.ID{q.From, q.To}
	if q.Trip != 0 {
		t, err := r.Trip(q.Trip)
		if err != nil {
			return b, err
		}
		v, err := r.Vehicle(t.Vehicle)
		if err != nil {
			return b, err
		}
		b.Trips[t.ID], b.Vehicles, at = t, []BoardVehicle{{Vehicle: v}}, append(at, t.Facility)
	}
	for _, id := range at {
		if id == 0 {
			continue
		}
		if b.Sites[id], err = r.Facility(id); err != nil {
			return b, err
		}
	}
	return b, nil
}

func toBed(list []store.Brought) (out ToBed) {
	var spans []time.Duration
	for _, q := range list {
		if q.FoundAt.IsZero() || q.ArrivedAt.Before(q.FoundAt) {
			continue
		}
		spans = append(spans, q.ArrivedAt.Sub(q.FoundAt))
		if q.ArrivedAt.After(q.Deadline) {
			out.Late++
		}
	}
	slices.Sort(spans)
	if n := len(spans); n > 0 {
		out.People, out.Median, out.P90 = n, spans[(n-1)/2], spans[(n*9+9)/10-1]
	}
	return out
}

// Arrival is a vehicle that brings people to a place.
type Arrival struct {
	Trip     transfer.Trip
	Vehicle  string // its code
	At       time.Time
	Delay    time.Duration
	People   []transfer.Request // in it, or to be fetched on the way
	Facility facility.Facility
}

// Arrivals lists what is on its way to places, the first first: of one facility, or with 0 of all that the caller may read.
func Arrivals(r *store.Reader, o outbreak.Outbreak, w store.Within, at facility.ID) ([]Arrival, error) {
	sites, err := r.Facilities(o.ID, w)
	if err != nil {
		return nil, err
	}
	known := map[facility.ID]facility.Facility{}
	for _, s := range sites {
		if at == 0 || s.ID == at {
			known[s.ID] = s
		}
	}
	trips, err := r.LiveTrips(o.ID)
	if err != nil {
		return nil, err
	}
	var out []Arrival
	for _, t := range trips {
		f, is := known[t.Facility]
		if !is {
			continue
		}
		v, err := r.Vehicle(t.Vehicle)
		if err != nil {
			return nil, err
		}
		x := Arrival{Trip: t, Vehicle: v.Code, Delay: t.Delay, Facility: f}
		for _, s := range t.Stops {
			if s.Off() {
				x.At = s.Arrive.Add(t.Delay)
			}
		}
		people, err := r.RequestsOfTrip(t.ID)
		if err != nil {
			return nil, err
		}
		x.People = slices.DeleteFunc(people, func(q transfer.Request) bool { return q.State != transfer.Planned && q.State != transfer.Aboard })
		if len(x.People) > 0 {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Arrival) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Trip.ID, b.Trip.ID)) })
	return out, nil
}
