package command

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
)

// TellTrip says what became of a trip, or of a stop of one: by the crew's phone, or by the transfer desk for them.
type TellTrip struct {
	Trip    transfer.TripID
	Party   transfer.RequestID // of a door; 0 where all get off
	What    transfer.What
	At      time.Time // zero: now
	Gave    string
	Took    string
	Means   transfer.Means
	Signed  string
	Minutes int64 // late by
	Reason  string
}

// clockSlack is how far ahead of the server's a phone's clock may be.
const clockSlack = 5 * time.Minute

func onTrip(id transfer.TripID) task.Subject {
	return task.Subject{Kind: store.OnTrip, ID: int64(id)}
}

// TellTrip carries out the order. Whoever dispatches vehicles gives it; that all got off may also be told by the place that takes them in.
func (c *Commands) TellTrip(ctx context.Context, by By, in TellTrip) (out transfer.Trip, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		t, err := tx.Trip(in.Trip)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(t.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.mayTell(&t, in.What); err != nil {
				return err
			}
			v, err := tx.Vehicle(t.Vehicle)
			if err != nil {
				return err
			}
			d := &drive{unit: u, v: &v, in: in}
			if err := d.tell(); err != nil {
				return err
			}
			out, err = tx.Trip(d.trip.ID)
			return err
		})
	})
	return out, err
}

// mayTell checks who tells of a trip.
func (u *unit) mayTell(t *transfer.Trip, what transfer.What) error {
	err := u.by.may(&u.tx.Reader, u.o, auth.TransferWrite, t.Area, u.now)
	if err == nil || what != transfer.ToldOff || t.Facility == 0 {
		return err
	}
	f, read := u.tx.Facility(t.Facility)
	if read != nil {
		return read
	}
	action := auth.IsolationWrite
	if f.Kind == facility.Hospital {
		action = auth.CareWrite
	}
	return u.by.may(&u.tx.Reader, u.o, action, f.Area, u.now)
}

// drive is something told of a vehicle under way.
type drive struct {
	*unit
	v     *transfer.Vehicle
	in    TellTrip
	trip  *transfer.Trip
	phone transfer.PhoneID // that tells it; 0: somebody at a desk
}

func wrongTrip(field, value, reason string) error { return &Invalid{field, value, reason} }

// tell takes down one thing.
func (d *drive) tell() error {
	if d.in.At.IsZero() {
		d.in.At = d.now
	}
	d.in.At = d.in.At.UTC().Truncate(time.Microsecond)
	if d.in.At.After(d.now.Add(clockSlack)) {
		return wrongTrip("at", d.in.At.In(d.loc).Format(time.RFC3339), "lies in the future")
	}
	if d.in.At.After(d.now) {
		d.in.At = d.now
	}
	if d.in.What == transfer.ToldClean || d.in.What == transfer.ToldBroke {
		return d.ofVehicle()
	}
	t, err := d.tx.Trip(d.in.Trip)
	if err != nil {
		return err
	}
	if t.Outbreak != d.o.ID || t.Vehicle != d.v.ID {
		return wrongTrip("trip", strconv.FormatInt(int64(d.in.Trip), 10), "is not this vehicle's")
	}
	d.trip = &t
	switch d.in.What {
	case transfer.ToldStart:
		return d.start()
	case transfer.ToldLate:
		return d.late()
	case transfer.ToldCame:
		return d.came()
	case transfer.ToldIn:
		return d.fetched()
	case transfer.ToldNoShow:
		return d.missed(transfer.NoShow, transfer.NobodyHome)
	case transfer.ToldWont:
		return d.missed(transfer.Refused, transfer.WouldNot)
	case transfer.ToldOff:
		return d.off()
	case transfer.ToldAway:
		return d.turnedAway()
	default:
	}
	return wrongTrip("what", string(d.in.What), "is not something that a crew tells")
}

func (d *drive) ofVehicle() error {
	in := SetVehicle{Clean: d.in.What == transfer.ToldClean, Reason: d.in.Reason}
	if d.in.What == transfer.ToldBroke {
		in.State = string(transfer.Broken)
		if strings.TrimSpace(in.Reason) == "" {
			in.Reason = "told by the crew"
		}
	}
	if err := d.setVehicle(d.v, in); err != nil {
		return err
	}
	d.trip = &transfer.Trip{ID: d.in.Trip}
	return nil
}

// keep writes the trip with its stops.
func (d *drive) keep() error {
	if err := d.tx.SetStops(d.trip); err != nil {
		return err
	}
	return d.tx.UpdateTrip(d.trip)
}

// start begins a trip. It is begun already where its crew told something of a stop first.
func (d *drive) start() error {
	t := d.trip
	if t.State == transfer.TripStarted || t.State == transfer.TripDone {
		return nil
	}
	if t.State == transfer.TripDropped {
		return wrongTrip("trip", strconv.FormatInt(int64(t.ID), 10), "was planned anew: ask for the vehicle's trips again")
	}
	if d.v.State != transfer.Ready {
		return wrongTrip("vehicle", d.v.Code, "is "+string(d.v.State)+": it is not sent")
	}
	if d.v.Last != "" && d.v.Last != t.Class {
		return wrongTrip("vehicle", d.v.Code, "carried a "+string(d.v.Last)+" and was not disinfected since")
	}
	trips, err := d.tx.TripsOf(d.v.ID, d.now)
	if err != nil {
		return err
	}
	for _, o := range trips {
		if o.State == transfer.TripStarted {
			return wrongTrip("trip", strconv.FormatInt(int64(o.ID), 10), "of this vehicle is under way: it ends first")
		}
	}
	return d.begin()
}

func (d *drive) begin() error {
	d.trip.State, d.trip.StartedAt = transfer.TripStarted, d.in.At
	if err := d.keep(); err != nil {
		return err
	}
	_, err := d.fact(journal.TripStarted, onTrip(d.trip.ID), d.trip.Area, d.in.At, map[string]any{"vehicle": d.v.Code, "class": d.trip.Class, "stops": len(d.trip.Stops)})
	return err
}

func (d *drive) late() error {
	if d.trip.State.Over() {
		return nil // it came, however late
	}
	d.trip.Delay, d.trip.DelayNote = time.Duration(d.in.Minutes)*time.Minute, strings.TrimSpace(d.in.Reason)
	if err := d.tx.UpdateTrip(d.trip); err != nil {
		return err
	}
	_, err := d.fact(journal.TripDelayed, onTrip(d.trip.ID), d.trip.Area, d.in.At, map[string]any{"vehicle": d.v.Code, "minutes": d.in.Minutes, "reason": d.trip.DelayNote})
	return err
}

// underWay begins the trip if nobody said that it has begun: what a crew tells of a stop is told from the road.
func (d *drive) underWay() error {
	if d.trip.State == transfer.TripPlanned {
		return d.start()
	}
	return nil
}

// stop finds the stop of a party that is still to come, or else the last that was done with.
func (d *drive) stop(party transfer.RequestID) (out *transfer.Stop) {
	for i := range d.trip.Stops {
		s := &d.trip.Stops[i]
		if s.Party != party || s.Outcome == transfer.NotNeeded {
			continue
		}
		if s.DoneAt.IsZero() {
			return s
		}
		out = s
	}
	return out
}

func (d *drive) came() error {
	if err := d.underWay(); err != nil {
		return err
	}
	s := d.stop(d.in.Party)
	if s == nil || !s.CameAt.IsZero() {
		return nil // planned anew meanwhile, or told before
	}
	s.CameAt = d.in.At
	d.v.AtLon, d.v.AtLat, d.v.AtTime = s.Lon, s.Lat, d.in.At
	if err := d.tx.UpdateVehicle(d.v); err != nil {
		return err
	}
	return d.keep()
}

// party reads who of a party waits to be fetched.
func (d *drive) party() ([]transfer.Request, error) {
	all, err := d.tx.RequestsOfParty(d.o.ID, d.in.Party)
	if err != nil {
		return nil, err
	}
	var out []transfer.Request
	for _, q := range all {
		if q.State == transfer.Aboard && q.Trip == d.trip.ID {
			return nil, nil // told before
		}
		if q.State == transfer.Open || q.State == transfer.Planned || q.State == transfer.NoShow || q.State == transfer.Refused {
			out = append(out, q)
		}
	}
	if len(out) == 0 {
		return nil, wrongTrip("party", strconv.FormatInt(int64(d.in.Party), 10), "has nobody who waits to be fetched")
	}
	return out, nil
}

// atDoor finds the stop of a party. Where the plan has changed since the crew was told it, and they went all the same, what they did counts: the party becomes a stop of the trip that they are on.
func (d *drive) atDoor(list []transfer.Request) (*transfer.Stop, error) {
	if d.trip.State.Over() {
		trips, err := d.tx.TripsOf(d.v.ID, d.now)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(trips, func(t transfer.Trip) bool { return t.State == transfer.TripStarted })
		if i < 0 {
			if d.v.Last != "" && d.v.Last != list[0].Rides() {
				return nil, wrongTrip("vehicle", d.v.Code, "carried a "+string(d.v.Last)+" and was not disinfected since")
			}
			t := transfer.Trip{Outbreak: d.o.ID, Vehicle: d.v.ID, Shift: d.trip.Shift, Class: list[0].Rides(), Facility: d.trip.Facility, Area: d.v.Area, District: d.v.District, State: transfer.TripStarted,
				From: d.in.At, To: d.in.At.Add(time.Hour), StartedAt: d.in.At, Stops: offOf(d.trip)}
			if err := d.tx.AddTrip(&t); err != nil {
				return nil, err
			}
			d.trip = &t
		} else {
			d.trip = &trips[i]
		}
	}
	if err := d.underWay(); err != nil {
		return nil, err
	}
	if d.trip.Class != list[0].Rides() {
		return nil, wrongTrip("party", strconv.FormatInt(int64(d.in.Party), 10), "is a "+string(list[0].Rides())+", and the vehicle carries a "+string(d.trip.Class))
	}
	if s := d.stop(d.in.Party); s != nil {
		return s, nil
	}
	q := &list[0]
	s := transfer.Stop{Party: q.Party, Facility: q.From, Lon: q.Lon, Lat: q.Lat, Arrive: d.in.At, Begin: d.in.At, Done: d.in.At}
	at := len(d.trip.Stops)
	if at > 0 && d.trip.Stops[at-1].Off() {
		at--
	}
	d.trip.Stops = slices.Insert(d.trip.Stops, at, s)
	return &d.trip.Stops[at], nil
}

// offOf is the stop of a trip where all get off.
func offOf(t *transfer.Trip) []transfer.Stop {
	for _, s := range t.Stops {
		if s.Off() {
			s.ID, s.CameAt, s.DoneAt, s.Outcome = 0, time.Time{}, time.Time{}, transfer.ToCome
			return []transfer.Stop{s}
		}
	}
	return nil
}

// fetched hands a party over into the vehicle.
func (d *drive) fetched() error {
	list, err := d.party()
	if err != nil || list == nil {
		return err
	}
	if list, err = d.takesIn(list); err != nil {
		return err
	}
	was := d.trip.ID
	s, err := d.atDoor(list)
	if err != nil {
		return err
	}
	if s.CameAt.IsZero() {
		s.CameAt = d.in.At
	}
	s.DoneAt, s.Outcome = d.in.At, transfer.HandedOver
	d.v.Last, d.v.AtLon, d.v.AtLat, d.v.AtTime = d.trip.Class, s.Lon, s.Lat, d.in.At
	if err := d.keep(); err != nil {
		return err
	}
	s = d.stop(d.in.Party) // it has a number now
	if err := d.tx.UpdateVehicle(d.v); err != nil {
		return err
	}
	for i := range list {
		q := &list[i]
		if q.Trip != 0 && q.Trip != d.trip.ID && q.Trip != was {
			if err := d.taken(q); err != nil {
				return err
			}
		}
		to, err := q.State.Move(transfer.Aboard)
		if err != nil {
			return err
		}
		q.State, q.StateAt, q.Trip, q.FetchedAt, q.Reason = to, d.in.At, d.trip.ID, d.in.At, ""
		if err := d.tx.UpdateRequest(q); err != nil {
			return err
		}
		if _, err := d.fact(journal.TransferFetched, onTransfer(q.ID), q.Area, d.in.At, map[string]any{"vehicle": d.v.Code, "trip": d.trip.ID, "means": d.in.Means}); err != nil {
			return err
		}
	}
	return d.handOver(transfer.In, s.ID, list)
}

// taken takes a party out of the trip that was to fetch them: another vehicle has.
func (d *drive) taken(q *transfer.Request) error {
	t, err := d.tx.Trip(q.Trip)
	if err != nil || t.State.Over() {
		return err
	}
	for i := range t.Stops {
		if s := &t.Stops[i]; s.Party == q.Party && s.DoneAt.IsZero() {
			s.DoneAt, s.Outcome = d.now, transfer.NotNeeded
		}
	}
	return d.closeIfEmpty(&t, q.ID)
}

// takesIn says who of a party gets in. Where some joined it since its vehicle was planned, and there are no seats for all beside those who are still to be fetched, those for whom it was planned get in; the others wait as a party of their own.
func (d *drive) takesIn(list []transfer.Request) ([]transfer.Request, error) {
	var planned, joined []transfer.Request
	for _, q := range list {
		if q.Trip == d.trip.ID {
			planned = append(planned, q)
		} else {
			joined = append(joined, q)
		}
	}
	if len(planned) == 0 {
		return list, d.room(list, false)
	}
	if len(joined) == 0 || d.room(list, true) == nil {
		return list, d.room(list, false)
	}
	for i := range joined {
		q := &joined[i]
		q.Party = joined[0].ID
		if err := d.tx.UpdateRequest(q); err != nil {
			return nil, err
		}
	}
	return planned, d.room(planned, false)
}

// room says whether the vehicle has seats for a party beside whoever is in it, and, with others, beside those whom the trip is still to fetch.
func (d *drive) room(list []transfer.Request, others bool) error {
	var need [3]int64
	add := func(q *transfer.Request) {
		switch q.Seat {
		case transfer.Wheelchair:
			need[1]++
		case transfer.Stretcher:
			need[2]++
		default:
			need[0]++
		}
	}
	trips, err := d.tx.TripsOf(d.v.ID, d.now)
	if err != nil {
		return err
	}
	for _, t := range trips {
		in, err := d.tx.RequestsOfTrip(t.ID)
		if err != nil {
			return err
		}
		for i := range in {
			q := &in[i]
			if others && t.ID == d.trip.ID && q.State == transfer.Planned && q.Party != d.in.Party {
				add(q)
			}
			if q.State != transfer.Aboard {
				continue
			}
			if q.Rides() != list[0].Rides() {
				return wrongTrip("party", strconv.FormatInt(int64(d.in.Party), 10), "is a "+string(list[0].Rides())+", and the vehicle carries a "+string(q.Rides()))
			}
			add(q)
		}
	}
	for i := range list {
		add(&list[i])
	}
	if need[0] > d.v.Seats || need[1] > d.v.Wheelchairs || need[2] > d.v.Stretchers {
		return wrongTrip("party", strconv.FormatInt(int64(d.in.Party), 10), fmt.Sprintf("does not fit: %d seats, %d wheelchairs and %d stretchers would be taken", need[0], need[1], need[2]))
	}
	return nil
}

// missed says that nobody was there, or that they would not come. They wait until somebody says what is to be done.
func (d *drive) missed(state transfer.State, outcome transfer.Outcome) error {
	list, err := d.party()
	if err != nil || list == nil {
		return err
	}
	if err := d.underWay(); err != nil {
		return err
	}
	if s := d.stop(d.in.Party); s != nil && s.DoneAt.IsZero() {
		if s.CameAt.IsZero() {
			s.CameAt = d.in.At
		}
		s.DoneAt, s.Outcome = d.in.At, outcome
		d.v.AtLon, d.v.AtLat, d.v.AtTime = s.Lon, s.Lat, d.in.At
		if err := d.tx.UpdateVehicle(d.v); err != nil {
			return err
		}
	}
	for i := range list {
		q := &list[i]
		if q.State == state {
			continue
		}
		to, err := q.State.Move(state)
		if err != nil {
			return err
		}
		if q.Stay != 0 {
			if err := d.giveUpBed(q.Stay); err != nil {
				return err
			}
		}
		q.State, q.StateAt, q.Reason, q.Trip, q.Promised, q.Stay = to, d.in.At, strings.TrimSpace(d.in.Reason), 0, time.Time{}, 0
		if err := d.tx.UpdateRequest(q); err != nil {
			return err
		}
		if _, err := d.fact(journal.TransferMissed, onTransfer(q.ID), q.Area, d.in.At, map[string]any{"vehicle": d.v.Code, "trip": d.trip.ID, "state": state, "reason": q.Reason}); err != nil {
			return err
		}
	}
	if d.trip.State.Over() {
		return nil
	}
	return d.closeIfEmpty(d.trip, 0)
}

// off hands everybody over where they get off: they take the beds that are kept for them, and the vehicle is to be disinfected before people of the other class get in.
func (d *drive) off() error {
	if d.trip.State == transfer.TripDone {
		return nil
	}
	in, err := d.tx.RequestsOfTrip(d.trip.ID)
	if err != nil {
		return err
	}
	list := slices.DeleteFunc(in, func(q transfer.Request) bool { return q.State != transfer.Aboard })
	if len(list) == 0 {
		return wrongTrip("trip", strconv.FormatInt(int64(d.trip.ID), 10), "has nobody in the vehicle")
	}
	s := d.stop(0)
	if s == nil {
		return wrongTrip("trip", strconv.FormatInt(int64(d.trip.ID), 10), "ends nowhere")
	}
	if next := d.trip.Next(); next != nil && !next.Off() {
		return wrongTrip("trip", strconv.FormatInt(int64(d.trip.ID), 10), "has doors to come: say of each what became of it first")
	}
	if s.CameAt.IsZero() {
		s.CameAt = d.in.At
	}
	s.DoneAt, s.Outcome = d.in.At, transfer.HandedOver
	d.trip.State, d.trip.DoneAt = transfer.TripDone, d.in.At
	if err := d.keep(); err != nil {
		return err
	}
	d.v.Last, d.v.AtLon, d.v.AtLat, d.v.AtTime = d.trip.Class, s.Lon, s.Lat, d.in.At
	if d.trip.Class == transfer.Released {
		d.v.Last = "" // they were no danger to whoever rides next
	}
	if err := d.tx.UpdateVehicle(d.v); err != nil {
		return err
	}
	if err := d.bedsAtDoor(list, d.trip.Facility); err != nil {
		return err
	}
	if err := d.rehouse(list); err != nil {
		return err
	}
	for i := range list {
		if err := d.arrive(&list[i]); err != nil {
			return err
		}
	}
	if err := d.handOver(transfer.Out, s.ID, list); err != nil {
		return err
	}
	_, err = d.fact(journal.TripEnded, onTrip(d.trip.ID), d.trip.Area, d.in.At, map[string]any{"vehicle": d.v.Code, "people": len(list)})
	return err
}

// openAdmission is the admission that somebody comes from who is brought from one hospital to another; nil for none.
func (u *unit) openAdmission(q *transfer.Request) (*treatment.Admission, error) {
	if q.CaseOf == 0 || q.Companion || q.Purpose != transfer.ToHospital {
		return nil, nil
	}
	f, err := u.careRecords(q.CaseOf)
	for i := range f.Admissions {
		if f.Admissions[i].Open() {
			return &f.Admissions[i], err
		}
	}
	return nil, err
}

func (d *drive) arrive(q *transfer.Request) error {
	if d.in.At.Before(q.FetchedAt) {
		return wrongTrip("at", d.in.At.In(d.loc).Format(time.RFC3339), "lies before they were fetched")
	}
	q.State, q.StateAt, q.ArrivedAt = transfer.Arrived, d.in.At, d.in.At
	if err := d.tx.UpdateRequest(q); err != nil {
		return err
	}
	payload := map[string]any{"vehicle": d.v.Code, "trip": d.trip.ID, "late": d.in.At.After(q.Deadline)}
	if q.Stay != 0 {
		before, err := d.openAdmission(q)
		if err != nil {
			return err
		}
		in, err := d.comeToBed(q, d.in.At)
		if err != nil {
			return err
		}
		payload["checked_in"] = in
		if in && q.Purpose == transfer.ToHospital {
			s, err := d.stay(q.Stay)
			if err != nil {
				return err
			}
			if err := d.admitBrought(s, before); err != nil {
				return err
			}
		}
	}
	if span, ok := q.ToBed(); ok {
		payload["minutes_to_bed"] = int64(span / time.Minute)
	}
	ref, err := d.fact(journal.TransferArrived, onTransfer(q.ID), q.Area, d.in.At, payload)
	if err != nil {
		return err
	}
	if q.Task.Kind == task.OnTransfer {
		return d.standTransfer(q, ref)
	}
	if q.ContactOf != 0 && !q.Companion { // who became a case on the way is moved on as one, from where they are now
		c, err := d.getContact(q.ContactOf)
		if err != nil || c.Contact.BecameCase == 0 {
			return err
		}
		if d.broughtTo == nil {
			d.broughtTo = map[person.ID]facility.ID{}
		}
		d.broughtTo[q.Person] = d.trip.Facility
		d.askAgain = append(d.askAgain, onCase(c.Contact.BecameCase))
	}
	return nil
}

// turnedAway says that the place takes nobody more: whoever is in the vehicle stays in it until the next plan says where to.
func (d *drive) turnedAway() error {
	if d.trip.Facility == 0 {
		return wrongTrip("trip", strconv.FormatInt(int64(d.trip.ID), 10), "goes to no facility")
	}
	f, err := d.tx.Facility(d.trip.Facility)
	if err != nil {
		return err
	}
	reason := d.in.Reason
	if strings.TrimSpace(reason) == "" {
		reason = "vehicle " + d.v.Code + " was turned away"
	}
	return d.setFull(f, true, reason)
}

// handOver keeps who gave whom to whom, and what was signed, sealed.
func (d *drive) handOver(end transfer.End, stop transfer.StopID, list []transfer.Request) error {
	means, err := transfer.ParseMeans(string(d.in.Means))
	if err != nil {
		return wrongTrip("means", string(d.in.Means), transfer.ErrMeans.Error())
	}
	if means != transfer.Unsigned && d.identities == nil {
		return wrongTrip("means", string(means), "cannot be kept: no vault is open")
	}
	var out []*transfer.HandOver
	for i := range list {
		h := &transfer.HandOver{Outbreak: d.o.ID, Trip: d.trip.ID, Stop: stop, Request: list[i].ID, End: end, Gave: strings.TrimSpace(d.in.Gave), Took: strings.TrimSpace(d.in.Took), At: d.in.At, ToldAt: d.now, ToldBy: d.by.Name(), Means: means}
		if means != transfer.Unsigned {
			if h.Sealed, err = d.identities.SealSignature(SignatureName(h), []byte(d.in.Signed)); err != nil {
				return err
			}
		}
		out = append(out, h)
	}
	return d.tx.AddHandOvers(out)
}

// SignatureName is what the signature of a hand-over is sealed under: it cannot be put in another's place.
func SignatureName(h *transfer.HandOver) string {
	return fmt.Sprintf("hand-over %s %d %d", h.End, h.Request, h.Trip)
}
