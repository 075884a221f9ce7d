package transferday

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/trip"
	"firebreak/internal/transfer"
)

// Orders are what a plan says, in nouns.
type Orders struct {
	Trips    []Trip
	Beds     []Bed
	Unserved []Unserved
	Late     []Late
	InTime   bool // everybody is fetched, nobody comes late, no crew works beyond its shift and no place takes people in after its hours
}

// Trip is one trip of the plan.
type Trip struct {
	Under    transfer.TripID // that is under way and goes on so; 0 for one that is still to begin
	Vehicle  transfer.VehicleID
	Shift    transfer.ShiftID
	Class    facility.Class
	Facility facility.ID // where all get off; 0: at home
	From, To time.Time
	Stops    []Stop // still to come, in order; the last is where all get off
}

// Stop is one stop of a trip.
type Stop struct {
	Party    transfer.RequestID // 0 where all get off
	Requests []transfer.RequestID
	Facility facility.ID
	Lon, Lat float64
	Arrive   time.Time
	Begin    time.Time
	Done     time.Time
	Frozen   bool // the vehicle is on its way there already
}

// Bed is who gets which bed.
type Bed struct {
	Request  transfer.RequestID
	Facility facility.ID
	Room     facility.RoomID
	Bed      int64
}

// Unserved is a party that no vehicle fetches, and what is short.
type Unserved struct {
	Party  transfer.RequestID
	People int
	Short  string
}

// Late is a party that comes late by the plan, or is fetched after what it was promised.
type Late struct {
	Party transfer.RequestID
	By    time.Duration
	Short string
}

// Read says a plan of the day in nouns. The error tells of a plan that is none of this day's.
func (d *Day) Read(p trip.Plan) (o Orders, err error) {
	for i := range p.Routes {
		if err := d.route(&p.Routes[i], &o); err != nil {
			return o, err
		}
	}
	if err := d.beds(p.Beds, &o); err != nil {
		return o, err
	}
	for _, s := range d.Skipped {
		o.Unserved = append(o.Unserved, Unserved(s))
	}
	for _, u := range p.Unserved {
		if list := d.parties[u.Party]; list != nil {
			o.Unserved = append(o.Unserved, Unserved{list[0].Party, u.People, u.Short})
		}
	}
	o.Late = d.late(&p)
	o.InTime = p.Complete && len(o.Late) == 0 && len(o.Unserved) == 0
	for i := range p.Routes {
		r := &p.Routes[i]
		o.InTime = o.InTime && r.Over <= 0 && !slices.ContainsFunc(r.Visits, func(v trip.Visit) bool { return v.Over > 0 })
	}
	return o, nil
}

// Missed counts by class the parties that a plan of the day fetches not at all, or brings after their deadline: the plan itself says who comes after the earlier time that it aims at.
func (d *Day) Missed(p trip.Plan) map[string]trip.Missed {
	class := map[transfer.RequestID]string{}
	for _, list := range d.parties {
		class[list[0].Party] = string(list[0].Rides())
	}
	out := map[string]trip.Missed{}
	for _, u := range p.Unserved {
		if list := d.parties[u.Party]; list != nil {
			of := class[list[0].Party]
			m := out[of]
			m.Unserved++
			out[of] = m
		}
	}
	for _, l := range d.late(&p) {
		of := class[l.Party]
		m := out[of]
		m.Late, m.LateMin = m.Late+1, m.LateMin+l.By.Minutes()
		out[of] = m
	}
	return out
}

// late is who misses the deadline, or what they were promised.
func (d *Day) late(p *trip.Plan) (out []Late) {
	off := offs(p)
	for _, l := range p.Late {
		list := d.parties[l.Request]
		if list == nil {
			continue
		}
		by := l.Minutes
		for i := range d.Requests {
			if q := &d.Requests[i]; q.ID == l.Request && off[l.Request]-q.Deadline >= by-0.1 { // it is the deadline that they miss, not what they were promised
				by = off[l.Request] - d.due[l.Request]
			}
		}
		if by > 0.01 {
			out = append(out, Late{list[0].Party, time.Duration(by * float64(time.Minute)), l.Short})
		}
	}
	return out
}

// offs is when each party is let off.
func offs(p *trip.Plan) map[string]float64 {
	out := map[string]float64{}
	for i := range p.Routes {
		var in []string
		for _, v := range p.Routes[i].Visits {
			if v.Site == "" {
				in = append(in, v.Request)
				continue
			}
			for _, id := range in {
				out[id] = v.Begin
			}
			in = in[:0]
		}
	}
	return out
}

// Kept are the beds of those in a vehicle whom a plan brings nowhere: they stay theirs, and nobody else may be given them.
func (d *Day) Kept(p trip.Plan) (out []facility.StayID) {
	for _, u := range p.Unserved {
		for _, q := range d.parties[u.Party] {
			if _, own := d.own[q.Stay]; own && q.State == transfer.Aboard {
				out = append(out, q.Stay)
			}
		}
	}
	return out
}

func (d *Day) route(r *trip.Route, o *Orders) error {
	n, err := strconv.ParseInt(strings.TrimPrefix(r.Vehicle, "v"), 10, 64)
	id := transfer.VehicleID(n)
	shifts := d.shifts[id]
	if err != nil || r.Shift >= len(shifts) {
		return fmt.Errorf("vehicle %q, shift %d: not of this day", r.Vehicle, r.Shift)
	}
	t := Trip{Vehicle: id, Shift: shifts[r.Shift], From: d.at(r.From)}
	for _, v := range r.Visits {
		s := Stop{Arrive: d.at(v.Arrive), Begin: d.at(v.Begin), Done: d.at(v.Done)}
		t.Class = facility.Class(v.Class)
		if v.Site == "" {
			list := d.parties[v.Request]
			if list == nil {
				return fmt.Errorf("request %q: not of this day", v.Request)
			}
			if v.Already {
				if x := d.started[id]; x != nil {
					t.Under = x.ID
				}
				if !d.frozen[v.Request] {
					continue // they are in it
				}
				s.Frozen = true
			}
			from, _, _ := d.stands(list[0])
			s.Party, s.Facility, s.Lon, s.Lat = list[0].Party, list[0].From, from.Lon, from.Lat
			for _, q := range list {
				s.Requests = append(s.Requests, q.ID)
			}
			t.Stops = append(t.Stops, s)
			continue
		}
		x := d.sites[v.Site]
		if x == nil {
			return fmt.Errorf("site %q: not of this day", v.Site)
		}
		s.Facility, s.Lon, s.Lat = x.facility, x.point.Lon, x.point.Lat
		t.Facility, t.To, t.Stops = x.facility, s.Done, append(t.Stops, s)
		o.Trips = append(o.Trips, t)
		t = Trip{Vehicle: id, Shift: t.Shift, From: d.at(v.Leave)}
	}
	return nil
}

// beds gives out real beds: who keeps theirs first, then the others.
func (d *Day) beds(list []bed.Assignment, o *Orders) error {
	type stock struct{ site, rooms string }
	byStock := map[stock][]bed.Assignment{}
	var order []stock
	for _, a := range list {
		x := d.sites[a.Site]
		if x == nil || d.parties[a.Party] == nil {
			return fmt.Errorf("bed of %q at %q: not of this day", a.Party, a.Site)
		}
		if x.facility == 0 {
			continue // home
		}
		k := stock{a.Site, a.Rooms}
		if byStock[k] == nil {
			order = append(order, k)
		}
		byStock[k] = append(byStock[k], a)
	}
	for _, k := range order {
		a := d.sites[k.site].rooms[k.rooms]
		if a == nil {
			return fmt.Errorf("rooms %q of %q: not of this day", k.rooms, k.site)
		}
		got, ok := d.give(a, byStock[k], true)
		if !ok { // who stays where they are booked leaves no room for the others: all are given anew
			if got, ok = d.give(a, byStock[k], false); !ok {
				return fmt.Errorf("rooms %q of %q do not hold whom the plan puts there", k.rooms, k.site)
			}
		}
		for _, b := range got {
			b.Facility = d.sites[k.site].facility
			o.Beds = append(o.Beds, b)
		}
	}
	return nil
}

// give gives beds of rooms that are alike to parties. keep leaves those in their beds who have some there already.
func (d *Day) give(a *alike, list []bed.Assignment, keep bool) ([]Bed, bool) {
	left := map[facility.RoomID][]int64{}
	index := map[facility.RoomID]int{}
	for i, m := range a.rooms {
		left[m.id], index[m.id] = slices.Clone(m.beds), i
	}
	for _, begun := range a.begun {
		for _, b := range begun {
			left[b.room] = append(left[b.room], b.bed)
		}
	}
	whole := map[facility.RoomID]int{}
	for id, beds := range left {
		whole[id] = len(beds)
	}
	takes := map[facility.RoomID]string{} // the sex, or the party, that is in a whole room by now
	for n, begun := range a.begun {
		for _, b := range begun {
			takes[b.room] = []string{"f", "m"}[n]
		}
	}
	var out []Bed
	give := func(q *transfer.Request, room facility.RoomID, number int64) bool {
		i := 0
		if number != 0 {
			i = slices.Index(left[room], number)
		}
		if i < 0 || i >= len(left[room]) {
			return false
		}
		out = append(out, Bed{Request: q.ID, Room: room, Bed: left[room][i]})
		left[room] = slices.Delete(left[room], i, i+1)
		return true
	}
	kept := map[string]bool{}
	if keep {
		for _, x := range list {
			party := d.parties[x.Party]
			mark, ok := len(out), true
			for _, q := range party {
				s, is := d.own[q.Stay]
				ok = ok && is && slices.Contains(left[s.Room], s.Bed)
			}
			if !ok {
				continue
			}
			for i, q := range party {
				s := d.own[q.Stay]
				own := x.Party
				if a.use == facility.Shared && len(party) == 1 {
					own = sexOf(d.facts.People[q.Person])
				}
				if a.use != facility.Ward && takes[s.Room] != "" && takes[s.Room] != own || !give(q, s.Room, s.Bed) {
					for _, b := range out[mark : mark+i] { // as it was
						left[b.Room] = append(left[b.Room], b.Bed)
					}
					out, ok = out[:mark], false
					break
				}
				takes[s.Room] = own
			}
			kept[x.Party] = ok
		}
	}
	for _, x := range list {
		if kept[x.Party] {
			continue
		}
		party := d.parties[x.Party]
		if len(party) != len(x.Room) {
			return nil, false
		}
		got := map[string]facility.RoomID{} // real room of each of the plan's
		for i, q := range party {
			sex := sexOf(d.facts.People[q.Person])
			room, ok := got[x.Room[i]]
			if !ok {
				room, ok = d.choose(a, left, whole, takes, x, i, sex)
				if !ok {
					return nil, false
				}
				got[x.Room[i]] = room
			}
			if !give(q, room, 0) {
				return nil, false
			}
		}
	}
	return out, true
}

// choose finds the real room of somebody whom the plan gives a room.
func (d *Day) choose(a *alike, left map[facility.RoomID][]int64, whole map[facility.RoomID]int, takes map[facility.RoomID]string, x bed.Assignment, i int, sex string) (facility.RoomID, bool) {
	if a.use == facility.Ward {
		if len(a.rooms) == 1 && len(left[a.rooms[0].id]) > 0 {
			return a.rooms[0].id, true
		}
		return 0, false
	}
	if single := a.use == facility.Shared && len(d.parties[x.Party]) == 1 && sex != ""; single {
		n := 0
		if sex == "m" {
			n = 1
		}
		for _, b := range a.begun[n] {
			if len(left[b.room]) > 0 {
				return b.room, true
			}
		}
		for _, m := range a.rooms {
			if takes[m.id] == sex && len(left[m.id]) > 0 {
				return m.id, true
			}
		}
		for _, m := range a.rooms {
			if takes[m.id] == "" {
				takes[m.id] = sex
				return m.id, true
			}
		}
		return 0, false
	}
	for _, m := range a.rooms {
		if takes[m.id] == "" && len(left[m.id]) == whole[m.id] {
			takes[m.id] = x.Party
			return m.id, true
		}
	}
	return 0, false
}
