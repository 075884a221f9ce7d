package api

import (
	"net/http"
	"slices"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
)

// Transfer is one person who is to be moved.
type Transfer struct {
	ID        int64      `json:"id"`
	Party     int64      `json:"party" doc:"Those of a household who move together have the same."`
	Class     string     `json:"class" doc:"case or contact"`
	Released  bool       `json:"released,omitempty" doc:"Nothing keeps them apart any more: class is what they were, and nobody rides with them who is either."`
	Case      int64      `json:"case,omitempty"`
	Contact   int64      `json:"contact,omitempty"`
	Tier      string     `json:"tier,omitempty"`
	Purpose   string     `json:"purpose" doc:"isolation, quarantine, hospital or home"`
	From      string     `json:"from,omitempty" doc:"Code of the facility they are in; left out: at home, or where lat and lon say."`
	To        string     `json:"to,omitempty" doc:"Code of the only facility they may go to; left out: whichever takes them."`
	Area      string     `json:"area,omitempty"`
	Lat       *float64   `json:"lat,omitempty" doc:"Degrees; left out where only the area is known."`
	Lon       *float64   `json:"lon,omitempty"`
	Seat      string     `json:"seat" doc:"seat, wheelchair or stretcher; who is brought to intensive care lies, unless somebody says otherwise"`
	Care      []string   `json:"care" doc:"What the room has to have, such as oxygen."`
	Note      string     `json:"note,omitempty"`
	NotBefore *time.Time `json:"not_before,omitempty"`
	Deadline  *time.Time `json:"deadline" doc:"To be at their place by."`
	State     string     `json:"state" doc:"open, planned, aboard, arrived, no-show, refused or cancelled"`
	Reason    string     `json:"reason,omitempty"`
	Promised  *time.Time `json:"promised,omitempty" doc:"When they were told that they will be fetched."`
	Companion int64      `json:"companion,omitempty" doc:"Number of an adult who chose to go along with a child of the party; case and contact are then the child's."`
	Alone     bool       `json:"alone" doc:"A child, and no adult goes along or is where they go: one has to be asked first."`
	Trip      int64      `json:"trip,omitempty"`
	Vehicle   string     `json:"vehicle,omitempty" doc:"Code."`
	Place     string     `json:"place,omitempty" doc:"Code of the facility at which a bed is kept for them."`
	FetchedAt *time.Time `json:"fetched_at,omitempty"`
	ArrivedAt *time.Time `json:"arrived_at,omitempty"`
	FoundAt   *time.Time `json:"found_at,omitempty" doc:"When the result was known, or the contact was listed."`
	ToBed     *int64     `json:"minutes_to_bed,omitempty" doc:"From found_at to arrived_at."`
	Late      bool       `json:"late"`
	Version   int64      `json:"version"`
}

// Transfers is a list.
type Transfers struct {
	Items []Transfer `json:"items"`
}

// NewTransfer asks by hand that somebody is moved.
type NewTransfer struct {
	Case     string `json:"case,omitempty" doc:"Code of a case; or contact."`
	Contact  string `json:"contact,omitempty"`
	Purpose  string `json:"purpose" enum:"isolation,quarantine,hospital,home"`
	To       string `json:"to,omitempty" doc:"Code of a facility; left out: whichever takes them."`
	Deadline string `json:"deadline" doc:"Such as 2022-03-10T18:00:00+08:00."`
	TransferNeeds
}

// TransferNeeds are what the crew and the place have to know.
type TransferNeeds struct {
	Seat      string   `json:"seat,omitempty" enum:"seat,wheelchair,stretcher"`
	Care      []string `json:"care,omitempty" maxItems:"20"`
	Note      string   `json:"note,omitempty" maxLength:"300"`
	NotBefore string   `json:"not_before,omitempty"`
	Lat       float64  `json:"lat,omitempty" doc:"Where they are, if not at home; with lon. Degrees."`
	Lon       float64  `json:"lon,omitempty"`
}

// TransferChange is what is known of somebody who waits; all of it but the deadline.
type TransferChange struct {
	Purpose  string `json:"purpose,omitempty" doc:"As it is where left out."`
	To       string `json:"to,omitempty"`
	Deadline string `json:"deadline,omitempty" doc:"Only of one that was made by hand; left out: as it is."`
	Version  int64  `json:"version,omitempty" doc:"That the change was made on; left out: whatever stands."`
	TransferNeeds
}

func (n TransferNeeds) order() command.TransferNeeds {
	return command.TransferNeeds{Seat: n.Seat, Care: n.Care, Note: n.Note, NotBefore: n.NotBefore, Lat: n.Lat, Lon: n.Lon}
}

// VehicleView is a vehicle with its shifts and trips.
type VehicleView struct {
	Code        string      `json:"code"`
	Name        string      `json:"name"`
	Area        string      `json:"area" doc:"Of its depot."`
	Lat         float64     `json:"lat"`
	Lon         float64     `json:"lon"`
	Seats       int64       `json:"seats"`
	Wheelchairs int64       `json:"wheelchairs"`
	Stretchers  int64       `json:"stretchers"`
	Takes       string      `json:"takes,omitempty" doc:"case or contact only; left out: either. Whoever is released rides in any that is not for cases only."`
	Disinfect   int64       `json:"disinfect_minutes" doc:"0: as long as the planner's rule says."`
	State       string      `json:"state" doc:"ready, broken or retired"`
	Carried     string      `json:"carried,omitempty" doc:"The class that it carried and was not disinfected since: case, contact or released."`
	Shifts      []ShiftView `json:"shifts"`
	Trips       []TripView  `json:"trips"`
	Version     int64       `json:"version"`
}

// ShiftView is a shift of a crew.
type ShiftView struct {
	Crew string    `json:"crew"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// TripView is a trip with its stops.
type TripView struct {
	ID      int64      `json:"id"`
	State   string     `json:"state" doc:"planned, started, done or dropped"`
	Class   string     `json:"class" doc:"case, contact or released"`
	To      string     `json:"to,omitempty" doc:"Code of the facility; left out: home."`
	Leaves  *time.Time `json:"leaves"`
	Free    *time.Time `json:"free" doc:"For the next trip."`
	Delay   int64      `json:"delay_minutes"`
	Why     string     `json:"delay_reason,omitempty"`
	Started *time.Time `json:"started_at,omitempty"`
	Done    *time.Time `json:"done_at,omitempty"`
	Stops   []StopView `json:"stops"`
}

// StopView is a door, or where all get off.
type StopView struct {
	Party   int64      `json:"party,omitempty" doc:"Left out where all get off."`
	Lat     float64    `json:"lat"`
	Lon     float64    `json:"lon"`
	Arrive  *time.Time `json:"arrive"`
	Begin   *time.Time `json:"begin"`
	Done    *time.Time `json:"done"`
	CameAt  *time.Time `json:"came_at,omitempty"`
	DoneAt  *time.Time `json:"done_at,omitempty"`
	Outcome string     `json:"outcome,omitempty" doc:"handed-over, no-show, refused or not-needed"`
}

// Vehicles is a list.
type Vehicles struct {
	Items []VehicleView `json:"items"`
}

// NewVehicles enters vehicles, or corrects those of known codes.
type NewVehicles struct {
	Vehicles []NewVehicle `json:"vehicles" minItems:"1" maxItems:"1000"`
}

// NewVehicle is a vehicle.
type NewVehicle struct {
	Code        string     `json:"code" maxLength:"40"`
	Name        string     `json:"name,omitempty" maxLength:"200"`
	Area        string     `json:"area" doc:"Code of the jurisdiction of its depot."`
	Lat         float64    `json:"lat" doc:"Of its depot, degrees."`
	Lon         float64    `json:"lon"`
	Seats       int64      `json:"seats"`
	Wheelchairs int64      `json:"wheelchairs,omitempty"`
	Stretchers  int64      `json:"stretchers,omitempty"`
	Takes       string     `json:"takes,omitempty" enum:"case,contact"`
	Disinfect   int64      `json:"disinfect_minutes,omitempty"`
	Shifts      []NewShift `json:"shifts,omitempty" maxItems:"60" doc:"Those that are not over; left out: as they are."`
}

// NewShift is a shift.
type NewShift struct {
	Crew string `json:"crew,omitempty" maxLength:"60"`
	From string `json:"from" doc:"Such as 2022-03-10T08:00:00+08:00."`
	To   string `json:"to"`
}

// VehicleState says what became of a vehicle.
type VehicleState struct {
	State  string `json:"state,omitempty" enum:"ready,broken,retired" doc:"Left out: as it is."`
	Clean  bool   `json:"clean,omitempty" doc:"It was disinfected."`
	Reason string `json:"reason,omitempty" maxLength:"300" doc:"Needed where it can be sent no more."`
}

// TransferPlanView is a plan in short.
type TransferPlanView struct {
	Version  int64           `json:"version"`
	MadeAt   *time.Time      `json:"made_at"`
	MadeBy   string          `json:"made_by"`
	InTime   bool            `json:"in_time" doc:"Everybody is fetched, and nobody comes late."`
	Parties  int64           `json:"parties"`
	People   int64           `json:"people"`
	Travel   float64         `json:"travel_minutes" doc:"Of all vehicles."`
	Km       float64         `json:"km"`
	Straight bool            `json:"straight_lines" doc:"The roads could not be asked: ways are straight lines with a detour."`
	Unserved []UnservedParty `json:"unserved"`
	Late     []LateParty     `json:"late"`
}

// UnservedParty is a party that nobody fetches, and what is short.
type UnservedParty struct {
	Party  int64  `json:"party"`
	People int    `json:"people"`
	Short  string `json:"short" doc:"place, guardian, site, care, large room, rooms, seats, vehicles or time"`
}

// LateParty is a party that comes late by the plan.
type LateParty struct {
	Party   int64   `json:"party"`
	Minutes float64 `json:"minutes"`
	Short   string  `json:"short,omitempty"`
}

// TransferCost is what giving a party to another vehicle costs.
type TransferCost struct {
	Fits    bool        `json:"fits"`
	Minutes float64     `json:"travel_minutes" doc:"More than by the plan; below 0: less."`
	Km      float64     `json:"km"`
	At      *time.Time  `json:"at,omitempty" doc:"When they would be fetched."`
	Late    []LateParty `json:"late" doc:"Who would be late, or later."`
	Left    []int64     `json:"left" doc:"Parties that nobody would fetch any more."`
}

// TransferBoard is what a dispatcher looks at.
type TransferBoard struct {
	Vehicles []VehicleView     `json:"vehicles"`
	Requests []Transfer        `json:"requests" doc:"That are not over, the first deadline first."`
	Full     []string          `json:"full" doc:"Codes of sites that take nobody more for now."`
	ToBed    ToBedView         `json:"to_bed"`
	Plan     *TransferPlanView `json:"plan,omitempty" doc:"The newest, without who is late by it."`
}

// ToBedView is how long it took from the result to the bed, for those who arrived within a day.
type ToBedView struct {
	People int   `json:"people"`
	Late   int   `json:"late"`
	Median int64 `json:"median_minutes"`
	P90    int64 `json:"p90_minutes"`
}

// ArrivalView is a vehicle that brings people to a facility.
type ArrivalView struct {
	Facility string     `json:"facility"`
	Vehicle  string     `json:"vehicle"`
	Trip     int64      `json:"trip"`
	State    string     `json:"state"`
	At       *time.Time `json:"at" doc:"Delay included."`
	Delay    int64      `json:"delay_minutes"`
	People   []Transfer `json:"people"`
}

// Arrivals is a list.
type Arrivals struct {
	Items []ArrivalView `json:"items"`
}

// TripTold says what became of a trip or of a stop.
type TripTold struct {
	What    string `json:"what" enum:"start,disinfected,came,fetched,no-show,refused,late,off,turned-away,broke-down"`
	Party   int64  `json:"party,omitempty" doc:"Of a door; left out where all get off."`
	At      string `json:"at,omitempty" doc:"Now when left out."`
	Gave    string `json:"gave,omitempty" maxLength:"300" doc:"Who gave them over."`
	Took    string `json:"took,omitempty" maxLength:"300"`
	Minutes int64  `json:"minutes,omitempty" doc:"Late by."`
	Reason  string `json:"reason,omitempty" maxLength:"300"`
}

// FullChange says whether a facility takes anybody.
type FullChange struct {
	Full   bool   `json:"full" doc:"false: it takes people again."`
	Reason string `json:"reason,omitempty" maxLength:"300" doc:"Needed where it is full."`
}

// FullSite is a facility that takes nobody more for now, or does again.
type FullSite struct {
	Facility string `json:"facility"`
	Full     bool   `json:"full"`
}

// NewPhone invites a crew's phone.
type NewPhone struct {
	Crew string `json:"crew" maxLength:"60" doc:"Who drives."`
}

// InvitedPhone is an invitation.
type InvitedPhone struct {
	Phone   int64     `json:"phone"`
	Secret  string    `json:"secret" doc:"Shown once."`
	EnrolBy time.Time `json:"enrol_by"`
}

// RevokedPhone is a phone that was signed off.
type RevokedPhone struct {
	Phone int64 `json:"phone"`
}

// Reasoned is why something is done.
type Reasoned struct {
	Reason string `json:"reason" maxLength:"300"`
}

func (in *inside) transferView(q transfer.Request, b *transferplan.Board, now time.Time) Transfer {
	out := Transfer{ID: int64(q.ID), Party: int64(q.Party), Class: string(q.Class), Released: q.Released, Case: int64(q.CaseOf), Contact: int64(q.ContactOf), Tier: string(q.Tier), Purpose: string(q.Purpose), From: b.Sites[q.From].Code, To: b.Sites[q.To].Code,
		Area: in.code(q.Area), Seat: string(q.Seat), Care: append([]string{}, q.Care...), Note: q.Note, NotBefore: clock(q.NotBefore), Deadline: clock(q.Deadline), State: string(q.State), Reason: q.Reason, Promised: clock(q.Promised),
		Companion: companion(&q), Alone: b.Alone[q.ID], Trip: int64(q.Trip), FetchedAt: clock(q.FetchedAt), ArrivedAt: clock(q.ArrivedAt), FoundAt: clock(q.FoundAt), Late: q.Late(now), Version: q.Version}
	if q.Located {
		out.Lat, out.Lon = &q.Lat, &q.Lon
	}
	if t, is := b.Trips[q.Trip]; is {
		out.Place = b.Sites[t.Facility].Code
		for _, v := range b.Vehicles {
			if v.ID == t.Vehicle {
				out.Vehicle = v.Code
			}
		}
	}
	if span, ok := q.ToBed(); ok {
		m := int64(span / time.Minute)
		out.ToBed = &m
	}
	return out
}

func (in *inside) vehicleView(v transferplan.BoardVehicle, b *transferplan.Board) VehicleView {
	out := VehicleView{Code: v.Code, Name: v.Name, Area: in.code(v.Area), Lat: v.Lat, Lon: v.Lon, Seats: v.Seats, Wheelchairs: v.Wheelchairs, Stretchers: v.Stretchers, Takes: string(v.Takes), Disinfect: int64(v.Disinfect / time.Minute),
		State: string(v.State), Carried: string(v.Last), Shifts: []ShiftView{}, Trips: []TripView{}, Version: v.Version}
	for _, s := range v.Shifts {
		out.Shifts = append(out.Shifts, ShiftView{s.Crew, s.From, s.To})
	}
	for _, t := range v.Trips {
		out.Trips = append(out.Trips, tripView(t, b.Sites[t.Facility].Code))
	}
	return out
}

func tripView(t transfer.Trip, to string) TripView {
	out := TripView{ID: int64(t.ID), State: string(t.State), Class: string(t.Class), To: to, Leaves: clock(t.From), Free: clock(t.To), Delay: int64(t.Delay / time.Minute), Why: t.DelayNote, Started: clock(t.StartedAt), Done: clock(t.DoneAt), Stops: []StopView{}}
	for _, s := range t.Stops {
		out.Stops = append(out.Stops, StopView{int64(s.Party), s.Lat, s.Lon, clock(s.Arrive), clock(s.Begin), clock(s.Done), clock(s.CameAt), clock(s.DoneAt), string(s.Outcome)})
	}
	return out
}

// BoardOf is the board of an outbreak for the program itself.
func BoardOf(r *store.Reader, o outbreak.Outbreak, now time.Time) (TransferBoard, error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return TransferBoard{}, err
	}
	return in.board(now)
}

func (in *inside) board(now time.Time) (out TransferBoard, err error) {
	b, err := transferplan.ReadBoard(in.Reader, in.o, in.within, now)
	if err != nil {
		return out, err
	}
	out = TransferBoard{Vehicles: []VehicleView{}, Requests: []Transfer{}, Full: []string{}, ToBed: ToBedView{b.ToBed.People, b.ToBed.Late, int64(b.ToBed.Median / time.Minute), int64(b.ToBed.P90 / time.Minute)}}
	for _, x := range b.Vehicles {
		out.Vehicles = append(out.Vehicles, in.vehicleView(x, &b))
	}
	for _, q := range b.Requests {
		out.Requests = append(out.Requests, in.transferView(q, &b, now))
	}
	for id := range b.Full {
		out.Full = append(out.Full, b.Sites[id].Code)
	}
	slices.Sort(out.Full)
	if b.Plan != nil {
		p := keptView(*b.Plan)
		out.Plan = &p
	}
	return out, nil
}

// transferred is a request as it stands after an order about it.
func (c *call) transferred(q transfer.Request, err error, out *Transfer) error {
	if err != nil {
		return err
	}
	return c.o.DB.View(c.ctx, func(r *store.Reader) error {
		o, err := r.Outbreak(q.Outbreak)
		if err != nil {
			return err
		}
		*out, err = TransferNow(r, o, q, c.now)
		return err
	})
}

// vehicleOf finds a vehicle by its code, for whoever may act where it stands.
func (c *call) vehicleOf(action auth.Action, outbreak, code string) (v transfer.Vehicle, err error) {
	err = c.view(action, outbreak, "", func(in *inside) error {
		if v, err = in.VehicleByCode(in.o.ID, code); err != nil {
			return err
		}
		ok, err := in.sees(v.Area)
		if err == nil && !ok {
			err = notFound("vehicle", code)
		}
		return err
	})
	return v, err
}

func (s *server) transfers() {
	const at = "/api/outbreaks/{outbreak}/transfers"
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
		Area     string `query:"area" doc:"Code of a jurisdiction: only who lives in it or below."`
		State    string `query:"state" enum:"open,planned,aboard,no-show,refused" doc:"Left out: all that are not over."`
	}
	operation(s, "list-transfers", http.MethodGet, at, "Who has to be moved, the first deadline first", 200, func(c *call, in *list) (out Transfers, err error) {
		out.Items = []Transfer{}
		return out, c.view(auth.TransferRead, in.Outbreak, in.Area, func(v *inside) error {
			b, err := transferplan.ReadWaiting(v.Reader, v.o, v.within, c.now)
			for _, q := range b.Requests {
				if in.State == "" || in.State == string(q.State) {
					out.Items = append(out.Items, v.transferView(q, &b, c.now))
				}
			}
			return err
		})
	})
	type ask struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewTransfer
	}
	operation(s, "ask-transfer", http.MethodPost, at, "Ask by hand that a case or contact is moved; what tasks ask for is there by itself", 201, func(c *call, in *ask) (out Transfer, err error) {
		b := in.Body
		q, err := c.o.Commands.AskTransfer(c.ctx, c.by(), command.AskTransfer{Outbreak: in.Outbreak, Case: b.Case, Contact: b.Contact, Purpose: b.Purpose, To: b.To, Deadline: b.Deadline, TransferNeeds: b.order()})
		return out, c.transferred(q, err, &out)
	})
	type change struct {
		Asked
		Transfer int64 `path:"transfer"`
		Body     TransferChange
	}
	operation(s, "change-transfer", http.MethodPut, "/api/transfers/{transfer}", "Say what somebody who waits needs, or where they go", 200, func(c *call, in *change) (out Transfer, err error) {
		b := in.Body
		q, err := c.o.Commands.ChangeTransfer(c.ctx, c.by(), command.ChangeTransfer{Transfer: transfer.RequestID(in.Transfer), Version: b.Version, Purpose: b.Purpose, To: b.To, Deadline: b.Deadline, TransferNeeds: b.order()})
		return out, c.transferred(q, err, &out)
	})
	s.companions()
	type again struct {
		Asked
		Transfer int64 `path:"transfer"`
	}
	operation(s, "ask-again", http.MethodPost, "/api/transfers/{transfer}/again", "Have somebody fetched after all who was not there, or would not come", 200, func(c *call, in *again) (out Transfer, err error) {
		q, err := c.o.Commands.AskAgain(c.ctx, c.by(), transfer.RequestID(in.Transfer), 0)
		return out, c.transferred(q, err, &out)
	})
	type cancel struct {
		Asked
		Transfer int64 `path:"transfer"`
		Body     Reasoned
	}
	operation(s, "cancel-transfer", http.MethodPost, "/api/transfers/{transfer}/cancel", "Cancel a transfer that was asked for by hand, or that of an adult who goes along with a child", 200, func(c *call, in *cancel) (out Transfer, err error) {
		q, err := c.o.Commands.CancelTransfer(c.ctx, c.by(), transfer.RequestID(in.Transfer), 0, in.Body.Reason)
		return out, c.transferred(q, err, &out)
	})
	s.transferPlans(at)
	s.vehicles()
}

func (s *server) transferPlans(at string) {
	type whole struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	find := func(c *call, action auth.Action, name string) (id outbreak.ID, err error) {
		err = c.view(action, name, "", func(v *inside) error { id = v.o.ID; return nil })
		if err == nil && c.o.Transfers == nil {
			err = notFound("plan of transfers", name)
		}
		return id, err
	}
	operation(s, "plan-transfers", http.MethodPost, at+"/plan", "Plan who is fetched by which vehicle when and gets which bed, from now on, and keep the plan; what is promised stays promised", 200, func(c *call, in *whole) (out TransferPlanView, err error) {
		id, err := find(c, auth.TransferWrite, in.Outbreak)
		if err != nil {
			return out, err
		}
		p, err := c.o.Transfers.Make(c.ctx, c.by(), id)
		if err != nil {
			return out, err
		}
		return PlannedView(p), nil
	})
	operation(s, "needed-vehicles", http.MethodGet, at+"/needed", "How many more vehicles would bring in time those who are not; nothing is changed", 200, func(c *call, in *whole) (out VehiclesNeeded, err error) {
		id, err := find(c, auth.TransferWrite, in.Outbreak)
		if err != nil {
			return out, err
		}
		list, err := c.o.Transfers.Needed(c.ctx, id)
		return NeededView(list), err
	})
	type give struct {
		Asked
		Outbreak string `path:"outbreak"`
		Party    int64  `path:"party"`
		Vehicle  string `path:"vehicle" doc:"Its code."`
	}
	operation(s, "cost-of-vehicle", http.MethodGet, at+"/{party}/by/{vehicle}", "What it would cost to have a party fetched by another vehicle; nothing is changed", 200, func(c *call, in *give) (out TransferCost, err error) {
		id, err := find(c, auth.TransferWrite, in.Outbreak)
		if err != nil {
			return out, err
		}
		v, err := c.vehicleOf(auth.TransferRead, in.Outbreak, in.Vehicle)
		if err != nil {
			return out, err
		}
		x, err := c.o.Transfers.Ask(c.ctx, id, transfer.RequestID(in.Party), v.ID)
		out = TransferCost{Fits: x.Fits, Minutes: x.Minutes, Km: x.Km, At: clock(x.At), Late: lateParties(x.Late), Left: []int64{}}
		for _, p := range x.Left {
			out.Left = append(out.Left, int64(p))
		}
		return out, err
	})
	operation(s, "give-to-vehicle", http.MethodPost, at+"/{party}/by/{vehicle}", "Have a party fetched by another vehicle, plan the others around that, and keep the plan", 200, func(c *call, in *give) (out TransferPlanView, err error) {
		id, err := find(c, auth.TransferWrite, in.Outbreak)
		if err != nil {
			return out, err
		}
		v, err := c.vehicleOf(auth.TransferWrite, in.Outbreak, in.Vehicle)
		if err != nil {
			return out, err
		}
		p, err := c.o.Transfers.Give(c.ctx, c.by(), id, transfer.RequestID(in.Party), v.ID)
		if err != nil {
			return out, err
		}
		return PlannedView(p), nil
	})
	operation(s, "get-transfer-board", http.MethodGet, at+"/board", "Vehicles with their trips, who waits, which sites are full, and how long it takes from a result to a bed", 200, func(c *call, in *Figures) (out TransferBoard, err error) {
		return out, c.view(auth.TransferRead, in.Outbreak, in.Area, func(v *inside) (err error) {
			out, err = v.board(c.now)
			return err
		})
	})
	type arriving struct {
		Asked
		Outbreak string `path:"outbreak"`
		Area     string `query:"area" doc:"Code of a jurisdiction: only facilities in it or below."`
		Facility string `query:"facility" doc:"Code; left out: all."`
	}
	operation(s, "list-arrivals", http.MethodGet, at+"/arriving", "Who is on the way to which facility, the first arrival first", 200, func(c *call, in *arriving) (out Arrivals, err error) {
		out.Items = []ArrivalView{}
		return out, c.view(auth.TransferRead, in.Outbreak, in.Area, func(v *inside) error {
			var at facility.ID
			if in.Facility != "" {
				f, err := v.FacilityByCode(v.o.ID, in.Facility)
				if err != nil {
					return err
				}
				at = f.ID
			}
			list, err := transferplan.Arrivals(v.Reader, v.o, v.within, at)
			for _, x := range list {
				a := ArrivalView{Facility: x.Facility.Code, Vehicle: x.Vehicle, Trip: int64(x.Trip.ID), State: string(x.Trip.State), At: clock(x.At), Delay: int64(x.Delay / time.Minute), People: []Transfer{}}
				for _, q := range x.People {
					a.People = append(a.People, v.transferView(q, &transferplan.Board{}, c.now))
				}
				out.Items = append(out.Items, a)
			}
			return err
		})
	})
	type full struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Body     FullChange
	}
	operation(s, "set-full", http.MethodPost, at+"/full/{facility}", "Say that a facility takes nobody more for now, or does again", 200, func(c *call, in *full) (out FullSite, err error) {
		f, err := c.o.Commands.SetFull(c.ctx, c.by(), in.Outbreak, in.Facility, in.Body.Full, in.Body.Reason)
		out.Facility, out.Full = f.Code, in.Body.Full
		return out, err
	})
	type told struct {
		Asked
		Trip int64 `path:"trip"`
		Body TripTold
	}
	operation(s, "tell-trip", http.MethodPost, "/api/trips/{trip}/told", "Say what became of a trip or of one of its stops, for its crew", 200, func(c *call, in *told) (out TripView, err error) {
		b := in.Body
		order := command.TellTrip{Trip: transfer.TripID(in.Trip), Party: transfer.RequestID(b.Party), What: transfer.What(b.What), Gave: b.Gave, Took: b.Took, Minutes: b.Minutes, Reason: b.Reason}
		if b.At != "" {
			if order.At, err = time.Parse(time.RFC3339, b.At); err != nil {
				return out, &command.Invalid{Field: "at", Value: b.At, Reason: "is no instant such as 2022-03-10T06:05:00Z"}
			}
		}
		t, err := c.o.Commands.TellTrip(c.ctx, c.by(), order)
		return tripView(t, ""), err
	})
}

func (s *server) vehicles() {
	const at = "/api/outbreaks/{outbreak}/vehicles"
	read := func(c *call, name, area string, out *Vehicles) error {
		out.Items = []VehicleView{}
		return c.view(auth.TransferRead, name, area, func(v *inside) error {
			b, err := transferplan.ReadWaiting(v.Reader, v.o, v.within, c.now)
			for _, x := range b.Vehicles {
				out.Items = append(out.Items, v.vehicleView(x, &b))
			}
			return err
		})
	}
	operation(s, "list-vehicles", http.MethodGet, at, "Vehicles with their crews' shifts and trips", 200, func(c *call, in *Figures) (out Vehicles, err error) {
		return out, read(c, in.Outbreak, in.Area, &out)
	})
	type put struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewVehicles
	}
	operation(s, "put-vehicles", http.MethodPut, at, "Enter vehicles, or correct those of known codes; all or none", 200, func(c *call, in *put) (out Vehicles, err error) {
		var list []command.VehicleFields
		for _, v := range in.Body.Vehicles {
			f := command.VehicleFields{Code: v.Code, Name: v.Name, Area: v.Area, Lat: v.Lat, Lon: v.Lon, Seats: v.Seats, Wheelchairs: v.Wheelchairs, Stretchers: v.Stretchers, Takes: v.Takes, Disinfect: time.Duration(v.Disinfect) * time.Minute}
			if v.Shifts != nil {
				f.Shifts = []command.ShiftFields{}
			}
			for _, x := range v.Shifts {
				f.Shifts = append(f.Shifts, command.ShiftFields(x))
			}
			list = append(list, f)
		}
		if _, err := c.o.Commands.AddVehicles(c.ctx, c.by(), in.Outbreak, list); err != nil {
			return out, err
		}
		return out, read(c, in.Outbreak, "", &out)
	})
	type state struct {
		Asked
		Outbreak string `path:"outbreak"`
		Vehicle  string `path:"vehicle" doc:"Its code."`
		Body     VehicleState
	}
	operation(s, "set-vehicle", http.MethodPost, at+"/{vehicle}/state", "Say that a vehicle broke down, can be sent again or was disinfected; whoever is in one that breaks down is to be fetched where it stands", 200, func(c *call, in *state) (out Vehicles, err error) {
		v, err := c.vehicleOf(auth.TransferWrite, in.Outbreak, in.Vehicle)
		if err != nil {
			return out, err
		}
		if _, err = c.o.Commands.SetVehicle(c.ctx, c.by(), command.SetVehicle{Vehicle: v.ID, State: in.Body.State, Clean: in.Body.Clean, Reason: in.Body.Reason}); err != nil {
			return out, err
		}
		err = read(c, in.Outbreak, "", &out)
		out.Items = slices.DeleteFunc(out.Items, func(x VehicleView) bool { return x.Code != v.Code })
		return out, err
	})
	type invite struct {
		Asked
		Outbreak string `path:"outbreak"`
		Vehicle  string `path:"vehicle" doc:"Its code."`
		Body     NewPhone
	}
	operation(s, "invite-phone", http.MethodPost, at+"/{vehicle}/phones", "Invite a crew's phone; its QR code says https://HOST/desk/#invite=SECRET", 201, func(c *call, in *invite) (out InvitedPhone, err error) {
		v, err := c.vehicleOf(auth.TransferWrite, in.Outbreak, in.Vehicle)
		if err != nil {
			return out, err
		}
		x, err := c.o.Commands.InvitePhone(c.ctx, c.by(), v.ID, in.Body.Crew)
		out.Phone, out.Secret, out.EnrolBy = int64(x.Phone), x.Secret, x.EnrolBy
		return out, err
	})
	type revoke struct {
		Asked
		Phone int64 `path:"phone"`
		Body  Reasoned
	}
	operation(s, "revoke-phone", http.MethodPost, "/api/phones/{phone}/revoke", "Sign a crew's phone off", 200, func(c *call, in *revoke) (out RevokedPhone, err error) {
		out.Phone = in.Phone
		return out, c.o.Commands.RevokePhone(c.ctx, c.by(), transfer.PhoneID(in.Phone), in.Body.Reason)
	})
}
