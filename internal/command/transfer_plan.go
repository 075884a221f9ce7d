package command

import (
	"cmp"
	"context"
	"slices"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/plan/transferday"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
)

// promiseKept is how far from the time that people were told a vehicle may come and still keep it: the planner's own (plan/trip, Rules.Promise).
const promiseKept = 15 * time.Minute

// KeepTransfers keeps a plan of transfers: beds are booked, trips are set down, and whoever is fetched is promised a time, all at once. It is worked out beside the store (package transferplan); where what
// it was made on has changed meanwhile, nothing is kept and the error is a *store.Conflict.
type KeepTransfers struct {
	Outbreak outbreak.ID
	// What the plan was made on, with versions.
	Requests map[transfer.RequestID]int64
	Trips    map[transfer.TripID]int64
	Vehicles map[transfer.VehicleID]int64

	Orders           transferday.Orders
	InTime           bool
	Parties, People  int64
	Travel, Km       float64
	Digest           string // SHA-256 of the question, in hex
	Question, Answer []byte // compressed
}

// MayPlanTransfers says whether the caller may have transfers planned: a plan is for the whole of an outbreak.
func (c *Commands) MayPlanTransfers(ctx context.Context, by By, id outbreak.ID) error {
	return c.db.View(ctx, func(rd *store.Reader) error {
		o, err := rd.Outbreak(id)
		if err != nil {
			return err
		}
		return by.may(rd, o, auth.TransferWrite, o.Area, c.db.Now())
	})
}

// KeepTransfers carries out the order.
func (c *Commands) KeepTransfers(ctx context.Context, by By, in KeepTransfers) (out store.TransferPlan, err error) {
	err = c.inID(ctx, by, in.Outbreak, func(u *unit) error {
		if err := by.may(&u.tx.Reader, u.o, auth.TransferWrite, u.o.Area, u.now); err != nil {
			return err
		}
		k := &keeper{unit: u, in: &in}
		if err := k.read(); err != nil {
			return err
		}
		if err := k.beds(); err != nil {
			return err
		}
		if err := k.trips(); err != nil {
			return err
		}
		if err := k.promise(); err != nil {
			return err
		}
		out = store.TransferPlan{Outbreak: u.o.ID, MadeAt: u.now, MadeBy: by.Name(), InTime: in.InTime, Requests: in.Parties, People: in.People, Unserved: int64(len(in.Orders.Unserved)), Late: int64(len(in.Orders.Late)),
			Travel: in.Travel, Km: in.Km, Digest: in.Digest, Question: in.Question, Answer: in.Answer}
		if err := u.tx.AddTransferPlan(&out); err != nil {
			return err
		}
		_, err := u.fact(journal.TransfersPlanned, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"plan": out.Version, "parties": out.Requests, "people": out.People, "unserved": out.Unserved, "late": out.Late,
			"in_time": out.InTime, "sha256": in.Digest})
		return err
	})
	return out, err
}

// keeper keeps one plan.
type keeper struct {
	*unit
	in      *KeepTransfers
	live    map[transfer.RequestID]*transfer.Request
	running map[transfer.TripID]*transfer.Trip
	stay    map[transfer.RequestID]facility.StayID // by the plan
	fetched map[transfer.RequestID]fetch
}

// fetch is when and by which trip somebody is fetched.
type fetch struct {
	trip   transfer.TripID
	at     time.Time
	frozen bool
	party  transfer.RequestID
}

// read checks that the world is still the one that the plan was made on.
func (k *keeper) read() error {
	list, err := k.tx.LiveRequests(k.o.ID, store.Everywhere())
	if err != nil {
		return err
	}
	k.live = map[transfer.RequestID]*transfer.Request{}
	for i := range list {
		q := &list[i]
		seen, is := k.in.Requests[q.ID]
		if is && seen != q.Version {
			return &store.Conflict{Noun: "transfer", ID: int64(q.ID), Have: q.Version, Want: seen}
		}
		if is {
			k.live[q.ID] = q
		}
	}
	for id, v := range k.in.Requests {
		if k.live[id] == nil {
			return &store.Conflict{Noun: "transfer", ID: int64(id), Want: v}
		}
	}
	trips, err := k.tx.LiveTrips(k.o.ID)
	if err != nil {
		return err
	}
	k.running = map[transfer.TripID]*transfer.Trip{}
	for i := range trips {
		t := &trips[i]
		if k.in.Trips[t.ID] != t.Version {
			return &store.Conflict{Noun: "trip", ID: int64(t.ID), Have: t.Version, Want: k.in.Trips[t.ID]}
		}
		k.running[t.ID] = t
	}
	if len(k.running) != len(k.in.Trips) {
		return &store.Conflict{Noun: "trip"}
	}
	for _, t := range k.in.Orders.Trips {
		v, err := k.tx.Vehicle(t.Vehicle)
		if err != nil {
			return err
		}
		if k.in.Vehicles[v.ID] != v.Version {
			return &store.Conflict{Noun: "vehicle", ID: int64(v.ID), Have: v.Version, Want: k.in.Vehicles[v.ID]}
		}
	}
	return nil
}

// beds books the beds of the plan and gives those up that are not in it.
func (k *keeper) beds() error {
	want := map[transfer.RequestID]transferday.Bed{}
	var sites []facility.ID
	for _, b := range k.in.Orders.Beds {
		want[b.Request] = b
		sites = append(sites, b.Facility)
	}
	slices.Sort(sites)
	sites = slices.Compact(sites)
	var people []person.ID
	for _, q := range k.live {
		people = append(people, q.Person)
	}
	slices.Sort(people)
	stays, err := k.tx.StaysOf(people)
	if err != nil {
		return err
	}
	k.stay = map[transfer.RequestID]facility.StayID{}
	var fresh []*facility.Stay
	var of []transfer.RequestID
	for _, q := range k.sorted() {
		b, wanted := want[q.ID]
		if wanted {
			delete(want, q.ID)
		}
		has := false
		for _, s := range stays[q.Person] {
			if s.State != facility.Booked || s.Outbreak != k.o.ID {
				continue
			}
			if wanted && s.Facility == b.Facility && s.Room == b.Room && s.Bed == b.Bed && s.Class == q.Class {
				k.stay[q.ID], has = s.ID, true
				continue
			}
			if !wanted && s.ID != q.Stay {
				continue // somebody else's booking for a person whom this plan does not move
			}
			if !wanted && q.State == transfer.Aboard {
				k.stay[q.ID] = s.ID // their vehicle has broken down, or no other place takes them: they come all the same
				continue
			}
			if err := k.giveUpBed(s.ID); err != nil {
				return err
			}
		}
		if wanted && !has {
			f, err := k.siteOf(b)
			if err != nil {
				return err
			}
			fresh = append(fresh, &facility.Stay{Outbreak: k.o.ID, Person: q.Person, Class: q.Class, CaseOf: q.CaseOf, ContactOf: q.ContactOf, Companion: q.Companion, Household: q.Household, Facility: f.ID, Room: b.Room, Bed: b.Bed,
				Area: f.Area, District: f.District, State: facility.Booked, BookedAt: k.now, BookedBy: k.by.Name()})
			of = append(of, q.ID)
		}
	}
	for id := range want {
		return &store.Conflict{Noun: "transfer", ID: int64(id)}
	}
	// Whether a bed has gone to somebody else is looked at before it is written: the engine's refusal would tell nobody which.
	taken, err := k.tx.StaysIn(sites)
	if err != nil {
		return err
	}
	type bed struct {
		room facility.RoomID
		n    int64
	}
	used := map[bed]bool{}
	for _, list := range taken {
		for _, s := range list {
			used[bed{s.Room, s.Bed}] = true
		}
	}
	for _, s := range fresh {
		if used[bed{s.Room, s.Bed}] {
			return &store.Conflict{Noun: "room", ID: int64(s.Room)}
		}
	}
	if err := k.tx.AddStays(fresh); err != nil {
		return err
	}
	for i, s := range fresh {
		k.stay[of[i]] = s.ID
		if _, err := k.fact(journal.StayBooked, onStay(s.ID), s.Area, k.now, map[string]any{"class": s.Class, "transfer": of[i], "room": s.Room, "bed": s.Bed}); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeper) sorted() []*transfer.Request {
	out := make([]*transfer.Request, 0, len(k.live))
	for _, q := range k.live {
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b *transfer.Request) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// siteOf reads the facility of a bed that is to be booked, as long as it can be.
func (k *keeper) siteOf(b transferday.Bed) (f facility.Facility, err error) {
	m, err := k.tx.Room(b.Room)
	if err != nil {
		return f, err
	}
	if f, err = k.tx.Facility(b.Facility); err != nil {
		return f, err
	}
	if m.State != facility.Ready || m.Facility != f.ID || f.State != facility.Open || b.Bed < 1 || b.Bed > m.Beds {
		return f, &store.Conflict{Noun: "room", ID: int64(m.ID)}
	}
	return f, nil
}

// trips sets down the trips of the plan. One that was planned before and fetches somebody of the same keeps its number, so that a phone that does not know of the new plan speaks of the same.
func (k *keeper) trips() error {
	k.fetched = map[transfer.RequestID]fetch{}
	used := map[transfer.TripID]bool{}
	vehicles := map[transfer.VehicleID]transfer.Vehicle{}
	for _, x := range k.in.Orders.Trips {
		v, ok := vehicles[x.Vehicle]
		if !ok {
			var err error
			if v, err = k.tx.Vehicle(x.Vehicle); err != nil {
				return err
			}
			vehicles[x.Vehicle] = v
		}
		t := k.running[x.Under]
		if x.Under == 0 {
			t = k.same(&x, used)
		}
		if t == nil {
			t = &transfer.Trip{Outbreak: k.o.ID, Vehicle: x.Vehicle, State: transfer.TripPlanned, Area: v.Area, District: v.District}
		}
		if x.Under == 0 {
			t.From, t.Delay, t.DelayNote = x.From, 0, ""
		}
		t.Shift, t.Class, t.Facility, t.To, t.Stops = x.Shift, x.Class, x.Facility, x.To, stopsOf(t, &x)
		if t.ID == 0 {
			if err := k.tx.AddTrip(t); err != nil {
				return err
			}
		} else {
			if err := k.tx.SetStops(t); err != nil {
				return err
			}
			if err := k.tx.UpdateTrip(t); err != nil {
				return err
			}
		}
		used[t.ID] = true
		for _, s := range x.Stops {
			for _, id := range s.Requests {
				k.fetched[id] = fetch{t.ID, s.Begin, s.Frozen, s.Party}
			}
		}
	}
	for _, t := range k.running {
		if used[t.ID] {
			continue
		}
		if t.State == transfer.TripPlanned {
			t.State, t.DoneAt = transfer.TripDropped, k.now
		} else {
			for i := range t.Stops { // whom the plan moves otherwise, or not
				if s := &t.Stops[i]; s.DoneAt.IsZero() && !s.Off() {
					s.DoneAt, s.Outcome = k.now, transfer.NotNeeded
				}
			}
			if err := k.tx.SetStops(t); err != nil {
				return err
			}
		}
		if err := k.tx.UpdateTrip(t); err != nil {
			return err
		}
	}
	return nil
}

// same finds the planned trip of the vehicle that fetches one of the same parties.
func (k *keeper) same(x *transferday.Trip, used map[transfer.TripID]bool) *transfer.Trip {
	var best *transfer.Trip
	for _, t := range k.running {
		if t.Vehicle != x.Vehicle || t.State != transfer.TripPlanned || used[t.ID] || best != nil && best.ID < t.ID {
			continue
		}
		for i := range t.Stops {
			if p := t.Stops[i].Party; p != 0 && slices.ContainsFunc(x.Stops, func(s transferday.Stop) bool { return s.Party == p }) {
				best = t
				break
			}
		}
	}
	return best
}

// stopsOf is what was done of a trip, and then what the plan says.
func stopsOf(t *transfer.Trip, x *transferday.Trip) []transfer.Stop {
	var out []transfer.Stop
	left := map[transfer.RequestID]transfer.Stop{}
	for _, s := range t.Stops {
		if !s.DoneAt.IsZero() {
			out = append(out, s)
			continue
		}
		left[s.Party] = s
	}
	doors := slices.ContainsFunc(x.Stops, func(p transferday.Stop) bool { return p.Party != 0 })
	if off, is := left[0]; is && doors { // it stands where all get off, and goes to doors first
		off.CameAt = time.Time{}
		left[0] = off
	}
	for _, p := range x.Stops {
		s := transfer.Stop{ID: left[p.Party].ID, CameAt: left[p.Party].CameAt, Party: p.Party, Facility: p.Facility, Lon: p.Lon, Lat: p.Lat, Arrive: p.Arrive, Begin: p.Begin, Done: p.Done}
		if was := left[p.Party]; p.Frozen || !was.CameAt.IsZero() { // the vehicle is on its way there, or stands there: what is begun is not begun anew by a plan
			s.Arrive, s.Begin, s.Done = was.Arrive, was.Begin, was.Done
		}
		out = append(out, s)
	}
	return out
}

// promise tells each request what the plan says of it.
func (k *keeper) promise() error {
	for _, q := range k.sorted() {
		was := *q
		q.Stay = k.stay[q.ID]
		f, is := k.fetched[q.ID]
		switch {
		case q.State != transfer.Open && q.State != transfer.Planned: // in a vehicle, or nobody was there
			if q.State != transfer.Aboard {
				q.Stay = was.Stay
			}
		case is:
			q.State, q.Trip, q.Party = transfer.Planned, f.trip, f.party // who does not fit into a vehicle that is on its way is a party of their own
			// Somebody may have joined a party to whom the vehicle is on its way already: they were told nothing yet.
			if d := f.at.Sub(q.Promised); q.Promised.IsZero() || !f.frozen && (d > promiseKept || d < -promiseKept) {
				q.Promised = f.at
			}
		default:
			q.State, q.Trip, q.Promised = transfer.Open, 0, time.Time{}
		}
		if q.State != was.State {
			q.StateAt = k.now
		}
		if q.State == was.State && q.Trip == was.Trip && q.Stay == was.Stay && q.Party == was.Party && q.Promised.Equal(was.Promised) {
			continue
		}
		if err := k.tx.UpdateRequest(q); err != nil {
			return err
		}
	}
	return nil
}
