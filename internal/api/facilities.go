package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/protocol"
	"firebreak/internal/roster"
	"firebreak/internal/store"
)

// Facility is where people are kept apart, with how full it is.
type Facility struct {
	Code      string     `json:"code"`
	Name      string     `json:"name"`
	Kind      string     `json:"kind" doc:"quarantine-site, isolation-site or hospital"`
	State     string     `json:"state" doc:"reserve, opening, open or closing"`
	StateAt   *time.Time `json:"state_at" doc:"Since when."`
	UsableAt  *time.Time `json:"usable_at,omitempty" doc:"Of one that opens: when its rooms can be used."`
	Area      string     `json:"area"`
	ReadyIn   int64      `json:"ready_in_hours" doc:"From the order to open it until it can be used."`
	Tier      string     `json:"tier,omitempty" doc:"The only tier of contacts it takes; left out: any."`
	Phone     string     `json:"phone,omitempty"`
	Rooms     int64      `json:"rooms"`
	Cleaning  int64      `json:"rooms_cleaning"`
	Broken    int64      `json:"rooms_broken"`
	FreeRooms int64      `json:"rooms_free" doc:"Ready, and nobody has a bed in them."`
	Beds      int64      `json:"beds"`
	In        int64      `json:"people_in"`
	Booked    int64      `json:"people_booked"`
	FreeBeds  int64      `json:"beds_free" doc:"That somebody could be given who lives with none of those who are there."`
	Version   int64      `json:"version"`

	InspectedAt   *time.Time `json:"inspected_at,omitempty" doc:"When it was last inspected by every standard of the pack; left out: never."`
	InspectionDue *time.Time `json:"inspection_due_at,omitempty" doc:"When it is to be inspected anew; left out where it never was."`
	Unmet         int64      `json:"standards_unmet" doc:"How many standards it does not meet."`
	UnmetCritical []string   `json:"unmet_critical,omitempty" doc:"IDs of those that are critical. Nothing is held up by them; whoever uses the site should know."`

	Staff *StaffSign `json:"staff,omitempty" doc:"Whether staff are missing; left out where the pack says nothing of how many there are to be, or the caller may not read the roster, and in the answer to an order."`
}

// StaffSign is whether staff are missing at a facility.
type StaffSign struct {
	Short   int64      `json:"short" doc:"Missing now, of all roles."`
	Short24 int64      `json:"short_24h" doc:"The most that are missing at once within 24 hours, of all roles, by who is expected to stay there."`
	From    *time.Time `json:"short_from,omitempty" doc:"When somebody is first missing; left out: not within 24 hours."`
}

// Facilities is a list.
type Facilities struct {
	Items []Facility `json:"items"`
}

// NewFacility enters a facility.
type NewFacility struct {
	Code string `json:"code" maxLength:"60"`
	FacilityBody
	Open bool `json:"open,omitempty" doc:"It takes people at once; otherwise it is in reserve."`
}

// FacilityBody is what is known of a facility.
type FacilityBody struct {
	Name    string `json:"name,omitempty" maxLength:"200"`
	Kind    string `json:"kind" enum:"quarantine-site,isolation-site,hospital"`
	Area    string `json:"area" doc:"Code of a jurisdiction; it may lie outside the outbreak's area."`
	Lon     string `json:"lon,omitempty" doc:"Degrees; with lat."`
	Lat     string `json:"lat,omitempty"`
	ReadyIn int64  `json:"ready_in_hours,omitempty" doc:"24, 48 or 72 by most plans of reserves; 0: at once."`
	Unload  int64  `json:"unload_minutes,omitempty" doc:"That a vehicle stands there."`
	Bays    int64  `json:"bays,omitempty" doc:"Vehicles that are unloaded at once; 0: any number."`
	Opens   string `json:"opens,omitempty" doc:"Time of day from which people are received, such as 07:00; with closes. Left out: day and night."`
	Closes  string `json:"closes,omitempty"`
	Tier    string `json:"tier,omitempty" enum:"close,secondary,general"`
	Phone   string `json:"phone,omitempty" maxLength:"60" doc:"Of its desk, not of a person."`
}

func (b FacilityBody) fields() (f command.FacilityFields, err error) {
	f = command.FacilityFields{Name: b.Name, Kind: facility.Kind(b.Kind), Area: b.Area, Lon: b.Lon, Lat: b.Lat, ReadyIn: time.Duration(b.ReadyIn) * time.Hour, Unload: time.Duration(b.Unload) * time.Minute,
		Bays: b.Bays, Tier: contact.Tier(b.Tier), Phone: b.Phone}
	if f.Opens, f.Closes, err = lab.ParseHours(b.Opens, b.Closes); err != nil {
		return f, &command.Invalid{Field: "opens", Value: b.Opens + "-" + b.Closes, Reason: lab.ErrTimeOfDay.Error()}
	}
	return f, nil
}

// FacilityMove opens a facility, closes it, or takes such an order back.
type FacilityMove struct {
	State   string `json:"state" enum:"reserve,opening,open,closing"`
	Reason  string `json:"reason,omitempty" maxLength:"2000"`
	Version int64  `json:"version,omitempty" doc:"That the order was made on; left out: whatever stands."`
}

// Room is a room with who is in it.
type Room struct {
	RoomBody
	State   string     `json:"state" doc:"ready, cleaning or broken"`
	StateAt *time.Time `json:"state_at"`
	Stays   []Stay     `json:"stays" doc:"Who is there or booked, by bed."`
	Version int64      `json:"version"`
}

// RoomBody is what is known of a room.
type RoomBody struct {
	Code        string   `json:"code" maxLength:"60" doc:"On its door."`
	Group       string   `json:"group,omitempty" maxLength:"60" doc:"The lift or corridor that it shares: cases or contacts, never both."`
	Beds        int64    `json:"beds" minimum:"1" maximum:"2000"`
	Use         string   `json:"use,omitempty" enum:"private,shared,ward" doc:"private: one person or household (the default); shared: one sex; ward: everybody of one class."`
	Level       string   `json:"level,omitempty" enum:"ward,icu" doc:"Of a hospital."`
	Convertible bool     `json:"convertible,omitempty" doc:"Can be made a room of intensive care within 24 hours."`
	Care        []string `json:"care,omitempty" maxItems:"30" doc:"Needs that it meets, such as oxygen or barrier_free."`
}

// Rooms is a list.
type Rooms struct {
	Items []Room `json:"items"`
}

// NewRooms enters rooms, all or none.
type NewRooms struct {
	Rooms []RoomBody `json:"rooms" minItems:"1" maxItems:"5000"`
}

// RoomTurn says how a room was turned round after a stay.
type RoomTurn struct {
	Disinfected bool   `json:"disinfected,omitempty"`
	Swab        string `json:"swab,omitempty" enum:"none,negative,positive" doc:"What end-of-stay swabs said. A positive one keeps the room from being used."`
	Broken      bool   `json:"broken,omitempty" doc:"Sets it aside; with a note."`
	Note        string `json:"note,omitempty" maxLength:"2000"`
	Version     int64  `json:"version,omitempty"`
}

// Stay is one person in one bed, or at home.
type Stay struct {
	ID        int64      `json:"id"`
	Class     string     `json:"class" doc:"case or contact"`
	Of        string     `json:"of,omitempty" doc:"Code of the case or contact."`
	Companion bool       `json:"companion,omitempty" doc:"An adult who chose to be with a child: of is the child, class is what the child is kept as."`
	Facility  string     `json:"facility,omitempty" doc:"Left out: at home."`
	Room      string     `json:"room,omitempty"`
	Bed       int64      `json:"bed,omitempty"`
	State     string     `json:"state" doc:"booked, in, left or dropped"`
	BookedAt  *time.Time `json:"booked_at"`
	InAt      *time.Time `json:"in_at,omitempty"`
	LeftAt    *time.Time `json:"left_at,omitempty"`
	Leaving   string     `json:"leaving,omitempty" doc:"released, moved, died, without-leave or error"`
	WayHome   string     `json:"way_home,omitempty" doc:"Of whoever is released, or is to be: transport or own."`
	TakenBy   string     `json:"taken_by,omitempty" doc:"Who takes them, of those who go by themselves."`
}

// Stays is a list.
type Stays struct {
	Items    []Stay        `json:"items"`
	Warnings []SiteWarning `json:"warnings,omitempty" doc:"After an order: which of the sites that the beds are in do not meet a critical standard. Nothing is held up by it."`
}

// GuestBody is somebody who is given a bed, as a case or as a contact.
type GuestBody struct {
	Case    string `json:"case,omitempty" doc:"Code of a case."`
	Contact string `json:"contact,omitempty" doc:"Code of a contact."`
	Room    string `json:"room,omitempty" doc:"Code of the room asked for; left out: one is found."`
}

// NewStays gives beds to a party: all of it or nobody.
type NewStays struct {
	Guests   []GuestBody `json:"guests" minItems:"1" maxItems:"60"`
	Together bool        `json:"together,omitempty" doc:"They live together, of those whose household no register tells."`
	Arrived  bool        `json:"arrived,omitempty" doc:"They are there; otherwise the beds are kept for them."`
	At       string      `json:"at,omitempty" doc:"When they came; now when left out."`
	Arriving
}

// HomeStays says who stays at home from now on.
type HomeStays struct {
	Guests []GuestBody `json:"guests" minItems:"1" maxItems:"60"`
	At     string      `json:"at,omitempty"`
}

// Arriving is what is done for people as they come.
type Arriving struct {
	Explained bool     `json:"explained,omitempty" doc:"The rules of the place and what restricts them were explained to them in person, and they have signed."`
	Needs     []string `json:"needs,omitempty" maxItems:"20" doc:"What each of them needs there: food, medicine, care, children, pay, advice, animals or waste. Each is a task until it is met."`
}

// StaysChange is what happened to stays, together.
type StaysChange struct {
	Do    string  `json:"do" enum:"check-in,check-out,move-room,drop,way-home" doc:"check-in: they have come. check-out: they have left. move-room: to another room of the facility. drop: the beds are not kept any longer. way-home: how they go home, said ahead of their release or after it."`
	Stays []int64 `json:"stays" minItems:"1" maxItems:"60"`
	At    string  `json:"at,omitempty" doc:"When it happened; now when left out."`
	Room  string  `json:"room,omitempty" doc:"Of move-room, or another than the one kept at check-in."`
	Arriving
	Leaving string `json:"leaving,omitempty" enum:"released,moved,died,without-leave,error" doc:"Of check-out."`
	Home    bool   `json:"home,omitempty" doc:"Of check-out with moved: the stay goes on at home."`
	Reason  string `json:"reason,omitempty" maxLength:"2000"`
	CaredBy string `json:"cared_by,omitempty" maxLength:"2000" doc:"Of check-out with released, or moved home, needed where a child stays behind without an adult of its household: who looks after it."`
	GoingHome
}

// GoingHome is how people go home who are released. It is theirs to say.
type GoingHome struct {
	WayHome string `json:"way_home,omitempty" enum:"transport,own" doc:"Of check-out with released, of a discharge, or of way-home. transport: a vehicle of the transfer desk, by the pack's clock; own: by themselves. Left out: as they said before, otherwise transport."`
	TakenBy string `json:"taken_by,omitempty" maxLength:"300" doc:"With own: who takes them, such as family or a taxi."`
}

// FacilitiesOf lists the facilities of an outbreak for the program itself.
func FacilitiesOf(r *store.Reader, o outbreak.Outbreak, now time.Time) (Facilities, error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return Facilities{}, err
	}
	return in.facilities(now, store.Everywhere())
}

// FacilityNow is a facility as it stands, for the program itself.
func FacilityNow(r *store.Reader, o outbreak.Outbreak, f facility.Facility) (out Facility, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	rooms, err := r.RoomsOf([]facility.ID{f.ID})
	if err != nil {
		return out, err
	}
	stays, err := r.StaysIn([]facility.ID{f.ID})
	if err != nil {
		return out, err
	}
	list := []Facility{in.facilityView(f, facility.Count(rooms[f.ID], stays[f.ID]))}
	err = in.standing(list, []facility.Facility{f})
	return list[0], err
}

// staffed says of facilities whose roster lies within a bound whether staff are missing.
func (in *inside) staffed(list []Facility, of []facility.Facility, now time.Time, rosters store.Within) error {
	pack, err := protocol.Load(in.o.Pack)
	if err != nil {
		return err
	}
	var may []facility.Facility
	for _, f := range of {
		if ok, err := in.Reader.Sees(rosters, f.Area); err != nil {
			return err
		} else if ok {
			may = append(may, f)
		}
	}
	signs, err := roster.Signs(in.Reader, in.o, pack, may, now, in.loc)
	if err != nil {
		return err
	}
	for i, f := range of {
		if s, ok := signs[f.ID]; ok && s.Asked {
			list[i].Staff = &StaffSign{Short: s.Short, Short24: s.Short24, From: clock(s.From)}
		}
	}
	return nil
}

// facilities lists facilities; rosters bounds those of which it is said whether staff are missing.
func (in *inside) facilities(now time.Time, rosters store.Within) (Facilities, error) {
	out := Facilities{Items: []Facility{}}
	list, err := in.Reader.Facilities(in.o.ID, in.within)
	if err != nil {
		return out, err
	}
	at := make([]facility.ID, len(list))
	for i, f := range list {
		at[i] = f.ID
	}
	rooms, err := in.RoomsOf(at)
	if err != nil {
		return out, err
	}
	stays, err := in.StaysIn(at)
	if err != nil {
		return out, err
	}
	for _, f := range list {
		out.Items = append(out.Items, in.facilityView(f, facility.Count(rooms[f.ID], stays[f.ID])))
	}
	if err := in.standing(out.Items, list); err != nil {
		return out, err
	}
	return out, in.staffed(out.Items, list, now, rosters)
}

// RoomsIn lists the rooms of a facility and who is in them for the program itself.
func RoomsIn(r *store.Reader, o outbreak.Outbreak, code string) (Rooms, error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return Rooms{}, err
	}
	return in.rooms(code)
}

func (in *inside) rooms(code string) (Rooms, error) {
	out := Rooms{Items: []Room{}}
	f, err := in.facilityIn(code)
	if err != nil {
		return out, err
	}
	rooms, err := in.RoomsOf([]facility.ID{f.ID})
	if err != nil {
		return out, err
	}
	stays, err := in.StaysIn([]facility.ID{f.ID})
	if err != nil {
		return out, err
	}
	views, err := in.stayViews(stays[f.ID])
	if err != nil {
		return out, err
	}
	by := map[facility.RoomID][]Stay{}
	for i, x := range stays[f.ID] {
		by[x.Room] = append(by[x.Room], views[i])
	}
	for _, m := range rooms[f.ID] {
		out.Items = append(out.Items, roomView(m, by[m.ID]))
	}
	return out, nil
}

// StaysNow lists who stays or is booked for the program itself: in one facility, or at home, or wherever where neither is asked for.
func StaysNow(r *store.Reader, o outbreak.Outbreak, code string, home bool) (Stays, error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return Stays{}, err
	}
	return in.staysNow(code, home)
}

func (in *inside) staysNow(code string, home bool) (out Stays, err error) {
	if code != "" && home {
		return out, &command.Invalid{Field: "home", Value: "true", Reason: "is in place of a facility: give one of them"}
	}
	var at []facility.Facility
	switch {
	case home:
	case code != "":
		f, err := in.facilityIn(code)
		if err != nil {
			return out, err
		}
		at = append(at, f)
	default:
		if at, err = in.Reader.Facilities(in.o.ID, in.within); err != nil {
			return out, err
		}
	}
	ids := make([]facility.ID, len(at))
	for i, f := range at {
		ids[i] = f.ID
	}
	stays, err := in.StaysIn(ids)
	if err != nil {
		return out, err
	}
	var list []facility.Stay
	for _, id := range ids {
		list = append(list, stays[id]...)
	}
	if code == "" {
		away, err := in.StaysAtHome(in.o.ID, in.within)
		if err != nil {
			return out, err
		}
		list = append(list, away...)
	}
	out.Items, err = in.stayViews(list)
	return out, err
}

func (in *inside) facilityView(f facility.Facility, o facility.Occupancy) Facility {
	out := Facility{Code: f.Code, Name: f.Name, Kind: string(f.Kind), State: string(f.State), StateAt: clock(f.StateAt), Area: in.code(f.Area), ReadyIn: int64(f.ReadyIn / time.Hour), Tier: string(f.Tier), Phone: f.Phone,
		Rooms: o.Rooms, Cleaning: o.Cleaning, Broken: o.Broken, FreeRooms: o.FreeRooms, Beds: o.Beds, In: o.In, Booked: o.Booked, FreeBeds: o.FreeBeds, Version: f.Version}
	if f.State == facility.Opening {
		out.UsableAt = clock(f.StateAt.Add(f.ReadyIn))
	}
	return out
}

// facilityIn reads a facility that lies where the caller may read it.
func (in *inside) facilityIn(code string) (facility.Facility, error) {
	f, err := in.FacilityByCode(in.o.ID, code)
	if err != nil {
		return f, err
	}
	sees, err := in.Sees(in.within, f.Area)
	if err == nil && !sees {
		err = notFound("facility", code)
	}
	return f, err
}

// told is the stays as they stand after an order about them, whoever may read them: the caller gave the order.
func (c *call) told(outbreak string, list []facility.Stay) (out Stays, err error) {
	err = c.o.DB.View(c.ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(outbreak)
		if err != nil {
			return err
		}
		out, err = StayViews(r, o, list)
		return err
	})
	return out, err
}

// guests reads whom an order names.
func (c *call) guests(outbreak string, list []GuestBody) (out []command.Guest, err error) {
	err = c.o.DB.View(c.ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(outbreak)
		if err != nil {
			return err
		}
		out = make([]command.Guest, len(list))
		for i, g := range list {
			if out[i], err = command.FindGuest(r, o.ID, g.Case, g.Contact, g.Room); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func (s *server) facilities() {
	operation(s, "list-facilities", http.MethodGet, "/api/outbreaks/{outbreak}/facilities", "Facilities and how full they are", 200, func(c *call, in *Figures) (out Facilities, err error) {
		return out, c.view(auth.IsolationRead, in.Outbreak, in.Area, func(v *inside) error {
			rosters := store.Within{Scope: auth.ScopeOf(c.actor, auth.RosterRead, c.purpose, c.now)}
			out, err = v.facilities(c.now, rosters)
			return err
		})
	})
	type add struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewFacility
	}
	operation(s, "add-facility", http.MethodPost, "/api/outbreaks/{outbreak}/facilities", "Enter a facility", 201, func(c *call, in *add) (out Facility, err error) {
		f, err := in.Body.fields()
		if err != nil {
			return out, err
		}
		f.Code, f.Open = in.Body.Code, in.Body.Open
		list, err := c.o.Commands.AddFacilities(c.ctx, c.by(), command.AddFacilities{Outbreak: in.Outbreak, Facilities: []command.FacilityFields{f}})
		if err != nil {
			return out, err
		}
		return c.facilityNow(list[0])
	})
	type change struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Version  int64  `query:"version" doc:"That the change was made on; left out: whatever stands."`
		Body     FacilityBody
	}
	operation(s, "change-facility", http.MethodPut, "/api/outbreaks/{outbreak}/facilities/{facility}", "Correct what is known of a facility; all of it", 200, func(c *call, in *change) (out Facility, err error) {
		f, err := in.Body.fields()
		if err != nil {
			return out, err
		}
		id, err := c.facilityID(in.Outbreak, in.Facility)
		if err != nil {
			return out, err
		}
		now, err := c.o.Commands.ChangeFacility(c.ctx, c.by(), command.ChangeFacility{Facility: id, Version: in.Version, FacilityFields: f})
		if err != nil {
			return out, err
		}
		return c.facilityNow(now)
	})
	type move struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Body     FacilityMove
	}
	operation(s, "move-facility", http.MethodPost, "/api/outbreaks/{outbreak}/facilities/{facility}/state", "Open a facility, close it, or take such an order back", 200, func(c *call, in *move) (out Facility, err error) {
		id, err := c.facilityID(in.Outbreak, in.Facility)
		if err != nil {
			return out, err
		}
		now, err := c.o.Commands.MoveFacility(c.ctx, c.by(), command.MoveFacility{Facility: id, Version: in.Body.Version, State: facility.State(in.Body.State), Reason: in.Body.Reason})
		if err != nil {
			return out, err
		}
		return c.facilityNow(now)
	})
	s.facilityRooms()
	s.stays()
}

func (s *server) facilityRooms() {
	type one struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
	}
	operation(s, "list-rooms", http.MethodGet, "/api/outbreaks/{outbreak}/facilities/{facility}/rooms", "The rooms of a facility and who is in them", 200, func(c *call, in *one) (out Rooms, err error) {
		return out, c.view(auth.IsolationRead, in.Outbreak, "", func(v *inside) error {
			out, err = v.rooms(in.Facility)
			return err
		})
	})
	type addRooms struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Body     NewRooms
	}
	operation(s, "add-rooms", http.MethodPost, "/api/outbreaks/{outbreak}/facilities/{facility}/rooms", "Enter rooms of a facility, all or none", 201, func(c *call, in *addRooms) (out Rooms, err error) {
		id, err := c.facilityID(in.Outbreak, in.Facility)
		if err != nil {
			return out, err
		}
		order := command.AddRooms{Facility: id}
		for _, m := range in.Body.Rooms {
			order.Rooms = append(order.Rooms, m.Fields())
		}
		list, err := c.o.Commands.AddRooms(c.ctx, c.by(), order)
		return RoomsNow(list), err
	})
	type turn struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Room     string `path:"room" doc:"Its code."`
		Body     RoomTurn
	}
	operation(s, "turn-room", http.MethodPost, "/api/outbreaks/{outbreak}/facilities/{facility}/rooms/{room}/turns", "Say how a room was turned round after a stay, or set it aside", 200, func(c *call, in *turn) (out Room, err error) {
		order := command.TurnRoom{Version: in.Body.Version, Disinfected: in.Body.Disinfected, Swab: command.Swab(in.Body.Swab), Broken: in.Body.Broken, Note: in.Body.Note}
		reads := auth.IsolationRead
		if _, err := c.within(reads); err != nil {
			reads = auth.CareRead // the staff of a hospital turn its rooms
		}
		err = c.view(reads, in.Outbreak, "", func(v *inside) error {
			f, err := v.facilityIn(in.Facility)
			if err != nil {
				return err
			}
			rooms, err := v.RoomsOf([]facility.ID{f.ID})
			for _, m := range rooms[f.ID] {
				if m.Code == in.Room {
					order.Room = m.ID
				}
			}
			if err == nil && order.Room == 0 {
				err = notFound("room", in.Room)
			}
			return err
		})
		if err != nil {
			return out, err
		}
		m, err := c.o.Commands.TurnRoom(c.ctx, c.by(), order)
		return roomView(m, nil), err
	})
}

// Fields are the room as an order says it.
func (b RoomBody) Fields() command.RoomFields {
	return command.RoomFields{Code: b.Code, Group: b.Group, Beds: b.Beds, Use: facility.Use(b.Use), Level: facility.Level(b.Level), Convertible: b.Convertible, Care: b.Care}
}

// RoomsNow are rooms as they stand after an order about them, without who is in them.
func RoomsNow(list []facility.Room) Rooms {
	out := Rooms{Items: []Room{}}
	for _, m := range list {
		out.Items = append(out.Items, roomView(m, nil))
	}
	return out
}

func roomView(m facility.Room, stays []Stay) Room {
	if stays == nil {
		stays = []Stay{}
	}
	return Room{RoomBody: RoomBody{Code: m.Code, Group: m.Group, Beds: m.Beds, Use: string(m.Use), Level: string(m.Level), Convertible: m.Convertible, Care: m.Care}, State: string(m.State), StateAt: clock(m.StateAt), Stays: stays, Version: m.Version}
}

// facilityID finds the facility that an order names. The order checks who may give it.
func (c *call) facilityID(outbreak, code string) (id facility.ID, err error) {
	return id, c.view(auth.FacilityWrite, outbreak, "", func(v *inside) error {
		f, err := v.facilityIn(code)
		id = f.ID
		return err
	})
}

// facilityNow is a facility as it stands after an order about it.
func (c *call) facilityNow(f facility.Facility) (out Facility, err error) {
	err = c.o.DB.View(c.ctx, func(r *store.Reader) error {
		o, err := r.Outbreak(f.Outbreak)
		if err != nil {
			return err
		}
		out, err = FacilityNow(r, o, f)
		return err
	})
	return out, err
}
