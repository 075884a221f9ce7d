package drill

import (
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// road is the transfer desk and its vehicles.
type road struct {
	planned  sim.Minute
	looked   sim.Minute           // when room was last looked for again for those who had none
	away     map[int64]sim.Minute // requests of whom nobody was there, and since when
	need     bool                 // somebody waits for the next plan
	under    bool                 // somebody is to be moved
	missed   map[int64]bool       // parties that were not at home once
	seen     map[int64]bool       // requests
	asked    map[int64]sim.Minute // of children with no adult, and when their family was asked last
	vehicles []string
	own      int        // vehicles from the start
	lent     int        // by neighbours
	borrowed sim.Minute // when they were asked last
}

// vehiclesReady enters the vehicles, each with crews by day and night.
func (d *Drill) vehiclesReady() error {
	var list []api.NewVehicle
	areas := d.city.Areas()
	add := func(kind string, n int, takes string, seats, stretchers int64) {
		for i := range n {
			a := areas[(i*37)%len(areas)]
			v := api.NewVehicle{Code: fmt.Sprintf("%s%d", kind, i+1), Area: a.Code, Lat: a.Middle[1], Lon: a.Middle[0], Seats: seats, Stretchers: stretchers, Takes: takes}
			list = append(list, v)
			d.road.vehicles = append(d.road.vehicles, v.Code)
		}
	}
	add("B", d.each(d.s.Transfer.Buses), "contact", int64(d.s.Transfer.Seats.Value), 0)
	add("A", d.each(d.s.Transfer.Ambulances), "case", 4, 1)
	for i := 0; i < len(list); i += 1000 {
		part := list[i:min(len(list), i+1000)]
		if err := d.c.as(d.ctx, dispatcher, "PUT vehicles", http.MethodPut, d.at+"/vehicles", api.NewVehicles{Vehicles: part}, nil); err != nil {
			return err
		}
	}
	d.road.own = len(list)
	d.road.roster(d, 0, list)
	return nil
}

// borrow has the desk ask how many more vehicles would bring everybody in time, where the plan says that somebody comes late, and neighbours lend as many: after a while, and up to a share of the own ones.
func (d *Drill) borrow(plan *api.TransferPlanView) error {
	r, left := &d.road, int(d.s.Transfer.Lent.Value*float64(d.road.own))-d.road.lent
	if len(plan.Late)+len(plan.Unserved) == 0 || left <= 0 || d.now < r.borrowed+hours(d.s.Transfer.LentAfter) {
		return nil
	}
	var needed api.VehiclesNeeded
	if err := d.c.as(d.ctx, dispatcher, "GET transfers/needed", http.MethodGet, d.at+"/transfers/needed", nil, &needed); err != nil {
		return d.try(err)
	}
	areas := d.city.Areas()
	var list []api.NewVehicle
	for _, m := range needed.Items {
		takes := m.Class
		if takes != "case" {
			takes = "contact"
		}
		for range min(m.Vehicles, left) {
			left--
			r.lent++
			a := areas[(r.lent*37)%len(areas)]
			list = append(list, api.NewVehicle{Code: fmt.Sprintf("L%d", r.lent), Area: a.Code, Lat: a.Middle[1], Lon: a.Middle[0], Seats: int64(m.Seats), Wheelchairs: int64(m.Wheelchairs), Stretchers: int64(m.Stretchers), Takes: takes})
		}
	}
	if len(list) > 0 {
		r.borrowed = d.now // what was asked for is awaited before more is
		r.roster(d, d.now+hours(d.s.Transfer.LentAfter), list)
	}
	return nil
}

// roster keeps what the vehicles are, from when they are there on, to give them their next shifts.
func (r *road) roster(d *Drill, from sim.Minute, list []api.NewVehicle) {
	var give func(at sim.Minute) error
	give = func(at sim.Minute) error {
		for i := range list {
			list[i].Shifts = nil
			hours := []int{8, 20}
			if i%2 == 1 { // half of them change at another time, so that there is always a crew with hours left
				hours = []int{2, 14}
			}
			for day := max(0, at.Day()-1); day < at.Day()+2; day++ { // no further: each shift is one more way to go that a plan looks at
				for k, h := range hours {
					from := d.clock(sim.At(day, h*60))
					list[i].Shifts = append(list[i].Shifts, api.NewShift{Crew: fmt.Sprintf("crew %d", k+1), From: from.Format(time.RFC3339), To: from.Add(12 * time.Hour).Format(time.RFC3339)})
				}
			}
		}
		for i := 0; i < len(list); i += 200 {
			if err := d.c.as(d.ctx, dispatcher, "PUT vehicles", http.MethodPut, d.at+"/vehicles", api.NewVehicles{Vehicles: list[i:min(len(list), i+200)]}, nil); err != nil {
				return err
			}
		}
		r.need = r.need || from > 0 // who comes late may not, with them
		d.agenda.put(sim.At(at.Day()+1, 0), give)
		return nil
	}
	d.agenda.put(from, give)
}

// dispatch plans, where somebody waits.
func (d *Drill) dispatch() error {
	r := &d.road
	if d.played.held[dispatcher] {
		r.under = true // whether anybody drives is up to people
		return nil
	}
	if d.now < r.planned+hours(d.s.Transfer.Plan) && !r.under {
		return nil
	}
	var board api.Transfers
	if err := d.c.as(d.ctx, dispatcher, "GET transfers", http.MethodGet, d.at+"/transfers", nil, &board); err != nil {
		return err
	}
	due := d.now >= r.planned+hours(d.s.Transfer.Plan)
	need, wait := r.need, d.now >= r.looked+2*60
	for _, q := range board.Items {
		fresh := !r.seen[q.ID]
		r.seen[q.ID] = true
		if at, was := r.asked[q.ID]; q.Alone && (!was || d.now >= at+2*60) { // an adult may be free by now
			r.asked[q.ID] = d.now
			d.askAlong(q)
		}
		switch q.State {
		case "open":
			// For whom there was no room or seat is looked for again every two hours.
			need = need || fresh || wait
		case "no-show", "refused":
			since, known := r.away[q.ID]
			if !known {
				r.away[q.ID] = d.now
				continue
			}
			if d.now >= since+step { // they were called, and are at home by now
				need = true
				delete(r.away, q.ID)
				if err := d.try(d.c.as(d.ctx, dispatcher, "POST transfers/{}/again", http.MethodPost, "/api/transfers/"+itoa(q.ID)+"/again", api.Reasoned{Reason: "they are at home now"}, nil)); err != nil {
					return err
				}
			}
		}
	}
	r.under, r.need = len(board.Items) > 0, need
	if !need || !due {
		return nil
	}
	r.planned, r.need = d.now, false
	if wait {
		r.looked = d.now
	}
	var plan api.TransferPlanView
	if err := d.c.as(d.ctx, dispatcher, "POST transfers/plan", http.MethodPost, d.at+"/transfers/plan", nil, &plan); err != nil {
		return d.try(err)
	}
	d.truth.Unserved = max(d.truth.Unserved, len(plan.Unserved))
	return d.borrow(&plan)
}

// drive does what the plan says has been done by now, stop by stop.
func (d *Drill) drive() error {
	if !d.road.under {
		return nil
	}
	var b api.TransferBoard
	if err := d.c.as(d.ctx, dispatcher, "GET transfers/board", http.MethodGet, d.at+"/transfers/board", nil, &b); err != nil {
		return err
	}
	parties := map[int64][]api.Transfer{}
	for _, q := range b.Requests {
		parties[q.Party] = append(parties[q.Party], q)
	}
	for _, v := range b.Vehicles {
		if v.State != "ready" {
			continue
		}
		for _, t := range v.Trips {
			if t.State != "planned" && t.State != "started" || t.Leaves == nil {
				continue
			}
			ended, err := d.ride(t, v.Carried, parties)
			if err != nil {
				return err
			}
			if !ended {
				break // the next trip of this vehicle begins when this one has ended
			}
			v.Carried = t.Class
		}
	}
	return nil
}

// ride goes on with one trip as far as it has come, and says whether it has ended. carried is the class that the vehicle is to be disinfected after.
func (d *Drill) ride(t api.TripView, carried string, parties map[int64][]api.Transfer) (ended bool, err error) {
	now := d.clock(d.now)
	if t.Leaves.After(now) {
		return false, nil
	}
	tell := func(told api.TripTold) error {
		return d.c.as(d.ctx, dispatcher, "POST trips/{}/told", http.MethodPost, "/api/trips/"+itoa(t.ID)+"/told", told, nil)
	}
	at := func(planned *time.Time, late time.Duration) (time.Time, bool) {
		x := planned.Add(late)
		return x, !x.After(now)
	}
	late := time.Duration(0)
	if t.State == "planned" {
		if carried != "" && carried != t.Class {
			if err := tell(api.TripTold{What: "disinfected", At: t.Leaves.Format(time.RFC3339)}); err != nil {
				return false, d.try(err)
			}
		}
		if err := tell(api.TripTold{What: "start", At: t.Leaves.Format(time.RFC3339)}); err != nil {
			return false, d.try(err)
		}
	}
	aboard := map[int64][]api.Transfer{}
	for _, s := range t.Stops {
		if s.Party != 0 && s.Outcome == "handed-over" {
			aboard[s.Party] = of(t.ID, parties[s.Party], "aboard")
		}
		if s.DoneAt != nil {
			// By how much it is late now; a plan that was made since knows that.
			late = 0
			if d.minute(*s.DoneAt) >= d.road.planned {
				late = max(0, s.DoneAt.Sub(*s.Done))
			}
			continue
		}
		if s.CameAt == nil {
			if d.chance(d.s.Transfer.Late, ofStop, uint64(t.ID)<<24|uint64(s.Party)) {
				late += time.Duration(hours(d.s.Transfer.LateBy)) * time.Minute
			}
			x, ok := at(s.Begin, late)
			if !ok {
				return false, nil
			}
			if err := tell(api.TripTold{What: "came", Party: s.Party, At: x.Format(time.RFC3339)}); err != nil {
				return false, d.try(err)
			}
		} else {
			late = s.CameAt.Sub(*s.Begin)
		}
		x, ok := at(s.Done, late)
		if !ok {
			return false, nil
		}
		if s.Party != 0 {
			if at := parties[s.Party]; (len(at) == 0 || !at[0].Released) && d.chance(d.s.Transfer.NoShow, ofDoor, uint64(s.Party)) && !d.road.missed[s.Party] {
				d.road.missed[s.Party] = true
				if err := tell(api.TripTold{What: "no-show", Party: s.Party, At: x.Format(time.RFC3339), Reason: "nobody opens"}); err != nil {
					return false, d.try(err)
				}
				continue
			}
			if err := tell(api.TripTold{What: "fetched", Party: s.Party, At: x.Format(time.RFC3339), Gave: "community", Took: "crew"}); err != nil {
				return false, d.try(err)
			}
			aboard[s.Party] = of(t.ID, parties[s.Party], "planned")
			for _, q := range aboard[s.Party] {
				if err := d.aboard(q, d.minute(x)); err != nil {
					return false, err
				}
			}
			continue
		}
		if err := tell(api.TripTold{What: "off", At: x.Format(time.RFC3339), Gave: "crew", Took: "site"}); err != nil {
			return false, d.try(err)
		}
		for _, door := range t.Stops {
			for _, q := range aboard[door.Party] {
				if err := d.offAt(q, t.To, x); err != nil {
					return false, err
				}
			}
		}
	}
	return true, nil
}

// of are those of a party who belong to a trip, and stand so: others may have joined it since.
func of(trip int64, party []api.Transfer, state string) (out []api.Transfer) {
	for _, q := range party {
		if q.Trip == trip && q.State == state {
			out = append(out, q)
		}
	}
	return out
}

// aboard is somebody who gets into a vehicle: they meet nobody from then on.
func (d *Drill) aboard(q api.Transfer, at sim.Minute) error {
	p, ok := d.who(q)
	if !ok || q.Released {
		return nil
	}
	return d.keep(p, staying, at)
}

// offAt is somebody who is handed over.
func (d *Drill) offAt(q api.Transfer, to string, at time.Time) error {
	p, ok := d.who(q)
	if !ok || q.Released { // who goes home is free already
		return nil
	}
	d.truth.Moved(q.Deadline == nil || !at.After(*q.Deadline))
	if to == "" {
		return d.leaves(p, true, d.minute(at))
	}
	of, _ := d.movedAs(q)
	if of != p {
		d.houses.with[p] = of
	}
	if q.Class == "contact" && d.caseOf[of] != nil {
		// They became a case on the way, and the bed that was kept for a contact was given up: they wait at the door for the vehicle that takes cases.
		return d.keep(p, staying, d.minute(at))
	}
	return d.arrive(p, to, d.minute(at))
}

// who is whom a request is about.
func (d *Drill) who(q api.Transfer) (city.Person, bool) {
	if q.Companion != 0 {
		p, ok := d.roster.who[q.Companion]
		return p, ok
	}
	return d.movedAs(q)
}

// movedAs is the case or contact that a request is about: of whoever goes along with a child, the child.
func (d *Drill) movedAs(q api.Transfer) (city.Person, bool) {
	if k := d.cases[q.Case]; q.Case != 0 && k != nil {
		return k.p, true
	}
	if k := d.byContact[q.Contact]; q.Contact != 0 && k != nil {
		return k.p, true
	}
	return 0, false
}

// askAlong has somebody call the family of a child who has no adult to go with: whether one of them goes along. An adult who may does, nearly always.
func (d *Drill) askAlong(q api.Transfer) {
	if d.played.held[dispatcher] {
		return
	}
	d.agenda.put(d.now+hours(d.s.Office.Tell), func(sim.Minute) error {
		path := "/api/transfers/" + itoa(q.ID) + "/companions"
		var adults api.Companions
		if err := d.c.as(d.ctx, dispatcher, "GET transfers/{}/companions", http.MethodGet, path, nil, &adults); err != nil {
			return d.try(err)
		}
		for _, a := range adults.Items {
			if a.Not == "goes" { // one goes by now
				return nil
			}
		}
		for _, a := range adults.Items {
			p, known := d.roster.who[a.Person]
			if !a.Can || !known || d.apart.why[p]&waiting != 0 || d.chance(d.s.People.StaysBehind, ofCompanion, uint64(p)) {
				continue
			}
			if err := d.c.as(d.ctx, dispatcher, "POST transfers/{}/companions", http.MethodPost, path, api.NewCompanion{Person: a.Person, Agreed: true}, nil); err != nil {
				return d.try(err)
			}
			d.road.need = true
			return nil
		}
		if p, ok := d.relative(q); ok {
			d.road.need = true
			return d.try(d.c.as(d.ctx, dispatcher, "POST transfers/{}/companions", http.MethodPost, path, api.NewCompanion{Person: d.roster.number[p], Agreed: true, ChosenBy: "parent, by phone"}, nil))
		}
		return d.toHospital(q)
	})
}

// relative is an adult of another household nearby whom a child's family chooses, where it has one who would: nobody who is known to the office, or keeps apart.
func (d *Drill) relative(q api.Transfer) (city.Person, bool) {
	child, ok := d.who(q)
	if !ok {
		return 0, false
	}
	const asked = 1000 // a family lives nearby, as the register has it
	for i := 1; i <= asked; i++ {
		for _, p := range []int{int(child) + i, int(child) - i} {
			if p < 0 || p >= d.city.People() {
				continue
			}
			p := city.Person(p)
			_, along := d.houses.with[p]
			k := d.contacts[p]
			if d.city.AreaOf(p) != d.city.AreaOf(child) || d.registeredWith(p) == d.registeredWith(child) || d.city.AgeOf(p) < 20 || d.city.AgeOf(p) > 69 ||
				along || d.caseOf[p] != nil || k != nil && !k.over || d.apart.why[p]&away != 0 || d.chance(d.s.People.StaysBehind, ofCompanion, uint64(p)) {
				continue
			}
			return p, true
		}
	}
	return 0, false
}

// toHospital has a child with whom nobody goes brought to a hospital, which has its own carers. Who is a contact only waits until an adult can go.
func (d *Drill) toHospital(q api.Transfer) error {
	d.Said(d.clock(d.now).Format("01-02 15:04 ") + "no adult goes along with a " + q.Class + " who is a child")
	if q.Class != "case" {
		return nil
	}
	d.road.need = true
	return d.try(d.c.as(d.ctx, dispatcher, "PUT transfers/{}", http.MethodPut, "/api/transfers/"+itoa(q.ID), api.TransferChange{Purpose: "hospital"}, nil))
}
