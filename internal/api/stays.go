package api

import (
	"net/http"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
)

// StayViews says stays as they stand after an order about them, for the program itself.
func StayViews(r *store.Reader, o outbreak.Outbreak, list []facility.Stay) (out Stays, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	if out.Items, err = in.stayViews(list); err != nil {
		return out, err
	}
	out.Warnings, err = in.warnings(list)
	return out, err
}

// stayViews says stays with the codes of those who stay. Their facilities and rooms are read.
func (in *inside) stayViews(list []facility.Stay) ([]Stay, error) {
	var sick []cases.ID
	var met []contact.ID
	var at []facility.ID
	for _, s := range list {
		if s.CaseOf != 0 {
			sick = append(sick, s.CaseOf)
		} else {
			met = append(met, s.ContactOf)
		}
		at = append(at, s.Facility)
	}
	known, err := in.CasesByID(sick)
	if err != nil {
		return nil, err
	}
	contacts, err := in.ContactsByID(met)
	if err != nil {
		return nil, err
	}
	codes := map[contact.ID]string{}
	for _, c := range contacts {
		codes[c.ID] = c.Code
	}
	rooms, err := in.RoomsOf(at)
	if err != nil {
		return nil, err
	}
	names := map[facility.RoomID]string{}
	for _, of := range rooms {
		for _, m := range of {
			names[m.ID] = m.Code
		}
	}
	places := map[facility.ID]string{}
	out := make([]Stay, len(list))
	for i, s := range list {
		v := Stay{ID: int64(s.ID), Class: string(s.Class), Of: codes[s.ContactOf], Companion: s.Companion, Room: names[s.Room], Bed: s.Bed, State: string(s.State), BookedAt: clock(s.BookedAt), InAt: clock(s.InAt), LeftAt: clock(s.LeftAt), Leaving: string(s.Leaving), WayHome: string(s.WayHome), TakenBy: s.TakenBy}
		if s.CaseOf != 0 {
			v.Of = known[s.CaseOf].Code
		}
		if !s.AtHome() {
			if places[s.Facility] == "" {
				f, err := in.Facility(s.Facility)
				if err != nil {
					return nil, err
				}
				places[s.Facility] = f.Code
			}
			v.Facility = places[s.Facility]
		}
		out[i] = v
	}
	return out, nil
}

func (s *server) stays() {
	type staying struct {
		Figures
		Facility string `query:"facility" doc:"Only those of the facility of this code."`
		Home     bool   `query:"home" doc:"Only those who stay at home."`
	}
	operation(s, "list-stays", http.MethodGet, "/api/outbreaks/{outbreak}/stays", "Who stays or is booked where", 200, func(c *call, in *staying) (out Stays, err error) {
		return out, c.view(auth.IsolationRead, in.Outbreak, in.Area, func(v *inside) error {
			out, err = v.staysNow(in.Facility, in.Home)
			return err
		})
	})
	type book struct {
		Asked
		Outbreak string `path:"outbreak"`
		Facility string `path:"facility" doc:"Its code."`
		Body     NewStays
	}
	operation(s, "add-stays", http.MethodPost, "/api/outbreaks/{outbreak}/facilities/{facility}/stays", "Keep beds for a party, or take it in; a bed that may not be given says by which rule", 201, func(c *call, in *book) (out Stays, err error) {
		order := command.BookStays{Outbreak: in.Outbreak, Facility: in.Facility, Together: in.Body.Together}
		if order.Guests, err = c.guests(in.Outbreak, in.Body.Guests); err != nil {
			return out, err
		}
		var list []facility.Stay
		if in.Body.Arrived {
			list, err = c.o.Commands.WalkIn(c.ctx, c.by(), command.WalkIn{BookStays: order, At: in.Body.At, Welcome: command.Welcome(in.Body.Arriving)})
		} else {
			list, err = c.o.Commands.BookStays(c.ctx, c.by(), order)
		}
		if err != nil {
			return out, err
		}
		return c.told(in.Outbreak, list)
	})
	type home struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     HomeStays
	}
	operation(s, "add-home-stays", http.MethodPost, "/api/outbreaks/{outbreak}/home-stays", "Say who stays at home from now on", 201, func(c *call, in *home) (out Stays, err error) {
		order := command.StartHomeStay{Outbreak: in.Outbreak, At: in.Body.At}
		if order.Guests, err = c.guests(in.Outbreak, in.Body.Guests); err != nil {
			return out, err
		}
		list, err := c.o.Commands.StartHomeStay(c.ctx, c.by(), order)
		if err != nil {
			return out, err
		}
		return c.told(in.Outbreak, list)
	})
	type change struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     StaysChange
	}
	operation(s, "change-stays", http.MethodPost, "/api/outbreaks/{outbreak}/stays/changes", "Check people in or out, move them to another room, give up their beds, or say how they go home: all of them or nobody", 200, func(c *call, in *change) (out Stays, err error) {
		b := in.Body
		ids := make([]facility.StayID, len(b.Stays))
		for i, id := range b.Stays {
			ids[i] = facility.StayID(id)
		}
		var list []facility.Stay
		switch b.Do {
		case "check-in":
			list, err = c.o.Commands.CheckIn(c.ctx, c.by(), command.CheckIn{Stays: ids, At: b.At, Room: b.Room, Welcome: command.Welcome(b.Arriving)})
		case "check-out":
			list, err = c.o.Commands.CheckOut(c.ctx, c.by(), command.CheckOut{Stays: ids, Leaving: facility.Leaving(b.Leaving), At: b.At, Home: b.Home, Reason: b.Reason, CaredBy: b.CaredBy, Going: command.Going(b.GoingHome)})
		case "way-home":
			list, err = c.o.Commands.SetWayHome(c.ctx, c.by(), command.SetWayHome{Stays: ids, Going: command.Going(b.GoingHome)})
		case "move-room":
			list, err = c.o.Commands.MoveRoom(c.ctx, c.by(), command.MoveRoom{Stays: ids, Room: b.Room, Reason: b.Reason})
		default:
			list, err = c.o.Commands.DropBookings(c.ctx, c.by(), command.DropBookings{Stays: ids, Reason: b.Reason})
		}
		if err != nil {
			return out, err
		}
		return c.told(in.Outbreak, list)
	})
}
